"""The nouns that both ends of the wire share: skills, risks, device kinds and profiles."""

from __future__ import annotations

from collections.abc import Sized
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

Json = JsonValue
JsonObject = dict[str, JsonValue]
# A JSON Schema is JSON; pydantic's recursive JsonValue would cost a walk of every schema at each copy.
JsonSchema = dict[str, Any]

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
# Printable text on one line: a name or label can never carry an escape sequence to a terminal.
Name = Annotated[str, StringConstraints(pattern=NAME)]
SkillName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){1,3}$", max_length=80)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$")]
ShortText = Annotated[str, StringConstraints(max_length=500)]
LongText = Annotated[str, StringConstraints(max_length=8_000)]
Traceparent = Annotated[str, StringConstraints(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def unset(value: object) -> bool:
    """For fields that are left out where they say nothing: older readers, who forbid what they do not know, read on."""
    return value is None


def empty(value: Sized) -> bool:
    """As `unset`, for lists."""
    return not value


class Wire(BaseModel):
    """Base of everything that crosses the wire: strict types, no unknown fields, no NaN, immutable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Risk(StrEnum):
    """What a skill may do to the world. It comes from the skill's author, never from a model."""

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"


class DeviceKind(StrEnum):
    DESKTOP = "desktop"
    SERVER = "server"
    PHONE = "phone"
    EDGE = "edge"
    KUBERNETES = "kubernetes"


class SkillSpec(Wire):
    """A typed operation that a device offers.

    `input_schema` and `output_schema` are JSON Schema (2020-12) objects. A property's `format` types it for planners:
    `path`, `glob`, `regex`, `uri`, `bytes`, `seconds`, `artifact`, `command`. `idempotent` says that doing it twice
    is the same as doing it once, so that an attempt whose outcome is unknown may be repeated without asking.
    `preview` names the reading skill that shows what a call of this one would change: it takes `skill` and `arguments`,
    and what it returns is handed on as the argument `preview`, to which an approval is thereby bound.
    """

    name: SkillName
    description: ShortText
    input_schema: JsonSchema
    output_schema: JsonSchema
    risk: Risk = Risk.READ
    idempotent: bool = True
    examples: Annotated[tuple[ShortText, ...], Field(max_length=32)] = ()
    timeout_s: Annotated[float, Field(gt=0, le=86_400)] = 300.0
    version: Annotated[int, Field(ge=1)] = 1
    preview: SkillName | None = None


class WithheldSkill(Wire):
    """A skill that a device has and cannot use now. `why` is a sentence with the next step."""

    skill: SkillSpec
    why: ShortText


class ClusterProfile(Wire):
    """What a Kubernetes device sees of its cluster: a lexicon for planners; it grants nothing.

    `kinds`: `plural[/singular][/short]` of every kind that discovery lists. `identity` is who the device is there;
    `may`: what that identity may do, a rule a line, as SelfSubjectRulesReview says it, cut at the limit.
    """

    version: ShortText = ""
    context: ShortText = ""
    namespace: ShortText = ""
    namespaces: Annotated[tuple[Name, ...], Field(max_length=1000)] = ()
    kinds: Annotated[tuple[ShortText, ...], Field(max_length=1000)] = ()
    identity: ShortText = ""
    may: Annotated[tuple[ShortText, ...], Field(max_length=200)] = ()
    read_only: bool = False


class PhoneProfile(Wire):
    """What a phone says of itself. `battery` is in percent, None where it is not known; `simulated`: no phone at all,

    but a program that behaves like one, for tests and demonstrations.
    """

    manufacturer: ShortText = ""
    model: ShortText = ""
    android: ShortText = ""
    sdk: Annotated[int, Field(ge=0, le=10_000)] = 0
    battery: Annotated[int, Field(ge=0, le=100)] | None = None
    charging: bool = False
    simulated: bool = False


class SensorProfile(Wire):
    """One thing that an edge box measures: its name, its unit, and the topic or path where its values come from."""

    name: ShortText
    unit: ShortText = ""
    where: ShortText = ""


class ActuatorProfile(Wire):
    """One thing that an edge box sets, to one of `values` or to a number from `min` to `max`; `where` as above."""

    name: ShortText
    values: Annotated[tuple[ShortText, ...], Field(max_length=100)] = ()
    min: float | None = None
    max: float | None = None
    where: ShortText = ""


class EdgeProfile(Wire):
    """What the owner of an edge box declared: a lexicon for planners; it grants nothing. Cut at the limits."""

    sensors: Annotated[tuple[SensorProfile, ...], Field(max_length=200)] = ()
    actuators: Annotated[tuple[ActuatorProfile, ...], Field(max_length=200)] = ()


class DesktopProfile(Wire):
    """What a desktop has: screens as `1920x1080`, the desktop environment by its own name, browsers by program.

    `applications` are the names that its menu has, cut at the limit: a lexicon for planners; it grants nothing.
    """

    screens: Annotated[tuple[ShortText, ...], Field(max_length=32)] = ()
    environment: ShortText = ""
    browsers: Annotated[tuple[ShortText, ...], Field(max_length=32)] = ()
    applications: Annotated[tuple[ShortText, ...], Field(max_length=500)] = ()


class BatteryProfile(Wire):
    """A machine's battery when its agent started: percent, and whether it was on mains power."""

    percent: Annotated[int, Field(ge=0, le=100)]
    plugged: bool = False


class NetworkProfile(Wire):
    """A network interface by its name, and of which kind it is; no address of it."""

    name: ShortText
    kind: Literal["ethernet", "wifi", "mobile", "bridge", "tunnel", "virtual"] = "ethernet"


class CallLimits(Wire):
    """What the programs that one tool call runs may take together; None leaves a limit to the device's own.

    Bytes of memory, seconds of CPU time, and processes (threads count) at once.
    """

    memory_bytes: Annotated[int, Field(ge=1 << 20, le=1 << 50)] | None = None
    cpu_seconds: Annotated[float, Field(gt=0, le=31_536_000)] | None = None
    processes: Annotated[int, Field(ge=1, le=1 << 22)] | None = None

    def within(self, cap: CallLimits | None) -> CallLimits:
        """These, each lowered to the cap's; what only one of the two says holds."""
        if cap is None:
            return self
        return CallLimits(
            memory_bytes=_lower(self.memory_bytes, cap.memory_bytes),
            cpu_seconds=_lower(self.cpu_seconds, cap.cpu_seconds),
            processes=_lower(self.processes, cap.processes),
        )


N = TypeVar("N", int, float)


def _lower(one: N | None, other: N | None) -> N | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


class DeviceProfile(Wire):
    """What a machine is, probed by its agent. A claim: it places work, it grants nothing.

    Units: bytes for memory and disk, cores for CPUs. `engines` are container engines that the agent may speak to.
    `limits`: the most that one tool call may take there; None where the agent does not know a dispatch's `limits`.
    `traces`: the agent goes on with the trace that a dispatch names; left out where it does not.
    """

    os: ShortText = ""
    os_version: ShortText = ""
    architecture: ShortText = ""
    hostname: ShortText = ""
    cpus: Annotated[int, Field(ge=0)] = 0
    memory_bytes: Annotated[int, Field(ge=0)] = 0
    disk_bytes: Annotated[int, Field(ge=0)] = 0
    gpus: Annotated[tuple[ShortText, ...], Field(max_length=32)] = ()
    battery: BatteryProfile | None = None
    networks: Annotated[tuple[NetworkProfile, ...], Field(max_length=64)] = ()
    engines: Annotated[tuple[ShortText, ...], Field(max_length=8)] = ()
    agent_version: ShortText = ""
    cluster: ClusterProfile | None = None
    phone: PhoneProfile | None = None
    edge: EdgeProfile | None = None
    desktop: DesktopProfile | None = None
    limits: CallLimits | None = None
    traces: Annotated[Literal[True] | None, Field(exclude_if=unset)] = None
