"""The orchestrator dies as by `kill -9` before and after every durable boundary and message of a run; it goes on.

Real processes. For each point: work is begun, the point kills the orchestrator, it is started again, and every effect
is there once, every result is right, and no task ran again.
"""

from __future__ import annotations

import pytest

from orchestrator.cli.faulting.profiles import Profile, Stage
from orchestrator.cli.faulting.suite import Suite
from orchestrator.cli.faulting.world import Temporary
from protocol.failpoints import Mode

pytestmark = pytest.mark.slow
POINTS = (
    ("store.write", 0),
    ("store.write", 3),
    ("receive.accepted", 1),
    ("receive.result", 0),
    ("receive.result", 4),
    ("send.dispatch", 0),
    ("send.dispatch", 3),
    ("send.recorded", 1),
)
AT_A_CONNECT = ("store.call", "receive.hello", "send.welcome")


def dying(point: str, mode: Mode, skip: int) -> Profile:
    async def act(stage: Stage) -> None:
        if point in AT_A_CONNECT:
            await stage.fault("receive.result", Mode.CUT)
        await stage.fault(point, mode, skip=skip)
        await stage.own.orchestrator_died()
        stage.did("died")
        await stage.own.start_orchestrator()

    return Profile(f"{point}+{skip} {mode.value}", "", act)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", [Mode.CRASH_BEFORE, Mode.CRASH_AFTER])
async def test_every_boundary(mode: Mode) -> None:
    points = [*POINTS, *((point, 0) for point in AT_A_CONNECT)]
    async with Temporary(pace_s=0.1) as world:
        suite = Suite(world, runs=2, seed=1)
        found = [await suite.profile(dying(point, mode, skip)) for point, skip in points]
    assert [(one.profile, one.tally) for one in found if one.verdict != "ok"] == []
    assert [(one.profile, one.tally.repeated) for one in found if one.tally.repeated] == []
