"""Backups and archives: taken, checked, unpacked, restored elsewhere; folders that are kept or made like another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.conditions import Condition, gate
from agents.embedded.flow.deliver import put
from agents.embedded.flow.layout import place_of
from agents.embedded.flow.line import elements
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.things import Entry, FileAt, Files, Made, Target
from agents.embedded.flow.twins import Checks
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from orchestrator.core.plan import StepDependency
from protocol.vocabulary import JsonObject

_ARCHIVES: Final = (".tar.gz", ".tgz", ".zip", ".tar", ".tar.bz2", ".tar.xz")
_NOUN: Final = "(backup|archive|copy|file|tarball)"
_IT: Final = f"(it|that|this|(the|that|this) [new|whole] {_NOUN})"
_FINE: Final = "(fine|good|ok|okay|intact|sound|complete|undamaged|all right|in order|healthy|valid)"
_BAD: Final = "(bad|damaged|broken|corrupt|corrupted|incomplete|faulty|invalid|wrong|not " + _FINE + ")"
_IS: Final = "(is|was|turns out to be|proves to be|proves|turns out|looks)"
_UNPACK: Final = "(unpack|extract|restore|unzip|untar)"
_UNPACKED: Final = "(gets|is|is to be|should be|has to be|must be) (unpacked|extracted|restored|unzipped)"
_NOW: Final = "[as it is] [now|right now|at the moment]"
_WHEN: Final = "[last night|yesterday|today|this morning|over night|overnight|again]"


@dataclass(frozen=True)
class Takes(Part):
    """A backup with checksums of these files and folders; `checked` where it lies as soon as it is made."""

    paths: tuple[str, ...]
    place: Mention
    path: str
    checked: bool

    def build(self, to: Builder) -> None:
        [name] = to.names(FileAt(self.path, self.place))[:1]
        if len(self.place.names) != 1:
            raise decline("one backup is made on one device")
        arguments: JsonObject = {"paths": list(self.paths), "target": self.path}
        step = to.step("backup", "backup.create", arguments, name)
        entry = Entry(name, name, step, self.path)
        to.made.append(Made("file", (entry,), frozenset({"backup", "archive", "it", "file", "copy"})))
        if self.checked:
            _verified(to, entry)


@dataclass(frozen=True)
class Verifies(Part):
    """Whether a backup is as it was made; of the one that was made or copied last where none is named."""

    file: FileAt | None
    place: Mention | None = None

    def build(self, to: Builder) -> None:
        if self.file is not None and to.expected:
            Checks(Files((self.file,))).build(to)
            return
        _verified(to, _one(to, self.file, self.place))


def _verified(to: Builder, entry: Entry) -> None:
    step = to.step("verify", "backup.verify", {"backup_path": entry.value}, entry.device, entry.step)
    to.verified = Entry(entry.label, entry.device, step, f"${{{step}.output.intact}}")
    to.asked.append(step)
    if entry.step is None:
        to.made.append(Made("file", (entry,), frozenset({"backup", "archive", "it", "file", "copy"})))


def _one(to: Builder, file: FileAt | None, place: Mention | None = None) -> Entry:
    """The one archive that is meant. Raises Stop."""
    if file is not None:
        names = to.names(file)
        if len(names) != 1:
            raise decline(f"it is not said which {file.path} is meant", [file.path])
        return Entry(names[0], names[0], None, file.path)
    last = next((made for made in reversed(to.made) if made.kind == "file"), None)
    fits = [one for one in last.entries if place is None or one.device in place.names] if last is not None else []
    if len(fits) != 1 or not fits[0].value.endswith(_ARCHIVES):
        raise decline("it is not clear which backup is meant")
    return fits[0]


@dataclass(frozen=True)
class Intact(Condition):
    """Whether the backup that was checked last is as it was made."""

    good: bool

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        if to.verified is None:
            raise decline("no backup was checked before")
        return (gate(to.verified, "==", self.good),)


@dataclass(frozen=True)
class Unpacks(Part):
    """An archive, or a backup that is restored, into a folder; brought onto that device first where it is on "
    "another."""

    file: FileAt | None
    folder: str
    place: Mention | None
    restore: bool

    def build(self, to: Builder) -> None:
        entry = _one(to, self.file)
        if self.place is not None and len(self.place.names) != 1:
            raise decline(f"it is not said which device is meant by {self.place.text}", [self.place.text])
        name = self.place.names[0] if self.place is not None else entry.device
        path, after = entry.value, entry.step
        if name != entry.device:
            shared = to.step("share", "artifact.publish", {"path": path}, entry.device, entry.step, once=True)
            saved: JsonObject = {"path": path, "artifact": f"${{{shared}.output.artifact}}"}
            after = to.step("bring", "artifact.save", saved, name)
        # A backup has its manifest in it: only where it was made or checked as one is it restored as one.
        backup = self.restore and (to.verified is not None or _is_backup(to, entry))
        skill, key = ("backup.restore", "backup_path") if backup else ("archive.extract", "archive_path")
        step = to.step("restore" if backup else "unpack", skill, {key: path, "target": self.folder}, name, after)
        nouns = frozenset({"folder", "it", "files"})
        to.made.append(Made("done", (Entry(name, name, step, self.folder),), nouns))
        to.unpacked = Entry("files", name, step, f"${{{step}.output.files}}")


