"""Labels and annotations: of one object, of all that carry a label, of every object of a kind."""

from __future__ import annotations

from itertools import pairwise

from agents.embedded.kube.entries import changed, entries
from agents.embedded.kube.frames import Filled, Table
from agents.embedded.kube.lexicon import CLUSTER_SCOPED
from agents.embedded.kube.names import NODE
from agents.embedded.kube.orders import wished
from agents.embedded.kube.outcome import missing
from agents.embedded.kube.slots import arguments, target
from agents.embedded.kube.tokens import PAIR, Shape
from agents.embedded.kube.view import View
from agents.embedded.wordset import words

MARKS = Table(idle=True)
_MARKED = words(
    "deployment pod namespace node service statefulset daemonset configmap secret job cronjob ingress serviceaccount "
    "persistentvolumeclaim persistentvolume replicaset networkpolicy"
)
_CHOOSING = words("which that having carry carries where whose labelled labeled have has matching match selector")
_SCOPE = words("every all each")


@MARKS.writes(
    "kube.label",
    heads="label tag mark unlabel untag",
    bonus=0.5,
    may="label tag mark key value object itself themselves now additionally there should every all each takeoff",
)
def label(v: View) -> Filled:
    if v.seen("image annotate annotation taint probe"):
        return None
    return _marks(v, "label tag mark unlabel untag")


@MARKS.writes(
    "kube.annotate",
    heads="annotate annotation unannotate",
    bonus=0.6,
    may="annotation key value object itself themselves with there should every all each takeoff",
)
def annotate(v: View) -> Filled:
    return _marks(v, "annotate annotation unannotate")


def _marks(v: View, nouns: str) -> Filled:
    if v.seen("create run networkpolicy expose spinup"):
        return None
    v.flag("--overwrite")
    which = _chosen(v)
    if _mixed(v):
        return None
    given, gone = entries(v, nouns)
    if not (given or gone) or not changed(v, given, gone, wished(v)):
        return None
    many = _several(v, which)
    if many is not None:
        return arguments(**many, set=given, remove=gone)
    if which:
        return None
    one = target(v, _MARKED)
    if one is None:
        space = _own_namespace(v)
        return arguments(kind="namespace", name=space, set=given, remove=gone) if space else None
    if one.kind:
        space = "" if one.kind in CLUSTER_SCOPED else one.namespace
        return [arguments(kind=one.kind, name=n, namespace=space, set=given, remove=gone) for n in one.names]
    if not all(NODE.fullmatch(name) for name in one.names):
        raise missing(f'which kind of object is "{one.names[0]}": say for instance "the deployment {one.names[0]}"')
    return [arguments(kind="node", name=name, set=given, remove=gone) for name in one.names]


def _chosen(v: View) -> str:
    """The labels that choose: `every deployment which has show=morning`."""
    v.flag("-l", "--selector")
    found = []
    for at in v.free(Shape.PAIR):
        match = PAIR.fullmatch(v.tokens[at].text)
        step = at - 1
        while step > 0 and v.lemmas[step] in {"label", "the", "a"}:
            step -= 1
        near = v.tokens[step].low if step >= 0 else ""
        ordered_so = step > 0 and v.tokens[step - 1].low in {"should", "must", "to", "shall"}
        chosen = near in _CHOOSING or near in {"-l", "--selector"} or _carrying(v, at)
        if match and match[2] == "=" and not ordered_so and chosen:
            v.claim(at, step)
            found.append(v.tokens[at].text)
    return ",".join(found)


def _carrying(v: View, at: int) -> bool:
    """`label all pods in x with app=a as b=c`: a label said of the objects, and another one that they are to get."""
    kind = next((m for m in v.mentions if m.kind in _MARKED - {"namespace"} and not m.names and m.first < at), None)
    if kind is None or v.tokens[at - 1].low not in {"with", "having"}:
        return False
    place = v.location.at if v.location is not None else ()
    between = [n for n in range(max(kind.at) + 1, at - 1) if n not in place and v.tokens[n].low not in {"in", "of"}]
    others = [n for n in v.free(Shape.PAIR) if n != at]
    return not between and len(others) == 1 and abs(others[0] - at) > 1 and not _joined(v, at, others[0])


def _joined(v: View, one: int, other: int) -> bool:
    """Whether only joints stand between two labels: `a=b, c=d and e=f`."""
    first, last = sorted((one, other))
    between = [v.tokens[n] for n in range(first + 1, last)]
    return all(t.shape is Shape.PAIR or t.low in {"and", ",", "&", "+", ";", "plus"} for t in between)


def _mixed(v: View) -> bool:
    """Labels that stand apart where objects are chosen by kind: it is not clear which of them choose."""
    many = any(m.kind in _MARKED - {"namespace"} and not m.names and not m.at & v.used for m in v.mentions)
    free = v.free(Shape.PAIR)
    return many and any(not _joined(v, one, other) for one, other in pairwise(free))


def _several(v: View, which: str) -> dict[str, object] | None:
    """Every object of a kind in a namespace, or those that carry the labels."""
    alone = [m for m in v.mentions if m.kind in _MARKED - {"namespace"} and not m.names and not m.at & v.used]
    if len(alone) != 1 or any(m.names and not m.at & v.used for m in v.mentions):
        return None
    scope = {t.low for t in v.tokens[max(0, alone[0].first - 2) : alone[0].first]} & _SCOPE
    space = v.namespace()
    if not (which or scope) or (not space and alone[0].kind not in CLUSTER_SCOPED):
        return None
    v.claim(*alone[0].at)
    chosen = {"selector": which} if which else {"every": True}
    return {"kind": alone[0].kind, "namespace": space, **chosen}


def _own_namespace(v: View) -> str:
    """The namespace, where it is what the mark goes on: `put it on the namespace`, `annotate ns x`."""
    bare = [m for m in v.mentions if m.kind == "namespace" and not m.names and not m.at & v.used]
    said = v.location is not None and any(v.kind_of(at) == "namespace" for at in v.location.at)
    if (not bare and not said) or any(m.names and not m.at & v.used for m in v.mentions):
        return ""
    for one in bare:
        v.claim(*one.at)
    return v.namespace()
