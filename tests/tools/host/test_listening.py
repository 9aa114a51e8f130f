"""What listens on this machine, among it what the test itself opened."""

from __future__ import annotations

import os
import socket
from contextlib import closing

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tests.tools.host.conftest import Call, Refused


def mine(found: dict[str, Json]) -> list[tuple[Json, Json, Json]]:
    """Protocol, address and port of what this process listens on."""
    listeners = found["listeners"]
    assert isinstance(listeners, list)
    return [
        (one["protocol"], one["address"], one["port"])
        for one in listeners
        if isinstance(one, dict) and one["pid"] == os.getpid()
    ]


async def test_what_listens_is_found_by_its_port(call: Call) -> None:
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as server,
        closing(socket.socket(type=socket.SOCK_DGRAM)) as waits,
    ):
        waits.bind(("127.0.0.1", 0))
        tcp, udp = server.getsockname()[1], waits.getsockname()[1]
        found = await call("net.listening", port=tcp, protocol="tcp")
        assert mine(found) == [("tcp", "127.0.0.1", tcp)]
        assert mine(await call("net.listening", port=udp, protocol="udp")) == [("udp", "127.0.0.1", udp)]
        whole = await call("net.listening")
        assert {("tcp", "127.0.0.1", tcp), ("udp", "127.0.0.1", udp)} <= set(mine(whole))
        few = await call("net.listening", limit=1)
        assert (len(few["listeners"]), few["truncated"]) == (1, True)  # type: ignore[arg-type]
        # A connection is none that waits, and neither is a bound socket that does not listen.
        with (
            closing(socket.create_connection(("127.0.0.1", tcp))) as client,
            closing(server.accept()[0]),
            closing(socket.socket()) as bound,
        ):
            bound.bind(("127.0.0.1", 0))
            for port in (client.getsockname()[1], bound.getsockname()[1]):
                assert mine(await call("net.listening", port=port, protocol="tcp")) == []


async def test_what_is_no_port_is_refused(refused: Refused) -> None:
    for port in (0, 65_536, "22"):
        await refused(ErrorCode.BAD_ARGUMENTS, "net.listening", port=port)
