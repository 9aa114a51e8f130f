"""Makes pydantic's JSON Schemas plain: references written out, titles gone, optional arguments without `null`."""

from __future__ import annotations

from typing import TypeVar

from protocol.vocabulary import JsonSchema

T = TypeVar("T")


def tidy(schema: JsonSchema) -> JsonSchema:
    """The same schema for readers who do not follow references. Models must not be recursive."""
    definitions = schema.get("$defs", {})
    result = _tidy({key: value for key, value in schema.items() if key != "$defs"}, definitions)
    result.pop("description", None)
    return result


def _tidy(node: JsonSchema, definitions: JsonSchema) -> JsonSchema:
    if "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        rest = {key: value for key, value in node.items() if key != "$ref"}
        # JsonValue's definition is {}: anything goes, and it may refer to itself.
        target = {key: value for key, value in definitions[name].items() if key != "description"}
        return _tidy({**target, **rest}, definitions)
    node = _without_null(node)
    done: JsonSchema = {}
    for key, value in node.items():
        if key == "title" and isinstance(value, str):
            continue
        if key == "properties":
            done[key] = {name: _tidy(inner, definitions) for name, inner in value.items()}
        elif isinstance(value, dict) and key not in ("default", "const"):
            done[key] = _tidy(value, definitions)
        elif isinstance(value, list) and key in ("anyOf", "oneOf", "allOf", "prefixItems"):
            done[key] = [_tidy(inner, definitions) for inner in value]
        else:
            done[key] = value
    return done


def _without_null(node: JsonSchema) -> JsonSchema:
    """An argument that may be left out need not be null as well; one that must be given keeps its null."""
    if "anyOf" not in node or node.get("default", ...) is not None:
        return node
    choices = [choice for choice in node["anyOf"] if choice != {"type": "null"}]
    rest = {key: value for key, value in node.items() if key not in ("anyOf", "default")}
    return {**choices[0], **rest} if len(choices) == 1 else {"anyOf": choices, **rest}
