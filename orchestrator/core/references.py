"""References from one task's arguments to another's record.

    ${collect.output.path}          a value; alone in a string it keeps its JSON type, inside text it is written out
    ${collect.output.count|text}    a number written out as text (the compiler adds it where a skill takes text)
    ${collect.device}               also: status, error
    ${collect[*].output.path}       the list of the values of a fan-out's members that succeeded, in task order
    ${collect[*]}                   the list of their records {"device", "task", "output"}
    $${                             a literal ${

Anything else that begins with ${ (a shell's ${HOME}) is plain text. Text from outside that goes into arguments must
pass `escape` first, so that it can never turn into a reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pydantic import JsonValue

from orchestrator.core.paths import MISSING, Missing

_REFERENCE = re.compile(
    # A task that took a failed one's place has a number behind a dot: `read.2`.
    r"\$(?P<escape>\$)\{|\$\{(?P<id>[A-Za-z0-9][A-Za-z0-9_@:-]{0,127}(?:\.[1-9][0-9]{0,3})?)"
    r"(?:(?P<all>\[\*\])(?:\.(?P<many>(?:output|device|task|error)(?:[.\[][^{}]*?)?))?"
    r"|\.(?P<path>(?:output|device|status|error)(?:[.\[][^{}]*?)?))(?P<text>\|text)?\}"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """`task` is a task id, or with `many` the name of a fan-out (a group). `path` is within the record."""

    task: str
    path: str
    many: bool = False

    def __str__(self) -> str:
        return "${" + self.task + ("[*]" if self.many else "") + ("." + self.path if self.path else "") + "}"


class UnresolvedReference(ValueError):
    """The upstream task has no value at this path."""

    def __init__(self, reference: Reference) -> None:
        super().__init__(f"{reference} has no value")
        self.reference = reference


def _reference(found: re.Match[str]) -> Reference:
    if found["all"]:
        return Reference(found["id"], found["many"] or "", many=True)
    return Reference(found["id"], found["path"])


def find(value: JsonValue) -> Iterable[Reference]:
    """Every reference in a JSON value, in order of appearance."""
    # Most arguments have none, and every task of a log that is read back is asked: a walk of generators costs more.
    return _found(value) if _may_have(value) else ()


def _may_have(value: JsonValue) -> bool:
    if isinstance(value, str):
        return "${" in value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:  # noqa: SIM110 - a generator for each task would cost more than the answer
        if isinstance(item, (str, dict, list)) and _may_have(item):
            return True
    return False


def _found(value: JsonValue) -> Iterator[Reference]:
    if isinstance(value, str):
        if "${" in value:
            for found in _REFERENCE.finditer(value):
                if not found["escape"]:
                    yield _reference(found)
    elif isinstance(value, list):
        for item in value:
            yield from _found(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _found(item)


def whole(value: JsonValue) -> Reference | None:
    """The reference that a string consists of, where it is one and nothing else."""
    if isinstance(value, str) and value.startswith("${"):
        found = _REFERENCE.fullmatch(value)
        if found is not None and not found["escape"] and not found["text"]:
            return _reference(found)
    return None


def as_text(value: JsonValue) -> JsonValue:
    """A reference that stands alone, as one whose number is written out; anything else as it is."""
    return f"{value[:-1]}|text}}" if isinstance(value, str) and whole(value) is not None else value


def escape(text: str) -> str:
    """Make text from outside safe inside arguments."""
    return text.replace("${", "$${")


def literal(value: JsonValue) -> JsonValue:
    """A value whose text is no reference any more, whatever it looks like: `escape` for all that is in it."""
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, list):
        return [literal(item) for item in value]
    if isinstance(value, dict):
        return {key: literal(item) for key, item in value.items()}
    return value


def resolve(value: JsonValue, lookup: Callable[[Reference], JsonValue | Missing]) -> JsonValue:
    """`value` with every reference replaced by what `lookup` finds. Raises UnresolvedReference."""
    if isinstance(value, str):
        return _resolve_text(value, lookup) if "${" in value else value
    if isinstance(value, list):
        return [resolve(item, lookup) for item in value]
    if isinstance(value, dict):
        return {key: resolve(item, lookup) for key, item in value.items()}
    return value


def rename(value: JsonValue, new: Callable[[Reference], Reference]) -> JsonValue:
    """`value` with every reference replaced by another; escapes stay as they are."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: found[0] if found["escape"] else _named(found, new), value)
    if isinstance(value, list):
        return [rename(item, new) for item in value]
    if isinstance(value, dict):
        return {key: rename(item, new) for key, item in value.items()}
    return value


def _named(found: re.Match[str], new: Callable[[Reference], Reference]) -> str:
    reference = str(new(_reference(found)))
    return f"{reference[:-1]}|text}}" if found["text"] else reference


def _resolve_text(text: str, lookup: Callable[[Reference], JsonValue | Missing]) -> JsonValue:
    def look(reference: Reference) -> JsonValue:
        found = lookup(reference)
        if isinstance(found, Missing):
            raise UnresolvedReference(reference)
        return found

    alone = whole(text)
    if alone is not None:
        return look(alone)
    written = _REFERENCE.fullmatch(text)
    if written is not None and written["text"]:
        value = look(_reference(written))
        # What is no number stays as it is: the skill says what it makes of a list, or of nothing.
        return json.dumps(value) if isinstance(value, (int, float)) else value
    return _REFERENCE.sub(lambda found: "${" if found["escape"] else _written(look(_reference(found))), text)


def _written(value: JsonValue) -> str:
    """A value inside text: strings as they are, lists of strings a line each, all else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return "\n".join(str(item) for item in value)
    return json.dumps(value, ensure_ascii=False)


__all__ = [
    "MISSING",
    "Reference",
    "UnresolvedReference",
    "as_text",
    "escape",
    "find",
    "literal",
    "rename",
    "resolve",
    "whole",
]
