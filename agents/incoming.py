"""An answer as it comes in: one JSON body or the chunks of a stream, read with the same distrust.

Servers differ and break; whatever is not where OpenAI's API has it counts as absent.
"""

from __future__ import annotations

from agents.streaming import Verdict, Watch


def pick(value: object, *path: str | int) -> object:
    """The value at a path of keys and indexes; None where there is none."""
    for part in path:
        if isinstance(part, str) and isinstance(value, dict):
            value = value.get(part)
        elif isinstance(part, int) and isinstance(value, list) and -len(value) <= part < len(value):
            value = value[part]
        else:
            return None
    return value


def count(value: object) -> int | None:
    """A number of tokens, or None for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


class Incoming:
    """One answer. `body` is the whole value where it was not streamed.

    `input_tokens` and `output_tokens` as the server counted them, None where it did not. `arguments` are those of the
    tools that the model called, `logprobs` whether any were given, `chunks` how many pieces of text came.
    """

    def __init__(self, *, stop_early: bool = False) -> None:
        self.body: object = None
        self.streamed = False
        self.finish = ""
        self.chunks = 0
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None
        self.arguments = ""
        self.logprobs = False
        self._watch = Watch()
        self._stop_early = stop_early

    @property
    def text(self) -> str:
        return self._watch.text

    @property
    def verdict(self) -> Verdict:
        """Why the answer was cut, where it was."""
        return self._watch.verdict if self._stop_early else ""

    @property
    def complete(self) -> bool:
        """Whether all that was asked for has come: a whole JSON object, in an answer that may be cut after it."""
        return self._stop_early and self._watch.complete

    def whole(self, body: object) -> None:
        """The body of an answer that was not streamed."""
        self.body = body
        self._take(body, "message")

    def chunk(self, value: object) -> Verdict:
        """One event of a stream; not empty where the rest need not come."""
        self.streamed = True
        self._take(value, "delta")
        return self.verdict

    def _take(self, value: object, where: str) -> None:
        self.input_tokens = _newer(count(pick(value, "usage", "prompt_tokens")), self.input_tokens)
        self.output_tokens = _newer(count(pick(value, "usage", "completion_tokens")), self.output_tokens)
        choice = pick(value, "choices", 0)
        finish = pick(choice, "finish_reason")
        self.finish = finish if isinstance(finish, str) else self.finish
        self.logprobs = self.logprobs or bool(pick(choice, "logprobs", "content") or pick(choice, "logprobs", "tokens"))
        text = pick(choice, where, "content")
        if isinstance(text, str) and text:
            self.chunks += 1
            self._watch.feed(text)
        arguments = pick(choice, where, "tool_calls", 0, "function", "arguments")
        self.arguments += arguments if isinstance(arguments, str) else ""


def _newer(new: int | None, old: int | None) -> int | None:
    return old if new is None else new
