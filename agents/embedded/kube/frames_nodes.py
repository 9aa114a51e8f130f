"""Nodes: closed and opened to new pods, emptied, tainted."""

from __future__ import annotations

import re

from agents.embedded.kube.frames import Filled, Table
from agents.embedded.kube.names import NODE
from agents.embedded.kube.orders import ordered, wished
from agents.embedded.kube.slots import arguments, pairs
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View
from agents.embedded.wordset import words

NODES = Table(idle=True)
_EFFECTS = {"noschedule": "NoSchedule", "prefernoschedule": "PreferNoSchedule", "noexecute": "NoExecute"}
_WORK = words("pod workload work load container")
_MACHINES = words("machine box host server hardware")
_BARRED = words("no not don't dont stop nothing without")
_COMES = words("send schedule place put land come get go start schedule scheduling new accept take receive let keep")


def _node(v: View) -> str | None:
    """The one node that is named, whatever it is called; else the one spoken of before."""
    if any(t.low in {"where", "which", "whose", "hosting", "running"} for t in v.tokens):
        return None
    v.take(" ".join(_MACHINES))
    for one in v.mentions:
        if len(one.names) == 1 and one.kind in {"node", ""} and not one.at & v.used:
            v.claim(*one.at)
            return one.names[0]
    if v.location is not None and not any(v.kind_of(at) == "namespace" for at in v.location.at) and v.seen("node"):
        v.claim(*v.location.at)
        return v.location.names[0]
    known = v.context.names
    if len(known) == 1 and (v.context.kind in {"node", ""} or NODE.fullmatch(known[0])):
        for at, token in enumerate(v.tokens):
            if token.low in {"it", "that", "there"}:
                v.claim(at)
        for one in [m for m in v.mentions if m.kind == "node" and not m.names]:
            v.claim(*one.at)
        return known[0]
    return None


def _spoken_of(v: View) -> bool:
    """Whether the clause speaks of a node: by the word, by another for a machine, or by the one named before."""
    return (
        v.seen("node")
        or v.seen(" ".join(_MACHINES))
        or v.context.kind == "node"
        or any(NODE.fullmatch("".join(m.names)) for m in v.mentions)
        or (v.seen(" ".join(_WORK)) and not any(m.kind not in {"", "node", "pod"} for m in v.mentions))
    )


def _pods(v: View) -> None:
    for one in [m for m in v.mentions if m.kind == "pod" and not m.names]:
        v.claim(*one.at)
    v.take(" ".join(_WORK))


@NODES.writes(
    "kube.cordon",
    heads="cordon unschedulable schedule send land place new close block lock",
    may="node unschedulable mark make set now new schedule any more place put off onto longer",
    bonus=0.2,
)
def cordon(v: View) -> Filled:
    """`cordon node1`, `no new pods on node1`, `do not send new pods there`."""
    if ordered(v, "cordon") or (v.seen("unschedulable") and ordered(v, "mark make set")):
        name = _node(v)
        return {"node": name} if name else None
    if v.seen("node") and v.seen("new") and v.seen("pod") and ordered(v, "close block lock"):
        _pods(v)
        name = _node(v)
        return {"node": name} if name else None
    barred = [at for at, token in enumerate(v.tokens) if token.low in _BARRED]
    fresh = v.seen("new schedule") and bool(set(v.lemmas) & (_WORK | {"pod"}))
    if not barred or not fresh or not _spoken_of(v) or v.free(Shape.PAIR):
        return None
    v.claim(*barred)
    _pods(v)
    v.take(" ".join(_COMES) + " any more anymore longer")
    name = _node(v)
    return {"node": name} if name else None


@NODES.writes(
    "kube.uncordon",
    heads="uncordon schedulable take accept receive get let allow use host open bring put return",
    may="node schedulable mark make set again pod work workload back onto service rotation use now new into in",
    bonus=0.2,
)
def uncordon(v: View) -> Filled:
    """`uncordon node1`, `node1 can take pods again`, `put node1 back into service`."""
    if ordered(v, "uncordon") or (v.seen("schedulable") and ordered(v, "mark make set")):
        name = _node(v)
        return {"node": name} if name else None
    lows = {t.low for t in v.tokens}
    takes = bool(lows & {"again", "back"}) and bool(set(v.lemmas) & (_WORK | {"service", "rotation"}))
    asked = wished(v) or bool(lows & {"can", "ready"}) or ordered(v, "let allow open bring put return use take get")
    if not takes or not asked or not _spoken_of(v) or lows & (_BARRED - {"nothing"}):
        return None
    for one in [m for m in v.mentions if m.kind in {"pod", "service"} and not m.names]:
        v.claim(*one.at)
    v.take(" ".join(_WORK) + " take accept receive get service rotation can let again")
    name = _node(v)
    return {"node": name} if name else None


