"""What the faces show: the JSON shapes of REST and of `--json`, made from run state by `project.py`."""

from __future__ import annotations

from typing import Literal

from orchestrator.core.events import RunError, RunStatus
from orchestrator.core.plan import Clarification, DeclinedCode, Plan, RungUsage, Tier
from orchestrator.core.requests import RunPolicy
from orchestrator.core.tasks import Dependency, Model, Task, TaskStatus
from protocol.messages import TaskError, Usage
from protocol.vocabulary import DeviceKind, DeviceProfile, Json, JsonObject, Risk, SkillSpec


class TaskView(Model):
    """A task as it stands. `waiting_for` says in words what it waits for; `why` why this device was chosen, or why the

    task ended without a word of a device. `checks` names the task of which this one finds out whether it was done;
    `preview` the task that showed what this one would change.
    """

    id: str
    title: str
    skill: str
    risk: Risk
    status: TaskStatus
    group: str | None = None
    device: str | None = None
    attempt: int = 0
    depends_on: tuple[Dependency, ...] = ()
    arguments: JsonObject = {}
    output: Json = None
    error: TaskError | None = None
    usage: Usage | None = None
    started: float | None = None
    ended: float | None = None
    waiting_for: str = ""
    why: str = ""
    checks: str | None = None
    preview: str | None = None


Stream = Literal["stdout", "stderr", "info"]


class LogEntry(Model):
    """A piece of what an attempt said. `at` is when it came, in Unix time."""

    at: float
    attempt: int
    stream: Stream
    text: str


class TaskLog(Model):
    """What a task has said while it ran, oldest first and redacted; its first `dropped` entries are no longer kept."""

    run: str
    task: str
    entries: tuple[LogEntry, ...] = ()
    dropped: int = 0


Changed = Literal["run", "said", "device", "rung"]


class Change(Model):
    """What has changed: its kind and name. `said`: a run's task has said something, which is no entry of the run.
    `reset`: anything may have changed. `id` is where to go on from."""

    id: str
    kind: Literal["reset"] | Changed
    name: str = ""


class ApprovalView(Model):
    """An operation that waits for a person's word."""

    id: str
    run: str
    task: str
    device: str
    skill: str
    arguments: JsonObject
    risk: Risk
    digest: str
    expires: float


class QuestionView(Model):
    id: str
    run: str
    clarification: Clarification


class RungTry(Model):
    """What one rung was asked, for a plan or for a fix of the failed task `fixes`, and what came of it.

    `problems`: what the checks said to its plan. `declined` is the reason of one that proposed none, `code` what kind
    of no that is; `question` what it wants to know.
    """

    rung: str
    tier: Tier = "other"
    accepted: bool
    problems: tuple[str, ...] = ()
    declined: str = ""
    code: DeclinedCode = ""
    question: str = ""
    why: str = ""
    usage: RungUsage = RungUsage()
    cached: bool = False
    fixes: str | None = None


class RunView(Model):
    """`GET /v1/runs/{id}`; `asterism run --json` prints the same object. `rung` made the accepted plan.

    `revising`: failed tasks that may yet be made good.
    """

    run: str
    state: RunStatus
    text: str
    answer: str = ""
    rung: str | None = None
    created: float
    updated: float
    version: int = 0
    policy: RunPolicy = RunPolicy()
    tasks: tuple[TaskView, ...] = ()
    approvals: tuple[ApprovalView, ...] = ()
    questions: tuple[QuestionView, ...] = ()
    revising: tuple[str, ...] = ()
    rungs: tuple[RungTry, ...] = ()
    usage: RungUsage = RungUsage()
    plan: Plan | None = None
    error: RunError | None = None


class RunItem(Model):
    """One line of `GET /v1/runs`. `submitted_by` is whose token it was; empty for runs of older versions."""

    run: str
    state: RunStatus
    text: str
    created: float
    updated: float
    answer: str = ""
    error: RunError | None = None
    submitted_by: str = ""


class DeviceView(Model):
    """`unavailable_because` is empty while the device takes work. `last_seen` is Unix time.

    `withheld`: skills that it has and cannot use now, by name, with why and what to do about it.
    """

    name: str
    kind: DeviceKind
    online: bool
    draining: bool = False
    labels: dict[str, str] = {}
    profile: DeviceProfile = DeviceProfile()
    skills: tuple[SkillSpec, ...] = ()
    slots: int = 0
    running: int = 0
    load: float = 0.0
    epoch: int = 0
    last_seen: float = 0.0
    unavailable_because: str = ""
    withheld: dict[str, str] = {}


class GraphView(Model):
    """The graph as data: the tasks with their edges, at one version, with each task's status."""

    run: str
    version: int
    tasks: tuple[Task, ...]
    status: dict[str, TaskStatus]
    device: dict[str, str] = {}


class EditResult(Model):
    """An edit batch was applied (`version` is the new one) or rejected, with a code and a reason."""

    accepted: bool
    version: int
    code: str = ""
    reason: str = ""
