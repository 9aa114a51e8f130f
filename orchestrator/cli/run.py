"""`asterism run`."""

from __future__ import annotations

import asyncio
import secrets
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from cyclopts import Parameter

from orchestrator.cli.attach import Attachment
from orchestrator.cli.exits import CommandError, Exit, exit_of
from orchestrator.cli.options import Common
from orchestrator.cli.output import answer, dump_model, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orchestrator.cli.backend import Backend
    from orchestrator.cli.embedded import Begun
    from orchestrator.cli.lead import Interrupts
    from orchestrator.core.budget import RunBudget
    from orchestrator.core.plan import Plan
    from orchestrator.core.requests import Request
    from orchestrator.core.views import DeviceView, RunView
    from orchestrator.settings import Settings

    Choose = Callable[[Sequence[DeviceView]], tuple[str, ...]]

TEXT_LIMIT = 20_000
PATIENCE_S = 15.0


@dataclass(frozen=True)
class Wish:
    """What was asked for on the command line."""

    text: str
    plan: Plan | None
    attachment: Attachment | None
    approve: Literal["ask", "all", "none"]
    deadline_s: float | None
    devices: tuple[str, ...]
    plan_only: bool
    json: bool
    jsonl: bool
    budget_usd: float | None = None
    budget: RunBudget | None = None
    local_only: bool = False
    preview_only: bool = False
    parallel: int | None = None
    webhook: str | None = None
    confirm: bool = False

    def request(self, client: str | None) -> Request:
        """As the orchestrator takes it. Raises CommandError `bad_request`."""
        from pydantic import ValidationError

        from orchestrator.core import misfits
        from orchestrator.core.budget import RunBudget
        from orchestrator.core.requests import Request, RunPolicy, unreadable
        from orchestrator.core.webhook_settings import Webhook

        try:
            policy = RunPolicy(
                approve=self.approve,
                deadline_s=self.deadline_s,
                devices=self.devices,
                plan_only=self.plan_only,
                preview_only=self.preview_only,
                budget_usd=self.budget_usd,
                local_only=self.local_only,
                budget=self.budget or RunBudget(),
                parallel=self.parallel,
                confirm=self.confirm,
            )
            attached = self.attachment.text() if self.attachment is not None else ""
            webhook = Webhook(url=self.webhook) if self.webhook is not None else None
            asked = Request(
                text=self.text, plan=self.plan, attachment=attached, policy=policy, client=client, webhook=webhook
            )
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = _FLAGS.get(misfits.place(first["loc"])) or misfits.place(first["loc"]) or "the request"
            raise CommandError("bad_request", f"{place}: {misfits.said(first['msg'])}.") from None
        if wrong := unreadable(asked):  # before an orchestrator is started for it
            raise CommandError("bad_request", f"{wrong[:1].upper()}{wrong[1:]}.")
        return asked


# What the command line calls the fields of a request.
_FLAGS = {
    "deadline_s": "--timeout",
    "budget_usd": "--budget-usd",
    "parallel": "--parallel",
    "devices": "--device",
    "url": "--webhook",
}


