"""Tiny suites for tests of the benchmark: two servers, tasks of one or two steps, and what makes them go wrong."""

from __future__ import annotations

from pathlib import Path

from orchestrator.cli.benching.suite import BenchTask, Machine, Suite, SuiteFile
from protocol.vocabulary import DeviceKind, JsonObject

SERVERS = {"alpha": Machine(kind=DeviceKind.SERVER), "beta": Machine(kind=DeviceKind.SERVER)}


def step(id: str, skill: str, device: str = "alpha", **arguments: object) -> JsonObject:
    return {"id": id, "skill": skill, "arguments": arguments, "devices": {"names": [device]}}  # type: ignore[dict-item]


def holds(name: str, text: str, path: str = "out.txt", machine: str = "alpha") -> JsonObject:
    """A check: this file has exactly this text."""
    return {"kind": "file", "name": name, "machine": machine, "path": path, "text": text}


def writing(id: str = "write", *, text: str = "done", **more: object) -> BenchTask:
    """A file is written on each of the two, one beside the other. `more` replaces fields."""
    fields = {
        "id": id,
        "category": "files",
        "level": 1,
        "request": "write done to out.txt on alpha and beta",
        "max_writes": 2,
        "checks": [holds("it is on alpha", "done"), holds("it is on beta", "done", machine="beta")],
        "wrong": {"about": "only alpha has it", "files": [{"machine": "alpha", "path": "out.txt", "text": "done"}]},
        "plan": {
            "steps": [
                step("a", "file.write", path="out.txt", text=text),
                step("b", "file.write", "beta", path="out.txt", text=text),
            ]
        },
    }
    return BenchTask.model_validate({**fields, **more})


def slow(id: str = "slow", **more: object) -> BenchTask:
    """It writes a first file, then waits ten seconds for a page."""
    pages = {"pages": [{"path": "slow", "text": "here it is", "delay_s": 10}]}
    plan = {
        "steps": [
            step("begin", "file.write", path="begun.txt", text="begun"),
            {**step("wait", "http.fetch", url="{site}/slow"), "after": [{"step": "begin"}]},
        ]
    }
    return writing(id, **{"setup": pages, "plan": plan, **more})


def suite(folder: Path, *tasks: BenchTask, machines: dict[str, Machine] | None = None) -> Suite:
    wanted = machines or SERVERS
    file = SuiteFile(name="tiny", version=1, seed=7, machines=wanted, base=tuple(wanted))
    return Suite(folder, file, tuple(tasks))
