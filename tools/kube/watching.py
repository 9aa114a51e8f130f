"""`kube.watch`: what changes among the objects of a kind, for some seconds."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final, Literal

from pydantic import Field

from tools.arguments import Output
from tools.kube import traits
from tools.kube.arguments import KindWord, MaybeName, Namespace, Selector
from tools.kube.diff import fields, shown
from tools.kube.kinds import Kind
from tools.kube.listing import known, spaced
from tools.kube.objects import Manifest, label, uid_of, version_of
from tools.kube.reading import presented
from tools.kube.session import Session
from tools.kube.streams import Change, watched
from tools.kube.verbs import reads
from tools.kube.wording import bounded, clean, counted, present

MOST: Final = 500
_SIGN: Final = {"ADDED": "+", "MODIFIED": "~", "DELETED": "-"}
Seconds = Annotated[float, Field(gt=0, le=600, json_schema_extra={"format": "seconds"})]


class Seen(Output):
    """`change`: added, modified or deleted; `state` is the object's status in a word, where it has one."""

    change: Literal["added", "modified", "deleted"]
    object: str
    state: str


class Watched(Output):
    """`count`: all changes; `changes` are the first of them."""

    text: str
    count: int
    changes: tuple[Seen, ...]


class _Watch:
    """What was seen so far. `start`: the objects that were there, by UID."""

    def __init__(self, session: Session, kind: Kind) -> None:
        self.session = session
        self.kind = kind
        self.seen: dict[str, Manifest] = {}
        self.changes: list[Seen] = []
        self.lines: list[str] = []
        self.count = 0
        self.begun = asyncio.Event()

    async def take(self, change: Change) -> None:
        word, obj = change
        obj.setdefault("kind", self.kind.kind)
        before = self.seen.get(uid_of(obj))
        self.seen[uid_of(obj)] = obj
        if before is not None and version_of(before) == version_of(obj) and word != "DELETED":
            return
        self.count += 1
        line = clean(f"{present():%H:%M:%S} {_SIGN[word]} {label(obj)}{_told(word, before, obj)}", 500)
        await self.session.context.log("stdout", line)
        if len(self.changes) < MOST:
            said: Literal["added", "modified", "deleted"] = word.lower()  # type: ignore[assignment]
            self.changes.append(Seen(change=said, object=clean(label(obj)), state=clean(traits.state(obj))))
            self.lines.append(line)


@reads(
    "kube.watch",
    timeout_s=900.0,
    examples=(
        "watch the pods in shop for 30 seconds",
        "what changes in payments in the next minute?",
        "watch deployment checkout",
        "follow the jobs for 20 s",
    ),
)
async def watch(
    session: Session,
    *,
    kind: KindWord,
    namespace: Namespace = "",
    name: MaybeName = "",
    selector: Selector = "",
    seconds: Seconds = 10.0,
) -> Watched:
    """Watch the objects of a kind for some seconds, and tell what was added, changed and deleted.

    Args:
        kind: Kind of objects.
        namespace: Namespace; all of them where it is left open.
        name: Only this object.
        selector: Only those with these labels.
        seconds: How long to watch.
    """
    found = session.kinds.find(kind)
    query = [("fieldSelector", f"metadata.name={name}")] if name else []
    query += [("labelSelector", selector)] if selector else []
    start = await session.api.get(found.path(namespace), query)
    going = _Watch(session, found)
    for one in start.get("items") or ():
        going.seen[uid_of(one)] = one
    if not going.seen:
        await known(session, namespace)
    begin = len(going.seen)
    limit = min(seconds, max(1.0, session.context.limits.seconds - 5.0))
    try:
        async with asyncio.timeout(limit):
            async for change in watched(session.api, found.path(namespace), query):
                await going.take(change)
    except TimeoutError:
        pass
    where = f" in {namespace}" if namespace else ""
    head = f"{counted(begin, spaced(found.kind))}{where}, watched for {limit:g} s: {counted(going.count, 'change')}"
    cut = [f"... and {going.count - MOST} more"] if going.count > MOST else []
    return Watched(text=bounded([head, *going.lines, *cut]), count=going.count, changes=tuple(going.changes))


def _told(word: str, before: Manifest | None, obj: Manifest) -> str:
    """Its state, and what of it changed."""
    state = traits.state(obj)
    said = f": {state}" if state else ""
    if word != "MODIFIED" or before is None:
        return said
    was = traits.state(before)
    few = [f"{one.path}: {shown(one.before)} -> {shown(one.after)}" for one in fields(*map(presented, (before, obj)))]
    return (f": {was} -> {state}" if was != state else said) + (f" ({', '.join(few[:3])})" if few else "")
