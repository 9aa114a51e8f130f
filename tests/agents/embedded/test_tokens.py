"""Tokens: kinds, values, spans."""

from __future__ import annotations

import pytest

from agents.embedded.tokens import Kind, tokenise


def one(text: str) -> tuple[Kind, object]:
    tokens = tokenise(text)
    assert len(tokens) == 1, tokens
    return tokens[0].kind, tokens[0].value


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("logs/app.log", Kind.PATH, "logs/app.log"),
        ("/var/log", Kind.PATH, "/var/log"),
        (".env", Kind.PATH, ".env"),
        ("backup.tar.gz", Kind.PATH, "backup.tar.gz"),
        ("*.log", Kind.GLOB, "*.log"),
        ("'a b'", Kind.QUOTED, "a b"),
        ("“a b”", Kind.QUOTED, "a b"),
        ("`df -h`", Kind.QUOTED, "df -h"),
        ("5 MB", Kind.SIZE, 5_000_000),
        ("1.5GiB", Kind.SIZE, 1_610_612_736),
        ("three days", Kind.DURATION, 259_200),
        ("a week", Kind.DURATION, 604_800),
        ("80%", Kind.PERCENT, 80),
        ("80 percent", Kind.PERCENT, 80),
        ("1,000", Kind.NUMBER, 1000),
        ("twelve", Kind.NUMBER, 12),
        ("12:30", Kind.TIME, "12:30"),
        ("env=prod", Kind.LABEL, "env=prod"),
        ("10.0.0.7", Kind.HOST, "10.0.0.7"),
        ("https://a.b/c?d=1", Kind.URL, "https://a.b/c?d=1"),
    ],
)
def test_literals(text: str, kind: Kind, value: object) -> None:
    assert one(text) == (kind, value)


def test_marks_at_the_end_of_a_sentence_stand_alone() -> None:
    assert [token.text for token in tokenise("read notes.txt. (see https://a.b/c.)")] == [
        "read", "notes.txt", ".", "(", "see", "https://a.b/c", ".", ")",
    ]  # fmt: skip


def test_an_apostrophe_opens_no_quotation() -> None:
    assert [token.lemma for token in tokenise("what's on alpha's disk and beta's disk")] == [
        "what", "on", "alpha", "disk", "and", "beta", "disk",
    ]  # fmt: skip


def test_spans_point_into_the_text() -> None:
    text = "delete  'a b'  on alpha"
    for token in tokenise(text):
        assert text[token.start : token.end] == token.text


def test_plurals_meet_their_singular() -> None:
    assert [token.lemma for token in tokenise("Servers processes directories disks status")] == [
        "server", "process", "directory", "disk", "status",
    ]  # fmt: skip
