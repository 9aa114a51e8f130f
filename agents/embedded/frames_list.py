"""Frames for listing folders and reading files, whole or in part."""

from __future__ import annotations

from collections.abc import Callable

from agents.embedded.file_slots import (
    ANY_PATH,
    FILE_PATH,
    FILE_WORDS,
    LIMIT,
    SORT_WORDS,
    both_ends,
    dated,
    direction,
    plural_line,
    sort_key,
    sort_order,
    split_glob,
    whole_glob,
)
from agents.embedded.frames import Frame, Measure
from agents.embedded.slots import (
    ARCHIVES,
    count_after,
    first_of,
    flag,
    folder_or_word,
    glob,
    looks_like_file,
    path,
)
from agents.embedded.view import View
from agents.embedded.words import LISTS, READS
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject


def _listing(arguments: JsonObject, view: View) -> JsonObject | None:
    if both_ends(view):
        return None
    if "path" not in arguments and ("pattern" in arguments or "limit" in arguments or "sort" in arguments):
        return None
    if isinstance(arguments.get("path"), str) and looks_like_file(str(arguments["path"])) and not _folder_said(view):
        return None
    if "path" not in arguments and not any(t.lemma in FILE_WORDS for t in view.tokens if t.word):
        return None
    if _either_kind(arguments, view) or _folders_only(view):
        return None
    return dated(arguments, view)


def _either_kind(arguments: JsonObject, view: View) -> bool:
    """`show etc/motd`: a path that may be a file as well as a folder."""
    text = arguments.get("path")
    if (
        not isinstance(text, str)
        or text.endswith("/")
        or view.head in {"list", "ls", "browse", "enumerate"}
        or _folder_said(view)
    ):
        return False
    at = next((at for at, token in enumerate(view.tokens) if token.text.rstrip("/") == text), None)
    inside = (at is not None and view.lemma(at - 1) in {"in", "under", "inside", "within", "of"}) or view.lemma(
        (at or 0) - 2
    ) in {"in", "inside"}
    return not inside and not any(t.lemma in {"file", "content", "entry"} for t in view.tokens if t.word)


def _folders_only(view: View) -> bool:
    """`the folders in data`: entries of one type, which a listing does not tell apart."""
    plural = {t.text.casefold() for t in view.tokens if t.word} & {
        "folders",
        "directories",
        "subfolders",
        "subdirectories",
    }
    files = any(t.lemma in {"file", "everything", "content"} for t in view.tokens if t.word)
    return (
        bool(plural)
        and not files
        and not view.claimed >= {at for at, t in enumerate(view.tokens) if t.text.casefold() in plural}
    )


def _folder_said(view: View) -> bool:
    return any(token.lemma in {"folder", "directory", "dir"} for token in view.tokens if token.word)


LIST = Frame(
    "file.list",
    LISTS | words("what's peek inspect glance"),
    (),
    FILE_WORDS
    | words(
        "anything sorted ordered included including plain stored kept saved stuff thing lie lies lying live lives "
        "sit sits sitting reside "
        "around got directory found "
        "holding holds hold into look exist exists located available first "
        "inside contain contained hidden recursive recursively all subfolder including include "
        "listing list workspace home root there everything dotfile with detail"
    )
    | SORT_WORDS,
    slots=(
        ("_glob", whole_glob),
        ("pattern", glob),
        ("path", folder_or_word("in under inside within of", logs=True)),
        ("sort", sort_key),
        ("order", sort_order),
        ("_first", direction),
        ("limit", LIMIT),
        ("hidden", flag("hidden", "dotfile")),
        ("recursive", flag("recursive", "recursively", "subfolder")),
    ),
    measures=(Measure("output.count", "number"),),
    strict=True,
    final=lambda a, v: _listing(split_glob(a, v), v),
)


LISTING = Frame(
    "file.list",
    words("content file listing"),
    (words("content file listing"),),
    FILE_WORDS | SORT_WORDS | words("all listing list full complete inside included including with"),
    slots=(
        ("path", folder_or_word("in under inside within of", logs=True)),
        ("hidden", flag("hidden", "dotfile")),
        ("sort", sort_key),
        ("order", sort_order),
        ("_first", direction),
    ),
    needs=frozenset({"path"}),
    final=lambda a, v: None if looks_like_file(str(a.get("path", ""))) and not _folder_said(v) else dated(a, v),
)


