"""Frames for what runs on a server: services and containers."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agents.embedded.frames import Frame
from agents.embedded.frames_system import ASKS
from agents.embedded.naming import (
    CONTAINER,
    LAST,
    LINES,
    LOGS,
    NAMING,
    SERVICE,
    beside,
    colon,
    fits,
    last_lines,
    listed,
    one_meant,
    plural,
    taken,
)
from agents.embedded.slots import choice
from agents.embedded.view import View
from agents.embedded.wordset import words
from protocol.vocabulary import Json

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
        while view.lemma(start) in NAMING or colon(view, start):
            start += 1
    names = listed(trial, start)
    spots = [at for at in range(start, len(tokens)) if at in trial.claimed and fits(view, at)]
    said = {view.lemma(at): count for at in range(spot) for count in (2, 3) if view.lemma(at) in _COUNTED[count]}
    if len(names) < 2 or any(count != len(names) for count in said.values()) or (before and spots[-1] + 1 != spot):
        return []
    noun = replace(tokens[spot], text=_PLURALS[tokens[spot].text.casefold()])
    rest = tokens[max(spot, spots[-1]) + 1 :]
    return [View((*tokens[: view.head_at + 1], noun, tokens[at], *rest)) for at in spots]


def _bare_list(view: View) -> list[View]:
    """`restart nginx and redis`"""
    trial, start = view.fork(), view.head_at + 1
    names = listed(trial, start)
    if len(names) < 2 or not _known().issuperset(names):
        return []
    spots = [at for at in range(start, len(view.tokens)) if at in trial.claimed and fits(view, at)]
    return [View((*view.tokens[:start], view.tokens[at], *view.tokens[spots[-1] + 1 :])) for at in spots]


_COUNTED: Final = {2: words("both two"), 3: words("three")}


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
        final=one_meant,
        sure=True,
        bonus=2,
    )


def _daemon(view: View) -> Json:
    """`restart nginx`: a program that is known to be a service, right behind the verb."""
    at = view.head_at + 1 + (view.lemma(view.head_at + 1) == "the")
    return taken(view, at) if view.lemma(at) in _known() and at not in view.claimed else None


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
        (LOGS, nouns),
        LOGS | LAST | LINES | nouns | words("written printed wrote output docker systemd most"),
        slots=(("name", beside(nouns)), ("lines", last_lines)),
        needs=frozenset({"name"}),
        final=one_meant,
        sure=True,
        bonus=2,
    )


def _said(skill: str, nouns: frozenset[str]) -> Frame:
    """`what did the container NAME print`."""
    return Frame(
        skill,
        words("what whatever"),
        (nouns, words("say said print printed write wrote written log logged output")),
        LAST | LINES | words("did has does have lately recently out"),
        slots=(("name", beside(nouns)), ("lines", last_lines)),
        needs=frozenset({"name"}),
        strict=True,
        final=one_meant,
        sure=True,
        bonus=2,
    )


def _asked(skill: str, nouns: frozenset[str], told: str) -> Frame:
    """`is the service NAME up`, `the state of the container NAME`."""
    return Frame(
        skill,
        ASKS - words("howlong since size when")
        | words("is are does has how check see inspect state status verify if whether"),
        (nouns, words(told)),
        words(told) | nouns | words("right well currently systemd docker does has any still whether if or condition"),
        slots=(("name", beside(nouns)),),
        needs=frozenset({"name"}),
        final=one_meant,
        sure=True,
        bonus=3,
    )


FRAMES: Final[tuple[Frame, ...]] = (
    *(
        _act(f"{kind}.{act}", heads, nouns, may=may)
        for kind, nouns in (("service", SERVICE), ("container", CONTAINER))
        for act, heads, may in (
            ("restart", "restart bounce reboot", "once"),
            ("start", "start launch", "up"),
            ("stop", "stop shut shutdown halt kill end", "down"),
        )
    ),
    _act("service.enable", "enable activate", SERVICE, may="boot startup automatically system at"),
    replace(
        _act("service.enable", "start run launch", SERVICE, may="automatically system at"),
        groups=(SERVICE, words("boot startup")),
        bonus=4,
    ),
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
        "run running up down active alive started enabled working healthy dead doing state status health ok fine "
        "there exist",
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
            ("_many", plural("services daemons units")),
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
            ("_many", plural("containers")),
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
)
