"""Texts without quotation marks are found by their form, and left alone where they could be anything else."""

from __future__ import annotations

import pytest

from agents.embedded.literals import literal
from agents.embedded.tokens import Kind, tokenise

NAMES = frozenset({"nova", "beta"})


def quoted(text: str) -> list[str]:
    return [str(t.value) for t in literal(text, tokenise(text), NAMES) if t.kind is Kind.QUOTED]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bump 3.4.0 to 3.5.0 in setup.cfg on beta", ["3.4.0", "3.5.0"]),
        ("exchange 10.1.1.1 for 10.1.1.2 in dns.conf", ["10.1.1.1", "10.1.1.2"]),
        ("in limits.ini change 512 to 1024", ["512", "1024"]),
        ("turn every center into centre in essay.txt", ["center", "centre"]),
        ("db-old should become db-new in hosts.txt", ["db-old", "db-new"]),
        ("put White Ltd in place of BUYER in deed.txt", ["White Ltd", "BUYER"]),
        ("replace tabs with spaces in a.py", []),
        ("change the owner to bob in a.txt", []),
        ("change 512 to 1024 on beta", []),
        ("replace beta with nova in a.txt", []),
        ("swap the disk for another", []),
    ],
)
def test_texts_that_are_exchanged(text: str, said: list[str]) -> None:
    assert quoted(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lines of a.log matching the regex ^Oct 1[0-9].*DENY", ["^Oct 1[0-9].*DENY"]),
        ("has x.log a line matching the regex ^(A|B) ?", ["^(A|B)"]),
        ("search a.log for the pattern retry.*[0-9]+ on beta", ["retry.*[0-9]+"]),
        ("which notes mention the name Novak?", ["Novak"]),
        ("look in letters for the customer Van Dyke", ["Van Dyke"]),
        ("does make_row occur in src", ["make_row"]),
        ("the pattern of use in a.log", []),
        ("which notes mention Nova", []),
        ("does anything appear in a.log", []),
        ("does it match the regex ^x.*y?", []),
    ],
)
def test_texts_that_are_looked_for(text: str, said: list[str]) -> None:
    assert quoted(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("run this on beta: lsblk -f", ["lsblk -f"]),
        ("please use python on nova to run: print(2**8)", ["print(2**8)"]),
        ("run this python: import sys; print(sys.path)", ["import sys; print(sys.path)"]),
        ("run this on beta: lsblk, then send it to nova", []),
        ("run this on beta: lsblk please", []),
        ("run the backup on beta: all folders", []),
        ("list this: all folders", []),
    ],
)
def test_programs_behind_a_colon(text: str, said: list[str]) -> None:
    assert quoted(text) == said
