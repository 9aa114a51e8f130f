"""A simulated device: the real agent, session, executor and runner, over a simulated network, disk and tools."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from devices.agent import DeviceAgent
from devices.config import DeviceSettings
from devices.errors import RefusedError
from protocol.errors import ErrorCode
from protocol.vocabulary import DeviceProfile, Risk, SkillSpec
from tests.simulation.disk import DeviceDisk, SimulatedOutbox, Verdict
from tests.simulation.loop import Life, VirtualLoop
from tests.simulation.network import Network
from tests.simulation.scenario import DeviceSpec
from tools.errors import ToolError

RESTART_S = 0.3
BEAT_S = 1.0


class Effect(NamedTuple):
    """One thing that happened in the field. Where a device's process ends, it is `died`, of no attempt."""

    at: float
    device: str
    run: str
    task: str
    attempt: int
    skill: str
    step: str  # "begin", "effect", "end" or "died"


def _spec(name: str, risk: Risk, *, idempotent: bool, preview: str | None = None) -> SkillSpec:
    return SkillSpec(
        name=name,
        description="a skill of the simulation",
        input_schema={"type": "object"},
        output_schema={},
        risk=risk,
        idempotent=idempotent,
        preview=preview,
    )


SPECS = (
    _spec("sim.read", Risk.READ, idempotent=True),
    _spec("sim.put", Risk.WRITE, idempotent=True),
    _spec("sim.append", Risk.WRITE, idempotent=False),
    _spec("sim.done", Risk.READ, idempotent=True),
    _spec("sim.preview", Risk.READ, idempotent=True),
    _spec("sim.change", Risk.WRITE, idempotent=True, preview="sim.preview"),
)


class Tools:
    """The skills of one device. Every begin and every effect goes to the ledger."""

    def __init__(
        self, device: DeviceSpec, ledger: list[Effect], tell: Callable[[tuple[str, str, int], str], None]
    ) -> None:
        self._device = device
        self._ledger = ledger
        self._tell = tell

    @property
    def withheld(self) -> Mapping[str, str]:
        """Nothing: the simulated tools can always be used."""
        return {}

    def specs(self) -> tuple[SkillSpec, ...]:
        return SPECS

    async def call(self, skill: str, arguments: dict[str, Any], context: Any) -> Any:
        """`seconds`, the effect half way; fails before it for the first `fails` attempts, or for ever; may hang."""
        key = context._key
        if skill == "sim.done":
            done = any(
                one.step == "effect" and (one.run, one.task) == (key[0], arguments["task"]) for one in self._ledger
            )
            return {"done": done}
        self._note(key, skill, "begin")
        if skill == "sim.change" and not (context.approval and arguments.get("preview")):
            raise ToolError(ErrorCode.DENIED, "a change takes its preview and an approval")
        try:
            await self._work(skill, arguments, context)
        except GeneratorExit:
            raise  # its process was killed: nothing ends there any more
        except BaseException:
            self._note(key, skill, "end")
            raise
        self._note(key, skill, "end")
        return {"value": arguments.get("value", 0), "seen": arguments.get("seen")}

    async def _work(self, skill: str, arguments: dict[str, Any], context: Any) -> None:
        attempt = context._key[2]
        seconds = float(arguments.get("seconds", 0.1)) * self._device.slow
        if attempt <= int(arguments.get("hangs", 0)):
            await asyncio.sleep(100_000.0)
        await self._pass(seconds / 2, arguments, context)
        if attempt <= int(arguments.get("fails", 0)):
            raise ToolError(ErrorCode.TOOL_FAILED, "it was to fail", retryable=bool(arguments.get("retryable")))
        self._note(context._key, skill, "effect")
        await self._pass(seconds / 2, arguments, context)

    async def _pass(self, seconds: float, arguments: dict[str, Any], context: Any) -> None:
        """Let time pass, with a sign of life every second where the task has such."""
        while arguments.get("beats") and seconds > BEAT_S:
            await context.progress(None)
            await asyncio.sleep(BEAT_S)
            seconds -= BEAT_S
        await asyncio.sleep(seconds)

    def _note(self, key: tuple[str, str, int], skill: str, step: str) -> None:
        now = asyncio.get_running_loop().time()
        self._ledger.append(Effect(now, self._device.name, *key, skill, step))
        self._tell(key, step)


@dataclass
class SimulatedDevice:
    """A device that can be started, stopped, killed, and lost for good. Its disk outlasts its process.

    `field` is told what its tools do, `begun` that its process begins.
    """

    spec: DeviceSpec
    loop: VirtualLoop
    network: Network
    random: Random
    ledger: list[Effect]
    folder: Path
    watch: Callable[[str, str], Verdict]
    tell: Callable[[str], None]
    field: Callable[[tuple[str, str, int], str], None]
    begun: Callable[[str], None]

    def __post_init__(self) -> None:
        self.disk = DeviceDisk()
        self.life: Life | None = None
        self.agent: DeviceAgent | None = None
        self.starts = 0
        self.gone = False
        self._stop: asyncio.Event | None = None
        self._rest_s = RESTART_S

    @property
    def alive(self) -> bool:
        return self.life is not None and not self.life.dead

    def start(self) -> None:
        if self.alive or self.gone:
            return
        self.starts += 1
        self.begun(self.spec.name)
        life = self.life = Life(self.spec.name)
        life.at_death.append(self._died)
        self.loop.spawn(life, self._run())

    def _died(self) -> None:
        self.ledger.append(Effect(self.loop.time(), self.spec.name, "", "", 0, "", "died"))

    def kill(self) -> None:
        if self.life is not None:
            self.life.kill()

    def lose(self) -> None:
        """It is gone for good."""
        self.gone = True
        self.kill()

    def replace(self) -> None:
        """Its process and its disk are gone; another device will come under its name."""
        self.kill()
        self.disk = DeviceDisk()

    def stop(self, seconds: float) -> None:
        """Its owner stops it, and starts it again so long after it has ended."""
        self._rest_s = RESTART_S + seconds
        if self._stop is not None:
            self._stop.set()

    async def _run(self) -> None:
        spec, life = self.spec, self.life
        settings = DeviceSettings(
            name=spec.name, workspace=self.folder, slots=spec.slots, seed=self.random.getrandbits(64)
        )
        outbox = SimulatedOutbox(self.disk, self.random, lambda moment: self.watch(spec.name, moment))
        agent = self.agent = DeviceAgent(
            settings,
            Tools(spec, self.ledger, self.field),  # type: ignore[arg-type]
            DeviceProfile(),
            outbox=outbox,
            dial=self.network.dialler(spec.name),
            load=lambda: 0.0,
        )
        self._stop, self._rest_s = asyncio.Event(), RESTART_S
        try:
            await agent.run(self._stop)
            self.tell(f"{spec.name} has stopped")
        except RefusedError as error:
            self.tell(f"{spec.name} was refused: {error}")
        # An agent that has ended, or is turned away for good, is started again by whoever watches over it.
        self.loop.call_later(self._rest_s, self._again, life)

    def _again(self, life: Life | None) -> None:
        if self.life is life and life is not None:
            life.kill()
            self.start()
