"""What the owner of a device says about its browser."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HOST = re.compile(r"(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class BrowserSettings:
    """How the browser of a device runs.

    `program`: its path; by default the first that is found. `hosts`: the only ones that it may speak to, each as
    `example.com`, `*.example.com` (all below it) or with a port; none means all that an address check allows.
    `visible`: with a window, where there is a display. `idle_s`: seconds without use after which it is ended.
    `download_bytes`: most that one download may have. Raises ValueError for a host that is none.
    """

    program: str = ""
    hosts: tuple[str, ...] = ()
    visible: bool = False
    idle_s: float = 900.0
    download_bytes: int = 2 << 30

    def __post_init__(self) -> None:
        for host in self.hosts:
            if not _HOST.fullmatch(host):
                raise ValueError(f"{host!r} is no host: it reads example.com, *.example.com or example.com:8080")
