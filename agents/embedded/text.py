"""Text before it is read: what is refused outright, and the stems that stand for words. Pure and linear in time."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from agents.embedded.sayings import ALIASES
from agents.embedded.wordset import words

LIMIT = 2_000
"""Longest request, in characters, that this rung reads. Longer ones are documents, not requests."""
TOKEN_LIMIT = 160
"""Most words that this rung reads: the work for one is bounded, so the work for a request is."""
WORD_LIMIT = 40
"""Longest word, in characters, whose lemma and stem are kept once made."""

_KEEP = words(
    "this is has was does as us its his less across always status process address access os disks kubernetes "
    "bus gas css js https class pass compress decompress series s ls ps alias gps dns previous various unless "
    "besides afterwards towards yes plus minus redis tls macos ios sms express progress success suppress "
    "busiest news windows thus themselves bytes perhaps lens focus virus bonus analysis basis cross loss "
    "discuss press stress wireless business harness witness happiness fitness wellness ss"
)
_IRREGULAR = {
    "disks": "disk",
    "processes": "process",
    "addresses": "address",
    "bytes": "byte",
    "entries": "entry",
    "directories": "directory",
    "copies": "copy",
    "boxes": "box",
    "hashes": "hash",
    "matches": "match",
    "switches": "switch",
    "branches": "branch",
    "statuses": "status",
    "classes": "class",
    "indices": "index",
    "caches": "cache",
    "logfiles": "logfile",
    "dirs": "dir",
    "cpus": "cpu",
    "gpus": "gpu",
    "pcs": "pc",
    "ips": "ip",
    "urls": "url",
    "oses": "os",
    "ids": "id",
    "pids": "pid",
    "those": "those",
    "these": "these",
} | ALIASES


LOOKALIKES = frozenset({"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "FULLWIDTH", "MATHEMATICAL"})


def refuse(text: str) -> str | None:
    """Why a request cannot be read at all, or None. Line breaks and tabs are the only control characters taken."""
    if not text.strip():
        return "the request is empty"
    if len(text) > LIMIT:
        return f"the request is longer than the {LIMIT} characters that this planner reads"
    for character in text:
        category = unicodedata.category(character)
        if category in ("Cc", "Cs", "Co", "Cn") and character not in "\n\r\t":
            return "the request holds control characters"
        if category == "Cf":
            return "the request holds invisible formatting characters"
    mixed = None if text.isascii() else next(filter(_mixed, re.findall(r"[^\W\d_]+", text)), None)
    return f'"{mixed[:40]}" mixes the letters of several alphabets' if mixed is not None else None


def _mixed(word: str) -> bool:
    """Whether a word has letters of another alphabet that look like its Latin ones."""
    alphabets = {unicodedata.name(letter, "").partition(" ")[0] for letter in word}
    return "LATIN" in alphabets and bool(alphabets & LOOKALIKES)


def normalise(text: str) -> str:
    """Composed characters (NFC), so that one letter has one spelling; nothing else may change, paths are exact."""
    return unicodedata.normalize("NFC", text).strip()


def lemma(word: str) -> str:
    """The singular, lower-case form of a word: `Servers` and `server's` are `server`. Verbs keep their endings."""
    # What no language has for a word is not kept: strangers' texts would fill the table.
    return _lemma(word) if len(word) <= WORD_LIMIT else _lemma.__wrapped__(word)


@lru_cache(maxsize=8192)
def _lemma(word: str) -> str:
    low = word.casefold().replace("’", "'")
    for ending in ("'s", "s'"):
        if low.endswith(ending) and len(low) > 3:
            low = low[: -len(ending)] + ("s" if ending == "s'" else "")
    return _singular(low)


def _singular(low: str) -> str:
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if len(low) <= 3 or low in _KEEP or not low.endswith("s") or low.endswith(("ss", "us", "is")):
        return low
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    if low.endswith(("ches", "shes", "xes", "sses", "zes")):
        return low[:-2]
    return low[:-1]


def stem(word: str) -> str:
    """A short form for comparing words in retrieval: `copying`, `copied` and `copies` meet in `copi`."""
    return _stem(word) if len(word) <= WORD_LIMIT else _stem.__wrapped__(word)


@lru_cache(maxsize=8192)
def _stem(word: str) -> str:
    low = lemma(word)
    for ending in ("ations", "ation", "ingly", "ing", "edly", "ed", "er", "ly", "ment", "e"):
        if low.endswith(ending) and len(low) - len(ending) >= 3:
            low = low[: -len(ending)]
            break
    if len(low) > 3 and low[-1] == low[-2] and low[-1] not in "aeiouls":
        low = low[:-1]
    if low.endswith("y") and len(low) > 2:
        low = low[:-1] + "i"
    return low


def spoken(text: str) -> list[str]:
    """The words of a description or example, as they stand."""
    return re.findall(r"[^\W_]+(?:'[a-z]+)?", text)
