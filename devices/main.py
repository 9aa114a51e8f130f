"""`python -m devices.main KIND --name N --url U --workspace DIR`: one device agent, without the rest of the program.

Exit codes: 0 stopped or drained, 2 usage, 3 configuration, 5 refused by the gateway.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

if __name__ == "__main__" and ("server" in sys.argv[1:2] or any(word.startswith("--sensors") for word in sys.argv)):
    # Such agents are small. structlog loads these where they are installed: for tracebacks that are never drawn here,
    # 5 MB, and for green threads that are none here, 1 MB.
    sys.modules["rich"] = sys.modules["greenlet"] = None  # type: ignore[assignment]

import structlog

from devices.config import DEFAULT_URL, DeviceSettings, call_limits, default_slots, make_workspace
from devices.errors import AgentError, ConfigError, RefusedError
from devices.loop import run
from devices.run import run_device
from protocol.vocabulary import DeviceKind
from tools.browser.settings import BrowserSettings
from tools.desktop.settings import DesktopSettings
from tools.edge.settings import EdgeSettings
from tools.kube.settings import PROTECTED, KubeSettings
from tools.mcp.settings import McpServer, mounts
from tools.phone.settings import PhoneSettings


class Serve(Protocol):
    """Runs one agent until `stop` is set. Raises AgentError."""

    async def __call__(self, settings: DeviceSettings, *, stop: asyncio.Event) -> None: ...


KUBE_FLAGS = (
    "kubeconfig",
    "context",
    "as_user",
    "as_groups",
    "callers",
    "read_only",
    "protected",
    "max_objects",
    "max_scale_down",
    "freeze",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run an agent until it is stopped, drained or refused; the exit code."""
    return run_agent(_parser().parse_args(arguments), run_device)


def run_agent(parsed: argparse.Namespace, serve: Serve) -> int:
    """Have `serve` run the agent that the arguments describe; the exit code."""
    # The answer of a program goes to stdout; this one has none.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        settings = _settings(parsed)
        if made := make_workspace(settings.workspace):
            sys.stderr.write(f"{made}\n")
        # uvloop is quick with many connections, and takes memory that an agent with one has other use for.
        small = settings.edge is not None or settings.kind is DeviceKind.SERVER
        (asyncio.run if small else run)(_until_signalled(settings, serve))
    except RefusedError as error:
        sys.stderr.write(f"The orchestrator refused this device ({error.code.value}): {error}\n")
        return 5
    except AgentError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


async def _until_signalled(settings: DeviceSettings, serve: Serve) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(settings, stop=stop)


def _settings(parsed: argparse.Namespace) -> DeviceSettings:
    labels: dict[str, str] = {}
    for text in parsed.label:
        name, _, value = text.partition("=")
        labels[name] = value
    return DeviceSettings(
        name=parsed.name,
        kind=DeviceKind(parsed.kind),
        url=parsed.url,
        token=parsed.token or os.environ.pop("ASTERISM_TOKEN", None),
        workspace=parsed.workspace,
        state_dir=parsed.state_dir,
        labels=labels,
        slots=parsed.slots,
        allow=tuple(parsed.allow),
        test_skills=parsed.test_skills,
        private_network=parsed.private_network,
        kube=_kube(parsed),
        phone=_phone(parsed),
        mcp=_mounts(parsed),
        edge=None if parsed.sensors is None else EdgeSettings(parsed.sensors.expanduser().absolute()),
        desktop=DesktopSettings(parsed.display) if parsed.display else None,
        browser=_browser(parsed),
        databases=None if parsed.databases is None else parsed.databases.expanduser().absolute(),
        limits=call_limits(parsed.max_memory, parsed.max_cpu, parsed.max_processes),
    )


def _phone(parsed: argparse.Namespace) -> PhoneSettings | None:
    """What the flags of a phone say; None where none is given. DeviceSettings refuses them for other kinds."""
    given = {name: value for name in ("serial", "adb_server", "simulated") if (value := getattr(parsed, name))}
    return PhoneSettings(**given) if given else None


def _browser(parsed: argparse.Namespace) -> BrowserSettings | None:
    """What the flags of a browser say; None where none is given. DeviceSettings refuses them for other kinds."""
    if not (parsed.browser or parsed.browser_host or parsed.browser_window):
        return None
    try:
        return BrowserSettings(parsed.browser, tuple(parsed.browser_host), parsed.browser_window)
    except ValueError as error:
        raise ConfigError(f"--browser-host: {error}.") from None


