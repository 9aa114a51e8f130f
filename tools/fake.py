"""A `ToolContext` for tests: real workspace, remembered words, artifacts in memory."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from protocol.errors import ErrorCode
from protocol.messages import AttemptRef
from tools.context import Stream, ToolLimits
from tools.errors import ToolError
from tools.places import Root
from tools.workspace import Workspace


@dataclass
class FakeArtifactPort:
    """Artifacts by hash. Another device is another context with the same port."""

    content: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    async def publish(self, path: Path, *, name: str = "") -> tuple[str, int]:
        data = path.read_bytes()  # noqa: ASYNC240 - a test file
        sha256 = hashlib.sha256(data).hexdigest()
        self.content[sha256] = data
        self.names[sha256] = name
        return sha256, len(data)

    async def save(self, sha256: str, path: Path) -> int:
        if sha256 not in self.content:
            raise ToolError(ErrorCode.UNKNOWN_ARTIFACT, "no artifact has this hash")
        return path.write_bytes(self.content[sha256])  # noqa: ASYNC240 - a test file


class FakeToolContext:
    """`logs` and `reports` hold what the skill said."""

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        extra: tuple[Root, ...] = (),
        limits: ToolLimits | None = None,
        artifacts: FakeArtifactPort | None = None,
    ) -> None:
        self.workspace = Workspace(root, extra)
        self.limits = limits or ToolLimits()
        self.artifacts = artifacts or FakeArtifactPort()
        self.attempt = AttemptRef(run="run", task="task", attempt=1)
        self.caller = ""
        self.approval = ""
        self.cancelled = threading.Event()
        self.cpu_seconds = 0.0
        self.peak_memory_bytes = 0
        self.logs: list[tuple[Stream, str]] = []
        self.reports: list[tuple[float | None, str]] = []

    def used(self, cpu_seconds: float, peak_memory_bytes: int) -> None:
        self.cpu_seconds += cpu_seconds
        self.peak_memory_bytes = max(self.peak_memory_bytes, peak_memory_bytes)

    async def log(self, stream: Stream, text: str) -> None:
        self.logs.append((stream, text))

    async def progress(self, fraction: float | None, message: str = "") -> None:
        self.reports.append((fraction, message))
