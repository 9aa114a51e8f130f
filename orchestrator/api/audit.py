"""Who did what: written by every route that changes something, listed for admins."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from orchestrator.api.bodies import AuditPage
from orchestrator.api.routing import application, needs, router
from orchestrator.core.application import Application
from orchestrator.core.audit import AuditVerdict

App = Annotated[Application, Depends(application)]
Text = Annotated[str | None, Query(max_length=500)]

routes = router()


@routes.get("/audit", openapi_extra=needs("admin"), summary="Who did what, newest first")
async def listed(
    app: App,
    actor: Text = None,
    action: Text = None,
    object: Text = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[int | None, Query(ge=1, le=2**53, description="`next` of the page before")] = None,
) -> AuditPage:
    """What was done through this server, by whose token: actions such as `run.submit` and `token.revoke`.

    Entries are only ever added. Each has a digest over itself and the one before it.
    """
    found = await app.audit(actor=actor, action=action, object=object, before=cursor, limit=limit)
    return AuditPage(entries=tuple(found), next=found[-1].seq if len(found) == limit and found[-1].seq > 1 else None)


@routes.get("/audit/verdict", openapi_extra=needs("admin"), summary="Whether the audit is whole")
async def verdict(app: App) -> AuditVerdict:
    """Follows the digests of all entries: `fault` says which one was changed or taken out, if any was."""
    return await app.verify_audit()
