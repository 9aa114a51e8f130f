"""The lines of a recording: one JSON object each, discriminated by `type`. docs/replay.md describes them.

    header, skills..., device..., then exchanges, presences, frames, chunks and events in the order of their time, end

`at` is seconds since the run was submitted. Nothing here is ever widened in silence: a change of meaning is a new
`VERSION`, and a reader refuses what it does not know.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from orchestrator.core.events import Event
from orchestrator.core.requests import Request
from orchestrator.core.rungs import ModelSettings
from orchestrator.core.tasks import Model
from protocol.messages import AttemptRef
from protocol.vocabulary import DeviceKind, DeviceProfile, Identifier, JsonObject, Name, Sha256, ShortText, SkillSpec

VERSION = 1
MAX_NOTES = 50

At = Annotated[float, Field(ge=-31_536_000, le=31_536_000_000)]
Direction = Literal["up", "down"]
"""From a device, or to it."""


class Header(Model):
    """The run, as it was asked for, and what it was planned with.

    `at` is the Unix time of its submission. `models` are the rungs above the embedded one, `capabilities` what their
    servers were known to do; `rungs`, where given, are the only ones that were asked. `frames`: what devices said and
    were told is here; without, only the events are. `shared` is how many other runs were open at the time. `fleet`: the
    devices are those of that time, or of a later one. `notes` say what of the run is not in the file.
    """

    type: Literal["header"] = "header"
    version: Literal[1] = 1
    asterism: ShortText
    run: Identifier
    at: float
    request: Request
    seed: int | None = None
    heartbeat_s: float = 10.0
    lease_s: float = 25.0
    placement: Literal["score", "round_robin"] = "score"
    rungs: tuple[ShortText, ...] = ()
    models: tuple[ModelSettings, ...] = ()
    capabilities: JsonObject = {}
    frames: bool = True
    shared: int = 0
    fleet: Literal["then", "later"] = "then"
    notes: Annotated[tuple[ShortText, ...], Field(max_length=MAX_NOTES)] = ()


class SkillTable(Model):
    """Skills that devices offer, by the hash of their JSON: devices with the same ones share a table."""

    type: Literal["skills"] = "skills"
    id: Sha256
    skills: tuple[SkillSpec, ...]


class Experience(Model):
    """How a device did with a skill before: counts, and the moving mean of the seconds that successes took."""

    succeeded: int = 0
    failed: int = 0
    seconds: float | None = None


class DeviceLine(Model):
    """A device of the fleet when the run was submitted. `skills` names a table; `running`: attempts of other runs.

    `withheld`: skills that it had and could not use, by name, with why; their table is `latent`.
    """

    type: Literal["device"] = "device"
    name: Name
    kind: DeviceKind
    profile: DeviceProfile = DeviceProfile()
    labels: dict[Name, ShortText] = {}
    slots: int = 8
    skills: Sha256
    withheld: dict[str, str] = {}
    latent: Sha256 | None = None
    online: bool = True
    draining: bool = False
    running: int = 0
    experience: dict[str, Experience] = {}


class ExchangeLine(Model):
    """One exchange with a model's server, as `agents.recording.Exchange` has it. `run`: false for a probe."""

    type: Literal["exchange"] = "exchange"
    at: At
    exchange: JsonObject
    run: bool = True


class PresenceLine(Model):
    """A device came or went while the run was open. `running` and `held` are the run's attempts it came back with.

    `device` is set where it came with other properties than it had.
    """

    type: Literal["presence"] = "presence"
    at: At
    name: Name
    what: Literal["joined", "left", "goodbye", "lapsed"]
    resumed: bool = False
    running: tuple[AttemptRef, ...] = ()
    held: tuple[AttemptRef, ...] = ()
    device: DeviceLine | None = None


class FrameLine(Model):
    """One message of the protocol that concerns the run."""

    type: Literal["frame"] = "frame"
    at: At
    device: Name
    direction: Direction
    message: JsonObject


class ChunkLine(Model):
    """A piece of an artifact: `size` bytes from `offset` on, their hash, and the bytes in base64 where they are few."""

    type: Literal["chunk"] = "chunk"
    at: At
    device: Name
    direction: Direction
    transfer: ShortText
    offset: Annotated[int, Field(ge=0)]
    size: Annotated[int, Field(ge=0)]
    sha256: Sha256
    data: Annotated[str, Field(max_length=400_000)] | None = None


class EventLine(Model):
    type: Literal["event"] = "event"
    event: Event


class End(Model):
    """The last line: how many came before it, and how many were left out because the recording was full."""

    type: Literal["end"] = "end"
    lines: int
    left_out: int = 0


Line = Header | SkillTable | DeviceLine | ExchangeLine | PresenceLine | FrameLine | ChunkLine | EventLine | End
LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="type")])
