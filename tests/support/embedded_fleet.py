"""A fleet of twelve devices with the real skill specs, and a planning context, for the embedded planner's tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.ports import Tried
from protocol.vocabulary import DeviceKind, DeviceProfile, SkillSpec
from tools.server import registry


@lru_cache
def skills() -> dict[str, SkillSpec]:
    return {spec.name: spec for spec in registry().specs()}


def device(
    name: str,
    kind: str = "server",
    *,
    os: str = "Linux",
    gpus: Sequence[str] = (),
    skip: Sequence[str] = (),
    **labels: str,
) -> DeviceInfo:
    offered = {key: spec for key, spec in skills().items() if key not in skip}
    return DeviceInfo(name, DeviceKind(kind), offered, labels, DeviceProfile(os=os, gpus=tuple(gpus)))


@lru_cache
def twelve() -> FleetView:
    """Five servers (two prod, two staging, one with a GPU), three desktops, two phones, one edge box, one cluster."""
    return FleetView.of(
        device("alpha", env="prod", role="web"),
        device("beta", env="prod", role="db"),
        device("delta", env="staging", role="web"),
        device("epsilon", env="staging", role="db"),
        device("titan", gpus=["NVIDIA RTX"], role="training"),
        device("desk", "desktop", role="workstation"),
        device("nova", "desktop", role="laptop", owner="ann"),
        device("office-pc", "desktop", os="Windows", role="office"),
        device("pixel", "phone", os="Android", owner="ann"),
        device("galaxy", "phone", os="Android", owner="bob"),
        device("gate", "edge", site="garage"),
        device("kube", "kubernetes"),
    )


@lru_cache
def three() -> FleetView:
    return FleetView.of(device("alpha"), device("beta"), device("desk", "desktop", role="workstation"))


@dataclass(frozen=True)
class Context:
    """What the planner is given beside the request."""

    fleet: FleetView
    answers: Sequence[tuple[str, str]] = ()
    problems: Sequence[str] = ()
    run: str = ""
    tried: Sequence[Tried] = ()
