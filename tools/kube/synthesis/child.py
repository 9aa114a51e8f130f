"""The process that a written tool runs in: `python -I child.py`, speaking JSON lines over its own pipes.

It limits itself before it reads a word: processor time, memory, no files, no processes. Then it takes the first line,
`{"code", "arguments"}`, runs `tool(client, arguments)` with the builtins and modules of the lists, and asks its parent
for whatever the client is asked for. It has no credentials, an empty environment and, where the system lets it, no
network. It imports nothing of this project: it stands alone.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import json
import os
import resource
import types
from collections.abc import Callable
from typing import Any

CPU_S = 10
MEMORY = 512 << 20


NOBODY = 65_534


def limit() -> None:
    """No way back up: the hard limits are lowered too.

    The limit on processes does not hold for root, who becomes nobody first.
    """
    if os.getuid() == 0 and os.geteuid() == 0:
        with contextlib.suppress(OSError):  # in a user namespace of its own, root is somebody without rights already
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
    for what, value in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (value, value))


def modules(allowed: dict[str, list[str]]) -> dict[str, types.SimpleNamespace]:
    """The allowed names of the allowed modules, each module an object that has nothing else."""
    return {
        name: types.SimpleNamespace(**{inner: getattr(importlib.import_module(name), inner) for inner in names})
        for name, names in allowed.items()
    }


def client(ask: Callable[..., object]) -> types.SimpleNamespace:
    """What the tool sees of the cluster: questions that the parent answers."""

    def get(kind: str, name: str, namespace: str = "") -> object:
        return ask("get", kind=kind, name=name, namespace=namespace)

    def list_(kind: str, namespace: str = "", selector: str = "") -> object:
        return ask("list", kind=kind, namespace=namespace, selector=selector)

    def events(namespace: str = "", kind: str = "", name: str = "") -> object:
        return ask("events", namespace=namespace, kind=kind, name=name)

    def logs(pod: str, namespace: str, container: str = "", tail: int = 200, previous: bool = False) -> object:
        return ask("logs", pod=pod, namespace=namespace, container=container, tail=tail, previous=previous)

    def propose(skill: str, arguments: object) -> object:
        return ask("propose", skill=skill, arguments=arguments)

    return types.SimpleNamespace(get=get, list=list_, events=events, logs=logs, propose=propose)


def main() -> None:
    # The pipes are taken away from the names by which a tool might find them.
    source, sink = os.fdopen(os.dup(0), "r", encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    order = json.loads(source.readline())
    known = modules(order["modules"])
    limit()
    # The descriptors of the pipes stay; no others can be opened.
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))

    def say(message: object) -> None:
        sink.write(json.dumps(message) + "\n")
        sink.flush()

    def ask(method: str, **arguments: object) -> object:
        say({"ask": method, "arguments": arguments})
        answer = json.loads(source.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["value"]

    def allowed_import(
        name: str, globals: object = None, locals: object = None, fromlist: object = (), level: int = 0
    ) -> types.SimpleNamespace:
        if level or name not in known:
            raise ImportError(name)
        return known[name]

    names = {name: getattr(builtins, name) for name in order["builtins"] if hasattr(builtins, name)}
    space: dict[str, Any] = {"__builtins__": {**names, "__import__": allowed_import}, "__name__": "tool"}
    try:
        exec(compile(order["code"], "<tool>", "exec", dont_inherit=True), space)
        value = space["tool"](client(ask), order["arguments"])
        text = json.dumps(value, allow_nan=False)
    except MemoryError:
        say({"failed": "it needed more memory than it may have"})
    except RecursionError:
        say({"failed": "it called itself too deeply"})
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        say({"failed": f"{type(error).__name__}: {str(error)[:500]}"})
    else:
        say({"done": json.loads(text)})


if __name__ == "__main__":
    main()
