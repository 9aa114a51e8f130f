"""Frames for facts about files and folders: counts, sizes, dates, existence, checksums, sorted lines."""

from __future__ import annotations

from collections.abc import Callable

from agents.embedded.file_slots import (
    ANY_PATH,
    ASKS,
    FILE_PATH,
    FOLDER,
    split_glob,
    whole_glob,
)
from agents.embedded.frames import Frame, Measure
from agents.embedded.slots import (
    choice,
    first_of,
    flag,
    folder_or_word,
    glob,
    looks_like_file,
    path,
)
from agents.embedded.view import View
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

COUNT = Frame(
    "file.count",
    words("count howmany how show get tell give what wc number report find check is are"),
    (words("line word byte character row"),),
    words("number howmany many total long file in contain all of does count of log code"),
    slots=(("_glob", whole_glob), ("files", glob), ("path", first_of(FILE_PATH, FOLDER, ANY_PATH))),
    needs=frozenset({"path"}),
    final=lambda a, v: split_glob(a, v, "files"),
    strict=True,
    measures=(
        Measure("output.words", "number", words("word")),
        Measure("output.bytes", "number", words("byte")),
        Measure("output.lines", "number"),
    ),
    same="output.lines",
)


COUNT_FILES = Frame(
    "file.find",
    words("count howmany how number"),
    (words("file"),),
    words("number many howmany total there lie are in contain all exist"),
    slots=(("_glob", whole_glob), ("pattern", glob), ("path", FOLDER), ("type", lambda v: "file")),
    strict=True,
    needs=frozenset(),
    final=lambda a, v: split_glob(a, v),
    measures=(Measure("output.count", "number"),),
    bonus=-1,
)


SIZE_OF = Frame(
    "file.stat",
    words("compare-size"),
    (),
    words("file size in"),
    slots=(("path", first_of(path(None, want="file", bare=True), ANY_PATH)),),
    needs=frozenset({"path"}),
    strict=True,
    measures=(Measure("output.size_bytes", "bytes"),),
)


COUNT_FOLDERS = Frame(
    "file.find",
    words("count howmany how number"),
    (words("folder directory subfolder subdirectory"),),
    words("number many total there lie are in contain all exist"),
    slots=(("path", FOLDER), ("type", lambda v: "directory")),
    strict=True,
    measures=(Measure("output.count", "number"),),
    speaks="file.find",
)


_SIZE = words("size space big large room usage heavy storage disk weigh du")


USAGE = Frame(
    "file.usage",
    ASKS | words("du"),
    (_SIZE,),
    words(
        "total take takes taking up occupy occupies occupied used use usage howmuch much disk of "
        "folder directory contents content file "
        "big size combined whole consume consumes eat eating taken"
    ),
    slots=(("path", folder_or_word("in under inside within of", logs=True)),),
    needs=frozenset({"path"}),
    measures=(Measure("output.bytes", "bytes"),),
    final=lambda a, v: None if looks_like_file(str(a.get("path", ""))) or _each_file(v) else a,
)


def _each_file(view: View) -> bool:
    """`the sizes of the files`: one number for each file, not their sum."""
    low = {t.text.casefold() for t in view.tokens if t.word}
    return "files" in low or ("file" in low and bool(low & {"each", "every"}))


SIZES = Frame(
    "file.list",
    ASKS,
    (words("size big large"), words("file")),
    words("each all every of"),
    slots=(("pattern", glob), ("path", FOLDER)),
    needs=frozenset({"path"}),
    final=lambda a, v: a if _each_file(v) else None,
)


SIZE = Frame(
    "file.stat",
    ASKS,
    (words("size big large weigh heavy"),),
    words("file of howmuch take"),
    slots=(("path", path(None, want="file")),),
    needs=frozenset({"path"}),
    measures=(Measure("output.size_bytes", "bytes"),),
    same="output.size_bytes",
)


STAT = Frame(
    "file.stat",
    ASKS | words("stat"),
    (
        words(
            "modified changed modification permission owner own date detail metadata stat edited touched "
            "updated info information age old timestamp mode written"
        ),
    ),
    words("last time file about latest size was own when of most recently get got"),
    slots=(("path", ANY_PATH),),
    needs=frozenset({"path"}),
    measures=(Measure("output.modified", "text"),),
    same="output.modified",
    final=lambda a, v: a if v.head != "who" or any(t.lemma in {"own", "owner"} for t in v.tokens if t.word) else None,
)


