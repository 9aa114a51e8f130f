"""Whose machine a model's server runs on, by its address alone; no name is looked up."""

from __future__ import annotations

import ipaddress
from typing import Literal
from urllib.parse import urlsplit

Reach = Literal["loopback", "near", "far"]
_NEAR = (".local", ".lan", ".home", ".internal", ".home.arpa", ".localdomain", ".test")


def host_of(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def reach(host: str) -> Reach:
    """`loopback`: this machine. `near`: a private address, or a name that only a local network knows. Else `far`."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if host == "localhost" or host.endswith(".localhost"):
            return "loopback"
        return "near" if ("." not in host and host) or host.endswith(_NEAR) else "far"
    if address.is_loopback:
        return "loopback"
    # Shared address space is what private overlay networks use.
    shared = address.version == 4 and address in ipaddress.ip_network("100.64.0.0/10")
    return "near" if address.is_private or address.is_link_local or shared else "far"
