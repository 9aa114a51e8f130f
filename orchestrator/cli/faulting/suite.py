"""Runs profiles: the work without faults, the work with them, and what the difference was."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from agents.scripted_server import say
from orchestrator.cli.exits import CommandError
from orchestrator.cli.faulting.profiles import Profile, Stage
from orchestrator.cli.faulting.work import Ended, Kind, Tally, Work, judge, make
from orchestrator.cli.faulting.world import Temporary, World
from orchestrator.cli.owned import away, patient
from orchestrator.core.events import QuestionAsked, RunStatus
from orchestrator.core.views import RunView
from protocol.failpoints import Mode, Rule

PASS_S = 120.0
"""Longest that the work of one pass may take; what has not ended then is lost."""
POLL_S = 0.05


@dataclass(slots=True)
class Pass:
    """One pass over the work: what came of it, seconds from the first request to the last end, questions answered."""

    tally: Tally
    seconds: float
    asked: int = 0


@dataclass(slots=True)
class Finding:
    """A profile's outcome. `faults` says how often what was done; `problem` why it could not be carried out."""

    profile: str
    tally: Tally
    seconds: float = 0.0
    baseline_s: float = 0.0
    asked: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    problem: str = ""

    @property
    def verdict(self) -> str:
        """`ok`, or the worst that was found; `no fault` where nothing went wrong, so that nothing was shown."""
        if self.problem:
            return "broken"
        for name in ("doubled", "lost", "wrong"):
            if getattr(self.tally, name):
                return name
        return "ok" if self.faults else "no fault"


