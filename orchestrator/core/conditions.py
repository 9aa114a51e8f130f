"""Conditions on edges: data, not code, so that they mean the same after any number of save and load cycles.

    {"path": "output.percent", "op": ">", "value": 80}
    {"all": [...]}, {"any": [...]}, {"not": ...}

`path` walks the upstream task's record, `{"output": ..., "device": ..., "status": ...}`, by dots and [indices].
A path that leads nowhere, or values that cannot be compared, make a comparison false, never an exception;
`exists` asks for the path itself, `matches` takes a regular expression of the language of `patterns.py`. Numbers
compare with numbers and texts with texts: "9" is not less than 10.
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from orchestrator.core.paths import MISSING, walk
from orchestrator.core.patterns import compiled
from protocol.values import check_json

Op = Literal["==", "!=", "<", "<=", ">", ">=", "contains", "matches", "exists"]


class _Condition(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True, serialize_by_alias=True
    )


class Compare(_Condition):
    path: Annotated[str, Field(min_length=1, max_length=200)]
    op: Op
    value: JsonValue = None

    @model_validator(mode="after")
    def _usable(self) -> Compare:
        reason = check_json(self.value)
        if reason is not None:
            raise ValueError(f"the value cannot be compared with: {reason}")
        if self.op == "matches":
            if not isinstance(self.value, str):
                raise ValueError("`matches` takes a regular expression")
            compiled(self.value)
        return self


class AllOf(_Condition):
    all: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=32)]


class AnyOf(_Condition):
    any: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=32)]


class Not(_Condition):
    not_: Annotated[Condition, Field(alias="not", serialization_alias="not")]


Condition = Compare | AllOf | AnyOf | Not
for _model in (AllOf, AnyOf, Not):
    _model.model_rebuild()


WHOLE = Compare(path="output.truncated", op="==", value=False)
"""That a skill cut nothing off its output."""


def holds(condition: Condition, record: JsonValue) -> bool:
    """Whether `condition` is true of a task's record."""
    match condition:
        case AllOf(all=parts):
            return all(holds(part, record) for part in parts)
        case AnyOf(any=parts):
            return any(holds(part, record) for part in parts)
        case Not(not_=part):
            return not holds(part, record)
        case Compare():
            return _compare(condition, walk(record, condition.path))


def wants_whole(condition: Condition | None, record: JsonValue) -> bool:
    """Whether `condition` fails because the task's output was cut off."""
    parts = condition.all if isinstance(condition, AllOf) else (condition,)
    return WHOLE in parts and walk(record, WHOLE.path) is True


def describe(condition: Condition) -> str:
    """The condition as one line for people: `output.percent > 80 and not status == "failed"`."""
    match condition:
        case AllOf(all=parts):
            return " and ".join(_grouped(part) for part in parts)
        case AnyOf(any=parts):
            return " or ".join(_grouped(part) for part in parts)
        case Not(not_=part):
            return f"not {_grouped(part)}"
        case Compare(path=path, op="exists", value=value):
            return f"{path} is missing" if value is False else f"{path} exists"
        case Compare(path=path, op=op, value=value):
            return f"{path} {op} {json.dumps(value, ensure_ascii=False)}"


def _grouped(condition: Condition) -> str:
    text = describe(condition)
    return f"({text})" if isinstance(condition, (AllOf, AnyOf)) else text


def _compare(condition: Compare, found: object) -> bool:
    op, value = condition.op, condition.value
    if op == "exists":
        return (found is not MISSING) == (value is not False)
    if found is MISSING:
        return False
    if op == "==":
        return _same(found, value)
    if op == "!=":
        return not _same(found, value)
    if op == "contains":
        return _contains(found, value)
    if op == "matches":
        return isinstance(found, str) and isinstance(value, str) and compiled(value).search(found)
    return _ordered(op, found, value)


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same(left: object, right: object) -> bool:
    # bool is an int to Python, not to a person who wrote `== 1`.
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _contains(found: object, value: object) -> bool:
    if isinstance(found, str):
        return isinstance(value, str) and value in found
    if isinstance(found, list):
        return any(_same(item, value) for item in found)
    return isinstance(found, dict) and isinstance(value, str) and value in found


def _ordered(op: str, left: object, right: object) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return _order(op, (left > right) - (left < right))
    if _number(left) and _number(right):
        return _order(op, (left > right) - (left < right))  # type: ignore[operator]
    return False


def _order(op: str, sign: int) -> bool:
    return {"<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0}[op]
