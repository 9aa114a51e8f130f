"""Frames for what changes a device: writing, copying, deleting, archives, downloads, commands. All are strict: the verb
leads the clause and the target is explicit."""

from __future__ import annotations

import re

from agents.embedded.frames import Frame
from agents.embedded.listed import objects
from agents.embedded.slots import (
    ARCHIVES,
    FOLDER_NOUNS,
    NAMING,
    clean,
    first_of,
    flag,
    folder_or_word,
    literal,
    looks_like_file,
    path,
    text_quoted,
)
from agents.embedded.tokens import Kind, Token
from agents.embedded.view import View
from agents.embedded.words import DELETES, FILLERS
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

TO = "to into as in at inside onto named called under"
_TARGET = path(TO, want="any", bare=True)
_ANY = path(None, bare=True)


def _text(view: View) -> Json:
    """The quoted text of a write: the one that is no path's name."""
    return text_quoted(" with containing as of")(view)


def _name(view: View) -> Json:
    return first_of(path(f"{TO}  of", want="file", bare=True), path(None, want="any", quoted=False))(view)


def _empty(arguments: JsonObject, view: View) -> JsonObject | None:
    """`create an empty file x`, `touch x`: text is empty only where the request says so."""
    if _folder(view) and "text" not in arguments:
        return None
    if "text" not in arguments and (
        view.head == "touch" or any(t.lemma in {"empty", "blank"} for t in view.tokens if t.word)
    ):
        return {**arguments, "text": ""}
    if (
        "text" not in arguments
        and view.head in {"create", "make"}
        and _says_new_file(view)
        and not any(t.kind is Kind.QUOTED for t in view.tokens)
    ):
        # A file that is only created is empty, and one that exists stays as it is.
        return {**arguments, "text": "", "overwrite": False}
    return arguments if "text" in arguments else None


def _says_new_file(view: View) -> bool:
    low = [t.lemma for t in view.tokens if t.word]
    return "file" in low and not any(word in low for word in ("archive", "copy", "report", "summary", "backup"))


WRITE = Frame(
    "file.write",
    words("write save put create make store overwrite touch drop place"),
    (),
    words(
        "contains reading reads carrying holding bearing overwriting whatever existing sentence phrase inside in it "
        "just only note letter title file "
        "text content "
        "contents line new saying "
        "containing reads called named word string "
        "message following note empty "
        "single blank that says overwrite with"
    ),
    slots=(("text", _text), ("path", _name)),
    needs=frozenset({"path", "text"}),
    strict=True,
    final=_empty,
)
APPEND = Frame(
    "file.append",
    words("append add"),
    (),
    words(
        "sentence another extra following very its at line text end file bottom entry string saying new of word note "
        "that says to with"
    ),
    slots=(("text", _text), ("path", _name)),
    needs=frozenset({"path", "text"}),
    strict=True,
)
APPEND_END = Frame(
    "file.append",
    words("write put"),
    (words("end bottom"),),
    words("line text file of very new to at"),
    slots=(("text", _text), ("path", _name)),
    needs=frozenset({"path", "text"}),
    strict=True,
    bonus=2,
)


def _plain_words(view: View) -> list[int]:
    """`replace foo by bar in a.txt`: two plain words in the places of the texts, right behind the verb and between.

    Other verbs change meanings, not letters ("change the port to 8080"): there the words must look like names.
    """
    at = view.head_at + 1
    while view.lemma(at) in {"every", "all", "each", "word", "the", "string"}:
        at += 1
    to = at + 1
    last = to + 1
    while view.lemma(last) in {"word", "the", "string"}:
        last += 1
    behind = view.lemma(last + 1) in {"in", "inside", "of", "within", "everywhere", "throughout", ""}
    if view.lemma(at - 1) in {"every", "all", "each"} and _numbers(view, at, last):
        return [at, last] if view.lemma(to) in {"with", "by", "to", "into"} else []
    plain = all(view.lemma(spot) and spot not in view.claimed for spot in (at, last))
    literal_verb = view.head in {"replace", "substitute"} and view.lemma(view.head_at + 1) != "the"
    names = all(_like_a_name(view.tokens[spot].text) for spot in (at, last)) if plain else False
    if plain and behind and view.lemma(to) in {"with", "by", "to", "into", "for"} and (literal_verb or names):
        return [at, last]
    return []


