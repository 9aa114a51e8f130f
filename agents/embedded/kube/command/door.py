"""The plan of a request that consists of command lines: what each line asks for, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agents.embedded.kube.command import access, changes, making, nodes, reads, removal
from agents.embedded.kube.command.flags import Call, NoCommand, Step, parse
from agents.embedded.kube.command.script import script
from agents.embedded.outcome import Stop, decline

TABLES = (access, changes, making, nodes, reads, removal)
"""The files whose commands are in the table."""


@dataclass(frozen=True, slots=True)
class Commanded:
    """The steps of the lines, none where there are no lines; `dry` where what they write is only to be tried."""

    steps: tuple[Step, ...] = ()
    dry: bool = False


def commanded(text: str, writes: frozenset[str], kinds: Mapping[str, str], home: str = "") -> Commanded:
    """What a request of command lines asks for. Raises Stop where a line has something that no skill does.

    `home` is the namespace of lines that say none.
    """
    found = script(text)
    if found is None:
        return Commanded()
    steps: list[Step] = []
    tried: set[bool] = set()
    for line in found.lines:
        try:
            one, call = parse(line, kinds, home)
            built = one.build(call)
            if one.writes:
                tried.add(_tried(call))
        except NoCommand:
            if len(found.lines) == 1 and not found.quoted:
                return Commanded()
            raise decline(f'"kubectl {" ".join(line)[:200]}" is no command line', line[:20]) from None
        except Stop:
            if found.bare:
                return Commanded()
            raise
        if any(skill in writes for skill, _ in built) and not one.writes:
            tried.add(False)
        steps += built
    if found.shown and tried:
        raise decline("this asks what a command does; it does not ask for it to be run")
    if len(tried) > 1:
        raise decline("--dry-run: some of the lines are only to be tried, and others not: send them apart")
    return Commanded(tuple(steps), dry=tried == {True})


def _tried(call: Call) -> bool:
    """Whether a command that writes is only to be tried."""
    said = call.flag("dry-run", "none")
    if said not in {"true", "client", "server", "none", "false"}:
        raise call.no(f"--dry-run is client, server or none, not {said!r}", said)
    tried = said not in {"none", "false"}
    if call.flag("output") not in ({"", "yaml", "json", "name"} if tried else {""}):
        raise call.no("-o: what is written is not printed in another form", "-o")
    return tried
