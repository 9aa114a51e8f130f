"""What ends a device agent.

    AgentError
    |-- ConfigError     settings that cannot work: the person must change something
    |-- StateError      the state directory cannot be used
    `-- RefusedError    the gateway turned this device away for good; `code` says why

The message is a sentence with the next step in it. Everything else (no network, a gateway that restarts) is waited for.
"""

from __future__ import annotations

from protocol.errors import ErrorCode


class AgentError(Exception):
    """The agent cannot go on without a person."""


class ConfigError(AgentError):
    """The settings cannot work."""


class StateError(AgentError):
    """The state directory cannot be used, or a write to it failed."""


class RefusedError(AgentError):
    """The gateway turned the device away, and would again."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
