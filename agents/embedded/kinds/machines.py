"""Conditions on what a machine tells of itself: how full its disk is, how busy it is, whether a service runs.

They stand before what the grammar of machines knows nothing of, such as a notification or a service; where all that
follows is a machine's own, that grammar reads the whole.
"""

from __future__ import annotations

import re
from typing import Final

from agents.embedded.kinds.acts import Act, Choice
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.names import DAEMONS, service_of
from agents.embedded.kinds.pattern import Slots, match
from agents.embedded.kinds.world import World
from protocol.vocabulary import Json

_OVER: Final = "(above|over|more than|higher than|greater than|fuller than|beyond)"
_UNDER: Final = "(below|under|less than|lower than)"
_BE: Final = "(is|gets|goes|rises|climbs|falls|drops|reads)"
_NUMBERS: Final = (
    (f"{_BE} [now|currently] {_OVER} {{n:number}} [percent] [full|used]", ">"),
    ("(exceeds|goes above|rises above|climbs above) {n:number} [percent]", ">"),
    (f"{_BE} [now|currently] {_UNDER} {{n:number}} [percent] [full|used]", "<"),
    (f"{_BE} [now|currently] at least {{n:number}} [percent] [full|used]", ">="),
)
_USED: Final = "[usage|use|utilization|utilisation|consumption]"
_FACTS: Final = (
    (f"[the] (disk|disk space|drive) {_USED}", "system.disk", "output.used_percent", True),
    (f"[the] (memory|ram) {_USED}", "system.memory", "output.used_percent", True),
    (f"[the] (cpu|processor) {_USED}", "system.cpu", "output.used_percent", True),
    ("[the] [system] load [average]", "system.load", "output.load_1", False),
)
_SERVICE: Final = "[the] [service|daemon] {name:name} [service|daemon]"
_STATES: Final = (
    (f"{_SERVICE} (is not|isn't|is no longer) [up|alive] [running|up|active|alive]", "!="),
    (f"{_SERVICE} is (down|stopped|dead|inactive|not running|not up|not active)", "!="),
    (f"{_SERVICE} is (running|up|active|alive)", "=="),
)
_SERVED: Final = re.compile(
    r"(?<![\w-])(?:(?:re)?start(?:ed|ing)?|stop(?:ped|ping)?) (?:the )?(?:service |daemon )?"
    r"(?!it\b|that\b|this\b)([A-Za-z][\w.@-]*)(?: service| daemon)?(?![\w.@-])",
    re.IGNORECASE,
)
_CALLED: Final = re.compile(r"(?<![\w-])(?:service|daemon) ([A-Za-z][\w.@-]*)|([A-Za-z][\w.@-]*) (?:service|daemon)\b")


def fact(world: World, piece: Piece) -> tuple[Act, str, str, Json] | None:
    """(what reads it, the output, how it is compared, with what); None where it is no such condition."""
    bare = piece.placeless()
    for noun, skill, path, percent in _FACTS if _one_machine(bare) else ():
        for tail, op in _NUMBERS:
            slots = match(f"{noun} {tail}", bare)
            if slots is None:
                slots = match(f"{noun} {tail}".replace("{n:number}", "{n:amount}"), bare)
            if slots is None or skill not in world.skills or not _fits(slots, percent, bare):
                continue
            act = Act(skill, (Choice({}),), bare.places, path, "%" if percent else "")
            return act, path, op, slots["n"][0].value
    return None


def _one_machine(bare: Piece) -> bool:
    """A condition looks at one machine: of several, it would not be clear whether one or all of them decide."""
    return len(bare.places) == 1 and len(bare.places[0][1].names) == 1 and not bare.places[0][1].many


def _fits(slots: Slots, percent: bool, piece: Piece) -> bool:
    """How full something is, is a percentage; a load is none."""
    said = slots["n"][0].kind == "percent" or any(token.text.casefold() == "percent" for token in piece.tokens)
    return said == percent


def state(world: World, piece: Piece) -> tuple[Act, str, str, Json] | None:
    """`nginx is not running on beta`, `the service backup is down`."""
    bare = piece.placeless()
    if "service.status" not in world.skills or not _one_machine(bare):
        return None
    for pattern, op in _STATES:
        slots = match(pattern, bare)
        name = service_of(slots, "name", bare) if slots is not None else None
        if name is None or not (name.casefold() in DAEMONS or {"service", "daemon"} & _words(bare)):
            continue
        act = Act("service.status", (Choice({"name": name}),), bare.places, "output.state")
        return act, "output.state", op, "running"
    return None


def _words(piece: Piece) -> set[str]:
    return {token.text.casefold() for token in piece.tokens if token.word}


def spoken_of(piece: Piece) -> str | None:
    """The one service that the words before the piece are about."""
    before = piece.line.text[: piece.tokens[0].start] if piece.tokens else ""
    named = dict.fromkeys(_SERVED.findall(before))
    named |= dict.fromkeys(first or second for first, second in _CALLED.findall(before))
    named |= dict.fromkeys(word for word in re.findall(r"[\w.@-]+", before) if word.casefold() in DAEMONS)
    found = [name for name in named if name.casefold() not in {"the", "is", "service", "daemon"}]
    return found[0] if len(found) == 1 else None
