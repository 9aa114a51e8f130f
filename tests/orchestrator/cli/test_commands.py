"""Every command against a served application, with its exit code."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.cli import doctor, exits
from orchestrator.cli.minting import mint
from orchestrator.cli.options import Common
from orchestrator.core.records import TokenRecord
from orchestrator.core.requests import Request
from protocol.credentials import verifier
from storage import make_store
from tests.support.cli import ROOT, Background, background, call

Out = pytest.CaptureFixture[str]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Background]:
    for name in ("ASTERISM_TOKEN", "ASTERISM_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with background() as running:
        monkeypatch.setenv("ASTERISM_URL", running.url)
        yield running


def submit(capsys: Out, *words: str) -> dict[str, object]:
    """A run of these words; the object that `--json` prints."""
    call("run", *words, "--json")
    view: dict[str, object] = json.loads(capsys.readouterr().out)
    return view


@pytest.mark.parametrize(
    ("text", "says"), [("echo a\x1b[31mb", "U+001B (escape) at position 7"), ("echo \x07", "U+0007 at position 6")]
)
def test_a_control_character_in_a_request(served: Background, capsys: Out, text: str, says: str) -> None:
    assert call("run", text) == 2
    assert says in capsys.readouterr().err
    assert call("run", "echo two\n\tlines") == 0


def hold(served: Background) -> str:
    """A run that does not end."""
    submitting = served.app.submit(Request(text="hold"))
    return asyncio.run_coroutine_threadsafe(submitting, served.loop).result(10)[0]


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("echo hello",), 0, None),
        (("fail",), 1, "task_failed"),
        ((), 2, "usage"),
        (("  ",), 2, "usage"),
        (("x" * 20_001,), 2, "bad_request"),
        (("echo", "--jsonl"), 2, "usage"),
        (("echo", "--plan", "/nowhere/plan.json"), 2, "bad_request"),
        (("echo", "--device", "no such name"), 2, "bad_request"),
        (("echo", "--timeout", "-1"), 2, "bad_request"),
        (("echo", "--parallel", "0"), 2, "bad_request"),
        (("write it", "--approve", "none"), 5, "denied"),
        (("write it",), 5, "needs_answer"),
        (("which",), 5, "needs_answer"),
        (("hold", "--timeout", "0.2"), 6, "timeout"),
        (("dance",), 7, "no_plan"),
        (("crash",), 70, "internal"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_runs_exit_code_and_object(
    served: Background, capsys: Out, words: tuple[str, ...], code: int, error: str | None
) -> None:
    assert call("run", *words, "--json") == code
    view = json.loads(capsys.readouterr().out)
    assert set(view) >= {"run", "state", "answer", "rung", "tasks", "usage", "error"}
    assert (view["error"] or {}).get("code") == error


@pytest.mark.parametrize("flag", ["--timeout", "--budget-usd", "--parallel"])
def test_a_value_that_does_not_fit_is_told_by_its_flag(served: Background, capsys: Out, flag: str) -> None:
    assert call("run", "echo", flag, "-1") == 2
    assert f"{flag}: Input should be greater than" in " ".join(capsys.readouterr().err.split())


def test_up_does_not_start_with_sensors_that_no_edge_box_could_have(capsys: Out, tmp_path: Path) -> None:
    wrong = tmp_path / "sensors.toml"
    wrong.write_text("[[sensor]]\nname = 7\n")
    for file, says in ((tmp_path / "missing.toml", "No such file"), (wrong, "sensor.0.name")):
        assert call("up", "--device", "edge:x", "--sensors", str(file), "--port", "0") == 3
        assert says in " ".join(capsys.readouterr().err.split())


def test_the_answer_is_all_there_is_on_stdout(served: Background, capsys: Out) -> None:
    assert call("run", "echo", "hello", "there") == 0
    shown = capsys.readouterr()
    assert shown.out == "hello there\n"
    assert "start: echo to alpha" in shown.err


def test_escape_sequences_reach_no_terminal(served: Background, capsys: Out) -> None:
    assert call("run", "echo red\u202e") == 0
    assert capsys.readouterr().out == "red\n"
    # On the record of an older version, say.
    hostile = served.app.submit(Request(text="echo \x1b]0;title\x07x"))
    run = asyncio.run_coroutine_threadsafe(hostile, served.loop).result(10)[0]
    for words in (
        ("show", str(run)),
        ("runs",),
        ("events", str(run)),
        ("graph", str(run)),
        ("timeline", str(run)),
        ("show", str(run), "--json"),
    ):
        call(*words)
    shown = capsys.readouterr()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", shown.out + shown.err)


def test_jsonl_is_the_log(served: Background, capsys: Out) -> None:
    assert call("run", "echo a", "--jsonl") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["seq"] for event in lines] == list(range(1, len(lines) + 1))
    assert lines[-1]["body"]["type"] == "run_ended"


def test_how_many_tasks_at_once_is_said_by_the_command_line_else_by_the_settings(
    served: Background, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "parallel" not in submit(capsys, "echo hello")["policy"]  # type: ignore[operator]
    monkeypatch.setenv("ASTERISM_POLICY__PARALLEL", "3")
    assert submit(capsys, "echo hello")["policy"]["parallel"] == 3  # type: ignore[index]
    assert submit(capsys, "echo hello", "--parallel", "1")["policy"]["parallel"] == 1  # type: ignore[index]


def test_plan_only_runs_nothing_and_shows_the_graph(served: Background, capsys: Out) -> None:
    assert call("run", "write it", "--plan-only") == 0
    assert "write" in capsys.readouterr().out
    view = submit(capsys, "write it", "--plan-only")
    assert view["plan"]
    assert [task["status"] for task in view["tasks"]] == ["skipped"]  # type: ignore[attr-defined]


def test_an_explicit_plan(served: Background, capsys: Out, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"steps": [{"id": "a", "skill": "test.echo", "arguments": {"text": "planned"}}]}))
    assert call("run", "--plan", str(plan)) == 0
    assert capsys.readouterr().out == "planned\n"
    plan.write_text('{"steps": 1}')
    assert call("run", "--plan", str(plan)) == 2
    assert "is not a plan: at steps" in capsys.readouterr().err
    edge = {"step": "a", "on": "condition", "when": {"path": "output", "op": "gt", "value": 1}}
    plan.write_text(json.dumps({"steps": [{"id": "a", "skill": "s"}, {"id": "b", "skill": "s", "after": [edge]}]}))
    assert call("run", "--plan", str(plan)) == 2
    assert "is not a plan: at steps.1.after.0.when.op: " in capsys.readouterr().err


def test_a_run_that_waits_says_how_to_go_on(served: Background, capsys: Out) -> None:
    assert call("run", "write it") == 5
    said = capsys.readouterr().err
    found = re.search(r"`asterism (approve (\w+))`", said)
    assert found
    assert call(*found[1].split()) == 0
    assert call("show", found[2]) == 0
    assert "succeeded" in capsys.readouterr().out


def test_deny(served: Background, capsys: Out) -> None:
    run = str(submit(capsys, "write it")["run"])
    assert call("approve", run, "--deny", "--json") == 0
    written = capsys.readouterr()
    assert json.loads(written.out)["error"]["code"] == "denied"
    assert re.search(r"^denied \S+: \S+ on alpha$", written.err, re.MULTILINE)
    assert call("approve", run) == 2


@pytest.mark.parametrize(("said", "answer"), [("2", "beta"), ("The Second", "beta"), ("alpha", "alpha"), ("3", "3")])
def test_answers_by_number_label_or_text(served: Background, capsys: Out, said: str, answer: str) -> None:
    run = str(submit(capsys, "which")["run"])
    assert call("answer", run, said, "--json") == 0
    assert json.loads(capsys.readouterr().out)["answer"] == answer
    assert call("answer", run, said) == 2


def test_cancel_and_retry(served: Background, capsys: Out) -> None:
    run = str(submit(capsys, "fail")["run"])
    assert call("cancel", run) == 1
    assert call("retry", run) == 0
    assert "[run_ended]" in capsys.readouterr().err
    assert call("retry", run, "fail", "--json") == 0
    assert json.loads(capsys.readouterr().out)["tasks"][0]["attempt"] == 3


def test_edit_and_undo(served: Background, capsys: Out, tmp_path: Path) -> None:
    name = hold(served)
    batch = tmp_path / "batch.json"
    added = {"op": "add_task", "task": {"id": "b", "skill": "test.hold", "depends_on": [{"task": "hold"}]}}
    batch.write_text(json.dumps({"base": 1, "edits": [added]}))
    assert call("edit", name, "--file", str(batch)) == 0
    assert call("edit", name, "--file", str(batch)) == 1
    assert call("undo", name, "2", "--json") == 0
    shown = capsys.readouterr()
    assert "[stale]" in shown.err
    assert json.loads(shown.out)["version"] == 3
    batch.write_bytes(b"\xff")
    assert call("edit", name, "--file", str(batch)) == 2
    assert call("edit", name, "--file", str(tmp_path / "none.json")) == 2


def test_a_webhook_is_named_on_the_command_line(
    served: Background, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = str(submit(capsys, "echo x", "--webhook", "https://a.example/hook")["run"])
    assert call("events", run, "--json") == 0
    submitted = json.loads(capsys.readouterr().out.splitlines()[0])
    assert submitted["body"]["request"]["webhook"]["url"] == "https://a.example/hook"
    assert call("run", "echo x", "--webhook", "ftp://a.example") == 2
    monkeypatch.setenv("ASTERISM_URL", "http://127.0.0.1:9")
    assert call("run", "echo x", "--webhook", "https://a.example/hook") == 2
    assert "asterism up" in capsys.readouterr().err


def test_looking(served: Background, capsys: Out) -> None:
    run = str(submit(capsys, "echo seen")["run"])
    looks = {
        ("devices",): "alpha",
        ("skills",): "test.write",
        ("runs",): "echo seen",
        ("runs", "--status", "failed"): "",
        ("show", run): "planned by script",
        ("graph", run): "test.echo",
        ("graph", run, "--format", "svg"): "<svg",
        ("graph", run, "--format", "mermaid"): "flowchart",
        ("timeline", run): "alpha:",
        ("timeline", run, "--format", "svg"): "<svg",
        ("timeline", run, "--format", "mermaid"): "gantt",
        ("events", run): "run_ended: succeeded",
        ("events", run, "--follow", "--after", "3"): "run_ended: succeeded",
        ("explain", run, "echo"): "fewest tasks",
        ("logs", run): "",
        ("audit",): "run.submit",
        ("audit", "--verify"): "",
        ("replay", run, "--log-only"): "the same",
    }
    for words, expected in looks.items():
        assert call(*words) == 0, words
        assert expected in capsys.readouterr().out, words
        assert call(*words, "--json") == 0, words
        for line in capsys.readouterr().out.splitlines():
            assert json.loads(line) is not None


@pytest.mark.parametrize(
    "words",
    [
        ("show", "r404"),
        ("graph", "r404"),
        ("timeline", "r404"),
        ("events", "r404"),
        ("events", "r404", "--follow"),
        ("cancel", "r404"),
        ("retry", "r404"),
        ("approve", "r404"),
        ("answer", "r404", "x"),
        ("replay", "r404"),
        ("show", "../../etc"),
        ("explain", "r404", "t"),
        ("logs", "r404"),
        ("token", "revoke", "t404"),
        ("runs", "--limit", "0"),
        ("runs", "--status", "asleep"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_a_usage_error(served: Background, capsys: Out, words: tuple[str, ...]) -> None:
    assert call(*words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.search(r"asterism: .+ \[\w+\]", shown.err)
    assert "Traceback" not in shown.err


@pytest.mark.parametrize(
    "words", [("dance",), ("run", "--approve", "maybe", "x"), ("show",), ("device", "toaster"), ("--nonsense",)]
)
def test_bad_usage(capsys: Out, words: tuple[str, ...]) -> None:
    assert call(*words) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_tokens(served: Background, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call("token", "create", "--role", "viewer") == 1
    assert call("token", "create", "--role", "admin", "--name", "me", "--expires", "1") == 0
    # What the orchestrator in this process logs comes before it.
    admin = capsys.readouterr().out.splitlines()[-1]
    assert call("runs") == 5
    assert call("runs", "--token", admin) == 0
    monkeypatch.setenv("ASTERISM_TOKEN", admin)
    assert call("token", "create", "--role", "viewer", "--json") == 0
    made = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert call("run", "echo no", "--token", made["token"]) == 5
    assert call("token", "list") == 0
    listed = capsys.readouterr().out
    assert "admin" in listed
    assert "valid for" in listed
    assert admin not in listed
    assert call("token", "revoke", made["record"]["id"]) == 0
    assert call("runs", "--token", made["token"]) == 5


def test_a_token_made_in_the_database_itself(capsys: Out, tmp_path: Path) -> None:
    """For who has lost the admin's: the orchestrator is stopped, the token made, and it lets in."""
    where = tmp_path / "asterism.db"
    assert call("token", "create", "--role", "admin", "--db", f"sqlite:///{where}") == 3
    assert not where.exists()
    store = make_store(f"sqlite:///{where}")

    async def begin() -> None:
        await store.open()
        with pytest.raises(exits.CommandError) as caught:
            await asyncio.to_thread(mint, Common(), str(where), "admin", "", None)
        assert caught.value.code == "database_busy"
        await store.close()

    asyncio.run(begin())
    assert call("token", "create", "--role", "device", "--db", str(where)) == 1
    assert call("token", "create", "--role", "admin", "--name", "found", "--db", str(where)) == 0
    token = capsys.readouterr().out.strip()

    async def look() -> list[TokenRecord]:
        again = make_store(f"sqlite:///{where}")
        await again.open()
        try:
            return await again.tokens()
        finally:
            await again.close()

    [record] = asyncio.run(look())
    assert (record.role, record.name, record.verifier) == ("admin", "found", verifier(token))


