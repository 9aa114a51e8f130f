"""Errors as RFC 9457 problem+json. `code` is stable; the status follows from it, through one table."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

from pydantic import JsonValue
from starlette.exceptions import HTTPException
from starlette.responses import Response

from orchestrator.core.sanitize import sanitize

log = logging.getLogger("asterism.api")

MEDIA_TYPE = "application/problem+json"

STATUS: dict[str, int] = {
    # the request
    "bad_request": 422,
    "bad_json": 400,
    "bad_http": 400,
    "bad_cursor": 400,
    "token_in_url": 400,
    "request_timeout": 408,
    "body_too_large": 413,
    "uri_too_long": 414,
    "unsupported_media_type": 415,
    "headers_too_large": 431,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "rate_limited": 429,
    # who asks, and from where
    "unauthenticated": 401,
    "forbidden": 403,
    "loopback_only": 403,
    "faults_off": 403,
    "host_not_allowed": 403,
    "cross_site": 403,
    "first_token_must_be_admin": 409,
    "last_admin_token": 409,
    # what is asked for
    "not_found": 404,
    "model_not_found": 404,
    "no_such_question": 404,
    "no_such_approval": 404,
    "no_such_version": 404,
    "conflict": 409,
    "stale": 409,
    "run_ended": 409,
    "run_open": 409,
    "nothing_to_retry": 409,
    "approval_closed": 409,
    "approval_expired": 410,
    "no_capable_device": 409,
    "task_started": 409,
    "superseded": 409,
    "precondition_failed": 412,
    # ourselves
    "not_ready": 503,
    "shutting_down": 503,
    "internal": 500,
}
"""Codes that are not here come from edits that break an invariant (`cycle`, `in_use`, ...): 422."""

INTERNAL = "An internal error. The orchestrator's log has the details."
_TITLES = {422: "Unprocessable content", 413: "Content too large"}
OPENAI_PATHS = frozenset({"/v1/chat/completions", "/v1/models"})
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_FROM_STATUS = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "bad_request",
    503: "not_ready",
}


class Problem(HTTPException):
    """A face's own refusal. `more` holds further members of the problem object.

    The framework lets its own HTTPException, and nothing else, through while it reads a body.
    """

    def __init__(self, code: str, message: str, *, headers: Mapping[str, str] | None = None, **more: JsonValue) -> None:
        super().__init__(status_of(code), message, dict(headers or {}))
        self.code = code
        self.message = message
        self.more = more


def status_of(code: str) -> int:
    """The HTTP status of a code. A store's own codes (`database_...`) mean: try later."""
    return STATUS.get(code, 503 if code.startswith("database_") else 422)


def code_of(status: int) -> str:
    """The code of a bare HTTP status, as the framework raises it."""
    return _FROM_STATUS.get(status, "internal" if status >= 500 else "bad_request")


def body(code: str, message: str, status: int, more: Mapping[str, JsonValue] | None = None) -> bytes:
    """The problem object as JSON."""
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    problem = {"type": f"urn:asterism:error:{code}", "title": title, "status": status, "code": code}
    # A message may quote what was sent.
    told = {**problem, "detail": sanitize(message), **(more or {})}
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")


def openai_error(code: str, message: str) -> JsonValue:
    """The error as OpenAI's clients read it."""
    status = status_of(code)
    kind = _OPENAI_TYPES.get(status) or ("server_error" if status >= 500 else "invalid_request_error")
    return {"message": sanitize(message), "type": kind, "param": None, "code": code}


def response(
    code: str,
    message: str,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, JsonValue] | None = None,
    path: str = "",
) -> Response:
    """The answer to a request that fails with `code`. `more` holds further members of the problem object.

    At OpenAI's addresses, which `path` may be one of, it has their `error` member too, and tells their client where
    sending it again might do things twice.
    """
    actual = status or status_of(code)
    extra = {"cache-control": "no-store", **(headers or {})}
    if path in OPENAI_PATHS:
        more = {**(more or {}), "error": openai_error(code, message)}
        if actual in (409, 500):
            extra.setdefault("x-should-retry", "false")
    if actual == 503:
        extra.setdefault("retry-after", "1")
    if actual == 401:
        extra.setdefault("www-authenticate", "Bearer")
    return Response(body(code, message, actual, more), actual, extra, MEDIA_TYPE)


def unexpected(error: BaseException, where: str, path: str = "") -> Response:
    """A fault of ours: logged with its traceback, told without it."""
    log.error("unexpected %s in %s", type(error).__name__, where, exc_info=error)
    return response("internal", INTERNAL, path=path)