def _is_backup(to: Builder, entry: Entry) -> bool:
    return entry.step is not None and to.draft.steps[entry.step].skill == "backup.create"


@dataclass(frozen=True)
class HowMany(Part):
    """How many files an archive that was made or unpacked holds, in a file."""

    target: Target

    def build(self, to: Builder) -> None:
        value = to.unpacked.value if to.unpacked is not None else self._made(to)
        if self.target.path is None:
            raise decline("it is not said into which file")
        for name in to.goals(self.target):
            written: JsonObject = {"path": self.target.path, "text": f"{value}\n"}
            step = to.step("write", "file.write", written, name)
            to.made.append(Made("file", (Entry(name, name, step, self.target.path),), frozenset({"file"})))

    def _made(self, to: Builder) -> str:
        packed = [id for id, step in to.draft.steps.items() if step.skill in ("archive.create", "backup.create")]
        if len(packed) != 1:
            raise decline("it is not clear whose files are counted")
        return f"${{{packed[0]}.output.files}}"


@dataclass(frozen=True)
class Broken(Part):
    """A fact: something is wrong with a folder, of which later clauses speak."""

    file: FileAt

    def build(self, to: Builder) -> None:
        names = to.names(self.file)
        if len(names) != 1:
            raise decline(f"it is not said which folder {self.file.path} is meant", [self.file.path])
        to.folder = Entry(names[0], names[0], None, self.file.path)
        to.filled.add(self.file.path)
        to.pending = f"it is not said what should be done about {self.file.path}"


@dataclass(frozen=True)
class KeepsFolder(Part):
    """The folder that was spoken of, packed as it is: where it is, and onto another device where one is named."""

    target: Target

    def build(self, to: Builder) -> None:
        path = self.target.path
        if to.folder is None or path is None or not path.endswith(_ARCHIVES):
            raise decline("it is not clear which folder should be kept, and in which archive")
        name = to.folder.device
        packed: JsonObject = {"source": to.folder.value, "target": path}
        step = to.step("pack", "archive.create", packed, name)
        made = Made("file", (Entry(name, name, step, path),), frozenset({"archive", "it", "that", "file"}))
        to.made.append(made)
        to.pending = ""
        if self.target.place is not None and self.target.place.names != (name,):
            put(to, made, made.entries, self.target)


@dataclass(frozen=True)
class KeepsIt(Part):
    """`keep it as it is`, ahead of how."""

    def build(self, to: Builder) -> None:
        if to.folder is None or not to.pending:
            raise decline("it is not clear what should be kept")


@dataclass(frozen=True)
class Sum(Part):
    """The SHA-256 of the one file that was made or copied last, in a file."""

    target: Target

    def build(self, to: Builder) -> None:
        made = next((one for one in reversed(to.made) if one.kind == "file"), None)
        if made is None or len(made.entries) != 1 or self.target.path is None:
            raise decline("it is not clear whose checksum is wanted")
        [entry] = made.entries
        step = to.step("hash", "file.hash", {"path": entry.value}, entry.device, entry.step)
        for name in to.goals(self.target):
            text: JsonObject = {"path": self.target.path, "text": f"${{{step}.output.hash}}\n"}
            to.step("write", "file.write", text, name)


