"""A small client of the Kubernetes API for tests and judges: what a kubeconfig leads to, as plain JSON.

It is not the client of the code under test, so that the two cannot be wrong together. Objects are named as
"Kind namespace/name", or "Kind name" where the kind has no namespaces: "Deployment shop/checkout", "Node node1".
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2
import yaml

Object = dict[str, Any]
"""A Kubernetes object as JSON."""

JSON = "application/json"
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
MANAGER = "asterism-tests"
TIMEOUT_S = 30.0


class ApiError(Exception):
    """The API server refused: `status` is HTTP's, `reason` Kubernetes' word (NotFound, Forbidden, ...)."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status, self.reason = status, reason


@dataclass(frozen=True)
class Kind:
    """A kind of objects as the API server offers it; `group_version` is "v1" or "apps/v1"."""

    name: str
    group_version: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = field(compare=False)

    @property
    def group(self) -> str:
        return self.group_version.rpartition("/")[0]

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """The path of one object, of a namespace's objects, or of all."""
        root = "/apis" if self.group else "/api"
        inside = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{root}/{self.group_version}{inside}/{self.plural}{f'/{name}' if name else ''}"


def parse_ref(ref: str) -> tuple[str, str | None, str]:
    """("Deployment", "shop", "checkout") of "Deployment shop/checkout"; no namespace of "Node node1"."""
    kind, _, rest = ref.partition(" ")
    namespace, slash, name = rest.rpartition("/")
    if not kind or not name:
        raise ValueError(f"{ref!r} is not of the form 'Kind namespace/name' or 'Kind name'")
    return kind, namespace if slash else None, name


def ref_of(item: Object) -> str:
    metadata = item["metadata"]
    namespace = metadata.get("namespace")
    return f"{item['kind']} {namespace + '/' if namespace else ''}{metadata['name']}"


