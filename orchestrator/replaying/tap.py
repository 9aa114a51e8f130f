"""Collects what devices say and are told of some runs, and their coming and going meanwhile. Bounded.

An artifact's messages name its transfer, and only the first of them the run: who belongs to what is kept here.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from orchestrator.replaying.lines import ChunkLine, DeviceLine, Direction, ExchangeLine, FrameLine, PresenceLine
from protocol.codec import Chunk, encode_message
from protocol.messages import (
    ArtifactFetch,
    ArtifactOffer,
    ArtifactReady,
    AttemptRef,
    GatewayMessage,
    Hello,
    LogLine,
    Message,
    Progress,
    SkillsChanged,
)
from protocol.vocabulary import JsonObject

MAX_BYTES = 16 << 20
"""Of one run's frames; what is of no consequence (progress, logs, the bytes of artifacts) goes first."""
SPARE = 0.5
"""The share of it from which on those are left out."""
SMALL_BYTES = 32 << 10
"""An artifact up to this size is kept whole."""


@dataclass
class Collected:
    """What was seen of one run since `began`, a Unix time."""

    began: float
    frames: list[FrameLine | ChunkLine] = field(default_factory=list)
    presences: list[PresenceLine] = field(default_factory=list)
    exchanges: list[ExchangeLine] = field(default_factory=list)
    bytes: int = 0
    left_out: int = 0

    def has_room(self, size: int, *, spare: bool = False) -> bool:
        """Whether so many bytes more may be kept; what may not is counted."""
        if self.bytes + size > MAX_BYTES * (SPARE if spare else 1.0):
            self.left_out += 1
            return False
        self.bytes += size
        return True


class RunTap:
    """A gateway's `Tap` over the runs that are `open`. `now` is Unix time; `known` describes a device that came."""

    def __init__(self, now: Callable[[], float], known: Callable[[Hello], DeviceLine]) -> None:
        self.open: dict[str, Collected] = {}
        self._now = now
        self._known = known
        self._transfers: dict[tuple[str, str], tuple[str, int]] = {}  # (device, transfer): run, size

    def begin(self, run: str, at: float | None = None) -> Collected:
        """Collect for a run that was submitted at that Unix time: now, if not given."""
        return self.open.setdefault(run, Collected(self._now() if at is None else at))

    def end(self, run: str) -> Collected | None:
        for key in [key for key, (owner, _) in self._transfers.items() if owner == run]:
            del self._transfers[key]
        return self.open.pop(run, None)

    # --- as the gateway's tap ----------------------------------------------------------------------------------

    def received(self, device: str, messages: Sequence[Message | Chunk]) -> None:
        if self.open:
            for message in messages:
                self._note(device, "up", message)

    def sent(self, device: str, message: bytes | GatewayMessage | Chunk) -> None:
        if not self.open:
            return
        if isinstance(message, bytes):
            self._put(device, "down", json.loads(message), len(message))
        else:
            self._note(device, "down", message)

    def joined(self, hello: Hello, *, resumed: bool) -> None:
        for run, collected in self.open.items():
            running, held = (tuple(_ref(one) for one in refs if one.run == run) for refs in (hello.running, hello.held))
            collected.presences.append(
                PresenceLine(
                    at=self._at(collected),
                    name=hello.name,
                    what="joined",
                    resumed=resumed,
                    running=running,
                    held=held,
                    device=self._known(hello),
                )
            )

    def left(self, name: str, *, goodbye: bool) -> None:
        self._gone(name, "goodbye" if goodbye else "left")

    def lapsed(self, name: str) -> None:
        self._gone(name, "lapsed")

    def _gone(self, name: str, what: Literal["left", "goodbye", "lapsed"]) -> None:
        for collected in self.open.values():
            collected.presences.append(PresenceLine(at=self._at(collected), name=name, what=what))

    def exchanged(self, run: str, at: float, exchange: JsonObject, size: int) -> None:
        """A rung spoke to its server for a run."""
        collected = self.open.get(run)
        if collected is not None and collected.has_room(size):
            collected.exchanges.append(ExchangeLine(at=at - collected.began, exchange=exchange))

    # --- what concerns which run -------------------------------------------------------------------------------

    def _note(self, device: str, direction: Direction, message: Message | GatewayMessage | Chunk) -> None:
        if isinstance(message, Chunk):
            self._chunk(device, direction, message)
            return
        if isinstance(message, (ArtifactOffer, ArtifactFetch)) and message.run in self.open:
            size = message.size if isinstance(message, ArtifactOffer) else 0
            self._transfers[device, message.transfer] = (message.run, size)
        if isinstance(message, SkillsChanged):
            return
        if isinstance(message, ArtifactReady) and (device, message.transfer) in self._transfers:
            self._transfers[device, message.transfer] = (self._transfers[device, message.transfer][0], message.size)
        body = encode_message(message)
        self._put(device, direction, json.loads(body), len(body), spare=isinstance(message, (Progress, LogLine)))

    def _put(self, device: str, direction: Direction, message: JsonObject, size: int, *, spare: bool = False) -> None:
        collected = self._owner(device, message)
        if collected is not None and collected.has_room(size, spare=spare):
            line = FrameLine(at=self._at(collected), device=device, direction=direction, message=message)
            collected.frames.append(line)

    def _owner(self, device: str, message: JsonObject) -> Collected | None:
        run: JsonValue = message.get("run")
        if run is None and isinstance(transfer := message.get("transfer"), str):
            run = self._transfers.get((device, transfer), ("", 0))[0]
        return self.open.get(run) if isinstance(run, str) else None

    def _chunk(self, device: str, direction: Direction, chunk: Chunk) -> None:
        run, size = self._transfers.get((device, chunk.transfer), ("", 0))
        collected = self.open.get(run)
        if collected is None:
            return
        keeps = size <= SMALL_BYTES and collected.has_room(len(chunk.data), spare=True)
        line = ChunkLine(
            at=self._at(collected),
            device=device,
            direction=direction,
            transfer=chunk.transfer,
            offset=chunk.offset,
            size=len(chunk.data),
            sha256=hashlib.sha256(chunk.data).hexdigest(),
            data=base64.b64encode(chunk.data).decode() if keeps else None,
        )
        collected.frames.append(line)

    def _at(self, collected: Collected) -> float:
        return round(self._now() - collected.began, 6)


def _ref(ref: AttemptRef) -> AttemptRef:
    return AttemptRef(run=ref.run, task=ref.task, attempt=ref.attempt)
