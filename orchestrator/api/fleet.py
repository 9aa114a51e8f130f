"""Devices, their skills, and the artifacts that runs left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Path, Request, Response
from starlette.responses import StreamingResponse

from orchestrator.api.bodies import Artifacts, Devices, DrainBody, Skills
from orchestrator.api.problems import Problem
from orchestrator.api.routing import application, caller_of, needs, router
from orchestrator.api.stream import Stream
from orchestrator.core.application import Application
from orchestrator.core.views import DeviceView
from protocol.vocabulary import Identifier, Name, Sha256

App = Annotated[Application, Depends(application)]
DeviceName = Annotated[Name, Path(description="The device's name")]

routes = router()


@routes.get("/devices", openapi_extra=needs("viewer"), summary="All devices")
async def devices(app: App) -> Devices:
    return Devices(devices=tuple(await app.devices()))


@routes.get("/devices/{name}", openapi_extra=needs("viewer"), summary="One device")
async def device(app: App, name: DeviceName) -> DeviceView:
    return await app.device(name)


@routes.post(
    "/devices/{name}/drain",
    status_code=202,
    openapi_extra=needs("admin", does="device.drain"),
    summary="Let a device run empty",
)
async def drain(app: App, name: DeviceName, body: DrainBody | None = None) -> DeviceView:
    """The device finishes what it runs, gets nothing new, and leaves."""
    await app.drain(name, reason=body.reason if body else "")
    return await app.device(name)


@routes.delete(
    "/devices/{name}", status_code=204, openapi_extra=needs("admin", does="device.forget"), summary="Forget a device"
)
async def forget(app: App, request: Request, name: DeviceName) -> Response:
    """One that is away, and has no work: it is no longer listed, nor planned with.

    It is known again as soon as it connects: revoke its token where it must not.
    """
    await app.forget_device(name, by=caller_of(request).name)
    return Response(status_code=204)


@routes.get("/skills", openapi_extra=needs("viewer"), summary="Every skill that an available device offers")
async def skills(app: App) -> Skills:
    return Skills(skills=tuple(await app.skills()))


@routes.get("/runs/{run}/artifacts", openapi_extra=needs("viewer"), summary="A run's artifacts")
async def artifacts(app: App, run: Identifier) -> Artifacts:
    return Artifacts(artifacts=tuple(await app.artifacts(run)))


@routes.get(
    "/runs/{run}/artifacts/{sha256}",
    openapi_extra=needs("viewer"),
    summary="An artifact's content",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/octet-stream": {}}}},
)
async def artifact(app: App, run: Identifier, sha256: Sha256) -> Response:
    """The bytes, as a download: a browser never shows them as a page of ours."""
    record = next((record for record in await app.artifacts(run) if record.sha256 == sha256), None)
    if record is None:
        raise Problem("not_found", "The run has no such artifact.")
    headers = {
        "content-length": str(record.size),
        "content-disposition": "attachment",
        "content-security-policy": "sandbox",
        "etag": f'"{sha256}"',
    }
    return Stream(await _begun(app.read_artifact(sha256)), 200, headers, "application/octet-stream")


async def _begun(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same chunks, with the first one read: what fails there can still be told with a status."""
    first = await anext(chunks, b"")

    async def all_of_it() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return all_of_it()
