"""The skills for documents, over a workspace of the test's own. Workers are real processes."""

from __future__ import annotations

import pytest

from tools.documents import skills
from tools.registry import Registry


@pytest.fixture(scope="session")
def registry() -> Registry:
    return skills.registry()
