"""What the containers of a workload are: their image, environment and resources."""

from __future__ import annotations

import re

from agents.embedded.kube.deeds.grammar import SLOTS, Deeds, Said
from agents.embedded.kube.lexicon import WORKLOADS
from agents.embedded.kube.names import Context
from agents.embedded.kube.resources import resources_of
from agents.embedded.kube.slots import arguments
from agents.embedded.kube.tokens import Shape, Token
from agents.embedded.kube.view import View
from protocol.vocabulary import JsonObject

TEMPLATE = Deeds()
_CHANGE = (
    "set update change switch upgrade bump move roll push ship deploy put bring take point swap downgrade pin "
    "use run release "
    "give get adjust rollout patch let have raise adapt replace make edit turn"
)
_VERSION = re.compile(r"v?\d+(\.\d+)+[\w.-]*|v\d+[\w.-]*|\d+(\.\d+)*-[\w.-]+")
_BOX = "[{of|for|in} [<the>] [container <box>|<box> container] [of|in]]"
SLOTS["box"] = r"(?P<box>(?:N\d+|n\d+:\S+|main|web|app) )"
SLOTS["old"] = r"(?:(?:from|instead of|away from) (?:I\d+|N\d+|#\d+) )"
SLOTS["new"] = r"(?P<new>I\d+ |P\d+ |N\d+ |#\d+ |n\d+:\S+ |latest |stable |\"\d+ )"
_WHAT = "[<the>] [new|newer|latest] {image|tag|version|image tag|image version|release|build}"
_NEW = (
    "[<old>] {to|with|on|at|by|=|:} [<the>] [new|newer|fixed] [image|tag|version|release|image tag|"
    "build|image version] [: |=|to] <new> [<old>]"
)
_LAST = "[, same image {otherwise|as before}|, same image|of the same image|, nothing else]"


@TEMPLATE(
    "kube.set_image",
    f"<V> {_WHAT} {_BOX} <of> <o> {_NEW} {_LAST}",
    f"<V> {_WHAT} {{of|for|in}} {{container <box>|<box> container}} {{of|in|on}} <o> {_NEW}",
    f"<V> <own> {{image|tag|version|image tag|release}} {_NEW} {_LAST}",
    f"<V> <o> [up|over|back|forward|on|off] {_NEW} {_LAST}",
    f"<V> [container <box>|<box> container] {{of|in|on}} <o> {_NEW} {_LAST}",
    "<V> [out] [<the>] [new|newer|fixed] [image|tag|version|release|build] <new> {on|in|for|to|with|of|into|onto} <o>",
    "<V> [out] [<the>] {image|tag|version|release|build} <new> {on|in|for|to|with|of|into|onto} <o>",
    "<have> <o> {run|running|use|using|on|have|switched to|moved to|updated to|upgraded to|set to|changed to|go "
    "to|at} [<the>] [new] [image|tag|version|release|build] <new>",
    "<o> <must> [be] {run|running|use|be on|on|go to|move to|switch to|upgrade to|change to|update to|get|have|"
    "take|be at|<Ved> to|"
    f"{_WHAT} be}} [<the>] [new|newer] [image|tag|version|release|build] <new> [<old>] [from now on]",
    f"[<own>] {_WHAT} {{of|for|in}} <o> <must> be [<Ved> to|set to] <new> [<old>]",
    f"<own> {_WHAT} <must> be [<Ved> to|set to] <new> [<old>]",
    f"<o> [: |, |- ] {_NEW}",
    "<o> [: |, |- ] [new] {image|tag|version} [: |=|to] <new>",
    "<V> {to|over to} [<the>] [new] {image|tag|version|release} <new>",
    "give <o> [<the>] [new] {image|tag|version} <new>",
    verbs=_CHANGE,
)
def image(said: Said) -> list[JsonObject] | None:
    """Another image, or another tag of it."""
    token = said.token("new")
    found = said.objects(WORKLOADS)
    if token is None or found is None or len(found) != 1:
        return None
    text = str(token.value) if token.shape is Shape.QUOTED else token.text
    if token.shape not in {Shape.IMAGE, Shape.PATH}:
        plain = said.says("tag", "version", "release", "build")
        if not (plain or _VERSION.fullmatch(text)) or (token.word and not said.says("tag")):
            return None
        if said.says("image") and not plain and not _VERSION.fullmatch(text):
            return None
        text = f":{text}"
    if said.says("repository", "registry"):
        return None
    return [{**found[0], **arguments(image=text, container=said.text("box"))}]


