"""Frames for the packages and the accounts of a server."""

from __future__ import annotations

import re
from typing import Final

from agents.embedded.frames import Frame
from agents.embedded.frames_system import ASKS
from agents.embedded.naming import (
    NAMING,
    PACKAGE,
    USER,
    beside,
    colon,
    fits,
    listed,
    named_thing,
    one_meant,
    plural,
    taken,
)
from agents.embedded.slots import clean, literal
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.words import DELETES
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject


def _packages(view: View) -> Json:
    """`the packages tree and jq`, `the htop package`, or the names right behind the verb."""
    spot = view.find(PACKAGE)
    starts = [view.head_at + 1] if spot is None else [spot + 1]
    for start in starts:
        while view.lemma(start) in NAMING | words("the both all two three following") or colon(view, start):
            start += 1
        names = listed(view, start)
        if names:
            return [*names]
    alone = beside(PACKAGE)(view)
    return [alone] if isinstance(alone, str) else None


_GONE: Final = words("config configuration settings setting conf purge purged file files")
_PURGING: Final = words("along including include with also together and its their all too completely well")


def _purged(view: View) -> Json:
    """`along with its config files`, `purge`: what it was configured with goes, too."""
    if view.head == "purge":
        return True
    at = view.find(_GONE - words("file files"))
    before = {view.lemma(spot) for spot in range(view.head_at + 2, at or 0)}
    if at is None or not before & _PURGING:
        return None
    view.take(_GONE | _PURGING)
    return True


def _member(view: View) -> Json:
    """`which groups does marta belong to`, `in which groups is marta`: who."""
    for at in range(1, len(view.tokens)):
        if view.before(at) in {"does", "is", "do"}:
            return named_thing(view, at + (view.lemma(at) in {"the", "user"}))
    return None


def _clean(arguments: JsonObject, view: View) -> JsonObject | None:
    """Packages are no files: what names one is deleted as one."""
    if "purge" not in arguments and any(t.lemma in _GONE for t in view.tokens if t.word):
        return None
    said = view.find(PACKAGE) is not None or view.head in {"uninstall", "purge", "install"}
    return arguments if said or any(t.lemma == "package" for t in view.tokens if t.word) else None


def _full_name(view: View) -> Json:
    """`whose full name is Marta Lindqvist`, `(Marta Lindqvist)`, `for Marta Lindqvist`: words with capitals."""
    for at, token in enumerate(view.tokens):
        if not token.word or token.lemma not in {"name", "for", "is"}:
            continue
        full = view.before(at) in {"full", "real", "complete", "whole"}
        if token.lemma == "name" and not full:
            continue
        start = at + 1
        while view.lemma(start) in {"is", "of", "as", "be"} or colon(view, start):
            start += 1
        if token.lemma == "name" and start < len(view.tokens) and view.tokens[start].kind is Kind.QUOTED:
            return taken(view, start, *range(at - 1, start))
        end = start
        while end < len(view.tokens) and view.tokens[end].word and view.tokens[end].text[:1].isupper():
            end += 1
        if end - start >= (1 if full else 2):
            view.claim(*range(start, end), *([at - 1, at] if full else [at]))
            view.take(words("whose full real complete whole"))
            return clean(" ".join(one.text for one in view.tokens[start:end]))
    return None


def _groups(view: View) -> Json:
    """`in the groups sudo and docker`, `to the docker group`."""
    at = view.find({"group"})
    if at is None:
        return None
    start = at + 1
    while view.lemma(start) in NAMING:
        start += 1
    names = listed(view, start)
    if not names and fits(view, at - 1):
        names = [taken(view, at - 1)]
    if names:
        view.claim(*range(at, start))
        view.take(words("member belonging belongs put add added part"))
    return [*names] or None


_WITH: Final = words("along with including included and together too also")


def _removed(arguments: JsonObject, view: View) -> JsonObject | None:
    """`delete the home folder of the user tim`: that, and no account."""
    home = any(token.lemma in {"home", "folder", "directory"} for token in view.tokens if token.word)
    return one_meant(arguments, view) if "home" in arguments or not home else None


def _home(view: View) -> Json:
    """`with her home folder`: that goes, too."""
    at = view.find({"home"})
    before = {view.lemma(spot) for spot in range(at or 0)}
    if at is None or not before & USER or not {token.lemma for token in view.tokens} & _WITH:
        return None
    view.take(
        words("home folder directory dir his her their its along with including and together too also everything")
    )
    return True


def _account(arguments: JsonObject, view: View) -> JsonObject | None:
    system = any(t.lemma == "system" for t in view.tokens if t.word)
    shell = arguments.get("shell")
    if shell is not None and not any(t.lemma == "shell" for t in view.tokens if t.word):
        return None
    view.take({"shell"})
    if any(t.lemma in {"to", "into"} for t in view.tokens if t.word):
        return None  # `add the user tim to the group docker`: one that is there
    name = str(arguments.get("name", ""))
    if re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", name) is None:
        return None
    return {**arguments, **({"system": True} if system else {})}


