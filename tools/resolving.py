"""Which address of a host is spoken to: looked up once, checked, and then connected to as it was checked."""

from __future__ import annotations

import asyncio
import socket

from protocol.errors import ErrorCode
from tools import addresses
from tools.errors import ToolError


async def reachable(host: str, port: int, *, private: bool, loopback: bool) -> addresses.Address:
    """The first address of a host, where all of them may be spoken to: a name that mixes them is up to no good.

    Raises ToolError: UNAVAILABLE (no address; may be tried again), DENIED (see `tools.addresses`).
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ToolError(ErrorCode.UNAVAILABLE, f"there is no address for `{host[:200]}`", retryable=True) from error
    checked = [address for one in found if (address := addresses.parse(str(one[4][0]))) is not None]
    for address in checked:
        why = addresses.refusal(address, private=private, loopback=loopback)
        if why:
            raise ToolError(ErrorCode.DENIED, f"`{host[:200]}` may not be fetched: {why}")
    if not checked:
        raise ToolError(ErrorCode.UNAVAILABLE, f"there is no address for `{host[:200]}`", retryable=True)
    # IPv4 first: a machine without an IPv6 route still resolves its names.
    return min(checked, key=lambda address: address.version)
