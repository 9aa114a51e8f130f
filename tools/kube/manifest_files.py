"""Manifests as they are given: an object, or a YAML or JSON file of the device's workspace with one or several."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tools.context import ToolContext
from tools.errors import ToolError
from tools.kube.objects import Manifest

ManifestOrPath = JsonObject | Annotated[str, Field(min_length=1, max_length=4096, json_schema_extra={"format": "path"})]
MOST_BYTES: Final = 4 << 20
MOST_VALUES: Final = 200_000
SERVER_METADATA: Final = ("managedFields", "resourceVersion", "uid", "generation", "selfLink", "creationTimestamp")


async def given(context: ToolContext, manifest: JsonObject | str) -> list[Manifest]:
    """The manifests, lists opened, without what only the server says. Raises ToolError(BAD_ARGUMENTS, NOT_FOUND).

    The literal values of a Secret are only taken from a file: arguments are on record.
    """
    inline = isinstance(manifest, dict)
    documents = [manifest] if isinstance(manifest, dict) else await asyncio.to_thread(_read, context, manifest)
    found = [_plain(one) for one in _opened(documents)]
    if not found:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{manifest}` holds no manifest" if not inline else "it is empty")
    if inline and any(one["kind"] == "Secret" and (one.get("data") or one.get("stringData")) for one in found):
        raise ToolError(
            ErrorCode.DENIED,
            "the values of a Secret would be on record here: use kube.create_secret, or a file of the workspace",
        )
    return found


def _read(context: ToolContext, path: str) -> list[object]:
    with context.workspace.open_read(path) as (file, place):
        data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{place.path}` has more than {MOST_BYTES >> 20} MiB")
        return parsed(data.decode(errors="replace"), place.path)


def parsed(text: str, name: str) -> list[object]:
    """The documents of a YAML text; timestamps stay text. Raises ToolError(BAD_ARGUMENTS) with the line."""
    import yaml

    rules = {
        letter: [one for one in some if one[0] != "tag:yaml.org,2002:timestamp"]
        for letter, some in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    loader = type("Loader", (yaml.SafeLoader,), {"yaml_implicit_resolvers": rules})
    try:
        documents: list[object] = list(yaml.load_all(text, loader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark is not None else ""
        what = getattr(error, "problem", None) or type(error).__name__
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{name}` is no YAML{where}: {what}") from None
    # Aliases can make a short text stand for a huge object.
    left = MOST_VALUES
    for one in documents:
        left = _counted(one, left)
    return documents


def _counted(value: object, left: int) -> int:
    if left <= 0:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"the manifests have more than {MOST_VALUES:,} values")
    if isinstance(value, dict):
        for item in value.values():
            left = _counted(item, left - 1)
    elif isinstance(value, list):
        for item in value:
            left = _counted(item, left - 1)
    return left


def _opened(documents: Iterable[object]) -> list[Manifest]:
    found: list[Manifest] = []
    for one in documents:
        if one is None:
            continue
        if not isinstance(one, dict):
            raise ToolError(ErrorCode.BAD_ARGUMENTS, "a manifest is an object with apiVersion, kind and metadata")
        if one.get("kind") == "List" and isinstance(one.get("items"), list):
            found += _opened(one["items"])
            continue
        found.append(one)
    return found


def _plain(manifest: Manifest) -> Manifest:
    """Checked and copied: every object has a kind and a name, and no status."""
    metadata = manifest.get("metadata")
    for key in ("apiVersion", "kind"):
        if not isinstance(manifest.get(key), str):
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"a manifest says its {key}, and this one does not")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str) or not metadata["name"]:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"this {str(manifest['kind'])[:60]} has no metadata.name")
    kept = {key: value for key, value in metadata.items() if key not in SERVER_METADATA}
    return {**{key: value for key, value in manifest.items() if key != "status"}, "metadata": kept}
