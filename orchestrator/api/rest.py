"""The REST application: FastAPI, our routes, and one way in which errors leave."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import JsonValue
from pydantic_core import from_json
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import Response

from orchestrator.api import problems
from orchestrator.api.callers import Caller, Right
from orchestrator.api.problems import Problem
from orchestrator.core.application import Application, Refusal
from orchestrator.core.ports import StoreError
from protocol.codec import check_json

audit = structlog.get_logger("asterism.audit")

JSON_DEPTH = 64
RIGHT = "x-asterism-role"

# The framework's own type of a handler.
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRequest(Request):
    """A request whose JSON is checked for what Python's own parser lets through: NaN, and any depth."""

    async def json(self) -> JsonValue:
        try:
            value: JsonValue = from_json(await self.body(), allow_inf_nan=False)
        except ValueError as error:
            raise Problem("bad_json", f"The body is not JSON: {str(error)[:200]}.") from None
        reason = check_json(value, JSON_DEPTH)
        if reason is not None:
            # The check has a depth of its own in its sentence.
            deep = f"is nested more than {JSON_DEPTH} levels deep"
            raise Problem("bad_json", f"The body {deep if 'deep' in reason else f'holds {reason}'}.")
        return value


class Route(APIRoute):
    """A route that looks at the caller's role, and at the media type, before it reads a body."""

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()
        right: Right = (self.openapi_extra or {}).get(RIGHT, "admin")
        takes_json = self.body_field is not None

        async def handle(request: Request) -> Response:
            caller_of(request).require(right)
            if takes_json:
                await _check_media_type(request)
            response = await inner(StrictRequest(request.scope, request.receive))
            if right == "admin" and request.method != "GET":
                _note(request)
            return response

        return handle


def _note(request: Request) -> None:
    """Who did what, of what only admins may: what steers runs is in their events. A warning, so that it is kept."""
    caller, path = caller_of(request), request.scope["path"]
    audit.warning("an admin's request", method=request.method, path=path, by=caller.name, token=caller.token)


async def _check_media_type(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or (kind.endswith("+json") and kind.startswith("application/")):
        return
    length = request.headers.get("content-length", "")
    if kind or length not in ("", "0") or "transfer-encoding" in request.headers:
        raise Problem("unsupported_media_type", "Send `Content-Type: application/json`.")


def router() -> APIRouter:
    """A router under /v1 of our routes."""
    return APIRouter(prefix="/v1", route_class=Route)


def needs(right: Right) -> dict[str, JsonValue]:
    """What a route declares as `openapi_extra`: the least role that may use it."""
    return {RIGHT: right}


def caller_of(request: Request) -> Caller:
    caller: Caller = request.scope["state"]["caller"]
    return caller


def application(request: Request) -> Application:
    """The application behind the face, for `Depends`."""
    app: Application = request.app.state.application
    return app


def build_rest(app: Application) -> FastAPI:
    """The REST application over `app`. It expects the gate in front of it."""
    from orchestrator.api import (
        completions,
        egress,
        faults,
        fleet,
        health,
        ladder,
        runs,
        stream,
        tokens,
        upkeep,
        webhooks,
    )

    rest = FastAPI(
        title="Asterism",
        version="1",
        description="One sentence, several devices, one answer.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        responses={"default": {"description": "A problem (RFC 9457)", "content": {problems.MEDIA_TYPE: {}}}},
        redirect_slashes=False,
    )
    rest.state.application = app
    for module in (runs, stream, completions, fleet, ladder, egress, tokens, faults, health, upkeep, webhooks):
        rest.include_router(module.routes)
    rest.add_exception_handler(StarletteHTTPException, _http_problem)
    rest.add_exception_handler(RequestValidationError, _validation_problem)
    rest.add_exception_handler(Refusal, _refusal_problem)
    rest.add_exception_handler(StoreError, _refusal_problem)
    rest.add_exception_handler(Exception, _unexpected_problem)
    return rest


async def _http_problem(request: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return problems.response(
            error.code, error.message, headers=error.headers, more=error.more, path=request.scope["path"]
        )
    assert isinstance(error, StarletteHTTPException)
    code = problems.code_of(error.status_code)
    message = _MESSAGES.get(code) or str(error.detail)
    return problems.response(code, message, status=error.status_code, headers=error.headers, path=request.scope["path"])


_MESSAGES = {
    "not_found": "There is nothing at this address.",
    "method_not_allowed": "This address does not take this method.",
}


async def _validation_problem(request: Request, error: Exception) -> Response:
    """The first fields that do not fit, without what was sent: it may be a secret."""
    assert isinstance(error, RequestValidationError)
    found: list[JsonValue] = [
        {"field": ".".join(map(str, one["loc"][1:])) or str(one["loc"][0]), "message": str(one["msg"])}
        for one in error.errors()[:20]
    ]
    first = found[0] if found else {}
    assert isinstance(first, dict)
    return problems.response(
        "bad_request",
        f"The request does not fit at {first.get('field')}: {first.get('message')}.",
        more={"errors": found},
        path=request.scope["path"],
    )


async def _refusal_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, (Refusal, StoreError))
    return problems.response(error.code, str(error), path=request.scope["path"])


async def _unexpected_problem(request: Request, error: Exception) -> Response:
    """The gate logs it: the framework raises it again."""
    return problems.response("internal", problems.INTERNAL, path=request.scope["path"])


__all__ = ["HTTPException", "Route", "application", "build_rest", "caller_of", "needs", "router"]
