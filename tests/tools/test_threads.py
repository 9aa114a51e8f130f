"""Work in threads: says that it lives, and stops when it is cancelled."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tools import pulse
from tools.context import ToolContext, check_cancelled
from tools.fake import FakeToolContext
from tools.threads import in_thread


async def test_work_says_that_it_lives(context: FakeToolContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "BEAT_S", 0.0)

    def work() -> int:
        while not context.reports:
            check_cancelled(context)
        return 7

    assert await in_thread(context, work) == 7
    assert context.reports[0] == (None, "")


async def test_work_does_not_wait_until_somebody_listens(
    context: FakeToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "BEAT_S", 0.0)
    asked: list[float | None] = []

    async def progress(fraction: float | None, message: str = "") -> None:
        asked.append(fraction)
        await asyncio.Event().wait()

    monkeypatch.setattr(context, "progress", progress)

    def work() -> int:
        for _ in range(1000):
            check_cancelled(context)
        return 7

    assert await in_thread(context, work) == 7
    await asyncio.sleep(0)
    # One waits, and no second is sent after it.
    assert len(asked) <= 1


async def test_threads_without_an_attempt_have_no_pulse(context: FakeToolContext) -> None:
    check_cancelled(context)
    assert context.reports == []


async def test_a_cancel_waits_until_the_thread_has_stopped(context: FakeToolContext) -> None:
    started, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work(context: ToolContext = context) -> None:
        started.set()
        may_end.wait()
        ended.set()

    task = asyncio.create_task(in_thread(context, work))
    await asyncio.to_thread(started.wait)
    task.cancel()
    await asyncio.sleep(0)
    assert context.cancelled.is_set()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
