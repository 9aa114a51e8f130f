"""Slot readers: each finds one typed value in a clause, explains its tokens, and returns it; None where it is absent.

A value's role comes from the words before it ("to", "in", "older than") and beside it ("folder", "named"). Readers are
plain functions of a View; frames combine them. All text is escaped, so that it can never become a reference.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from agents.embedded.tokens import Kind, Token
from agents.embedded.view import View
from agents.embedded.words import ADJECTIVES, EXTENSIONS, FILLERS, PLURAL_EXTENSIONS
from agents.embedded.wordset import words
from orchestrator.core.references import escape
from protocol.vocabulary import Json

Reader = Callable[[View], Json]

ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")
FOLDER_NOUNS = frozenset({"folder", "directory", "dir", "subfolder", "subdirectory"})
FILE_NOUNS = words("file logfile document script archive tarball zip")
NAMING = frozenset({"named", "called", "titled", "name"})
SKIPPED = (
    FOLDER_NOUNS
    | FILE_NOUNS
    | NAMING
    | words(
        "the a an my our your new path its empty existing whole entire this logfile only just destination target be"
    )
)
PREPOSITIONS = words(
    "in to from into as with by of under inside within on at onto for containing over through below "
    "using between against"
)
MORE = {
    ("more", "than"),
    ("fuller", "than"),
    ("larger", "than"),
    ("bigger", "than"),
    ("greater", "than"),
    ("higher", "than"),
    ("over",),
    ("above",),
    ("at", "least"),
    ("exceeding",),
    ("exceed",),
    ("exceeds",),
    ("beyond",),
    ("heavier", "than"),
    ("longer", "than"),
    ("past",),
    ("upwards", "of"),
}
LESS = {
    ("less", "than"),
    ("smaller", "than"),
    ("lower", "than"),
    ("under",),
    ("below",),
    ("at", "most"),
    ("fewer", "than"),
    ("up", "to"),
    ("shorter", "than"),
}
OLDER = (
    {
        ("older", "than"),
        ("over",),
        ("more", "than"),
        ("longer", "than"),
        ("at", "least"),
    }
    | {
        (state, "for", *more)
        for state in ("unchanged", "untouched", "unmodified", "changed", "touched", "modified")
        for more in (
            (),
            ("over",),
            ("more", "than"),
            ("at", "least"),
            ("longer", "than"),
            ("the", "last"),
            ("the", "past"),
        )
        if state.startswith("un") or more[:1] not in ((), ("the",))
    }
    | {
        (state, prep, *more)
        for state in ("unchanged", "untouched", "unmodified")
        for prep in ("in", "since", "within", "during")
        for more in ((), ("over",), ("more", "than"), ("the", "last"), ("the", "past"))
    }
)
NEWER = {
    ("newer", "than"),
    ("younger", "than"),
    ("less", "than"),
    ("within",),
    ("last",),
    ("past",),
} | {
    (prep, *article, last)
    for prep in ("in", "within", "during", "over", "for", "from", "throughout", "inside")
    for article in ((), ("the",), ("these",))
    for last in ("last", "past", "previous", "preceding")
}


ENDERS = words(
    "and on in of for from to into that which recursively older larger bigger smaller newer changed "
    "modified sorted with containing by as take takes is are has there have please say says contain "
    "was were contains called named using if but mention mentions hold holds say during within over under above "
    "older since "
    "untouched unchanged unmodified "
    "added written touched edited landed updated still"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A literal's position with its role: the nearest preposition, and the nouns that stand between or beside."""

    at: int
    token: Token
    prep: str
    marks: frozenset[str]
    span: tuple[int, ...]

    @property
    def folder(self) -> bool:
        return bool(self.marks & FOLDER_NOUNS)


