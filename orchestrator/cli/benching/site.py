"""A small web site on loopback: pages from memory, late or failing where a task wants that."""

from __future__ import annotations

import contextlib
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Page:
    """`fails` is a status that it answers with instead, `left` more times (None: always)."""

    data: bytes
    type: str
    delay_s: float = 0.0
    fails: int | None = None
    left: int | None = None


@dataclass
class Site:
    """`pages` by path without the first slash. `ended` ends all waiting."""

    url: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def show(self, pages: dict[str, Page]) -> None:
        """These, and no others, from now on."""
        self.pages = pages


class Server(ThreadingHTTPServer):
    """Takes many connections at once, and says nothing of those that the other side resets."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextlib.contextmanager
def website() -> Iterator[Site]:
    """A site on a free port, ended with the block."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            page = site.pages.get(urllib.parse.unquote(urllib.parse.urlsplit(self.path).path.lstrip("/")))
            if page is None:
                self._answer(404, "text/plain", b"there is no such page\n")
                return
            site.ended.wait(page.delay_s)
            if page.fails is not None and page.left != 0:
                page.left = None if page.left is None else page.left - 1
                self._answer(page.fails, "text/plain", b"not now\n")
            else:
                self._answer(200, page.type, page.data)

        do_HEAD = do_GET

        def _answer(self, status: int, type: str, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", type)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
