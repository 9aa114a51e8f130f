"""The commands of a conversation that begin with a slash."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from orchestrator.cli.chat.conversation import Conversation
from orchestrator.cli.chat.sessions import Session, transcript
from orchestrator.cli.exits import CommandError
from orchestrator.cli.files import write_text
from orchestrator.cli.ledger import show_egress
from orchestrator.cli.look import device_row
from orchestrator.cli.output import ago, answer, say, table
from orchestrator.cli.steer import chosen
from orchestrator.core.egress import LedgerEntry
from orchestrator.core.render import text as drawing
from orchestrator.core.views import RunView

RUNS = 15
COMMANDS = {
    "/help": "[COMMAND]: these commands",
    "/devices": "the devices, and how they are",
    "/runs": "the newest runs",
    "/graph": "[RUN]: the task graph",
    "/approve": "[ID]: allow what waits for it, and go on",
    "/deny": "[ID]: do not allow it",
    "/answer": "TEXT: answer the question that is open",
    "/cancel": "[RUN]: cancel it",
    "/retry": "[TASK ...]: try again what failed",
    "/undo": "[VERSION]: take back the latest edit of the graph, while nothing of it has begun",
    "/cost": "what planning has cost in this session",
    "/egress": "[RUN]: what went out to models",
    "/sessions": "[WORDS]: the sessions, those with these words in them",
    "/resume": "[SESSION]: go on with a session, by default the latest",
    "/branch": "[N]: a new session that goes on after message N, by default the last",
    "/save": "FILE: write this session as Markdown",
    "/config": "the settings",
    "/quit": "leave; what runs goes on",
}
_ALSO = {"/exit": "/quit", "/?": "/help"}


class Quit(Exception):
    """The person leaves."""


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    words: tuple[str, ...]
    rest: str


def parse(line: str) -> Command | None:
    """The command that a line is; None where it is a message, which may begin with a path.

    Raises CommandError `usage` for a word that is no command.
    """
    text = line.strip()
    if not text.startswith("/"):
        return None
    name, _, rest = text.partition(" ")
    name = _ALSO.get(name.casefold(), name.casefold())
    if name in COMMANDS:
        return Command(name, tuple(rest.split()), rest.strip())
    if "/" in name[1:]:
        return None
    near = [one for one in COMMANDS if one.startswith(name)] if len(name) > 1 else []
    if len(near) == 1:
        return Command(near[0], tuple(rest.split()), rest.strip())
    near = near or get_close_matches(name, COMMANDS, n=2, cutoff=0.7)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise CommandError("usage", f"There is no command {name}.{hint} /help lists them.")


def obey(chat: Conversation, command: Command) -> None:
    """Do it. Raises CommandError, Quit."""
    _DO[command.name](chat, command)


# --- looking -------------------------------------------------------------------------------------------------------


def _help(chat: Conversation, command: Command) -> None:
    wanted = [name for name in COMMANDS if not command.words or name.lstrip("/") == command.words[0].lstrip("/")]
    if not wanted:
        raise CommandError("usage", f"There is no command {command.words[0]}.")
    width = max(map(len, wanted))
    answer("\n".join(f"{name:<{width}}  {COMMANDS[name]}" for name in wanted))
    if len(wanted) > 1:
        say("Anything else is a request. @file attaches a file; Ctrl-C cancels what runs, twice leaves; Tab completes.")


def _devices(chat: Conversation, command: Command) -> None:
    found = chat.engine.call(chat.engine.desk.devices())
    if not found:
        say("No device has registered: start one with `asterism device server`.")
        return
    now = time.time()
    table(("NAME", "KIND", "STATE", "RUNNING", "SKILLS", "LABELS", "SEEN"), [device_row(view, now) for view in found])


def _runs(chat: Conversation, command: Command) -> None:
    found = chat.engine.call(chat.engine.desk.runs(limit=RUNS))
    now = time.time()
    if not found:
        say("There are no runs.")
        return
    rows = [(item.run, item.state, f"{ago(now - item.created)} ago", item.text[:80]) for item in found]
    table(("RUN", "STATE", "AGE", "REQUEST"), rows)


def _graph(chat: Conversation, command: Command) -> None:
    run = _run(chat, command)
    view = chat.engine.call(chat.engine.desk.run(run))
    answer(drawing(chat.engine.call(chat.engine.desk.graph(run)), view.tasks))


def _cost(chat: Conversation, command: Command) -> None:
    views = [chat.engine.call(chat.engine.desk.run(run)) for run in chat.runs()]
    answer(cost(views))


def cost(views: list[RunView]) -> str:
    """What the planning of these runs came to, in a line. Unknown is not zero."""
    uses = [view.usage for view in views]
    tokens = sum(use.input_tokens + use.output_tokens for use in uses)
    known = sum(use.cost_usd for use in uses if use.cost_usd is not None)
    unknown = sum(1 for use in uses if use.cost_usd is None)
    price = f"{known:.6f} USD" + (f", and {unknown} of unknown price" if unknown else "")
    runs = "1 run" if len(views) == 1 else f"{len(views)} runs"
    seconds = sum(use.seconds for use in uses)
    return (
        f"{runs}, {sum(use.calls for use in uses)} model calls, {tokens} tokens, {price}, {seconds:.1f} s of planning"
    )


def _egress(chat: Conversation, command: Command) -> None:
    runs = list(command.words) or chat.runs()
    found: list[LedgerEntry] = []
    for run in runs:
        found += chat.engine.call(chat.engine.desk.egress(run))
    show_egress(found, json=False)


def _config(chat: Conversation, command: Command) -> None:
    where = "an embedded orchestrator" if chat.engine.embedded else chat.loaded.settings.url
    say(f"speaking to {where}; session {chat.sessions.now.id} in {chat.sessions.folder}")
    for skill, device in chat.always:
        say(f"always allowed in this session: {skill} on {device}")
    table(("SETTING", "VALUE", "FROM"), chat.loaded.rows())


# --- steering ------------------------------------------------------------------------------------------------------


def _approve(chat: Conversation, command: Command) -> None:
    """Approve or deny one operation of the latest run that waits, and follow the run."""
    chosen_id = command.words[0] if command.words else ""
    view = _waiting(chat, "approvals")
    ids = [one.id for one in view.approvals]
    if chosen_id and chosen_id not in ids:
        raise CommandError("no_such_approval", f"{chosen_id} is not open; open are: {', '.join(ids)}.")
    if not chosen_id and len(ids) > 1:
        listed = "; ".join(f"{one.id} ({one.skill} on {one.device})" for one in view.approvals)
        raise CommandError("usage", f"Several wait for it, name one: {listed}.")
    granted = command.name == "/approve"
    chat.attend(view.run, first=lambda: chat.engine.desk.approve(view.run, chosen_id or ids[0], granted=granted))


def _answer(chat: Conversation, command: Command) -> None:
    if not command.rest:
        raise CommandError("usage", "/answer TEXT: the answer is a choice's number, its label, or free text.")
    view = _waiting(chat, "questions")
    question = view.questions[0]
    said = chosen(question.clarification, command.rest)
    chat.attend(view.run, first=lambda: chat.engine.desk.answer(view.run, question.id, said))


def _waiting(chat: Conversation, what: str) -> RunView:
    """The latest run of the session that waits for an approval, or an answer."""
    for run in reversed(chat.runs()):
        view = chat.engine.call(chat.engine.desk.run(run))
        if getattr(view, what):
            return view
    word = "approval" if what == "approvals" else "answer"
    raise CommandError(f"no_such_{'approval' if what == 'approvals' else 'question'}", f"Nothing waits for an {word}.")


def _cancel(chat: Conversation, command: Command) -> None:
    run = _run(chat, command)
    chat.engine.call(chat.engine.desk.cancel(run, reason="/cancel"))
    chat.attend(run)


def _retry(chat: Conversation, command: Command) -> None:
    """What failed of the last run; a last message that never became one is sent again, under its own key."""
    turns = chat.sessions.now.turns
    if turns and not turns[-1].run:
        chat.send_again(turns[-1])
        return
    run = _run(chat, None)
    chat.attend(run, first=lambda: chat.engine.desk.retry(run, command.words))


def _undo(chat: Conversation, command: Command) -> None:
    run = _run(chat, None)
    view = chat.engine.call(chat.engine.desk.run(run))
    if command.words and not command.words[0].isdigit():
        raise CommandError("usage", "/undo [VERSION]: the version that the edit made.")
    version = int(command.words[0]) if command.words else view.version
    if view.state.terminal:
        raise CommandError("run_ended", f"Run {run} has ended: what was done is not taken back by editing its graph.")
    result = chat.engine.call(chat.engine.desk.undo(run, version))
    if not result.accepted:
        raise CommandError(result.code or "rejected", result.reason)
    say(f"the graph is at version {result.version}")
    left = chat.engine.call(chat.engine.desk.run(run))
    if left.state.terminal:
        say(f"nothing of it is left to do: run {run} is {left.state}")


def _run(chat: Conversation, command: Command | None) -> str:
    """The run that a command names, or the session's last."""
    if command is not None and command.words:
        return command.words[0]
    runs = chat.runs()
    if not runs:
        raise CommandError("not_found", "There is no run in this session yet.")
    return runs[-1]