def _names_folder(view: View) -> bool:
    low = {token.lemma for token in view.tokens if token.word}
    return bool(low & {"folder", "directory"}) and "file" not in low


def _anywhere(arguments: JsonObject, view: View) -> JsonObject | None:
    """A bare name is looked for in every folder: a file of that name in `data` exists as well."""
    name = str(arguments.get("path", ""))
    if not name or "/" in name or name in {".", ".."}:
        return None
    return {"pattern": name, "type": "directory"} if _names_folder(view) else {"pattern": name}


def _exactly(arguments: JsonObject, _: View) -> JsonObject | None:
    """A name with a place is looked up there, in its folder's list narrowed to it: an answer, where `stat` fails."""
    text = str(arguments.get("path", ""))
    folder, slash, name = text.rstrip("/").rpartition("/")
    if "/" not in text or not name:
        return None
    return {"path": folder or (slash or "."), "pattern": name, "hidden": True}


def _exists(skill: str, final: Callable[[JsonObject, View], JsonObject | None]) -> Frame:
    return Frame(
        skill,
        words("does is check do has have whether test verify see tell know are which what"),
        (words("exist exists there present"),),
        words("file folder directory whether if called named a the"),
        slots=(("path", first_of(ANY_PATH, path(None, bare=True))),),
        final=final,
        measures=(Measure("output.count", "number"),),
        bonus=2,
        speaks="file.stat",
    )


def _having(skill: str, final: Callable[[JsonObject, View], JsonObject | None]) -> Frame:
    return Frame(
        skill,
        words("do does has have"),
        (words("have has"),),
        words("file folder directory the a copy still already"),
        slots=(("path", path("", want="file", bare=True)),),
        final=final,
        measures=(Measure("output.count", "number"),),
        strict=True,
        speaks="file.stat",
    )


EXISTS = _exists("file.find", _anywhere)
EXISTS_THERE = _exists("file.list", _exactly)
HAVING = _having("file.find", _anywhere)
HAVING_THERE = _having("file.list", _exactly)


HOGS = Frame(
    "file.usage",
    words("what what's which"),
    (words("space disk room storage"), words("taking eating hogging filling eat hog fill consuming take")),
    words("much so all most the up file folder biggest largest hard"),
    slots=(("path", folder_or_word("in under inside within")),),
    strict=True,
    measures=(Measure("output.bytes", "bytes"),),
)


HASH = Frame(
    "file.hash",
    ASKS | words("compute calculate verify hash checksum sha256 md5 take determine compare generate"),
    (words("hash checksum sha256 sha1 md5 sha512 digest fingerprint sha-256 sha-1 sha256sum md5sum"),),
    words("sum value file of"),
    slots=(
        ("path", first_of(FILE_PATH, ANY_PATH)),
        (
            "algorithm",
            choice(
                {
                    "md5": "md5",
                    "sha1": "sha1",
                    "sha512": "sha512",
                    "sha256": "sha256",
                    "sha-256": "sha256",
                    "sha-1": "sha1",
                    "sha256sum": "sha256",
                    "md5sum": "md5",
                }
            ),
        ),
    ),
    needs=frozenset({"path"}),
    measures=(Measure("output.hash", "text"),),
    same="output.hash",
)


SAME_FILE = Frame(
    "file.hash",
    words("compare-file"),
    (),
    words("file config configuration content document version"),
    slots=(("path", first_of(FILE_PATH, ANY_PATH)),),
    needs=frozenset({"path"}),
    strict=True,
    same="output.hash",
)


SORT = Frame(
    "file.sort",
    words("sort order alphabetize show print"),
    (words("sort sorted order alphabetize alphabetical alphabetically"),),
    words(
        "line content numerically reverse reversed descending unique duplicate numeric number by "
        "in of file without removing "
        "alphabetically alphabetical order drop dropping backwards entry ascending highest largest first"
    ),
    slots=(
        ("path", first_of(FILE_PATH, ANY_PATH)),
        ("reverse", flag("reverse", "reversed", "descending", "backwards")),
        ("numeric", flag("numerically", "numeric", "number")),
        ("unique", flag("unique", "duplicate")),
    ),
    needs=frozenset({"path"}),
    strict=True,
    same="output.text",
)

FRAMES = (
    COUNT,
    COUNT_FILES,
    SIZE_OF,
    COUNT_FOLDERS,
    USAGE,
    SIZES,
    SIZE,
    STAT,
    EXISTS,
    EXISTS_THERE,
    HAVING,
    HAVING_THERE,
    HOGS,
    HASH,
    SAME_FILE,
    SORT,
)
