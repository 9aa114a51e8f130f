"""What becomes a file of some device, and files that go from one device to another where a phone is one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Protocol

from agents.embedded.kinds.acts import Act, Choice, Install, Missing, Save, Send, text_of
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import Slots, match
from agents.embedded.kinds.world import World
from agents.embedded.slots import looks_like_file
from agents.embedded.tokens import Token

BACK: Final = (
    "(it|them|that|this|these|those|the result|the results|the output|the answer|[the|that|this] "
    "(picture|screenshot|screen shot|image|photo|capture|file|copy|list|text|value|reading|number|numbers|count|"
    "archive|tarball|zip|zip file|report|table|data|messages|chart|download|document|page|log))"
)
NUMBERS: Final = frozenset({"number", "numbers", "value", "count"})
_SAVE: Final = "(save|store|keep|write|put|place|drop|stash|copy|send|transfer|export|upload|push|bring|move)"
_INTO: Final = (
    "(as|in|into|to|under|at|named|called|as file|as the file|in file|to file|in the file|into the "
    "file|to the file|in a file|in a file called|as a file called|under the name)"
)
_ON: Final = "(on|to|onto|at|in|into|over to)"
SAVES: Final = tuple(
    f"{_SAVE} {{what:any}} {tail}"
    for tail in (
        f"{_ON} {{v:device}} {_INTO} {{goal:file}}",
        f"{_INTO} {{goal:file}} (on|to|onto|at|of|in|there on) {{v:device}}",
        f"{_INTO} {{goal:file}}",
        f"{_ON} {{v:device}}",
        f"{_ON} {{v:device}} in [the] {{folder:word}} [folder|directory]",
    )
) + tuple(
    f"{_SAVE} [a copy] {tail}"
    for tail in (f"{_ON} {{v:device}} {_INTO} {{goal:file}}", f"{_INTO} {{goal:file}} (on|to|onto|at|of) {{v:device}}")
)
TAILS: Final = (
    "{what:any} [and] (as|to|into|in|under) [the] [file] {goal:file} (on|of|at) {v:device}",
    "{what:any} (to|onto|into) {v:device} (as|in|into|under) [the] [file] {goal:file}",
)
_SEND: Final = (
    " "
    "(send|copy|push|transfer|put|upload|bring|share|deliver|get|fetch|pull|download|forward|beam|load|place|save|take|grab|retrieve|give)"
)
_FILE: Final = (
    "[me] [the|a|my|this|that] [file|document|photo|picture|image|song|report|log|log file|video] "
    "[called|named] {file:file} [file]"
)
_FROM: Final = "(from|of|on|off|that is on|which is on|stored on)"
_TO: Final = "(to|onto|on|over to|into)"
_DOWN: Final = "[the] (downloads|download) folder"
SENDS: Final = (
    f"{_SEND} {_FILE} {_FROM} {{src:device}} {_TO} {{dst:device}}",
    f"{_SEND} {_FILE} {_FROM} {{src:device}} {_TO} {{dst:device}} (as|in|into|under|to|at) [the file] {{goal:file}}",
    f"{_SEND} {_FILE} {_FROM} {{src:device}} (as|to|into|in|under) [the file] {{goal:file}} (on|of) {{dst:device}}",
    f"{_SEND} {_FILE} {_FROM} {{src:device}} and {_SEND} it {_TO} {{dst:device}}",
    f"{_SEND} {_FILE} {_FROM} {{src:device}} and {_SEND} it {_TO} {{dst:device}} "
    f"(as|in|into|under|to|at) [the file] {{goal:file}}",
    f"{_SEND} {_FILE} {_FROM} {{src:device}} and {_SEND} it (as|to|into|in|under) [the file] "
    f"{{goal:file}} (on|of) {{dst:device}}",
    f"{_SEND} {_FILE} {_TO} {{dst:device}} from {{src:device}}",
    f"{_SEND} {{dst:device}} {_FILE} {_FROM} {{src:device}}",
    f"from {{src:device}} {_SEND} {_FILE} {_TO} {{dst:device}}",
    f"{_SEND} {{src:device}} {_FILE} {_TO} {{dst:device}}",
    f"{_SEND} {_FILE} {_FROM} {{src:device}} {_TO} [the] [folder] {{down:words}} [folder] (of|on) {{dst:device}}",
    f"{_SEND} {_FILE} {_FROM} {{src:device}} {_TO} {{dst:device}} {{down:words}} folder",
    f"{_SEND} {_FILE} {_TO} {{dst:device}}",
    f"{_SEND} {_FILE} {_TO} {{dst:device}} (as|in|into|under|to|at) [the file] {{goal:file}}",
    f"{_SEND} {_FILE} (as|to|into|in|under) {{goal:file}} on {{dst:device}}",
    f"{_SEND} {BACK} {_TO} {{dst:device}}",
    f"{_SEND} {BACK} {_TO} {{dst:device}} (as|in|into|under|to|at) [the file] {{goal:file}}",
    f"{_SEND} {BACK} (as|to|into|in|under) [the file] {{goal:file}} on {{dst:device}}",
    f"{_SEND} {_FILE} {_FROM} {{src:device}}",
    f"{_SEND} {_FILE} {_FROM} {{src:device}} (as|to|into) [the file] {{goal:file}}",
)
INSTALLS: Final = (
    "(install|put|sideload) [the] [app|apk|package] {file:file} (from|of|that is on|on) "
    "{src:device} (on|onto|to) {dst:device}",
    "(install|sideload) [the] [app|apk|package] {file:file} (on|onto|to) {dst:device} (from|of) {src:device}",
    "(install|sideload) [the] [app|apk|package] {file:file} (on|onto|to) {dst:device}",
)
LINES: Final = (".jsonl", ".ndjson", ".log")
"""Files of the box itself that its history is written to, one entry a line."""
FOLDERS: Final = {
    "download": "/sdcard/Download", "downloads": "/sdcard/Download", "pictures": "/sdcard/Pictures",
    "documents": "/sdcard/Documents", "music": "/sdcard/Music", "dcim": "/sdcard/DCIM", "movies": "/sdcard/Movies",
}  # fmt: skip


def machines(world: World) -> frozenset[str]:
    """Devices with files of their own: what is saved there comes from anywhere."""
    return frozenset(name for name, device in world.fleet.devices.items() if "file.read" in device.skills)


def phones_of(world: World) -> frozenset[str]:
    """Devices whose files are reached by pushing and pulling."""
    return frozenset(world.able("phone.push"))


class Acts(Protocol):
    """The one skill that a piece asks for: see `reading.Reader.act`."""

    def __call__(self, piece: Piece, *, only_nouns: bool = False) -> Act | None: ...


def deed(world: World, piece: Piece, act_of: Acts) -> Act | Save | Send | Install | None:
    return installed(world, piece) or sent(world, piece) or saved(world, piece, act_of)


def installed(world: World, piece: Piece) -> Install | None:
    for pattern in INSTALLS:
        slots = match(pattern, piece)
        if slots is None:
            continue
        path = text_of(slots, "file", piece)
        target, source = device(slots, "dst", piece), device(slots, "src", piece)
        if path.endswith(".apk") and target is not None and set(target.names) & phones_of(world):
            return Install(path, source, target)
    return None


def device(slots: Slots, name: str, piece: Piece) -> Mention | None:
    found: tuple[Token, ...] = slots.get(name, ())
    return piece.line.mentions[int(found[0].value or 0)] if found else None


def sent(world: World, piece: Piece) -> Send | None:
    """A file from or to a phone, or to another device what was made before."""
    for pattern in SENDS:
        slots = match(pattern, piece)
        if slots is None:
            continue
        source, target = device(slots, "src", piece), device(slots, "dst", piece)
        path = text_of(slots, "file", piece) if "file" in slots else None
        phones = phones_of(world)
        touched = {name for one in (source, target) if one is not None for name in one.names}
        to_phone = target is not None and bool(set(target.names) & phones)
        if not touched & phones or (path is None and not to_phone):
            continue
        if source is not None and target is not None and source.names == target.names:
            raise Missing("source and target are the same device")
        if target is None and "goal" not in slots:
            target = None  # the workspace of the phone's own computer: see compose
        if path is not None and source is None and not to_phone:
            continue
        goal = text_of(slots, "goal", piece) if "goal" in slots else ""
        if "down" in slots:
            folder = FOLDERS.get(" ".join(t.text.casefold() for t in slots["down"]).removeprefix("the "))
            if folder is None:
                continue
            goal = folder + "/"
        return Send(path, source, target, goal)
    return None


def saved(world: World, piece: Piece, act_of: Acts) -> Act | Save | None:
    """`save it on alpha as a.png`, `store the battery level of the phone in battery.json on the server`."""
    for pattern in SAVES:
        slots = match(pattern, piece)
        if slots is None:
            continue
        target = device(slots, "v", piece)
        if target is not None and set(target.names) - machines(world):
            continue
        path = text_of(slots, "goal", piece) if "goal" in slots else ""
        what = replace(piece, tokens=slots["what"]) if "what" in slots else None
        if "folder" in slots:
            path = text_of(slots, "folder", piece) + "/"
        if path and not _plain(path):
            continue
        act: Act | None = None
        if what is not None and match(BACK, what) is None:
            act = act_of(what, only_nouns=True)
            if act is not None and act.skill == "edge.history" and target is None and path.endswith(LINES):
                (choice,) = act.choices
                return Act("edge.export_history", (Choice({**choice.arguments, "path": path}),), act.places)
            if act is None or not _kept(world, act):
                continue
        counted = _counted(what) if act is None and what is not None else frozenset()
        return Save(act, path, (("on", target),) if target is not None else (), counted=counted)
    for pattern in TAILS:
        slots = match(pattern, piece)
        target = device(slots, "v", piece) if slots is not None else None
        if slots is None or target is None or set(target.names) - machines(world):
            continue
        path = text_of(slots, "goal", piece)
        act = act_of(replace(piece, tokens=slots["what"]))
        if act is not None and not act.bare and _kept(world, act) and _plain(path):
            return Save(act, path, (("on", target),))
    return None


def _counted(what: Piece) -> frozenset[str]:
    """The request's words, where `what` is `the number` of something."""
    if not any(token.text.casefold() in NUMBERS for token in what.tokens):
        return frozenset()
    return frozenset(token.lemma for token in what.line.tokens if token.word)


def _kept(world: World, act: Act) -> bool:
    """Whether what an act tells can be kept: it reads, or makes a file."""
    spec = world.skills[act.skill]
    return spec.risk == "read" or "artifact" in spec.output_schema.get("properties", {})


def _plain(path: str) -> bool:
    return bool(path) and not path.startswith("-") and (looks_like_file(path) or path.endswith("/"))
