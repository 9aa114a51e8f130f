"""A token made in the database itself: for who may write that, and has lost the admin's token."""

from __future__ import annotations

import asyncio
import time

from orchestrator import tokens
from orchestrator.api.bodies import NewToken, TokenView
from orchestrator.cli.exits import CommandError
from orchestrator.cli.options import Common
from orchestrator.core.application import Role
from orchestrator.core.ports import StoreError
from storage import make_store
from storage.urls import parse


def mint(common: Common, database: str, role: Role, name: str, expires_in_s: float | None) -> NewToken:
    """Raises CommandError: `database_busy` while an orchestrator uses it, `database_unavailable` where it is not."""
    url = common.load(database=database).settings.database
    try:
        return asyncio.run(_mint(url, role, name, expires_in_s))
    except StoreError as error:
        raise CommandError(error.code, str(error)) from None


async def _mint(url: str, role: Role, name: str, expires_in_s: float | None) -> NewToken:
    location = parse(url)
    if location.kind == "memory" or (location.kind == "sqlite" and not location.path.is_file()):
        message = f"There is no database at {url}: `asterism config show` names the one in use."
        raise CommandError("database_unavailable", message)
    store = make_store(url)
    await store.open()
    try:
        now = time.time()
        if role != "admin" and not tokens.admins(await store.tokens(), now):
            raise CommandError("first_token_must_be_admin", tokens.ADMIN_FIRST)
        token, record = tokens.make(role, name=name, now=now, expires_in_s=expires_in_s)
        await store.add_token(record)
        return NewToken(token=token, record=TokenView.of(record))
    finally:
        await store.close()
