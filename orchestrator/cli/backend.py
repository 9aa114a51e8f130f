"""What `run` needs of an orchestrator: a REST client fulfils it, and an embedded one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from orchestrator.core.events import Event
from orchestrator.core.requests import Request
from orchestrator.core.views import GraphView, RunView


class Backend(Protocol):
    """`private`: it ends with this program, so nothing may be left waiting for somebody else."""

    @property
    def private(self) -> bool: ...

    async def submit(self, request: Request, *, key: str | None = None) -> RunView: ...

    async def run(self, run: str) -> RunView: ...

    async def graph(self, run: str) -> GraphView: ...

    def follow(self, run: str, *, after: int = 0) -> AsyncIterator[Event]: ...

    async def cancel(self, run: str, *, reason: str = "") -> RunView: ...

    async def approve(self, run: str, approval: str, *, granted: bool) -> RunView: ...

    async def answer(self, run: str, question: str, answer: str) -> RunView: ...
