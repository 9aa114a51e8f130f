"""One command line, parsed against the flags that its command knows, as kubectl parses it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from agents.embedded.kube.lexicon import CLUSTER_SCOPED, KINDS
from agents.embedded.kube.names import DNS
from agents.embedded.outcome import Stop, decline
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

Step = tuple[str, JsonObject]

_ELSEWHERE = words("context cluster kubeconfig server user token username password")
_SOMEBODY = words("as as-group as-uid as-user-extra")
_FILES = words("filename kustomize recursive raw from-file from-env-file")
_REASONS = (
    (_ELSEWHERE, "the cluster is the device's own, and is chosen by the device"),
    (_SOMEBODY, "nothing is done in somebody else's name"),
    (_FILES, "a command line reads no files here"),
)
_PROSE = words(
    "in on at to from for with of the a an that which and or my our your by is are be please then into every called "
    "named where whose only except unless if me us it its this these"
)
_SPOKEN = words("claim claims app apps cron crons dep deps autoscaler autoscalers binding bindings endpoint")
_SECONDS = {"h": 3600, "m": 60, "s": 1}
_GROUPS = re.compile(r"(?:v1\.)?(?:apps|batch|extensions|autoscaling|policy|(?:[a-z]+\.)?(?:[a-z.]+\.)?k8s\.io)?")


class NoCommand(Exception):
    """The line is a sentence after all: `kubectl get pods in shop`."""


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags of a command: name -> "=" takes a value, "" does not, "?" may with `=`; letter -> name."""

    takes: dict[str, str]
    letters: dict[str, str]


def flags(said: str) -> Flags:
    """`n|namespace= dry-run? force`: letters before the bar."""
    takes: dict[str, str] = {}
    letters: dict[str, str] = {}
    for one in said.split():
        letter, _, long = one.rpartition("|")
        name = long.rstrip("=?")
        takes[name] = long[len(name) :]
        if letter:
            letters[letter] = name
    return Flags(takes, letters)


