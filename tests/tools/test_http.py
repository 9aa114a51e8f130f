"""http.fetch, http.download: against a real server on loopback; and which addresses may be spoken to."""

from __future__ import annotations

import gzip
import hashlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.conftest import Call, Refused
from tools import addresses, web
from tools.context import ToolLimits
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.registry import Registry

Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Site:
    """What the server answers, by path; what it was asked, in `seen`."""

    port: int = 0
    replies: dict[str, Reply] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.seen.append((self.path, dict(self.headers)))
            status, headers, body = found.replies.get(self.path, (404, {}, b"not here"))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except ConnectionError:
                return  # the client has read enough

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


async def test_fetch(call: Call, site: Site) -> None:
    site.replies["/a?x=1"] = (200, {"Content-Type": "text/plain; charset=latin-1"}, "grün".encode("latin-1"))
    assert await call("http.fetch", url=site.url("/a?x=1#top")) == {
        "url": site.url("/a?x=1"),
        "status": 200,
        "content_type": "text/plain; charset=latin-1",
        "text": "grün",
        "size_bytes": 4,
        "truncated": False,
        "data": None,
    }
    assert site.seen[0][1]["Host"] == f"127.0.0.1:{site.port}"


@pytest.mark.parametrize(
    ("text", "data"),
    [(b'{"queue": 7}', {"queue": 7}), (b"[1, null]", [1, None]), (b"NaN", None), (b"{", None), (b"1" * 70_000, None)],
)
async def test_what_a_json_page_says_comes_as_data(call: Call, site: Site, text: bytes, data: object) -> None:
    site.replies["/a"] = (200, {}, text)
    assert (await call("http.fetch", url=site.url("/a")))["data"] == data


async def test_the_name_stays_in_the_host_header(call: Call, site: Site) -> None:
    site.replies["/"] = (200, {}, b"hello")
    assert (await call("http.fetch", url=site.url(host="localhost")))["text"] == "hello"
    assert site.seen[0][1]["Host"] == f"localhost:{site.port}"


async def test_a_status_is_a_result(call: Call, site: Site) -> None:
    site.replies["/down"] = (503, {}, b"maintenance")
    found = await call("http.fetch", url=site.url("/down"))
    assert (found["status"], found["text"]) == (503, "maintenance")
    assert (await call("http.fetch", url=site.url("/nothing")))["status"] == 404


async def test_a_long_page_is_cut(call: Call, site: Site) -> None:
    site.replies["/long"] = (200, {}, b"x" * 2_000_000)
    found = await call("http.fetch", url=site.url("/long"), max_bytes=1000)
    assert (len(str(found["text"])), found["size_bytes"], found["truncated"]) == (1000, 2_000_000, True)
    # Never more than a result may hold.
    assert (await call("http.fetch", url=site.url("/long"), max_bytes=1_900_000))["truncated"] is True


@pytest.mark.parametrize("charset", ["no-such-charset", "zlib", "utf-8\x1b"])
async def test_a_strange_character_set(call: Call, site: Site, charset: str) -> None:
    site.replies["/"] = (200, {"Content-Type": f"text/plain; charset={charset}"}, "ok é".encode())
    assert (await call("http.fetch", url=site.url()))["text"] == "ok é"


async def test_content_compressed_unasked(call: Call, refused: Refused, site: Site) -> None:
    site.replies["/"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"\0" * 50_000_000))
    found = await call("http.fetch", url=site.url(), max_bytes=1000)
    assert (len(str(found["text"])), found["truncated"]) == (1000, True)
    site.replies["/bad"] = (200, {"Content-Encoding": "gzip"}, b"no gzip")
    await refused(ErrorCode.TOOL_FAILED, "http.fetch", url=site.url("/bad"))


