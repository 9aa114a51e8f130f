"""Frames for facts about a machine: disk, memory, processor, load, uptime, system, network, time, processes."""

from __future__ import annotations

import re
from dataclasses import replace

from agents.embedded.frames import Frame, Measure
from agents.embedded.slots import Found, choice, clean, count_after, first_of, literal, path
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.words import ADJECTIVES, ASK, FILLERS
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

ASKS = ASK | words("howmuch howmany howlong size pull under since hows dump bring")
FREE = words("free available left remaining unused spare remain empty headroom")
USED = words(
    "used usage use using full utilization utilisation occupied consumed taken consumption filled fill fills "
    "stuffed crammed clogged packed jammed bursting getting fullness consuming uses utilized utilised gone occupancy "
    "allocated eating"
)
TOTAL = words("total capacity size overall installed altogether")
_STATE = words(
    "much amount status level percent percentage value number figure current statistic stat stats gigabyte gb gig "
    "megabyte mb terabyte tb space situation state reading info information detail data report check overview "
    "configuration look looking stand low high big large small nearly almost close short "
    "tight got still very pretty run running out already going to many share ratio how's fully completely exactly "
    "roughly about around more gotten far fast-filling whole say"
)
_BUSY = words(
    "busy hard working loaded idle idling stressed strained pegged maxed hammered sweating taxed bored worked used "
    "overloaded struggling swamped load kept"
)

_HOGGING = words(
    "using uses eating hogging consuming eats hogs hog gobbling chewing devouring burning draining grabbing taking "
    "takes gobbles burns drains sucking slurping occupying occupies consumes munching use take gobble burn"
)
_CULPRIT = words("hog culprit hungry offender eater guzzler monster")


def _window(view: View) -> Json:
    """`the 5 minute load`, `1-minute load average`: which of the three averages; `other` where there is no such one."""
    for at, token in view.free(Kind.DURATION):
        view.claim(at)
        return WINDOWS.get(int(token.value or 0), "other")
    for at, token in view.free(Kind.WORD):
        if token.lemma in WINDOWS.values():
            view.claim(at)
            return token.lemma
    return None


WINDOWS = {60: "1-minute", 300: "5-minute", 900: "15-minute"}


def _who_uses(view: View) -> bool:
    """`what is using the memory` asks for processes."""
    low = {token.text.casefold() for token in view.tokens if token.word} | {t.lemma for t in view.tokens if t.word}
    of_devices = any(
        token.kind is Kind.DEVICE and token.text.casefold().startswith(("which", "what")) for token in view.tokens
    )
    asked = view.head in {"what", "who", "which", "what's", "who's", "something", "something's", "anything"}
    return not of_devices and ((asked and bool(low & _HOGGING)) or bool(low & _CULPRIT))


_HOLDS = words("hold holds holding behind contain contains mounted mount underneath where")


def _held(view: View) -> Json:
    """`the volume that holds /var/lib`: a path that the disk is named by; the size of a folder is another question."""
    named = any(token.word and token.lemma in _HOLDS | {"volume", "partition", "filesystem"} for token in view.tokens)
    return path(None)(view) if named else None


def _how_many_disks(view: View) -> bool:
    """The number of disks, or what they are, is nothing that is known."""
    return any(
        view.lemma(at) in {"howmany", "kind of", "which", "how many"} and view.lemma(at + 1) in {"disk", "drive"}
        for at in range(len(view.tokens))
    ) or any(t.word and t.lemma in {"kind", "sort", "type", "brand", "model"} for t in view.tokens)


