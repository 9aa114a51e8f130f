"""How often somebody may ask: the generic cell rate algorithm (ITU-T I.371), one number for each of them."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict

REMEMBERED = 10_000


class Rates:
    """At most `per_s` requests a second each, in the long run, and `burst` of them at once.

    What is not remembered has its whole burst: of more than `remembered` the one that asked longest ago is forgotten.
    """

    def __init__(self, per_s: float, burst: int, *, remembered: int = REMEMBERED) -> None:
        self._interval = 1 / per_s
        self._ahead = (burst - 1) / per_s
        self._remembered = remembered
        self._due: OrderedDict[str, float] = OrderedDict()

    def take(self, who: str, now: float) -> float:
        """0 where the request may go on, which counts; else the seconds until one may. `now` is of a steady clock."""
        due = max(self._due.get(who, now), now)
        wait = due - self._ahead - now
        if wait > 0:
            self._due.move_to_end(who)
            return wait
        self._due[who] = due + self._interval
        self._due.move_to_end(who)
        if len(self._due) > self._remembered:
            self._due.popitem(last=False)
        return 0.0

    def __len__(self) -> int:
        return len(self._due)


def peer(host: str) -> str:
    """Whose address it is: of IPv6 the network of 64 bits, of which a single machine may have all addresses."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(address), 64), strict=False))
    return str(address)
