"""Logs of the orchestrator's processes: on stderr, never on stdout, from a level on."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(level: str) -> None:
    """`level` is of `Settings.log_level`."""
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(stream=sys.stderr, level=number, format="%(levelname)s %(name)s: %(message)s")
    for noisy in ("asyncio", "httpx2", "httpcore2", "aiosqlite", "alembic", "uvicorn"):
        logging.getLogger(noisy).setLevel(max(number, logging.WARNING))
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
