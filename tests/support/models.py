"""Model rungs before a gate that is watched: every byte that leaves, in the order of things."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from agents.gate import Gate
from agents.ledger import MemoryLedger
from agents.model import ModelPlanner
from agents.network import DirectTransport
from agents.scripted_server import ScriptedModelServer
from agents.settings import ModelSettings
from orchestrator.core.budget import Limits
from orchestrator.core.egress import Closing, Outbound
from orchestrator.core.owner import PrivacySettings
from orchestrator.core.ports import Ledger

PRICED: dict[str, Any] = {"input_usd": 1.0, "output_usd": 10.0}


@dataclass
class Watch:
    """What happened, in order (`open`, `sent`, `close`), and the bytes that left."""

    story: list[str] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)

    @property
    def everything(self) -> bytes:
        return b"\n".join(self.sent)


class WatchedLedger(MemoryLedger):
    """Tells what it is asked to do; raises `trouble`, where there is any, instead of recording."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch
        self.trouble: Exception | None = None

    async def open_egress(self, outbound: Outbound) -> None:
        if self.trouble is not None:
            raise self.trouble
        await super().open_egress(outbound)
        self._watch.story.append("open")

    async def close_egress(self, id: str, closing: Closing) -> None:
        await super().close_egress(id, closing)
        self._watch.story.append("close")


class Tap(httpx2.AsyncBaseTransport):
    """The network, with every request's address, headers and body kept."""

    def __init__(self, watch: Watch) -> None:
        self._inner = DirectTransport()
        self._watch = watch

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        head = "\n".join([str(request.url), *(f"{name}: {value}" for name, value in request.headers.items())])
        self._watch.story.append("sent")
        self._watch.sent.append(head.encode() + b"\n\n" + await request.aread())
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def rung(server: ScriptedModelServer | str, **more: object) -> ModelSettings:
    url = server if isinstance(server, str) else server.base_url
    given: dict[str, object] = {"name": "rung", "base_url": url, "model": "scripted", "timeout_s": 20.0, **more}
    return ModelSettings.model_validate(given)


def gate(
    watch: Watch | None = None,
    privacy: PrivacySettings | None = None,
    *,
    day: Limits | None = None,
    secret: Sequence[str] = (),
    environment: dict[str, str] | None = None,
    ledger: Ledger | None = None,
) -> Gate:
    return Gate(
        ledger or WatchedLedger(watch or Watch()), privacy=privacy, day=day, secret=secret, environment=environment
    )


@asynccontextmanager
async def planner(
    server: ScriptedModelServer | str, watch: Watch, way: Gate | None = None, **more: object
) -> AsyncIterator[ModelPlanner]:
    """A rung whose requests are watched."""
    made = ModelPlanner(rung(server, **more), transport=lambda: Tap(watch), gate=way or gate(watch))
    try:
        yield made
    finally:
        await made.close()
