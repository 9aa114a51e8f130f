"""A scripted Kubernetes API server over plain HTTP on loopback: objects in memory, and faults on demand.

    async with FakeApiServer() as server:
        server.put("configmaps", "shop", "settings", data={"a": "1"})
        server.fault("GET", "/configmaps", Refuse(429, retry_after="0"), Refuse(429, retry_after="0"))
        kubeconfig = server.kubeconfig(tmp_path)

Each fault answers one request; after them the server is well again. What it does not have it refuses with 404.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import uuid
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Object = dict[str, Any]
KINDS = {
    "pods": ("Pod", "v1", True),
    "configmaps": ("ConfigMap", "v1", True),
    "secrets": ("Secret", "v1", True),
    "services": ("Service", "v1", True),
    "events": ("Event", "v1", True),
    "namespaces": ("Namespace", "v1", False),
    "nodes": ("Node", "v1", False),
    "deployments": ("Deployment", "apps/v1", True),
}
VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]


@dataclass(frozen=True)
class Refuse:
    """A refusal as the API server words it."""

    status: int
    reason: str = ""
    message: str = "no"
    retry_after: str = ""


@dataclass(frozen=True)
class Cut:
    """The connection ends without an answer; `done`: after the request was carried out."""

    done: bool = False


@dataclass(frozen=True)
class Raw:
    """Status 200 with any body; `length` promises more bytes than there are."""

    body: bytes
    length: int | None = None


@dataclass(frozen=True)
class Silent:
    """Nothing comes, and the connection stays."""


Fault = Refuse | Cut | Raw | Silent


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class FakeApiServer:
    """`written` are the requests that changed something, of all `requests`; `logs` are pods', by "namespace/name"."""

    objects: dict[str, dict[tuple[str, str], Object]] = field(default_factory=dict)
    logs: dict[str, bytes] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    written: list[Request] = field(default_factory=list)
    _faults: list[tuple[str, str, deque[Fault]]] = field(default_factory=list)
    _version: int = 100

    async def __aenter__(self) -> FakeApiServer:
        self._open: set[asyncio.Task[None]] = set()
        self.port = 0
        await self.start()
        self.put("namespaces", "", "shop")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Serve, on the port of before where there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Go away: connections are cut, new ones refused. The objects stay."""
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def kubeconfig(self, folder: Path, token: str = "t0ken-of-the-test") -> Path:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "fake",
            "clusters": [{"name": "fake", "cluster": {"server": f"http://127.0.0.1:{self.port}"}}],
            "users": [{"name": "fake", "user": {"token": token}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
        }
        path = folder / "fake.kubeconfig"
        path.write_text(json.dumps(config))
        return path

    def put(self, plural: str, namespace: str, name: str, **more: Any) -> Object:  # noqa: ANN401 - parts of an object
        kind, version, _ = KINDS[plural]
        self._version += 1
        metadata = {"name": name, "uid": str(uuid.uuid4()), "resourceVersion": str(self._version)}
        metadata |= {"creationTimestamp": "2026-01-01T00:00:00Z", **more.pop("metadata", {})}
        metadata |= {"namespace": namespace} if namespace else {}
        made: Object = {"kind": kind, "apiVersion": version, "metadata": metadata, **more}
        self.objects.setdefault(plural, {})[namespace, name] = made
        return made

    def fault(self, method: str, part: str, *answers: Fault) -> None:
        """These answers to the next requests of the method whose URL has the part in it."""
        self._faults.append((method, part, deque(answers)))

    def heal(self) -> None:
        """No more faults."""
        self._faults.clear()

    # --- HTTP ------------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._one(reader, writer):
                    pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        line = await reader.readline()
        if not line.strip():
            return False
        method, target, _ = line.decode().split()
        headers: dict[str, str] = {}
        while (line := await reader.readline()).strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        content = await reader.readexactly(int(headers.get("content-length", "0")))
        url = urlsplit(target)
        request = Request(method, url.path, dict(parse_qsl(url.query)), headers, json.loads(content or b"null"))
        self.requests.append(request)
        fault = self._fault(method, target)
        if isinstance(fault, Cut):
            if fault.done:
                self._answer(request)
            writer.transport.abort()
            return False
        if isinstance(fault, Silent):
            await asyncio.Event().wait()
        if isinstance(fault, Raw):
            await _send(writer, 200, fault.body, fault.length)
            return fault.length is None
        assert not isinstance(fault, Silent)
        status, body, retry = (
            (fault.status, _status(fault), fault.retry_after) if fault else (*self._answer(request), "")
        )
        await _send(writer, status, body if isinstance(body, bytes) else json.dumps(body).encode(), None, retry)
        return True

    def _fault(self, method: str, target: str) -> Fault | None:
        for wanted, part, answers in self._faults:
            if wanted == method and part in target and answers:
                return answers.popleft()
        return None

    # --- what a healthy server says --------------------------------------------------------------------------------

    def _answer(self, request: Request) -> tuple[int, Object | bytes]:
        if request.path == "/version":
            return 200, {"gitVersion": "v1.30.0"}
        if request.path == "/apis":
            version = {"groupVersion": "apps/v1", "version": "v1"}
            return 200, {"groups": [{"name": "apps", "versions": [version], "preferredVersion": version}]}
        if request.path in ("/api/v1", "/apis/apps/v1"):
            return 200, _discovery(request.path.removeprefix("/apis/").removeprefix("/api/"))
        if request.path.endswith("accessreviews"):
            return 201, {"status": {"allowed": True}}
        if request.path.endswith("rulesreviews"):
            return 201, {"status": {"resourceRules": [{"verbs": ["*"], "resources": ["*"]}]}}
        parts = request.path.removeprefix("/apis/apps/v1/").removeprefix("/api/v1/").split("/")
        namespace = parts[1] if parts[0] == "namespaces" and len(parts) > 2 else ""
        plural, *rest = parts[2:] if namespace else parts
        if plural not in KINDS:
            return _missing(request.path)
        if not rest:
            return self._collection(request, plural, namespace)
        return self._object(request, plural, namespace, rest)

    def _collection(self, request: Request, plural: str, namespace: str) -> tuple[int, Object | bytes]:
        kind, version, _ = KINDS[plural]
        if request.query.get("watch"):
            return 200, b""
        found = [one for (where, _), one in self.objects.get(plural, {}).items() if namespace in ("", where)]
        start = int(request.query.get("continue") or 0)
        limit = int(request.query.get("limit") or len(found) or 1)
        metadata: Object = {"resourceVersion": str(self._version)}
        if start + limit < len(found):
            metadata["continue"] = str(start + limit)
        return 200, {"kind": f"{kind}List", "apiVersion": version, "metadata": metadata,
                     "items": found[start : start + limit]}  # fmt: skip

    def _object(self, request: Request, plural: str, namespace: str, rest: list[str]) -> tuple[int, Object | bytes]:
        live = self.objects.get(plural, {}).get((namespace, rest[0]))
        if live is None:
            return _missing(rest[0])
        if rest[1:] == ["log"]:
            return 200, self.logs.get(f"{namespace}/{rest[0]}", b"")
        if request.method == "GET":
            return 200, live
        trial = request.query.get("dryRun") or (request.body or {}).get("dryRun")
        if request.method == "DELETE":
            after = live
        else:
            after = _merged(live, request.body)
            self._version += 1
            after["metadata"]["resourceVersion"] = str(self._version)
        if not trial:
            self.written.append(request)
            if request.method == "DELETE":
                del self.objects[plural][namespace, rest[0]]
            else:
                self.objects[plural][namespace, rest[0]] = after
        return 200, after


def _merged(live: Object, patch: Object) -> Object:
    after = copy.deepcopy(live)
    for key, value in patch.items():
        if value is None:
            after.pop(key, None)
        else:
            after[key] = _merged(after.get(key) or {}, value) if isinstance(value, dict) else value
    return after


def _discovery(version: str) -> Object:
    resources = [
        {"name": plural, "singularName": kind.lower(), "kind": kind, "namespaced": namespaced, "verbs": VERBS}
        for plural, (kind, of, namespaced) in KINDS.items()
        if of == version
    ]
    return {"kind": "APIResourceList", "groupVersion": version, "resources": resources}


def _missing(what: str) -> tuple[int, Object]:
    return 404, _status(Refuse(404, "NotFound", f"{what} not found"))


def _status(refusal: Refuse) -> Object:
    return {"kind": "Status", "status": "Failure", "code": refusal.status, "reason": refusal.reason,
            "message": refusal.message}  # fmt: skip


async def _send(
    writer: asyncio.StreamWriter, status: int, body: bytes, length: int | None = None, retry_after: str = ""
) -> None:
    retry = f"Retry-After: {retry_after}\r\n" if retry_after else ""
    size = length if length is not None else len(body)
    head = f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n{retry}Content-Length: {size}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
