"""Reads a model's reply: JSON somewhere in a text, into a plan, a question or a refusal. Trusts nothing.

Takes off thinking blocks and code fences, bounds size, depth and steps, validates every field. What cannot be read is a
`ReplyError` whose message says what to mend.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import NoReturn

from pydantic import JsonValue, ValidationError

from agents.checks import MAX_STEPS
from orchestrator.core.plan import Clarification, Declined, Plan
from orchestrator.core.redact import redacted
from orchestrator.core.sanitize import sanitize
from orchestrator.core.tasks import Model
from protocol.vocabulary import JsonSchema

MAX_CHARS = 400_000
MAX_DEPTH = 40
MAX_SKILLS = 300
_WORD = re.compile(r"[^\W\d_]{2}")
_THINKING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_FENCE = re.compile(r"```[A-Za-z0-9_-]*\n(.*?)(?:```|\Z)", re.DOTALL)


class ReplyError(ValueError):
    """The reply cannot be used; the message is for the model as well as for people."""


class SecretNeeded(ReplyError):
    """The plan would use a secret that was taken out of what the model was told."""


class _Reply(Model):
    plan: Plan | None = None
    question: Clarification | None = None
    declined: Declined | None = None


def read_reply(text: str) -> Plan | Clarification | Declined:
    """What the model said. Raises ReplyError."""
    value = _json(text)
    if "steps" in value and "plan" not in value:
        value = {"plan": value}
    _bound(value)
    try:
        reply = _Reply.model_validate({key: one for key, one in value.items() if one is not None})
    except ValidationError as error:
        raise ReplyError(_told(error)) from None
    said = [one for one in (reply.plan, reply.question, reply.declined) if one is not None]
    if len(said) != 1:
        raise ReplyError('the object must have exactly one of "plan", "question" and "declined"')
    return _clean(said[0])


def _json(text: str) -> dict[str, JsonValue]:
    if len(text) > MAX_CHARS:
        raise ReplyError("the reply is too long")
    text = _THINKING.sub("", text)
    fenced = _FENCE.search(text)
    body = fenced[1] if fenced else text
    start = body.find("{")
    if start < 0:
        raise ReplyError("the reply holds no JSON object")
    try:
        value, _ = json.JSONDecoder(parse_constant=_no_constant).raw_decode(body, start)
    except RecursionError:
        raise ReplyError("the JSON is nested too deeply") from None
    except ValueError as error:
        raise ReplyError(f"the JSON cannot be read: {sanitize(str(error), multiline=False, limit=200)}") from None
    assert isinstance(value, dict)
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _bound(value: dict[str, JsonValue]) -> None:
    plan = value.get("plan")
    steps = plan.get("steps") if isinstance(plan, dict) else None
    if isinstance(steps, list) and len(steps) > MAX_STEPS:
        raise ReplyError(f"the plan has {len(steps)} steps; {MAX_STEPS} are the limit")
    level: list[JsonValue] = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise ReplyError("the JSON is nested too deeply")


def _inside(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _told(error: ValidationError) -> str:
    """The first few validation errors, by place; never the whole input."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    # A list is said to be too short as well where an entry of it was wrong.
    places = {one["loc"][:length] for one in found for length in range(len(one["loc"]))}
    wrong = [one for one in found if one["type"] != "too_short" or one["loc"] not in places]
    lines = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in wrong[:5]]
    return sanitize("; ".join(lines), multiline=False, limit=1500)


def _clean(said: Plan | Clarification | Declined) -> Plan | Clarification | Declined:
    """The same without what acts on a terminal in the parts that people will read."""
    match said:
        case Plan():
            if redacted(said.model_dump_json()):
                raise SecretNeeded("the plan uses a secret that was taken out of the request")
            steps = tuple(step.model_copy(update={"title": _line(step.title)}) for step in said.steps)
            return said.model_copy(update={"steps": steps, "why": _line(said.why)})
        case Clarification():
            if not _WORD.search(said.question) or any(not one.label.strip() for one in said.choices):
                raise ReplyError("the question, and each choice, must be in words")
            choices = tuple(
                one.model_copy(update={"label": _line(one.label), "value": _line(one.value)}) for one in said.choices
            )
            return said.model_copy(update={"question": _line(said.question), "choices": choices})
        case Declined():
            unplaced = tuple(_line(one) for one in said.unplaced)
            # What kind of no it is, is ours to say.
            return Declined(reason=_line(said.reason) or "it gave no reason", unplaced=unplaced, code="not_understood")


def _line(text: str) -> str:
    return sanitize(text, multiline=False)


def reply_schema(skills: Iterable[str] = ()) -> JsonSchema:
    """JSON Schema of a reply, small enough for servers that turn it into a grammar; a step has one of the `skills`."""
    names_of_skills = sorted(skills)[:MAX_SKILLS]
    skill: JsonSchema = {"type": "string", "enum": [*names_of_skills]} if names_of_skills else {"type": "string"}
    text: JsonSchema = {"type": "string"}
    names: JsonSchema = {"type": "array", "items": text}
    selector: JsonSchema = {
        "type": "object",
        "properties": {
            "mode": {"type": "string", "enum": ["one", "each", "same"]},
            "names": names,
            "kind": {"type": "string", "enum": ["desktop", "server", "phone", "edge", "kubernetes"]},
            "os": text,
            "labels": {"type": "object", "additionalProperties": text},
            "exclude": names,
            "gpu": {"type": "boolean"},
            "same_as": text,
        },
        "required": ["mode"],
        "additionalProperties": False,
    }
    edge: JsonSchema = {
        "type": "object",
        "properties": {
            "step": text,
            "on": {"type": "string", "enum": ["success", "failure", "completion", "condition"]},
            "when": {"type": "object"},
        },
        "required": ["step"],
        "additionalProperties": False,
    }
    step: JsonSchema = {
        "type": "object",
        "properties": {
            "id": text,
            "title": text,
            "skill": skill,
            "arguments": {"type": "object"},
            "devices": selector,
            "after": {"type": "array", "items": edge},
            "on_failure": {"type": "string", "enum": ["fail", "skip", "continue"]},
        },
        "required": ["id", "skill", "arguments", "devices"],
        "additionalProperties": False,
    }
    plan = _object(["steps"], steps={"type": "array", "items": step, "minItems": 1}, answer=names)
    choices: JsonSchema = {"type": "array", "items": _object(["label", "value"], label=text, value=text)}
    question = _object(["question", "choices"], question=text, choices=choices)
    declined = _object(["reason"], reason=text, unplaced=names)
    return {
        "anyOf": [
            _object(["plan"], plan=plan),
            _object(["question"], question=question),
            _object(["declined"], declined=declined),
        ]
    }


def _object(required: list[str], **properties: JsonSchema) -> JsonSchema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
