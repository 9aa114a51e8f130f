"""Frames for files: listing, reading, finding, searching, counting, writing, deleting, archives."""

from __future__ import annotations

from agents.embedded.frames import Frame, Measure
from agents.embedded.slots import (
    LESS,
    MORE,
    NEWER,
    OLDER,
    choice,
    clean,
    compared,
    count_after,
    first_of,
    flag,
    folder_of_glob,
    folder_or_word,
    glob,
    literal,
    looks_like_file,
    path,
    role,
    text_quoted,
)
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.words import DELETES, FILLERS, FINDS, LISTS, PLURAL_EXTENSIONS, READS, SEARCHES
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

_FILE = words("file folder directory document item entry subfolder dir content subdirectory logfile script")
_ASKS = words(
    "how size howmuch show get tell what check give when report print display is are does do see who find list which "
    "see know view look howmany compare count"
)
_ANY = path(None)
_AS_FILE = path(None, want="file", bare=True)
_FOLDER = folder_or_word(logs=True)


def _sort(view: View) -> Json:
    """size, modified or name, from a superlative or from `by size`, `by date`, which it explains."""
    for at, token in view.free(Kind.WORD):
        if token.lemma == "by" and view.lemma(at + 1) in _SORT_KEYS:
            more = [
                spot
                for spot, t in view.free(Kind.WORD)
                if t.lemma in {"sorted", "sort", "ordered", "order"} and spot != view.head_at
            ]
            after = [at + 2] if view.lemma(at + 2) in {"time", "date", "size"} else []
            view.claim(at, at + 1, *more, *after)
            return _SORT_KEYS[view.lemma(at + 1)]
    spot = view.find(
        words("largest biggest smallest heaviest newest oldest latest recent recently alphabetically alphabetical")
    )
    if spot is None:
        return None
    word = view.lemma(spot)
    if word in {"largest", "biggest", "smallest", "heaviest"}:
        return "size"
    return "name" if word in {"alphabetically", "alphabetical"} else "modified"


def _order(view: View) -> Json:
    if view.find(words("largest biggest heaviest newest latest recent recently")) is not None:
        return "desc"
    return "asc" if view.find(words("smallest oldest")) is not None else None


_SORT_WORDS = words("largest biggest smallest heaviest newest oldest latest recent alphabetically alphabetical")
_SORT_KEYS = {
    "size": "size",
    "date": "modified",
    "age": "modified",
    "time": "modified",
    "modification": "modified",
    "modified": "modified",
    "name": "name",
    "filesize": "size",
}


def _direction(view: View) -> Json:
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
    ):
        at = view.phrase(first, second)
        if at is not None:
            view.claim(at if first == "most" else at + 1)
    at = view.find({"recently"})
    if at is not None and view.lemma(at + 1) in {"modified", "changed", "edited", "created", "updated"}:
        view.claim(at, at + 1)
    view.take_phrase("last", "modified")
    return None


_LIMIT = count_after(
    "largest", "biggest", "smallest", "heaviest", "newest", "oldest", "latest", "top", "recent", "first", "most"
)


def _dated(arguments: JsonObject, view: View) -> JsonObject | None:
    """A wish for an order by a number needs its direction: "sorted by size" means the largest first."""
    if arguments.get("sort") in ("size", "modified") and "order" not in arguments:
        arguments = {**arguments, "order": "desc"}
    if arguments.get("sort") == "name" and "order" in arguments:
        return None
    return arguments


def _listing(arguments: JsonObject, view: View) -> JsonObject | None:
    if "path" not in arguments and ("pattern" in arguments or "limit" in arguments or "sort" in arguments):
        return None
    if isinstance(arguments.get("path"), str) and looks_like_file(str(arguments["path"])) and not _folder_said(view):
        return None
    if "path" not in arguments and not any(t.lemma in _FILE for t in view.tokens if t.word):
        return None
    if _either_kind(arguments, view) or _folders_only(view):
        return None
    return _dated(arguments, view)


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


def _whole_glob(view: View) -> Json:
    pair = folder_of_glob(view)
    return None if pair is None else "/".join(pair)


