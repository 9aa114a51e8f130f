"""A browser for tests, real and headless, and a site on loopback that it looks at."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from tests.support.callers import Caller
from tools.browser import skills
from tools.browser.browser import Browser
from tools.browser.finding import lacking
from tools.browser.guard import Origin
from tools.browser.settings import BrowserSettings
from tools.context import ToolLimits
from tools.fake import FakeToolContext

needs_browser = pytest.mark.skipif(bool(lacking()), reason=lacking())
HTML = {"Content-Type": "text/html; charset=utf-8"}
Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """What is served, by path: a page's text, or a function that answers; what was asked for, in `seen`."""

    port: int = 0
    pages: dict[str, str | Answer] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    ending: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


def redirect(to: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        send(handler, b"", 302, Location=to)

    return answer


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in {**HTML, "Content-Length": str(len(body)), **given}.items():
        handler.send_header(name, value)
    handler.end_headers()
    with contextlib.suppress(ConnectionError):
        handler.wfile.write(body)


def attachment(body: bytes, name: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        send(
            handler, body, Content_Type="application/octet-stream", Content_Disposition=f'attachment; filename="{name}"'
        )

    return answer


def endless(site: Site, *, flowing: bool) -> Answer:
    """A download without an end: one that keeps coming, or one that stands still after its first bytes."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/octet-stream")
        handler.send_header("Content-Disposition", "attachment; filename=endless.bin")
        handler.end_headers()
        with contextlib.suppress(OSError):
            while not site.ending.is_set():
                handler.wfile.write(b"x" * 65536)
                handler.wfile.flush()
                site.ending.wait(0.001 if flowing else 60)

    return answer


@contextlib.contextmanager
def serving() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.seen.append(self.path)
            found = site.pages.get(self.path.partition("?")[0], "")
            if callable(found):
                self.close_connection = True
                found(self)
            elif found:
                send(self, found.encode())
            else:
                send(self, b"<title>none</title>not here", 404)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            return  # a browser that has seen enough

    with Server(("127.0.0.1", 0), Handler) as server:
        site.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield site
        finally:
            site.ending.set()
            server.shutdown()
            thread.join()


@dataclass
class Bench(Caller):
    """A browser, its skills, and an attempt's surroundings."""

    browser: Browser

    def processes(self) -> list[psutil.Process]:
        """The browser's own, without their helpers."""
        return browsers(psutil.Process())


def browsers(parent: psutil.Process) -> list[psutil.Process]:
    """Browsers below a process: those with a profile folder in their command line."""
    found = []
    for one in parent.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            words = one.cmdline()
            if any(word.startswith("--user-data-dir=") for word in words) and "--type=" not in " ".join(words):
                found.append(one)
    return found


@contextlib.asynccontextmanager
async def bench(
    folder: Path,
    settings: BrowserSettings | None = None,
    *,
    gateway: Origin | None = None,
    private: bool = False,
    limits: ToolLimits | None = None,
) -> AsyncIterator[Bench]:
    """All of it ends with the block."""
    workspace = folder / "workspace"
    browser = Browser.of(settings or BrowserSettings(), folder / "state", private_network=private, gateway=gateway)
    try:
        yield Bench(skills.registry(lambda: browser), FakeToolContext(workspace, limits=limits), browser)
    finally:
        await browser.close()


def gone(process: psutil.Process, seconds: float = 10.0) -> bool:
    """Whether it ends in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.02)
                continue
        return True
    return False
