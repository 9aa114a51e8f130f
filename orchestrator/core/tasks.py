"""A task and its parts, as the graph holds them: immutable, validated once, the same in memory, log and REST."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from orchestrator.core.conditions import Condition
from protocol.vocabulary import CallLimits, DeviceKind, Identifier, JsonObject, Name, Risk, ShortText, unset


class Model(BaseModel):
    """Base of the core's values: immutable, no unknown fields, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class TaskStatus(StrEnum):
    """Where a task stands.

    `waiting`: an approval (or the fate of an attempt) must be settled by a person or a policy.
    `running`: there is a live attempt. `cancelling`: the live attempt was asked to stop.
    `unknown`: the attempt may or may not have had its effect, and repeating it is not safe.
    """

    PENDING = "pending"
    READY = "ready"
    WAITING = "waiting"
    RUNNING = "running"
    CANCELLING = "cancelling"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        return self in TERMINAL

    @property
    def live(self) -> bool:
        """There is an attempt that may still act on a device."""
        return self in LIVE


LIVE = frozenset({TaskStatus.RUNNING, TaskStatus.CANCELLING})
TERMINAL = frozenset({TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.SKIPPED, TaskStatus.CANCELLED})


class On(StrEnum):
    """When a dependency is satisfied, of the upstream task's end."""

    SUCCESS = "success"
    FAILURE = "failure"
    COMPLETION = "completion"
    CONDITION = "condition"


class Dependency(Model):
    """An edge from `task` to the task that holds it. `when` belongs to `on: condition`, over a succeeded upstream."""

    task: Identifier
    on: On = On.SUCCESS
    when: Condition | None = None

    @model_validator(mode="after")
    def _condition_where_due(self) -> Dependency:
        if (self.on is On.CONDITION) != (self.when is not None):
            raise ValueError("a dependency has `when` exactly where it is `on: condition`")
        return self


def _no(value: bool) -> bool:
    return not value


class Requirements(Model):
    """What a device must be to run the task. All that is given must hold.

    `limits`: its agent keeps a task's limits. The orchestrator asks for it where a task has some.
    """

    device: Name | None = None
    kind: DeviceKind | None = None
    os: ShortText | None = None
    labels: dict[Name, ShortText] = {}
    min_memory_bytes: Annotated[int, Field(ge=0)] = 0
    gpu: bool = False
    same_device_as: Identifier | None = None
    exclude: tuple[Name, ...] = ()
    prefer: tuple[Name, ...] = ()
    limits: Annotated[bool, Field(exclude_if=_no)] = False


class Timeouts(Model):
    """Seconds. `queue_s`: from ready to dispatch. `run_s`: from dispatch to end (default: the skill's own).

    `heartbeat_s`: longest silence of a running attempt. Progress, a log line, the output of a command and a piece of
    work done in a thread are signs of life. A silent attempt is lost: stopped, and tried again where that is safe.
    `hedge_s`: after so long, an attempt that is safe to repeat is given up for another device, where one is free.
    """

    queue_s: Annotated[float, Field(gt=0, le=604_800)] = 120.0
    run_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    heartbeat_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    hedge_s: Annotated[float, Field(gt=0, le=86_400)] | None = None


class Retry(Model):
    """Exponential back-off in seconds between attempts; only retryable errors and lost devices count."""

    max_attempts: Annotated[int, Field(ge=1, le=20)] = 3
    backoff_s: Annotated[float, Field(ge=0, le=3600)] = 0.5
    factor: Annotated[float, Field(ge=1, le=10)] = 2.0
    max_backoff_s: Annotated[float, Field(ge=0, le=3600)] = 30.0

    def delay(self, failures: int) -> float:
        """Seconds to wait after the given number of failed attempts (at least 1)."""
        return float(min(self.max_backoff_s, self.backoff_s * self.factor ** (failures - 1)))


class PostCondition(Model):
    """How to find out whether the task's effect is there, when nobody said what became of an attempt.

    `skill` only reads; its `arguments` may hold the references that the task's own may. The conditions are over the
    check's record (`output`, `status`, `error`). `done`: the task has succeeded. `not_done`: it is safe to do it now
    (default: the check succeeded and `done` does not hold). Anything else, or both, and a person is asked.

    The check runs on the device that had the attempt, once that device has said that the attempt is over; after
    `wait_s` seconds of waiting for it a person is asked. `anywhere`: other devices see the effect too, so that one of
    them may look at once; it can find that the task was done, but not that it is safe to do it again.
    """

    skill: ShortText
    arguments: JsonObject = {}
    done: Condition
    not_done: Condition | None = None
    anywhere: bool = False
    wait_s: Annotated[float, Field(gt=0, le=604_800)] = 600.0


class Check(Model):
    """Set on a task that finds out what became of an `attempt` of another; `over`: its device says it has ended."""

    task: Identifier
    attempt: int
    over: bool


# Values that nearly every task has, shared: pydantic would copy a default deeply for each of them.
ANYWHERE = Requirements()
PATIENT = Timeouts()
PERSISTENT = Retry()

OnFailure = Literal["fail", "skip", "continue"]


class Task(Model):
    """One unit of work for one device.

    `arguments` may hold references such as `${collect.output.path}` (see `references.py`). `group` names the
    fan-out that the task is a member of. `join` says whether all incoming edges must hold or any one of them.
    `on_failure`: `fail` the run (after revision had its chance), `skip` what needs this task and go on, or `continue`
    where an edge `on: failure` or `on: completion` takes over. `verify` finds out about an unknown outcome, by a task
    of its own, whose `checks` says what it is for; only the orchestrator adds such a one. `confirm` is read back by one
    too, once the device has said that the task is done: where its effect is not there, the task has failed. `preview`
    names the task that showed what this one would change: no attempt of this one is made without an approval on record.
    `limits` is the task's budget of each attempt: memory, CPU time and processes of the programs that it runs. What is
    sent is never above the caps of the run's policy, nor do devices go above their own.
    """

    id: Identifier
    title: ShortText = ""
    skill: ShortText
    arguments: JsonObject = {}
    requirements: Requirements = Field(default_factory=lambda: ANYWHERE)
    depends_on: tuple[Dependency, ...] = ()
    join: Literal["all", "any"] = "all"
    group: Identifier | None = None
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    deadline_s: Annotated[float, Field(gt=0, le=604_800)] | None = None
    timeouts: Timeouts = Field(default_factory=lambda: PATIENT)
    retry: Retry = Field(default_factory=lambda: PERSISTENT)
    risk: Risk = Risk.READ
    idempotent: bool = True
    on_failure: OnFailure = "fail"
    verify: PostCondition | None = None
    confirm: PostCondition | None = None
    checks: Check | None = None
    preview: Identifier | None = None
    limits: Annotated[CallLimits | None, Field(exclude_if=unset)] = None

    @property
    def referring(self) -> JsonValue:
        """All of the task that may hold references."""
        if self.verify is None and self.confirm is None:
            return self.arguments
        return [self.arguments, *(one.arguments for one in (self.verify, self.confirm) if one is not None)]

    @model_validator(mode="after")
    def _one_edge_from_each(self) -> Task:
        edges = self.depends_on
        if len(edges) > 1 and len({dependency.task for dependency in edges}) != len(edges):
            raise ValueError("two dependencies on one task: put both into one condition")
        return self
