"""The supervisor as a LangGraph graph: which step follows which. What the steps do is in `lead.py`.

    understand -> plan -> start -> [under way] -> answer
                  plan -> ask -> [wait] -> plan
                  plan, start -> refuse              [under way] -> revise -> [under way]

In brackets: the graph stops at an interrupt, its place is saved, and the next consultation resumes it. The state is
ids and counters; the task graph never enters it. This module imports LangGraph (about a second): import it late.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agents.lead import END as LAST
from agents.lead import Lead, Turn

# Where a resumed graph goes on, by what it waited for and why it was called.
RESUMES = {
    ("wait", "answered"): "plan",
    ("under_way", "failed"): "revise",
    ("under_way", "settled"): "answer",
}
_FOLLOWS = {
    "understand": ("plan", "refuse", "revise", "answer", "under_way", "wait", LAST),
    "plan": ("start", "ask", "refuse"),
    "ask": ("wait",),
    "wait": ("plan", "wait", LAST),
    "start": ("under_way", "plan", "refuse", LAST),
    "under_way": ("revise", "answer", "under_way", LAST),
    "revise": ("under_way",),
    "refuse": (LAST,),
    "answer": (LAST,),
}


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
    for name, following in _FOLLOWS.items():
        stops = name in ("wait", "under_way")
        graph.add_node(name, _stop(name) if stops else _step(name, lead.step(name)))
        graph.add_conditional_edges(name, _next, {one: END if one == LAST else one for one in following})
    graph.add_edge(START, "understand")
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
