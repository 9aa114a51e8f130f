"""What reaches pods: services before workloads or labels, ingresses, network policies."""

from __future__ import annotations

import re
from itertools import takewhile

from agents.embedded.kube.frames import Filled, Table
from agents.embedded.kube.lexicon import SCALABLE
from agents.embedded.kube.making import drop_kinds, evident, makes, named, plain_place, release, space
from agents.embedded.kube.orders import ordered
from agents.embedded.kube.slots import arguments, literal, number_after, pairs, target, the_number
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View
from agents.embedded.wordset import words

NETWORK = Table()
_TYPES = {"nodeport": "NodePort", "loadbalancer": "LoadBalancer"}
_WHICH_WAY = (
    "service port target targetport container expose pod to inside cluster same name samename on internally internal "
    "clusterip nodeport front clusterinternal loadbalancer type reachable available via behind app other going go "
    "forward tcp label selector select selecting match carry tag listen labelled having through"
)


@makes(
    NETWORK,
    "kube.expose",
    "service",
    _WHICH_WAY + " deployment publish all",
    heads="expose reachable open publish behind front deployment",
    bonus=0.8,
)
def expose(v: View) -> Filled:
    """A service in front of a workload; to the port of a deployment that was made just before."""
    if not (ordered(v, "expose make open publish create put add need want give get") or v.context.inherited):
        return None
    if not v.seen("expose reachable publish service open") or v.seen("ingress"):
        return None
    if not any(t.low in {"expose", "reachable", "publish", "behind", "front", "before", "for"} for t in v.tokens):
        return None
    if v.free(Shape.PAIR):
        return None
    form = next((_TYPES[lemma] for lemma in v.lemmas if lemma in _TYPES), "")
    port, goal = _ports(v)
    service = ""
    for one in [m for m in v.mentions if m.kind == "service"]:
        v.claim(*one.at)
        v.mentions.remove(one)
        service = one.names[0] if one.names else service
    drop_kinds(v, "pod")
    for at, token in enumerate(v.tokens):
        if token.low in {"same", "name", "internal", "internally", "inside", "before"} or token.lemma == "samename":
            v.claim(at)
    if v.location is None and not v.context.namespace:
        plain_place(v)
    aim = target(v, SCALABLE | {"daemonset", "pod"})
    if aim is None or port is None or len(aim.names) != 1:
        return None
    if not goal and v.context.names == aim.names:
        goal = v.context.port
    goal = None if goal == port else goal
    return aim.calls(port=port, target_port=goal, type=form, service_name="" if service == aim.names[0] else service)


def _ports(v: View) -> tuple[int | None, int | None]:
    """(port of the service, port of the pods): `80 to 8080`, `80 -> 8080`, `port 80, target port 8080`, `80:8080`."""
    goal = number_after(v, "targetport to -> => onto")
    numbers = [at for at in v.free(Shape.NUMBER) if isinstance(v.tokens[at].value, int)]
    for at in numbers if goal is None else ():
        near = [t.low for t in v.tokens[max(0, at - 4) : at]]
        if v.before(at) == "port" and {"container", "target"} & set(near):
            v.claim(at)
            goal = int(str(v.tokens[at].value))
            break
        if v.before(at) == "on" and {"listen", "listens", "listening"} & set(near):
            v.claim(at)
            goal = int(str(v.tokens[at].value))
            break
    for at, token in enumerate(v.tokens):
        both = re.fullmatch(r"(\d+):(\d+)", token.text)
        if both and at not in v.used and goal is None:
            v.claim(at)
            return int(both[1]), int(both[2])
    port = number_after(v, "port on") or (the_number(v) if len(v.free(Shape.NUMBER)) == 1 else None)
    return port, goal


@makes(NETWORK, "kube.create_service", "service", _WHICH_WAY, bonus=0.9)
def service(v: View) -> Filled:
    """A service before pods with labels."""
    made = [m for m in v.mentions if m.kind == "service"]
    if len(made) != 1 or not evident(v) or any(m.kind in {"deployment", "ingress"} for m in v.mentions):
        return None
    port, goal = _ports(v)
    chosen = pairs(v)
    name = named(v, "service")
    if not name or port is None:
        return None
    form = next((_TYPES[lemma] for lemma in v.lemmas if lemma in _TYPES), "")
    drop_kinds(v, "pod")
    if not chosen and name not in v.context.names:
        return None
    where = space(v, f"the service {name}")
    goal = None if goal == port else goal
    selector = chosen or {"app": name}
    return arguments(name=name, selector=selector, port=port, target_port=goal, type=form, namespace=where)


