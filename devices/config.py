"""The settings of a device agent."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import ValidationError

from devices.errors import ConfigError
from devices.tracing import asked
from protocol.addresses import check_base_url
from protocol.credentials import parse_token
from protocol.vocabulary import NAME, CallLimits, DeviceKind
from tools.browser.settings import BrowserSettings
from tools.desktop.settings import DesktopSettings
from tools.edge.settings import EdgeSettings
from tools.kube.settings import KubeSettings
from tools.mcp.settings import McpServer
from tools.phone.settings import PhoneSettings

DEFAULT_URL = "http://127.0.0.1:8460"
AGENT_PATH = "/v1/agent"
DEFAULT_LIMITS = CallLimits(memory_bytes=2 << 30, processes=256)
_NAME = re.compile(NAME)
_WIRE = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


def call_limits(memory_bytes: int | None, cpu_seconds: float | None, processes: int | None) -> CallLimits:
    """The device's limits of one tool call; None is the default. Raises ConfigError."""
    given = {"memory_bytes": memory_bytes, "cpu_seconds": cpu_seconds, "processes": processes}
    said = {name: value for name, value in given.items() if value is not None}
    try:
        return CallLimits.model_validate({**DEFAULT_LIMITS.model_dump(), **said})
    except ValidationError:
        message = "--max-memory is at least 1048576 bytes, --max-cpu more than 0 seconds, --max-processes at least 1."
        raise ConfigError(message) from None


def default_slots() -> int:
    """Attempts at once: two a core, at least 8."""
    return max(8, 2 * (os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """How one device agent runs. Raises ConfigError for what cannot work.

    `url` is the orchestrator's base URL. `workspace` is the folder that tasks work in; `allow` are more folders, each
    read-only where it ends in `:ro`. `state_dir` keeps the device's identity and what must survive a crash; by
    default it lies in the user's state folder, by name. `test_skills` mounts the skills for tests and benchmarks.
    `private_network` lets `http.*` speak to private addresses. `kube` is for the kind kubernetes alone, `edge` for the
    kind edge, `phone` for phones, `desktop` and `browser` for desktops. `mcp` are MCP servers whose tools become its
    skills. `databases` is the file of those that `sql.*` may be asked by name. `limits` is the most that the programs
    of one tool call may take, whatever its task asks for. `traces`: spans of tool calls are told (default: where
    `ASTERISM_TRACES` says so). `seed` makes ids repeatable.
    """

    name: str
    workspace: Path
    kind: DeviceKind = DeviceKind.SERVER
    url: str = DEFAULT_URL
    token: str | None = field(default=None, repr=False)
    state_dir: Path | None = None
    labels: dict[str, str] = field(default_factory=dict)
    slots: int = field(default_factory=default_slots)
    allow: tuple[str, ...] = ()
    test_skills: bool = False
    private_network: bool = False
    kube: KubeSettings | None = None
    phone: PhoneSettings | None = None
    mcp: tuple[McpServer, ...] = ()
    edge: EdgeSettings | None = None
    desktop: DesktopSettings | None = None
    browser: BrowserSettings | None = None
    databases: Path | None = None
    limits: CallLimits = DEFAULT_LIMITS
    traces: bool = field(default_factory=asked)
    seed: int = field(default_factory=lambda: secrets.randbits(64))

    def __post_init__(self) -> None:
        for name in (self.name, *self.labels):
            if not _NAME.fullmatch(name):
                raise ConfigError(f"{name!r} is no name: letters, digits, '.', '_' and '-', at most 64 of them.")
        if len(self.labels) > 64 or any(len(value) > 500 for value in self.labels.values()):
            raise ConfigError("A device has at most 64 labels, of at most 500 characters each.")
        if not 1 <= self.slots <= 1024:
            raise ConfigError("--slots is a number from 1 to 1024.")
        if self.kube is not None and self.kind is not DeviceKind.KUBERNETES:
            raise ConfigError(f"A device of the kind {self.kind.value} has no cluster: leave the settings of one out.")
        if self.edge is not None and self.kind is not DeviceKind.EDGE:
            raise ConfigError(f"A device of the kind {self.kind.value} has no sensors: --sensors is for the kind edge.")
        if self.phone is not None and self.kind is not DeviceKind.PHONE:
            raise ConfigError(f"A device of the kind {self.kind.value} is no phone: leave the settings of one out.")
        if self.browser is not None and self.kind is not DeviceKind.DESKTOP:
            raise ConfigError(f"A device of the kind {self.kind.value} has no browser: leave the settings of one out.")
        if self.desktop is not None and self.kind is not DeviceKind.DESKTOP:
            raise ConfigError(f"A device of the kind {self.kind.value} has no display: --display is for desktops.")
        if self.databases is not None and self.kind not in (DeviceKind.SERVER, DeviceKind.DESKTOP):
            raise ConfigError(f"A device of the kind {self.kind.value} asks no databases: leave --databases out.")
        if self.limits.memory_bytes is None or self.limits.processes is None:
            raise ConfigError("A device bounds the memory and the processes of a tool call.")
        agent_url(self.url)
        if self.token is not None:
            try:
                parse_token(self.token)
            except ValueError as error:
                raise ConfigError(str(error)) from None

    @property
    def state(self) -> Path:
        """Where the agent keeps its state."""
        if self.state_dir is not None:
            return self.state_dir
        from platformdirs import user_state_path

        return user_state_path("asterism") / "devices" / self.name


def make_workspace(folder: Path) -> str:
    """See to it that a device's workspace is there; what is to be said about it, empty where it was there already.

    One folder is made, not those above it: where its parent is missing too, the path is more likely mistyped than
    meant. Raises ConfigError.
    """
    try:
        folder.mkdir()
    except FileExistsError:
        if folder.is_dir():
            return ""
        raise ConfigError(f"--workspace {folder} is not a folder.") from None
    except FileNotFoundError:
        missing = folder.parent
        while not missing.parent.exists():
            missing = missing.parent
        raise ConfigError(f"--workspace {folder}: there is no {missing}. Make that folder, or mend the path.") from None
    except OSError as error:
        raise ConfigError(f"--workspace {folder} cannot be used: {error.strerror}.") from None
    return f"made the folder {folder} for this device's tasks"


def agent_url(base: str) -> str:
    """The WebSocket address below a base URL: `http://host:8460` gives `ws://host:8460/v1/agent`."""
    try:
        parts = urlsplit(check_base_url(base, tuple(_WIRE)))
    except ValueError as error:
        raise ConfigError(f"--url is a base URL such as {DEFAULT_URL}: {error}.") from None
    path = parts.path
    return urlunsplit(
        (_WIRE[parts.scheme], parts.netloc, path if path.endswith(AGENT_PATH) else path + AGENT_PATH, "", "")
    )
