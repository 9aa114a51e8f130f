"""The supervisor as a LangGraph graph, from the table in `routes.py`. What the steps do is in `lead.py`.

Where the table stops, the graph stops at an interrupt: its place is saved, and the next consultation resumes it. The
state is ids and counters; the task graph never enters it. This module imports LangGraph (about a second): import it
late.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agents.lead import Lead, Turn
from agents.routes import FIRST, FOLLOWS, LAST, RESUMES, STOPS


class Place(TypedDict, total=False):
    """What a checkpoint holds: the run, the next step, how many were taken, and the consultation's key."""

    run: str
    next: str
    steps: int
    key: str


Supervising = CompiledStateGraph[Place, Turn, Place, Place]


class _Node(Protocol):
    def __call__(self, state: Place, *, runtime: Runtime[Turn]) -> Awaitable[Place]: ...


def build(lead: Lead, saver: BaseCheckpointSaver[str]) -> Supervising:
    """Compile the graph over a saver."""
    graph = StateGraph(Place, context_schema=Turn)
    for name, following in FOLLOWS.items():
        graph.add_node(name, _stop(name) if name in STOPS else _step(name, lead.step(name)))
        graph.add_conditional_edges(name, _next, {one: END if one == LAST else one for one in following})
    graph.add_edge(START, FIRST)
    return graph.compile(checkpointer=saver, name="supervisor")


def _next(place: Place) -> str:
    return place["next"]


def _step(name: str, act: Callable[[Turn], Awaitable[str]]) -> _Node:
    async def node(state: Place, *, runtime: Runtime[Turn]) -> Place:
        turn = runtime.context
        try:
            following = await act(turn)
        except Exception as error:
            turn.fault = error
            raise
        turn.done.append(name)
        return {"next": following, "steps": state.get("steps", 0) + 1, "key": turn.consultation.key}

    return node


def _stop(name: str) -> _Node:
    async def node(state: Place, *, runtime: Runtime[Turn]) -> Place:
        reason = interrupt({"at": name})
        return {"next": RESUMES.get((name, str(reason)), name)}

    return node
