"""Frames for facts about a machine: disk, memory, processor, load, uptime, system, network, time, processes."""

from __future__ import annotations

from agents.embedded.frames import Frame, Measure
from agents.embedded.slots import Found, choice, clean, count_after, first_of, flag, literal
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.words import ADJECTIVES, ASK, FILLERS
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

ASKS = ASK | words("howmuch howmany howlong size pull")
FREE = words("free available left remaining unused spare")
USED = words(
    "used usage use using full utilization utilisation occupied consumed taken consumption "
    "fullness consuming uses utilized"
)
TOTAL = words("total capacity size overall installed")
_STATE = words(
    "much amount status level percent percentage value number figure current statistic stat remain gigabyte gb "
    "space situation state"
)

_HOGGING = words("using uses eating hogging consuming eats hogs")


def _who_uses(view: View) -> bool:
    """`what is using the memory` asks for processes."""
    asked = view.head in {"what", "who", "which", "what's"} and not any(
        token.kind is Kind.DEVICE and token.text.casefold().startswith("which") for token in view.tokens
    )
    return asked and any(token.text.casefold() in _HOGGING for token in view.tokens)


DISK = Frame(
    "system.disk",
    ASKS,
    (words("disk space storage drive filesystem partition room df"),),
    FREE | USED | TOTAL | _STATE,
    measures=(
        Measure("output.used_percent", "percent", FREE, rest_of=True),
        Measure("output.used_percent", "percent"),
        Measure("output.free_bytes", "bytes", FREE),
        Measure("output.total_bytes", "bytes", TOTAL),
        Measure("output.used_bytes", "bytes", USED),
    ),
)
MEMORY = Frame(
    "system.memory",
    ASKS,
    (words("memory ram mem"),),
    FREE | USED | TOTAL | _STATE | words("physical"),
    measures=(
        Measure("output.used_percent", "percent", FREE, rest_of=True),
        Measure("output.used_percent", "percent"),
        Measure("output.available_bytes", "bytes", FREE),
        Measure("output.used_bytes", "bytes", USED),
        Measure("output.total_bytes", "bytes"),
    ),
    final=lambda a, v: None if _who_uses(v) else a,
)
SWAP = Frame(
    "system.memory",
    ASKS,
    (words("swap swapping"),),
    FREE | USED | TOTAL | _STATE | words("memory"),
    measures=(Measure("output.swap_total_bytes", "bytes", TOTAL), Measure("output.swap_used_bytes", "bytes")),
)
CORES = Frame(
    "system.cpu",
    ASKS,
    (words("core"),),
    words("cpu processor number howmany physical count"),
    measures=(Measure("output.cores", "number"),),
    same="output.cores",
)
CPU = Frame(
    "system.cpu",
    ASKS,
    (words("cpu processor"),),
    USED | _STATE | words("busy model utilization kind type name hot"),
    measures=(
        Measure("output.used_percent", "percent"),
        Measure("output.model", "text", words("model type kind name")),
    ),
    same="output.model",
    final=lambda a, v: None if _who_uses(v) else a,
)
LOAD = Frame(
    "system.load",
    ASKS,
    (words("load loaded busy busiest"),),
    words("average avg system cpu mean under level currently"),
    measures=(Measure("output.load_1", "number"),),
)
UPTIME = Frame(
    "system.uptime",
    ASKS | words("since"),
    (words("uptime"),),
    words("time long system"),
    measures=(Measure("output.seconds", "seconds"),),
)
BEEN_UP = Frame(
    "system.uptime",
    ASKS | words("since"),
    (
        words("howlong longest when since shortest recently last"),
        words("up running online on boot booted reboot rebooted restart restarted alive started"),
    ),
    words("been last longest shortest continuously time most recently boot reboot"),
    measures=(Measure("output.seconds", "seconds"),),
)
OS = Frame(
    "system.os",
    ASKS,
    (words("os kernel distribution distro architecture hostname arch"),),
    words("version linux running run runs name release system installed type host exact number use using"),
    measures=(
        Measure("output.kernel", "text", words("kernel")),
        Measure("output.architecture", "text", words("architecture arch")),
        Measure("output.hostname", "text", words("hostname")),
        Measure("output.version", "text", words("version release")),
        Measure("output.name", "text"),
    ),
)
NETWORK = Frame(
    "system.network",
    ASKS,
    (words("ip network interface address networking"),),
    words(
        "address information info detail card addresses configuration config setting configured "
        "status ipv4 ipv6 local hostname"
    ),
    measures=(Measure("output.interfaces", "text"),),
)
TIME = Frame(
    "system.time",
    ASKS,
    (words("time clock date timezone day"),),
    words("local current system set show zone day today"),
    measures=(Measure("output.timezone", "text", words("timezone zone")), Measure("output.unix", "number")),
)
INFO = Frame(
    "system.info",
    ASKS | words("describe summarize summarise"),
    (words("info information specs spec specification overview fact detail hardware summary"),),
    words("system hardware basic general about main key full short brief device machine"),
)
ABOUT = Frame("system.info", words("tell describe know"), (words("about"),), words("everything more"), strict=True)

DESCRIBE = Frame("system.info", words("describe"), strict=True)


