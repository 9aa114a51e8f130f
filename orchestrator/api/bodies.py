"""Bodies of requests and answers that are no view of the core."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from orchestrator.core.audit import AuditRecord
from orchestrator.core.egress import LedgerEntry
from orchestrator.core.events import Event
from orchestrator.core.records import ArtifactRecord, TokenRecord
from orchestrator.core.tasks import Model
from orchestrator.core.views import Change, DeviceView, RunItem
from orchestrator.core.webhooks import Delivery
from protocol.vocabulary import Identifier, JsonObject, ShortText, SkillSpec


class RunPage(Model):
    """`next` is the cursor of the page that follows, None at the end."""

    runs: tuple[RunItem, ...]
    next: str | None = None


class EventPage(Model):
    """`next` is what to pass as `after` for what follows: the last entry's number."""

    events: tuple[Event, ...]
    next: int


class ChangePage(Model):
    """`next` is what to pass as `after` for what changes later."""

    changes: tuple[Change, ...]
    next: str


class Lines(Model):
    lines: tuple[str, ...]


class Devices(Model):
    devices: tuple[DeviceView, ...]


class Skills(Model):
    skills: tuple[SkillSpec, ...]


class Artifacts(Model):
    artifacts: tuple[ArtifactRecord, ...]


class UndoBody(Model):
    version: Annotated[int, Field(ge=1)]


class CancelBody(Model):
    reason: ShortText = ""


class RetryBody(Model):
    """No tasks: all that failed, were skipped or cancelled."""

    tasks: Annotated[tuple[Identifier, ...], Field(max_length=20_000)] = ()


class ApprovalBody(Model):
    granted: bool


class ArgumentsBody(Model):
    """All of the task's arguments, as they shall be."""

    arguments: JsonObject


class WhoView(Model):
    """`name` is what goes on the record, `role` what the token may do."""

    name: str
    role: Literal["viewer", "operator", "admin"]


class AnswerBody(Model):
    question: Annotated[str, Field(max_length=128)] = ""
    answer: Annotated[str, Field(min_length=1, max_length=500)]


class DrainBody(Model):
    reason: ShortText = ""


class TokenBody(Model):
    """`expires_in_s` in seconds; without it the token stays valid until it is revoked."""

    role: Literal["admin", "operator", "viewer", "device"]
    name: Annotated[str, Field(max_length=64)] = ""
    expires_in_s: Annotated[float, Field(gt=0, le=315_360_000)] | None = None


class TokenView(Model):
    """A token without what could be used in its place."""

    id: str
    role: str
    name: str = ""
    device: str | None = None
    created: float
    expires: float | None = None
    revoked: float | None = None

    @classmethod
    def of(cls, record: TokenRecord) -> TokenView:
        return cls(**record.model_dump(exclude={"verifier"}))


class NewToken(Model):
    """`token` is shown this once."""

    token: str
    record: TokenView


class Tokens(Model):
    tokens: tuple[TokenView, ...]


class AuditPage(Model):
    entries: tuple[AuditRecord, ...]
    next: int | None = None


class HealthView(Model):
    ready: bool
    problems: tuple[str, ...] = ()


class PruneBody(Model):
    """Runs that ended so many seconds ago go, but for the newest `keep`; at most `limit` in one call."""

    older_than_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    keep: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    dry_run: bool = False


class EgressView(Model):
    """Lines of the ledger, oldest first. `more`: there are more than were asked for."""

    entries: tuple[LedgerEntry, ...]
    more: bool = False


class DeliveryPage(Model):
    """`next` is the cursor of the page that follows, None at the end."""

    deliveries: tuple[Delivery, ...]
    next: str | None = None


class WebhookTest(Model):
    """`to` is a target's name, or an address."""

    to: Annotated[str, Field(min_length=1, max_length=2_000)]
