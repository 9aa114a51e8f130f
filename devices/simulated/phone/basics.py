"""What toybox brings on a phone, as far as it is used: files, text, time."""

from __future__ import annotations

import asyncio
import hashlib
import posixpath
import time
from collections.abc import Callable

from devices.simulated.phone.calls import Call, Command
from devices.simulated.phone.files import File, FilesError


async def echo(call: Call) -> int:
    words = call.arguments
    newline = not (words and words[0] == "-n")
    await call.say(" ".join(words if newline else words[1:]) + ("\n" if newline else ""))
    return 0


async def exit_(call: Call) -> int:
    return int(call.arguments[0]) if call.arguments else 0


async def false(call: Call) -> int:
    return 1


async def true(call: Call) -> int:
    return 0


async def sleep(call: Call) -> int:
    await asyncio.sleep(float(call.arguments[0]))
    return 0


async def whoami(call: Call) -> int:
    await call.say("shell\n")
    return 0


async def id_(call: Call) -> int:
    await call.say("uid=2000(shell) gid=2000(shell) groups=2000(shell)\n")
    return 0


async def date(call: Call) -> int:
    await call.say(time.strftime("%a %b %e %H:%M:%S UTC %Y\n", time.gmtime()))
    return 0


async def yes(call: Call) -> int:
    """Forever, as fast as it is taken."""
    piece = (" ".join(call.arguments) or "y") + "\n"
    while True:
        await call.say(piece * (16_384 // len(piece)))


async def cat(call: Call) -> int:
    paths = _paths(call)
    if not paths:
        while piece := await call.terminal.read():
            await call.terminal.write(piece)
        return 0
    code = 0
    for path in paths:
        found = call.phone.files.find(path)
        if isinstance(found, File):
            await call.terminal.write(found.data)
        else:
            why = "No such file or directory" if found is None else "Is a directory"
            code = await call.fail(f"cat: {path}: {why}")
    return code


async def head(call: Call) -> int:
    count = next((int(word.lstrip("-n") or 10) for word in call.arguments if word.lstrip("-n").isdigit()), 10)
    data = b"".join([piece async for piece in _input(call)])
    await call.terminal.write(b"".join(data.splitlines(keepends=True)[:count]))
    return 0


async def grep(call: Call) -> int:
    import re

    words = [word for word in call.arguments if not word.startswith("-")]
    data = b"".join([piece async for piece in _input(call)]).decode("utf-8", "replace")
    found = [line for line in data.splitlines() if words and re.search(words[0], line)]
    await call.say("".join(f"{line}\n" for line in found))
    return 0 if found else 1


async def ls(call: Call) -> int:
    code = 0
    for path in _paths(call) or ["/"]:
        found = call.phone.files.find(path)
        if found is None:
            code = await call.fail(f"ls: {path}: No such file or directory")
        elif isinstance(found, File):
            await call.say(path + "\n")
        else:
            await call.say("".join(f"{name}\n" for name in call.phone.files.children(path)))
    return code


async def stat(call: Call) -> int:
    """`stat -L -c FORMAT PATH...` with %F, %s, %Y and %n."""
    form = call.arguments[call.arguments.index("-c") + 1] if "-c" in call.arguments else "%n"
    code = 0
    for path in (path for path in _paths(call) if path != form):
        found = call.phone.files.find(path)
        if found is None:
            code = await call.fail(f"stat: '{path}': No such file or directory")
            continue
        kind, size, when = ("regular file", len(found.data), found.modified) if isinstance(found, File) else (
            "directory", 4096, 0)  # fmt: skip
        said = form.replace("%F", kind).replace("%s", str(size)).replace("%Y", str(when)).replace("%n", path)
        await call.say(said + "\n")
    return code


async def sha256sum(call: Call) -> int:
    code = 0
    for path in _paths(call):
        found = call.phone.files.find(path)
        if isinstance(found, File):
            await call.say(f"{hashlib.sha256(found.data).hexdigest()}  {path}\n")
        else:
            why = "No such file or directory" if found is None else "Is a directory"
            code = await call.fail(f"sha256sum: {path}: {why}")
    return code


def _changing(change: Callable[[Call, list[str]], None]) -> Command:
    async def run(call: Call) -> int:
        paths = _paths(call)
        try:
            change(call, paths)
        except FilesError as error:
            if str(error) == "No such file or directory" and _flag(call, "f"):
                return 0
            return await call.fail(f"{call.words[0]}: {' '.join(paths)}: {error}")
        return 0

    return run


def _rm(call: Call, paths: list[str]) -> None:
    for path in paths:
        call.phone.files.remove(path, recursive=_flag(call, "r"))


def _mv(call: Call, paths: list[str]) -> None:
    *sources, target = paths
    for source in sources:
        call.phone.files.move(source, target)


def _mkdir(call: Call, paths: list[str]) -> None:
    for path in paths:
        if call.phone.files.find(path) is not None and not _flag(call, "p"):
            raise FilesError("File exists")
        call.phone.files.make_folder(path)


def _touch(call: Call, paths: list[str]) -> None:
    for path in paths:
        call.phone.files.write(path, b"")


async def test(call: Call) -> int:
    """`[ -e PATH ]`, `-f`, `-d`, `-n TEXT`."""
    words = [word for word in call.arguments if word != "]"]
    if len(words) != 2:
        return 2
    found = call.phone.files.find(words[1])
    holds = {
        "-e": found is not None, "-f": isinstance(found, File), "-d": isinstance(found, str), "-n": bool(words[1]),
    }  # fmt: skip
    return 0 if holds.get(words[0]) else 1


async def basename(call: Call) -> int:
    await call.say(posixpath.basename(call.arguments[0]) + "\n")
    return 0


def _flag(call: Call, letter: str) -> bool:
    return any(word.startswith("-") and letter in word for word in call.arguments)


def _paths(call: Call) -> list[str]:
    """What is no flag; all, after `--`."""
    words = call.arguments
    if "--" in words:
        at = words.index("--")
        return [word for word in words[:at] if not word.startswith("-")] + words[at + 1 :]
    return [word for word in words if not word.startswith("-")]


async def _input(call: Call):  # type: ignore[no-untyped-def]
    while piece := await call.terminal.read():
        yield piece


COMMANDS: dict[str, Command] = {
    "echo": echo, "exit": exit_, "false": false, "true": true, "sleep": sleep, "whoami": whoami, "id": id_,
    "date": date, "yes": yes, "cat": cat, "head": head, "grep": grep, "ls": ls, "stat": stat, "sha256sum": sha256sum,
    "rm": _changing(_rm), "mv": _changing(_mv), "mkdir": _changing(_mkdir), "touch": _changing(_touch), "[": test,
    "test": test, "basename": basename,
}  # fmt: skip