def _split_glob(arguments: JsonObject, view: View, name: str = "pattern") -> JsonObject:
    whole = arguments.get("_glob")
    if isinstance(whole, str) and "path" not in arguments:
        folder, _, pattern = whole.rpartition("/")
        arguments = {**arguments, "path": folder, name: pattern}
    return arguments


LIST = Frame(
    "file.list",
    LISTS | words("what's"),
    (),
    _FILE
    | words(
        "inside contain contained hidden recursive recursively all subfolder including include "
        "listing list workspace home root there everything dotfile with detail"
    )
    | _SORT_WORDS,
    slots=(
        ("_glob", _whole_glob),
        ("pattern", glob),
        ("path", folder_or_word("in under inside within of", logs=True)),
        ("sort", _sort),
        ("order", _order),
        ("_first", _direction),
        ("limit", _LIMIT),
        ("hidden", flag("hidden", "dotfile")),
        ("recursive", flag("recursive", "recursively", "subfolder")),
    ),
    measures=(Measure("output.count", "number"),),
    strict=True,
    same="output.entries",
    final=lambda a, v: _listing(_split_glob(a, v), v),
)
LISTING = Frame(
    "file.list",
    words("content file listing"),
    (words("content file listing"),),
    _FILE | words("all"),
    slots=(("path", _FOLDER),),
    needs=frozenset({"path"}),
    same="output.entries",
)


def _reading(arguments: JsonObject, view: View) -> JsonObject | None:
    """A verb of reading proper takes any path; `show` and `what` take what looks like a file."""
    text = str(arguments.get("path", ""))
    proper = view.head in {"read", "cat", "open", "type", "dump", "print"} or any(
        token.lemma in {"file", "say", "document", "text"} for token in view.tokens if token.word
    )
    return arguments if (proper and not text.endswith("/")) or looks_like_file(text) else None


READ = Frame(
    "file.read",
    READS,
    (),
    words("content file say text contain document whole full entire complete logfile inside"),
    slots=(("path", first_of(_AS_FILE, _ANY)),),
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
    words("file"),
    slots=(("path", path(None, want="file")),),
    needs=frozenset({"path"}),
    same="output.text",
    measures=(Measure("output.text", "text"),),
)
HEAD = Frame(
    "file.head",
    READS | words("head list print"),
    (words("first top head beginning start begin"),),
    words("line row entry of file lines"),
    slots=(
        ("path", first_of(_AS_FILE, _ANY)),
        (
            "lines",
            first_of(
                count_after("first", "top", "head", "line"),
                lambda v: 1 if v.phrase("first", "line") is not None and not _plural_line(v) else None,
            ),
        ),
    ),
    needs=frozenset({"path"}),
    measures=(Measure("output.text", "text"),),
    same="output.text",
)


def _plural_line(view: View) -> bool:
    return any(token.text.casefold() in {"lines", "rows", "entries"} for token in view.tokens)


def _last_line(view: View) -> Json:
    return 1 if view.phrase("last", "line") is not None and not _plural_line(view) else None


TAIL = Frame(
    "file.tail",
    READS | words("tail list"),
    (words("last tail end bottom final latest recent"),),
    words("line row entry most recent of file few"),
    slots=(
        ("path", first_of(_AS_FILE, _ANY)),
        ("lines", first_of(count_after("last", "tail", "final", "latest", "bottom", "recent", "line"), _last_line)),
    ),
    needs=frozenset({"path"}),
    measures=(Measure("output.text", "text"),),
    same="output.text",
    final=lambda a, v: None if v.has("few") else a,
)

# --- finding and searching -----------------------------------------------------------------------------------------