@dataclass(frozen=True)
class Mirrored(Part):
    """A folder made the same as one of another device: what that one has not goes."""

    folder: FileAt
    like: FileAt

    limits = True

    def build(self, to: Builder) -> None:
        names, others = to.names(self.folder), to.names(self.like)
        stem = self.folder.path.rstrip("/").rpartition("/")[2]
        if len(others) != 1 or others[0] in names or self.like.path.rstrip("/").rpartition("/")[2] != stem:
            raise decline("it is not clear how one folder becomes the other", [self.folder.path])
        kept = [id for id, step in to.draft.steps.items() if step.arguments.get("source") == self.folder.path]
        archive = f"mirror-{stem}.tar.gz"
        packed: JsonObject = {"source": self.like.path, "target": archive}
        pack = to.step("pack", "archive.create", packed, others[0])
        shared = to.step("share", "artifact.publish", {"path": archive}, others[0], pack)
        for name in names:
            saved: JsonObject = {"path": archive, "artifact": f"${{{shared}.output.artifact}}"}
            bring = to.step("bring", "artifact.save", saved, name)
            clear = to.step("clear", "file.delete", {"path": self.folder.path, "recursive": True}, name, bring)
            for id in [one for one in to.draft.steps if one in kept or _uses(to, one, kept)]:
                to.after(clear, id)
            parent = self.folder.path.rstrip("/").rpartition("/")[0] or "."
            extracted: JsonObject = {"archive_path": archive, "target": parent}
            step = to.step("restore", "archive.extract", extracted, name, clear)
            to.made.append(Made("done", (Entry(name, name, step, self.folder.path),), frozenset({"folder", "it"})))
        to.pending = ""


def _uses(to: Builder, id: str, kept: list[str]) -> bool:
    """Whether a step carries away what was kept: nothing is deleted before it is safe."""
    above = {edge.step for edge in to.draft.steps[id].after}
    return any(one in above or any(one in {e.step for e in to.draft.steps[two].after} for two in above) for one in kept)


def intact(piece: Piece) -> Condition | None:
    """`it is fine`, `that backup turns out to be bad`: from the first word to the last."""
    if match(f"({_IT} {_IS}|it's) {_BAD}", piece) is not None:
        return Intact(False)
    if match(f"{_IT} (isn't|is not) {_FINE}", piece) is not None or match("it's not", piece) is not None:
        return Intact(False)
    return Intact(True) if match(f"({_IT} {_IS}|it's) {_FINE}", piece) is not None else None


