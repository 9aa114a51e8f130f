"""Where a request may be cut: sentences, commas, `and`, brackets. What belongs together `compose` finds out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.embedded.kube.lexicon import KIND_NAMES
from agents.embedded.kube.tokens import LITERAL, Shape, Token
from agents.embedded.wordset import words

_HARD = frozenset({".", ";", "!", "?", "\n"})
_SOFT = frozenset({",", "-", ":", "…", "...", "•", "+", "&"})
_JOINTS = words(
    "and then but so because since plus also coz cuz cause though although however while whereas before after"
)
_UNTIL = words("until till")


@dataclass(frozen=True, slots=True)
class Segment:
    """Tokens between two cuts. `lead` is the mark or word of the cut before it; `end` the mark behind it."""

    tokens: tuple[Token, ...]
    lead: str = ""
    end: str = ""
    aside: bool = False

    @property
    def content(self) -> list[Token]:
        return [token for token in self.tokens if token.shape is not Shape.MARK]


def segments(tokens: Sequence[Token]) -> list[Segment]:
    """The smallest pieces, in order; marks stay at the end of the piece before them."""
    out: list[Segment] = []
    run: list[Token] = []
    lead, depth_aside = "", False

    def cut(next_lead: str, end: str) -> None:
        nonlocal run, lead
        if any(t.shape is not Shape.MARK for t in run):
            out.append(Segment(tuple(run), lead, end, depth_aside))
            lead = next_lead
        elif out:
            lead = lead if next_lead in {",", ""} else next_lead
        run = []

    at = 0
    tokens = _numbered(tokens)
    while at < len(tokens):
        token = tokens[at]
        if token.text == "(" and not _inline(tokens, at):
            cut("(", "(")
            run.append(token)
            depth_aside = True
        elif token.text == ")" and depth_aside:
            run.append(token)
            cut(")", ")")
            depth_aside = False
        elif token.text in _HARD or (token.text in _SOFT and not _glued(tokens, at)):
            run.append(token)
            cut(token.text, token.text)
        elif (
            token.word
            and (token.low in _JOINTS or (token.low in _UNTIL and run[-1:] and run[-1].low not in {"wait", "waiting"}))
            and run
            and not _list(tokens, at)
            and _clause(tokens, at)
            and not (at > 1 and tokens[at - 2].low == "between")
        ):
            cut(token.low, "")
            run.append(token)
        elif token.word and run and _purpose(tokens, at):
            cut("for", "")
            run.append(token)
        elif token.word and token.low == "with" and run and _with_kind(tokens, at):
            cut("with", "")
            run.append(token)
        else:
            run.append(token)
        at += 1
    cut("", "")
    return out


def _numbered(tokens: Sequence[Token]) -> list[Token]:
    """`1) ... 2) ...`: the numbers of a list are cuts."""
    out: list[Token] = []
    depth = 0
    for _at, token in enumerate(tokens):
        depth += token.text == "("
        if token.text == ")" and depth == 0:
            if out and out[-1].shape is Shape.NUMBER:
                number = out.pop()
                out.append(Token(Shape.MARK, ";", ";", number.start, token.end))
            continue
        depth -= token.text == ")"
        out.append(token)
    return out


def _inline(tokens: Sequence[Token], at: int) -> bool:
    """Brackets around a name, labels, quantities: they belong to what stands before them."""
    inner = []
    for token in tokens[at + 1 :]:
        if token.text == ")":
            break
        inner.append(token)
    content = [t for t in inner if t.shape is not Shape.MARK]
    if not content or len(content) > 14:
        return False
    if any(
        t.low in {"not", "no", "don't", "dont", "never", "is", "are", "stays", "stay", "already", "too"}
        for t in content
    ):
        return False
    data = sum(t.shape in LITERAL or (t.word and t.lemma in KIND_NAMES) for t in content)
    return data >= 1 and data * 2 >= len(content)


_SLOTS = words("name namespace image port host command schedule user group verb key size class file")


def _glued(tokens: Sequence[Token], at: int) -> bool:
    """A mark that joins rather than parts: `get + update`, the comma of `A=1, B=2`, the colon of `name: x`."""
    if tokens[at].text == ":" and at and at + 1 < len(tokens):
        return tokens[at - 1].lemma in _SLOTS and tokens[at + 1].shape is not Shape.MARK
    return (tokens[at].text in {"+", "&"} and not _ordering(tokens, at + 1)) or (
        tokens[at].text == "," and _list(tokens, at)
    )


_ORDERING = words(
    "list show tell restart scale uncordon cordon drain delete suspend resume describe gimme label annotate take put "
    "remove make set give bring open close"
)


def _ordering(tokens: Sequence[Token], at: int) -> bool:
    """`cordon x & list ...`: a verb behind the sign begins a clause; the verbs of a right do not."""
    after = next((token for token in tokens[at : at + 3] if token.low not in {"then", "please", "also"}), None)
    before = tokens[at - 2] if at > 1 else None
    rights = before is not None and before.low in {"get", "list", "watch", "create", "update", "patch", "delete"}
    return after is not None and after.low in _ORDERING and not rights


def _list(tokens: Sequence[Token], at: int) -> bool:
    """A joint inside of one list: `A=1 and B=2`, `200m cpu and 128Mi memory`."""
    after = next((t for t in tokens[at + 1 : at + 3] if t.low not in {"and", "also"}), None)
    if after is None:
        return False
    near = [t.shape for t in tokens[max(0, at - 3) : at] if t.text not in {",", "and"}]
    if after.shape is Shape.PAIR:
        return Shape.PAIR in near[-2:]
    return after.shape is Shape.QUANTITY and bool({Shape.QUANTITY, Shape.NUMBER} & set(near))


_NO_PURPOSE = words("user group role access pod right")


def _purpose(tokens: Sequence[Token], at: int) -> bool:
    """`for the interns`, `by tonight's load test`: why or until when, up to the end of the clause."""
    if tokens[at].low not in {"for", "by", "during"} or at + 1 >= len(tokens):
        return False
    if tokens[at + 1].low not in _PURPOSES:
        return False
    for token in tokens[at + 1 : at + 9]:
        if token.shape is Shape.MARK:
            return True
        if (
            not token.word
            or token.lemma in KIND_NAMES
            or token.lemma in _NO_PURPOSE
            or token.low in {"all", "every", "each", "container", "containers"}
        ):
            return False
        if token.low in {"in", "on", "to", "with", "and"}:
            return token.low == "and"
    return True


_PURPOSES = words(
    "the our my a an new tonight tonight's tomorrow tomorrow's monday monday's friday friday's "
    "today's black next this that"
)


def _clause(tokens: Sequence[Token], at: int) -> bool:
    """`before` and `after` begin a clause only with a subject: `before it crashed` does, `the one before` does not."""
    if tokens[at].low not in {"before", "after"}:
        return True
    return at + 1 < len(tokens) and tokens[at + 1].low in {"i", "we", "you", "they", "he", "she"}


def _with_kind(tokens: Sequence[Token], at: int) -> bool:
    near = tokens[at + 1 : at + 5]
    if not near or near[0].low not in {"a", "an"}:
        return False
    return any(
        t.word and t.lemma in {"resourcequota", "role", "networkpolicy", "limitrange", "serviceaccount", "denyall"}
        for t in near
    )
