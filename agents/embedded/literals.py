"""Texts that a request holds without quotation marks: `swap 0.9.1 for 0.9.2`, `matching the regex ^ERR[0-9]+`,
`which mention the name Hathaway`, `run this on beta: uname -r`.

Each becomes one quoted text before anything else is read, so that no word of it is taken for a wish. A form says where
its text begins and ends; what could be a wish of its own, or names a device, is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Final

from agents.embedded.slots import looks_like_file
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words

Span = tuple[int, int]

_I: Final = re.IGNORECASE
_BARE = r"[^\s,;:\"'“”«»`()]+?"
_ENDS_TEXT = (
    r"(?=\s+(?:in|inside|within|on|of|across|throughout|everywhere|wherever|and|then)\b|\s*[.,;!]?\s*$|[,;.]\s)"
)
_MARKS = (
    r"(?:(?:every|all|each|any|both|the|a|word|words|string|text|name|term|version|number|occurrences?|instances?"
    r"|mentions?|of|from)\s+)*"
)
_EXCHANGED: Final = re.compile(
    r"\b(?P<verb>replace|swap(?:\s+out)?|change|substitute|exchange|turn|bump|switch|update|correct|convert)\s+"
    rf"(?P<marks>{_MARKS})(?P<x>{_BARE})\s+(?:for|with|by|to|into)\s+{_MARKS}(?P<y>{_BARE}){_ENDS_TEXT}",
    _I,
)
_BECOMES: Final = re.compile(
    rf"(?<!\S)(?P<x>{_BARE})\s+(?:should|must|shall|has\s+to|have\s+to|needs?\s+to|ought\s+to|is\s+to|are\s+to)\s+"
    rf"(?:now\s+)?(?:become|be|read|turn\s+into|be\s+(?:replaced\s+by|changed\s+to))\s+(?P<y>{_BARE}){_ENDS_TEXT}",
    _I,
)
_WORDS = r"[^\s,;:\"'“”«»`()]+?(?:\s+[A-Z0-9][^\s,;:\"'“”«»`()]*?){0,3}?"
_INSTEAD: Final = re.compile(
    rf"\b(?:[Pp]ut|[Uu]se|[Ww]rite|[Ss]et|[Ii]nsert)\s+(?P<x>{_WORDS})\s+(?:in\s+place|instead|in\s+the\s+place)\s+of\s+"
    rf"(?P<y>{_WORDS}){_ENDS_TEXT}"
)
_LITERALLY = words("replace swap substitute exchange")
_MEANINGS = words(
    "tab tabs space spaces letter letters line lines newline newlines uppercase lowercase quote quotes comma commas "
    "semicolon semicolons blank blanks whitespace digit digits number numbers word words caps capitals it them they "
    "this that everything something nothing file files folder content contents header headers footer title date time"
)
"""What stands for characters or for something else than itself: to exchange it would be another thing."""

_META: Final = re.compile(r"\\[dwsbDWS]|\.[*+]|\[[^\]]+\]|\^\S|\$$|\)\||\w\|\w|\{\d")
_PATTERN: Final = re.compile(
    r"\b(?P<lead>regex|regexp|regular\s+expression|pattern|match(?:es|ing)?|grep\s+-E|egrep)(?:\s+for)?\s*:?\s+"
    r"(?!the\b)(?P<x>[^\s\"'“”«»`].*?)(?P<end>\s+(?:in|on|under|below|of|from|inside|within|across|at|and|then)\s|\s*[,;]\s"
    r"|\s+[?!.]\s*$|[.]?\s*$)",
    _I,
)

_CALLED = (
    r"(?:the\s+|an?\s+|our\s+|my\s+)?(?:name|names|surname|customer|client|person|word|term|string|company|keyword"
    r"|supplier|patient|author|phrase|text|product|brand|city)"
)
_PROPER = r"[A-Z][\w&'-]*(?:\s+[A-Z0-9][\w&'-]*){0,3}"
_MENTIONED: Final = re.compile(
    r"\b(?:mention(?:s|ing|ed)?|contain(?:s|ing)?|includ(?:es|ing)|(?:talk|speak|writ)(?:s|e|es|ing)?\s+about|refer(?:s|ring)?\s+to"
    rf"|(?:search|look|grep|scan|hunt)[^.,;:?]*?\s+for)\s+(?P<said>(?:{_CALLED}\s+)?(?P<x>(?-i:{_PROPER})))(?![\w./])",
    _I,
)
_TOLD_OF: Final = re.compile(
    r"\b(?:mention(?:s|ing|ed)?|contain(?:s|ing)?|(?:search|look|grep|scan|hunt)[^.,;:?]*?\s+for)\s+"
    r"(?P<said>(?:the\s+)?(?:name|surname|word|term|string|keyword|customer|client)\s+(?P<x>[A-Za-z][\w-]*))(?![\w./])",
    _I,
)
_OCCURS: Final = re.compile(
    rf"\b(?:does|do|is|whether|if|where|often)\s+(?P<said>(?P<called>{_CALLED}\s+)?(?P<x>[A-Za-z][\w-]*))\s+"
    r"(?:ever\s+)?(?:comes?\s+up|appears?|occurs?|shows?\s+up|turns?\s+up|crops?\s+up|is\s+mentioned|mentioned)\b",
    _I,
)

_RUNNING: Final = words("run execute exec use bash sh shell python python3 evaluate")
_AROUND_CODE: Final = words(
    "this the following a small short quick little python python3 bash sh shell code snippet command script one-liner "
    "oneliner program line lines piece bit of on at in to run execute with please via using now just there"
)
_ORDERS: Final = words("then afterwards afterward please tell me show send us thanks save report")
_BEFORE_CODE: Final = words("please can could you i need want to would like on at now just go ahead and hey ok")


def literal(text: str, tokens: Sequence[Token], names: Collection[str]) -> list[Token]:
    """The tokens with what stands for itself as quoted texts; as they are where there is nothing of that kind."""
    out = list(tokens)
    code = _code(text, out, names)
    if code is not None:
        return _quote(out, [(code, text[code[0] : code[1]])])
    out = _pattern(text, _without_everywhere(out))
    for spans in (_exchanged(text, out, names), _sought(text, out, names)):
        out = _quote(out, spans)
    return out


def _without_everywhere(tokens: list[Token]) -> list[Token]:
    """`everywhere in a.txt` is in a.txt, and at no place of devices."""
    return [
        token
        for at, token in enumerate(tokens)
        if not (
            token.lemma in {"everywhere", "throughout"}
            and at + 2 < len(tokens)
            and tokens[at + 1].lemma in {"in", "inside", "within"}
            and any(t.kind is Kind.PATH and looks_like_file(t.text) for t in tokens[at + 2 : at + 5])
        )
    ]


def _quote(tokens: list[Token], marked: Sequence[tuple[Span, str]]) -> list[Token]:
    """The tokens with each (span, text) as one quotation; a span that cuts a token in two is left alone."""
    for (first, end), said in marked:
        inside = [at for at, token in enumerate(tokens) if token.start < end and token.end > first]
        if inside and tokens[inside[0]].start >= first and tokens[inside[-1]].end <= end:
            quoted = Token(Kind.QUOTED, said, '"', first, end, said)
            tokens = [*tokens[: inside[0]], quoted, *tokens[inside[-1] + 1 :]]
    return tokens


def _untouched(tokens: Sequence[Token], span: Span) -> bool:
    """Whether nothing of the span is quoted already."""
    return not any(t.kind is Kind.QUOTED and t.start < span[1] and t.end > span[0] for t in tokens)


# --- texts that are exchanged ---------------------------------------------------------------------------------------


def _exchanged(text: str, tokens: Sequence[Token], names: Collection[str]) -> list[tuple[Span, str]]:
    """Both texts of `swap x for y in a file`; none where one of them is quoted, a device, or no text."""
    for form in (_EXCHANGED, _BECOMES, _INSTEAD):
        for found in form.finditer(text):
            spans = [found.span("x"), found.span("y")]
            said = [found["x"], found["y"]]
            if not all(_untouched(tokens, span) for span in spans) or not _in_a_file(tokens, spans):
                continue
            if any(part.casefold() in _MEANINGS.union(names) for one in said for part in one.split()):
                continue
            if _texts(form, found, said):
                return list(zip(spans, said, strict=True))
    return []


def _texts(form: re.Pattern[str], found: re.Match[str], said: Sequence[str]) -> bool:
    """Whether both are texts by their look, or where the verb and its place leave no other reading."""
    if all(_like_code(one) for one in said):
        return True
    if form is _INSTEAD:
        return all(_like_code(one) or one[:1].isupper() for one in said)
    if form is not _EXCHANGED or not all(re.fullmatch(r"[\w@%.-]+", one) for one in said):
        return False
    if re.match(r"\s+(?:everywhere|throughout)\b", found.string[found.end() :], _I):
        return True
    every = re.match(r"(?:every|all|each)\b", found["marks"], _I) is not None
    return every or found["verb"].split()[0].casefold() in _LITERALLY


def _like_code(text: str) -> bool:
    """A version, an address, a number, a name with marks or capitals inside: nothing that a sentence is made of."""
    return bool(re.search(r"\d|\w[-_.@:/]\w|[a-z][A-Z]|^[A-Z]{2,}$", text))


def _in_a_file(tokens: Sequence[Token], spans: Sequence[Span]) -> bool:
    """The texts lie in a file that the request names, or in "the copy" and its kin."""
    for at, token in enumerate(tokens):
        apart = not any(token.start < end and token.end > first for first, end in spans)
        if apart and token.kind is Kind.PATH and looks_like_file(token.text):
            return True
        if token.lemma in {"copy", "file", "it"} and at and tokens[at - 1].lemma in {"the", "in", "inside"}:
            return True
    return False


# --- texts that are looked for --------------------------------------------------------------------------------------


def _pattern(text: str, tokens: list[Token]) -> list[Token]:
    """`the regex ^(A|B)`: all up to the place where it is looked for, without the sentence's own mark at its end."""
    found = _PATTERN.search(text)
    if found is None or not _META.search(found["x"]) or not _untouched(tokens, found.span("x")):
        return tokens
    if found["x"].endswith("?"):
        return tokens  # a question mark of the sentence, or one of the expression
    first, end = found.span("x")
    inside = [at for at, token in enumerate(tokens) if token.start < end and token.end > first]
    if not inside or tokens[inside[0]].start != first:
        return tokens
    marked = _quote(tokens, [((first, end), text[first:end])])
    word = replace(tokens[inside[0]], kind=Kind.WORD, text="regex", lemma="regex", value=None, end=first)
    return [*marked[: inside[0]], word, *marked[inside[0] :]]


