"""Frames for what a server has beside files: services, containers, packages, accounts.

A name stands beside the noun that says what it names: `the service nginx`, `a container called web`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from agents.embedded.frames import Frame
from agents.embedded.frames_system import ASKS
from agents.embedded.slots import PREPOSITIONS, Reader, choice, clean, literal
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.words import ADJECTIVES, DELETES, FILLERS, LEADS
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

SERVICE: Final = words("service daemon unit")
CONTAINER: Final = words("container")
PACKAGE: Final = words("package")
USER: Final = words("user account login")
_LOGS: Final = words("log logs logline logging logfile output")
_LAST: Final = words("last latest newest recent most tail final past")
_LINES: Final = words("line entry message logline row")
_NAMING: Final = words("called named name titled")
_NAMES: Final = frozenset({Kind.WORD, Kind.PATH, Kind.QUOTED, Kind.HOST})
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,100}")
_STATES: Final = words(
    "run running up down active alive started stopped start starting stop enabled disabled working healthy ok fine "
    "dead failed failing doing state status health still whether if not crashed alright well good currently"
)
_NO_NAME: Final = (
    FILLERS
    | ADJECTIVES
    | LEADS
    | PREPOSITIONS
    | _STATES
    | _LOGS
    | _LINES
    | _LAST
    | _NAMING
    | SERVICE
    | CONTAINER
    | PACKAGE
    | USER
    | words(
        "systemd debian linux system stats statistics list version details detail info information group home "
        "shell folder directory boot restart reboot needs need should must may might shall because since so but or "
        "no none without while until again once upon about after before if unless whose who when where why how "
        "installed available there exist exists existing failed unused two three four five several many few more "
        "process program app application tool tools software library update updates upgrade upgrades patch patches "
        "everything nothing something anything thing things stuff latest config configuration settings setting file "
        "files machine server host device job cron entry image database db backup memory cpu usage load says say said "
        "mysterious certain same own dedicated separate normal regular ordinary fresh actual specific login"
    )
)


_ENGINES: Final = words("docker podman")
"""What runs containers, and no container's name; a service's it is."""


def _fits(view: View, at: int) -> bool:
    token = view.tokens[at] if 0 <= at < len(view.tokens) else None
    if token is None or at in view.claimed or at == view.head_at or token.kind not in _NAMES:
        return False
    said = str(token.value or token.text)
    plain = token.kind is Kind.QUOTED or not {token.lemma, token.text.casefold()} & _NO_NAME
    return plain and _NAME.fullmatch(said) is not None


def _taken(view: View, at: int, *others: int) -> str:
    view.claim(at, *others)
    return clean(str(view.tokens[at].value or view.tokens[at].text))


def named_thing(view: View, at: int) -> str | None:
    """The name at `at`, explained; None where that word is none."""
    return _taken(view, at) if _fits(view, at) else None


def beside(nouns: frozenset[str]) -> Reader:
    """`the service nginx`, `the nginx service`, `nginx as a service`: the name beside the noun."""

    def read(view: View) -> Json:
        for at, token in enumerate(view.tokens):
            if not token.word or token.lemma not in nouns:
                continue
            after = at + 1
            while view.lemma(after) in _NAMING | nouns or _mark(view, after) or (nouns is USER and _for(view, after)):
                after += 1
            before = at - 1
            while view.lemma(before) in nouns | words("a an new the as"):
                before -= 1
            joined = before == at - 1 or view.lemma(before + 1) == "as"
            if _fits(view, after):
                return _taken(view, after, *range(at, after))
            if joined and _fits(view, before) and not (nouns is CONTAINER and view.lemma(before) in _ENGINES):
                return _taken(view, before, *range(before, at + 1))
        return None

    return read


def _for(view: View, at: int) -> bool:
    """`an account for lena`"""
    return view.lemma(at) == "for" and view.lemma(at - 1) in {"account", "login"}


def _mark(view: View, at: int) -> bool:
    token = view.tokens[at] if at < len(view.tokens) else None
    return token is not None and token.kind is Kind.PUNCT and token.text == ":"


def _listed(view: View, at: int) -> list[str]:
    """The names of `tree, jq and htop`, claimed with what joins them."""
    found: list[str] = []
    while _fits(view, at) and view.tokens[at].kind in (Kind.WORD, Kind.QUOTED):
        found.append(_taken(view, at))
        step = at + 1
        while step < len(view.tokens) and (view.tokens[step].text in {",", "&", "+"} or view.lemma(step) == "and"):
            step += 1
        if step == at + 1 or not _fits(view, step):
            break
        view.claim(*range(at, step))
        at = step
    return found


_EACH: Final = words("restart bounce start stop enable disable")
_PLURALS: Final = {"services": "service", "daemons": "service", "containers": "container"}


def named_list(view: View) -> list[View]:
    """`restart the containers api and web`, `stop the api and web containers`: the order for each of them."""
    tokens = view.tokens
    spot = next((at for at, token in enumerate(tokens) if token.word and token.text.casefold() in _PLURALS), None)
    if view.head not in _EACH:
        return []
    if spot is None:
        return _bare_list(view)
    start = view.head_at + 1
    while start < spot and view.lemma(start) in words("the both two three docker systemd following my our"):
        start += 1
    trial = view.fork()
    before = start < spot
    if not before:
        start = spot + 1
        while view.lemma(start) in _NAMING or _mark(view, start):
            start += 1
    names = _listed(trial, start)
    spots = [at for at in range(start, len(tokens)) if at in trial.claimed and _fits(view, at)]
    said = {view.lemma(at): count for at in range(spot) for count in (2, 3) if view.lemma(at) in _COUNTED[count]}
    if len(names) < 2 or any(count != len(names) for count in said.values()) or (before and spots[-1] + 1 != spot):
        return []
    noun = replace(tokens[spot], text=_PLURALS[tokens[spot].text.casefold()])
    rest = tokens[max(spot, spots[-1]) + 1 :]
    return [View((*tokens[: view.head_at + 1], noun, tokens[at], *rest)) for at in spots]


def _bare_list(view: View) -> list[View]:
    """`restart nginx and redis`"""
    trial, start = view.fork(), view.head_at + 1
    names = _listed(trial, start)
    if len(names) < 2 or not _known().issuperset(names):
        return []
    spots = [at for at in range(start, len(view.tokens)) if at in trial.claimed and _fits(view, at)]
    return [View((*view.tokens[:start], view.tokens[at], *view.tokens[spots[-1] + 1 :])) for at in spots]


_COUNTED: Final = {2: words("both two"), 3: words("three")}


def _packages(view: View) -> Json:
    """`the packages tree and jq`, `the htop package`, or the names right behind the verb."""
    spot = view.find(PACKAGE)
    starts = [view.head_at + 1] if spot is None else [spot + 1]
    for start in starts:
        while view.lemma(start) in _NAMING | words("the both all two three following") or _mark(view, start):
            start += 1
        names = _listed(view, start)
        if names:
            return [*names]
    alone = beside(PACKAGE)(view)
    return [alone] if isinstance(alone, str) else None


def last_lines(view: View) -> Json:
    """`the last 30 log lines`, `80 lines`, `newest 20 entries`: how many."""
    for at, token in view.free(Kind.NUMBER):
        ahead = view.lemma(at + 2) if view.lemma(at + 1) in _LOGS | CONTAINER | SERVICE else view.lemma(at + 1)
        if isinstance(token.value, int) and token.value > 0 and (ahead in _LINES | _LOGS or view.before(at) in _LAST):
            view.claim(at)
            return token.value
    return None


def _one(arguments: JsonObject, view: View) -> JsonObject | None:
    """One thing is meant: `all`, and a plural, mean more."""
    plural = any(t.word and t.text.casefold() in {"services", "containers", "users", "accounts"} for t in view.tokens)
    return None if plural or view.has("all", "every", "each") else arguments


def _act(skill: str, heads: str, nouns: frozenset[str], *, may: str = "") -> Frame:
    """`VERB the service NAME`."""
    return Frame(
        skill,
        words(heads),
        (nouns,),
        words(may) | words("systemd docker running"),
        slots=(("name", beside(nouns)),),
        needs=frozenset({"name"}),
        strict=True,
        final=_one,
        sure=True,
        bonus=2,
    )


def _daemon(view: View) -> Json:
    """`restart nginx`: a program that is known to be a service, right behind the verb."""
    at = view.head_at + 1 + (view.lemma(view.head_at + 1) == "the")
    return _taken(view, at) if view.lemma(at) in _known() and at not in view.claimed else None


def _known() -> frozenset[str]:
    # Imported here: a fleet without services needs none of it.
    from agents.embedded.kinds.names import DAEMONS

    return DAEMONS


def _bare(skill: str, heads: str) -> Frame:
    """`VERB nginx`."""
    slots = (("name", _daemon),)
    return Frame(skill, words(heads), (), slots=slots, needs=frozenset({"name"}), strict=True, sure=True)


def _logs(skill: str, nouns: frozenset[str]) -> Frame:
    """`the last 30 log lines of the service NAME`."""
    return Frame(
        skill,
        ASKS | words("tail cat read fetch print see logs log output"),
        (_LOGS, nouns),
        _LOGS | _LAST | _LINES | nouns | words("written printed wrote output docker systemd most"),
        slots=(("name", beside(nouns)), ("lines", last_lines)),
        needs=frozenset({"name"}),
        final=_one,
        sure=True,
        bonus=2,
    )


def _said(skill: str, nouns: frozenset[str]) -> Frame:
    """`what did the container NAME print`."""
    return Frame(
        skill,
        words("what whatever"),
        (nouns, words("say said print printed write wrote written log logged output")),
        _LAST | _LINES | words("did has does have lately recently out"),
        slots=(("name", beside(nouns)), ("lines", last_lines)),
        needs=frozenset({"name"}),
        strict=True,
        final=_one,
        sure=True,
        bonus=2,
    )


def _asked(skill: str, nouns: frozenset[str], told: str) -> Frame:
    """`is the service NAME up`, `the state of the container NAME`."""
    return Frame(
        skill,
        ASKS | words("is are does has how check see inspect state status verify if whether"),
        (nouns, words(told)),
        words(told) | nouns | words("right well currently systemd docker does has any still whether if or condition"),
        slots=(("name", beside(nouns)),),
        needs=frozenset({"name"}),
        final=_one,
        sure=True,
        bonus=3,
    )


def _plural(plurals: str) -> Reader:
    wanted = words(plurals)
    return lambda view: True if any(t.word and t.text.casefold() in wanted for t in view.tokens) else None


_GONE: Final = words("config configuration settings setting conf purge purged file files")
_PURGING: Final = words("along including include with also together and its their all too completely well")


def _purged(view: View) -> Json:
    """`along with its config files`, `purge`: what it was configured with goes, too."""
    if view.head == "purge":
        return True
    if view.find(_GONE - words("file files")) is None:
        return None
    view.take(_GONE | _PURGING)
    return True


def _clean(arguments: JsonObject, view: View) -> JsonObject | None:
    """Packages are no files: what names one is deleted as one."""
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
        while view.lemma(start) in {"is", "of", "as", "be"} or _mark(view, start):
            start += 1
        if token.lemma == "name" and start < len(view.tokens) and view.tokens[start].kind is Kind.QUOTED:
            return _taken(view, start, *range(at - 1, start))
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
    while view.lemma(start) in _NAMING:
        start += 1
    names = _listed(view, start)
    if not names and _fits(view, at - 1):
        names = [_taken(view, at - 1)]
    if names:
        view.claim(*range(at, start))
        view.take(words("member belonging belongs put add added part"))
    return [*names] or None


def _home(view: View) -> Json:
    """`with her home folder`: that goes, too."""
    at = view.find({"home"})
    if at is None:
        return None
    view.take(
        words("home folder directory dir his her their its along with including and together too also everything")
    )
    return True


FRAMES: Final[tuple[Frame, ...]] = (
    *(
        _act(f"{kind}.{act}", heads, nouns, may=may)
        for kind, nouns in (("service", SERVICE), ("container", CONTAINER))
        for act, heads, may in (
            ("restart", "restart bounce reboot", "once"),
            ("start", "start launch", "up"),
            ("stop", "stop shutdown halt kill end", "down"),
        )
    ),
    _act("service.enable", "enable start run launch activate", SERVICE, may="boot startup automatically system"),
    _act("service.disable", "disable deactivate", SERVICE, may="boot startup automatically system start"),
    _bare("service.restart", "restart bounce"),
    _bare("service.start", "start"),
    _bare("service.stop", "stop"),
    _logs("service.logs", SERVICE),
    _logs("container.logs", CONTAINER),
    _said("service.logs", SERVICE),
    _said("container.logs", CONTAINER),
    _asked(
        "service.status",
        SERVICE,
        "run running up down active alive started enabled working healthy dead doing state status health ok fine",
    ),
    _asked(
        "container.inspect",
        CONTAINER,
        "run running up down active alive started working healthy dead doing state status health detail details image "
        "inspect about",
    ),
    Frame(
        "service.list",
        ASKS | words("list which"),
        (SERVICE,),
        words("all systemd system are have has there list overview in state status currently any"),
        slots=(
            ("_many", _plural("services daemons units")),
            ("state", choice({"running": "running", "failed": "failed", "stopped": "stopped"})),
        ),
        needs=frozenset({"_many"}),
        sure=True,
    ),
    Frame(
        "container.list",
        ASKS | words("list which"),
        (CONTAINER,),
        words("all docker podman are have has there list overview status with currently any exist"),
        slots=(
            ("_many", _plural("containers")),
            ("state", choice({"running": "running", "exited": "exited"})),
        ),
        needs=frozenset({"_many"}),
        sure=True,
        bonus=2,
    ),
    Frame(
        "container.stats",
        ASKS | words("howmuch which"),
        (CONTAINER, words("memory ram cpu resource usage stats statistics")),
        words(
            "memory ram cpu resource usage use using used consume consuming take taking stats statistics docker "
            "running much most all consumption and need eat eating each"
        ),
        sure=True,
        bonus=3,
    ),
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
        ASKS | words("is does do have version"),
        (PACKAGE | words("installed version install release"),),
        words("package version release installed install already have there got present available exist which is"),
        slots=(("name", lambda v: beside(PACKAGE)(v) or _installed(v)),),
        needs=frozenset({"name"}),
        final=lambda a, v: a if v.head != "install" else None,
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
        final=lambda a, v: _account(a, v),
        sure=True,
        lists=True,
        bonus=2,
    ),
    Frame(
        "user.remove",
        DELETES,
        (USER,),
        words("user account login home folder directory dir his her their its along with including and together too"),
        slots=(("home", _home), ("name", beside(USER))),
        needs=frozenset({"name"}),
        strict=True,
        final=_one,
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
        final=lambda a, v: _one(a, v) if not v.has("process", "run", "running", "service") else None,
        sure=True,
        bonus=1,
    ),
    Frame(
        "user.list",
        ASKS | words("which who"),
        (words("user account"),),
        words("user account exist exists there are have all of system list machine known existing login normal"),
        slots=(("_many", _plural("users accounts logins people")),),
        needs=frozenset({"_many"}),
        final=lambda a, v: a if not v.has("logged", "signed", "active", "online", "connected") else None,
        sure=True,
    ),
)


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


def _installed(view: View) -> Json:
    """`is htop installed`, `which version of openssl is installed`."""
    for at, token in enumerate(view.tokens):
        ahead = at + 1
        while view.lemma(ahead) in {"is", "are", "already", "do", "we", "have", "there", "currently"}:
            ahead += 1
        follows = view.lemma(ahead) in {"installed", "version"}
        behind = view.before(at) == "of" and view.before(at, 2) in {"version", "release"}
        if token.word and (follows or behind) and _fits(view, at) and token.lemma not in {"version", "release"}:
            return _taken(view, at)
    return None