def run(
    *text: Annotated[str, Parameter(help="The request, in plain language.")],
    jsonl: Annotated[bool, Parameter(help="The run's events as JSON lines on stdout.")] = False,
    plan_only: Annotated[bool, Parameter(help="Plan it and show the graph; run nothing.")] = False,
    approve: Annotated[
        Literal["ask", "all", "none"] | None,
        Parameter(help="Operations that write or destroy: ask here, allow all, or deny (default: ask)."),
    ] = None,
    timeout: Annotated[float | None, Parameter(help="Seconds after which the run is ended.")] = None,
    device: Annotated[tuple[str, ...], Parameter(help="Use only this device; may be repeated.")] = (),
    plan: Annotated[Path | None, Parameter(help="An explicit plan as JSON, instead of words; - is stdin.")] = None,
    stdin: Annotated[bool, Parameter(help="Wait for standard input's end, however long.")] = False,
    local_only: Annotated[bool, Parameter(help="Ask no model in the cloud.")] = False,
    budget_usd: Annotated[float | None, Parameter(help="US dollars that planning may cost at most.")] = None,
    parallel: Annotated[
        int | None, Parameter(help="At most so many tasks at once; 1 is one after another (default: no bound).")
    ] = None,
    webhook: Annotated[
        str | None, Parameter(help="An address that is told of the run's end; needs an orchestrator that stays.")
    ] = None,
    common: Common | None = None,
) -> int:
    """Submit a request in plain language, watch it, print the answer.

    Starts an orchestrator of its own, with this machine as its device, where none is reachable. What is piped in is
    attached to the request.
    """
    common = common or Common()
    words = " ".join(text).strip()
    if not words and plan is None:
        raise CommandError("usage", 'Say what should happen: asterism run "which files here are the largest?"')
    if len(words) > TEXT_LIMIT:
        raise CommandError(
            "bad_request", f"A request takes at most {TEXT_LIMIT} characters: attach long text as input."
        )
    attachment = Attachment(wait=stdin) if str(plan) != "-" else None
    settings = common.load().settings
    remote = reachable(settings)
    if webhook is not None and not remote:
        raise CommandError("usage", "--webhook needs an orchestrator that is there after the run: start `asterism up`.")
    begun = None
    if not remote:
        # The device's process loads while we do: it comes before all that takes time.
        from orchestrator.cli.embedded import begin

        begun = begin(settings)
    try:
        wish = _wish(words, plan, attachment, settings, approve, timeout, device, plan_only, common.json, jsonl)
        from orchestrator.cli.ask import interactive

        wish = limited(wish, settings, budget_usd, local_only=local_only, parallel=parallel)
        wish = replace(wish, webhook=webhook, confirm=interactive())
        return asyncio.run(remotely(wish, settings) if begun is None else embedded(wish, settings, begun))
    except asyncio.CancelledError:
        return Exit.CANCELLED
    finally:
        if begun is not None:
            from orchestrator.cli.embedded import end

            end(begun)


def _wish(
    words: str,
    plan: Path | None,
    attachment: Attachment | None,
    settings: Settings,
    approve: Literal["ask", "all", "none"] | None,
    timeout: float | None,
    devices: tuple[str, ...],
    plan_only: bool,
    json: bool,
    jsonl: bool,
) -> Wish:
    from orchestrator.cli.files import read_json
    from orchestrator.core.plan import Plan

    if json and jsonl:
        raise CommandError("usage", "--json is one object, --jsonl is the events: choose one.")
    read = read_json(plan, Plan, "a plan") if plan is not None else None
    chosen = approve or settings.policy.approve
    deadline = timeout if timeout is not None else settings.policy.deadline_s
    return Wish(words, read, attachment, chosen, deadline, devices, plan_only, json, jsonl)


def limited(
    wish: Wish, settings: Settings, budget_usd: float | None, *, local_only: bool, parallel: int | None = None
) -> Wish:
    """The wish with its limits: the command line's, else the settings'."""
    policy = settings.policy
    return replace(
        wish,
        budget_usd=budget_usd if budget_usd is not None else policy.budget_usd,
        budget=policy.budget,
        local_only=local_only or policy.local_only,
        parallel=parallel if parallel is not None else policy.parallel,
    )


