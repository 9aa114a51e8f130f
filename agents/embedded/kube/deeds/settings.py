"""Single settings: entries of a config map, a service's ports, certificates, a default class; changes taken back."""

from __future__ import annotations

import re

from agents.embedded.kube.amounts import hard_of
from agents.embedded.kube.deeds.grammar import SLOTS, Deeds, Said
from agents.embedded.kube.names import Context
from agents.embedded.kube.slots import arguments
from agents.embedded.kube.view import View
from protocol.vocabulary import JsonObject

SETTINGS = Deeds()
_KEY = "[<the>] [{key|entry|value|setting|value of|entry for|field}] [: |called ]"
_TO = "{to|=|as|:|with|with the value|be} [<the>] [value] <value>"
_IN = "{in|of|on|into|to|from|inside|at}"
_CHANGE = "set change put update add write edit make switch turn raise lower bump have store correct want bring adjust"


def _entries(said: Said, given: dict[str, str], gone: list[str]) -> list[JsonObject] | None:
    found = said.objects(frozenset({"configmap"}), loose=frozenset())
    if found is None or not all(one.get("kind") for one in found) or not (given or gone):
        return None
    return [arguments(name=one["name"], namespace=one.get("namespace", ""), set=given, unset=gone) for one in found]


@SETTINGS(
    "kube.set_config_map",
    f"<V> {_KEY} <key> {_TO} {_IN} <o>",
    f"<V> {_KEY} <key> {_IN} <o> {_TO}",
    f"<V> {_KEY} <p> {_IN} <o>",
    f"<V> <o> [: |, ] {_KEY} {{<key> {_TO}|<p>}}",
    f"<o> [: |, |- ] {_KEY} {{<key> {_TO}|<p>}}",
    f"[in] <o> [, |: ] [<V>] {_KEY} {{<key> {_TO}|<p>}}",
    f"[<the>] [key|entry|value] <key> {_IN} <o> <must> {{be|become|read|say|be set to|be changed to|have the "
    f"value}} <value>",
    "<own> <key> <must> {be|become|read|say|be set to|be changed to} <value>",
    f"{{give|<have>}} <o> [<the>] [new] {_KEY} {{<key> {_TO}|<p>}}",
    verbs=_CHANGE,
)
def config(said: Said) -> list[JsonObject] | None:
    """Entries of a config map that exists."""
    if said.says("a", "an", "new") and said.says("create", "make", "called", "named"):
        return None
    return _entries(said, said.pairs() or ({said.text("key"): said.text("value")} if said.token("key") else {}), [])


@SETTINGS(
    "kube.set_config_map",
    "<V> [<the>] {key|keys|entry|entries} <keys> {from|in|of|on|out of} <o>",
    "<V> <keys> {from|out of} <o>",
    "<V> [<the>] <key> {key|entry} {from|in|of} <o>",
    verbs="remove unset delete drop clear takeoff strip",
)
def unset(said: Said) -> list[JsonObject] | None:
    """Entries of a config map that go."""
    return _entries(said, {}, said.texts("keys") or said.texts("key"))


_LEAD = (
    "{lead|go|forward|point|map|route|send|be forwarded|be sent|be mapped|be routed|connect|be directed} "
    "[traffic] [on] {to|at|onto}"
)
_OLD = "[[, ] {not|instead of|rather than|nolonger} [to] [port] <m>]"
_GOAL = "[<the>|its] [container] [port] <n> [{on|in|of} [<the>|its] {Kpod*|containers|container|Gapp}]"


