"""The scenario of a seed. Each has a mood: a kind of trouble of which it has more than chance would bring together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from tests.simulation.story import DeviceSpec, Fault, JsonObject, RunSpec, Scenario

__all__ = ["DeviceSpec", "Fault", "JsonObject", "RunSpec", "Scenario", "scenario"]

NAMES = ("alpha", "beta", "gamma")
# What a fault strikes at, where it does not strike at a device.
OURS = frozenset(("kill orchestrator", "slow disk", "failing disk", "dying disk", "crawling disk"))
ORCHESTRATOR_MOMENTS = (
    "before commit",
    "before commit",
    "after commit",
    "after commit",
    "before register",
    "after register",
    "before remember",
    "after remember",
)
DEVICE_MOMENTS = ("before device write", "after device write")
READS = ("sim.read", "sim.read", "sim.put", "sim.append")
APPENDS = ("sim.append", "sim.append", "sim.append", "sim.put")
ANY_FAULT = (
    "kill orchestrator",
    "kill orchestrator",
    "kill device",
    "cut",
    "cut silently",
    "partition",
    "half-open up",
    "half-open down",
    "noise",
    "doubles",
    "flapping",
    "slow disk",
    "crawling disk",
    "failing disk",
    "dying disk",
    "failing device disk",
    "pause",
    "stop device",
    "drain device",
    "replace device",
)


@dataclass(frozen=True)
class Mood:
    """Chances are of a run, or of a step: `long` that it lasts for seconds, `burst` that many wait for nothing.

    `spans` are how long faults last, at most, and `least` which part of that at least; `exact` is the chance that a
    kill strikes at a durable boundary.
    """

    faults: tuple[str, ...] = ANY_FAULT
    count: tuple[int, ...] = (0, 1, 2, 2, 3, 4, 6)
    spans: tuple[float, ...] = (0.05, 0.5, 2.0, 8.0)
    window: tuple[float, ...] = (2.5, 5.0, 14.0)
    exact: float = 0.35
    long: float = 0.15
    burst: float = 0.0
    least: float = 0.0
    ask: float = 0.2
    text: float = 0.4
    revise: float = 0.5
    cancel: float = 0.12
    edit: float = 0.25
    watch: float = 0.1
    twice: float = 0.1
    deadline: float = 0.06
    fails: float = 0.15
    skills: tuple[str, ...] = ("sim.read", "sim.put", "sim.append", "sim.append")
    steps: int = 7
    runs: tuple[int, ...] = (1, 1, 2, 3)
    lost: bool = False


KILLS = ("kill orchestrator", "kill orchestrator", "kill device")
DISK = ("failing disk", "dying disk", "dying disk", "dying disk", "kill orchestrator")
SLOW = ("crawling disk", "crawling disk", "slow disk", "kill device", "kill device")
LAZY = ("slow disk", "crawling disk", "crawling disk")
FITS = ("crawling disk", "kill device", "kill device", "failing disk")
WIRE = ("cut", "cut silently", "half-open up", "half-open down", "half-open down", "mess", "drops", "doubles")
LINE = ("flapping", "flapping", "drops", "doubles", "half-open down")
AWAY = ("partition", "half-open up", "half-open down", "pause", "replace device")

MOODS = (
    Mood(),
    Mood(),
    Mood(),
    Mood(faults=KILLS, count=(2, 3, 4), window=(4.0, 9.0), exact=0.6, long=0.6, deadline=0.2, fails=0.3, steps=4),
    Mood(faults=DISK, count=(2, 3), spans=(1.0, 3.0), least=0.5, window=(4.0,), watch=0.7, burst=0.8, runs=(1, 2)),
    Mood(faults=SLOW, count=(3, 4, 6), spans=(3.0, 6.0), least=0.5, window=(4.0,), fails=1.0, steps=2, runs=(1, 1, 2)),
    Mood(faults=FITS, count=(8, 10), spans=(0.4,), window=(4.0,), exact=0.0, burst=0.8, text=0.1, runs=(1, 2, 3)),
    Mood(faults=WIRE, count=(3, 4, 6), spans=(0.5, 3.0), window=(3.0, 8.0), long=0.1, burst=0.6),
    Mood(faults=LINE, count=(2, 3), spans=(8.0,), least=0.5, window=(1.0, 4.0), burst=0.9, cancel=0.3),
    Mood(faults=AWAY, count=(1, 2), spans=(9.0, 12.0), least=0.6, window=(4.0,), long=0.7, steps=4, skills=READS),
    Mood(faults=AWAY, count=(1, 2), spans=(9.0, 12.0), least=0.6, window=(4.0,), long=0.8, steps=3, skills=APPENDS),
    Mood(ask=1.0, fails=0.5, text=0.2, steps=3, window=(3.0, 6.0)),
    Mood(
        faults=(*KILLS, *DISK, *LAZY),
        count=(3, 4, 5),
        spans=(0.5, 2.0),
        exact=0.5,
        window=(4.0,),
        text=0.7,
        edit=0.9,
        fails=0.3,
        steps=4,
    ),
    Mood(cancel=1.0, long=0.5, window=(3.0, 7.0), steps=4),
    Mood(lost=True, count=(0, 1, 2), window=(6.0,), long=0.5, steps=5),
)


def scenario(seed: int) -> Scenario:
    """The scenario of a seed."""
    random = Random(seed)
    mood = random.choice(MOODS)
    devices = _devices(random, 2 if mood.lost else 1)
    names = [device.name for device in devices]
    lost = names[-1] if mood.lost else ""
    pins = [name for name in names if name != lost]
    runs = tuple(_run(random, mood, pins, number) for number in range(random.choice(mood.runs)))
    runs = tuple(_bounded(Random(f"{seed} {number}"), run) for number, run in enumerate(runs))
    heal = random.choice((3.0, 6.0, 10.0)) * random.uniform(0.6, 1.2) if mood.window[-1] > 9 else mood.window[-1] + 2.0
    faults = _faults(random, mood, pins, heal)
    if lost:
        faults = (*faults, Fault(round(random.uniform(1.0, 6.0), 4), "lose device", lost))
    return Scenario(seed, devices, runs, faults, heal)


def _devices(random: Random, least: int) -> tuple[DeviceSpec, ...]:
    return tuple(
        DeviceSpec(name, random.choice((1, 2, 4)), random.choice((1.0, 1.0, 1.0, 3.0)))
        for name in NAMES[: random.randint(least, 3)]
    )


# --- runs ----------------------------------------------------------------------------------------------------------


def _run(random: Random, mood: Mood, names: list[str], number: int) -> RunSpec:
    steps: list[JsonObject] = []
    for index in range(random.randint(1, mood.steps)):
        steps.append(_step(random, mood, names, steps, f"s{index}"))
    policy: JsonObject = {"approve": "ask" if random.random() < mood.ask else "all", "approval_s": 10_000.0}
    if random.random() < 0.2:
        policy["unknown"] = random.choice(("ask", "fail"))
    if random.random() < mood.deadline:
        policy["deadline_s"] = random.uniform(0.5, 8.0)
    actions = _actions(random, mood)
    if any(what == "cancel" for _, what, _ in actions) and random.random() < 0.7:
        # Nobody waits for this one to end by itself.
        last = steps[-1]
        last["arguments"]["seconds"], last["timeouts"]["run_s"] = 40.0, 130.0
        for trouble in ("hangs", "fails"):
            last["arguments"].pop(trouble, None)
    text = random.random() < mood.text
    at = round(random.uniform(0.0, 2.0), 3)
    twice = round(random.choice((0.0, 0.01, 0.5)) * random.random(), 4) if random.random() < mood.twice else None
    return RunSpec(at, tuple(steps), policy, text, text and random.random() < mood.revise, tuple(actions), twice)


def _bounded(random: Random, run: RunSpec) -> RunSpec:
    """Now and then a run may do only so many tasks at once. By a chance of its own: the rest of the story stays."""
    if random.random() >= 0.2:
        return run
    return replace(run, policy={**run.policy, "parallel": random.choice((1, 1, 2, 3))})


def _actions(random: Random, mood: Mood) -> list[tuple[float, str, JsonObject]]:
    actions: list[tuple[float, str, JsonObject]] = []
    if random.random() < mood.cancel:
        actions.append((random.uniform(0.0, 6.0), "cancel", {}))
        if random.random() < 0.3:
            actions.append((random.uniform(6.0, 12.0), "retry", {}))
    elif random.random() < mood.edit:
        for turn in range(random.randint(1, 4)):
            edit: JsonObject = {"number": turn}
            if random.random() < 0.2:
                edit["deadline_s"] = random.uniform(0.5, 8.0)
            actions.append((random.uniform(0.0, 4.0), random.choice(("edit", "edit", "edit", "undo")), edit))
    if random.random() < mood.watch:
        actions.append((0.0, "watch", {"seconds": 8.0}))
    return sorted(actions, key=lambda action: action[0])


def _step(random: Random, mood: Mood, names: list[str], earlier: list[JsonObject], id: str) -> JsonObject:
    skill = random.choice(mood.skills)
    seconds = random.choice((0.0, 0.02, 0.2, 1.0)) * random.random()
    if random.random() < mood.long:
        seconds = random.uniform(1.0, 7.0)
    burst = random.random() < mood.burst
    if burst:
        seconds = random.uniform(0.3, 4.0)
    arguments: JsonObject = {"seconds": round(seconds, 3), "value": random.randint(0, 9)}
    step: JsonObject = {"id": id, "skill": skill, "arguments": arguments, "retry": {"max_attempts": 20}}
    step["timeouts"] = {"queue_s": 10_000.0, "run_s": 40.0}
    if random.random() < 0.45:
        step["devices"] = {"names": [random.choice(names)]}
    elif random.random() < 0.15:
        step["devices"] = {"mode": "each", "names": names}
    elif skill != "sim.append" and random.random() < 0.15:
        step["timeouts"]["hedge_s"] = 2.0
    if random.random() < mood.fails:
        arguments["fails"], arguments["retryable"] = random.randint(1, 2), True
    elif random.random() < 0.08:
        arguments["fails"] = 10_000
        step["on_failure"] = random.choice(("skip", "continue", "fail"))
    else:
        _hang(random, step)
    if skill == "sim.append" and "devices" not in step and random.random() < 0.4:
        step["verify"] = {"skill": "sim.done", "arguments": {"task": id}, "done": _DONE, "wait_s": 20.0}
    if not burst or random.random() < 0.3:
        _after(random, step, earlier)
    return step


_DONE: JsonObject = {"path": "output.done", "op": "==", "value": True}


def _hang(random: Random, step: JsonObject) -> None:
    """What may be repeated may hang at its first attempt; a time-out, or its heartbeat, tells."""
    arguments, timeouts = step["arguments"], step["timeouts"]
    if step["skill"] == "sim.append":
        return
    if random.random() < 0.1:
        timeouts["heartbeat_s"], arguments["beats"] = 3.0, True
    if random.random() < 0.06:
        arguments["hangs"] = 1
        if "heartbeat_s" not in timeouts:
            timeouts["run_s"] = 3.0 + 4.0 * arguments["seconds"]


def _after(random: Random, step: JsonObject, earlier: list[JsonObject]) -> None:
    # Where a person says that something was done, its output stays unknown: nothing may build on that here.
    known = [one for one in earlier if one.get("devices", {}).get("mode") != "each" and one["skill"] != "sim.append"]
    if not earlier or random.random() < 0.2:
        return
    edges = []
    for upstream in random.sample(earlier, min(len(earlier), random.choice((1, 1, 2, 3)))):
        edge: JsonObject = {"step": upstream["id"]}
        on = random.choice(("success", "success", "completion", "condition", "condition"))
        if on == "condition" and upstream in known:
            edge["on"] = "condition"
            edge["when"] = {"path": "output.value", "op": random.choice((">", "<")), "value": 4}
        elif on == "completion":
            edge["on"] = "completion"
        edges.append(edge)
        plain = edge.get("on") is None and upstream in known
        if plain and random.random() < 0.5:
            step["arguments"]["seen"] = f"${{{upstream['id']}.output.value}}"
    step["after"] = edges
    if len(edges) > 1 and "seen" not in step["arguments"] and random.random() < 0.2:
        step["join"] = "any"


# --- faults --------------------------------------------------------------------------------------------------------


def _faults(random: Random, mood: Mood, names: list[str], heal: float) -> tuple[Fault, ...]:
    return tuple(_fault(random, mood, names, heal) for _ in range(random.choice(mood.count)))


def _fault(random: Random, mood: Mood, names: list[str], heal: float) -> Fault:
    kind = random.choice(mood.faults)
    target = "" if kind in OURS else random.choice(names)
    at = round(random.uniform(0.0, min(heal - 0.5, random.choice(mood.window))), 4)
    seconds = round(random.choice(mood.spans) * random.uniform(mood.least, 1.0), 3)
    steps = random.choice((-1, random.randint(0, 60)))
    when, number = "", 0
    if kind == "kill orchestrator" and random.random() < mood.exact:
        when, number = random.choice(ORCHESTRATOR_MOMENTS), random.randint(1, 12)
        if "register" in when or "remember" in when:
            number = random.randint(1, 4)
    elif kind == "kill device" and random.random() < mood.exact:
        when, number = random.choice(DEVICE_MOMENTS), random.randint(1, 6)
    return Fault(at, kind, target, seconds, when, number, steps)
