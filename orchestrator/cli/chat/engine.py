"""The event loop behind the conversation: a thread with a connection to an orchestrator, or with one of our own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from orchestrator.cli.backend import Backend
from orchestrator.cli.local import machine_name

if TYPE_CHECKING:
    from orchestrator.cli.embedded import Begun
    from orchestrator.core.edits import EditBatch
    from orchestrator.core.egress import LedgerEntry
    from orchestrator.core.views import DeviceView, EditResult, RunItem, RunView
    from orchestrator.settings import Settings
    from protocol.vocabulary import SkillSpec

T = TypeVar("T")


class Desk(Backend, Protocol):
    """What a conversation needs beyond a run: a REST client fulfils it, and an embedded orchestrator."""

    async def runs(self, *, status: str | None = None, limit: int = 50) -> list[RunItem]: ...

    async def devices(self) -> list[DeviceView]: ...

    async def skills(self) -> list[SkillSpec]: ...

    async def egress(self, run: str | None = None) -> list[LedgerEntry]: ...

    async def edit(self, run: str, batch: EditBatch) -> EditResult: ...

    async def undo(self, run: str, version: int) -> EditResult: ...

    async def retry(self, run: str, tasks: Sequence[str] = ()) -> RunView: ...


class Engine:
    """`desk` speaks to the orchestrator; whatever awaits it goes through `call` or `begin`."""

    desk: Desk
    here: str | None
    """This machine's name, where it is a device there."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._begun: Begun | None = None
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, daemon=True, name="chat")

    @property
    def embedded(self) -> bool:
        return self._begun is not None

    def start(self) -> None:
        """Connect; start an orchestrator of our own where none is reachable. From the main thread.

        Raises CommandError, or StoreError.
        """
        from orchestrator.cli.run import reachable

        if not reachable(self._settings):
            from orchestrator.cli.embedded import begin

            self._begun = begin(self._settings)
        self._thread.start()
        self._started.result()

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Its result. Ctrl-C gives it up."""
        future = self.begin(work)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise

    def soon(self, work: Callable[[], None]) -> None:
        """Call something in the loop's thread."""
        self._loop.call_soon_threadsafe(work)

    def close(self) -> None:
        """Let go; an orchestrator of our own ends, and what runs on it goes on when the next one starts."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
        self.abandon()

    def abandon(self) -> None:
        """Leave nothing of ours behind, without waiting for anybody."""
        if self._begun is not None:
            from orchestrator.cli.embedded import end

            end(self._begun)

    # --- in the thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._live())
        except BaseException as error:  # noqa: BLE001 - whoever waits for the start, or calls, is told
            if not self._started.done():
                self._started.set_exception(error)
        finally:
            self._loop.close()

    async def _live(self) -> None:
        async with self._connected() as desk:
            self.desk = desk
            name = machine_name()
            found = [view for view in await desk.devices() if view.name == name and view.kind != "kubernetes"]
            self.here = name if found else None
            self._started.set_result(None)
            await self._stop.wait()

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[Desk]:
        if self._begun is None:
            from orchestrator.cli.client import Client

            async with Client(self._settings) as client:
                yield client
            return
        from orchestrator.cli import embedded
        from orchestrator.cli.logs import configure

        configure(self._settings.log_level)
        async with embedded.embedded(self._settings, self._begun) as backend:
            yield backend