DISK = Frame(
    "system.disk",
    ASKS,
    (words("disk space storage drive filesystem partition room df volume"),),
    FREE | USED | TOTAL | _STATE | _HOLDS | words("disk space storage drive local main root system filesystem"),
    slots=(("path", _held),),
    final=lambda a, v: None if _how_many_disks(v) else a,
    measures=(
        Measure("output.used_percent", "percent", FREE, rest_of=True),
        Measure("output.used_percent", "percent"),
        Measure("output.free_bytes", "bytes", FREE),
        Measure("output.total_bytes", "bytes", TOTAL),
        Measure("output.used_bytes", "bytes", USED),
    ),
)
ROOM = Frame(
    "system.disk",
    frozenset(),
    (words("free left"),),
    FREE | words("still only"),
    measures=DISK.measures,
    final=lambda a, v: a if v.assumed and any(token.kind is Kind.SIZE for token in v.tokens) else None,
    sure=True,
)
FULL = Frame(
    "system.disk",
    ASKS,
    (words("full"),),
    words("nearly almost already completely percent getting is still about roughly"),
    measures=(Measure("output.used_percent", "percent"),),
    final=lambda a, v: a if v.head in {"how", "is", "how's", "check", "whether", "hows"} else None,
    sure=True,
)
SPACE_LEFT = Frame(
    "system.disk",
    ASKS,
    (words("gigabyte gb tb terabyte"), FREE),
    FREE | words("many howmany still"),
    measures=DISK.measures,
)
MEMORY = Frame(
    "system.memory",
    ASKS,
    (words("memory ram mem"),),
    FREE | USED | TOTAL | _STATE | words("physical memory ram pressure swap main system machine"),
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
    (words("core nproc"),),
    words("cpu processor number howmany physical logical count many got chip"),
    measures=(Measure("output.cores", "number"),),
    same="output.cores",
)
CPU = Frame(
    "system.cpu",
    ASKS,
    (words("cpu processor chip lscpu"),),
    USED
    | _STATE
    | _BUSY
    | words(
        "doing busy model kind type name sort make brand manufacturer built core count machine cpu processor inside "
        "sits sit"
    ),
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
    (words("load loaded busy busiest overloaded loadavg overload"),),
    words(
        "average avg system cpu mean under level currently figure value number heavy high low look looking like "
        "current "
        "status stat statistic machine too very much status reading per minute min"
    ),
    slots=(("_window", _window),),
    measures=(
        Measure("output.load_5", "number", words("5-minute")),
        Measure("output.load_15", "number", words("15-minute")),
        Measure("output.load_1", "number"),
    ),
    final=lambda a, v: None if a.get("_window") == "other" else a,
)
UPTIME = Frame(
    "system.uptime",
    ASKS | words("since"),
    (words("uptime"),),
    words("time long system current day hour figure value number statistic stat status far got much"),
    measures=(Measure("output.seconds", "seconds"),),
)


def _of_the_future(view: View) -> bool:
    """`when will it reboot`, or a question about a process: neither is how long a machine has been up."""
    return any(t.word and t.lemma in {"will", "should", "would", "process", "program"} for t in view.tokens)


BEEN_UP = Frame(
    "system.uptime",
    ASKS | words("since"),
    (
        words("howlong longest when since shortest recently last howmany long ago lately boot"),
        words(
            "up running online occur boot booted reboot rebooted restart restarted alive started start starting power "
            "powered restarting rebooting booting uninterrupted"
        ),
    ),
    words(
        "been last longest shortest continuously time most recently boot reboot restart already day hour go went gone "
        "without machine system going have uninterrupted a recent ago turned latest come came back long since straight "
        "stayed kept day week hour now far"
    ),
    measures=(Measure("output.seconds", "seconds"),),
    final=lambda a, v: None if _of_the_future(v) else a,
)
OS = Frame(
    "system.os",
    ASKS,
    (
        words(
            "os kernel distribution distro architecture hostname arch uname linux windows android macos ubuntu debian "
            "fedora centos rhel alpine arch suse"
        ),
    ),
    words(
        "rev revision version running run runs name release system installed type host exact number use using kind "
        "sort flavour "
        "flavor machine build current or latest newest level which-one info information detail inventory sitting cpu "
        "system based box computer edition bit still kernel os distro linux windows android ubuntu debian fedora centos"
    ),
    measures=(
        Measure("output.kernel", "text", words("kernel")),
        Measure("output.architecture", "text", words("architecture arch")),
        Measure("output.hostname", "text", words("hostname")),
        Measure("output.version", "text", words("version release")),
        Measure("output.name", "text"),
    ),
)


def _interface(view: View) -> Json:
    """`eth0`, `wlan0`: an interface that the list of all tells about."""
    for at, token in view.free(Kind.WORD):
        if INTERFACE.fullmatch(token.text):
            view.claim(at)
            return token.text
    return None


