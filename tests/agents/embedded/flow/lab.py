"""Four servers with labels, a desktop and an edge box, with the specifications that such machines have."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from agents.embedded.flow.door import propose
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.compiler import compile_plan
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Declined, Plan, Step
from orchestrator.core.requests import Request
from protocol.vocabulary import SkillSpec
from tests.agents.embedded.kinds.fleet import home
from tests.support.embedded_fleet import Context, device
from tools.documents import catalog as papers
from tools.host import catalog as hosts
from tools.registry import Registry


@lru_cache
def _more() -> dict[str, SkillSpec]:
    return {spec.name: spec for spec in Registry.of_modules(*papers.MODULES, *hosts.OWN).specs()}


def _machine(name: str, kind: str = "server", **labels: str) -> DeviceInfo:
    bare = device(name, kind, **labels)
    return replace(bare, skills={**bare.skills, **_more()})


@lru_cache
def lab() -> FleetView:
    desk = _machine("desk", "desktop")
    return FleetView.of(
        _machine("alpha", role="web", site="berlin"),
        _machine("beta", role="backup", site="berlin"),
        _machine("gamma", role="web", site="lisbon"),
        _machine("forge", gpu="yes", role="compute"),
        replace(desk, skills={**desk.skills, **home().devices["desk"].skills}),
        home().devices["box"],
    )


def asked(text: str) -> Plan | Declined:
    """What the planner makes of a request. The plan compiles, and the grammar of flows made it."""
    found = EmbeddedPlanner().propose(Request(text=text), Context(lab()))
    assert isinstance(found, (Plan, Declined)), found
    if isinstance(found, Plan):
        _, problems = compile_plan(found, lab())
        assert problems == ()
    return found


def why(text: str) -> str:
    """The reason of the grammar of flows for declining; '' where it plans."""
    found = propose(text, lab(), None, ())
    return found.reason if isinstance(found, Declined) else ""


def steps(text: str) -> list[Step]:
    found = asked(text)
    assert isinstance(found, Plan), why(text)
    return list(found.steps)


def told(text: str) -> list[tuple[str, str, str]]:
    """Each step's skill, device, and the one argument that says what it is about."""
    about = ("target", "path", "command", "pattern", "url", "topic", "actuator", "sensor", "title", "statement", "by")
    return [
        (
            step.skill,
            step.devices.names[0] if step.devices.names else "",
            str(next((step.arguments[name] for name in about if name in step.arguments), "")),
        )
        for step in steps(text)
    ]
