"""The smallest fix of what a diagnosis finds, by the way of every write."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.errors import ToolError
from tools.kube import catalog, diagnosing
from tools.kube.analysers import asked
from tools.kube.analysers.findings import Finding
from tools.kube.arguments import KindWord, Namespace
from tools.kube.change import Draft
from tools.kube.objects import listed
from tools.kube.proposals import drafted, refuse_twice
from tools.kube.session import Session
from tools.kube.verbs import writes

Named = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:@-]+$", max_length=253)]


@writes(
    "kube.fix",
    examples=(
        "find out why the service api has no endpoints and fix it",
        "checkout in shop is broken, repair it",
        "fix the target port of whatever front in shop gets wrong",
        "diagnose web in shop and apply the fix",
    ),
)
async def fix(
    session: Session, *, name: Named, kind: KindWord = "", namespace: Namespace = "", change: KindWord = ""
) -> Draft:
    """Find out why something does not work, and do the smallest change that mends it.

    Only a cause with one typed fix is mended; what a person has to decide is said instead. Deletions are never done.

    Args:
        name: The object that does not work.
        kind: Its kind; all objects of that name where it is left open.
        namespace: Its namespace; found out where it is left open.
        change: The only kind of object that may be changed, such as service; any where it is left open.
    """
    what = await asked.asked(session, name, kind, namespace)
    _, found = await diagnosing.looked_at(session, what)
    wrong = [one for one in found if one.severity != "notice"] or found
    if not wrong:
        return Draft(f"nothing wrong found with {what.what}")
    mended = [(one, draft) for one in wrong if (draft := await _draft(session, one, change)) is not None]
    if not mended:
        raise ToolError(ErrorCode.CONFLICT, f"not fixed, for a person has to decide: {listed(map(_advice, wrong), 3)}")
    operations = tuple(operation for _, draft in mended for operation in draft.operations)
    refuse_twice(operations, "the diagnosis")
    left = [one for one in wrong if all(one is not other for other, _ in mended)]
    return Draft(
        "; ".join(f"{draft.summary}, because of {one.subject}: {one.cause}" for one, draft in mended),
        operations,
        warnings=(
            *(f"not fixed: {_advice(one)}" for one in left),
            *(said for _, draft in mended for said in draft.warnings),
        ),
        wait_s=max(draft.wait_s for _, draft in mended),
        undo="; ".join(dict.fromkeys(draft.undo for _, draft in mended if draft.undo)),
        shown="\n".join(f"evidence: {one}" for finding, _ in mended for one in finding.evidence),
    )


async def _draft(session: Session, finding: Finding, change: str) -> Draft | None:
    """What mends it; None where that is not one write, is a deletion, or changes another kind of object."""
    fix = finding.fix
    if (
        fix is None
        or fix.skill not in catalog.unbound()
        or catalog.unbound().get(fix.skill).spec.risk is not Risk.WRITE
    ):
        return None
    draft = await drafted(session, fix.skill, fix.arguments)
    allowed = session.kinds.find(change).kind if change else ""
    if not draft.operations or (allowed and any(one.kind.kind != allowed for one in draft.operations)):
        return None
    return draft


def _advice(finding: Finding) -> str:
    done = f": {finding.fix.text}" if finding.fix else ""
    return f"{finding.subject}: {finding.cause}{done}"
