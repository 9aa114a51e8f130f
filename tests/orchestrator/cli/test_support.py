"""`asterism support dump RUN`: everything of a run but its secrets, with an orchestrator and without one."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from orchestrator.cli.exits import Exit
from orchestrator.core.plan import Plan
from orchestrator.core.requests import Request
from tests.support.cli import background, call
from tests.support.system import System

PLANTED = "Zq7x9Lm2Vb8Rt4Kp6Ws1Yd3"
KEY = "plain-looking-key-of-a-model-server"
NO_ONE = "http://127.0.0.1:9"
ARGUMENTS = {
    "password": PLANTED,
    "env": [{"name": "DB_PASSWORD", "value": PLANTED}],
    "note": f"see\nGITHUB_TOKEN={PLANTED}\nand https://u:{PLANTED}@h/",
    "document": json.dumps({"log": f"first\nghp_{PLANTED * 2}\npassword: my {PLANTED}", "kept": "visible"}),
    f"ast_{PLANTED}": 1,
    "known": f"sent with {KEY}",
}


async def _ran(folder: Path) -> tuple[str, str]:
    """A run whose arguments and result hold secrets, its orchestrator stopped since; and a token's secret."""
    system = System(folder)
    await system.start()
    try:
        await system.device("alpha", test_only=True)
        steps = [
            {"id": "a", "skill": "test.noop", "arguments": {"value": ARGUMENTS}},
            {"id": "b", "skill": "test.fail"},
        ]
        request = Request(text=f"say password={PLANTED}", plan=Plan.model_validate({"steps": steps}))
        run, _ = await system.app.submit(request)
        await system.app.wait(run, 30)
        # After the run: from the first token on, a device without one is sent away.
        token, _ = await system.app.create_token("viewer", name=f"token={PLANTED}")
    finally:
        await system.stop()
    return run, token


@pytest.mark.slow
def test_a_dump_from_the_database_alone_holds_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run, token = asyncio.run(_ran(tmp_path))
    models = [{"name": "one", "base_url": "http://127.0.0.1:9/v1", "model": "m", "api_key_env": "ONE_KEY"}]
    monkeypatch.setenv("ASTERISM_MODELS", json.dumps(models))
    monkeypatch.setenv("ONE_KEY", KEY)
    monkeypatch.setenv("ASTERISM_TOKEN", token)
    monkeypatch.chdir(tmp_path)
    database = f"sqlite:///{tmp_path}/data/asterism.db"
    capsys.readouterr()  # what the system logged
    before = (tmp_path / "data/asterism.db").read_bytes()
    assert call("support", "dump", run, "--db", database) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert PLANTED not in text
    assert KEY not in text
    assert token not in text
    assert token.rpartition("_")[2] not in text
    told = json.loads(text)
    assert (told["format"], told["source"], told["run"]["run"]) == ("asterism-support/1", "database", run)
    assert {task["id"]: task["status"] for task in told["run"]["tasks"]} == {"a": "succeeded", "b": "failed"}
    assert [event["seq"] for event in told["events"]] == list(range(1, len(told["events"]) + 1))
    assert told["graph"]["status"] == {"a": "succeeded", "b": "failed"}
    assert told["attempts"]["rows"]
    assert [device["name"] for device in told["devices"]] == ["alpha"]
    assert "test.noop" in told["devices"][0]["skills"]
    assert told["devices"][0]["profile"]["os"]
    assert told["settings"]["lease_s"]["from"] == "default"
    assert told["versions"]["python"]
    assert "visible" in text
    assert (tmp_path / "data/asterism.db").read_bytes() == before
    assert call("support", "dump", "r404", "--db", database) != 0
    capsys.readouterr()
    assert call("support", "dump", run, "--url", NO_ONE, "--json", "--db", database) == 0
    assert PLANTED not in capsys.readouterr().out


def test_a_dump_from_an_orchestrator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "dump.json"
    with background() as served:
        plan = Plan.model_validate({"steps": [{"id": "a", "skill": "test.echo", "arguments": {"text": "hello"}}]})
        submitting = served.app.submit(Request(text=f"echo token={PLANTED}", plan=plan))
        run = asyncio.run_coroutine_threadsafe(submitting, served.loop).result(10)[0]
        assert call("support", "dump", run, "--url", served.url, "--out", str(out)) == 0
        assert call("support", "dump", run, "--url", served.url, "--out", str(tmp_path / "no/dump.json")) == Exit.USAGE
        assert call("support", "dump", "r404", "--url", served.url) != 0
    told = json.loads(out.read_text())
    assert (told["source"], told["run"]["run"]) == ("orchestrator", run)
    assert told["logs"]["a"]["entries"][0]["text"] == "working"
    assert PLANTED not in out.read_text()
