from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.redact import redact, redact_json, redacted, secret_name

CANARY = "Zq7" + "x9Lm2Vb8Rt4Kp6Ws1Yd3" * 2


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("use ast_abc123_SECRETsecret42 now", "use [redacted:token] now"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer [redacted:credential]"),
        ("basic dXNlcjpwYXNz==", "basic [redacted:credential]"),
        ("postgresql://bob:s3cr3t!@db:5432/x", "postgresql://bob:[redacted:password]@db:5432/x"),
        ("redis://:s3cr3t@db", "redis://:[redacted:password]@db"),
        ("key sk-proj-abcdefghijklmnop123", "key [redacted:key]"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123", "[redacted:key]"),
        ("AKIAABCDEFGHIJKLMNOP", "[redacted:key]"),
        ("password=hunter2 next", "password=[redacted:password] next"),
        ('{"db_password": "hunter2"}', '{"db_password": "[redacted:password]"}'),
        ("API_KEY: abc;x", "API_KEY: [redacted:password];x"),
        ("psql --password hunter2", "psql --password [redacted:password]"),
        ("token=${vault.output.text}", "token=${vault.output.text}"),
    ],
)
def test_known_forms(text: str, clean: str) -> None:
    assert redact(text) == clean


def test_pem_keys_go_and_certificates_stay() -> None:
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----"
    certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    assert redact(f"a {key} b {certificate}") == f"a [redacted:pem] b {certificate}"
    assert CANARY not in redact(f"-----BEGIN PRIVATE KEY-----\n{CANARY}")


@pytest.mark.parametrize(
    "text",
    [
        "find the files with the word password in them",
        "count the tokens: 5 of them",
        "reports/passwords.md",
        "http://127.0.0.1:8460/v1/runs",
        "which device has the most free disk space?",
        "the basic facts",
        "basic information and basic authentication.",
        "session_id=r6b02f1e8526608ea, token: r6b02f1e8526608ea",
        '{"session_token": "r6b02f1e8526608ea"}',
        "--token r6b02f1e8526608ea",
        "",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    if "tokens: 5" in text:  # plural is not a name of a secret
        assert redact(text) == text
    else:
        assert redact(text) == text
        assert not redacted(redact(text))


@pytest.mark.parametrize(
    "form", ["ast_{}", "sk-{}", "Bearer {}", "password={}", "https://u:{}@h/", "token: '{}'", "GITHUB_TOKEN={}"]
)
def test_no_canary_gets_through(form: str) -> None:
    clean = redact("log line " + form.format(CANARY) + " end")
    assert CANARY not in clean
    assert redacted(clean)


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize(
    "form",
    [
        "ghp_{}",
        "ast_{}",
        "sk-{}",
        "Bearer {}",
        "PGPASSWORD={}",
        "pwd: {}",
        "api_key: {}",
        "password: my own {}",
        "password: |\n  first\n  {}",
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
    ],
)
def test_escaped_lines_hide_nothing(form: str, depth: int) -> None:
    text = "what went before\n" + form.format(CANARY) + "\nand after"
    for _ in range(depth):
        text = json.dumps({"log": text, "more": 1})
    clean = redact(text)
    assert CANARY not in clean
    assert "what went before" in clean
    assert '"more' in clean or '\\"more' in clean
    assert redact(clean) == clean


def test_escaped_lines_without_secrets_stay() -> None:
    text = json.dumps({"log": "one\n\ttwo: 2\n# the password is asked for\nC:\\new\\table"})
    assert redact(text) == text


def test_a_rate_is_no_secret() -> None:
    assert not secret_name("bytes_per_token")
    assert not secret_name("usd-per-token")
    assert secret_name("super_token")
    assert redact('{"bytes_per_token": 4.1}') == '{"bytes_per_token": 4.1}'
    assert redact("super_token=hunter2") == "super_token=[redacted:password]"


def test_json() -> None:
    value = {"password": {"a": 1}, "list": ["Bearer abcdefgh1234", 5, None], "token": "", "n": {"Authorization": "x"}}
    assert redact_json(value) == {  # type: ignore[arg-type]
        "password": "[redacted:password]",
        "list": ["Bearer [redacted:credential]", 5, None],
        "token": "",
        "n": {"Authorization": "[redacted:password]"},
    }


def test_names() -> None:
    assert all(map(secret_name, ["password", "DB_PASSWORD", "api-key", "client_secret", "Authorization", "x.token"]))
    assert not any(map(secret_name, ["path", "passage", "tokens", "input_tokens", "keyboard", "author"]))


@given(st.text(max_size=300))
def test_twice_is_once(text: str) -> None:
    once = redact(text)
    assert redact(once) == once


@pytest.mark.parametrize(
    "piece",
    [
        "password=",
        "a_",
        "http://a:",
        "-----BEGIN ",
        "Bearer ",
        "eyJ",
        "token.",
        "- ",
        "\\n  ",
        '\\"',
        "\\ntoken: |\\n a",
    ],
)
def test_hostile_text_takes_no_time(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    began = time.perf_counter()
    redact(text)
    assert time.perf_counter() - began < 2