_QUESTIONS: Final = words("is are does do which what if whether version release how")


def _asks(view: View) -> bool:
    """`is htop installed`, `show the version of htop`; but `get htop installed` is an order."""
    said = {token.lemma for token in view.tokens if token.word}
    return view.head in _QUESTIONS or bool(said & _QUESTIONS) or not said & {"installed", "install"}


def _behind(view: View) -> Json:
    """The names right behind the verb."""
    start = view.head_at + 1
    while view.lemma(start) in words("the both package"):
        start += 1
    return [*listed(view, start)] or None


def _installed(view: View) -> Json:
    """`is htop installed`, `which version of openssl is installed`."""
    for at, token in enumerate(view.tokens):
        ahead = at + 1
        while view.lemma(ahead) in {"is", "are", "already", "do", "we", "have", "there", "currently"}:
            ahead += 1
        follows = view.lemma(ahead) in {"installed", "version"}
        behind = view.before(at) == "of" and view.before(at, 2) in {"version", "release"}
        if token.word and (follows or behind) and fits(view, at) and token.lemma not in {"version", "release"}:
            return taken(view, at)
    return None


FRAMES: Final[tuple[Frame, ...]] = (
    Frame(
        "package.install",
        words("install"),
        (),
        words("package apt apt-get with using by through debian both missing tool tools program programs following"),
        slots=(("names", _packages),),
        needs=frozenset({"names"}),
        strict=True,
        final=_clean,
        sure=True,
        lists=True,
    ),
    Frame(
        "package.install",
        words("get have"),
        (words("installed"),),
        words("package apt with using by through"),
        slots=(("names", _behind),),
        needs=frozenset({"names"}),
        strict=True,
        sure=True,
        lists=True,
        bonus=2,
    ),
    Frame(
        "package.remove",
        words("uninstall purge") | DELETES,
        (),
        words("package apt apt-get with using by through debian both following completely") | _GONE | _PURGING,
        slots=(("names", _packages), ("purge", _purged)),
        needs=frozenset({"names"}),
        strict=True,
        final=_clean,
        sure=True,
        lists=True,
        bonus=1,
    ),
    Frame(
        "package.info",
        ASKS | words("is does do version"),
        (PACKAGE | words("installed version install release"),),
        words("package version release installed install already have there got present available exist which is"),
        slots=(("name", lambda v: beside(PACKAGE)(v) or _installed(v)),),
        needs=frozenset({"name"}),
        final=lambda a, v: a if _asks(v) else None,
        sure=True,
    ),
    Frame(
        "user.add",
        words("create add make setup new"),
        (USER,),
        words("user account login new system as member also put whose full real complete whole name with in shell for"),
        slots=(
            ("full_name", _full_name),
            ("groups", _groups),
            ("shell", literal(Kind.PATH, test=lambda f: str(f.token.value).startswith("/"))),
            ("name", beside(USER)),
        ),
        needs=frozenset({"name"}),
        strict=True,
        final=_account,
        sure=True,
        lists=True,
        bonus=2,
    ),
    Frame(
        "user.remove",
        DELETES,
        (USER,),
        words("user account login home folder directory dir his her their its along with including included and too"),
        slots=(("home", _home), ("name", beside(USER))),
        needs=frozenset({"name"}),
        strict=True,
        final=_removed,
        sure=True,
        lists=True,
        bonus=2,
    ),
    Frame(
        "user.info",
        ASKS | words("does is exist"),
        (USER,),
        words(
            "user account login exist exists there detail info information about group shell home folder "
            "directory id uid gid belong belongs member name full his her their its known and real which of whether"
        ),
        slots=(("name", beside(USER)),),
        needs=frozenset({"name"}),
        final=lambda a, v: one_meant(a, v) if not v.has("process", "run", "running", "service") else None,
        sure=True,
        bonus=1,
    ),
    Frame(
        "user.info",
        words("what which in group"),
        (words("group"), words("belong in member")),
        words("group belong belongs to in member of part user"),
        slots=(("name", _member),),
        needs=frozenset({"name"}),
        strict=True,
        sure=True,
    ),
    Frame(
        "group.list",
        ASKS | words("who member"),
        (words("group"),),
        words("member user belong belongs part all who in of to has"),
        slots=(("name", beside(words("group"))),),
        needs=frozenset({"name"}),
        final=lambda a, v: a if v.has("member", "who", "in") or v.head in {"who", "list", "show"} else None,
        sure=True,
    ),
    Frame(
        "user.sessions",
        ASKS | words("who howmany is are anybody anyone"),
        (words("logged signed"),),
        words("who user people person session logged signed in on into there currently anybody anyone all present"),
        sure=True,
        bonus=1,
    ),
    Frame(
        "user.list",
        ASKS | words("which who"),
        (words("user account"),),
        words("user account exist exists there are have all of system list machine known existing login normal"),
        slots=(("_many", plural("users accounts logins people")),),
        needs=frozenset({"_many"}),
        final=lambda a, v: a if not v.has("logged", "signed", "active", "online", "connected") else None,
        sure=True,
    ),
)