def _finding(arguments: JsonObject, view: View) -> JsonObject | None:
    arguments = _dated(_split_glob(arguments, view), view) or {}
    low = {t.text.casefold() for t in view.tokens if t.word}
    if "pattern" not in arguments and any(
        word in PLURAL_EXTENSIONS or word.removesuffix("s") in PLURAL_EXTENSIONS for word in low
    ):
        return None
    if (
        arguments.get("sort") == "size"
        and _superlative(view)
        and not low & {"file", "files", "log file", "log files", "document", "documents"}
    ):
        return None
    if "logs" in low and "pattern" not in arguments and str(arguments.get("path", "")).rstrip("/") != "logs":
        if "contains" in arguments:
            return None
        arguments = {**arguments, "pattern": "*.log"}
    criteria = arguments.keys() - {"path", "type", "_glob", "order"}
    if not criteria and arguments.get("type") != "directory":
        return None
    if "sort" in arguments and "limit" not in arguments and _superlative(view):
        arguments = {**arguments, "limit": 1 if not _plural_files(view) else 10}
    if ("sort" in arguments and "type" not in arguments and _superlative(view)) or (
        arguments.keys() & {"min_size_bytes", "max_size_bytes"} and "type" not in arguments
    ):
        arguments = {**arguments, "type": "file"}
    return arguments


def _superlative(view: View) -> bool:
    return any(
        t.lemma in {"largest", "biggest", "smallest", "newest", "oldest", "latest", "heaviest", "recent", "recently"}
        for t in view.tokens
        if t.word
    )


def _plural_files(view: View) -> bool:
    return any(token.text.casefold() in {"files", "documents", "folders", "logs"} for token in view.tokens)


def _type(view: View) -> Json:
    spot = view.find({"folder", "directory", "subfolder", "subdirectory"})
    if (
        spot is not None
        and view.find({"file"}) is None
        and view.lemma(spot - 1) not in {"the", "in"}
        and view.tokens[spot].text.casefold().endswith("s")
    ):
        return "directory"
    return None


def _name_pattern(view: View) -> Json:
    """`files named notes.txt`, `a file called todo`, `where is invoice.pdf`: a name that serves as the pattern."""
    found = glob(view)
    if found is not None:
        return found
    for at, token in view.free(Kind.PATH, Kind.QUOTED, Kind.WORD):
        if (
            view.lemma(at - 1) in {"named", "called"}
            and "/" not in token.text
            and (not token.word or token.lemma not in FILLERS)
        ):
            view.claim(at - 1, at)
            return clean(str(token.value or token.text))
    if view.head in {"find", "locate", "where"}:
        return literal(Kind.PATH, preps="", test=lambda f: "/" not in f.token.text and looks_like_file(f.token.text))(
            view
        )
    return None


def _containing(view: View) -> Json:
    for at, token in view.free(Kind.QUOTED, Kind.WORD):
        before, two = view.lemma(at - 1), view.lemma(at - 2)
        start = at - 1
        if before in {"word", "text", "string", "phrase"}:
            before, start = view.lemma(start - 1), start - 1
        if before == "the":
            before, start = view.lemma(start - 1), start - 1
        leads = before in {"containing", "mentioning", "contain", "contains", "mention", "mentions", "include"}
        if leads and before != two and (token.kind is Kind.QUOTED or token.text.isupper()):
            view.claim(*range(start, at + 1))
            return clean(str(token.value or token.text))
    return None


FIND = Frame(
    "file.find",
    FINDS | words("howmany"),
    (
        words("file folder directory document logfile item subfolder subdirectory anything stuff log")
        | {"where"}
        | PLURAL_EXTENSIONS,
    ),
    _FILE
    | _SORT_WORDS
    | words(
        "anywhere recursively all in the exist stored live located whose with extension ending end modified changed "
        "howmany subfolder workspace everywhere number edited updated touched recently from"
    ),
    slots=(
        ("_glob", _whole_glob),
        ("min_size_bytes", compared(Kind.SIZE, MORE)),
        ("max_size_bytes", compared(Kind.SIZE, LESS)),
        ("older_than_s", compared(Kind.DURATION, OLDER)),
        ("newer_than_s", compared(Kind.DURATION, NEWER)),
        ("contains", _containing),
        ("pattern", _name_pattern),
        ("sort", _sort),
        ("order", _order),
        ("_first", _direction),
        ("limit", _LIMIT),
        ("type", _type),
        ("path", _FOLDER),
    ),
    final=_finding,
    measures=(Measure("output.count", "number"), Measure("output.total_bytes", "bytes")),
)
EMPTY = Frame(
    "file.find",
    FINDS,
    (words("empty"), words("file")),
    words("zero byte size"),
    slots=(("path", _FOLDER), ("pattern", glob), ("max_size_bytes", lambda v: 0), ("type", lambda v: "file")),
    strict=True,
    measures=(Measure("output.count", "number"),),
)
LEVELS = words("error warning warn fatal critical exception debug failure failed")
LOGS = words("log logfile logline")


