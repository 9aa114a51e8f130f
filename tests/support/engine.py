"""An engine over the in-memory store, with a gateway that writes down what is sent and a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import JsonValue

from orchestrator.core import stimuli
from orchestrator.core.compiler import compile_plan
from orchestrator.core.edits import EditBatch
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Consultation
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.runtime.engine import Engine
from protocol import VERSION
from protocol.messages import GATEWAY_FRAME, AttemptRef, Dispatch, GatewayMessage, Hello, Outcome, Result, TaskError
from protocol.vocabulary import DeviceKind, DeviceProfile, Risk, SkillSpec
from storage.memory import MemoryStore

LEASE_S = 30.0


def skill(name: str, *, risk: Risk = Risk.READ, idempotent: bool = True) -> SkillSpec:
    """A skill that takes anything."""
    return SkillSpec(
        name=name,
        description="a skill of the tests",
        input_schema={"type": "object"},
        output_schema={},
        risk=risk,
        idempotent=idempotent,
    )


SKILLS = (skill("work.read"), skill("work.once", risk=Risk.WRITE, idempotent=False))


class StoppedClock:
    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time


class WrittenGateway:
    """Keeps every message, by device, in the order sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, GatewayMessage]] = []

    def send_encoded(self, name: str, body: bytes, *, soon: bool = True) -> None:
        frame = GATEWAY_FRAME.validate_json(b'{"seq":1,"ack":0,"body":[' + body + b"]}")
        self.sent.append((name, frame.body[0]))

    def drain(self, name: str, reason: str) -> None:
        raise AssertionError("nobody drains here")

    def flush(self) -> None:
        """All is written already."""

    def dispatches(self, name: str | None = None) -> list[Dispatch]:
        return [m for n, m in self.sent if isinstance(m, Dispatch) and name in (None, n)]

    def types(self) -> list[str]:
        return [message.type for _, message in self.sent]


class Listed:
    """A consultant that writes down what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Consultation] = []

    def consult(self, consultation: Consultation) -> None:
        self.asked.append(consultation)

    def forget(self, run: str) -> None:
        pass


class Bench:
    """An engine and what is around it."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore()
        self.clock = StoppedClock()
        self.gateway = WrittenGateway()
        self.consultant = Listed()
        self.engine = Engine(self.store, self.consultant, self.clock, lease_s=LEASE_S)
        self.engine.attach(self.gateway)

    async def start(self, *devices: str) -> Bench:
        await self.store.open()
        await self.engine.start()
        for name in devices:
            await self.join(name)
        return self

    async def join(
        self,
        name: str,
        *,
        running: Sequence[AttemptRef] = (),
        held: Sequence[AttemptRef] = (),
        resumed: bool = False,
        traces: bool | None = None,
    ) -> int:
        """Connect a device; its epoch."""
        hello = Hello(
            version=VERSION,
            device=f"id-{name}",
            name=name,
            kind=DeviceKind.SERVER,
            skills=SKILLS,
            slots=4,
            profile=DeviceProfile(traces=traces),
            running=tuple(running),
            held=tuple(held),
        )
        epoch = await self.store.register_device(
            name, f"id-{name}", "server", hello.model_dump_json(), self.clock.now()
        )
        self.engine.joined(hello, epoch, resumed=resumed)
        await self.settle()
        return epoch

    async def submit(self, run: str, plan: dict[str, object], **policy: object) -> None:
        """Start an explicit plan."""
        made = Plan.model_validate(plan)
        request = Request(plan=made, policy=RunPolicy.model_validate({"approve": "all", **policy}))
        compiled, problems = compile_plan(made, self.engine.roster.fleet)
        assert compiled is not None, problems
        self.engine.begin(run)
        self.engine.handle(run, stimuli.Submitted(request))
        self.engine.handle(run, stimuli.EditProposed(EditBatch(base=0, edits=compiled.edits), compiled.answer))
        await self.settle()

    async def settle(self) -> None:
        """Let the event loop run until nothing more happens by itself."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def reply(
        self, device: str, dispatch: Dispatch, output: JsonValue = None, *, error: TaskError | None = None
    ) -> None:
        """A device's result."""
        outcome = Outcome.SUCCEEDED if error is None else Outcome.FAILED
        self.engine.results(
            device,
            [
                Result(
                    run=dispatch.run,
                    task=dispatch.task,
                    attempt=dispatch.attempt,
                    epoch=dispatch.epoch,
                    outcome=outcome,
                    output=output,
                    error=error,
                )
            ],
        )
        await self.settle()