class Suite:
    """Profiles on one world. `runs` is how many runs a pass has; `seed` decides numbers, victims and chances."""

    def __init__(self, world: World, *, runs: int, seed: int, patience_s: float = PASS_S) -> None:
        self._world = world
        self._runs = runs
        self._seed = seed
        self._patience_s = patience_s
        self._baselines: dict[Kind, Pass] = {}
        self._passes = 0
        # Words of one suite are in no ledger of another.
        self._id = secrets.token_hex(3)

    async def profile(self, profile: Profile) -> Finding:
        """Run one profile: without faults where that was not done yet, then with. Everything is mended at the end."""
        if profile.kind not in self._baselines:
            await self._pass(profile.kind, _nothing)  # the first one also pays for what is loaded late
            self._baselines[profile.kind] = await self._pass(profile.kind, _nothing)
        baseline = self._baselines[profile.kind]
        finding = Finding(profile.name, baseline.tally, baseline_s=baseline.seconds)
        if not baseline.tally.clean:
            finding.problem = "the work does not even come out right without faults"
            return finding
        stage = Stage(self._world, Random(f"{self._seed}:{profile.name}"), self._seed)
        starts, before = self._world.starts, await self._fired()

        async def act() -> None:
            await profile.act(stage)

        passed = await self._pass(profile.kind, act, finding)
        after = await self._fired()
        if profile.kind == "spoken":
            await self._all_down(passed.tally)
        finding.tally, finding.seconds, finding.asked = passed.tally, passed.seconds, passed.asked
        # An orchestrator that was started again counts from nought.
        since = before if self._world.starts == starts else {}
        finding.faults = dict(+(Counter(after) - Counter(since) + Counter(stage.done)))
        return finding

    async def _fired(self) -> dict[str, int]:
        return (await self._world.client.faults()).fired

    # --- one pass ----------------------------------------------------------------------------------------------

    async def _pass(self, kind: Kind, act: Callable[[], Awaitable[None]], finding: Finding | None = None) -> Pass:
        """The work, while `act` acts. What goes wrong with acting is the finding's problem."""
        self._passes += 1
        words = [f"{self._id}.p{self._passes}.r{number}" for number in range(self._runs)]
        works = [make(kind, word, self._seed, self._world.place) for word in words]
        acting = asyncio.ensure_future(self._act(act, finding))
        questions: list[str] = []
        began = time.monotonic()
        try:
            if kind == "spoken":
                await asyncio.wait({acting})
            ended = await self._all(works, questions, one_by_one=kind == "spoken")
            seconds = time.monotonic() - began
        finally:
            acting.cancel()
            await asyncio.wait({acting})
        if not acting.cancelled():
            acting.result()
        await self._world.heal()
        told = [await self._told(one) for one in ended]
        tally = judge(told, await self._world.lines(), await self._world.marks())
        return Pass(tally, seconds, len(questions))

    async def _act(self, act: Callable[[], Awaitable[None]], finding: Finding | None) -> None:
        """Make the faults. Where that fails, the finding says so, and the work is not left without its system."""
        try:
            await act()
        except (CommandError, OSError) as error:
            if finding is None:
                raise
            finding.problem = f"the faults could not be made: {error}"
            await self._world.heal()

    async def _all(self, works: Sequence[Work], questions: list[str], *, one_by_one: bool) -> list[Ended]:
        if not one_by_one:
            return list(await asyncio.gather(*(self._one(work, questions) for work in works)))
        found = []
        for work in works:
            self._prime(work)
            found.append(await self._one(work, questions))
        return found

    def _prime(self, work: Work) -> None:
        """The model servers answer with this work's plan from now on."""
        if isinstance(self._world, Temporary) and work.plan is not None:
            self._world.models.behaviours = (say(work.plan),)

    async def _one(self, work: Work, questions: list[str]) -> Ended:
        """Submit one work and see it to its end, whatever is away meanwhile."""
        run = ""
        try:
            async with asyncio.timeout(self._patience_s):
                run = (await patient(lambda: self._world.client.submit(work.request, key=work.word))).run
                while not (view := await patient(lambda: self._world.client.run(run))).state.terminal:
                    if view.state is RunStatus.WAITING:
                        await self._answer(work, view, questions)
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            return Ended(work, run)
        return Ended(work, run, view)

    async def _told(self, one: Ended) -> Ended:
        """With the run as it stands now, and its log."""
        if not one.run:
            return one
        client = self._world.client
        view = await patient(lambda: client.run(one.run))
        return Ended(one.work, one.run, view, await patient(lambda: client.events(one.run)))

    async def _answer(self, work: Work, view: RunView, questions: list[str]) -> None:
        """What became of a task is not known: look, as a person would, and say so."""
        client = self._world.client
        try:
            asked = [event.body for event in await client.events(view.run) if isinstance(event.body, QuestionAsked)]
            lines = await self._world.lines()
            for question in view.questions:
                task = next((one.task for one in asked if one.id == question.id), None)
                done = work.lines.get(task or "") in lines
                await client.answer(view.run, question.id, "succeeded" if done else "retry")
                questions.append(question.id)
        except CommandError as error:
            # Away, or answered already: the next look will tell.
            if error.code not in ("no_such_question", "run_ended") and not away(error):
                raise

    async def _all_down(self, tally: Tally) -> None:
        """With no model at all a run must say so, and must not claim to have done anything."""
        client = self._world.client
        self._passes += 1
        work = make("spoken", f"{self._id}.p{self._passes}.none", self._seed, self._world.place)
        self._prime(work)
        await client.enable_fault("model", Rule(mode=Mode.REFUSE, count=10_000))
        ended = await self._one(work, [])
        await self._world.heal()
        told = await self._told(ended)
        if told.view is None or told.view.state is not RunStatus.FAILED or told.view.error is None:
            state = told.view.state.value if told.view is not None else "gone"
            tally.wrong.append(f"without any model the run {told.run} should fail and say why; it is {state}")
        elif told.view.error.code != "no_plan" or told.view.tasks:
            tally.wrong.append(f"without any model the run {told.run} failed with {told.view.error.code}")
        if set(work.lines.values()) & set(await self._world.lines()):
            tally.wrong.append(f"without any model the run {told.run} did something")


async def _nothing() -> None:
    """No fault."""
