"""Rules about conditions: what stands under an `if` depends on it, in its sense, and on all of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from agents.embedded.wordset import words
from agents.scrutiny.look import Doubt, Look, compares
from agents.scrutiny.places import _sentence
from orchestrator.core.plan import Step
from orchestrator.core.references import find
from orchestrator.core.tasks import On

FAILS = words("fail fails failed failing error errors breaks broke broken")
WORKS = words("succeed succeeds succeeded work works worked pass passes passed ok fine")
DIFFERS = words("differ differs differing different deviates mismatch")
AGREES = words("same match matches equal equals agree agrees identical")
NO = words("not no never don't doesn't isn't aren't none without unless nothing")
SILENT = words("notification says titled called")


def doubts(look: Look) -> Iterator[Doubt]:
    """Everything about a plan's conditions that does not go with the request."""
    yield from _mixed(look)
    yield from _under(look)
    yield from _senses(look)
    yield from _branch_less(look)
    yield from _odd(look)


def _mixed(look: Look) -> Iterator[Doubt]:
    """A step that depends on how some of its like went depends on all of them so."""
    for step in look.plan.steps:
        judged = {look.steps[edge.step].skill for edge in step.after if edge.on is On.CONDITION}
        ops: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for edge in step.after:
            for test, turned in compares(edge.when) if edge.when is not None else ():
                ops[look.steps[edge.step].skill, test.path, str(test.value)].add(f"{test.op}{turned}")
        if any(len(one) > 1 for one in ops.values()):
            yield Doubt(f"step {step.id} depends on its like in different ways")
        for edge in step.after:
            if edge.on is On.SUCCESS and look.steps[edge.step].skill in judged:
                yield Doubt(f"step {step.id} waits for {edge.step} without the condition that it makes of the others")


def _under(look: Look) -> Iterator[Doubt]:
    """`If ..., write a.txt`: a change whose words follow the condition, in the same sentence, depends on it."""
    told = look.told
    for step in look.plan.steps:
        at = look.located.get(step.id)
        if at is None or not look.risky(step) or look.conditional(step):
            continue
        span = _sentence(told, at)
        for place in range(span.start, at):
            begins = place == span.start or told.word(place - 1) in ("and", "but", ",")
            comma = any(told.tokens[one].text == "," for one in range(place + 1, at))
            if (
                begins
                and comma
                and told.word(place) == "if"
                and told.word(place + 1) not in ("possible", "you", "need")
            ):
                if not any(step.arguments.get("mirrors") for step in look.plan.steps):
                    yield Doubt(f"step {step.id} does not depend on the condition that the request makes for it")
                break


def _clause(look: Look, at: int) -> frozenset[str]:
    """The words of the `if` that stands before a place in its sentence, up to its comma."""
    told = look.told
    span = _sentence(told, at)
    begins = [place for place in range(span.start, at) if told.word(place) in ("if", "when", "unless")]
    if not begins:
        return frozenset()
    end = next((to for to in range(begins[-1], at) if told.tokens[to].text == ","), at)
    return frozenset(told.word(place) for place in range(begins[-1], end))


def _senses(look: Look) -> Iterator[Doubt]:
    """What depends on failing does not depend on working, and what on a difference not on sameness."""
    everywhere = {token.text.casefold() for token in look.told.tokens if token.word}
    for step in look.plan.steps:
        at = look.located.get(step.id)
        clause = _clause(look, at) if at is not None else frozenset()
        for edge in step.after:
            for test, turned in compares(edge.when) if edge.when is not None else ():
                if test.path.endswith("exit_code") and test.value == 0 and test.op in ("==", "!="):
                    works = (test.op == "==") is not turned
                    fails_said, works_said = bool(clause & FAILS), bool(clause & WORKS)
                    if fails_said != works_said and not clause & NO and works is fails_said:
                        yield Doubt(f"step {step.id} runs when {edge.step} {'works' if works else 'fails'}")
                if test.path.endswith("equal") and isinstance(test.value, bool) and test.op in ("==", "!="):
                    same = (test.value is (test.op == "==")) is not turned
                    said = clause if clause & (DIFFERS | AGREES) else everywhere
                    differs = bool(said & DIFFERS)
                    if differs and same and not said & NO and not _both(look, step):
                        yield Doubt(f"step {step.id} runs where there is no difference")


def _both(look: Look, step: Step) -> bool:
    return look.told.has("otherwise", "else") or re.search(r"\bif not\b", look.told.spoken) is not None


def _branch_less(look: Look) -> Iterator[Doubt]:
    """What is done with each of several like results, three and more, is done with the last of them too."""
    followers: dict[str, set[str]] = defaultdict(set)
    for step in look.plan.steps:
        for id in _direct(step):
            if id in look.steps:
                followers[id].add(_shape(step))
    groups: dict[str, list[Step]] = defaultdict(list)
    for step in look.plan.steps:
        groups[_shape(step)].append(step)
    for mates in groups.values():
        if len(mates) < 3:
            continue
        for shape in sorted(set().union(*(followers[one.id] for one in mates))):
            without = [one for one in mates if shape not in followers[one.id]]
            others = {one.id for one in mates} - {one.id for one in without}
            if len(without) == 1 and not others & look.above[without[0].id]:
                yield Doubt(f"what follows on {mates[0].id} does not follow on {without[0].id}")


def _odd(look: Look) -> Iterator[Doubt]:
    """Of three and more steps that do the like with the like, none depends on it in another way than the others."""
    groups: dict[tuple[str, ...], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for step in look.plan.steps:
        for edge in step.after:
            for test, turned in compares(edge.when) if edge.when is not None else ():
                mates = (_shape(step), look.steps[edge.step].skill, test.path, str(test.value))
                groups[mates][f"{test.op}{turned}"].append(step.id)
    for ways in groups.values():
        odd = [ids for ids in ways.values() if len(ids) == 1]
        if len(ways) == 2 and len(odd) == 1 and sum(map(len, ways.values())) > 2:
            yield Doubt(f"step {odd[0][0]} depends on something else than the steps like it")


def _direct(step: Step) -> set[str]:
    return {edge.step for edge in step.after} | {reference.task for reference in find(step.arguments)}


def _shape(step: Step) -> str:
    return f"{step.skill} {sorted(step.arguments)} {sorted(edge.on for edge in step.after)}"
