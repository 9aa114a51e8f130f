"""The types that a skill's signature is written in. Each puts its `format` into the schema, for planners."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from protocol.vocabulary import Json

WorkspacePath = Annotated[str, Field(min_length=1, max_length=4096, json_schema_extra={"format": "path"})]
Glob = Annotated[str, Field(min_length=1, max_length=500, json_schema_extra={"format": "glob"})]
Regex = Annotated[str, Field(min_length=1, max_length=1000, json_schema_extra={"format": "regex"})]
Uri = Annotated[str, Field(min_length=1, max_length=8000, json_schema_extra={"format": "uri"})]
Bytes = Annotated[int, Field(ge=0, le=2**53, json_schema_extra={"format": "bytes"})]
Seconds = Annotated[float, Field(ge=0, le=3_153_600_000, json_schema_extra={"format": "seconds"})]
Artifact = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", json_schema_extra={"format": "artifact"})]
Command = Annotated[str, Field(min_length=1, max_length=100_000, json_schema_extra={"format": "command"})]
Limit = Annotated[int, Field(ge=1, le=100_000)]
Lines = Annotated[int, Field(ge=1, le=100_000)]
JsonPath = Annotated[str, Field(min_length=1, max_length=200)]
Items = Annotated[list[Json], Field(max_length=1_000_000)]
Order = Literal["asc", "desc"]
FileSort = Literal["name", "size", "modified"]
FileType = Literal["file", "directory", "link", "other"]


class Output(BaseModel):
    """Base of what skills return."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
