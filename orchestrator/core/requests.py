"""What a person asks for, and under which policy."""

from __future__ import annotations

import operator
import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from orchestrator.core.budget import RunBudget
from orchestrator.core.plan import Plan
from orchestrator.core.tasks import Model
from orchestrator.core.webhook_settings import Webhook
from protocol.vocabulary import CallLimits, Name, ShortText, unset

REQUEST_LIMIT = 20_000


class RunPolicy(Model):
    """`approve`: ask for every write or destructive task, allow all, or deny them. Seconds and US dollars.

    `revisions`: how often the supervisor may mend the graph after failures. `approval_s`: how long an approval
    is waited for, and how long it stays valid once given. `unknown`: what to do about an attempt that may or may not
    have had its effect: `verify` by the task's post-condition and, where there is none or it leaves it open, ask a
    person; `ask` a person at once; or `fail` the task. `questions`: what a rung wants to know is asked at once
    (`first`), or once the local models had their try (`after_local`); in either case before a cloud rung is asked.
    `confirm`: somebody is there who can be shown a model's plan that the checks are not sure of; else it is declined.
    `devices` limits the run to these. `budget_usd` and `budget` bound what planning may use, and how many tasks there
    may be; `local_only`: no cloud rung is asked. `preview_only` is a dry run: writes are previewed,
    and not done. `parallel`: at most so many tasks are live at once, dispatched and not ended (default: as many as
    there are slots for). `limits` caps what the programs of each tool call may take, whoever added its task: a task
    that declares more, or nothing, is sent with the cap.
    """

    approve: Literal["ask", "all", "none"] = "ask"
    deadline_s: Annotated[float, Field(gt=0, le=604_800)] | None = None
    approval_s: Annotated[float, Field(gt=0, le=604_800)] = 3600.0
    revisions: Annotated[int, Field(ge=0, le=20)] = 3
    budget_usd: Annotated[float, Field(ge=0)] | None = None
    budget: RunBudget = RunBudget()
    local_only: bool = False
    unknown: Literal["ask", "verify", "fail"] = "verify"
    questions: Literal["first", "after_local"] = "first"
    confirm: Annotated[bool, Field(exclude_if=operator.not_)] = False
    devices: tuple[Name, ...] = ()
    plan_only: bool = False
    preview_only: bool = False
    parallel: Annotated[int | None, Field(ge=1, exclude_if=unset)] = None
    limits: Annotated[CallLimits | None, Field(exclude_if=unset)] = None


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_CALLED = {"\0": "NUL", "\b": "backspace", "\x1b": "escape", "\x7f": "delete"}


def unreadable(request: Request) -> str:
    """Why a request cannot be taken as it is: a character that no text has. Empty where it can.

    Line ends and tabs are text, and an attachment may be what a program wrote for a terminal. Asked of what comes in
    alone: what is on the record stays readable.
    """
    found = _CONTROL.search(request.text)
    if found is not None:
        called = f" ({_CALLED[found[0]]})" if found[0] in _CALLED else ""
        where = f"the control character U+{ord(found[0]):04X}{called} at position {found.start() + 1}"
        return f"the request holds {where}: leave it out"
    if "\0" in request.attachment:
        return "the attachment holds the character U+0000 (NUL), so it is not text: put it in a file, and name the file"
    return ""


class Request(Model):
    """`text` in plain language, or a ready `plan`. `attachment` is piped input: data, never instructions.

    `client` is the name of the device that the person sits at, where it is one ("my machine"). `webhook` is told
    when the run ends.
    """

    text: Annotated[str, Field(max_length=REQUEST_LIMIT)] = ""
    plan: Plan | None = None
    attachment: Annotated[str, Field(max_length=200_000)] = ""
    policy: RunPolicy = RunPolicy()
    client: Name | None = None
    submitted_by: ShortText = ""
    webhook: Annotated[Webhook | None, Field(exclude_if=unset)] = None

    @model_validator(mode="after")
    def _says_something(self) -> Request:
        if self.plan is None and not self.text.strip():
            raise ValueError("the request is empty: say what should happen, or give a plan")
        return self