def _numbers(view: View, *spots: int) -> bool:
    return all(spot < len(view.tokens) and view.tokens[spot].kind is Kind.NUMBER for spot in spots)


def _like_a_name(text: str) -> bool:
    return bool(re.search(r"[\w][-_.@:]?\d|\w[-_@:]\w|[A-Z]", text))


def _said(token: Token) -> str:
    return str(token.value) if token.kind in (Kind.QUOTED, Kind.LABEL) else token.text


def _two_quotes(arguments: JsonObject, view: View) -> JsonObject | None:
    """The order of the two texts is the order of the sentence; what stands between them must be with, by, to or for."""
    spots = [at for at, token in view.free(Kind.QUOTED, Kind.LABEL)]
    spots = spots or _plain_words(view)
    if len(spots) != 2 or "path" not in arguments:
        return None
    between = {view.lemma(at) for at in range(spots[0] + 1, spots[1])}
    if not between & {"with", "by", "to", "for", "into"}:
        return None
    view.claim(*spots)
    find, replace = (clean(_said(view.tokens[at])) for at in spots)
    if view.head in {"substitute"} and "for" in between:
        find, replace = replace, find
    return {**arguments, "find": find, "replace": replace} if find else None


REPLACE = Frame(
    "file.replace",
    words("replace change substitute swap turn switch exchange correct update bump set rename fix edit"),
    (),
    words(
        "everywhere setting variable parameter both option phrase sentence name entry key throughout wherever it "
        "every all occurrence instance text word string file each of regex out mention line value with by to for into"
    ),
    slots=(
        (
            "path",
            first_of(
                path("in of inside within from on", want="file"),
                path("in of inside within from", quoted=False, bare=True),
            ),
        ),
        ("regex", flag("regex")),
    ),
    needs=frozenset({"path", "find", "replace"}),
    strict=True,
    final=_two_quotes,
)


def _into_folder(arguments: JsonObject, view: View) -> JsonObject | None:
    """`move a.txt into done/` means done/a.txt; a folder that is only named needs no such reading by the skill."""
    source, target = arguments.get("source"), arguments.get("target")
    if target is None and view.head in {"cp", "mv"}:
        target = literal(Kind.PATH, preps="")(view)
    if target is None and isinstance(source, str):
        target = _named_so(view)
    if not isinstance(source, str) or not isinstance(target, str):
        return None
    if target.endswith(ARCHIVES) and not looks_like_file(source):
        return None  # a folder becomes an archive by packing
    if target.endswith("/") or (_into(view) and looks_like_file(source) and not looks_like_file(target)):
        target = f"{target.rstrip('/')}/{source.rstrip('/').rsplit('/', 1)[-1]}"
    return {**arguments, "source": source, "target": target}


def _named_so(view: View) -> str | None:
    """`duplicate the folder web as web-old`, `rename the folder old to older`: the new name of a folder."""
    folder = any(token.lemma in FOLDER_NOUNS for token in view.tokens if token.word)
    for at in range(1, len(view.tokens)) if folder else ():
        lead = view.before(at) in {"as", "called", "named"} or (
            view.head == "rename" and view.before(at) in {"to", "into"}
        )
        ends = (
            at + 1 >= len(view.tokens) or view.tokens[at + 1].kind is Kind.DEVICE or view.lemma(at + 1) in {"on", "at"}
        )
        if lead and ends and view.lemma(at) and at not in view.claimed and view.lemma(at) not in FILLERS:
            view.claim(at, at - 1)
            return clean(view.tokens[at].text)
    return None


def _into(view: View) -> bool:
    return any(token.lemma in {"into", "folder", "directory"} for token in view.tokens if token.word)


