"""What a scripted model server does with a request: the ways in which real servers answer, and go wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from orchestrator.core.plan import Clarification, Declined, Plan


@dataclass(frozen=True, slots=True)
class Say:
    """Answers with a text. Tokens are what `usage` will claim; None leaves `usage` out."""

    text: str
    input_tokens: int | None = 100
    output_tokens: int | None = 20
    finish_reason: str = "stop"


@dataclass(frozen=True, slots=True)
class Status:
    """Answers with an error status, in OpenAI's form."""

    code: int
    message: str = "no"
    error_code: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Raw:
    """Answers with status 200 and any body."""

    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Hang:
    """Takes the request and never answers."""


@dataclass(frozen=True, slots=True)
class Truncated:
    """Promises a whole answer and closes the connection in the middle of it."""

    text: str = '{"plan": {"steps": ['


@dataclass(frozen=True, slots=True)
class Slow:
    """Answers once `seconds` have passed, or as soon as the server is released."""

    text: str
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Drip:
    """Streams a text a few characters at a time, each piece `seconds` after the one before; for ever with `endless`."""

    text: str
    seconds: float = 0.01
    size: int = 4
    endless: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """Streams the first half of a text and closes the connection."""

    text: str


Behaviour = Say | Status | Raw | Hang | Truncated | Slow | Drip | Broken
Obedience = Literal["obeyed", "ignored", "refused"]


@dataclass(frozen=True, slots=True)
class Quirks:
    """What a server makes of the options it is given, as a probe finds out.

    Each option is obeyed, ignored with status 200, or refused with 400. `usage`: tokens are counted. `context`: the
    tokens that it takes in (a token is four bytes here); a longer request is refused or, `ignored`, cut in silence.
    `listed` and `context_listed`: whether its list of models names the model, and says its context.
    """

    json_schema: Obedience = "obeyed"
    object_schema: Obedience = "obeyed"
    streaming: Obedience = "obeyed"
    tools: Obedience = "obeyed"
    logprobs: Obedience = "obeyed"
    usage: bool = True
    context: int | None = None
    overflow: Literal["refused", "ignored"] = "refused"
    listed: bool = True
    context_listed: bool = False


def say(result: Plan | Clarification | Declined) -> Say:
    """The behaviour of a model that answers exactly so."""
    name = "plan" if isinstance(result, Plan) else "question" if isinstance(result, Clarification) else "declined"
    return Say(json.dumps({name: result.model_dump(mode="json", exclude_defaults=True)}))
