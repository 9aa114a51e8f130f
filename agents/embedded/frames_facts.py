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
    first_of,
    flag,
    folder_or_word,
    glob,
    looks_like_file,
    path,
)
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

_COUNTING = words("count howmany number amount total howlong wc tally loc long many length sloc sum")
_COUNTED = words("line word byte character row loc sloc")


def _counting(arguments: JsonObject, view: View) -> JsonObject | None:
    """`the lines of a.txt` alone are its text: a counting word says that they are counted, or a condition on them."""
    said = any(token.word and token.lemma in _COUNTING for token in view.tokens)
    return split_glob(arguments, view, "files") if said or view.assumed else None


_LANGUAGES = {
    "python": "py",
    "javascript": "js",
    "typescript": "ts",
    "java": "java",
    "rust": "rs",
    "ruby": "rb",
    "php": "php",
    "perl": "pl",
    "kotlin": "kt",
    "css": "css",
    "html": "html",
    "sql": "sql",
}


def _language(view: View) -> Json:
    """`lines of python`, `python code`: the files of a language that has one extension."""
    for at, token in view.free(Kind.WORD):
        if token.lemma in _LANGUAGES and (
            view.lemma(at - 1) == "of" or view.lemma(at + 1) in {"code", "source", "loc"}
        ):
            view.claim(at)
            return "*." + _LANGUAGES[token.lemma]
    return None


COUNT = Frame(
    "file.count",
    words("count howmany how show get tell give what wc number report find check is are"),
    (_COUNTED,),
    _COUNTING
    | words(
        "hold exist make up take fill is in contain all of does log code together altogether got source there by now "
        "so overall"
    ),
    slots=(
        ("_glob", whole_glob),
        ("files", first_of(glob, _language)),
        ("path", first_of(FILE_PATH, folder_or_word("in under inside within below of", logs=True), ANY_PATH)),
    ),
    needs=frozenset({"path"}),
    final=_counting,
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
    words("number many howmany total there lie are in contain all exist workspace whole entire"),
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


_SIZE = words(
    "size space big large room usage heavy storage disk weigh fat weight footprint huge bulky hefty massive gb mb gig "
    "megabyte gigabyte kilobyte meaty eating occupy occupies tb take takes need needs heft chunky"
)


USAGE = Frame(
    "file.usage",
    ASKS | words("du"),
    (_SIZE,),
    words(
        "total take takes taking up occupy occupies occupied used use usage howmuch much disk of "
        "folder directory contents content file "
        "big size combined whole consume consumes eat eating taken need needs fill fills hog hogs altogether howmany "
        "require requires cost costs swallow swallows demand demands claim claims become became grown together all "
        "weigh weight footprint has got in the right now gb mb heavy"
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
    (
        words(
            "size big large weigh heavy fat weight huge gb mb kb gig megabyte gigabyte kilobyte filesize hefty bulky "
            "massive tiny small chunky"
        ),
    ),
    words(
        "occupy occupies use uses need needs require requires large roughly file of howmuch take howmany size exact "
        "exactly got in on disk space mb gb"
    ),
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
            "updated info information age old timestamp mode written perms permission altered executable writable "
            "readable "
            "mtime "
            "belong belongs whose right chmod ownership change modify update touch edit saved attribute "
            "write-protected "
            "writeable read-only readonly readable writeable protected altered"
        ),
    ),
    words(
        "last time file about latest size was own when of most recently get got to change user access group who date "
        "and read modification permission set on for right mode what's which ever whose script exact owner recent "
        "stamp "
        "modified changed changes someone somebody anyone anybody the be still world group write protected file-info"
    ),
    slots=(("path", ANY_PATH),),
    needs=frozenset({"path"}),
    measures=(Measure("output.modified", "text"),),
    same="output.modified",
    final=lambda a, v: _stating(a, v),
)


