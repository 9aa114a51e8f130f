"""A whole Asterism in one process: the real application behind a real port, real device agents on real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from devices.agent import DeviceAgent
from devices.config import DeviceSettings
from orchestrator.api.server import bind, build_asgi, serve
from orchestrator.app import Asterism
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.views import RunView
from orchestrator.settings import Settings
from protocol.vocabulary import DeviceKind, DeviceProfile
from tools.registry import Registry
from tools.server import registry as server_skills
from tools.testing import registry as test_skills

PATIENCE_S = 30.0


class System:
    """What a test holds: the application, its URL, and the agents by name."""

    def __init__(self, folder: Path, database: str = "") -> None:
        self.folder = folder
        self.settings = Settings(
            data_dir=folder / "data",
            database=database or f"sqlite:///{folder}/data/asterism.db",
            port=0,
            heartbeat_s=0.5,
            lease_s=1.5,
        )
        (folder / "data").mkdir(parents=True, exist_ok=True)
        self.agents: dict[str, DeviceAgent] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.stops: dict[str, asyncio.Event] = {}
        self._port = 0
        self._stop = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the orchestrator; again on the same port after `stop_orchestrator`."""
        self.app = Asterism(self.settings)
        await self.app.start()
        bound = bind("127.0.0.1", self._port)
        self._port = bound.getsockname()[1]
        self._stop = asyncio.Event()
        gate = build_asgi(self.app, self.app.gateway, self.settings)  # type: ignore[arg-type]
        self._serving = asyncio.create_task(serve(gate, self.settings, stop=self._stop, bound=bound))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def stop_orchestrator(self) -> None:
        self._stop.set()
        if self._serving is not None:
            await self._serving
        await self.app.stop()

    async def device(
        self,
        name: str,
        *,
        kind: DeviceKind = DeviceKind.SERVER,
        labels: dict[str, str] | None = None,
        token: str | None = None,
        test_only: bool = False,
        slots: int = 8,
    ) -> DeviceAgent:
        """Start an agent, with a workspace of its own, and wait until it is registered."""
        agent = self.agent(name, kind=kind, labels=labels, token=token, test_only=test_only, slots=slots)
        await self.until(agent.online.is_set, f"{name} to register")
        return agent

    def agent(
        self,
        name: str,
        *,
        kind: DeviceKind = DeviceKind.SERVER,
        labels: dict[str, str] | None = None,
        token: str | None = None,
        test_only: bool = False,
        slots: int = 8,
        home: str = "",
    ) -> DeviceAgent:
        """Start an agent and do not wait."""
        workspace = self.workspace(home or name)
        workspace.mkdir(parents=True, exist_ok=True)
        settings = DeviceSettings(
            name=name,
            kind=kind,
            url=self.url,
            workspace=workspace,
            state_dir=self.folder / "state" / (home or name),
            labels=labels or {},
            token=token,
            slots=slots,
            seed=zlib.crc32((home or name).encode()),
        )
        skills: Registry = test_skills() if test_only else server_skills()
        agent = DeviceAgent(settings, skills, DeviceProfile(os="Linux", cpus=2))
        key = home or name
        self.agents[key] = agent
        self.stops[key] = asyncio.Event()
        self.tasks[key] = asyncio.create_task(agent.run(self.stops[key]))
        return agent

    def workspace(self, name: str) -> Path:
        return self.folder / "workspaces" / name

    async def stop_device(self, name: str) -> None:
        self.stops[name].set()
        await self.tasks[name]

    async def stop(self) -> None:
        for name in self.tasks:
            self.stops[name].set()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        await self.stop_orchestrator()

    async def ask(self, text: str, *, seconds: float = PATIENCE_S, **policy: object) -> RunView:
        """Submit a request in plain language and wait."""
        request = Request(text=text, policy=RunPolicy.model_validate({"approve": "all", **policy}))
        run, _ = await self.app.submit(request)
        return await self.app.wait(run, seconds)

    async def submit(self, *steps: dict[str, object], **policy: object) -> str:
        """Submit an explicit plan; its run."""
        plan = Plan.model_validate({"steps": steps})
        request = Request(plan=plan, policy=RunPolicy.model_validate({"approve": "all", **policy}))
        return (await self.app.submit(request))[0]

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for a state of the system."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.005)
        assert condition(), what


@contextlib.asynccontextmanager
async def running(folder: Path, *devices: str, database: str = "", test_only: bool = False) -> AsyncIterator[System]:
    """A started system with these server devices, stopped at the end."""
    system = System(folder, database)
    await system.start()
    try:
        for name in devices:
            await system.device(name, test_only=test_only)
        yield system
    finally:
        await system.stop()
