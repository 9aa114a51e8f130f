"""Where a follower of a run's events stands: what to ask for next, what to pass on, how long to wait after a drop."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.client.errors import Busy, ClientError, Unreachable

PAUSE_S = 0.5
PATIENCE_S = 30.0
EVENT_BYTES = 64 << 20
"""Longest entry that is taken; an entry may carry a whole task's output."""


@dataclass(slots=True)
class Following:
    """`after` is the number of the last entry passed on. `patience_s`: how long nobody may answer in a row."""

    after: int = 0
    patience_s: float = PATIENCE_S
    _lost_s: float = 0.0
    _came: bool = False

    def headers(self) -> dict[str, str]:
        self._came = False
        return {"Accept": "text/event-stream", "Last-Event-ID": str(self.after)}

    def takes(self, seq: int) -> bool:
        """Whether an entry is new; it counts as passed on from here on."""
        if seq <= self.after:
            return False
        self.after, self._lost_s, self._came = seq, 0.0, True
        return True

    def closed(self) -> float:
        """Seconds until the stream is asked for again after it ended in good order: none where it brought anything."""
        return 0.0 if self._came else PAUSE_S

    def lost(self, error: ClientError) -> float:
        """Seconds until it is asked for again after an error. Raises the error where that is of no use."""
        if not isinstance(error, Unreachable | Busy) or self._lost_s >= self.patience_s:
            raise error
        pause = PAUSE_S
        if isinstance(error, Busy) and error.retry_after_s is not None:
            pause = max(pause, error.retry_after_s)
        self._lost_s += pause
        return pause
