"""The skills for containers, with a real Podman whose containers are in a folder of the test's own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.host.conftest import Call, Refused
from tools.host import containers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or not all(map(shutil.which, ("podman", "runc", "busybox"))),
        reason="needs root, podman, runc and busybox-static",
    ),
]
SETTINGS = """
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
netns = "none"
log_driver = "k8s-file"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
"""


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """With an image of one program, and nothing running. Its folder."""
    folder = tmp_path_factory.mktemp("podman")
    (folder / "containers.conf").write_text(SETTINGS)
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{folder}/store"\nrunroot = "{folder}/run"\n'
    )
    with tarfile.open(folder / "image.tar", "w") as tar:
        tar.add(str(shutil.which("busybox")), "bin/sh")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERS_CONF", str(folder / "containers.conf"))
        patch.setenv("CONTAINERS_STORAGE_CONF", str(folder / "storage.conf"))
        patch.setattr(containers, "engines", lambda: ("podman",))
        run("import", "--quiet", str(folder / "image.tar"), "localhost/tiny:1")
        try:
            yield folder
        finally:
            run("rm", "--all", "--force", "--time=0")
            # Each container's keeper leaves by itself, and what it has mounted with it.
            run("system", "reset", "--force")


def run(*words: str) -> str:
    done = subprocess.run(["podman", *words], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def web(podman: Path) -> Iterator[str]:
    program = "trap 'exit 3' TERM; echo at your service; echo trouble >&2; while :; do sleep 0.1; done"
    run("run", "--detach", "--name=web", "--env=PASSWORD=hunter2", "localhost/tiny:1", "/bin/sh", "-c", program)
    yield "web"
    run("rm", "--force", "--time=0", "web")


async def test_a_container_from_start_to_end(web: str, call: Call) -> None:
    found = await call("container.inspect", name=web)
    assert re.fullmatch(r"[0-9a-f]{12}", str(found["id"]))
    assert (found["state"], found["exit_code"], found["image"]) == ("running", None, "localhost/tiny:1")
    variables = found["variables"]
    assert isinstance(variables, list)
    assert "PASSWORD" in variables
    assert "hunter2" not in str(found)
    assert (await call("container.list", state="running"))["containers"] == [found]
    stopped = await call("container.stop", name=web)
    assert (stopped["state"], stopped["exit_code"]) == ("exited", 3)
    assert (await call("container.list", state="running"))["containers"] == []
    assert (await call("container.start", name=web))["state"] == "running"
    restarted = await call("container.restart", name=web)
    assert (restarted["state"], restarted["id"]) == ("running", found["id"])
    said = (await call("container.logs", name=web, lines=20))["lines"]
    assert isinstance(said, list)
    assert sorted({str(line).split()[-1] for line in said}) == ["service", "trouble"]


async def test_what_it_uses(web: str, call: Call) -> None:
    (use,) = (await call("container.stats"))["containers"]  # type: ignore[misc]
    assert isinstance(use, dict)
    assert use["name"] == web
    assert int(str(use["processes"])) >= 1


async def test_one_that_is_not_there(podman: Path, refused: Refused) -> None:
    for skill in ("container.inspect", "container.stop", "container.logs"):
        error = await refused(ErrorCode.NOT_FOUND, skill, name="nobody")
        assert "nobody" in error.message
