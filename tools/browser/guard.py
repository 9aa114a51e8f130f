"""Who a browser may speak to: what is asked for every request that it makes, redirects and sub-resources too.

Public addresses, and private ones where the owner allows. Link-local and cloud metadata addresses: never. The device
itself: where the request named it, and from pages that are on it themselves. The agent's own gateway: only where the
request named exactly that. Of several hosts that the owner allows, no other.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from protocol.errors import ErrorCode
from tools import addresses
from tools.errors import ToolError
from tools.resolving import reachable

Origin = tuple[str, int]
"""Host and port."""
KEPT: Final = 200
BROWSERS_OWN: Final = frozenset(
    {"accounts.invalid", "update.googleapis.com", "clients2.google.com", "optimizationguide-pa.googleapis.com"}
)
"""Whom Chromium asks for itself, whatever its flags say. No page needs them."""
PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that was not let out, or reached nobody."""

    number: int
    origin: Origin
    error: ToolError


def origin_of(url: str) -> Origin:
    """Host and port of an http or https URL, as browsers name them. Raises ToolError(BAD_ARGUMENTS)."""
    message = "a browser opens http and https addresses with a proper host, and nothing else"
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode() if parts.hostname else ""
    except (ValueError, UnicodeError):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, message) from None
    # A browser leaves such characters out, and would go elsewhere than what was looked at.
    if parts.scheme not in ("http", "https") or not host or any(ord(letter) <= 32 for letter in url) or "\\" in url:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, message)
    return host, port or PORTS[parts.scheme]


class Guard:
    """Decides, and remembers what it refused. `gateway` is the address of the agent's orchestrator."""

    def __init__(self, *, hosts: Sequence[str] = (), private: bool = False, gateway: Origin | None = None) -> None:
        self._hosts = tuple(host.lower() for host in hosts)
        self._private = private
        self._gateway = gateway
        self._opening: Counter[Origin] = Counter()
        self._refused: deque[Refused] = deque(maxlen=KEPT)
        self._number = 0
        self.shown: Callable[[], set[Origin]] = set
        """The addresses of this device that requests named, and that tabs still show."""

    @contextmanager
    def opening(self, origin: Origin) -> Iterator[None]:
        """While it lasts, the request has named this address."""
        self._opening[origin] += 1
        try:
            yield
        finally:
            self._opening[origin] -= 1
            self._opening += Counter()  # forgets those at zero

    async def address(self, origin: Origin, site: str | None = None) -> addresses.Address:
        """The address to connect to. `site` is the request's Sec-Fetch-Site, where one came with it: the browser says

        how the target is related to who asks, over all redirects, and no page can forge it. Raises ToolError: DENIED,
        UNAVAILABLE.
        """
        host, port = origin
        if host in BROWSERS_OWN:
            raise ToolError(ErrorCode.DENIED, f"`{host}` is for updates, which this browser does not look for")
        self._listed(origin)
        named = self._named(origin, site)
        if self._is_gateway(origin) and not named:
            raise ToolError(ErrorCode.DENIED, "the device's own gateway may be opened, but not through another page")
        loopback = addresses.names_loopback(host) and (named or site in ("same-origin", "same-site"))
        return await reachable(host, port, private=self._private, loopback=loopback)

    def refuse(self, origin: Origin, error: ToolError) -> None:
        """Note what came of a request, for whoever opened the page."""
        self._number += 1
        self._refused.append(Refused(self._number, origin, error))

    @property
    def number(self) -> int:
        """Of the latest refusal."""
        return self._number

    def since(self, number: int) -> list[Refused]:
        """What was refused after that."""
        return [one for one in self._refused if one.number > number]

    def _listed(self, origin: Origin) -> None:
        host, port = origin[0].lower(), origin[1]
        for one in self._hosts:
            wanted, _, only = one.partition(":")
            below = wanted.startswith("*.") and host.endswith(wanted[1:])
            if (host == wanted or below) and only in ("", str(port)):
                return
        if self._hosts:
            raise ToolError(ErrorCode.DENIED, f"the device's owner does not let its browser speak to `{host[:200]}`")

    def _named(self, origin: Origin, site: str | None) -> bool:
        """Whether a request to the orchestrator asked for this address, as far as the browser's word goes."""
        if site == "cross-site":
            return False
        if site == "none":  # somebody typed it, or it is where that was redirected to
            return origin in self._opening or (self._device_opening() and not self._is_gateway(origin))
        return origin in self._opening or origin in self.shown()

    def _device_opening(self) -> bool:
        """Whether an address of this device itself is on its way: as over HTTP, it may redirect to another one."""
        return any(addresses.names_loopback(host) for host, _ in self._opening)

    def _is_gateway(self, origin: Origin) -> bool:
        if self._gateway is None or origin[1] != self._gateway[1]:
            return False
        both = addresses.names_loopback(origin[0]) and addresses.names_loopback(self._gateway[0])
        return both or origin[0].lower() == self._gateway[0].lower()