def reachable(settings: Settings) -> bool:
    """Whether something listens at --url. Raises CommandError `unreachable` where only another machine could.

    A refused connection on loopback is told at once; no second is lost on it.
    """
    parts = urlsplit(settings.url)
    host = parts.hostname or ""
    loopback = host == "localhost" or host == "::1" or host.startswith("127.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((host, port), timeout=0.3 if loopback else 5.0):
            return True
    except OSError:
        if loopback:
            return False
    raise CommandError("unreachable", f"No orchestrator answers at {settings.url}: check --url, or start one there.")


def led(wish: Wish, settings: Settings) -> tuple[int, str]:
    """The wish over the orchestrator at --url, or one of our own: the exit code, and the run's id."""
    from orchestrator.cli.embedded import begin, end

    began: list[str] = []
    begun = None if reachable(settings) else begin(settings)
    try:
        work = remotely(wish, settings, began=began) if begun is None else embedded(wish, settings, begun, began=began)
        code = asyncio.run(work)
    except asyncio.CancelledError:
        code = Exit.CANCELLED
    finally:
        if begun is not None:
            end(begun)
    if not began:
        raise CommandError("cancelled", "It was cancelled before there was a run.")
    return code, began[0]


async def remotely(
    wish: Wish, settings: Settings, chosen: Choose | None = None, *, began: list[str] | None = None
) -> int:
    """The wish over the orchestrator at --url; `chosen` says which of its devices may be used.

    The run's id is added to `began`.
    """
    from orchestrator.cli.client import Client
    from orchestrator.cli.lead import Interrupts
    from orchestrator.cli.local import machine_name

    interrupts = Interrupts()
    interrupts.install()
    async with Client(settings) as client:
        name, devices = machine_name(), await client.devices()
        here = name if any(view.name == name for view in devices) else None
        if chosen is not None:
            wish = replace(wish, devices=chosen(devices))
        return await _lead(wish, client, interrupts, here, began)


async def embedded(wish: Wish, settings: Settings, begun: Begun, *, began: list[str] | None = None) -> int:
    """The wish over an orchestrator of our own, with the devices that were begun. The run's id goes to `began`."""
    from orchestrator.cli import embedded as embedding
    from orchestrator.cli.lead import Interrupts
    from orchestrator.cli.local import machine_name
    from orchestrator.cli.logs import configure

    interrupts = Interrupts(leave=lambda: embedding.end(begun))
    interrupts.install()
    configure(settings.log_level)
    devices = [child.device for child in begun[1]]
    here = next((one.name for one in devices if one.name == machine_name() and one.kind != "kubernetes"), None)
    told = [f"this machine as {one.name}" if one.name == here else f"the cluster as {one.name}" for one in devices]
    say(f"no orchestrator at {settings.url}: an embedded one, with {' and '.join(told)}")
    async with embedding.embedded(settings, begun) as backend:
        return await _lead(wish, backend, interrupts, here, began)


async def _lead(
    wish: Wish, backend: Backend, interrupts: Interrupts, here: str | None, began: list[str] | None = None
) -> int:
    from orchestrator.cli import ask, watch
    from orchestrator.cli.lead import Lead

    # Standard input may still be read: never on the event loop, where the device's connection waits.
    request = await asyncio.get_running_loop().run_in_executor(None, wish.request, here)
    lead = Lead(backend, watch.choose(jsonl=wish.jsonl), interrupts, asks=ask.interactive())
    patience = None if wish.deadline_s is None else wish.deadline_s + PATIENCE_S
    try:
        async with asyncio.timeout(patience):
            view = await lead.go(request, secrets.token_hex(16))
    except TimeoutError:
        raise CommandError("timeout", f"The run did not end within {wish.deadline_s:g} seconds.") from None
    if began is not None:
        began.append(view.run)
    await _print(wish, backend, view)
    return _exit(view)


async def _print(wish: Wish, backend: Backend, view: RunView) -> None:
    if wish.json:
        dump_model(view)
        return
    if not wish.jsonl:
        if wish.plan_only and view.version:
            from orchestrator.core.render import text

            answer(text(await backend.graph(view.run)))
        elif view.answer:
            answer(view.answer)
    if view.error is not None:
        say(f"asterism: {view.error.message} [{view.error.code}]")


def _exit(view: RunView) -> Exit:
    if view.error is not None:
        return exit_of(view.error.code)
    from orchestrator.core.exit_codes import cut_short, failed_commands

    if failed_commands(view) or cut_short(view):
        return Exit.FAILED  # ADR 0014
    return {"succeeded": Exit.OK, "cancelled": Exit.CANCELLED, "failed": Exit.FAILED}.get(view.state, Exit.DENIED)
