"""Watches objects until what was intended of them holds, or the time is up."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from tools.kube.change import Draft, Operation
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest
from tools.kube.session import Session

FIRST_S: Final = 0.05
MOST_S: Final = 1.0
WHY_S: Final = 2.0


async def settle(session: Session, draft: Draft, after: list[Manifest | None]) -> list[str]:
    """What does not hold when the time is up, in words; empty where everything does."""
    limit = min(draft.wait_s, max(1.0, session.context.limits.seconds - 5.0))
    deadline = time.monotonic() + limit
    found = await asyncio.gather(
        *(_one(session, one, state, deadline) for one, state in zip(draft.operations, after, strict=True))
    )
    return [one for one in found if one]


async def _one(session: Session, one: Operation, state: Manifest | None, deadline: float) -> str:
    """Polls with a growing pause: one small read costs the server less than a watch that is opened and closed."""
    if one.intent is None:
        return ""
    missing = one.intent.holds(state) if state is not None else one.intent.text
    pause = FIRST_S
    reason, hopeless, asked = "", False, time.monotonic()
    unseen = state is None
    while missing and not hopeless and (unseen or time.monotonic() < deadline):
        unseen = False
        try:
            state = await session.api.get(one.kind.path(one.namespace, one.name))
        except KubeError as error:
            if error.status != 404:
                return f"{one.label}: {error.message}"
            state = None
        missing = one.intent.holds(state)
        if missing:
            await session.context.progress(None, f"{one.label}: {missing}")
            await asyncio.sleep(min(pause, max(0.0, deadline - time.monotonic())))
            pause = min(MOST_S, pause * 1.5)
            if time.monotonic() - asked > WHY_S:
                reason, hopeless = await _why(one, state)
                asked = time.monotonic()
    if not missing:
        return ""
    reason = reason if hopeless else (await _why(one, state))[0]
    return f"{one.label}: {missing}{f'; {reason}' if reason else ''}"


async def _why(one: Operation, state: Manifest | None) -> tuple[str, bool]:
    if one.intent is None or one.intent.why is None or state is None:
        return "", False
    return await one.intent.why(state)
