"""`kube.describe`: an object with its conditions, its owners, what it owns, and what was noted of it."""

from __future__ import annotations

import asyncio
from typing import Final

from tools.arguments import Output
from tools.kube import connectivity, events, quantities, quota_read, reading, related, tables, top, traits
from tools.kube.arguments import KindWord, Name, Namespace
from tools.kube.objects import Manifest, at, canonical, label, listed, name_of
from tools.kube.resolve import ANYTHING
from tools.kube.session import Session
from tools.kube.verbs import reads
from tools.kube.wording import bounded, clean, counted, lines, present

MOST_OWNED: Final = 30
MOST_EVENTS: Final = 15
TOGETHER: Final = 4


class Described(Output):
    """`objects`: "Deployment shop/web", those described; `owns` and `owners` likewise; `warnings` of the events."""

    text: str
    objects: tuple[str, ...]
    owners: tuple[str, ...]
    owns: tuple[str, ...]
    warnings: tuple[str, ...]


@reads(
    "kube.describe",
    examples=(
        "describe deployment checkout",
        "tell me everything about pod web-1",
        "details of node1",
        "describe service api in payments",
    ),
)
async def describe(session: Session, *, name: Name, kind: KindWord = "", namespace: Namespace = "") -> Described:
    """Describe an object: its state, settings, conditions, owners, what it owns, and its events.

    Args:
        name: Its name.
        kind: Its kind; where it is left open, all objects of the name in one namespace.
        namespace: Its namespace; found out where it is left open.
    """
    found = await _objects(session, name, kind, namespace)
    parts = [await _one(session, one) for one in found]
    text: list[str] = []
    for part in parts:
        text += [*part[0], ""]
    return Described(
        text=bounded(text[:-1]), objects=tuple(label(one) for one in found),
        owners=tuple(label(one) for part in parts for one in part[1]),
        owns=tuple(label(one) for part in parts for one in part[2])[:200],
        warnings=tuple(one for part in parts for one in part[3]),
    )  # fmt: skip


async def _objects(session: Session, name: str, kind: str, namespace: str) -> list[Manifest]:
    """The one that is meant; without a kind, the few of that name in one namespace are told together."""
    if not kind:
        kinds = [known for one in ANYTHING if (known := session.kinds.get(one, "*")) is not None]
        found = [obj for _, obj in await session.find.all_named(name, kinds, namespace)]
        if 1 <= len(found) <= TOGETHER and len({at(one, "metadata.namespace") for one in found}) == 1:
            return found
    return [await session.find.one(name, kind, namespace)]


async def _one(session: Session, live: Manifest) -> tuple[list[str], list[Manifest], list[Manifest], tuple[str, ...]]:
    """Its lines, its owners, what it owns, and the warnings about it."""
    kind = session.kinds.of_manifest(live)
    row, owners, owned, noted = await asyncio.gather(
        tables.one(session, kind, live),
        related.owners(session, live),
        related.owned(session, live),
        events.of_family(session, live),
    )
    now = present()
    recent = events.newest(noted, MOST_EVENTS)
    text = reading.summary(live, row.cells)
    text += _containers(live)
    text += await _around(session, live)
    text += [clean(f"  owned by: {' < '.join(label(one) for one in owners)}")] if owners else []
    text += _family(owned)
    text += ["  events:", *(f"  {one}" for one in events.told(recent, now))] if recent else ["  events: none"]
    warnings = tuple(one.strip() for one in events.told([e for e in recent if e.get("type") == "Warning"], now))
    return text, owners, owned, warnings


async def _around(session: Session, live: Manifest) -> list[str]:
    """What lies in other objects and belongs to it: a service's endpoints, a node's load."""
    if live.get("kind") == "Service":
        ready, not_ready, ports = await connectivity.addresses(session, live)
        lines = [f"  endpoints: {listed(ready, 20) or 'none'}{f', ports {listed(ports)}' if ports else ''}"]
        lines += [f"  not ready: {listed(not_ready, 20)}"] if not_ready else []
        lines += await connectivity.why_none(session, live) if not ready else []
        return [clean(one, 1000) for one in lines]
    if live.get("kind") == "Node":
        requests, limits, count = await top.load_of_node(session, name_of(live))
        said = [f"{name} {quantities.said(name, requests[name])} requested, {quantities.said(name, limits[name])} limit"
                for name in requests]  # fmt: skip
        return [f"  {counted(count, 'pod')}: {'; '.join(said)}"]
    if live.get("kind") == "Namespace":
        return [f"  {line}" for line in (await quota_read.told(session, name_of(live)))[0]]
    return []


def _family(owned: list[Manifest]) -> list[str]:
    # Replica sets of earlier revisions have nothing to say.
    live = [one for one in owned if not (one.get("kind") == "ReplicaSet" and not at(one, "spec.replicas", 0))]
    if not live:
        return []
    told = [clean(f"    {label(one)}: {_state(one)}") for one in live[:MOST_OWNED]]
    more = [f"    ... and {len(live) - MOST_OWNED} more"] if len(live) > MOST_OWNED else []
    return ["  owns:", *told, *more]


def _state(one: Manifest) -> str:
    count = traits.restarts(one)
    return f"{traits.state(one)}{f', {count} restarts' if count else ''}"


def _containers(live: Manifest) -> list[str]:
    """What each container runs, and how the last run of it ended."""
    shown: Manifest = reading.presented(live)
    told: list[str] = []
    state = {one.get("name"): one for one in traits.statuses(live)}
    for one in traits.containers(shown, init=True):
        told.append(f"  container {one.get('name')}: {one.get('image')}")
        told += [f"    {key}: {_words(one[key])}" for key in ("command", "args") if one.get(key)]
        told += [f"    env {_variable(entry)}" for entry in one.get("env") or ()]
        told += [f"    {key}: {_words(one[key])}" for key in ("readinessProbe", "livenessProbe") if one.get(key)]
        told += [f"    mounts {m.get('name')} at {m.get('mountPath')}" for m in one.get("volumeMounts") or ()]
        told += [f"    {line}" for line in _runs(state.get(one.get("name")) or {})]
    return [clean(one, 400) for one in told]


def _words(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else canonical(value)


def _variable(entry: Manifest) -> str:
    source = entry.get("valueFrom")
    if isinstance(source, dict):
        kind = next(iter(source), "")
        ref = source.get(kind) or {}
        return f"{entry.get('name')} from {kind} {ref.get('name', '')} {ref.get('key') or ref.get('fieldPath') or ''}"
    return f"{entry.get('name')}={entry.get('value', '')}"


def _runs(status: Manifest) -> list[str]:
    found = []
    for word, part in (("state", "state"), ("last state", "lastState")):
        for name, detail in (status.get(part) or {}).items():
            facts = {k: detail[k] for k in ("reason", "exitCode", "message", "startedAt") if detail.get(k) is not None}
            said = ", ".join(f"{key} {' '.join(lines(str(value), 300))}" for key, value in facts.items())
            found.append(f"{word}: {name}{f' ({said})' if said else ''}")
    return found
