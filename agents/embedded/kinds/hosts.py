"""What may be asked of a server beside its files: services, packages, cron, the journal, accounts, containers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from agents.embedded.kinds.acts import Order, number_of, said, text_of
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.machines import spoken_of
from agents.embedded.kinds.names import DAEMONS, name_of, package_of, service_of
from agents.embedded.kinds.pattern import Slots
from agents.embedded.kinds.phones import Filled
from agents.embedded.kinds.world import World
from protocol.vocabulary import JsonObject

_ARCHIVES: Final = (".tar.gz", ".tgz")


def service(slots: Slots, piece: Piece, world: World) -> Filled:
    name = service_of(slots, "name", piece)
    return _with_lines({"name": name}, slots) if name is not None else None


def daemon(slots: Slots, piece: Piece, world: World) -> Filled:
    """Without the word `service`, a program that is known to be one."""
    name = service_of(slots, "name", piece)
    return {"name": name} if name is not None and name.casefold() in DAEMONS else None


def daemon_lines(slots: Slots, piece: Piece, world: World) -> Filled:
    name = service_of(slots, "name", piece)
    return _with_lines({"name": name}, slots) if name is not None and name.casefold() in DAEMONS else None


def its_lines(slots: Slots, piece: Piece, world: World) -> Filled:
    """`restart nginx and show its last 20 log lines`: of the service that the words before spoke of."""
    name = spoken_of(piece)
    if name is None or re.search(r"\bits\b", piece.source(piece.tokens)) is None:
        return None
    return _with_lines({"name": name}, slots)


def it(slots: Slots, piece: Piece, world: World) -> Filled:
    """`if nginx is down, restart it`: the service that the words before spoke of."""
    name = spoken_of(piece)
    return {"name": name} if name is not None else None


def _with_lines(out: JsonObject, slots: Slots) -> Filled:
    if "n" not in slots:
        return out
    count = number_of(slots, "n")
    return {**out, "lines": count} if isinstance(count, int) and count > 0 else None


def journal(slots: Slots, piece: Piece, world: World) -> Filled:
    out: JsonObject = {"priority": "err"} if "errors" in slots else {}
    if "name" in slots:
        unit = service_of(slots, "name", piece)
        if unit is None:
            return None
        out["unit"] = unit
    return _with_lines(out, slots)


def packages(slots: Slots, piece: Piece, world: World) -> Filled:
    names = [package_of(slots, slot, piece) for slot in ("a", "b", "c") if slot in slots]
    return {"names": [*names]} if names and None not in names else None


def package(slots: Slots, piece: Piece, world: World) -> Filled:
    name = package_of(slots, "name", piece)
    return {"name": name} if name is not None else None


def user(argument: str) -> Callable[[Slots, Piece, World], Filled]:
    def fill(slots: Slots, piece: Piece, world: World) -> Filled:
        if "name" not in slots:
            return {}
        name = service_of(slots, "name", piece)
        return {argument: name} if name is not None else None

    return fill


def port(protocol: str) -> Callable[[Slots, Piece, World], Filled]:
    """`what listens on port 22`: the port, where one is named, and the protocol, where it was said."""

    def fill(slots: Slots, piece: Piece, world: World) -> Filled:
        out: JsonObject = {"protocol": protocol} if protocol else {}
        if "n" not in slots:
            return out
        found = number_of(slots, "n")
        return {**out, "port": found} if isinstance(found, int) and 0 < found < 65_536 else None

    return fill


def state(slots: Slots, piece: Piece, world: World) -> Filled:
    return {"state": said(slots, "state")[0]} if "state" in slots else {}


def backup(slots: Slots, piece: Piece, world: World) -> Filled:
    target = text_of(slots, "goal", piece)
    paths = [name_of(slots, slot, piece, most=1) for slot in ("a", "b", "c") if slot in slots]
    if not target.endswith(_ARCHIVES) or None in paths:
        return None
    return {"paths": [*paths], "target": target}


def checked(slots: Slots, piece: Piece, world: World) -> Filled:
    path = text_of(slots, "path", piece)
    return {"backup_path": path} if path.endswith(_ARCHIVES) else None


_KIND: Final = "(service|daemon|systemd service|systemd unit|unit)"
_THE: Final = (f"[the] {_KIND} [called|named] {{name:name}}", f"[the] {{name:name}} {_KIND}")
_BOX: Final = ("[the] [docker] container [called|named] {name:name}", "[the] {name:name} container")
_LAST: Final = "(last|latest|newest|most recent)"
_FOR: Final = "(of|for|from|by)"
_RUNS: Final = "(running|up|active|alive|started|working)"
_IN: Final = "(logged in|logged on|logged into|signed in|signed on)"
_LISTENER: Final = "(what|who|which (program|process|service|daemon))"
_NOW: Final = "[right now|now|currently|at the moment|at present]"
_UNIT: Final = "[the] [service|unit|daemon|program] {name:name}"
_THINGS: Final = "[the] [file|files|folder|folders|directory]"


def _each(*forms: str, things: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(form.replace("THING", thing) for form in forms for thing in things)


def _acting(skill: str, verbs: str, *, more: tuple[str, ...] = (), bare: str = "") -> tuple[Order, ...]:
    """Orders with the word `service`, and without it for programs that are known to be services."""
    plain = (f"systemctl {skill.rpartition('.')[2]} {{name:name}}",)
    with_word = Order(skill, asks=(*_each(f"{verbs} THING", *more, things=_THE), *plain), fill=service)
    return (with_word, Order(skill, asks=(f"{bare or verbs} [the] {{name:name}}",), fill=daemon))


ORDERS: Final = (
    *_acting("service.restart", "(restart|bounce)"),
    *_acting("service.start", "(start|start up)", more=("bring THING up", "bring up THING")),
    *_acting("service.stop", "(stop|shut down)", more=("take THING down",), bare="stop"),
    Order(
        "service.enable",
        asks=(*_each("enable THING", "(start|run) THING at boot", things=_THE), "systemctl enable {name:name}"),
        fill=service,
    ),
    Order(
        "service.disable", asks=(*_each("disable THING", things=_THE), "systemctl disable {name:name}"), fill=service
    ),
    Order(
        "service.status",
        asks=_each(f"is THING [still] {_RUNS}", "is THING enabled", "how is THING [doing]", things=_THE),
        nouns=_each("(status|state) of THING", "THING status", things=_THE),
        fill=service,
    ),
    Order(
        "service.status",
        asks=(f"is [the] {{name:name}} [still] {_RUNS}",),
        nouns=("(status|state) of [the] {name:name}", "{name:name} status"),
        fill=daemon,
    ),
    Order(
        "service.logs",
        asks=_each("what did THING (say|write|log|print) [last]", things=_THE),
        nouns=_each(
            f"(log|logs|output|last lines) {_FOR} THING",
            f"{_LAST} {{n:number}} (log lines|lines) {_FOR} THING",
            f"{_LAST} {{n:number}} lines of the (log|logs|output) {_FOR} THING",
            things=_THE,
        ),
        fill=service,
    ),
    Order(
        "service.logs",
        nouns=(
            f"{_LAST} {{n:number}} (log lines|lines of log|log entries) {_FOR} [the] {{name:name}}",
            f"{_LAST} {{n:number}} lines of [the] {{name:name}} (log|logs)",
        ),
        fill=daemon_lines,
    ),
    *(
        Order(skill, asks=(f"{verb} (it|that service|the service)",), fill=it)
        for skill, verb in (("service.restart", "restart"), ("service.start", "start"), ("service.stop", "stop"))
    ),
    Order("service.logs", nouns=(f"{_LAST} {{n:number}} (log lines|log entries|lines of log)",), fill=its_lines),
    Order(
        "service.list",
        asks=("(what|which) services are {state:state}", "(what|which) services (have|has) {state:state}"),
        nouns=("{state:state} services", "services (that|which) [are|have] {state:state}", "services"),
        fill=state,
    ),
    Order(
        "package.upgradable",
        asks=(
            "(what|which) packages (can|could|may|should) be (upgraded|updated)",
            "(what|which) packages (have|need) (updates|upgrades|an update|an upgrade)",
            "(what|which) (updates|upgrades|package updates|package upgrades) are (there|available|pending)",
            "are there [any] [package] (updates|upgrades) [available|pending]",
            "what would apt upgrade [change|do]",
        ),
        nouns=(
            "(upgradable|upgradeable|outdated) packages",
            "(pending|available) [package] (updates|upgrades)",
            "packages that can be (upgraded|updated)",
        ),
    ),
    Order(
        "package.install",
        asks=(
            "(install|apt install|apt-get install) [the] [debian] [package|packages] {a:name} "
            "[[,] [and] {b:name} [[,] and {c:name}]] [(with|by|using|through) apt]",
            "(install|apt install) [the] {a:name} package",
            "upgrade [the] package {a:name}",
            "upgrade [the] {a:name} package",
        ),
        fill=packages,
    ),
    Order(
        "package.remove",
        asks=(
            "(remove|uninstall|delete|apt remove) [the] [debian] package {a:name}",
            "apt remove {a:name}",
            "(remove|uninstall) [the] {a:name} package",
            "uninstall {a:name}",
        ),
        fill=packages,
    ),
    Order(
        "package.info",
        asks=(
            "is [the] package {name:name} installed",
            "is [the] {name:name} package installed",
            "tell [me|us] about [the] package {name:name}",
            "(what|which) version of [the] [package] {name:name} is installed",
            "does [the] package {name:name} exist",
            "is {name:name} installed",
            "(what|which) version of {name:name} is installed",
        ),
        nouns=("[installed] version of [the] package {name:name}",),
        fill=package,
    ),
    Order(
        "cron.list",
        asks=(
            "what does cron (run|do) [for [the] [user] {name:name}]",
            "(what|which) cron (jobs|entries) (are there|are|does [the] [user] {name:name} have)",
        ),
        nouns=(
            "[cron] crontab [(of|for) [the] [user] {name:name}]",
            "cron (jobs|entries|table) [(of|for) [the] [user] {name:name}]",
        ),
        fill=user("user"),
    ),
    Order(
        "journal.read",
        nouns=(
            f"{_LAST} {{n:number}} (journal entries|journal lines|entries of [the] journal|lines of [the] journal|"
            f"entries in [the] journal) [{_FOR} {_UNIT}]",
            f"(journal|journal entries|journal lines|entries in [the] journal|systemd journal) [{_FOR} {_UNIT}]",
            f"{{errors:errors}} (in|from|of) [the] [systemd] journal [{_FOR} {_UNIT}]",
        ),
        asks=(
            f"(what|which) {{errors:errors}} are in [the] [systemd] journal [{_FOR} {_UNIT}]",
            f"what does [the] journal say [(about|of) {_UNIT}]",
        ),
        fill=journal,
    ),
    *(
        Order(
            "net.listening",
            asks=(
                f"{_LISTENER} (listens|is listening|waits) on {word} port {{n:number}}",
                f"{_LISTENER} (uses|is using|occupies|holds|has open|has) {word} port {{n:number}}",
                f"is (anything|something|anybody|someone) listening on {word} port {{n:number}}",
                f"does (anything|something|anybody|someone) listen on {word} port {{n:number}}",
                f"is {word} port {{n:number}} (open|in use|used|taken|occupied)",
                f"(what|which) {word} ports are {_NOW} (open|listening|in use|used|taken) {_NOW}",
                *((f"(what|which) (programs|processes|services) are listening {_NOW}",) if not protocol else ()),
            ),
            nouns=(
                f"(open|listening|used) [network] {word} ports",
                f"{word} ports (in use|that are open|that are listening|that are in use)",
            ),
            fill=port(protocol),
        )
        for protocol, word in (("", "[the]"), ("tcp", "[the] tcp"), ("udp", "[the] udp"))
    ),
    Order(
        "user.sessions",
        asks=(
            f"who is {_NOW} {_IN} {_NOW}",
            f"(what|which) users are {_NOW} {_IN} {_NOW}",
            f"is (anybody|anyone|somebody|someone) {_NOW} {_IN} {_NOW}",
        ),
        nouns=("(users|people) (logged in|that are logged in|who are logged in)", "(login|user) sessions"),
    ),
    Order(
        "user.info",
        asks=(
            "does [the] user {name:name} exist",
            "tell [me|us] about [the] user {name:name}",
            "(what|which) groups is [the] user {name:name} in",
            "in (what|which) groups is [the] user {name:name}",
            "(what|which) groups does [the] user {name:name} belong to",
        ),
        nouns=("(details|account|groups) of [the] user {name:name}", "user {name:name}"),
        fill=user("name"),
    ),
    Order(
        "user.list",
        asks=(
            "(what|which) [user] accounts (are there|exist)",
            "(what|which|who) [users|people] (can|may) (log in|log on|sign in)",
        ),
        nouns=("users that can log in", "[user] accounts"),
    ),
    Order(
        "user.info",
        asks=("(what|which) groups is {name:name} in", "in (what|which) groups is {name:name}"),
        fill=user("name"),
    ),
    Order(
        "group.list",
        asks=("(what|which) [user] groups are there", "(what|which) [user] groups (exist|do you have)"),
        nouns=("[user] groups",),
    ),
    *(
        Order(
            skill,
            asks=(*_each(f"{verbs} THING", things=_BOX), f"docker {skill.rpartition('.')[2]} {{name:name}}"),
            fill=service,
        )
        for skill, verbs in (
            ("container.restart", "(restart|bounce)"),
            ("container.start", "start"),
            ("container.stop", "stop"),
        )
    ),
    Order(
        "container.inspect",
        asks=(
            *_each(
                "tell [me|us] about THING",
                f"is THING [still] {_RUNS}",
                "(what|which) image does THING run",
                "inspect THING",
                things=_BOX,
            ),
            "docker inspect {name:name}",
        ),
        nouns=_each("(status|state|details) of THING", things=_BOX),
        fill=service,
    ),
    Order(
        "container.logs",
        asks=(*_each("what did THING say", things=_BOX), "docker logs {name:name}"),
        nouns=_each(
            f"(log|logs|output) {_FOR} THING", f"{_LAST} {{n:number}} (log lines|lines) {_FOR} THING", things=_BOX
        ),
        fill=service,
    ),
    Order(
        "backup.create",
        asks=(
            f"(back up|backup) {_THINGS} {{a:place}} [[,] [and] {_THINGS} {{b:place}} [[,] and {_THINGS} {{c:place}}]] "
            "(to|as|into|in) [the] [file|archive] {goal:file}",
            f"(make|take|create) [a|the] backup of {_THINGS} {{a:place}} [and {_THINGS} {{b:place}}] "
            "(to|as|into|in) [the] [file|archive] {goal:file}",
        ),
        fill=backup,
    ),
    Order(
        "backup.verify",
        asks=(
            "(verify|check|test) [[the] checksums of] [the] [backup|archive] {path:file}",
            "is [the] backup {path:file} (intact|complete|fine)",
        ),
        fill=checked,
    ),
)
