"""The gateway's fleet: who is here, since when, under which lease. Pure: time comes in, what happened comes out.

A member is `connected` or `away`. Its lease runs from the last sign of life; when it has run out, the fleet says so
once, and what the member had at work is then the orchestrator's to decide about.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from protocol.errors import ErrorCode, HandshakeError
from protocol.messages import Hello
from protocol.session import GatewaySession


@dataclass(slots=True)
class Member:
    """A device that has been admitted. `session` outlives its connection, for a resume, while the lease runs."""

    name: str
    device: str
    epoch: int
    session: GatewaySession
    connected: bool
    last_seen: float
    lapsed: bool = False


@dataclass(slots=True)
class Fleet:
    """Members by name, and the leases of those that are away. `lease_s` runs from the last sign of life."""

    lease_s: float
    members: dict[str, Member] = field(default_factory=dict)
    _leases: list[tuple[float, str, int]] = field(default_factory=list)

    def check_name(self, hello: Hello, now: float) -> None:
        """Raise HandshakeError(NAME_TAKEN) where another device holds the name, connected or under its lease."""
        member = self.members.get(hello.name)
        if member is None or member.device == hello.device:
            return
        if member.connected or now < member.last_seen + self.lease_s:
            raise HandshakeError(
                ErrorCode.NAME_TAKEN,
                f"Another device is registered as {hello.name}; start this one with another --name.",
            )

    def join(self, hello: Hello, epoch: int, session: GatewaySession, now: float) -> Member | None:
        """A device was admitted. The member that it was before, where it is the same device."""
        before = self.members.get(hello.name)
        self.members[hello.name] = Member(hello.name, hello.device, epoch, session, True, now)
        return before if before is not None and before.device == hello.device else None

    def leave(self, name: str, epoch: int, last_seen: float) -> bool:
        """The connection of that epoch is gone. False where a newer one has taken its place."""
        member = self.members.get(name)
        if member is None or member.epoch != epoch:
            return False
        member.connected = False
        member.last_seen = last_seen
        heapq.heappush(self._leases, (last_seen + self.lease_s, name, epoch))
        return True

    def next_deadline(self) -> float | None:
        """When the next lease may run out."""
        return self._leases[0][0] if self._leases else None

    def lapse(self, now: float) -> Iterator[Member]:
        """Members whose lease has run out by `now`, each told once."""
        while self._leases and self._leases[0][0] <= now:
            _, name, epoch = heapq.heappop(self._leases)
            member = self.members.get(name)
            if member is not None and member.epoch == epoch and not member.connected and not member.lapsed:
                member.lapsed = True
                yield member
