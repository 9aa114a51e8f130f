"""Requests whose parts stand in another order than a clause has them: the subject first, the demand behind it.

`data.csv on beta - how many lines has it?` asks for the lines of data.csv on beta; `motd.txt lives on alpha. send
it to desk` sends a file that the first sentence names; `plex hangs on nova, kill it` stops plex there. The subject is
put where the demand has its pronoun, or behind the demand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agents.embedded.chaff import line_of
from agents.embedded.clauses import VERBS
from agents.embedded.lexicon import known_words
from agents.embedded.tokens import Kind, Token
from agents.embedded.words import ASK
from agents.embedded.wordset import words

_STATES = (
    r"(?:lives|is|sits|lies|lays|resides|exists|stays|is located|is stored|is kept|is saved|is sitting|is lying"
    r"|is found"
    r"|is existing|is living|can be found|is to be found)"
)
_TOPIC = re.compile(
    r" (?:there(?:'s| is) (?:a |an )?)?(?:(?:the|my|our|a|this|that) )?(?:(?:file|folder|directory|archive"
    r"|script|log) )?"
    rf"(?P<what>#)(?: (?:file|folder|directory))?(?: {_STATES})?(?: (?:right |over )?(?:on|in|at|from) (?P<where>@))?"
    r" (?P<mark>[,:–.;?])(?= )"
)
_TROUBLE = re.compile(
    r" (?:(?:the|my|our|that|this) )?(?P<what>(?:pid|process) (?:9|\S+)|#|[a-z0-9_.-]+)(?: process)?(?: (?:on"
    r"|in|at) (?P<w1>@))?"
    r" (?:is|went|has|got|keeps|ignores|hangs|hung|crashed|froze|won't|doesn't|isn't|refuses|seems|looks|acts"
    r"|goes|eats"
    r"|hogs|takes|uses|locked|stopped|became|freezes|misbehaves)\b(?: (?!on )[a-z'-]+){0,6}?(?: (?:on|in) (?P<w2>@))?"
    r"(?: (?!on )[a-z'-]+){0,3} [,.;–:!] (?:(?:so|please|just|then|can you|could you|and) )*"
    r"(?P<verb>(?:force )?(?:kill|stop|terminate|end|quit)|force quit) (?P<it>it|that|him|this|that one"
    r"|that thing)(?= )"
)
_POINTER = re.compile(
    r"(?<= )(?:(?P<prep>in|inside|within|of|from|at) )?(?P<it>it|that file|this file|the file|that one|this one"
    r"|that folder"
    r"|the folder|this folder|the thing|that|this|@there)(?= )"
)
_AMOUNT = re.compile(
    r" (?P<mark>[?.,;–!]) (?:(?:just|only|the) )*(?P<kept>(?:(?:first|last|top) )?9 (?:line|lines|row|rows"
    r"|entries|items)|(?:first|last) (?:line|row|entry))"
    r"(?: or so)?(?: ,)?(?: please)?"
    r"(?: (?:(?:would|will|should|'ll|is|are)(?: be)? )?(?:already )?(?:do|enough|fine|plenty"
    r"|sufficient|ok|okay"
    r"|suffice|good)(?: (?:for (?:me|now|a start)|to (?:tell|see|know|judge"
    r"|decide)(?: [a-z'-]+)*))*)?(?: [.!])*(?= $)"
)
_SHOW = re.compile(
    r" (?P<mark>[,.;–:?]) (?:(?:and|so|please|i'd like to|i want to|i need to|would you|could you|can you|let me) )*"
    r"(?:(?:check|look|verify|find out|dig)(?: (?:it|that|this|for it))?(?: up)?|what (?:is|are) (?:it|they)"
    r"|any idea|any clue"
    r"|do you know|is it|(?:show|see|find|list|tell|give|print|bring|display|have|get|read|look)(?: (?:me"
    r"|us))?(?: (?:it|them|that"
    r"|those|these|all))"
    r"(?: (?:up|out|all|please|now))*|where (?:they|it|those) (?:is|are)|where (?:is|are) (?:they|it|those)"
    r"|which (?:ones|one)(?: (?:are|is) (?:they|those|it|that))?|what are they|who are they)(?: [?.!])*(?= $)"
)
_ASKED = re.compile(r"(?<= )(?P<have>have|let|make|get|ask|tell) (?P<where>@) (?:to )?(?=(?P<verb>[a-z]+) )")
# `x.txt (it's on beta)`, `x.txt, stored on beta`, `x.txt that lives on beta`: where the file is.
_LOCATED = re.compile(
    r"(?<= )(?P<open>[,(–] )?(?:(?:it|that|which|this|they|the ones?)(?:'s| is| are)?(?: located| stored| kept"
    r"| found| saved)?"
    r"(?: (?:is|lives|lies|sits|resides|stays))?|(?:it's|that's)|stored|located|kept|living|sitting|lying|saved"
    r"|found)"
    r" (?P<on>(?:on|in|at) @)(?: \))?(?= )"
)
_STATED = re.compile(r"is|are|the one|'s|live|lie|lay|sit|reside|stay|store|locate|kept|found|save")
_FRONTED = re.compile(
    r" (?P<front>(?:in|inside|under|below|within|from|to|into|onto) (?:the |my |our )?"
    r"(?:(?:file|folder|directory|archive) )?"
    r"(?:#(?: (?:file|folder|directory))?(?: (?:on|at|of|from) @)?|[a-z0-9_-]+ (?:folder|directory)(?: (?:on|of"
    r"|at) @)?"
    r"|[a-z0-9_-]+ on @))(?: ,)?(?: please)? (?P<verb>[a-z]+)(?= )"
)
_CHECKED = re.compile(
    r" (?P<mark>[,.;–?]) (?:please |can you |could you )*(?:check|test|try|ask|look|do|run|verify)(?: (?:it|that"
    r"|this))?"
    r" (?P<kept>(?:from|on|via) @)(?: [.?!])*(?= $)"
)
_TOLD = re.compile(
    r"(?<= )(?:give|show|read|print|present|display|explain"
    r"|report)(?: [^ ]+){1,6}? (?P<me>to (?:me|us))(?= )"
)
_THEY = re.compile(r"(?<= )(?:are|do|have|were|did) (?P<they>they)(?= )")
QUESTIONS = words("how what which who where when howmany howmuch howlong is are does do has have what's who's")
ADDING = words("add append put write stick insert tack attach")
SENDING = words("send copy ship get bring push pull move transfer fetch put upload distribute roll deploy share")
CHANGING = words("replace change swap substitute switch")


def amounts_in_place(tokens: Sequence[Token]) -> list[Token]:
    """`how does a.log end? 10 lines will do` asks for the ten lines of its end."""
    line, starts, ends = line_of(tokens)
    found = _whole(_AMOUNT.search(line), starts, ends)
    if found is None or not tokens[0].word:
        return list(tokens)
    first, last = starts[found.start("kept")], ends[found.end("kept")]
    return [*tokens[: starts[found.start("mark")]], *tokens[first:last]]


def subject_in_place(tokens: Sequence[Token]) -> list[Token]:
    """The demand with the subject that stood before it."""
    kept = _checked(_fronted(_located(_asked(_without_they(list(tokens))))))
    return _told(_troubled(kept) or _topical(kept) or kept)


def shown_in_place(tokens: Sequence[Token]) -> list[Token]:
    """`the largest files on beta, I'd like to see them`: a noun phrase, and behind it that it is to be shown."""
    line, starts, ends = line_of(tokens)
    found = _whole(_SHOW.search(line), starts, ends)
    first = next((token for token in tokens if token.kind is not Kind.PUNCT), None)
    if found is None or first is None or (first.word and first.lemma in (VERBS | ASK) - QUESTIONS):
        return list(tokens)
    if first.lemma in QUESTIONS:
        return list(tokens[: starts[found.start("mark")]])
    head = replace(first, kind=Kind.WORD, text="show", lemma="show", value=None, end=first.start)
    return [head, *tokens[: starts[found.start("mark")]]]


def _whole(found: re.Match[str] | None, starts: dict[int, int], ends: dict[int, int]) -> re.Match[str] | None:
    """The match, where each of its named parts is made of whole tokens: a token of several words may hold a blank."""
    if found is None:
        return None
    spans = [found.span(name) for name, text in found.groupdict().items() if text is not None]
    return found if all(first in starts and last in ends for first, last in spans) else None


# --- the parts --------------------------------------------------------------------------------------------------------


def _asked(tokens: list[Token]) -> list[Token]:
    """`have titan fetch x`: on titan, fetch x."""
    line, starts, ends = line_of(tokens)
    found = _whole(_ASKED.search(line), starts, ends)
    if found is None or found["verb"] not in VERBS or found["verb"] in {"show", "is", "are", "do", "does"}:
        return tokens
    first, where, verb = starts[found.start("have")], starts[found.start("where")], starts[found.start("verb")]
    if first and tokens[first - 1].kind is not Kind.PUNCT and tokens[first - 1].lemma not in {"and", "then", "please"}:
        return tokens
    return [*tokens[:first], _word(tokens[first], "on"), tokens[where], *tokens[verb:]]


def _located(tokens: list[Token]) -> list[Token]:
    """`x.txt (it's on beta)` is x.txt on beta."""
    line, starts, ends = line_of(tokens)
    for found in _LOCATED.finditer(line):
        if found.start() not in starts or found.end() not in ends or found.start("on") not in starts:
            continue
        first, on, last = starts[found.start()], starts[found.start("on")], ends[found.end()]
        literal = any(token.kind in (Kind.PATH, Kind.QUOTED, Kind.GLOB) for token in tokens[:first])
        if not literal or not _STATED.search(line[found.start() : found.start("on")]):
            continue
        if tokens[0].word and tokens[0].lemma in {"if", "unless", "is"}:
            continue
        end = last - 1 if tokens[last - 1].text == ")" else last
        return [*tokens[:first], *tokens[on:end], *_located(tokens[last:])]
    return tokens


def _fronted(tokens: list[Token]) -> list[Token]:
    """`in docs on nova, find the pdf files` is "find the pdf files in docs on nova"."""
    line, starts, ends = line_of(tokens)
    found = _whole(_FRONTED.match(line), starts, ends)
    if found is None or found["verb"] not in VERBS - QUESTIONS:
        return tokens
    front = tokens[: ends[found.end("front")]]
    verb = starts[found.start("verb")]
    end = next((at for at in range(verb, len(tokens)) if _parts(tokens, at)), len(tokens))
    return [*tokens[verb:end], *front, *tokens[end:]]


def _parts(tokens: Sequence[Token], at: int) -> bool:
    """Whether the clause ends at `at`: a mark, or a word of order before the next verb."""
    token = tokens[at]
    if token.kind is Kind.PUNCT:
        return True
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    return token.lemma in {"and", "then"} and token.word and after is not None and after.lemma in VERBS | {"then"}


def _checked(tokens: list[Token]) -> list[Token]:
    """`is https://x up? please check from alpha` asks from alpha."""
    line, starts, ends = line_of(tokens)
    found = _whole(_CHECKED.search(line), starts, ends)
    if found is None:
        return tokens
    return [*tokens[: starts[found.start("mark")]], *tokens[starts[found.start("kept")] : ends[found.end("kept")]]]


def _told(tokens: list[Token]) -> list[Token]:
    """`give it to me` is `give it`: what is shown is shown to the person who asks."""
    line, starts, ends = line_of(tokens)
    found = _whole(_TOLD.search(line), starts, ends)
    if found is None:
        return tokens
    return [*tokens[: starts[found.start("me")]], *tokens[ends[found.end("me")] :]]


def _without_they(tokens: list[Token]) -> list[Token]:
    """`on both servers, which time do they have`: the pronoun is the devices', where no files are spoken of."""
    line, starts, ends = line_of(tokens)
    found = _whole(_THEY.search(line), starts, ends)
    if found is None or "@" not in line[: found.start()] or "#" in line:
        return tokens
    at = starts[found.start("they")]
    return [*tokens[:at], *tokens[at + 1 :]]