COPY = Frame(
    "file.copy",
    words("copy duplicate cp backup clone"),
    (),
    words("overwriting overwrite over copy beside there"),
    slots=(
        ("source", first_of(path(" of named", want="any", quoted=True), path(" of named", bare=True))),
        ("target", _TARGET),
        ("overwrite", flag("overwriting", "overwrite")),
    ),
    needs=frozenset({"source", "target"}),
    strict=True,
    final=_into_folder,
)
MOVE = Frame(
    "file.move",
    words("move rename mv put shift relocate"),
    (),
    words("over file"),
    slots=(("source", first_of(path(" of named", want="any"), path(" of named", bare=True))), ("target", _TARGET)),
    needs=frozenset({"source", "target"}),
    strict=True,
    final=_into_folder,
)
MKDIR = Frame(
    "file.mkdir",
    words("create make add mkdir setup new"),
    (),
    words("folder directory new empty subfolder dir fresh blank separate extra another"),
    slots=(("path", first_of(path(None, want="folder", bare=True, quoted=True), literal(Kind.QUOTED))),),
    needs=frozenset({"path"}),
    strict=True,
    final=lambda a, v: a if v.head == "mkdir" or _folder(v) or _made(v) else None,
)


def _made(view: View) -> bool:
    """`make archive/2025`: a path without an ending behind "make" alone."""
    behind = view.tokens[view.head_at + 1 : view.head_at + 2]
    return view.head == "make" and bool(behind) and behind[0].kind is Kind.PATH and "/" in behind[0].text


def _folder(view: View) -> bool:
    return any(token.lemma in {"folder", "directory", "subfolder", "dir"} for token in view.tokens if token.word)


def _deletion(arguments: JsonObject, view: View) -> JsonObject | None:
    """One literal path. A folder is deleted with its contents only where the request calls it one, or says so."""
    target = arguments.get("path")
    if target is None:
        return arguments
    if not isinstance(target, str) or target.strip("./~ ") == "" or "*" in target:
        return None
    everything = (
        view.take_phrase("whole", "thing")
        or view.take_phrase("and", "everything", "in", "it")
        or view.take_phrase("including", "everything", "in", "it")
        or view.take_phrase("including", "all", "its", "content")
        or view.take_phrase("including", "its", "content")
        or view.take_phrase("with", "everything", "inside", "it")
        or view.take_phrase("and", "everything", "inside", "it")
        or view.take_phrase("with", "all", "its", "content")
        or view.take_phrase("with", "everything", "in", "it")
        or view.take_phrase("and", "all", "its", "content")
        or view.take_phrase("everything", "in", "it")
        or view.take_phrase("all", "its", "content")
        or view.take_phrase("all", "of", "its", "content")
        or view.take_phrase("its", "content")
    )
    if everything or view.take({"recursively", "recursive"}) or _folder(view) or target.endswith("/"):
        return {**arguments, "path": target.rstrip("/"), "recursive": True}
    return arguments


DELETE = Frame(
    "file.delete",
    DELETES,
    (),
    words("whole entire complete including"),
    slots=(("path", path(" of named", want="any", bare=True)),),
    needs=frozenset({"path"}),
    strict=True,
    final=_deletion,
)


def _archive_target(arguments: JsonObject, view: View) -> JsonObject | None:
    """Default name, documented: the source's own, with .zip where the request says zip and .tar.gz otherwise."""
    source, target = arguments.get("source"), arguments.get("target")
    if source is None and target is None:
        return arguments
    if not isinstance(source, str) or source.endswith(ARCHIVES) or "${" in source:
        return None
    zipped = any(token.lemma in {"zip"} for token in view.tokens if token.word)
    if target is None:
        stem = source.rstrip("/")
        if not stem.strip("./~"):
            return None
        if stem.startswith("/"):
            stem = stem.rsplit("/", 1)[-1]
        target = stem + (".zip" if zipped else ".tar.gz")
    elif not str(target).endswith(ARCHIVES):
        if str(target).endswith("/"):
            target = f"{target}{source.rstrip('/').rsplit('/', 1)[-1]}" + (".zip" if zipped else ".tar.gz")
        else:
            return None
    return {**arguments, "source": source.rstrip("/") or source, "target": target}


def _object(view: View) -> Json:
    """`zip logs`: the plain word right after the verb."""
    at = view.head_at + 1
    at += view.lemma(at) in {"the", "my"}
    ends = view.lemma(at + 1) in {"", "on", "of", "into", "as", "to", "in"} or at + 1 in view.claimed
    if (
        not view.lemma(at)
        or at in view.claimed
        or not ends
        or view.lemma(at) in FILLERS | words("file everything archive folder directory all")
    ):
        return None
    view.claim(at)
    return clean(view.tokens[at].text)


