"""A task's budget of memory, CPU time and processes, kept by a real agent on real commands."""

from __future__ import annotations

import shlex
import sys

import pytest

from devices.config import DEFAULT_LIMITS, call_limits
from devices.errors import ConfigError
from protocol.errors import ErrorCode
from protocol.messages import Outcome
from protocol.vocabulary import CallLimits, JsonObject
from tests.support.agents import Start
from tests.support.gateway import FakeGateway
from tools import cgroups

MIB = 1 << 20
GROUPS = pytest.mark.skipif(not cgroups.parents(), reason="no control groups can be made here")


def python(code: str) -> JsonObject:
    return {"command": f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}"}


@GROUPS
async def test_a_program_above_its_tasks_memory_ends_and_the_agent_lives(gateway: FakeGateway, start: Start) -> None:
    agent = await start()
    assert gateway.hellos[0].profile.limits == DEFAULT_LIMITS
    code = f"x = b'x' * {300 * MIB}; print('taken')"
    dispatch = await gateway.dispatch("shell.run", python(code), limits=CallLimits(memory_bytes=100 * MIB))
    ended = await gateway.result(dispatch)
    assert ended.error is not None
    assert ended.error.code is ErrorCode.LIMIT_EXCEEDED
    assert "memory than the 100 MiB it may have (memory_bytes)" in ended.error.message
    assert ended.usage.peak_memory_bytes <= 100 * MIB
    # The same without a budget, and by the same agent.
    dispatch = await gateway.dispatch("shell.run", python(code))
    assert (await gateway.result(dispatch)).outcome is Outcome.SUCCEEDED
    assert not agent.task.done()


async def test_a_program_above_its_tasks_cpu_time_ends(gateway: FakeGateway, start: Start) -> None:
    await start()
    dispatch = await gateway.dispatch("shell.run", python("while True: pass"), limits=CallLimits(cpu_seconds=0.3))
    ended = await gateway.result(dispatch)
    assert ended.error is not None
    assert ended.error.code is ErrorCode.LIMIT_EXCEEDED
    assert "CPU time than the 0.3 s it may have (cpu_seconds)" in ended.error.message
    assert ended.usage.cpu_seconds >= 0.29


@GROUPS
async def test_a_program_that_fails_for_want_of_processes_says_so(gateway: FakeGateway, start: Start) -> None:
    await start()
    code = "import os, time\nfor _ in range(20):\n    if os.fork() == 0: time.sleep(60)"
    dispatch = await gateway.dispatch("shell.run", python(code), limits=CallLimits(processes=5))
    error = (await gateway.result(dispatch)).error
    assert error is not None
    assert error.code is ErrorCode.LIMIT_EXCEEDED
    assert "processes than the 5 it may have (processes)" in error.message


@GROUPS
async def test_a_device_goes_no_higher_than_its_owner_lets_it(gateway: FakeGateway, start: Start) -> None:
    await start(limits=call_limits(64 * MIB, None, None))
    dispatch = await gateway.dispatch(
        "shell.run", python(f"x = b'x' * {200 * MIB}"), limits=CallLimits(memory_bytes=1 << 40)
    )
    error = (await gateway.result(dispatch)).error
    assert error is not None
    assert "64 MiB" in error.message


@pytest.mark.parametrize("given", [(0, None, None), (None, 0.0, None), (None, None, 0)])
def test_limits_that_are_none(given: tuple[int | None, float | None, int | None]) -> None:
    with pytest.raises(ConfigError, match="--max-memory"):
        call_limits(*given)
