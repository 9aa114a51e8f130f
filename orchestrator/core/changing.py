"""Changing what waits for an approval. Pure: the chat, REST and the dashboard do it alike."""

from __future__ import annotations

from orchestrator.core.edits import EditBatch, ReplaceTask
from orchestrator.core.previews import ARGUMENT
from orchestrator.core.views import GraphView
from protocol.vocabulary import JsonObject


def changed_arguments(graph: GraphView, task: str, arguments: JsonObject) -> EditBatch | None:
    """The edit that gives a task other arguments; None where it does what was previewed, and nothing else.

    Its title and its checks spoke of the old arguments: they go. The task then asks for an approval anew.
    """
    found = next((one for one in graph.tasks if one.id == task), None)
    if found is None or found.preview is not None or ARGUMENT in found.arguments:
        return None
    update = {"arguments": arguments, "title": "", "verify": None, "confirm": None}
    # What is not set is not sent: the tag of the union must be.
    edit = ReplaceTask(op="replace_task", task=found.model_copy(update=update))
    return EditBatch(base=graph.version, edits=(edit,), why="changed when asked for approval")
