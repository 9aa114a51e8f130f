"""Orders for skills that no table knows, from their specifications alone: name, examples, and the schema of arguments.

Every word of the piece must be the skill's own, name an argument or be one; every word of the skill's name must be
said, or the words of one of its examples. What changes something is held tighter: its verb must be the skill's, and a
plain word is an argument only where it stands beside the argument's name or the server is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Final

from agents.embedded.grammar import KNOWN
from agents.embedded.kinds.acts import Act, Choice
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.world import World
from agents.embedded.text import lemma, stem
from agents.embedded.tokens import Kind, Token, tokenise
from agents.embedded.wordset import words
from orchestrator.core.references import escape
from protocol.vocabulary import Json, JsonObject, JsonSchema, Risk, SkillSpec

TABLED: Final = ("phone.", "edge.", "desktop.", "browser.", "kube.", "data.", "text.", "artifact.", "test.")
LIGHT: Final = words(
    "show tell give get read check display print fetch see report find list view what which is are there be do does it "
    "look want need know need query retrieve take make"
)
CALLING: Final = words("use call run invoke execute using")
SMALL: Final = words(
    "the a an my our your its me us i of in on at to for from with by and as that this please "
    "tool server mcp skill via through called named value argument parameter set equal one"
)
MANY: Final = words("all any every each both")
GETTERS: Final = words("list get show read fetch describe view query find search lookup tell")
JOINS: Final = words("= is of to as : equals named called")


@dataclass
class _Trial:
    """One skill against one piece: which tokens are explained, and the arguments so far."""

    spec: SkillSpec
    tokens: Sequence[Token]
    used: set[int] = field(default_factory=set)
    arguments: JsonObject = field(default_factory=dict)

    @property
    def properties(self) -> dict[str, JsonSchema]:
        found = self.spec.input_schema.get("properties", {})
        return {name: one for name, one in found.items() if isinstance(one, dict)}

    @property
    def required(self) -> list[str]:
        return [str(name) for name in self.spec.input_schema.get("required", ())]

    def low(self, at: int) -> str:
        inside = 0 <= at < len(self.tokens) and self.tokens[at].kind is not Kind.QUOTED
        return self.tokens[at].text.casefold() if inside else ""

    def free(self) -> Iterator[tuple[int, Token]]:
        return ((at, token) for at, token in enumerate(self.tokens) if at not in self.used)


def act(piece: Piece, world: World) -> Act | None:
    """The one skill that the piece asks for; None where there is none, or more than one that fits as well."""
    known = ordered()
    found: list[tuple[int, Act]] = []
    spoken = [token.text.casefold() for token in piece.tokens if token.kind is not Kind.QUOTED]
    forms = {_form(word) for word in spoken}
    for spec in world.skills.values():
        if spec.name in KNOWN or spec.name in known or spec.name.startswith(TABLED):
            continue
        if forms.isdisjoint(_own(spec.name)) and spec.name not in spoken:
            continue
        trial = _read(spec, piece)
        if trial is not None:
            found.append((trial[0], Act(spec.name, (Choice(trial[1]),), piece.places)))
    best = max((score for score, _ in found), default=0)
    top = [one for score, one in found if score == best]
    return top[0] if len(top) == 1 else None


@cache
def ordered() -> frozenset[str]:
    """Skills that have orders of their own; read from their specifications, `stop the failed services` stops one called
    "failed"."""
    from agents.embedded.kinds import documents, hosts, tables

    return frozenset(order.skill for order in (*documents.ORDERS, *tables.ORDERS, *hosts.ORDERS))


def _read(spec: SkillSpec, piece: Piece) -> tuple[int, JsonObject] | None:
    trial = _Trial(spec, piece.tokens)
    mount = spec.name.partition(".")[0]
    dotted = {at for at, token in enumerate(trial.tokens) if token.text.casefold() == spec.name}
    trial.used |= dotted
    own = _own(spec.name)
    mounted = [
        at for at, token in enumerate(trial.tokens) if token.word and token.text.casefold() in (mount, f"{mount}'s")
    ]
    trial.used.update(mounted)
    named = bool(dotted or mounted)
    if not named and set(own) <= _forms(CALLING | GETTERS):
        return None  # `run` and `read` are words of many: of what has to be said, as in `run this Python`
    _named_arguments(trial)
    said = [(at, _form(trial.low(at))) for at, token in trial.free() if token.word]
    missing = [part for part in own if part not in {form for _, form in said}]
    head = next((trial.low(at) for at, token in trial.free() if token.word and trial.low(at) not in SMALL), "")
    if missing and not dotted and not _stands_for(missing, own, said, spec):
        return None
    if spec.risk is not Risk.READ and not dotted and not _led(spec, own, head, mounted):
        return None
    about = frozenset(own) | (_about(spec.description) if spec.risk is Risk.READ else frozenset())
    known = (
        about
        | _forms(SMALL | CALLING | (MANY if spec.risk is Risk.READ else frozenset()))
        | (_forms(LIGHT) if spec.risk is Risk.READ or named else frozenset())
    )
    for at, form in said:
        if form in known and at not in trial.used:
            trial.used.add(at)
    if not _typed_arguments(trial, named=named):
        return None
    if any(token.kind is not Kind.PUNCT for _, token in trial.free()):
        return None
    if any(name not in trial.arguments for name in trial.required):
        return None
    score = 2 * (len(own) - len(missing)) + 3 * len(dotted) + bool(mounted) + len(trial.arguments)
    return (score, trial.arguments) if score > 0 and (len(own) > len(missing) or dotted) else None


def _stands_for(missing: list[str], own: Sequence[str], said: list[tuple[int, str]], spec: SkillSpec) -> bool:
    """`which parts are there` for `list_parts`: any verb of showing stands for that of a skill that reads."""
    forms = {form for _, form in said}
    shows = bool(forms & _forms(LIGHT))
    getters = _forms(GETTERS)
    return spec.risk is Risk.READ and len(own) > len(missing) and shows and all(part in getters for part in missing)


def _led(spec: SkillSpec, own: Sequence[str], head: str, mounted: list[int]) -> bool:
    """Whether the verb in front is one of the skill's own, or it is called by its name."""
    return _form(head) in own or _form(head) in _heads(tuple(spec.examples)) or (head in CALLING and bool(mounted))


