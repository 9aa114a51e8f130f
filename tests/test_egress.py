"""Ways out of a process: only the egress speaks to models, and whatever else opens a connection is known by name.

What opens a connection is found in the syntax trees of all packages: calls of HTTP and WebSocket clients, of asyncio's
and socket's own, and imports of libraries that do nothing else.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("orchestrator", "agents", "protocol", "devices", "tools", "storage")
OPENERS = {
    *("AsyncClient", "AsyncHTTPTransport", "DirectTransport", "HTTPTransport", "AsyncOpenAI", "OpenAI", "AzureOpenAI"),
    *("urlopen", "urlretrieve", "build_opener", "HTTPConnection", "HTTPSConnection", "ClientSession"),
    *("create_connection", "open_connection", "create_datagram_endpoint", "sock_connect", "connect_ex", "SMTP", "FTP"),
}
LIBRARIES = {
    "requests",
    "aiohttp",
    "urllib3",
    "smtplib",
    "ftplib",
    "http.client",
    "urllib.request",
    "telnetlib",
    "xmlrpc",
}
KNOWN = {
    "agents/egress.py": "the way out to models",
    "agents/network.py": "the network, inside the egress",
    "agents/recording.py": "stands for the network inside the egress, or around it",
    "orchestrator/cli/benching/checks.py": "asks the services of a benchmark's own machines, on loopback",
    "orchestrator/cli/benching/greenhouse.py": "asks the broker of a benchmark's own greenhouse, on loopback",
    "orchestrator/cli/client.py": "the command line's client of the orchestrator",
    "orchestrator/client/asynchronous.py": "the library's client of the orchestrator",
    "orchestrator/client/synchronous.py": "the same without an event loop",
    "orchestrator/cli/demo.py": "asks the demonstration's own orchestrator whether it is there",
    "orchestrator/cli/doctor.py": "looks whether the orchestrator answers",
    "orchestrator/cli/run.py": "looks whether the orchestrator listens",
    "orchestrator/posting.py": "webhooks, to addresses of requests and settings: it looks at each address first",
    "tools/browser/proxy.py": "the one way out of a device's browser: it looks at each address first",
    "tools/web.py": "the client of http.get and http.download, on a device: it looks at each address first",
    "tools/kube/api.py": "a cluster's device and its API server, over the official client's connections",
    "tools/kube/channels.py": "exec and copies, over the same connections",
    "tools/kube/streams.py": "logs and watches, over the same connections",
    "tools/mcp/connection.py": "a device and the MCP servers that its owner mounts by URL",
    "tools/phone/server.py": "a phone's device and its ADB server, on loopback unless the owner names another",
    "devices/connection.py": "a device's connection to its orchestrator",
}


DIRECT = {"get", "post", "put", "delete", "request", "stream", "connect", "Client"}


def _owner(function: ast.expr) -> str:
    """The module in `module.name(...)`."""
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.value.id
    return ""


def ways_out(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in OPENERS:
                found.append(f"line {node.lineno}: {name}()")
            if _owner(node.func) in ("httpx2", "httpx", "websockets") and name in DIRECT:
                found.append(f"line {node.lineno}: {name}()")
        if isinstance(node, ast.ClassDef):
            bases = [getattr(base, "attr", getattr(base, "id", "")) for base in node.bases]
            found += [f"line {node.lineno}: a kind of {base}" for base in bases if base in OPENERS]
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            if node.module.startswith("websockets") and any(
                alias.name in ("connect", "Connect") for alias in node.names
            ):
                found.append(f"line {node.lineno}: a WebSocket client")
        found += [f"line {node.lineno}: {name}" for name in names if name in LIBRARIES]  # type: ignore[attr-defined]
    return found


def files() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def test_every_way_out_is_known() -> None:
    open_ = {str(path.relative_to(ROOT)): ways_out(ast.parse(path.read_text())) for path in files()}
    unknown = {path: found for path, found in open_.items() if found and path not in KNOWN}
    assert unknown == {}


def test_no_known_way_is_gone() -> None:
    assert [path for path in KNOWN if not ways_out(ast.parse((ROOT / path).read_text()))] == []


def test_only_the_egress_and_what_stands_inside_it_are_in_agents() -> None:
    assert [path for path in KNOWN if path.startswith("agents/")] == [
        f"agents/{name}.py" for name in ("egress", "network", "recording")
    ]
    users = [path for path in (ROOT / "agents").rglob("*.py") if "open_client" in path.read_text()]
    assert sorted(path.name for path in users) == ["channel.py", "egress.py"]


@pytest.mark.parametrize(
    "code",
    [
        "import httpx2\nhttpx2.AsyncClient()",
        "import httpx2\nhttpx2.get('http://x')",
        "from openai import AsyncOpenAI\nAsyncOpenAI()",
        "import socket\nsocket.create_connection(('h', 1))",
        "import asyncio\nasyncio.open_connection('h', 1)",
        "def late():\n    import requests",
        "from urllib.request import urlopen",
        "from urllib import request",
        "from websockets.asyncio.client import connect",
        "loop.create_connection(f, 'h', 1)",
        "import httpx2\nclass Own(httpx2.AsyncHTTPTransport): ...",
    ],
)
def test_a_way_out_is_seen(code: str) -> None:
    assert ways_out(ast.parse(code))
