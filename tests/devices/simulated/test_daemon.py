"""The simulated phone's end of the ADB protocol, against what no `adb` says."""

from __future__ import annotations

import asyncio
import struct

import pytest

from devices.simulated.adb.daemon import Adbd
from devices.simulated.adb.wire import CLSE, CNXN, OKAY, OPEN, VERSION, Packet, read_packet
from devices.simulated.phone.state import SimulatedPhone


async def greeted(adbd: Adbd) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", adbd.port)
    writer.write(Packet(CNXN, VERSION, 4096, b"host::").encoded())
    banner = await read_packet(reader)
    assert banner.command == CNXN
    assert b"ro.product.model=Simulated Phone;" in banner.data
    return reader, writer


async def test_a_service_that_it_does_not_have_is_refused() -> None:
    async with Adbd(SimulatedPhone()) as adbd:
        reader, writer = await greeted(adbd)
        writer.write(Packet(OPEN, 7, 0, b"reboot:\0").encoded())
        refused = await read_packet(reader)
        assert (refused.command, refused.arg0, refused.arg1) == (CLSE, 0, 7)
        writer.transport.abort()


@pytest.mark.parametrize(
    "junk", [b"GET / HTTP/1.1\r\n\r\n" * 2, struct.pack("<6I", OPEN, 1, 0, 1 << 30, 0, OPEN ^ 0xFFFFFFFF)]
)
async def test_what_is_no_packet_ends_the_connection_and_nothing_else(junk: bytes) -> None:
    async with Adbd(SimulatedPhone()) as adbd:
        reader, writer = await greeted(adbd)
        writer.write(junk)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await read_packet(reader)
        writer.transport.abort()
        _, again = await greeted(adbd)
        again.transport.abort()


async def test_a_phone_that_is_not_accepted_asks_for_a_signature() -> None:
    async with Adbd(SimulatedPhone()) as adbd:
        adbd.faults.authorized = False
        reader, writer = await asyncio.open_connection("127.0.0.1", adbd.port)
        writer.write(Packet(CNXN, VERSION, 4096, b"host::").encoded())
        asked = await read_packet(reader)
        assert (asked.command, len(asked.data)) == (0x48545541, 20)
        writer.transport.abort()


async def test_a_command_s_output_waits_until_it_is_taken() -> None:
    async with Adbd(SimulatedPhone()) as adbd:
        reader, writer = await greeted(adbd)
        writer.write(Packet(OPEN, 1, 0, b"exec:echo a\0").encoded())
        opened = await read_packet(reader)
        assert opened.command == OKAY
        assert (await read_packet(reader)).data == b"a\n"
        writer.write(Packet(OKAY, 1, opened.arg0).encoded())
        assert (await read_packet(reader)).command == CLSE
        writer.transport.abort()
