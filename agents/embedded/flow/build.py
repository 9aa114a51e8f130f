"""Deeds to a plan: all of them, in order, and what waits for what."""

from __future__ import annotations

from collections.abc import Sequence

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.fillings import fill
from agents.embedded.flow.order import in_order, measured_only
from agents.embedded.flow.parts import Part, build
from agents.embedded.outcome import decline
from orchestrator.core.plan import Plan


def planned(to: Builder, deeds: Sequence[Part]) -> Plan:
    """The plan of a request. Raises Stop where a deed cannot be done."""
    to.draft.begin((), ())
    for deed in deeds:
        deed.foresee(to)
    for deed in deeds:
        build(to, deed)
    if to.pending:
        raise decline(to.pending)
    if not to.draft.steps:
        raise decline("the request asks for nothing that a skill does")
    to.filled |= fill(to)
    in_order(to, to.sequence)
    measured_only(to)
    answer = [*to.asked, *to.draft.answering(to.answers)]
    return to.draft.plan(answer, "every word of the request has its place in a flow")
