"""What can go wrong between a program and an orchestrator.

ClientError             `code` is stable (docs/errors.md), `message` says what to do next
├── Unreachable         nobody answered, or the connection broke
├── NotAsterism         what answered is no orchestrator of a version that is understood
├── Untrusted           the server's certificate is not one to trust
├── BadAddress          the base URL cannot be used
├── BadToken            the token holds what no token holds, and was not sent
├── BadArgument         what a method was given cannot be sent: nothing was
└── Refused             the orchestrator answered with a problem (RFC 9457)
    ├── Invalid         400, 413, 422 ...: what was sent cannot be
    ├── Denied          401, 403: a token is missing, or its role is too small
    ├── NotFound        404
    ├── Conflict        409, 410, 412: not in the state in which things are
    ├── Busy            429, 503: later perhaps; `retry_after_s`
    └── ServerFault     500: a fault of the orchestrator's own
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import httpx2
from pydantic import JsonValue, TypeAdapter, ValidationError

from orchestrator.core import misfits

_JSON = TypeAdapter(dict[str, JsonValue])


class ClientError(Exception):
    """The base of all: catch it, and look at `code`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Unreachable(ClientError):
    """`sent` is false where the request did not leave: the connection was never made."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__("unreachable", message)
        self.sent = sent


class Untrusted(ClientError):
    """The server's certificate is not one to trust: nothing was sent."""

    def __init__(self, url: str) -> None:
        message = f"The certificate of {url} is not trusted: name it, or who signed it, with SSL_CERT_FILE."
        super().__init__("bad_certificate", message)


class NotAsterism(ClientError):
    def __init__(self, url: str) -> None:
        super().__init__("not_asterism", f"What answers at {url} is no orchestrator of this version.")


class BadAddress(ClientError):
    def __init__(self, message: str) -> None:
        super().__init__("bad_configuration", message)


class BadToken(ClientError):
    def __init__(self, what: str) -> None:
        super().__init__("bad_configuration", f"The token holds {what}, which no token has: copy it again.")


class BadArgument(ClientError):
    def __init__(self, message: str) -> None:
        super().__init__("bad_request", message)

    @classmethod
    def of(cls, error: ValidationError, what: str) -> BadArgument:
        """The first thing that did not fit."""
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = misfits.place((what, *first["loc"]))
        return cls(f"{place}: {misfits.said(first['msg'])}.")


class Refused(ClientError):
    """`status` is the HTTP status, `details` the problem's further members, such as `errors` of a body that does not

    fit. `retry_after_s` is None where the orchestrator named no time.
    """

    def __init__(
        self,
        code: str,
        message: str,
        status: int,
        *,
        details: Mapping[str, JsonValue] | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(code, message)
        self.status = status
        self.details = dict(details or {})
        self.retry_after_s = retry_after_s


class Invalid(Refused):
    pass


class Denied(Refused):
    pass


class NotFound(Refused):
    pass


class Conflict(Refused):
    pass


class Busy(Refused):
    pass


class ServerFault(Refused):
    pass


_BY_STATUS: dict[int, type[Refused]] = {
    401: Denied,
    403: Denied,
    404: NotFound,
    409: Conflict,
    410: Conflict,
    412: Conflict,
    429: Busy,
    503: Busy,
}
_PLAIN = frozenset({"type", "title", "status", "code", "detail"})


def of_answer(status: int, headers: httpx2.Headers, body: bytes, url: str) -> ClientError:
    """The error that an answer with a status of 400 or more tells of."""
    try:
        problem = _JSON.validate_json(body)
    except ValidationError:
        return NotAsterism(url)
    code = problem.get("code")
    if not isinstance(code, str):
        return NotAsterism(url)
    kind = _BY_STATUS.get(status, ServerFault if status >= 500 else Invalid)
    details = {name: value for name, value in problem.items() if name not in _PLAIN}
    detail = str(problem.get("detail") or code)
    return kind(code, detail, status, details=details, retry_after_s=_seconds(headers.get("retry-after", "")))


def of_transport(error: Exception, url: str) -> ClientError:
    """The error behind an exception of the HTTP library, or of the system."""
    if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol | UnicodeError):
        return BadAddress(f"{url} cannot be used as a base URL: {error}.")
    if _untrusted(error):
        return Untrusted(url)
    unsent = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
    if isinstance(error, httpx2.TimeoutException):
        return Unreachable(f"{url} does not answer in time.", sent=not unsent)
    return Unreachable(f"No orchestrator answers at {url}: start one with `asterism up`.", sent=not unsent)


def _untrusted(error: BaseException | None) -> bool:
    """Whether a certificate is at the bottom of it."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() else None
