"""Frames for command lines that people type instead of sentences: `tail -n 200 app.log`, `rm -r var/cache`.

A table says of each command which skill it stands for, what its options mean and where its operands go. A command line
is read whole or not at all: an option that is not in the table leaves it unread, and so does a word too many.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from agents.embedded.frames import Frame
from agents.embedded.slots import ARCHIVES, clean, looks_like_file
from agents.embedded.tokens import Kind, Token
from agents.embedded.view import View
from agents.embedded.words import ADJECTIVES, FILLERS
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

Done = Callable[[JsonObject], JsonObject | None]
IDLE = ("", None)
"""An option that changes the look of the output only."""
NOUNS = words("the a my file folder directory dir process pid log script with command")
NO_NAMES = FILLERS | ADJECTIVES | words("everything all file folder log logs it them stuff thing process service music")


@dataclass(frozen=True, slots=True)
class Command:
    """`options`: what a letter or long option sets; `taking`: the argument that the operand after an option fills.

    `operands`: the arguments that operands fill, in order; the first `least` of them must be there. `marks` are words
    of the command itself (`aux`, `addr`). `bare`: plain words may be operands without an option before them.
    """

    skill: str
    operands: tuple[str, ...] = ()
    least: int = 0
    options: Mapping[str, tuple[str, Json]] = field(default_factory=dict)
    taking: Mapping[str, str] = field(default_factory=dict)
    marks: frozenset[str] = frozenset()
    fixed: Mapping[str, Json] = field(default_factory=dict)
    needs_option: bool = False
    bare: bool = False
    number: str = ""
    done: Done | None = None


def idle(letters: str) -> dict[str, tuple[str, Json]]:
    return dict.fromkeys(letters, IDLE)


_OPTION = re.compile(r"--?[A-Za-z0-9][A-Za-z0-9-]*")
_KINDS = (Kind.PATH, Kind.QUOTED, Kind.GLOB, Kind.URL, Kind.NUMBER, Kind.HOST)


def parse(command: Command, view: View) -> JsonObject | None:
    """The arguments of a command line, all of whose tokens are explained then; None where it is none."""
    after = range(view.head_at + 1, len(view.tokens))
    rest = [at for at in after if at not in view.claimed or view.lemma(at) in command.marks]
    found: JsonObject = dict(command.fixed)
    operands: list[Token] = []
    waiting, optioned = "", False
    for at in rest:
        token = view.tokens[at]
        if token.kind is Kind.PUNCT or (token.word and token.lemma in NOUNS and not waiting):
            continue
        if token.word and _OPTION.fullmatch(token.text):
            taken = _option(command, token.text, found)
            if taken is None:
                return None
            waiting, optioned = taken, True
        elif token.word and token.lemma in command.marks:
            optioned = True
        elif waiting:
            found[waiting], waiting = token.value if token.kind is Kind.NUMBER else clean(_text(token)), ""
        elif token.kind in _KINDS or (token.word and _name(command, token, optioned, operands)):
            operands.append(token)
        else:
            return None
    if (
        waiting
        or not command.least <= len(operands) <= len(command.operands)
        or (command.needs_option and not optioned)
    ):
        return None
    for name, token in zip(command.operands, operands, strict=False):
        found[name] = token.value if token.kind is Kind.NUMBER and name == "pid" else clean(_text(token))
    finished = command.done(found) if command.done is not None else found
    if finished is not None:
        view.claim(*rest)
    return finished


def _text(token: Token) -> str:
    return str(token.value) if token.kind is Kind.QUOTED else token.text


def _name(command: Command, token: Token, optioned: bool, operands: list[Token]) -> bool:
    """A plain word as a file's or program's name."""
    return (command.bare or optioned or bool(operands)) and token.lemma not in NO_NAMES and token.text.isascii()


def _option(command: Command, text: str, found: JsonObject) -> str | None:
    """Sets what an option means; the name of the argument that its operand fills, or nothing; None where unknown."""
    plain = text.lstrip("-")
    if command.number and re.fullmatch(r"n?\d+", plain):
        found[command.number] = int(plain.lstrip("n"))
        return ""
    if plain in command.taking:
        return command.taking[plain]
    parts = [plain] if plain in command.options or text.startswith("--") else list(plain)
    for number, part in enumerate(parts):
        if part in command.taking and number == len(parts) - 1:
            return command.taking[part]
        if part not in command.options:
            return None
        name, value = command.options[part]
        if name:
            found[name] = value
    return ""


# --- what is left to say of single commands --------------------------------------------------------------------------


def _listed(found: JsonObject) -> JsonObject | None:
    path = str(found.get("path", ""))
    if "*" in path:
        folder, _, name = path.rpartition("/")
        return (
            {**found, "pattern": name, **({"path": folder} if folder else {})} if "*" not in folder and folder else None
        )
    return None if looks_like_file(path) else found


def _searched(found: JsonObject) -> JsonObject | None:
    path = str(found.get("path", ""))
    if "*" not in path:
        return found if path or "files" in found else None
    folder, _, name = path.rpartition("/")
    rest = {key: value for key, value in found.items() if key != "path"}
    return {**rest, "files": name, **({"path": folder} if folder else {})} if "*" not in folder else None


def _removed(found: JsonObject) -> JsonObject | None:
    path = str(found["path"])
    if "*" in path or not path.strip("./~ "):
        return None
    return {**found, "path": path.rstrip("/")}


def _copied(found: JsonObject) -> JsonObject | None:
    source, target = str(found["source"]), str(found["target"])
    if "*" in source + target or not source.strip("./~"):
        return None
    if target.endswith("/"):
        target += source.rstrip("/").rsplit("/", 1)[-1]
    return {**found, "source": source.rstrip("/"), "target": target}


def _archive(name: str) -> Done:
    return lambda found: found if str(found.get(name, "")).endswith(ARCHIVES) else None


def _web(found: JsonObject) -> JsonObject | None:
    return found if str(found.get("url", "")).startswith(("http://", "https://")) else None


def _downloaded(found: JsonObject) -> JsonObject | None:
    """Default, documented: the last part of the URL's path."""
    name = clean(urlsplit(str(found.get("url", ""))).path.rstrip("/").rsplit("/", 1)[-1])
    if _web(found) is None or ("path" not in found and not looks_like_file(name)):
        return None
    return {"path": name, **found}


