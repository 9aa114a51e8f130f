"""What can go wrong on the wire, and the closed set of codes.

    ProtocolError
    |-- FrameError            a frame that cannot be read: size, encoding, depth, shape
    |-- SequenceError         a frame out of order
    |-- HandshakeError        version, credentials, or a message at the wrong moment
    `-- LimitError            a bound was passed: unacknowledged messages, credits, chunk window

Every one carries a `code` of `ErrorCode`, goes to the other end as a `fault` message, and ends the session, never
the process.
"""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """Closed set of codes, the same on the wire, in the log and in the faces."""

    # session
    FRAME_TOO_LARGE = "frame_too_large"
    BAD_FRAME = "bad_frame"
    UNEXPECTED_MESSAGE = "unexpected_message"
    OUT_OF_ORDER = "out_of_order"
    UNSUPPORTED_VERSION = "unsupported_version"
    UNAUTHENTICATED = "unauthenticated"
    NAME_TAKEN = "name_taken"
    SUPERSEDED = "superseded"
    LIMIT_EXCEEDED = "limit_exceeded"
    HEARTBEAT_MISSED = "heartbeat_missed"
    SHUTTING_DOWN = "shutting_down"
    INTERNAL = "internal"
    # attempts
    STALE_EPOCH = "stale_epoch"
    UNKNOWN_SKILL = "unknown_skill"
    BAD_ARGUMENTS = "bad_arguments"
    BAD_OUTPUT = "bad_output"
    DENIED = "denied"
    OUTSIDE_WORKSPACE = "outside_workspace"
    NOT_FOUND = "not_found"
    ALREADY_EXISTS = "already_exists"
    AMBIGUOUS = "ambiguous"
    CONFLICT = "conflict"
    STALE_PREVIEW = "stale_preview"
    TOOL_FAILED = "tool_failed"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"
    OUTPUT_TOO_LARGE = "output_too_large"
    UNAVAILABLE = "unavailable"
    LOST = "lost"
    # artifacts
    HASH_MISMATCH = "hash_mismatch"
    ARTIFACT_TOO_LARGE = "artifact_too_large"
    UNKNOWN_ARTIFACT = "unknown_artifact"


class ProtocolError(Exception):
    """The session cannot go on. `code` is stable; the message says what was wrong, without repeating the input."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class FrameError(ProtocolError):
    """A frame that cannot be read."""


class SequenceError(ProtocolError):
    """A gap in the other end's sequence numbers."""


class HandshakeError(ProtocolError):
    """Wrong version, wrong credentials, or a message that this moment of the session does not allow."""


class LimitError(ProtocolError):
    """The other end passed a bound it had been told."""
