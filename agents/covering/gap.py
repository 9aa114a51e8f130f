"""What a plan and a request do not have in common, as one thing after the other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing unexplained.

    Codes: `unused_literal`, `unused_device`, `unused_word`, `unused_negation`, `unused_condition`;
    `unexplained_device`, `unexplained_argument`, `unexplained_skill`; `unreadable` where the devices cannot be told;
    `misplaced` where a part is used in the wrong place, `unexplained_place` where that is a change. What is not
    `grave` a person may say yes to; what is `mild` is not grave for what it is.
    """

    code: str
    message: str
    words: tuple[str, ...] = ()
    grave: bool = True
    mild: bool = False