def _process(found: JsonObject) -> JsonObject | None:
    return found if isinstance(found.get("pid"), int) else None


def _file(found: JsonObject) -> JsonObject | None:
    path = str(found.get("path", ""))
    return found if path and "*" not in path and not path.endswith(ARCHIVES) else None


def _found(found: JsonObject) -> JsonObject | None:
    """The tests of `find`: sizes as +100M, ages in days as +30 or -1."""
    out: JsonObject = {name: value for name, value in found.items() if not name.startswith("_")}
    size, age, kind = found.get("_size"), found.get("_mtime"), found.get("_type")
    if size is not None:
        units = {"k": 1024, "M": 1024**2, "G": 1024**3, "c": 1}
        fits = re.fullmatch(r"([+-])(\d+)([kMGc])", str(size))
        if fits is None:
            return None
        out["min_size_bytes" if fits[1] == "+" else "max_size_bytes"] = int(fits[2]) * units[fits[3]]
    if age is not None:
        fits = re.fullmatch(r"([+-])(\d+)", str(age))
        if fits is None:
            return None
        out["older_than_s" if fits[1] == "+" else "newer_than_s"] = int(fits[2]) * 86_400
    if kind is not None:
        if kind not in ("f", "d"):
            return None
        out["type"] = "file" if kind == "f" else "directory"
    return out if out.keys() - {"path", "type"} else None


_TAR = dict.fromkeys("zjvJpf", IDLE)
_CREATE = words("czf cvzf czvf zcvf zcf cf cvf")
_EXTRACT = words("xzf xvf xf xvzf xzvf zxvf zxf")
_LIST = words("tf tvf tzf tzvf ztvf tvzf")
_KILL: dict[str, tuple[str, Json]] = {
    **dict.fromkeys(("9", "KILL", "SIGKILL"), ("force", True)),
    **dict.fromkeys(("15", "TERM", "SIGTERM"), IDLE),
}
_LINES = {"n": "lines", "lines": "lines"}
_HASHES = ("md5", "sha1", "sha256", "sha512")

