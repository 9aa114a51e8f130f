"""The product as people run it: an orchestrator and a device at the cluster, each a process of its own."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from benchmarks.kube.refs import Object
from benchmarks.kube.verify import Outcome
from benchmarks.support.served import Served, served

DEVICE = "cluster"
PATIENCE_S = 120.0
NO_MODELS = {"models": "[]"}
# Codes of a run that ended without a plan: the product would not, and says why.
UNWILLING = frozenset({"no_plan", "needs_answer", "denied", "unsupported"})
_ENDED = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Said:
    """What came of a request: the run as REST shows it, and its whole event log."""

    view: Object
    events: list[Object]
    seconds: float

    @property
    def outcome(self) -> Outcome:
        state, error = self.view["state"], self.view.get("error") or {}
        if state == "succeeded":
            return "done"
        asks = bool(self.view.get("questions")) and state == "waiting"
        return "declined" if asks or error.get("code") in UNWILLING else "failed"

    @property
    def answer(self) -> str:
        """All that a person is told at the end."""
        error = self.view.get("error") or {}
        told = [self.view.get("answer", ""), error.get("message", "")]
        told += [str(task["error"]["message"]) for task in self.view.get("tasks", []) if task.get("error")]
        for question in self.view.get("questions", []):
            asked = question["clarification"]
            told += [asked["question"], *(choice["label"] for choice in asked.get("choices", []))]
        return "\n".join(dict.fromkeys(text for text in told if text))

    @property
    def skills(self) -> list[str]:
        return [str(task["skill"]) for task in self.view.get("tasks", [])]

    @property
    def approvals(self) -> set[str]:
        """Ids of the approvals that were granted."""
        bodies = [event["body"] for event in self.events]
        return {body["id"] for body in bodies if body["type"] == "approval_resolved" and body["granted"]}


class Product:
    """Submits requests over REST, bound to the cluster's device, with every write approved."""

    def __init__(self, http: httpx2.AsyncClient, device: str = DEVICE) -> None:
        self._http = http
        self._device = device

    async def ask(self, text: str) -> Said:
        """To the end of the run, or to its question, after which it is cancelled."""
        return await self._submit({"text": text, "policy": {"approve": "all", "devices": [self._device]}})

    async def carry_out(self, plan: Object) -> Said:
        """A ready plan, for measurements."""
        return await self._submit({"plan": plan, "policy": {"approve": "all"}})

    async def _submit(self, request: Object) -> Said:
        began = time.perf_counter()
        sent = await self._http.post("/v1/runs", params={"wait": PATIENCE_S}, json=request)
        seconds = time.perf_counter() - began
        sent.raise_for_status()
        view = sent.json()
        if view["state"] not in _ENDED:
            await self._http.post(f"/v1/runs/{view['run']}/cancel")
        return Said(view, await self._events(view["run"]), seconds)

    async def _events(self, run: str) -> list[Object]:
        found: list[Object] = []
        while True:
            query = {"after": found[-1]["seq"] if found else 0, "limit": 10_000}
            page = await self._http.get(f"/v1/runs/{run}/events", params=query, headers={"accept": "application/json"})
            page.raise_for_status()
            if not page.json()["events"]:
                return found
            found += page.json()["events"]

    async def await_device(self, process: subprocess.Popen[bytes]) -> None:
        """Until the device takes work. Raises SystemExit where its process ends instead."""
        while True:
            devices = (await self._http.get("/v1/devices")).json()["devices"]
            if any(one["name"] == self._device and one["online"] for one in devices):
                return
            if process.poll() is not None:
                raise SystemExit(f"The cluster's device ended with {process.returncode}; its words are above.")
            await asyncio.sleep(0.05)


@asynccontextmanager
async def product(kubeconfig: Path, settings: Mapping[str, str], *words: str) -> AsyncIterator[Product]:
    """`settings` are the orchestrator's, by the name of their variable; `words` more for the device."""
    with served(**settings) as made:
        made.start()
        made.await_health()
        process = _device(made, kubeconfig, *words)
        async with httpx2.AsyncClient(base_url=made.base, timeout=PATIENCE_S + 30, trust_env=False) as http:
            found = Product(http)
            try:
                await found.await_device(process)
                yield found
            finally:
                process.terminate()
                process.wait()


def _device(made: Served, kubeconfig: Path, *words: str) -> subprocess.Popen[bytes]:
    workspace = made.folder / "workspace"
    workspace.mkdir()
    where = ["--url", made.base, "--workspace", str(workspace), "--state-dir", str(made.folder / "state")]
    where += ["--kubeconfig", str(kubeconfig), "--name", DEVICE, *words]
    return made.spawn("orchestrator.cli.main", "device", "kubernetes", *where)
