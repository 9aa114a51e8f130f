"""Health, metrics, and the description of the API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse

from orchestrator.api.bodies import HealthView
from orchestrator.api.routing import Route, application, needs
from orchestrator.core.application import Application

App = Annotated[Application, Depends(application)]

routes = APIRouter(route_class=Route)


@routes.get("/livez", openapi_extra=needs("viewer", unasked=True), summary="The process answers")
async def livez() -> HealthView:
    return HealthView(ready=True)


@routes.get("/readyz", openapi_extra=needs("viewer", unasked=True), summary="The orchestrator can take work")
async def readyz(app: App, response: Response) -> HealthView:
    """503 with the codes of what is wrong, while it cannot."""
    health = app.health()
    response.status_code = 200 if health.ready else 503
    response.headers["cache-control"] = "no-store"
    return HealthView(ready=health.ready, problems=health.problems)


@routes.get(
    "/metrics",
    openapi_extra=needs("viewer"),
    summary="Metrics for Prometheus",
    response_class=PlainTextResponse,
)
async def metrics(app: App) -> Response:
    from orchestrator.api.metrics import CONTENT_TYPE, exposition

    return Response(exposition(app.statistics()), media_type=CONTENT_TYPE)


@routes.get("/openapi.json", openapi_extra=needs("viewer"), include_in_schema=False)
async def openapi(request: Request) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse(request.app.openapi())
