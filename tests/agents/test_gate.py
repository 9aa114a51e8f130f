"""What leaves, over real HTTP: nothing without a line in the ledger, nothing secret, nothing over a budget."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
from collections.abc import Sequence
from typing import Any

import pytest
from pydantic import SecretStr

from agents.cascade import Context
from agents.channel import Outgoing
from agents.egress import Undeclared, open_client
from agents.errors import ExchangeError
from agents.gate import Gate, question
from agents.scripted_behaviours import Hang, Say, Status, Truncated
from agents.scripted_server import ScriptedModelServer, say
from orchestrator.core.budget import Limits, RunBudget
from orchestrator.core.egress import Label, LedgerEntry
from orchestrator.core.owner import LocalOnly, PrivacySettings
from orchestrator.core.plan import Clarification, Declined, Plan, Proposal, Selector, Step
from orchestrator.core.ports import StoreError
from orchestrator.core.privacy import Screen
from orchestrator.core.requests import Request, RunPolicy
from tests.support.models import PRICED, Watch, WatchedLedger, gate, planner, rung
from tests.support.skills import fleet

PLAN = Plan(steps=(Step(id="read", skill="file.read", arguments={"path": "notes.txt"}),))
SECRET = "Zq7x9Lm2Vb8Rt4Kp6Ws1Yd3"


async def ask(
    server: ScriptedModelServer | str,
    watch: Watch,
    text: str = "read notes.txt",
    *,
    way: Gate | None = None,
    policy: RunPolicy | None = None,
    answers: Sequence[tuple[str, str]] = (),
    run: str = "r1",
    names: Sequence[str] = ("alpha",),
    **more: Any,  # noqa: ANN401 - the rung's settings
) -> Proposal:
    """One plan."""
    async with planner(server, watch, way, **more) as one:
        request = Request(text=text, policy=policy or RunPolicy())
        return await one.plan(request, Context(fleet(*names), answers, (), run))


def declined(proposal: Proposal) -> Declined:
    assert isinstance(proposal.result, Declined)
    return proposal.result


def closed_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}/v1"


# --- the ledger ------------------------------------------------------------------------------------------------------


async def lines(watch: Watch, server: ScriptedModelServer | str, **more: Any) -> list[LedgerEntry]:  # noqa: ANN401
    ledger = WatchedLedger(watch)
    await ask(server, watch, way=gate(ledger=ledger), **more)
    return await ledger.egress()


async def test_a_line_is_on_the_ledger_before_the_first_byte_leaves() -> None:
    watch = Watch()
    async with ScriptedModelServer(say(PLAN)) as server:
        (entry,) = await lines(watch, server, tier="cloud", **PRICED)
    assert watch.story == ["open", "sent", "close"]
    out, closing = entry.outbound, entry.closing
    body = watch.sent[0].partition(b"\n\n")[2]
    assert (out.bytes, out.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert (out.run, out.rung, out.tier, out.host, out.purpose) == ("r1", "rung", "cloud", "127.0.0.1", "plan")
    assert out.labels == (Label.PUBLIC,)
    assert closing is not None
    assert (closing.ending, closing.status, closing.input_tokens, closing.output_tokens) == ("answered", 200, 100, 20)
    assert closing.cost_usd is not None
    assert closing.cost_usd == pytest.approx(0.0003)
    assert closing.received > 0
    assert out.forecast_usd is not None
    assert out.forecast_usd > closing.cost_usd


async def test_what_cannot_be_recorded_is_not_sent() -> None:
    watch = Watch()
    ledger = WatchedLedger(watch)
    ledger.trouble = StoreError("database_full", "No space is left.")
    async with ScriptedModelServer(say(PLAN)) as server:
        proposal = await ask(server, watch, way=gate(ledger=ledger))
    assert declined(proposal).code == "broke_down"
    assert (watch.sent, server.requests) == ([], [])


@pytest.mark.parametrize(
    ("behaviour", "ending", "status"),
    [
        (Status(500), "refused", 500),
        (Status(404), "refused", 404),
        (Truncated(), "lost", 200),
        (Hang(), "timed_out", None),
        (Say("prose"), "answered", 200),
    ],
)
async def test_the_line_says_how_it_ended(behaviour: Status | Hang, ending: str, status: int | None) -> None:
    watch = Watch()
    async with ScriptedModelServer(behaviour) as server:
        entries = await lines(watch, server, timeout_s=0.3 if ending == "timed_out" else 20.0)
    closing = entries[0].closing
    assert closing is not None
    assert (closing.ending, closing.status) == (ending, status)
    assert (closing.cost_usd == 0.0) is (ending == "refused"), "where it may have been worked on, nobody knows"


async def test_a_server_that_is_not_there_was_paid_nothing() -> None:
    (entry,) = await lines(Watch(), closed_port(), tier="cloud", **PRICED)
    assert entry.closing is not None
    assert (entry.closing.ending, entry.closing.cost_usd) == ("unreachable", 0.0)


async def test_a_call_that_is_given_up_is_closed_as_such() -> None:
    watch = Watch()
    ledger = WatchedLedger(watch)
    async with ScriptedModelServer(Hang()) as server:
        asking = asyncio.ensure_future(ask(server, watch, way=gate(ledger=ledger)))
        await server.asked.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await server.left.wait()
    (entry,) = await ledger.egress()
    assert entry.closing is not None
    assert entry.closing.ending == "cancelled"


async def test_nothing_leaves_that_nobody_announced() -> None:
    async with ScriptedModelServer(say(PLAN)) as server:
        client = await asyncio.to_thread(open_client, rung(server), None)
        with pytest.raises(Exception) as caught:
            await client.models.list()
        await client.close()
    assert isinstance(caught.value, Undeclared) or isinstance(caught.value.__cause__, Undeclared)
    assert server.requests == []


async def test_a_rung_speaks_to_its_own_host_only() -> None:
    watch = Watch()
    async with ScriptedModelServer(say(PLAN)) as server, planner(server, watch) as one:
        path = server.base_url.replace("127.0.0.1", "localhost") + "/models"
        with pytest.raises(ExchangeError) as caught:
            await one.channel.exchange(Outgoing(purpose="probe", method="GET", path=path))
    assert caught.value.code == "withheld"
    assert watch.sent == []


# --- screening -------------------------------------------------------------------------------------------------------

PERSONAL = "send /home/anna/notes.txt to anna@example.org on alpha"


async def test_the_cloud_gets_placeholders_and_the_plan_comes_back_whole() -> None:
    plan = Plan(
        steps=(
            Step(
                id="read",
                skill="file.read",
                arguments={"path": "/home/PRIVATE_USER_1/PRIVATE_EMAIL_1"},
                devices=Selector(names=("PRIVATE_TERM_1",)),
            ),
        )
    )
    watch = Watch()
    ledger = WatchedLedger(watch)
    way = gate(privacy=PrivacySettings(terms=("alpha",)), ledger=ledger)
    async with ScriptedModelServer(say(plan)) as server:
        proposal = await ask(server, watch, PERSONAL, way=way, tier="cloud")
    assert isinstance(proposal.result, Plan)
    (step,) = proposal.result.steps
    assert step.arguments == {"path": "/home/anna/anna@example.org"}
    assert step.devices.names == ("alpha",)
    for word in (b"anna", b"alpha"):
        assert word not in watch.everything
    (entry,) = await ledger.egress()
    assert (entry.outbound.labels, entry.outbound.withheld) == ((Label.PUBLIC,), (Label.PERSONAL,))


@pytest.mark.parametrize(("trusted", "told"), [((), True), (("models.lan",), True)])
async def test_a_model_of_ones_own_is_told_personal_data(trusted: tuple[str, ...], told: bool) -> None:
    watch = Watch()
    async with ScriptedModelServer(say(PLAN)) as server:
        await ask(server, watch, PERSONAL, way=gate(watch, PrivacySettings(trusted=trusted)))
    assert (b"anna@example.org" in watch.everything) is told


def test_who_is_trusted_with_personal_data() -> None:
    way = gate(privacy=PrivacySettings(trusted=("models.lan",)))
    hosts = {
        "http://127.0.0.1:1": True,
        "http://localhost:1": True,
        "http://models.lan": True,
        "http://other.lan": False,
    }
    for url, trusted in hosts.items():
        told = way.screen(rung(url), fleet("alpha")).text("anna@example.org")
        assert (told == "anna@example.org") is trusted, url
    assert (
        way.screen(rung("http://127.0.0.1:1", tier="cloud"), fleet("a")).text("anna@example.org") == "PRIVATE_EMAIL_1"
    )


def test_a_public_address_is_the_clouds_whatever_the_settings_say() -> None:
    way = gate()
    assert way.tier(rung("https://api.openai.com/v1")) == "cloud"
    assert way.tier(rung("http://8.8.8.8/v1")) == "cloud"
    assert way.tier(rung("http://192.168.1.4:11434/v1")) == "local"
    assert way.tier(rung("http://tower:11434/v1")) == "local"


@pytest.mark.parametrize("tier", ["local", "cloud"])
async def test_a_secret_leaves_to_no_rung_and_a_plan_that_needs_it_is_withheld(tier: str) -> None:
    plan = Plan(steps=(Step(id="read", skill="file.read", arguments={"path": "[redacted:password]"}),))
    watch = Watch()
    async with ScriptedModelServer(say(plan)) as server:
        proposal = await ask(server, watch, f"read notes.txt with password={SECRET}", tier=tier)
    assert declined(proposal).code == "withheld"
    assert SECRET.encode() not in watch.everything


async def test_what_the_screen_let_through_is_stopped_at_the_last_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof that the last look looks: with a screen that leaks, nothing is sent."""
    monkeypatch.setattr(Screen, "text", lambda self, text, *, device=None: text)
    watch = Watch()
    way = gate(watch, PrivacySettings(secret_terms=(SecretStr("nightingale"),)), environment={"DB_PASSWORD": SECRET})
    async with ScriptedModelServer(say(PLAN)) as server:
        for text in (f"read {SECRET}", "the Nightingale sings", f'read "{SECRET[:9]}{SECRET[9:]}"'):
            proposal = await ask(server, watch, text, way=way)
            assert declined(proposal).code == "withheld", text
    assert (watch.sent, server.requests) == ([], [])


