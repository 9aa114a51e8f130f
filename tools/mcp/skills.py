"""The tools of an MCP server as skills: their specifications, and what their answers become."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Coroutine, Iterable
from pathlib import Path

import mcp_types as types
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from protocol.codec import check_json
from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject, Risk, SkillSpec
from tools.arguments import Output
from tools.context import ToolContext
from tools.errors import ToolError, printable
from tools.mcp.connection import Connection
from tools.mcp.settings import McpServer
from tools.schemas import tidy
from tools.skill import Skill

SCHEMA_BYTES = 32 << 10
FILES = 50
_WORD = re.compile(r"[^a-z0-9]+")
_ORDER = (Risk.READ, Risk.WRITE, Risk.DESTRUCTIVE)


class File(Output):
    """A picture, a sound or a resource of the answer, as an artifact: its hash, as `artifact.save` takes it."""

    artifact: str
    name: str
    mime: str
    size_bytes: int


class Answer(Output):
    """What a tool said: its text, its structured content where it has one, and files."""

    text: str
    data: Json = None
    files: tuple[File, ...] = ()


class _Arguments(BaseModel):
    """What a server takes only the server knows; that it is an object the protocol makes sure of."""


class McpSkill(Skill[..., Coroutine[object, object, Answer]]):
    """A tool of an MCP server."""

    def __init__(self, connection: Connection, tool: str, spec: SkillSpec) -> None:
        async def use(context: ToolContext, *, arguments: JsonObject) -> Answer:
            seconds = context.limits.seconds
            answer = await connection.call(tool, arguments, seconds, idempotent=spec.idempotent)
            return await _answer(context, spec.name, answer)

        super().__init__(use, spec, _Arguments, lambda value: Answer.model_validate(value).model_dump(mode="json"))

    def checked(self, arguments: JsonObject) -> dict[str, object]:
        return {"arguments": arguments}


def skills_of(connection: Connection) -> tuple[list[McpSkill], list[str]]:
    """A skill for each tool that can be one, by name, and a sentence for each that cannot."""
    found: dict[str, McpSkill] = {}
    refused: list[str] = []
    for tool in connection.tools:
        try:
            spec = spec_of(connection.server, tool)
            if spec.name in found:
                raise ValueError("there are two tools of this name")
        except ValueError as error:
            reason = "its description is no skill's" if isinstance(error, ValidationError) else str(error)
            refused.append(f"{printable(tool.name)[:80]}: {reason}")
        else:
            found[spec.name] = McpSkill(connection, tool.name, spec)
    return [found[name] for name in sorted(found)], refused


def spec_of(server: McpServer, tool: types.Tool) -> SkillSpec:
    """The tool's specification. Its name, words and schema are claims; its risk is the owner's word, or higher.

    Raises ValueError where the tool cannot be a skill.
    """
    word = _WORD.sub("_", tool.name.lower()).strip("_")
    if not word or not word[0].isalpha():
        raise ValueError("its name has no letter to begin with")
    schema = tool.input_schema
    if schema.get("type") != "object" or len(to_json(schema)) > SCHEMA_BYTES or check_json(schema) is not None:
        raise ValueError(f"its input schema is no object's, or has more than {SCHEMA_BYTES:,} bytes")
    about = printable(" ".join((tool.description or tool.title or tool.name).split()))[:400]
    hints = tool.annotations or types.ToolAnnotations()
    risk = server.risks.get(tool.name, server.risk)
    if tool.name not in server.risks and hints.destructive_hint and not hints.read_only_hint:
        risk = max(risk, Risk.DESTRUCTIVE, key=_ORDER.index)
    return SkillSpec(
        name=f"{server.name}.{word}",
        description=about,
        input_schema=schema,
        output_schema=tidy(Answer.model_json_schema(mode="serialization")),
        risk=risk,
        # What a server claims of repeating would have its work done twice where the claim is wrong.
        idempotent=risk is Risk.READ,
        examples=(f"{server.name} {word.replace('_', ' ')}",),
    )


async def _answer(context: ToolContext, name: str, result: types.CallToolResult) -> Answer:
    texts = [block.text for block in result.content if isinstance(block, types.TextContent)]
    texts += [str(block.uri) for block in result.content if isinstance(block, types.ResourceLink)]
    texts += [one.text for one in _resources(result) if isinstance(one, types.TextResourceContents)]
    text = "\n".join(texts)
    if result.is_error:
        raise ToolError(ErrorCode.TOOL_FAILED, text or f"{name} failed, and did not say why")
    data = result.structured_content
    reason = check_json(data)
    if reason is not None:
        raise ToolError(ErrorCode.BAD_OUTPUT, f"{name} returned {reason}")
    return Answer(text=text, data=data, files=tuple([await _file(context, *one) for one in _blobs(result)]))


def _resources(result: types.CallToolResult) -> Iterable[types.TextResourceContents | types.BlobResourceContents]:
    return (block.resource for block in result.content if isinstance(block, types.EmbeddedResource))


def _blobs(result: types.CallToolResult) -> list[tuple[str, str, str]]:
    """Name, media type and base64 of each file in the answer."""
    found: list[tuple[str, str, str]] = [
        (block.type, block.mime_type, block.data)
        for block in result.content
        if isinstance(block, (types.ImageContent, types.AudioContent))
    ]
    found += [
        (str(one.uri).rpartition("/")[2], one.mime_type or "", one.blob)
        for one in _resources(result)
        if isinstance(one, types.BlobResourceContents)
    ]
    if len(found) > FILES:
        raise ToolError(ErrorCode.OUTPUT_TOO_LARGE, f"the answer has {len(found)} files and {FILES} are allowed")
    return found


async def _file(context: ToolContext, name: str, mime: str, encoded: str) -> File:
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ToolError(ErrorCode.BAD_OUTPUT, "the answer has a file that is no base64") from None
    name, mime = printable(name)[:100] or "file", printable(mime)[:100]
    memory = os.memfd_create("asterism")
    with os.fdopen(memory, "wb") as file:
        file.write(content)
        file.flush()
        sha256, size = await context.artifacts.publish(Path(f"/proc/self/fd/{memory}"), name=name)
    return File(artifact=sha256, name=name, mime=mime, size_bytes=size)
