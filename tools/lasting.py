"""A program that goes on when the attempt that started it has ended, and ends with the agent, also when that is killed.

`commands.py` and `programs.py` run what ends with its attempt. Here are applications with windows, and what keeps the
clipboard: below the same launcher, without limits on what they take.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping, Sequence

from tools.launching import launch

_NO_LIMIT = 1 << 40
KEEP = 4_000


class Lasting:
    """One such program, with all that it starts. `close` ends it; closing one that has ended is no error."""

    def __init__(self, process: asyncio.subprocess.Process, lifeline: int) -> None:
        self._process = process
        self._lifeline = lifeline
        self._said = bytearray()
        self._attending = asyncio.ensure_future(self._attend())

    @classmethod
    async def start(
        cls, command: Sequence[str], variables: Mapping[str, str], folder: int, pass_fds: Sequence[int] = ()
    ) -> Lasting:
        """Start it in an open folder, with these variables and descriptors, without input."""
        settings = {
            "memory_bytes": _NO_LIMIT, "cpu_seconds": _NO_LIMIT, "file_bytes": _NO_LIMIT, "processes": 1 << 20,
            "lasting": True,
        }  # fmt: skip
        theirs, ours = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *launch({**settings, "cwd": folder, "lifeline": theirs}, command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env=dict(variables),
                start_new_session=True,
                pass_fds=(folder, theirs, *pass_fds),
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)
        return cls(process, ours)

    @property
    def pid(self) -> int:
        """Of the launcher, above all of it."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """How the command ended; None while it, or something that it started, goes on."""
        return self._process.returncode

    @property
    def complaint(self) -> str:
        """The end of what it said on stderr."""
        return self._said.decode("utf-8", "replace")

    async def close(self) -> None:
        """End all of it, and wait until it has."""
        self._let_go()  # the launcher then ends all
        await asyncio.shield(self._attending)

    async def _attend(self) -> None:
        """Hear it until the end, so that it never waits for a reader."""
        assert self._process.stderr is not None
        with contextlib.suppress(ConnectionError):
            while piece := await self._process.stderr.read(1 << 16):
                self._said = (self._said + piece)[-KEEP:]
        await self._process.wait()
        self._let_go()

    def _let_go(self) -> None:
        lifeline, self._lifeline = self._lifeline, -1
        if lifeline >= 0:
            os.close(lifeline)