def role(view: View, at: int) -> Found:
    """The role of the literal at `at`."""
    marks, span, step = set(), [at], at - 1
    prep = ""
    while step >= 0 and step not in view.claimed:
        word = view.lemma(step)
        if word in SKIPPED:
            marks.add(word)
            span.append(step)
        elif word in PREPOSITIONS:
            prep = word
            span.append(step)
            break
        else:
            break
        step -= 1
    if not prep and marks & NAMING:
        prep = "named"
    beside = view.lemma(at + 1)
    if beside in FOLDER_NOUNS | FILE_NOUNS and at + 1 not in view.claimed:
        marks.add(beside)
        span.append(at + 1)
    return Found(at, view.tokens[at], prep, frozenset(marks), tuple(span))


BARE_FILES = words(
    "makefile dockerfile readme license changelog gemfile procfile jenkinsfile vagrantfile rakefile version authors "
    "notice "
    "copying"
)


def looks_like_file(text: str) -> bool:
    """The last part of a path has an extension or is a well-known bare file name; a trailing slash never is."""
    last = text.rsplit("/", 1)[-1]
    return (
        bool(last)
        and last not in {".", ".."}
        and ("." in last[1:] or last.casefold() in BARE_FILES or (last.startswith(".") and len(last) > 2))
    )


def clean(text: str) -> str:
    return escape(text)


def _claim(view: View, found: Found) -> str:
    view.claim(*found.span)
    return clean(str(found.token.value))


def literal(*kinds: Kind, preps: str | None = None, test: Callable[[Found], bool] = lambda _: True) -> Reader:
    """The first unexplained literal of these kinds whose preposition is among `preps` ("" for none; None: any)."""
    allowed = None if preps is None else frozenset(preps.split(" "))

    def read(view: View) -> Json:
        for at, _ in view.free(*kinds):
            found = role(view, at)
            if _bare_extension(view, at):
                continue
            if (allowed is None or found.prep in allowed) and test(found):
                return _claim(view, found)
        return None

    return read


def _bare_extension(view: View, at: int) -> bool:
    """`every .iso file`: a type of files, no path."""
    text = view.tokens[at].text
    return bool(re.fullmatch(r"\.[A-Za-z0-9]{1,5}", text)) and view.lemma(at + 1) in FILE_NOUNS


def path(preps: str | None = None, *, want: str = "any", bare: bool = False, quoted: bool = True) -> Reader:
    """A path: a path token, a quoted one beside a file or folder noun, or with `bare` a plain word beside such a noun.

    `want`: `file`, `folder` or `any`.
    """
    direct = literal(Kind.PATH, preps=preps, test=lambda found: _fits(found, want))
    in_quotes = literal(Kind.QUOTED, preps=preps, test=lambda found: quoted and _quoted_path(found, want))

    def read(view: View) -> Json:
        value = direct(view)
        if value is None:
            value = in_quotes(view)
        if value is None and bare:
            value = bareword(view, want, preps)
        return value

    return read


def _fits(found: Found, want: str) -> bool:
    text = str(found.token.value)
    if want == "any":
        return True
    is_file = looks_like_file(text) and not found.folder
    return is_file if want == "file" else not is_file


def _quoted_path(found: Found, want: str) -> bool:
    text = str(found.token.value)
    if not text or len(text) > 200 or "\n" in text or text != text.strip():
        return False
    if found.marks & (FOLDER_NOUNS | FILE_NOUNS):
        return _fits(found, want) or (want == "file" and not found.folder)
    return bool(re.fullmatch(r"[\w@%+~. /-]+", text)) and ("/" in text or looks_like_file(text)) and _fits(found, want)


