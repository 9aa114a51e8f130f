"""An audit's answer for people: every object by check, with counts, and `none` for the clean ones. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tools.errors import printable
from tools.kube.analysers.findings import Ref
from tools.kube.audits.hits import Check, Hit, Scope
from tools.kube.objects import listed

MOST_CHARACTERS: Final = 150_000
MOST_WHYS: Final = 12


def told(
    found: Mapping[str, Sequence[Hit]],
    checks: Mapping[str, Check],
    scope: Scope,
    unchecked: Sequence[str],
    left_out: Sequence[str],
    *,
    cut: int = 0,
) -> str:
    """The text; cut, with a word that it is, where it is too long to read anyway.

    `cut`: findings that the data beside the text leaves out.
    """
    where = f"namespace {scope.namespace}" if scope.namespace else "the cluster"
    objects = {hit.of for hits in found.values() for hit in hits}
    lines = [f"audit of {where}: {len(objects)} object{'' if len(objects) == 1 else 's'} found by {len(found)} checks"]
    if len(found) == 1:
        lines = []
    if cut:
        lines.append(f"{cut} of the findings are not in the data: ask for one namespace or one check to have them all")
    for name, hits in found.items():
        lines += _section(checks[name], hits, where)
    if unchecked:
        lines.append(f"not checked, for this identity may not read what it takes: {'; '.join(unchecked)}")
    if left_out:
        lines.append(f"left out, as the cluster's own: {listed(left_out)}")
    text = "\n".join(printable(line) for line in lines)
    return (
        text
        if len(text) <= MOST_CHARACTERS
        else f"{text[:MOST_CHARACTERS]}\n... cut: ask for one namespace or one check"
    )


def _section(check: Check, hits: Sequence[Hit], where: str) -> list[str]:
    grouped: dict[Ref, list[str]] = {}
    for hit in hits:
        grouped.setdefault(hit.of, []).append(hit.why)
    if not grouped:
        return [f"{check.title} in {where}: none"]
    lines = [f"{check.title} in {where}: {len(grouped)} object{'' if len(grouped) == 1 else 's'}"]
    lines += [f"  {of}: {listed(dict.fromkeys(whys), MOST_WHYS)}" for of, whys in grouped.items()]
    fixes = {hit.fix.skill for hit in hits if hit.fix is not None}
    if check.advice:
        lines.append(f"  what to do: {check.advice}")
    elif fixes:
        lines.append(f"  what to do: {listed(sorted(fixes))}, as each finding says")
    return lines
