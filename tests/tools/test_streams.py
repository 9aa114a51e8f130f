"""Files in pieces: whole lines, whatever the pieces."""

from __future__ import annotations

import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.errors import ErrorCode
from tools import streams
from tools.errors import ToolError
from tools.fake import FakeToolContext

fixtures = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@fixtures
@given(data=st.binary(max_size=200) | st.lists(st.sampled_from([b"a", b"\n", b"bc\n"])).map(b"".join))
def test_blocks_lose_nothing(context: FakeToolContext, data: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams.chunks, "__defaults__", (7,))
        found = list(streams.blocks(context, io.BytesIO(data)))
    assert b"".join(found) == data
    assert all(block.endswith(b"\n") for block in found[:-1])


@fixtures
@given(lines=st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=8))
def test_lines_that_are_too_long_lose_their_ends_only(context: FakeToolContext, lines: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams.chunks, "__defaults__", (4,))
        patch.setattr(streams, "LINE_BYTES", 10)
        found = b"".join(streams.blocks(context, io.BytesIO(b"\n".join(lines))))
    kept = found.split(b"\n")
    assert len(kept) == max(1, len(lines))
    for line, shorter in zip(lines, kept, strict=False):
        assert line.startswith(shorter)
        assert len(shorter) >= min(len(line), 10)


def test_reading_stops_when_cancelled(context: FakeToolContext) -> None:
    context.cancelled.set()
    with pytest.raises(ToolError) as caught:
        list(streams.chunks(context, io.BytesIO(b"x")))
    assert caught.value.code is ErrorCode.CANCELLED
