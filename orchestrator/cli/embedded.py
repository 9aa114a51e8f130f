"""An orchestrator inside `asterism run`, with this machine (or a cluster) as its device, for where none is reachable.

A device agent is a child process, started first: it loads its libraries on the second core while we load ours. The
port is bound before that, so that it has something to connect to; the connection waits until we accept it.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli import local
from orchestrator.cli.exits import CommandError

if TYPE_CHECKING:
    import socket

    from orchestrator.app import Asterism
    from orchestrator.core.edits import EditBatch
    from orchestrator.core.egress import LedgerEntry
    from orchestrator.core.events import Event
    from orchestrator.core.requests import Request
    from orchestrator.core.views import DeviceView, EditResult, GraphView, RunItem, RunView
    from orchestrator.settings import Settings
    from protocol.vocabulary import SkillSpec

CONNECT_S = 20.0
POLL_S = 0.005


class Embedded:
    """The orchestrator and its device. Fulfils `backend.Backend` without HTTP in between."""

    private = True

    def __init__(self, app: Asterism, device: local.LocalDevice) -> None:
        self.app = app
        self.device = device
        self.by = "local"

    async def submit(self, request: Request, *, key: str | None = None) -> RunView:
        run, _ = await self.app.submit(request, key=key, by=self.by)
        return await self.app.run(run, brief=True)

    async def run(self, run: str) -> RunView:
        return await self.app.run(run)

    async def graph(self, run: str) -> GraphView:
        return await self.app.graph(run)

    def follow(self, run: str, *, after: int = 0) -> AsyncIterator[Event]:
        return self.app.follow(run, after=after)

    async def runs(self, *, status: str | None = None, limit: int = 50) -> list[RunItem]:
        return await self.app.runs(status=status, limit=limit)

    async def devices(self) -> list[DeviceView]:
        return await self.app.devices()

    async def skills(self) -> list[SkillSpec]:
        return await self.app.skills()

    async def egress(self, run: str | None = None) -> list[LedgerEntry]:
        return await self.app.egress(run=run, limit=10_000)

    async def edit(self, run: str, batch: EditBatch) -> EditResult:
        return await self.app.edit(run, batch, by=self.by)

    async def undo(self, run: str, version: int) -> EditResult:
        return await self.app.undo(run, version, by=self.by)

    async def retry(self, run: str, tasks: Sequence[str] = ()) -> RunView:
        await self.app.retry(run, tasks, by=self.by)
        return await self.app.run(run)

    async def cancel(self, run: str, *, reason: str = "") -> RunView:
        await self.app.cancel(run, by=self.by, reason=reason)
        return await self.app.run(run)

    async def approve(self, run: str, approval: str, *, granted: bool) -> RunView:
        await self.app.approve(run, approval, granted=granted, by=self.by)
        return await self.app.run(run)

    async def answer(self, run: str, question: str, answer: str) -> RunView:
        await self.app.answer(run, question, answer, by=self.by)
        return await self.app.run(run)


def this_machine(settings: Settings) -> local.LocalDevice:
    """This machine as a device that works in the current folder."""
    name = local.machine_name()
    folder = settings.data_dir / "embedded" / name
    kind = "desktop" if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") else "server"
    return local.LocalDevice(name, kind, folder, Path.cwd())


Begun = tuple["socket.socket", list[local.Child]]


def begin(settings: Settings, devices: Sequence[local.LocalDevice] = ()) -> Begun:
    """Bind a free loopback port and start the devices' processes: by default this machine alone.

    Comes before everything that takes time.
    """
    local.make_folder(settings.data_dir)
    bound = _bind()
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    return bound, [local.spawn(device, url) for device in devices or [this_machine(settings)]]


def end(begun: Begun) -> None:
    """End what `begin` began, however far it got. Safe to call twice."""
    for child in begun[1]:
        child.kill()
    begun[0].close()


def _bind() -> socket.socket:
    import socket

    bound = socket.socket()
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    bound.bind(("127.0.0.1", 0))
    bound.listen(16)
    bound.setblocking(False)
    return bound


@contextlib.asynccontextmanager
async def embedded(settings: Settings, begun: Begun) -> AsyncIterator[Embedded]:
    """A running orchestrator whose devices are there. Raises StoreError, or CommandError where a device fails."""
    bound, children = begun
    try:
        from orchestrator.api.server import build_asgi, serve
        from orchestrator.app import Asterism

        app = Asterism(settings)
        stopping = asyncio.Event()
        try:
            await app.start()
            # Whoever reaches this port is on this machine; FastAPI is never loaded for a device.
            serving = asyncio.ensure_future(
                serve(build_asgi(app, app.gateway, settings), settings, stop=stopping, bound=bound)
            )
            tokens: list[str] = []
            try:
                tokens = await _guard(app, bound, children)
                await _online(app, children)
                yield Embedded(app, children[0].device)
            finally:
                await local.stop(children)
                for token in tokens:
                    await app.revoke_token(token)
                stopping.set()
                await serving
        finally:
            await app.stop()
    finally:
        end(begun)


async def _guard(app: Asterism, bound: socket.socket, children: list[local.Child]) -> list[str]:
    """Where the record has tokens, devices need one: start the agents again, each with a token for this time only."""
    if not await app.tokens_configured():
        return []
    devices = [child.device for child in children]
    given = [
        await app.create_token("device", name=f"embedded {device.name}", expires_in_s=86_400) for device in devices
    ]
    await local.stop(children)
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    children[:] = [local.spawn(device, url, token) for device, (token, _) in zip(devices, given, strict=True)]
    return [record.id for _, record in given]


async def _online(app: Asterism, children: list[local.Child]) -> None:
    """Wait until the devices are there."""
    wanted = {child.device.name for child in children}
    # What the first decision will need; there is nothing else to do while the device's process still loads.
    threading.Thread(target=_load, args=("agents.graph",), daemon=True, name="load").start()
    try:
        async with asyncio.timeout(CONNECT_S):
            while wanted - {view.name for view in await app.devices() if view.online}:
                for child in children:
                    if child.process.poll() is not None:
                        raise _failed(child)
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        raise _failed(children[0]) from None


def _load(module: str) -> None:
    # Whoever needs it will see the error.
    with contextlib.suppress(ImportError):
        importlib.import_module(module)


def _failed(child: local.Child) -> CommandError:
    words = child.last_words() or "it did not connect in time"
    if child.device.kind == "kubernetes":
        return CommandError("bad_configuration", f"The cluster could not be reached: {words} (see {child.log}).")
    return CommandError("no_capable_device", f"This machine could not start as a device: {words} (see {child.log}).")