def _kube(parsed: argparse.Namespace) -> KubeSettings | None:
    """What the flags of a cluster say; None where none is given. DeviceSettings refuses them for other kinds."""
    given = {name: value for name in KUBE_FLAGS if (value := getattr(parsed, name)) not in (None, False, [])}
    for name in ("as_groups", "protected"):
        if name in given:
            given[name] = (*(PROTECTED if name == "protected" else ()), *given[name])
    return KubeSettings(**given) if given else None


def _mounts(parsed: argparse.Namespace) -> tuple[McpServer, ...]:
    try:
        return mounts(parsed.mcp, parsed.mcp_risk, parsed.mcp_env)
    except ValueError as error:
        raise ConfigError(str(error)) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devices.main", description="An Asterism device agent.")
    parser.add_argument("kind", choices=[kind.value for kind in DeviceKind])
    add_options(parser)
    return parser


def add_options(parser: argparse.ArgumentParser, name: str | None = None) -> None:
    """The options of every agent; `name` is what the device is called where nothing else is said."""
    parser.add_argument("--name", required=name is None, default=name, help="what people call the device")
    parser.add_argument("--url", default=DEFAULT_URL, help="the orchestrator's base URL")
    parser.add_argument("--token", default=None, help="a device token, where the orchestrator asks for one")
    parser.add_argument("--workspace", type=Path, default=Path("."), help="the folder that tasks work in")
    parser.add_argument("--state-dir", type=Path, default=None, help="where identity and unsent results are kept")
    parser.add_argument("--label", action="append", default=[], metavar="K=V")
    parser.add_argument("--slots", type=int, default=default_slots(), help="attempts that run at once")
    parser.add_argument("--allow", action="append", default=[], metavar="DIR[:ro]", help="another folder for tasks")
    parser.add_argument("--private-network", action="store_true", help="let http skills speak to private addresses")
    parser.add_argument("--test-skills", action="store_true", help="mount the skills for tests and benchmarks")
    parser.add_argument("--max-memory", type=int, metavar="BYTES", help="memory of one tool call")
    parser.add_argument("--max-cpu", type=float, metavar="SECONDS", help="CPU time of one tool call")
    parser.add_argument("--max-processes", type=int, metavar="N", help="processes of one tool call at once")
    mcp = parser.add_argument_group("of MCP servers")
    mcp.add_argument("--mcp", action="append", default=[], metavar="NAME=COMMAND|URL", help="mount a server's tools")
    mcp.add_argument("--mcp-risk", action="append", default=[], metavar="NAME[.TOOL]=read|write|destructive")
    mcp.add_argument("--mcp-env", action="append", default=[], metavar="NAME=VARIABLE", help="hand on a variable")
    parser.add_argument("--sensors", type=Path, help="edge: the TOML file of sensors, actuators and broker")
    parser.add_argument("--databases", type=Path, help="server: the TOML file of databases that tasks may name")
    cluster = parser.add_argument_group("of a cluster")
    cluster.add_argument("--kubeconfig", type=Path)
    cluster.add_argument("--context")
    cluster.add_argument("--as", dest="as_user", metavar="USER")
    cluster.add_argument("--as-group", dest="as_groups", action="append", default=[], metavar="GROUP")
    cluster.add_argument("--callers", type=Path, help="identities of those who ask")
    cluster.add_argument("--read-only", action="store_true")
    cluster.add_argument("--protect", dest="protected", action="append", default=[], metavar="NAMESPACE")
    cluster.add_argument("--max-objects", type=int)
    cluster.add_argument("--max-scale-down", type=float, metavar="SHARE")
    cluster.add_argument("--freeze", metavar="TEXT", help="why nothing may be changed now")
    parser.add_argument("--browser", default="", help="desktop: the browser's program")
    parser.add_argument("--browser-host", action="append", default=[], help="desktop: the browser opens this host only")
    parser.add_argument("--browser-window", action="store_true", help="desktop: the browser has a window")
    parser.add_argument("--display", default="", help="desktop: the X display, such as :0; by default DISPLAY")
    phone = parser.add_argument_group("of a phone")
    phone.add_argument("--serial", default="", help="which phone, where several are there; or HOST:PORT")
    phone.add_argument("--adb-server", default="", metavar="[HOST:]PORT")
    phone.add_argument("--simulated", action="store_true", help="no phone, but a program that behaves like one")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):  # a Ctrl-C before the loop runs
        sys.exit(main())
    sys.exit(130)