def _troubled(tokens: list[Token]) -> list[Token] | None:
    """`plex hangs on nova, kill it`."""
    line, starts, ends = line_of(tokens)
    found = _whole(_TROUBLE.match(line), starts, ends)
    if found is None or found["what"].split()[0] in known_words() - {"pid", "process"}:
        return None
    what = tokens[starts[found.start("what")] : ends[found.end("what")]]
    where = [tokens[starts[found.start(name)]] for name in ("w1", "w2") if found[name]]
    verb = tokens[starts[found.start("verb")] : ends[found.end("verb")]]
    on = [_word(what[0], "on"), *where] if where else []
    return [*verb, *what, *on, *tokens[ends[found.end("it")] :]]


def _topical(tokens: list[Token]) -> list[Token] | None:
    """`data.csv on beta: how many lines?`, `motd.txt lives on alpha. send it to desk`."""
    line, starts, ends = line_of(tokens)
    found = _whole(_TOPIC.match(line), starts, ends)
    if found is None:
        return None
    what = tokens[starts[found.start("what")]]
    where = tokens[starts[found.start("where")]] if found["where"] else None
    rest = tokens[starts[found.start("mark")] + 1 :]
    size = next((at for at, token in enumerate(rest) if token.text in {".", ";"}), len(rest))
    size = _first_part(rest[:size])
    demand, more = rest[:size], rest[size:]
    if what.kind not in {Kind.PATH, Kind.QUOTED, Kind.URL} or not demand:
        return None
    if demand[0].kind is not Kind.WORD and demand[0].kind is not Kind.NUMBER:
        return None
    placed = _at_pointer(demand, what, where) or _behind(demand, what, where)
    return [*placed, *more] if placed is not None else None


