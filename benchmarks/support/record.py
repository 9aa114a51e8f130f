"""Writes the logs of runs straight into a store, by the core's own decisions: what a killed system left behind.

No device takes part: placements and results are given to the run's machine, whose rows are written as the engine does.
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.core import stimuli
from orchestrator.core.edits import AddTask, EditBatch
from orchestrator.core.events import Event
from orchestrator.core.machine import RunMachine
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Store
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.state import RunState
from orchestrator.core.tasks import Dependency, Task
from orchestrator.runtime.groups import Group
from protocol.messages import Outcome, Usage
from protocol.vocabulary import Risk

BATCH = 20_000  # tasks an edit
ROWS = 2_000  # events a transaction
EPOCH = 1
NOW = 1_790_000_000.0
USAGE = Usage(seconds=0.0123)


def task(number: int, *, wide: bool) -> Task:
    """One of a run's tasks: on its own, or in chains of ten."""
    before = () if wide or number % 10 == 0 else (Dependency(task=f"t{number - 1}"),)
    return Task(id=f"t{number}", skill="test.noop", arguments={"number": number}, depends_on=before)


def recorded(
    run: str, tasks: int, *, done: int, running: Iterable[str] = (), wide: bool = True, end: bool = False
) -> Group:
    """The rows of a run: `done` tasks have succeeded, then one more runs on each device of `running`.

    `end` writes the answer too, where all are done.
    """
    machine, group = RunMachine(RunState(run)), Group()
    request = Request(
        plan=Plan.model_validate({"steps": [{"id": "t0", "skill": "test.noop"}]}), policy=RunPolicy(approve="all")
    )

    def tell(stimulus: stimuli.Stimulus, cause: str = "") -> list[Event]:
        decision = machine.handle(stimulus, NOW, cause)
        assert decision.rejected is None, decision.rejected
        group.add_events(machine.state, decision.events)
        return decision.events

    tell(stimuli.Submitted(request), "bench")
    for start in range(0, tasks, BATCH):
        edits = tuple(AddTask(task=task(n, wide=wide)) for n in range(start, min(tasks, start + BATCH)))
        tell(stimuli.EditProposed(EditBatch(base=machine.state.graph.version, edits=edits, by="bench")), "plan")
    for number in range(done):
        device = f"d{number % 100:04}"
        tell(stimuli.Placed(f"t{number}", device, EPOCH, Risk.READ, f"{device}: best of 100, 3 of 16 busy"))
        tell(
            stimuli.ResultArrived(f"t{number}", 1, device, Outcome.SUCCEEDED, {"value": "x" * 40}, None, USAGE), device
        )
    for number, device in enumerate(running, done):
        tell(stimuli.Placed(f"t{number}", device, EPOCH, Risk.READ, "the only device that fits"))
    if end:
        tell(stimuli.AnswerWritten("done", None), "settled")
    return group


async def write(store: Store, group: Group) -> None:
    """Make a run's rows durable."""
    await store.commit(group.transaction)
