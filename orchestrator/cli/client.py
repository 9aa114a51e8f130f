"""The command line's client: the library's own, whose failures end a command and name its options."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import TypeVar

from orchestrator.cli.exits import CommandError
from orchestrator.client.asynchronous import AsyncClient
from orchestrator.client.calls import Call
from orchestrator.client.errors import ClientError
from orchestrator.core.events import Event
from orchestrator.core.requests import Request
from orchestrator.core.views import RunView
from orchestrator.settings import Settings

T = TypeVar("T")

_MESSAGES = {
    "unreachable": "No orchestrator answers at {url}: start one with `asterism up`, or give --url.",
    "not_asterism": "What answers at {url} is no orchestrator of this version: check --url.",
}


class Client(AsyncClient):
    """One orchestrator over REST. Every failure is a CommandError with the code that the orchestrator gave.

    Nothing is tried again: a person waits, and a command may start an orchestrator of its own where none answers.
    """

    private = False

    def __init__(self, settings: Settings) -> None:
        with _telling(settings.url):
            super().__init__(
                settings.url,
                token=settings.token.get_secret_value() if settings.token is not None else "",
                retries=0,
            )

    async def submit(self, request: Request | str, *, key: str | None = None, wait_s: float | None = None) -> RunView:
        with _telling(self.url):
            return await super().submit(request, key=key, wait_s=wait_s)

    async def follow(self, run: str, *, after: int = 0) -> AsyncIterator[Event]:
        with _telling(self.url):
            async for event in super().follow(run, after=after):
                yield event

    async def _do(self, call: Call[T]) -> T:
        with _telling(self.url):
            return await super()._do(call)


@contextlib.contextmanager
def _telling(url: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        message = _MESSAGES.get(error.code, error.message)
        raise CommandError(error.code, message.format(url=url) if error.code in _MESSAGES else message) from error
