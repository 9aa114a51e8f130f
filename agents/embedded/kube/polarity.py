"""Whether a plan's condition on what a cluster says is the one of the request, or that one turned round.

`if web is not ready, restart it` planned as a restart where it is ready has every name of the request, and a condition.
So the sense of the request's words is held against the sense of the comparison, and only where both are plain: one
condition in the request without an `otherwise`, and a comparison of something whose sense is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from agents.embedded.kube.lexicon import CHANGES, VERBS
from agents.embedded.wordset import words
from orchestrator.core.conditions import AllOf, AnyOf, Compare, Condition, Not
from orchestrator.core.plan import Plan, Step


class Sense(NamedTuple):
    """What is said, and whether it is said to be so: `not ready` is (`health`, False)."""

    about: Literal["health", "presence"]
    holds: bool


_MARK: Final = re.compile(
    r"\b(if|unless|when|whenever|in case|as long as|so long as|provided|assuming)\b", re.IGNORECASE
)
_OTHERWISE: Final = re.compile(r"\b(?:otherwise|else|if not|if so)\b", re.IGNORECASE)
_END: Final = re.compile(r"[,.;:!?]|\b(?:then|please)\b", re.IGNORECASE)
_WORD: Final = re.compile(r"[a-z]+(?:'t)?")
_WELL: Final = words(
    "ready healthy available running complete completed finished succeeded succeeds bound up completes fine ok "
    "okay active"
)
_ILL: Final = words(
    "unready unhealthy unavailable failing failed fails crashing crashed crashlooping crashloopbackoff broken degraded "
    "pending down stuck notready incomplete progressing"
)
_THERE: Final = words("exists exist existing present")
_GONE: Final = words("missing absent gone nonexistent")
_NO: Final = words("not no never none nothing without fewer less below under neither cannot cant")
# What is compared: the last name of its path, or of the path that `kube.get` was asked for.
_GOOD: Final = words("ready healthy available readyreplicas availablereplicas")
_BAD: Final = words("not_ready unhealthy unavailablereplicas")
_CONDITION: Final = re.compile(r"type\s*==?\s*[\"']?(ready|available|complete)\b", re.IGNORECASE)
_TURNS: Final = {"!=", "<", "<="}


def turned(text: str, plan: Plan) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(code, message, words) of each step that depends on the contrary of what the request says."""
    asked = asked_for(text)
    if asked is None:
        return
    steps = {step.id: step for step in plan.steps}
    for step in plan.steps:
        for edge in step.after:
            looked = steps.get(edge.step)
            if edge.when is None or looked is None or not looked.skill.startswith("kube."):
                continue
            found = {sense for sense in _senses(edge.when, looked) if sense is None or sense.about == asked.about}
            if found == {Sense(asked.about, not asked.holds)}:
                yield "unused_condition", f"step {step.id} depends on the contrary of the request's condition", ()


def asked_for(text: str) -> Sense | None:
    """The sense of a request's one condition; None where there is none, or it is not plain."""
    marks = list(_MARK.finditer(text))
    if len(marks) != 1 or _OTHERWISE.search(text):
        return None
    clause = _END.split(text[marks[0].end() :].casefold(), maxsplit=1)[0]
    found: set[Sense] = set()
    holds = marks[0][0].casefold() != "unless"
    here = holds
    for word in _WORD.findall(clause):
        if found and VERBS.get(word, word) in CHANGES and word not in _WELL:
            break  # the order begins, without a comma
        if word in _NO or word.endswith("n't"):
            here = not here
        elif word in _WELL or word in _ILL:
            found.add(Sense("health", here if word in _WELL else not here))
            here = holds
        elif word in _THERE or word in _GONE:
            found.add(Sense("presence", here if word in _THERE else not here))
            here = holds
    return found.pop() if len(found) == 1 else None


def _senses(condition: Condition, looked: Step, *, holds: bool = True) -> Iterator[Sense | None]:
    """What each comparison says of the cluster; None where that is not known."""
    match condition:
        case Not(not_=inner):
            yield from _senses(inner, looked, holds=not holds)
        case AllOf(all=parts) | AnyOf(any=parts):
            for part in parts:
                yield from _senses(part, looked, holds=holds)
        case Compare():
            sense = _sense(condition, looked)
            yield sense if sense is None or holds else Sense(sense.about, not sense.holds)


def _sense(test: Compare, looked: Step) -> Sense | None:
    name = _last(test.path)
    if name == "value":
        path = str(looked.arguments.get("path", ""))
        named = _CONDITION.search(path)
        name = "ready" if named else _last(path)
    value, op = test.value, test.op
    same = op not in _TURNS
    if name == "found":
        return Sense("presence", value is same) if isinstance(value, bool) and op in ("==", "!=") else None
    if name in _GOOD or name in _BAD:
        good = name in _GOOD
        if isinstance(value, (bool, str)) and op in ("==", "!="):
            if str(value).casefold() not in ("true", "false"):
                return None
            return Sense("health", ((str(value).casefold() == "true") is same) is good)
        if isinstance(value, (int, float)) and op != "exists":
            # `== 0` says that there is none, as `< 3` says that there are too few.
            many = same if value or op not in ("==", "!=") else not same
            return Sense("health", many is good)
        return None
    if isinstance(value, str) and op in ("==", "!=", "contains", "matches"):
        word = value.casefold()
        if word in _WELL or word in _ILL:
            return Sense("health", (word in _WELL) is same)
    return None


def _last(path: str) -> str:
    """The last name of a path: `readyreplicas` of `output.value.readyReplicas`."""
    names = re.findall(r"[A-Za-z_]+", path)
    return names[-1].casefold() if names else ""
