"""Frames for skills that no table knows, made from their specs: verbs, words and typed slots come from their authors.

The verb must lead one of the skill's example phrases, every word must be one of the skill's own, and every required
argument must be filled by a literal of its type. What changes something is held tighter: all words of the clause must
come from one example phrase.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from agents.embedded.frames import Frame
from agents.embedded.slots import Reader, clean, literal, path, text_quoted
from agents.embedded.text import lemma, spoken
from agents.embedded.tokens import Kind, tokenise
from agents.embedded.view import View
from agents.embedded.words import FILLERS, LEADS
from protocol.vocabulary import Json, JsonObject, JsonSchema, Risk, SkillSpec

FORMATS: dict[str, Reader] = {
    "path": path(None),
    "glob": literal(Kind.GLOB),
    "regex": literal(Kind.QUOTED),
    "uri": literal(Kind.URL),
    "bytes": lambda view: _value(view, Kind.SIZE),
    "seconds": lambda view: _value(view, Kind.DURATION),
    "command": literal(Kind.QUOTED),
}


def frames_for(specs: Iterable[SkillSpec], known: frozenset[str]) -> list[Frame]:
    """One frame for each skill that has none of its own. Skills without examples stay out of reach."""
    return [
        frame_of(spec)
        for spec in specs
        if spec.name not in known
        and spec.examples
        and not spec.name.startswith(("data.", "text.", "artifact.", "test."))
    ]


def frame_of(spec: SkillSpec) -> Frame:
    phrases = [_spoken(phrase) for phrase in spec.examples]
    required = frozenset(str(name) for name in spec.input_schema.get("required", ()))
    heads = frozenset(head for head in (_head(phrase) for phrase in phrases) if head)
    # A word of one example alone may be a value ("the lamp kitchen"); what several share is the skill's own.
    seen = Counter(word for phrase in phrases for word in dict.fromkeys(phrase))
    own = frozenset(word for word, count in seen.items() if count > 1 or (spec.risk is Risk.READ and not required))
    own |= heads | frozenset(_spoken(spec.description)) | frozenset(spec.input_schema.get("properties", {}))
    slots = tuple(_slots(spec.input_schema, required, own))
    sets = [frozenset(phrase) for phrase in phrases]

    def final(arguments: JsonObject, view: View) -> JsonObject | None:
        if spec.risk is Risk.READ:
            return arguments
        said = {
            t.lemma
            for at, t in enumerate(view.tokens)
            if t.word and (at in view.claimed or t.lemma in own) and t.lemma in own | {view.head}
        }
        said -= FILLERS
        return arguments if any(said <= phrase for phrase in sets) else None

    return Frame(spec.name, heads, (), own - FILLERS, slots, required, strict=True, final=final, bonus=-2)


def _spoken(phrase: str) -> list[str]:
    """The words of a phrase that are no literals."""
    return [token.lemma for token in tokenise(phrase) if token.word] or [lemma(word) for word in spoken(phrase)]


def _head(phrase: list[str]) -> str:
    return next((word for word in phrase if word not in LEADS and word not in {"the", "a", "an", "my"}), "")


def _slots(schema: JsonSchema, required: frozenset[str], own: frozenset[str]) -> Iterable[tuple[str, Reader]]:
    properties: dict[str, JsonSchema] = schema.get("properties", {})
    for name, one in sorted(properties.items(), key=lambda pair: (pair[0] not in required, pair[0])):
        reader = _reader(name, one, own, required=name in required)
        if reader is not None:
            yield name, reader


def _reader(name: str, schema: JsonSchema, own: frozenset[str], *, required: bool) -> Reader | None:
    form, kind = schema.get("format"), schema.get("type")
    if isinstance(form, str) and form in FORMATS:
        return FORMATS[form]
    options = schema.get("enum")
    if isinstance(options, list):
        return _option([option for option in options if isinstance(option, str)])
    if kind == "boolean":
        return lambda view: True if view.take({name.replace("_", "-"), name}) else None
    if kind in ("integer", "number"):
        return lambda view: _number(view, name, integer=kind == "integer", alone=required)
    if kind == "string":
        return lambda view: _text(view, own) if required else None
    return None


def _option(options: list[str]) -> Reader:
    wanted = {lemma(option): option for option in options}

    def read(view: View) -> Json:
        taken = view.take(wanted.keys())
        return wanted[taken[0]] if len(taken) == 1 else None

    return read


def _value(view: View, kind: Kind) -> Json:
    for at, token in view.free(kind):
        view.claim(at)
        return token.value
    return None


def _number(view: View, name: str, *, integer: bool, alone: bool) -> Json:
    """The number that stands beside the argument's name, or, for a required argument, the only number there is."""
    numbers = [(at, token) for at, token in view.free(Kind.NUMBER, Kind.PERCENT)]
    beside = [(at, token) for at, token in numbers if name in (view.lemma(at - 1), view.lemma(at + 1))]
    chosen = beside or (numbers if alone and len(numbers) == 1 else [])
    if len(chosen) != 1:
        return None
    at, token = chosen[0]
    if integer and not isinstance(token.value, int):
        return None
    view.claim(at)
    view.take({name})
    return token.value


def _text(view: View, own: frozenset[str]) -> Json:
    """Quoted text; or the one plain word that the skill does not know, right beside a word that it knows."""
    quoted = text_quoted(None)(view)
    if quoted is not None:
        return quoted
    strange = [
        at
        for at, token in view.free(Kind.WORD)
        if token.lemma not in own and token.lemma not in FILLERS and at != view.head_at
    ]
    if len(strange) != 1:
        return None
    at = strange[0]
    nouns = own - FILLERS
    if view.lemma(at - 1) in nouns or view.lemma(at + 1) in nouns or view.lemma(at - 1) in {"named", "called"}:
        view.claim(at)
        view.take({"named", "called"})
        return clean(view.tokens[at].text)
    return None
