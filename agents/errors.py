"""What goes wrong between a model rung and its server.

ExchangeError        nothing usable came back; `code` is what kind of no it is, the message a sentence for people
+-- FormRefused      the server does not take this form of request (400, 422, a 500 that names the option)
+-- TooLong          the request does not fit the model; `context_tokens` where the server said how much does
RecordingError       a recording of exchanges cannot be read or written; the message says where
+-- NotRecorded      it holds no (further) answer to a request
"""

from __future__ import annotations

from orchestrator.core.plan import DeclinedCode


class ExchangeError(Exception):
    """Nothing usable came back. `down`: the server is out of order; `retry_after`: seconds that it asked for."""

    def __init__(
        self, code: DeclinedCode, message: str, *, down: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code: DeclinedCode = code
        self.down = down
        self.retry_after = retry_after


class FormRefused(ExchangeError):
    """The server does not take a request of this form."""


class EmptyStream(ExchangeError):
    """The stream ended without a single event: llama.cpp's Python server does so where it would refuse otherwise."""


class TooLong(ExchangeError):
    """The request does not fit the model. `context_tokens`: what would, where the server said so."""

    def __init__(self, message: str, context_tokens: int | None = None) -> None:
        super().__init__("unusable", message)
        self.context_tokens = context_tokens


class RecordingError(Exception):
    """A recording cannot be read or written; the message says where."""


class NotRecorded(RecordingError):
    """A recording holds no (further) answer to a request."""
