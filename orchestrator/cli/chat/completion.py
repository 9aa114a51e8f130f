"""What a line may go on with: slash commands, devices, skills, runs, sessions and files; and the lines of before."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from orchestrator.cli.chat.sessions import append
from orchestrator.core.redact import redact
from orchestrator.core.sanitize import sanitize

HISTORY = 1000
SHOWN = 200


@dataclass(slots=True)
class Catalogue:
    """What is known to complete with."""

    commands: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    approvals: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()

    def after(self, command: str) -> tuple[str, ...] | None:
        """The words that fit behind a slash command; None where it takes files."""
        match command:
            case "/graph" | "/cancel" | "/egress":
                return self.runs
            case "/approve" | "/deny":
                return self.approvals
            case "/sessions" | "/resume":
                return self.sessions
            case "/save":
                return None
            case "/help":
                return self.commands
            case _:
                return ()


def complete(line: str, word: str, known: Catalogue, files: Callable[[str], Iterable[str]]) -> list[str]:
    """What `word`, the last of `line`, may become. `files` lists the paths that begin with a text."""
    before = line[: len(line) - len(word)].lstrip()
    if not before and word.startswith("/"):
        return [f"{one} " for one in known.commands if one.startswith(word)]
    if before.startswith("/"):
        fitting = known.after(before.split()[0])
        if fitting is None:
            return list(files(word))
        return [f"{one} " for one in fitting if one.startswith(word)]
    if word.startswith("@"):
        return [f"@{one}" for one in files(word[1:])]
    if not word:
        return []
    named = [one for one in (*known.devices, *known.skills) if one.startswith(word)]
    if "/" in word or word.startswith("."):
        named += files(word)
    return [one if one.endswith("/") else f"{one} " for one in dict.fromkeys(named)]


def files_here(begin: str) -> list[str]:
    """Paths that begin so, folders with a slash. Names that would act on a terminal are left out."""
    head, tail = os.path.split(begin)
    folder = Path(head).expanduser() if head else Path()
    found = []
    with contextlib.suppress(OSError):
        for entry in sorted(folder.iterdir(), key=lambda one: one.name):
            name = entry.name
            if not name.startswith(tail) or (name.startswith(".") and not tail.startswith(".")):
                continue
            if sanitize(name, multiline=False) == name and not re.search(r"\s", name):
                found.append(os.path.join(head, name) + ("/" if entry.is_dir() else ""))
            if len(found) >= SHOWN:
                break
    return found


class Editor:
    """The line editor: GNU readline where Python has it, else plain lines. The history is a file that survives us."""

    def __init__(self, history: Path, known: Callable[[], Catalogue]) -> None:
        self._history = history
        self._known = known
        self._found: list[str] = []
        try:
            import readline
        except ImportError:
            self._readline = None
            return
        self._readline = readline
        readline.set_completer(self._complete)
        readline.set_completer_delims(" \t\n")
        readline.parse_and_bind("tab: complete")
        readline.set_auto_history(False)
        readline.set_history_length(HISTORY)
        readline.clear_history()
        for line in self._kept():
            readline.add_history(line)

    def read(self, prompt: str) -> str:
        """A line from the person, kept in the history unless a secret is in it. Raises EOFError, KeyboardInterrupt."""
        line = input(prompt)
        if line.strip() and line.isprintable() and redact(line) == line:
            if self._readline is not None:
                self._readline.add_history(line)
            with contextlib.suppress(OSError):
                self._history.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                append(self._history, line + "\n")
        return line

    def _kept(self) -> list[str]:
        try:
            lines = self._history.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        return [line for line in lines if line.isprintable()][-HISTORY:]

    def _complete(self, word: str, number: int) -> str | None:
        if number == 0 and self._readline is not None:
            line = self._readline.get_line_buffer()[: self._readline.get_endidx()]
            self._found = complete(line, word, self._known(), files_here)
        return self._found[number] if number < len(self._found) else None
