"""What a call may cost: a model's price from its settings, or from the table that ships with the package."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from orchestrator.core.budget import Price
from orchestrator.core.rungs import ModelSettings
from orchestrator.core.tasks import Model

TABLE = Path(__file__).with_name("prices.toml")
_DATED = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$")


class Provider(Model):
    """Prices of one provider, as they stood at a time. `source` is the page that has them."""

    hosts: tuple[str, ...]
    source: str
    as_of: str
    note: str = ""
    models: dict[str, Price]


class Table(Model):
    provider: tuple[Provider, ...] = ()


def price_of(settings: ModelSettings, table: Table | None = None) -> Price | None:
    """The rung's price, or None where nobody knows it. One of the two prices alone is not known."""
    if settings.input_usd is not None and settings.output_usd is not None:
        return Price(input_usd=settings.input_usd, output_usd=settings.output_usd)
    host = (urlsplit(settings.base_url).hostname or "").lower()
    model = _DATED.sub("", settings.model)
    for provider in (table or shipped()).provider:
        if host in provider.hosts:
            return provider.models.get(settings.model) or provider.models.get(model)
    return None


@cache
def shipped() -> Table:
    """The table of the package."""
    return read(TABLE)


def read(path: Path) -> Table:
    """A table from a file. Raises OSError, ValueError."""
    with path.open("rb") as file:
        return Table.model_validate(tomllib.load(file))