@lru_cache(maxsize=1024)
def _heads(examples: tuple[str, ...]) -> frozenset[str]:
    """The words with which they begin."""
    return frozenset(_form(spoken[0]) for phrase in examples if (spoken := _spoken(phrase)))


@lru_cache(maxsize=1024)
def _own(skill: str) -> tuple[str, ...]:
    """The words of a skill's name, without its server."""
    return tuple(_form(part) for part in re.split(r"[_.]", skill.partition(".")[2]) if part)


@lru_cache(maxsize=1024)
def _about(description: str) -> frozenset[str]:
    return _forms(frozenset(_spoken(description)))


@lru_cache(maxsize=1024)
def _forms(words: frozenset[str]) -> frozenset[str]:
    return frozenset(_form(word) for word in words)


@lru_cache(maxsize=8192)
def _form(word: str) -> str:
    return stem(lemma(word.removesuffix("'s")))


def _spoken(phrase: str) -> list[str]:
    return [token.text.casefold() for token in tokenise(phrase) if token.word and token.text.casefold() not in SMALL]


def _named_arguments(trial: _Trial) -> None:
    """`a=2`, `with a 2`, `part "bolt"`, `part bolt`: a value beside the argument's name."""
    names = {name.replace("_", " ").casefold(): name for name in trial.properties}
    for at, token in enumerate(trial.tokens):
        if token.kind is Kind.LABEL:
            name, _, value = token.text.partition("=")
            wanted = names.get(name.casefold())
            if wanted is not None and _take(trial, wanted, _value_of(trial.properties[wanted], value)):
                trial.used.add(at)
            continue
        low = trial.low(at)
        if not token.word or low not in names or names[low] in trial.arguments or at in trial.used:
            continue
        after = at + 1
        while trial.low(after) in JOINS:
            after += 1
        if after >= len(trial.tokens) or after in trial.used:
            continue
        schema = trial.properties[names[low]]
        if _take(trial, names[low], _fitting(schema, trial.tokens[after])):
            trial.used.update(range(at, after + 1))


def _take(trial: _Trial, name: str, value: Json) -> bool:
    if value is None:
        return False
    trial.arguments[name] = value
    return True


