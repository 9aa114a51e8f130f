"""The settings of a device agent."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
from platformdirs import user_state_path

from devices.errors import ConfigError
from protocol.credentials import parse_token
from protocol.vocabulary import NAME, DeviceKind

DEFAULT_URL = "http://127.0.0.1:8460"
AGENT_PATH = "/v1/agent"
_NAME = re.compile(NAME)


def default_slots() -> int:
    """Attempts at once: two a core, at least 8."""
    return max(8, 2 * (psutil.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """How one device agent runs. Raises ConfigError for what cannot work.

    `url` is the orchestrator's base URL. `workspace` is the folder that tasks work in; `allow` are more folders, each
    read-only where it ends in `:ro`. `state_dir` keeps the device's identity and what must survive a crash; by
    default it lies in the user's state folder, by name. `test_skills` mounts the skills for tests and benchmarks.
    `private_network` lets `http.*` speak to private addresses. `seed` makes back-off and ids repeatable.
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
    seed: int = field(default_factory=lambda: secrets.randbits(64))

    def __post_init__(self) -> None:
        for name in (self.name, *self.labels):
            if not _NAME.fullmatch(name):
                raise ConfigError(f"{name!r} is no name: letters, digits, '.', '_' and '-', at most 64 of them.")
        if len(self.labels) > 64 or any(len(value) > 500 for value in self.labels.values()):
            raise ConfigError("A device has at most 64 labels, of at most 500 characters each.")
        if not 1 <= self.slots <= 1024:
            raise ConfigError("--slots is a number from 1 to 1024.")
        agent_url(self.url)
        if self.token is not None:
            try:
                parse_token(self.token)
            except ValueError as error:
                raise ConfigError(str(error)) from None

    @property
    def state(self) -> Path:
        """Where the agent keeps its state."""
        return self.state_dir or user_state_path("asterism") / "devices" / self.name


def agent_url(base: str) -> str:
    """The WebSocket address below a base URL: `http://host:8460` gives `ws://host:8460/v1/agent`."""
    parts = urlsplit(base)
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(f"--url is a base URL such as {DEFAULT_URL}.")
    path = parts.path.rstrip("/")
    return urlunsplit((scheme, parts.netloc, path if path.endswith(AGENT_PATH) else path + AGENT_PATH, "", ""))
