"""Single skills of phones, edge boxes, desktops and browsers as deeds of a flow: what their own grammar reads of a
clause."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.parts import Part
from agents.embedded.flow.screens import in_order
from agents.embedded.flow.things import Entry, Made
from agents.embedded.kinds.acts import Act
from agents.embedded.kinds.compose import Composer
from agents.embedded.kinds.compose import Made as Done
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.reading import Reader, courteous
from agents.embedded.kinds.world import World
from agents.embedded.outcome import Stop, decline
from agents.embedded.tokens import Kind

_IT: Final = frozenset({"it", "that", "result", "output"})
_SCREENS: Final = ("browser.", "desktop.", "phone.")
_LEFT: Final[dict[str, tuple[str, str, frozenset[str]]]] = {
    "phone.notifications": ("records", "output.notifications", frozenset({"notifications", "list", "them", *_IT})),
    "phone.messages": ("records", "output.messages", frozenset({"messages", "texts", "list", "them", *_IT})),
    "phone.calls": ("records", "output.calls", frozenset({"calls", "list", "them", *_IT})),
    "phone.screenshot": ("artifact", "output.artifact", frozenset({"screenshot", "picture", "image", *_IT})),
    "browser.screenshot": ("artifact", "output.artifact", frozenset({"screenshot", "picture", "image", *_IT})),
    "desktop.screenshot": ("artifact", "output.artifact", frozenset({"screenshot", "picture", "image", *_IT})),
    "browser.table": ("records", "output.items", frozenset({"table", "rows", "list", *_IT})),
}
"""What a skill leaves: its kind, where it lies in the output, and the nouns for it."""


@dataclass(frozen=True)
class Acts(Part):
    """One skill."""

    act: Act
    named: bool = True
    there: bool = False

    def build(self, to: Builder) -> None:
        composer = Composer(to.world)
        composer.draft = to.draft
        composer.made = [done for made in to.made for done in _done(made)]
        before = [step.devices.names for step in to.draft.steps.values() if step.skill.startswith(_SCREENS)]
        if self.there:
            self._once(composer)
        done = composer.perform(self.act)
        if not self.named and done.skill.startswith(_SCREENS) and before and done.devices != before[-1]:
            raise decline("it is not said on which screen this should happen")
        if not to.draft.gates and not to.draft.risky((done.step,)):
            to.answers.append(done.step)
        in_order(to, done.step)
        left = _left(done)
        if left is not None:
            to.made.append(left)

    def _once(self, composer: Composer) -> None:
        """`restart nginx there` is about the nginx that was spoken of. Raises Stop where that is elsewhere."""
        named = tuple(name for _, mention in self.act.places for name in mention.names)
        for choice in self.act.choices:
            known = composer.where(self.act, choice)
            if known is not None and named and known != named:
                raise decline("it is not clear where `there` is", ["there"])


class Acting:
    """Reads a clause as one skill; keeps what it has read."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.reader = Reader(world, lambda _text: None)

    def __call__(self, piece: Piece) -> Acts | None:
        try:
            placed = _placed(piece)
            found = self.reader.deed(piece) if placed is piece else self.reader.act(courteous(placed))
        except Stop:
            return None
        named = any(token.kind is Kind.DEVICE for token in piece.tokens)
        return Acts(found, named, placed is not piece) if isinstance(found, Act) and not found.bare else None


def _placed(piece: Piece) -> Piece:
    """The piece with the device that was named last before it in the place of `there`."""
    line, tokens = piece.line, piece.tokens
    there = [one for one in tokens if one.kind is Kind.DEVICE and line.mentions[int(one.value or 0)].there]
    if len(there) != 1:
        return piece
    named = [one for one in line.tokens if one.kind is Kind.DEVICE and one.start < there[0].start]
    mentions = list(line.mentions)
    if named and len(mentions[int(named[-1].value or 0)].names) == 1:
        mentions[int(there[0].value or 0)] = mentions[int(named[-1].value or 0)]
    return Piece(replace(line, mentions=tuple(mentions)), tokens)


def _done(made: Made) -> list[Done]:
    """What a flow made, in the words of the other grammar: the devices, for `there`."""
    devices = tuple(dict.fromkeys(entry.device for entry in made.entries))
    steps = [entry.step for entry in made.entries if entry.step is not None]
    return [Done(steps[-1], "", devices)] if steps else []


def _left(done: Done) -> Made | None:
    kind: Literal["records", "artifact", "text", "number", "done"]
    if done.skill in _LEFT:
        what, path, nouns = _LEFT[done.skill]
        kind = "records" if what == "records" else "artifact"
    elif done.measure:
        kind = "text" if done.measure == "output.text" else "number"
        path, nouns = done.measure, frozenset({"value", "number", "reading", *done.label.split(), *_IT})
    else:
        kind, path, nouns = "done", "device", frozenset()
    if len(done.devices) != 1:
        return None
    entry = Entry(done.devices[0], done.devices[0], done.step, f"${{{done.step}.{path}}}")
    return Made(kind, (entry,), nouns)
