"""What goes wrong: one function a profile, which acts while the work runs, and what it needs.

A profile may only do what a user could meet: processes are killed or stopped from outside, everything else is done by
failpoints. It is cancelled once all work has ended; the suite then mends what it broke.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from orchestrator.cli.exits import CommandError
from orchestrator.cli.faulting.work import Kind
from orchestrator.cli.faulting.world import RUNGS, World
from orchestrator.cli.owned import OwnSystem, until
from protocol.failpoints import Mode, Rule


@dataclass
class Stage:
    """What a profile acts on. `done` counts what it did to processes; failpoints count for themselves."""

    world: World
    random: Random
    seed: int
    done: list[str] = field(default_factory=list)

    @property
    def own(self) -> OwnSystem:
        """The system whose processes are ours."""
        assert isinstance(self.world, OwnSystem)
        return self.world

    @property
    def victim(self) -> str:
        return self.world.place.devices[-1]

    async def fault(self, point: str, mode: Mode, **more: object) -> None:
        """Turn a failpoint on; for a minute at most."""
        rule = Rule.model_validate({"mode": mode, "seconds": 60.0, "seed": self.seed, **more})
        await self.world.client.enable_fault(point, rule)

    async def over(self, *points: str) -> None:
        """Wait until these failpoints are off again."""

        async def off() -> bool:
            return not any(one.point in points for one in (await self.world.client.faults()).enabled)

        await until(off)

    async def busy(self, *devices: str) -> None:
        """Wait until one of these devices is at work."""

        async def at_work() -> bool:
            return any(view.running for view in await self.world.client.devices() if view.name in devices)

        await until(at_work)

    def did(self, what: str) -> None:
        self.done.append(what)


@dataclass(frozen=True, slots=True)
class Profile:
    """`remote`: whether it can be done to a system whose processes are not ours."""

    name: str
    about: str
    act: Callable[[Stage], Awaitable[None]]
    kind: Kind = "pinned"
    remote: bool = True


async def transient_loss(stage: Stage) -> None:
    """Connections break at the worst moments: a result or a dispatch is on its way."""
    await stage.fault("receive.result", Mode.CUT, count=4, skip=1)
    await stage.fault("send.dispatch", Mode.CUT, count=2, skip=2)
    await stage.fault("send.recorded", Mode.CUT, count=2, skip=3)


async def permanent_loss(stage: Stage) -> None:
    """A device dies in the middle of a task and never comes back."""
    await stage.busy(stage.victim)
    stage.own.kill_device(stage.victim)
    stage.did(f"killed {stage.victim} for good")


async def slow_device(stage: Stage) -> None:
    """A device answers late, and stands still for a while."""
    await stage.fault("receive.result", Mode.DELAY, only=stage.victim, count=6, delay_s=0.4)
    await stage.fault("send.dispatch", Mode.DELAY, only=stage.victim, count=4, delay_s=0.3)
    if stage.world.temporary:
        await stage.busy(stage.victim)
        stage.own.freeze(stage.victim)
        stage.did(f"stopped {stage.victim} for 2 s")
        await asyncio.sleep(2.0)
        stage.own.thaw(stage.victim)


async def flapping(stage: Stage) -> None:
    """A device connects and is cut off again, six times."""
    await stage.fault("receive.result", Mode.CUT, only=stage.victim, count=2)
    await stage.fault("send.dispatch", Mode.CUT, only=stage.victim, count=1)
    await stage.fault("receive.accepted", Mode.CUT, only=stage.victim, count=1, skip=1)
    await stage.fault("send.welcome", Mode.CUT, only=stage.victim, count=2, skip=1)


async def crash_in_task(stage: Stage) -> None:
    """Device agents die by SIGKILL in the middle of a task, and start again at once."""
    for name in stage.random.sample(stage.world.place.devices, 2):
        await stage.busy(name)
        stage.own.kill_device(name)
        stage.did(f"killed {name}")
        stage.own.start_device(name)
        await stage.own.online([name])


async def orchestrator_restart(stage: Stage) -> None:
    """The orchestrator dies by SIGKILL: from outside, just before a commit, and just after one."""
    await stage.busy(*stage.world.place.devices)
    stage.own.kill_orchestrator()
    stage.did("killed the orchestrator")
    await stage.own.start_orchestrator()
    for mode in (Mode.CRASH_BEFORE, Mode.CRASH_AFTER):
        await stage.fault("store.write", mode, skip=stage.random.randrange(3))
        await stage.own.orchestrator_died()
        stage.did(f"the orchestrator died: {mode.value}")
        await stage.own.start_orchestrator()


async def database_busy(stage: Stage) -> None:
    """The record is busy, then answers that it failed though it did not, then is full."""
    await stage.fault("store.write", Mode.BUSY, seconds=1.0, count=10_000)
    await stage.over("store.write")
    await stage.fault("store.write", Mode.UNCERTAIN, seconds=3.0, count=4)
    await stage.over("store.write")
    await stage.fault("store.write", Mode.FULL, seconds=0.8, count=10_000)
    await stage.over("store.write")


async def model_outage(stage: Stage) -> None:
    """The first model rung does not answer; the next one has to plan."""
    await stage.fault("model", Mode.REFUSE, only=RUNGS[0], count=10_000)


async def message_loss(stage: Stage) -> None:
    """Messages are lost, come twice, and overtake each other."""
    await stage.fault("receive.result", Mode.DROP, count=2, probability=0.4)
    await stage.fault("receive.accepted", Mode.DOUBLE, count=4, probability=0.5)
    await stage.fault("send.dispatch", Mode.DROP, count=2, probability=0.3)
    await stage.fault("send.recorded", Mode.DOUBLE, count=4, probability=0.5)
    await stage.fault("receive.heartbeat", Mode.DOUBLE, count=2, probability=0.5)
    await stage.fault("send.ack", Mode.REORDER, count=1)


def _profile(act: Callable[[Stage], Awaitable[None]], kind: Kind = "pinned", *, remote: bool = True) -> Profile:
    name = getattr(act, "__name__", "").replace("_", "-")
    return Profile(name, (act.__doc__ or "").strip(), act, kind, remote)


PROFILES = (
    _profile(transient_loss),
    _profile(permanent_loss, "movable", remote=False),
    _profile(slow_device),
    _profile(flapping),
    _profile(crash_in_task, remote=False),
    _profile(orchestrator_restart, remote=False),
    _profile(database_busy),
    _profile(model_outage, "spoken", remote=False),
    _profile(message_loss),
)


def chosen(names: tuple[str, ...], *, temporary: bool) -> list[Profile]:
    """The profiles of these names, in the suite's order; without names all that are possible. Raises CommandError."""
    known = {profile.name: profile for profile in PROFILES}
    for name in names:
        if name not in known:
            raise CommandError("usage", f"There is no profile {name}; there are {', '.join(known)}.")
        if not temporary and not known[name].remote:
            message = f"The profile {name} kills processes, so it needs a system of its own: leave --url out."
            raise CommandError("usage", message)
    return [one for one in PROFILES if (one.name in names or not names) and (temporary or one.remote)]
