"""The fleet that the requests of this evaluation speak of: twelve devices with the skills of the server registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.ports import Tried
from protocol.vocabulary import DeviceKind, DeviceProfile
from tools.server import registry


@dataclass(frozen=True)
class Context:
    fleet: FleetView
    answers: Sequence[tuple[str, str]] = ()
    problems: Sequence[str] = ()
    run: str = ""
    tried: Sequence[Tried] = ()


def fleet() -> FleetView:
    """Five servers, three desktops, two phones, an edge box, a cluster; labels `env`, `role`, `owner`, `site`."""
    specs = {spec.name: spec for spec in registry().specs()}

    def device(name: str, kind: str, os: str = "Linux", gpus: Sequence[str] = (), **labels: str) -> DeviceInfo:
        return DeviceInfo(name, DeviceKind(kind), specs, labels, DeviceProfile(os=os, gpus=tuple(gpus)))

    return FleetView.of(
        device("alpha", "server", env="prod", role="web"),
        device("beta", "server", env="prod", role="db"),
        device("delta", "server", env="staging", role="web"),
        device("epsilon", "server", env="staging", role="db"),
        device("titan", "server", gpus=["NVIDIA RTX"], role="training"),
        device("desk", "desktop", role="workstation"),
        device("nova", "desktop", role="laptop", owner="ann"),
        device("office-pc", "desktop", os="Windows", role="office"),
        device("pixel", "phone", os="Android", owner="ann"),
        device("galaxy", "phone", os="Android", owner="bob"),
        device("gate", "edge", site="garage"),
        device("kube", "kubernetes"),
    )
