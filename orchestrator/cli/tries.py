"""Which rungs were asked for a run, what came of it and what it cost: for people, part of `asterism show RUN`."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.cli.output import line, size
from orchestrator.core.plan import RungUsage
from orchestrator.core.views import RungTry, RunView

SHOWN = 400


def tries(view: RunView) -> Iterator[str]:
    """One line for each time that a rung was asked, in order, and what all of them used together."""
    if not view.rungs:
        return
    yield "planning:"
    for one in view.rungs:
        tier = "" if one.tier in (one.rung, "other") else f" ({one.tier})"
        mending = f", to mend {one.fixes}" if one.fixes else ""
        text = f"  {one.rung}{tier}{mending}: {_came_of(one)}"
        yield f"{_cut(text)}{_used(one.usage)}"
    if sum(bool(one.usage.calls) for one in view.rungs) > 1:
        yield f"  together{_used(view.usage)}"


def _came_of(one: RungTry) -> str:
    if one.cached:
        return f"planned it {one.why}"
    if one.question:
        refused = f" - refused: {'; '.join(one.problems)}" if one.problems else ""
        return f"asked: {one.question}{refused}"
    if one.declined:
        return f"no plan - {one.declined}" + (f" [{one.code}]" if one.code else "")
    if one.accepted:
        return "planned it"
    return f"its plan was refused - {'; '.join(one.problems)}"


def _used(usage: RungUsage) -> str:
    """Seconds and, where a model was asked, what that came to."""
    if not usage.calls:
        return f" ({usage.seconds:.2f} s)"
    cost = "cost unknown" if usage.cost_usd is None else f"{usage.cost_usd:.6f} USD"
    asked = "1 request" if usage.calls == 1 else f"{usage.calls} requests"
    tokens = f"{usage.input_tokens}+{usage.output_tokens} tokens"
    return f" ({asked}, {tokens}, {cost}, {size(usage.bytes_out)} sent, {usage.seconds:.2f} s)"


def _cut(text: str) -> str:
    flat = line(text)
    return flat if len(flat) <= SHOWN else flat[: SHOWN - 1] + "…"
