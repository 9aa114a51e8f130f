"""Says in a sentence what is wrong with arguments, without repeating their values."""

from __future__ import annotations

import difflib

from pydantic import ValidationError

from protocol.vocabulary import JsonSchema, SkillSpec

_NOUNS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_FORMATS = {
    "path": "a path (text)",
    "glob": "a file pattern (text)",
    "regex": "a regular expression (text)",
    "uri": "a URL (text)",
    "bytes": "a number of bytes",
    "seconds": "a number of seconds",
    "artifact": "an artifact (64 hex digits)",
    "command": "a command (text)",
}
# These say that the type is right and the value is not; pydantic's own words tell which bound was passed.
_BOUNDS = ("greater_than", "less_than", "too_short", "too_long", "pattern_mismatch", "finite_number", "unicode")


def complaint(spec: SkillSpec, error: ValidationError) -> str:
    """The first fault of a failed validation, naming the argument and what it must be."""
    first = error.errors(include_url=False, include_context=False)[0]
    if not first["loc"]:
        return f"the arguments of {spec.name} must be an object with names in plain text"
    name = str(first["loc"][0])
    properties: JsonSchema = spec.input_schema.get("properties", {})
    if first["type"] == "extra_forbidden":
        return _unknown(spec.name, name, list(properties))
    wanted = expected(properties.get(name, {}))
    if first["type"] == "missing":
        return f"`{name}` of {spec.name} is missing: it must be {wanted}"
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"][1:])
    why = f" ({first['msg']})" if where or any(part in first["type"] for part in _BOUNDS) else ""
    return f"`{name}` of {spec.name} must be {wanted}, not {json_type(first['input'])}{why}"


def expected(schema: JsonSchema) -> str:
    """What a value must be, in words."""
    if "enum" in schema:
        return "one of " + ", ".join(str(choice) for choice in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(expected(choice) for choice in schema["anyOf"]))
    if schema.get("format") in _FORMATS:
        return _FORMATS[str(schema["format"])]
    return _NOUNS.get(str(schema.get("type")), "any JSON value")


def json_type(value: object) -> str:
    """The JSON type of a value, in words."""
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (int, "a whole number"),
        (float, "a number"),
        (str, "text"),
        (list, "a list"),
        (dict, "an object"),
        (type(None), "null"),
    )
    return next((noun for kind, noun in kinds if isinstance(value, kind)), "something else")


def _unknown(skill: str, name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean `{close[0]}`?" if close else f"it takes {', '.join(f'`{item}`' for item in known) or 'none'}"
    return f"`{name[:80]}` is not an argument of {skill}: {hint}"
