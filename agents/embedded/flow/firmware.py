"""Firmware of an edge box: from where, what it must be, where else it may be taken from, what is installed then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.deliver import put
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.places import targets
from agents.embedded.flow.things import Entry, Made, Target
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from protocol.vocabulary import JsonObject

_SKILL: Final = "edge.update_firmware"
_SUM: Final = "(sha-256|sha256|checksum|hash|sha-256 sum|sha256 sum)"


@dataclass(frozen=True)
class Update(Part):
    """The update; nothing is done before it is said what the image's checksum is."""

    box: Mention
    url: str
    sha256: str = ""

    def build(self, to: Builder) -> None:
        if len(self.box.names) != 1:
            raise decline(f"it is not clear which box is meant by {self.box.text}", [self.box.text])
        name = self.box.names[0]
        arguments: JsonObject = {"url": self.url, "sha256": self.sha256}
        step = to.step("update", _SKILL, arguments, name)
        to.pending = "" if self.sha256 else "it is not said what the firmware's checksum is"
        nouns = frozenset({"checksum", "hash", "sha-256", "sha256"})
        to.made.append(Made("text", (Entry(name, name, step, f"${{{step}.output.sha256}}"),), nouns))


@dataclass(frozen=True)
class Expected(Part):
    """The file in whose first line the checksum stands."""

    path: str
    place: Mention

    def build(self, to: Builder) -> None:
        step = _update(to)
        if len(self.place.names) != 1 or not to.pending:
            raise decline("it is not clear what this is the checksum of", [self.path])
        head = to.step("expected", "file.head", {"path": self.path, "lines": 1}, self.place.names[0])
        old = to.draft.steps.pop(step)
        name = old.devices.names[0]
        arguments = {**old.arguments, "sha256": f"${{{head}.output.lines[0]}}"}
        # Added again, behind the step that it waits for.
        new = to.step("update", _SKILL, arguments, name)
        if new != step:
            raise decline("there is more than one update")
        to.pending = ""


@dataclass(frozen=True)
class Else(Part):
    """Where the image is taken from if what the address has is not right."""

    url: str

    limits = True
    closing = True

    def build(self, to: Builder) -> None:
        step = to.draft.steps[_update(to)]
        arguments = {**step.arguments, "mirrors": [self.url]}
        to.draft.steps[step.id] = step.model_copy(update={"arguments": arguments})


@dataclass(frozen=True)
class Installed(Part):
    """The checksum of what is installed after it, in files."""

    goals: tuple[Target, ...]

    def build(self, to: Builder) -> None:
        step = _update(to)
        name = to.draft.steps[step].devices.names[0]
        made = Made("text", (Entry(name, name, step, f"${{{step}.output.sha256}}"),), frozenset({"checksum"}))
        for goal in self.goals:
            if goal.path is None:
                raise decline("it is not said into which file")
            put(to, made, made.entries, goal)


def _update(to: Builder) -> str:
    found = [id for id, step in to.draft.steps.items() if step.skill == _SKILL]
    if len(found) != 1:
        raise decline("it is not clear which firmware is meant", ["firmware"])
    return found[0]


def firmware(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    slots = match(
        "(update|upgrade|install) the firmware (of|on) {d:device} (from|with) [the image] [at] {u:url}", piece
    )
    if slots is not None:
        return Update(mention(slots, "d", piece), literal(slots, "u"))
    slots = match(
        f"(its|the image's|the) {_SUM} (is|stands|is written) in [the file] {{f:file}} on {{d:device}}", piece
    )
    if slots is not None:
        return Expected(literal(slots, "f"), mention(slots, "d", piece))
    return _else(piece) or _installed(piece)


def _else(piece: Piece) -> Part | None:
    for pattern in (
        "(if|when) (what that address has|what it has|the image there|the image|that one|it) "
        "(doesn't match [it]|does not "
        "match [it]|is another one|is not that one|has another checksum|is wrong|fails the check) "
        ", (take|get|use|fetch) "
        "[the image|it|the one] from {u:url} [instead]",
        "(if|when) (what that address has|what it has|the image there|the image|that one|it) "
        "(doesn't match [it]|does not "
        "match [it]|is another one|is not that one|has another checksum|is wrong|fails the check) , (take|use) {u:url} "
        "[instead]",
    ):
        slots = match(pattern, piece)
        if slots is not None:
            return Else(literal(slots, "u"))
    return None


def _installed(piece: Piece) -> Part | None:
    slots = match(
        f"[afterwards|then|after that] [,] (write|put|save|note|record) the {_SUM} of (what is "
        f"[then|now] installed|what was "
        "installed|the installed (image|firmware)|the firmware) {goal:any}",
        piece,
    )
    goals = targets(Piece(piece.line, slots["goal"])) if slots is not None else None
    return Installed(goals) if goals is not None else None
