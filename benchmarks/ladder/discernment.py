"""How well the acceptance checks tell right plans from wrong ones, whoever made them.

    python -m benchmarks.ladder.discernment [PART ...] [--items] [--json]

Every acceptable plan is put to the checks, and should pass: one that does not costs a rung its right answer. Every
mutation of the first one (`plans.py`: what models get wrong) should be refused: one that is not would run. What goes
wrong is listed for dev parts, and for others with `--items`.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence

from agents.checks import check
from benchmarks.ladder.evaluate import Item, changes, fits, load, parts, told
from benchmarks.ladder.fleet import fleet
from benchmarks.ladder.plans import MUTATIONS, plan_of
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan
from orchestrator.core.tasks import Model

DRAWS = 3


class Passed(Model):
    """`passed` of `made` wrong plans were accepted, `changing` of these with a step that writes or destroys."""

    made: int = 0
    passed: int = 0
    changing: int = 0


class Discernment(Model):
    """One part. `right_refused` of `right` acceptable plans were refused; `wrong` by kind of mutation."""

    part: str
    right: int
    right_refused: int
    wrong: dict[str, Passed]


Note = Callable[[str], None]


def discern(part: str, items: Sequence[Item], note: Note = lambda line: None) -> Discernment:
    """`note` is told of each plan that was judged wrongly, in a line."""
    view = fleet()
    right = refused = 0
    wrong = {way.__name__: Passed() for way in MUTATIONS}
    for item in items:
        for steps in item.plans:
            right += 1
            findings = check(plan_of(steps, view), item.request(), view)
            if findings:
                refused += 1
                note(f"refused  {item.id} {item.text}\n         {findings[0].message}")
        if item.plans:
            _mutate(item, view, wrong, note)
    return Discernment(part=part, right=right, right_refused=refused, wrong=wrong)


def _mutate(item: Item, view: FleetView, wrong: dict[str, Passed], note: Note) -> None:
    plan = plan_of(item.plans[0], view)
    for way in MUTATIONS:
        seen: set[str] = set()
        for number in range(DRAWS):
            made = way(plan, view, random.Random(f"{item.id}/{way.__name__}/{number}"))
            if made is None or fits(item, made, view) or told(made) in seen:
                continue
            seen.add(told(made))
            passed = not check(made, item.request(), view)
            wrong[way.__name__] = _counted(wrong[way.__name__], made, view, passed)
            if passed:
                note(f"passed   {item.id} {way.__name__}: {item.text}\n         {told(made)}")


def _counted(so_far: Passed, made: Plan, view: FleetView, passed: bool) -> Passed:
    changing = passed and changes(made, view)
    return Passed(made=so_far.made + 1, passed=so_far.passed + passed, changing=so_far.changing + changing)


def summary(found: Discernment) -> str:
    total = Counter[str]()
    lines = []
    for name, one in found.wrong.items():
        total.update(made=one.made, passed=one.passed, changing=one.changing)
        lines.append(f"    {name:18} {one.passed:5} of {one.made:5} passed, {one.changing} that change something")
    share = found.right_refused / found.right if found.right else 0.0
    head = [
        f"{found.part}: {found.right_refused} of {found.right} right plans refused ({share:.1%});"
        f" {total['passed']} of {total['made']} wrong ones passed, {total['changing']} that change something"
    ]
    return "\n".join(head + lines)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Put right and wrong plans to the acceptance checks.")
    parser.add_argument("parts", nargs="*", help="dev, test2, 'dev*' (default: all)")
    parser.add_argument("--items", action="store_true", help="list the plans of test parts too")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    given = parser.parse_args(arguments)
    found = []
    for part in parts(given.parts):
        show = not given.json and (given.items or part.startswith("dev"))
        found.append(discern(part, load(part), print if show else lambda line: None))
        if not given.json:
            print(summary(found[-1]))
    if given.json:
        print("[" + ",\n".join(one.model_dump_json() for one in found) + "]")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
