"""What the suite found, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.cli.faulting.suite import Finding

HEAD = ("PROFILE", "RUNS", "RECOVERED", "TIME ADDED", "REPEATED", "ASKED", "FAULTS", "LOST", "DOUBLED", "VERDICT")
SHOWN = 10


def row(finding: Finding) -> tuple[str, ...]:
    """One line of the table."""
    tally = finding.tally
    share = f"{100 * tally.recovered / tally.runs:.0f} %" if tally.runs else "-"
    return (
        finding.profile,
        str(tally.runs),
        share,
        f"{finding.seconds - finding.baseline_s:+.1f} s",
        f"{tally.repeated} of {tally.tasks}",
        str(finding.asked),
        str(sum(finding.faults.values())),
        str(len(tally.lost)),
        str(len(tally.doubled)),
        finding.verdict,
    )


def remarks(finding: Finding) -> list[str]:
    """What went wrong, in sentences."""
    tally = finding.tally
    found = [finding.problem] if finding.problem else []
    found += [f"{name}: {one}" for name in ("lost", "doubled", "wrong") for one in getattr(tally, name)[:SHOWN]]
    return [f"{finding.profile}: {one}" for one in found]


def as_json(findings: Sequence[Finding], *, seed: int, temporary: bool) -> dict[str, object]:
    """The whole report."""
    return {
        "ok": ok(findings),
        "seed": seed,
        "system": "temporary" if temporary else "running",
        "profiles": [_one(finding) for finding in findings],
    }


def ok(findings: Sequence[Finding]) -> bool:
    """Whether nothing was lost, doubled or wrong, and every profile did make its faults."""
    return bool(findings) and all(finding.verdict == "ok" for finding in findings)


def _one(finding: Finding) -> dict[str, object]:
    tally = finding.tally
    return {
        "profile": finding.profile,
        "verdict": finding.verdict,
        "runs": tally.runs,
        "recovered": tally.recovered,
        "seconds": round(finding.seconds, 3),
        "baseline_seconds": round(finding.baseline_s, 3),
        "added_seconds": round(finding.seconds - finding.baseline_s, 3),
        "tasks": tally.tasks,
        "repeated": tally.repeated,
        "questions_answered": finding.asked,
        "faults": finding.faults,
        "lost": tally.lost,
        "doubled": tally.doubled,
        "wrong": tally.wrong,
        "problem": finding.problem,
    }
