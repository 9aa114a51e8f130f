"""Webhooks: what is to be told of ended runs, and what came of it. For admins."""

from __future__ import annotations

import base64
import math
from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response

from orchestrator.api.bodies import DeliveryPage, WebhookTest
from orchestrator.api.problems import Problem
from orchestrator.api.routing import application, caller_of, needs, router
from orchestrator.core.application import Application
from orchestrator.core.webhooks import Delivery, DeliveryStatus, Sent, WebhooksView
from protocol.vocabulary import Identifier

App = Annotated[Application, Depends(application)]
Id = Annotated[Identifier, Path(description="The delivery's id, which is its `webhook-id`")]

routes = router()


@routes.get("/webhooks", openapi_extra=needs("admin"), summary="Who is told of every run that ends")
async def overview(app: App) -> WebhooksView:
    """The settings, without secrets: of addresses the scheme, host and port alone."""
    return app.webhooks()


@routes.get("/webhooks/deliveries", openapi_extra=needs("admin"), summary="List deliveries, newest first")
async def listed(
    app: App,
    run: Annotated[Identifier | None, Query()] = None,
    status: Annotated[DeliveryStatus | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=400, description="`next` of the page before")] = None,
) -> DeliveryPage:
    before = _decode(cursor) if cursor else None
    found = await app.deliveries(run=run, status=status, before=before, limit=limit)
    more = len(found) == limit
    return DeliveryPage(deliveries=tuple(found), next=_encode(found[-1]) if more else None)


@routes.post("/webhooks/test", openapi_extra=needs("admin", does="webhook.test"), summary="Send a test message, once")
async def test(app: App, request: Request, body: WebhookTest) -> Sent:
    """To a target of the settings, by name, or to an address. `code` is empty where it was taken."""
    return await app.test_webhook(body.to, by=caller_of(request).name)


@routes.post(
    "/webhooks/deliveries/{id}/retry",
    openapi_extra=needs("admin", does="webhook.retry"),
    summary="Send a delivery again now",
)
async def retry(app: App, request: Request, id: Id) -> Delivery:
    """Also what was given up, or delivered; it has all its tries anew."""
    return await app.retry_delivery(id, by=caller_of(request).name)


@routes.delete(
    "/webhooks/deliveries/{id}",
    status_code=204,
    openapi_extra=needs("admin", does="webhook.remove"),
    summary="Remove a delivery",
)
async def remove(app: App, request: Request, id: Id) -> Response:
    """It is not sent again, and no longer listed."""
    await app.remove_delivery(id, by=caller_of(request).name)
    return Response(status_code=204)


def _encode(last: Delivery) -> str:
    return base64.urlsafe_b64encode(f"{last.created.hex()} {last.id}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[float, str]:
    try:
        created, _, id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(" ")
        found = float.fromhex(created)
    except (ValueError, OverflowError):
        found, id = math.nan, ""
    if not math.isfinite(found) or not id.isprintable():
        raise Problem("bad_cursor", "The cursor is not one that this list gave.")
    return found, id
