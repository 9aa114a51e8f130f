"""`kube.events`: what the cluster noted, of a namespace, a kind, or an object and all that it owns."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from tools.arguments import Output
from tools.kube import related
from tools.kube.arguments import KindWord, MaybeName, Namespace
from tools.kube.kinds import Kind
from tools.kube.listing import known
from tools.kube.objects import Manifest, at, name_of, namespace_of, said, uid_of
from tools.kube.resolve import ANYTHING
from tools.kube.session import Session
from tools.kube.verbs import reads
from tools.kube.wording import age, bounded, clean, counted, moment, present

MOST: Final = 20_000
Limit = Annotated[int, Field(ge=1, le=1000)]
Since = Annotated[float | None, Field(gt=0, json_schema_extra={"format": "seconds"})]


class Event(Output):
    """`object` as "Pod shop/web-1"; `last` is the time of the last one, ISO 8601, and `count` how many there were."""

    type: str
    reason: str
    object: str
    message: str
    count: int
    last: str


class Events(Output):
    text: str
    count: int
    events: tuple[Event, ...]
    truncated: bool


@reads(
    "kube.events",
    examples=(
        "show the events in shop",
        "warnings of the last hour",
        "what happened to pod web-1?",
        "events of deployment checkout",
        "recent warning events in the cluster",
    ),
)
async def events(
    session: Session,
    *,
    namespace: Namespace = "",
    kind: KindWord = "",
    name: MaybeName = "",
    type: Literal["", "Warning", "Normal"] = "",
    since_s: Since = None,
    limit: Limit = 50,
) -> Events:
    """Show what the cluster noted of its objects, newest last; of an object also what concerns what it owns.

    Args:
        namespace: Namespace; all of them where it is left open.
        kind: Only about this kind of objects.
        name: Only about the object of this name, and what it owns.
        type: Warning or Normal; both where it is left open.
        since_s: Only of the last so many seconds.
        limit: How many of the newest to show.
    """
    about, found = await _about(session, namespace, kind, name)
    now = present()
    kept = [one for one in found if type in ("", one.get("type"))]
    if since_s is not None:
        kept = [one for one in kept if (now - when(one)).total_seconds() <= since_s]
    words = f"{type} events" if type else "events"
    period = f" in the last {age(since_s)}" if since_s is not None else ""
    if not kept:
        if not found:
            await known(session, namespace)
        return Events(text=clean(f"no {words} {about}{period}"), count=0, events=(), truncated=False)
    shown = newest(kept, limit)
    cut = f", the newest {len(shown)} are shown" if len(shown) < len(kept) else ""
    noun = f"{type} event" if type else "event"
    head = clean(f"{counted(len(kept), noun)} {about}{period}{cut}:")
    text = bounded([head, *told(shown, now)])
    return Events(text=text, count=len(kept), events=tuple(map(_event, shown)), truncated=len(shown) < len(kept))


async def _about(session: Session, namespace: str, kind: str, name: str) -> tuple[str, list[Manifest]]:
    """In words what they are about, and all of them."""
    where = f"in {namespace}" if namespace else "in the cluster"
    if not name:
        found = await _all(session, namespace, ())
        if not kind:
            return where, found
        wanted = session.kinds.find(kind)
        return f"about {wanted.plural} {where}", [one for one in found if _concerns(one, wanted)]
    kinds = [session.kinds.find(kind)] if kind else [k for one in ANYTHING if (k := session.kinds.get(one, "*"))]
    objects = [obj for _, obj in await session.find.all_named(name, kinds, namespace)]
    if not objects:
        # It may be gone, and what was noted of it is still there.
        gone = await _all(session, namespace, [("fieldSelector", f"involvedObject.name={name}")])
        gone = [one for one in gone if not kind or _concerns(one, kinds[0])]
        if not gone:
            await session.find.one(name, kind, namespace)
        return f"about {name} {where}", gone
    lists = await asyncio.gather(*(of_family(session, one) for one in objects))
    unique = {uid_of(one): one for found in lists for one in found}
    return "about " + " and ".join(said(one["kind"], namespace_of(one), name_of(one)) for one in objects[:5]), [
        *unique.values()
    ]


async def of_family(session: Session, obj: Manifest) -> list[Manifest]:
    """The events of an object and of all that it owns."""
    family = [obj, *await related.owned(session, obj)]
    if len(family) <= 1:
        return await of_object(session, obj)
    # A namespace's events once are less than a request for each of the family.
    uids = {uid_of(one) for one in family}
    every = await _all(session, namespace_of(obj), ())
    return [one for one in every if at(one, "involvedObject.uid") in uids]


async def of_object(session: Session, obj: Manifest) -> list[Manifest]:
    """The events of one object: kubelets note their node's under its name, all else is under the UID."""
    fields = f"involvedObject.name={name_of(obj)},involvedObject.kind={obj.get('kind')}"
    found = await _all(session, namespace_of(obj), [("fieldSelector", fields)])
    own = (uid_of(obj), name_of(obj), "")
    return [one for one in found if at(one, "involvedObject.uid", "") in own]


async def _all(session: Session, namespace: str, query: Sequence[tuple[str, str]]) -> list[Manifest]:
    kind = session.kinds.get("events") or session.kinds.find("events")
    if namespace:
        return await session.api.items(kind.path(namespace), query, most=MOST)
    return await session.find.everywhere(kind, query)


def _concerns(event: Manifest, kind: Kind) -> bool:
    return bool(at(event, "involvedObject.kind") == kind.kind)


def when(event: Manifest) -> datetime:
    """The last time that it was noted."""
    for path in ("series.lastObservedTime", "lastTimestamp", "eventTime", "metadata.creationTimestamp"):
        if found := moment(at(event, path)):
            return found
    return datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def newest(found: Iterable[Manifest], limit: int) -> list[Manifest]:
    """The last so many, oldest of them first."""
    return sorted(found, key=lambda one: (when(one), name_of(one)))[-limit:]


def times(event: Manifest) -> int:
    return int(at(event, "series.count") or event.get("count") or 1)


def told(found: Iterable[Manifest], now: datetime) -> list[str]:
    """A line each: when, what kind, why, about what, in which words, how often."""
    lines = []
    for one in found:
        about = one.get("involvedObject") or {}
        thing = said(str(about.get("kind", "?")), str(about.get("namespace", "")), str(about.get("name", "?")))
        often = f" (x{times(one)})" if times(one) > 1 else ""
        message = " ".join(str(one.get("message") or "").split())
        ago_s = (now - when(one)).total_seconds()
        lines.append(
            clean(f"  {age(ago_s)} ago  {one.get('type')}  {one.get('reason')}  {thing}: {message}{often}", 800)
        )
    return lines


def _event(one: Manifest) -> Event:
    about = one.get("involvedObject") or {}
    thing = said(str(about.get("kind", "")), str(about.get("namespace", "")), str(about.get("name", "")))
    return Event(
        type=clean(str(one.get("type") or "")), reason=clean(str(one.get("reason") or "")), object=clean(thing),
        message=clean(" ".join(str(one.get("message") or "").split()), 1000), count=times(one),
        last=when(one).isoformat(),
    )  # fmt: skip
