"""What can be asked of an orchestrator, as values: the asynchronous client and the synchronous one send the same."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from orchestrator.api.bodies import (
    Artifacts,
    AuditPage,
    DeliveryPage,
    Devices,
    EgressView,
    EventPage,
    HealthView,
    Lines,
    NewToken,
    RunPage,
    Skills,
    Tokens,
)
from orchestrator.client.errors import BadArgument, ClientError
from orchestrator.core.application import FaultsView, Pruned, Role
from orchestrator.core.audit import AuditVerdict
from orchestrator.core.edits import EditBatch
from orchestrator.core.egress import LedgerEntry
from orchestrator.core.ladder_report import LadderReport, LadderView, RungView
from orchestrator.core.requests import Request, unreadable
from orchestrator.core.timeline import TimelineView
from orchestrator.core.views import DeviceView, EditResult, GraphView, RunView, TaskLog
from orchestrator.core.webhooks import Delivery, Sent, WebhooksView
from protocol.failpoints import Rule
from protocol.vocabulary import JsonObject

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

Content = Mapping[str, JsonValue]
_KEY = re.compile(r"[!-~]{1,200}")
_CONTENT = TypeAdapter(dict[str, JsonValue])
Picture = Literal["json", "text", "mermaid", "dot", "svg"]
EVENTS_A_PAGE = 10_000
RUNS_A_PAGE = 500
LONGEST_WAIT_S = 50.0
"""One long poll. Below the time for which a client reads, and below what proxies usually allow."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request. `read` makes the result of the answer's body, and raises ValueError where it is none.

    `repeatable`: carried out twice it does no more than once. `accepted`: statuses of 400 and more that are answers.
    """

    method: str
    path: str
    read: Callable[[bytes], T]
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    repeatable: bool = False
    accepted: frozenset[int] = frozenset()

    def all_headers(self) -> dict[str, str]:
        return {**self.headers, **({} if self.body is None else {"Content-Type": "application/json"})}


def part(text: str) -> str:
    """A path's segment. Dots alone would lead to another path: they are encoded."""
    if text in (".", ".."):
        return "%2E" * len(text)
    return quote(text, safe="", errors="replace") or "-"


def reader(model: type[M]) -> Callable[[bytes], M]:
    """Members that a newer orchestrator has and this client does not know are passed over."""

    def read(body: bytes) -> M:
        return model.model_validate_json(body, extra="ignore")

    return read


def nothing(body: bytes) -> None:
    """For answers that have no content."""


def text(body: bytes) -> str:
    return body.decode()


def get(path: str, model: type[M], query: Mapping[str, str | None] | None = None) -> Call[M]:
    return Call("GET", path, reader(model), query=_given(query or {}), repeatable=True)


def post(path: str, model: type[M], body: BaseModel | Content | None = None) -> Call[M]:
    return Call("POST", path, reader(model), body=None if body is None else _json(body))


def _given(query: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in query.items() if value is not None}


def _json(body: BaseModel | Content) -> bytes:
    """Small bodies are sent as they are given: what fits is for the orchestrator to say."""
    if isinstance(body, BaseModel):
        return body.model_dump_json(exclude_unset=True).encode()
    return _CONTENT.dump_json(dict(body))


# --- runs --------------------------------------------------------------------------------------------------------


def submit(request: Request | str, key: str, wait_s: float | None) -> Call[RunView]:
    """Raises BadArgument."""
    try:
        request = Request.model_validate({"text": request} if isinstance(request, str) else request)
    except ValidationError as error:
        raise BadArgument.of(error, "request") from None
    if wrong := unreadable(request):
        raise BadArgument(f"{wrong[:1].upper()}{wrong[1:]}.")
    if _KEY.fullmatch(key) is None:
        raise BadArgument("A key has 1 to 200 characters, of printable ASCII without spaces.")
    query = _given({"wait": None if wait_s is None else repr(min(wait_s, LONGEST_WAIT_S))})
    headers = {"Idempotency-Key": key}
    return Call("POST", "/v1/runs", reader(RunView), query, headers, _json(request), repeatable=True)


