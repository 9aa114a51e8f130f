"""`asterism ladder`: the planner's rungs, and the report of what they cost, saved and got wrong."""

from __future__ import annotations

import time
from typing import Annotated

from cyclopts import App, Parameter

from orchestrator.cli.calls import call
from orchestrator.cli.exits import CommandError
from orchestrator.cli.options import Common
from orchestrator.cli.output import ago, answer, dump, dump_model, say, size, table
from orchestrator.cli.spans import moment
from orchestrator.core.ladder_report import Cost, LadderReport, LadderView, RungView, Share, Spread

ladder = App(
    name="ladder",
    help="Show the planner's rungs, and what they cost and saved.",
    help_format="plaintext",
    result_action="return_value",
)
UNKNOWN = "unknown"


@ladder.command
def report(
    run: Annotated[str | None, Parameter(help="One run's id (default: all runs).")] = None,
    /,
    *,
    since: Annotated[
        str | None, Parameter(help="Runs submitted since: 7d, 12h ago, or a date such as 2026-11-01.")
    ] = None,
    until: Annotated[str | None, Parameter(help="Runs submitted before, in the same forms.")] = None,
    common: Common | None = None,
) -> None:
    """Say what was planned at home, what went out, what it cost, and what was wrong (docs/ladder.md)."""
    now = time.time()
    if run is not None and (since or until):
        raise CommandError("usage", "A run's report takes neither --since nor --until.")
    first, last = moment(since, now), moment(until, now)
    found = call(common, lambda client: client.ladder_report(run, since=first, until=last))
    if common is not None and common.json:
        dump_model(found)
    else:
        answer("\n".join(_lines(found)))
        _show_rungs(found)


@ladder.command(name="list")
def list_rungs(*, common: Common | None = None) -> None:
    """List the rungs in the order in which they are asked."""
    found: LadderView = call(common, lambda client: client.ladder())
    if common is not None and common.json:
        dump_model(found)
        return
    _show(found.rungs)


@ladder.command
def probe(
    rung: Annotated[str | None, Parameter(help="A rung's name (default: every rung with a server).")] = None,
    /,
    *,
    common: Common | None = None,
) -> None:
    """Ask model servers now what they can: a few short requests that hold nothing of any run."""
    names = [rung] if rung is not None else _with_server(call(common, lambda client: client.ladder()))
    found = [call(common, lambda client, name=name: client.probe_rung(name)) for name in names]  # type: ignore[misc]
    if common is not None and common.json:
        dump({"rungs": [one.model_dump(mode="json") for one in found]})
    elif found:
        _show(found)
    else:
        say("No rung has a model server: the ladder is the embedded planner alone.")


def _with_server(view: LadderView) -> list[str]:
    return [one.rung for one in view.rungs if one.host and not one.switched_off]


def _show(rungs: tuple[RungView, ...] | list[RungView]) -> None:
    now = time.time()
    head = ("RUNG", "TIER", "MODEL", "HOST", "BREAKER", "LAST USED", "CAPABILITIES")
    table(head, [_rung(one, now) for one in rungs])


def _rung(one: RungView, now: float) -> tuple[str, ...]:
    used = "never" if one.last_used is None else f"{ago(now - one.last_used)} ago"
    able = [name if value is True else f"{name}={value}" for name, value in (one.capabilities or {}).items() if value]
    probed = ", ".join(able) if one.capabilities is not None else "not probed" if one.host else ""
    if one.switched_off:
        return (one.rung, one.tier, one.model, one.host, "switched off", used, "")
    return (one.rung, one.tier, one.model, one.host, one.breaker, used, probed)


# --- the report as text ----------------------------------------------------------------------------------------------


def _lines(found: LadderReport) -> list[str]:
    runs, wrong, up = found.runs, found.wrong_accepts, found.escalations
    saved = found.cloud_calls_avoided
    avoided = "no cloud rung is configured" if saved is None else f"{saved} avoided at least"
    lines = [
        f"runs: {runs.asked} asked in words ({runs.planned} planned, {runs.succeeded} succeeded, {runs.failed} failed,"
        f" {runs.cancelled} cancelled, {runs.open} open), {runs.explicit} with a plan of their own",
        f"planned without the cloud: runs {_share(found.runs_at_home)}, steps {_share(found.steps_at_home)}",
        f"cloud calls: {found.cloud_calls} made, {avoided}",
        f"cost: {_cost(found.cost)}",
        f"sent out: {_bytes(found)}",
        f"wrong accepts: {_share(wrong.share)}" + "".join(f", {count} {name}" for name, count in wrong.reasons.items()),
    ]
    lines += [
        f"  {one.run} by {one.rung} ({', '.join(one.reasons)}): {' '.join(one.text.split())[:100]}"
        for one in wrong.listed
    ]
    lines += [
        f"escalations: {up.made}, {up.needed} needed (precision {_number(up.precision)}), {up.missed} missed"
        f" (recall {_number(up.recall)})",
        f"to the first action: {_spread(found.first_action)}; where nobody had to be asked: "
        f"{_spread(found.first_action_unattended)}",
    ]
    return [*lines, *_energy(found), *_warnings(found)]


def _bytes(found: LadderReport) -> str:
    parts = ", ".join(f"{tier} {size(amount)}" for tier, amount in found.bytes_out.items())
    outside = sum(found.bytes_outside_runs.values())
    return (parts or "nothing") + (f" ({size(outside)} of it to find out what servers can)" if outside else "")


def _share(share: Share) -> str:
    return f"{share.part} of {share.whole}" + ("" if share.share is None else f" ({share.share:.1%})")


def _cost(cost: Cost) -> str:
    def usd(amount: float | None) -> str:
        return UNKNOWN if amount is None else f"${amount:.4f}"

    unknown = f"; {cost.unknown_runs} runs at a cost that is not known" if cost.unknown_runs else ""
    return f"{usd(cost.per_run_usd)} a run, {usd(cost.per_success_usd)} a successful run{unknown}"


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.2f}"


def _spread(spread: Spread) -> str:
    if spread.p50 is None or spread.p95 is None:
        return "no run"
    return f"p50 {spread.p50:.3f} s, p95 {spread.p95:.3f} s ({spread.count} runs)"


def _energy(found: LadderReport) -> list[str]:
    energy = found.energy_estimate
    if energy is None or not energy.rungs:
        return []
    total = UNKNOWN if energy.joules is None else f"{energy.joules:.1f} J"
    parts = "; ".join(f"{one.rung} {one.basis}" for one in energy.rungs)
    return [f"energy, an estimate by the profile {energy.profile} of {energy.date}: {total} ({parts})"]


def _warnings(found: LadderReport) -> list[str]:
    lines = ["There are more runs than these, the newest: narrow it down with --since."] if found.truncated else []
    return lines + ([f"{found.unreadable} runs could not be read: `asterism db check`."] if found.unreadable else [])


def _show_rungs(found: LadderReport) -> None:
    head = ("RUNG", "TIER", "TRIES", "ACCEPTED", "REFUSED", "ASKED", "DECLINED", "SECONDS", "TOKENS")
    rows = [
        (
            one.rung,
            one.tier,
            f"{one.tries}" + (f" ({one.cached} cached)" if one.cached else ""),
            f"{one.accepted}",
            f"{one.refused}",
            f"{one.asked_back}",
            ", ".join(f"{code} {count}" for code, count in one.declined.items()),
            f"{one.seconds:.2f}",
            f"{one.input_tokens}+{one.output_tokens}",
        )
        for one in found.rungs
    ]
    if rows:
        table(head, rows)