async def test_what_stays_on_its_device_is_not_told_even_to_a_model_of_ones_own() -> None:
    watch = Watch()
    local = LocalOnly(devices=("diary",), paths=("/srv/diary",))
    async with ScriptedModelServer(say(PLAN)) as server:
        way = gate(watch, PrivacySettings(local_only=local))
        await ask(server, watch, "read /srv/diary/1.md on diary", way=way, names=("alpha", "diary"))
    assert b"diary" not in watch.everything
    assert b"PRIVATE_PATH_1" in watch.everything


# --- who may be asked ------------------------------------------------------------------------------------------------


async def test_cloud_rungs_can_be_switched_off_for_all_or_for_one_run() -> None:
    watch = Watch()
    async with ScriptedModelServer(say(PLAN)) as server:
        off: list[dict[str, Any]] = [
            {"way": gate(watch, PrivacySettings(cloud="off"))},
            {"policy": RunPolicy(local_only=True)},
        ]
        for more in off:
            assert declined(await ask(server, watch, tier="cloud", **more)).code == "skipped"
        assert isinstance((await ask(server, watch, policy=RunPolicy(local_only=True))).result, Plan)
    assert len(watch.sent) == 1


@pytest.mark.parametrize(
    ("word", "asked"), [("yes", True), ("YES ", True), ("No.", False), ("yes but no", False), ("y", False)]
)
async def test_where_a_person_is_to_say_only_a_clear_yes_is_one(word: str, asked: bool) -> None:
    watch = Watch()
    async with ScriptedModelServer(say(PLAN)) as server:
        way = gate(watch, PrivacySettings(cloud="ask"))
        first = (await ask(server, watch, tier="cloud", way=way)).result
        assert isinstance(first, Clarification)
        assert first.question == question(rung(server, tier="cloud"))
        assert watch.sent == []
        second = await ask(server, watch, tier="cloud", way=way, answers=((first.question, word),))
    assert isinstance(second.result, Plan) is asked
    assert bool(watch.sent) is asked