def _kind(schema: JsonSchema) -> str:
    found = schema.get("type")
    if isinstance(found, str):
        return found
    options = [one.get("type") for one in schema.get("anyOf", ()) if isinstance(one, dict)]
    real = [one for one in options if isinstance(one, str) and one != "null"]
    return real[0] if len(real) == 1 else ""


def _value_of(schema: JsonSchema, text: str) -> Json:
    tokens = tokenise(text)
    return _fitting(schema, tokens[0]) if len(tokens) == 1 else None


def _fitting(schema: JsonSchema, token: Token) -> Json:
    """The token as a value of the schema; None where it is none."""
    kind, options = _kind(schema), schema.get("enum")
    if isinstance(options, list):
        return next((one for one in options if str(one).casefold() == token.text.casefold()), None)
    if kind in ("integer", "number"):
        fits = token.kind in (Kind.NUMBER, Kind.PERCENT, Kind.DURATION, Kind.SIZE)
        whole = kind == "number" or isinstance(token.value, int)
        return token.value if fits and whole else None
    if kind == "boolean":
        return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(
            token.text.casefold()
        )
    if kind != "string" or token.kind in (Kind.PUNCT, Kind.DEVICE, Kind.SIGN):
        return None
    if token.kind is Kind.QUOTED or not token.word:
        return escape(str(token.value if isinstance(token.value, str) else token.text))
    return escape(token.text) if token.text.casefold() not in SMALL | LIGHT else None


FORMATS: Final = {
    "uri": (Kind.URL,),
    "path": (Kind.PATH,),
    "seconds": (Kind.DURATION,),
    "bytes": (Kind.SIZE,),
    "glob": (Kind.GLOB,),
}


def _typed_arguments(trial: _Trial, *, named: bool) -> bool:
    """Fills what is left by its type: False where it is not clear what is which."""
    for name, schema in trial.properties.items():
        kinds = FORMATS.get(str(schema.get("format", "")))
        if name in trial.arguments or kinds is None:
            continue
        fitting = [at for at, token in trial.free() if token.kind in kinds]
        if len(fitting) == 1 and _take(trial, name, _fitting(schema, trial.tokens[fitting[0]])):
            trial.used.add(fitting[0])
    for name, schema in trial.properties.items():
        if name not in trial.arguments and isinstance(schema.get("enum"), list):
            fitting = [at for at, token in trial.free() if _fitting(schema, token) is not None]
            if len(fitting) == 1 and _take(trial, name, _fitting(schema, trial.tokens[fitting[0]])):
                trial.used.add(fitting[0])
    return _numbers(trial) and _texts(trial, named=named)


def _numbers(trial: _Trial) -> bool:
    open_to = [
        n
        for n in trial.required
        if n not in trial.arguments and _kind(trial.properties.get(n, {})) in ("integer", "number")
    ]
    free = [at for at, token in trial.free() if token.kind in (Kind.NUMBER, Kind.DURATION)]
    if not open_to and not free:
        return True
    # Several numbers in a row are taken in the schema's order by what only reads.
    if len(open_to) != len(free) or (len(free) > 1 and trial.spec.risk is not Risk.READ):
        return False
    for name, at in zip(open_to, free, strict=True):
        if not _take(trial, name, _fitting(trial.properties[name], trial.tokens[at])):
            return False
        trial.used.add(at)
    return True


def _texts(trial: _Trial, *, named: bool) -> bool:
    open_to = [
        name
        for name in trial.required
        if name not in trial.arguments
        and _kind(trial.properties.get(name, {})) == "string"
        and "enum" not in trial.properties[name]
    ]
    if not open_to:
        return True
    if len(open_to) > 1:
        return False
    free = [at for at, token in trial.free() if token.kind is not Kind.PUNCT]
    quoted = [at for at in free if trial.tokens[at].kind in (Kind.QUOTED, Kind.PATH, Kind.URL, Kind.HOST)]
    chosen = quoted if len(quoted) == 1 else free
    if len(chosen) != 1 or (not quoted and trial.spec.risk is not Risk.READ and not named):
        return False
    token = trial.tokens[chosen[0]]
    if token.word and _form(token.text) in {_form(part) for part in open_to[0].split("_")}:
        return False  # `scrap the parts`: what it is called, and not which
    if not _take(trial, open_to[0], _fitting(trial.properties[open_to[0]], token)):
        return False
    trial.used.add(chosen[0])
    return True