def backups(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    return _takes(piece) or _verifies(piece) or _unpacks(piece) or _how_many(piece) or _folders(piece)


def _takes(piece: Piece) -> Part | None:
    of = "{things:any} (on|of|from) {d:device}"
    into = "(as|in|into|to|called|named) [the file|the archive] {f:file}"
    for pattern in (
        f"(take|make|create|do) a {{how:word}} backup of {of} {into}",
        f"(back up|backup|secure) {of} {into} {{c:word}}",
        f"(take|make|create|do) (a|one) backup (with checksums|with a manifest) of {of} {into}",
        f"on {{d:device}} (take|make|create) a {{how:word}} backup of {{things:any}} {into}",
    ):
        slots = match(pattern, piece)
        if slots is None or not literal(slots, "f").endswith(_ARCHIVES) or "c" in slots:
            continue
        how = slots["how"][0].text.casefold() if "how" in slots else "full"
        paths = _paths(Piece(piece.line, slots["things"]))
        if how in ("verified", "checked", "full", "complete") and paths:
            return Takes(paths, mention(slots, "d", piece), literal(slots, "f"), how in ("verified", "checked"))
    return None


def _paths(piece: Piece) -> tuple[str, ...] | None:
    found = [match("[the] [folder|folders|file|files|directory|directories] {f:name}", one) for one in elements(piece)]
    known = [one for one in found if one is not None]
    return tuple(literal(one, "f") for one in known) if known and len(known) == len(found) else None


def _verifies(piece: Piece) -> Part | None:
    how = "[against its manifest|with its manifest|by its manifest|against its checksums]"
    slots = match(f"(verify|check|test) [the] backup {{f:file}} (on|of) {{d:device}} {how}", piece)
    slots = slots or match(f"verify {{f:file}} (on|of) {{d:device}} {how}", piece)
    if slots is not None and literal(slots, "f").endswith(_ARCHIVES):
        return Verifies(FileAt(literal(slots, "f"), mention(slots, "d", piece)))
    for pattern in (
        "(verify|check|test) (the|that) (backup|copy|archive) [on {d:device}|{there:device}] against its manifest",
        "(verify|check|test) (the|that) backup [on {d:device}|{there:device}]",
        "verify (it|the copy|that copy) [on {d:device}|{there:device}]",
    ):
        slots = match(pattern, piece)
        if slots is None:
            continue
        there = mention(slots, "there", piece) if "there" in slots else None
        if there is None or there.there:
            return Verifies(None, mention(slots, "d", piece) if "d" in slots else None)
    return None


def _unpacks(piece: Piece) -> Part | None:
    source = f"[the] [{_NOUN}] {{a:file}} (on|of|from) {{d:device}}"
    into = "(into|to|in|as) [the|a] [new] [folder|directory] {f:name}"
    for pattern in (
        f"{{verb:word}} {_IT} {into} [on {{e:device}}]",
        f"{{verb:word}} {_IT} on {{e:device}} {into}",
        f"{{verb:word}} {source} {into} on {{e:device}}",
        f"{{verb:word}} {source} on {{e:device}} {into}",
        f"{{verb:word}} {source} {into}",
        f"{source} {_UNPACKED} on {{e:device}} {into}",
        f"{source} {_UNPACKED} {into} [on {{e:device}}]",
    ):
        slots = match(pattern, piece)
        if slots is None or ("verb" in slots and match(_UNPACK, Piece(piece.line, slots["verb"])) is None):
            continue
        file = FileAt(literal(slots, "a"), mention(slots, "d", piece)) if "a" in slots else None
        restore = "restore" in piece.said
        if file is not None and not file.path.endswith(_ARCHIVES):
            continue
        return Unpacks(file, literal(slots, "f"), mention(slots, "e", piece) if "e" in slots else None, restore)
    return None


def _how_many(piece: Piece) -> Part | None:
    many = (
        "(how many files (it|the archive|the folder|the backup) (holds|has|contains)|the number of files in "
        "it|its number of files)"
    )
    for pattern in (
        f"{many} (is|are|should be|has to be|is to be) [then] [to be] (written|saved|put|kept) {{goal:any}}",
        f"(write|save|put|keep|note) {many} {{goal:any}}",
    ):
        slots = match(pattern, piece)
        found = place_of(Piece(piece.line, slots["goal"])) if slots is not None else None
        if found is not None and not found[1] and found[0].path is not None and found[0].path.endswith(".txt"):
            return HowMany(found[0])
    return None


def _folders(piece: Piece) -> Part | None:
    for pattern in (
        f"(somebody|someone|something|an update|a user) (broke|damaged|ruined|messed up) [the] (folder|directory) "
        f"{{f:name}} on {{d:device}} {_WHEN}",
        f"the (folder|directory) {{f:name}} on {{d:device}} (got|is|was|has been) (damaged|broken|ruined|messed "
        f"up) {_WHEN}",
    ):
        slots = match(pattern, piece)
        if slots is not None:
            return Broken(FileAt(literal(slots, "f"), mention(slots, "d", piece), folder=True))
    if match("[before anything else] [,] (keep|preserve) it as it is", piece) is not None:
        return KeepsIt()
    slots = match("(write|put|save|note) its (sha-256|sha256|checksum|hash) {goal:any}", piece)
    found = place_of(Piece(piece.line, slots["goal"])) if slots is not None else None
    if found is not None and not found[1]:
        return Sum(found[0])
    for pattern in (
        f"[before anything else] [,] (keep|save|preserve|secure) it {_NOW} {{goal:any}}",
        "(pack|zip|archive|compress) (it|that|this|the folder) {goal:any}",
    ):
        slots = match(pattern, piece)
        found = place_of(Piece(piece.line, slots["goal"])) if slots is not None else None
        if found is not None and not found[1] and str(found[0].path).endswith(_ARCHIVES):
            return KeepsFolder(found[0])
    slots = match(
        "make [the folder] {f:name} on {d:device} (exactly|just|precisely) (what|like|the same as) [the folder] "
        "{g:name} on {e:device} "
        "[holds|has|is] [:] [(whatever|what|anything|everything) [that] is not in (the mirror|there|that one|it) "
        "(has to go|must go|goes|is to go|should go)]",
        piece,
    )
    if slots is None:
        return None
    one = FileAt(literal(slots, "f"), mention(slots, "d", piece), folder=True)
    return Mirrored(one, FileAt(literal(slots, "g"), mention(slots, "e", piece), folder=True))
