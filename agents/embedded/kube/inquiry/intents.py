"""The table of what may be asked for: each intent a skill, and a function that reads its arguments off the line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from agents.embedded.kube.inquiry.script import Ask
from protocol.vocabulary import JsonObject

Calls = Iterable[dict[str, object]] | None
Read = Callable[[Ask], Calls]


@dataclass(frozen=True, slots=True)
class Intent:
    """`strict`: a word beside what is asked for that nothing explains could narrow it down, and ends the reading."""

    skill: str
    read: Read
    strict: bool


class Intents:
    """Intents in the making, in the order in which they are tried."""

    def __init__(self) -> None:
        self.all: list[Intent] = []

    def of(self, skill: str, *, strict: bool = True) -> Callable[[Read], Read]:
        def made(read: Read) -> Read:
            self.all.append(Intent(skill, read, strict))
            return read

        return made


def filled(**given: object) -> dict[str, object]:
    """Arguments without what is empty: a skill's own defaults hold then."""
    return {key: value for key, value in given.items() if value not in ("", None, [], {}, False)}


def json(call: dict[str, object]) -> JsonObject:
    return call  # type: ignore[return-value]
