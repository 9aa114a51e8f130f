"""MCP servers mounted on a device: their tools come into its registry, and leave it, as the servers do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Never

import structlog
from mcp_types import Tool

from tools.mcp.connection import Connection
from tools.mcp.settings import McpServer
from tools.mcp.skills import McpSkill, skills_of
from tools.registry import Registry

log = structlog.get_logger("asterism.device")

PATIENCE_S = 10.0
"""How long a device waits for its servers before it registers without those that have not answered."""
SKILLS = 512
BYTES = 400 << 10
"""Bounds of a registration, which is one frame: all skills, and the specifications of mounted tools."""


@asynccontextmanager
async def mounted(servers: Iterable[McpServer], registry: Registry, workspace: Path) -> AsyncIterator[Mounts]:
    """Start the servers; end them, and all that they started, at the end."""
    await asyncio.to_thread(workspace.mkdir, parents=True, exist_ok=True)
    connections = [Connection(server, workspace) for server in servers]
    tasks = [asyncio.create_task(one.run()) for one in connections]
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                for one in connections:
                    await one.tried.wait()
        yield Mounts(connections, tasks, registry)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Mounts:
    """The mounted servers of one device."""

    def __init__(self, connections: list[Connection], tasks: list[asyncio.Task[Never]], registry: Registry) -> None:
        self._connections = connections
        self._tasks = tasks
        self._registry = registry
        self._known: dict[str, tuple[tuple[Tool, ...], list[McpSkill]]] = {}

    def update(self) -> Mapping[str, str]:
        """Bring the registry to what the servers offer by now; which of it cannot be used, by name, and why."""
        away: dict[str, str] = {}
        for task in self._tasks:
            if task.done():  # by a fault of ours: a server's only loses its connection
                task.result()
        for one in self._connections:
            tools, skills = self._known.get(one.server.name, ((), []))
            if tools is not one.tools:
                skills = self._exchange(one, skills)
                self._known[one.server.name] = (one.tools, skills)
            if one.away:
                away.update((skill.spec.name, one.away) for skill in skills)
        return away

    def _exchange(self, connection: Connection, old: list[McpSkill]) -> list[McpSkill]:
        for skill in old:
            self._registry.remove(skill.spec.name)
        skills, refused = skills_of(connection)
        left = BYTES - sum(_size(skill) for _, skills in self._known.values() for skill in skills)
        kept: list[McpSkill] = []
        for skill in skills:
            left -= _size(skill)
            if skill.spec.name in self._registry:
                refused.append(f"{skill.spec.name}: the device has a skill of this name")
            elif left < 0 or len(self._registry) >= SKILLS:
                refused.append(f"{skill.spec.name}: the device has all the skills that it can register")
            else:
                self._registry.add(skill)
                kept.append(skill)
        if refused:
            log.warning("tools that are no skills", server=connection.server.name, tools=refused[:20], all=len(refused))
        return kept


def _size(skill: McpSkill) -> int:
    return len(skill.spec.model_dump_json())
