"""Frames for facts about a machine: disk, memory, processor, load, uptime, system, network, time, processes."""

from __future__ import annotations

import re
from typing import Final

from agents.embedded.frames import Frame, Measure
from agents.embedded.slots import Found, path
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.words import ASK
from agents.embedded.wordset import words
from protocol.vocabulary import Json

ASKS = ASK | words("howmuch howmany howlong size pull under since hows dump bring")
FREE = words("free available left remaining unused spare remain empty headroom")
USED = words(
    "used usage use using full utilization utilisation occupied consumed taken consumption filled fill fills "
    "crowded chock-full brimming eaten stuffed crammed clogged packed jammed bursting getting fullness consuming uses "
    "utilized utilised gone occupancy "
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
    "overloaded struggling swamped load kept active"
)

HOGGING = words(
    "using uses eating hogging consuming eats hogs hog gobbling chewing devouring burning draining grabbing taking "
    "takes gobbles burns drains sucking slurping occupying occupies consumes munching use take gobble burn"
)
CULPRIT = words("hog culprit hungry offender eater guzzler monster")


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


def who_uses(view: View) -> bool:
    """`what is using the memory` asks for processes."""
    low = {token.text.casefold() for token in view.tokens if token.word} | {t.lemma for t in view.tokens if t.word}
    of_devices = any(
        token.kind is Kind.DEVICE and token.text.casefold().startswith(("which", "what")) for token in view.tokens
    )
    asked = view.head in {"what", "who", "which", "what's", "who's", "something", "something's", "anything"}
    return not of_devices and ((asked and bool(low & HOGGING)) or bool(low & CULPRIT))


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
    (words("gigabyte gb tb terabyte capacity"), FREE),
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
    final=lambda a, v: None if who_uses(v) else a,
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
    words("come comes with available cpu processor number howmany physical logical count many got chip"),
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
        "power powers drive drives installed fitted with use uses used run runs doing busy model kind type name sort "
        "make brand manufacturer built core count machine cpu processor inside "
        "sits sit"
    ),
    measures=(
        Measure("output.used_percent", "percent"),
        Measure("output.model", "text", words("model type kind name")),
    ),
    same="output.model",
    final=lambda a, v: None if who_uses(v) else a,
)


def _of_the_processor(view: View) -> bool:
    """`how stressed is the cpu`: how a part of the machine is doing, where no load is spoken of."""
    low = {token.lemma for token in view.tokens if token.word}
    return bool(low & {"cpu", "processor", "chip"}) and not low & {"load", "loaded", "loadavg"}


LOAD = Frame(
    "system.load",
    ASKS,
    (
        words(
            "load loaded busy busiest overloaded loadavg overload swamped struggling strained overworked hammered "
            "stressed "
            "sweating idle idling bored slammed overburdened overwhelmed"
        ),
    ),
    words(
        "average avg system cpu mean under level currently figure value number heavy high low look looking like "
        "current "
        "lot a heavily completely totally rather right badly status stat statistic machine too very much status "
        "reading per minute min last past recent over during"
    ),
    slots=(("_window", _window),),
    measures=(
        Measure("output.load_5", "number", words("5-minute")),
        Measure("output.load_15", "number", words("15-minute")),
        Measure("output.load_1", "number"),
    ),
    final=lambda a, v: None if a.get("_window") == "other" or _of_the_processor(v) else a,
)
UPTIME = Frame(
    "system.uptime",
    ASKS | words("since"),
    (words("uptime"),),
    words("time long system current day hour figure value number statistic stat status far got much"),
    measures=(Measure("output.seconds", "seconds"),),
)


SCREEN_WORDS: Final = words("the all my our open list show")


def _of_the_future(view: View) -> bool:
    """`when will it reboot`, or a question about a process: neither is how long a machine has been up."""
    return any(t.word and t.lemma in {"will", "should", "would", "process", "program"} for t in view.tokens)


def _of_a_screen(view: View) -> bool:
    """`list the windows`, `what windows are there`: those on a screen, not the system of that name."""
    said = [t.text.casefold() for t in view.tokens if t.word]
    return any(
        word == "windows" and (before in SCREEN_WORDS or after in {"are", "that", "open"})
        for before, word, after in zip(["", *said], said, [*said[1:], ""], strict=False)
    )


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
        "got power powers drive drives rev revision version running run runs name release system installed type host "
        "exact number use using kind "
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
    final=lambda a, v: None if _of_a_screen(v) else a,
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
        "reach reachable reached use uses using used own assigned state current machine its"
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
        "having off wrong slow fast ahead behind read reads display displays tell tells say says"
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
            "low-down particular datum statistics rundown lowdown gist briefing profile vital datasheet "
            "characteristic inventory"
        ),
    ),
    _MACHINE
    | words(
        "basic general about main key full short brief complete whole quick technical detailed important essential "
        "everything lot what everything how kind sort status specs spec overview detail fact info information rough "
        "tech vital statistic inside built under hood total entire thorough inventory"
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

DESCRIBE = Frame(
    "system.info",
    words("describe characterise characterize summarise summarize profile outline portray"),
    (),
    _MACHINE,
    strict=True,
    sure=True,
    final=lambda a, v: a if _of_a_machine(v) else None,
)
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
    (words("doing going feeling holding faring getting coping managing"),),
    words("on along going up today along everything thing") | _MACHINE,
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
)
__all__ = ["FRAMES", "Found"]
