"""Takers of a frame's arguments: the objects it is about, numbers, quantities, images, labels, ports."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.embedded.kube.lexicon import CLUSTER_SCOPED, VERB_LEMMAS, WORKLOADS
from agents.embedded.kube.names import DNS, STRICT_DNS, Mention
from agents.embedded.kube.tokens import PAIR, Shape
from agents.embedded.kube.view import View, split
from agents.embedded.kube.vocabulary import known
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

PRONOUNS = words("it its them they that this those these itself one him her he she his")


@dataclass(frozen=True, slots=True)
class Target:
    """What a clause is about. `kind` is "" where the cluster has to say."""

    kind: str
    names: tuple[str, ...]
    namespace: str

    def calls(self, **more: object) -> list[JsonObject]:
        """The arguments of a call for each of the objects."""
        return [arguments(name=name, kind=self.kind, namespace=self.namespace, **more) for name in self.names]


def arguments(**given: object) -> JsonObject:
    """Arguments without what is empty: a skill's own defaults hold then. Zero and False stay."""
    kept = {key: value for key, value in given.items() if value not in ("", None, [], {}, ())}
    return kept  # type: ignore[return-value]


def target(
    v: View,
    kinds: frozenset[str] | None = WORKLOADS,
    *,
    loose_kinds: frozenset[str] = frozenset({"service", "container"}),
    pronoun: bool = True,
    need: bool = True,
) -> Target | None:
    """The named objects that the clause is about; by pronoun or by silence those of the clauses before.

    `kinds` are those that the skill takes (None: any). A kind in `loose_kinds` is everyday speech for something else:
    "the checkout service" that is to be scaled is whatever of that name can be.
    """
    lows = " ".join(token.low for token in v.tokens)
    if _EVERYWHERE.search(lows):
        return None  # what is done everywhere names each place
    space = v.namespace()
    fitting = [m for m in v.mentions if m.names and not m.at & v.used and _fits(m, kinds, loose_kinds)]
    shaped = [m for m in fitting if m.kind or sure(v, m)]
    plain = [m for m in fitting if _placed(v, m)]
    for one in sorted(shaped or (plain if len(plain) == 1 else []), key=lambda m: (not m.kind, m.first))[:1]:
        v.claim(*one.at)
        kind = "" if kinds is not None and one.kind in loose_kinds and one.kind not in kinds else one.kind
        if not all(_valid(name) for name in one.names) or (not space and _two(v, one)) or _either(v, one):
            return None
        if kind == "pod" and one.plural and kinds is not None:
            kind = ""  # `the checkout pods` are those of whatever is called checkout
        scoped = kind in CLUSTER_SCOPED
        return Target(kind, one.names, "" if scoped else one.namespace or space)
    if shaped or plain or not v.context.names or not (pronoun or not need):
        return None
    return _again(v, kinds, space)


_EVERYWHERE = re.compile(r"\b(?:everywhere|(?:every|each|all|any)(?: the| of the)? namespaces?|cluster-?wide)\b")


def _either(v: View, one: Mention) -> bool:
    """`web or api`: which of them nobody says."""
    return any(v.tokens[at].low == "or" for at in range(min(one.at), max(one.at) + 1))


def _two(v: View, one: Mention) -> bool:
    """`web, shop`: two objects, or one and its place."""
    said = {v.tokens[at].low for at in range(min(one.at), max(one.at) + 1)}
    return len(one.names) == 2 and not one.plural and "," in said and not said & {"and", "&", "+"}


def _again(v: View, kinds: frozenset[str] | None, space: str) -> Target | None:
    """The objects of the clauses before."""
    for at, token in enumerate(v.tokens):
        if token.low in PRONOUNS:
            v.claim(at)
    kind = v.context.kind
    for one in v.mentions:
        # `on the namespace` behind a deployment is no word for the deployment.
        if not one.names and one.kind and not one.plural and not one.at & v.used and not _same(one.kind, kind, kinds):
            return None
    for one in v.mentions:
        if not one.names and not one.at & v.used and one.prep in {"", "on", "of", "to", "from", "for", "off"}:
            if kinds is not None and one.kind not in kinds:
                continue
            if one.plural and len(v.context.names) == 1:
                continue
            v.claim(*one.at)
            kind = kind or one.kind
    if kinds is not None and kind and kind not in kinds:
        kind = ""
    return Target(kind, v.context.names, space)


