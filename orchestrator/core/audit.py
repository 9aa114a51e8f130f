"""Who did what: entries that are only ever added, each with a digest over itself and the one before it.

Whoever changes or takes out an entry breaks the chain from there on. What it cannot show by itself is that the last
ones were cut off: note the newest digest elsewhere now and then.
"""

from __future__ import annotations

import hashlib

from orchestrator.core.tasks import Model
from protocol.vocabulary import JsonObject

SEED = "0" * 64
"""What stands for the digest before the first entry."""


class AuditEntry(Model):
    """`actor` with `role`, by the token of id `token` (empty: none is configured), did `action` to `object`.

    `at` is Unix time; `request` is the `X-Request-Id` of the answer; `id` is the entry's own.
    """

    id: str
    at: float
    actor: str
    role: str
    token: str = ""
    action: str
    object: str = ""
    request: str = ""
    detail: JsonObject = {}


class AuditRecord(Model):
    """An entry on record: its number, from 1, and the digest over it and all before it, SHA-256 in hex."""

    seq: int
    digest: str
    entry: AuditEntry


class AuditVerdict(Model):
    """`fault` says where the chain is broken, empty where it is whole; `digest` is that of the last entry."""

    entries: int
    digest: str = SEED
    fault: str = ""


def digest(before: str, seq: int, body: str) -> str:
    """The digest of entry `seq`, whose JSON is `body`, after the one with the digest `before`."""
    return hashlib.sha256(f"{before}\n{seq}\n{body}".encode()).hexdigest()
