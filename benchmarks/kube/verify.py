"""Whether a request was fulfilled: pure checks on the objects before and after, on the answer, and on what changed.

The verdict is a list of what does not hold, empty where all does. It leans to accepting what is right in another form
(`500m` for `0.5`, a pod's name for its workload's) and never to accepting what is wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from benchmarks.kube.refs import Object, Ref, steps, values
from benchmarks.kube.scenarios import Answer, Check, Expect
from benchmarks.kube.snapshot import Change

Objects = Mapping[Ref, Object]
Outcome = Literal["done", "declined", "failed"]
"""What the product claims: it did it; it would not, or asks back; it tried and says that it failed."""

_TRUE_BY_DEFAULT = ("automountServiceAccountToken", "enableServiceLinks", "allowPrivilegeEscalation")
_QUANTITY = re.compile(r"^([+-]?[0-9.]+)(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$")
_FACTORS = {"": Decimal(1), "m": Decimal("0.001")}
_FACTORS |= {unit: Decimal(1000**power) for power, unit in enumerate("kMGTP", 1)}
_FACTORS |= {f"{unit}i": Decimal(1024**power) for power, unit in enumerate("KMGTP", 1)}
# What controllers append to a name: a template's hash, a time, five letters that spell nothing, the first ordinal.
_LETTER = "[bcdfghjklmnpqrstvwxz2456789]"
_MADE = rf"(?:-{_LETTER}{{8,10}}|-\d{{8,10}})?(?:-{_LETTER}{{5}}|-0)?"


@dataclass(frozen=True)
class Observed:
    """One run of a scenario. `before` and `after` hold the objects that its checks name; `changes` all that is not as

    it was, `writes` what the product wrote by the API server's word, lasting or not.
    """

    outcome: Outcome
    answer: str
    before: Objects
    after: Objects
    changes: Sequence[Change] = ()
    writes: Sequence[str] = ()


def verify(expect: Expect, seen: Observed) -> list[str]:
    """What does not hold, in sentences."""
    found = []
    if seen.outcome != expect.outcome and not (expect.outcome == "declined" and seen.outcome == "failed"):
        found.append(f"it should be {expect.outcome}, and is {seen.outcome}")
    found += [text for check in expect.objects for text in failing(check, seen.before, seen.after)]
    found += answer_faults(expect.answer, seen.answer)
    return found + [f"{change} is none of its business" for change in seen.changes if not permitted(change, expect)]


def permitted(change: Change, expect: Expect) -> bool:
    return any(ref.names(change.ref) for ref in expect.allowed)


def failing(check: Check, before: Objects, after: Objects) -> list[str]:
    """Why a check does not hold; at most one sentence."""
    named = [one for ref, one in after.items() if check.ref.names(ref)]
    fitting = [one for one in named if _holds(check, one) and _is_still(check, one, before)]
    if check.count is not None:
        return [] if len(fitting) == check.count else [f"{_told(check)}: {len(fitting)} do, not {check.count}"]
    if check.absent and not check.path:
        return [f"{check.object} is there"] if named else []
    if fitting:
        return []
    if not named:
        return [f"{check.object} is not there"]
    replaced = any(_holds(check, one) for one in named)
    reason = "another object of that name took its place" if replaced else _found(check, named)
    return [f"{_told(check)}: {reason}"]


def _is_still(check: Check, thing: Object, before: Objects) -> bool:
    if not check.same_uid:
        return True
    was = before.get(Ref.of(thing))
    return was is not None and was["metadata"]["uid"] == thing["metadata"]["uid"]


def _holds(check: Check, thing: Object) -> bool:
    given = check.model_fields_set
    if not check.path:
        return True
    reached = values(thing, check.path)
    if "exists" in given or "absent" in given:
        present = any(one is not None for one in reached)
        return present == (check.exists is True or check.absent is False)
    if "equals" in given:
        return any(same(one, check.equals) for one in reached) or (not reached and _is_left_out(check))
    if check.matches is not None:
        return any(re.search(check.matches, _text(one)) for one in reached)
    if "contains" in given:
        return any(_contains(one, check.contains) for one in reached)
    if check.at_least is not None:
        return any((amount := quantity(one)) is not None and amount >= Decimal(str(check.at_least)) for one in reached)
    return bool(reached)


def _is_left_out(check: Check) -> bool:
    """Whether the API leaves the value out: what is zero, false or empty, unless true is the default."""
    return not check.equals and steps(check.path)[-1] not in _TRUE_BY_DEFAULT


def same(one: object, other: object) -> bool:
    """Equal, where quantities count by their amount."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if one == other:
        return True
    amount = quantity(one)
    return amount is not None and amount == quantity(other)


def quantity(value: object) -> Decimal | None:
    """A number, or a quantity such as `500m` or `1Gi`; None for what is neither."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    found = _QUANTITY.match(str(value))
    try:
        return Decimal(found[1]) * _FACTORS[found[2] or ""] if found else None
    except InvalidOperation:
        return None


def _contains(thing: object, part: object) -> bool:
    if isinstance(thing, list):
        if isinstance(part, list):
            return all(_contains(thing, one) for one in part)
        return any(same(one, part) or (isinstance(part, dict) and _contains(one, part)) for one in thing)
    if isinstance(thing, dict):
        if isinstance(part, dict):
            return all(
                key in thing and (same(thing[key], one) or _contains(thing[key], one)) for key, one in part.items()
            )
        return part in thing
    return isinstance(thing, str) and isinstance(part, str) and part in thing


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _told(check: Check) -> str:
    given = check.model_dump(exclude_unset=True, exclude={"object", "count"})
    return " ".join([check.object, *(f"{key}={_text(value)}" for key, value in given.items())])


def _found(check: Check, named: Iterable[Object]) -> str:
    reached = [value for one in named for value in values(one, check.path)] if check.path else []
    return f"found {_text(reached)[:200]}"


def answer_faults(expect: Answer, answer: str) -> list[str]:
    found = [f"the answer lacks /{one}/" for one in expect.mentions if not re.search(one, answer, re.IGNORECASE)]
    found += [f"the answer has /{one}/" for one in expect.omits if re.search(one, answer, re.IGNORECASE)]
    found += [f"the answer lacks {name}" for name in expect.exactly.found if not is_named(name, answer)]
    return found + [f"the answer has {name}" for name in expect.exactly.not_ if is_named(name, answer)]


def is_named(name: str, text: str) -> bool:
    """Whether a text names an object, as such or by what its controller made: `web`, `web-7c9d8f6b5-x2x4z`."""
    return re.search(rf"(?<![\w-]){re.escape(name)}{_MADE}(?![\w-])", text, re.IGNORECASE) is not None
