"""What devices do in a replay, from a recording: what they said to each attempt, and when they came and went.

Pure. Where the recording has no frames, both are worked out from the run's events: a result for every attempt that
ended by its device's word, an absence for every attempt that was lost with its device.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.core import events as e
from orchestrator.core.events import AttemptOutcome, Event
from orchestrator.replaying.lines import ChunkLine, PresenceLine
from orchestrator.replaying.recording import Recording
from protocol.codec import Chunk
from protocol.messages import Accepted, ArtifactFetch, ArtifactOffer, LogLine, Outcome, Progress, Result

Key = tuple[str, int]  # task, attempt
Spoken = Accepted | Progress | LogLine | Result | ArtifactOffer | ArtifactFetch
_SPOKEN: dict[str, type[Spoken]] = {
    "accepted": Accepted,
    "progress": Progress,
    "log": LogLine,
    "result": Result,
    "artifact_offer": ArtifactOffer,
    "artifact_fetch": ArtifactFetch,
}
_DEVICE_SAID = {
    AttemptOutcome.SUCCEEDED: Outcome.SUCCEEDED,
    AttemptOutcome.UNCONFIRMED: Outcome.SUCCEEDED,
    AttemptOutcome.FAILED: Outcome.FAILED,
    AttemptOutcome.CANCELLED: Outcome.CANCELLED,
}
_GONE = (AttemptOutcome.LOST, AttemptOutcome.UNKNOWN)
BEFORE_S = 0.001


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a device said, seconds after the run's submission."""

    at: float
    message: Spoken


@dataclass
class Script:
    """`said` by attempt; of the attempts in `begun`, some said nothing. `contents` are artifacts by hash: their bytes
    (None where they are unknown) and their size.

    `presences` in the order of time. `plain` says what cannot be replayed as it was.
    """

    said: dict[Key, list[Said]] = field(default_factory=dict)
    begun: set[Key] = field(default_factory=set)
    presences: list[PresenceLine] = field(default_factory=list)
    contents: dict[str, tuple[bytes | None, int]] = field(default_factory=dict)
    plain: list[str] = field(default_factory=list)


def script_of(recording: Recording) -> Script:
    """What the devices of a recording do."""
    script = _from_frames(recording) if recording.header.frames else _from_events(recording)
    script.begun = {
        (event.body.task, event.body.attempt) for event in recording.events if isinstance(event.body, e.TaskDispatched)
    }
    script.plain += recording.header.notes
    if recording.left_out:
        script.plain.append(f"{recording.left_out} frames did not fit into the recording")
    return script


# --- from frames ---------------------------------------------------------------------------------------------------


def _from_frames(recording: Recording) -> Script:
    script = Script(presences=list(recording.presences))
    pieces: dict[str, list[ChunkLine]] = {}
    offers: dict[str, ArtifactOffer] = {}
    ended: dict[Key, None] = {}
    for line in recording.frames:
        if isinstance(line, ChunkLine):
            if line.direction == "up":
                pieces.setdefault(line.transfer, []).append(line)
            continue
        kind = _SPOKEN.get(str(line.message.get("type"))) if line.direction == "up" else None
        if kind is None:
            continue
        message = kind.model_validate_json(json.dumps(line.message))
        key = (message.task, message.attempt)
        if isinstance(message, Result):
            if key in ended:  # a device says it again until it is recorded
                continue
            ended[key] = None
        if isinstance(message, ArtifactOffer):
            offers[message.transfer] = message
        script.said.setdefault(key, []).append(Said(line.at, message))
    for transfer, offer in offers.items():
        content = _content(offer, pieces.get(transfer, []))
        if content is not None or offer.sha256 not in script.contents:
            script.contents[offer.sha256] = (content, offer.size)
    return script


def _content(offer: ArtifactOffer, pieces: list[ChunkLine]) -> bytes | None:
    """All bytes of an artifact; None where some of them are not in the recording."""
    whole = b""
    for piece in sorted(pieces, key=lambda one: one.offset):
        if piece.data is None or piece.offset != len(whole):
            return None
        whole += base64.b64decode(piece.data)
    return whole if len(whole) == offer.size else None


def chunks(transfer: str, content: bytes, offset: int, size: int) -> Iterator[Chunk]:
    """A content's pieces from `offset` on, each at most `size` bytes."""
    for at in range(offset, len(content), size):
        yield Chunk(transfer, at, content[at : at + size])


# --- from events ---------------------------------------------------------------------------------------------------


def _from_events(recording: Recording) -> Script:
    header = recording.header
    script = Script()
    on: dict[Key, str] = {}
    away: dict[str, None] = {}
    for event in recording.events:
        at, body = event.at - header.at, event.body
        if isinstance(body, e.TaskDispatched):
            on[body.task, body.attempt] = body.device
            if body.device in away:
                del away[body.device]
                script.presences.append(PresenceLine(at=at - BEFORE_S, name=body.device, what="joined"))
        elif isinstance(body, e.AttemptEnded):
            key = (body.task, body.attempt)
            if body.outcome in _DEVICE_SAID:
                script.said[key] = [Said(at, _result(event, body))]
            elif body.outcome in _GONE and (name := on.get(key)) is not None and name not in away:
                away[name] = None
                script.presences.append(_absence(at, name, body, header.lease_s))
    script.presences.sort(key=lambda one: one.at)
    return script


def _result(event: Event, body: e.AttemptEnded) -> Result:
    return Result(
        run=event.run,
        task=body.task,
        attempt=body.attempt,
        epoch=1,
        outcome=_DEVICE_SAID[body.outcome],
        output=body.output,
        error=body.error,
        usage=body.usage,
    )


def _absence(at: float, name: str, body: e.AttemptEnded, lease_s: float) -> PresenceLine:
    """When the device went, so that its attempt is lost at `at`."""
    if body.error is not None and "device left" in body.error.message:
        return PresenceLine(at=at, name=name, what="goodbye")
    return PresenceLine(at=at - lease_s, name=name, what="left")
