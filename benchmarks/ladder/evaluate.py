"""The evaluation's parts, and how a planner's word on each request is judged.

A part is a file `dev*.jsonl` (for tuning) or `test*.jsonl` (never looked at for tuning). Each line holds `id`, `text`,
perhaps `client` (the device that the person sits at), and `expect`: `plan` with one or more acceptable `plans`, or
`declined`, `asked`, `declined|asked`.

    right     a plan isomorphic to an expected one; or no plan, where none was to be made
    wrong     any other plan
    declined  no plan, where one could have been made
    asked     a question, where a plan could have been made

That a request is declined which was to be asked about, or the reverse, is right too: both refuse to guess. How often
it happens is counted as `other_refusal`.
"""

from __future__ import annotations

import json
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from benchmarks.ladder.compare import actual, expected, same
from benchmarks.ladder.fleet import fleet
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Clarification, Declined, Plan
from orchestrator.core.requests import Request
from orchestrator.core.tasks import Model
from protocol.vocabulary import Risk

HERE = Path(__file__).parent
SIDES = ("dev", "test")
Verdict = Literal["right", "wrong", "declined", "asked"]
Result = Plan | Clarification | Declined
Propose = Callable[[Request], Result]
_SKILL = re.compile(r"\w+=([\w.]+) @")


class Item(Model):
    """One request with what is expected of it."""

    id: str
    text: str
    client: str | None = None
    expect: Literal["plan", "declined", "asked", "declined|asked", "asked|declined"]
    plans: tuple[tuple[str, ...], ...] = ()

    @property
    def in_scope(self) -> bool:
        return self.expect == "plan"

    @property
    def skills(self) -> frozenset[str]:
        """Those of every acceptable plan."""
        return frozenset(skill for plan in self.plans for step in plan for skill in _SKILL.findall(step))

    def request(self) -> Request:
        return Request(text=self.text, client=self.client)


def parts(names: Sequence[str] = (), folder: Path = HERE) -> list[str]:
    """The parts that there are, `dev*` before `test*`, or those that are named: `dev`, `test2`, `dev*`."""
    found = [path.stem for side in SIDES for path in sorted(folder.glob(f"{side}*.jsonl"))]
    if not names:
        return found
    wanted = [part for part in found if any(Path(part).match(name) for name in names)]
    missing = [name for name in names if not any(Path(part).match(name) for part in found)]
    if missing:
        raise FileNotFoundError(f"there is no part {', '.join(missing)}; there are {', '.join(found)}")
    return wanted