class Api:
    """An open connection as the kubeconfig's user: `async with Api(path) as api`. Raises ApiError on refusals."""

    def __init__(self, kubeconfig: Path) -> None:
        server, tls, self.headers = read_kubeconfig(kubeconfig)
        self._http = httpx2.AsyncClient(
            base_url=server,
            verify=tls,
            timeout=TIMEOUT_S,
            trust_env=False,
            limits=httpx2.Limits(max_connections=16, max_keepalive_connections=16),
        )
        self._versions: dict[str, list[Kind]] = {}
        self._preferred: list[Kind] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def send(
        self, method: str, path: str, body: object = None, *, content_type: str = JSON, **parameters: str
    ) -> httpx2.Response:
        """The answer, whatever it says. Bytes are sent as they are; keyword arguments are the query's."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body)
        headers = self.headers | ({"content-type": content_type} if content is not None else {})
        return await self._http.request(method, path, content=content, headers=headers, params=parameters)

    async def request(
        self, method: str, path: str, body: object = None, *, content_type: str = JSON, **parameters: str
    ) -> Object:
        """The answer's JSON."""
        answer = await self.send(method, path, body, content_type=content_type, **parameters)
        if answer.is_error:
            raise _error(answer)
        parsed: Object = answer.json()
        return parsed

    # --- Kinds -----------------------------------------------------------------------------------------------------

    async def kinds(self, *, fresh: bool = False) -> list[Kind]:
        """Every kind in its preferred version; asked for once unless `fresh`."""
        if fresh or self._preferred is None:
            groups = (await self.request("GET", "/apis"))["groups"]
            names = ["v1", *(group["preferredVersion"]["groupVersion"] for group in groups)]
            self._versions.clear()
            lists = await asyncio.gather(*(self._of_version(name) for name in names))
            self._preferred = [kind for offered in lists for kind in offered]
        return self._preferred

    async def kind(self, name: str, group_version: str | None = None) -> Kind:
        """The kind of this name: in this version, else the first group's that has it. Raises LookupError."""
        offered = await self._of_version(group_version) if group_version else await self.kinds()
        for fresh in (False, True):
            for kind in offered:
                if kind.name == name:
                    return kind
            if not fresh:
                self._versions.clear()
                offered = await self._of_version(group_version) if group_version else await self.kinds(fresh=True)
        raise LookupError(f"the cluster has no kind {name} {group_version or ''}".strip())

    async def _of_version(self, group_version: str) -> list[Kind]:
        if group_version not in self._versions:
            root = "/apis" if "/" in group_version else "/api"
            answer = await self.send("GET", f"{root}/{group_version}")
            if answer.status_code == 404:
                return []  # a group of custom resources that goes in this moment
            if answer.is_error:
                raise _error(answer)
            offered = answer.json()
            self._versions[group_version] = [
                Kind(entry["kind"], group_version, entry["name"], entry["namespaced"], frozenset(entry["verbs"]))
                for entry in offered["resources"]
                if "/" not in entry["name"]
            ]
        return self._versions[group_version]

    async def path(self, ref: str) -> str:
        kind_name, namespace, name = parse_ref(ref)
        return (await self.kind(kind_name)).path(namespace, name)

    # --- Objects ---------------------------------------------------------------------------------------------------

    async def get(self, ref: str) -> Object | None:
        """The object, or None where there is none."""
        answer = await self.send("GET", await self.path(ref))
        if answer.status_code == 404:
            return None
        if answer.is_error:
            raise _error(answer)
        parsed: Object = answer.json()
        return parsed

    async def list(self, kind: str, namespace: str | None = None, **parameters: str) -> list[Object]:
        """The objects of a kind, each with its kind, which the API leaves out of lists."""
        found = await self.kind(kind)
        items = (await self.request("GET", found.path(namespace), **parameters))["items"]
        return [{"kind": found.name, "apiVersion": found.group_version, **item} for item in items]

    async def apply(self, manifest: Mapping[str, Any]) -> Object:
        """Server-side apply: created where it is not there, and then as the manifest says."""
        kind = await self.kind(manifest["kind"], manifest["apiVersion"])
        metadata = manifest["metadata"]
        namespace = metadata.get("namespace", "default")
        path = kind.path(namespace, metadata["name"])
        return await self.request("PATCH", path, manifest, content_type=APPLY, fieldManager=MANAGER, force="true")

    async def patch(self, ref: str, body: Mapping[str, Any], **parameters: str) -> Object:
        """A merge patch."""
        return await self.request("PATCH", await self.path(ref), body, content_type=MERGE, **parameters)

    async def delete(self, ref: str, *, grace_s: int | None = None, **parameters: str) -> None:
        """Asks for its deletion in the background; one that is not there is well."""
        options: Object = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
        if grace_s is not None:
            options["gracePeriodSeconds"] = grace_s
        answer = await self.send("DELETE", await self.path(ref), options, **parameters)
        if answer.is_error and answer.status_code != 404:
            raise _error(answer)

    async def logs(self, pod: str, **parameters: str) -> str:
        """What the pod "namespace/name" wrote."""
        namespace, _, name = pod.partition("/")
        answer = await self.send("GET", f"/api/v1/namespaces/{namespace}/pods/{name}/log", **parameters)
        if answer.is_error:
            raise _error(answer)
        return answer.text


def _error(answer: httpx2.Response) -> ApiError:
    try:
        status = answer.json()
    except ValueError:
        status = {}
    return ApiError(answer.status_code, status.get("reason", ""), status.get("message", answer.text[:500]))


def read_kubeconfig(kubeconfig: Path) -> tuple[str, ssl.SSLContext, dict[str, str]]:
    """The server's URL, the TLS settings and the headers of the current context."""
    content = yaml.safe_load(kubeconfig.read_text())
    context = _named(content["contexts"], content["current-context"])["context"]
    cluster = _named(content["clusters"], context["cluster"])["cluster"]
    user = _named(content["users"], context["user"])["user"]
    with tempfile.TemporaryDirectory() as folder:
        authority = _file(cluster, "certificate-authority", kubeconfig, Path(folder))
        tls = ssl.create_default_context(cafile=authority)
        certificate = _file(user, "client-certificate", kubeconfig, Path(folder))
        if certificate:
            tls.load_cert_chain(certificate, _file(user, "client-key", kubeconfig, Path(folder)))
    return cluster["server"], tls, {"authorization": f"Bearer {user['token']}"} if "token" in user else {}


def _named(entries: Iterable[Object], name: str) -> Object:
    return next(entry for entry in entries if entry["name"] == name)


def _file(entry: Object, name: str, kubeconfig: Path, folder: Path) -> str | None:
    """Python's ssl takes certificates from files only: what the kubeconfig holds itself is written out for it."""
    if f"{name}-data" in entry:
        path = folder / name
        path.write_bytes(base64.b64decode(entry[f"{name}-data"]))
        return str(path)
    return str(kubeconfig.parent / entry[name]) if name in entry else None