_ENV = "{env|env variable|env variables|variable|variables|var|vars|environment|env setting|setting}"
_IN = "{on|in|for|to|of|into|at|onto}"
_VALUED = "{to|=|as|:|with|be|with the value|with value} [the value] <value>"


@TEMPLATE(
    "kube.set_env",
    f"<V> [<the>] [new] [{_ENV}] [: ] <p> {_IN} <o> [as {_ENV}|in its environment]",
    f"<V> [<the>] [new] [{_ENV}] [: |called ] <key> {_VALUED} {_IN} <o>",
    f"<V> [<the>] [{_ENV}] <key> {_IN} <o> {_VALUED}",
    f"<V> <own> [{_ENV}] <key> {_VALUED}",
    f"<V> <key> {{{_ENV}}} {_IN} <o> {_VALUED}",
    f"{{give|<have>|run|start}} <o> [with|have|get] [<the>] [new] [{_ENV}] [: ] <p>",
    f"{{give|<have>}} <o> [with|have|get] [<the>] [new] [{_ENV}] <key> {_VALUED}",
    f"<have> <o> {{run|start|have}} [with] [<the>] [{_ENV}] {{<p>|<key> {_VALUED}}}",
    f"<o> <must> {{have|get|run|run with|carry|start with|use|see|know}} [<the>] [{_ENV}] [: ] <p>",
    f"<o> <must> {{have|get|run with|carry|start with|use}} [<the>] [{_ENV}] <key> {_VALUED}",
    f"[<the>] [{_ENV}] <key> {_IN} <o> <must> be [set to|changed to] <value>",
    f"<o> [: |, |- ] [set] {_ENV} {{<p>|<key> {_VALUED}}}",
    f"<p> {_IN} <o>",
    verbs="set add put change update define export inject turn switch have want make raise lower adjust get use write",
)
def env(said: Said) -> list[JsonObject] | None:
    """Environment variables of a workload."""
    given = said.pairs() or ({said.text("key"): said.text("value")} if said.token("key") else {})
    return _environment(said, given, [])


@TEMPLATE(
    "kube.set_env",
    f"<V> [<the>] [{_ENV}] <keys> {{from|on|of|in|for|off}} <o> [environment]",
    f"<V> <keys> [{_ENV}] {{from|on|of|in|for|off}} <o>",
    f"<V> <own> [{_ENV}] <keys>",
    f"[<the>] {_ENV} <keys> {{from|on|of|in|for}} <o> <must> {{be <Ved>|go|disappear|vanish}}",
    f"[we|they|i] nolonger need [<the>] {_ENV} <keys> {{from|on|of|in|for}} <o> [, ] [so] <V> it",
    f"<o> {{<must> lose|nolonger needs}} [<the>] [{_ENV}] <keys>",
    verbs="remove unset delete drop clear takeoff strip takeaway",
)
def unset(said: Said) -> list[JsonObject] | None:
    """Environment variables that go."""
    return _environment(said, {}, said.texts("keys"))


def _environment(said: Said, given: dict[str, str], gone: list[str]) -> list[JsonObject] | None:
    spoken = said.says("env", "variable", "variables", "var", "vars", "environment")
    keys = [*given, *gone]
    if (
        not keys
        or said.says("label", "labels", "annotation")
        or not all(re.fullmatch(r"[A-Za-z_][\w.-]*", k) for k in keys)
    ):
        return None
    if not spoken and not all(re.fullmatch(r"[A-Z][A-Z0-9_]*", key) for key in keys):
        return None
    found = said.objects(WORKLOADS)
    return [{**one, **arguments(set=given, unset=gone)} for one in found] if found else None


