"""A service before a workload."""

from __future__ import annotations

import re

from agents.embedded.kube.deeds.grammar import SLOTS, Deeds, Said
from agents.embedded.kube.slots import arguments
from protocol.vocabulary import JsonObject

EXPOSING = Deeds()
_TYPES = {
    "clusterip": "ClusterIP",
    "clusterinternal": "ClusterIP",
    "nodeport": "NodePort",
    "loadbalancer": "LoadBalancer",
}
SLOTS["type"] = rf"(?P<type>(?:[nU]\d+:)?(?:{'|'.join(_TYPES)}) )"
_EXPOSED = frozenset({"deployment", "statefulset", "replicaset", "daemonset", "pod"})
_AT = "[, |: ] {on|at|via|by|with|as|,|under|over|using|to} [<the>] [its] port [: |=] <n>"
_ON = "[, |: ] {on|at|via|,|to} <n>"
_GOAL = (
    "[, |( |and|that|which] [{to|leads to|leading to|forwarding to|forwards to|forward to|lead to|that "
    "leads to|which leads to|goes to|going to|"
    "pointing to|points to|sent to|mapped to|with|onto|for}] [<the>|its] [{container|target|pod|Kpod}] [port|"
    "targetport] <m> "
    "[{in|on|of} {<the>|its} {container|containers|Kpod*|Kpod}] [)]"
)
_TYPE = (
    "[, ] [{as|via|through|with|using|type|of type|by|,|behind|over}] [<the>] [type] [: ] <type> "
    "[service|Kservice] [service]"
)
_CALLED = (
    "[, |and] {as|called|named|under the name|name it|call it|service name|Kservice name|Kservice|with the name} "
    "[: ] <name>"
)
_INSIDE = "[inside {<the>} cluster|internally|in {<the>} cluster|within {<the>} cluster|to {<the>} cluster]"
_WHAT = "[<the>] [new|plain|simple|internal] {[<type>] Kservice|<type>}"
_HEADS = (
    "<V> <own>",
    f"{{put|place|set|create|make|add|give|want|need|have|<have>}} {_WHAT} {{in front of|before|for|over|onto|"
    f"on}} <own>",
    f"{{give|get}} <own> {_WHAT}",
    f"{{make|have|<have>}} <own> {{available|reachable|accessible}} [{{for|by|from}} [<the>] [other|rest of <the>] "
    f"{{Gapps|Gapp|Kservice*|Kpod*|others|team|teams|pods|workloads}}] {_INSIDE}",
    f"<own> {{needs|wants|<must> {{get|have}}|gets}} {_WHAT} [that [<the>] {{others|other Gapps|other apps|our "
    f"apps|the others}} {{can|may}} {{call|reach|use}}|"
    "other {Gapps|Gapp|teams|Kservice*} {can|may} {call|reach|use}]",
)


def _patterns() -> list[str]:
    out = []
    for head in _HEADS:
        for at in (_AT, _ON):
            typed = "" if "<type>" in head else f"[{_TYPE}]"
            out.append(f"{head} {_INSIDE} {at} [{_GOAL}] {typed} [{_CALLED}] {_INSIDE}")
            if typed:
                out.append(f"{head} {_TYPE} {at} [{_GOAL}] [{_CALLED}]")
            out.append(f"{head} [{_CALLED}] {_INSIDE} {at} [{_GOAL}] {typed}")
    out.append(f"[{{get|have|give it|give them|put|add|need|want}}] [<the>] Kservice {_AT} [{_GOAL}] [{_TYPE}]")
    return out


@EXPOSING(
    "kube.expose",
    *_patterns(),
    f"<own> <must> {{get|have}} [<the>] <type> {{{_AT}|{_ON}}} [{_GOAL}]".replace(
        f"{{{_AT}|{_ON}}}", "{on|at|with} [port] <n>"
    ),
    verbs="expose publish",
    near="Kservice expose publish exposed loadbalancer nodeport clusterip available reachable accessible",
)
def expose(said: Said) -> list[JsonObject] | None:
    """A service with a port that leads to the workload's."""
    found = said.objects(_EXPOSED, loose=frozenset())
    if not found or len(found) != 1 or said.number() is None or said.says("ingress", "Kingress"):
        return None
    if re.search(r"#\d+ and #\d+ ", said.line.text):
        return None  # two ports
    name, kind = said.text("name").casefold(), said.token("type")
    goal = said.number("m")
    if (
        goal is None
        and said.context.port is not None
        and said.tokens("o")
        and said.tokens("o")[0].low in {"it", "that", "this"}
    ):
        goal = said.context.port
    more = arguments(
        port=said.number(),
        target_port=goal,
        type=_TYPES[kind.lemma if kind.lemma in _TYPES else kind.low] if kind is not None else "",
        service_name=name,
    )
    return [{**found[0], **more}]
