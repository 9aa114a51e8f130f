"""Failpoints: what can be made to fail, and what is. For admins, where the settings allow it (docs/faults.md)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from orchestrator.api.routing import application, caller_of, needs, note, router
from orchestrator.core.application import Application, FaultsView
from protocol.failpoints import Rule

App = Annotated[Application, Depends(application)]
Point = Annotated[str, Path(description="The failpoint's name", max_length=64)]

routes = router()


@routes.get("/faults", openapi_extra=needs("admin"), summary="All failpoints, and which are on")
async def faults(app: App) -> FaultsView:
    return app.faults()


@routes.put("/faults/{point}", openapi_extra=needs("admin", does="fault.enable"), summary="Turn a failpoint on")
async def enable(app: App, request: Request, point: Point, body: Rule) -> FaultsView:
    """It acts `count` times within `seconds`, and is then off again by itself.

    403 `faults_off` where no token is configured and the orchestrator was not started with `--faults`; modes that end
    the process need that flag in any case.
    """
    # First, refused or not: the next write of the record may be what is to fail from here on.
    await note(request)
    app.enable_fault(point, body, by=caller_of(request).name)
    return app.faults()


@routes.delete("/faults", openapi_extra=needs("admin", does="fault.disable"), summary="Turn all failpoints off")
async def disable_all(app: App, request: Request) -> FaultsView:
    app.disable_faults(by=caller_of(request).name)
    return app.faults()


@routes.delete(
    "/faults/{point}",
    status_code=204,
    openapi_extra=needs("admin", does="fault.disable"),
    summary="Turn a failpoint off",
)
async def disable(app: App, request: Request, point: Point) -> Response:
    app.disable_faults(point, by=caller_of(request).name)
    return Response(status_code=204)