@TEMPLATE(
    "kube.set_env",
    "<have> <o> {take|load|get|read|use|draw|receive|inherit} [all] [<the>] [whole] {env|environment|variables|"
    "settings|env variables} from "
    "{<other>|{that|the|this} [new] {Ksecret|Kconfigmap}}",
    "<V> [all] [<the>] [keys|entries|values|contents|everything] [of|from|in] <other> {into|as} [<the>] {env|"
    "environment|env variables|variables} "
    "{of|on|in|for|into|to} <o>",
    "<V> <other> as {env|environment|env variables|variables} {on|in|into|to|for} <o>",
    verbs="load inject use add mount put set import pull take",
)
def source(said: Said) -> list[JsonObject] | None:
    """The environment out of a config map or a secret."""
    found = said.objects(WORKLOADS)
    if said.token("other"):
        other = said.objects(frozenset({"configmap", "secret"}), group="other", loose=frozenset())
        chosen = (str(other[0].get("kind", "")), str(other[0]["name"])) if other and len(other) == 1 else ("", "")
    else:
        kind, _, name = said.context.created.partition("/")
        chosen = (kind, name) if said.says(f"K{kind}") else ("", "")
    kind, name = chosen
    if not found or kind not in {"configmap", "secret"} or not name:
        return None
    key = "from_config_map" if kind == "configmap" else "from_secret"
    return [{**one, key: name} for one in found]


_AMOUNT_WORDS = (
    "cpu|cpus|memory|core|cores|limit|limits|limited|request|requests|requested|resource|resources|of|to|at|and|"
    "a|an|the|its|each|with|for|"
    "max|maximum|most|up|=|:|,|/|reserve|reserved|guaranteed|guarantee|cap|capped|use|set|both|have|as|on|"
    "ceiling|be|instead|"
    "not|from|only|more|than|no|down|by"
)
SLOTS["amounts"] = (
    rf"(?P<amounts>(?:(?:Q\d+|#\d+|{_AMOUNT_WORDS}) )*(?:Q\d+|#\d+) (?:(?:Q\d+|#\d+|"
    rf"{_AMOUNT_WORDS}) )*)"
)
SLOTS["side"] = (
    r"(?P<side>(?:the |its |a )*(?:(?:cpu|memory|resource|and|/|a|the|,) )*(?:(?:limit|limits|request|requests|"
    r"cap|ceiling|resources|"
    r"memory|cpu|maximum|max|and|on) )+)"
)


@TEMPLATE(
    "kube.set_resources",
    "<V> <o> <amounts>",
    "<V> <side> {of|for|on|in} [container <box> {of|in}] <o> <amounts>",
    "<V> <own> <side> <amounts>",
    "<V> <amounts> {for|on|of|in|to} <o>",
    "<have> <o> {have|use|get|request|reserve|run with|go up|take} <amounts>",
    "can <o> {have|use|get|request|reserve|run with} <amounts>",
    "<o> <must> {have|use|get|request|reserve|ask for|be limited|be capped|run with|be given|be allowed|go up|"
    "take} <amounts>",
    "<side> {of|for|on|in} <o> <must> {be|go|go up|be raised|be set|be lowered|be changed|be increased} <amounts>",
    "<own> <side> <must> {be|go|go up|be raised|be set|be lowered|be changed|be increased} <amounts>",
    "<o> [: |, |- ] <side> <amounts>",
    "<o> [: |, |- ] <amounts>",
    verbs="set give let limit cap have allow make raise lower bump increase reduce change update grow shrink "
    "restrict grant put decrease cut adjust "
    "drop request reserve boost lift get extend",
)
def resources(said: Said) -> list[JsonObject] | None:
    """Requests and limits of a container."""
    tokens = [*_verb(said), *said.tokens("side"), *said.tokens("amounts")]
    if not said.says("cpu", "cpus", "memory", "core", "cores") and all(t.shape is not Shape.QUANTITY for t in tokens):
        return None
    view = View(tokens, Context())
    found = resources_of(view)
    if found is None or not any(found) or view.free(Shape.QUANTITY, Shape.NUMBER):
        return None
    aim = said.objects(WORKLOADS)
    if aim is None:
        return None
    more = arguments(requests=found[0], limits=found[1], container=said.text("box"))
    return [{**one, **more} for one in aim]


def _verb(said: Said) -> list[Token]:
    """The verb, where it says a side by itself; `up to` says that it is a limit."""
    words = [t for t in said.line.tokens if t.low in {"limit", "cap", "request", "reserve", "capped", "limited"}]
    inside = {id(t) for group in ("side", "amounts") for t in said.tokens(group)}
    amounts = [t.low for t in said.tokens("amounts")]
    outside = [t for t in words if id(t) not in inside]
    if amounts[:2] == ["up", "to"] and not words and said.says("have", "use", "get", "allow", "grow"):
        return [Token(Shape.WORD, "limit", "limit", 0, 0)]
    return outside
