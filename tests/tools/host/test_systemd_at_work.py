"""The skills for services and the journal, under a real systemd."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from protocol.vocabulary import Json
from tests.support.systemd import Machine, booted, needs_systemd

pytestmark = [pytest.mark.slow, needs_systemd]

CALL = """
import asyncio, json, sys
from pathlib import Path
sys.path.insert(0, "/opt/project")
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.host import skills
from tools.host.machine import Machine

name, arguments = sys.argv[1], json.loads(sys.argv[2])
try:
    said = asyncio.run(skills.registry(Machine()).call(name, arguments, FakeToolContext(Path("/run/workspace"))))
except ToolError as error:
    said = {"error": error.code.value, "message": error.message}
print(json.dumps(said))
"""
WEB = """[Unit]
Description=the web
[Service]
ExecStart=/bin/sh -c 'echo at your service; exec sleep 1000'
[Install]
WantedBy=multi-user.target
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with booted(tmp_path_factory.mktemp("systemd")) as found:
        found.unit("web.service", WEB)
        found.unit("broken.service", "[Service]\nExecStart=/bin/sh -c 'echo no luck >&2; exit 7'\n")
        yield found


def call(machine: Machine, skill: str, /, **arguments: Json) -> dict[str, Json]:
    said: dict[str, Json] = json.loads(
        machine.run("/opt/asterism/bin/python", "-c", CALL, skill, json.dumps(arguments)).splitlines()[-1]
    )
    return said


def test_a_service_is_started_enabled_restarted_and_stopped(machine: Machine) -> None:
    assert call(machine, "service.status", name="web") == {
        "name": "web", "manager": "systemd", "state": "stopped", "enabled": False, "pid": None, "exit_code": 0,
        "description": "the web",
    }  # fmt: skip
    started = call(machine, "service.start", name="web")
    assert (started["state"], machine.property("web", "MainPID")) == ("running", str(started["pid"]))
    restarted = call(machine, "service.restart", name="web.service")
    assert (restarted["state"], machine.property("web", "MainPID")) == ("running", str(restarted["pid"]))
    assert restarted["pid"] != started["pid"]
    assert call(machine, "service.enable", name="web")["enabled"] is True
    assert machine.run("systemctl", "is-enabled", "web").strip() == "enabled"
    assert call(machine, "service.disable", name="web")["enabled"] is False
    assert call(machine, "service.logs", name="web")["lines"]
    assert [one["name"] for one in found(machine, "running") if one["name"] == "web"] == ["web"]
    assert call(machine, "service.stop", name="web")["state"] == "stopped"
    assert machine.property("web", "ActiveState") == "inactive"


def found(machine: Machine, state: str) -> list[dict[str, Json]]:
    services = call(machine, "service.list", state=state)["services"]
    assert isinstance(services, list)
    return [one for one in services if isinstance(one, dict)]


def test_one_that_fails_says_so_and_why(machine: Machine) -> None:
    assert call(machine, "service.start", name="broken")["error"] == "tool_failed"
    failed = call(machine, "service.status", name="broken")
    assert (failed["state"], failed["exit_code"]) == ("failed", 7)
    assert [one["name"] for one in found(machine, "failed")] == ["broken"]
    (said,) = [line for line in call(machine, "service.logs", name="broken")["lines"] if "no luck" in str(line)]  # type: ignore[union-attr]
    entries = call(machine, "journal.read", unit="broken", pattern="no luck")["entries"]
    assert isinstance(entries, list)
    assert [(one["unit"], one["message"]) for one in entries if isinstance(one, dict)] == [
        ("broken.service", "no luck")
    ]
    assert str(said).endswith("no luck")


def test_what_is_not_there(machine: Machine) -> None:
    assert call(machine, "service.start", name="nobody")["error"] == "not_found"
    assert call(machine, "service.status", name="--all")["error"] in ("bad_arguments", "not_found")