def _same(said: str, known: str, kinds: frozenset[str] | None) -> bool:
    """Whether a kind without a name may mean the object that was spoken of."""
    if said == "namespace":
        return known == "namespace"
    if known:
        return said == known or said in {"service", "pod"}
    return kinds is None or said in kinds or said in {"service", "pod"}


def _fits(one: Mention, kinds: frozenset[str] | None, loose: frozenset[str]) -> bool:
    return kinds is None or one.kind == "" or one.kind in kinds or one.kind in loose


_BEFORE_NAMES = words(
    "whether of for on from to does is are has why can about behind called named in did was won't doesn't "
    "isn't what's isnt doesnt wont get"
)
_BEHIND_NAMES = words(
    "is are has have keeps keep needs need should must was isn't isnt doesn't doesnt won't wont "
    "can't cant cannot crashes fails dies "
    "gets got in to won't hasn't never still again up down at with"
)


def _placed(v: View, one: Mention) -> bool:
    """Whether a plain word stands where the name of an object stands: behind a verb or preposition, or as a subject."""
    first, last = min(one.at), max(one.at)
    step = first - 1
    while step >= 0 and v.tokens[step].low in {"the", "our", "my", "all"}:
        step -= 1
    before = v.tokens[step] if step >= 0 else None
    after = v.tokens[last + 1] if last + 1 < len(v.tokens) else None
    if before is not None and before.low in {"a", "an"}:
        return False
    if after is not None and after.word and not known(after):
        return False
    if before is None or before.shape is Shape.MARK:
        return after is None or after.text == "(" or after.low in _BEHIND_NAMES or after.lemma in VERB_LEMMAS
    return before.low in _BEFORE_NAMES or (
        before.word and (before.lemma in VERB_LEMMAS or " " in before.text or before.low in {"like", "want", "need"})
    )


def sure(v: View, one: Mention) -> bool:
    """A name by its shape, not a plain word that the grammar happens not to know."""
    return any(v.tokens[at].shape in {Shape.NAME, Shape.QUOTED, Shape.PATH} for at in one.at)


def _valid(name: str) -> bool:
    return bool(DNS.fullmatch(name))


def take_kind(v: View, *kinds: str) -> Mention | None:
    """Explains a mention of a kind, with or without its name."""
    for one in v.mentions:
        if one.kind in kinds and not one.at & v.used:
            v.claim(*one.at)
            return one
    return None


def number_after(v: View, *lemmas: str) -> int | None:
    """A whole number behind one of the words."""
    wanted = split(lemmas)
    for at in v.free(Shape.NUMBER):
        if v.before(at) in wanted and isinstance(v.tokens[at].value, int):
            v.claim(at)
            return int(v.tokens[at].value)
    return None


def number_before(v: View, *lemmas: str) -> int | None:
    """A whole number before one of the words: `3 replicas`."""
    wanted = split(lemmas)
    for at in v.free(Shape.NUMBER):
        if v.after(at) in wanted and isinstance(v.tokens[at].value, int):
            v.claim(at)
            return int(v.tokens[at].value)
    return None


def the_number(v: View) -> int | None:
    """The only number that is free."""
    found = v.free(Shape.NUMBER)
    if len(found) == 1 and isinstance(v.tokens[found[0]].value, int):
        v.claim(found[0])
        return int(v.tokens[found[0]].value)
    return None


def pairs(v: View, *, only: str = "=") -> dict[str, str]:
    """`a=b` tokens that are free, in order; with `=` only those that say what something is."""
    found: dict[str, str] = {}
    for at in v.free(Shape.PAIR):
        match = re.fullmatch(r"([\w./-]+?)(==|!=|=)(.*)", v.tokens[at].text)
        if match is None or (only and match[2] != only):
            continue
        v.claim(at)
        found[match[1]] = match[3].rstrip(".,")
    return found


def spoken_pairs(v: View) -> dict[str, str]:
    """`slot_minutes = 45`, `LOG_LEVEL to debug`: keys with their values in words."""
    found: dict[str, str] = {}
    for at, token in enumerate(v.tokens):
        if (
            at in v.used
            or token.shape not in {Shape.KEY, Shape.NAME, Shape.WORD, Shape.QUOTED}
            or at + 2 >= len(v.tokens)
        ):
            continue
        sign = v.tokens[at + 1]
        if (
            sign.text == "="
            or (sign.text == ":" and token.shape is Shape.KEY)
            or (token.shape is Shape.KEY and sign.low in {"to", "as", "is"})
        ):
            value = v.tokens[at + 2]
            if at + 2 in v.used or value.shape in {Shape.MARK, Shape.BAD}:
                continue
            found[token.text] = literal(v, at + 2)
            v.claim(at, at + 1, at + 2)
    return found


