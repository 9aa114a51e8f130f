"""Clause segmentation: a request as a sequence of clauses with how each follows the one before.

Sentence marks, "then" and its kin always part clauses; commas and "and" do so only before a verb or a question word,
so that lists of devices or files stay whole. "if", "unless" and "otherwise" mark conditions and their branches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from agents.embedded import verdicts
from agents.embedded.rephrase import rephrase
from agents.embedded.tokens import Kind, Token
from agents.embedded.words import LEADS, MULTI
from agents.embedded.wordset import words

SEQUENCE = LEADS | {"only", "first", "second", "third", "finally", "lastly", "next"}

VERBS = words(
    "show display print give get tell list ls find locate search grep scan count read cat open view "
    "delete remove erase rm unlink trash write save put create make store append add replace change "
    "substitute copy duplicate cp move rename mv mkdir archive compress zip tar pack bundle extract "
    "unpack unzip untar decompress fetch curl download wget run execute exec kill stop terminate compute "
    "calculate verify check report collect gather send transfer upload ship push pull backup sync mirror "
    "sort order rank compare merge combine join summarize summarise sum total average hash checksum "
    "describe determine identify howmany howmuch howlong tail touch overwrite store tally group email "
    "mail print restart reboot install update upgrade notify play translate deploy shutdown cleanup turn "
    "see take forward relay set post tweet order book wipe format schedule remind launch start export dump generate "
    "produce build concatenate filter keep bring what which how where who when is are does do"
)
_NOT_AFTER_AND = words("is are do does order format total report archive")
VERBS_OF_LITERALS = words(
    "swap exchange switch bump shift shove relocate nuke bin purge trash ditch toss grab tack jot stick note pop "
    "trigger clone edit set correct fix use insert turn invoke hand zip unzip untar gzip squeeze pack chuck"
)
OBJECTS = words("the all it them they these those both a an there any my how what which on whatever as")
THEN = (
    ("then",),
    ("after", "that"),
    ("afterwards",),
    ("afterward",),
    ("once", "that", "is", "done"),
    ("once", "done"),
    ("when", "done"),
    ("when", "that", "is", "done"),
    ("followed", "by"),
    ("subsequently",),
    ("finally",),
    ("lastly",),
    ("once", "that's", "done"),
    ("when", "that's", "done"),
    ("next",),
    ("when", "finished"),
    ("once", "finished"),
    ("after", "this"),
    ("as", "a", "last", "step"),
    ("once", "it", "is", "done"),
    ("once", "it's", "done"),
    ("when", "it", "is", "done"),
    ("in", "the", "end"),
)
PARALLEL = (
    ("meanwhile",),
    ("at", "the", "same", "time"),
    ("in", "parallel"),
    ("simultaneously",),
    ("in", "the", "meantime"),
)
ELSE = (("otherwise",), ("else",), ("if", "not"), ("or", "else"))
SOFT_IF = words("check see tell know verify find out show determine me test")
ACTION_STARTS = words(
    "delete remove erase write create append copy move stop kill run make save download list show add "
    "archive compress replace send put store zip touch mkdir read rename execute start launch nuke bin purge wipe "
    "clear restart trigger notify drop ship upload push append overwrite unpack extract fetch pull"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """`link` to the clause before: `start`, `and`, `sentence` (a new one, in no order of its own), `then`, `parallel`.

    `mark`: `if`, `unless`, `else` or nothing.
    """

    tokens: tuple[Token, ...]
    link: str = "and"
    mark: str = ""
    sentence: int = 0


_LONGEST: dict[str, int] = {}
for _form in MULTI:
    _LONGEST[_form[0]] = max(_LONGEST.get(_form[0], 0), len(_form))


def merge_words(tokens: Sequence[Token]) -> list[Token]:
    """Joins verbs and nouns of several words ("back up", "how many") into one token with one lemma."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        for size in range(_LONGEST.get(tokens[at].lemma, 1), 1, -1):
            part = tokens[at : at + size]
            lemmas = tuple(token.lemma for token in part)
            if len(part) == size and lemmas in MULTI and all(token.word for token in part):
                text = " ".join(token.text for token in part)
                out.append(replace(part[0], text=text, lemma=MULTI[lemmas], end=part[-1].end))
                at += size
                break
        else:
            out.append(tokens[at])
            at += 1
    return out


