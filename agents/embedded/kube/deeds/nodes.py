"""Nodes: closed and opened to new pods, emptied, tainted."""

from __future__ import annotations

import re

from agents.embedded.kube.deeds.grammar import SLOTS, Deeds, Said
from agents.embedded.kube.names import NODE
from agents.embedded.kube.slots import arguments
from protocol.vocabulary import JsonObject

NODES = Deeds()
_NAME = r"(?:N\d+ |n\d+:\S+ )"
SLOTS["node"] = (
    rf"(?P<o>(?:(?:the|our|my|that|this|worker|Knode|machine|box|host|server|called|named) )*{_NAME}(?:Knode |"
    rf"machine |box |host )?"
    rf"|P\d+ |(?:it |there |that one )|(?:the |that |this |same )+(?:Knode |machine |box |host ))"
)
SLOTS["nodes"] = (
    rf"(?P<o>(?:(?:the|our|my|both|these|worker|Knode|Knode\*|machines|boxes|hosts|:) )*{_NAME}(?:(?:, and |, |"
    rf"and |& |\+ ){_NAME})*"
    r"(?:Knode\*? )?)"
)
_PODS = (
    "[any|some] [more|new|further|additional|other] {Kpod*|Kpod|workloads|workload|work|anything|things|"
    "stuff|containers|load|jobs|Kjob*} [new|else|more]"
)
_ONTO = "{on|to|onto|at|for|towards|into} <node>"
_TAKE = "{take|get|receive|accept|have|run|host|be given|be sent|see}"
_NOT = "{don't|do not|never|must not|should not|shouldn't|may not|not}"


def _nodes(said: Said) -> list[str] | None:
    if not said.tokens("o") and said.context.kind in {"", "node"} and len(said.context.names) == 1:
        return list(said.context.names)
    found = said.objects(frozenset({"node"}), loose=frozenset())
    if found is None and said.tokens("o") and said.tokens("o")[-1].low == "there":
        known = said.context
        return list(known.names) if known.kind == "node" else None
    if found is None:
        return None
    return None if said.place and not any(one.get("kind") for one in found) else [str(one["name"]) for one in found]


@NODES(
    "kube.cordon",
    "<V> {<node>|<nodes>}",
    "<have> <node> <Ved>",
    "<node> <must> be <Ved>",
    "{mark|make|set} {<node>|<nodes>} [as] {unschedulable|nonschedulable|non-schedulable}",
    "{stop|quit|cease} {scheduling|placing|sending|putting|landing|starting} [<the>] " + f"{_PODS} {_ONTO}",
    "{stop|quit|cease|no} {scheduling|new scheduling} {on|to|onto} <node>",
    "no [more] [new|further] {Kpod*|work|workloads|scheduling|load} " + _ONTO,
    f"{_NOT} {{schedule|send|place|put|run|start|land|let}} {_PODS} {_ONTO} [anymore|any more|any longer]",
    "<node> {<must>|gets} " + f"[{_TAKE}] no [more] [new|further] {{Kpod*|work|workloads|load}} [anymore|any more]",
    f"<node> {{must|should|may|shall|can}} not {_TAKE} {_PODS} [anymore|any more]",
    f"nothing new [<must> {{land|be scheduled|start|run|go|be placed}}] {_ONTO}",
    f"nothing [new|more] [to be] [scheduled|placed|land] {_ONTO}",
    "{keep|hold} [all] [new|further] {Kpod*|workloads|work} {off|away from|offof|out of} <node>",
    "{close|block|lock} {<node>|<nodes>} [to|for|against] [new] {Kpod*|scheduling|workloads|work}",
    "take <node> out of {scheduling|rotation}",
    "takeoff <node> of {scheduling|rotation}",
    verbs="cordon",
)
def cordon(said: Said) -> list[JsonObject] | None:
    """No new pods; the running ones stay."""
    return _each(said)


def _each(said: Said, **more: object) -> list[JsonObject] | None:
    names = _nodes(said)
    return [arguments(node=name, **more) for name in names] if names else None


@NODES(
    "kube.uncordon",
    "<V> {<node>|<nodes>}",
    "<have> <node> <Ved>",
    "<node> <must> be <Ved>",
    "{mark|make|set} {<node>|<nodes>} [as] schedulable",
    "<node> <must> be schedulable",
    f"<node> {{<must>|is ready to|is free to|is allowed to}} {_TAKE} [again] {_PODS}",
    f"{_PODS} <must> [be] {{placed|scheduled|put|run|land|go|sent|start}} [again] {_ONTO}",
    f"{{let|allow}} {_PODS} [back|go|land|run|be scheduled|be placed] {_ONTO}",
    f"{{let|allow|have}} <node> [to] {_TAKE} [again] {_PODS}",
    "{open|put|bring|take|return|get} <node> [back|again|up] {up|into|in|to|for|back into|back in} [the] "
    "{service|Kservice|rotation|use|Kpod*|new Kpod*|"
    "duty|scheduling|new work|work|new workloads}",
    "open <node> [up]",
    verbs="uncordon reopen",
)
def uncordon(said: Said) -> list[JsonObject] | None:
    """New pods again."""
    return None if said.says("not", "no", "never", "don't") else _each(said)


