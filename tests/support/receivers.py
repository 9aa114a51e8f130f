"""A receiver of webhooks: a real HTTP server on loopback, in threads of its own, that answers as a test wants."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.processes import eventually

PATIENCE_S = 30.0


@dataclass
class Message:
    """One request, whole. `headers` by their names in small letters."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.body)["data"]
        return found


@dataclass
class Receiver:
    """`answers` are the statuses of the next answers, then 204. While `open` is not set none is given."""

    port: int = 0
    messages: list[Message] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    open: threading.Event = field(default_factory=threading.Event)
    at_once: int = 0
    most_at_once: int = 0

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def wait(self, number: int) -> list[Message]:
        """The messages, once there are so many."""
        eventually(lambda: len(self.messages) >= number, f"{len(self.messages)} messages came, not {number}")
        return self.messages


@contextlib.contextmanager
def receiver(port: int = 0) -> Iterator[Receiver]:
    found = Receiver()
    found.open.set()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                found.messages.append(Message(self.path, headers, body))
                found.at_once += 1
                found.most_at_once = max(found.most_at_once, found.at_once)
                status = found.answers.pop(0) if found.answers else 204
            found.open.wait(PATIENCE_S)
            with lock:
                found.at_once -= 1
            with contextlib.suppress(OSError):
                self.send_response(status)
                for name, value in found.headers.items():
                    self.send_header(name, value)
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        found.open.set()
        server.shutdown()
        thread.join()
        server.server_close()
