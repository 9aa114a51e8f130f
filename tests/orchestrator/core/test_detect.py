"""What counts as a secret and as personal data: real forms, ordinary text, and text made to take long."""

from __future__ import annotations

import base64
import json
import random
import string
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.core import checksums
from orchestrator.core.detect import Span, disjoint, hide_secrets, personal
from orchestrator.core.likeness import likeness
from orchestrator.core.redact import redact, redacted
from tests.agents.embedded.kinds.fleet import estate
from tools.kube.skills import specs

ROOT = Path(__file__).parents[3]
BASE62 = string.ascii_letters + string.digits


def hidden(text: str) -> bool:
    return redacted(hide_secrets(text))


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("log in with password hunter2 and look", "hunter2"),
        ("my password is correcthorse, see to it", "correcthorse"),
        ('set the passphrase to "blue horse battery"', "blue horse battery"),
        ("the password for beta is Tr0ub4dor&3", "Tr0ub4dor&3"),
        ("the PIN is 4711", "4711"),
        ("use the api key 'abc def'", "abc"),
        ("PGPASSWORD=letmein psql -h db", "letmein"),
        ('{"config": "{\\"dbPassword\\": \\"a b c\\"}"}', "a b c"),
        ("accessToken: 'zz yy'", "zz yy"),
        ("password: correct horse battery\nnext: 1", "horse battery"),
        ("password: |\n  first line\n  second line\nnext: 1", "second line"),
        ("curl -u bob:s3cr3t https://h/", "s3cr3t"),
        ("mysql -h db -ps3cr3t shop", "s3cr3t"),
        ("deploy --token 'a b' now", "a b"),
        ("data:\n  user: aHVudGVyMg==", "aHVudGVyMg"),
        (f"blob {base64.b64encode(b'the launch code is zero').decode()}", "dGhlIGxhdW5jaCBj"),
        ("key d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e"),
        ("see https://hooks.example.org/x/Zx81kQp03LmVt6Rb9sWe for it", "Zx81kQp03LmVt6Rb9sWe"),
        ("123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1", "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nabc-def\n-----END RSA PRIVATE KEY-----",
            "abc-def",
        ),
    ],
)
def test_secrets_go(text: str, secret: str) -> None:
    assert secret not in hide_secrets(text)
    assert hidden(text)


