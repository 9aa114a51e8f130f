"""`asterism webhooks`: who is told that runs have ended, and what became of it. For admins."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from cyclopts import App, Parameter

from orchestrator.cli.calls import call
from orchestrator.cli.exits import CommandError
from orchestrator.cli.options import Common
from orchestrator.cli.output import ago, dump, dump_model, say, table
from orchestrator.core.webhooks import Delivery

webhooks = App(
    name="webhooks",
    help="List webhooks, test one, send one again, remove one.",
    help_format="plaintext",
    result_action="return_value",
)
Id = Annotated[str, Parameter(help="The delivery's id.")]


@webhooks.command
def targets(*, common: Common | None = None) -> None:
    """List the targets of the settings: who is told of every run."""
    found = call(common, lambda client: client.webhooks())
    if common is not None and common.json:
        dump_model(found)
        return
    rows = [
        (one.name, one.target, ", ".join(one.on) or "every end", "yes" if one.answer else "") for one in found.targets
    ]
    table(("NAME", "ADDRESS", "TOLD OF", "ANSWER"), rows)
    say(f"{found.pending} to be sent" if found.signs else "nothing is sent: there is no secret (set webhooks.secret)")


@webhooks.command(name="list")
def listed(
    *,
    run: Annotated[str | None, Parameter(help="Of this run alone.")] = None,
    status: Annotated[Literal["pending", "delivered", "dead"] | None, Parameter(help="In this state alone.")] = None,
    limit: Annotated[int, Parameter(help="The newest so many.")] = 50,
    common: Common | None = None,
) -> None:
    """List deliveries, the newest first."""
    found = call(common, lambda client: client.deliveries(run=run, status=status, limit=limit))
    if common is not None and common.json:
        dump({"deliveries": [one.model_dump(mode="json") for one in found]})
        return
    now = time.time()
    rows = [(one.id, one.target, one.status, str(one.tries), _last(one), _next(one, now)) for one in found]
    table(("ID", "ADDRESS", "STATE", "TRIES", "LAST", "NEXT"), rows)


def _last(one: Delivery) -> str:
    return " ".join(part for part in (one.code, str(one.http_status or "")) if part)


def _next(one: Delivery, now: float) -> str:
    return f"in {ago(one.due - now)}" if one.status == "pending" else ""


@webhooks.command(name="test")
def send_test(
    to: Annotated[str, Parameter(help="A target's name, or an address.")], /, *, common: Common | None = None
) -> None:
    """Send a test message, once, and say what came of it."""
    sent = call(common, lambda client: client.test_webhook(to))
    if common is not None and common.json:
        dump_model(sent)
    status = f", HTTP {sent.status}" if sent.status else ""
    if sent.code:
        raise CommandError("webhook_failed", f"It was not taken: {sent.code}{status}, after {sent.seconds:g} s.")
    say(f"it was taken{status}, after {sent.seconds:g} s")


@webhooks.command
def retry(id: Id, /, *, common: Common | None = None) -> None:
    """Send a delivery again now, also one that was given up."""
    found = call(common, lambda client: client.retry_delivery(id))
    if common is not None and common.json:
        dump_model(found)
    else:
        say(f"{id} is sent again")


@webhooks.command
def remove(id: Id, /, *, common: Common | None = None) -> None:
    """Remove a delivery: it is not sent again."""
    call(common, lambda client: client.remove_delivery(id))
    if common is not None and common.json:
        dump({"removed": id})
    else:
        say(f"{id} is removed")
