"""What leaves this machine for a model, as records: one when a request is about to go out, one when it has ended.

The ledger keeps both. An `Outbound` is durable before its first byte is sent, so that there is no outbound request
without a record; until it is closed, its forecast counts as spent.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from orchestrator.core.plan import Tier
from orchestrator.core.tasks import Model
from protocol.vocabulary import Identifier, ShortText


class Label(StrEnum):
    """How far a piece of data may go.

    `public`: anywhere. `personal`: to a cloud only behind placeholders. `secret`: to no model at all.
    `device_local`: it stays on the device it is from, so to no model either.
    """

    PUBLIC = "public"
    PERSONAL = "personal"
    SECRET = "secret"
    DEVICE_LOCAL = "device_local"


Purpose = Literal["plan", "repair", "revise", "probe"]
Ending = Literal["answered", "refused", "unreachable", "timed_out", "cancelled", "lost"]


class Outbound(Model):
    """One request to a model's server. `run` is empty outside a run. Unix time, bytes of the body, US dollars.

    `labels` are those of the data it was made from, `withheld` those of what was left out or replaced. `sha256` is of
    the body as sent. `forecast_usd` is the most that it can cost, None where the price is
    not known; `forecast_s` how long it may take.
    """

    id: Identifier
    run: str = ""
    at: float
    rung: ShortText
    tier: Tier
    host: ShortText
    purpose: Purpose
    reason: ShortText = ""
    bytes: int
    sha256: ShortText
    labels: tuple[Label, ...] = ()
    withheld: tuple[Label, ...] = ()
    forecast_tokens: int = 0
    forecast_usd: float | None = None
    forecast_s: float = 0.0


class Closing(Model):
    """How an outbound request ended. Tokens and cost as counted; None where nobody knows (then the forecast stands)."""

    ending: Ending
    at: float
    status: int | None = None
    received: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None


class LedgerEntry(Model):
    """A line of the ledger. `closing` is None while the answer is awaited, or where the process ended meanwhile."""

    outbound: Outbound
    closing: Closing | None = None
