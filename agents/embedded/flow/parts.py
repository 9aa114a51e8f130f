"""What every deed is: something that is read from a clause and builds its steps itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from agents.embedded.flow.builder import Builder
from agents.embedded.kinds.line import Piece


class Part(ABC):
    """A deed. `limits`: its patterns read the words of its clause that limit or forbid (`don't`, `instead`).
    `closing`: it happens only in a case that is said ahead of it, so that what follows in its sentence would, too."""

    limits: ClassVar[bool] = False
    closing: ClassVar[bool] = False

    def foresee(self, to: Builder) -> None:
        """What deeds ahead of it have to know of it."""
        del to

    @abstractmethod
    def build(self, to: Builder) -> None:
        """Add its steps, and what it made. Raises Stop where it cannot be done."""


def build(to: Builder, deed: Part) -> None:
    """The steps of one deed, and what it made."""
    then, to.then = to.then, False
    before = frozenset(to.draft.steps)
    deed.build(to)
    if then:
        to.sequence.append((frozenset(to.draft.steps) - before, before))


class Remark(Part):
    """A sentence that says how things are, and asks for nothing."""

    limits = True

    def build(self, to: Builder) -> None:
        del to


PartReader = Callable[[Piece], Part | None]