def _pattern(view: View) -> Json:
    """The text searched for: quoted, a word in capitals, after `containing`, or a log level."""
    quoted = _announced(view)
    if quoted is not None:
        return quoted
    for at, token in view.free(Kind.WORD):
        if token.lemma in LEVELS and (view.lemma(at + 1) in _LINES or token.text.isupper()):
            view.claim(at)
            return clean(token.text)
    for at, token in view.free(Kind.WORD):
        if token.text.isupper() and len(token.text) > 2 and at != view.head_at and view.lemma(at + 1) not in {"file"}:
            view.claim(at)
            return clean(token.text)
    for at, token in view.free(Kind.WORD):
        if token.lemma in LEVELS and at != view.head_at:
            view.claim(at)
            return clean(token.text)
    return _searched_word(view)


_LINES = words("line entry message event occurrence record logline row")
_ANNOUNCE = words(
    "containing contain contains mentioning mention mentions with matching match matches for word text string "
    "phrase pattern regex expression regexp having include includes including say says saying of term"
)


def _announced(view: View) -> Json:
    for at, token in view.free(Kind.QUOTED):
        before = view.lemma(at - 1)
        in_path = before in {"in", "under", "file", "folder", "from"} or view.lemma(at + 1) in {"folder", "directory"}
        if not in_path:
            view.claim(at)
            return clean(str(token.value))
    return None


def _searched_word(view: View) -> Json:
    """`search for timeout in`, `grep timeout in`, `lines containing timeout`: the plain word after such a lead."""
    for at, token in view.free(Kind.WORD):
        if token.lemma in FILLERS | _LINES | LOGS | _ANNOUNCE or at == view.head_at:
            continue
        before = view.lemma(at - 1)
        lead = before in words(
            "containing contain contains mentioning mention mentions word string text matching "
            "phrase term include pattern"
        )
        if (before == "for" and view.lemma(at - 2) == "search") or (
            before == "for" and view.head in {"grep", "scan", "look"}
        ):
            lead = True
        if (view.head == "grep" and at == view.head_at + 1) or (
            view.head == "search" and at == view.head_at + 1 and token.text.isupper()
        ):
            lead = True
        if lead and (view.lemma(at + 1) in FILLERS | _LINES or not view.lemma(at + 1)):
            view.claim(at)
            return clean(token.text)
    return None


def _log_files(view: View) -> Json:
    """`the logs`, `log files`, `all .log files`: what the word stands for where no path is given."""
    found = glob(view)
    if found is not None:
        return found
    return "*.log" if view.take(LOGS) else None


def _searching(arguments: JsonObject, view: View) -> JsonObject | None:
    arguments = _split_glob(arguments, view, "files")
    pattern = arguments.get("pattern")
    if not isinstance(pattern, str) or not pattern:
        return None
    if pattern.endswith("s") and pattern[:-1].isupper() and pattern[:-1].casefold() in LEVELS:
        pattern = pattern[:-1]
        arguments = {**arguments, "pattern": pattern}
    if len({t.lemma for t in view.tokens if t.word and t.lemma in LEVELS}) > 1:
        return None
    counted = view.head in {"count", "howmany"} and "path" in arguments
    if view.head not in {"search", "grep", "scan", "find", "look"} and not counted and not _speaks_of_lines(view):
        return None
    path_value = arguments.get("path")
    if isinstance(path_value, str) and looks_like_file(path_value) and "files" in arguments:
        arguments = {name: value for name, value in arguments.items() if name != "files"}
    level = pattern.casefold() in LEVELS and not pattern.isupper()
    if pattern.casefold().rstrip("s") in LEVELS and pattern.islower():
        pattern, level = pattern.removesuffix("s"), True
    if level:
        arguments = {**arguments, "pattern": pattern, "ignore_case": True}
    if pattern.casefold() in LEVELS and "path" not in arguments and "files" not in arguments:
        # Log levels are looked for in logs: a report about errors is not one more error.
        arguments = {**arguments, "files": "*.log"}
    return arguments


