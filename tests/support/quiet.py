"""What no user and no log may see: tracebacks, and errors that nobody has looked at."""

from __future__ import annotations

import contextlib
import gc
import logging
from collections.abc import Iterator

import structlog


class Quiet(logging.Handler):
    """Collects what went wrong loudly: records with a traceback, or of level ERROR and above."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.loud: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info or record.levelno >= logging.ERROR:
            self.loud.append(self.format(record))


@contextlib.contextmanager
def quiet() -> Iterator[list[structlog.types.EventDict]]:
    """What was logged through structlog meanwhile; fails where anything was logged with a traceback."""
    handler = Quiet()
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with structlog.testing.capture_logs() as entries:
            yield entries
        gc.collect()  # a task whose exception nobody retrieved says so when it is collected
    finally:
        root.removeHandler(handler)
    assert not handler.loud, "\n".join(handler.loud)
    assert not [entry for entry in entries if entry.get("exc_info")], entries
