"""Tokens, verifiers and proofs."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from protocol.credentials import Token, check_proof, parse_token, proof, verifier

TOKEN = "ast_k1_0123456789abcdefghij"
FIELDS = {"nonce": "0" * 32, "device": "d1", "name": "alpha", "version": "asterism.v1"}


def test_a_token_has_an_id_and_a_secret() -> None:
    assert parse_token(f" {TOKEN}\n") == Token("k1", "0123456789abcdefghij")
    assert str(parse_token(TOKEN)) == TOKEN


def test_a_token_does_not_show_its_secret() -> None:
    assert "0123456789" not in repr(parse_token(TOKEN))


@pytest.mark.parametrize(
    "text", ["", "ast_k1", "ast_k1_short", "ast__0123456789abcdefghij", "xyz_k1_0123456789abcdefghij"]
)
def test_what_is_no_token_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError, match="asterism token create") as raised:
        parse_token(text)
    assert text == "" or text not in str(raised.value)


def test_the_verifier_is_the_sha256_of_the_whole_token() -> None:
    assert verifier(TOKEN) == hashlib.sha256(TOKEN.encode()).hexdigest()


def test_the_proof_is_an_hmac_over_the_fields() -> None:
    text = b"asterism-proof\n" + b"0" * 32 + b"\nd1\nalpha\nasterism.v1"
    expected = hmac.new(hashlib.sha256(TOKEN.encode()).digest(), text, hashlib.sha256).hexdigest()
    assert proof(verifier(TOKEN), **FIELDS) == expected


def test_the_right_proof_passes() -> None:
    assert check_proof(proof(verifier(TOKEN), **FIELDS), verifier(TOKEN), **FIELDS)


@pytest.mark.parametrize(
    "change", [{"nonce": "1" * 32}, {"device": "d2"}, {"name": "beta"}, {"version": "asterism.v2"}]
)
def test_a_proof_serves_for_nothing_else(change: dict[str, str]) -> None:
    """A replayed proof: overheard on another connection, or for another device."""
    assert not check_proof(proof(verifier(TOKEN), **{**FIELDS, **change}), verifier(TOKEN), **FIELDS)


def test_a_forged_or_missing_proof_fails() -> None:
    assert not check_proof(None, verifier(TOKEN), **FIELDS)
    assert not check_proof("é" * 64, verifier(TOKEN), **FIELDS)
    assert not check_proof(proof(verifier(TOKEN + "x"), **FIELDS), verifier(TOKEN), **FIELDS)
