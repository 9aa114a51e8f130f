"""`asterism device`: a device agent in this process. Loads nothing of the orchestrator's libraries."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

from cyclopts import Parameter

from orchestrator.cli.browser import BrowserFlags
from orchestrator.cli.caps import LimitFlags
from orchestrator.cli.cluster import ClusterFlags, require_client, require_kubeconfig
from orchestrator.cli.desktop import DesktopFlags
from orchestrator.cli.exits import CommandError
from orchestrator.cli.local import machine_name
from orchestrator.cli.logs import configure
from orchestrator.cli.mounts import McpFlags
from orchestrator.cli.options import Common
from orchestrator.cli.output import say
from orchestrator.cli.phone import PhoneFlags

if TYPE_CHECKING:
    from devices.config import DeviceSettings
    from tools.edge.settings import EdgeSettings

Kind = Literal["desktop", "server", "phone", "edge", "kubernetes"]


def device(
    kind: Annotated[Kind, Parameter(help="What this machine is.")],
    /,
    *,
    name: Annotated[str | None, Parameter(help="What people call it (default: the machine's name).")] = None,
    workspace: Annotated[Path | None, Parameter(help="The folder that tasks work in (default: this one).")] = None,
    label: Annotated[tuple[str, ...], Parameter(help="key=value; may be repeated.")] = (),
    slots: Annotated[int | None, Parameter(help="Attempts at once (default: two a core, at least 8).")] = None,
    allow: Annotated[tuple[str, ...], Parameter(help="Another folder for tasks; DIR:ro is read-only.")] = (),
    state_dir: Annotated[Path | None, Parameter(help="Where identity and unsent results are kept.")] = None,
    private_network: Annotated[bool, Parameter(help="Let HTTP skills reach private addresses.")] = False,
    test_skills: Annotated[bool, Parameter(help="Mount the skills for tests and benchmarks.")] = False,
    sensors: Annotated[Path | None, Parameter(help="edge: TOML file of sensors, actuators and broker.")] = None,
    databases: Annotated[Path | None, Parameter(help="server: TOML file of databases that tasks may name.")] = None,
    cluster: ClusterFlags | None = None,
    phone: PhoneFlags | None = None,
    desktop: DesktopFlags | None = None,
    browser: BrowserFlags | None = None,
    mcp: McpFlags | None = None,
    limits: LimitFlags | None = None,
    common: Common | None = None,
) -> int:
    """Run a device agent until it is stopped, drained, or refused."""
    from devices.config import DeviceSettings, default_slots, make_workspace
    from devices.errors import AgentError, RefusedError
    from devices.loop import run
    from protocol.vocabulary import DeviceKind

    settings = (common or Common()).load(log_level=None if common and common.debug else "info").settings
    configure(settings.log_level)
    cluster = cluster or ClusterFlags()
    if kind == "kubernetes":
        require_client()
        require_kubeconfig(cluster.kubeconfig)
    else:
        cluster.refuse(kind)
    if sensors is not None:
        require_mqtt(kind)
    phone = phone or PhoneFlags()
    if kind != "phone":
        phone.refuse(kind)
    desktop = desktop or DesktopFlags()
    browser = browser or BrowserFlags()
    if kind != "desktop":
        desktop.refuse(kind)
        browser.refuse(kind)
    try:
        chosen = DeviceSettings(
            name=name or ("simulated-phone" if phone.simulated else machine_name()),
            kind=DeviceKind(kind),
            url=settings.url,
            token=settings.token.get_secret_value() if settings.token is not None else None,
            workspace=(workspace or Path.cwd()).expanduser().absolute(),
            state_dir=state_dir,
            labels=dict(_label(text) for text in label),
            slots=slots if slots is not None else default_slots(),
            allow=allow,
            test_skills=test_skills,
            private_network=private_network,
            kube=cluster.settings() if kind == "kubernetes" else None,
            phone=phone.settings() if kind == "phone" else None,
            mcp=(mcp or McpFlags()).servers(),
            edge=_edge(sensors),
            desktop=desktop.settings() if kind == "desktop" else None,
            browser=browser.settings() if kind == "desktop" else None,
            databases=databases.expanduser().absolute() if databases is not None else None,
            limits=(limits or LimitFlags()).settings(),
        )
        if made := make_workspace(chosen.workspace):
            say(made)
        if chosen.edge is not None and not chosen.mcp:
            _become(chosen, chosen.edge)
        run(_until_signalled(chosen))
    except RefusedError as error:
        message = f"The orchestrator refused this device ({error.code.value}): {error}"
        raise CommandError("denied", message) from None
    except AgentError as error:
        raise CommandError("bad_configuration", str(error)) from None
    return 0


def _become(settings: DeviceSettings, edge: EdgeSettings) -> NoReturn:
    """Go on as an agent without the command line's libraries: a small box has not twice the memory to spare."""
    from orchestrator.cli.local import child_environment

    given = {
        "--name": settings.name,
        "--url": settings.url,
        "--workspace": str(settings.workspace),
        "--state-dir": str(settings.state.absolute()),
        "--slots": str(settings.slots),
        "--sensors": str(edge.sensors),
        "--max-memory": settings.limits.memory_bytes,
        "--max-processes": settings.limits.processes,
        **({} if settings.limits.cpu_seconds is None else {"--max-cpu": settings.limits.cpu_seconds}),
    }
    words = [f"{flag}={value}" for flag, value in given.items()]
    words += [f"--label={name}={value}" for name, value in settings.labels.items()]
    words += [f"--allow={folder}" for folder in settings.allow]
    words += ["--private-network"] if settings.private_network else []
    words += ["--test-skills"] if settings.test_skills else []
    environment = child_environment()
    if settings.token is not None:
        environment["ASTERISM_TOKEN"] = settings.token
    os.execve(sys.executable, [sys.executable, "-m", "devices.main", "edge", *words], environment)


def _edge(sensors: Path | None) -> EdgeSettings | None:
    from tools.edge.settings import EdgeSettings

    return None if sensors is None else EdgeSettings(sensors.expanduser().absolute())


def require_mqtt(kind: str) -> None:
    """Raises CommandError where a device of another kind is given sensors, or the MQTT client is not installed."""
    if kind != "edge":
        raise CommandError("usage", f"--sensors is for the kind edge, not for {kind}.")
    try:
        if importlib.util.find_spec("paho.mqtt") is not None:
            return
    except ModuleNotFoundError:
        pass
    raise CommandError("missing_extra", "The MQTT client is missing. Run `pip install 'asterism[edge]'`.")


async def _until_signalled(settings: DeviceSettings) -> None:
    from devices.run import run_device

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run_device(settings, stop=stop)


def _label(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise CommandError("usage", f"A label reads key=value; {text!r} does not.")
    return name, value
