"""Frames for finding files by what they are, and lines by what they hold."""

from __future__ import annotations

from agents.embedded.file_slots import (
    FILE_WORDS,
    FOLDER,
    LIMIT,
    SORT_WORDS,
    both_ends,
    dated,
    direction,
    sort_key,
    sort_order,
    split_glob,
    superlative,
    whole_glob,
)
from agents.embedded.frames import Frame, Measure
from agents.embedded.slots import (
    FOLDER_NOUNS,
    LESS,
    MORE,
    NEWER,
    OLDER,
    clean,
    compared,
    first_of,
    folder_or_word,
    glob,
    literal,
    looks_like_file,
    path,
)
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.words import EXTENSIONS, FILLERS, FINDS, PLURAL_EXTENSIONS, SEARCHES
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject


def _finding(arguments: JsonObject, view: View) -> JsonObject | None:
    arguments = dated(split_glob(arguments, view), view) or {}
    low = {t.text.casefold() for t in view.tokens if t.word}
    if "pattern" not in arguments and any(
        word in PLURAL_EXTENSIONS or word.removesuffix("s") in PLURAL_EXTENSIONS for word in low
    ):
        return None
    if (
        arguments.get("sort") == "size"
        and superlative(view)
        and not low & {"file", "files", "log file", "log files", "document", "documents"}
    ):
        return None
    if "logs" in low and "pattern" not in arguments and str(arguments.get("path", "")).rstrip("/") != "logs":
        if "contains" in arguments:
            return None
        arguments = {**arguments, "pattern": "*.log"}
    if "contains" in arguments and view.head == "which":
        return None  # a question for the lines that hold a text, by its examples
    if arguments.get("sort") == "size" and arguments.get("type") == "directory":
        return None  # folders have no size of their own here
    if both_ends(view):
        return None
    if "type" not in arguments and _superlative_folder(view):
        return None
    criteria = arguments.keys() - {"path", "type", "_glob", "order"}
    if not criteria and arguments.get("type") != "directory":
        return None
    if "sort" in arguments and "limit" not in arguments and superlative(view) and not _in_that_order(view):
        arguments = {**arguments, "limit": 1 if not _plural_files(view) else 10}
    if ("sort" in arguments and "type" not in arguments and superlative(view)) or (
        arguments.keys() & {"min_size_bytes", "max_size_bytes"} and "type" not in arguments
    ):
        arguments = {**arguments, "type": "file"}
    return arguments


def _in_that_order(view: View) -> bool:
    """`newest first`: the order of all of them, not one alone."""
    return any(
        token.word and token.lemma in SORT_WORDS and view.lemma(at + 1) == "first"
        for at, token in enumerate(view.tokens)
    )


def _superlative_folder(view: View) -> bool:
    """`the oldest folder`: the superlative is the folder's, not a file's."""
    return any(
        view.lemma(at) in FOLDER_NOUNS and view.lemma(at - 1) in SORT_WORDS | {"recent"}
        for at in range(1, len(view.tokens))
    )


def _plural_files(view: View) -> bool:
    """`the oldest files`; a folder that is called "logs" says nothing of how many are meant."""
    plural = {"files", "documents", "folders", "logs"}
    return any(
        token.text.casefold() in plural and view.lemma(at - 1) not in {"in", "inside", "under", "within", "below"}
        for at, token in enumerate(view.tokens)
    )


def _type(view: View) -> Json:
    spot = view.find({"folder", "directory", "subfolder", "subdirectory"})
    if (
        spot is not None
        and not any(token.word and token.lemma == "file" for token in view.tokens)
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
            and view.lemma(at - 2) not in FOLDER_NOUNS
            and "/" not in token.text
            and (not token.word or token.lemma not in FILLERS)
        ):
            view.claim(at - 1, at)
            return clean(str(token.value or token.text))
    if view.head in {"find", "locate", "where", "hunt", "track", "where's"} or (
        view.head == "search" and view.lemma(view.head_at + 1) in {"for", ""}
    ):
        return literal(
            Kind.PATH, preps=" for of", test=lambda f: "/" not in f.token.text and looks_like_file(f.token.text)
        )(view)
    return None


