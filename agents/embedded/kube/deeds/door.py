"""Which deed a group of clauses asks for: the first pattern that meets all of it, wherever its place stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from agents.embedded.kube.deeds.grammar import ASKED, LEFT_OUT, POLITE, SEEN_TO, WISHED, Deed, Said, compiled, going
from agents.embedded.kube.deeds.line import Line, line_of
from agents.embedded.kube.deeds.places import places
from agents.embedded.kube.deeds.tables import DEEDS
from agents.embedded.kube.names import Context
from agents.embedded.kube.outcome import Missing
from agents.embedded.kube.tokens import Shape, Token, one_slip
from agents.embedded.outcome import Stop
from protocol.vocabulary import JsonObject

Step = tuple[str, JsonObject]


def deed(tokens: Sequence[Token], context: Context) -> tuple[tuple[Step, ...], str] | Stop | None:
    """(the steps that the clauses ask for, the namespace that they name); what is missing; None for no order."""
    lack: Stop | None = None
    for one, said in _met(tokens, context):
        try:
            filled = one.fill(said)
        except Missing as missing:
            lack = lack or missing.stop
            continue
        if filled is not None and filled != []:
            calls = (filled,) if isinstance(filled, dict) else tuple(filled)
            return tuple((str(call.pop("@skill", one.skill)), call) for call in map(dict, calls)), said.place
    return lack


def orders(tokens: Sequence[Token], context: Context) -> bool:
    """Whether the clauses have the form of an order, whatever its object is."""
    return next(_met(tokens, context), None) is not None


def _met(tokens: Sequence[Token], context: Context) -> Iterator[tuple[Deed, Said]]:
    line = line_of(_spoken(tokens), context)
    if not line.signs or len(line.signs) > 60:
        return
    for left, place in places(line):
        left = _inheriting(_stated(_spelled(_asked_for(_bare(left)))), context, place)
        if not left.signs:
            continue
        for one in DEEDS:
            for hit in one.met(left.text):
                yield one, Said(left, hit, context, place)


_ALONE = compiled("<named>", "")
_CARRIED = frozenset({"restart", "delete", "suspend", "resume", "cordon", "uncordon", "drain", "pause"})


def _inheriting(line: Line, context: Context, place: str) -> Line:
    """`restart api and web`: an object alone, with the verb of the clause before."""
    spaces = "Knamespace" in line.signs  # `delete service x, namespace y` says where
    if context.inherited not in _CARRIED or spaces or not _ALONE.fullmatch(line.text):
        return line
    joined = any(token.low in {"and", "then", "also", "plus", "&", "+"} for token in line.tokens)
    if not joined and not place and not context.namespace and not any(sign.startswith("K") for sign in line.signs):
        return line  # `suspend a, shop`: another object, or the place of the first
    return Line((context.inherited, *line.signs), (line.at[0], *line.at), line.tokens)


_FLAGS = {
    "--min": "min",
    "--max": "max",
    "--cpu-percent": "cpu",
    "--replicas": "to",
    "--port": "port",
    "--to-revision": "revision",
}


def _spoken(tokens: Sequence[Token]) -> list[Token]:
    """`--min=3` as `min 3`."""
    out: list[Token] = []
    for token in tokens:
        head, equal, value = token.low.partition("=")
        if token.shape is Shape.FLAG and head in _FLAGS and equal and value.isdigit():
            word = _FLAGS[head]
            out.append(Token(Shape.WORD, word, word, token.start, token.start))
            out.append(Token(Shape.NUMBER, value, "", token.start, token.end, int(value)))
        else:
            out.append(token)
    return out


@lru_cache(maxsize=1)
def _verbs() -> tuple[str, ...]:
    """The verbs of the tables that are long enough to be known with a letter wrong."""
    return tuple(sorted({verb for one in DEEDS for verb in one.verbs.split() if len(verb) > 4 and verb.isalpha()}))


@lru_cache(maxsize=1)
def _gerunds() -> dict[str, str]:
    return {going(verb): verb for one in DEEDS for verb in one.verbs.split()}


def _asked_for(line: Line) -> Line:
    """`would you mind restarting web` as `restart web`."""
    if not line.signs or not any(token.low == "mind" for token in line.tokens):
        return line
    verb = _gerunds().get(line.signs[0])
    return Line((verb, *line.signs[1:]), line.at, line.tokens) if verb else line


def _spelled(line: Line) -> Line:
    """The line with one wrong letter in its verb put right; a name is never put right."""
    head = re.fullmatch(r"n\d+:([a-z]{5,})", line.signs[0]) if len(line.signs) > 1 else None
    if head is None or line.signs[1][:1] in {":", ",", "("}:
        return line
    meant = [verb for verb in _verbs() if one_slip(head[1], verb)]
    return Line((meant[0], *line.signs[1:]), line.at, line.tokens) if len(meant) == 1 else line


def _stated(line: Line) -> Line:
    """`could web be restarted` as `web could be restarted`."""
    if LEFT_OUT.match(line.text):  # `... has done its duty and can be removed`
        return Line(("it", *line.signs), (line.at[0], *line.at), line.tokens)
    wish = WISHED.match(line.text)
    if wish:  # `I would like web to be restarted`
        first = len(wish["have"].split())
        last = first + len(wish["own"].split())
        order = [*range(first, last), *range(last, len(line.signs))]
        return Line(
            tuple(line.signs[n] if n != last else "must" for n in order), tuple(line.at[n] for n in order), line.tokens
        )
    seen = SEEN_TO.match(line.text)
    if seen:
        first = len(seen["have"].split())
        last = first + len(seen["own"].split())
        signs = (*line.signs[first:last], "must", "be", *line.signs[last + 1 :])
        return Line(signs, (*line.at[first:last], line.at[last], line.at[last], *line.at[last + 1 :]), line.tokens)
    hit = ASKED.match(line.text)
    if hit is None:
        return line
    modal = len(hit["may"].split())
    last = modal + len(hit["own"].split())
    order = [*range(modal, last), *range(modal), *range(last, len(line.signs))]
    return Line(tuple(line.signs[n] for n in order), tuple(line.at[n] for n in order), line.tokens)


_BETWEEN = re.compile(
    r"(?<= )(?:please|kindly|beforehand|now|just|quickly|simply|gently|gracefully|also|directly|then|(?<!the "
    r")first(?= N)) "
)


def _bare(line: Line) -> Line:
    """The line without politeness at its ends and between its words."""
    while hit := _BETWEEN.search(line.text):
        line = line.without(*hit.span())
    first, last = POLITE
    before = first.match(line.text)
    line = line.without(0, before.end()) if before else line
    after = last.search(line.text)
    return line.without(after.start(), len(line.text)) if after else line


@lru_cache(maxsize=1)
def cues() -> dict[str, frozenset[str]]:
    """Per skill the words that stand for it."""
    found: dict[str, frozenset[str]] = {}
    for one in DEEDS:
        found[one.skill] = found.get(one.skill, frozenset()) | one.cues
    return found
