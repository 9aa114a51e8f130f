"""What the supervisor is told: its rungs, and where its place is kept. Plain values, no library behind them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from orchestrator.core.tasks import Model
from protocol.vocabulary import Name, ShortText


class ModelSettings(Model):
    """One model rung: any server that speaks OpenAI's chat completions.

    `base_url` ends before `/chat/completions` (`http://127.0.0.1:11434/v1`). `api_key_env` names the environment
    variable that holds the key; the key itself is never in settings. `tier` says whose machine it is. Seconds:
    `timeout_s` for a whole answer, `connect_timeout_s` to reach the server (default: 0.3 local, 5 cloud). Prices are US
    dollars for a million tokens, None where they are not known.
    """

    name: Name
    base_url: Annotated[str, Field(min_length=8, max_length=500)]
    model: Annotated[ShortText, Field(min_length=1)]
    api_key_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")] | None = None
    tier: Literal["local", "cloud"] = "local"
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
    connect_timeout_s: Annotated[float, Field(gt=0, le=60)] | None = None
    max_tokens: Annotated[int, Field(ge=64, le=100_000)] = 4_000
    input_usd: Annotated[float, Field(ge=0)] | None = None
    output_usd: Annotated[float, Field(ge=0)] | None = None

    @field_validator("base_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("a base URL begins with http:// or https://")
        return value.rstrip("/")


class AgentSettings(Model):
    """The ladder. The embedded rung always comes first; `models` follow in order.

    `checkpoints`: a path, an SQLite or PostgreSQL URL, empty to keep the supervisor's place in memory, or None to save
    no place and not load LangGraph at all. `trace`: let LangSmith see the supervisor's steps, where its own
    environment variables say so. `plans`: the file of the plan cache, empty to keep it in memory, or None for no cache.
    """

    models: tuple[ModelSettings, ...] = ()
    checkpoints: str | None = ""
    trace: bool = False
    plans: str | None = ""

    @field_validator("models")
    @classmethod
    def _names_differ(cls, value: tuple[ModelSettings, ...]) -> tuple[ModelSettings, ...]:
        names = [model.name for model in value] + ["embedded"]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two rungs are called {', '.join(twice)}")
        return value
