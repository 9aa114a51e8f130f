"""Downloads come whole, hashed and within a size, or not at all. With a real browser."""

from __future__ import annotations

import hashlib
import os

import pytest

from protocol.errors import ErrorCode
from tests.support.browsers import Bench, Site, attachment, endless, needs_browser, send
from tools.browser import downloading

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"), needs_browser]
BIG = os.urandom(3_000_000)


async def test_a_link_s_file_becomes_an_artifact_and_a_file(browser: Bench, site: Site) -> None:
    site.pages |= {"/": "<a href=/get>The report</a>", "/get": attachment(BIG, "../../re po\nrt.bin")}
    await browser.call("browser.open", url=site.url())
    sha256 = hashlib.sha256(BIG).hexdigest()
    (browser.workspace / "in").mkdir()
    found = await browser.call("browser.download", text="The report", path="in")
    assert (found["artifact"], found["sha256"], found["size_bytes"]) == (sha256, sha256, len(BIG))
    assert "/" not in str(found["name"])
    assert str(found["name"]).isprintable()
    assert [one.read_bytes() for one in (browser.workspace / "in").iterdir()] == [BIG]
    assert browser.context.artifacts.content == {sha256: BIG}
    assert list(browser.browser.downloads.iterdir()) == []


async def test_an_address_gives_a_file_or_what_is_shown(browser: Bench, site: Site) -> None:
    site.pages |= {
        "/get": attachment(b"abc", "a.bin"),
        "/page.txt": lambda one: send(one, b"words", Content_Type="text/plain"),
    }
    found = await browser.call("browser.download", url=site.url("/get"))
    assert (browser.context.artifacts.content[str(found["artifact"])], found["name"], found["path"]) == (
        b"abc",
        "a.bin",
        "",
    )
    found = await browser.call("browser.download", url=site.url("/page.txt"), path="kept.txt")
    assert (browser.workspace / "kept.txt").read_bytes() == b"words"
    await browser.refused(ErrorCode.NOT_FOUND, "browser.download", url=site.url("/none"))
    assert (await browser.call("browser.tabs"))["tabs"] == []


@pytest.mark.parametrize("flowing", [True, False])
async def test_a_download_without_end(
    browser: Bench, site: Site, flowing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "STALL_S", 0.5)
    site.pages |= {"/": "<a href=/get>Get</a>", "/get": endless(site, flowing=flowing)}
    (browser.workspace / "kept.bin").write_bytes(b"old")
    await browser.call("browser.open", url=site.url())
    code = ErrorCode.OUTPUT_TOO_LARGE if flowing else ErrorCode.TIMEOUT
    await browser.refused(code, "browser.download", text="Get", path="kept.bin", max_bytes=1_000_000)
    assert (browser.workspace / "kept.bin").read_bytes() == b"old"
    assert [one.name for one in browser.workspace.iterdir()] == ["kept.bin"]
    assert list(browser.browser.downloads.iterdir()) == []
    assert browser.context.artifacts.content == {}
    assert (await browser.call("browser.tabs"))["running"] is True


async def test_a_download_that_nobody_asked_for_is_stopped(browser: Bench, site: Site) -> None:
    site.pages |= {"/": "<button onclick=\"location='/get'\">Get</button>", "/get": endless(site, flowing=True)}
    await browser.call("browser.open", url=site.url())
    await browser.call("browser.click", text="Get")
    site.pages["/get"] = attachment(b"abc", "a.bin")
    assert (await browser.call("browser.download", text="Get"))["size_bytes"] == 3
    assert list(browser.browser.downloads.iterdir()) == []


async def test_what_is_no_download_and_no_path(browser: Bench, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "BEGIN_S", 0.5)
    site.pages |= {"/": "<button>Nothing</button><a href=/get>Get</a>", "/get": attachment(b"abc", "a.bin")}
    await browser.call("browser.open", url=site.url())
    await browser.refused(ErrorCode.TOOL_FAILED, "browser.download", text="Nothing")
    await browser.refused(ErrorCode.BAD_ARGUMENTS, "browser.download", text="Get", url=site.url())
    await browser.refused(ErrorCode.OUTSIDE_WORKSPACE, "browser.download", text="Get", path="../x")
    await browser.refused(ErrorCode.BAD_ARGUMENTS, "browser.download", text="Get", path="a\nb")
    assert list(browser.workspace.iterdir()) == []
