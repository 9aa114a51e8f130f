"""Logs of the orchestrator's processes: on stderr, never on stdout, from a level on."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict

from orchestrator.core.redact import redact
from orchestrator.core.sanitize import sanitize


def _clean(_: object, __: str, event: EventDict) -> EventDict:
    """No secret reaches a log, and no escape sequence of a device's the terminal that shows it."""
    return {key: sanitize(redact(value)) if isinstance(value, str) else value for key, value in event.items()}


class _Lines(logging.Formatter):
    """Lines of libraries, and of agents, that log the standard way: as clean, and with the run that they are about."""

    def format(self, record: logging.LogRecord) -> str:
        told = "".join(f" {name}={value}" for name, value in structlog.contextvars.get_contextvars().items())
        return sanitize(redact(super().format(record) + told))


def configure(level: str) -> None:
    """`level` is of `Settings.log_level`."""
    number = logging.getLevelNamesMapping()[level.upper()]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=number, handlers=[handler])
    for noisy in ("asyncio", "httpx2", "httpcore2", "aiosqlite", "alembic", "uvicorn"):
        logging.getLogger(noisy).setLevel(max(number, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            _clean,
            structlog.dev.ConsoleRenderer(colors=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
