"""From many findings to the few that matter: one for each cause, and what follows from a cause under it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tools.kube.analysers.findings import SEVERITIES, Finding, Ref

SYSTEM: Final = ("kube-system", "kube-public", "kube-node-lease")
DEEPEST: Final = 6


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of the same subject, problem and cause as one, with all their pods."""
    found: dict[tuple[Ref, str, str], list[Finding]] = {}
    for one in findings:
        found.setdefault((one.subject, one.problem, _essence(one)), []).append(one)
    return [_one(group) for group in found.values()]


def _essence(finding: Finding) -> str:
    """Pods of one owner differ in numbers of restarts only: the same problem of the same container is one."""
    return finding.cause.partition(":")[0].partition(",")[0] if finding.pods else finding.cause


def _one(group: list[Finding]) -> Finding:
    if len(group) == 1:
        return group[0]
    best = min(group, key=lambda one: SEVERITIES.index(one.severity))
    pods = tuple(dict.fromkeys(pod for one in group for pod in one.pods))
    about = frozenset().union(*(one.about for one in group))
    because = frozenset().union(*(one.explained_by for one in group))
    return replace(best, pods=pods, about=about, explained_by=because)


def folded(findings: list[Finding]) -> list[Finding]:
    """The root causes, each with its consequences as `effects`. A notice explains nothing."""
    roots = _roots(findings)
    above = [_root(one, roots) for one in findings]
    effects: dict[Ref, list[Finding]] = {}
    for one, cause in zip(findings, above, strict=True):
        if cause is not one:
            effects.setdefault(cause.subject, []).append(one)
    return [
        replace(one, effects=tuple(effects.get(one.subject, ())) if roots.get(one.subject) is one else ())
        for one, cause in zip(findings, above, strict=True)
        if cause is one
    ]


def _roots(findings: list[Finding]) -> dict[Ref, Finding]:
    """The finding of each subject that its other ones follow from: one that the subject itself does not explain."""
    found: dict[Ref, Finding] = {}
    for one in sorted(findings, key=lambda f: (f.subject in f.explained_by, SEVERITIES.index(f.severity))):
        if one.severity != "notice":
            found.setdefault(one.subject, one)
    return found


def _root(finding: Finding, roots: dict[Ref, Finding]) -> Finding:
    """What explains a finding in the end; itself where nothing does."""
    for _ in range(DEEPEST):
        causes = [roots[one] for one in sorted(finding.explained_by) if one in roots and roots[one] is not finding]
        if not causes:
            return finding
        finding = causes[0]
    return finding


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """The gravest first; system namespaces last; then those with most consequences."""

    def key(one: Finding) -> tuple[bool, int, int, Ref, str]:
        system = one.subject.namespace in SYSTEM
        return system, SEVERITIES.index(one.severity), -len(one.effects), one.subject, one.problem

    return sorted(findings, key=key)