@SETTINGS(
    "kube.set_port",
    f"<o> [: |, ] [port] <low> <must> {_LEAD} {_GOAL} {_OLD}",
    f"port <low> of <o> <must> {_LEAD} {_GOAL} {_OLD}",
    f"{{let|have|make|set|change|point|switch|map}} port <low> of <o> {{{_LEAD}|to|at|on}} {_GOAL} {_OLD}",
    f"<o> <must> {_LEAD} [<the>] port <low> {{to|at|onto}} {_GOAL} {_OLD}",
    f"<V> [<the>] {{target port|targetport}} of <o> [from <m>] {{to|=|at|on}} <n> {_OLD}",
    f"<V> <own> {{target port|targetport}} [from <m>] {{to|=|at|on}} <n> {_OLD}",
    f"{{let|have|make|<must>}} <o> {_LEAD} {_GOAL} {_OLD}",
    f"<o> <must> {_LEAD} {_GOAL} {_OLD}",
    verbs="set change update switch move correct fix make adjust",
)
def port(said: Said) -> list[JsonObject] | None:
    """The port of the pods that a service leads to."""
    found = said.objects(frozenset({"service"}), loose=frozenset())
    goal = said.number()
    if not found or goal is None or not (said.says("Kservice", "port", "targetport") or found[0].get("kind")):
        return None
    if found[0].get("kind", "service") != "service":
        return None
    return [
        arguments(name=one["name"], namespace=one.get("namespace", ""), port=said.number("low"), target_port=goal)
        for one in found
    ]


@SETTINGS(
    "kube.undo",
    "<V> [<the>] [{change|write|step|entry|number|id}] <name>",
    "<V> [<the>] {last|latest|previous|most recent} [{change|write|thing|step|action|operation|edit|"
    "modification}] [you {made|did}|that you {made|did}|of yours]",
    "<V> {it|that|this} [last] [change|write|again]",
    "<V> {what|whatever} you [just] {did|changed} [last|just now|in the cluster|to the cluster|there]",
    "<V> [<the>|your] {last|latest|previous} {change|write|step} [in the cluster|to the cluster]",
    "take {it|that|this|<the> last change|your last change|<the> change <name>|change <name>|<name>} back",
    "takeback {it|that|this|<the> last change|your last change|<the> change <name>|change <name>|<name>}",
    "take back {it|that|this|<the> last change|your last change|<the> change <name>|change <name>|<name>}",
    verbs="undo revert rollback",
)
def undo(said: Said) -> JsonObject | None:
    """Takes back a change of the trail, by default the last."""
    token = said.token("name")
    if said.place or (token is not None and not re.fullmatch(r"k\d+", token.low)):
        return None
    if said.says("rollback") and token is None:
        return None
    if token is None and said.context.names and said.says("it", "that", "this", "rollout"):
        return None
    return arguments(change=token.low if token is not None else "")


@SETTINGS("kube.approve_certificate", "<V> <o>", "<have> <o> <Ved>", "<o> <must> be <Ved>", verbs="approve accept sign")
def approve(said: Said) -> list[JsonObject] | None:
    return _certificate(said)


@SETTINGS("kube.deny_certificate", "<V> <o>", "<have> <o> <Ved>", "<o> <must> be <Ved>", verbs="deny reject refuse")
def deny(said: Said) -> list[JsonObject] | None:
    return _certificate(said)


def _certificate(said: Said) -> list[JsonObject] | None:
    found = said.objects(frozenset({"certificatesigningrequest"}), loose=frozenset())
    sure = found and all(one.get("kind") for one in found)
    return [arguments(name=one["name"]) for one in found] if found and sure and not said.place else None


@SETTINGS(
    "kube.patch",
    "<V> <named> [: |, |with|- ] <p>",
    "<V> <named> [: |, |with|- ] {<field>} {to|=|:|be} <value>",
    "<V> {<field>} {of|on|in|for} <o> {to|=|:} <value>",
    "<V> [it] [: |with] {<p>|<field> {to|=|:} <value>}",
    verbs="patch set change",
)
def patch(said: Said) -> list[JsonObject] | None:
    """A field of an object by its path: `spec.revisionHistoryLimit = 3`."""
    given = said.pairs() or ({said.text("field"): said.text("value")} if said.token("field") else {})
    found = said.objects(None, loose=frozenset())
    if not found or not all(one.get("kind") for one in found) or len(given) != 1:
        return None
    ((path, value),) = given.items()
    if not re.fullmatch(r"(?:spec|metadata)(?:\.[A-Za-z]\w*)+", path):
        return None
    nested: object = int(value) if value.isdigit() else {"true": True, "false": False}.get(value.casefold(), value)
    for part in reversed(path.split(".")):
        nested = {part: nested}
    return [{**one, "patch": nested} for one in found]  # type: ignore[dict-item]