def _first_part(demand: Sequence[Token]) -> int:
    """Where the first of several orders ends, when it has no pronoun: `a.txt: swap "b" for "c" and show it`."""
    for at in range(1, len(demand) - 1):
        part = demand[at].lemma in {"and", "then", ","} and demand[at + 1].lemma in VERBS - QUESTIONS
        if part and demand[0].lemma in CHANGING | ADDING:
            pointed = any(token.word and token.lemma in {"it", "that", "this", "there", "its"} for token in demand[:at])
            return len(demand) if pointed else at
    return len(demand)


def _subject(demand: Sequence[Token], what: Token, where: Token | None) -> list[Token]:
    if where is None:
        return [what]
    sends = any(token.word and token.lemma in SENDING for token in demand[:3])
    return [what, _word(what, "from" if sends else "on"), where]


def _at_pointer(demand: list[Token], what: Token, where: Token | None) -> list[Token] | None:
    """The demand with its first pronoun replaced; `its lines` are the lines of the subject."""
    marked = [replace(t, kind=Kind.WORD, text="@there", lemma="@there") if _there(t) else t for t in demand]
    line, starts, ends = line_of(marked)
    subject = _subject(demand, what, where)
    its = next((at for at, token in enumerate(demand) if token.word and token.lemma == "its"), None)
    if its is not None and its + 1 < len(demand) and demand[its + 1].word:
        return [*demand[:its], _word(what, "the"), demand[its + 1], _word(what, "of"), *subject, *demand[its + 2 :]]
    for found in _POINTER.finditer(line):
        if found.start("it") not in starts or found.end("it") not in ends:
            continue
        if found["it"] == "@there" and found["prep"] is None:
            continue
        if found["it"] in {"that", "this"} and not re.match(
            r" (?:[.,;?!]|to |on |from |and |in |$)", line[found.end() :]
        ):
            continue
        first, last = starts[found.start("it")], ends[found.end("it")]
        return [*demand[:first], *subject, *demand[last:]]
    return None


def _there(token: Token) -> bool:
    return token.kind is Kind.DEVICE and token.text.casefold() == "there"


def _behind(demand: list[Token], what: Token, where: Token | None) -> list[Token] | None:
    """The demand with the subject behind its first part, where it has no file of its own."""
    end = next((at for at, token in enumerate(demand) if token.kind is Kind.PUNCT), len(demand))
    if any(token.kind in (Kind.PATH, Kind.GLOB) for token in demand):
        return None
    subject = _subject(demand, what, where)
    head = demand[0].lemma
    if head in VERBS and end == 1:
        return [demand[0], *subject, *demand[end:]]
    prep = (
        "to" if head in ADDING else "in" if head in CHANGING or head in {"howmany", "search", "grep", "find"} else "of"
    )
    return [*demand[:end], _word(what, prep), *subject, *demand[end:]]


def _word(near: Token, text: str) -> Token:
    return Token(Kind.WORD, text, text, near.start, near.start)