def _process_name(view: View) -> Json:
    """`nginx processes`, `process named nginx`, `is nginx running`: the name of a program."""
    quoted = literal(Kind.QUOTED)(view)
    if quoted is not None:
        return quoted
    for at, token in view.free(Kind.WORD):
        if token.lemma in {"named", "called"} and at + 1 < len(view.tokens) and view.tokens[at + 1].word:
            view.claim(at, at + 1)
            return clean(view.tokens[at + 1].text)
    for at, token in view.free(Kind.WORD):
        ahead = at + 1
        while view.lemma(ahead) in {"is", "are", "isn't", "aren't", "not", "still"}:
            ahead += 1
        follows = view.lemma(at + 1)
        nearby = (view.lemma(ahead), view.lemma(at - 1))
        after = nearby[1] in {"process", "program"} and (not follows or follows in _AFTER_NAME)
        if (at == view.head_at and not view.assumed) or token.lemma in _NOT_A_NAME:
            continue
        runs = nearby[0] in {"running", "run", "alive"} or (nearby[0] == "up" and view.head in {"is", "check"})
        if nearby[0] in _PROCESS or after or runs:
            view.claim(at)
            return clean(token.text)
    return None


_AFTER_NAME = words("on of for from in is still running and")
_PROCESS = words("process program daemon service")
_NOT_A_NAME = (
    FILLERS
    | ADJECTIVES
    | words(
        "process program running run top cpu memory ram hungry heavy intensive user list number pid active busiest it "
        "service daemon currently using most usage still not howmany show kill stop force how down anything something "
        "everything nothing longest heaviest biggest hungriest largest heavy alive device "
        "machine use uses using eat eating hog hogging consume consuming system background "
        "zombie child own owned"
    )
)


def _user(view: View) -> Json:
    for at, token in view.free(Kind.WORD):
        if token.lemma == "user" and view.tokens[at + 1 : at + 2] and view.tokens[at + 1].word:
            name = view.lemma(at + 1)
            if name not in FILLERS and name not in _PROCESS:
                view.take({"owned", "belonging", "started"})
                view.claim(at, at + 1)
                return clean(view.tokens[at + 1].text)
        if (
            token.lemma in {"owned", "started"}
            and view.lemma(at + 1) == "by"
            and view.lemma(at + 2) not in FILLERS | {""}
        ):
            view.claim(at, at + 1, at + 2)
            return clean(view.tokens[at + 2].text)
    return None


def _before_noun(view: View) -> Json:
    """`the 3 processes that ...`: the number right before the noun."""
    for at, token in view.free(Kind.NUMBER):
        if isinstance(token.value, int) and token.value > 0 and view.lemma(at + 1) == "process":
            view.claim(at)
            return token.value
    return None


def _listing(arguments: JsonObject, view: View) -> JsonObject | None:
    if (
        view.head in {"is", "check", "does", "are"}
        and "name" not in arguments
        and view.head != "are"
        and view.head != "check"
    ):
        return None
    return arguments


_TOP = first_of(count_after("top", "busiest", "most", "first"), lambda view: _before_noun(view))
PROCESSES = Frame(
    "process.list",
    ASKS | words("ps"),
    (words("process running program top ps daemon alive"),),
    words(
        "cpu memory ram hungry intensive top use using used usage most by sort sorted currently active running "
        "consuming owned whether if there still howmany number highest consumption service order"
    ),
    slots=(
        ("name", _process_name),
        ("user", _user),
        ("limit", _TOP),
        ("sort", choice({"memory": "memory", "ram": "memory", "cpu": "cpu"})),
    ),
    measures=(Measure("output.count", "number"),),
    final=_listing,
)


HOGS = Frame(
    "process.list",
    words("what who which what's"),
    (words("using use eating eat hogging hog consuming consume"), words("cpu memory ram processor")),
    words("most much so all the up program process app application"),
    slots=(("sort", choice({"memory": "memory", "ram": "memory", "cpu": "cpu", "processor": "cpu"})),),
    strict=True,
    final=lambda a, v: a if _who_uses(v) else None,
)


def _pid(view: View) -> Json:
    for at, token in view.free(Kind.NUMBER):
        if isinstance(token.value, int) and view.before(at) in {"pid", "process", "id", "number"}:
            view.claim(at)
            view.take({"pid", "id", "number"})
            return token.value
    return None


def _stopping(arguments: JsonObject, view: View) -> JsonObject | None:
    """Stopping needs exactly one target; `stop nginx` alone may mean a service, so it needs the word process."""
    if ("pid" in arguments) == ("name" in arguments):
        return None
    if "pid" in arguments and "all" in arguments:
        return None
    return arguments


def _every(view: View) -> Json:
    """`all chrome processes`: only the words themselves allow to stop more than one; devices are no words here."""
    return True if view.find({"all", "every"}) is not None else None


def _killed(view: View) -> Json:
    """The one plain word right after the verb: `kill nginx`."""
    name = _process_name(view)
    at = view.head_at + 1
    if name is None and view.head in {"kill", "terminate"}:
        while view.lemma(at) in {"the", "all", "any", "every"}:
            at += 1
        if view.lemma(at) and view.lemma(at) not in _NOT_A_NAME and at not in view.claimed:
            view.claim(at)
            return clean(view.tokens[at].text)
    return name


STOP = Frame(
    "process.stop",
    words("stop kill terminate end quit"),
    (),
    words("process program forcefully force running id pid instance"),
    slots=(("pid", _pid), ("all", _every), ("name", _killed), ("force", flag("forcefully", "force", "forcibly"))),
    strict=True,
    final=lambda a, v: _stopping(a, v) if v.head in {"kill", "terminate"} or _says_process(v) else None,
)


def _says_process(view: View) -> bool:
    return any(token.lemma in {"process", "pid", "program"} for token in view.tokens if token.word)


FRAMES = (
    DISK,
    MEMORY,
    SWAP,
    CORES,
    CPU,
    LOAD,
    UPTIME,
    BEEN_UP,
    OS,
    NETWORK,
    TIME,
    INFO,
    ABOUT,
    DESCRIBE,
    PROCESSES,
    HOGS,
    STOP,
)
__all__ = ["FRAMES", "Found"]
