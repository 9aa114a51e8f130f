"""What went out to models, for people: `asterism show RUN --egress`."""

from __future__ import annotations

import time
from collections.abc import Sequence

from orchestrator.cli.output import answer, dump, say, size, table
from orchestrator.core.egress import LedgerEntry

HEAD = ("TIME", "RUNG", "HOST", "WHY", "SENT", "GOT", "TOKENS", "COST", "ENDED", "LABELS", "WITHHELD", "SHA256")


def show_egress(entries: Sequence[LedgerEntry], *, json: bool) -> None:
    """The ledger's lines, oldest first, and what they come to."""
    if json:
        dump({"egress": [entry.model_dump(mode="json") for entry in entries]})
        return
    if not entries:
        say("Nothing went out to a model.")
        return
    table(HEAD, [_row(entry) for entry in entries])
    answer(_total(entries))


def _row(entry: LedgerEntry) -> tuple[str, ...]:
    out, closing = entry.outbound, entry.closing
    clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(out.at))
    why = out.purpose + (f" ({out.reason})" if out.reason else "")
    return (
        clock,
        f"{out.rung} ({out.tier})",
        out.host,
        why,
        size(out.bytes),
        size(closing.received) if closing is not None else "?",
        _tokens(entry),
        _cost(entry),
        closing.ending if closing is not None else "open",
        ", ".join(out.labels),
        ", ".join(out.withheld) or "nothing",
        out.sha256[:12],
    )


def _tokens(entry: LedgerEntry) -> str:
    closing = entry.closing
    if closing is None or closing.input_tokens is None or closing.output_tokens is None:
        return f"at most {entry.outbound.forecast_tokens}"
    return f"{closing.input_tokens}+{closing.output_tokens}"


def _cost(entry: LedgerEntry) -> str:
    """US dollars; where nobody counted, the most that it can have been."""
    closing, forecast = entry.closing, entry.outbound.forecast_usd
    if closing is not None and closing.cost_usd is not None:
        return f"{closing.cost_usd:.6f} USD"
    return "unknown" if forecast is None else f"at most {forecast:.6f} USD"


def _total(entries: Sequence[LedgerEntry]) -> str:
    sent = sum(entry.outbound.bytes for entry in entries)
    away = sum(entry.outbound.bytes for entry in entries if entry.outbound.tier == "cloud")
    count = "1 request" if len(entries) == 1 else f"{len(entries)} requests"
    return f"{count}, {size(sent)} sent, {size(away)} of it to the cloud"