@makes(
    NETWORK,
    "kube.create_ingress",
    "ingress",
    "host hostname service port for to route routing traffic pointing point at under reachable domain address via "
    "browser type go reach that when people publish publicly expose class ingressclass",
    heads="publish route host reachable reach",
    bonus=0.9,
)
def ingress(v: View) -> Filled:
    """A host name that leads to a service."""
    if not any(m.kind == "ingress" for m in v.mentions) or not evident(v):
        return None
    if v.seen("tls https certificate path redirect rewrite"):
        return None
    host = _host(v)
    behind = [m for m in v.mentions if m.kind == "service" and len(m.names) == 1]
    if not host or len(behind) != 1:
        return None
    v.claim(*behind[0].at)
    chosen = next((m for m in v.mentions if m.kind == "ingressclass" and len(m.names) == 1), None)
    if chosen is not None:
        v.claim(*chosen.at)
    port = number_after(v, "port on") or the_number(v)
    for at, token in enumerate(v.tokens):
        if token.low == "when" and v.after(at) in {"they", "people", "someone", "somebody", "user", "you"}:
            v.claim(at)
    name = named(v, "ingress")
    if not name or not port:
        return None
    where = space(v, "the ingress")
    by = chosen.names[0] if chosen else ""
    return arguments(name=name, host=host, service=behind[0].names[0], port=port, class_name=by, namespace=where)


def _host(v: View) -> str:
    found = [at for at in v.free(Shape.NAME, Shape.QUOTED) if "." in literal(v, at)]
    if len(found) != 1:
        return ""
    release(v, found[0])
    return literal(v, found[0])


# --- network policies -----------------------------------------------------------------------------------------------

_TRAFFIC = (
    "networkpolicy denyall ingress egress traffic default deny block all incoming inbound outgoing outbound that "
    "which "
    "allow pod from to reach accept tcp label labelled may only other same namespace else gets get in everything the "
    "lock down port dns any isolate match talk blocks no between connections connection connect outside inside "
    "within again samenamespace each other internally nobody external isolated carrying call policy let those send"
)
_ABOUT = "networkpolicy denyall traffic ingress egress incoming outgoing inbound outbound dns"


@makes(
    NETWORK,
    "kube.create_network_policy",
    "networkpolicy",
    _TRAFFIC,
    heads="denyall block allow lock isolate restrict deny talk reach connect access only dns",
    bonus=0.9,
)
def network_policy(v: View) -> Filled:
    """Default denials, and what may reach pods with a label."""
    labelled = len(v.free(Shape.PAIR)) > 1 and v.seen("reach talk connect access allow")
    if not labelled and (not v.seen(_ABOUT) or v.seen("why")):
        return None
    said = any(m.kind == "networkpolicy" for m in v.mentions) or v.seen("denyall")
    acts = v.seen("block deny allow denyall") and v.seen(
        "egress ingress traffic incoming outgoing inbound outbound dns samenamespace networkpolicy denyall"
    )
    labels = len(v.free(Shape.PAIR)) > 1 and v.seen("reach talk connect access traffic allow")
    if not (said or acts or labels) or not (evident(v) or ordered(v, "block deny lock isolate restrict allow")):
        return None
    name = _policy_name(v)
    chosen = _ends(v)
    if chosen is None:
        return None
    pods, origin, ports = chosen
    drop_kinds(v, "pod", "ingress")
    if pods or origin:
        if not origin:
            return None
        _only(v)
        where = space(v, "the network policy")
        return arguments(name=name, rule="allow_from", pods=pods, from_pods=origin, ports=ports, namespace=where)
    rules = _rules(v)
    if not rules or ports or (name and len(rules) > 1):
        return None
    v.mentions = [m for m in v.mentions if m.kind not in {"ingress"}]
    _only(v)
    where = space(v, "the network policy", direct=True)
    return [arguments(name=name, rule=rule, namespace=where) for rule in rules]


