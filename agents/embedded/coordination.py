"""Coordinated objects under one verb: "show the uptime and the memory of beta", "delete a.txt and b.txt on beta"."""

from __future__ import annotations

from agents.embedded.clauses import VERBS
from agents.embedded.tokens import Kind, Token
from agents.embedded.view import View
from agents.embedded.words import ASK, FILLERS
from agents.embedded.wordset import words

_PLACING = words("on at in of from the my both all")
SHARED = ASK | words("delete remove mkdir compare erase rm verify hash checksum")


def parts(view: View) -> list[View]:
    """The clause's parts, each with the clause's verb; empty where the verb takes no coordination.

    A verb that changes something is shared only by bare literals: "delete a.txt and the rest" is not two deletions.
    """
    plain = View(view.tokens)
    head = plain.head
    pieces = _split(plain)
    if len(pieces) < 2:
        return []
    if head not in SHARED:
        return _bare(pieces) if head and head not in VERBS else []
    risky = head not in ASK
    if risky and not all(_literal_only(piece) for piece in pieces[1:]):
        return []
    verb = plain.tokens[plain.head_at]
    views = [View(pieces[0])]
    for piece in pieces[1:]:
        if risky or not _own_head(piece):
            piece = (verb, *piece)
        views.append(View(piece))
    return views


def _bare(pieces: list[tuple[Token, ...]]) -> list[View]:
    """`memory, cpu and load of titan`: facts without a verb."""
    views = [View(piece) for piece in pieces]
    for view in views:
        view.assumed = "show"
    return views


def _split(view: View) -> list[tuple[Token, ...]]:
    pieces: list[list[Token]] = [[]]
    for token in view.tokens:
        if (token.word and token.lemma == "and") or (token.kind is Kind.PUNCT and token.text in {",", "&", "+"}):
            pieces.append([])
        else:
            pieces[-1].append(token)
    # ", on beta": where all of it is, and no part of its own.
    while len(pieces) > 1 and pieces[-1] and any(token.kind is Kind.DEVICE for token in pieces[-1]):
        if any(token.kind is not Kind.DEVICE and not (token.word and token.lemma in _PLACING) for token in pieces[-1]):
            break
        pieces[-2:] = [[*pieces[-2], *pieces[-1]]]
    return [tuple(piece) for piece in pieces if piece]


def literal_only(view: View) -> bool:
    """A part that is a bare literal behind the shared verb."""
    return _literal_only(tuple(token for at, token in enumerate(view.tokens) if at != view.head_at))


def _literal_only(piece: tuple[Token, ...]) -> bool:
    return any(token.kind in (Kind.PATH, Kind.QUOTED) for token in piece) and all(
        token.kind in (Kind.PATH, Kind.QUOTED, Kind.DEVICE)
        or (token.word and (token.lemma in FILLERS or token.lemma in {"file", "folder"}))
        for token in piece
    )


def _own_head(piece: tuple[Token, ...]) -> bool:
    first = next((token for token in piece if token.word and token.lemma not in FILLERS), None)
    return first is not None and first.lemma in {"howmuch", "howmany", "howlong"}
