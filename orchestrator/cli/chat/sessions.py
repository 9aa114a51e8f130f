"""Sessions as files: `chat/SESSION.jsonl` in the data folder, append only, each entry on the disk before what follows.

A `session` entry opens the file; a `turn` is written before its request is sent, with the idempotency key under which
it is; a `run` once the orchestrator has taken it, an `end` with what came of it. A line that a crash cut short is left
out. The run itself is on the orchestrator's record; what is here is the way back to it.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from orchestrator.cli.exits import CommandError
from orchestrator.core.redact import redact

Entry = dict[str, object]
TITLE = 80


@dataclass(frozen=True, slots=True)
class Turn:
    """One message. `said` is the person's, `asked` what was sent; `state` is empty until its run was seen to end."""

    number: int
    said: str
    asked: str
    key: str
    at: float
    attached: tuple[str, ...] = ()
    run: str = ""
    state: str = ""
    answer: str = ""
    error: str = ""


@dataclass(slots=True)
class Session:
    """What a file holds. `parent` is where it branched off, as `SESSION:TURN`."""

    id: str
    at: float
    parent: str = ""
    turns: list[Turn] = field(default_factory=list)

    @property
    def title(self) -> str:
        return " ".join(self.turns[0].said.split())[:TITLE] if self.turns else "(nothing yet)"

    @property
    def updated(self) -> float:
        return self.turns[-1].at if self.turns else self.at


def read(lines: Iterable[str]) -> Session | None:
    """The session that the lines of a file tell; None where they tell none."""
    session: Session | None = None
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            continue  # cut short by a crash
        if not isinstance(entry, dict):
            continue
        if entry.get("type") == "session":
            session = Session(_text(entry, "id"), _number(entry, "at"), _text(entry, "parent"))
        elif session is not None:
            _take(session, entry)
    return session if session is not None and session.id else None


def _take(session: Session, entry: Entry) -> None:
    number, kind = int(_number(entry, "turn")), entry.get("type")
    if kind == "turn":
        attached = entry.get("attached")
        names = tuple(map(str, attached)) if isinstance(attached, list) else ()
        said, asked, key = (_text(entry, name) for name in ("said", "asked", "key"))
        session.turns.append(Turn(number, said, asked, key, _number(entry, "at"), names))
    elif 1 <= number <= len(session.turns):
        turn = session.turns[number - 1]
        if kind == "run":
            turn = replace(turn, run=_text(entry, "run"))
        elif kind == "end":
            state, answer, error = (_text(entry, name) for name in ("state", "answer", "error"))
            turn = replace(turn, state=state, answer=answer, error=error)
        session.turns[number - 1] = turn


def _text(entry: Entry, name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def _number(entry: Entry, name: str) -> float:
    value = entry.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def matches(session: Session, words: str) -> bool:
    """Whether each word stands somewhere in the session: its id, messages or answers."""
    parts = [session.id, *(part for turn in session.turns for part in (turn.said, turn.asked, turn.answer, turn.run))]
    text = "\n".join(parts).casefold()
    return all(word in text for word in words.casefold().split())


def transcript(session: Session) -> str:
    """The session as Markdown."""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(session.at))
    lines = [f"# Session {session.id}, {when}"]
    if session.parent:
        lines += ["", f"Branched from {session.parent}."]
    for turn in session.turns:
        lines += ["", f"## {turn.number}. {' '.join(turn.said.split())}", ""]
        if turn.asked != turn.said:
            lines += [f"Understood as: {turn.asked}", ""]
        lines.append(f"Run {turn.run or '(not sent)'}: {turn.state or 'open'}")
        for text in (turn.error, turn.answer):
            if text:
                fence = "```" if "```" not in text else "~~~~"
                lines += ["", fence, text.rstrip("\n"), fence]
    return "\n".join(lines) + "\n"


