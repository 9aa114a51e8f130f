"""Makes text from devices, files, clusters and models safe to show: on a terminal, in a page, in an answer.

What goes: escape sequences (CSI, OSC, DCS and their like, with their payload), C0 and C1 control characters, marks that
turn the direction of writing (they can make a command look like another), and characters without width (they can hide
text). What stays is meant to be read; nothing here decides what a text means, and no text grants a right.
"""

from __future__ import annotations

import re

# String sequences carry a payload up to BEL or ST; without an end they would swallow the rest, so the line ends them.
_STRING = r"(?:\x1b[PX^_\]]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
_CSI = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
_OTHER = r"\x1b[ -/]*[0-~]?"
_SEQUENCE = re.compile(f"{_STRING}|{_CSI}|{_OTHER}")
_BREAK = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_HIDDEN = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f"  # C0 but tab and line feed (line breaks are gone by then), delete, C1
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"  # soft hyphen, joiners and fillers without width
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f"  # zero width, direction marks, overrides, isolates
    r"\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    r"\U000e0000-\U000e0fff\ud800-\udfff]"  # tags and variation selectors, lone surrogates
)
_SPACE = re.compile(r"[\t\n]+")


def sanitize(text: str, multiline: bool = True, limit: int | None = None) -> str:
    """`text` without anything that acts on what shows it.

    With `multiline`, line feeds and tabs stay and other line breaks become line feeds; without, each run of them
    becomes one space. `limit` is in characters; a longer text is cut and ends in an ellipsis.
    """
    if text.isascii() and text.isprintable():  # as most is: no control character, and so no sequence and no break
        clean = text
    else:
        clean = _HIDDEN.sub("", _BREAK.sub("\n", _SEQUENCE.sub("", text)))
        if not multiline:
            clean = _SPACE.sub(" ", clean)
    if limit is not None and len(clean) > limit:
        clean = clean[: max(0, limit - 1)] + "…"
    return clean
