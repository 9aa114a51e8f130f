"""Which app an Android package holds; and what is none."""

from __future__ import annotations

import base64
import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import ErrorCode
from tests.support.apk import apk, manifest, zipped
from tools.errors import ToolError
from tools.phone.apk import Apk, read_apk

# Made by Debian's aapt of android:versionCode="42" android:versionName="4.2-rc1" package="org.example.real".
REAL = (
    "UEsDBBQAAgAIAAAAIQDBBkNkngEAAOADAAATAAAAQW5kcm9pZE1hbmlmZXN0LnhtbJWTO1JCQRBF7/CRp4CiZeB/AVQJahGooeYG"
    "WGVghnyUUvAVoGVoZGxs4BpYgWtwCYTuQs8Mw0fQKp3hvpl3+3ZPd78hqkC9qGS0oU5EWtJoVMb2a6AAzsEzeAVdEBgpBbZAETyB"
    "F/AG3kEPfIAIsZO6V1UttVXXrZo65lmBmbacqKSGsyyqDNNQiOUG5hSPa519U0urf1ANTmsOY8fRlnTB/oa3BPsmiha6uqs9qyt1"
    "mKEOlWe2OeUKdQNlW7kJfc7nkIcPOT2PpYouPxVX7rQQvoyupEuXzQqMzaejGsoWkY505+qp/FLJf3xGHQ1c/k34msuvA5dx3pfU"
    "UNWDU4aujzlXQ8n3p8D7nrbhytqFmeG5A9cH3xjrgfuatgM2Qh2lzW7wnWIqDuNJjybg1knrEWM2QCtuTBsY2V+G6mxM6ZMRd+fx"
    "Dt8d4+1Isl9mJnxvZ/xqbQHFZT3HNVTadUDR9CDemG7Tc/wdNO918yO7Up5LeW6WdaHPOV/LzU342nz3J/LN+HzNWL4xd9f7fnaN"
    "TtQ/8PuJt/WbX/r1BVBLAQIXAxQAAgAIAAAAIQDBBkNkngEAAOADAAATAAAAAAAAAAAAIAC2gQAAAABBbmRyb2lkTWFuaWZlc3Qu"
    "eG1sUEsFBgAAAAABAAEAQQAAAM8BAAAAAA=="
)


def test_a_package_that_android_s_own_tool_made() -> None:
    assert read_apk(base64.b64decode(REAL)) == Apk("org.example.real", "4.2-rc1", 42)


@pytest.mark.parametrize("utf8", [False, True])
def test_package_and_version_are_read(utf8: bool) -> None:
    assert read_apk(apk("com.example.game", "3.1-beta", 31, utf8=utf8)) == Apk("com.example.game", "3.1-beta", 31)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a zip",
        zipped({"readme.txt": b"hello"}),
        zipped({"AndroidManifest.xml": b""}),
        zipped({"AndroidManifest.xml": b"<manifest package='a.b'/>"}),
        zipped({"AndroidManifest.xml": manifest("a.b", element="resources")}),
        zipped({"AndroidManifest.xml": manifest("a\x1b[2Jb")}),
        zipped({"AndroidManifest.xml": struct.pack("<HHIHHI", 3, 8, 16, 1, 28, 1 << 30)}),
    ],
)
def test_what_is_no_package_is_refused(content: bytes) -> None:
    with pytest.raises(ToolError) as caught:
        read_apk(content)
    assert caught.value.code is ErrorCode.BAD_ARGUMENTS


@given(st.data())
def test_a_broken_manifest_never_breaks_the_reader(data: st.DataObject) -> None:
    broken = bytearray(manifest("com.example.game"))
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ToolError):
        assert read_apk(zipped({"AndroidManifest.xml": bytes(broken)})).package.isprintable()