def bareword(view: View, want: str, preps: str | None = None) -> str | None:
    """`the logs folder`, `folder logs`, `a file called todo`: a plain word beside a noun that says what it is."""
    nouns = FOLDER_NOUNS if want == "folder" else FILE_NOUNS if want == "file" else FOLDER_NOUNS | FILE_NOUNS
    allowed = None if preps is None else frozenset(preps.split(" "))
    for at, token in view.free(Kind.WORD):
        if token.lemma not in nouns:
            continue
        spot = _beside(view, at)
        if spot is None:
            continue
        found = role(view, min(spot, at))
        if allowed is None or found.prep in allowed:
            view.claim(*found.span, at, spot, *(at + 1 for _ in (0,) if view.lemma(at + 1) in NAMING))
            return clean(str(view.tokens[spot].value or view.tokens[spot].text))
    return None


def _beside(view: View, at: int) -> int | None:
    """Where the name beside the noun at `at` stands: after `called`, before the noun, or right after it."""
    after = at + 1
    if view.lemma(after) in NAMING and after + 1 < len(view.tokens):
        fits = view.tokens[after + 1].kind in (Kind.WORD, Kind.QUOTED, Kind.PATH) and after + 1 not in view.claimed
        return after + 1 if fits else None
    before = at - 1
    if (
        (_plain(view, before) or _files_as_name(view, before))
        and view.lemma(at) in FOLDER_NOUNS
        and view.lemma(before - 1) in {"the", "my", "our", "a", "new", "each", "their", "its", "to", "in"}
    ):
        return before
    folder = view.lemma(at) in FOLDER_NOUNS
    if folder and view.lemma(after) not in FILLERS and (_plain(view, after) or _all_of_it(view, after)):
        return after
    return None


_NAMES_TOO = words("new old older oldest current temporary main root archive archives document documents files script")


def _all_of_it(view: View, at: int) -> bool:
    """`into the folder new`, `the folder archive on beta`: an everyday word is a name where no noun follows."""
    low = view.tokens[at].text.casefold() if view.lemma(at) and view.head not in {"make", "create"} else ""
    ends = at + 1 >= len(view.tokens) or not view.lemma(at + 1) or view.lemma(at + 1) in words("on at from to as of")
    return low in _NAMES_TOO and at not in view.claimed and ends and view.lemma(at - 2) in {"the", "my", "our", "a"}


def _files_as_name(view: View, at: int) -> bool:
    """`the documents folder`: a folder of that name."""
    return view.lemma(at) in FILE_NOUNS and view.tokens[at].text.casefold().endswith("s") and at not in view.claimed


HOME = frozenset({"Documents", "Downloads", "Pictures", "Music", "Videos", "Desktop", "Templates", "Public"})
"""Folders that a home has, where they are written as names."""


def _plain(view: View, at: int) -> bool:
    word = view.lemma(at)
    if word and view.tokens[at].text in HOME and view.lemma(at - 1) in {"in", "inside", "under", "within", "into"}:
        return at not in view.claimed
    return (
        bool(word) and at not in view.claimed and word not in ADJECTIVES and word not in SKIPPED and at != view.head_at
    )


THINGS = words(
    "disk memory ram cpu processor load drive storage system process network swap server machine device "
    "computer uptime kernel os error warning name size date time yesterday today tomorrow now week month year monday "
    "tuesday wednesday thursday friday saturday sunday morning night evening hour minute second day "
    "clipboard screen notification"
)


def folder_or_word(preps: str = "in under inside within", *, logs: bool = False) -> Reader:
    """A folder: a path, a word beside `folder`, or a plain unknown word right after a preposition of place.

    `logs`: the plain word "logs" is the folder of that name, where it is not the thing that is looked through.
    """
    exact = path(None, want="folder", bare=True)
    allowed = frozenset(preps.split())

    def read(view: View) -> Json:
        value = exact(view)
        if value is not None:
            return value
        if view.head in {"search", "scan"} and not view.assumed and view.lemma(view.head_at + 2) in {"for", "on"}:
            at = view.head_at + 1
            if _plain(view, at) and view.lemma(at) not in FILLERS | THINGS | _LISTABLE:
                view.claim(at)
                return clean(view.tokens[at].text)
        if view.head in {"ls", "list"} and view.head_at + 1 < len(view.tokens) and not view.assumed:
            at = view.head_at + 1
            if _free_word(view, at) and view.lemma(at) not in _LISTABLE:
                view.claim(at)
                return clean(view.tokens[at].text)
        for at, token in view.free(Kind.WORD):
            before = at - 1
            if view.lemma(before) in {"the", "my"}:
                before -= 1
            if (
                view.lemma(before) in allowed
                and before not in view.claimed
                and view.lemma(before - 1) not in {"list", "number", "amount", "kind", "sort"}
                and (_free_word(view, at) or (logs and _logs(view, at)))
            ):
                view.claim(before, at)
                return clean(token.text)
        return None

    return read


