"""An answer that goes to another device: `and save it on my desktop`, `write the list to report.txt on alpha`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.embedded.kube.tokens import Shape, Token
from agents.embedded.outcome import ask
from agents.embedded.wordset import words
from orchestrator.core.fleet import DeviceInfo
from orchestrator.core.plan import Selector, Step, StepDependency
from protocol.vocabulary import DeviceKind

_SAVES = words("save write store put dump export copy")
_DESKTOPS = words("desktop workstation laptop pc computer notebook machine")
_WHAT = words("it them that this the a an summary result results output list report answer everything all of as")


@dataclass(frozen=True, slots=True)
class Saved:
    """Where the answer goes: a file of a device."""

    device: str
    path: str

    def step(self, source: str, id: str) -> Step:
        """The step that writes what the step `source` found."""
        return Step(
            id=id,
            skill="file.write",
            arguments={"path": self.path, "text": f"${{{source}.output.text}}"},
            devices=Selector(names=(self.device,)),
            after=(StepDependency(step=source),),
        )


def saved(tokens: list[Token], others: Sequence[DeviceInfo], client: str | None) -> tuple[list[Token], Saved | None]:
    """The tokens without the order to save the answer, and where it is to be saved; (tokens, None) without one."""
    found = _device(tokens, others, client)
    if found is None:
        return tokens, None
    begin, end, device = found
    at = next((n for n in range(begin - 1, -1, -1) if tokens[n].low in _SAVES), None)
    if at is None:
        return tokens, None
    path, where = _path(tokens, at, end)
    middle = [
        n
        for n in range(at + 1, begin)
        if n not in where and tokens[n].low not in _WHAT | {"to", "in", "into", "file", "named", "called", "under"}
    ]
    middle = [n for n in middle if tokens[n].shape is not Shape.MARK]
    target = Saved(device, path or "reports/cluster.md")
    if middle:  # `write the list of failing pods to x`: what is written is what is asked for
        head = replace(tokens[at], text="list", lemma="list")
        gone = where | set(range(begin, end))
        kept = [
            head if n == at else t
            for n, t in enumerate(tokens)
            if n not in gone
            and not (n > at and n < begin and t.low in {"to", "into", "file", "list"} and n not in middle)
        ]
        return kept, target
    begin = at
    while begin and tokens[begin - 1].low in {"and", "then", ","}:
        begin -= 1
    kept = [t for n, t in enumerate(tokens) if n < begin or n >= end]
    return [*kept], target


def _device(tokens: Sequence[Token], others: Sequence[DeviceInfo], client: str | None) -> tuple[int, int, str] | None:
    """(begin, end, name) of `on my desktop`, `on alpha`."""
    for at, token in enumerate(tokens):
        if token.low not in {"on", "to", "onto"}:
            continue
        step = at + 1
        while step < len(tokens) and tokens[step].low in {"the", "my", "our"}:
            step += 1
        if step >= len(tokens):
            continue
        named = next((d for d in others if d.name.casefold() == tokens[step].low), None)
        if named is not None:
            extra = step + 1
            if extra < len(tokens) and tokens[extra].low in _DESKTOPS | {"server", "phone", "device"}:
                extra += 1
            return at, extra, named.name
        if tokens[step].low in _DESKTOPS:
            desks = [d for d in others if d.kind is DeviceKind.DESKTOP and "file.write" in d.skills]
            own = [d for d in desks if d.name == client]
            if not desks:
                continue
            if len(desks) > 1 and not own:
                return at, step + 1, ask("On which device?", [d.name for d in desks], ())
            return at, step + 1, (own or desks)[0].name
    return None


def _path(tokens: Sequence[Token], begin: int, end: int) -> tuple[str, set[int]]:
    for at in range(begin, min(end + 4, len(tokens))):
        text = str(tokens[at].value) if tokens[at].shape is Shape.QUOTED else tokens[at].text
        if tokens[at].shape in {Shape.NAME, Shape.PATH, Shape.QUOTED} and re.fullmatch(r"[\w./-]+\.[a-z]{1,5}", text):
            where = {at}
            if at and tokens[at - 1].low in {"to", "in", "into", "as", "file", "called", "named"}:
                where.add(at - 1)
            return text, where
    return "", set()
