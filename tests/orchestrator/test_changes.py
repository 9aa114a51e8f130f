"""Whoever follows changes misses none: over drops, restarts, and more changes than are remembered."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.changes import Changes
from orchestrator.core.views import Change


def told(page: list[Change]) -> list[str]:
    return [f"{one.kind} {one.name}".strip() for one in page]


async def test_it_begins_with_all_then_tells_what_changes() -> None:
    changes = Changes("a")
    changes.tell("run", ["r1"])
    pages = changes.follow()
    assert told(await anext(pages)) == ["reset"]
    coming = asyncio.ensure_future(anext(pages))
    await asyncio.sleep(0)
    assert not coming.done()
    changes.tell("device", ["alpha"])
    assert told(await coming) == ["device alpha"]


async def test_what_changes_often_is_told_once_and_where_it_changed_last() -> None:
    changes = Changes("a")
    pages = changes.follow()
    await anext(pages)
    changes.tell("run", ["r1", "r2"])
    changes.tell("run", ["r1"])
    assert told(await anext(pages)) == ["run r2", "run r1"]


async def test_a_follower_goes_on_from_any_change_it_saw() -> None:
    changes = Changes("a")
    pages = changes.follow()
    (start,) = await anext(pages)
    changes.tell("run", ["r1", "r2", "r3"])
    page = await anext(pages)
    assert told(await anext(changes.follow(start.id))) == ["run r1", "run r2", "run r3"]
    assert told(await anext(changes.follow(page[0].id))) == ["run r2", "run r3"]
    changes.tell("run", ["r1"])
    assert told(await anext(changes.follow(page[1].id))) == ["run r3", "run r1"]


@pytest.mark.parametrize("place", ["", "b.1", "a.", "a.x", "a.9", "a.-1", "a.١", "a." + "9" * 50, "1"])
async def test_a_place_that_says_nothing_here_is_told_that_all_may_have_changed(place: str) -> None:
    changes = Changes("a")
    changes.tell("run", ["r1"])
    assert told(await anext(changes.follow(place))) == ["reset"]


async def test_who_missed_more_than_is_remembered_is_told_so() -> None:
    changes = Changes("a", most=2)
    changes.tell("run", ["r1", "r2", "r3"])
    assert told(await anext(changes.follow("a.0"))) == ["reset"]
    assert told(await anext(changes.follow("a.1"))) == ["run r2", "run r3"]


async def test_where_anything_may_have_changed_everybody_is_told() -> None:
    changes = Changes("a")
    pages = changes.follow()
    (start,) = await anext(pages)
    changes.tell("run", ["r1"])
    changes.reset()
    assert told(await anext(pages)) == ["reset"]
    assert told(await anext(changes.follow(start.id))) == ["reset"]
