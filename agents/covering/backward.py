"""Backward: the plan does nothing that the request does not say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from agents.covering.asking import asking
from agents.covering.case import Case, strings
from agents.covering.gap import Gap
from agents.embedded.text import stem
from agents.embedded.wordset import words
from agents.scrutiny.words import alternatives
from orchestrator.core.plan import Step
from protocol.vocabulary import Risk

FREE_ARGUMENTS = words("by title sections items op value order sort algorithm interpreter format type")
SETS = frozenset({"edge.set"})
QUERIES = frozenset({"sql.query", "sql.export"})
SHOWN = frozenset({"columns", "text", "x", "y", "title", "find", "replace"})
"""What a change writes, beside where: a person who is shown the plan can tell."""
SQL_WORDS = words(
    "select from where and or not order by desc asc group having limit distinct sum count avg min max total as join "
    "left inner on using between in is null like cast integer real text round lower upper case when then else end"
)


def backward(case: Case, steps: Sequence[Step] | None = None) -> Iterator[Gap]:
    """Of every step of the plan, or of some."""
    spoken = case.heard.spoken
    explained = case.explained_devices()
    for step in case.plan.steps if steps is None else steps:
        yield from _device_gap(case, step, explained)
        yield from _argument_gaps(case, step)
        yield from _skill_gap(case, step, spoken)


def _device_gap(case: Case, step: Step, explained: frozenset[str]) -> Iterator[Gap]:
    if case.leeway is not None and case.leeway.device(step):
        return
    if case.anywhere(step.id) or (case.heard.unreadable and not step.devices.names):
        return
    able = [name for name, device in case.fleet.devices.items() if step.skill in device.skills and device.available]
    extra = sorted(case.selected[step.id] - explained)
    if extra and len(able) > 1:
        yield Gap(
            "unexplained_device",
            f"step {step.id} runs on {', '.join(extra[:10])}, which the request does not name",
            tuple(extra[:10]),
            mild=case.reads(step),
        )


def _argument_gaps(case: Case, step: Step) -> Iterator[Gap]:
    for name, value in step.arguments.items():
        if name in FREE_ARGUMENTS and not (name == "value" and step.skill in SETS):
            continue
        for text in strings(value):
            parts = alternatives(text.strip()) if name == "pattern" else [text]
            if not (
                all(case.explained(one) for one in parts)
                or (step.skill in QUERIES and name == "statement" and _selects(case, text))
                or (case.leeway is not None and case.leeway.argument(step, name, text))
            ):
                yield Gap(
                    "unexplained_argument",
                    f"step {step.id}: {name} {text[:80]!r} is not in the request",
                    (text[:80],),
                    mild=case.reads(step) or name in SHOWN or (name == "code" and case.jailed(step)),
                )


def _selects(case: Case, statement: str) -> bool:
    """A query that only reads, and whose own values the request has."""
    if not re.match(r"\s*select\b", statement, re.IGNORECASE) or ";" in statement.rstrip().rstrip(";"):
        return False
    values = re.findall(r"'([^']*)'|\b(\d+(?:\.\d+)?)\b", statement)
    bare = re.sub(r"'[^']*'|\bas\s+\w+", " ", statement, flags=re.IGNORECASE)
    names = [one for one in re.findall(r"[A-Za-z_]\w*", bare) if one.casefold() not in SQL_WORDS]
    said = {stem(word) for word in re.findall(r"[a-z]+", case.heard.text.casefold())}
    known = all(stem(part) in said for one in names for part in one.casefold().split("_") if part)
    return known and all(case.explained(text or number) for text, number in values)


def _skill_gap(case: Case, step: Step, spoken: frozenset[str]) -> Iterator[Gap]:
    spec = case.heard.specs.get(step.skill)
    if spec is None or spec.risk is Risk.READ or _serves(case, step):
        return
    more = asking(step.skill) if len(case.plan.steps) > 1 else frozenset()
    if case.leeway is not None and case.leeway.skill(step):
        return
    if case.leeway is not None and step.skill == "shell.run":
        told = f"step {step.id}: the request does not say the command {str(step.arguments.get('command'))[:80]!r}"
        yield Gap("unexplained_skill", told, (step.skill,))
        return
    if case.leeway is not None and case.leeway.unasked(step):
        yield Gap("unexplained_skill", f"step {step.id}: no word asks for {step.skill}", (step.skill,))
        return
    if not (case.evidence.verbs(step.skill) | more) & spoken:
        yield Gap(
            "unexplained_skill",
            f"step {step.id}: the request has no verb that asks for {step.skill}",
            (step.skill,),
            mild=case.jailed(step),
        )


def _serves(case: Case, step: Step) -> bool:
    """Packing and unpacking around a transfer belong to the transfer, whose own verb is checked."""
    if step.skill not in {"archive.create", "archive.extract"}:
        return False
    return any(other.skill == "artifact.publish" for other in case.plan.steps) and bool(
        case.evidence.sends & {token.lemma for token in case.heard.tokens if token.word}
    )