def _stating(arguments: JsonObject, view: View) -> JsonObject | None:
    """`who ...` asks for the owner only with a word for it; `what is written in` asks for the text."""
    owner = any(token.lemma in {"own", "owner", "belong", "whose"} for token in view.tokens if token.word)
    text = any(view.lemma(at) == "written" and view.lemma(at + 1) == "in" for at in range(len(view.tokens)))
    return None if text or (view.head == "who" and not owner) else arguments


def _names_folder(view: View) -> bool:
    low = {token.lemma for token in view.tokens if token.word}
    return bool(low & {"folder", "directory"}) and "file" not in low


def _of_many(view: View) -> bool:
    """`which files are there in data`: asks what is there, not whether it is."""
    return any(token.text.casefold() in {"files", "folders", "documents", "things"} for token in view.tokens)


def _anywhere(arguments: JsonObject, view: View) -> JsonObject | None:
    """A bare name is looked for in every folder: a file of that name in `data` exists as well."""
    name = str(arguments.get("path", ""))
    if _of_many(view):
        return None
    if not name or "/" in name or name in {".", ".."}:
        return None
    return {"pattern": name, "type": "directory"} if _names_folder(view) else {"pattern": name}


def _exactly(arguments: JsonObject, view: View) -> JsonObject | None:
    """A name with a place, where the answer decides about more: its folder's list narrowed to it, as `stat` fails."""
    text = str(arguments.get("path", ""))
    folder, slash, name = text.rstrip("/").rpartition("/")
    if "/" not in text or not name or _of_many(view) or not _decides(view):
        return None
    hidden: JsonObject = {"hidden": True} if name.startswith(".") else {}
    return {"path": folder or (slash or "."), "pattern": name, **hidden}


def _described(arguments: JsonObject, view: View) -> JsonObject | None:
    """A name with a place, asked for its own sake: what it is, or the error that says that it is not there."""
    text = str(arguments.get("path", ""))
    if "/" not in text or text.endswith("/") or not text.strip("./~") or _of_many(view) or _decides(view):
        return None
    return arguments


def _decides(view: View) -> bool:
    """Conditions, and questions which devices have a file, need a value for "no" as well."""
    which = any(
        token.kind is Kind.DEVICE and token.text.casefold().startswith(("which", "what")) for token in view.tokens
    )
    return view.decides or bool(view.assumed) or view.head == "which" or which


def _joined(arguments: JsonObject) -> JsonObject:
    """`a.csv, in the folder data`: a name and its place, said apart."""
    name, folder = str(arguments.get("path", "")), arguments.get("_folder")
    if not isinstance(folder, str) or not name or "/" in name:
        return arguments if folder is None else {}
    return {"path": f"{folder.rstrip('/')}/{name}"}


def _exists(skill: str, final: Callable[[JsonObject, View], JsonObject | None]) -> Frame:
    return Frame(
        skill,
        words("does is check do has have whether test verify see tell know are which what"),
        (words("exist exists there present missing around existing exists"),),
        words(
            "file folder directory whether if called named a the still already really actually such thing like or got"
        ),
        slots=(
            ("path", first_of(path("", want="file"), ANY_PATH, path(None, bare=True))),
            ("_folder", folder_or_word(logs=True)),
        ),
        final=lambda a, v: final(_joined(a), v),
        measures=(Measure("output.count", "number"),),
        bonus=2,
        speaks="file.stat",
    )


def _having(skill: str, final: Callable[[JsonObject, View], JsonObject | None]) -> Frame:
    return Frame(
        skill,
        words("do does has have is"),
        (words("have has got"),),
        words("file folder directory the a copy still already called named got we any there"),
        slots=(("path", path("", want="file", bare=True)),),
        final=final,
        measures=(Measure("output.count", "number"),),
        strict=True,
        speaks="file.stat",
    )


EXISTS = _exists("file.find", _anywhere)
EXISTS_THERE = _exists("file.list", _exactly)
EXISTS_AT = _exists("file.stat", _described)
HAVING = _having("file.find", _anywhere)
HAVING_THERE = _having("file.list", _exactly)
HAVING_AT = _having("file.stat", _described)


