"""What a model's server was found to do, and the file that remembers it.

The file holds answers of a machine, not its owner's words: where it is absent, unreadable or from another version, the
servers are probed again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from orchestrator.core.rungs import ModelSettings
from orchestrator.core.tasks import Model

VERSION = 1
FRESH_S = 7 * 86_400.0
DOUBTFUL_S = 3_600.0
_log = logging.getLogger("asterism.agents")

Form = Literal["json_schema", "json_object", "text"]


class Capabilities(Model):
    """What one model on one server does. None: it was not found out.

    `at` is the Unix time of the probe, `models` a digest of the server's list of models. `json_schema` and
    `object_schema` (a schema beside `json_object`) are true where the output obeyed a schema that the model was not
    told about; `json_object` where it was a JSON object at all. `usage`: tokens are counted for us, in streams too.
    `context_tokens` is what it takes in; `bytes_per_token` of our own kind of text.
    """

    at: float
    models: str = ""
    listed: bool | None = None
    json_schema: bool | None = None
    object_schema: bool | None = None
    json_object: bool | None = None
    streaming: bool | None = None
    usage: bool | None = None
    tools: bool | None = None
    logprobs: bool | None = None
    context_tokens: int | None = None
    bytes_per_token: float | None = None

    @property
    def form(self) -> Form:
        """The strictest form of output that is honoured."""
        if self.json_schema:
            return "json_schema"
        return "json_object" if self.object_schema or self.json_object else "text"

    def fresh(self, now: float, models: str) -> bool:
        """Whether this still holds: 7 days, an hour where the probe could not find out the form of output."""
        known = self.json_schema is not None and self.streaming is not None
        return 0 <= now - self.at < (FRESH_S if known else DOUBTFUL_S) and models == self.models


def digest(models: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(models)).encode()).hexdigest()[:16]


class CapabilityCache:
    """Capabilities by server and model; `path` None keeps them in this process. Safe for several processes."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known: dict[str, Capabilities] = {}
        self._loaded = path is None
        self._lock = asyncio.Lock()

    async def get(self, settings: ModelSettings) -> Capabilities | None:
        async with self._lock:
            await self._load()
        return self._known.get(_key(settings))

    async def put(self, settings: ModelSettings, found: Capabilities) -> None:
        """Remember it. A file that cannot be written costs the next start a probe, nothing else."""
        async with self._lock:
            await self._load()
            self._known[_key(settings)] = found
            if self._path is not None:
                await asyncio.to_thread(_write, self._path, {_key(settings): found})

    async def _load(self) -> None:
        if not self._loaded and self._path is not None:
            self._known = await asyncio.to_thread(_read, self._path)
            self._loaded = True


def _key(settings: ModelSettings) -> str:
    return f"{settings.base_url} {settings.model}"


def _read(path: Path) -> dict[str, Capabilities]:
    try:
        raw = json.loads(path.read_bytes())
        if not isinstance(raw, dict) or raw.get("version") != VERSION or not isinstance(raw.get("servers"), dict):
            return {}
        servers = raw["servers"]
    except (OSError, ValueError, RecursionError):
        return {}
    found = {}
    for key, value in servers.items():
        with suppress(ValidationError):
            found[key] = Capabilities.model_validate(value)
    return found


def _write(path: Path, news: dict[str, Capabilities]) -> None:
    """Over what other processes wrote meanwhile; a reader sees the old file or the new one."""
    servers = {key: value.model_dump(mode="json") for key, value in ({**_read(path), **news}).items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w") as file:
                json.dump({"version": VERSION, "servers": servers}, file, indent=1, sort_keys=True)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        _log.warning("what model servers can do could not be written to %s: %s", path, error)
