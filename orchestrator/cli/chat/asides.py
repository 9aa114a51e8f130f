"""Messages that are about the conversation itself: "why did it fail?", "undo", "cancel it", "help", "thanks".

No device can do them, and no planner is asked. A message is one only where all of it is: "cancel the job on beta" is a
request.
"""

from __future__ import annotations

import re
from typing import Literal

from orchestrator.cli.chat import slash
from orchestrator.cli.chat.conversation import Conversation
from orchestrator.cli.exits import CommandError
from orchestrator.cli.output import answer, line, say
from orchestrator.core.events import RunStatus
from orchestrator.core.tasks import TaskStatus
from orchestrator.core.views import RunView, TaskView

Aside = Literal["why", "undo", "cancel", "help", "greeting", "thanks"]

_IT = r"(?: (?:it|that|this|the (?:last )?(?:run|request|one)))?"
_FORMS: tuple[tuple[Aside, str], ...] = (
    ("why", r"why(?: not)?|what (?:went|was) wrong|what happened|what failed"),
    ("why", r"why did (?:it|that|this) (?:fail|not work)"),
    ("why", r"why (?:didn't|did not|hasn't|has not) (?:it|that|this) work(?:ed)?"),
    ("why", r"why was (?:it|that|this) (?:refused|denied)"),
    ("undo", rf"(?:please )?(?:undo|revert|take back|roll back){_IT}|(?:take|put) (?:it|that) back"),
    ("cancel", rf"(?:please )?(?:cancel|stop|abort){_IT}|never ?mind|forget it"),
    ("help", r"help(?: me)?|what can (?:you|i) (?:do|say|ask)(?: here)?|how does this work|who are you"),
    ("greeting", r"(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?"),
    ("thanks", r"(?:many )?thanks(?: a lot| you)?|thank you(?: very much)?|(?:great|perfect|ok|okay)"),
)
_HELP = """Say what your devices should do, such as `which files on alpha are the largest?`, then `delete the first of
them`. /help lists the commands, /devices the devices; `asterism skills` says what they can do."""
_READ = tuple((aside, re.compile(form)) for aside, form in _FORMS)


def read(text: str) -> Aside | None:
    """What a message says of the conversation; None where it is a request."""
    words = " ".join(re.sub(r"[.,!?…]+", " ", text.replace("’", "'")).casefold().split())
    return next((aside for aside, form in _READ if form.fullmatch(words)), None)


def obey(chat: Conversation, aside: Aside) -> None:
    """Answer it. Raises CommandError."""
    match aside:
        case "why":
            answer(why(_last(chat)))
        case "undo" | "cancel":
            _stop(chat, aside)
        case "help" | "greeting":
            answer(_HELP)
        case "thanks":
            say("You are welcome.")


def _last(chat: Conversation) -> RunView:
    runs = chat.runs()
    if not runs:
        raise CommandError("not_found", "There is no run in this session yet.")
    return chat.engine.call(chat.engine.desk.run(runs[-1]))


def _stop(chat: Conversation, aside: Literal["undo", "cancel"]) -> None:
    """By the command of that name while something can be stopped; else said what stays."""
    last = _last(chat)
    if not last.state.terminal:
        slash.obey(chat, slash.Command(f"/{aside}", (), ""))
        return
    if aside == "cancel":
        raise CommandError("run_ended", f"Nothing is going on: run {last.run} is {last.state}.")
    done = [task for task in last.tasks if task.status is TaskStatus.SUCCEEDED and task.risk != "read"]
    if not done:
        raise CommandError("run_ended", f"Run {last.run} has changed nothing, so there is nothing to take back.")
    what = "; ".join(_named(task) for task in done[:5])
    remedy = "Say what should be done now, such as `move b.txt to a.txt on alpha`."
    raise CommandError("run_ended", f"What is done stays done ({what}). {remedy}")


def _named(task: TaskView) -> str:
    """Titles that planners make mostly name the device."""
    what = line(task.title or task.skill)
    return what if task.device is None or what.endswith(f" {task.device}") else f"{what} on {task.device}"


def why(view: RunView) -> str:
    """What went wrong in a run, in lines for people; also that nothing did."""
    failed = [task for task in view.tasks if task.status is TaskStatus.FAILED]
    if view.error is None and not failed:
        skipped = [task for task in view.tasks if task.status is TaskStatus.SKIPPED]
        told = [f"Not done: {task.title or task.skill}: {task.why}" for task in skipped[:10]]
        state = "has succeeded" if view.state is RunStatus.SUCCEEDED else f"is {view.state}"
        return "\n".join(told or [f"Nothing went wrong in the last request: run {view.run} {state}."])
    lines = [f"{view.error.message} [{view.error.code}]"] if view.error is not None else []
    for task in failed[:10]:
        reason = f"{line(task.error.message)} [{task.error.code}]" if task.error is not None else "no reason was given"
        tried = f", attempt {task.attempt}" if task.attempt else ""
        lines.append(f"{_named(task)}{tried}: {reason}")
    again = " /retry tries it again." if failed else ""
    return "\n".join([*lines, f"`asterism show {view.run}` and `asterism events {view.run}` have all of it.{again}"])
