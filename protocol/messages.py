"""The messages of `asterism.v1`, a union discriminated by `type`.

Direction and moment are part of a message's meaning; `session.py` enforces both. An attempt is named by
(`run`, `task`, `attempt`) and fenced by `epoch`, the device's session epoch at dispatch.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from protocol import VERSION
from protocol.errors import ErrorCode
from protocol.vocabulary import (
    CallLimits,
    DeviceKind,
    DeviceProfile,
    Identifier,
    Json,
    JsonObject,
    LongText,
    Name,
    Sha256,
    ShortText,
    SkillSpec,
    Traceparent,
    Wire,
    WithheldSkill,
    empty,
    unset,
)

Count = Annotated[int, Field(ge=0, le=2**53)]
Positive = Annotated[int, Field(ge=1, le=2**53)]
Seconds = Annotated[float, Field(ge=0, le=31_536_000)]
Transfer = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Hex32 = Annotated[str, Field(pattern=r"^[0-9a-f]{32,64}$")]
Withheld = Annotated[tuple[WithheldSkill, ...], Field(max_length=512, exclude_if=empty)]


class AttemptRef(Wire):
    """One dispatch of one task: the idempotency key of everything said about it."""

    run: Identifier
    task: Identifier
    attempt: Positive


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TaskError(Wire):
    """Why an attempt failed. `retryable` is the device's opinion; the retry policy decides.

    `choices`, of an `ambiguous` one: arguments, of which each set would have named one thing.
    """

    code: ErrorCode
    message: LongText
    retryable: bool = False
    choices: Annotated[tuple[dict[Name, ShortText], ...], Field(max_length=20)] = ()


class Usage(Wire):
    """What an attempt cost on its device: wall seconds, CPU seconds, peak memory in bytes."""

    seconds: Seconds = 0.0
    cpu_seconds: Seconds = 0.0
    peak_memory_bytes: Count = 0


class Limits(Wire):
    """Bounds that the gateway sets for a session: bytes, except where the name says otherwise."""

    frame_bytes: Positive = 1 << 20
    output_bytes: Positive = 512 << 10
    chunk_bytes: Positive = 256 << 10
    chunk_window: Positive = 8
    artifact_bytes: Positive = 8 << 30


class Resume(Wire):
    """Asks to go on with a broken session: its id and the last sequence number received."""

    session: Hex32
    received: Count


# --- gateway to device -----------------------------------------------------------------------------------------


class Challenge(Wire):
    """First word of the gateway: what it speaks, and the nonce that the device's proof must cover."""

    type: Literal["challenge"] = "challenge"
    versions: Annotated[tuple[str, ...], Field(min_length=1, max_length=8)] = (VERSION,)
    nonce: Hex32
    token_required: bool = False


class Welcome(Wire):
    """The device is registered. `epoch` fences every earlier session of this device.

    `resumed` says that the earlier session goes on; the device then sends again what lies after `received`.
    `credits` is how many stream messages (`progress`, `log`) the device may send before more are granted.
    """

    type: Literal["welcome"] = "welcome"
    session: Hex32
    epoch: Positive
    resumed: bool = False
    received: Count = 0
    heartbeat_s: Annotated[float, Field(gt=0, le=3600)]
    lease_s: Annotated[float, Field(gt=0, le=86_400)]
    limits: Limits = Limits()
    credits: Count = 256