_LISTABLE = words(
    "file folder process log content archive interface server device entry error warning item program "
    "everything directory service user port package container job"
)


def _logs(view: View, at: int) -> bool:
    return view.tokens[at].text == "logs" and at not in view.claimed and _ends_here(view, at + 1)


def _free_word(view: View, at: int) -> bool:
    word = view.lemma(at)
    known = (
        FILLERS
        | ADJECTIVES
        | SKIPPED
        | THINGS
        | {"order", "file", "line", "total", "detail", "parallel", "log", "workspace"}
    )
    if view.tokens[at].text.casefold() in {"report", "archive"}:
        return False
    if view.tokens[at].text in HOME and _plain(view, at):
        return _ends_here(view, at + 1)
    return _plain(view, at) and word not in known and _ends_here(view, at + 1)


def _ends_here(view: View, at: int) -> bool:
    """Nothing follows that the word at `at - 1` could be an adjective of."""
    word = view.lemma(at)
    return not word or at in view.claimed or word in ENDERS


TYPED = words("file document image picture presentation sheet spreadsheet workbook")
VERBAL = words("log text zip go backup")


def glob(view: View) -> Json:
    """`*.log`, `.log files`, `log files`, `files ending in .log`: a pattern for file names."""
    for at, token in view.free(Kind.GLOB):
        if "/" not in str(token.value):
            found = role(view, at)
            view.claim(at, *(spot for spot in found.span if view.lemma(spot) not in PREPOSITIONS))
            view.claim(*found.span)
            kind = str(token.value).rpartition(".")[2].casefold()
            view.claim(*(spot for spot, said in view.free(Kind.WORD) if said.text.casefold() == kind))
            return clean(str(token.value))
    for at, token in view.free(Kind.PATH):
        if re.fullmatch(r"\.[A-Za-z0-9]{1,6}", token.text) and not token.text.startswith(".env"):
            named = view.lemma(at + 1) in FILE_NOUNS | TYPED or view.lemma(at - 1) in {"in", "with", "extension"}
            if named:
                view.claim(at, at + 1)
                view.take({"ending", "end", "extension", "type"})
                return "*" + clean(token.text)
    for at, token in view.free(Kind.WORD):
        plural = token.lemma in PLURAL_EXTENSIONS and view.lemma(at - 1) not in {"as", "to", "into", "a", "an"}
        named = view.lemma(at + 1) in (TYPED if token.lemma != "word" else {"document"}) or token.lemma == "logfile"
        if (
            token.lemma in EXTENSIONS
            and (named or plural)
            and (at != view.head_at or view.head not in VERBAL or view.tokens[at + 1].text.casefold() == "files")
        ):
            view.claim(at)
            return "*." + EXTENSIONS[token.lemma]
    return None


def folder_of_glob(view: View) -> tuple[str, str] | None:
    """`logs/*.log` as (folder, pattern)."""
    for at, token in view.free(Kind.GLOB):
        text = str(token.value)
        folder, _, name = text.rpartition("/")
        if folder and "*" not in folder and "?" not in folder:
            view.claim(*role(view, at).span)
            return clean(folder), clean(name)
    return None


