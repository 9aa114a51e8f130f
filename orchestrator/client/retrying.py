"""When a call is made again: a decision over values, without a clock."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.client.errors import Busy, ClientError, Unreachable

FIRST_S = 0.2
LONGEST_S = 10.0


@dataclass(frozen=True, slots=True)
class Retrying:
    """A call is tried `retries` times more, where that cannot do anything twice.

    What never left (no connection) and what was turned away for its rate (429) was not carried out: any call is made
    again. After a broken connection or a 503 nobody knows: only a call that may be repeated is.
    """

    retries: int = 3

    def wait(self, error: ClientError, *, tried: int, repeatable: bool, chance: float) -> float | None:
        """Seconds until the next try, None for no more. `chance`, from 0 to 1, spreads those who wait alike."""
        if tried > self.retries or not (repeatable or _not_carried_out(error)):
            return None
        if not isinstance(error, Unreachable | Busy):
            return None
        named = error.retry_after_s if isinstance(error, Busy) else None
        if named is not None and named > LONGEST_S:
            return None
        backoff: float = min(LONGEST_S, FIRST_S * 2 ** (tried - 1)) * (0.5 + chance / 2)
        return max(backoff, named or 0.0)


def _not_carried_out(error: ClientError) -> bool:
    return (isinstance(error, Unreachable) and not error.sent) or (isinstance(error, Busy) and error.status == 429)
