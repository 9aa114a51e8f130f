"""Telling others that a run has ended: whom, what, how it is signed, and when it is tried again. Pure.

The form is that of Standard Webhooks (https://www.standardwebhooks.com): the headers `webhook-id`,
`webhook-timestamp` (Unix seconds) and `webhook-signature`, which is `v1,` and the Base64 of HMAC-SHA256 over
`id.timestamp.body`; several, separated by spaces, while a secret is being changed. A secret is `whsec_` and the Base64
of 24 to 64 bytes. A delivery's id and body stay the same however often it is sent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

from pydantic import JsonValue, SecretStr
from pydantic_core import to_json

from orchestrator.core.events import Event, RunEnded
from orchestrator.core.records import DeliveryRow
from orchestrator.core.state import RunState
from orchestrator.core.tasks import Model
from orchestrator.core.webhook_settings import OWN, End, Target, Webhook, WebhookSettings, key

ANSWER_LIMIT = 65_536  # characters of an answer that are sent

DeliveryStatus = Literal["pending", "delivered", "dead"]


def signature(id: str, timestamp: int, body: bytes, keys: Sequence[bytes]) -> str:
    """The value of `webhook-signature`."""
    signed = f"{id}.{timestamp}.".encode() + body
    return " ".join("v1," + base64.b64encode(hmac.digest(one, signed, hashlib.sha256)).decode() for one in keys)


def verify(headers: Mapping[str, str], body: bytes, secret: SecretStr, now: float, tolerance_s: float = 300.0) -> bool:
    """Whether a body came from who has `secret`, within `tolerance_s` seconds: what a receiver does."""
    id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isascii() or not stamp.isdigit() or abs(now - int(stamp[:20])) > tolerance_s:
        return False
    expected = signature(id, int(stamp), body, [key(secret)])
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(one.encode(), expected.encode()) for one in given)


def origin(url: str) -> str:
    """Scheme, host and port: what may be told of an address, and what counts as one receiver."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def deliveries(state: RunState, new: Iterable[Event], targets: Sequence[Target]) -> Iterator[DeliveryRow]:
    """What has to be told because of events that were just taken into `state`."""
    for event in new:
        ended = event.body
        if not isinstance(ended, RunEnded):
            continue
        own = state.request.webhook
        hooks: list[tuple[str, Webhook]] = [(OWN, own)] if own is not None else []
        for name, hook in (*hooks, *((target.name, target) for target in targets)):
            if hook.on and ended.status.value not in hook.on:
                continue
            body = _body(state, event.at, ended, answer=hook.answer)
            id = f"msg_{state.run}_{event.seq}_{name}"
            yield DeliveryRow(
                id, state.run, name, origin(hook.url), hook.url, body, "pending", 0, event.at, event.at, "", 0
            )


def _body(state: RunState, at: float, ended: RunEnded, *, answer: bool) -> str:
    error = ended.error
    data: dict[str, JsonValue] = {
        "run": state.run,
        "state": ended.status.value,
        "created": state.created,
        "ended": at,
        "submitted_by": state.request.submitted_by,
        "error": {"code": error.code} if error is not None else None,
    }
    if answer:
        data["answer"] = ended.answer[:ANSWER_LIMIT]
        data["truncated"] = len(ended.answer) > ANSWER_LIMIT
        data["error"] = {"code": error.code, "message": error.message} if error is not None else None
    return message("run.ended", at, data)


def message(type: str, at: float, data: Mapping[str, JsonValue]) -> str:
    """A body: JSON with `type`, `timestamp` (ISO 8601) and `data`."""
    when = datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
    return to_json({"type": type, "timestamp": when, "data": dict(data)}).decode()


class Sent(Model):
    """What came of one sending. `code` is empty where it was taken (2xx), else one of:

    `status` (another HTTP status), `redirected` (3xx: never followed), `timeout`, `unreachable`, `address_refused`
    (private, or not allowed), `insecure` (no TLS, outside the networks of the settings), `unsigned` (no secret),
    `internal` (a fault of ours). `status` is the HTTP status, 0 without one; `retry_after_s` what the receiver asked
    for.
    """

    code: str = ""
    status: int = 0
    seconds: float = 0.0
    retry_after_s: float | None = None


def next_try(settings: WebhookSettings, tries: int, sent: Sent, jitter: float) -> float | None:
    """Seconds until the next of `tries` so far; None where there is none. `jitter`: uniform in [0, 1).

    Half of the delay is fixed, half by chance: many that failed together do not come back together. 410 Gone ends it.
    """
    if tries >= settings.tries or sent.status == 410:
        return None
    delay: float = min(settings.longest_delay_s, settings.first_delay_s * 2.0 ** min(tries - 1, 40)) * (
        0.5 + jitter / 2
    )
    return max(delay, min(sent.retry_after_s or 0.0, settings.longest_delay_s))


class Delivery(Model):
    """One delivery as admins see it: never its body, of its address what `origin` gives.

    `code` and `http_status` are of the last try, `due` when the next one is (Unix time).
    """

    id: str
    run: str
    name: str
    target: str
    status: DeliveryStatus
    tries: int
    due: float
    created: float
    code: str = ""
    http_status: int = 0


class TargetView(Model):
    name: str
    target: str
    on: tuple[End, ...] = ()
    answer: bool = False


class WebhooksView(Model):
    """What the settings say. `signs`: there is a secret, so webhooks are sent at all."""

    signs: bool
    targets: tuple[TargetView, ...] = ()
    networks: tuple[str, ...] = ()
    pending: int = 0


def view(row: DeliveryRow) -> Delivery:
    """A row as admins see it."""
    values = row._asdict()
    hidden = ("url", "body")
    return Delivery.model_validate({name: value for name, value in values.items() if name not in hidden})
