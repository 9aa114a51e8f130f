"""Skills for applications: which are installed, start one and wait for its window."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from typing import Annotated, Final

import psutil
from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output, WorkspacePath
from tools.bounds import Budget, room
from tools.desktop import entries
from tools.desktop.desktop import DISPLAY
from tools.desktop.entries import Entry
from tools.desktop.looking import OpenWindow, described_window
from tools.desktop.session import Session
from tools.desktop.verbs import Words, verb
from tools.desktop.windows import Window
from tools.errors import ToolError
from tools.lasting import Lasting

OPEN_S: Final = 30.0
LOOK_S: Final = 0.1
_TERMINAL: Final = "x-terminal-emulator"
Word = Annotated[str, Field(max_length=4096)]


class App(Output):
    """`app` names it for `desktop.open_app`."""

    app: str
    name: str


class Apps(Output):
    apps: list[App]
    truncated: bool


class Opened(Output):
    """The window that came up."""

    app: str
    window: OpenWindow


@verb(
    "desktop.apps",
    examples=(
        "which applications are installed on the desktop",
        "is there a text editor on my desktop",
        "list the programs that I can open",
    ),
)
async def apps(session: Session, *, text: Words | None = None) -> Apps:
    """List the applications that are installed, as the desktop's menu has them.

    Args:
        text: Only those whose name or id has this in it.
    """
    wanted = (text or "").casefold()
    known = await asyncio.to_thread(entries.entries, session.desktop.variables)
    found = [App(app=one.id, name=one.name) for one in known if wanted in f"{one.name}\n{one.id}".casefold()]
    budget = Budget(room(session.context))
    kept = [one for one in found if budget.take(one.model_dump())]
    return Apps(apps=kept, truncated=len(kept) < len(found))


@verb(
    "desktop.open_app",
    risk=Risk.WRITE,
    idempotent=False,
    needs=(DISPLAY,),
    examples=(
        "open the text editor on my desktop",
        "start Firefox on the desktop",
        "open report.odt with LibreOffice",
        "launch the calculator",
    ),
)
async def open_app(session: Session, *, app: Words, file: WorkspacePath | None = None) -> Opened:
    """Open an application that is installed, and wait for its window. It stays until it is closed, or the agent ends.

    Args:
        app: Its name or its id, as `desktop.apps` lists them.
        file: File of the workspace to open with it.
    """
    known = await asyncio.to_thread(entries.entries, session.desktop.variables)
    entry = _one_of(entries.named(known, app), app)
    path = ""
    if file is not None:
        if not entry.takes_file:
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{entry.name} opens no files")
        with session.context.workspace.open_read(file) as (opened, _):
            path = os.readlink(f"/proc/self/fd/{opened.fileno()}")
    words = entry.words(path)
    if entry.terminal:
        if shutil.which(_TERMINAL) is None:
            message = f"{entry.name} runs in a terminal, and none is installed: `apt-get install xterm`"
            raise ToolError(ErrorCode.UNAVAILABLE, message)
        words = [_TERMINAL, "-e", *words]
    window = await _started(session, entry.name, words, entry.folder, entry.window_class)
    return Opened(app=entry.id, window=described_window(window))


@verb(
    "desktop.run_program",
    risk=Risk.DESTRUCTIVE,
    idempotent=False,
    needs=(DISPLAY,),
    examples=(
        "run the program zenity with --info on the desktop",
        "start xterm on my desktop",
        "run ./viewer with picture.png on the desktop",
    ),
)
async def run_program(
    session: Session,
    *,
    program: Word,
    arguments: Annotated[list[Word], Field(max_length=200)] = [],  # noqa: B006
) -> Opened:
    """Start any program that has a window, in the workspace, and wait for its window. What it does is up to it.

    Args:
        program: Its name, or its path.
        arguments: Its arguments, one by one; no shell reads them.
    """
    words = [program, *arguments]
    if any("\0" in word for word in words) or not program:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "a program's name and arguments have no zero character")
    if "/" not in program and shutil.which(program, path=session.desktop.variables["PATH"]) is None:
        raise ToolError(ErrorCode.NOT_FOUND, f"there is no program {program[:100]}: `desktop.apps` lists applications")
    return Opened(app=program[:255], window=described_window(await _started(session, program, words)))


# --- what they share -----------------------------------------------------------------------------------------------


def _one_of(found: list[Entry], wanted: str) -> Entry:
    """The one that is meant. Raises ToolError: NOT_FOUND, AMBIGUOUS."""
    if not found:
        message = f'no application is called "{wanted[:100]}": `desktop.apps` lists them'
        raise ToolError(ErrorCode.NOT_FOUND, message)
    if len(found) > 1:
        names = "; ".join(f"{one.name} ({one.id})" for one in found[:10])
        message = f'"{wanted[:100]}" is several applications: {names}'
        raise ToolError(ErrorCode.AMBIGUOUS, message, choices=[{"app": one.id} for one in found])
    return found[0]


async def _started(session: Session, name: str, words: list[str], folder: str = "", window_class: str = "") -> Window:
    """Start it and wait for a window of its. Raises ToolError where none comes; nothing of it is left then."""
    before = await session.windows()
    with session.context.workspace.open_folder(".") as (workspace, _), contextlib.ExitStack() as stack:
        place = workspace
        if folder:
            with contextlib.suppress(OSError):
                place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
                stack.callback(os.close, place)
        program = await Lasting.start(words, session.desktop.variables, place)
    try:
        window = await _window_of(session, program, before, (window_class, os.path.basename(words[0])))
    except BaseException:
        await program.close()
        raise
    if window is None:
        await program.close()
        why = " ".join(program.complaint.split())[-300:] or (
            "it ended" if program.code is not None else f"no window came within {OPEN_S:g} s"
        )
        raise ToolError(ErrorCode.TOOL_FAILED, f"{name[:100]} did not open: {why}")
    session.desktop.keep(program)
    return window


async def _window_of(
    session: Session, program: Lasting, before: list[Window], classes: tuple[str, ...]
) -> Window | None:
    """The window that a program has opened; or, where it handed on to one that ran already, what that did."""
    old = {one.number: one for one in before}
    wanted = [one.casefold() for one in classes if one]
    loop = asyncio.get_running_loop()
    end = loop.time() + OPEN_S
    last_look = False
    while loop.time() < end:
        ours = _pids(program.pid)
        now = await session.windows()
        new = [one for one in now if one.number not in old]
        if own := [one for one in new if one.pid in ours]:
            return own[0]
        if kin := [one for one in new if one.app.casefold() in wanted]:
            return kin[0]
        if program.code is not None:
            came = new or [one for one in now if one.active and not old[one.number].active]
            if program.code == 0 and came:
                return came[0]
            if last_look and program.code != 0:
                return None
            last_look = True
        await asyncio.sleep(LOOK_S)
    return None


def _pids(launcher: int) -> set[int]:
    """All processes below a launcher."""
    try:
        return {one.pid for one in psutil.Process(launcher).children(recursive=True)}
    except psutil.Error:
        return set()
