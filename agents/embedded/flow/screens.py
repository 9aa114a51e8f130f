"""Phones and screens as sources: the last text from a number, what is shown, pictures of pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.things import Entry, Made
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from agents.embedded.wordset import words
from orchestrator.core.plan import StepDependency
from protocol.vocabulary import JsonObject

_WROTE: Final = (
    "[a|an|the|our|my] [{who:words}] (has texted|texted|has messaged|messaged|has sent a text "
    "to|sent a text to|has sent "
    "a message to|sent a message to|wrote to|has written to) {d:device} from [the number] {n:call}",
    "[there is|there's] [a|the] (text|message|sms) from [the number] {n:call} (on|has arrived on|came in on|is on) "
    "{d:device}",
)
_LAST: Final = (
    "(take|read|get|fetch) the (last|latest|newest) (text|text message|message|sms) from [the "
    "number] {n:call} (on|from) "
    "{d:device}",
    "(take|read|get|fetch) the (last|latest|newest) (text|text message|message|sms) (on|that came to) {d:device} from "
    "[the number] {n:call}",
)
_SHOWN: Final = (
    "(what|which) notifications (does|do) {d:device} show [right now|now|at the moment|currently]",
    "(what|which) notifications are (shown|showing|open) on {d:device} [right now|now|at the moment|currently]",
    "(read|get|list|fetch) the [open|current] notifications (of|on|from) {d:device}",
)
_NOBODY: Final = words("nobody none no not neither never")
_TEXTS: Final = frozenset({"text", "message", "sms", "it", "that", "words"})
_PICTURE: Final = "(picture|screenshot|screen shot|photo)"
_TAKE: Final = "(take|make|get|capture|grab) (a|one|another)"
_SAME: Final = "(the same page|that page|the page|it|the same address|the same site)"
_SHOT: Final = frozenset({"picture", "screenshot", "image", "it", "that"})


@dataclass(frozen=True)
class Wrote(Part):
    """Somebody has sent a text to a phone: the newest from that number."""

    number: str
    phone: Mention

    def build(self, to: Builder) -> None:
        if len(self.phone.names) != 1:
            raise decline(f"it is not clear which phone is meant by {self.phone.text}", [self.phone.text])
        name = self.phone.names[0]
        arguments: JsonObject = {"box": "inbox", "number": self.number, "limit": 1}
        step = to.step("text", "phone.messages", arguments, name)
        to.made.append(Made("text", (Entry(name, name, step, f"${{{step}.output.messages[0].text}}"),), _TEXTS))


@dataclass(frozen=True)
class Shown(Part):
    """The notifications of a phone."""

    phone: Mention

    def build(self, to: Builder) -> None:
        if len(self.phone.names) != 1:
            raise decline(f"it is not clear which phone is meant by {self.phone.text}", [self.phone.text])
        name = self.phone.names[0]
        step = to.step("shown", "phone.notifications", {}, name)
        to.answers.append(step)
        nouns = frozenset({"notifications", "list", "it", "them", "result"})
        to.made.append(Made("records", (Entry(name, name, step, f"${{{step}.output.notifications}}"),), nouns))


@dataclass(frozen=True)
class Shot(Part):
    """A picture of a page as a device shows it. Without an address: of the page that was named last."""

    url: str
    place: Mention

    def build(self, to: Builder) -> None:
        urls = [str(step.arguments["url"]) for step in to.draft.steps.values() if step.skill in _OPENS]
        url = self.url or (urls[-1] if urls else "")
        if len(self.place.names) != 1 or not url:
            raise decline("it is not clear of what a picture should be taken")
        name = self.place.names[0]
        before = None
        skill, arguments = "browser.screenshot", {"url": url}
        if skill not in to.world.fleet.devices[name].skills:
            before = to.step("open", "phone.open_url", {"url": url}, name)
            skill, arguments = "phone.screenshot", {}
        step = to.step("picture", skill, {**arguments}, name, before)
        to.made.append(Made("artifact", (Entry(name, name, step, f"${{{step}.output.artifact}}"),), _SHOT))


_OPENS: Final = ("phone.open_url", "browser.open", "browser.screenshot", "browser.read")


def screens(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    for pattern in (*_WROTE, *_LAST):
        slots = match(pattern, piece)
        if slots is not None and not _NOBODY & {token.text.casefold() for token in slots.get("who", ())}:
            number = piece.source(slots["n"]).replace(" ", "").strip('"')
            return Wrote(number, mention(slots, "d", piece))
    for pattern in _SHOWN:
        slots = match(pattern, piece)
        if slots is not None:
            return Shown(mention(slots, "d", piece))
    for pattern in (
        f"{_TAKE} {_PICTURE} of (the page|the site|page) {{u:url}} (in|with) the browser (of|on) {{d:device}}",
        f"{_TAKE} {_PICTURE} of {{u:url}} (in|with) the browser (of|on) {{d:device}}",
        f"{_TAKE} {_PICTURE} of {{u:url}} on {{d:device}}",
        f"{_TAKE} {_PICTURE} of {_SAME} (in|with) the browser (of|on) {{d:device}}",
        f"{_TAKE} {_PICTURE} of {_SAME} on {{d:device}}",
    ):
        slots = match(pattern, piece)
        if slots is not None:
            return Shot(literal(slots, "u") if "u" in slots else "", mention(slots, "d", piece))
    return None


def in_order(to: Builder, step: str) -> None:
    """Hold a step back until what was done on the same screen before it is done."""
    one = to.draft.steps[step]
    family = one.skill.partition(".")[0]
    if family not in ("phone", "desktop", "browser"):
        return
    before = [
        id
        for id, other in to.draft.steps.items()
        if id != step and other.devices.names == one.devices.names and other.skill.partition(".")[0] == family
    ]
    if before and all(edge.step != before[-1] for edge in one.after):
        after = (*one.after, StepDependency(step=before[-1]))
        to.draft.steps[step] = one.model_copy(update={"after": after})
