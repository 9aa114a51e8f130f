"""Conditions over what there is and what became of the step before: `if a.txt is missing on beta`, `if that fails`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.conditions import Condition
from agents.embedded.flow.nouns import files
from agents.embedded.flow.things import FileAt, Made
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from orchestrator.core.plan import StepDependency
from orchestrator.core.tasks import On

_THERE: Final = (
    "(exists|is [already|still] there|is [already|still] present|can be found|is in place|is available|there is|"
    "[already|still] exists)"
)
_MISSING: Final = (
    "(does not exist|doesn't exist|is missing|is not there|isn't there|is gone|is absent|is not present|isn't present|"
    "can't be found|cannot be found|there is no|does not exist yet|doesn't exist yet|is not there yet)"
)


@dataclass(frozen=True)
class Exists(Condition):
    """Whether one file is there. Only that it could not be looked at is known of one that is not."""

    file: FileAt
    there: bool

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        names = to.names(self.file)
        if len(names) != 1:
            raise decline("it is not clear on which of the devices it should be there", [self.file.path])
        step = to.step("look", "file.stat", {"path": self.file.path}, names[0])
        # It is no failure of the run that there is no such file.
        to.draft.steps[step] = to.draft.steps[step].model_copy(update={"on_failure": "continue"})
        return (StepDependency(step=step, on=On.SUCCESS if self.there else On.FAILURE),)


@dataclass(frozen=True)
class Ended(Condition):
    """Whether the step before went well. `words`: what it did, where that is said."""

    well: bool
    noun: str = ""

    def gates(self, to: Builder) -> tuple[StepDependency, ...]:
        made: Made | None = to.made[-1] if to.made else None
        steps = [entry.step for entry in made.entries if entry.step is not None] if made is not None else []
        if made is None or len(set(steps)) != 1 or list(to.draft.steps)[-1] != steps[-1]:
            raise decline("it is not clear what could fail", [self.noun])
        skill = to.draft.steps[steps[-1]].skill
        if self.noun and self.noun not in skill and skill not in _DOING.get(self.noun, ()):
            raise decline(f"it is not clear what is meant by {self.noun!r}", [self.noun])
        return (StepDependency(step=steps[-1], on=On.SUCCESS if self.well else On.FAILURE),)


_DOING: Final[dict[str, Sequence[str]]] = {
    "download": ("http.download",),
    "address": ("http.download", "http.fetch"),
    "copy": ("file.copy", "artifact.save"),
    "command": ("shell.run",),
    "step": (),
}


def existing(piece: Piece) -> Condition | None:
    for said, there in ((_MISSING, False), (_THERE, True)):
        slots = match(f"{{files:any}} {said}", piece) or match(f"{{files:any}} {said} on {{d:device}}", piece)
        if slots is None:
            slots = match(f"(there is|there's|there exists) {'' if there else 'no'} {{files:any}}", piece)
        if slots is None:
            continue
        tokens = slots["files"]
        if "d" in slots:
            at = piece.tokens.index(slots["d"][0])
            tokens = (*tokens, piece.tokens[at - 1], piece.tokens[at])
        of = files(Piece(piece.line, tokens))
        if of is not None and len(of.files) == 1 and not of.files[0].folder and of.files[0].place is not None:
            return Exists(of.files[0], there)
    return None


__all__ = ["Ended", "Exists", "existing"]
