"""Access reviews: what the API server itself says that an identity may do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from tools.kube.objects import Manifest
from tools.kube.session import Session

REVIEWS: Final = "/apis/authorization.k8s.io/v1"
MOST_NAMESPACES: Final = 100
AT_ONCE: Final = 8

Question = tuple[str, str, str, str, str]
Identity = tuple[str, list[str]]


async def ask(session: Session, asked: Sequence[Question], who: Identity | None = None) -> list[tuple[bool, str]]:
    """(allowed, the server's reason) for each (verb, group, resource/subresource, namespace, name), of `who` or us."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(question: Question) -> tuple[bool, str]:
        verb, group, resource, namespace, name = question
        plural, _, below = resource.partition("/")
        attributes = {"verb": verb, "group": group, "resource": plural, "subresource": below, "namespace": namespace,
                      "name": name}  # fmt: skip
        spec: Manifest = {"resourceAttributes": {key: value for key, value in attributes.items() if value}}
        kind = "SelfSubjectAccessReview"
        if who is not None:
            spec |= {"user": who[0], "groups": who[1]}
            kind = "SubjectAccessReview"
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
        async with gate:
            found = await session.api.request("POST", f"{REVIEWS}/{kind.lower()}s", body=body)
        status = found.get("status") or {}
        return bool(status.get("allowed")), str(status.get("reason") or "")

    return list(await asyncio.gather(*(one(question) for question in asked)))


async def allowed_in(session: Session, asked: Sequence[Question], who: Identity | None) -> list[str]:
    """The namespaces in which all of it is allowed."""
    places = (await session.find.namespaces())[:MOST_NAMESPACES]
    answers = await ask(session, [(v, g, r, place, n) for place in places for v, g, r, _, n in asked], who)
    each = len(asked)
    return [place for i, place in enumerate(places) if all(ok for ok, _ in answers[i * each : (i + 1) * each])]
