"""Firmware images: by hash, from mirrors, whole or not at all, the one before kept."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.edge import firmware
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.registry import Registry

OLD, NEW = b"old image" * 1000, b"new image" * 5000
HASHES = {data: hashlib.sha256(data).hexdigest() for data in (OLD, NEW)}


class Site:
    """Serves what is in `content`; what is in `cut` is announced and broken off in the middle."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.cut: set[str] = set()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = site.content.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write((body or b"")[: 100 if self.path in site.cut else None])

            def log_message(self, format: str, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()
    yield found
    found.close()


class Updates:
    """The two skills on a workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.context = FakeToolContext(folder)
        self._registry = Registry.of_modules(firmware)

    async def call(self, name: str, **arguments: Json) -> dict[str, Json]:
        output = await self._registry.call(name, arguments, self.context)
        assert isinstance(output, dict)
        return output

    async def refused(self, code: ErrorCode, **arguments: Json) -> str:
        before = self.state()
        with pytest.raises(ToolError) as caught:
            await self._registry.call("edge.update_firmware", arguments, self.context)
        assert caught.value.code is code, caught.value.message
        assert self.state() == before
        return caught.value.message

    def state(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}


@pytest.fixture
def updates(tmp_path: Path) -> Updates:
    return Updates(tmp_path / "work")


async def test_an_image_is_put_in_place_and_the_one_before_is_kept(updates: Updates, site: Site) -> None:
    site.content = {"/old": OLD, "/new": NEW}
    found = await updates.call("edge.update_firmware", url=site.url("/old"), sha256=HASHES[OLD])
    assert (found["changed"], found["previous"]) == (True, "")
    found = await updates.call("edge.update_firmware", url=site.url("/new"), sha256=HASHES[NEW])
    assert (found["sha256"], found["previous_sha256"]) == (HASHES[NEW], HASHES[OLD])
    assert updates.state() == {"firmware.bin": NEW, "firmware.bin.previous": OLD}
    again = await updates.call("edge.update_firmware", url=site.url("/nowhere"), sha256=HASHES[NEW])
    assert (again["changed"], again["previous"]) == (False, "firmware.bin.previous")


async def test_a_mirror_helps_out(updates: Updates, site: Site) -> None:
    site.content = {"/bad": b"something else", "/half": NEW, "/good": NEW}
    site.cut = {"/half"}
    found = await updates.call(
        "edge.update_firmware",
        url=site.url("/missing"),
        sha256=HASHES[NEW],
        mirrors=[site.url("/bad"), site.url("/half"), "http://10.0.0.1/fw", site.url("/good")],
    )
    assert found["source"] == site.url("/good")
    assert len(found["failed"]) == 4  # type: ignore[arg-type]
    assert "private address" in str(found["failed"])
    assert updates.state() == {"firmware.bin": NEW}


async def test_a_wrong_image_changes_nothing(updates: Updates, site: Site) -> None:
    site.content = {"/old": OLD, "/bad": b"something else", "/half": NEW}
    site.cut = {"/half"}
    await updates.call("edge.update_firmware", url=site.url("/old"), sha256=HASHES[OLD])
    await updates.refused(ErrorCode.HASH_MISMATCH, url=site.url("/bad"), sha256=HASHES[NEW])
    for path in ("/half", "/missing"):
        await updates.refused(ErrorCode.UNAVAILABLE, url=site.url(path), sha256=HASHES[NEW])
    await updates.refused(ErrorCode.UNAVAILABLE, url="http://169.254.169.254/fw", sha256=HASHES[NEW])
    await updates.refused(ErrorCode.BAD_ARGUMENTS, url=site.url("/old"), sha256="abc")


async def test_an_image_stays_in_the_workspace(updates: Updates, site: Site) -> None:
    site.content = {"/new": NEW}
    await updates.refused(ErrorCode.OUTSIDE_WORKSPACE, url=site.url("/new"), sha256=HASHES[NEW], path="../fw.bin")
    os.symlink("/tmp", updates.folder / "out")
    await updates.refused(ErrorCode.OUTSIDE_WORKSPACE, url=site.url("/new"), sha256=HASHES[NEW], path="out/fw.bin")


async def test_the_image_before_is_put_back(updates: Updates, site: Site) -> None:
    site.content = {"/old": OLD, "/new": NEW}
    for data, path in ((OLD, "/old"), (NEW, "/new")):
        await updates.call("edge.update_firmware", url=site.url(path), sha256=HASHES[data])
    found = await updates.call("edge.restore_firmware")
    assert (found["sha256"], found["previous_sha256"], found["changed"]) == (HASHES[OLD], HASHES[NEW], True)
    assert updates.state() == {"firmware.bin": OLD, "firmware.bin.previous": NEW}


async def test_there_is_nothing_to_put_back(updates: Updates) -> None:
    with pytest.raises(ToolError) as caught:
        await updates.call("edge.restore_firmware")
    assert caught.value.code is ErrorCode.NOT_FOUND
