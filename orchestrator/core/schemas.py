"""JSON Schema as placement of values needs it: does an argument fit, may a reference fit, what lies at a path.

Values are checked by the `jsonschema` library on the device too; here a plan is checked before anything runs. A
reference stands for a value that is not there yet: its schema is compared instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import JsonValue

from orchestrator.core import references
from orchestrator.core.paths import split
from orchestrator.core.references import Reference

SchemaOf = Callable[[Reference], object]
Schema = dict[str, Any]


def check_arguments(schema: Schema, arguments: dict[str, JsonValue], schema_of: SchemaOf) -> Iterator[str]:
    """What is wrong with `arguments`, a sentence each."""
    definitions = schema.get("$defs", {})
    properties = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in arguments:
            yield f"the argument `{name}` is missing"
    for name, value in numbers_as_text(schema, arguments, schema_of).items():
        if name not in properties:
            if schema.get("additionalProperties") is False or properties:
                yield f"there is no argument `{name}`; there are: {', '.join(properties) or 'none'}"
            continue
        yield from _check(resolve(properties[name], definitions), value, f"`{name}`", definitions, schema_of)


def _check(schema: Schema, value: JsonValue, where: str, definitions: Schema, schema_of: SchemaOf) -> Iterator[str]:
    reference = references.whole(value)
    if reference is not None:
        found = schema_of(reference)
        if isinstance(found, dict) and not compatible(found, schema, definitions):
            yield f"{where} takes {_types_text(schema)}, and {reference} is {_types_text(found)}"
        return
    if isinstance(value, str) and any(True for _ in references.find(value)):
        if not _allows(schema, "string"):
            yield f"{where} takes {_types_text(schema)}, not text"
        return
    if isinstance(value, (list, dict)) and any(True for _ in references.find(value)):
        yield from _check_parts(schema, value, where, definitions, schema_of)
        return
    yield from _validate(schema, value, where, definitions)


def _written(found: Schema, wanted: Schema) -> bool:
    """Whether a value of schema `found` may be a number where free text is taken: it is written out then.

    A path, a command or one word of several is never meant to be a number.
    """
    kinds = types(found, found.get("$defs", {}))
    number = not kinds or "integer" in kinds or "number" in kinds
    return number and wanted.get("type") == "string" and "enum" not in wanted and "format" not in wanted


def numbers_as_text(schema: Schema, arguments: dict[str, JsonValue], schema_of: SchemaOf) -> dict[str, JsonValue]:
    """`arguments` in which references to numbers where a text is taken have their value written out."""
    definitions, properties = schema.get("$defs", {}), schema.get("properties", {})

    def taken(name: str, value: JsonValue) -> JsonValue:
        reference = references.whole(value)
        found = None if reference is None else schema_of(reference)
        wanted = resolve(properties.get(name), definitions)
        return references.as_text(value) if isinstance(found, dict) and _written(found, wanted) else value

    return {name: taken(name, value) for name, value in arguments.items()}


def _check_parts(
    schema: Schema, value: JsonValue, where: str, definitions: Schema, schema_of: SchemaOf
) -> Iterator[str]:
    if isinstance(value, list):
        if not _allows(schema, "array"):
            yield f"{where} takes {_types_text(schema)}, not a list"
        items = resolve(schema.get("items", {}), definitions)
        for number, item in enumerate(value):
            yield from _check(items, item, f"{where}[{number}]", definitions, schema_of)
    elif isinstance(value, dict):
        if not _allows(schema, "object"):
            yield f"{where} takes {_types_text(schema)}, not an object"
        for name, item in value.items():
            part = resolve(schema.get("properties", {}).get(name, {}), definitions)
            yield from _check(part, item, f"{where}.{name}", definitions, schema_of)


def _validate(schema: Schema, value: JsonValue, where: str, definitions: Schema) -> Iterator[str]:
    from jsonschema import Draft202012Validator  # imported late: 60 ms that a start need not wait for
    from jsonschema.exceptions import SchemaError

    try:
        error = next(iter(Draft202012Validator({**schema, "$defs": definitions}).iter_errors(value)), None)
    except (SchemaError, RecursionError, ValueError, TypeError, LookupError):
        yield f"{where} has a schema that cannot be used"
        return
    if error is not None:
        deeper = "".join(f"[{part!r}]" for part in error.absolute_path)
        yield f"{where}{deeper}: {error.message[:300]}"


def resolve(schema: object, definitions: Schema) -> Schema:
    """A schema with its `$ref` into `$defs` followed, and an optional's null taken away."""
    for _ in range(16):
        if not isinstance(schema, dict):
            return {}
        target = schema.get("$ref")
        if isinstance(target, str) and target.startswith("#/$defs/"):
            schema = definitions.get(target.removeprefix("#/$defs/"), {})
            continue
        return schema
    return {}


def at_path(schema: Schema, path: str) -> Schema | None:
    """The schema of what lies at `path`; {} where the schema does not say, None where it rules it out."""
    definitions = schema.get("$defs", {})
    current = resolve(schema, definitions)
    try:
        steps = split(path)
    except ValueError:
        return None
    for step in steps:
        current = _without_null(current, definitions)
        if isinstance(step, int):
            if not _allows(current, "array"):
                return None
            current = resolve(current.get("items", {}), definitions)
            continue
        if not _allows(current, "object"):
            return None
        properties = current.get("properties", {})
        if step in properties:
            current = resolve(properties[step], definitions)
        elif properties and current.get("additionalProperties", False) is False:
            return None
        else:
            extra = current.get("additionalProperties")
            current = resolve(extra, definitions) if isinstance(extra, dict) else {}
    return {**current, "$defs": definitions} if definitions else current


def compatible(found: Schema, wanted: Schema, definitions: Schema | None = None) -> bool:
    """Whether a value of schema `found` may be one of `wanted`: they share a type, item types too."""
    ours = definitions or wanted.get("$defs", {})
    theirs = found.get("$defs", {})
    left, right = types(found, theirs), types(wanted, ours)
    if not left or not right:
        return True
    shared = [kind for kind in left if kind in right or (kind == "integer" and "number" in right)]
    if not [kind for kind in shared if kind != "null"]:
        return False
    if shared == ["array"]:
        items = resolve(found.get("items", {}), theirs), resolve(wanted.get("items", {}), ours)
        return compatible({**items[0], "$defs": theirs}, {**items[1], "$defs": ours})
    return True


def types(schema: Schema, definitions: Schema | None = None) -> list[str]:
    """The JSON types that a schema allows; empty where it does not say."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return [kind]
    if isinstance(kind, list):
        return [str(one) for one in kind]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            found = [types(resolve(part, definitions or {}), definitions) for part in schema[key]]
            return [] if not all(found) else list(dict.fromkeys(one for part in found for one in part))
    if "enum" in schema and all(isinstance(one, str) for one in schema["enum"]):
        return ["string"]
    return []


def _without_null(schema: Schema, definitions: Schema) -> Schema:
    parts = [resolve(part, definitions) for part in schema.get("anyOf", [])]
    real = [part for part in parts if part.get("type") != "null"]
    return real[0] if len(real) == 1 else schema


def _allows(schema: Schema, kind: str) -> bool:
    allowed = types(schema)
    return not allowed or kind in allowed


def _types_text(schema: Schema) -> str:
    names = {"array": "a list", "object": "an object", "string": "text", "boolean": "true or false", "null": "nothing"}
    names |= {"integer": "a whole number", "number": "a number"}
    return " or ".join(names.get(kind, kind) for kind in types(schema)) or "anything"
