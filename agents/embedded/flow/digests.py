"""Pages that are put together in one Markdown file: each under its title."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.line import elements
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline

_DIGEST: Final = "(digest|collection|compilation|overview)"
_EACH: Final = "[, for each [of them|page|one] ,|for each [of them|page|one]]"
_TITLE: Final = "(the page's title|its title|the title of the page|the title) as a heading"
_TEXT: Final = "(what the page says|its text|the text of the page|the page's text|what it says)"


@dataclass(frozen=True)
class Digest(Part):
    """Titles as headings, texts below them."""

    urls: tuple[str, ...]
    path: str
    place: Mention

    limits = True

    def build(self, to: Builder) -> None:
        able = to.world.able("browser.read")
        if len(self.place.names) != 1 or not self.path.endswith(".md"):
            raise decline("it is not said into which Markdown file", [self.path])
        if len(able) != 1:
            raise decline("it is not clear which browser should read the pages")
        parts = []
        for url in self.urls:
            step = to.step("read", "browser.read", {"url": url}, able[0])
            parts.append(f"# ${{{step}.output.title}}\n\n${{{step}.output.text}}\n")
        to.step("write", "file.write", {"path": self.path, "text": "\n".join(parts)}, self.place.names[0])


def digests(piece: Piece) -> Part | None:
    """`make a digest of the pages A and B: a Markdown file a.md on beta with its title as a heading and ...`."""
    slots = match(
        f"(write|make|create|put together) [me] a {_DIGEST} of [the] [{{n:number}}] "
        f"[{{about:words}}] [at] {{u:url}} [,|and] "
        f"[{{rest:any}}] [:|as] a markdown file {{f:file}} on {{d:device}} (that has|with|which "
        f"has) {_EACH} {_TITLE} and "
        f"[then] {_TEXT}",
        piece,
    )
    if slots is None:
        return None
    urls = [literal(slots, "u")]
    for one in elements(Piece(piece.line, slots.get("rest", ()))):
        found = match("{u:url}", one)
        if found is None:
            return None
        urls.append(literal(found, "u"))
    if "n" in slots and slots["n"][0].value != len(urls):
        return None
    return Digest(tuple(urls), literal(slots, "f"), mention(slots, "d", piece))
