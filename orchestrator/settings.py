"""Settings: defaults, then the TOML file, then `ASTERISM_*` variables, then the command line; the last one wins.

The file is `config.toml` in the user's configuration folder, or what `--config` or `ASTERISM_CONFIG` names. Nested
values come from variables with two underscores (`ASTERISM_POLICY__APPROVE=all`), lists as JSON
(`ASTERISM_MODELS='[...]'`). Seconds, bytes and US dollars, everywhere.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from orchestrator.core import misfits
from orchestrator.core.budget import Limits, RunBudget, Usd
from orchestrator.core.owner import PrivacySettings
from orchestrator.core.rungs import ModelSettings as ModelSettings
from orchestrator.core.rungs import check_rungs
from orchestrator.core.webhook_settings import WebhookSettings

PREFIX = "ASTERISM_"
DEFAULT_URL = "http://127.0.0.1:8460"
MASK = "********"
SHORTEST_SECRET = 8  # characters

Seconds = Annotated[float, Field(gt=0, le=604_800)]


class SettingsProblem(Exception):
    """The settings cannot be used. `code` is `bad_configuration`; the message names the setting and its source."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code = "bad_configuration"
        self.message = message


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class PolicySettings(_Part):
    """What a request's policy is where the request does not say."""

    approve: Literal["ask", "all", "none"] = "ask"
    deadline_s: Seconds | None = None
    budget_usd: Usd | None = None
    budget: RunBudget = RunBudget()
    local_only: bool = False
    parallel: Annotated[int, Field(ge=1)] | None = None


def _data_dir() -> Path:
    return platformdirs.user_data_path("asterism", appauthor=False)


class Settings(BaseSettings):
    """All settings. `load` is how to make them; the constructor alone reads defaults and the environment."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, allow_inf_nan=False
    )

    url: Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+/?$")] = DEFAULT_URL
    """Where the command line and device agents find the orchestrator."""
    token: SecretStr | None = None
    """What they show there."""
    data_dir: Path = Field(default_factory=_data_dir)
    """Database, artifacts and workspaces of local devices."""
    database: Annotated[str, Field(min_length=1)] = Field(
        default_factory=lambda data: f"sqlite:///{data['data_dir'] / 'asterism.db'}"
    )
    """A database URL: `sqlite:///PATH` or `postgresql://...`."""
    host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8460
    """0 takes a free one."""
    rate_limit: Annotated[float, Field(gt=0, le=1e6)] | None = None
    """REST requests a second that each token may send in the long run, or each address without one (default: any)."""
    rate_burst: Annotated[int, Field(ge=1, le=10**6)] = 100
    """As many of them may come at once."""
    heartbeat_s: Annotated[float, Field(gt=0, le=3600)] = 10.0
    """How often a device says that it is there."""
    lease_s: Annotated[float, Field(gt=0, le=86_400)] = Field(default_factory=lambda data: 2.5 * data["heartbeat_s"])
    """After so much silence a device is away (default: 2.5 heartbeats)."""
    faults: Literal["off", "token", "open"] = "token"
    """Who may turn failpoints on: nobody; an admin's token; `open`, for tests alone, who may call (docs/faults.md)."""
    models: tuple[ModelSettings, ...] = ()
    """The ladder above the embedded planner, local ones first (docs/agents.md has the fields of each)."""
    rungs: tuple[str, ...] = ()
    """The only rungs that are asked, by name: `embedded`, and those of `models` (default: all)."""
    plan_cache: bool = True
    """Whether plans that were accepted are kept, and taken again for the same request over the same fleet."""
    record_models: Path | None = None
    """A file to which every exchange with a model is appended."""
    replay_models: Path | None = None
    """Such a file, which answers in the models' place."""
    record_runs: Path | None = None
    """A folder in which each run that ends is kept as a file, for `asterism bench replay` (docs/replay.md)."""
    policy: PolicySettings = PolicySettings()
    privacy: PrivacySettings = PrivacySettings()
    """What may be told to models, and which are asked (docs/privacy.md)."""
    daily_budget: Limits = Limits()
    """What all runs of a day (UTC) together may use of models."""
    placement: Literal["score", "round_robin"] = "score"
    """How a device is chosen for a task: by its score, or in turn (docs/architecture.md)."""
    traces: bool = False
    """Whether runs are traced with OpenTelemetry (docs/traces.md)."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    retention_days: Annotated[float, Field(gt=0, le=36_500)] | None = None
    """Runs that ended so long ago are deleted, a few at a time (default: none ever is)."""
    retention_keep: Annotated[int, Field(ge=0)] = 0
    """The newest ended runs, of which none is deleted however old it is."""
    webhooks: WebhookSettings = WebhookSettings()
    """Who is told that a run has ended (docs/webhooks.md)."""
    energy_profile: Path | None = None
    """A TOML file with the watts and joules of the ladder report's estimate (default: the one that ships)."""
    tls_cert: Path | None = None
    tls_key: Path | None = None

    def asks(self, rung: str) -> bool:
        """Whether a rung of the ladder is asked, or switched off."""
        return not self.rungs or rung in self.rungs

    @property
    def places(self) -> str:
        """Where the supervisor keeps its places, beside the record: in its server, or in a file of its own."""
        shared = self.database.startswith(("postgresql:", "postgres:"))
        return self.database if shared else str(self.data_dir / "supervisor.db")

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key belong together")
        if self.lease_s < self.heartbeat_s:
            raise ValueError("lease_s must not be shorter than heartbeat_s")
        if len({model.name for model in self.models}) != len(self.models):
            raise ValueError("two models have one name")
        if self.record_models and self.replay_models:
            raise ValueError("record_models and replay_models exclude each other")
        return self

    @field_validator("rungs")
    @classmethod
    def _known(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if "models" in info.data:  # else those do not fit, and that is told
            check_rungs(value, info.data["models"])
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings, env_settings)


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings, and for each of them where its value came from."""

    settings: Settings
    sources: dict[str, str]
    file: Path | None

    def rows(self) -> list[tuple[str, str, str]]:
        """(name, value as text, source) of every setting, secrets masked."""
        return [(name, shown(name, getattr(self.settings, name)), self.sources[name]) for name in Settings.model_fields]


def default_file() -> Path:
    """The TOML file that is read where no other is named. It need not exist."""
    return platformdirs.user_config_path("asterism", appauthor=False) / "config.toml"


def load(config: Path | None = None, overrides: Mapping[str, object] | None = None) -> Loaded:
    """Read every source. `overrides` are the command line's; None in it means not given.

    Raises SettingsProblem where a source cannot be read or a value does not fit.
    """
    given = {name: value for name, value in (overrides or {}).items() if value is not None}
    file, from_file = _read(config)
    try:
        from_env = EnvSettingsSource(Settings)()
        merged = _merge(_merge(from_file, from_env), given)
        settings = Settings.model_validate(merged)
    except SettingsError as error:
        raise SettingsProblem(f"A variable {PREFIX}... does not hold the JSON it must hold: {error}.") from None
    except ValidationError as error:
        raise SettingsProblem(_sentence(error, given, from_file, file)) from None
    names = Settings.model_fields
    return Loaded(settings, {name: _source(name, given, from_env, from_file, file) for name in names}, file)


def shown(name: str, value: object) -> str:
    """A setting as text, without secrets: tokens, and the password of a database URL."""
    if isinstance(value, SecretStr):
        return MASK
    if name == "database":
        return _without_password(str(value))
    if name == "rungs" and isinstance(value, tuple):
        return ", ".join(value) or "all"
    if isinstance(value, tuple):
        return ", ".join(f"{item.name} ({item.tier}: {item.model} at {item.base_url})" for item in value) or "none"
    if isinstance(value, BaseModel):
        return ", ".join(f"{field}={_plain(item)}" for field, item in value.model_dump(exclude_none=True).items())
    return "" if value is None else str(value)


def secret_texts(settings: Settings) -> list[str]:
    """What the settings hold, or name, that must never leave. Texts below 8 characters stand in ordinary words."""
    keys = [os.environ.get(model.api_key_env or "", "") for model in settings.models]
    token = settings.token.get_secret_value() if settings.token else ""
    hooks = (settings.webhooks.secret, settings.webhooks.previous_secret)
    signing = [one.get_secret_value() for one in hooks if one is not None]
    found = [token, urlsplit(settings.database).password or "", *keys, *signing]
    return [one for one in found if len(one) >= SHORTEST_SECRET]


def _plain(value: object) -> str:
    """A value of a table as text: what stands in tables within, without what is not set."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={_plain(item)}" for name, item in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return MASK if isinstance(value, SecretStr) else str(value)