def run(run: str, wait_s: float | None = None) -> Call[RunView]:
    wait = None if wait_s is None else repr(max(0.0, min(wait_s, LONGEST_WAIT_S)))
    return get(f"/v1/runs/{part(run)}", RunView, {"wait": wait})


def runs(status: str | None, limit: int, cursor: str | None) -> Call[RunPage]:
    return get("/v1/runs", RunPage, {"limit": str(min(RUNS_A_PAGE, limit)), "status": status, "cursor": cursor})


def graph(run: str) -> Call[GraphView]:
    return get(f"/v1/runs/{part(run)}/graph", GraphView)


def timeline(run: str) -> Call[TimelineView]:
    return get(f"/v1/runs/{part(run)}/timeline", TimelineView)


def drawing(run: str, format: Picture, of: Literal["graph", "timeline"]) -> Call[str]:
    return Call("GET", f"/v1/runs/{part(run)}/{of}", text, {"format": format}, repeatable=True)


def events(run: str, after: int) -> Call[EventPage]:
    return get(f"/v1/runs/{part(run)}/events", EventPage, {"after": str(after), "limit": str(EVENTS_A_PAGE)})


def cancel(run: str, reason: str) -> Call[RunView]:
    return post(f"/v1/runs/{part(run)}/cancel", RunView, {"reason": reason})


def retry(run: str, tasks: Sequence[str]) -> Call[RunView]:
    return post(f"/v1/runs/{part(run)}/retry", RunView, {"tasks": list(tasks)})


def approve(run: str, approval: str, granted: bool) -> Call[RunView]:
    return post(f"/v1/runs/{part(run)}/approvals/{part(approval)}", RunView, {"granted": granted})


def change_arguments(run: str, approval: str, arguments: JsonObject) -> Call[RunView]:
    path = f"/v1/runs/{part(run)}/approvals/{part(approval)}/arguments"
    return post(path, RunView, {"arguments": arguments})


def answer(run: str, question: str, answer: str) -> Call[RunView]:
    return post(f"/v1/runs/{part(run)}/answers", RunView, {"question": question, "answer": answer})


def edit(run: str, batch: EditBatch, version: int | None) -> Call[EditResult]:
    match = {} if version is None else {"If-Match": f'"{version}"'}
    return Call("POST", f"/v1/runs/{part(run)}/edits", reader(EditResult), headers=match, body=_json(batch))


def undo(run: str, version: int) -> Call[EditResult]:
    return post(f"/v1/runs/{part(run)}/undo", EditResult, {"version": version})


def explain(run: str, task: str) -> Call[Lines]:
    return get(f"/v1/runs/{part(run)}/tasks/{part(task)}/explain", Lines)


def log(run: str, task: str) -> Call[TaskLog]:
    return get(f"/v1/runs/{part(run)}/tasks/{part(task)}/log", TaskLog)


def artifacts(run: str) -> Call[Artifacts]:
    return get(f"/v1/runs/{part(run)}/artifacts", Artifacts)


def artifact(run: str, sha256: str) -> Call[bytes]:
    def read(body: bytes) -> bytes:
        check_hash(hashlib.sha256(body).hexdigest(), sha256)
        return body

    return Call("GET", artifact_path(run, sha256), read, repeatable=True)


def check_hash(found: str, expected: str) -> None:
    """Raises ClientError."""
    if found != expected:
        raise ClientError("corrupt", "The content that arrived has another hash than the artifact: try again.")


def artifact_path(run: str, sha256: str) -> str:
    return f"/v1/runs/{part(run)}/artifacts/{part(sha256)}"


def events_path(run: str) -> str:
    return f"/v1/runs/{part(run)}/events"


# --- devices, tokens, and what looks after an orchestrator -------------------------------------------------------


def devices() -> Call[Devices]:
    return get("/v1/devices", Devices)


def device(name: str) -> Call[DeviceView]:
    return get(f"/v1/devices/{part(name)}", DeviceView)


def drain(name: str, reason: str) -> Call[DeviceView]:
    return post(f"/v1/devices/{part(name)}/drain", DeviceView, {"reason": reason})


def forget_device(name: str) -> Call[None]:
    return Call("DELETE", f"/v1/devices/{part(name)}", nothing)


def skills() -> Call[Skills]:
    return get("/v1/skills", Skills)


