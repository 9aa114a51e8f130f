"""Tokens: made, listed and revoked by admins. A token is shown once; its hash is all that is kept."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import Depends, Request, Response

from orchestrator.api.bodies import NewToken, TokenBody, Tokens, TokenView, WhoView
from orchestrator.api.problems import Problem
from orchestrator.api.routing import application, caller_of, needs, note, router
from orchestrator.core.application import Application
from orchestrator.tokens import ADMIN_FIRST, admins
from protocol.vocabulary import Identifier

App = Annotated[Application, Depends(application)]

routes = router()


@routes.get("/whoami", openapi_extra=needs("viewer"), summary="Who asks, and with which role")
async def whoami(request: Request) -> WhoView:
    """Without a token configured: `local`, as admin."""
    caller = caller_of(request)
    return WhoView.model_validate({"name": caller.name, "role": caller.role})


@routes.post("/tokens", status_code=201, openapi_extra=needs("admin", does="token.create"), summary="Create a token")
async def create(app: App, request: Request, response: Response, body: TokenBody) -> NewToken:
    """From the first token on, every call needs one: so the first is an admin's."""
    if body.role != "admin" and not admins(await app.tokens(), time.time()):
        raise Problem("first_token_must_be_admin", ADMIN_FIRST)
    token, record = await app.create_token(body.role, name=body.name, expires_in_s=body.expires_in_s)
    await note(request, record.id, {"role": body.role, "name": record.name})
    response.headers["cache-control"] = "no-store"
    return NewToken(token=token, record=TokenView.of(record))


@routes.get("/tokens", openapi_extra=needs("admin"), summary="All tokens, without their secrets")
async def tokens(app: App) -> Tokens:
    return Tokens(tokens=tuple(TokenView.of(record) for record in await app.tokens()))


@routes.delete(
    "/tokens/{id}", status_code=204, openapi_extra=needs("admin", does="token.revoke"), summary="Revoke a token"
)
async def revoke(app: App, id: Identifier) -> Response:
    if [record.id for record in admins(await app.tokens(), time.time())] == [id]:
        message = "This is the last token of an admin: without it nobody could create another."
        raise Problem("last_admin_token", message)
    if not await app.revoke_token(id):
        raise Problem("not_found", "There is no such token.")
    return Response(status_code=204)
