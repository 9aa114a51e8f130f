"""Thirty requests in free language over devices of all kinds, planned without a model, judged by their end state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.e2e.cross_device_requests import ROWS, Row
from tests.support.cross_device import AT_FIRST, World, world
from tests.support.phones import needs_adb
from tools.browser.finding import lacking

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow, needs_adb]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world(tmp_path_factory.mktemp("cross")) as found:
        yield found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text[:60])
async def test_end_state(system: World, row: Row) -> None:
    if row.screen and system.screen is None:
        pytest.skip("there is no X11 session to be had: scripts/setup.sh system")
    if row.browser and not system.browser:
        pytest.skip(f"there is no browser to be had: {lacking()}")
    for name, value in {**AT_FIRST, **row.given}.items():
        if system.greenhouse.state[name] != value:
            system.greenhouse.give(name, value)
    if row.before is not None:
        await row.before(system)
    with pytest.raises(AssertionError):
        await asyncio.to_thread(row.verify, system)
    view = await system.ask(row.text.replace("{site}", system.site))
    assert view.state == "succeeded", view
    assert view.rung == "embedded"
    await system.until(row.verify)


async def test_thirty_requests() -> None:
    assert len(ROWS) >= 30
    assert len({row.text for row in ROWS}) == len(ROWS)
