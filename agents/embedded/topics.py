"""Requests that name their subject first: `data.csv on beta - how many lines has it?`, `motd.txt lives on alpha. send
it to the others`. The subject is put where the clause that asks about it has its pronoun, or at that clause's end.
"""

from __future__ import annotations

from collections.abc import Sequence

from agents.embedded.tokens import Token


def topics_in_place(tokens: Sequence[Token]) -> list[Token]:
    return list(tokens)
