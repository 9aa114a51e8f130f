"""Skills for containers, where Docker or Podman is there. What is told of one comes from the engine's `inspect`."""

from __future__ import annotations

import json
import os
import re
from typing import Annotated, Final, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject, Risk
from tools.arguments import Lines, Output
from tools.bounds import Budget, room
from tools.errors import ToolError, printable
from tools.host.engines import engines
from tools.host.machine import HostContext, ask, failed
from tools.skill import skill

Engine = Literal["docker", "podman"]
SECONDS: Final = 120.0
_PLACES: Final = (
    "HOME", "XDG_RUNTIME_DIR", "DOCKER_HOST", "DOCKER_CONFIG",
    "CONTAINER_HOST", "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF",
)  # fmt: skip
_FORMAT: Final = "{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.PIDs}}"
_AMOUNT = re.compile(r"([\d.]+)\s*([KMGT]?)(i?)B", re.IGNORECASE)

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")]


class Container(Output):
    """`variables` are names only: their values are often secrets."""

    id: str
    name: str
    image: str
    state: str
    exit_code: int | None
    started: str
    ports: list[str]
    variables: list[str]
    engine: Engine


class Containers(Output):
    containers: list[Container]
    count: int
    truncated: bool


class Logs(Output):
    name: str
    lines: list[str]
    truncated: bool


class Use(Output):
    name: str
    cpu_percent: float
    memory_bytes: int
    processes: int


class Uses(Output):
    containers: list[Use]
    count: int


@skill(
    "container.list",
    timeout_s=60,
    examples=(
        "which containers are running?",
        "list the docker containers of the server",
        "show all containers with their state",
        "podman ps -a",
    ),
)
async def list_(context: HostContext, *, state: Literal["running", "exited"] | None = None) -> Containers:
    """List the containers of this machine.

    Args:
        state: Only containers in this state.
    """
    ids = (await _ask(context, "ps", "--all", "--quiet", "--no-trunc")).split()
    found = [one for one in await _inspected(context, *ids) if state is None or one.state == state]
    budget = Budget(room(context))
    kept = [one for one in found if budget.take(one)]
    return Containers(containers=kept, count=len(found), truncated=len(kept) < len(found))


@skill(
    "container.inspect",
    timeout_s=60,
    examples=(
        "tell me about the container web",
        "which image does the container db run?",
        "is the container cache up?",
        "docker inspect web",
    ),
)
async def inspect(context: HostContext, *, name: Name) -> Container:
    """Tell the state, image and ports of a container.

    Args:
        name: The container, by name or id.
    """
    return (await _inspected(context, name))[0]


@skill(
    "container.logs",
    timeout_s=60,
    examples=(
        "show the logs of the container web",
        "last 100 lines of the docker container db",
        "what did the container cache say?",
        "docker logs web",
    ),
)
async def logs(context: HostContext, *, name: Name, lines: Lines = 100) -> Logs:
    """Tell the last lines that a container said.

    Args:
        name: The container.
        lines: How many of them at most.
    """
    said = await ask(context, _engine(), "logs", "--tail", str(lines), name, seconds=SECONDS, more=_variables())
    if said.code:
        raise failed(_engine(), said)
    found = [printable(line) for line in (said.text + said.complaint).splitlines()]
    budget = Budget(room(context))
    kept = [line for line in reversed(found) if budget.take(line)][::-1]
    return Logs(name=name, lines=kept, truncated=len(kept) < len(found) or said.dropped)


@skill(
    "container.stats",
    timeout_s=60,
    examples=(
        "how much memory do the containers use?",
        "which container takes the most CPU?",
        "docker stats",
        "resource use of the containers on the server",
    ),
)
async def stats(context: HostContext) -> Uses:
    """Tell how much CPU and memory the running containers use."""
    found = parse_stats(await _ask(context, "stats", "--no-stream", "--format", _FORMAT))
    return Uses(containers=found, count=len(found))


@skill(
    "container.start",
    risk=Risk.WRITE,
    timeout_s=SECONDS,
    examples=(
        "start the container web",
        "bring the docker container db up",
        "docker start cache",
        "start the stopped container web",
    ),
)
async def start(context: HostContext, *, name: Name) -> Container:
    """Start a container, and see that it runs.

    Args:
        name: The container.
    """
    return await _act(context, "start", name, "running")


