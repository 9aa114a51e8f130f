"""How the cluster asks a container whether it lives and is ready."""

from __future__ import annotations

from agents.embedded.kube.deeds.grammar import SLOTS, Deeds, Said
from agents.embedded.kube.lexicon import WORKLOADS
from agents.embedded.kube.slots import arguments
from protocol.vocabulary import JsonObject

PROBES = Deeds()
SLOTS["path"] = r"(?P<path>[XPN]\d+ )"
SLOTS["which"] = r"(?P<which>(?:n\d+:)?(?:readiness|liveness|startup|readinessprobe|livenessprobe|startupprobe) )"
SLOTS["at"] = r"(?P<at>#\d+ |I\d+ )"
_PROBE = "[<the>] [new] [http|tcp] <which> [http|tcp] [probe|check|probes]"
_HTTP = (
    "[with|that|which|, |: |on|at|asks|calls|against|to] [asks|calls|checks|hits] [http] [get] [on|at|of] "
    "[<the>] [path] <path> "
    "[, |and] [on|at|, |with] [port] <at>"
)
_HTTP_PORT = (
    "[with|that|, |: |on|at|to] [asks|calls|checks|hits] [port] <at> [, |and] [on|at|with] [<the>] "
    "[path] [http] [get] <path>"
)
_TCP = "[with|that|, |: |on|at|to] [<the>] [tcp] [on|to|port] [port] <at>"
_ADD = "{add|put|set|give|create|make|configure|want|need|<have>}"


_NEAR = "readiness liveness startup readinessprobe livenessprobe startupprobe"


def _patterns() -> list[str]:
    out = []
    for how in (_HTTP, _HTTP_PORT, _TCP):
        out += [
            f"[{_ADD}] {_PROBE} {{to|on|for|of|in}} <own> {how}",
            f"[{_ADD}] {_PROBE} {how} {{to|on|for|of|in}} <own>",
            f"{{give|<have>}} <own> {_PROBE} {how}",
            f"<own> {{<must> {{get|have}}|needs|wants|gets}} {_PROBE} {how}",
            f"[{{set|change|move|switch}}] {_PROBE} {{of|on|for}} <own> {{to|at|on}} {how}",
        ]
    return out


@PROBES("kube.set_probe", *_patterns(), verbs="probe", near=_NEAR)
def probe(said: Said) -> list[JsonObject] | None:
    """A probe with its path and port."""
    which, port = said.token("which"), said.token("at")
    path = said.text("path")
    number = port.text.lstrip(":") if port is not None else ""
    found = said.objects(WORKLOADS)
    if which is None or not found or not number.isdigit() or (path and not path.startswith("/")):
        return None
    kind = which.low.removesuffix("probe")
    return [{**one, **arguments(which=kind, http_path=path, port=int(number))} for one in found]


@PROBES(
    "kube.set_probe",
    "{<V>|take} [<the>] <which> [probe|check] {of|from|on|off} <own> [away|off|out]",
    "{<V>|take} <own> <which> [probe|check] [away|off|out]",
    "<own> <must> lose [<the>] <which> [probe|check]",
    verbs="remove delete drop takeoff clear strip disable takeaway",
    near=_NEAR,
)
def unset(said: Said) -> list[JsonObject] | None:
    """A probe that goes."""
    which, found = said.token("which"), said.objects(WORKLOADS)
    if which is None or not found:
        return None
    return [{**one, "which": which.low.removesuffix("probe"), "remove": True} for one in found]
