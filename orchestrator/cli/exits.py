"""Exit codes: one table from stable error codes to what the program ends with (docs/errors.md)."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    NO_DEVICE = 4
    DENIED = 5
    TIMEOUT = 6
    NO_PLAN = 7
    CANCELLED = 8
    INTERNAL = 70


_BY_CODE = {
    "bad_request": Exit.USAGE,
    "bad_json": Exit.USAGE,
    "usage": Exit.USAGE,
    "not_found": Exit.USAGE,
    "no_such_question": Exit.USAGE,
    "no_such_approval": Exit.USAGE,
    "bad_results": Exit.USAGE,
    "bad_suite": Exit.USAGE,
    "newer_results": Exit.USAGE,
    "not_comparable": Exit.USAGE,
    "cannot_write": Exit.USAGE,
    "configuration": Exit.CONFIGURATION,
    "bad_configuration": Exit.CONFIGURATION,
    "unreachable": Exit.CONFIGURATION,
    "not_asterism": Exit.CONFIGURATION,
    "port_in_use": Exit.CONFIGURATION,
    "bad_address": Exit.CONFIGURATION,
    "bad_certificate": Exit.CONFIGURATION,
    "missing_extra": Exit.CONFIGURATION,
    "not_ready": Exit.CONFIGURATION,
    "no_capable_device": Exit.NO_DEVICE,
    "denied": Exit.DENIED,
    "needs_answer": Exit.DENIED,
    "not_clear": Exit.DENIED,
    "unauthenticated": Exit.DENIED,
    "forbidden": Exit.DENIED,
    "loopback_only": Exit.DENIED,
    "timeout": Exit.TIMEOUT,
    "no_plan": Exit.NO_PLAN,
    "cancelled": Exit.CANCELLED,
    "internal": Exit.INTERNAL,
}


def exit_of(code: str) -> Exit:
    """The exit code of an error code; what is not in the table is a failure, a store's trouble a configuration."""
    if code.startswith("database_"):
        return Exit.CONFIGURATION
    return _BY_CODE.get(code, Exit.FAILED)


class CommandError(Exception):
    """Ends a command: `code` gives its exit code, `message` is shown."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
