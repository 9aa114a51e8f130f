"""What the scheduler keeps: devices, classes of tasks, and runs that may do only so many tasks at once."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from orchestrator.core.commands import ReadyTask
from orchestrator.core.fleet import DeviceInfo
from orchestrator.core.tasks import Requirements

# (-priority, turn of its run, number of the offer, task): the order in which tasks are served
Entry = tuple[int, int, int, ReadyTask]


@dataclass(slots=True)
class Experience:
    """How a device did with a skill: counts, and a moving mean of the seconds that successes took."""

    succeeded: int = 0
    failed: int = 0
    seconds: float | None = None

    def learn(self, succeeded: bool, seconds: float) -> None:
        if succeeded:
            self.succeeded += 1
            self.seconds = seconds if self.seconds is None else 0.8 * self.seconds + 0.2 * seconds
        else:
            self.failed += 1


@dataclass(slots=True)
class Device:
    """A device. `queue` are the tasks that belong here and nowhere else; `parked` are some of them, see `Bound`."""

    info: DeviceInfo
    epoch: int
    cost: float
    running: int = 0
    experience: dict[str, Experience] = field(default_factory=dict)
    queue: list[Entry] = field(default_factory=list)
    parked: dict[str, list[Entry]] = field(default_factory=dict)

    @property
    def free(self) -> bool:
        return self.info.available and self.running < self.info.slots


@dataclass(slots=True)
class TaskClass:
    """Tasks that ask for the same. `candidates` are the capable devices by name; `heap` is (-score, name).

    `avoid` are candidates that are taken only where there is no other, busy or not. `fresh` are the offers since the
    class was last served, `barren` says that it had no candidate then. `parked`: see `Bound`. `taken` is by device the
    number of its latest turn, where devices take turns.
    """

    skill: str
    needs: Requirements
    allowed: tuple[str, ...]
    candidates: dict[str, None]
    heap: list[tuple[float, str]]
    avoid: tuple[str, ...] = ()
    queue: list[Entry] = field(default_factory=list)
    parked: dict[str, list[Entry]] = field(default_factory=dict)
    fresh: list[Entry] = field(default_factory=list)
    barren: bool = False
    taken: dict[str, int] = field(default_factory=dict)


Queue = TaskClass | Device


@dataclass(slots=True)
class Bound:
    """A run that may do only `most` tasks at once: those `placed`, and the `queues` beside which others wait for them.

    While the run is full, its task that comes up in a queue is parked beside it. With each place that falls free one
    task comes back into each queue, and the next one once that is placed or gone: the tasks of a queue ask for the
    same, so where the first of them cannot be placed, those behind it cannot either. So a place that falls free costs
    the logarithm of what waits, and not all of it. `turns` are the next turns of the run, by priority.
    """

    most: int
    placed: dict[str, None] = field(default_factory=dict)
    turns: dict[int, int] = field(default_factory=dict)
    queues: dict[int, Queue] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        return len(self.placed) >= self.most

    def park(self, queue: Queue) -> None:
        """Take the first task of a queue, which is this run's, out of it until the run has a place."""
        entry = heapq.heappop(queue.queue)
        heapq.heappush(queue.parked.setdefault(entry[3].run, []), entry)
        self.queues[id(queue)] = queue

    def leave(self, queue: Queue, run: str) -> None:
        """No task of this run waits beside the queue any more."""
        del queue.parked[run]
        del self.queues[id(queue)]


def all_parked(queue: Queue) -> Iterator[Entry]:
    """What waits beside a queue, run by run."""
    for entries in queue.parked.values():
        yield from entries
