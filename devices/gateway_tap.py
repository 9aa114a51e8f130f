"""What may listen in on the gateway: every message from and to admitted devices, and their coming and going."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from protocol.codec import Chunk
from protocol.messages import GatewayMessage, Hello, Message


class Tap(Protocol):
    """Told of everything once, in its order: what a resumed session sends again is not told again.

    All of it returns at once and never raises: the gateway's path must not depend on who listens.
    """

    def received(self, device: str, messages: Sequence[Message | Chunk]) -> None: ...

    def sent(self, device: str, message: bytes | GatewayMessage | Chunk) -> None:
        """Queued for the device: a message, or one that is encoded already."""

    def joined(self, hello: Hello, *, resumed: bool) -> None: ...

    def left(self, name: str, *, goodbye: bool) -> None: ...

    def lapsed(self, name: str) -> None:
        """Its lease has run out."""
