"""What our routes are made of: their rights, their record, and how strictly a body is read."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, cast

import structlog
from fastapi import APIRouter, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import JsonValue, TypeAdapter, ValidationError
from pydantic_core import from_json
from starlette.responses import Response
from starlette.types import Receive, Scope

from orchestrator.api.callers import Caller, Right
from orchestrator.api.problems import Problem
from orchestrator.core import misfits
from orchestrator.core.application import Application
from orchestrator.core.audit import AuditEntry
from protocol.codec import check_json

audit = structlog.get_logger("asterism.audit")

JSON_DEPTH = 64
MISFITS = 20
RIGHT = "x-asterism-role"
DOES = "x-asterism-audit"

# The framework's own type of a handler.
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRequest(Request):
    """A request whose JSON is checked for what Python's own parser lets through: NaN, and any depth.

    It is read as `body` says it should be, strictly: a yes is `true`, and neither 1 nor "yes". What comes of it goes
    through the framework's own, laxer reading as it is.
    """

    def __init__(self, scope: Scope, receive: Receive, body: TypeAdapter[object] | None) -> None:
        super().__init__(scope, receive)
        self._adapter = body

    async def json(self) -> object:
        try:
            value: JsonValue = from_json(await self.body(), allow_inf_nan=False)
        except ValueError as error:
            raise Problem("bad_json", f"The body is not JSON: {str(error)[:200]}.") from None
        reason = check_json(value, JSON_DEPTH)
        if reason is not None:
            # The check has a depth of its own in its sentence.
            deep = f"is nested more than {JSON_DEPTH} levels deep"
            raise Problem("bad_json", f"The body {deep if 'deep' in reason else f'holds {reason}'}.")
        if self._adapter is None:
            return value
        try:
            return self._adapter.validate_json(await self.body(), strict=True)
        except ValidationError as error:
            # The framework lets no other error through from here.
            message, more = misfit([{**one, "loc": ("body", *one["loc"])} for one in error.errors()[:MISFITS]])
            raise Problem("bad_request", message, errors=more) from None


class Route(APIRoute):
    """A route that looks at the caller's role, the parameters' names and the media type before it reads a body."""

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()
        right: Right = (self.openapi_extra or {}).get(RIGHT, "admin")
        does: str = (self.openapi_extra or {}).get(DOES, "")
        takes_json = self.body_field is not None
        body: TypeAdapter[object] | None = None
        if self.body_field is not None:
            body = TypeAdapter(cast("type[object]", self.body_field.field_info.annotation))
        known = sorted(_query_names(self.dependant))

        async def handle(request: Request) -> Response:
            caller_of(request).require(right)
            _check_names(request, known)
            if takes_json:
                await _check_media_type(request)
            request.scope["state"]["does"] = does
            response = await inner(StrictRequest(request.scope, request.receive, body))
            await note(request)
            if right == "admin" and request.method != "GET":
                _log(request)
            return response

        return handle


async def note(request: Request, object: str = "", detail: dict[str, JsonValue] | None = None) -> None:
    """Put on record what this request has done, once: by itself at its end, or before, by a route that goes on.

    `object` is what stands in the path where none is given.
    """
    state = request.scope["state"]
    does = state.pop("does", "")
    if not does:
        return
    caller = caller_of(request)
    entry = AuditEntry(
        id=secrets.token_hex(16),
        at=time.time(),
        actor=caller.name,
        role=caller.role,
        token=caller.token,
        action=does,
        object=object or "/".join(map(str, request.path_params.values())),
        request=state.get("request", ""),
        detail=detail or {},
    )
    await application(request).note(entry)


def _log(request: Request) -> None:
    """What only admins may do stands in the log too. A warning, so that it is kept."""
    caller, path = caller_of(request), request.scope["path"]
    audit.warning("an admin's request", method=request.method, path=path, by=caller.name, token=caller.token)


def note_nothing(request: Request) -> None:
    """The request has changed nothing."""
    request.scope["state"].pop("does", None)


def _query_names(dependant: Dependant) -> set[str]:
    """What a route reads of an address's query, by itself or through what it depends on."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_query_names(one) for one in dependant.dependencies))


def _check_names(request: Request, known: Sequence[str]) -> None:
    """A parameter that nobody reads was meant to do something: it is refused, and not left unheard."""
    strange = [name[:100] for name in dict.fromkeys(request.query_params.keys()) if name not in known]
    if strange:
        takes = f"takes {', '.join(known)}" if known else "takes none"
        message = f"There is no parameter {strange[0]!r} at this address: it {takes}."
        fields: list[JsonValue] = [{"field": name, "message": "no such parameter"} for name in strange[:MISFITS]]
        raise Problem("bad_request", message, errors=fields)


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


def needs(right: Right, *, unasked: bool = False, does: str = "") -> dict[str, JsonValue]:
    """What a route declares as `openapi_extra`: the least role that may use it; `unasked`: no token is asked for.

    `does` is what the audit calls it, where it changes something.
    """
    named: dict[str, JsonValue] = {DOES: does} if does else {}
    return {RIGHT: right, **named, "security": [] if unasked else [{"token": []}]}


def caller_of(request: Request) -> Caller:
    caller: Caller = request.scope["state"]["caller"]
    return caller


def application(request: Request) -> Application:
    """The application behind the face, for `Depends`."""
    app: Application = request.app.state.application
    return app


def misfit(errors: Sequence[Mapping[str, Any]]) -> tuple[str, list[JsonValue]]:
    """A sentence about the first field that does not fit, and all of them."""
    places = [tuple(one["loc"]) for one in errors]
    inner = {place[:end] for place in places for end in range(1, len(place))}
    found: list[JsonValue] = [
        {"field": misfits.place(place[1:]) or str(place[0]), "message": misfits.said(str(one["msg"]))}
        for one, place in zip(errors, places, strict=True)
        if place not in inner  # what holds a part that does not fit does not fit for that reason
    ]
    first = found[0] if found else {}
    assert isinstance(first, dict)
    return f"The request does not fit at {first.get('field')}: {first.get('message')}.", found
