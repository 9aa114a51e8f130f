"""What has changed of runs and devices, for pages that show them: names alone, each once however often.

A change has a place, `EPOCH.NUMBER`: who was told up to there goes on from there. The epoch is this process's. Who
comes with another one, or has missed more than is remembered, is told `reset`: anything may have changed.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from itertools import takewhile

from orchestrator.core.views import Change, Changed

MOST = 10_000
"""Runs and devices whose last change is remembered."""


class Changes:
    """`epoch` is a word that no other process has had."""

    def __init__(self, epoch: str, most: int = MOST) -> None:
        self._epoch = epoch
        self._most = most
        self._number = 0
        self._floor = 0  # who was told up to here, or more, has missed nothing
        self._latest: OrderedDict[tuple[Changed, str], int] = OrderedDict()
        self._waiters: list[asyncio.Future[None]] = []

    def tell(self, kind: Changed, names: Iterable[str]) -> None:
        """These have changed: what may be asked of them shows it from now on."""
        for name in names:
            self._number += 1
            self._latest[kind, name] = self._number
            self._latest.move_to_end((kind, name))
        while len(self._latest) > self._most:
            self._floor = self._latest.popitem(last=False)[1]
        self._wake()

    def reset(self) -> None:
        """Anything may have changed."""
        self._number += 1
        self._floor = self._number
        self._latest.clear()
        self._wake()

    def since(self, place: str = "") -> list[Change]:
        """All that has changed since a place, oldest first."""
        return self._page(self._told(place))

    async def follow(self, place: str = "") -> AsyncIterator[list[Change]]:
        """The same, then what changes, for ever."""
        told = self._told(place)
        while True:
            page = self._page(told)
            if page:
                told = self._number
                yield page
            else:
                waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiters.append(waiter)
                await waiter

    def _page(self, told: int) -> list[Change]:
        if told < self._floor:
            return [Change(id=self._id(self._number), kind="reset")]
        newer = takewhile(lambda one: one[1] > told, reversed(self._latest.items()))
        return [Change(id=self._id(number), kind=key[0], name=key[1]) for key, number in newer][::-1]

    def _told(self, place: str) -> int:
        """The number of a place; below 0 where it says nothing here."""
        epoch, _, number = place.partition(".")
        if epoch != self._epoch or not (number.isascii() and number.isdigit()) or len(number) > 18:
            return -1
        return int(number) if int(number) <= self._number else -1

    def _id(self, number: int) -> str:
        return f"{self._epoch}.{number}"

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
