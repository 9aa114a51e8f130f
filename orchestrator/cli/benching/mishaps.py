"""What goes wrong while a task runs: the profiles of the fault table.

Failpoints do what happens inside and on the wire; processes are stopped and killed from outside. What a profile turns
on before the request is submitted (`before`) meets the first thing that comes; `during` acts while the run runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from orchestrator.cli.exits import CommandError
from orchestrator.cli.owned import OwnSystem, until
from protocol.failpoints import RECEIVED, SENT, Mode, Rule

MODELS = ("first", "second")
"""The rungs of a world with models: the first is refused, the other one follows it."""
SECONDS = 60.0
SHORT_S = 0.5
SHARE = 0.05
HELD = ("hello", "welcome")
"""What opens a session. Lost, it is sent again by a new connection after a wait that says nothing about the task."""


@dataclass
class Stage:
    """`victim` is a device at work in this task, for about `busy_s` seconds when nothing goes wrong."""

    system: OwnSystem
    victim: str
    busy_s: float
    random: Random
    done: list[str] = field(default_factory=list)

    async def fault(self, point: str, mode: Mode, *, count: int = 10_000, skip: int = 0, **more: object) -> None:
        """Turn a failpoint on, for a minute at most."""
        seed = self.random.randrange(1 << 62)
        fields = {"mode": mode, "count": count, "skip": skip, "seconds": SECONDS, "seed": seed, **more}
        await self.system.client.enable_fault(point, Rule.model_validate(fields))

    async def busy(self) -> None:
        """Wait until the victim has a task."""

        async def at_work() -> bool:
            devices = await self.system.client.devices()
            return any(view.running for view in devices if view.name == self.victim)

        await until(at_work)

    async def kill(self) -> None:
        """The victim, stopped until now, dies: with its task before it where that is short, else in the middle."""
        await self.busy()
        if self.busy_s > SHORT_S:
            self.system.thaw(self.victim)
            await asyncio.sleep(self.busy_s * self.random.uniform(0.1, 0.9))
        self.system.kill_device(self.victim)
        self.system.stopped.pop(self.victim, None)
        self.done.append(f"killed {self.victim}")


Act = Callable[[Stage], Awaitable[None]]


async def _nothing(stage: Stage) -> None:
    """Nothing."""


@dataclass(frozen=True)
class Mishap:
    """One profile. `heals`: the victim comes back, so that everything must come right in the end."""

    name: str
    about: str
    before: Act = _nothing
    during: Act = _nothing
    heals: bool = True
    models: bool = False
    """Plans come from models, of which the first one is down."""


async def _cut(stage: Stage) -> None:
    await stage.fault("send.dispatch", Mode.CUT, only=stage.victim, count=1)
    await stage.fault("receive.result", Mode.CUT, only=stage.victim, count=2, skip=1)


async def _hold(stage: Stage) -> None:
    stage.system.freeze(stage.victim)


async def _die(stage: Stage) -> None:
    await stage.kill()


async def _die_and_return(stage: Stage) -> None:
    await stage.kill()
    stage.system.start_device(stage.victim)


async def _late(stage: Stage) -> None:
    await stage.fault("receive.result", Mode.DELAY, only=stage.victim, count=6, delay_s=0.4)
    await stage.fault("send.dispatch", Mode.DELAY, only=stage.victim, count=4, delay_s=0.3)


async def _stand_still(stage: Stage) -> None:
    await stage.busy()
    stage.system.freeze(stage.victim)
    stage.done.append(f"stopped {stage.victim} for a second")
    await asyncio.sleep(1.0)
    stage.system.thaw(stage.victim)


async def _crash_soon(stage: Stage) -> None:
    await stage.fault("store.write", Mode.CRASH_AFTER, count=1, skip=stage.random.randrange(1, 6))


async def _return(stage: Stage) -> None:
    await stage.system.orchestrator_died()
    stage.done.append("the orchestrator died")
    await stage.system.start_orchestrator()


async def _busy_record(stage: Stage) -> None:
    await stage.fault("store.write", Mode.BUSY, seconds=1.0)


async def _then_uncertain(stage: Stage) -> None:
    async def over() -> bool:
        return not any(one.point == "store.write" for one in (await stage.system.client.faults()).enabled)

    await until(over)
    await stage.fault("store.write", Mode.UNCERTAIN, count=3, seconds=3.0)


async def _lose_frames(stage: Stage) -> None:
    await _frames(stage, Mode.DROP)


async def _double_frames(stage: Stage) -> None:
    await _frames(stage, Mode.DOUBLE)


async def _frames(stage: Stage, mode: Mode) -> None:
    points = [f"receive.{kind}" for kind in RECEIVED] + [f"send.{kind}" for kind in SENT]
    for point in points:
        if not point.endswith(HELD):
            await stage.fault(point, mode, probability=SHARE)


async def _no_first_model(stage: Stage) -> None:
    await stage.fault("model", Mode.REFUSE, only=MODELS[0])


MISHAPS = (
    Mishap("transient-loss", "the connection of a device at work breaks, twice", _cut),
    Mishap("permanent-loss", "a device at work dies and never comes back", _hold, _die, heals=False),
    Mishap("slow-device", "a device at work answers late, and stands still for a second", _late, _stand_still),
    Mishap("agent-crash", "a device at work dies by SIGKILL and starts again", _hold, _die_and_return),
    Mishap("orchestrator-restart", "the orchestrator dies by SIGKILL and starts again", _crash_soon, _return),
    Mishap(
        "database-busy", "the record is busy, then says that it failed though it did not", _busy_record, _then_uncertain
    ),
    Mishap("model-down", "the first model does not answer; another one has to plan", _no_first_model, models=True),
    Mishap("frames-dropped", "5 % of all frames are lost", _lose_frames),
    Mishap("frames-doubled", "5 % of all frames come twice", _double_frames),
)


def mishaps(names: tuple[str, ...]) -> list[Mishap]:
    """The profiles of these names, in the table's order; `all` names every one. Raises CommandError `usage`."""
    known = [one.name for one in MISHAPS]
    for name in names:
        if name not in (*known, "all"):
            raise CommandError("usage", f"There is no fault profile {name}; there are {', '.join(known)}, and all.")
    return [one for one in MISHAPS if one.name in names or "all" in names]
