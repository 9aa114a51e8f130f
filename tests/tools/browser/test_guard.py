"""Who a browser may speak to, over every way that a page has: links, images, scripts, redirects, WebSockets."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.support.browsers import Bench, Site, bench, needs_browser, redirect, serving
from tools.browser.guard import Guard, origin_of
from tools.browser.settings import BrowserSettings
from tools.errors import ToolError

BAD = [
    "file:///etc/passwd", "chrome://settings", "about:blank", "javascript:alert(1)", "data:text/html,x", "ftp://h/x",
    "http://", "http:///x", "https://a b/", "http://h/\x1b[2J", "http://h\\@169.254.169.254/", "view-source:http://h/",
    "http://h:99999/", "blob:http://h/x",
]  # fmt: skip
METADATA = "http://169.254.169.254/latest/meta-data/"


async def refused(guard: Guard, url: str, site: str | None = None) -> ErrorCode | None:
    try:
        await guard.address(origin_of(url), site)
    except ToolError as error:
        return error.code
    return None


@pytest.mark.parametrize("url", BAD)
def test_only_http_addresses_are_opened(url: str) -> None:
    with pytest.raises(ToolError) as caught:
        origin_of(url)
    assert caught.value.code is ErrorCode.BAD_ARGUMENTS


@pytest.mark.parametrize(
    "url", [METADATA, "http://[fd00:ec2::254]/", "http://[::ffff:169.254.169.254]/", "http://0.0.0.0/"]
)
async def test_metadata_addresses_are_never_spoken_to(url: str) -> None:
    guard = Guard(private=True)
    with guard.opening(origin_of(url)):
        assert await refused(guard, url) is ErrorCode.DENIED


async def test_the_browser_asks_nobody_for_itself() -> None:
    assert await refused(Guard(), "https://update.googleapis.com/") is ErrorCode.DENIED


async def test_private_addresses_are_the_owner_s_word() -> None:
    assert await refused(Guard(), "http://192.168.1.1/") is ErrorCode.DENIED
    assert await refused(Guard(private=True), "http://192.168.1.1/") is None


async def test_the_device_itself_is_named_by_the_request_alone() -> None:
    guard = Guard()
    url = "http://localhost:3000/"
    for site in (None, "none", "cross-site"):
        assert await refused(guard, url, site) is ErrorCode.DENIED
    assert await refused(guard, url, "same-origin") is None
    with guard.opening(origin_of(url)):
        assert await refused(guard, url, "none") is None
        assert await refused(guard, url, "cross-site") is ErrorCode.DENIED
    guard.shown = lambda: {("localhost", 3000)}
    assert await refused(guard, url) is None
    assert await refused(guard, "http://localhost:3001/") is ErrorCode.DENIED
    assert await refused(guard, "http://127.1:3000/", "same-origin") is ErrorCode.DENIED


async def test_the_gateway_is_opened_by_its_name_alone() -> None:
    guard = Guard(gateway=("127.0.0.1", 8460))
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert await refused(guard, f"http://{host}:8460/", "same-site") is ErrorCode.DENIED
    with guard.opening(("localhost", 3000)):
        assert await refused(guard, "http://127.0.0.1:8460/", "none") is ErrorCode.DENIED
    with guard.opening(("127.0.0.1", 8460)):
        assert await refused(guard, "http://127.0.0.1:8460/", "none") is None
    assert (
        await refused(Guard(gateway=("192.168.1.5", 8460), private=True), "http://192.168.1.5:8460/")
        is ErrorCode.DENIED
    )


async def test_the_owner_may_list_the_hosts() -> None:
    guard = Guard(hosts=("example.com", "*.example.org", "10.0.0.1:8080"), private=True)
    assert await refused(guard, "http://10.0.0.1:8080/") is None
    for url in ("http://10.0.0.1/", "http://evil.com/", "http://example.org.evil.com/", "http://notexample.com/"):
        assert await refused(guard, url) is ErrorCode.DENIED
    with pytest.raises(ValueError, match="no host"):
        BrowserSettings(hosts=("http://example.com/",))


# --- with a real browser ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@needs_browser
async def test_a_redirect_to_metadata_or_the_gateway_is_refused(tmp_path: Path, site: Site) -> None:
    with serving() as gateway:
        async with bench(tmp_path, gateway=("127.0.0.1", gateway.port), private=True) as own:
            gateway.pages["/"] = "<title>dashboard</title>"
            site.pages |= {"/": "<title>here</title>", "/meta": redirect(METADATA), "/gate": redirect(gateway.url())}
            opened = await own.call("browser.open", url=site.url())
            for path in ("/meta", "/gate"):
                await own.refused(ErrorCode.DENIED, "browser.open", url=site.url(path), tab=opened["tab"])
                await own.refused(ErrorCode.DENIED, "browser.download", url=site.url(path))
            await own.refused(ErrorCode.DENIED, "browser.open", url=METADATA)
            assert gateway.seen == []
            # Named by the request itself, it is opened.
            assert (await own.call("browser.open", url=gateway.url()))["title"] == "dashboard"


@pytest.mark.slow
@needs_browser
async def test_a_page_cannot_reach_what_the_request_did_not_name(tmp_path: Path, site: Site) -> None:
    """The page is on 127.0.0.1, which is another site than localhost."""
    with serving() as gateway, serving() as other:
        async with bench(tmp_path, gateway=("127.0.0.1", gateway.port)) as own:
            port = other.port
            site.pages["/"] = f"""<title>start</title><img src="{METADATA}"><img src="{gateway.url("/img")}">
            <img src="{other.url("/img", "localhost")}"><link rel=stylesheet href="{other.url("/css", "localhost")}">
            <iframe src="{other.url("/frame", "localhost")}"></iframe><a href="{other.url("/link", "localhost")}">go</a>
            <script>let left = 3; const done = () => {{ if (!--left) document.title = 'tried' }};
            fetch("{other.url("/fetch", "localhost")}", {{mode: 'no-cors'}}).finally(done);
            fetch("{METADATA}", {{mode: 'no-cors'}}).finally(done);
            const socket = new WebSocket("ws://localhost:{port}/socket"); socket.onerror = done;</script>"""
            tab = (await own.call("browser.open", url=site.url()))["tab"]
            await own.browser.tabs.all()[-1].page.wait_for_function("document.title == 'tried'")
            clicked = await own.call("browser.click", text="go", tab=tab)
            assert "Not let through" in str((await own.call("browser.read", tab=tab))["text"]), clicked
            assert (gateway.seen, other.seen) == ([], [])


@pytest.mark.slow
@needs_browser
async def test_nobody_there_is_not_a_refusal(own: Bench) -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    error = await own.refused(ErrorCode.UNAVAILABLE, "browser.open", url=f"http://127.0.0.1:{port}/")
    assert error.retryable
    assert (await own.call("browser.tabs"))["tabs"] == []
