"""The conversation itself: sends requests, shows what comes of them, goes on with sessions."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as NotYet
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal

from orchestrator.cli.ask import interactive
from orchestrator.cli.chat import view
from orchestrator.cli.chat.asking import ChatAsker
from orchestrator.cli.chat.attachments import Attached, attach, read_file
from orchestrator.cli.chat.engine import Engine
from orchestrator.cli.chat.sessions import Sessions, Turn
from orchestrator.cli.exits import CommandError, Exit, exit_of
from orchestrator.cli.lead import Interrupts, Later, Lead
from orchestrator.cli.output import answer, say, table
from orchestrator.cli.run import Wish
from orchestrator.cli.watch import Show
from orchestrator.core import followups, tables
from orchestrator.core.views import RunView

if TYPE_CHECKING:
    from orchestrator.core.requests import Request
    from orchestrator.settings import Loaded

REMEMBERED = 12
GLANCE_S = 2.0
First = Callable[[], Coroutine[Any, Any, RunView]]


class Conversation:
    """`always` holds what is allowed until this program ends: (skill, device)."""

    def __init__(self, loaded: Loaded, engine: Engine, template: Wish) -> None:
        self.loaded = loaded
        self.engine = engine
        self.template = template
        self.sessions = Sessions(loaded.settings.data_dir / "chat")
        self.always: dict[tuple[str, str], None] = {}
        self.code: int = Exit.OK
        self._views: dict[str, RunView] = {}
        self._attended: dict[str, None] = {}

    # --- messages --------------------------------------------------------------------------------------------------

    def send(self, line: str, attached: Attached) -> None:
        """A request: understood after those before it, sent, and followed to its end."""
        earlier = self._earlier()
        fleet = self.engine.call(self.engine.desk.devices())
        meaning = followups.understand(attached.text, earlier, fleet)
        match meaning:
            case followups.Unclear(reason=reason):
                raise CommandError("not_clear", reason)
            case followups.Show(form=form):
                self._show(earlier, form)
                return
        if meaning.text != attached.text:
            say(f"understood: {meaning.text}")
        turn = self.sessions.said(line, meaning.text, attached.files)
        self._submit(turn, attached.content)

    def send_again(self, turn: Turn) -> None:
        """A message that may not have been sent: under its own key it becomes one run at most."""
        content = attach(turn.said, read_file).content if turn.attached else ""
        self._submit(turn, content)

    def _submit(self, turn: Turn, content: str) -> None:
        request = self._request(turn.asked, content)
        # The key is on the disk: whatever becomes of us, the same message never becomes a second run.
        run = self.engine.call(self.engine.desk.submit(request, key=turn.key)).run
        self.sessions.began(turn, run)
        self.attend(run)

    def _request(self, text: str, content: str) -> Request:
        from dataclasses import replace

        request = replace(self.template, text=text).request(self.engine.here)
        return request.model_copy(update={"attachment": content}) if content else request

    def _earlier(self) -> list[followups.Earlier]:
        """The latest messages with their runs, oldest first; without those that this orchestrator does not know."""
        found = []
        for turn in self.sessions.now.turns[-REMEMBERED:]:
            run = turn.run
            if run and run not in self._views:
                try:
                    seen = self.engine.call(self.engine.desk.run(run))
                except Exception as error:
                    if getattr(error, "code", None) != "not_found":
                        raise
                    continue
                if seen.state.terminal:
                    self._views[run] = seen
                found.append(followups.Earlier(turn.asked, seen))
            elif run:
                found.append(followups.Earlier(turn.asked, self._views[run]))
        return found

    def _show(self, earlier: list[followups.Earlier], form: Literal["table", "json", "csv"]) -> None:
        last = earlier[-1].view
        head, rows = tables.table_of(last)
        if not rows and form != "json":
            raise CommandError("not_clear", "The last result has nothing that a table could hold.")
        if form != "table":
            answer(tables.text(last, form))
            return
        table([name.upper() for name in head], rows)

    def failed(self, error: CommandError) -> None:
        """Tell what went wrong; the program will end with its exit code."""
        say(f"asterism: {error.message} [{error.code}]")
        self.code = exit_of(error.code)

    # --- runs ------------------------------------------------------------------------------------------------------

    def runs(self) -> list[str]:
        """Those of the session, oldest first."""
        return list(dict.fromkeys(turn.run for turn in self.sessions.now.turns if turn.run))

    def attend(self, run: str, *, first: First | None = None) -> None:
        """Show a run until it has ended, or waits for somebody who puts it off; `first` steers it before."""
        self._views.pop(run, None)
        interrupts = Interrupts()
        show = view.choose(again=run in self._attended)
        self._attended[run] = None

        async def work() -> RunView:
            interrupts.main = asyncio.current_task()
            if first is not None:
                await first()
            desk = self.engine.desk
            asker = ChatAsker(desk, self.always)
            lead = Lead(desk, show, interrupts, asks=interactive(), asker=asker, lingers=True)
            try:
                return await lead.attend(run)
            except Later:
                return await desk.run(run)

        with self._interrupted_by(interrupts, run, show):
            seen = self._wait(self.engine.begin(work()))
        if seen is not None:
            self._told(seen)

    def _wait(self, future: Future[RunView]) -> RunView | None:
        while True:
            try:
                # A signal that comes just before a lock is waited for would only be seen once the wait is over.
                return future.result(GLANCE_S)
            except NotYet:
                if future.done():
                    return future.result()
            except CancelledError:
                say("not followed any more")
                return None

    @contextlib.contextmanager
    def _interrupted_by(self, interrupts: Interrupts, run: str, show: Show) -> Iterator[None]:
        """The first Ctrl-C asks the run to stop, the second leaves it, and us.

        Counted by a handler: an exception could come anywhere, in the midst of what the one before it began too.
        """

        def signalled(_number: int, _frame: FrameType | None) -> None:
            interrupts.count += 1
            if interrupts.count == 1:
                self.engine.soon(interrupts.stop)
            elif interrupts.count == 2:
                self._leave(run, show)
            else:
                os._exit(Exit.CANCELLED)

        before = signal.signal(signal.SIGINT, signalled)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _leave(self, run: str, show: Show) -> None:
        """At once, whatever hangs. The session is on the disk, the run on the orchestrator's record."""
        if isinstance(show, view.ChatTable):
            show.show_cursor()
        when = "when an orchestrator starts on this record again" if self.engine.embedded else "without us"
        say(f"\nleft; run {run} goes on {when}: `asterism chat --resume` comes back to it")
        self.engine.abandon()
        os._exit(Exit.CANCELLED)

    def _told(self, seen: RunView) -> None:
        error = f"{seen.error.message} [{seen.error.code}]" if seen.error is not None else ""
        if seen.state.terminal:
            self._views[seen.run] = seen
            for turn in [one for one in self.sessions.now.turns if one.run == seen.run]:
                self.sessions.ended(turn, seen.state, seen.answer, error)
        if seen.answer:
            answer(seen.answer)
        if seen.error is not None:
            self.failed(CommandError(seen.error.code, seen.error.message))
        elif seen.state.terminal and seen.state != "succeeded":
            say(f"run {seen.run} is {seen.state}")
            self.code = Exit.CANCELLED if seen.state == "cancelled" else Exit.FAILED
        for line in open_lines(seen):
            say(line)
            self.code = Exit.DENIED

    # --- sessions --------------------------------------------------------------------------------------------------

    def resume(self, id: str = "") -> None:
        """Go on with a session: tell where it stood, and follow what still runs."""
        session = self.sessions.resume(id)
        self.forget()
        say(f"session {session.id}, {len(session.turns)} messages")
        for turn in session.turns[-3:]:
            say(f"> {turn.said}")
            if turn.state:
                shown = (turn.error or turn.answer).strip().splitlines()
                say(f"  {turn.state}{f': {shown[0]}' if shown else ''}")
            elif not turn.run:
                say("  it may not have been sent: /retry sends it, once at most")
        for turn in [one for one in session.turns if one.run and not one.state]:
            self._catch_up(turn)

    def _catch_up(self, turn: Turn) -> None:
        try:
            self.attend(turn.run)
        except CommandError as error:
            if error.code != "not_found":
                raise
            say(f"run {turn.run} is not on the record of this orchestrator")

    def forget(self) -> None:
        """Another session is on: what was allowed for the one before is not for this."""
        self.always.clear()
        self._views.clear()


def open_lines(seen: RunView) -> list[str]:
    """What a run that was left waits for, and how to go on."""
    lines = [f"waits for approval {one.id}: {one.skill} on {one.device}: /approve or /deny" for one in seen.approvals]
    for one in seen.questions:
        lines.append(f"asks: {one.clarification.question} (/answer TEXT)")
        lines += [f"  {number}. {choice.label}" for number, choice in enumerate(one.clarification.choices, 1)]
    return lines