def parted_pair(v: View) -> dict[str, str]:
    """`change THEME in configmap x to light`: the key behind the verb, its value behind the last `to`."""
    last = len(v.tokens) - 1
    while (last > 0 and v.tokens[last].shape is Shape.MARK) or v.tokens[last].low in {"please", "pls"}:
        last -= 1
    if last < 3 or v.tokens[last - 1].low not in {"to", "="} or last in v.used:
        return {}
    for at, token in enumerate(v.tokens[: last - 2]):
        upper = token.word and token.text.isupper() and len(token.text) > 2
        if at not in v.used and (
            token.shape is Shape.KEY
            or upper
            or (token.shape is Shape.QUOTED and at and v.before(at) in {"key", "set", "change"})
        ):
            v.claim(at, last - 1, last)
            v.mentions = [m for m in v.mentions if not m.at & {at, last}]
            if v.location is not None and last in v.location.at:
                v.location = None
            value = v.tokens[last]
            return {literal(v, at): str(value.value) if value.shape is Shape.QUOTED else value.text}
    return {}


def literal(v: View, at: int) -> str:
    """A value as it was written."""
    token = v.tokens[at]
    return str(token.value) if token.shape is Shape.QUOTED else token.text


def selector(v: View) -> str:
    """A label selector: `labelled tier=backend`, `-l app=web`, `with label app=web`."""
    v.flag("-l", "--selector")
    said = []
    for at in v.free(Shape.PAIR):
        match = PAIR.fullmatch(v.tokens[at].text)
        if match:
            v.claim(at)
            said.append(f"{match[1]}{'!=' if match[2] == '!=' else '='}{match[3].rstrip('.,')}")
    if said:
        v.take("label selector match matching tag carry marked")
    return ",".join(said)


def image(v: View) -> str | None:
    """The image of the clause: a reference with a tag or a path, or what stands behind the word `image`."""
    for at in v.free(Shape.IMAGE):
        v.claim(at)
        return v.tokens[at].text
    for at in v.free(Shape.PATH):
        if v.before(at) in {"image", "to", "use", "from", "using", "run", "="} and not any(
            at in m.at for m in v.mentions
        ):
            v.claim(at)
            return v.tokens[at].text
    for at in range(len(v.tokens)):
        if at not in v.used and v.before(at) == "image" and v.nameable(at):
            for one in [m for m in v.mentions if at in m.at and len(m.names) == 1]:
                v.claim(*one.at)
            v.claim(at)
            return v.tokens[at].text if v.tokens[at].shape is not Shape.QUOTED else str(v.tokens[at].value)
    return None


def container(v: View) -> str:
    """`the app container`, `container app`, `-c app`; "" where none is named."""
    flag = v.flag_value("-c", "--container")
    if flag:
        return flag
    for at, token in enumerate(v.tokens):
        if token.lemma != "container" or at in v.used:
            continue
        for near in (at + 1, at - 1):
            step = near
            if step == at + 1 and step < len(v.tokens) and v.tokens[step].low in {"called", "named"}:
                step += 1
            placed = step > at and step + 1 < len(v.tokens) and v.tokens[step + 1].low in {"of", "in"}
            plain = v._any_name(step) and (v.tokens[step].low in _CONTAINERS or placed)
            if (v.nameable(step) or plain) and step not in v.used:
                owners = [m for m in v.mentions if step in m.at]
                if any(m.kind for m in owners):
                    continue
                v.claim(at, *range(min(at, step), max(at, step) + 1))
                return v.name_at(step)
    return ""


_CONTAINERS = words("app main web api server client proxy sidecar worker db cache ui frontend backend bot")


def port(v: View, *lemmas: str) -> int | None:
    """`port 80`, `80/tcp`, `:8080`."""
    return number_after(v, *(lemmas or ("port",)))


def strict_name(name: str) -> bool:
    """Whether a name is one of a namespace: a DNS-1123 label."""
    return bool(STRICT_DNS.fullmatch(name))


def own_pods(v: View) -> None:
    """`every pod of web`: the pods of a workload that is named are the workload's."""
    if not any(m.names and m.kind != "pod" for m in v.mentions) and not v.context.names:
        return
    for one in [m for m in v.mentions if m.kind == "pod" and not m.names]:
        v.claim(*one.at)
        if one.first and v.tokens[one.first - 1].low in {"every", "all", "each", "both"}:
            v.claim(one.first - 1)
