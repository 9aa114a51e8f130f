"""Steps of plans as a client sends them, and what became of them."""

from __future__ import annotations

from tests.support.processes import Json


def step_on(home: str, id: str, skill: str, *after: str, device: str = "", **arguments: object) -> Json:
    """One call of a skill, on `home` or the device that is named, after the steps that are named."""
    return {
        "id": id,
        "skill": skill,
        "arguments": arguments,
        "devices": {"names": [device or home]},
        "after": [{"step": one} for one in after],
    }


def outputs(view: Json) -> dict[str, dict[str, object]]:
    """What each task of a run gave, by its id."""
    return {task["id"]: task["output"] for task in view["tasks"]}  # type: ignore[attr-defined, index, union-attr]
