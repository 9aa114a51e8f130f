"""The synchronous client: the same methods as the asynchronous one, for programs without an event loop."""

from __future__ import annotations

import ssl
import time
import uuid
from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

import httpx2
from pydantic import ValidationError

from orchestrator.api.bodies import HealthView, NewToken, TokenView
from orchestrator.client import calls, errors
from orchestrator.client.calls import Call, Picture
from orchestrator.client.following import EVENT_BYTES, Following
from orchestrator.client.saving import saving
from orchestrator.client.target import Target
from orchestrator.core.application import FaultsView, Pruned, Role
from orchestrator.core.audit import AuditRecord, AuditVerdict
from orchestrator.core.edits import EditBatch
from orchestrator.core.egress import LedgerEntry
from orchestrator.core.events import Event, RunStatus
from orchestrator.core.ladder_report import LadderReport, LadderView, RungView
from orchestrator.core.records import ArtifactRecord
from orchestrator.core.requests import Request
from orchestrator.core.timeline import TimelineView
from orchestrator.core.views import DeviceView, EditResult, GraphView, RunItem, RunView, TaskLog
from orchestrator.core.webhooks import Delivery, DeliveryStatus, Sent, WebhooksView
from protocol.failpoints import Rule
from protocol.vocabulary import JsonObject, SkillSpec

T = TypeVar("T")


