"""Conditions over values: `the sum is above 30`, `any of them exceeds 5`, `fewer than 3 of them`, `the two differ`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from agents.embedded.flow.builder import Builder, Value
from agents.embedded.flow.conditions import Condition, gate
from agents.embedded.flow.nouns import before, files
from agents.embedded.flow.references import Reduced, Tally, numbers, reference
from agents.embedded.flow.things import Entry, Made
from agents.embedded.flow.values import as_number, value
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from agents.embedded.tokens import Token
from agents.embedded.wordset import words
from orchestrator.core.conditions import Compare
from orchestrator.core.plan import StepDependency
from orchestrator.core.tasks import On
from protocol.vocabulary import Json, JsonObject

_BE: Final = (
    "(is|are|was|were|be|gets|get|goes|go|rises|rise|climbs|climb|falls|fall|drops|drop|comes out|come out|turns out|"
    "turns out to be|turn out to be|turn out|lies|lie|is found to be|reads|comes to|amounts to|adds up to|add up to|"
    "comes out at|sum up to|come to|amount to|together are|together come to|together make|makes|make|stands at|has|"
    "have|had|contains|contain|holds|hold|there are|there were)"
)
_NOW: Final = "[now|still|currently|already|really|together|altogether|in total|all together]"
_N: Final = "{n:quantity}"
_TAILS: Final = (
    (f"{_BE} {_NOW} (above|over|more than|greater than|higher than|larger than|bigger than|longer than|beyond|"
     f"hotter than|warmer than) {_N}", ">"),
    (f"(exceed|exceeds|exceeded|tops|top|passes|goes over|go over|rises above|climbs above|goes above|goes beyond) "
     f"{_N}", ">"),
    (f"{_BE} {_NOW} (below|under|less than|fewer than|lower than|smaller than|shorter than|colder than|cooler than) "
     f"{_N}", "<"),
    (f"(falls below|drops below|sinks below|goes below|falls short of|falls under|drops under) {_N}", "<"),
    (f"{_BE} {_NOW} (at least|not below|not less than|no less than|no fewer than|not fewer than) {_N}", ">="),
    (f"{_BE} {_NOW} {_N} or (more|higher|above|greater|over|larger)", ">="),
    (f"(reaches|reach) [at least] {_N}", ">="),
    (f"{_BE} {_NOW} (at most|not above|not more than|no more than|no higher than|not over) {_N}", "<="),
    (f"{_BE} {_NOW} {_N} or (less|fewer|lower|below|under|smaller)", "<="),
    (f"(does not|doesn't|do not|don't) exceed {_N}", "<="),
    (f"(is|are|was|were|be|equals|comes to|reads) {_NOW} [exactly] {_N}", "=="),
    ("(is|are) [exactly] zero", "=="),
    (f"(is|are|was) (not|other than|different from) {_N}", "!="),
)  # fmt: skip
_AFTER: Final = "[{unit:words}]"
_OPPOSITE: Final = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "==": "!=", "!=": "=="}
_UNITS: Final = words("of them these those in total altogether together overall all degrees percent the")
_SEVERAL: Final = "(them|these|those|the two|the three|the {k:number}|the {noun:word}|the {k2:number} {noun2:word})"
_QUANTIFIED: Final = (
    ("any", f"(any|any one|either|either one|one|at least one|one or more|some|even one) of {_SEVERAL}"),
    ("any", "(any|either)"),
    ("any", "(any|any one|either|one|some) [of the] (count|number|value|counts|numbers|values|result|size|reading)"),
    ("all", f"(all|both|every one|each|each one|all of them) [of] {_SEVERAL}"),
    ("all", "(all|both|both of them|they all|they both|all of them|each|every one|all {k:number}|each of them)"),
    ("all", "(both|all|every|each) (count|counts|number|numbers|value|values|results|sizes|readings)"),
    ("none", f"(none|neither|not one|no one) of {_SEVERAL}"),
    ("none", "(none|neither|neither one|no count|no number|no value)"),
)
_SAME: Final = "(are|be|is) [all] [really] (the same|identical|equal|alike)|match|agree|are in sync|all match|all agree"
_DIFFER: Final = (
    "differ|(are|is) (different|not the same|not identical|not equal|unequal)|(do not|don't) (match|agree)|"
    "(aren't|isn't) (the same|identical|equal)|disagree"
)
_PAIR: Final = (
    "(they|the two|these|those|both|the {noun:word}|both {noun2:word}|the two {noun3:word}|the {k:number} {noun4:word}|"
    "all {k2:number}|all of them|them|the {k3:number}|the {noun5:word} of (both|all|the {k4:number}) {noun6:word})"
)


@dataclass(frozen=True)
class Over(Condition):
    """Numbers against a number: one of them, or so many of several. `words`: what they were said to be numbers of."""

    subject: Value | None
    noun: str
    quantity: str
    op: str
    number: int | float
    kind: str
    words: tuple[str, ...] = ()

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        made = self._made(to)
        self._fits(made)
        if len(made.entries) == 1:
            if self.quantity not in ("one", "any", "all"):
                raise decline("there is only one value that this could be about")
            return (gate(made.entries[0], self.op, self.number),)
        if self.quantity == "one":
            raise decline("it is not clear which of several values is meant", [self.noun])
        items: list[Json] = [entry.value for entry in made.entries]
        op = _OPPOSITE[self.op] if self.quantity == "all" else self.op
        arguments: JsonObject = {"items": items, "op": op, "value": self.number}
        step = to.anywhere("those", "data.filter", arguments)
        found = Entry("number", "", step, f"${{{step}.output.count}}")
        return (gate(found, ">" if self.quantity == "any" else "==", 0),)

    def _made(self, to: Builder) -> Made:
        if self.subject is not None:
            return to.realised(self.subject)
        if self.quantity != "one":
            return numbers(to)
        to.one_meant(self.noun)
        for made in reversed(to.made):
            if made.kind in ("lines", "records") and self.noun in ("", "there"):
                return Tally().realised(to)
            if made.kind == "number" and (self.noun in made.nouns or self.noun in ("it", "that", "this", "")):
                return made
            if made.kind not in ("file", "done") and self.noun in ("it", "that", "this"):
                break
        raise decline(f"it is not clear what is meant by {self.noun!r}", [self.noun])

    def _fits(self, made: Made) -> None:
        """Raises Stop where the number is one of something else than the values are."""
        known = {word.casefold() for word in (*made.unit.split(), *made.about.split(), *made.nouns)}
        for word in self.words:
            if word not in _UNITS and word not in known and f"{word}s" not in known and word.rstrip("s") not in known:
                raise decline(f"it is not clear what {word} has to do with it", [word])
        about = {"bytes", "size", "sizes"} & known
        if (self.kind == "size") != bool(about) and self.kind == "size":
            raise decline("a size is compared with a size")
        if self.kind == "percent" and made.unit and made.unit not in ("%", "percent"):
            raise decline("a percentage is compared with a percentage")
        if self.kind == "duration" and "seconds" not in known:
            raise decline("a duration is compared with a duration")


@dataclass(frozen=True)
class Alike(Condition):
    """Whether the files or the texts that were spoken of last are all the same."""

    noun: str
    same: bool
    several: int | None = None

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        made = self._made(to)
        if len(made.entries) < 2 or (self.several is not None and self.several != len(made.entries)):
            raise decline("it is not clear what should be compared")
        if made.kind == "file":
            from agents.embedded.flow.hashes import hashed

            made = hashed(to, made)
        items: list[Json] = [{"device": entry.label, "output": {"value": entry.value}} for entry in made.entries]
        step = to.anywhere("compare", "data.compare", {"items": items, "by": "output.value"})
        when = Compare.model_validate({"path": "output.equal", "op": "==", "value": self.same})
        return (StepDependency(step=step, on=On.CONDITION, when=when),)

    def _made(self, to: Builder) -> Made:
        found: list[Entry] = []
        kind = ""
        for made in reversed(to.made):
            if made.kind not in ("file", "text", "number") or (self.noun and self.noun not in made.nouns):
                continue
            if kind and made.kind != kind:
                break
            kind = made.kind
            found = [*made.entries, *found]
            if len(found) >= (self.several or 2):
                return Made(made.kind, tuple(found), made.nouns)
        raise decline("it is not clear what should be compared")


@dataclass(frozen=True)
class Same(Condition):
    """Whether two values are the same."""

    left: Value
    right: Value
    same: bool

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        made = [to.realised(self.left), to.realised(self.right)]
        if any(len(one.entries) != 1 for one in made):
            raise decline("it is not clear which two values should be compared")
        items: list[Json] = [{"device": f"{at}", "output": one.entries[0].value} for at, one in enumerate(made)]
        step = to.anywhere("compare", "data.compare", {"items": items})
        when = Compare.model_validate({"path": "output.equal", "op": "==", "value": self.same})
        return (StepDependency(step=step, on=On.CONDITION, when=when),)


_SHORT: Final = {
    "it's": ("it", "is"),
    "that's": ("that", "is"),
    "they're": ("they", "are"),
    "there's": ("there", "is"),
    "isn't": ("is", "not"),
    "aren't": ("are", "not"),
}


def plain(piece: Piece) -> Piece:
    """The condition in full words, without words that only say that it is one: `it turns out that`."""
    tokens: list[Token] = []
    for token in piece.tokens:
        parts = _SHORT.get(token.text.casefold().replace("’", "'"), ()) if token.word else ()
        tokens += [replace(token, text=part, lemma=part) for part in parts] or [token]
    piece = Piece(piece.line, tuple(tokens))
    slots = match("(it turns out that|it happens that|it is the case that|you find that|you see that) {c:any}", piece)
    return Piece(piece.line, slots["c"]) if slots is not None else piece


def comparing(piece: Piece, *, nouns: bool = True) -> Condition | None:
    """What a condition over values says, from its first word to its last. `nouns`: also of what only a noun names."""
    piece = plain(piece)
    return _counts(piece) or _over(piece, nouns) or _holding(piece) or _alike(piece) or _same(piece)


def _number(piece: Piece, slots: dict[str, tuple]) -> tuple[int | float, str] | None:  # type: ignore[type-arg]
    if "n" not in slots:
        return (0, "number") if "zero" in piece.said.split() else None
    token = slots["n"][0]
    return (token.value, str(token.kind)) if isinstance(token.value, (int, float)) else None


def _over(piece: Piece, nouns: bool) -> Condition | None:
    for tail, op in _TAILS:
        slots = match(f"{{what:any}} {tail} {_AFTER}", piece) or match(f"{tail} {_AFTER}", piece)
        if slots is None:
            continue
        found = _number(piece, slots)
        unit = tuple(token.text.casefold() for token in slots.get("unit", ()))
        if found is None:
            continue
        if "what" not in slots:
            if not piece.said.startswith(("there are ", "there were ")):
                continue
            return Over(None, "there", "one", op, *found, unit)
        subject = Piece(piece.line, slots["what"])
        for quantity, pattern in _QUANTIFIED:
            if match(pattern, subject) is not None:
                return Over(None, "", quantity, op, *found, unit)
        one = _subject(subject, piece)
        if one is not None and (nouns or isinstance(one, Value)):
            return Over(one if isinstance(one, Value) else None, one if isinstance(one, str) else "", "one", op, *found,
                        unit)  # fmt: skip
    return None


_WHOLE: Final = "(the two|they|both|the {n:number}|these|those|all of them|everything|the counts|the numbers)"
_ADDS: Final = ("add up", "come to", "together", "in total", "sum up")


def _subject(piece: Piece, whole: Piece) -> Value | str | None:
    if match(_WHOLE, piece) is not None and any(one in whole.said for one in _ADDS):
        slots = match("the {n:number}", piece)
        several = slots["n"][0].value if slots else 2 if match("(the two|both)", piece) else None
        return Reduced("sum", frozenset({"sum", "total"}), several if isinstance(several, int) else None)
    found = reference(piece) or value(piece)
    if found is not None:
        return found
    slots = match("(it|that|this|[the|that|this|its] {noun:word} [value|of (them|those|that|it)])", piece)
    if slots is None:
        return None
    return slots["noun"][0].text.casefold() if "noun" in slots else piece.tokens[0].text.casefold()


def _counts(piece: Piece) -> Condition | None:
    """`there are any FATAL lines in a.log on beta`, `a.log on beta has no ERROR lines`."""
    for head, op in (
        ("there (is|are|was|were) (any|a|some|one or more)", ">"),
        ("there (is|are|was|were) [not any] no", "=="),
        ("there (isn't|aren't) (any|a)", "=="),
    ):
        slots = match(f"{head} {{what:any}}", piece)
        if slots is None:
            continue
        found = value(as_number(Piece(piece.line, slots["what"])))
        if found is not None and getattr(found, "counts", True):
            return Over(found, "", "any" if op == ">" else "all", op, 0, "number")
    return None


_HOLDS: Final = "(contains|contain|mentions|mention|has|holds|says|includes|say|have|include)"


def _holding(piece: Piece) -> Condition | None:
    """`a.log on beta contains "done"`; of several files: any of them."""
    for pattern, op in (
        (f"{{files:any}} {_HOLDS} [the|a] [line|text|word|words|string] {{t:quoted}}", ">"),
        ("{files:any} (does not|doesn't|do not|don't) (contain|mention|have|hold|say|include) [the|a|any] "
         "[line|text|word|words|string|line with] {t:quoted}", "=="),
    ):  # fmt: skip
        slots = match(pattern, piece)
        of = files(Piece(piece.line, slots["files"])) if slots is not None else None
        if slots is not None and of is not None and len(of.files) == 1 and not of.files[0].folder:
            from agents.embedded.flow.counting import Matched

            return Over(Matched(of, str(slots["t"][0].value)), "", "one", op, 0, "number")
    return None


def _alike(piece: Piece) -> Condition | None:
    for said, same in ((_SAME, True), (_DIFFER, False)):
        slots = match(f"{_PAIR} ({said})", piece)
        if slots is None:
            continue
        noun = next((slots[one][0].text.casefold() for one in slots if one.startswith("noun")), "")
        count = next((slots[one][0].value for one in slots if one.startswith("k")), None)
        two = "two" in piece.said.split() or "both" in piece.said.split()
        return Alike(noun, same, count if isinstance(count, int) else 2 if two else None)
    return None


def _same(piece: Piece) -> Condition | None:
    for said, same in (
        ("(matches|equals|is the same as|is identical to|is equal to|agrees with|is)", True),
        ("(does not match|doesn't match|differs from|is not the same as|isn't the same as|is different from|does not "
         "equal|doesn't equal|is not)", False),
    ):  # fmt: skip
        slots = match(f"{{left:any}} {said} {{right:any}}", piece)
        if slots is None:
            continue
        left, right = value(Piece(piece.line, slots["left"])), value(Piece(piece.line, slots["right"]))
        if left is not None and right is not None:
            return Same(left, right, same)
    return None


__all__ = ["before", "comparing"]