INTERFACE = re.compile(r"(?:eth|wlan|wlp|enp|eno|ens|wg|tun|tap|lo|docker|br|en)\d[\w]*", re.IGNORECASE)
_LINK_WORDS = words(
    "up down connected active alive hold holding got carry working running plugged link online interface address ip "
    "network state status assigned"
)
NETWORK = Frame(
    "system.network",
    ASKS,
    (words("ip network interface networking nic ipconfig ifconfig lan ethernet address"),),
    words(
        "address information info detail card addresses configuration config setting configured nic lan local list "
        "status ipv4 ipv6 local hostname network ip interface up connected active hold got adapter currently set under "
        "reach reachable own assigned state current machine its"
    ),
    slots=(("_interface", _interface),),
    measures=(Measure("output.interfaces", "text"),),
)
LINK = Frame(
    "system.network",
    ASKS | _LINK_WORDS,
    (),
    _LINK_WORDS,
    slots=(("_interface", _interface),),
    needs=frozenset({"_interface"}),
    strict=True,
    measures=(Measure("output.interfaces", "text"),),
    speaks="system.network",
    sure=True,
)
TIME = Frame(
    "system.time",
    ASKS,
    (words("time clock date timezone day o'clock"),),
    words(
        "local current system zone day today clock date time timezone configured to set setting show showing shows "
        "believe believes think thinks reading right correct accurate exact machine use using live in run running "
        "having"
    ),
    measures=(Measure("output.timezone", "text", words("timezone zone")), Measure("output.unix", "number")),
)
FACTS = words("os cpu ram memory disk kernel uptime network load swap processor storage ip")


def _facts(view: View) -> Json:
    """`specs of x: os, cpu, ram`: facts that are only listed; one alone, without "everything", is what is asked for."""
    listed = [at for at, token in view.free(Kind.WORD) if token.lemma in FACTS]
    everything = any(token.word and token.lemma in {"everything", "lot", "so on", "etc"} for token in view.tokens)
    if len({view.lemma(at) for at in listed}) < (1 if everything else 2):
        return None
    view.claim(*listed)
    return True


_MACHINE = words("machine device system computer box server host hardware")
INFO = Frame(
    "system.info",
    ASKS | words("describe summarize summarise"),
    (
        words(
            "info information specs spec specification overview fact detail hardware summary sysinfo description "
            "rundown lowdown gist briefing profile vital datasheet characteristic inventory"
        ),
    ),
    _MACHINE
    | words(
        "basic general about main key full short brief complete whole quick technical detailed important essential "
        "everything lot what everything how kind sort status specs spec overview detail fact info information rough "
        "inside built under hood total entire thorough inventory"
    ),
    slots=(("_facts", _facts),),
)
ABOUT = Frame(
    "system.info",
    words("tell describe know everything all something what give show information info more anything"),
    (words("about"),),
    words("everything more all tell know something to information info anything") | _MACHINE,
    strict=True,
)

DESCRIBE = Frame("system.info", words("describe characterise characterize"), (), _MACHINE, strict=True)
KIND_OF = Frame(
    "system.info",
    words("what which specs"),
    (words("spec"),),
    _MACHINE,
    strict=True,
    speaks="system.info",
)
DOING = Frame(
    "system.info",
    words("how how's"),
    (words("doing going feeling holding"),),
    words("going up today along everything thing") | _MACHINE,
    strict=True,
    sure=True,
)
HEALTH = Frame(
    "system.info",
    ASKS,
    (words("state status health condition picture vital"),),
    words("general overall full check checkup report quick current whole complete basic big vital") | _MACHINE,
    final=lambda a, v: a if _of_a_machine(v) else None,
    sure=True,
)


def _of_a_machine(view: View) -> bool:
    """The state of a machine itself: the device stands right beside the words, nothing else is asked about."""
    return any(token.kind is Kind.DEVICE for token in view.tokens)


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
        named = view.lemma(at + 1) in _PROCESS | {"still", "running", "alive", "up", "is"}
        leads = at == view.head_at and not view.assumed and not named
        # "the firewall", "my download" are things of a kind; a program's name has no article without its noun.
        thing = view.lemma(at - 1) in {"the", "my", "our", "a", "any"} and view.lemma(at + 1) not in _PROCESS
        if leads or thing or token.lemma in _NOT_A_NAME or token.lemma in ASKS:
            continue
        runs = nearby[0] in {"running", "run", "alive", "active"} or (
            nearby[0] in {"up", "on", "there", "started"}
            and (view.head in {"is", "are", "check", "if", "whether"} or at == view.head_at)
        )
        if nearby[0] in _PROCESS or after or runs:
            view.claim(at)
            return clean(token.text)
    return None