def test_common_options_may_stand_before_the_command(
    served: Background, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ASTERISM_URL")
    assert call("--url", served.url, "--json", "runs") == 0
    assert json.loads(capsys.readouterr().out) == {"runs": []}
    assert call(f"--url={served.url}", "token", "list") == 0
    assert call("--url", served.url) in (0, 2)
    assert call("--url", "http://a..b", "runs") == 3
    assert "two dots" in capsys.readouterr().err


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_workspace_that_is_not_there(capsys: Out, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert call("device", "server", "--workspace", str(tmp_path / "gone" / "work"), *words) == 3
    assert f"there is no {tmp_path / 'gone'}" in capsys.readouterr().err
    assert not (tmp_path / "gone").exists()
    (tmp_path / "file").touch()
    assert call("device", "server", "--workspace", str(tmp_path / "file"), *words) == 3


def test_no_orchestrator_at_the_address(capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTERISM_URL", "http://127.0.0.1:9")
    assert call("devices") == 3
    assert call("devices", "--json") == 3
    shown = capsys.readouterr()
    assert "`asterism up`" in shown.err
    assert json.loads(shown.out)["error"]["code"] == "unreachable"
    assert call("show", "r1", "--url", "ftp://x") == 3


def test_settings_are_shown_with_their_sources(capsys: Out, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('heartbeat_s = 4\n[[models]]\nname = "m"\nbase_url = "http://127.0.0.1:1/v1"\nmodel = "x"\n')
    monkeypatch.setenv("ASTERISM_TOKEN", "ast_x_hidden-hidden-hidden")
    monkeypatch.setenv("ASTERISM_PORT", "1234")
    assert call("config", "show", "--sources", "--config", str(file), "--url", "http://127.0.0.1:5") == 0
    shown = capsys.readouterr().out
    rows = {line.split()[0]: line for line in shown.splitlines()}
    assert rows["url"].endswith("command line")
    assert rows["port"].endswith("environment (ASTERISM_PORT)")
    assert rows["heartbeat_s"].endswith(str(file))
    assert rows["lease_s"].split()[1:] == ["10.0", "default"]
    assert "hidden" not in shown


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("port = 99999", "port"),
        ("prot = 1", "prot"),
        ("port = ", "is not TOML"),
        ("tls_cert = 'x'", "tls_key"),
        ("lease_s = 1", "lease_s"),
        ("[[models]]\nname = 'm'", "models.0"),
    ],
)
def test_bad_settings_name_what_is_wrong(capsys: Out, tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    assert call("devices", "--config", str(file)) == 3
    said = capsys.readouterr().err
    assert says in said
    assert "[bad_configuration]" in said
    assert call("doctor", "--config", str(file)) == 3


def test_the_doctor_finds_the_orchestrator_well(served: Background, capsys: Out) -> None:
    assert call("doctor") == 0
    assert "2 of 2 take work" in capsys.readouterr().out
    served.app.problems = ("database_full",)
    assert call("doctor") == 3
    assert "BAD  orchestrator" in capsys.readouterr().out


def test_the_doctor_looks_at_clocks(served: Background, capsys: Out) -> None:
    assert call("doctor") == 0
    assert "ok   clock" in capsys.readouterr().out
    behind = doctor.clock_finding(1_000.0, 1_090.4)
    assert (behind.state, "90 s behind" in behind.says, "NTP" in behind.remedy) == ("bad", True, True)
    assert doctor.clock_finding(1_090.0, 1_000.0).says.startswith("the orchestrator's is 90 s ahead of")


def test_the_doctor_finds_secrets_that_others_can_read(served: Background, capsys: Out, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('token = "ast_abc123_SECRETsecret42SECRETsecret42"\n')
    file.chmod(0o644)
    call("doctor", "--config", str(file))
    assert f"-> chmod 600 {file}" in capsys.readouterr().out
    file.chmod(0o600)
    call("doctor", "--config", str(file))
    assert f"chmod 600 {file}" not in capsys.readouterr().out


def test_the_doctor_finds_a_full_disk(served: Background, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FREE_BYTES", 1 << 62)  # no disk has so much
    assert call("doctor") == 3
    assert "make room" in capsys.readouterr().out


def test_the_doctor_finds_a_port_taken_and_no_orchestrator(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("ASTERISM_PORT", str(port))
        monkeypatch.setenv("ASTERISM_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("ASTERISM_DATABASE", "sqlite:////proc/nothing/here.db")
        assert call("doctor") == 3
    assert f"BAD  port: 127.0.0.1:{port} cannot be served" in capsys.readouterr().out


def test_the_page_of_exit_codes_says_what_the_table_says() -> None:
    page = (ROOT / "docs/errors.md").read_text().split("## Exit codes of `asterism`")[1].split("\n## ")[0]
    for code, _, named in re.findall(r"^\| (\d+) \| (.*?) \| (.*?) \|$", page, re.MULTILINE):
        for name in re.findall(r"`(\w+)`", named):
            assert exits.exit_of(name) == int(code), name
