"""Containers: what engines write is understood. Podman at work is in test_podman.py; no Docker runs where tests run.

The texts have the fields that Docker's and Podman's documentation gives; none was recorded from an engine here.
"""

from __future__ import annotations

import pytest

from protocol.errors import ErrorCode
from tests.tools.host.conftest import Refused
from tools.errors import ToolError
from tools.host import containers

DOCKER = """[{"Id": "8d1f0c2b9a7e4f60aa", "Name": "/web", "State": {"Status": "running", "Running": true, "ExitCode": 0,
"StartedAt": "2026-11-21T09:00:00.123456789Z"}, "Config": {"Image": "nginx:1.27", "Env": ["PATH=/bin", "PASSWORD=x=y"]},
"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "443/tcp": null}}}]"""
PODMAN = """[{"Id": "77", "Name": "db", "ImageName": "docker.io/library/postgres:17", "State": {"Status": "exited",
"ExitCode": 137, "StartedAt": "2026-11-21T09:00:00Z"}, "Config": {"Env": null}, "NetworkSettings": {"Ports": {}}}]"""


def test_a_container_without_the_values_of_its_variables() -> None:
    (one,) = containers.parse_inspect(DOCKER, "docker")
    assert (one.id, one.name, one.image, one.state, one.exit_code) == (
        "8d1f0c2b9a7e",
        "web",
        "nginx:1.27",
        "running",
        None,
    )
    assert (one.started, one.ports) == ("2026-11-21T09:00:00", ["443/tcp", "0.0.0.0:8080 -> 80/tcp"])
    assert one.variables == ["PASSWORD", "PATH"]
    assert "x=y" not in one.model_dump_json()


def test_a_container_of_the_other_engine() -> None:
    (one,) = containers.parse_inspect(PODMAN, "podman")
    assert (one.name, one.state, one.exit_code, one.image) == ("db", "exited", 137, "docker.io/library/postgres:17")


def test_what_they_use() -> None:
    first, second = containers.parse_stats("web\t1.25%\t12.5MiB / 2GiB\t4\ndb\t--\t1.2kB / 5MB\t--\nrubbish\n")
    assert (first.name, first.cpu_percent, first.memory_bytes, first.processes) == ("web", 1.25, 13_107_200, 4)
    assert (second.cpu_percent, second.memory_bytes, second.processes) == (0.0, 1200, 0)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"Id": 1}]'])
def test_what_is_no_container_is_told(text: str) -> None:
    with pytest.raises(ToolError) as caught:
        containers.parse_inspect(text or "x", "docker")
    assert caught.value.code is ErrorCode.TOOL_FAILED


async def test_without_an_engine_it_says_so(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "engines", tuple)
    await refused(ErrorCode.UNAVAILABLE, "container.list")
    await refused(ErrorCode.BAD_ARGUMENTS, "container.stop", name="--all")
