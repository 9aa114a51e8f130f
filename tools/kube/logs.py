"""`kube.logs`: what containers wrote, of pods, workloads, services and selectors; bounded however much there is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from tools.arguments import Output
from tools.errors import ToolError
from tools.kube import related, traits
from tools.kube.arguments import KindWord, MaybeName, Namespace, Selector
from tools.kube.errors import KubeError
from tools.kube.listing import known
from tools.kube.logsource import Source, Wanted
from tools.kube.objects import Manifest, at, label, listed, name_of, namespace_of
from tools.kube.session import Session
from tools.kube.streams import LINE_BYTES, lines
from tools.kube.verbs import reads
from tools.kube.wording import bounded, bytes_said, clean, counted

MOST_SOURCES: Final = 20
AT_ONCE: Final = 8
MOST_FOLLOWED: Final = 10_000
READ_BYTES: Final = 256 << 20
READ_S: Final = 60.0
_NO_LOG: Final = b"unable to retrieve container logs for "
TIERS: Final = (
    ("pods",), ("deployments", "statefulsets", "daemonsets", "jobs", "cronjobs"), ("services", "replicasets"),
)  # fmt: skip

Tail = Annotated[int, Field(ge=1, le=10_000)]
Seconds = Annotated[float, Field(ge=0, le=600, json_schema_extra={"format": "seconds"})]
Since = Annotated[float | None, Field(gt=0, json_schema_extra={"format": "seconds"})]
Text = Annotated[str, Field(max_length=500)]


class Logs(Output):
    """`lines`: those shown, with their pod and container before them where there are several of these."""

    text: str
    count: int
    lines: tuple[str, ...]
    sources: tuple[str, ...]
    truncated: bool


@reads(
    "kube.logs",
    timeout_s=900.0,
    examples=(
        "show the logs of checkout",
        "last 50 lines of pod web-1",
        "what did api log before it crashed?",
        "errors in the logs of payments in the last hour",
        "follow the logs of worker for 30 seconds",
    ),
)
async def logs(
    session: Session,
    *,
    name: MaybeName = "",
    kind: KindWord = "",
    namespace: Namespace = "",
    container: MaybeName = "",
    selector: Selector = "",
    previous: bool = False,
    since_s: Since = None,
    tail: Tail = 200,
    grep: Text = "",
    follow_s: Seconds = 0.0,
) -> Logs:
    """Show what the containers of a pod, or of the pods of a workload, service or selector, wrote.

    Args:
        name: Pod, workload or service.
        kind: Its kind; pods come first, then workloads, then services.
        namespace: Its namespace; found out where it is left open.
        container: Only this container; all of them where it is left open.
        selector: Label selector of the pods, instead of a name.
        previous: Of the run before the last restart.
        since_s: Only what was written in the last so many seconds.
        tail: How many of the last lines, of each container.
        grep: Only lines that hold this text, in upper or lower case.
        follow_s: Also what is written in the next so many seconds.
    """
    about, pods = await _pods(session, name, kind, namespace, selector)
    wanted = Wanted(previous, since_s, tail, grep)
    every = [Source(pod, one) for pod in pods for one in _containers(pod, container)]
    if not every:
        return _nothing(about, pods, container)
    sources = every[:MOST_SOURCES]
    gate = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(_read(session, one, wanted, gate) for one in sources))
    if follow_s:
        await _follow(session, sources, wanted, follow_s)
    return _told(about, sources, len(every), wanted)


async def _pods(
    session: Session, name: str, kind: str, namespace: str, selector: str
) -> tuple[str, list[Manifest]]:  # fmt: skip
    """Whose logs they are, in words, and the pods, newest last."""
    if not name:
        if not selector:
            raise ToolError(ErrorCode.BAD_ARGUMENTS, "say whose logs: a name, or a selector of pods")
        pods = await session.find.everywhere(session.kinds.find("pods"), [("labelSelector", selector)])
        if not pods:
            await known(session, namespace)
        pods = [one for one in pods if namespace in ("", namespace_of(one))]
        return f"pods with {selector}{f' in {namespace}' if namespace else ''}", pods
    obj = await related.preferred(session, name, kind, namespace, TIERS)
    found = await related.pods_of(session, obj)
    return label(obj), sorted(found, key=lambda one: str(at(one, "metadata.creationTimestamp", "")))


def _containers(pod: Manifest, wanted: str) -> list[str]:
    """Its containers; those that ran before them only where one of them is the trouble, or is asked for."""
    names = [str(one.get("name")) for one in traits.containers(pod)]
    before = [str(one.get("name")) for one in traits.containers(pod, init=True)]
    if wanted:
        return [wanted] if wanted in before else []
    initialized = traits.holds(pod, "Initialized") or not traits.condition(pod, "Initialized")
    return names if initialized else [one for one in before if one not in names]


def _nothing(about: str, pods: Sequence[Manifest], container: str) -> Logs:
    if not pods:
        text = f"{about} has no pods: there are no logs"
    else:
        have = sorted({str(one.get("name")) for pod in pods for one in traits.containers(pod, init=True)})
        raise ToolError(
            ErrorCode.NOT_FOUND, f"{about} has no container {container}; there is: {listed(have)}",
            choices=[{"container": one} for one in have],
        )  # fmt: skip
    return Logs(text=clean(text), count=0, lines=(), sources=(), truncated=False)


async def _read(session: Session, source: Source, wanted: Wanted, gate: asyncio.Semaphore) -> None:
    """Read to the end, or as far as bytes and seconds allow."""
    await _read_once(session, source, wanted, gate)
    # Right after a crash the run that ended is still the current one, and the one before is cleared away.
    if wanted.previous and source.note and not source.lines and _has_ended(source):
        source.note = "of the run that has just ended"
        await _read_once(session, source, replace(wanted, previous=False), gate)


def _has_ended(source: Source) -> bool:
    own = [one for one in traits.statuses(source.pod) if one.get("name") == source.container]
    return any(at(one, "state.terminated") is not None for one in own)


async def _read_once(session: Session, source: Source, wanted: Wanted, gate: asyncio.Semaphore) -> None:
    async with gate:
        try:
            async with asyncio.timeout(READ_S):
                async for raw in _lines(session, source, wanted.query(source.container)):
                    source.take(raw, wanted)
                    if source.read > READ_BYTES:
                        source.note = f"only the first {bytes_said(source.read)} were searched"
                        return
        except TimeoutError:
            source.note = f"only the first {bytes_said(source.read)} came within {READ_S:g} s"
        except KubeError as error:
            source.note = _reason(error, source, wanted)


async def _follow(session: Session, sources: Sequence[Source], wanted: Wanted, seconds: float) -> None:
    """What is written from now on, said as it comes. A log that ends ends its following."""
    now = Wanted(False, None, MOST_FOLLOWED, wanted.grep)
    several = len(sources) > 1

    async def one(source: Source) -> None:
        query = [("container", source.container), ("follow", "true"), ("tailLines", "0")]
        try:
            async for raw in _lines(session, source, query):
                line = source.take(raw, now)
                if line is not None:
                    await session.context.log("stdout", f"[{source.name}] {line}" if several else line)
        except KubeError as error:
            source.note = _reason(error, source, wanted)

    limit = min(seconds, max(1.0, session.context.limits.seconds - 5.0))
    try:
        async with asyncio.timeout(limit):
            await asyncio.gather(*(one(source) for source in sources))
    except TimeoutError:
        pass


async def _lines(session: Session, source: Source, query: list[tuple[str, str]]) -> AsyncIterator[bytes]:
    path = session.kinds.find("pods").path(namespace_of(source.pod), name_of(source.pod), "log")
    async with session.api.stream(path, query) as response:
        async for raw in lines(response, longest=LINE_BYTES):
            # What a node says in a log's place, where the container is taken away by now.
            if raw.startswith(_NO_LOG):
                source.note = "its log is no longer there"
                return
            yield raw


def _reason(error: KubeError, source: Source, wanted: Wanted) -> str:
    """Why there is no log, for a container that never ran; other faults are raised."""
    if error.status == 400 and wanted.previous and "previous terminated" in error.message:
        return "no run before this one"
    if error.status == 400:
        return error.message.removeprefix(f'container "{source.container}" in pod "{name_of(source.pod)}" ')
    if error.status == 404:
        return "the pod is gone"
    raise error


def _told(about: str, sources: Sequence[Source], all_of_them: int, wanted: Wanted) -> Logs:
    several = len(sources) > 1
    found: list[str] = []
    notes: list[str] = []
    for one in sources:
        found += [f"[{one.name}] {line}" if several else line for line in one.lines]
        if one.note:
            notes.append(clean(f"{one.name}: {one.note}"))
        if one.dropped:
            notes.append(f"{one.name}: only the last {bytes_said(one.size)} are shown")
    if all_of_them > len(sources):
        notes.append(f"{all_of_them - len(sources)} more containers are not shown: narrow it down")
    many = sum(one.matched for one in sources)
    head = _head(about, sources, len(found), many, wanted)
    text = bounded([head, *notes, *found])
    kept = tuple(text.splitlines()[1 + len(notes) :])
    cut = len(kept) < len(found) or many > len(found) or all_of_them > len(sources)
    return Logs(text=text, count=len(found), lines=tuple(found[: len(kept)]), sources=tuple(s.name for s in sources),
                truncated=cut)  # fmt: skip


def _head(about: str, sources: Sequence[Source], shown: int, many: int, wanted: Wanted) -> str:
    what = f"{counted(shown, 'line')}" if shown == many else f"the last {shown:,} of {counted(many, 'line')}"
    grep = f" with `{wanted.grep}`" if wanted.grep else ""
    since = f" of the last {wanted.since_s:g} s" if wanted.since_s is not None else ""
    run = " of the run before" if wanted.previous else ""
    where = f"{about} ({sources[0].name})" if len(sources) == 1 else f"{about} ({len(sources)} containers)"
    return clean(f"{what if shown else 'no lines'}{grep}{since}{run} from {where}{':' if shown else ''}")
