"""Single settings of objects: entries of a config map, a service's ports and type, quotas, certificates; undo."""

from __future__ import annotations

import re

from agents.embedded.kube.amounts import hard_of
from agents.embedded.kube.entries import REMOVES, SETS, changed, entries
from agents.embedded.kube.frames import Filled, Table
from agents.embedded.kube.orders import CHANGING, ordered, wished
from agents.embedded.kube.slots import Target, arguments, pairs, target
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View

SETTINGS = Table(idle=True)
_SERVICE = frozenset({"service"})
_TYPES = {
    "clusterip": "ClusterIP",
    "clusterinternal": "ClusterIP",
    "nodeport": "NodePort",
    "loadbalancer": "LoadBalancer",
}


@SETTINGS.writes(
    "kube.set_config_map",
    heads=f"{SETS} {REMOVES} should must key entry value",
    bonus=0.7,
    may="key value entry to in config",
)
def set_config_map(v: View) -> Filled:
    """Entries of a config map that exists."""
    if not any(m.kind == "configmap" for m in v.mentions) and v.context.kind != "configmap":
        return None
    if v.seen("create new env label annotate envfrom spinup") or _another(v, "configmap"):
        return None
    for at in v.free(Shape.NUMBER):
        if at and v.tokens[at - 1].low in {"not", "from", "instead"}:
            v.claim(at, at - 1)
    given, gone = entries(v, "key entry setting")
    if not (given or gone) or not changed(v, given, gone, wished(v)):
        return None
    one = target(v, frozenset({"configmap"}))
    if one is None or (gone and not given and len(gone) > 1 and not v.seen("key entry")):
        return None
    return [arguments(name=n, namespace=one.namespace, set=given, unset=gone) for n in one.names]


def _another(v: View, kind: str) -> bool:
    """`a config map`: one that is to be made."""
    return any(t.low in {"a", "an"} and v.after(at) == kind for at, t in enumerate(v.tokens))


def _services(v: View) -> bool:
    return any(m.kind == "service" for m in v.mentions) or v.context.kind == "service"


@SETTINGS.writes(
    "kube.set_port",
    heads=f"{CHANGING} forward listen port targetport should must send lead route map",
    bonus=0.5,
    may="port target targetport to from container forward correct listen app but client call still it should be "
    "wrong pod "
    "its on goes lead go instead send",
)
def set_port(v: View) -> Filled:
    """The port that a service forwards to."""
    if not v.seen("port targetport forward listen") or not _services(v) or _another(v, "service"):
        return None
    if not ordered(v, f"{CHANGING} forward send lead") and not wished(v):
        return None
    goal, port = _ports(v)
    one = target(v, _SERVICE)
    if one is None or not (goal or port):
        return None
    return [arguments(name=n, namespace=one.namespace, port=port, target_port=goal) for n in one.names]


def _ports(v: View) -> tuple[int | None, int | None]:
    """(target port, port of the service): `forwards to 8000 but the app listens on 8088; clients call it on 80`."""
    goal = port = None
    listens = v.seen("listen")
    for at in v.free(Shape.NUMBER):
        value = v.tokens[at].value
        near = {t.lemma for t in v.tokens[max(0, at - 4) : at]}
        before, last = v.before(at), v.tokens[at - 1].low if at else ""
        old = before in {"from", "instead"} or last in {"not", "of", "currently"} or (listens and "forward" in near)
        if not isinstance(value, int):
            continue
        if "listen" in near:
            goal = value
        elif old:
            v.claim(
                *[n for n in range(max(0, at - 2), at) if v.tokens[n].low in {"not", "instead", "of", "rather than"}]
            )
        elif near & {"call", "client"} or (before == "port" and not near & {"target", "to"}):
            port = value
        elif before in {"to", "targetport", "on", "be", "port"} or "target" in near:
            goal = value
        else:
            continue
        v.claim(at)
    return goal, port


@SETTINGS.writes(
    "kube.set_selector",
    heads=f"{CHANGING} selector select should must match",
    bonus=0.5,
    may="selector select to label traffic at pod has choose match pick",
)
def set_selector(v: View) -> Filled:
    if not v.seen("selector select choose pick match") and not v.seen("point traffic"):
        return None
    if not _services(v) or not (ordered(v, f"{CHANGING} select choose") or wished(v)):
        return None
    for at in v.free(Shape.PAIR):
        if v.before(at) in {"instead", "from"} or (at and v.tokens[at - 1].low == "not"):
            v.claim(at, at - 1)
    given = pairs(v)
    one = target(v, _SERVICE)
    return [arguments(name=n, namespace=one.namespace, selector=given) for n in one.names] if one and given else None