# --- budgets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "policy",
    [
        RunPolicy(budget_usd=0.001),
        RunPolicy(budget=RunBudget(tokens=500)),
        RunPolicy(budget=RunBudget(cloud_calls=0)),
        RunPolicy(budget=RunBudget(seconds=0.1)),
    ],
)
async def test_a_call_that_could_pass_the_runs_budget_is_not_made(policy: RunPolicy) -> None:
    watch = Watch()
    async with ScriptedModelServer(say(PLAN)) as server:
        proposal = await ask(server, watch, policy=policy, tier="cloud", **PRICED)
    assert declined(proposal).code == "over_budget"
    assert watch.sent == []
    assert (proposal.usage.calls, proposal.usage.bytes_out) == (0, 0), "what was held back was not sent"


async def test_without_a_price_no_money_is_spent() -> None:
    watch = Watch()
    async with ScriptedModelServer(say(PLAN)) as server:
        proposal = await ask(server, watch, policy=RunPolicy(budget_usd=100.0), tier="cloud")
        assert declined(proposal).code == "over_budget"
        assert "price is not known" in declined(proposal).reason
        assert isinstance((await ask(server, watch, policy=RunPolicy(budget_usd=0.0))).result, Plan), "local is free"


async def test_a_reply_is_shortened_to_what_is_left() -> None:
    watch = Watch()
    async with ScriptedModelServer(say(PLAN)) as server:
        await ask(server, watch, tier="cloud", max_tokens=100_000, policy=RunPolicy(budget_usd=0.1), **PRICED)
        (received,) = server.requests
    limit = received.body["max_tokens"]
    assert isinstance(limit, int)
    assert 256 <= limit < 10_000
    size = len(json.dumps(received.body))
    assert size * 1.0 / 1e6 + limit * 10.0 / 1e6 <= 0.1