class Sessions:
    """The sessions of a data folder, and the one that is on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = Session("", 0.0)
        self._written = False
        self._lock: int | None = None

    def begin(self) -> Session:
        """A new session; it has a file from its first message on."""
        stamp = time.strftime("%Y%m%d-%H%M%S")
        self.now = Session(f"{stamp}-{secrets.token_hex(2)}", time.time())
        self._written = False
        return self.now

    def resume(self, id: str = "") -> Session:
        """Go on with a session: the one whose id begins so, or the latest. Raises CommandError `not_found`."""
        found = [one for one in self.all() if one.id.startswith(id)]
        exact = [one for one in found if one.id == id]
        if not found:
            which = f"no session {id}" if id else "no session yet"
            raise CommandError("not_found", f"There is {which}: /sessions lists them.")
        if id and not exact and len(found) > 1:
            raise CommandError("usage", f"Several sessions begin with {id}: {', '.join(one.id for one in found[:5])}.")
        chosen = (exact or found)[0]
        if chosen.id != self.now.id:
            self._hold(self.folder / f"{chosen.id}.jsonl")
        self.now = chosen
        self._written = True
        return self.now

    def _hold(self, file: Path) -> None:
        """Take the file for this program alone. Raises CommandError `conflict`, OSError."""
        held = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(held)
            message = f"The session {file.stem} is open in another program: close it there, or begin a new one."
            raise CommandError("conflict", message) from None
        self.close()
        self._lock = held

    def close(self) -> None:
        """Let other programs have the session."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def branch(self, turn: int) -> Session:
        """A new session that has the messages up to `turn`, of the one that is on, behind it."""
        before = self.now
        if not 1 <= turn <= len(before.turns):
            raise CommandError("usage", f"There is no message {turn}: this session has {len(before.turns)}.")
        self.begin()
        self.now.parent = f"{before.id}:{turn}"
        for one in before.turns[:turn]:
            self._append(_turn(one))
            if one.run:
                self._append({"type": "run", "turn": one.number, "run": one.run})
            if one.state:
                self._append(_end(one))
        return self.now

    def all(self, words: str = "") -> list[Session]:
        """Newest first; those alone in which all `words` occur."""
        found = []
        for file in self.folder.glob("*.jsonl"):
            try:
                session = read(file.read_text(encoding="utf-8", errors="replace").splitlines())
            except OSError:
                continue  # another program removed it meanwhile
            if session is not None and matches(session, words):
                found.append(session)
        return sorted(found, key=lambda one: (one.updated, one.id), reverse=True)

    def said(self, said: str, asked: str, attached: Iterable[str] = ()) -> Turn:
        """A message that is about to be sent."""
        number = len(self.now.turns) + 1
        turn = Turn(number, said, asked, secrets.token_hex(16), time.time(), tuple(attached))
        self._append(_turn(turn))
        return turn

    def began(self, turn: Turn, run: str) -> Turn:
        self._append({"type": "run", "turn": turn.number, "run": run})
        return self.now.turns[turn.number - 1]

    def ended(self, turn: Turn, state: str, answer: str, error: str) -> None:
        """What came of it, without secrets: a session outlives the run's record."""
        self._append(_end(replace(turn, state=state, answer=redact(answer), error=redact(error))))

    def _append(self, entry: Entry) -> None:
        """On the disk, and taken in. Raises CommandError `cannot_write`."""
        entries = [entry]
        if not self._written:
            entries.insert(0, {"type": "session", "id": self.now.id, "at": self.now.at, "parent": self.now.parent})
        # A line break first where a crash left half a line, so that it spoils nothing but itself.
        text = "".join(json.dumps(one, ensure_ascii=True) + "\n" for one in entries)
        file = self.folder / f"{self.now.id}.jsonl"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._written:
                self._hold(file)
            append(file, ("\n" if _torn(file) else "") + text)
            if not self._written:
                _sync(self.folder)
        except OSError as error:
            raise CommandError("cannot_write", f"The session {file} cannot be written: {error.strerror}.") from None
        self._written = True
        _take(self.now, entry)


def append(file: Path, text: str) -> None:
    """Add to a file of the user's alone; on the disk when this returns."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(text.encode())
        opened.flush()
        os.fsync(opened.fileno())


def _torn(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            opened.seek(-1, os.SEEK_END)
            return opened.read(1) != b"\n"
    except OSError:
        return False  # missing, or empty


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _turn(turn: Turn) -> Entry:
    kept: Entry = {"said": turn.said, "asked": turn.asked, "key": turn.key, "at": turn.at}
    return {"type": "turn", "turn": turn.number, **kept, "attached": list(turn.attached)}


def _end(turn: Turn) -> Entry:
    return {"type": "end", "turn": turn.number, "state": turn.state, "answer": turn.answer, "error": turn.error}
