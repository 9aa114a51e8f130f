"""Pruning over REST."""

from __future__ import annotations

import httpx2
import pytest

from orchestrator.api.testing import FakeApplication
from tests.support.api import served


async def test_a_pass_of_pruning() -> None:
    app = FakeApplication()
    async with served(app) as running, httpx2.AsyncClient(base_url=running.url) as http:
        answer = await http.post("/v1/prune", json={"older_than_s": 90_000, "dry_run": True})
        assert (answer.status_code, answer.json()["runs"], answer.json()["dry_run"]) == (200, 0, True)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"older_than_s": -1},
        {"older_than_s": 1, "keep": -1},
        {"older_than_s": 1, "limit": 501},
        {"older_than_s": 1, "all": 1},
    ],
)
async def test_what_is_out_of_bounds(body: dict[str, object]) -> None:
    async with served(FakeApplication()) as running, httpx2.AsyncClient(base_url=running.url) as http:
        answer = await http.post("/v1/prune", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")
