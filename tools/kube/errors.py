"""The API server's refusals, in the protocol's codes and in sentences that say what to do."""

from __future__ import annotations

import json
import re
from typing import Final

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.objects import Manifest

_CODES: Final = {
    0: ErrorCode.UNAVAILABLE,
    400: ErrorCode.BAD_ARGUMENTS,
    401: ErrorCode.DENIED,
    403: ErrorCode.DENIED,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.BAD_ARGUMENTS,
    409: ErrorCode.CONFLICT,
    410: ErrorCode.UNAVAILABLE,
    413: ErrorCode.BAD_ARGUMENTS,
    415: ErrorCode.BAD_ARGUMENTS,
    422: ErrorCode.BAD_ARGUMENTS,
    429: ErrorCode.UNAVAILABLE,
    500: ErrorCode.TOOL_FAILED,
    503: ErrorCode.UNAVAILABLE,
    504: ErrorCode.UNAVAILABLE,
}
_BEARER = re.compile(r"(?i)(bearer\s+|token[\"':= ]+)[A-Za-z0-9._~+/=-]{16,}")


class KubeError(ToolError):
    """The API server refused a request. `status` is HTTP's, 0 where there was no answer; `reason` is Kubernetes' own.

    `retry_after_s` is the server's wish, None where it has none. `causes` are (field, message) pairs.
    """

    def __init__(self, status: int, reason: str, message: str, body: Manifest, retry_after_s: float | None) -> None:
        self.status = status
        self.reason = reason
        self.body = body
        self.retry_after_s = retry_after_s
        code = ErrorCode.ALREADY_EXISTS if reason == "AlreadyExists" else _CODES.get(status, ErrorCode.TOOL_FAILED)
        super().__init__(code, message, retryable=status in (429, 500, 503, 504, 0))

    @property
    def causes(self) -> list[tuple[str, str]]:
        details = self.body.get("details") or {}
        return [(str(c.get("field", "")), str(c.get("message", ""))) for c in details.get("causes") or ()]


def from_response(status: int, text: str, retry_after: str | None) -> KubeError:
    """What a response of 400 or more says. Its body may be a `Status`, or anything."""
    try:
        body = json.loads(text)
    except ValueError:
        body = {}
    if not isinstance(body, dict):
        body = {}
    reason = str(body.get("reason") or "")
    message = _BEARER.sub(r"\1(hidden)", str(body.get("message") or text[:300] or f"the API server said {status}"))
    seconds = float(retry_after) if retry_after and retry_after.isdigit() else None
    if status == 401:
        message = "the cluster does not accept this device's credentials (expired or revoked?): renew the kubeconfig"
    elif status == 403:
        message = f"the cluster does not allow it: {message}"
    elif status == 410:
        message = "the API server no longer has that version: ask again"
    return KubeError(status, reason, message, body, seconds)


def unreachable(error: Exception) -> KubeError:
    """No answer at all. The reason is NotConnected where the request was never sent, else Timeout or Unreachable."""
    unsent = isinstance(error, ConnectionRefusedError) or type(error).__name__.startswith("ClientConnector")
    reason = "NotConnected" if unsent else "Timeout" if isinstance(error, TimeoutError) else "Unreachable"
    what = type(error).__name__ if not str(error) else str(error)
    message = "the API server cannot be reached: " + _BEARER.sub(r"\1(hidden)", what)[:300]
    return KubeError(0, reason, message, {}, None)
