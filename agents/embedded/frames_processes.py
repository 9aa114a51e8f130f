"""Frames for what runs on a machine: which processes there are, who hogs what, and stopping them."""

from __future__ import annotations

import re
from dataclasses import replace

from agents.embedded.frames import Frame, Measure
from agents.embedded.frames_system import ASKS, CULPRIT, HOGGING, INTERFACE, who_uses
from agents.embedded.slots import choice, clean, count_after, first_of, literal
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.words import ADJECTIVES, FILLERS
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject


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
        "memory-hungry cpu-hungry cpu-intensive memory-intensive ram-hungry chip distro distribution kernel release "
        "sign up well fine back "
        "fattest greatest greedy greediest thirstiest worst best slow slower slowest hung hanging stuck frozen "
        "unresponsive misbehaving rogue runaway unused useless "
        "unnecessary needless unneeded idle old other same open remaining crashed dead leftover duplicate new wrong "
        "bad broken faulty important app application table tree manager count "
        "high highest low lowest current list biggest kernel version deployed one two three four five user's"
    )
)


_RUNNING = words("run runs running started launched executed")


_DOES = words("own use run start launch hold have take consume hog eat occupy need keep create execute with of by who")
"""`which user owns the most`: verbs behind the user, and no name of one."""


def _user(view: View) -> Json:
    for at, token in view.free(Kind.WORD):
        own = token.text.casefold().endswith("'s") and view.lemma(at + 1) in _PROCESS and token.lemma not in _NOT_A_NAME
        if own and not any(t.lemma == "user" for t in view.tokens if t.word):
            view.claim(at)
            return clean(re.sub(r"['’]s$", "", token.text, flags=re.IGNORECASE))
        if token.lemma == "user" and view.tokens[at + 1 : at + 2] and view.tokens[at + 1].word:
            name = view.lemma(at + 1)
            if name not in FILLERS and name not in _PROCESS and name not in _DOES:
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
        if isinstance(token.value, int) and token.value > 0 and view.lemma(at + 2) in CULPRIT:
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
    if "name" not in arguments and any(
        token.lemma == "it" and view.lemma(at + 1) in {"is", "be"} for at, token in enumerate(view.tokens)
    ):
        return None  # "tell me if it is active": of one thing, and not of all that runs
    # "which cpu does it run on", "how active is the processor": a part of the machine, and no process.
    return None if view.lemma(view.head_at + 1) in _PARTS or view.head in {"how", "how's"} else arguments


_PARTS = words("cpu processor chip os system distro distribution linux kernel release hardware")
_TOP = first_of(
    count_after(
        "top",
        "busiest",
        "most",
        "first",
        "heaviest",
        "hungriest",
        "biggest",
        "largest",
        "fattest",
        "greatest",
        "worst",
        "greediest",
        "thirstiest",
    ),
    lambda view: _before_noun(view),
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
    (words("process running program top ps daemon alive task active runs run hog hogs executing"),),
    words(
        "cpu memory ram hungry intensive top use using used usage most by sort sorted currently active running "
        "consuming owned whether if there still howmany number highest consumption service order everything all "
        "anything what hog hogs eat eats eating heaviest busiest biggest hungriest greediest largest heavy take takes "
        "taking up much gobble system run runs right even got process program stuff thing that's who ordered worst "
        "alive or even list got load under among amongst have having mem share largest first highest one table "
        "going with "
        "app application executing executed burning swallowing occupying claiming needing devouring guzzling hogging "
        "draining gobbling munching grabbing chewing drawing demanding costing fattest greatest open opened launched "
        "started term terms regard regards respect total currently live"
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
    (words("up alive running active started there live working executing awake going"),),
    words("still up whether if service right"),
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
    (HOGGING, _RESOURCE_WORDS),
    HOGGING
    | words(
        "most much so all the up program process app application share bulk lion's that up on down here who who's "
        "culprit guilty is one it"
    ),
    slots=(("limit", _TOP), ("sort", choice(_RESOURCES))),
    strict=True,
    final=lambda a, v: a if who_uses(v) and v.lemma(v.head_at + 1) not in _PARTS else None,
)
CULPRITS = Frame(
    "process.list",
    ASKS | words("top"),
    (CULPRIT, _RESOURCE_WORDS),
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
    words(
        "process program running id pid instance number with off down hung stuck frozen runaway job forcefully force "
        "forcibly brutally"
    ),
    slots=(("pid", _pid), ("all", _every), ("name", _killed), ("force", _forced)),
    strict=True,
    final=_ended,
)


def _says_process(view: View) -> bool:
    return any(token.lemma in {"process", "pid", "program"} for token in view.tokens if token.word)


FRAMES = (PROCESSES, RUN_BY, UP, STILL_UP, HOGS, CULPRITS, STOP)