def load(part: str, folder: Path = HERE) -> list[Item]:
    """A part's requests. Raises ValueError with the line that does not fit."""
    found = []
    for number, line in enumerate((folder / f"{part}.jsonl").read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        item = Item.model_validate_json(line)
        if item.in_scope != bool(item.plans):
            raise ValueError(f"{part}.jsonl, line {number}: `plans` belong to `expect: plan`, and only there")
        found.append(item)
    twice = [id for id, count in Counter(item.id for item in found).items() if count > 1]
    if twice:
        raise ValueError(f"{part}.jsonl has two requests {twice[0]}")
    return found


def judge(item: Item, result: Result, view: FleetView) -> Verdict:
    if isinstance(result, Plan):
        return "right" if item.in_scope and fits(item, result, view) else "wrong"
    if item.in_scope:
        return "declined" if isinstance(result, Declined) else "asked"
    return "right"


def fits(item: Item, plan: Plan, view: FleetView) -> bool:
    """Whether the plan is one of the acceptable ones, up to isomorphism."""
    try:
        got = actual(plan, view)
    except KeyError:  # it refers to a step that it does not have
        return False
    return any(same(expected(list(steps), view), got) for steps in item.plans)


def changes(plan: Plan, view: FleetView) -> bool:
    """Whether the plan has a step that writes or destroys; a skill that nobody knows counts."""
    specs = view.skills
    return any(step.skill not in specs or specs[step.skill].risk is not Risk.READ for step in plan.steps)


class WrongPlan(Model):
    """A wrong accept. `out_of_scope`: nothing should have been planned. `changes`: it would write or destroy."""

    id: str
    text: str
    out_of_scope: bool
    changes: bool
    plan: str


class PartReport(Model):
    """One part. Shares are of the requests in scope, None where there are none; times are milliseconds."""

    part: str
    requests: int
    in_scope: int
    out_of_scope: int
    verdicts: dict[str, int]
    planned_right: float | None
    wrong_share: float | None
    wrong_with_write: int
    out_of_scope_accepted: int
    other_refusal: int
    p50_ms: float
    p95_ms: float
    p95_cpu_ms: float
    wrong: tuple[WrongPlan, ...]


@dataclass
class _Marks:
    verdicts: Counter[str] = field(default_factory=Counter)
    wrong: list[WrongPlan] = field(default_factory=list)
    planned: int = 0
    other_refusal: int = 0
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


Seen = Callable[[Item, Result, Verdict], None]


def evaluate(part: str, items: Sequence[Item], propose: Propose, *, seen: Seen | None = None) -> PartReport:
    """Every request of a part, put to `propose`. `seen` is told of each."""
    view, marks = fleet(), _Marks()
    for item in items:
        wall, cpu = time.perf_counter(), time.process_time()
        result = propose(item.request())
        marks.wall.append(time.perf_counter() - wall)
        marks.cpu.append(time.process_time() - cpu)
        verdict = judge(item, result, view)
        _mark(marks, item, result, verdict, view)
        if seen is not None:
            seen(item, result, verdict)
    return _report(part, items, marks)


def _mark(marks: _Marks, item: Item, result: Result, verdict: Verdict, view: FleetView) -> None:
    marks.verdicts[verdict] += 1
    marks.planned += item.in_scope and verdict == "right"
    if isinstance(result, Plan):
        if verdict == "wrong":
            wrong = WrongPlan(
                id=item.id,
                text=item.text,
                out_of_scope=not item.in_scope,
                changes=changes(result, view),
                plan=told(result),
            )
            marks.wrong.append(wrong)
    elif not item.in_scope:
        kind = "declined" if isinstance(result, Declined) else "asked"
        marks.other_refusal += kind not in item.expect.split("|")


def _report(part: str, items: Sequence[Item], marks: _Marks) -> PartReport:
    inside = sum(item.in_scope for item in items)
    return PartReport(
        part=part,
        requests=len(items),
        in_scope=inside,
        out_of_scope=len(items) - inside,
        verdicts={name: marks.verdicts[name] for name in ("right", "wrong", "declined", "asked")},
        planned_right=marks.planned / inside if inside else None,
        wrong_share=sum(not one.out_of_scope for one in marks.wrong) / inside if inside else None,
        wrong_with_write=sum(one.changes for one in marks.wrong),
        out_of_scope_accepted=sum(one.out_of_scope for one in marks.wrong),
        other_refusal=marks.other_refusal,
        p50_ms=quantile(marks.wall, 0.5) * 1e3,
        p95_ms=quantile(marks.wall, 0.95) * 1e3,
        p95_cpu_ms=quantile(marks.cpu, 0.95) * 1e3,
        wrong=tuple(marks.wrong),
    )


def quantile(values: Sequence[float], share: float) -> float:
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


def told(result: Result) -> str:
    """A planner's word in one line."""
    if isinstance(result, Declined):
        return result.reason + (f" {list(result.unplaced)}" if result.unplaced else "")
    if isinstance(result, Clarification):
        return result.question
    return " ; ".join(
        f"{step.id}={step.skill} {json.dumps(step.arguments)}"
        f" {step.devices.model_dump(mode='json', exclude_defaults=True)}"
        f" {[(edge.step, edge.when.model_dump(mode='json') if edge.when else None) for edge in step.after]}"
        for step in result.steps
    )


def coverage(loaded: Mapping[str, Iterable[Item]], skills: Iterable[str]) -> dict[str, dict[str, int]]:
    """For each skill: how many requests of each part have it in an acceptable plan."""
    counts = {part: Counter(skill for item in items for skill in item.skills) for part, items in loaded.items()}
    return {skill: {part: count[skill] for part, count in counts.items()} for skill in sorted(skills)}


def uncovered(table: Mapping[str, Mapping[str, int]]) -> dict[str, list[str]]:
    """The skills that no request of a side (`dev*`, `test*`) covers, for each side of which there is a part."""
    found = {}
    for side in SIDES:
        if any(part.startswith(side) for row in table.values() for part in row):
            bare = [
                skill for skill, row in table.items() if not any(row[part] for part in row if part.startswith(side))
            ]
            found[side] = bare
    return found
