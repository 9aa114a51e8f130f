"""An agent that is killed in the middle of a change to its machine: no process is left, and no list is half written.

The programs are the real ones, held up on purpose; what they change is a folder's. What was cut off can be done again.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import re
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from protocol.messages import Result
from protocol.vocabulary import JsonObject
from tests.support import debian
from tests.support.gateway import FakeGateway
from tests.support.killing import killed, until
from tools.fake import FakeToolContext
from tools.host import skills
from tools.host.machine import Machine

pytestmark = pytest.mark.slow
REPOSITORY = Path(__file__).parents[2]
TABLES = "/var/spool/cron/crontabs"
OLD = b"# mine\n5 5 * * * true\n# asterism: old\n6 6 * * * true\n"
# What holds a program up, once: the second time it goes on.
HELD = "#!/bin/sh\n[ -e /begun ] && exit 0\necho > /begun\n(while :; do :; done) &\nwhile :; do :; done\n"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may change a machine")
needs_apt = pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="dpkg is Debian's")
needs_cron = pytest.mark.skipif(
    not shutil.which("crontab") or not Path(TABLES).is_dir(), reason="cron is not installed"
)
needs_docker = pytest.mark.skipif(not shutil.which("docker"), reason="docker's client is not installed")


@dataclass
class Place:
    """The machine's folder, and how an agent of its own is begun."""

    root: Path
    work: Path
    gateway: FakeGateway
    agents: list[asyncio.subprocess.Process]

    @property
    def begun(self) -> bool:
        return (self.root / "begun").exists()

    async def agent(self, crontab: str = "exec crontab", **variables: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.host_agent", str(self.root), crontab),
            *("server", "--name", "alpha", "--url", self.gateway.url),
            *("--workspace", str(self.work), "--state-dir", str(self.root.parent / "state")),
            cwd=REPOSITORY,
            env={**os.environ, **variables},
            stderr=asyncio.subprocess.DEVNULL,
        )
        self.agents.append(process)
        await self.gateway.connected()
        return process

    async def again(self, skill: str, arguments: JsonObject, crontab: str = "exec crontab") -> JsonObject:
        """The same call as the next attempt, after the agent's end."""
        machine = Machine(root=self.root, crontab=("unshare", "--mount", "sh", "-c", crontab, "crontab"))
        context = FakeToolContext(self.work)
        context.attempt = context.attempt.model_copy(update={"attempt": 2})
        found = await skills.registry(machine).call(skill, arguments, context)
        assert isinstance(found, dict)
        return found

    async def busy(self, what: Callable[[], bool]) -> None:
        """Wait for the middle of the work. Fails where it ended before."""
        await until(lambda: what() or bool(self.gateway.of(Result)))
        assert not self.gateway.of(Result), self.gateway.of(Result)[0]


@pytest.fixture
async def place(tmp_path: Path, gateway: FakeGateway) -> AsyncIterator[Place]:
    made = Place(tmp_path / "root", tmp_path / "work", gateway, [])
    made.root.mkdir()
    made.work.mkdir()
    yield made
    for process in made.agents:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_published_file_that_is_being_fetched(place: Place, gateway: FakeGateway) -> None:
    content = os.urandom(3 * gateway.limits.chunk_bytes)
    sha256 = hashlib.sha256(content).hexdigest()
    gateway.stored[sha256] = content
    gateway.hold_after = 1
    (place.work / "model.bin").write_text("old")
    agent = await place.agent()
    await gateway.dispatch("artifact.save", {"artifact": sha256, "path": "model.bin"}, timeout_s=100.0)
    await place.busy(lambda: any(path.stat().st_size for path in place.work.glob(".asterism-*")))
    await killed(agent)
    assert (place.work / "model.bin").read_text() == "old"


# --- packages ------------------------------------------------------------------------------------------------------


@needs_root
@needs_apt
@pytest.mark.parametrize("script", ["preinst", "postinst"])
async def test_a_package_that_is_being_installed(place: Place, gateway: FakeGateway, script: str) -> None:
    repository = stocked(place, {script: HELD})
    agent = await place.agent()
    wanted: JsonObject = {"names": ["atool"], "refresh": True}
    await gateway.dispatch("package.install", wanted, timeout_s=100.0)
    await place.busy(lambda: place.begun)
    await killed(agent)
    hello = place.root / "usr/share/atool/hello"
    assert hello.exists() is (script == "postinst")
    assert list(place.root.rglob("*.dpkg-new")) == []
    assert (repository / "Packages").exists()
    assert (await place.again("package.info", {"name": "atool"}))["installed"] is False
    assert (await place.again("package.install", wanted))["count"] == 1
    assert hello.read_text() == "1.0"


@needs_root
@needs_apt
async def test_a_package_that_is_being_removed(place: Place, gateway: FakeGateway) -> None:
    stocked(place, {"prerm": HELD})
    await place.again("package.install", {"names": ["atool"], "refresh": True})
    agent = await place.agent()
    await gateway.dispatch("package.remove", {"names": ["atool"]}, timeout_s=100.0)
    await place.busy(lambda: place.begun)
    await killed(agent)
    assert (place.root / "usr/share/atool/hello").read_text() == "1.0"
    await place.again("package.remove", {"names": ["atool"]})
    assert not (place.root / "usr/share/atool").exists()


def stocked(place: Place, scripts: dict[str, str]) -> Path:
    repository = place.root.parent / "repository"
    debian.furnish(place.root, repository)
    debian.with_shell(place.root)
    (repository / "Packages").write_bytes(debian.package(repository, "atool", "1.0", scripts=scripts))
    return repository


# --- users ---------------------------------------------------------------------------------------------------------


