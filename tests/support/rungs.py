"""The real program with model rungs: scripted servers over HTTP in a thread, `asterism up` and devices as processes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import httpx2

from agents.scripted_server import Behaviour, Say, ScriptedModelServer, say
from orchestrator.core.plan import Declined
from tests.support.processes import PATIENCE_S, Json, Processes, processes

NO = say(Declined(reason="no skill for it", code="not_understood"))


def asks(number: object, device: str = "alpha") -> str:
    """A request that the embedded planner does not understand, and a model does."""
    return f"zeig mir notes{number}.txt auf {device}"


def reads(number: object, device: str = "alpha", **more: object) -> Say:
    """What a good model answers to it."""
    return steps({**step(number, device), **more})


def step(number: object, device: str = "alpha") -> Json:
    return {
        "id": "read",
        "skill": "file.read",
        "arguments": {"path": f"notes{number}.txt"},
        "devices": {"mode": "one", "names": [device]},
    }


def steps(*given: Json, **more: object) -> Say:
    return Say(json.dumps({"plan": {"steps": given, **more}}))


@dataclass
class World(Processes):
    """`models` are the rungs of every program that is started from here on, `settings` other variables."""

    models: list[Json] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        # A busy machine must not look like a device that died.
        patient = {"ASTERISM_HEARTBEAT_S": "10", "ASTERISM_LEASE_S": "25"}
        return {**super().env, **patient, "ASTERISM_MODELS": json.dumps(self.models), **self.settings}

    @cached_property
    def client(self) -> httpx2.Client:
        """One for all: what a TLS context costs, a test with hundreds of requests feels."""
        return httpx2.Client(base_url=self.url, timeout=PATIENCE_S)

    def get(self, path: str) -> Json:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def post(self, path: str, body: Json) -> Json:
        answer = self.client.post(path, json=body)
        assert answer.status_code < 300, answer.text
        found: Json = answer.json()
        return found

    def ask(self, text: str, **policy: object) -> Json:
        """Submit a request in plain language; the run once it has ended or waits."""
        view = self.post("/v1/runs?wait=30", {"text": text, "policy": {"approve": "all", **policy}})
        return view if view["state"] not in ("planning", "running") else self.wait(str(view["run"]))

    def events(self, run: str) -> list[Json]:
        found = self.get(f"/v1/runs/{run}/events?after=0")["events"]
        assert isinstance(found, list)
        return [one["body"] for one in found]

    def dispatched(self, run: str) -> list[str]:
        """The tasks that were ever sent to a device, by the record."""
        return [str(one["task"]) for one in self.events(run) if one["type"] == "task_dispatched"]

    def files(self, name: str = "alpha") -> dict[str, str]:
        """What lies in a device's workspace."""
        root = self.workspace(name)
        return {str(one.relative_to(root)): one.read_text() for one in sorted(root.rglob("*")) if one.is_file()}


@contextlib.contextmanager
def world(folder: Path, *models: Json, **settings: str) -> Iterator[World]:
    """As `processes`, with model rungs."""
    with processes(folder) as plain:
        found = World(plain.folder, plain.port, plain.programs, models=list(models), settings=settings)
        with found.client:
            yield found


@dataclass
class Servers:
    """Model servers whose event loop runs in a thread, by name."""

    by_name: dict[str, ScriptedModelServer]
    loop: asyncio.AbstractEventLoop

    def script(self, name: str, *behaviours: Behaviour) -> None:
        async def here() -> None:
            self.by_name[name].script(*behaviours)

        asyncio.run_coroutine_threadsafe(here(), self.loop).result(10)

    def asked(self, name: str) -> int:
        """How many questions the server got since its script was set."""
        return len(self.by_name[name].answered)

    def heard(self, name: str) -> str:
        """All that the server was told since then, as text."""
        return "\n".join(json.dumps(one.body, ensure_ascii=False) for one in self.by_name[name].requests)

    def rung(self, name: str, **more: object) -> Json:
        """Its settings: with a price, not probed, soon out of patience."""
        url = self.by_name[name].base_url
        tier = "cloud" if name == "cloud" else "local"
        given = {"name": name, "base_url": url, "model": "scripted", "tier": tier, "probe": False, "timeout_s": 5.0}
        return {**given, "input_usd": 1.0, "output_usd": 2.0, **more}


@contextlib.contextmanager
def servers(*names: str) -> Iterator[Servers]:
    """One scripted model server for each name; they decline until told otherwise."""
    started: Future[tuple[Servers, asyncio.Event]] = Future()

    async def live() -> None:
        async with contextlib.AsyncExitStack() as stack:
            made = {name: await stack.enter_async_context(ScriptedModelServer(NO)) for name in names}
            stop = asyncio.Event()
            started.set_result((Servers(made, asyncio.get_running_loop()), stop))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    found, stop = started.result(PATIENCE_S)
    try:
        yield found
    finally:
        found.loop.call_soon_threadsafe(stop.set)
        thread.join()