class Dispatch(Wire):
    """Run one attempt. The agent refuses it when `epoch` is below the highest it has seen.

    `timeout_s` is start to finish. `heartbeat_s`, where set, is the longest time without a word of the attempt itself:
    a `progress` or a `log`. The gateway's side counts too, and is 10 s more patient. `caller` is who asked for the run,
    as the orchestrator authenticated them; `approval` the id of the approval under which this is sent. `limits`, where
    set, is what the attempt's programs may take: the task's own, lowered to its run's policy. The device lowers them to
    its own. It is left out where there is none, and only sent to devices whose profile has `limits`. `trace` is the
    context of a distributed trace (the `traceparent` of W3C Trace Context) that the device may go on with; it is left
    out where there is none, and only sent to devices whose profile has `traces`.
    """

    type: Literal["dispatch"] = "dispatch"
    run: Identifier
    task: Identifier
    attempt: Positive
    epoch: Positive
    skill: ShortText
    arguments: JsonObject = {}
    timeout_s: Seconds = 300.0
    heartbeat_s: Seconds | None = None
    cause: ShortText = ""
    caller: ShortText = ""
    approval: ShortText = ""
    limits: Annotated[CallLimits | None, Field(exclude_if=unset)] = None
    trace: Annotated[Traceparent | None, Field(exclude_if=unset)] = None


class Cancel(Wire):
    """Stop an attempt. Answered by its result; an attempt that the device does not know is answered `cancelled`."""

    type: Literal["cancel"] = "cancel"
    run: Identifier
    task: Identifier
    attempt: Positive
    epoch: Positive
    reason: ShortText = ""


class Recorded(Wire):
    """The result of this attempt is durable (or void): the device may forget it."""

    type: Literal["recorded"] = "recorded"
    run: Identifier
    task: Identifier
    attempt: Positive


class Credit(Wire):
    """So many more stream messages may come."""

    type: Literal["credit"] = "credit"
    amount: Positive


class Drain(Wire):
    """No new work will come; finish what runs, then leave."""

    type: Literal["drain"] = "drain"
    reason: ShortText = ""


# --- device to gateway -----------------------------------------------------------------------------------------


class Hello(Wire):
    """Registration. `device` is the agent's lasting identity; `name` is what people call it.

    `proof` is `protocol.credentials.proof` over the challenge's nonce; absent where the gateway asks for no token.
    `running` and `held` are the inventory: attempts at work, and results that wait for `recorded`. `withheld`: the
    skills that the device has and cannot use now; left out where there is none.
    """

    type: Literal["hello"] = "hello"
    version: ShortText
    device: Identifier
    name: Name
    kind: DeviceKind
    profile: DeviceProfile = DeviceProfile()
    labels: Annotated[dict[Name, ShortText], Field(max_length=64)] = {}
    skills: Annotated[tuple[SkillSpec, ...], Field(max_length=512)] = ()
    slots: Annotated[int, Field(ge=1, le=1024)] = 8
    epoch: Count = 0
    token: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,32}$")] | None = None
    proof: Sha256 | None = None
    resume: Resume | None = None
    running: Annotated[tuple[AttemptRef, ...], Field(max_length=1024)] = ()
    held: Annotated[tuple[AttemptRef, ...], Field(max_length=4096)] = ()
    withheld: Withheld = ()


class Accepted(Wire):
    """The attempt has begun. A result that follows at once may stand for it."""

    type: Literal["accepted"] = "accepted"
    run: Identifier
    task: Identifier
    attempt: Positive


class Progress(Wire):
    """The attempt lives; `fraction` of it is done where that is known. Takes one credit."""

    type: Literal["progress"] = "progress"
    run: Identifier
    task: Identifier
    attempt: Positive
    fraction: Annotated[float, Field(ge=0, le=1)] | None = None
    message: ShortText = ""


class LogLine(Wire):
    """A piece of the attempt's output, for people. Takes one credit."""

    type: Literal["log"] = "log"
    run: Identifier
    task: Identifier
    attempt: Positive
    stream: Literal["stdout", "stderr", "info"] = "info"
    text: LongText


class Result(Wire):
    """The attempt ended. Held by the device, and sent again on a timer, until `recorded` comes."""

    type: Literal["result"] = "result"
    run: Identifier
    task: Identifier
    attempt: Positive
    epoch: Positive
    outcome: Outcome
    output: Json = None
    error: TaskError | None = None
    usage: Usage = Usage()