def _sought(text: str, tokens: Sequence[Token], names: Collection[str]) -> list[tuple[Span, str]]:
    """The name behind `mention the name`, the word of `does x occur`."""
    for form in (_MENTIONED, _TOLD_OF, _OCCURS):
        for found in form.finditer(text):
            span, said = found.span("said"), found["x"]
            plain = form is _OCCURS and not (found["called"] or _like_code(said) or said[0].isupper())
            known = any(part.casefold() in names for part in said.split())
            if not plain and not known and _untouched(tokens, span) and not _is_path(tokens, span):
                return [(span, said)]
    return []


def _is_path(tokens: Sequence[Token], span: Span) -> bool:
    return any(t.kind in (Kind.PATH, Kind.GLOB, Kind.URL) and t.start < span[1] and t.end > span[0] for t in tokens)


# --- programs -------------------------------------------------------------------------------------------------------


def _code(text: str, tokens: Sequence[Token], names: Collection[str]) -> Span | None:
    """All behind the colon of `run this python on gate: ...`, where it holds no other order and no device."""
    at = next((at for at, token in enumerate(tokens) if token.text == ":"), None)
    if at is None or not _runs(tokens[:at], names):
        return None
    said = text[tokens[at].end :].strip()
    behind = list(_spoken(said))
    if not said or "\n" in said or (tokens[at + 1].kind is Kind.QUOTED and at + 2 == len(tokens)):
        return None
    if any(word in _ORDERS or word in names for word in behind):
        return None
    first = text.index(said, tokens[at].end)
    return first, first + len(said)


def _runs(before: Sequence[Token], names: Collection[str]) -> bool:
    """`run this on beta`, `on beta run`, `use python on gate to run`: nothing else stands before the colon."""
    start = next((at for at, token in enumerate(before) if token.lemma in _RUNNING), None)
    if start is None:
        return False
    led = all(token.lemma in _BEFORE_CODE or token.lemma in names for token in before[:start])
    return led and all(token.lemma in _AROUND_CODE or token.lemma in names for token in before[start + 1 :])


def _spoken(said: str) -> Iterator[str]:
    return (found[0].casefold() for found in re.finditer(r"[^\W\d_]+(?:-\w+)?", said))
