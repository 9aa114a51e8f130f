"""The shell of a simulated phone: carries out the lines that `line.py` reads."""

from __future__ import annotations

import asyncio
from typing import Literal

from devices.simulated.phone.calls import Call, Memory, Terminal
from devices.simulated.phone.files import File, FilesError
from devices.simulated.phone.line import Part, Pipeline, Simple, SyntaxProblem, parse
from devices.simulated.phone.programs import COMMANDS
from devices.simulated.phone.state import SimulatedPhone

VARIABLES = {"HOME": "/", "USER": "shell", "EXTERNAL_STORAGE": "/sdcard", "PATH": "/system/bin"}


class Shell:
    """Runs lines for one phone."""

    def __init__(self, phone: SimulatedPhone) -> None:
        self._phone = phone
        self._code = 0

    async def run(self, line: str, terminal: Terminal) -> int:
        """The exit code of a line's last command."""
        self._phone.lines.append(line)
        return await self._line(line, terminal)

    async def _line(self, line: str, terminal: Terminal) -> int:
        try:
            pipelines = parse(line)
        except SyntaxProblem as problem:
            await terminal.write(f"/system/bin/sh: {problem}\n".encode(), "err")
            return 1
        self._code = 0
        for one in pipelines:
            if (one.joint == "&&" and self._code) or (one.joint == "||" and not self._code):
                continue
            self._code = await self._pipeline(one, terminal)
        return self._code

    async def _pipeline(self, pipeline: Pipeline, terminal: Terminal) -> int:
        given: bytes | None = None
        for command in pipeline.commands[:-1]:
            between = _Between(terminal, given)
            await self._simple(command, between)
            given = bytes(between.out)
        last: Terminal = terminal if given is None else _Fed(terminal, given)
        return await self._simple(pipeline.commands[-1], last)

    async def _simple(self, command: Simple, terminal: Terminal) -> int:
        words: list[str] = []
        for word in command.words:
            words += await self._expanded(word, terminal)
        if not command.redirections:
            return await self._execute(words, terminal)
        aside = _Aside(terminal)
        targets: list[tuple[str, str]] = []
        for operator, word in command.redirections:
            name = " ".join(await self._expanded(word, terminal))
            if operator == "2>&1":
                aside.joined = True
            elif operator == "<":
                found = self._phone.files.find(name)
                if not isinstance(found, File):
                    await terminal.write(f"/system/bin/sh: can't open {name}\n".encode(), "err")
                    return 1
                aside.given = found.data
            elif operator == ">&2":
                aside.aloud = True
            else:
                targets.append((operator, name))
        aside.keeps_out = any(operator in (">", ">>") for operator, _ in targets)
        aside.keeps_err = any(operator == "2>" for operator, _ in targets)
        code = await self._execute(words, aside)
        return await self._store(targets, aside, terminal) or code

    async def _store(self, targets: list[tuple[str, str]], aside: _Aside, terminal: Terminal) -> int:
        for operator, name in targets:
            data = bytes(aside.err if operator == "2>" else aside.out)
            if name == "/dev/null":
                continue
            before = self._phone.files.find(name) if operator == ">>" else None
            try:
                self._phone.files.write(name, (before.data if isinstance(before, File) else b"") + data)
            except FilesError as error:
                await terminal.write(f"/system/bin/sh: can't create {name}: {error}\n".encode(), "err")
                return 1
        return 0

    async def _expanded(self, word: list[Part], terminal: Terminal) -> list[str]:
        text, loose = "", False
        for part in word:
            if part.kind == "text":
                text += part.text
                loose = loose or (not part.quoted and part.text in "*?")
            elif part.kind == "variable":
                text += str(self._code) if part.text == "?" else VARIABLES.get(part.text, "")
            else:
                inner = _Between(terminal, None)
                await self._line(part.text, inner)
                text += inner.out.decode("utf-8", "surrogateescape").rstrip("\n")
            if not part.quoted and part.kind != "text":
                loose = loose or " " in text
        if not loose:
            return [text]
        return self._phone.files.glob(text) or text.split() if "*" in text or "?" in text else text.split()

    async def _execute(self, words: list[str], terminal: Terminal) -> int:
        if not words:
            return 0
        if words[0] == "sh" and words[1:2] == ["-c"]:
            return await Shell(self._phone)._line(" ".join(words[2:3]), terminal)
        command = COMMANDS.get(words[0].rpartition("/")[2])
        if command is None:
            await terminal.write(f"/system/bin/sh: {words[0]}: inaccessible or not found\n".encode(), "err")
            return 127
        await asyncio.sleep(0)
        return await command(Call(self._phone, words, terminal))


class _Between(Memory):
    """Keeps what goes out; what goes wrong is said aloud."""

    def __init__(self, terminal: Terminal, given: bytes | None) -> None:
        super().__init__(given or b"")
        self._terminal = terminal
        self._has_input = given is not None

    async def read(self) -> bytes:
        return await super().read() if self._has_input else await self._terminal.read()

    async def write(self, data: bytes, stream: Literal["out", "err"] = "out") -> None:
        if stream == "err":
            await self._terminal.write(data, stream)
        else:
            self.out += data


class _Fed(_Between):
    """Reads what the command before said."""

    async def write(self, data: bytes, stream: Literal["out", "err"] = "out") -> None:
        await self._terminal.write(data, stream)


class _Aside:
    """Streams of which some go into files."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.keeps_out = self.keeps_err = self.joined = self.aloud = False
        self.given: bytes | None = None
        self.out = bytearray()
        self.err = bytearray()

    async def read(self) -> bytes:
        if self.given is None:
            return await self._terminal.read()
        piece, self.given = self.given, b""
        return piece

    async def write(self, data: bytes, stream: Literal["out", "err"] = "out") -> None:
        if stream == "err" and self.joined:
            stream = "out"
        elif stream == "out" and self.aloud:
            stream = "err"
        if stream == "out" and self.keeps_out:
            self.out += data
        elif stream == "err" and self.keeps_err:
            self.err += data
        else:
            await self._terminal.write(data, stream)