_AFTER_NAME = words("on of for from in is still running and")
_PROCESS = words("process program daemon service instance task job")
_NOT_A_NAME = (
    FILLERS
    | ADJECTIVES
    | words(
        "process program running run top cpu memory ram hungry heavy intensive user list number pid active busiest it "
        "service daemon currently using most usage still not howmany show kill stop force how down anything something "
        "everything nothing longest heaviest biggest hungriest largest heavy alive device "
        "machine use uses using eat eating hog hogging consume consuming system background "
        "zombie child own owned greediest guzzler culprit hog offender task job load machine nothing everyone "
        "who whom anybody somebody nobody linux windows android debian ubuntu os which-ones network swap disk clock "
        "idle script update backup command what's anything it's system systems eth0 wlan0 uptime core running me "
        "high highest low lowest current list biggest kernel version deployed one two three four five user's"
    )
)


_RUNNING = words("run runs running started launched executed")


def _user(view: View) -> Json:
    for at, token in view.free(Kind.WORD):
        own = token.text.casefold().endswith("'s") and view.lemma(at + 1) in _PROCESS and token.lemma not in _NOT_A_NAME
        if own and not any(t.lemma == "user" for t in view.tokens if t.word):
            view.claim(at)
            return clean(re.sub(r"['’]s$", "", token.text, flags=re.IGNORECASE))
        if token.lemma == "user" and view.tokens[at + 1 : at + 2] and view.tokens[at + 1].word:
            name = view.lemma(at + 1)
            if name not in FILLERS and name not in _PROCESS:
                view.take({"owned", "belonging", "started"})
                view.claim(at, at + 1)
                return clean(view.tokens[at + 1].text)
        if token.lemma in _RUNNING and view.lemma(at + 1) == "as" and view.lemma(at + 2) not in FILLERS | {""}:
            last = at + 3 if view.lemma(at + 2) == "user" and view.lemma(at + 3) else at + 2
            view.claim(*range(at, last + 1))
            return clean(view.tokens[last].text)
        if (
            token.lemma in {"owned", "started", "run", "launched"}
            and view.lemma(at + 1) == "by"
            and view.lemma(at + 2) not in FILLERS | {""}
        ):
            view.claim(at, at + 1, at + 2)
            return clean(view.tokens[at + 2].text)
    return None


def _before_noun(view: View) -> Json:
    """`the 3 processes that ...`: the number right before the noun."""
    for at, token in view.free(Kind.NUMBER):
        follows = view.lemma(at + 1)
        if isinstance(token.value, int) and token.value > 0 and (follows in _PROCESS or follows in _RANKS):
            view.claim(at)
            return token.value
        if isinstance(token.value, int) and token.value > 0 and view.lemma(at + 2) in _CULPRIT:
            view.claim(at)
            view.take({"top"})
            return token.value
    return None


_RANKS = words("heaviest biggest busiest hungriest largest greediest worst top most")


def _listing(arguments: JsonObject, view: View) -> JsonObject | None:
    if (
        view.head in {"is", "check", "does", "are"}
        and "name" not in arguments
        and view.head != "are"
        and view.head != "check"
    ):
        return None
    return arguments


_TOP = first_of(
    count_after("top", "busiest", "most", "first", "heaviest", "hungriest", "biggest"), lambda view: _before_noun(view)
)
_RESOURCES = {
    "memory": "memory",
    "ram": "memory",
    "mem": "memory",
    "memory-hungry": "memory",
    "cpu": "cpu",
    "processor": "cpu",
    "cpu-hungry": "cpu",
    "cpu-intensive": "cpu",
}
_RESOURCE_WORDS = words("cpu memory ram mem processor")
PROCESSES = Frame(
    "process.list",
    ASKS | words("ps look running"),
    (words("process running program top ps daemon alive task active runs run hog hogs"),),
    words(
        "cpu memory ram hungry intensive top use using used usage most by sort sorted currently active running "
        "consuming owned whether if there still howmany number highest consumption service order everything all "
        "anything what hog hogs eat eats eating heaviest busiest biggest hungriest greediest largest heavy take takes "
        "taking up much gobble system run runs right even got process program stuff thing that's who ordered worst "
        "alive or even list got load under among amongst have having mem share largest first highest one"
    ),
    slots=(
        ("user", _user),
        ("name", _process_name),
        ("limit", _TOP),
        ("sort", choice({word: key for word, key in _RESOURCES.items() if word != "processor"})),
    ),
    measures=(Measure("output.count", "number"),),
    final=_listing,
)
RUN_BY = Frame(
    "process.list",
    ASKS | words("everything all"),
    (words("user"), words("running run runs going started open doing has launched")),
    words("everything all anything what has got going program process stuff thing currently on"),
    slots=(("user", _user),),
    needs=frozenset({"user"}),
)
UP = Frame(
    "process.list",
    words("is are check verify does"),
    (words("up alive running active started there"),),
    words("still up whether if service"),
    slots=(("name", _process_name),),
    needs=frozenset({"name"}),
    strict=True,
    measures=(Measure("output.count", "number"),),
    final=lambda a, v: a if not INTERFACE.fullmatch(str(a.get("name", ""))) else None,
)
STILL_UP = replace(UP, heads=frozenset(), strict=False)


