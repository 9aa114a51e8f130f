"""Previewed writes with real processes: approvals over REST, what went stale, what is ambiguous, a killed orchestrator.

A model plans `test.change`, whose objects are files; the log beside an object tells each change that was made, with the
caller and the approval. So "zero writes" and "under which approval" are read on the device, not in our own record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agents.scripted_server import Say
from tests.support.processes import Json
from tests.support.rungs import Servers, World, servers, steps, world

pytestmark = pytest.mark.slow
TEXT = 'ändere: change "web" to "blue" on alpha'


@dataclass
class Bench:
    world: World
    models: Servers

    def put(self, namespace: str, text: str = "red") -> Path:
        folder = self.world.workspace("alpha") / namespace
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "web").write_text(text)
        return folder / "web"

    def clear(self) -> None:
        for path in sorted(self.world.workspace("alpha").glob("*/*")):
            path.unlink()

    def changes(self, namespace: str = "shop") -> list[str]:
        """Every change that was made there, as the device wrote it down."""
        log = self.world.workspace("alpha") / namespace / "web.log"
        return log.read_text().splitlines() if log.exists() else []

    def ask(self, *more: Json, **policy: object) -> Json:
        self.models.script("local", planned(*more))
        return self.world.ask(TEXT, **{"approve": "ask", **policy})

    def approve(self, view: Json, *, granted: bool = True) -> Json:
        [asked] = view["approvals"]  # type: ignore[misc]
        assert isinstance(asked, dict)
        run = str(view["run"])
        self.world.post(f"/v1/runs/{run}/approvals/{asked['id']}", {"granted": granted})
        return self.world.wait(run)


def planned(*more: Json, **arguments: object) -> Say:
    change: Json = {
        "id": "change",
        "skill": "test.change",
        "arguments": {"name": "web", "text": "blue", **arguments},
        "devices": {"names": ["alpha"]},
    }
    return steps(change, *more)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with servers("local") as models, world(tmp_path_factory.mktemp("previews"), models.rung("local")) as found:
        found.up()
        found.device("alpha")
        found.online("alpha")
        yield Bench(found, models)


@pytest.fixture
def bench(started: Bench) -> Bench:
    started.clear()
    started.put("shop")
    return started


def tasks(view: Json) -> dict[str, str]:
    return {str(one["id"]): str(one["status"]) for one in view["tasks"]}  # type: ignore[attr-defined, index, union-attr]


def test_a_write_waits_for_its_diff_to_be_approved(bench: Bench) -> None:
    view = bench.ask()
    assert view["state"] == "waiting", json.dumps(view)
    [asked] = view["approvals"]  # type: ignore[misc]
    assert "red -> blue" in asked["arguments"]["preview"]["text"]  # type: ignore[index]
    assert bench.changes() == []
    view = bench.approve(view)
    assert view["state"] == "succeeded", view
    assert bench.changes() == ["blue by local under a1"]
    [signature] = re.findall(r"test\.change\([^)]*\)", bench.models.heard("local"))
    assert "preview" not in signature
    assert "test.preview" not in bench.models.heard("local")


def test_a_denied_approval_means_zero_writes(bench: Bench) -> None:
    view = bench.approve(bench.ask(), granted=False)
    assert (view["state"], view["error"]["code"]) == ("failed", "denied")  # type: ignore[index, call-overload]
    assert view["error"]["message"].startswith("change failed")  # type: ignore[index, call-overload, union-attr]
    assert bench.changes() == []
    assert bench.put("shop").read_text() == "red"


def test_what_changed_between_preview_and_approval_is_previewed_again(bench: Bench) -> None:
    first = bench.ask()
    bench.put("shop", "green")
    second = bench.approve(first)
    assert (second["state"], bench.changes()) == ("waiting", [])
    assert tasks(second) == {
        "change-preview": "succeeded",
        "change": "failed",
        "change-preview.2": "succeeded",
        "change.2": "waiting",
    }
    assert "green -> blue" in json.dumps(second["approvals"])
    third = bench.approve(second)
    assert third["state"] == "succeeded", third
    assert bench.changes() == ["blue by local under a2"]
    assert "[change.2]" in str(third["answer"])


def test_what_changes_again_and_again_fails_honestly(bench: Bench) -> None:
    view = bench.ask()
    for number in range(4):
        assert view["state"] == "waiting", json.dumps(view)
        bench.put("shop", f"green-{number}")
        view = bench.approve(view)
    assert (view["state"], bench.changes()) == ("failed", [])
    assert "changed since it was previewed" in str(view["error"])


def test_an_ambiguous_name_is_asked_about(bench: Bench) -> None:
    bench.put("test")
    view = bench.ask()
    assert view["state"] == "waiting", json.dumps(view)
    [question] = view["questions"]  # type: ignore[misc]
    clarification = question["clarification"]  # type: ignore[index]
    labels = [choice["label"] for choice in clarification["choices"]]  # type: ignore[index, union-attr]
    assert labels == ["web in shop", "web in test", "none of these"]
    run = str(view["run"])
    bench.world.post(f"/v1/runs/{run}/answers", {"answer": "web in test"})
    view = bench.approve(bench.world.wait(run))
    assert view["state"] == "succeeded", view
    assert (bench.changes("shop"), bench.changes("test")) == ([], ["blue by local under a1"])


def test_an_unattended_run_guesses_nothing(bench: Bench) -> None:
    bench.put("test")
    view = bench.ask(approve="all")
    assert view["state"] == "failed"
    assert "web in shop, web in test" in str(view["answer"])
    assert (bench.changes("shop"), bench.changes("test")) == ([], [])


def test_approve_all_is_on_record_all_the_same(bench: Bench) -> None:
    view = bench.ask(approve="all")
    assert view["state"] == "succeeded", view
    record = [str(event["type"]) for event in bench.world.events(str(view["run"]))]
    write = record.index("approval_requested")
    assert record[write : write + 3] == ["approval_requested", "approval_resolved", "task_dispatched"]
    assert bench.changes() == ["blue by local under a1"]


def test_a_dry_run_tells_the_diff_and_writes_nothing(bench: Bench) -> None:
    after: Json = {"id": "after", "skill": "file.list", "devices": {"names": ["alpha"]}, "after": [{"step": "change"}]}
    view = bench.ask(after, approve="all", preview_only=True)
    assert view["state"] == "succeeded", view
    assert tasks(view) == {"change-preview": "succeeded"}
    assert re.search(r"nothing was changed.*red -> blue", str(view["answer"]), re.DOTALL)
    assert bench.changes() == []


def test_a_plan_that_brings_its_own_preview_is_refused(bench: Bench) -> None:
    forged: Json = {"digest": "0" * 64}
    bench.models.script("local", planned(text="cyan", preview=forged))
    view = bench.world.ask(TEXT.replace("blue", "cyan"))
    assert (view["state"], view["tasks"], bench.changes()) == ("failed", [], [])


def test_a_killed_orchestrator_sends_the_same_write_under_the_same_approval(tmp_path: Path) -> None:
    with servers("local") as models, world(tmp_path, models.rung("local")) as found:
        bench = Bench(found, models)
        bench.put("shop")
        program = found.up()
        found.device("alpha")
        found.online("alpha")
        models.script("local", planned(seconds=2.0))
        view = found.ask(f"{TEXT}, waiting 2.0 seconds", approve="ask")
        run = str(view["run"])
        program.kill()  # while a person thinks: the approval is asked for still
        program = found.up()
        found.online("alpha")
        view = found.wait(run)
        [asked] = view["approvals"]  # type: ignore[misc]
        found.post(f"/v1/runs/{run}/approvals/{asked['id']}", {"granted": True})  # type: ignore[index]
        found.until_event(run, "task_dispatched", 2)
        program.kill()  # while the write is under way
        found.up()
        view = found.wait(run)
        assert view["state"] == "succeeded", view
        assert bench.changes() == ["blue by local under a1"]
        kinds = [str(event["type"]) for event in found.events(run)]
        assert (kinds.count("approval_requested"), kinds.count("task_dispatched")) == (1, 2)
