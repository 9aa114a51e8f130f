"""The REST client: every command but `up` and `device` speaks to an orchestrator through it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Literal, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from orchestrator.cli.exits import CommandError
from orchestrator.core.application import FaultsView, Pruned
from orchestrator.core.edits import EditBatch
from orchestrator.core.egress import LedgerEntry
from orchestrator.core.events import Event
from orchestrator.core.ladder_report import LadderReport, LadderView, RungView
from orchestrator.core.records import ArtifactRecord
from orchestrator.core.requests import Request
from orchestrator.core.views import DeviceView, EditResult, GraphView, RunItem, RunView, TaskLog
from orchestrator.settings import Settings
from protocol.failpoints import Rule
from protocol.vocabulary import SkillSpec

CONNECT_S = 2.0
READ_S = 60.0
RECONNECT_S = 30.0
EVENT_BYTES = 64 << 20
STREAM = {"Accept": "text/event-stream"}

_Model = TypeVar("_Model", bound=BaseModel)
_ARTIFACTS = TypeAdapter(list[ArtifactRecord])
_DEVICES = TypeAdapter(list[DeviceView])
_SKILLS = TypeAdapter(list[SkillSpec])
_LEDGER = TypeAdapter(list[LedgerEntry])
_RUNS = TypeAdapter(list[RunItem])
_EVENTS = TypeAdapter(list[Event])


class Client:
    """One orchestrator over REST. Every failure is a CommandError with the code that the orchestrator gave."""

    private = False

    def __init__(self, settings: Settings) -> None:
        self.url = settings.url.rstrip("/")
        headers = {"User-Agent": "asterism"}
        if settings.token is not None:
            headers["Authorization"] = f"Bearer {settings.token.get_secret_value()}"
        # Proxies and .netrc of the environment are for other hosts: a loopback address never goes through them.
        self._http = httpx2.AsyncClient(
            base_url=self.url, headers=headers, timeout=httpx2.Timeout(READ_S, connect=CONNECT_S), trust_env=False
        )

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    # --- runs ----------------------------------------------------------------------------------------------------

    async def submit(self, request: Request, *, key: str | None = None) -> str:
        """Start a run; its id."""
        headers = {"Idempotency-Key": key} if key else {}
        response = await self._send("POST", "/v1/runs", body=request, headers=headers)
        return self._read(RunView, response).run

    async def run(self, run: str) -> RunView:
        return self._read(RunView, await self._send("GET", f"/v1/runs/{_part(run)}"))

    async def runs(self, *, status: str | None = None, limit: int = 50) -> list[RunItem]:
        """The newest runs, as many as `limit`, over as many pages as it takes."""
        found: list[RunItem] = []
        cursor: str | None = None
        while len(found) < limit:
            query = {"limit": str(min(500, limit - len(found))), "status": status, "cursor": cursor}
            page = await self._object("GET", "/v1/runs", query=query)
            found += self._validate(_RUNS, page.get("runs"))
            following = page.get("next")
            if not isinstance(following, str):
                break
            cursor = following
        return found

    async def graph(self, run: str) -> GraphView:
        return self._read(GraphView, await self._send("GET", f"/v1/runs/{_part(run)}/graph"))

    async def drawing(self, run: str, format: str, *, of: Literal["graph", "timeline"] = "graph") -> str:
        """The graph as text, Mermaid, DOT, SVG or JSON; or the timeline, which has no DOT."""
        return (await self._send("GET", f"/v1/runs/{_part(run)}/{of}", query={"format": format})).text

    async def events(self, run: str, *, after: int = 0) -> list[Event]:
        """All events after a number, over as many pages as it takes."""
        found: list[Event] = []
        while True:
            query = {"after": str(after), "limit": "10000"}
            page = await self._object("GET", f"/v1/runs/{_part(run)}/events", query=query)
            events = self._validate(_EVENTS, page.get("events"))
            found += events
            if not events:
                return found
            after = events[-1].seq

    async def follow(self, run: str, *, after: int = 0) -> AsyncIterator[Event]:
        """A run's events as they come, until it has ended. A lost connection is taken up where it broke off."""
        lost = 0.0
        while True:
            try:
                async for event in self._stream(run, after):
                    after, lost = event.seq, 0.0
                    yield event
                if (await self.run(run)).state.terminal and not await self.events(run, after=after):
                    return
            except CommandError as error:
                if error.code not in ("unreachable", "not_ready", "shutting_down", "rate_limited"):
                    raise
                if lost >= RECONNECT_S:
                    raise
                await asyncio.sleep(0.5)
                lost += 0.5

    async def _stream(self, run: str, after: int) -> AsyncIterator[Event]:
        headers = {**STREAM, "Last-Event-ID": str(after)}
        with self._reaching():
            async with self._http.stream("GET", f"/v1/runs/{_part(run)}/events", headers=headers) as response:
                if response.status_code == 204:
                    return
                if response.status_code != 200:
                    await response.aread()
                    raise _problem(response)
                async for entry in httpx2.EventSource(response, max_event_size=EVENT_BYTES):
                    if entry.data:
                        yield Event.model_validate_json(entry.data)

    async def cancel(self, run: str, *, reason: str = "") -> RunView:
        return await self._steer(run, "cancel", {"reason": reason})

    async def retry(self, run: str, tasks: Sequence[str] = ()) -> RunView:
        return await self._steer(run, "retry", {"tasks": list(tasks)})

    async def approve(self, run: str, approval: str, *, granted: bool) -> RunView:
        return await self._steer(run, f"approvals/{_part(approval)}", {"granted": granted})

    async def answer(self, run: str, question: str, answer: str) -> RunView:
        return await self._steer(run, "answers", {"question": question, "answer": answer})

    async def edit(self, run: str, batch: EditBatch) -> EditResult:
        return self._read(EditResult, await self._send("POST", f"/v1/runs/{_part(run)}/edits", body=batch))

    async def undo(self, run: str, version: int) -> EditResult:
        response = await self._send("POST", f"/v1/runs/{_part(run)}/undo", content={"version": version})
        return self._read(EditResult, response)

    async def explain(self, run: str, task: str) -> list[str]:
        found = await self._object("GET", f"/v1/runs/{_part(run)}/tasks/{_part(task)}/explain")
        lines = found.get("lines")
        return [str(line) for line in lines] if isinstance(lines, list) else []

    async def log(self, run: str, task: str) -> TaskLog:
        """What a task has said, as far as the orchestrator still has it in memory."""
        return self._read(TaskLog, await self._send("GET", f"/v1/runs/{_part(run)}/tasks/{_part(task)}/log"))

    async def artifacts(self, run: str) -> list[ArtifactRecord]:
        """What a run has stored: name, size, hash; not the contents."""
        found = await self._object("GET", f"/v1/runs/{_part(run)}/artifacts")
        return self._validate(_ARTIFACTS, found.get("artifacts"))

    async def _steer(self, run: str, what: str, content: JsonValue) -> RunView:
        return self._read(RunView, await self._send("POST", f"/v1/runs/{_part(run)}/{what}", content=content))

    # --- the rest ------------------------------------------------------------------------------------------------

    async def devices(self) -> list[DeviceView]:
        return self._validate(_DEVICES, (await self._object("GET", "/v1/devices")).get("devices"))

    async def skills(self) -> list[SkillSpec]:
        return self._validate(_SKILLS, (await self._object("GET", "/v1/skills")).get("skills"))

    async def create_token(self, role: str, name: str, expires_in_s: float | None) -> dict[str, JsonValue]:
        content: JsonValue = {"role": role, "name": name, "expires_in_s": expires_in_s}
        return _object(await self._send("POST", "/v1/tokens", content=content))

    async def tokens(self) -> list[dict[str, JsonValue]]:
        found = (await self._object("GET", "/v1/tokens")).get("tokens")
        return [token for token in found if isinstance(token, dict)] if isinstance(found, list) else []

    async def revoke_token(self, id: str) -> None:
        await self._send("DELETE", f"/v1/tokens/{_part(id)}")

    async def prune(self, older_than_s: float, *, keep: int, dry_run: bool) -> Pruned:
        """One pass; `more` where there is more to delete."""
        limit = 500 if dry_run else 50
        content: JsonValue = {"older_than_s": older_than_s, "keep": keep, "dry_run": dry_run, "limit": limit}
        return self._read(Pruned, await self._send("POST", "/v1/prune", content=content))

    async def egress(self, run: str | None = None) -> list[LedgerEntry]:
        """What went out to models, for one run or all, over as many pages as it takes."""
        path = "/v1/egress" if run is None else f"/v1/runs/{_part(run)}/egress"
        found: dict[str, LedgerEntry] = {}
        since, limit = 0.0, 1_000
        while True:
            page = await self._object("GET", path, query={"since": repr(since), "limit": str(limit)})
            entries = self._validate(_LEDGER, page.get("entries"))
            before = len(found)
            found |= {one.outbound.id: one for one in entries}
            if not page.get("more"):
                return list(found.values())
            # A page of one moment alone: ask for more of it at once.
            limit = min(10_000, limit * 10) if len(found) == before else limit
            since = entries[-1].outbound.at

    async def ladder(self) -> LadderView:
        return self._read(LadderView, await self._send("GET", "/v1/ladder"))

    async def ladder_report(
        self, run: str | None = None, *, since: float | None = None, until: float | None = None
    ) -> LadderReport:
        """Of one run, or of those submitted in [since, until)."""
        if run is not None:
            return self._read(LadderReport, await self._send("GET", f"/v1/runs/{_part(run)}/ladder"))
        query = {name: None if at is None else repr(at) for name, at in (("since", since), ("until", until))}
        return self._read(LadderReport, await self._send("GET", "/v1/ladder/report", query=query))

    async def probe_rung(self, rung: str) -> RungView:
        return self._read(RungView, await self._send("POST", f"/v1/ladder/{_part(rung)}/probe"))

    async def faults(self) -> FaultsView:
        return self._read(FaultsView, await self._send("GET", "/v1/faults"))

    async def enable_fault(self, point: str, rule: Rule) -> None:
        await self._send("PUT", f"/v1/faults/{_part(point)}", body=rule)

    async def disable_faults(self) -> None:
        await self._send("DELETE", "/v1/faults")

    async def ready(self) -> tuple[bool, tuple[str, ...]]:
        """Whether the orchestrator takes work, and what is wrong where it does not."""
        with self._reaching():
            response = await self._http.get("/readyz")
        found = _object(response)
        problems = found.get("problems")
        named = tuple(str(problem) for problem in problems) if isinstance(problems, list) else ()
        return response.status_code == 200, named

    async def clock(self) -> float | None:
        """The orchestrator's clock in Unix time, to the second; None where it does not say."""
        with self._reaching():
            response = await self._http.get("/livez")
        try:
            return parsedate_to_datetime(response.headers.get("date", "")).timestamp()
        except ValueError:
            return None

    # --- how -----------------------------------------------------------------------------------------------------

    async def _object(
        self, method: str, path: str, *, query: Mapping[str, str | None] | None = None
    ) -> dict[str, JsonValue]:
        return _object(await self._send(method, path, query=query))

    async def _send(
        self,
        method: str,
        path: str,
        *,
        body: BaseModel | None = None,
        content: JsonValue = None,
        query: Mapping[str, str | None] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        sent = dict(headers or {})
        data: bytes | None = None
        if body is not None:
            data = body.model_dump_json(exclude_unset=True).encode()
        elif content is not None:
            data = TypeAdapter(JsonValue).dump_json(content)
        if data is not None:
            sent["Content-Type"] = "application/json"
        given = {name: value for name, value in (query or {}).items() if value is not None}
        with self._reaching():
            response = await self._http.request(method, path, content=data, headers=sent, params=given)
        if response.status_code >= 400:
            raise _problem(response)
        return response

    @contextlib.contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except httpx2.TimeoutException:
            raise CommandError("unreachable", f"{self.url} does not answer in time.") from None
        except (httpx2.TransportError, OSError) as error:
            message = f"No orchestrator answers at {self.url}: start one with `asterism up`, or give --url."
            raise CommandError("unreachable", message) from error
        except httpx2.InvalidURL as error:
            raise CommandError("bad_configuration", f"--url cannot be used: {error}.") from None

    def _read(self, model: type[_Model], response: httpx2.Response) -> _Model:
        try:
            return model.model_validate_json(response.content)
        except ValidationError:
            raise _foreign(self.url) from None

    def _validate(self, adapter: TypeAdapter[list[_Model]], value: JsonValue) -> list[_Model]:
        try:
            return adapter.validate_python(value, strict=False)
        except ValidationError:
            raise _foreign(self.url) from None


def _part(text: str) -> str:
    """A path's segment."""
    return quote(text, safe="") or "-"


def _object(response: httpx2.Response) -> dict[str, JsonValue]:
    try:
        found = response.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _foreign(str(response.url))
    return found


def _problem(response: httpx2.Response) -> CommandError:
    """The error that a problem+json answer tells of."""
    found: object = None
    with contextlib.suppress(ValueError):
        found = response.json()
    if isinstance(found, dict) and isinstance(found.get("code"), str):
        return CommandError(found["code"], str(found.get("detail") or found["code"]))
    return _foreign(str(response.url))


def _foreign(url: str) -> CommandError:
    return CommandError("not_asterism", f"What answers at {url} is no orchestrator of this version: check --url.")
