"""What the grammars of single clauses make of a clause, a thing or a condition that stands in a longer request.

A clause is asked for as it is written, a thing as `show ...`, a condition as what a command waits for. Each text is
planned once. A device is never guessed: a clause that names none is asked for on the device that was named last, and
is done there only where something else says so, too: see `plain.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from agents.embedded.kinds.line import Line, Mention
from agents.embedded.kinds.world import World
from agents.embedded.meaning.chart import Chart, Meaning
from agents.embedded.meaning.text import Word
from agents.embedded.meaning.things import Plain
from agents.embedded.tokens import Kind
from agents.embedded.wordset import words
from orchestrator.core.plan import Clarification, Declined, Plan

Single = Callable[[str], "Plan | Clarification | Declined"]
ASKED: Final = 12
"""How many texts are planned for one request."""
SPANS: Final = 3
"""How many ends are tried for each."""
PROBE: Final = "asterism-probe"
"""The command that stands for what a condition decides on."""
_JOINTS: Final = words(", and then but or otherwise else if when unless once ; :")
_PLACED: Final = words("as to in into on onto at by with")
_PASSIVE: Final = words("is are should must shall has gets goes go belongs")
_BACK: Final = words("it them these those they its their this other others")
_OPEN: Final = words("save write store keep put send text sms email notify tell report otherwise if")
"""Verbs whose objects the other grammars may take for a text: without a literal, rules of this grammar read them."""
_LITERAL: Final = frozenset({"<q>", "<p>", "<u>"})
_PLACES: Final = words("on of from in at")
_SWITCH: Final = words("start stop restart enable disable")
_OF_FILES: Final = words(
    "count zip pack compress archive unpack extract unzip read show open print hash sort search verify check convert"
)
"""What may be done with `it`, a file: nothing that takes it away, where it may be what was copied, or the copy."""
_SERVICE: Final = re.compile(r"\bservice ([\w.@-]+)", re.IGNORECASE)
_HAVING: Final = {"have": "has", "be": "is", "contain": "contains", "run": "runs", "use": "uses", "exist": "exists"}
_ARTICLE: Final = re.compile(
    r"^(?:(?:the|a|an|all|my|our) )?(?:(?:list|table|output|result|results|names?) of )?", re.IGNORECASE
)


@dataclass
class Bridge:
    """Plans of single clauses, by their texts."""

    single: Single
    world: World
    known: dict[str, Plan | None] = field(default_factory=dict)

    def plan(self, text: str) -> Plan | None:
        if text not in self.known:
            if len(self.known) >= ASKED:
                return None
            found = self.single(text)
            self.known[text] = found if isinstance(found, Plan) else None
        return self.known[text]

    def over(self, line: Line, row: Sequence[Word]) -> Callable[[str, int, int], Meaning | None]:
        """What a chart over the words of a line asks for some of them."""

        def ask(how: str, begin: int, end: int) -> Meaning | None:
            return self._asked(how, row[begin:end], line)

        return ask

    def _asked(self, how: str, row: Sequence[Word], line: Line) -> Plain | None:
        said = line.text[row[0].token.start : row[-1].token.end]
        named = [one.mention for one in row if one.mention is not None]
        if how == "condition":
            said = self._stated(said, line, row)
            place = next((name for one in named for name in one.names if self._runs(name)), "") or self._machine()
            return self._plain(f'if {said}, run "{PROBE}" on {place}', said) if place else None
        lows = [one.low for one in row]
        if how == "clause" and "it" in lows:
            return self._about(said, line, row)
        wanted = said if how == "clause" else "show " + _ARTICLE.sub("", said)
        if any(one.there for one in named):
            [there] = [one for one in row if one.mention is not None and one.mention.there][:1]
            last = self._before(line, row[0].token.start)
            if last is None or len(named) > 1:
                return None
            at = there.token.start - row[0].token.start
            end = there.token.end - row[0].token.start
            return self._plain(f"{said[:at]}on {last}{said[end:]}", said, there=last) if how == "clause" else None
        if named:
            return self._plain(wanted, said)
        last = self._before(line, row[0].token.start)
        if how == "clause" and lows[0] in _SWITCH and len(row) == 2:
            known = self._service(line, row[0].token.start)
            if known is not None and known[0].casefold() == row[1].token.text.casefold():
                return self._plain(f"{said.split()[0]} the service {known[0]} on {known[1]}", said, known[1])
        return self._plain(wanted, said) or (self._plain(f"{wanted} on {last}", said, last) if last else None)

    def _stated(self, said: str, line: Line, row: Sequence[Word]) -> str:
        """`should alpha have more than ...` as a condition is written."""
        ahead = line.text[: row[0].token.start].rstrip().casefold()
        if not ahead.endswith("should"):
            return said
        at = next((one for one in row if one.low in _HAVING), None)
        if at is None:
            return said
        begin, end = at.token.start - row[0].token.start, at.token.end - row[0].token.start
        return said[:begin] + _HAVING[at.low] + said[end:]

    def _about(self, said: str, line: Line, row: Sequence[Word]) -> Plain | None:
        """`count the words in it`: with the file, the service or the device that was named last in its place."""
        start = row[0].token.start
        [it, *more] = [one for one in row if one.low == "it"]
        name = self._before(line, start)
        if more or name is None or any(one.mention is not None for one in row):
            return None
        begin, end = it.token.start - start, it.token.end - start
        if row[max(row.index(it) - 1, 0)].low == "on":
            return self._plain(f"{said[:begin]}{name}{said[end:]}", said, there=name)
        if row[0].low in _SWITCH:
            known = self._service(line, start)
            if known is None:
                return None
            return self._plain(f"{said[:begin]}the service {known[0]} on {known[1]}{said[end:]}", said, known[1])
        if row[0].low not in _OF_FILES:
            return None
        paths = [token.text for token in line.tokens if token.kind is Kind.PATH and token.start < start]
        if not paths:
            return None
        return self._plain(f"{said[:begin]}{paths[-1]} on {name}{said[end:]}", said, file=(paths[-1], name))

    def _service(self, line: Line, start: int) -> tuple[str, str] | None:
        """The service that was named last before, and the device behind its name."""
        found = list(_SERVICE.finditer(line.text[:start]))
        if not found:
            return None
        ahead = [t for t in line.tokens if t.kind is Kind.DEVICE and found[-1].end() <= t.start < start]
        names = line.mentions[int(ahead[0].value or 0)].names if ahead else ()
        return (found[-1][1], names[0]) if len(names) == 1 else None

    def _plain(
        self, wanted: str, said: str, assumed: str = "", there: str = "", file: tuple[str, str] = ("", "")
    ) -> Plain | None:
        return Plain(wanted, said, assumed, there, file) if self.plan(wanted) is not None else None

    def _runs(self, name: str) -> bool:
        return "shell.run" in self.world.fleet.devices[name].skills

    def _machine(self) -> str:
        return next(iter(self.world.able("shell.run")), "")

    def _before(self, line: Line, start: int) -> str | None:
        """The one device that was named last before."""
        found: Mention | None = None
        for token in line.tokens:
            if token.kind is Kind.DEVICE and token.start < start:
                mention = line.mentions[int(token.value or 0)]
                found = mention if not mention.there else found
        return found.names[0] if found is not None and len(found.names) == 1 else None


def clause(chart: Chart, at: int) -> tuple[tuple[int, Meaning], ...]:
    """A clause from its verb to a joint."""
    return _spans(chart, at, "clause", _JOINTS)


def thing(chart: Chart, at: int) -> tuple[tuple[int, Meaning], ...]:
    """A thing behind its verb, up to where it is said where it goes."""
    return _spans(chart, at, "thing", _PLACED)


def topic(chart: Chart, at: int) -> tuple[tuple[int, Meaning], ...]:
    """A thing that a clause begins with, up to what becomes of it."""
    return _spans(chart, at, "thing", _PASSIVE)


def condition(chart: Chart, at: int) -> tuple[tuple[int, Meaning], ...]:
    """What has to hold, up to the clause that depends on it."""
    return _spans(chart, at, "condition", _JOINTS)


def _spans(chart: Chart, at: int, how: str, marks: frozenset[str]) -> tuple[tuple[int, Meaning], ...]:
    row: Sequence[Word] = chart.tokens  # type: ignore[assignment]
    begins = not at or row[at - 1].low in _JOINTS
    if chart.plans is None or row[at].low in _JOINTS | _PLACED or (begins and how == "thing" and marks is _PLACED):
        return ()
    if not begins and (how == "clause" or marks is _PASSIVE):
        return ()
    found: list[tuple[int, Meaning]] = []
    tried = 0
    for end in range(at + 1, len(row) + 1):
        if how == "thing" and row[end - 1].low in _BACK:
            break
        if how == "thing" and row[end - 1].low in _JOINTS:
            break
        if (end < len(row) and row[end].low not in marks) or row[end - 1].low in _JOINTS | _PLACED:
            continue
        if how == "clause" and end + 1 < len(row) and row[end + 1].low in _PLACES:
            continue  # `restart nginx on alpha and on beta`
        if (end == len(row) and how != "clause") or tried == SPANS:
            break
        if how == "clause" and row[at].low in _OPEN and not any(one.keys & _LITERAL for one in row[at:end]):
            continue
        tried += 1
        meaning = chart.plans(how, at, end)
        if meaning is not None:
            found.append((end, meaning))
            if how == "clause" and isinstance(meaning, Plain) and not meaning.assumed:
                break  # what follows is another clause
    return tuple(found)