HOGS = Frame(
    "process.list",
    words("what who which what's who's something something's anything"),
    (_HOGGING, _RESOURCE_WORDS),
    _HOGGING
    | words(
        "most much so all the up program process app application share bulk lion's that up on down here who who's "
        "culprit guilty is one it"
    ),
    slots=(("limit", _TOP), ("sort", choice(_RESOURCES))),
    strict=True,
    final=lambda a, v: a if _who_uses(v) else None,
)
CULPRITS = Frame(
    "process.list",
    ASKS | words("top"),
    (_CULPRIT, _RESOURCE_WORDS),
    words("top biggest worst main heaviest process program current most"),
    slots=(("limit", _TOP), ("sort", choice(_RESOURCES))),
    speaks="process.list",
)


def _pid(view: View) -> Json:
    for at, token in view.free(Kind.NUMBER):
        before = view.before(at)
        bare = at == view.head_at + 1 and view.head in _KILLS
        if isinstance(token.value, int) and (before in {"pid", "process", "id", "number", "job", "task"} or bare):
            view.claim(at)
            view.take({"pid", "id", "number"})
            return token.value
    return None


_KILLS = words("kill terminate forcekill")


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
    if name is None and view.head in _KILLS | {"killall", "pkill"}:
        while view.lemma(at) in {"the", "all", "any", "every"}:
            at += 1
        if view.lemma(at) and view.lemma(at) not in _NOT_A_NAME and at not in view.claimed:
            view.claim(at)
            return clean(view.tokens[at].text)
    return name


def _forced(view: View) -> Json:
    said = view.take({"forcefully", "force", "forcibly", "brutally"})
    if said:
        view.take({"by", "with"})
    return True if said or view.head == "forcekill" else None


def _ended(arguments: JsonObject, view: View) -> JsonObject | None:
    """`stop nginx` may mean a service, so it needs the word process; `kill` and its kin do not. Music is no process."""
    if view.head == "killall":
        arguments = {**arguments, "all": True}
    if str(arguments.get("name", "")).casefold() in _NO_PROGRAM:
        return None
    outright = view.head in _KILLS | {"killall"}
    return _stopping(arguments, view) if outright or _says_process(view) else None


_NO_PROGRAM = words(
    "music video light alarm screen sound power connection internet network session job download upload noise audio "
    "movie song stream light timer task display wifi bluetooth server machine device cache log file user account port"
)
STOP = Frame(
    "process.stop",
    words("stop kill terminate end quit forcekill killall halt abort shut"),
    (),
    words("process program running id pid instance number with off down hung stuck frozen runaway job"),
    slots=(("pid", _pid), ("all", _every), ("name", _killed), ("force", _forced)),
    strict=True,
    final=_ended,
)


def _says_process(view: View) -> bool:
    return any(token.lemma in {"process", "pid", "program"} for token in view.tokens if token.word)


FRAMES = (
    DISK,
    SPACE_LEFT,
    FULL,
    ROOM,
    MEMORY,
    SWAP,
    CORES,
    CPU,
    LOAD,
    UPTIME,
    BEEN_UP,
    OS,
    NETWORK,
    LINK,
    TIME,
    INFO,
    ABOUT,
    DESCRIBE,
    KIND_OF,
    DOING,
    HEALTH,
    PROCESSES,
    RUN_BY,
    UP,
    STILL_UP,
    HOGS,
    CULPRITS,
    STOP,
)
__all__ = ["FRAMES", "Found"]
