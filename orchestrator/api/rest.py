"""The REST application: FastAPI, our routes, and one way in which errors leave."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import Response
from starlette.routing import Match

from orchestrator.api import (
    audit,
    completions,
    egress,
    faults,
    fleet,
    health,
    ladder,
    problems,
    runs,
    stream,
    tokens,
    upkeep,
    webhooks,
)
from orchestrator.api.entries import Entries
from orchestrator.api.problems import Problem
from orchestrator.api.routing import MISFITS, misfit
from orchestrator.core.application import Application, Refusal
from orchestrator.core.ports import StoreError

PARTS = (runs, stream, completions, fleet, ladder, egress, tokens, faults, health, upkeep, webhooks, audit)


class Rest(FastAPI):
    """FastAPI, with the one way to show who asks in its description."""

    def openapi(self) -> dict[str, Any]:
        described = super().openapi()
        described.setdefault("components", {})["securitySchemes"] = {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "Needed from the first token on; until then this machine alone is served.",
            }
        }
        return described


def build_rest(app: Application) -> FastAPI:
    """The REST application over `app`. It expects the gate in front of it."""
    rest = Rest(
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
    rest.state.entries = Entries()
    rest.state.routes = []
    for module in PARTS:
        rest.include_router(module.routes)
        rest.state.routes += module.routes.routes
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
    headers = error.headers if error.status_code != 405 else {"allow": ", ".join(_methods(request))}
    return problems.response(code, message, status=error.status_code, headers=headers, path=request.scope["path"])


def _methods(request: Request) -> list[str]:
    """What an address takes, over all its routes: the framework names those of the first alone."""
    found: set[str] = set()
    for route in request.app.state.routes:
        if isinstance(route, APIRoute) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)


_MESSAGES = {
    "not_found": "There is nothing at this address.",
    "method_not_allowed": "This address does not take this method.",
}


async def _validation_problem(request: Request, error: Exception) -> Response:
    """The first fields that do not fit, without what was sent: it may be a secret."""
    assert isinstance(error, RequestValidationError)
    message, more = misfit(error.errors()[:MISFITS])
    return problems.response("bad_request", message, more={"errors": more}, path=request.scope["path"])


async def _refusal_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, (Refusal, StoreError))
    return problems.response(error.code, str(error), path=request.scope["path"])


async def _unexpected_problem(request: Request, error: Exception) -> Response:
    """The gate logs it: the framework raises it again."""
    return problems.response("internal", problems.INTERNAL, path=request.scope["path"])