HOGS = Frame(
    "file.usage",
    words("what what's which"),
    (words("space disk room storage"), words("taking eating hogging filling eat hog fill consuming take")),
    words("much so all most the up file folder biggest largest hard"),
    slots=(("path", folder_or_word("in under inside within")),),
    strict=True,
    measures=(Measure("output.bytes", "bytes"),),
)


_ALGORITHMS = {
    name: algorithm
    for algorithm, spoken in {
        "md5": "md5 md5sum md5-sum md5-hash md-5",
        "sha1": "sha1 sha-1 sha1sum",
        "sha512": "sha512 sha-512 sha512sum",
        "sha256": "sha256 sha-256 sha256sum",
    }.items()
    for name in spoken.split()
}


def _algorithm(view: View) -> Json:
    """The one algorithm that is named anywhere in the clause; it may be the clause's head (`md5 of a.iso`)."""
    spots = [at for at, token in enumerate(view.tokens) if token.word and token.lemma in _ALGORITHMS]
    view.claim(*spots)
    named = {_ALGORITHMS[view.lemma(at)] for at in spots}
    return named.pop() if len(named) == 1 else None


HASH = Frame(
    "file.hash",
    ASKS | words("compute calculate verify hash checksum take determine compare generate work produce"),
    (words("hash checksum digest fingerprint cksum sha sum hashsum") | _ALGORITHMS.keys(),),
    words("sum value file of hash checksum digest fingerprint with using out sha number string for hashes"),
    slots=(("path", first_of(FILE_PATH, ANY_PATH)), ("algorithm", _algorithm)),
    needs=frozenset({"path"}),
    final=lambda a, v: None if v.head in {"is", "are", "does"} and not v.assumed else a,
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


def _unique(view: View) -> Json:
    """Lines once each: `unique`, `dedupe`, also where the word is the clause's head."""
    said = view.take(_ONCE) or view.head in _ONCE
    return True if said else None


_ONCE = words("unique duplicate distinct deduped deduplicated dedupe deduplicate uniq once")
_ORDER = words(
    "sort sorted order alphabetize alphabetical alphabetically alphabet unique distinct deduped deduplicated dedupe "
    "alphabetised alphabetized ordered deduplicate uniq abc"
)


def _sorting(arguments: JsonObject, view: View) -> JsonObject | None:
    """A folder is listed, not sorted; a verb of sorting proper takes any path."""
    proper = view.head in {"sort", "alphabetize", "alphabetise", "dedupe", "deduplicate"} and not view.assumed
    if not proper and not looks_like_file(str(arguments.get("path", ""))):
        return None
    if view.head == "order" and view.lemma(view.head_at + 1) not in {"the", "line", "by", ""}:
        return None
    return arguments


SORT = Frame(
    "file.sort",
    words("sort order alphabetize alphabetise show print put list give dedupe deduplicate read get display see have"),
    (_ORDER,),
    _ORDER
    | words(
        "line content numerically reverse reversed descending unique duplicate numeric number by but "
        "in of file without removing name every one just list row nicely properly proper "
        "figure with into top on last drop dropping backwards entry ascending highest largest first biggest lowest "
        "smallest only "
        "value item "
    ),
    slots=(
        ("path", first_of(FILE_PATH, ANY_PATH)),
        ("reverse", flag("reverse", "reversed", "descending", "backwards", "highest", "largest", "biggest")),
        ("numeric", flag("numerically", "numeric", "number", "numerical")),
        ("unique", _unique),
    ),
    needs=frozenset({"path"}),
    same="output.text",
    final=_sorting,
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
    EXISTS_AT,
    HAVING,
    HAVING_THERE,
    HAVING_AT,
    HOGS,
    HASH,
    SAME_FILE,
    SORT,
)
