"""What waits for connections on the machine: ports, addresses and the processes behind them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Literal

import psutil
from pydantic import Field

from protocol.errors import ErrorCode
from tools.arguments import Limit, Output
from tools.bounds import Budget, room
from tools.errors import ToolError
from tools.host.machine import HostContext
from tools.paths import shown
from tools.skill import skill

Port = Annotated[int, Field(ge=1, le=65_535)]
Protocol = Literal["tcp", "udp"]


class Listener(Output):
    """`address` is 0.0.0.0 or :: where it is every one. `pid` and `process` are left out where only root may know."""

    protocol: Protocol
    address: str
    port: int
    pid: int | None = None
    process: str = ""


class Listening(Output):
    listeners: list[Listener]
    count: int
    truncated: bool


@skill(
    "net.listening",
    examples=(
        "what listens on port 22?",
        "which ports are open?",
        "which process uses port 8080 on the server?",
        "list the listening ports",
        "is anything listening on port 5432?",
        "show the open udp ports",
        "netstat -tulpn",
    ),
)
def listening(
    context: HostContext, *, port: Port | None = None, protocol: Protocol | None = None, limit: Limit = 1000
) -> Listening:
    """List the ports on which programs of this machine wait for connections (TCP) or messages (UDP).

    Args:
        port: Only this port.
        protocol: Only tcp, or only udp.
        limit: Most of them to return.
    """
    found = sorted(
        {one for one in _listeners() if port in (None, one[1]) and protocol in (None, one[0])},
        key=lambda one: (one[1], one[0], one[2], one[3] or 0),
    )
    name = lru_cache(maxsize=None)(_name)
    budget = Budget(room(context))
    kept: list[Listener] = []
    for kind, at, address, pid in found[:limit]:
        one = Listener(protocol=kind, address=address, port=at, pid=pid, process="" if pid is None else name(pid))
        if not budget.take(one):
            break
        kept.append(one)
    return Listening(listeners=kept, count=len(found), truncated=len(kept) < len(found))


def _listeners() -> Iterator[tuple[Protocol, int, str, int | None]]:
    """Protocol, port, address and process; a UDP socket that speaks to one peer alone waits for nobody."""
    try:
        sockets = psutil.net_connections(kind="inet")
    except psutil.AccessDenied:
        message = "this system tells only its administrator what listens: run the agent as that user"
        raise ToolError(ErrorCode.DENIED, message) from None
    for one in sockets:
        if not one.laddr or one.raddr:
            continue
        if one.type == socket.SOCK_STREAM and one.status == psutil.CONN_LISTEN:
            yield "tcp", one.laddr.port, one.laddr.ip.partition("%")[0], one.pid
        elif one.type == socket.SOCK_DGRAM:
            yield "udp", one.laddr.port, one.laddr.ip.partition("%")[0], one.pid


def _name(pid: int) -> str:
    try:
        return shown(psutil.Process(pid).name())[:80]
    except psutil.Error:
        return ""
