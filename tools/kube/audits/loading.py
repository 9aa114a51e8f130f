"""Reads what the chosen checks need: each kind once, page by page, without what is left out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from tools.kube.analysers.snapshot import Snapshot
from tools.kube.audits.hits import Scope
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest, name_of, namespace_of
from tools.kube.session import Session

MOST: Final = 100_000
AT_ONCE: Final = 6


async def load(session: Session, plurals: Iterable[str], scope: Scope) -> Snapshot:
    """The objects of these kinds in the scope; `unread` names those that may not be listed. Raises KubeError."""
    wanted = sorted(set(plurals))
    gate = asyncio.Semaphore(AT_ONCE)
    lists = await asyncio.gather(*(_list(session, plural, scope.namespace, gate) for plural in wanted))
    found = dict(zip(wanted, lists, strict=True))
    hidden = frozenset() if scope.system or scope.namespace else frozenset(session.settings.protected)
    objects = {plural: _kept(objs, hidden) for plural, objs in found.items() if objs is not None}
    unread = tuple(plural for plural, objs in found.items() if objs is None)
    return Snapshot(objects, datetime.now(UTC), session.kinds, unread=unread)


async def _list(session: Session, plural: str, namespace: str, gate: asyncio.Semaphore) -> list[Manifest] | None:
    """The objects of a kind, none where the server has no such kind; None where they may not be read."""
    kind = session.kinds.get(plural) or session.kinds.get(plural, "*")
    if kind is None:
        return []
    async with gate:
        try:
            if plural == "namespaces" and namespace:
                return [await session.api.get(kind.path("", namespace))]
            found = await session.api.items(kind.path(namespace), most=MOST)
        except KubeError as error:
            if error.status == 403:
                return None
            raise
    for one in found:
        one["kind"], one["apiVersion"] = kind.kind, kind.api_version
        # By far the largest part of an object, and of no use here.
        (one.get("metadata") or {}).pop("managedFields", None)
    return found


def _kept(objects: list[Manifest], hidden: frozenset[str]) -> list[Manifest]:
    return [
        one
        for one in objects
        if namespace_of(one) not in hidden and not (one.get("kind") == "Namespace" and name_of(one) in hidden)
    ]
