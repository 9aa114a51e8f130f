"""Two servers, a desktop, a phone, an edge box and a mounted server, with their real specifications."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import lru_cache

from agents import checks
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Clarification, Declined, Plan
from orchestrator.core.requests import Request
from protocol.vocabulary import (
    ActuatorProfile,
    DesktopProfile,
    DeviceKind,
    DeviceProfile,
    EdgeProfile,
    JsonObject,
    Risk,
    SensorProfile,
    SkillSpec,
)
from tests.support.embedded_fleet import Context, skills
from tests.support.mcp_server import server
from tools.browser import skills as browser
from tools.desktop import skills as desktop
from tools.documents import catalog as papers
from tools.edge import catalog
from tools.host import catalog as hosts
from tools.mcp.settings import McpServer
from tools.mcp.skills import spec_of
from tools.phone import skills as phone
from tools.phone.phone import Phone
from tools.registry import Registry

GREENHOUSE = EdgeProfile(
    sensors=(
        SensorProfile(name="temperature", unit="°C", where="greenhouse/temp"),
        SensorProfile(name="humidity", unit="%", where="greenhouse/hum"),
        SensorProfile(name="soil moisture", unit="%", where="greenhouse/soil"),
        SensorProfile(name="door", where="shed/door"),
    ),
    actuators=(
        ActuatorProfile(name="window", values=("open", "closed"), where="greenhouse/window/set"),
        ActuatorProfile(name="valve", values=("open", "shut"), where="greenhouse/valve/set"),
        ActuatorProfile(name="lamp", values=("on", "off"), where="greenhouse/lamp/set"),
        ActuatorProfile(name="heating", min=5, max=30, where="greenhouse/heating/set"),
    ),
)
CELLAR = EdgeProfile(
    sensors=(SensorProfile(name="temperature", unit="°C", where="cellar/temp"),),
    actuators=(ActuatorProfile(name="lamp", values=("on", "off"), where="cellar/lamp"),),
)


@lru_cache
def workshop() -> dict[str, SkillSpec]:
    reads = dict.fromkeys(("add", "List-Parts", "picture"), Risk.READ)
    mounted = McpServer("workshop", risks=reads)
    specs = (spec_of(mounted, tool) for tool in asyncio.run(server.list_tools()))
    return {spec.name: spec for spec in specs}


def _box() -> dict[str, SkillSpec]:
    return {spec.name: spec for spec in Registry.of_modules(*catalog.OWN, *catalog.BESIDES).specs()}


def _phone() -> dict[str, SkillSpec]:
    return {spec.name: spec for spec in phone.registry(_none).specs()}


def _screen() -> dict[str, SkillSpec]:
    return {spec.name: spec for spec in (*desktop.specs(), *browser.specs())}


def _none() -> Phone:
    raise AssertionError("no phone is behind these specifications")


@lru_cache
def home() -> FleetView:
    return FleetView.of(
        DeviceInfo("alpha", DeviceKind.SERVER, skills()),
        DeviceInfo("beta", DeviceKind.SERVER, skills() | workshop()),
        DeviceInfo("desk", DeviceKind.DESKTOP, skills() | _screen()),
        DeviceInfo("pixel", DeviceKind.PHONE, _phone(), profile=DeviceProfile(os="android")),
        DeviceInfo("box", DeviceKind.EDGE, _box(), profile=DeviceProfile(edge=GREENHOUSE)),
    )


@lru_cache
def estate() -> FleetView:
    """The same, with all that servers do, documents on the machines, and a menu of applications on the desktop."""
    documents = {spec.name: spec for spec in Registry.of_modules(*papers.MODULES).specs()}
    host = {spec.name: spec for spec in Registry.of_modules(*hosts.OWN).specs()} | documents
    menu = DeviceProfile(desktop=DesktopProfile(applications=("Calculator", "GNOME Terminal", "Text Editor")))
    more: dict[str, tuple[dict[str, SkillSpec], DeviceProfile]] = {
        "alpha": (host, DeviceProfile()), "beta": (host, DeviceProfile()), "desk": (documents, menu),
    }  # fmt: skip
    return FleetView.of(
        *(
            replace(one, skills=one.skills | more[name][0], profile=more[name][1]) if name in more else one
            for name, one in home().devices.items()
        )
    )


@lru_cache
def two_of_each() -> FleetView:
    """A second phone, and a second box whose names are the same."""
    more = (
        DeviceInfo("galaxy", DeviceKind.PHONE, _phone()),
        DeviceInfo("cellar", DeviceKind.EDGE, _box(), profile=DeviceProfile(edge=CELLAR)),
    )
    return FleetView.of(*home().devices.values(), *more)


def propose(
    text: str, fleet: FleetView | None = None, *answers: tuple[str, str], client: str | None = None
) -> Plan | Clarification | Declined:
    """What the rung says; a plan has passed the checks that every rung's plan must pass."""
    fleet = fleet or home()
    request = Request(text=text, client=client)
    found = EmbeddedPlanner().propose(request, Context(fleet, answers))
    if isinstance(found, Plan):
        assert checks.check(found, request, fleet, answers) == ()
    return found


def calls(found: Plan | Clarification | Declined) -> list[tuple[str, JsonObject, str]]:
    """(skill, arguments, devices) of each step of a plan."""
    assert isinstance(found, Plan), found
    return [(step.skill, step.arguments, " ".join(step.devices.names)) for step in found.steps]
