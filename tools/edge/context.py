"""What an edge skill sees besides its attempt's surroundings: the box, its rules and its store."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from protocol.vocabulary import Json, JsonObject
from tools.context import Surrounded, ToolContext
from tools.edge.box import Box
from tools.edge.keeper import Keeper
from tools.edge.sending import Sender
from tools.edge.store import Store
from tools.registry import Registry


@dataclass(frozen=True, slots=True)
class Edge:
    """The parts of one edge device."""

    box: Box
    store: Store
    keeper: Keeper
    sender: Sender | None
    work: tuple[asyncio.Task[None], ...] = ()

    def check(self) -> None:
        """Raises what ended anything that should go on for good: a fault of ours, which ends the device."""
        for task in (*self.work, *self.keeper.work):
            if task.done() and not task.cancelled():
                task.result()


class EdgeContext(Surrounded):
    """A `ToolContext` with `edge`."""

    __slots__ = ("edge",)

    def __init__(self, context: ToolContext, edge: Edge) -> None:
        super().__init__(context)
        self.edge = edge


class EdgeRegistry(Registry):
    """Skills that get an `EdgeContext`."""

    def __init__(self, edge: Edge) -> None:
        super().__init__()
        self._edge = edge

    async def call(self, name: str, arguments: JsonObject, context: ToolContext) -> Json:
        """As `Registry.call`."""
        return await super().call(name, arguments, EdgeContext(context, self._edge))
