"""A simulated device: the real agent, session, executor and runner, over a simulated network, disk and tools."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from devices.agent import DeviceAgent
from devices.config import DeviceSettings
from devices.errors import RefusedError
from protocol.errors import ErrorCode
from protocol.vocabulary import DeviceProfile, Risk, SkillSpec
from tests.simulation.disk import DeviceDisk, SimulatedOutbox
from tests.simulation.loop import Life, VirtualLoop
from tests.simulation.network import Network
from tests.simulation.scenario import DeviceSpec
from tools.errors import ToolError

RESTART_S = 0.3


class Effect(NamedTuple):
    """One effect in the field. `fence` is the highest epoch that the device had been given by then."""

    at: float
    device: str
    run: str
    task: str
    attempt: int
    skill: str
    step: str  # "begin" or "effect"


def _spec(name: str, risk: Risk, *, idempotent: bool) -> SkillSpec:
    return SkillSpec(
        name=name,
        description="a skill of the simulation",
        input_schema={"type": "object"},
        output_schema={},
        risk=risk,
        idempotent=idempotent,
    )


SPECS = (
    _spec("sim.read", Risk.READ, idempotent=True),
    _spec("sim.put", Risk.WRITE, idempotent=True),
    _spec("sim.append", Risk.WRITE, idempotent=False),
    _spec("sim.done", Risk.READ, idempotent=True),
)


class Tools:
    """The skills of one device. Every begin and every effect goes to the ledger."""

    def __init__(self, device: DeviceSpec, ledger: list[Effect]) -> None:
        self._device = device
        self._ledger = ledger

    def specs(self) -> tuple[SkillSpec, ...]:
        return SPECS

    async def call(self, skill: str, arguments: dict[str, Any], context: Any) -> Any:
        """`seconds`, the effect half way; fails before it for the first `fails` attempts, or for ever; may hang."""
        run, _, attempt = context._key
        if skill == "sim.done":
            done = any(one.step == "effect" and (one.run, one.task) == (run, arguments["task"]) for one in self._ledger)
            return {"done": done}
        self._note(context._key, skill, "begin")
        seconds = float(arguments.get("seconds", 0.1)) * self._device.slow
        if attempt <= int(arguments.get("hangs", 0)):
            await asyncio.sleep(100_000.0)
        await asyncio.sleep(seconds / 2)
        if attempt <= int(arguments.get("fails", 0)):
            raise ToolError(ErrorCode.TOOL_FAILED, "it was to fail", retryable=bool(arguments.get("retryable")))
        self._note(context._key, skill, "effect")
        await asyncio.sleep(seconds / 2)
        return {"value": arguments.get("value", 0), "seen": arguments.get("seen")}

    def _note(self, key: tuple[str, str, int], skill: str, step: str) -> None:
        now = asyncio.get_running_loop().time()
        self._ledger.append(Effect(now, self._device.name, *key, skill, step))


@dataclass
class SimulatedDevice:
    """A device that can be started and killed. Its disk outlasts it."""

    spec: DeviceSpec
    loop: VirtualLoop
    network: Network
    random: Random
    ledger: list[Effect]
    folder: Path
    watch: Callable[[str, str], None]
    tell: Callable[[str], None]

    def __post_init__(self) -> None:
        self.disk = DeviceDisk()
        self.life: Life | None = None
        self.agent: DeviceAgent | None = None
        self.starts = 0

    @property
    def alive(self) -> bool:
        return self.life is not None and not self.life.dead

    def start(self) -> None:
        if self.alive:
            return
        self.starts += 1
        self.life = Life(self.spec.name)
        self.loop.spawn(self.life, self._run())

    def kill(self) -> None:
        if self.life is not None:
            self.life.kill()

    async def _run(self) -> None:
        spec = self.spec
        settings = DeviceSettings(
            name=spec.name, workspace=self.folder, slots=spec.slots, seed=self.random.getrandbits(64)
        )
        outbox = SimulatedOutbox(self.disk, self.random, lambda moment: self.watch(spec.name, moment))
        self.agent = DeviceAgent(
            settings,
            Tools(spec, self.ledger),  # type: ignore[arg-type]
            DeviceProfile(),
            outbox=outbox,
            dial=self.network.dialler(spec.name),
            load=lambda: 0.0,
        )
        try:
            await self.agent.run(asyncio.Event())
        except RefusedError as error:
            self.tell(f"{spec.name} was refused: {error}")
            # An agent that is turned away for good ends; whoever watches over it starts it again.
            life = self.life
            self.loop.call_later(RESTART_S, self._again, life)

    def _again(self, life: Life | None) -> None:
        if self.life is life and life is not None:
            life.kill()
            self.start()
