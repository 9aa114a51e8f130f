"""Who may come in, and who did what."""

from __future__ import annotations

import hmac

import structlog

from orchestrator import tokens
from orchestrator.core.application import Refusal, Role
from orchestrator.core.audit import AuditEntry, AuditRecord, AuditVerdict
from orchestrator.core.records import TokenRecord
from orchestrator.desks.desk import Desk
from orchestrator.runtime.reception import NEEDED, valid
from protocol.credentials import parse_token, verifier

log = structlog.get_logger("asterism.app")


class Entry(Desk):
    """Tokens, and the record of who used them."""

    async def create_token(
        self, role: Role, *, name: str = "", expires_in_s: float | None = None
    ) -> tuple[str, TokenRecord]:
        token, record = tokens.make(role, name=name, now=self._clock.now(), expires_in_s=expires_in_s)
        await self._stored(self.store.add_token(record))
        if not self.reception.guarded:
            self.reception.guarded = True
            self.gateway.expel(None, NEEDED)
        return token, record

    async def tokens(self) -> list[TokenRecord]:
        return await self._stored(self.store.tokens())

    async def revoke_token(self, id: str) -> bool:
        revoked = await self._stored(self.store.revoke_token(id, self._clock.now()))
        self.gateway.expel(id, "The device's token was revoked.")
        return revoked

    async def authenticate(self, token: str) -> TokenRecord | None:
        try:
            parsed = parse_token(token)
        except ValueError:
            return None
        record = await self._stored(self.store.token(parsed.id))
        right = hmac.compare_digest(verifier(token), record.verifier if record else "0" * 64)
        return record if record is not None and right and valid(record, self._clock.now()) else None

    async def tokens_configured(self) -> bool:
        return self.reception.guarded

    async def note(self, entry: AuditEntry) -> None:
        try:
            await self._stored(self.store.add_audit(entry))
        except Refusal as error:
            log.error("who did what could not be put on record", **entry.model_dump(mode="json"), reason=error.message)

    async def audit(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        object: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[AuditRecord]:
        wanted = self.store.audit(actor=actor, action=action, object=object, before=before, limit=limit)
        return await self._reading(wanted)

    async def verify_audit(self) -> AuditVerdict:
        return await self._reading(self.store.verify_audit())