async def test_credentials_do_not_come_back(call: Call, site: Site) -> None:
    site.replies["/"] = (200, {}, b"hello")
    found = await call("http.fetch", url=f"http://bob:hunter2@127.0.0.1:{site.port}/")
    assert "hunter2" not in str(found)
    assert site.seen[0][1]["Authorization"].startswith("Basic ")


async def test_redirects(call: Call, refused: Refused, site: Site) -> None:
    site.replies["/a"] = (302, {"Location": "/b"}, b"")
    site.replies["/b"] = (301, {"Location": site.url("/c")}, b"")
    site.replies["/c"] = (200, {}, b"there")
    found = await call("http.fetch", url=site.url("/a"))
    assert (found["url"], found["text"]) == (site.url("/c"), "there")
    site.replies["/loop"] = (302, {"Location": "/loop"}, b"")
    await refused(ErrorCode.TOOL_FAILED, "http.fetch", url=site.url("/loop"))
    for target in ("http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://[fe80::1]/"):
        site.replies["/out"] = (302, {"Location": target}, b"")
        await refused(ErrorCode.DENIED, "http.fetch", url=site.url("/out"))
    site.replies["/file"] = (302, {"Location": "file:///etc/passwd"}, b"")
    await refused(ErrorCode.BAD_ARGUMENTS, "http.fetch", url=site.url("/file"))


@pytest.mark.parametrize(
    ("code", "url"),
    [
        (ErrorCode.BAD_ARGUMENTS, "file:///etc/passwd"),
        (ErrorCode.BAD_ARGUMENTS, "ftp://example.com/"),
        (ErrorCode.BAD_ARGUMENTS, "example.com"),
        (ErrorCode.BAD_ARGUMENTS, "http://"),
        (ErrorCode.BAD_ARGUMENTS, "http://a b/"),
        (ErrorCode.BAD_ARGUMENTS, "http://x:99999/"),
        (ErrorCode.DENIED, "http://169.254.169.254/latest/meta-data/"),
        (ErrorCode.DENIED, "http://[::ffff:169.254.169.254]/"),
        (ErrorCode.DENIED, "http://10.1.2.3/"),
        (ErrorCode.DENIED, "http://192.168.1.1/"),
        (ErrorCode.DENIED, "http://[fd00::1]/"),
        (ErrorCode.DENIED, "http://0.0.0.0/"),
        (ErrorCode.DENIED, "http://2852039166/"),
        (ErrorCode.DENIED, "http://0xa9fea9fe/"),
    ],
)
async def test_what_is_not_fetched(refused: Refused, code: ErrorCode, url: str) -> None:
    await refused(code, "http.fetch", url=url)


async def test_a_name_that_resolves_to_the_device_itself(
    refused: Refused, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: the name is somebody else's, the address is ours."""
    monkeypatch.setattr(socket, "getaddrinfo", _resolver("127.0.0.1"))
    await refused(ErrorCode.DENIED, "http.fetch", url=site.url(host="rebind.example"))
    monkeypatch.setattr(socket, "getaddrinfo", _resolver("93.184.216.34", "169.254.169.254"))
    await refused(ErrorCode.DENIED, "http.fetch", url="http://mixed.example/")
    assert site.seen == []


def _resolver(*found: str) -> Callable[..., list[object]]:
    return lambda host, port, *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]


async def test_what_cannot_be_reached(refused: Refused) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        error = await refused(ErrorCode.UNAVAILABLE, "http.fetch", url=f"http://127.0.0.1:{closed.getsockname()[1]}/")
    assert error.retryable


