"""What goes: objects by name, objects of a kind by label or state, finalizers."""

from __future__ import annotations

from agents.embedded.kube.frames import Filled, Table
from agents.embedded.kube.orders import ordered
from agents.embedded.kube.outcome import missing
from agents.embedded.kube.slots import arguments, selector, target
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View
from agents.embedded.wordset import words

DELETE = Table(idle=True)
_VAGUE = words("everything all every anything whatever stuff unused stale nobody unneeded junk mess any each")
_PARTS = (
    "label annotate annotation taint env variable finalizer key entry probe access permission right limit log "
    "image volume "
    "data port container sidecar schedule request replica rule history"
)
_STATES = {
    "pod": {
        "failed": "failed",
        "failing": "not_ready",
        "pending": "pending",
        "succeeded": "succeeded",
        "completed": "complete",
        "finished": "complete",
        "crashing": "crashing",
        "crashlooping": "crashing",
        "crashloopbackoff": "crashing",
        "evicted": "evicted",
        "terminating": "terminating",
        "stuck": "not_ready",
        "broken": "not_ready",
        "unhealthy": "not_ready",
    },
    "job": {
        "succeeded": "complete",
        "completed": "complete",
        "complete": "complete",
        "finished": "complete",
        "done": "complete",
        "failed": "failed",
    },
    "cronjob": {"suspended": "suspended", "paused": "suspended"},
    "persistentvolumeclaim": {"unbound": "unbound", "pending": "pending"},
}
"""What a state is called; what runs or is ready goes by its name only."""
_VERBS = "delete remove drop throw"


@DELETE.writes(
    "kube.delete",
    heads=f"{_VERBS} takedown clean",
    bonus=0.2,
    may="completely entirely altogether now for good object old stuck away immediately obsolete dead longer",
)
def delete(v: View) -> Filled:
    """One object, or several, by kind and name."""
    if not ordered(v, f"{_VERBS} takeoff") or v.seen(_PARTS):
        return None
    cascade = _cascade(v)
    if v.free(Shape.PAIR):
        return None
    if any(
        t.low in _VAGUE for n, t in enumerate(v.tokens) if n not in v.used and not any(n in m.at for m in v.mentions)
    ):
        return None
    grace = _grace(v)
    one = target(v, None, pronoun=_by_pronoun(v))
    if one is None:
        return None
    if not one.kind:
        raise missing(
            f'which kind of object is "{one.names[0]}": say for instance "delete the deployment {one.names[0]}"'
        )
    return one.calls(grace_s=grace, cascade=cascade)


def _by_pronoun(v: View) -> bool:
    """`the pod x in y is stuck, delete it`: only of what the same request named with its kind."""
    said = {t.low for t in v.tokens}
    return bool(v.context.kind) and ("it" in said or ("them" in said and len(v.context.names) > 1))


def _cascade(v: View) -> str:
    """`cascade=orphan`, `--cascade=orphan`: whether what belongs to the object goes with it."""
    for at in v.free(Shape.PAIR, Shape.FLAG):
        key, _, value = v.tokens[at].low.lstrip("-").partition("=")
        if key == "cascade" and value in {"orphan", "background", "foreground"}:
            v.claim(at)
            return value
    return ""


def _grace(v: View) -> int | None:
    """`without grace period`, `with a grace period of 10 seconds`; forcing is none of it."""
    at = v.find("grace")
    if at < 0:
        return None
    for time in v.free(Shape.DURATION):
        v.claim(time, at)
        v.take("grace period")
        return int(float(str(v.tokens[time].value)))
    if v.before(at) in {"without", "no", "zero"} or v.after(at) == "zero":
        v.claim(at, *[n for n in range(max(0, at - 2), at) if v.tokens[n].low in {"without", "no", "zero"}])
        v.take("period")
        return 0
    return None


@DELETE.writes(
    "kube.delete_collection",
    heads=f"{_VERBS} clean purge clear",
    bonus=0.6,
    may="all every pod job out up away only those that",
    idle=False,
)
def delete_collection(v: View) -> Filled:
    """All objects of a kind with a label, or in a state; never without either."""
    if not ordered(v, f"{_VERBS} clean purge clear") or (v.seen("label") and not v.free(Shape.PAIR)):
        return None
    kinds = [m for m in v.mentions if m.kind and m.kind != "namespace" and not m.names]
    if len(kinds) != 1 or not kinds[0].plural:
        return None
    v.claim(*kinds[0].at)
    space = v.namespace(loose=True)
    which = selector(v)
    status = _status(v, kinds[0].kind)
    if not (which or status) or not space or any(m.names and not m.at & v.used for m in v.mentions):
        return None
    return arguments(kind=kinds[0].kind, namespace=space, selector=which, status=status)


def _status(v: View, kind: str) -> str:
    able = _STATES.get(kind, {})
    for at, token in enumerate(v.tokens):
        if at not in v.used and token.low in able:
            v.claim(at)
            return able[token.low]
    return ""


@DELETE.writes(
    "kube.remove_finalizers",
    heads="finalizer finaliser",
    may="finalizer finaliser stuck terminating hang",
    bonus=0.3,
)
def finalizers(v: View) -> Filled:
    if not ordered(v, f"{_VERBS} clear strip takeoff"):
        return None
    place = v.location
    if place and not v.mentions and any(v.lemmas[at] == "namespace" for at in place.at):
        v.claim(*place.at)
        return {"name": place.names[0], "kind": "namespace"}
    one = target(v, None)
    return one.calls() if one and one.kind else None
