"""Labels and annotations of objects."""

from __future__ import annotations

from itertools import pairwise

from agents.embedded.kube.deeds.grammar import Deeds, Fill, Said
from agents.embedded.kube.lexicon import CLUSTER_SCOPED
from agents.embedded.kube.names import NODE
from agents.embedded.kube.outcome import missing
from agents.embedded.kube.slots import arguments
from agents.embedded.kube.tokens import Shape
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

MARKS = Deeds()
_MARKED = words(
    "deployment pod namespace node service statefulset daemonset configmap secret job cronjob ingress serviceaccount "
    "persistentvolumeclaim persistentvolume replicaset networkpolicy"
)
_ON = "{on|to|onto|for|at|of|in}"
_PUT = "{put|add|stick|attach|set|slap|apply|hang|pin|place|write|<V>|make|have|want|need|i need|i want|we need}"
_BEAR = "{have|get|carry|bear|wear|show}"
_TAKE = "{remove|drop|delete|strip|take|clear|takeoff|unset|get rid of|rip}"
_EVERY = "{every|each|all|all of} [<the>]"
_VALUED = "{=|to|:|with value|with the value|as} <value>"


def _patterns(noun: str) -> tuple[tuple[str, ...], ...]:
    """(of objects, of all of a kind, of what goes)."""
    mark = f"[<the>] [new] {noun} [: ]"
    own = (
        "<V> <o> [with|as|:|,] [<the>] [new] [" + noun + "] [: ] <p>",
        f"<V> <o> [with|as] [{noun}] <key> {_VALUED}",
        f"{_PUT} {mark} <p> {_ON} <o>",
        f"{_PUT} {mark} <key> {_VALUED} {_ON} <o>",
        f"{_PUT} <p> {_ON} <o> as [<the>] {noun}",
        f"{{<V>|need|want|i need|we need|i want|we want|stick|slap}} <p> {_ON} <o>",
        f"{{give|<have>}} <o> {{{_BEAR}}} {mark} <p>",
        f"give <o> {mark} {{<p>|<key> {_VALUED}}}",
        f"<o> {{<must>|needs|wants|gets}} [{_BEAR}|be <Ved>] [with|as] {mark} <p>",
        f"<o> <must> be <Ved> [with|as] {mark.replace(noun, '[' + noun + ']')} <p>",
        f"<o> <must> {_BEAR} <p> as {noun}",
        f"{mark} <p> {_ON} <o>",
    )
    several = (
        f"<V> {_EVERY} <kind> [with|as|:] [<the>] [{noun}] <p> [[, ] as [<the>] {noun}]",
        f"{_PUT} {mark} <p> {_ON} {_EVERY} <kind>",
        f"{_EVERY} <kind> {{<must>|needs|gets|get}} [{_BEAR}|be <Ved> [with]] {mark} <p>",
        f"{{give|<have>}} {_EVERY} <kind> [{_BEAR}] {mark} <p>",
        f"{_EVERY} <kind> {_BEAR} {mark} <p>",
    )
    gone = (
        f"{_TAKE} [<the>] {noun} <word> {{from|off|of}} <o>",
        f"{_TAKE} [<the>] <word> {noun} {{from|off|of}} <o>",
        f"{_TAKE} {mark} <keys> [label|annotation] {{from|off|of|on|at}} <o>",
        f"{_TAKE} [<the>] <keys> {{{noun}|{noun}s}} {{from|off|of|on|at}} <o>",
        f"{_TAKE} {{<the>|{noun}|{noun}s|<the> {noun}s}} <keys> {{from|off}} <o>" if noun == "labels" else
        f"{_TAKE} [<the>] {noun}s <keys> {{from|off|of|on}} <o>",
        f"{_TAKE} <own> {noun} <keys>",
        f"<o> <must> lose {mark} <keys>",
        f"{mark} <keys> <must> {{go|be removed|be deleted|be taken off|disappear}} {{from|on|of|off}} <o>",
        f"{mark} <keys> {{from|on|of}} <o> <must> {{go|be removed|be deleted|disappear}}",
        f"un{'label' if noun == 'label' else 'annotate'} <o> [: |, ] <keys>",
    )  # fmt: skip
    return own, several, gone


def _own(said: Said) -> list[JsonObject] | None:
    given = said.pairs() or ({said.text("key"): said.text("value")} if said.token("key") else {})
    return _marked(said, set=given, remove=[]) if given else None


def _gone(said: Said) -> list[JsonObject] | None:
    gone = said.texts("keys")
    return _marked(said, set={}, remove=gone) if gone else None


def _marked(said: Said, **marks: object) -> list[JsonObject] | None:
    found = said.objects(_MARKED, loose=frozenset())
    if found is None:
        return None
    for one in found:
        if not one.get("kind"):
            if NODE.fullmatch(str(one["name"])):
                one["kind"] = "node"
                one.pop("namespace", None)
            else:
                raise missing(
                    f'which kind of object is "{one["name"]}": say for instance "the deployment {one["name"]}"'
                )
    return [{**one, **arguments(**marks)} for one in found]


def _several(said: Said) -> JsonObject | None:
    token = said.token("kind")
    kind = token.lemma if token is not None else ""
    given = said.pairs()
    if (
        _apart(said)
        or kind not in _MARKED - {"namespace"}
        or not given
        or (not said.namespace and kind not in CLUSTER_SCOPED)
    ):
        return None
    space = "" if kind in CLUSTER_SCOPED else said.namespace
    return arguments(kind=kind, namespace=space, set=given, every=True)


def _apart(said: Said) -> bool:
    """Labels with a place between them: `all pods with app=a in x b=c`, of which the first may say which pods."""
    pairs = [token for token in said.tokens("p") if token.shape is Shape.PAIR]
    return any(after.start - before.end > len(" and ") for before, after in pairwise(pairs))


_NEAR = {"label": "", "annotation": "annotation annotations annotate annotated unannotate"}
for _skill, _noun, _verbs in (("kube.label", "label", "label tag mark"), ("kube.annotate", "annotation", "annotate")):
    _fills: tuple[Fill, ...] = (_own, _several, _gone)
    for _fill, _said in zip(_fills, _patterns(_noun), strict=True):
        MARKS(_skill, *_said, verbs=_verbs, near=_NEAR[_noun])(_fill)