class _Cutter:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.done: list[Clause] = []
        self.current: list[Token] = []
        self.link, self.mark, self.sentence = "start", "", 0

    def low(self, at: int) -> str:
        return self.tokens[at].lemma if 0 <= at < len(self.tokens) and self.tokens[at].word else ""

    def marker(self, at: int, forms: Sequence[tuple[str, ...]]) -> int:
        first = self.low(at)
        for form in sorted((one for one in forms if one[0] == first), key=len, reverse=True):
            if all(self.low(at + i) == word for i, word in enumerate(form)):
                return at + len(form)
        return at

    def cut(self, link: str, mark: str = "") -> None:
        if any(token.kind is not Kind.PUNCT and token.lemma not in SEQUENCE for token in self.current):
            self.done.append(Clause(tuple(self.current), self.link, self.mark, self.sentence))
            self.link, self.mark = link, mark
        else:
            follows = link if link != "and" else self.link
            self.link = follows if self.done else "start"
            self.mark = mark or self.mark
        self.current = []

    def verb_at(self, at: int) -> bool:
        """A verb (or the asker of a question) stands at `at`, maybe behind politeness."""
        start = at
        while at < len(self.tokens) and self.low(at) in SEQUENCE and at - start < 5:
            at += 1
        token = self.tokens[at] if at < len(self.tokens) else None
        if token is None or not token.word:
            return (
                token is not None and token.kind is Kind.DEVICE and token.text.casefold().startswith(("which", "what"))
            )
        if token.lemma != token.text.casefold() and self._named_after(at):
            return False  # `its groups, shell and home`: things, and no order
        if token.lemma in _NOT_AFTER_AND and not self._object_after(at):
            return False
        if token.lemma in VERBS_OF_LITERALS and self._literal_after(at):
            return True
        return token.lemma in VERBS or token.text.casefold().startswith("how ")

    def _named_after(self, at: int) -> bool:
        """Whether a word that ends in -s is followed by no object: a noun in a list."""
        after = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        return self.tokens[at].text.casefold().endswith("s") and (
            after is None or after.text in {",", "."} or after.lemma == "and"
        )

    def _literal_after(self, at: int) -> bool:
        """`then swap "a" for "b"`: a word that is a verb before a text or a file, and a noun elsewhere."""
        at += self.low(at + 1) in {"the", "every", "all", "each", "file", "it"}
        after = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        return after is not None and after.kind in (Kind.QUOTED, Kind.PATH, Kind.LABEL)

    def _object_after(self, at: int) -> bool:
        after = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        return after is not None and (after.kind not in (Kind.PUNCT, Kind.WORD) or after.lemma in OBJECTS)

    def run(self) -> list[Clause]:
        at = 0
        while at < len(self.tokens):
            at = self.step(at)
        self.cut("and")
        return self.done

    def step(self, at: int) -> int:
        token = self.tokens[at]
        if token.word and token.lemma in {"if", "in", "otherwise", "or"}:
            decided = verdicts.verdict(self.tokens, at)
            if decided is not None and self._decide(decided[1]):
                return decided[0]
        if token.text == "?" and self._begins(at + 1):
            return at + 1
        if token.kind is Kind.PUNCT and token.text in {".", ";", "!", "?"}:
            self.cut("sentence")
            self.sentence += 1
            return at + 1
        for forms, link, mark in ((ELSE, "and", "else"), (PARALLEL, "parallel", ""), (THEN, "then", "")):
            end = self.marker(at, forms)
            if end > at and link == "then" and self._ends(end) and self.done and self.link in {"and", "sentence"}:
                self.link = "then"
                return end
            if end > at and not (mark == "" and self._inner(at, end)):
                self._drop_and()
                self.cut(link, mark)
                return end
        if token.word and token.lemma in {"if", "unless"} and self.low(self._before_place(at)) not in SOFT_IF:
            self._drop_and()
            self.cut("and" if self.done or self.current else "start", token.lemma)
            return at + 1
        if (token.kind is Kind.PUNCT and token.text in {",", ":", "–", "—", "--", "-", "&", "+"}) or (
            token.lemma == "and" and token.word
        ):
            return self.comma(at)
        if (
            self.mark in {"if", "unless"}
            and token.lemma in ACTION_STARTS | {"please", "then"}
            and token.word
            and (len(self.current) > 1 or self.low(at - 1) in {"so", "found", "present", "missing", "any"})
            and not self._noun(at)
        ):
            self.cut("and")
        self.current.append(token)
        return at + 1

    def _before_place(self, at: int) -> int:
        """`check on beta if ...`: what stands before a place."""
        placed = at > 2 and self.tokens[at - 1].kind is Kind.DEVICE and self.low(at - 2) in {"on", "at", "for", "from"}
        return at - 3 if placed else at - 1

    def _decide(self, mark: str) -> bool:
        """Makes the question just asked the condition of what follows: `is nginx running? if not, ...`."""
        self._drop_and()
        if self.current and not self.mark:
            condition = verdicts.asked(self.current)
            before = Clause(tuple(self.current), self.link, "", self.sentence)
        elif not self.current and self.done and not self.done[-1].mark:
            before = self.done.pop()
            condition = verdicts.asked(before.tokens)
            if condition is None:
                self.done.append(before)
        else:
            return False
        if condition is None:
            return False
        self._conditional(replace(before, tokens=condition, mark=mark))
        return True

    def _begins(self, at: int) -> bool:
        """`less than 2 GB free? then ...`, `is it running? then ...`: a question that is a condition."""
        then = self.low(at) == "then" or self.low(at) in ACTION_STARTS
        rest = verdicts.fragment(self.current) if self.done and not self.mark and then else None
        if rest is None and self.low(at) == "then" and not self.mark:
            rest = verdicts.asked(self.current)
        elif rest is not None and not self.done[-1].mark:
            whole = verdicts.about(self.done[-1].tokens, rest)
            if whole is not None:
                rest = whole
                self.done.pop()
        if rest is None:
            return False
        self._conditional(Clause(rest, self.link if self.done else "start", "if", self.sentence))
        return True

    def _conditional(self, clause: Clause) -> None:
        self.done.append(clause)
        self.sentence = clause.sentence
        self.current, self.link, self.mark = [], "and", ""

    def _noun(self, at: int) -> bool:
        return self.low(at - 1) in {"the", "a", "an", "to", "of", "my", "any", "this", "that"}

    def _inner(self, at: int, end: int) -> bool:
        """`next` and `finally` part clauses only where a clause follows."""
        return (
            self.tokens[at].lemma in {"next", "finally", "lastly", "in", "then"}
            and end - at == 1
            and not (
                self.verb_at(end)
                or (end < len(self.tokens) and self.tokens[end].text == ",")
                or self.low(end) in {"on", "if", "unless", "for"}
            )
        )

    def _ends(self, at: int) -> bool:
        """`list it afterwards`: the word of order stands behind the clause that it orders."""
        return bool(self.current) and (at >= len(self.tokens) or self.tokens[at].text in {".", ";", "!", "?"})

    def _drop_and(self) -> None:
        while self.current and (self.current[-1].lemma in {"and", "but", "or"} or self.current[-1].text == ","):
            self.current.pop()

    def comma(self, at: int) -> int:
        """A comma or "and" parts clauses before a verb, and ends a condition."""
        end = at + 1
        while end < len(self.tokens) and (self.low(end) in {"and", "also"} or self.tokens[end].text == ","):
            end += 1
        if self.mark in {"if", "unless"} and self.tokens[at].text == "," and self._condition_ends(end):
            self.cut("and")
            return end
        if self.verb_at(end):
            if self._markers_follow(end):
                return end
            self.cut("and")
            return end
        self.current.append(self.tokens[at])
        return at + 1

    def _condition_ends(self, end: int) -> bool:
        return self.verb_at(end) or self.low(end) in {"then", "please"}

    def _markers_follow(self, at: int) -> bool:
        return any(self.marker(at, forms) > at for forms in (ELSE, PARALLEL, THEN))


def segment(tokens: Sequence[Token]) -> list[Clause]:
    """The clauses of a request, in order. Tokens that only part clauses are not in any."""
    return list(_segmented(tuple(tokens)))


@lru_cache(maxsize=64)
def _segmented(tokens: tuple[Token, ...]) -> tuple[Clause, ...]:
    return tuple(_stripped(clause) for clause in _Cutter(rephrase(tokens)).run())


def _stripped(clause: Clause) -> Clause:
    """Without sequence words in front ("first,") and punctuation around."""
    tokens = list(clause.tokens)
    while tokens and (
        tokens[0].kind is Kind.PUNCT
        or tokens[0].lemma in {"and", "also", "but", "so", "plus"}
        or (
            tokens[0].lemma
            in {"first", "firstly", "second", "secondly", "third", "finally", "lastly", "next", "step", "todo", "then"}
            and len(tokens) > 1
            and (tokens[1].text in {",", ":"} or tokens[1].lemma in VERBS)
        )
    ):
        tokens.pop(0)
    while tokens and tokens[-1].kind is Kind.PUNCT:
        tokens.pop()
    return replace(clause, tokens=tuple(tokens))