@SETTINGS(
    "kube.set_selector",
    "<V> [<the>] [label] selector <of> <o> {to|=|:|with} [<the>] [labels|label] <p>",
    "<V> <own> [label] selector {to|=|:} <p>",
    "<o> [: |, |- |to] [<the>] [new] [label] selector [to|: |=|<must> be] <p>",
    "[<the>] [label] selector <of> <o> {to|<must> be|:|=} <p>",
    "<own> selector {to|<must> be|:|=} <p>",
    "{let|have|make} <o> {send|lead|route|point} [people|traffic|users|everyone|everybody|visitors|requests] {to|"
    "at} [<the>] "
    "[Kpod*] [with|of|labelled|labeled|that have|carrying] [label|labels] <p>",
    "{let|have|make} <o> {select|pick|choose|match|point_to|use|take} [<the>] [Kpod*] [with|labelled|labeled|"
    "that have|having|carrying] [label|labels] <p>",
    "{point|send|direct|switch|route|aim} [<the>] [traffic] [of] <o> {to|at|onto} [<the>] [Kpod*] [with|labelled|"
    "labeled|that have|having|carrying] [label|labels] <p>",
    "<o> <must> {select|pick|choose|match|point to|lead to|send traffic to|route to} [<the>] [Kpod*] [with|"
    "labelled|labeled|that have|having|carrying] [label|labels] <p>",
    verbs="set change update switch move adjust make correct fix",
)
def selector(said: Said) -> list[JsonObject] | None:
    """Which pods a service leads to."""
    found = said.objects(frozenset({"service"}), loose=frozenset())
    given = said.pairs()
    if not found or not given or not (said.says("selector") or all(one.get("kind") for one in found)):
        return None
    return [arguments(name=one["name"], namespace=one.get("namespace", ""), selector=given) for one in found]


@SETTINGS(
    "kube.set_default_storage_class",
    "[<the>] default Kstorageclass {<must>|is now to} {be|become} [now] <name>",
    "default Kstorageclass [: |= |to] <name>",
    "{make|set|mark|use|have|want|let} [<the>] [Kstorageclass] <name> [Kstorageclass] [be|become] [to|as] "
    "[<the>] [new] default [Kstorageclass]",
    "{set|change|switch|make} [<the>] default Kstorageclass [to|be] <name>",
    "[<the>] [Kstorageclass] <name> [Kstorageclass] {<must>|is to} {be|become} [<the>] [new] default [Kstorageclass]",
    verbs="make",
)
def default_class(said: Said) -> JsonObject | None:
    """What a claim gets that names no class."""
    name = said.text("name").casefold()
    return {"name": name} if name and said.says("Kstorageclass") and not said.place else None


SLOTS["limits"] = (
    r"(?P<limits>(?:(?:the|its|hard|limit|limits|number|howmany|of|cpu|cpus|memory|Kpod\*|Kservice\*|Ksecret\*|"
    r"Kconfigmap\*|requests|request|"
    r"amount|maximum|max|and|cap) )+)"
)
SLOTS["amount"] = (
    r"(?P<amount>(?:up )?(?:to |at |= |: |be |from #\d+ to )*(?:Q\d+ |#\d+ )(?:cpu |cpus |memory |"
    r"Kpod\* |of |cores )*)"
)
_QUOTA = "[<the>] [Kresourcequota] [called|named] [<name>] [Kresourcequota]"


@SETTINGS(
    "kube.set_quota",
    f"<V> <limits> {{of|in|on|for}} {_QUOTA} <amount>",
    f"<limits> {{of|in|on|for}} {_QUOTA} <must> [be|go|be raised|be set|grow|become|rise] <amount>",
    f"<V> {_QUOTA} <amount>",
    f"{_QUOTA} [: |, |- ] <limits> <amount>",
    verbs="raise set change lower increase reduce bump update cut lift grow shrink put bring",
)
def quota(said: Said) -> JsonObject | None:
    """What a quota that is there allows."""
    if not said.says("Kresourcequota") or said.says("a", "an", "new", "create"):
        return None
    view = View([*said.tokens("limits"), *said.tokens("amount")], Context())
    hard = hard_of(view)
    if len(hard) != 1 or not said.namespace:
        return None
    return arguments(name=said.text("name").casefold(), hard=hard, namespace=said.namespace)