def _policy_name(v: View) -> str:
    if any(m.kind == "networkpolicy" and m.names for m in v.mentions) or any(
        t.low in {"called", "named", "name", "call"} for t in v.tokens
    ):
        return named(v, "networkpolicy", aliases="policy")
    for one in v.mentions:
        if one.kind == "networkpolicy":
            v.claim(*one.at)
    for at, token in enumerate(v.tokens):
        if token.text.casefold() in {"default-deny", "deny-all"} and v.before(at) == "networkpolicy":
            return token.low
    return ""


def _only(v: View) -> None:
    """`only`, `nothing else gets in`, `outgoing stays as it is`: what such a policy means anyway."""
    for at, token in enumerate(v.tokens):
        if token.low in {"nothing", "else", "no", "not", "none", "nobody"}:
            v.claim(at)


def _kept(v: View, *lows: str) -> bool:
    """`outgoing stays as it is`, `egress must go on`: a way that is left as it is."""
    for at, token in enumerate(v.tokens):
        behind = takewhile(lambda t: t.shape is not Shape.MARK, v.tokens[at + 1 : at + 5])
        if token.low in lows and _STAYS & {t.low for t in behind}:
            return True
    return False


_STAYS = words("stay stays keep keeps remain remains go goes untouched alone works working")


def _rules(v: View) -> list[str]:
    """The rules that the clause asks for, in the order of their words."""
    found: list[str] = []
    if v.seen("denyall deny block isolate lock") or any(t.low in {"blocks", "denies"} for t in v.tokens):
        found.append(_denial(v))
    if v.seen("dns") and v.seen("allow let only denyall permit networkpolicy"):
        found.append("allow_dns")
    inner = v.seen("samenamespace") or any(
        t.low in {"inside", "within", "between"} and "allow" in v.lemmas for t in v.tokens
    )
    if v.seen("allow let") and inner:
        found.append("allow_same_namespace")
    return found


def _denial(v: View) -> str:
    incoming = any(t.low in {"ingress", "incoming", "inbound"} for t in v.tokens)
    outgoing = any(t.low in {"egress", "outgoing", "outbound"} for t in v.tokens)
    incoming = incoming and not _kept(v, "ingress", "incoming", "inbound")
    outgoing = outgoing and not _kept(v, "egress", "outgoing", "outbound")
    if incoming and not outgoing:
        return "deny_ingress"
    return "deny_egress" if outgoing and not incoming else "deny_all"


_REACHES = words("reach reached talk connect access contact call speak")
_INTO = {"from", "to", "reach", "accept", "into", "access"}


def _source(v: View, at: int) -> bool:
    """Whether the label at a position is of those who come: behind `from`, or before `may reach`."""
    verb = next((n for n, t in enumerate(v.tokens) if t.lemma in _REACHES and t.word), -1)
    if verb >= 0 and not any(t.low == "from" for t in v.tokens):
        passive = v.tokens[verb].low.endswith("ed") or v.tokens[verb - 1].low == "be"
        return (at < verb) != passive
    nearest = next((v.tokens[n].low for n in range(at - 1, -1, -1) if v.tokens[n].low in _INTO), "")
    behind = {t.low for t in v.tokens[at + 1 : at + 4]}
    active = {"may", "can", "should", "must"} & behind and "be" not in behind
    return nearest == "from" or bool(active and v.seen("reach talk connect access"))


def _ends(v: View) -> tuple[dict[str, str], dict[str, str], list[int]] | None:
    """Who is reached, who may reach, on which ports; None where that cannot be told."""
    pods: dict[str, str] = {}
    origin: dict[str, str] = {}
    marks = v.free(Shape.PAIR)
    for at in marks:
        key, _, value = v.tokens[at].text.partition("=")
        (origin if _source(v, at) else pods)[key] = value.rstrip(".,")
        v.claim(at)
    ports: list[int] = []
    for at in v.free(Shape.NUMBER):
        if isinstance(v.tokens[at].value, int) and v.before(at) in {"port", "tcp", "on"}:
            ports.append(int(str(v.tokens[at].value)))
            v.claim(at)
    if marks and not (pods and origin):
        return None
    for one in list(v.mentions):
        if one.kind == "" and len(one.names) == 1 and pods and one.names[0] in pods.values():
            v.claim(*one.at)
            v.mentions.remove(one)
    return pods, origin, ports