def _is_name(text: str) -> bool:
    return "/" not in text and looks_like_file(text)


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


_THINGS = (
    words("file folder directory document logfile item subfolder subdirectory anything stuff log thing everything one")
    | {"where", "where's", "image", "picture"}
    | PLURAL_EXTENSIONS
    | EXTENSIONS.keys()
)
_CHANGED = words(
    "modified changed edited updated touched written created added landed arrived saved made produced appeared new "
    "unchanged untouched unmodified dropped came come downloaded generated put changes change"
)
FIND = Frame(
    "file.find",
    FINDS | words("howmany hunt track locate anything search where's"),
    (),
    FILE_WORDS
    | SORT_WORDS
    | _CHANGED
    | EXTENSIONS.keys()
    | words(
        "around lying hanging floating listed shown mention mentions mentioning contain containing contains top log "
        "plain list included including subfolder "
        "anywhere recursively all in the exist stored live located "
        "whose with extension ending end "
        "howmany subfolder workspace everywhere number recently from large big huge type of kind for name named called "
        "down hiding lie lies lying sit sits kept keep last past previous within during over older newer anything "
        "stuff "
        "thing everything got more than old matching match that one size file image picture still since between there "
        "under where"
    ),
    slots=(
        ("_glob", whole_glob),
        ("min_size_bytes", compared(Kind.SIZE, MORE)),
        ("max_size_bytes", compared(Kind.SIZE, LESS)),
        ("older_than_s", compared(Kind.DURATION, OLDER)),
        ("newer_than_s", compared(Kind.DURATION, NEWER)),
        ("contains", _containing),
        ("pattern", _name_pattern),
        ("sort", sort_key),
        ("order", sort_order),
        ("_first", direction),
        ("limit", LIMIT),
        ("type", _type),
        ("path", folder_or_word("in under inside within below beneath", logs=True)),
    ),
    final=lambda a, v: _finding(a, v) if _speaks_of_files(a, v) else None,
    measures=(Measure("output.count", "number"), Measure("output.total_bytes", "bytes")),
    bonus=2,
    free=True,
)


def _speaks_of_files(arguments: JsonObject, view: View) -> bool:
    """Files are named by a noun or by their type; `*.conf touched within 6h` and `where is a.pdf` need no noun."""
    named = arguments.keys() & {"_glob", "pattern"}
    changed = arguments.keys() & {"newer_than_s", "older_than_s"} and any(t.lemma in _CHANGED for t in view.tokens)
    return bool(named or changed) or any(token.word and token.lemma in _THINGS for token in view.tokens)


EMPTY = Frame(
    "file.find",
    FINDS,
    (words("empty zero-byte zero-length"), words("file")),
    words("zero byte size"),
    slots=(("path", FOLDER), ("pattern", glob), ("max_size_bytes", lambda v: 0), ("type", lambda v: "file")),
    measures=(Measure("output.count", "number"),),
)


LEVELS = words("error warning warn fatal critical exception debug failure failed")


LOGS = words("log logfile logline")


def _pattern(view: View) -> Json:
    """The text searched for: quoted, a word in capitals, after `containing`, or a log level."""
    quoted = _announced(view)
    if quoted is not None:
        return quoted
    headless = view.head in LEVELS and not view.assumed
    for at, token in enumerate(view.tokens):
        if headless and at == view.head_at:
            view.claim(at)
            return clean(token.text)
    for at, token in view.free(Kind.WORD):
        if token.text.isupper() and len(token.text) > 2 and view.lemma(at + 1) in _LINES:
            view.claim(at)
            return clean(token.text)
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


_BEHIND = words("through across case-insensitively ignoring throughout below under")


