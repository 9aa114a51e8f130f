"""A command in a container: sent, listened to, bounded in bytes and seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from protocol.errors import ErrorCode
from tools.context import Stream
from tools.errors import ToolError
from tools.kube import related, traits
from tools.kube.channels import ERROR, STDERR, STDIN, STDOUT, channels, exit_code, messages
from tools.kube.concealing import Concealer
from tools.kube.errors import KubeError
from tools.kube.logs import TIERS
from tools.kube.objects import Manifest, at, label, listed, name_of, namespace_of
from tools.kube.reviews import ask
from tools.kube.session import Session
from tools.kube.streams import LINE_BYTES, Splitter

KEPT_CHARACTERS: Final = 30_000
READ_BYTES: Final = 64 << 20
PIECE: Final = 32 << 10
LOG_CHARACTERS: Final = 8_000
DEFAULT: Final = "kubectl.kubernetes.io/default-container"

Sink = Callable[[bytes], None]


async def place(session: Session, name: str, namespace: str, container: str) -> tuple[Manifest, str]:
    """The pod and the container that a command runs in; of a workload or service the first ready pod by name.

    Raises ToolError: AMBIGUOUS with choices of containers, CONFLICT where nothing runs, and as `Resolver.one` does.
    """
    found = await related.preferred(session, name, "", namespace, TIERS)
    pods = sorted(await related.pods_of(session, found), key=name_of)
    running = [one for one in pods if at(one, "status.phase") == "Running" and not traits.is_going(one)]
    if not running:
        state = f"it is {traits.state(pods[0])}" if pods else "it has no pods"
        raise ToolError(ErrorCode.CONFLICT, f"nothing runs in {label(found)}: {state}")
    pod = next((one for one in running if traits.is_ready(one)), running[0])
    chosen = _container(pod, container)
    status = next((one for one in traits.statuses(pod) if one.get("name") == chosen), {})
    if at(status, "state.running") is None:
        raise ToolError(ErrorCode.CONFLICT, f"container {chosen} of {label(pod)} does not run: {traits.state(pod)}")
    await _may(session, pod)
    return pod, chosen


async def _may(session: Session, pod: Manifest) -> None:
    """A WebSocket begins with a GET, which servers authorize as such; `create` is asked for as for every write."""
    ((allowed, _),) = await ask(session, [("get", "", "pods/exec", namespace_of(pod), name_of(pod))])
    if not allowed:
        message = f"{session.caller} may not get pods/exec in {namespace_of(pod)}: ask for `get` and `create` of it"
        raise ToolError(ErrorCode.DENIED, message)


def _container(pod: Manifest, wanted: str) -> str:
    names = [str(one.get("name")) for one in traits.containers(pod)]
    wanted = wanted or str(at(pod, "metadata.annotations", {}).get(DEFAULT, ""))
    if wanted in names or (not wanted and len(names) == 1):
        return wanted or names[0]
    choices = [{"container": one} for one in names]
    if wanted:
        message = f"{label(pod)} has no container {wanted}; it has {listed(names)}"
        raise ToolError(ErrorCode.NOT_FOUND, message, choices=choices)
    message = f"{label(pod)} has {len(names)} containers: {listed(names)}; say which"
    raise ToolError(ErrorCode.AMBIGUOUS, message, choices=choices)


@dataclass
class Output:
    """One of the two streams of a command: its beginning as it may be shown, and how much came."""

    stream: Stream
    lines: list[str] = field(default_factory=list)
    size: int = 0
    cut: bool = False
    _splitter: Splitter = field(default_factory=lambda: Splitter(LINE_BYTES))
    _concealer: Concealer = field(default_factory=Concealer)

    def take(self, piece: bytes) -> list[str]:
        """The new lines that are kept. After the first that is not, nothing is looked at any more."""
        return [] if self.cut else self._keep(self._splitter.feed(piece))

    def end(self) -> list[str]:
        return [] if self.cut else self._keep(self._splitter.end())

    def _keep(self, found: Sequence[bytes]) -> list[str]:
        kept = []
        for raw in found:
            line = self._concealer.line(raw)
            self.cut = self.size + len(line) > KEPT_CHARACTERS
            if self.cut:
                break
            self.size += len(line) + 1
            kept.append(line)
        self.lines += kept
        return kept

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass
class Ran:
    """`code` is None where the command said more than is read, which `left` then says."""

    out: Output = field(default_factory=lambda: Output("stdout"))
    err: Output = field(default_factory=lambda: Output("stderr"))
    code: int | None = None
    left: str = ""


async def run(
    session: Session, pod: Manifest, container: str, command: Sequence[str], *, seconds: float,
    stdin: AsyncIterator[bytes] | None = None, sink: Sink | None = None, most: int = READ_BYTES,
) -> Ran:  # fmt: skip
    """Run it to its end. `sink` takes the standard output instead of people; `most` bytes are read.

    Raises KubeError, and ToolError: TOOL_FAILED where the container has no such command, TIMEOUT.
    """
    ran = Ran()
    query = [*(("command", one) for one in command), ("container", container), ("stdout", "true"), ("stderr", "true")]
    query += [("stdin", "true")] if stdin is not None else []
    path = session.kinds.find("pods").path(namespace_of(pod), name_of(pod), "exec")
    read = 0
    try:
        async with asyncio.timeout(seconds), channels(session.api, path, query) as socket:
            sending = asyncio.ensure_future(_send(socket.send_bytes, stdin)) if stdin is not None else None
            try:
                async for channel, data in messages(socket):
                    read += len(data)
                    if channel == ERROR:
                        ran.code = exit_code(data)
                        break
                    await _take(session, ran, channel, data, sink)
                    if read > most:
                        ran.left = f"it said more than {most:,} bytes and was left"
                        break
                else:
                    raise KubeError(0, "Unreachable", "the stream broke off before the command ended", {}, None)
            finally:
                if sending is not None:
                    sending.cancel()
                    with suppress(asyncio.CancelledError, ConnectionError):
                        await sending
    except TimeoutError:
        said = " | ".join([*ran.out.lines, *ran.err.lines][-5:])[-1000:]
        message = f"it did not end within {seconds:g} s and was left: it may still run in the container"
        raise ToolError(ErrorCode.TIMEOUT, f"{message}; it said: {said or 'nothing'}") from None
    for one in (ran.out, ran.err):
        await _say(session, one.stream, one.end())
    return ran


async def _say(session: Session, stream: Stream, lines: Sequence[str]) -> None:
    text = "\n".join(lines)
    for start in range(0, len(text), LOG_CHARACTERS):
        await session.context.log(stream, text[start : start + LOG_CHARACTERS])


async def _take(session: Session, ran: Ran, channel: int, data: bytes, sink: Sink | None) -> None:
    if channel == STDOUT and sink is not None:
        await asyncio.to_thread(sink, data)
        return
    one = ran.out if channel == STDOUT else ran.err if channel == STDERR else None
    if one is not None:
        await _say(session, one.stream, one.take(data))


async def _send(send: Callable[[bytes], object], stdin: AsyncIterator[bytes]) -> None:
    async for piece in stdin:
        for start in range(0, len(piece), PIECE):
            await send(bytes([STDIN]) + piece[start : start + PIECE])  # type: ignore[misc]
