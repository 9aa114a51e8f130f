"""Leads one run from its submission to its end: shows it, asks, obeys Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from orchestrator.cli import ask
from orchestrator.cli.backend import Backend
from orchestrator.cli.exits import CommandError
from orchestrator.cli.output import say
from orchestrator.cli.watch import OUTSIDE, Show
from orchestrator.core import events as e
from orchestrator.core.application import Refusal
from orchestrator.core.events import RunError, RunStatus
from orchestrator.core.requests import Request
from orchestrator.core.state import RunState
from orchestrator.core.tasks import TaskStatus
from orchestrator.core.views import RunView, TaskView

WAITS_S = 2.0
"""How often it is looked for what tasks wait for. Seconds."""
_GONE = frozenset({"run_ended", "approval_closed", "no_such_approval", "no_such_question"})
Prompt = e.ApprovalRequested | e.QuestionAsked


class Later(Exception):
    """A person puts an approval or a question off: it is left for now, and the run waits or goes on without us."""


@dataclass
class Interrupts:
    """Ctrl-C: the first stops politely, the second leaves at once, whatever hangs. SIGTERM counts the same."""

    leave: Callable[[], None] = lambda: None
    polite: Callable[[], None] | None = None
    count: int = 0
    main: asyncio.Task[object] | None = None

    def install(self) -> None:
        self.main = asyncio.current_task()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._signalled)

    def _signalled(self) -> None:
        self.count += 1
        if self.count > 1:
            self.leave()
            os._exit(8)
        self.stop()

    def stop(self) -> None:
        """The polite way: what is led is asked to stop, or the waiting for it ends."""
        if self.polite is not None:
            self.polite()
        elif self.main is not None:
            self.main.cancel()


@dataclass
class Lead:
    """One run of one request over `backend`. `asker` puts what the run wants to know to a person, if `asks`.

    `lingers`: this program stays when the run is left, so that it may wait for a word until later.
    """

    backend: Backend
    show: Show
    interrupts: Interrupts
    asks: bool
    asker: ask.Asker = field(default_factory=ask.Asker)
    lingers: bool = False
    unanswered: list[str] = field(default_factory=list)
    _state: RunState = field(init=False)
    _prompts: asyncio.Queue[Prompt] = field(default_factory=asyncio.Queue)
    _all: bool = False
    _stopping: asyncio.Task[None] | None = None

    async def go(self, request: Request, key: str) -> RunView:
        """Submit a request, and attend to its run."""
        return await self.attend((await self.backend.submit(request, key=key)).run)

    async def attend(self, run: str) -> RunView:
        """The run as it stands when there is nothing more to do here. Raises Later where a person puts it off."""
        self._state = RunState(run)
        self.interrupts.polite = self._cancel_politely
        self.show.begin(self._state)
        following = asyncio.ensure_future(self._follow(run))
        prompting = asyncio.ensure_future(self._prompt())
        waiting = asyncio.ensure_future(self._waits(run))
        try:
            await asyncio.wait({following, prompting}, return_when=asyncio.FIRST_COMPLETED)
            if prompting.done():
                prompting.result()
            await following
        finally:
            for task in (following, prompting, waiting):
                task.cancel()
            await asyncio.gather(following, prompting, waiting, return_exceptions=True)
            self.show.finish()
            self.interrupts.polite = None
        return self._final(await self.backend.run(run))

    async def _follow(self, run: str) -> None:
        async for event in self.backend.follow(run):
            self._take(event)
            self.show.event(event)
            if await self._stuck():
                return

    def _take(self, event: e.Event) -> None:
        state = self._state
        state.apply(event)
        for queue in (state.ready, state.doomed, state.withdrawn):
            queue.clear()
        if isinstance(event.body, e.ApprovalRequested) and state.request.policy.approve != "ask":
            return  # the policy has the say; the record alone is asked
        if isinstance(event.body, e.ApprovalRequested | e.QuestionAsked):
            if self.asks:
                self._prompts.put_nowait(event.body)
            else:
                self.unanswered.append(_unanswered(event.body))

    async def _stuck(self) -> bool:
        """Whether the run waits for somebody who is not here. An embedded run cannot: it is told no."""
        if self.asks or not (self._state.face is RunStatus.WAITING and self.unanswered):
            return False
        view = await self.backend.run(self._state.run)
        if not (view.approvals or view.questions):
            return False  # what we read is the past: it was settled since
        if self.lingers or not self.backend.private:
            return True
        for id, approval in list(self._state.approvals.items()):
            if approval.granted is None:
                await self._try(self.backend.approve(self._state.run, id, granted=False))
        if self._state.questions:
            await self._try(self.backend.cancel(self._state.run, reason="nobody was there to answer"))
        return False

    async def _waits(self, run: str) -> None:
        """Tell what keeps a task, which no event says: its device is away."""
        while True:
            await asyncio.sleep(WAITS_S)
            if not any(self._state.count[status] for status in OUTSIDE):
                continue
            with contextlib.suppress(CommandError, Refusal):
                view = await self.backend.run(run)
                self.show.waits({task.id: task.waiting_for for task in view.tasks if _kept(task)})

    async def _prompt(self) -> None:
        """Ask one thing after the other, while the run goes on."""
        run = self._state.run
        while True:
            asked = await self._prompts.get()
            if not await self._open(asked):
                continue
            if isinstance(asked, e.QuestionAsked):
                with self.show.paused():
                    answer = await self.asker.question(asked.clarification)
                if not answer:
                    self.unanswered.append(_unanswered(asked))
                    await self._try(self.backend.cancel(run, reason="the question was not answered"))
                    return
                await self._try(self.backend.answer(run, asked.id, answer))
                continue
            verdict: ask.Verdict = "all"
            if not self._all:
                with self.show.paused():
                    verdict = await self.asker.approval(run, asked)
            if verdict == "moved":
                continue
            self._all = self._all or verdict == "all"
            await self._try(self.backend.approve(run, asked.id, granted=verdict != "no"))

    async def _open(self, asked: Prompt) -> bool:
        """Whether it still waits for a word: the log tells the past too, and others may have spoken."""
        view = await self.backend.run(self._state.run)
        return asked.id in {*(one.id for one in view.approvals), *(one.id for one in view.questions)}

    def _cancel_politely(self) -> None:
        say("\ncancelling; Ctrl-C again leaves at once")
        self._stopping = asyncio.ensure_future(self._cancel())

    async def _cancel(self) -> None:
        try:
            await self._try(self.backend.cancel(self._state.run, reason="Ctrl-C"))
        except (CommandError, Refusal) as error:
            say(f"asterism: the run could not be cancelled: {error.message} [{error.code}]")
            if self.interrupts.main is not None:
                self.interrupts.main.cancel()

    async def _try(self, steering: Awaitable[RunView]) -> None:
        """Steer the run; that it has moved on meanwhile is no error."""
        try:
            await steering
        except (CommandError, Refusal) as error:
            if error.code not in _GONE:
                raise

    def _final(self, view: RunView) -> RunView:
        """The view, with the reason why we leave where the run itself has none, or a less telling one."""
        if not self.unanswered or view.state is RunStatus.SUCCEEDED or self.lingers:
            return view
        message = "; ".join(self.unanswered)
        if not view.state.terminal:
            command = f"answer {view.run} ..." if view.questions else f"approve {view.run}"
            message = f"{message}. The run waits: `asterism {command}`."
        elif self.interrupts.count:
            return view
        error = RunError(code="needs_answer", message=message[:8000])
        return view.model_copy(update={"error": error})


def _kept(task: TaskView) -> bool:
    """Whether a task waits for its device: to be there, to have room, or to come back with what it has begun."""
    if task.status is TaskStatus.READY:
        return bool(task.waiting_for)
    return task.status in OUTSIDE and task.waiting_for.startswith(f"{task.device} to come back")


def _unanswered(asked: Prompt) -> str:
    if isinstance(asked, e.ApprovalRequested):
        return f"{asked.skill} on {asked.device} needs an approval, and nobody was there to give it"
    choices = ", ".join(choice.label for choice in asked.clarification.choices)
    return f"a question was not answered: {asked.clarification.question}{f' ({choices})' if choices else ''}"