def comparator(view: View, at: int, forms: set[tuple[str, ...]]) -> tuple[int, ...] | None:
    """The positions of a comparing phrase that ends right before `at`."""
    for form in sorted(forms, key=len, reverse=True):
        start = at - len(form)
        if start >= 0 and all(view.lemma(start + i) == word for i, word in enumerate(form)):
            return tuple(range(start, at))
    if at > 0 and view.tokens[at - 1].kind is Kind.SIGN:
        sign = view.tokens[at - 1].text
        wanted = {">", ">=", "≥"} if forms is MORE else {"<", "<=", "≤"} if forms is LESS else set()
        if sign in wanted:
            return (at - 1,)
    return None


def _between(view: View, at: int, forms: set[tuple[str, ...]]) -> tuple[int, ...] | None:
    """`between 1 MB and 5 MB`: the first is the lower bound, the second the upper."""
    kind = view.tokens[at].kind
    if forms is MORE and view.lemma(at - 1) == "between" and view.lemma(at + 1) == "and":
        return (at - 1, at + 1)
    if (
        forms is LESS
        and view.lemma(at - 1) == "and"
        and view.lemma(at - 3) == "between"
        and view.tokens[at - 2].kind is kind
    ):
        return (at - 1,)
    return None


def compared(kind: Kind, forms: set[tuple[str, ...]]) -> Reader:
    """The value of the first literal of `kind` that follows one of the comparing phrases."""

    def read(view: View) -> Json:
        for at, token in view.free(kind):
            spots = comparator(view, at, forms) or _between(view, at, forms)
            if (
                spots is None
                and forms is MORE
                and view.lemma(at + 1) == "or"
                and view.lemma(at + 2) in {"more", "larger", "bigger"}
            ):
                spots = (at + 1, at + 2)
            if spots is None and kind is Kind.DURATION and forms is OLDER and view.lemma(at + 1) == "old":
                spots = (at + 1,)
            if spots is not None:
                if view.lemma(at + 1) == "or" and view.lemma(at + 2) in {"more", "longer", "older", "larger", "bigger"}:
                    view.claim(at + 1, at + 2)
                beside = (at + 1,) if kind is Kind.DURATION and view.lemma(at + 1) in {"old", "ago"} else ()
                view.claim(at, *spots, *beside)
                return token.value
        return None

    return read


def count_after(*words: str) -> Reader:
    """The number beside one of `words`: `last 20 lines`, `top 5`, `5 largest`."""
    wanted = frozenset(words)

    def read(view: View) -> Json:
        for at, token in view.free(Kind.NUMBER):
            if (
                isinstance(token.value, int)
                and token.value > 0
                and (view.before(at) in wanted or view.lemma(at + 1) in wanted)
            ):
                view.claim(at, at - 1 if view.before(at) in wanted else at + 1)
                return token.value
        return None

    return read


def text_quoted(preps: str | None = None) -> Reader:
    """Quoted text, with the words around it that only announce it."""
    allowed = None if preps is None else frozenset(preps.split(" "))

    def read(view: View) -> Json:
        for at, token in view.free(Kind.QUOTED):
            found = role(view, at)
            if allowed is None or found.prep in allowed:
                view.claim(*found.span)
                return clean(str(token.value))
        return None

    return read


def flag(*words: str) -> Reader:
    """True where one of the words stands there."""

    def read(view: View) -> Json:
        return True if view.take(words) else None

    return read


def choice(options: dict[str, str]) -> Reader:
    """The value of the first word that is one of the options."""

    def read(view: View) -> Json:
        taken = view.take(options)
        return options[taken[0]] if taken and len({options[word] for word in taken}) == 1 else None

    return read


def fixed(value: Json) -> Reader:
    return lambda _: value


def first_of(*readers: Reader) -> Reader:
    """The first reader that finds something."""

    def read(view: View) -> Json:
        for reader in readers:
            value = reader(view)
            if value is not None:
                return value
        return None

    return read
