"""How a token is made, and which one must be the first: for the running orchestrator, and for its database alone."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from orchestrator.core.application import Role
from orchestrator.core.records import TokenRecord
from protocol.credentials import verifier

ADMIN_FIRST = "From the first token on, every call needs one: create a token with the role admin first."


def make(role: Role, *, name: str, now: float, expires_in_s: float | None = None) -> tuple[str, TokenRecord]:
    """A new token, to be shown once, and what is kept of it."""
    id = secrets.token_hex(4)
    token = f"ast_{id}_{secrets.token_urlsafe(32)}"
    expires = now + expires_in_s if expires_in_s is not None else None
    return token, TokenRecord(id=id, role=role, verifier=verifier(token), name=name[:200], created=now, expires=expires)


def admins(records: Iterable[TokenRecord], now: float) -> list[TokenRecord]:
    """The tokens of admins that are valid."""
    return [
        record
        for record in records
        if record.role == "admin" and record.revoked is None and (record.expires is None or record.expires > now)
    ]