def _speaks_of_lines(view: View) -> bool:
    return any(
        t.lemma
        in _LINES | LEVELS | {"occurrence", "mention", "log", "file", "often", "time", "match", "contain", "contains"}
        for t in view.tokens
        if t.word
    )


_SEARCH_MAY = (
    _LINES
    | _ANNOUNCE
    | LOGS
    | words(
        "file all match mention occurrence there recursively folder directory under inside case "
        "insensitive insensitively ignoring ignore "
        "sensitive every often many time appear appears occur occurs hit code source howmany "
        "number show up literal regular from with number total "
        "expression regex logged content through"
    )
)
SEARCH = Frame(
    "file.search",
    SEARCHES | words("howmany search grep scan"),
    (),
    _SEARCH_MAY,
    slots=(
        ("regex", lambda v: True if v.find({"regex", "regexp", "regular"}) is not None else None),
        ("_glob", _whole_glob),
        ("files", first_of(glob)),
        (
            "path",
            first_of(
                path("in from under inside within of through on to into  ", want="any", bare=True), folder_or_word()
            ),
        ),
        ("pattern", _pattern),
        ("files", _log_files),
        ("ignore_case", lambda v: True if v.find({"insensitive", "insensitively", "ignoring"}) is not None else None),
    ),
    needs=frozenset({"pattern"}),
    strict=True,
    final=_searching,
    measures=(Measure("output.count", "number"),),
    same="output.count",
)
LEVEL_LINES = Frame(
    "file.search",
    LEVELS,
    (LEVELS, LOGS | _LINES),
    _SEARCH_MAY,
    slots=SEARCH.slots,
    needs=frozenset({"pattern"}),
    final=_searching,
    measures=(Measure("output.count", "number"),),
    same="output.count",
)

# --- facts about one file ------------------------------------------------------------------------------------------
COUNT = Frame(
    "file.count",
    words("count howmany how show get tell give what wc number report find check is are"),
    (words("line word byte character row"),),
    words("number howmany many total long file in contain all of does count of log code"),
    slots=(("_glob", _whole_glob), ("files", glob), ("path", first_of(_AS_FILE, _FOLDER, _ANY))),
    needs=frozenset({"path"}),
    final=lambda a, v: _split_glob(a, v, "files"),
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
    slots=(("_glob", _whole_glob), ("pattern", glob), ("path", _FOLDER), ("type", lambda v: "file")),
    strict=True,
    needs=frozenset(),
    final=lambda a, v: _split_glob(a, v),
    measures=(Measure("output.count", "number"),),
    bonus=-1,
)
SIZE_OF = Frame(
    "file.stat",
    words("compare-size"),
    (),
    words("file size in"),
    slots=(("path", first_of(path(None, want="file", bare=True), _ANY)),),
    needs=frozenset({"path"}),
    strict=True,
    measures=(Measure("output.size_bytes", "bytes"),),
)
COUNT_FOLDERS = Frame(
    "file.find",
    words("count howmany how number"),
    (words("folder directory subfolder subdirectory"),),
    words("number many total there lie are in contain all exist"),
    slots=(("path", _FOLDER), ("type", lambda v: "directory")),
    strict=True,
    measures=(Measure("output.count", "number"),),
    speaks="file.find",
)
_SIZE = words("size space big large room usage heavy storage disk weigh du")
USAGE = Frame(
    "file.usage",
    _ASKS | words("du"),
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
    _ASKS,
    (words("size big large"), words("file")),
    words("each all every of"),
    slots=(("pattern", glob), ("path", _FOLDER)),
    needs=frozenset({"path"}),
    final=lambda a, v: a if _each_file(v) else None,
)
SIZE = Frame(
    "file.stat",
    _ASKS,
    (words("size big large weigh heavy"),),
    words("file of howmuch take"),
    slots=(("path", path(None, want="file")),),
    needs=frozenset({"path"}),
    measures=(Measure("output.size_bytes", "bytes"),),
    same="output.size_bytes",
)
STAT = Frame(
    "file.stat",
    _ASKS | words("stat"),
    (
        words(
            "modified changed modification permission owner own date detail metadata stat edited touched "
            "updated info information age old timestamp mode written"
        ),
    ),
    words("last time file about latest size was own when of most recently get got"),
    slots=(("path", _ANY),),
    needs=frozenset({"path"}),
    measures=(Measure("output.modified", "text"),),
    same="output.modified",
    final=lambda a, v: a if v.head != "who" or any(t.lemma in {"own", "owner"} for t in v.tokens if t.word) else None,
)
EXISTS = Frame(
    "file.list",
    words("does is check do has have whether test verify see tell know are which what"),
    (words("exist exists there present"),),
    words("file folder directory whether if called named a the"),
    slots=(("path", first_of(_ANY, path(None, bare=True))),),
    final=lambda a, v: _existence(a),
    measures=(Measure("output.count", "number"),),
    strict=False,
    bonus=2,
    speaks="file.stat",
)


