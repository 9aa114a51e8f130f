"""Flags of what one tool call may take on a device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from protocol.vocabulary import CallLimits


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class LimitFlags:
    """The most that the programs of one tool call may take, whatever its task asks for."""

    max_memory: Annotated[int | None, Parameter(help="Bytes of memory of one tool call (default: 2 GiB).")] = None
    max_cpu: Annotated[float | None, Parameter(help="CPU seconds of one tool call (default: its task's time).")] = None
    max_processes: Annotated[int | None, Parameter(help="Processes of one tool call at once (default: 256).")] = None

    def settings(self) -> CallLimits:
        """Raises ConfigError for a number that is no limit."""
        from devices.config import call_limits

        return call_limits(self.max_memory, self.max_cpu, self.max_processes)
