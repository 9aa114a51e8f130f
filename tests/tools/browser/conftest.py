"""A real browser: one for all tests of a module, with its tabs closed after each, or one of a test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.browsers import Bench, Site, bench, serving
from tools.fake import FakeToolContext


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bench]:
    async with bench(tmp_path_factory.mktemp("browser")) as found:
        await found.browser.context()  # before the first test, which would else seem to leave it behind
        yield found


@pytest_asyncio.fixture(loop_scope="module")
async def browser(running: Bench, tmp_path: Path) -> AsyncIterator[Bench]:
    """For tests that run in their module's event loop."""
    running.context = FakeToolContext(tmp_path / "workspace")
    yield running
    for tab in running.browser.tabs.all():
        await tab.close()


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as found:
        yield found