def tokens() -> Call[Tokens]:
    return get("/v1/tokens", Tokens)


def create_token(role: Role, name: str, expires_in_s: float | None) -> Call[NewToken]:
    return post("/v1/tokens", NewToken, {"role": role, "name": name, "expires_in_s": expires_in_s})


def revoke_token(id: str) -> Call[None]:
    return Call("DELETE", f"/v1/tokens/{part(id)}", nothing)


def audit(actor: str | None, action: str | None, object: str | None, limit: int, cursor: int | None) -> Call[AuditPage]:
    query = {"actor": actor, "action": action, "object": object, "limit": str(min(RUNS_A_PAGE, limit))}
    return get("/v1/audit", AuditPage, {**query, "cursor": None if cursor is None else str(cursor)})


def verify_audit() -> Call[AuditVerdict]:
    return get("/v1/audit/verdict", AuditVerdict)


def webhooks() -> Call[WebhooksView]:
    return get("/v1/webhooks", WebhooksView)


def deliveries(run: str | None, status: str | None, limit: int, cursor: str | None) -> Call[DeliveryPage]:
    query = {"run": run, "status": status, "limit": str(min(RUNS_A_PAGE, limit)), "cursor": cursor}
    return get("/v1/webhooks/deliveries", DeliveryPage, query)


def test_webhook(to: str) -> Call[Sent]:
    return post("/v1/webhooks/test", Sent, {"to": to})


def retry_delivery(id: str) -> Call[Delivery]:
    return post(f"/v1/webhooks/deliveries/{part(id)}/retry", Delivery)


def remove_delivery(id: str) -> Call[None]:
    return Call("DELETE", f"/v1/webhooks/deliveries/{part(id)}", nothing)


def prune(older_than_s: float, keep: int, dry_run: bool) -> Call[Pruned]:
    limit = 500 if dry_run else 50
    return post("/v1/prune", Pruned, {"older_than_s": older_than_s, "keep": keep, "dry_run": dry_run, "limit": limit})


def egress(run: str | None, since: float, limit: int) -> Call[EgressView]:
    path = "/v1/egress" if run is None else f"/v1/runs/{part(run)}/egress"
    return get(path, EgressView, {"since": repr(since), "limit": str(limit)})


class Ledger:
    """The ledger of what went out, collected over its pages."""

    def __init__(self, run: str | None) -> None:
        self._run = run
        self._found: dict[str, LedgerEntry] = {}
        self._since = 0.0
        self._limit = 1_000

    @property
    def entries(self) -> list[LedgerEntry]:
        return list(self._found.values())

    def call(self) -> Call[EgressView]:
        return egress(self._run, self._since, self._limit)

    def complete(self, page: EgressView) -> bool:
        """Take a page; whether it was the last."""
        before = len(self._found)
        self._found |= {one.outbound.id: one for one in page.entries}
        if not page.more or not page.entries:
            return True
        # A page of one moment alone: ask for more of it at once.
        self._limit = min(10_000, self._limit * 10) if len(self._found) == before else self._limit
        self._since = page.entries[-1].outbound.at
        return False


def ladder() -> Call[LadderView]:
    return get("/v1/ladder", LadderView)


def ladder_report(run: str | None, since: float | None, until: float | None) -> Call[LadderReport]:
    if run is not None:
        return get(f"/v1/runs/{part(run)}/ladder", LadderReport)
    query = {name: None if at is None else repr(at) for name, at in (("since", since), ("until", until))}
    return get("/v1/ladder/report", LadderReport, query)


def probe_rung(rung: str) -> Call[RungView]:
    return post(f"/v1/ladder/{part(rung)}/probe", RungView)


def faults() -> Call[FaultsView]:
    return get("/v1/faults", FaultsView)


def enable_fault(point: str, rule: Rule) -> Call[None]:
    return Call("PUT", f"/v1/faults/{part(point)}", nothing, body=_json(rule))


def disable_faults() -> Call[None]:
    return Call("DELETE", "/v1/faults", nothing, repeatable=True)


def ready() -> Call[HealthView]:
    """503 is an answer here."""
    return Call("GET", "/readyz", reader(HealthView), accepted=frozenset({503}))