_OFF = (
    "{move|get|take|clear|evict|push|kick|takeoff} [all|every|everything] [of] [<the>] [running] "
    "[Kpod*|Kpod|workloads|work|that runs|running] [off|away] {off|from|of|away from|out of} <node>"
)
_GRACE = (
    "[[, |and|with|- ] [give|giving|allow|leave] [<the>] [each|every] [of] [them|it|Kpod|one] [<the>] [grace|"
    "grace period] [of|: |= ] <d> "
    "[of] [grace|grace period|notice] [to {finish|terminate|stop|end|shut_down|close|leave}]]"
)
_DATA = (
    "[[, |and|, and |- ] {[<the>] <scratch> {may|can|is okay to|is ok to|is fine to|is allowed to|will} {be lost|"
    "go|be deleted|be wiped|be dropped|be gone|"
    "vanish}|[{losing|lose|dropping|deleting}] <scratch> {is|are} {okay|ok|fine|acceptable|no problem}|you may "
    "{lose|delete|drop} [<the>] <scratch>|"
    "{including|with} <scratch>}]"
)
SLOTS["scratch"] = (
    r"(?P<scratch>(?:(?:its|their|the|any) )*(?:emptydir|emptydirs|scratch|local)(?: (?:n\d+:)?(?:scratch|data|"
    r"contents|content|volumes|volume|storage))* )"
)


@NODES(
    "kube.drain",
    f"<V> {{<node>|<nodes>}} {_GRACE} {_DATA}",
    f"<V> <node> {_DATA} {_GRACE}",
    "<have> <node> <Ved>",
    "<node> <must> be <Ved>",
    f"{_OFF} {_GRACE} {_DATA}",
    f"{_OFF} {_DATA} {_GRACE}",
    verbs="drain empty evacuate vacate",
)
def drain(said: Said) -> list[JsonObject] | None:
    """A node without pods."""
    names = _nodes(said)
    sure = said.says("drain", "drained", "Knode", "node") or all(NODE.fullmatch(name) for name in names or ())
    moved = said.says("Kpod*", "everything", "workloads", "work")
    if not (sure or moved):
        return None
    grace = said.token("d")
    more: JsonObject = {} if grace is None else {"grace_s": int(float(str(grace.value)))}
    return _each(said, **more, **({"delete_local_data": True} if said.token("scratch") else {}))


_EFFECT = {"noschedule": "NoSchedule", "prefernoschedule": "PreferNoSchedule", "noexecute": "NoExecute"}
SLOTS["effect"] = r"(?P<effect>(?:[nU]\d+:)?(?:noschedule|prefernoschedule|noexecute) )"
SLOTS["mark"] = r"(?P<mark>[=IXN]\d+ )"
_WITH = "[with|:|,] [<the>] [taint] [: ] <mark> [[,|and|with] [<the>] [effect] [: |=|of] <effect>]"


@NODES(
    "kube.taint",
    f"<V> <node> {_WITH}",
    "{add|put|set|apply|place|<V>} [<the>] [taint] [: ] <mark> [[, |with|and] [<the>] [effect] [: |=|of] "
    "<effect>] {on|to|onto} <node>",
    "give <node> [<the>] taint [: ] <mark> [[, |with|and] [<the>] [effect] [: |=|of] <effect>]",
    "{reserve|dedicate|keep} <node> [, |: ] taint [it] [with] <mark> [[, |with|and] [<the>] [effect] [: |=|of] "
    "<effect>]",
    "{reserve|dedicate|keep} <node> for [<the>] [workloads|Kpod*|jobs] [of <name>] [: |, ] taint [it] [with] "
    "<mark> [[, |with|and] [<the>] [effect] "
    "[: |=|of] <effect>]",
    "taint it [with] <mark> [[, |with|and] [<the>] [effect] [: |=|of] <effect>]",
    verbs="taint",
)
def taint(said: Said) -> list[JsonObject] | None:
    """Only pods that tolerate it."""
    token = said.token("mark")
    found = (
        re.fullmatch(r"([\w./-]+?)(?:=([\w.-]*))?(?::(noschedule|prefernoschedule|noexecute))?", token.text, re.I)
        if token
        else None
    )
    effect = said.token("effect")
    if found is None or (found[3] and effect is not None) or not (found[2] or found[3] or effect):
        return None
    said_effect = (found[3] or (effect.low if effect is not None else "")).casefold()
    return _each(said, key=found[1], value=found[2] or "", effect=_EFFECT.get(said_effect, ""))


@NODES(
    "kube.taint",
    "{<V>|take} [<the>] taint [: ] <word> {from|off|of|on|away from|off of} <node>",
    "{<V>|take} [<the>] <word> taint {from|off|of|on|away from|off of} <node>",
    "{<V>|take} [<the>|its] taint <word> [off|away]",
    "{<V>|take} [<the>|its] <word> taint [off|away]",
    "<V> <own> taint <word>",
    "untaint <node> [: |, |from|of] <word>",
    "<node> <must> lose [<the>] taint <word>",
    verbs="remove drop delete clear strip takeoff takeaway lift",
)
def untaint(said: Said) -> list[JsonObject] | None:
    """A taint that goes."""
    token = said.token("keys")
    found = (
        re.fullmatch(r"([\w./-]+?)(?:=([\w.-]*))?(?::(noschedule|prefernoschedule|noexecute)-?)?", token.text, re.I)
        if token
        else None
    )
    if found is None:
        return None
    return _each(
        said, key=found[1], value=found[2] or "", effect=_EFFECT.get((found[3] or "").casefold(), ""), remove=True
    )