@dataclass(frozen=True, slots=True)
class Call:
    """A parsed line. `rest` is what stands behind `--`, None without it; `namespace` the one of the line."""

    path: str
    args: tuple[str, ...]
    flags: Mapping[str, tuple[str, ...]]
    rest: tuple[str, ...] | None
    kinds: Mapping[str, str] = field(default_factory=dict)
    home: str = ""

    @property
    def namespace(self) -> str:
        said = self.flag("namespace") or self.home
        if said and not DNS.fullmatch(said):
            raise self.no(f"{said!r} is no name of a namespace", said)
        return said

    def no(self, reason: str, *said: str) -> Stop:
        """What the command is declined with."""
        return decline(f"kubectl {self.path}: {reason}", said)

    def flag(self, name: str, default: str = "") -> str:
        """The value of a flag, the last where it is given often."""
        return self.flags[name][-1] if name in self.flags else default

    def on(self, name: str) -> bool:
        return self.flag(name, "false") not in {"false", "0", "none"}

    def number(self, name: str) -> int | None:
        said = self.flag(name)
        if not said:
            return None
        if not re.fullmatch(r"\d{1,9}", said):
            raise self.no(f"--{name} is a number, not {said!r}", said)
        return int(said)

    def seconds(self, name: str) -> int | None:
        """A duration as Go writes it: `90s`, `1h30m`."""
        said = self.flag(name)
        if not said:
            return None
        if re.fullmatch(r"0|(?:\d+[hms])+", said) is None:
            raise self.no(f"--{name} is a time such as 90s or 1h30m, not {said!r}", said)
        return sum(int(n) * _SECONDS[unit] for n, unit in re.findall(r"(\d+)([hms])", said))

    def listed(self, name: str) -> list[str]:
        """The values of a flag that is given often or with commas."""
        return [one for said in self.flags.get(name, ()) for one in said.split(",") if one]

    def pairs(self, name: str) -> dict[str, str]:
        """`--limits=cpu=1,memory=1Gi`."""
        return self.paired(self.listed(name))

    def paired(self, said: Sequence[str]) -> dict[str, str]:
        found = {}
        for one in said:
            key, equal, value = one.partition("=")
            if not key or not equal:
                raise self.no(f"{one!r} is no KEY=VALUE", one)
            found[key] = value
        return found

    def name(self, said: str) -> str:
        if not re.fullmatch(r"[a-z0-9]([-a-z0-9.:]{0,251}[a-z0-9])?", said):
            raise self.no(f"{said!r} is no name of an object", said)
        return said

    def one(self) -> str:
        """The only argument: a name."""
        if len(self.args) != 1:
            raise self.no("one name is needed" if not self.args else f"{self.args[1]!r} has no place", *self.args[1:])
        return self.name(self.args[0])

    def kind(self, said: str) -> str:
        """The kind of a word as kubectl takes it: plural, singular, short, or with its group."""
        low = said.casefold()
        word, _, group = low.partition(".")
        known = word in KINDS and word not in _SPOKEN and _GROUPS.fullmatch(group)
        if low in self.kinds or word in self.kinds:
            return self.kinds.get(low) or self.kinds[word]
        if not known:
            raise self.no(f"the cluster is not known to have objects of the kind {said!r}", said)
        return KINDS[word]

    def objects(self) -> list[tuple[str, str]]:
        """(kind, name) of `TYPE NAME...`, `TYPE,TYPE NAME` and `TYPE/NAME...`; name "" where only kinds are said."""
        if not self.args:
            raise self.no("what kind of objects, and which?")
        if any("/" in one for one in self.args):
            if not all(one.count("/") == 1 for one in self.args):
                raise self.no("objects are either all TYPE/NAME or one TYPE and names", *self.args)
            return [(self.kind(kind), self.name(name)) for kind, name in (one.split("/") for one in self.args)]
        kinds = [self.kind(one) if one != "all" else "all" for one in self.args[0].split(",") if one]
        names = [self.name(one) for one in self.args[1:]]
        return [(kind, name) for kind in kinds for name in names or [""]]

    def named(self, kinds: frozenset[str] | None = None) -> list[tuple[str, str]]:
        """The same where each needs a name, of some kinds."""
        found = self.objects()
        for kind, name in found:
            if not name:
                raise self.no("which one?")
            if kinds is not None and kind not in kinds:
                raise self.no(f"this is for {', '.join(sorted(kinds))}, not for a {kind}", kind)
        return found

    def place(self, kind: str) -> str:
        """The namespace of an object of a kind."""
        return "" if kind in CLUSTER_SCOPED else self.namespace

    def where(self, kind: str) -> str:
        """The same, where it must be said: what is made, or chosen by a selector."""
        space = self.place(kind)
        if not space and kind not in CLUSTER_SCOPED:
            raise decline(f"which namespace is kubectl {self.path} to work in? Say it with -n")
        return space


Build = Callable[[Call], Sequence[Step]]


@dataclass(frozen=True, slots=True)
class Command:
    """What a command takes, and the steps that it comes to."""

    flags: Flags
    build: Build
    writes: bool


TABLE: dict[str, Command] = {}
GROUPS: dict[str, dict[str, str]] = {}
"""Commands of two words, with the other words for the second: `create deploy`."""
THREE: set[str] = set()
"""The beginnings of commands of three words: `create secret`."""
_SPACE = "n|namespace= "
_WRITE = "dry-run? o|output= "


def command(path: str, known: str = "", *, writes: bool = True, also: str = "") -> Callable[[Build], Build]:
    """Puts a command into the table: its path, its own flags beside `-n` (and `--dry-run` of one that writes)."""

    def made(build: Build) -> Build:
        TABLE[path] = Command(flags(_SPACE + (_WRITE if writes else "") + known), build, writes)
        group, *behind = path.split()
        if behind:
            GROUPS.setdefault(group, {}).update(dict.fromkeys((behind[0], *also.split()), behind[0]))
        if len(behind) > 1:
            THREE.add(f"{group} {behind[0]}")
        return build

    return made