@needs_root
@pytest.mark.skipif(not shutil.which("useradd"), reason="useradd is not installed")
@pytest.mark.parametrize(("skill", "name"), [("user.add", "anna"), ("user.remove", "bob")])
async def test_a_list_of_users_that_is_being_changed(place: Place, gateway: FakeGateway, skill: str, name: str) -> None:
    lists = accounts(place.root)
    before = {path.name: path.read_bytes() for path in lists.iterdir()}
    # Somebody else is at the lists: who wants to change them waits.
    lock = lists / "passwd.lock"
    lock.write_text(f"{os.getpid()}\0")
    agent = await place.agent()
    await gateway.dispatch(skill, {"name": name}, timeout_s=100.0)
    await place.busy(lambda: bool({"useradd", "userdel"} & {one.name() for one in below(agent)}))
    await killed(agent)
    assert {path: (lists / path).read_bytes() for path in before} == before
    lock.unlink()
    await place.again(skill, {"name": name})
    there = {line.split(":")[0] for line in (lists / "passwd").read_text().splitlines()}
    assert (name in there) is (skill == "user.add")


def below(agent: asyncio.subprocess.Process) -> list[psutil.Process]:
    return psutil.Process(agent.pid).children(recursive=True)


def accounts(root: Path) -> Path:
    lists = root / "etc"
    lists.mkdir()
    (root / "home").mkdir()
    (lists / "passwd").write_text("root:x:0:0:root:/root:/bin/bash\nbob:x:1000:1000::/home/bob:/bin/sh\n")
    (lists / "group").write_text("root:x:0:\nbob:x:1000:\n")
    (lists / "shadow").write_text("root:*:1:0:99999:7:::\nbob:!:1:0:99999:7:::\n")
    (lists / "gshadow").write_text("root:*::\nbob:!::\n")
    (lists / "login.defs").write_text("UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\nUSERGROUPS_ENAB yes\n")
    return lists


# --- cron ----------------------------------------------------------------------------------------------------------


@needs_root
@needs_cron
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("skill", ["cron.add", "cron.remove"])
async def test_a_table_of_cron_that_is_being_changed(
    place: Place, gateway: FakeGateway, skill: str, moment: str
) -> None:
    tables = place.root.parent / "tables"
    tables.mkdir()
    hold = f"echo > '{place.root}/begun'; while :; do :; done"
    write = {"before": hold, "after": f'crontab "$@"; {hold}'}[moment]
    mount = f"mount --bind '{tables}' {TABLES}"
    await table(mount, OLD)
    before = (tables / "root").read_bytes()
    agent = await place.agent(
        f'{mount} && for last; do :; done; if [ "$last" = - ]; then {write}; fi; exec crontab "$@"'
    )
    added: JsonObject = {"id": "new", "schedule": "@daily", "command": "true"}
    wanted = added if skill == "cron.add" else {"id": "old"}
    await gateway.dispatch(skill, wanted, timeout_s=100.0)
    await place.busy(lambda: place.begun)
    await killed(agent)
    left = (tables / "root").read_bytes()
    assert (left == before) is (moment == "before")
    assert os.listdir(tables) == ["root"]
    if moment == "before":
        await place.again(skill, wanted, f'{mount} && exec crontab "$@"')
        left = (tables / "root").read_bytes()
    after = OLD + b"# asterism: new\n@daily true\n" if skill == "cron.add" else OLD.partition(b"# asterism")[0]
    assert left.endswith(after)


async def table(mount: str, content: bytes) -> None:
    process = await asyncio.create_subprocess_exec(
        "unshare", "--mount", "sh", "-c", f"{mount} && exec crontab -", stdin=asyncio.subprocess.PIPE
    )
    await process.communicate(content)
    assert process.returncode == 0


# --- containers ----------------------------------------------------------------------------------------------------

INSPECTED = {
    "Id": "8d1f0c2b9a7e4f60aa",
    "Name": "/web",
    "State": {"Status": "running", "Running": True, "ExitCode": 0, "StartedAt": "2026-11-21T09:00:00Z"},
    "Config": {"Image": "nginx:1.27", "Env": []},
    "HostConfig": {"LogConfig": {"Type": "json-file"}},
    "NetworkSettings": {"Ports": {}},
}


class Daemon(BaseHTTPRequestHandler):
    """As Docker's daemon answers its client: it knows one container, and anything done to that takes for ever."""

    protocol_version = "HTTP/1.1"
    asked: list[str]

    def do_GET(self) -> None:
        if re.fullmatch(r"/v[\d.]+/containers/\w+/json", self.path):
            self.say(json.dumps(INSPECTED).encode())
        elif self.path.endswith("/_ping"):
            self.say(b"OK")
        else:
            self.hold()

    do_POST = do_HEAD = do_GET

    def say(self, body: bytes) -> None:
        self.send_response(200)
        for name, value in (("Api-Version", "1.44"), ("OSType", "linux"), ("Content-Type", "application/json")):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def hold(self) -> None:
        self.asked.append(self.path)
        with contextlib.suppress(OSError):
            self.connection.recv(1)  # until the client is gone
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr."""


@pytest.fixture
def daemon() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Held", (Daemon,), {"asked": asked}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"tcp://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


@needs_docker
@pytest.mark.parametrize("verb", ["start", "stop", "restart", "logs"])
async def test_a_container_that_is_being_changed(
    place: Place, gateway: FakeGateway, daemon: tuple[str, list[str]], verb: str
) -> None:
    url, asked = daemon
    agent = await place.agent(DOCKER_HOST=url)
    await gateway.dispatch(f"container.{verb}", {"name": "web"}, timeout_s=100.0)
    await place.busy(lambda: bool(asked))
    assert "docker" in {one.name() for one in below(agent)}
    await killed(agent)
    assert [path.partition("?")[0].rpartition("/")[2] for path in asked] == [verb]