# --- sessions ------------------------------------------------------------------------------------------------------


def _sessions(chat: Conversation, command: Command) -> None:
    found = chat.sessions.all(command.rest)
    if not found:
        say("There are no sessions with these words." if command.rest else "There are no sessions yet.")
        return
    now = time.time()
    rows = [_session(one, now, current=one.id == chat.sessions.now.id) for one in found[:50]]
    table(("SESSION", "AGE", "MESSAGES", "BEGINS WITH"), rows)
    say("/resume SESSION goes on with one.")


def _session(one: Session, now: float, *, current: bool) -> tuple[str, ...]:
    mark = f"{one.id}*" if current else one.id
    return mark, f"{ago(now - one.updated)} ago", str(len(one.turns)), one.title


def _resume(chat: Conversation, command: Command) -> None:
    chat.resume(command.rest)


def _branch(chat: Conversation, command: Command) -> None:
    if command.words and not command.words[0].isdigit():
        raise CommandError("usage", "/branch [N]: the number of a message.")
    turn = int(command.words[0]) if command.words else len(chat.sessions.now.turns)
    session = chat.sessions.branch(turn)
    chat.forget()
    say(f"session {session.id}, branched from {session.parent}")


def _save(chat: Conversation, command: Command) -> None:
    if not command.rest:
        raise CommandError("usage", "/save FILE: which file?")
    file = Path(command.rest).expanduser()
    if file.exists():
        raise CommandError("cannot_write", f"{file} is there already: name another file.")
    write_text(file, transcript(chat.sessions.now))
    say(f"written to {file}")


def _quit(chat: Conversation, command: Command) -> None:
    raise Quit


_DO: dict[str, Callable[[Conversation, Command], None]] = {
    "/help": _help,
    "/devices": _devices,
    "/runs": _runs,
    "/graph": _graph,
    "/approve": _approve,
    "/deny": _approve,
    "/answer": _answer,
    "/cancel": _cancel,
    "/retry": _retry,
    "/undo": _undo,
    "/cost": _cost,
    "/egress": _egress,
    "/sessions": _sessions,
    "/resume": _resume,
    "/branch": _branch,
    "/save": _save,
    "/config": _config,
    "/quit": _quit,
}
