"""Base URLs: what an orchestrator's address looks like, for clients and devices alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

_UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0\\]")


def check_base_url(text: str, schemes: Sequence[str] = ("http", "https")) -> str:
    """`text` without slashes at its end. Raises ValueError, with a sentence, where it is no base URL.

    That is a scheme, a host, perhaps a port, and perhaps a path where a proxy has it so: no user, query or fragment.
    """
    unfit = _UNFIT.search(text)
    if unfit is not None:
        raise ValueError(f"it has the character {unfit[0]!r}, which no address has")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"{str(error)[:1].lower()}{str(error)[1:]}") from None
    if parts.scheme not in schemes:
        raise ValueError(f"it does not begin with {schemes[0]}:// or {schemes[1]}://")
    _check_host(host)
    if port == 0:
        raise ValueError("a port is a number from 1 to 65535")
    for what, given in (("user", "@" in parts.netloc), ("query", "?" in text), ("fragment", "#" in text)):
        if given:
            raise ValueError(f"a base URL has no {what}")
    if any(segment in (".", "..") for segment in parts.path.split("/")):
        raise ValueError("its path has dots for a name")
    return text.rstrip("/")


def _check_host(host: str) -> None:
    """Raises ValueError."""
    if not host:
        raise ValueError("it names no host")
    if ":" in host:
        return  # an IPv6 address, which the parser has looked at
    labels = host.removesuffix(".").split(".")
    if not all(labels):
        raise ValueError(f"the host {host} has two dots in a row, or begins with one")
    if any(len(label) > 63 for label in labels) or len(host) > 253:
        raise ValueError("the host's name is too long")
