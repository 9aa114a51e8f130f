"""One order for several objects: `move a.txt and b.txt into old`, `create the folders in and out on alpha`.

Each object gets the order for itself, with all that is said of it. What is moved or copied goes into a folder: one name
for several files would leave the last of them alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from agents.embedded.clauses import VERBS
from agents.embedded.frames_hosts import named_list
from agents.embedded.slots import FOLDER_NOUNS, looks_like_file
from agents.embedded.tokens import Kind, Token
from agents.embedded.view import View
from agents.embedded.words import DELETES, FILLERS
from agents.embedded.wordset import words

_PLAIN: Final = words("hash checksum touch")
_CARRIED: Final = words("copy cp move mv duplicate")
_MADE: Final = words("create make mkdir add")
_BEFORE: Final = words("the both following new empty my our these named called file files")
_COUNTS: Final = {"two": 2, "three": 3, "four": 4, "five": 5}
_MARKS: Final = words("the both named called these following")
_PARTICLES: Final = words("in out on off up down over back inside")
"""Names where it is said that names follow: `the folders in and out`, but not `create directories data and out`."""
_LOOKS: Final = words("show find list get give tell what which display print see report check")
_OVER: Final = words("search grep scan look find show append add replace change unzip extract unpack size what")
_TOGETHER: Final = words(
    "total sum together combined altogether common both shared between difference differ same identical compare which "
    "larger largest bigger biggest smaller smallest newer newest older oldest more most merge joined join overall all "
    "not but except only than whether if"
)
_HIGH: Final = words("newest latest largest biggest")
_LOW: Final = words("oldest smallest")
_INTO: Final = words("to into in inside under")
_NO_FOLDER: Final = words(
    "it them this that there here these those one another other same each every all both either place parallel order "
    "turn case total full fact position memory effect action mind account question"
)


def one_by_one(view: View) -> list[View]:
    """A clause for each object of the list behind the verb; empty where there is no list, or no order for one."""
    plain = View(view.tokens)
    head = plain.head
    if (head in _LOOKS or head not in VERBS) and (both := _two_ends(plain)):
        return both
    if named := named_list(plain):
        return named
    unpacked = head in words("unzip extract unpack") and any(
        plain.lemma(at) in _INTO for at in range(len(plain.tokens))
    )
    if head in _OVER and not unpacked and (files := _over_files(plain)):
        return files
    if head not in _PLAIN | _CARRIED | _MADE | DELETES:
        return []
    start = plain.head_at + 1
    before, at = _leading(plain, start)
    folders = any(token.text.casefold() in {"folders", "directories", "subfolders", "dirs"} for token in before)
    if head in _MADE | DELETES and head != "mkdir" and not folders:
        return []
    marked = any(_count(token) or token.text.casefold() in _MARKS for token in before)
    more = None if not folders and head != "mkdir" else _PARTICLES if marked else frozenset[str]()
    items, end = _items(plain, at, more)
    counts = [_count(token) for token in before if _count(token)]
    single = len(items) == 1 and head in _CARRIED and _into_word(plain.tokens[end:])
    if (len(items) < 2 and not single) or any(count != len(items) for count in counts):
        return []
    if any(token.text.casefold() == "both" for token in before) and len(items) != 2:
        return []
    rest = plain.tokens[end:]
    if head in _CARRIED:
        names = [str(token.value or token.text).rstrip("/").rsplit("/", 1)[-1] for token in items]
        rest = _into_folder(rest) if len(set(names)) == len(names) else ()
        if not rest:
            return []
    lead = plain.tokens[:start]
    noun = [_one(token) for token in before if token.word and token.lemma in FOLDER_NOUNS]
    return [View((*lead, *noun, item, *rest)) for item in items]


_HELD: Final = words("in inside from within under of")
_LOOKED_AT: Final = words(
    "show display print give get tell read cat view see what count howmany size hash compute head tail"
)
"""What only looks: where a change is made is said as a path."""


def in_folder(view: View) -> list[View]:
    """`show the file old.log in the folder logs`: the clause with logs/old.log; empty where no such file is named."""
    tokens, plain = view.tokens, View(view.tokens)
    for at, token in enumerate(tokens):
        if token.kind is not Kind.PATH or "/" in token.text or not looks_like_file(token.text):
            continue
        step = at + 2 + (plain.lemma(at + 2) in {"the", "my", "our"})
        last = tokens[step + 1] if step + 1 < len(tokens) else None
        if plain.lemma(at + 1) not in _HELD or last is None or plain.head not in _LOOKED_AT:
            continue
        if plain.lemma(step) in FOLDER_NOUNS and last.kind in (Kind.WORD, Kind.PATH, Kind.QUOTED):
            folder = last
        elif plain.lemma(step + 1) in FOLDER_NOUNS and tokens[step].kind in (Kind.WORD, Kind.PATH, Kind.QUOTED):
            folder = tokens[step]
        else:
            continue
        said = str(folder.value or folder.text).rstrip("/")
        if folder.word and folder.lemma in FILLERS | _NO_FOLDER | {"same", "called", "named"}:
            continue
        path = f"{said}/{token.text}"
        whole = replace(token, text=path, lemma=path.casefold(), value=path)
        return [View((*tokens[:at], whole, *tokens[step + 2 :]))]
    return []


def objects(view: View) -> list[str]:
    """The two or more objects behind the verb, explained; empty where there are fewer, or not as many as is said."""
    before, at = _leading(view, view.head_at + 1)
    folders = any(token.text.casefold() in {"folders", "directories"} for token in before)
    items, end = _items(view, at, frozenset() if folders else None)
    counts = [_count(token) for token in before if _count(token)]
    if (
        len(items) < 2
        or any(count != len(items) for count in counts)
        or any(at in view.claimed for at in range(at, end))
    ):
        return []
    view.claim(*range(view.head_at + 1, end))
    return [str(item.value).rstrip("/") for item in items]


def _two_ends(view: View) -> list[View]:
    """`the newest and the oldest file in logs`: each for itself."""
    ends = [at for at, token in enumerate(view.tokens) if token.word and token.lemma in _HIGH | _LOW]
    if len(ends) != 2 or {view.lemma(at) in _HIGH for at in ends} != {True, False}:
        return []
    first, second = ends
    between = [token.text.casefold() for token in view.tokens[first + 1 : second]]
    if between not in (["and"], ["and", "the"]) or view.lemma(second + 1) not in {"file", "log", "document"}:
        return []
    return [
        View((*view.tokens[: first + 1], *view.tokens[second + 1 :])),
        View((*view.tokens[:first], *view.tokens[second:])),
    ]


def _over_files(view: View) -> list[View]:
    """`search for x in a.log and b.log`: the same for each file, where nothing is asked of all of them together."""
    if any(token.word and token.lemma in _TOGETHER for token in view.tokens):
        return []
    spots = [at for at, token in enumerate(view.tokens) if token.kind is Kind.PATH]
    if len(spots) < 2 or not all(looks_like_file(str(view.tokens[at].value)) for at in spots):
        return []
    inner = [token for at, token in enumerate(view.tokens) if spots[0] < at < spots[-1] and at not in spots]
    joined = [token.text.casefold() for token in inner]
    if len({view.tokens[at].text for at in spots}) < len(spots) or not set(joined) <= {",", "and", "&"}:
        return []
    if any(second == first + 1 for first, second in pairwise(spots)):
        return []
    return [View((*view.tokens[: spots[0]], view.tokens[at], *view.tokens[spots[-1] + 1 :])) for at in spots]


def _leading(view: View, at: int) -> tuple[Sequence[Token], int]:
    """The words between the verb and the first object: articles, how many there are, the noun."""
    start = at
    while at < len(view.tokens):
        token = view.tokens[at]
        low = token.text.casefold()
        if token.text == ":" or _count(token) or (token.word and (low in _BEFORE or token.lemma in FOLDER_NOUNS)):
            at += 1
        else:
            break
    return view.tokens[start:at], at


def _count(token: Token) -> int:
    if token.kind is Kind.NUMBER and isinstance(token.value, int):
        return token.value
    return _COUNTS.get(token.text.casefold(), 0) if token.word else 0


def _items(view: View, at: int, more: frozenset[str] | None) -> tuple[list[Token], int]:
    """The objects of `a, b and c` as paths, and where what follows begins.

    Plain words are names, too, where `more` is given: those that say nothing, and these.
    """
    found: list[Token] = []
    while at < len(view.tokens):
        token = view.tokens[at]
        low = token.text.casefold()
        named = more is not None and token.word and (low in more or low not in FILLERS | _NO_FOLDER | _PARTICLES)
        if token.kind not in (Kind.PATH, Kind.QUOTED) and not named:
            break
        found.append(replace(token, kind=Kind.PATH, value=str(token.value or token.text), lemma="<path>"))
        step = at + 1
        while step < len(view.tokens) and (view.tokens[step].text in {",", "&", "+"} or view.lemma(step) == "and"):
            step += 1
        if step == at + 1:
            return found, step
        at = step
    return [], at


def _one(noun: Token) -> Token:
    return replace(noun, text=noun.lemma)


def _into_word(rest: Sequence[Token]) -> bool:
    """`move a.txt into old`, `to the folder old`: a plain word that is said to be a folder."""
    said = [token.text.casefold() for token in rest if token.word]
    return not any(token.kind in (Kind.PATH, Kind.QUOTED) for token in rest) and (
        "into" in said or bool({"folder", "directory"} & set(said))
    )


def _into_folder(rest: Sequence[Token]) -> tuple[Token, ...]:
    """What follows the list, with the target as a folder; empty where it is none, or is not said."""
    out, found = list(rest), False
    for at, token in enumerate(out):
        if not (token.word and token.lemma in _INTO):
            continue
        step = at + 1
        while step < len(out) and out[step].word and out[step].text.casefold() in {"the", "my", "folder", "directory"}:
            step += 1
        if step >= len(out) or out[step].kind is Kind.DEVICE:
            continue
        goal = out[step]
        text = str(goal.value or goal.text)
        named = goal.kind in (Kind.PATH, Kind.QUOTED) or (goal.word and goal.lemma not in FILLERS | _NO_FOLDER)
        if found or not named or looks_like_file(text):
            return ()
        out[step] = replace(goal, kind=Kind.PATH, value=text.rstrip("/") + "/", lemma="<path>")
        found = True
    return tuple(out) if found else ()