_MARKED = literal(Kind.PATH, test=lambda found: bool(found.marks & {"target", "destination"}))
_FROM = words("from of out")


def _archive_name(view: View) -> Json:
    """`create an archive a.zip from data`: its own name stands behind the verb, what goes in behind `from`."""
    if not any(token.word and token.lemma in _FROM for token in view.tokens):
        return None
    return literal(Kind.PATH, preps="", test=lambda found: str(found.token.value).endswith(ARCHIVES))(view)


_PACKS = words("archive compress zip tar pack bundle gzip squeeze squash tarball")


def _things(view: View) -> Json:
    """`zip a.txt and b.txt into both.zip`: all that goes in."""
    return [clean(one) for one in objects(view)] or None if view.head in _PACKS else None


def _packed(arguments: JsonObject, view: View) -> JsonObject | None:
    """Several things go into an archive that has a name of its own."""
    things = arguments.get("_things")
    if not isinstance(things, list):
        return _archive_target(arguments, view)
    # "into one zip both.zip": the one path beside the list is the archive's.
    target = arguments.get("target") or arguments.get("source")
    names = [str(one).rsplit("/", 1)[-1] for one in things]
    if not isinstance(target, str) or not target.endswith(ARCHIVES) or len(set(names)) < len(names):
        return None
    if (arguments.keys() >= {"source", "target"}) or any(str(one).endswith(ARCHIVES) for one in things):
        return None
    return {"source": things[0], "also": things[1:], "target": target}


PACK = Frame(
    "archive.create",
    _PACKS | words("create make build backup put turn produce generate prepare"),
    (),
    words(
        "archive tarball zip folder directory file compressed tar gz gzip of content whole entire package up out from "
        "everything in all into one target destination zipped single"
    ),
    slots=(
        ("_things", _things),
        ("target", first_of(_MARKED, path(TO + " called named", want="file"), _archive_name)),
        ("source", first_of(path(" of from", want="any", bare=True), folder_or_word("of from"), _object)),
    ),
    needs=frozenset({"source"}),
    strict=True,
    final=lambda a, v: _packed(a, v) if v.head in _PACKS or _says_archive(v) else None,
)


def _says_archive(view: View) -> bool:
    """An archive is spoken of; a folder that is called "archive" is none."""
    said = (at for at, t in enumerate(view.tokens) if t.word and t.lemma in {"archive", "tarball", "zip"})
    return any(view.before(at) not in NAMING for at in said) or any(
        str(t.value).endswith(ARCHIVES) for t in view.tokens if t.kind is Kind.PATH
    )


UNPACK = Frame(
    "archive.extract",
    words("extract unpack unzip untar decompress expand uncompress unarchive inflate open"),
    (),
    words("archive file content folder directory of tarball all everything zip out from"),
    slots=(("archive_path", lambda v: _archive_path(v)), ("target", first_of(_TARGET, folder_or_word("into to in")))),
    needs=frozenset({"archive_path"}),
    strict=True,
    final=lambda a, v: a if v.head != "open" else None,
)


def _archive_path(view: View) -> Json:
    return literal(Kind.PATH, Kind.QUOTED, test=lambda f: str(f.token.value).endswith(ARCHIVES))(view)


_INSIDE = words(
    "archive file content inside contained contain contains packed entry item zip tarball list listing document stuff "
    "member sit sits live lives bundled zipped table pack without unpacking extracting holds hold there stored got "
    "look into in lie lies thing everything folder first"
)
INSIDE = Frame(
    "archive.list",
    words("list show what which tell display see give look print howmany view check peek inspect what's browse"),
    (),
    _INSIDE,
    slots=(("archive_path", _archive_path),),
    needs=frozenset({"archive_path"}),
    strict=True,
    bonus=2,
)
INSIDE_OF = Frame(
    "archive.list",
    words("content listing inside"),
    (words("content listing inside file entry"),),
    _INSIDE,
    slots=(("archive_path", _archive_path),),
    needs=frozenset({"archive_path"}),
    bonus=2,
)

FRAMES = (
    WRITE,
    APPEND,
    APPEND_END,
    REPLACE,
    COPY,
    MOVE,
    MKDIR,
    DELETE,
    PACK,
    UNPACK,
    INSIDE,
    INSIDE_OF,
)