@pytest.mark.parametrize(
    "text",
    [
        "find the files with the word password in them",
        "change the password policy page",
        "the password is wrong",
        "count the tokens in notes.md",
        "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "the commit 2bdfc61a0b4c8d9e7f1a2b3c4d5e6f708192a3b4 broke it",
        "image@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "run 550e8400-e29b-41d4-a716-446655440000 again",
        "restart kubernetes-deployment-controller-2024-01-15 on beta",
        "read /usr/share/doc/python3-django-extensions/changelog.Debian.gz",
        "compass=5 input_tokens: 5 keyboard: 3",
        "password_file=/etc/app/secret-name.txt",
        "golang-github-prometheus-client-golang-dev",
        "getUserAccountInformationByIdentifier",
        "describe the pod web-frontend-7f9c6d5b8-x2x4k",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert hide_secrets(text) == text


def test_our_own_pages_and_requests_hold_no_secret() -> None:
    lines = [line for page in sorted((ROOT / "docs").glob("*.md")) for line in page.read_text().splitlines()]
    path = ROOT / "benchmarks/ladder/dev.jsonl"
    lines += [str(json.loads(line).get("text", "")) for line in path.read_text().splitlines() if line.strip()]
    said = [line for line in lines if redact(line) == line and hide_secrets(line) != line]
    assert said == []
    assert len(lines) > 1_000


def test_what_skills_say_of_themselves_holds_no_secret() -> None:
    """Every model is told of them, and what is withheld there is counted as what a person said."""
    found = {spec.name: spec for device in estate().devices.values() for spec in device.skills.values()}
    found |= {spec.name: spec for spec in specs()}
    for spec in found.values():
        for text in (spec.description, *spec.examples):
            assert redact(text) == text == hide_secrets(text), spec.name
    assert len(found) > 200


@pytest.mark.parametrize("length", [20, 24, 32, 40])
@pytest.mark.parametrize("alphabet", [BASE62, string.ascii_lowercase + string.digits, BASE62 + "-_"])
def test_random_tokens_go(alphabet: str, length: int) -> None:
    chance = random.Random(length)
    tokens = ["".join(chance.choices(alphabet, k=length)) for _ in range(2_000)]
    passed = [token for token in tokens if token in hide_secrets(f"it says {token} there")]
    assert len(passed) <= 6, passed


@pytest.mark.parametrize("size", [16, 24, 32])
def test_random_bytes_go_in_hex_and_base64(size: int) -> None:
    chance = random.Random(size)
    for _ in range(1_000):
        data = chance.randbytes(size)
        assert data.hex() not in hide_secrets(f"it says {data.hex()} there")
    texts = [base64.b64encode(chance.randbytes(size)).decode() for _ in range(1_000)]
    assert sum(text in hide_secrets(f"it says {text} there") for text in texts) <= 5


def test_likeness_tells_words_from_noise() -> None:
    assert likeness("embedded-planner-outcome") > 1
    assert likeness("xK9qZ2vW7jQ4pL8rT3mB") < -1
    assert likeness("-") > 0


@given(st.text(max_size=300))
@settings(max_examples=200)
def test_twice_is_once(text: str) -> None:
    once = hide_secrets(text)
    assert hide_secrets(once) == once


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("write to anna.b@example.org.", [("EMAIL", "anna.b@example.org")]),
        ("call +49 (170) 123 45 67 now", [("PHONE", "+49 (170) 123 45 67")]),
        ("or 555-010-4477", [("PHONE", "555-010-4477")]),
        ("IBAN DE89 3704 0044 0532 0130 00!", [("IBAN", "DE89 3704 0044 0532 0130 00")]),
        ("card 4111 1111 1111 1111", [("CARD", "4111 1111 1111 1111")]),
        ("DNI 12345678Z", [("ID", "12345678Z")]),
        ("PESEL 44051401359", [("ID", "44051401359")]),
        ("id 11010519491231002X", [("ID", "11010519491231002X")]),
        ("cf RSSMRA85T10A562S", [("ID", "RSSMRA85T10A562S")]),
        ("SSN 078-05-1120", [("ID", "078-05-1120")]),
        ("at 192.168.1.20 port 80", [("IP", "192.168.1.20")]),
        ("at fe80::1ff:fe23:4567:890a", [("IP", "fe80::1ff:fe23:4567:890a")]),
        ("mac 00:1b:44:11:3a:b7", [("MAC", "00:1b:44:11:3a:b7")]),
        ("read /home/anna/notes.md", [("USER", "anna")]),
    ],
)
def test_personal_data_by_form(text: str, found: list[tuple[str, str]]) -> None:
    assert [(span.kind, text[span.start : span.end]) for span in personal(text)] == found


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112 is no card",
        "GB82 WEST 1234 5698 7654 33 is no account",
        "12345678A is no DNI",
        "version 1.2.3.4.5 of 2026-11-21 12:30:45",
        "127.0.0.1 and 0.0.0.0",
        "between 10:20:30 and 11:20:30",
        "over 1234567890 bytes, 20% of 44051401358",
        "user@host and a@b",
        "::1",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert personal(text) == []


def test_other_check_digits() -> None:
    assert checksums.german_tax("36574261809")
    assert not checksums.german_tax("36574261808")
    assert checksums.cpf("11144477735")
    assert not checksums.cpf("11111111111")
    assert checksums.nir("255081416802538")
    assert checksums.bsn("111222333")


def test_of_two_that_overlap_the_first_found_stays() -> None:
    spans = [Span(5, 10, "A"), Span(0, 6, "B"), Span(8, 12, "C"), Span(12, 13, "D")]
    assert disjoint(spans) == [Span(5, 10, "A"), Span(12, 13, "D")]


PIECES = ["a", "1", " 1", "a@", "a.", "1.", "::", "0:", "+49 ", "/home/", "aB3", "A" * 30 + "/", "password ", "pin is "]
PIECES += [
    "password=",
    "-----BEGIN A-----",
    "token\\\\\\",
    "secret",
    " -u a",
    "mysql a -",
    "(555) ",
    "x=",
    '"\\',
    "DE89 ",
]


@pytest.mark.slow
@pytest.mark.parametrize("piece", PIECES)
def test_a_megabyte_made_to_take_long_takes_twice_as_long_as_half_of_it(piece: str) -> None:
    """Processor time of the same work on 0.25 and 1 MB: a quadratic step would take sixteen times as long."""
    times = []
    for size in (250_000, 1_000_000):
        text = piece * (size // len(piece))
        began = time.process_time()
        hide_secrets(text)
        personal(text)
        times.append(time.process_time() - began)
    assert times[1] < 10 * max(times[0], 0.05), times