@SETTINGS.writes(
    "kube.patch",
    heads=f"{CHANGING} clusterinternal clusterip nodeport loadbalancer should must",
    bonus=0.5,
    may="type internal only clusterinternal clusterip nodeport loadbalancer to from service instead no longer",
)
def service_type(v: View) -> Filled:
    """A service of another type: its object stays."""
    if not _services(v) or _another(v, "service") or v.free(Shape.NUMBER) or v.seen("reachable expose"):
        return None
    if not ordered(v, CHANGING) and not wished(v):
        return None
    said = {
        _TYPES[lemma]
        for at, lemma in enumerate(v.lemmas)
        if lemma in _TYPES and v.before(at) not in {"from", "instead", "of", "is"} and not _told_of(v, at)
    }
    one = target(v, _SERVICE)
    return one.calls(patch={"spec": {"type": said.pop()}}) if one and len(said) == 1 else None


def _told_of(v: View, at: int) -> bool:
    """`is a NodePort`: what it is now."""
    return any(t.low in {"is", "was"} for t in v.tokens[max(0, at - 3) : at]) and not wished(v)


@SETTINGS.writes("kube.set_default_storage_class", heads="default", may="default storageclass make set become new now")
def default_storage_class(v: View) -> Filled:
    if not v.seen("default") or not (ordered(v, "make set mark use let have want") or wished(v)):
        return None
    for alone in [m for m in v.mentions if m.kind == "storageclass" and not m.names]:
        v.claim(*alone.at)
    one = target(v, frozenset({"storageclass"}))
    if one is None or not v.seen("storageclass") or len(one.names) != 1:
        return None
    return {"name": one.names[0]}


@SETTINGS.writes(
    "kube.set_quota",
    heads=f"{CHANGING} cut allow should must grow shrink drop extend",
    bonus=0.5,
    may="quota limit to resourcequota hard pod cpu memory its in of should up",
)
def set_quota(v: View) -> Filled:
    if v.seen("create new spinup") or _another(v, "resourcequota"):
        return None
    if not ordered(v, f"{CHANGING} cut allow grow shrink drop") and not wished(v):
        return None
    named = [m for m in v.mentions if m.kind == "resourcequota" and len(m.names) < 2]
    if len(named) != 1:
        return None
    v.claim(*named[0].at)
    for at in v.free(Shape.QUANTITY, Shape.NUMBER):
        if v.before(at) in {"from", "instead"}:
            v.claim(at)
    hard = hard_of(v)
    return arguments(name="".join(named[0].names), hard=hard, namespace=v.namespace(loose=True)) if hard else None


@SETTINGS.writes(
    "kube.undo",
    heads="undo revert take",
    bonus=0.1,
    may="back change last that what you just did your previous write done",
    idle=False,
)
def undo(v: View) -> Filled:
    """Takes back a change of the trail, by default the last."""
    taken = v.seen("take") and any(t.low == "back" for t in v.tokens)
    if not (ordered(v, "undo revert") or (taken and ordered(v, "take"))) or v.context.names:
        return None
    ids = [m for m in v.mentions if len(m.names) == 1 and re.fullmatch(r"k\d+", m.names[0])]
    if len(v.mentions) != len(ids) or len(ids) > 1:
        return None
    if not ids and not (v.seen("change last") or any(t.low in {"that", "did"} for t in v.tokens)):
        return None
    for one in ids:
        v.claim(*one.at)
    v.claim(*[at for at, token in enumerate(v.tokens) if token.low == "last"])
    return arguments(change=ids[0].names[0] if ids else "")


@SETTINGS.writes(
    "kube.approve_certificate",
    heads="approve accept sign",
    may="certificatesigningrequest certificate request from named",
)
def approve(v: View) -> Filled:
    one = _certificate(v, "approve accept sign")
    return [{"name": n} for n in one.names] if one else None


@SETTINGS.writes(
    "kube.deny_certificate", heads="deny reject", may="certificatesigningrequest certificate request from named"
)
def deny(v: View) -> Filled:
    one = _certificate(v, "deny reject")
    return [{"name": n} for n in one.names] if one else None


def _certificate(v: View, verbs: str) -> Target | None:
    """The request for a certificate, by name; `certificate request` is one, whatever stands between."""
    if not ordered(v, verbs):
        return None
    said = v.seen("certificatesigningrequest") or v.seen("certificate cert")
    one = target(v, frozenset({"certificatesigningrequest"}))
    return one if one and (one.kind or said) else None
