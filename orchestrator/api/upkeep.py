"""Upkeep of the record, for admins: pruning. Backups are made beside the orchestrator (`asterism db backup`)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from orchestrator.api.bodies import PruneBody
from orchestrator.api.routing import application, needs, router
from orchestrator.core.application import Application, Pruned

App = Annotated[Application, Depends(application)]

routes = router()


@routes.post("/prune", openapi_extra=needs("admin", does="record.prune"), summary="Delete old runs")
async def prune(app: App, body: PruneBody) -> Pruned:
    """Runs that have ended, never open ones, with their events and what only they had. `more`: call again."""
    return await app.prune(body.older_than_s, keep=body.keep, limit=body.limit, dry_run=body.dry_run)