HAVING = Frame(
    "file.list",
    words("do does has have"),
    (words("have has"),),
    words("file folder directory the a copy still already"),
    slots=(("path", path("", want="file", bare=True)),),
    final=lambda a, v: _existence(a),
    measures=(Measure("output.count", "number"),),
    strict=True,
    speaks="file.stat",
)
HOGS = Frame(
    "file.usage",
    words("what what's which"),
    (words("space disk room storage"), words("taking eating hogging filling eat hog fill consuming take")),
    words("much so all most the up file folder biggest largest hard"),
    slots=(("path", folder_or_word("in under inside within")),),
    strict=True,
    measures=(Measure("output.bytes", "bytes"),),
)


def _existence(arguments: JsonObject) -> JsonObject | None:
    """A file exists where its folder's list, narrowed to its name, has an entry: an answer, where `stat` would fail."""
    text = str(arguments.get("path", "")).rstrip("/")
    folder, _, name = text.rpartition("/")
    return (
        {"path": folder, "pattern": name, "hidden": True}
        if folder
        else {"pattern": name, "hidden": True}
        if name
        else None
    )


HASH = Frame(
    "file.hash",
    _ASKS | words("compute calculate verify hash checksum sha256 md5 take determine compare generate"),
    (words("hash checksum sha256 sha1 md5 sha512 digest fingerprint sha-256 sha-1 sha256sum md5sum"),),
    words("sum value file of"),
    slots=(
        ("path", first_of(_AS_FILE, _ANY)),
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
    slots=(("path", first_of(_AS_FILE, _ANY)),),
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
        ("path", first_of(_AS_FILE, _ANY)),
        ("reverse", flag("reverse", "reversed", "descending", "backwards")),
        ("numeric", flag("numerically", "numeric", "number")),
        ("unique", flag("unique", "duplicate")),
    ),
    needs=frozenset({"path"}),
    strict=True,
    same="output.text",
)
FRAMES = (
    LIST,
    LISTING,
    READ,
    CONTENT,
    HEAD,
    TAIL,
    FIND,
    EMPTY,
    SEARCH,
    LEVEL_LINES,
    COUNT,
    COUNT_FILES,
    USAGE,
    SIZES,
    SIZE,
    STAT,
    EXISTS,
    HAVING,
    HOGS,
    COUNT_FOLDERS,
    HASH,
    SAME_FILE,
    SIZE_OF,
    SORT,
)
__all__ = ["DELETES", "FRAMES", "role", "text_quoted"]
