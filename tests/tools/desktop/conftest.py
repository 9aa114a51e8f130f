"""A desktop for each test: real programs under Xvfb."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.desktops import Bench, Screen, bench, session


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    with session() as found:
        yield found


@pytest.fixture
async def desktop(screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    async with bench(screen, tmp_path, monkeypatch) as found:
        yield found
