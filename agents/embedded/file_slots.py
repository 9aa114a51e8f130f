"""Slots and word sets that the frames for files share: folders, globs, orders, limits."""

from __future__ import annotations

from agents.embedded.slots import (
    count_after,
    folder_of_glob,
    folder_or_word,
    path,
)
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

FILE_WORDS = words("file folder directory document item entry subfolder dir content subdirectory logfile script")


ASKS = words(
    "hows where when whose has have calc peek weigh inspect how size howmuch show get tell what check give when "
    "report print display is are does do see who find list which "
    "see know view look howmany compare count"
)


ANY_PATH = path(None)


FILE_PATH = path(None, want="file", bare=True)


FOLDER = folder_or_word(logs=True)


def sort_key(view: View) -> Json:
    """size, modified or name, from a superlative or from `by size`, `by date`, which it explains."""
    for at, token in view.free(Kind.WORD):
        if token.lemma == "by" and view.lemma(at + 1) in SORT_KEYS:
            more = [
                spot
                for spot, t in view.free(Kind.WORD)
                if t.lemma in {"sorted", "sort", "ordered", "order"} and spot != view.head_at
            ]
            after = [at + 2] if view.lemma(at + 2) in {"time", "date", "size"} else []
            view.claim(at, at + 1, *more, *after)
            return SORT_KEYS[view.lemma(at + 1)]
    spot = view.find(
        words(
            "largest biggest smallest heaviest fattest newest oldest latest recent recently alphabetically alphabetical"
        )
    )
    if spot is None:
        return None
    word = view.lemma(spot)
    if word in {"largest", "biggest", "smallest", "heaviest", "fattest"}:
        return "size"
    return "name" if word in {"alphabetically", "alphabetical"} else "modified"


def sort_order(view: View) -> Json:
    if view.find(words("largest biggest heaviest fattest newest latest recent recently")) is not None:
        return "desc"
    return "asc" if view.find(words("smallest oldest")) is not None else None


def both_ends(view: View) -> bool:
    """`the newest and the oldest file`: two questions, of which one alone would be answered."""
    said = {token.lemma for token in view.tokens if token.word}
    if {"from", "to"} <= said:
        return False  # the order of all of them
    return ("oldest" in said and bool(said & {"newest", "latest"})) or (
        "smallest" in said and bool(said & {"largest", "biggest"})
    )


SORT_WORDS = words("fattest largest biggest smallest heaviest newest oldest latest recent alphabetically alphabetical")


SORT_KEYS = {
    "size": "size",
    "date": "modified",
    "age": "modified",
    "time": "modified",
    "modification": "modified",
    "modified": "modified",
    "name": "name",
    "filesize": "size",
}


def direction(view: View) -> Json:
    """`largest first`, `most recently changed`: words that only say how the order runs."""
    for first, second in (
        ("largest", "first"),
        ("biggest", "first"),
        ("newest", "first"),
        ("oldest", "first"),
        ("smallest", "first"),
        ("latest", "first"),
        ("most", "recent"),
        ("most", "recently"),
        ("fattest", "first"),
    ):
        at = view.phrase(first, second)
        if at is not None:
            view.claim(at if first == "most" else at + 1)
    at = view.find({"recently"})
    if at is not None and view.lemma(at + 1) in {
        "modified",
        "changed",
        "edited",
        "created",
        "updated",
        "touched",
        "written",
    }:
        view.claim(at, at + 1)
    view.take_phrase("last", "modified")
    return None


CHANGES = words("modified changed edited created updated touched written")
LIMIT = count_after(
    "largest", "biggest", "smallest", "heaviest", "newest", "oldest", "latest", "top", "recent", "first", "most"
)


def dated(arguments: JsonObject, view: View) -> JsonObject | None:
    """A wish for an order by a number needs its direction: "sorted by size" means the largest first."""
    if arguments.get("sort") in ("size", "modified") and "order" not in arguments:
        arguments = {**arguments, "order": "desc"}
    if arguments.get("sort") == "name" and "order" in arguments:
        return None
    return arguments


def whole_glob(view: View) -> Json:
    pair = folder_of_glob(view)
    return None if pair is None else "/".join(pair)


def split_glob(arguments: JsonObject, view: View, name: str = "pattern") -> JsonObject:
    whole = arguments.get("_glob")
    if isinstance(whole, str) and "path" not in arguments:
        folder, _, pattern = whole.rpartition("/")
        arguments = {**arguments, "path": folder, name: pattern}
    return arguments


def plural_line(view: View) -> bool:
    return any(token.text.casefold() in {"lines", "rows", "entries"} for token in view.tokens)


def superlative(view: View) -> bool:
    return any(
        t.lemma
        in {"top", "largest", "biggest", "smallest", "newest", "oldest", "latest", "heaviest", "recent", "recently"}
        for t in view.tokens
        if t.word
    )
