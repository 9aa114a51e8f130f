"""Makes a failing scenario small enough to read: takes away whatever it fails without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.simulation.scenario import RunSpec, Scenario

TRIES = 400


def shrink(scenario: Scenario, fails: Callable[[Scenario], bool]) -> Scenario:
    """The smallest scenario found that still fails; at most `TRIES` are played."""
    tries = 0
    progress = True
    while progress and tries < TRIES:
        progress = False
        for smaller in _smaller(scenario):
            tries += 1
            if fails(smaller):
                scenario, progress = smaller, True
                break
            if tries >= TRIES:
                break
    return scenario


def _smaller(scenario: Scenario) -> Iterator[Scenario]:
    """Scenarios with one thing less, the greatest things first."""
    for index in range(len(scenario.runs)):
        if len(scenario.runs) > 1:
            yield replace(scenario, runs=_without(scenario.runs, index))
    for index in range(len(scenario.faults)):
        yield replace(scenario, faults=_without(scenario.faults, index))
    for index, run in enumerate(scenario.runs):
        for smaller in _smaller_run(run):
            yield replace(scenario, runs=(*scenario.runs[:index], smaller, *scenario.runs[index + 1 :]))
    for index, device in enumerate(scenario.devices):
        named = any(device.name in step.get("devices", {}).get("names", ()) for r in scenario.runs for step in r.steps)
        if not named and len(scenario.devices) > 1 and not any(f.target == device.name for f in scenario.faults):
            yield replace(scenario, devices=_without(scenario.devices, index))


def _smaller_run(run: RunSpec) -> Iterator[RunSpec]:
    for index in range(len(run.actions)):
        yield replace(run, actions=_without(run.actions, index))
    needed = {edge["step"] for step in run.steps for edge in step.get("after", ())}
    for index, step in reversed(list(enumerate(run.steps))):
        if step["id"] not in needed and len(run.steps) > 1:
            yield replace(run, steps=_without(run.steps, index))
    for index, step in enumerate(run.steps):
        for key in ("hangs", "fails"):
            if key in step["arguments"]:
                arguments = {name: value for name, value in step["arguments"].items() if name != key}
                yield replace(
                    run, steps=(*run.steps[:index], {**step, "arguments": arguments}, *run.steps[index + 1 :])
                )
    if run.text:
        yield replace(run, text=False, revise=False)
    if run.policy.get("approve") == "ask":
        yield replace(run, policy={**run.policy, "approve": "all"})


def _without(items: tuple, index: int) -> tuple:  # type: ignore[type-arg]
    return (*items[:index], *items[index + 1 :])