async def test_a_server_that_says_nothing(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "READ_S", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        error = await refused(ErrorCode.UNAVAILABLE, "http.fetch", url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
    assert "in time" in error.message


async def test_download(call: Call, workspace: Path, site: Site, context: FakeToolContext) -> None:
    data = os.urandom(20 << 20)
    site.replies["/data.bin"] = (200, {}, data)
    found = await call("http.download", url=site.url("/data.bin"), path="in/copy.bin")
    assert found == {
        "url": site.url("/data.bin"),
        "path": "in/copy.bin",
        "size_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "status": 200,
    }
    assert (workspace / "in/copy.bin").read_bytes() == data
    assert context.reports
    assert context.reports[0][0] is not None


async def test_download_into_a_folder(call: Call, refused: Refused, workspace: Path, site: Site) -> None:
    (workspace / "folder").mkdir()
    site.replies["/x/a%20b.txt?v=1"] = (200, {}, b"x")
    site.replies["/"] = (200, {}, b"x")
    assert (await call("http.download", url=site.url("/x/a%20b.txt?v=1"), path="folder"))["path"] == "folder/a b.txt"
    assert (await call("http.download", url=site.url("/x/a%20b.txt?v=1"), path="new/"))["path"] == "new/a b.txt"
    await refused(ErrorCode.BAD_ARGUMENTS, "http.download", url=site.url("/"), path="folder")
    site.replies["/..%2f..%2fevil"] = (200, {}, b"x")
    assert (await call("http.download", url=site.url("/..%2f..%2fevil"), path="folder"))["path"] == "folder/.._.._evil"


async def test_a_download_that_fails_leaves_nothing(
    registry: Registry, refused: Refused, workspace: Path, site: Site
) -> None:
    site.replies["/busy"] = (503, {}, b"later")
    site.replies["/short"] = (200, {"Content-Length": "1000"}, b"not all of it")
    site.replies["/long"] = (200, {}, b"x" * 10_000)
    await refused(ErrorCode.NOT_FOUND, "http.download", url=site.url("/nothing"), path="a")
    assert (await refused(ErrorCode.TOOL_FAILED, "http.download", url=site.url("/busy"), path="a")).retryable
    assert (await refused(ErrorCode.UNAVAILABLE, "http.download", url=site.url("/short"), path="a")).retryable
    context = FakeToolContext(workspace, limits=ToolLimits(file_bytes=5_000))
    with pytest.raises(ToolError) as caught:
        await registry.call("http.download", {"url": site.url("/long"), "path": "a"}, context)
    assert caught.value.code is ErrorCode.OUTPUT_TOO_LARGE
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "http.download", url=site.url("/long"), path="../a")
    assert os.listdir(workspace) == []


@pytest.mark.parametrize(
    ("address", "private", "loopback", "may"),
    [
        ("93.184.216.34", False, False, True),
        ("2606:2800:220:1::1", False, False, True),
        ("10.0.0.1", False, False, False),
        ("10.0.0.1", True, False, True),
        ("100.64.0.1", False, False, False),
        ("fc00::1", True, False, True),
        ("127.0.0.1", False, False, False),
        ("127.0.0.1", False, True, True),
        ("::1", False, True, True),
        ("::ffff:127.0.0.1", False, False, False),
        ("169.254.169.254", True, True, False),
        ("::ffff:169.254.169.254", True, True, False),
        ("64:ff9b::a9fe:a9fe", True, True, False),
        ("2002:a9fe:a9fe::1", True, True, False),
        ("fe80::1", True, True, False),
        ("fd00:ec2::254", True, True, False),
        ("100.100.100.200", True, True, False),
        ("224.0.0.1", True, True, False),
        ("0.0.0.0", True, True, False),
        ("::", True, True, False),
        ("255.255.255.255", True, True, False),
    ],
)
def test_which_addresses(address: str, private: bool, loopback: bool, may: bool) -> None:
    assert (addresses.refusal(ip_address(address), private=private, loopback=loopback) == "") is may


@pytest.mark.parametrize(
    ("host", "names"),
    [("localhost", True), ("LOCALHOST.", True), ("127.0.0.2", True), ("[::1]", True), ("localhost.evil.com", False)],
)
def test_which_hosts_name_the_device_itself(host: str, names: bool) -> None:
    assert addresses.names_loopback(host) is names
