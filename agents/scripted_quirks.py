"""How a scripted server answers a probe: as its quirks say, option by option. Pure."""

from __future__ import annotations

import json

from agents.probe import MARK
from agents.scripted_behaviours import Obedience, Quirks
from protocol.vocabulary import Json, JsonObject


class Refused(Exception):
    """Status 400, with OpenAI's error code where it has one."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


def tokens(body: JsonObject) -> int:
    """How many tokens the messages are: four bytes each."""
    return len(json.dumps(body.get("messages"), ensure_ascii=False).encode("utf-8", "surrogatepass")) // 4


def overflow(quirks: Quirks, body: JsonObject) -> None:
    """Raises Refused where the request does not fit, unless the server cuts it in silence."""
    if quirks.context is not None and quirks.overflow == "refused" and tokens(body) > quirks.context:
        message = f"This model's maximum context length is {quirks.context} tokens, however you requested more"
        raise Refused(message, "context_length_exceeded")


def obey(quirks: Quirks, body: JsonObject) -> JsonObject | None:
    """The completion that answers a probe's question; None to what is none. Raises Refused."""
    if MARK not in json.dumps(body.get("messages")):
        return None
    message: JsonObject = {"role": "assistant", "content": "Hello there, how are you?"}
    choice: JsonObject = {"index": 0, "message": message, "finish_reason": "stop"}
    form, tools = body.get("response_format"), body.get("tools")
    if isinstance(form, dict):
        strict = form.get("type") == "json_schema"
        how = quirks.json_schema if strict else quirks.object_schema
        inner = form.get("json_schema")
        schema = inner.get("schema") if strict and isinstance(inner, dict) else form.get("schema")
        message["content"] = _object(schema, how, f"response_format of type {form.get('type')}")
    elif isinstance(tools, list):
        arguments = _object(_parameters(tools), quirks.tools, "tools")
        call: JsonObject = {"id": "c", "type": "function", "function": {"name": "say_word", "arguments": arguments}}
        if quirks.tools == "obeyed":
            choice["message"] = {"role": "assistant", "content": None, "tool_calls": [call]}
    elif body.get("logprobs") is True:
        _may(quirks.logprobs, "logprobs")
        if quirks.logprobs == "obeyed":
            token: JsonObject = {"token": "Hello", "logprob": -0.5, "bytes": None, "top_logprobs": []}
            choice["logprobs"] = {"content": [token]}
    if body.get("stream") is True:
        _may(quirks.streaming, "stream")
    return _completion(quirks, choice, body)


def _completion(quirks: Quirks, choice: JsonObject, body: JsonObject) -> JsonObject:
    completion: JsonObject = {"id": "probe", "object": "chat.completion", "created": 0, "choices": [choice]}
    if quirks.usage:
        read = tokens(body)
        completion["usage"] = {"prompt_tokens": read, "completion_tokens": 8, "total_tokens": read + 8}
    return completion


def _may(how: Obedience, what: str) -> None:
    if how == "refused":
        raise Refused(f"{what} is not supported")


def _object(schema: Json, how: Obedience, what: str) -> str:
    """An object that is as the schema says or, where that is ignored, any."""
    _may(how, what)
    properties = schema.get("properties") if isinstance(schema, dict) else None
    word: Json = "any"
    if how == "obeyed" and isinstance(properties, dict):
        for one in properties.values():
            allowed = one.get("enum") if isinstance(one, dict) else None
            word = allowed[0] if isinstance(allowed, list) else word
    return json.dumps({"word": word})


def _parameters(tools: list[Json]) -> Json:
    first = tools[0] if tools else None
    function = first.get("function") if isinstance(first, dict) else None
    return function.get("parameters") if isinstance(function, dict) else None
