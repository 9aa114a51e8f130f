"""What the core raises.

    CoreError
    |-- EditError           an edit batch that would break an invariant, or is stale
    |-- TransitionError     a step that the transition table does not have: a bug, told with the task's story
    `-- InvariantError      `validate()` found the state inconsistent: a bug

`code` is stable and shown to users; see docs/errors.md.
"""

from __future__ import annotations


class CoreError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class EditError(CoreError):
    """The batch was not applied; the graph is as it was."""


class TransitionError(CoreError):
    """A transition that is not in the table. `story` is what happened to the task so far."""

    def __init__(self, task: str, start: str, finish: str, story: str) -> None:
        super().__init__("internal", f"task {task} cannot go from {start} to {finish}; its story: {story}")
        self.task = task
        self.story = story


class InvariantError(CoreError):
    """An invariant does not hold."""

    def __init__(self, invariant: str, message: str) -> None:
        super().__init__("internal", f"{invariant}: {message}")
        self.invariant = invariant
