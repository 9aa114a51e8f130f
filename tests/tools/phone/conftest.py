"""A phone for each test: simulated, behind the real `adb`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.phones import Bench, bench


@pytest.fixture
async def phone(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as found:
        yield found
