"""A real PostgreSQL for tests: Debian's server in a temporary folder, on loopback, stopped with the session.

`ASTERISM_TEST_POSTGRES` names another server to use instead: a URL whose user may create databases. The server runs as
an unprivileged user, because PostgreSQL refuses root, and the kernel stops it should the tests be killed.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

USER, PASSWORD = "asterism", "correct-horse"
START_S = 30.0


@dataclass(frozen=True)
class Server:
    """A running server: `admin` is the URL of a database from which others can be created."""

    admin: str
    log: Path | None = None

    def url(self, database: str) -> str:
        return self.admin.rsplit("/", 1)[0] + "/" + database


def binaries() -> Path | None:
    """The folder of the newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _account() -> pwd.struct_passwd:
    """The user to run the server as: ourselves, unless we are root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _prefix(account: pwd.struct_passwd) -> list[str]:
    """Drops root's rights, and ties the server's life to ours: it stops at once when we are gone."""
    drop = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"] if os.geteuid() == 0 else []
    return ["setpriv", "--pdeathsig=QUIT", *drop]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _initialise(programs: Path, folder: Path, account: pwd.struct_passwd) -> None:
    (folder / "password").write_text(PASSWORD)
    for path in (folder, folder / "password"):
        os.chown(path, account.pw_uid, account.pw_gid)
    options = ["--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--encoding=UTF8", "--no-sync"]
    subprocess.run(
        [*_prefix(account), str(programs / "initdb"), "-D", str(folder / "data"), "-U", USER, "--locale=C", *options],
        check=True,
        cwd=folder,
        capture_output=True,
    )


def _wait_until_ready(programs: Path, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    question = [str(programs / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        ready = subprocess.run(question, capture_output=True, check=False)
        if ready.returncode == 0:
            return
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()[-2000:]}")


class Cluster:
    """A server of a test's own, that may be stopped and started again on its port with its data."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        programs = binaries()
        if programs is None:
            raise FileNotFoundError("PostgreSQL's server is not installed (Debian: postgresql).")
        self._programs, self._folder, self._account = programs, folder, _account()
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self.port, self.log = _free_port(), folder / "log"
        _initialise(programs, folder, self._account)

    @property
    def server(self) -> Server:
        return Server(f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres", self.log)

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 60,
        }
        if not self._durable:
            settings["fsync"] = "off"
        arguments = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    *_prefix(self._account),
                    str(self._programs / "postgres"),
                    "-D",
                    str(self._folder / "data"),
                    *arguments,
                ],
                cwd=self._folder,
                stdout=output,
                stderr=output,
            )
        _wait_until_ready(self._programs, self._process, self.port, self.log)

    def stop(self) -> None:
        """Stop at once, as a crash would. Safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """A server in a temporary folder, started; `durable` leaves fsync on, for measurements."""
    folder = Path(tempfile.mkdtemp(prefix="asterism-postgres-"))
    try:
        made = Cluster(folder, durable=durable)
        try:
            made.start()
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def serve(*, durable: bool = False) -> Generator[Server, None, None]:
    """Start a server, yield it, stop it. `durable` leaves fsync on, for measurements."""
    with cluster(durable=durable) as made:
        yield made.server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The session's server; the test is skipped where there is none to be had."""
    given = os.environ.get("ASTERISM_TEST_POSTGRES")
    if given:
        yield Server(given)
    elif binaries() is None:
        pytest.skip("PostgreSQL's server is not installed")
    else:
        yield from serve()


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The URL of an empty database of this test's own."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    execute(postgres_server.admin, f"CREATE DATABASE {name}")
    yield postgres_server.url(name)
    execute(postgres_server.admin, f"DROP DATABASE {name} WITH (FORCE)")


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run one statement, in a thread, so that fixtures and tests may call it whether or not a loop runs; its rows."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(_execute(url, statement))).result()


async def _execute(url: str, statement: str) -> list[tuple[object, ...]]:
    import asyncpg  # type: ignore[import-untyped]  # Not everyone who runs tests has it.

    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(statement)]
    finally:
        await connection.close()