async def test_what_a_run_spent_counts_and_a_crash_forgets_nothing() -> None:
    """The second process has only the ledger: a call that was cut off counts with its forecast."""
    watch = Watch()
    ledger = WatchedLedger(watch)
    policy = RunPolicy(budget=RunBudget(cloud_calls=2))
    async with ScriptedModelServer(say(PLAN)) as server:
        for code in ("", "", "over_budget"):
            proposal = await ask(server, watch, policy=policy, tier="cloud", way=gate(ledger=ledger))
            assert (code == "") is isinstance(proposal.result, Plan)
        for id, entry in ledger.entries.items():
            ledger.entries[id] = LedgerEntry(outbound=entry.outbound)
        proposal = await ask(server, watch, policy=policy, tier="cloud", way=gate(ledger=ledger))
        assert declined(proposal).code == "over_budget"
        assert isinstance(
            (await ask(server, watch, policy=policy, tier="cloud", way=gate(ledger=ledger), run="r2")).result, Plan
        )


async def test_the_days_budget_holds_for_all_runs_together() -> None:
    watch = Watch()
    way = gate(watch, day=Limits(cloud_calls=3))
    async with ScriptedModelServer(say(PLAN)) as server:
        said = await asyncio.gather(*(ask(server, watch, run=f"r{n}", tier="cloud", way=way) for n in range(8)))
    assert sum(isinstance(one.result, Plan) for one in said) == 3
    assert {declined(one).reason for one in said if not isinstance(one.result, Plan)} == {
        "rung is not asked: the day's 3 cloud calls are used up"
    }
    assert len(server.requests) == 3


async def test_a_line_that_cannot_be_closed_takes_nothing_from_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    ledger = WatchedLedger(watch)

    async def fails(id: str, closing: object) -> None:
        raise StoreError("database_full", "No space is left.")

    monkeypatch.setattr(ledger, "close_egress", fails)
    async with ScriptedModelServer(say(PLAN)) as server:
        proposal = await ask(server, watch, way=gate(ledger=ledger))
    assert isinstance(proposal.result, Plan)
    (entry,) = await ledger.egress()
    assert entry.closing is None