class Client:
    """`AsyncClient` without `await`. `url` and `token` default to ASTERISM_URL and ASTERISM_TOKEN.

    Every failure is a `ClientError` with the orchestrator's code. A call that cannot do anything twice is tried
    `retries` times more where nobody answers, or the orchestrator asks for patience (`retrying.py`). Proxies of the
    environment are not used.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        token: str | None = None,
        retries: int = 3,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self._target = Target.of(url, token, verify, retries)
        self.url = self._target.url
        try:
            self._http = httpx2.Client(
                base_url=self.url,
                headers=self._target.headers,
                timeout=self._target.timeout,
                verify=self._target.verify,
                trust_env=False,
            )
        except httpx2.InvalidURL as error:
            raise errors.of_transport(error, self.url) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # --- runs ----------------------------------------------------------------------------------------------------

    def submit(self, request: Request | str, *, key: str | None = None, wait_s: float | None = None) -> RunView:
        """Start a run; text alone is a request with the default policy.

        The same `key` with the same request gives the same run; without one each call has its own, so that a call
        that is tried again starts one run alone. The view has no tasks yet; with `wait_s` it is that of so many
        seconds later (at most 50), or of when the run has ended or waits for a person.
        """
        return self._do(calls.submit(request, key or uuid.uuid4().hex, wait_s))

    def wait(self, run: str, *, seconds: float | None = None) -> RunView:
        """The run once it has ended or waits for a person, or as it stands after so many seconds."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            left = calls.LONGEST_WAIT_S if end is None else end - time.monotonic()
            view = self._do(calls.run(run, left))
            last = end is not None and left <= calls.LONGEST_WAIT_S
            if view.state.terminal or view.state is RunStatus.WAITING or last:
                return view

    def run(self, run: str) -> RunView:
        return self._do(calls.run(run))

    def runs(self, *, status: str | None = None, limit: int = 50) -> list[RunItem]:
        """The newest runs, as many as `limit`, over as many pages as it takes."""
        found: list[RunItem] = []
        cursor: str | None = None
        while len(found) < limit:
            page = self._do(calls.runs(status, limit - len(found), cursor))
            found += page.runs
            cursor = page.next
            if cursor is None:
                break
        return found

    def graph(self, run: str) -> GraphView:
        return self._do(calls.graph(run))

    def timeline(self, run: str) -> TimelineView:
        return self._do(calls.timeline(run))

    def drawing(self, run: str, format: Picture, *, of: Literal["graph", "timeline"] = "graph") -> str:
        """The graph as text, Mermaid, DOT, SVG or JSON; or the timeline, which has no DOT."""
        return self._do(calls.drawing(run, format, of))

    def events(self, run: str, *, after: int = 0) -> list[Event]:
        """All events after a number, over as many pages as it takes."""
        found: list[Event] = []
        while True:
            page = self._do(calls.events(run, after))
            if not page.events:
                return found
            found += page.events
            after = page.next

    def follow(self, run: str, *, after: int = 0) -> Iterator[Event]:
        """A run's events as they come, each once, until it has ended. A lost connection is taken up where it broke.

        Raises ClientError where nobody answers for half a minute, and at once where waiting is of no use.
        """
        place = Following(after)
        while True:
            try:
                with self._http.stream("GET", calls.events_path(run), headers=place.headers()) as response:
                    if response.status_code == 204:
                        return
                    if response.status_code != 200:
                        response.read()
                        raise self._target.refusal(response)
                    for entry in httpx2.EventSource(response, max_event_size=EVENT_BYTES):
                        if entry.data and place.takes(int(entry.id or 0)):
                            yield Event.model_validate_json(entry.data, extra="ignore")
                pause = place.closed()
            except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, OSError) as error:
                pause = place.lost(errors.of_transport(error, self.url))
            except errors.ClientError as error:
                pause = place.lost(error)
            except (ValidationError, ValueError):
                raise errors.NotAsterism(self.url) from None
            time.sleep(pause)

    def cancel(self, run: str, *, reason: str = "") -> RunView:
        return self._do(calls.cancel(run, reason))

    def retry(self, run: str, tasks: Sequence[str] = ()) -> RunView:
        """Try these tasks again; without any, all that failed, were skipped or cancelled."""
        return self._do(calls.retry(run, tasks))

    def approve(self, run: str, approval: str, *, granted: bool) -> RunView:
        return self._do(calls.approve(run, approval, granted))

    def change_arguments(self, run: str, approval: str, arguments: JsonObject) -> RunView:
        """Other arguments for an operation that waits for a word: it then asks anew, for what it has become."""
        return self._do(calls.change_arguments(run, approval, arguments))

    def answer(self, run: str, question: str, answer: str) -> RunView:
        """`question` may be empty where one is open."""
        return self._do(calls.answer(run, question, answer))

    def edit(self, run: str, batch: EditBatch, *, version: int | None = None) -> EditResult:
        """One batch, all or nothing; with `version` only where the graph still has it."""
        return self._do(calls.edit(run, batch, version))

    def undo(self, run: str, version: int) -> EditResult:
        """Take back the edit that made `version`, while nothing built on it."""
        return self._do(calls.undo(run, version))

    def explain(self, run: str, task: str) -> list[str]:
        return list((self._do(calls.explain(run, task))).lines)

    def log(self, run: str, task: str) -> TaskLog:
        """What a task has said while it ran, as far as it is kept."""
        return self._do(calls.log(run, task))

    def artifacts(self, run: str) -> list[ArtifactRecord]:
        """What a run has stored: name, size, hash; not the contents."""
        return list((self._do(calls.artifacts(run))).artifacts)

    def artifact(self, run: str, sha256: str) -> bytes:
        """An artifact's content, whose hash was compared."""
        return self._do(calls.artifact(run, sha256))

    def save_artifact(self, run: str, sha256: str, path: Path) -> None:
        """Write an artifact's content to a file, a piece at a time; none is left where it does not arrive whole."""
        with saving(path, sha256) as write:
            try:
                with self._http.stream("GET", calls.artifact_path(run, sha256)) as response:
                    if response.status_code != 200:
                        response.read()
                        raise self._target.refusal(response)
                    for piece in response.iter_bytes():
                        write(piece)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise errors.of_transport(error, self.url) from error

    # --- devices, tokens, and what looks after an orchestrator ---------------------------------------------------

    def devices(self) -> list[DeviceView]:
        return list((self._do(calls.devices())).devices)

    def device(self, name: str) -> DeviceView:
        return self._do(calls.device(name))

    def drain(self, name: str, *, reason: str = "") -> DeviceView:
        """Let a device finish what it runs, get nothing new, and leave."""
        return self._do(calls.drain(name, reason))

    def forget_device(self, name: str) -> None:
        """Know a device no longer that is away and has no work."""
        self._do(calls.forget_device(name))

    def skills(self) -> list[SkillSpec]:
        return list((self._do(calls.skills())).skills)

    def create_token(self, role: Role, *, name: str = "", expires_in_s: float | None = None) -> NewToken:
        return self._do(calls.create_token(role, name, expires_in_s))

    def tokens(self) -> list[TokenView]:
        return list((self._do(calls.tokens())).tokens)

    def revoke_token(self, id: str) -> None:
        self._do(calls.revoke_token(id))

    def audit(
        self, *, actor: str | None = None, action: str | None = None, object: str | None = None, limit: int = 50
    ) -> list[AuditRecord]:
        """Who did what, the newest first, as many as `limit`, over as many pages as it takes."""
        found: list[AuditRecord] = []
        cursor: int | None = None
        while len(found) < limit:
            page = self._do(calls.audit(actor, action, object, limit - len(found), cursor))
            found += page.entries
            cursor = page.next
            if cursor is None:
                break
        return found

    def verify_audit(self) -> AuditVerdict:
        """Whether an entry of the audit was changed or taken out."""
        return self._do(calls.verify_audit())

    def webhooks(self) -> WebhooksView:
        """Who is told of every run that ends."""
        return self._do(calls.webhooks())

    def deliveries(
        self, *, run: str | None = None, status: DeliveryStatus | None = None, limit: int = 50
    ) -> list[Delivery]:
        """The newest webhooks sent, and to send, as many as `limit`, over as many pages as it takes."""
        found: list[Delivery] = []
        cursor: str | None = None
        while len(found) < limit:
            page = self._do(calls.deliveries(run, status, limit - len(found), cursor))
            found += page.deliveries
            cursor = page.next
            if cursor is None:
                break
        return found

    def test_webhook(self, to: str) -> Sent:
        """Send a test, once, to a target of the settings or an address."""
        return self._do(calls.test_webhook(to))

    def retry_delivery(self, id: str) -> Delivery:
        """Send a delivery again now."""
        return self._do(calls.retry_delivery(id))

    def remove_delivery(self, id: str) -> None:
        self._do(calls.remove_delivery(id))

    def prune(self, older_than_s: float, *, keep: int = 0, dry_run: bool = False) -> Pruned:
        """One pass; `more` where there is more to delete."""
        return self._do(calls.prune(older_than_s, keep, dry_run))

    def egress(self, run: str | None = None) -> list[LedgerEntry]:
        """What went out to models, for one run or all, over as many pages as it takes."""
        ledger = calls.Ledger(run)
        while True:
            page = self._do(ledger.call())
            if ledger.complete(page):
                return ledger.entries

    def ladder(self) -> LadderView:
        return self._do(calls.ladder())

    def ladder_report(
        self, run: str | None = None, *, since: float | None = None, until: float | None = None
    ) -> LadderReport:
        """Of one run, or of those submitted in [since, until)."""
        return self._do(calls.ladder_report(run, since, until))

    def probe_rung(self, rung: str) -> RungView:
        return self._do(calls.probe_rung(rung))

    def faults(self) -> FaultsView:
        return self._do(calls.faults())

    def enable_fault(self, point: str, rule: Rule) -> None:
        self._do(calls.enable_fault(point, rule))

    def disable_faults(self) -> None:
        self._do(calls.disable_faults())

    def ready(self) -> HealthView:
        """Whether the orchestrator takes work, and what is wrong where it does not."""
        return self._do(calls.ready())

    def clock(self) -> float | None:
        """The orchestrator's clock in Unix time, to the second; None where it does not say."""
        response = self._send(Call("GET", "/livez", calls.nothing, repeatable=True))
        try:
            return parsedate_to_datetime(response.headers.get("date", "")).timestamp()
        except ValueError:
            return None

    # --- how -----------------------------------------------------------------------------------------------------

    def _do(self, call: Call[T]) -> T:
        """The one way in which a call is made, and made again."""
        tried = 0
        while True:
            tried += 1
            try:
                return self._target.read(call, self._send(call))
            except errors.ClientError as error:
                pause = self._target.pause(error, call, tried)
            time.sleep(pause)

    def _send(self, call: Call[T]) -> httpx2.Response:
        try:
            return self._http.request(
                call.method, call.path, content=call.body, headers=call.all_headers(), params=call.query
            )
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, OSError) as error:
            raise errors.of_transport(error, self.url) from error