@NODES.writes(
    "kube.drain",
    heads="drain empty get move clear free take takeoff throw evict",
    may="node drain empty pod all off away everything every from",
    bonus=0.2,
)
def drain(v: View) -> Filled:
    """`drain node1`, `empty the node`, `get all the pods off node1`."""
    off = any(t.low in {"off", "away", "from"} or t.lemma == "takeoff" for t in v.tokens) and v.seen(
        "pod workload everything"
    )
    sure = ordered(v, "drain") or (v.seen("node") and ordered(v, "empty clear free"))
    if not sure and not (off and _spoken_of(v) and ordered(v, "get move clear take takeoff evict")):
        return None
    if v.free(Shape.PAIR) or v.seen("taint label"):
        return None
    call: dict[str, object] = {}
    grace = v.free(Shape.DURATION)
    if len(grace) == 1 and v.seen("grace finish shutdown terminate give time"):
        v.claim(*grace)
        v.take("grace period finish terminate give time")
        call["grace_s"] = int(float(str(v.tokens[grace[0]].value)))
    if _local_data(v):
        call["delete_local_data"] = True
    for at, token in enumerate(v.tokens):
        if token.low in {"all", "every", "everything"}:
            v.claim(at)
    _pods(v)
    name = _node(v)
    return arguments(node=name, **call) if name else None


def _local_data(v: View) -> bool:
    """Whether what the pods keep on the node may be lost: `emptyDir data may go`, `--delete-emptydir-data`."""
    flags = v.flag("--delete-emptydir-data", "--delete-local-data")
    v.flag("--ignore-daemonsets")
    said = [at for at, t in enumerate(v.tokens) if t.low in {"emptydir", "emptydirs", "scratch", "local"}]
    if not said or {t.low for t in v.tokens} & {"not", "don't", "dont", "no", "keep"}:
        return flags
    fine = {t.low for t in v.tokens} & words("okay ok fine may can lose losing lost delete deleted gone go acceptable")
    if fine:
        v.claim(*said)
        v.take("data scratch lose delete")
        v.claim(*[at for at, t in enumerate(v.tokens) if t.low in fine | {"data", "losing"}])
    return flags or bool(fine)


@NODES.writes(
    "kube.taint",
    heads="taint untaint tolerate toleration",
    may="taint node effect key value only pod tolerate toleration take accept without",
    bonus=0.4,
)
def taint(v: View) -> Filled:
    remove = ordered(v, "remove untaint delete drop clear takeoff take strip") and v.seen("taint untaint")
    keeps = v.seen("tolerate toleration") and (wished(v) or ordered(v, "keep let allow take accept"))
    if not remove and not keeps and not ordered(v, "taint add put set give"):
        return None
    v.take("taint")
    effect, key, value, gone = _taint(v)
    remove = remove or gone
    if not key:
        given = pairs(v)
        if len(given) == 1:
            key, value = next(iter(given.items()))
    if not key and remove:
        named = [m for m in v.mentions if not m.kind and not m.at & v.used and len(m.names) == 1]
        beside = [m for m in named if v.before(m.first) == "taint" or v.after(max(m.at)) == "taint"]
        named = beside or [m for m in named if not NODE.fullmatch(m.names[0])]
        if len(named) == 1:
            v.claim(*named[0].at)
            key = named[0].names[0]
    if keeps:
        v.claim(*[at for at, t in enumerate(v.tokens) if t.low in {"only", "unless", "without", "no", "not", "except"}])
        _pods(v)
    name = _node(v)
    if not name or not key:
        return None
    return arguments(node=name, key=key, value=value, effect=effect, **({"remove": True} if remove else {}))


def _taint(v: View) -> tuple[str, str, str, bool]:
    """(effect, key, value, whether it goes), as kubectl writes them or with the effect beside."""
    effect, key, value, gone = "", "", "", False
    for at, token in enumerate(v.tokens):
        if token.low in _EFFECTS:
            v.claim(at)
            effect = _EFFECTS[token.low]
        found = re.fullmatch(r"([\w./-]+?)(?:=([\w.-]*))?:(noschedule|prefernoschedule|noexecute)(-)?", token.low)
        if found and token.shape in {Shape.PAIR, Shape.IMAGE, Shape.BAD}:
            v.claim(at)
            key, _, value = token.text.rpartition(":")[0].partition("=")
            effect, gone = _EFFECTS[found[3]], bool(found[4])
    return effect, key, value, gone