@skill(
    "container.stop",
    risk=Risk.DESTRUCTIVE,
    timeout_s=SECONDS,
    examples=(
        "stop the container web",
        "take the docker container db down",
        "docker stop cache",
        "stop the running container web",
    ),
)
async def stop(context: HostContext, *, name: Name) -> Container:
    """Stop a container, and see that it is stopped.

    Args:
        name: The container.
    """
    return await _act(context, "stop", name, "exited")


@skill(
    "container.restart",
    risk=Risk.WRITE,
    timeout_s=SECONDS,
    examples=(
        "restart the container web",
        "bounce the docker container db",
        "docker restart cache",
        "stop the container web and start it again",
    ),
)
async def restart(context: HostContext, *, name: Name) -> Container:
    """Stop a container and start it again, and see that it runs.

    Args:
        name: The container.
    """
    return await _act(context, "restart", name, "running")


def _engine() -> Engine:
    found = engines()
    if not found:
        raise ToolError(ErrorCode.UNAVAILABLE, "this device has no container engine that its agent may speak to")
    return "docker" if "docker" in found else "podman"


def _variables() -> dict[str, str]:
    """What says where the engine and its containers are."""
    return {name: os.environ[name] for name in _PLACES if name in os.environ}


async def _ask(context: HostContext, *arguments: str, system: bool = False) -> str:
    said = await ask(context, _engine(), *arguments, seconds=SECONDS, more=_variables(), system=system)
    if said.code:
        raise failed(_engine(), said)
    return said.text


async def _inspected(context: HostContext, *names: str) -> list[Container]:
    if not names:
        return []
    return parse_inspect(await _ask(context, "inspect", "--type", "container", *names), _engine())


async def _act(context: HostContext, verb: str, name: str, wanted: str) -> Container:
    await _inspected(context, name)
    # What Podman starts is its own child: it would have this call's limits, and end with it.
    await _ask(context, verb, name, system=True)
    (after,) = await _inspected(context, name)
    if after.state != wanted:
        raise ToolError(ErrorCode.TOOL_FAILED, f"the container `{name}` is {after.state} after `{verb}`: see its logs")
    return after


def parse_inspect(text: str, engine: Engine) -> list[Container]:
    """Containers from `inspect`, which says the same in both engines. Raises ToolError(TOOL_FAILED)."""
    try:
        found = json.loads(text)
        return [_container(one, engine) for one in (found if isinstance(found, list) else [found])]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolError(ErrorCode.TOOL_FAILED, f"{engine} says what is no list of containers") from error


def _container(one: JsonObject, engine: Engine) -> Container:
    state, config = _object(one["State"]), _object(one["Config"])
    ports = _object(_object(one.get("NetworkSettings")).get("Ports"))
    status = str(state.get("Status", ""))
    return Container(
        id=str(one["Id"])[:12],
        name=printable(str(one["Name"]).lstrip("/")),
        image=printable(str(config.get("Image") or one.get("ImageName", ""))),
        state="exited" if status == "stopped" else status,
        exit_code=None if status == "running" else int(str(state.get("ExitCode", 0))),
        started=str(state.get("StartedAt", ""))[:19],
        ports=[_port(inside, outside) for inside, outside in sorted(ports.items())],
        variables=sorted(str(pair).partition("=")[0] for pair in _list(config.get("Env"))),
        engine=engine,
    )


def _port(inside: str, outside: Json) -> str:
    hosts = [f"{one.get('HostIp', '')}:{one.get('HostPort', '')}" for one in _list(outside) if isinstance(one, dict)]
    return f"{', '.join(hosts)} -> {inside}" if hosts else inside


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def parse_stats(text: str) -> list[Use]:
    """Use from `stats`, a container a line."""
    found = []
    for line in text.splitlines():
        parts = line.split("\t")
        if len(parts) == 4:
            name, cpu, memory, processes = parts
            found.append(
                Use(
                    name=printable(name),
                    cpu_percent=float(cpu.rstrip("%")) if cpu.rstrip("%").replace(".", "", 1).isdigit() else 0.0,
                    memory_bytes=_bytes(memory.partition("/")[0]),
                    processes=int(processes) if processes.strip().isdigit() else 0,
                )
            )
    return found


def _bytes(text: str) -> int:
    """`1.5MiB` and `12.3kB`, as engines write amounts."""
    found = _AMOUNT.search(text)
    if found is None:
        return 0
    step = 1024 if found[3] else 1000
    return int(float(found[1]) * step ** ["", "K", "M", "G", "T"].index(found[2].upper()))
