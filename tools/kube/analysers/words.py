"""The answer of a diagnosis, for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tools.errors import printable
from tools.kube.analysers.findings import Finding
from tools.kube.objects import listed

FULL: Final = 10
"""Findings that are told in full; the others by a line each."""
BRIEF: Final = 40
EVIDENCE: Final = 4
EFFECTS: Final = 5


def answer(what: str, looked: str, findings: Sequence[Finding], unread: Sequence[str] = ()) -> str:
    """All of it as text. `what` is what was asked about; `looked` what was looked at."""
    wrong = [one for one in findings if one.severity != "notice"]
    notices = [one for one in findings if one.severity == "notice"]
    lines: list[str] = []
    if wrong:
        number = "1 problem" if len(wrong) == 1 else f"{len(wrong)} problems"
        lines.append(f"{number} found with {what}:")
        lines += _told(wrong)
    else:
        lines.append(f"nothing wrong found with {what}: {looked}")
    if notices:
        lines.append("worth knowing:")
        lines += _told(notices)
    if unread:
        lines.append(f"not looked at, as this identity may not read them: {listed(unread, 12)}")
    return "\n".join(printable(line) for line in lines)


def _told(findings: Sequence[Finding]) -> list[str]:
    lines = [line for one in findings[:FULL] for line in _full(one)]
    rest = findings[FULL:]
    lines += [f"- {one.subject}: {_first(one.cause)}" for one in rest[:BRIEF]]
    if len(rest) > BRIEF:
        lines.append(f"- and {len(rest) - BRIEF} more: ask about one namespace or one object")
    return lines


def _first(cause: str) -> str:
    return cause if len(cause) <= 160 else f"{cause[:159]}…"


def _full(finding: Finding) -> list[str]:
    lines = [f"- {finding.subject}: {finding.cause}{_pods(finding)}"]
    lines += [f"    {one}" for one in finding.evidence[:EVIDENCE]]
    effects = [f"{one.subject}: {_first(one.cause)}" for one in finding.effects if one.subject != finding.subject]
    lines += [f"    therefore: {one}" for one in effects[:EFFECTS]]
    if len(effects) > EFFECTS:
        lines.append(f"    therefore: {len(effects) - EFFECTS} more")
    if finding.fix is not None:
        lines.append(f"    fix: {finding.fix.text}{f' ({finding.fix.skill})' if finding.fix.skill else ''}")
    return lines


def _pods(finding: Finding) -> str:
    if not finding.pods or finding.subject.kind == "Pod":
        return ""
    return f" [pod{'' if len(finding.pods) == 1 else 's'} {listed(finding.pods, 3)}]"
