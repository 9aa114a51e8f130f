"""What the supervisor is told: its rungs, and where its place is kept. Plain values, no library behind them."""

from __future__ import annotations

from pydantic import field_validator, model_validator

from orchestrator.core.rungs import EMBEDDED, check_rungs
from orchestrator.core.rungs import ModelSettings as ModelSettings
from orchestrator.core.tasks import Model


class AgentSettings(Model):
    """The ladder. The embedded rung comes first; `models` follow in order.

    `rungs`, where given, are the only ones that are asked.
    `checkpoints`: a path, an SQLite or PostgreSQL URL, empty to keep the supervisor's place in memory, or None to save
    no place and not load LangGraph at all. `trace`: let LangSmith see the supervisor's steps, where its own
    environment variables say so. `plans`: the file of the plan cache, empty to keep it in memory, or None for no cache.
    `capabilities`: the file that remembers what the models' servers can do, None to keep it in this process. `record`:
    a file to which every exchange with a model is appended; `replay`: such a file, which then takes the servers' place.
    """

    models: tuple[ModelSettings, ...] = ()
    rungs: tuple[str, ...] = ()
    checkpoints: str | None = ""
    trace: bool = False
    plans: str | None = ""
    capabilities: str | None = None
    record: str | None = None
    replay: str | None = None

    @field_validator("models")
    @classmethod
    def _names_differ(cls, value: tuple[ModelSettings, ...]) -> tuple[ModelSettings, ...]:
        names = [model.name for model in value] + [EMBEDDED]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two rungs are called {', '.join(twice)}")
        return value

    @model_validator(mode="after")
    def _one_way(self) -> AgentSettings:
        if self.record and self.replay:
            raise ValueError("`record` and `replay` exclude each other")
        return self

    @model_validator(mode="after")
    def _known(self) -> AgentSettings:
        check_rungs(self.rungs, self.models)
        return self

    @property
    def off(self) -> tuple[str, ...]:
        """The rungs that are switched off, in order."""
        ladder = (EMBEDDED, *(model.name for model in self.models))
        return tuple(name for name in ladder if self.rungs and name not in self.rungs)