def parse(line: Sequence[str], kinds: Mapping[str, str], home: str) -> tuple[Command, Call]:
    """The command of a line and its parts. Raises Stop for what has no place, NoCommand for a sentence."""
    path, behind = _path(list(line))
    if path not in TABLE:
        raise _unknown(path, behind)
    one = TABLE[path]
    call = _parsed(path, behind, one.flags, kinds, home)
    if any(word.casefold().strip(",.") in _PROSE for word in call.args):
        raise NoCommand
    return one, call


def _path(line: list[str]) -> tuple[str, list[str]]:
    """The words of the command, and all others in order; flags may stand before and between them."""
    spots = [at for at in range(len(line)) if not line[at].startswith("-") and not _valued(line, at)]
    if not spots:
        raise decline("kubectl: which command?", line)
    first = line[spots[0]]
    found = {spots[0]}
    path = first
    if first in GROUPS and len(spots) > 1 and line[spots[1]] in GROUPS[first]:
        path, found = f"{first} {GROUPS[first][line[spots[1]]]}", {spots[0], spots[1]}
    if path in THREE and len(spots) > 2:
        path, found = f"{path} {line[spots[2]]}", {*found, spots[2]}
    return path, [word for at, word in enumerate(line) if at not in found]


def _valued(line: list[str], at: int) -> bool:
    """Whether a word is the value of a flag that stands before the command."""
    before = line[at - 1] if at else ""
    return bool(re.fullmatch(r"-n|-s|-v|--[a-z-]+", before)) and before != "--"


def _unknown(path: str, behind: Sequence[str]) -> Exception:
    if any(word in _PROSE for word in behind):
        return NoCommand()
    second = next((word for word in behind if not word.startswith("-")), "")
    path = f"{path} {second}".strip() if path in GROUPS else path
    return decline(f"kubectl {path} is none of the commands that there are skills for", [path])


def _parsed(path: str, line: list[str], known: Flags, kinds: Mapping[str, str], home: str) -> Call:
    args: list[str] = []
    found: dict[str, list[str]] = {}
    rest: tuple[str, ...] | None = None
    at = 0
    while at < len(line):
        word = line[at]
        at += 1
        if word == "--":
            rest = tuple(line[at:])
            break
        if not word.startswith("-") or word == "-":
            args.append(word)
            continue
        for name, value in _flag(path, word, known):
            if value is None:
                if at >= len(line):
                    raise decline(f"kubectl {path}: {word} needs a value", [word])
                value, at = line[at], at + 1
            found.setdefault(name, []).append(value)
    return Call(path, tuple(args), {k: tuple(v) for k, v in found.items()}, rest, kinds, home)


def _flag(path: str, word: str, known: Flags) -> list[tuple[str, str | None]]:
    """(name, value) of each flag of a word; None where the value is the next word."""
    if word.startswith("--"):
        name, equal, value = word[2:].partition("=")
        if name not in known.takes:
            raise _stranger(path, f"--{name}", name)
        return [(name, _value(path, word, known.takes[name], value if equal else None))]
    found: list[tuple[str, str | None]] = []
    letters = word[1:]
    while letters:
        name = known.letters.get(letters[0], "")
        if not name:
            raise _stranger(
                path, f"-{letters[0]}", {"f": "filename", "k": "kustomize", "s": "server"}.get(letters[0], "")
            )
        if known.takes[name] == "=":
            said = letters[1:].removeprefix("=")
            return [*found, (name, said or None)]
        found.append((name, "true"))
        letters = letters[1:]
    return found


def _value(path: str, word: str, takes: str, value: str | None) -> str | None:
    if takes == "=":
        return value
    if takes == "" and value not in {None, "true", "false"}:
        raise decline(f"kubectl {path}: {word} is true or false", [word])
    return "true" if value is None else value


def _stranger(path: str, said: str, name: str) -> Stop:
    reason = next((why for names, why in _REASONS if name in names), "it has no place in what is done here")
    return decline(f"kubectl {path}: {said}: {reason}", [said])
