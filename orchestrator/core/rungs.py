"""What a model rung is, in settings. Plain values; `agents/` alone speaks to what they name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from orchestrator.core.tasks import Model
from protocol.vocabulary import Name, ShortText

EMBEDDED = "embedded"
"""The name of the embedded planner, as a rung."""


def _base_url(value: str) -> str:
    if value.startswith(("http://", "https://")) and "@" not in value and not any(char.isspace() for char in value):
        return value.rstrip("/")
    raise ValueError("a base URL begins with http:// or https:// and holds no login: the key belongs in `api_key_env`")


class ModelSettings(Model):
    """One model rung: any server that speaks OpenAI's chat completions.

    `base_url` ends before `/chat/completions` (`http://127.0.0.1:11434/v1`). `api_key_env` names the environment
    variable that holds the key; the key itself is never in settings. `tier` says whose machine it is. Seconds:
    `timeout_s` for a whole try, repair included, `connect_timeout_s` to reach the server (default: 0.25 local, 5
    cloud). `context_tokens`: how much the model takes in, where the server does not say it or says it wrong. `probe`:
    find out what the server can before its first use; `stream`: take answers as they are written. `parallel`: how many
    requests it gets at once (default: 1 local, 8 cloud); the others wait their turn. Prices are US dollars for a
    million tokens, None where they are not known.
    """

    name: Name
    base_url: Annotated[str, Field(min_length=8, max_length=500), AfterValidator(_base_url)]
    model: Annotated[ShortText, Field(min_length=1)]
    api_key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")] | None = None
    tier: Literal["local", "cloud"] = "local"
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
    connect_timeout_s: Annotated[float, Field(gt=0, le=60)] | None = None
    max_tokens: Annotated[int, Field(ge=64, le=100_000)] = 4_000
    context_tokens: Annotated[int, Field(ge=256)] | None = None
    probe: bool = True
    stream: bool = True
    parallel: Annotated[int, Field(ge=1, le=1000)] | None = None
    input_usd: Annotated[float, Field(ge=0)] | None = None
    output_usd: Annotated[float, Field(ge=0)] | None = None


def check_rungs(rungs: Sequence[str], models: Sequence[ModelSettings]) -> None:
    """Raises ValueError where one of the names is no rung of the ladder that these models make."""
    known = (EMBEDDED, *(model.name for model in models))
    unknown = [name for name in rungs if name not in known]
    if unknown:
        raise ValueError(f"there is no rung {', '.join(unknown)}; known: {', '.join(known)}")
