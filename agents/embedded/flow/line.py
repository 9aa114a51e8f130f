"""The request as a line of typed tokens in which devices that are named together are one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agents.embedded.kinds.line import Line, Mention, Piece, once
from agents.embedded.kinds.world import KIND_NOUNS, World
from agents.embedded.tokens import Kind, Token
from protocol.vocabulary import DeviceKind

SEPARATORS = (",", "and")
DETERMINERS = ("the", "our", "my", "all", "both", "every", "each", "of")
LABELLED = ("with", "the", "label", "labelled", "labeled", "of", "having", "whose", "is")
EVERY = ("all", "both", "every", "each")
YES = ("yes", "true", "1")


def together(line: Line, world: World) -> Line:
    """`alpha, beta and gamma` as one device token that means the three, `the backup server` as the one it is."""
    line = _described(_same_devices(_without_columns(line)), world)
    mentions = list(line.mentions)
    out: list[Token] = []
    at = 0
    tokens = line.tokens
    while at < len(tokens):
        token = tokens[at]
        if token.kind is not Kind.DEVICE:
            out.append(token)
            at += 1
            continue
        group, end = _group(tokens, at)
        if len(group) > 1:
            found = [mentions[int(one.value or 0)] for one in group]
            names = tuple(dict.fromkeys(name for one in found for name in one.names))
            text = line.text[group[0].start : group[-1].end]
            token = replace(token, text=text, end=group[-1].end, value=len(mentions))
            mentions.append(Mention(text, names, many=True))
        out.append(token)
        at = end
    return Line(line.text, tuple(out), tuple(mentions))


def _same_devices(line: Line) -> Line:
    """`all three servers`, `the two machines`: those that were named before, where they are so many."""
    mentions, out = list(line.mentions), list(line.tokens)
    at = 0
    while at + 1 < len(out):
        number, noun = out[at], out[at + 1]
        begin = at - 1
        while begin > 0 and _said(out[begin]) in ("of", "the", "these", "those") and _said(out[begin - 1]) in BACK:
            begin -= 1
        value = 2 if _said(number) == "both" else number.value if number.kind is Kind.NUMBER else None
        both = _said(number) == "both"
        if _low_noun(noun) in SAME and isinstance(value, int) and (both or (begin >= 0 and _said(out[begin]) in BACK)):
            before = [mentions[int(one.value or 0)] for one in out[:at] if one.kind is Kind.DEVICE]
            names = tuple(dict.fromkeys(one.names[0] for one in before if len(one.names) == 1))
            if len(names) == value:
                first = out[at if both else begin]
                text = line.text[first.start : noun.end]
                new = replace(first, kind=Kind.DEVICE, text=text, lemma="<device>", end=noun.end, value=len(mentions))
                mentions.append(Mention(text, names, many=True))
                if noun.kind is Kind.DEVICE:
                    mentions[int(noun.value or 0)] = Mention(noun.text)
                out[at if both else begin : at + 2] = [new]
        at += 1
    return Line(line.text, tuple(out), tuple(mentions))


BACK = ("all", "the", "these", "those", "each", "every")
SAME = ("servers", "machines", "devices", "hosts", "computers")


def _low_noun(token: Token) -> str:
    return token.text.casefold().split()[-1] if token.kind in (Kind.WORD, Kind.DEVICE) else ""


def _without_columns(line: Line) -> Line:
    """`with the columns server and errors`, `(server, errors)`: names of columns, no devices."""
    mentions, out = list(line.mentions), list(line.tokens)
    for at, token in enumerate(line.tokens):
        ahead = line.tokens[at - 1].text.casefold() if at else ""
        after = line.tokens[at + 1].text.casefold() if at + 1 < len(line.tokens) else ""
        first = (ahead == "columns" and after == "and") or (ahead == "(" and after == ",")
        if token.kind is Kind.DEVICE and first and KIND_NOUNS.get(token.text.casefold()) is not None:
            out[at] = replace(token, kind=Kind.WORD, lemma=token.text.casefold(), value=None)
            mentions[int(token.value or 0)] = Mention(token.text)
    return Line(line.text, tuple(out), tuple(mentions))


def _described(line: Line, world: World) -> Line:
    """Devices that are named by a label: `our web servers`, `the servers with the label site=berlin`."""
    out: list[Token] = []
    mentions = list(line.mentions)
    at = 0
    while at < len(line.tokens):
        found = _by_label(line, at, world)
        if found is None:
            out.append(line.tokens[at])
            at += 1
            continue
        names, end, many = found
        first = line.tokens[at]
        for token in line.tokens[at:end]:  # `all servers` of `all servers with the label x`: not those, but some
            if token.kind is Kind.DEVICE:
                mentions[int(token.value or 0)] = Mention(token.text)
        text = line.text[first.start : line.tokens[end - 1].end]
        token = replace(first, kind=Kind.DEVICE, text=text, lemma="<device>", end=line.tokens[end - 1].end)
        out.append(replace(token, value=len(mentions)))
        mentions.append(Mention(text, names, many=many))
        at = end
    return Line(line.text, tuple(out), tuple(mentions))


def _by_label(line: Line, at: int, world: World) -> tuple[tuple[str, ...], int, bool] | None:
    """Which devices, where their name ends, and whether all of them are meant."""
    tokens = line.tokens
    begin = at
    while at < len(tokens) and _said(tokens[at]) in DETERMINERS:
        at += 1
    whole = at < len(tokens) and tokens[at].kind is Kind.DEVICE and tokens[at].text.casefold().split()[0] in DETERMINERS
    if at == begin and not whole:
        return None
    adjective = ""
    if at < len(tokens) and tokens[at].word and _kind_of(tokens, at) is None:
        adjective = _said(tokens[at])
        at += 1
        named = line.mentions[int(tokens[at].value or 0)].names if _is_device(tokens, at) else ()
        if len(named) == 1 and _labelled(world, named[0], adjective):  # `the backup server beta`
            return named, at + 1, False
    kind = _kind_of(tokens, at)
    if kind is None:
        return None
    every = tokens[at].text.casefold().split()[0] in EVERY or (at > begin and _said(tokens[begin]) in EVERY)
    plural = _noun(tokens[at]).endswith("s") or every
    at += 1
    names = [name for name in world.of_kind(kind) if not adjective or _labelled(world, name, adjective)]
    has = _has(line, at, world, names)
    if has is not None and not adjective and (len(has) == 1 or plural):
        return has, at + 3, plural
    after = at
    while after < len(tokens) and _said(tokens[after]) in LABELLED:
        after += 1
    if after > at and after < len(tokens) and tokens[after].kind is Kind.LABEL:
        key, _, value = tokens[after].text.partition("=")
        names = [name for name in names if world.fleet.devices[name].labels.get(key) == value]
        at = after + 1
    elif not adjective:
        return None
    if not names or (len(names) > 1 and not plural):
        return None
    return tuple(names), at, plural


def _has(line: Line, at: int, world: World, names: Sequence[str]) -> tuple[str, ...] | None:
    """Those `with a GPU`: whose label of that word says `yes`."""
    said = [_said(token) for token in line.tokens[at : at + 3]]
    if len(said) < 3 or said[0] != "with" or said[1] not in ("a", "an", "the"):
        return None
    found = (name for name in names if world.fleet.devices[name].labels.get(said[2], "").casefold() in YES)
    return tuple(found) or None


def _is_device(tokens: Sequence[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].kind is Kind.DEVICE


def _kind_of(tokens: Sequence[Token], at: int) -> DeviceKind | None:
    """The kind that a noun means; a noun that was taken for devices of that kind already is one, too."""
    if at >= len(tokens):
        return None
    word = _noun(tokens[at])
    return KIND_NOUNS.get(word) or KIND_NOUNS.get(word.removesuffix("s"))


def _noun(token: Token) -> str:
    """Its word; of a device that was taken for one by the noun of its kind, that noun."""
    said = token.text.casefold() if token.kind is Kind.DEVICE else _said(token)
    return said.split()[-1] if said else ""


def _labelled(world: World, name: str, word: str) -> bool:
    """Whether a label has this value, or says `yes` to this word."""
    labels = world.fleet.devices[name].labels
    return word in {value.casefold() for value in labels.values()} or labels.get(word, "").casefold() in YES


def _group(tokens: Sequence[Token], at: int) -> tuple[list[Token], int]:
    """The devices named together from `at`, and where they end; one whose choice is open is never part of a group."""
    group = [tokens[at]]
    end = at + 1
    while True:
        next_ = end
        while next_ < len(tokens) and _said(tokens[next_]) in SEPARATORS:
            next_ += 1
        # `from alpha and from gamma`: the preposition of the first, said again.
        if next_ > end and at > 0 and next_ < len(tokens) and _said(tokens[next_]) == _said(tokens[at - 1]) != "":
            next_ += 1
        if next_ == end or next_ >= len(tokens) or tokens[next_].kind is not Kind.DEVICE:
            return group, end
        group.append(tokens[next_])
        end = next_ + 1


def sentences(line: Line) -> Iterator[Piece]:
    """Its sentences, without the marks at their ends."""
    begin = 0
    for at, token in enumerate(line.tokens):
        if token.kind is Kind.PUNCT and token.text in ".?!;":
            if at > begin:
                yield line.piece(begin, at)
            begin = at + 1
    if begin < len(line.tokens):
        yield line.piece(begin, len(line.tokens))


def part(piece: Piece, begin: int, end: int) -> Piece:
    return Piece(piece.line, piece.tokens[begin:end])


def elements(piece: Piece) -> list[Piece]:
    """The members of `a, b and c`; the piece itself where it is no list."""
    return list(_elements(piece))


@once
def _elements(piece: Piece) -> tuple[Piece, ...]:
    found: list[Piece] = []
    begin = 0
    for at in range(len(piece.tokens) + 1):
        if at == len(piece.tokens) or _said(piece.tokens[at]) in SEPARATORS:
            if at > begin:
                found.append(part(piece, begin, at))
            begin = at + 1
    return tuple(found)


def _said(token: Token) -> str:
    return token.text.casefold() if token.kind in (Kind.WORD, Kind.PUNCT) else ""
