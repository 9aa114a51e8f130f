"""Schemas as devices send them, made safe to read: a device's claim must never stop an orchestrator.

What stays is a subset of JSON Schema in which every keyword has the shape that its readers expect, references point
into `$defs` and never in a circle, and checking a value takes time in proportion to it. What does not fit is left out,
which only makes a schema say less: the device checks its arguments itself, with all that it knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from protocol.vocabulary import SkillSpec

MAX_SIZE: Final = 2_000
"""Keywords and parts of one schema, each reference counted as what it stands for."""
MAX_DEFINITIONS: Final = 200
LEFT_OUT: Final = object()
TYPES: Final = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
LINEAR: Final = re.compile(r"\^[A-Za-z0-9_-]*\[[^\[\]\\]+\]\{\d{1,4}(,\d{1,4})?\}\$")
"""One class of characters, counted, between both ends: what Python's engine never goes back over."""

Schema = dict[str, Any]


class _TooLarge(Exception):
    pass


def vetted(spec: SkillSpec) -> SkillSpec:
    """The skill with schemas that are safe to read."""
    clean = {"input_schema": _schema(spec.input_schema), "output_schema": _schema(spec.output_schema)}
    if clean == {"input_schema": spec.input_schema, "output_schema": spec.output_schema}:
        return spec
    return spec.model_copy(update=clean)


def _schema(schema: Schema) -> Schema:
    try:
        return _Vetting(schema.get("$defs")).clean(schema)
    except (_TooLarge, RecursionError):
        return {}


class _Vetting:
    """One schema. `_sound` are the definitions that lead to no circle, `_sizes` what each stands for."""

    def __init__(self, definitions: object) -> None:
        self._definitions = definitions if isinstance(definitions, dict) else {}
        self._sound = _sound(self._definitions)
        self._sizes: dict[str, int] = {}
        self._size = 0

    def clean(self, schema: object) -> Schema:
        if not isinstance(schema, dict):
            return {}
        self._grow(1)
        found: Schema = {}
        for keyword, value in schema.items():
            kept = self._keyword(keyword, value)
            if kept is not LEFT_OUT:
                self._grow(1)
                found[keyword] = kept
        return found

    def _keyword(self, keyword: str, value: object) -> object:
        """What is kept of a keyword."""
        if keyword in ("properties", "$defs"):
            return {name: self.clean(part) for name, part in value.items()} if isinstance(value, dict) else LEFT_OUT
        if keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
            return [self.clean(part) for part in value] if isinstance(value, list) and value else LEFT_OUT
        if keyword in ("items", "propertyNames"):
            return self.clean(value) if isinstance(value, dict) else LEFT_OUT
        if keyword == "additionalProperties":
            return self.clean(value) if isinstance(value, dict) else value if isinstance(value, bool) else LEFT_OUT
        if keyword == "$ref":
            return self._reference(value)
        fits = _PLAIN.get(keyword)
        return value if fits is not None and fits(value) else LEFT_OUT

    def _reference(self, target: object) -> object:
        """A reference into `$defs`, at the price of what it stands for."""
        name = _name(target)
        if name not in self._sound:
            return LEFT_OUT
        if name not in self._sizes:
            before = self._size
            self.clean(self._definitions[name])
            self._sizes[name] = self._size - before
        else:
            self._grow(self._sizes[name])
        return target

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > MAX_SIZE:
            raise _TooLarge


def _name(target: object) -> str:
    """The definition that a reference names; empty where it names none."""
    local = isinstance(target, str) and target.startswith("#/$defs/")
    return str(target).removeprefix("#/$defs/") if local else ""


def _sound(definitions: dict[str, object]) -> set[str]:
    """The definitions that refer, over others too, never to themselves."""
    if len(definitions) > MAX_DEFINITIONS:
        raise _TooLarge
    refers = {name: set(_references(part)) for name, part in definitions.items() if not set(name) & set("/~%")}
    sound: set[str] = set()
    while True:
        more = {name for name, names in refers.items() if name not in sound and names & definitions.keys() <= sound}
        if not more:
            return sound
        sound |= more


def _references(schema: object) -> Iterator[str]:
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    if isinstance(schema, dict) and "$ref" in schema:
        yield _name(schema["$ref"])
    for part in parts:
        yield from _references(part)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_type(value: object) -> bool:
    kinds = value if isinstance(value, list) else [value]
    return bool(kinds) and all(isinstance(kind, str) and kind in TYPES for kind in kinds)


_PLAIN: Final[dict[str, Callable[[object], bool]]] = {
    "type": _is_type,
    "required": lambda value: isinstance(value, list) and all(map(_is_text, value)),
    "enum": lambda value: isinstance(value, list) and bool(value),
    "const": lambda _: True,
    "default": lambda _: True,
    "examples": lambda value: isinstance(value, list),
    "pattern": lambda value: isinstance(value, str) and LINEAR.fullmatch(value) is not None,
    **dict.fromkeys(("title", "description", "format", "contentEncoding", "contentMediaType"), _is_text),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _is_number),
    "multipleOf": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0,
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _is_count),
    **dict.fromkeys(("uniqueItems", "deprecated", "readOnly", "writeOnly"), lambda value: isinstance(value, bool)),
}