COMMANDS: tuple[tuple[str, Command], ...] = (
    ("df", Command("system.disk", ("path",), options=idle("hHkmT"))),
    ("free", Command("system.memory", options=idle("hmgkbt"), needs_option=True)),
    ("uname", Command("system.os", options=idle("armnsvop"))),
    ("lscpu", Command("system.cpu")),
    ("nproc", Command("system.cpu")),
    ("uptime", Command("system.uptime", options=idle("ps"), needs_option=True)),
    ("ip", Command("system.network", options=idle("4o"), marks=words("a addr address link show"), needs_option=True)),
    ("ifconfig", Command("system.network", options=idle("a"))),
    ("ipconfig", Command("system.network")),
    (
        "ps",
        Command("process.list", options=idle("auxefAw"), taking={"u": "user", "C": "name"}, marks=words("aux ef auxw")),
    ),
    ("pgrep", Command("process.list", ("name",), 1, options=idle("laf"), bare=True)),
    ("pidof", Command("process.list", ("name",), 1, bare=True)),
    (
        "ls",
        Command(
            "file.list",
            ("path",),
            options={
                **idle("lh1Fpg"),
                "a": ("hidden", True),
                "A": ("hidden", True),
                "R": ("recursive", True),
                "t": ("sort", "modified"),
                "S": ("sort", "size"),
            },
            needs_option=True,
            bare=True,
            done=lambda found: _listed({**found, "order": "desc"} if "sort" in found else found),
        ),
    ),
    ("cat", Command("file.read", ("path",), 1, options=idle("n"), done=_file)),
    ("less", Command("file.read", ("path",), 1, options=idle("NSR"), done=_file)),
    ("more", Command("file.read", ("path",), 1, done=_file)),
    ("head", Command("file.head", ("path",), 1, options=idle("q"), taking=_LINES, number="lines", done=_file)),
    ("tail", Command("file.tail", ("path",), 1, options=idle("q"), taking=_LINES, number="lines", done=_file)),
    ("wc", Command("file.count", ("path",), 1, options=idle("lwcm"), done=_file)),
    ("du", Command("file.usage", ("path",), 1, options=idle("shckmb"), bare=True)),
    ("stat", Command("file.stat", ("path",), 1)),
    *((f"{name}sum", Command("file.hash", ("path",), 1, fixed={"algorithm": name})) for name in _HASHES),
    (
        "sort",
        Command(
            "file.sort",
            ("path",),
            1,
            options={"u": ("unique", True), "r": ("reverse", True), "n": ("numeric", True)},
            needs_option=True,
        ),
    ),
    (
        "grep",
        Command(
            "file.search",
            ("pattern", "path"),
            1,
            options={**idle("rRnHshcl"), "i": ("ignore_case", True), "E": ("regex", True), "F": IDLE},
            taking={"include": "files"},
            bare=True,
            done=_searched,
        ),
    ),
    (
        "find",
        Command(
            "file.find",
            ("path",),
            taking={"name": "pattern", "iname": "pattern", "type": "_type", "size": "_size", "mtime": "_mtime"},
            needs_option=True,
            done=_found,
        ),
    ),
    (
        "rm",
        Command(
            "file.delete",
            ("path",),
            1,
            options={**idle("fv"), "r": ("recursive", True), "R": ("recursive", True)},
            done=_removed,
        ),
    ),
    ("cp", Command("file.copy", ("source", "target"), 2, options=idle("rRapvf"), done=_copied)),
    ("mv", Command("file.move", ("source", "target"), 2, options=idle("vf"), done=_copied)),
    ("mkdir", Command("file.mkdir", ("path",), 1, options=idle("pv"), bare=True, done=_removed)),
    ("kill", Command("process.stop", ("pid",), 1, options=_KILL, done=_process)),
    ("pkill", Command("process.stop", ("name",), 1, options=_KILL, fixed={"all": True}, bare=True)),
    ("killall", Command("process.stop", ("name",), 1, options=_KILL, fixed={"all": True}, bare=True)),
    ("tar", Command("archive.create", ("target", "source"), 2, {**_TAR, "c": IDLE}, marks=_CREATE, needs_option=True,
                    done=_archive("target"))),
    ("tar", Command("archive.extract", ("archive_path",), 1, {**_TAR, "x": IDLE}, {"C": "target"}, marks=_EXTRACT,
                    needs_option=True, done=_archive("archive_path"))),
    ("tar", Command("archive.list", ("archive_path",), 1, {**_TAR, "t": IDLE}, marks=_LIST, needs_option=True,
                    done=_archive("archive_path"))),
    ("unzip", Command("archive.list", ("archive_path",), 1, {"l": IDLE}, needs_option=True,
                      done=_archive("archive_path"))),
    ("unzip", Command("archive.extract", ("archive_path",), 1, idle("oq"), {"d": "target"},
                      done=_archive("archive_path"))),
    ("zip", Command("archive.create", ("target", "source"), 2, idle("rq9"), done=_archive("target"))),
    ("curl", Command("http.fetch", ("url",), 1, idle("sLSfv"), done=_web)),
    ("curl", Command("http.download", ("url",), 1, idle("sLSfO"), {"o": "path"}, needs_option=True,
                     done=_downloaded)),
    ("wget", Command("http.download", ("url",), 1, idle("qc"), {"O": "path"}, done=_downloaded)),
)  # fmt: skip


def _frame(name: str, command: Command) -> Frame:
    return Frame(
        command.skill,
        frozenset({name}),
        (),
        command.marks,
        strict=True,
        final=lambda _, view: parse(command, view) if view.head == name and not view.assumed else None,
        bonus=4,
        sure=True,
    )


FRAMES = tuple(_frame(name, command) for name, command in COMMANDS)


def option_of(text: str, skills: Set[str]) -> bool:
    """Whether a word is an option of some command that stands for one of the skills."""
    if not _OPTION.fullmatch(text):
        return False
    return any(command.skill in skills and _option(command, text, {}) is not None for _, command in COMMANDS)
