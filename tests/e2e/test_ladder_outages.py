"""Servers that are gone, and what outlives a restart: the next rung, a clear last word, and the plan cache."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import call, environment
from tests.support.processes import Json, free_port
from tests.support.rungs import NO, Servers, World, asks, reads, servers, step, steps, world

pytestmark = pytest.mark.slow
Out = pytest.CaptureFixture[str]


def gone(name: str, tier: str = "local") -> Json:
    """A rung whose server is not there any more."""
    url = f"http://127.0.0.1:{free_port()}/v1"
    return {"name": name, "base_url": url, "model": "gone", "tier": tier, "timeout_s": 3.0}


@pytest.fixture
def models() -> Iterator[Servers]:
    with servers("cloud") as found:
        yield found


def tried(view: Json) -> list[tuple[str, str]]:
    return [(one["rung"], one["code"]) for one in view["rungs"]]  # type: ignore[attr-defined]


def read(here: World, models: Servers, number: int, device: str = "alpha") -> Json:
    (here.workspace(device) / f"notes{number}.txt").write_text(f"milk {number}")
    models.script("cloud", reads(number, device))
    return here.ask(asks(number, device))


def test_a_dead_server_is_stepped_over_and_plans_outlive_a_restart(
    tmp_path: Path, models: Servers, capsys: Out
) -> None:
    with world(tmp_path, gone("local"), models.rung("cloud")) as here:
        up = here.up()
        alpha = here.device("alpha")
        here.device("beta")
        here.online("alpha", "beta")

        # The next rung answers, and with the breaker open nobody even tries.
        reasons = []
        for number in range(1, 8):
            view = read(here, models, number)
            assert (view["state"], view["rung"]) == ("succeeded", "cloud"), view
            assert f"milk {number}" in str(view["answer"])
            reasons.append(tried(view)[1])
            if reasons[-1] == ("local", "skipped"):
                break
        assert reasons[:2] == [("local", "unreachable")] * 2
        assert reasons[-1] == ("local", "skipped"), "the breaker never opened"
        # For a second at first, for longer where this machine was slow and it was tried again meanwhile.
        why = str(view["rungs"][1]["declined"])  # type: ignore[index]
        assert re.search(r" is left alone for \d+ s: it failed (?:twice|\d+ times) in a row", why), why
        assert view["rungs"][1]["usage"]["calls"] == 0  # type: ignore[index]

        # The plan cache, over a restart.
        up.interrupt(signal.SIGTERM)
        assert up.ended() == 0
        here.up()
        here.online("alpha", "beta")
        models.script("cloud", NO)
        again = here.ask(asks(1))
        assert (again["state"], again["rung"], again["rungs"][0]["cached"]) == ("succeeded", "cloud", True)  # type: ignore[index]
        assert len(again["rungs"]) == 1  # type: ignore[arg-type]
        assert "from the plan cache (rung cloud, " in again["rungs"][0]["why"]  # type: ignore[index]
        assert "milk 1" in str(again["answer"])
        assert models.asked("cloud") == 0
        assert call("show", str(again["run"]), "--url", here.url) == 0
        assert "  cloud: planned it from the plan cache (rung cloud, " in capsys.readouterr().out

        # Of a device that is gone no plan is used.
        alpha.interrupt(signal.SIGTERM)
        assert alpha.ended() == 0
        here.online("beta")
        view = here.ask(asks(1))
        assert models.asked("cloud") == 1
        assert not any(one["cached"] for one in view["rungs"])  # type: ignore[attr-defined]
        assert (view["state"], view["tasks"], here.dispatched(str(view["run"]))) == ("failed", [], [])
        models.script("cloud", reads(1))  # what a person names is waited for
        run = here.post("/v1/runs?wait=0", {"text": asks(1), "policy": {"approve": "all"}})["run"]
        here.until_event(str(run), "graph_edited")
        task = here.get(f"/v1/runs/{run}")["tasks"][0]  # type: ignore[index]
        assert task["status"] == "ready"
        assert task["waiting_for"].startswith("alpha, which is away since ")
        assert here.dispatched(str(run)) == []
        assert call("cancel", str(run), "--url", here.url) == 0
        assert here.wait(str(run))["state"] == "cancelled"


def one_shot(folder: Path, *words: str, models: list[Json]) -> subprocess.CompletedProcess[str]:
    """`asterism run` where no orchestrator is: it starts one of its own, with this machine as its device."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    settings = {"ASTERISM_MODELS": json.dumps(models), "ASTERISM_URL": f"http://127.0.0.1:{free_port()}"}
    return subprocess.run(
        [sys.executable, "-m", "orchestrator.cli.main", "run", *words],
        cwd=work,
        env=environment(folder / "home", **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.parametrize(
    ("dead", "remedy"),
    [
        ([], "No model is configured (setting `models`): add one, or say it in the words of `asterism skills`"),
        (
            ["local", "cloud"],
            "No model answered: see `asterism ladder list`, or say it in the words of `asterism skills`",
        ),
    ],
)
def test_with_everything_dead_it_says_what_it_could_not_place_and_what_to_do(
    tmp_path: Path, dead: list[str], remedy: str
) -> None:
    done = one_shot(tmp_path, "komponiere eine fuge", models=[gone(name, name) for name in dead])
    assert done.returncode == 7, done.stderr
    assert done.stdout == ""
    assert "embedded: no skill fits: komponiere, eine, fuge" in done.stderr
    for name in dead:
        assert f"{name}: gone ({name}) cannot be reached at 127.0.0.1:" in done.stderr
    assert remedy in done.stderr
    assert done.stderr.rstrip().endswith("[no_plan]")


def test_with_everything_dead_what_is_in_scope_works_at_once(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "notes.txt").write_text("milk")
    done = one_shot(tmp_path, "--json", "read notes.txt", models=[gone("local"), gone("cloud", "cloud")])
    view = json.loads(done.stdout)
    assert (done.returncode, view["rung"], len(view["rungs"])) == (0, "embedded", 1), done.stderr
    assert "milk" in view["answer"]


def test_a_delete_that_nobody_asked_for_does_not_run_in_ones_own_folder(tmp_path: Path, models: Servers) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "notes1.txt").write_text("milk")
    device = {"mode": "each"}
    models.script("cloud", steps({**step(1), "skill": "file.delete", "devices": device}))
    done = one_shot(tmp_path, "--approve", "all", "--json", "zeig mir notes1.txt", models=[models.rung("cloud")])
    view = json.loads(done.stdout)
    assert (done.returncode, view["error"]["code"], view["tasks"]) == (7, "no_plan", []), done.stderr
    assert models.asked("cloud") == 2
    assert (tmp_path / "work" / "notes1.txt").read_text() == "milk"
