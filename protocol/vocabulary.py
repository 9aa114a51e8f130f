"""The nouns that both ends of the wire share: skills, risks, device kinds and profiles."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

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
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


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


class DeviceProfile(Wire):
    """What a machine is, probed by its agent. A claim: it places work, it grants nothing.

    Units: bytes for memory and disk, cores for CPUs.
    """

    os: ShortText = ""
    os_version: ShortText = ""
    architecture: ShortText = ""
    hostname: ShortText = ""
    cpus: Annotated[int, Field(ge=0)] = 0
    memory_bytes: Annotated[int, Field(ge=0)] = 0
    disk_bytes: Annotated[int, Field(ge=0)] = 0
    gpus: Annotated[tuple[ShortText, ...], Field(max_length=32)] = ()
    agent_version: ShortText = ""
