"""Who may do what, over every command: by the token that it shows, against a real server."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from cyclopts import App

from orchestrator.api.testing import FakeApplication
from orchestrator.cli.exits import CommandError
from orchestrator.cli.main import build
from orchestrator.core.application import Role
from orchestrator.core.requests import Request
from tests.support.api import served

pytestmark = pytest.mark.slow
T = TypeVar("T")
RANK = {"device": 0, "viewer": 1, "operator": 2, "admin": 3}
CALLERS = ("local", "nobody", "device", "viewer", "operator", "admin", "expired", "revoked")

# Arguments that reach what the command is for, and the least role that may. {echo} and so on are runs of such requests.
REMOTE: dict[str, tuple[str, str]] = {
    "run": ("'echo hello' --approve none", "operator"),
    "devices": ("", "viewer"),
    "devices forget": ("alpha", "admin"),
    "skills": ("", "viewer"),
    "runs": ("", "viewer"),
    "runs show": ("{echo}", "viewer"),
    "show": ("{echo}", "viewer"),
    "graph": ("{echo}", "viewer"),
    "timeline": ("{echo}", "viewer"),
    "events": ("{echo}", "viewer"),
    "explain": ("{echo} echo", "viewer"),
    "logs": ("{echo}", "viewer"),
    "replay": ("{echo}", "viewer"),
    "cancel": ("{hold}", "operator"),
    "retry": ("{fail}", "operator"),
    "approve": ("{write}", "operator"),
    "answer": ("{which} alpha", "operator"),
    "edit": ("{hold} --file {batch}", "operator"),
    "undo": ("{hold} 1", "operator"),
    "ladder report": ("", "viewer"),
    "ladder list": ("", "viewer"),
    "ladder probe": ("script", "operator"),
    "support dump": ("{echo} --out {out}", "viewer"),
    "token create": ("--role viewer", "admin"),
    "token list": ("", "admin"),
    "token revoke": ("nothing", "admin"),
    "db prune": ("--older-than 2d", "admin"),
    "audit": ("", "admin"),
    "webhooks targets": ("", "admin"),
    "webhooks list": ("", "admin"),
    "webhooks test": ("nobody", "admin"),
    "webhooks retry": ("nothing", "admin"),
    "webhooks remove": ("nothing", "admin"),
}
# What shows no token, or is a way to the same: by its reason.
OTHERS = {
    "chat": "a conversation on a terminal, over the client of `run`",
    "kube": "as `run`, with a cluster as the device",
    "mcp": "serves other assistants, over the client of `run`",
    "up": "serves",
    "device": "an agent: its token is a device's, which the gateway checks",
    "bench report": "files alone",
    "bench compare": "files alone",
    "bench record": "an orchestrator of its own",
    "bench replay": "an orchestrator of its own",
    "bench run": "an orchestrator of its own",
    "bench tasks": "files alone",
    "bench ablate": "an orchestrator of its own",
    "bench validate": "an orchestrator of its own",
    "faults": "an orchestrator of its own",
    "doctor": "tells what is wrong, a refusal too",
    "config show": "this machine's settings",
    "db backup": "the database itself",
    "db restore": "the database itself",
    "db check": "the database itself",
    "completion": "a text",
}


def leaves(app: App, words: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command that can be given, by its words."""
    if words and app.default_command is not None:
        yield " ".join(words)
    for name in app:
        if not name.startswith("-"):
            yield from leaves(app[name], (*words, name))


def test_every_command_is_in_the_table() -> None:
    """A new command fails here until somebody has said who may use it."""
    assert sorted(leaves(build())) == sorted([*REMOTE, *OTHERS])


async def shown(app: FakeApplication, caller: str) -> str:
    """The token that a caller shows, empty for none."""
    if caller == "local":
        return ""
    await app.create_token("admin")
    if caller == "nobody":
        return ""
    role: Role = caller if caller in ("device", "viewer", "operator") else "admin"  # type: ignore[assignment]
    token, record = await app.create_token(role, expires_in_s=1e-6 if caller == "expired" else None)
    if caller == "revoked":
        await app.revoke_token(record.id)
    return token


def outcome(words: list[str]) -> str:
    """The code with which a command ends; empty where it ends well."""
    try:
        build()(words)
    except CommandError as error:
        return error.code
    return ""


class Behind:
    """A served application in a thread of its own: commands have the main one, as on a terminal."""

    def __init__(self, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.url = url
        self._loop = loop

    def do(self, work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


@contextlib.contextmanager
def behind(app: FakeApplication) -> Iterator[Behind]:
    there: list[Behind] = []
    ready = threading.Event()
    ends: list[Callable[[], object]] = []

    async def serving() -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with served(app) as api:
            there.append(Behind(api.url, loop))
            ends.append(lambda: loop.call_soon_threadsafe(over.set))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serving()))
    thread.start()
    assert ready.wait(30)
    try:
        yield there[0]
    finally:
        ends[0]()
        thread.join()


@pytest.mark.parametrize("caller", CALLERS)
def test_matrix(caller: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTERISM_DATA_DIR", str(tmp_path))
    (tmp_path / "config.toml").write_text("")
    monkeypatch.setenv("ASTERISM_CONFIG", str(tmp_path / "config.toml"))
    places = {"batch": str(tmp_path / "batch.json"), "out": str(tmp_path / "dump.json")}
    Path(places["batch"]).write_text('{"base": 1, "edits": [{"op": "remove_task", "task": "hold"}]}')
    app = FakeApplication()
    with behind(app) as api:
        for verb in ("echo", "hold", "fail", "write", "which"):
            places[verb], _ = api.do(app.submit(Request(text=f"{verb} it")))
        token = api.do(shown(app, caller))
        common = ["--url", api.url, *(["--token", token] if token else [])]
        for command, (arguments, right) in REMOTE.items():
            code = outcome([*command.split(), *(word.format(**places) for word in shlex.split(arguments)), *common])
            allowed = caller == "local" or RANK.get(caller, -1) >= RANK[right]
            refused = "" if allowed else "forbidden" if caller in RANK else "unauthenticated"
            assert (code if code in ("forbidden", "unauthenticated", "internal") else "") == refused, (command, code)
