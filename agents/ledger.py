"""A ledger in memory, for a supervisor without a record: it is forgotten with the process."""

from __future__ import annotations

from orchestrator.core.egress import Closing, LedgerEntry, Outbound


class MemoryLedger:
    """See `Ledger`."""

    def __init__(self) -> None:
        self.entries: dict[str, LedgerEntry] = {}

    async def open_egress(self, outbound: Outbound) -> None:
        self.entries.setdefault(outbound.id, LedgerEntry(outbound=outbound))

    async def close_egress(self, id: str, closing: Closing) -> None:
        known = self.entries.get(id)
        if known is not None and known.closing is None:
            self.entries[id] = LedgerEntry(outbound=known.outbound, closing=closing)

    async def egress(self, *, run: str | None = None, since: float = 0.0, limit: int = 10_000) -> list[LedgerEntry]:
        found = [one for one in self.entries.values() if one.outbound.at >= since]
        return [one for one in found if run is None or one.outbound.run == run][:limit]
