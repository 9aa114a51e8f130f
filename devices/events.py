"""What the executor is told, in the past tense, and what it tells the shell to do, in the imperative."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.messages import Cancel, Dispatch, Drain, Recorded, TaskError, Welcome
from protocol.vocabulary import Json, SkillSpec

Key = tuple[str, str, int]
Cost = tuple[float, float, int]
"""Of an attempt: wall seconds, CPU seconds, peak memory in bytes."""

# --- events besides the gateway's messages ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finished:
    """The tool ended: with an output, with an error, or because it was interrupted. Wall `seconds`.

    `cpu_seconds` and `peak_memory_bytes` are of the programs that it ran.
    """

    key: Key
    output: Json = None
    error: TaskError | None = None
    interrupted: bool = False
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0

    @property
    def cost(self) -> Cost:
        return self.seconds, self.cpu_seconds, self.peak_memory_bytes


@dataclass(frozen=True, slots=True)
class Sign:
    """An attempt with a heartbeat gives a sign of life. `speaking`: it begins to; else it has been heard, or dropped.

    In between it waits for us, and is not silent.
    """

    key: Key
    speaking: bool


@dataclass(frozen=True, slots=True)
class Persisted:
    """The result of a durable attempt is on disk (or cannot be brought there)."""

    key: Key


@dataclass(frozen=True, slots=True)
class Restored:
    """Results that an earlier life of this agent left on disk, as encoded messages."""

    held: tuple[tuple[Key, bytes], ...]


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The connection dropped."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """`next_deadline` has passed."""


@dataclass(frozen=True, slots=True)
class ShutdownAsked:
    """The owner stops the agent."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What the device can do is another list now. Attempts that are known already go on as they are."""

    skills: tuple[SkillSpec, ...]


Event = (
    Welcome
    | Dispatch
    | Cancel
    | Recorded
    | Drain
    | Finished
    | Sign
    | Persisted
    | Restored
    | Disconnected
    | Ticked
    | ShutdownAsked
    | Offered
)


# --- commands to the shell -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """Start the tool. `durable`: only after the start is on disk. `idempotent` as the skill says."""

    dispatch: Dispatch
    durable: bool
    idempotent: bool


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Stop the tool; `Finished` is awaited."""

    key: Key


@dataclass(frozen=True, slots=True)
class Persist:
    """Keep the result on disk, then say `Persisted`."""

    key: Key
    body: bytes


@dataclass(frozen=True, slots=True)
class Forget:
    """The attempt need not be on disk any more."""

    key: Key


@dataclass(frozen=True, slots=True)
class Send:
    """Send an encoded message."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Leave:
    """Drained: nothing runs and nothing is held."""


Command = Run | Interrupt | Persist | Forget | Send | Leave