def _without_password(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    login, at, host = rest.rpartition("@")
    user, colon, _ = login.partition(":")
    return f"{scheme}{mark}{user}:{MASK}@{host}" if at and colon else url


def _read(config: Path | None) -> tuple[Path | None, dict[str, JsonValue]]:
    named = config or (Path(os.environ[PREFIX + "CONFIG"]) if os.environ.get(PREFIX + "CONFIG") else None)
    file = named or default_file()
    try:
        with file.open("rb") as opened:
            return file, tomllib.load(opened)
    except FileNotFoundError:
        if named is None:
            return None, {}
        raise SettingsProblem(f"There is no configuration file {file}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsProblem(f"{file} is not TOML: {error}.") from None
    except OSError as error:
        raise SettingsProblem(f"{file} cannot be read: {error.strerror}.") from None


def _merge(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """`above` over `below`, table by table."""
    merged = dict(below)
    for name, value in above.items():
        old = merged.get(name)
        merged[name] = _merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


_TABLES = ("policy", "privacy", "daily_budget", "webhooks")


def _source(
    name: str,
    given: Mapping[str, object],
    from_env: Mapping[str, object],
    from_file: Mapping[str, object],
    file: Path | None,
) -> str:
    found = ["command line"] if name in given else []
    if name in from_env:
        found.append(f"environment ({PREFIX}{name.upper()})")
    if name in from_file:
        found.append(str(file))
    # A table may be put together from several sources; a plain value has the last one.
    return " + ".join(found if name in _TABLES else found[:1]) or "default"


def _sentence(
    error: ValidationError, given: Mapping[str, object], from_file: Mapping[str, object], file: Path | None
) -> str:
    """The first problem and where it stands, without the value: it may be a secret."""
    first = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    top = str(first["loc"][0]) if first["loc"] else ""
    if top in given:
        where = "on the command line"
    elif top and top not in from_file:
        where = f"in {PREFIX}{top.upper()}"
    else:
        where = f"in {file}" if file else "in the settings"
    what = "there is no such setting" if first["type"] == "extra_forbidden" else misfits.said(first["msg"])
    return f"The setting {name or 'combination'} {where} does not fit: {what}."