def _searched_word(view: View) -> Json:
    """`search for timeout in`, `grep timeout in`, `lines containing timeout`: the plain word after such a lead."""
    for at, token in view.free(Kind.WORD):
        if token.lemma in FILLERS | _LINES | LOGS | _ANNOUNCE or at == view.head_at:
            continue
        before = view.lemma(at - 1)
        lead = before in words(
            "containing contain contains mentioning mention mentions word string text matching "
            "phrase term include pattern name"
        )
        lead = lead and view.tokens[at - 1].text.casefold() != "words"  # "how many words fill it" names none
        if (before == "for" and view.lemma(at - 2) == "search") or (
            before == "for" and view.head in {"grep", "scan", "look", "search"}
        ):
            lead = True
        if (view.head == "grep" and at == view.head_at + 1) or (
            view.head == "search" and at == view.head_at + 1 and token.text.isupper()
        ):
            lead = True
        if before == "of" and view.lemma(at - 2) in {"mention", "occurrence", "trace", "sign"}:
            lead = True
        if lead and (view.lemma(at + 1) in FILLERS | _LINES | _BEHIND or not view.lemma(at + 1)):
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
    arguments = split_glob(arguments, view, "files")
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
    plain = not any(token.kind is Kind.QUOTED for token in view.tokens) and not pattern.isupper()
    if plain and pattern.casefold().rstrip("s") not in LEVELS and not arguments.keys() & {"path", "files"}:
        return None  # "scan beta for viruses" asks for no text
    if view.head in {"what", "does"} and not view.assumed and not arguments.keys() & {"path", "files"}:
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
        in _LINES
        | LEVELS
        | words("sign trace say says appear appears occur occurs anywhere logged hit mentions")
        | {"occurrence", "mention", "log", "file", "often", "time", "match", "contain", "contains"}
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
        "case-insensitively case-insensitive throughout trace sign everything below underneath number show up "
        "literal regular from with number total out hit any count "
        "expression regex logged content through"
    )
)


def _folder_of_files(view: View) -> Json:
    """A folder by a plain word; `the *.log files under logs`: "logs" is a folder where the files are named already."""
    globbed = any(token.kind is Kind.GLOB for token in view.tokens)
    for at, token in view.free(Kind.WORD):
        # "the logs" are files; "in logs" names the folder, as no article says that they are things.
        if token.text == "logs" and view.lemma(at - 1) in {
            "in",
            "under",
            "inside",
            "within",
            "search",
            "scan",
            "below",
        }:
            view.claim(at, *({at - 1} - {view.head_at}))
            return "logs"
    return folder_or_word("in under inside within below", logs=globbed)(view)


SEARCH = Frame(
    "file.search",
    SEARCHES | words("howmany search grep scan"),
    (),
    _SEARCH_MAY,
    slots=(
        ("regex", lambda v: True if v.find({"regex", "regexp", "regular"}) is not None else None),
        ("_glob", whole_glob),
        ("files", first_of(glob)),
        (
            "path",
            first_of(
                path("in from under inside within of through on to into below  ", want="any", bare=True),
                _folder_of_files,
            ),
        ),
        ("pattern", _pattern),
        ("files", _log_files),
        (
            "ignore_case",
            lambda v: (
                True
                if v.find({"insensitive", "insensitively", "ignoring", "case-insensitively", "case-insensitive"})
                is not None
                else None
            ),
        ),
    ),
    needs=frozenset({"pattern"}),
    strict=True,
    final=_searching,
    measures=(Measure("output.count", "number"),),
    same="output.count",
)


LINES_WITH = Frame(
    "file.search",
    words("is has have are does do where everything anything which what any all every fish pick dig"),
    (
        LEVELS
        | _LINES
        | words(
            "occurrence mention mentions appear appears occur occurs contain contains containing say says saying match "
            "hit anywhere logged found often with matches mentioning trace sign"
        ),
    ),
    _SEARCH_MAY | words("anywhere everything been ever out hit where any got at"),
    slots=SEARCH.slots,
    needs=frozenset({"pattern"}),
    final=lambda a, v: _searching(a, v) if a.keys() & {"path", "files", "_glob"} else None,
    measures=(Measure("output.count", "number"),),
    same="output.count",
    speaks="file.search",
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

FRAMES = (FIND, EMPTY, SEARCH, LINES_WITH, LEVEL_LINES)
