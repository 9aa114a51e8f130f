"""Device credentials: a token that never crosses the wire.

A token reads `ast_<id>_<secret>`. The orchestrator keeps its *verifier*, the SHA-256 of the whole token, and looks it
up by `id`. A device proves that it holds the token with an HMAC-SHA256, in hex, keyed with the 32 bytes of the verifier
over five lines, joined by a newline, with none at the end:

    asterism-proof
    the nonce of the gateway's challenge
    the device's lasting identity
    the device's name
    the version that it speaks

A proof that was overheard serves for nothing else. Nonce and secret come from outside; all here is a pure function.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(r"ast_([A-Za-z0-9]{1,32})_([A-Za-z0-9_-]{16,128})")


class Token(NamedTuple):
    """The parts of a token."""

    id: str
    secret: str

    def __str__(self) -> str:
        return f"ast_{self.id}_{self.secret}"

    def __repr__(self) -> str:
        return f"Token(id={self.id!r}, secret=...)"


def parse_token(text: str) -> Token:
    """The parts of `ast_<id>_<secret>`. Raises ValueError, without the text, where it is not a token."""
    match = _TOKEN.fullmatch(text.strip())
    if match is None:
        raise ValueError("A token reads ast_<id>_<secret>; create one with `asterism token create`.")
    return Token(match[1], match[2])


def verifier(token: str) -> str:
    """The hex SHA-256 of a token: what a store keeps of it."""
    return hashlib.sha256(token.strip().encode()).hexdigest()


def proof(verifier: str, *, nonce: str, device: str, name: str, version: str) -> str:
    """The hex HMAC-SHA256, keyed with the verifier's bytes, over the fields below, one a line."""
    text = "\n".join(("asterism-proof", nonce, device, name, version))
    return hmac.new(bytes.fromhex(verifier), text.encode(), hashlib.sha256).hexdigest()


def check_proof(claimed: str | None, verifier: str, *, nonce: str, device: str, name: str, version: str) -> bool:
    """Whether a device's proof is the right one, in time that does not depend on where it differs."""
    expected = proof(verifier, nonce=nonce, device=device, name=name, version=version)
    return claimed is not None and hmac.compare_digest(expected.encode(), claimed.encode())
