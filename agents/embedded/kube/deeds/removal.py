"""What goes: objects by name, those of a kind by label or state, finalizers."""

from __future__ import annotations

from agents.embedded.kube.deeds.grammar import SLOTS, Deeds, Said
from agents.embedded.kube.outcome import missing
from agents.embedded.kube.slots import arguments
from protocol.vocabulary import JsonObject

REMOVAL = Deeds()
_VERBS = "delete remove drop erase kill nuke trash zap discard scrap eliminate destroy ditch bin wipe rm del retire"
_TAIL = "[completely|entirely|altogether|for good|permanently|away|out]"
_GRACE = (
    "[without [<the>] [any] grace [period]|[with] [<the>] [zero] grace [period] [of|: |= ] [<d>|<n>]|[with] "
    "[<the>] {<d>|<n>} [of] grace [period]|"
    "with no grace [period]]"
)


@REMOVAL(
    "kube.delete",
    f"<V> <o> {_TAIL} {_GRACE}",
    f"<V> [<the>] [old|stale|leftover|obsolete|dead|stuck|unused|orphaned] <o> {_TAIL}",
    f"<have> <o> {{<Ved>|gone}} {_TAIL}",
    f"<o> {{<must>|is free to|is allowed to}} {{be <Ved>|go|disappear|vanish|leave}} {_TAIL} {_GRACE}",
    f"<o> {{needs|wants|has}} to {{be <Ved>|go|disappear|vanish}} {_TAIL}",
    f"<V> [<the>] [old|leftover|stale|obsolete|unused] <other> [and|&|,] [also] [<the>] [old|leftover|stale] "
    f"<named> {_TAIL}",
    verbs=_VERBS,
)
def delete(said: Said) -> list[JsonObject] | None:
    """One object, or several, by kind and name."""
    found = said.objects(None, loose=frozenset())
    first = said.objects(None, group="other", loose=frozenset()) if said.token("other") else []
    if (
        found is None
        or first is None
        or said.told("again", "back")
        or (said.line.tokens[0].low == "so" and said.says("go"))
    ):
        return None  # `it can go again`, `so it can go`
    found = [*first, *found]
    for one in found:
        if not one.get("kind"):
            raise missing(
                f'which kind of object is "{one["name"]}": say for instance "delete the deployment {one["name"]}"'
            )
    grace = said.token("d") or said.token("n")
    seconds = int(float(str(grace.value))) if grace is not None else 0 if said.says("grace") else None
    if grace is None and said.says("grace") and not said.says("without", "zero", "no"):
        return None
    return [one if seconds is None else {**one, "grace_s": seconds} for one in found]


_STATES = {
    said: status
    for status, forms in (
        ("complete", "completed complete finished done succeeded successful"),
        ("failed", "failed failing"),
        ("evicted", "evicted"),
        ("crashing", "crashing crashlooping crashloop"),
        ("pending", "pending"),
    )
    for said in forms.split()
}
SLOTS["state"] = rf"(?P<state>(?:[nU]\d+:)?(?:{'|'.join(_STATES)}) )"
_EVERY = "[all|every|each|any] [of] [<the>] [those|these|old|leftover]"
_WAY = "[up|out|away|off]"


@REMOVAL(
    "kube.delete_collection",
    f"<V> {_WAY} {_EVERY} [already|successfully] <state> <kind> {_WAY} [only]",
    f"<V> {_WAY} {_EVERY} <kind> {{that|which|who}} [are|have|has|is|were|had] [been|already|successfully|run "
    f"and] <state> {_WAY}",
    f"<V> {_WAY} {_EVERY} <kind> {{in|with}} [state|status] <state>",
    f"<V> {_WAY} {_EVERY} <state> ones",
    f"<have> {_EVERY} <state> <kind> {{<Ved>|gone}} {_WAY}",
    f"{_EVERY} <state> <kind> <must> {{go|be <Ved>|disappear}} {_WAY}",
    f"<V> {_WAY} {_EVERY} <kind> {{with|carrying|having|that have|which have|labelled|labeled|tagged|marked|that "
    f"carry|which carry|-l}} "
    "[with] [<the>] [label|labels] <p>",
    f"<V> {_WAY} {_EVERY} <p> <kind>",
    verbs=f"{_VERBS} clean clear purge sweep tidy mop flush get_rid_of collect",
)
def collection(said: Said) -> JsonObject | None:
    """All objects of a kind with a label, or in a state; never without either."""
    state, token = said.token("state"), said.token("kind")
    status = _STATES[state.low] if state is not None else ""
    kind = token.lemma if token is not None else "pod" if status in {"evicted", "crashing"} else ""
    selector = ",".join(f"{key}={value}" for key, value in said.pairs().items())
    if kind not in {"pod", "job"} and not selector:
        return None
    if kind == "namespace" or not kind:
        return None
    if token is not None and not token.low.endswith("s") and not said.says("every", "each", "any"):
        return None
    if kind == "pod" and status == "complete":
        status = "succeeded"
    if not said.namespace:
        raise missing(f"in which namespace are the {kind}s to be deleted?")
    return arguments(kind=kind, namespace=said.namespace, selector=selector, status=status)


@REMOVAL(
    "kube.remove_finalizers",
    "<V> [<the>] [all] {finalizer|finalizers|finaliser|finalisers} {of|from|on|off} <o>",
    "<V> <own> {finalizer|finalizers|finaliser|finalisers}",
    "<have> [<the>] {finalizer|finalizers} {of|from|on} <o> <Ved>",
    verbs="remove clear strip drop delete takeoff wipe",
)
def finalizers(said: Said) -> list[JsonObject] | None:
    """What holds an object back from going."""
    found = said.objects(None, loose=frozenset())
    return found if found and all(one.get("kind") for one in found) else None