_SYSTEM_FILES = words("passwd group shadow hosts hostname fstab crontab issue motd os-release sudoers services shells")
"""Files below /etc that everybody knows to be files."""


def _reading(arguments: JsonObject, view: View) -> JsonObject | None:
    """A verb of reading proper takes any path; `show` and `what` take what looks like a file."""
    text = str(arguments.get("path", ""))
    low = {token.text.casefold() for token in view.tokens if token.word}
    if text.endswith(ARCHIVES) or low & {"files", "folders", "documents", "folder", "directory"}:
        return None
    proper = view.head in {"read", "cat", "open", "type", "dump", "print"} or any(
        token.lemma in {"file", "say", "document", "text"} for token in view.tokens if token.word
    )
    known = text.startswith("/etc/") and text.removeprefix("/etc/") in _SYSTEM_FILES
    return arguments if (proper and not text.endswith("/")) or looks_like_file(text) or known else None


READ = Frame(
    "file.read",
    READS | words("less peek glance"),
    (),
    words(
        "content file say text contain document whole full entire complete logfile inside written stand stands got "
        "note "
        "stored saved kept doc body read tell tells reads hold holds everything all into word wording line what's "
        "look note configuration config script"
    ),
    slots=(("path", first_of(FILE_PATH, ANY_PATH)),),
    needs=frozenset({"path"}),
    strict=True,
    final=_reading,
    same="output.text",
    measures=(Measure("output.text", "text"),),
)


CONTENT = Frame(
    "file.read",
    words("content text"),
    (words("content text"),),
    words("file whole full entire complete all document"),
    slots=(("path", path(None, want="file")),),
    needs=frozenset({"path"}),
    final=_reading,
    same="output.text",
    measures=(Measure("output.text", "text"),),
)


def _one(*leads: str) -> Callable[[View], Json]:
    """1 for `the first line`, in the singular."""
    return lambda v: 1 if any(v.phrase(lead, "line") is not None for lead in leads) and not plural_line(v) else None


def _vague(arguments: JsonObject, view: View) -> JsonObject | None:
    """`the first few lines`: how many is not said."""
    text = str(arguments.get("path", ""))
    return None if view.has("few", "couple", "several") or text.endswith(ARCHIVES) else arguments


HEAD = Frame(
    "file.head",
    READS | words("head list print how"),
    (words("first top head beginning start begin header opening starts begins initial starting leading topmost"),),
    words(
        "contain say read line row entry of file lines very with look looks like off there enough fine content out "
        "portion part"
    ),
    slots=(
        ("path", first_of(FILE_PATH, ANY_PATH)),
        (
            "lines",
            first_of(
                count_after(
                    "-n",
                    "first",
                    "top",
                    "head",
                    "line",
                    "opening",
                    "row",
                    "entry",
                    "initial",
                    "starting",
                    "leading",
                    "topmost",
                ),
                _one("first", "top"),
                lambda v: 1 if v.has("header") else None,
            ),
        ),
    ),
    needs=frozenset({"path"}),
    measures=(Measure("output.text", "text"),),
    same="output.text",
    final=_vague,
)


TAIL = Frame(
    "file.tail",
    READS | words("tail list how"),
    (words("last tail end bottom final latest recent newest closing ends trailing ending concluding"),),
    words(
        "line row entry most recent of file few very with look looks like happened log written enough off fine content "
        "out portion part message logline last end"
    ),
    slots=(
        ("path", first_of(FILE_PATH, ANY_PATH)),
        (
            "lines",
            first_of(
                count_after(
                    "-n",
                    "last",
                    "tail",
                    "final",
                    "latest",
                    "bottom",
                    "recent",
                    "line",
                    "newest",
                    "closing",
                    "row",
                    "entry",
                    "trailing",
                    "ending",
                    "concluding",
                ),
                _one("last", "final", "latest", "newest", "bottom", "recent"),
            ),
        ),
    ),
    needs=frozenset({"path"}),
    measures=(Measure("output.text", "text"),),
    same="output.text",
    final=_vague,
)

FRAMES = (LIST, LISTING, READ, CONTENT, HEAD, TAIL)