class Heartbeat(Wire):
    """The device lives. It carries state, so that no protocol ping is needed."""

    type: Literal["heartbeat"] = "heartbeat"
    running: Count = 0
    load: Annotated[float, Field(ge=0, le=100_000)] = 0.0


class SkillsChanged(Wire):
    """The whole list of skills, and of those that are `withheld`, after a change."""

    type: Literal["skills"] = "skills"
    skills: Annotated[tuple[SkillSpec, ...], Field(max_length=512)]
    withheld: Withheld = ()


class Goodbye(Wire):
    """The device leaves on purpose; nothing of it is at work any more."""

    type: Literal["goodbye"] = "goodbye"
    reason: ShortText = ""


# --- artifacts, both ways --------------------------------------------------------------------------------------


class ArtifactOffer(Wire):
    """The sender has this content. Answered by `artifact_ready` (from which offset) or `artifact_refused`."""

    type: Literal["artifact_offer"] = "artifact_offer"
    transfer: Transfer
    sha256: Sha256
    size: Count
    name: ShortText = ""
    run: Identifier
    task: Identifier
    attempt: Positive


class ArtifactFetch(Wire):
    """The device wants this content, from `offset` on. Answered by `artifact_ready`, then chunks."""

    type: Literal["artifact_fetch"] = "artifact_fetch"
    transfer: Transfer
    sha256: Sha256
    offset: Count = 0
    run: Identifier
    task: Identifier
    attempt: Positive


class ArtifactReady(Wire):
    """Chunks may flow from `offset`; `size` is of the whole content."""

    type: Literal["artifact_ready"] = "artifact_ready"
    transfer: Transfer
    offset: Count
    size: Count


class ArtifactAck(Wire):
    """The receiver has everything below `offset`; `done` once the whole hash has been verified and it is stored."""

    type: Literal["artifact_ack"] = "artifact_ack"
    transfer: Transfer
    offset: Count
    done: bool = False


class ArtifactRefused(Wire):
    """The transfer is over, without success."""

    type: Literal["artifact_refused"] = "artifact_refused"
    transfer: Transfer
    code: ErrorCode
    message: ShortText = ""


# --- both ways -------------------------------------------------------------------------------------------------


class Fault(Wire):
    """Last word of a session that ends for a reason of this closed set."""

    type: Literal["fault"] = "fault"
    code: ErrorCode
    message: ShortText = ""


GatewayMessage = (
    Challenge
    | Welcome
    | Dispatch
    | Cancel
    | Recorded
    | Credit
    | Drain
    | ArtifactReady
    | ArtifactAck
    | ArtifactRefused
    | Fault
)
DeviceMessage = (
    Hello
    | Accepted
    | Progress
    | LogLine
    | Result
    | Heartbeat
    | SkillsChanged
    | Goodbye
    | ArtifactOffer
    | ArtifactFetch
    | ArtifactReady
    | ArtifactAck
    | ArtifactRefused
    | Fault
)
Message = GatewayMessage | DeviceMessage


class GatewayFrame(Wire):
    """What a gateway sends: messages numbered from `seq` on, and the last number it received.

    Before `welcome`, and in a frame without messages, `seq` is 0.
    """

    seq: Count = 0
    ack: Count = 0
    body: Annotated[tuple[Annotated[GatewayMessage, Field(discriminator="type")], ...], Field(max_length=512)] = ()


class DeviceFrame(Wire):
    """What a device sends; see `GatewayFrame`."""

    seq: Count = 0
    ack: Count = 0
    body: Annotated[tuple[Annotated[DeviceMessage, Field(discriminator="type")], ...], Field(max_length=512)] = ()


GATEWAY_FRAME: TypeAdapter[GatewayFrame] = TypeAdapter(GatewayFrame)
DEVICE_FRAME: TypeAdapter[DeviceFrame] = TypeAdapter(DeviceFrame)
