"""Requests to an API server through the official asyncio client: as a caller, with our errors, as plain JSON.

The client brings the connection: kubeconfig, contexts, certificates, exec plugins, OIDC and token refresh, in-cluster
service accounts. Objects stay plain JSON, so that every kind that discovery lists works alike.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.errors import KubeError, from_response, unreachable
from tools.kube.objects import Manifest
from tools.kube.settings import KubeSettings

if TYPE_CHECKING:
    import aiohttp
    from kubernetes.aio.client import ApiClient
    from multidict import CIMultiDict

Query = Iterable[tuple[str, str]]
Headers = tuple[tuple[str, str], ...]
TIMEOUT_S: Final = 30.0
TRIES: Final = 4
MAX_WAIT_S: Final = 10.0
PAGE: Final = 500
MERGE: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
JSON_PATCH: Final = "application/json-patch+json"
_CONNECTION: Final = (
    "host", "verify_ssl", "disable_strict_ssl_verification", "ssl_ca_cert", "ca_cert_data", "assert_hostname",
    "tls_server_name", "proxy", "proxy_headers", "retries",
)  # fmt: skip
"""What of a client's configuration says where the server is, and how it is known."""
APPLY: Final = "application/apply-patch+yaml"
IMPERSONATE: Final = "impersonate-"
"""How the headers begin, in lower case, that make a request another's: -user, -group, -uid, -extra-*."""


@dataclass(frozen=True)
class Api:
    """One cluster as one identity. `headers` go with every request (impersonation, User-Agent, another token).

    `context`: which of the kubeconfig's it is, by name; "" for a pod's own service account.
    """

    client: ApiClient
    headers: Headers = ()
    namespace: str = ""
    server: str = ""
    context: str = ""

    def with_headers(self, headers: Headers) -> Api:
        """The same connection, with more headers; those of a name that was there before give way.

        An identity gives way as a whole: of two that impersonate, nobody gets the one's user and the other's groups.
        """
        named = {name.lower() for name, _ in headers}
        other = any(name.startswith(IMPERSONATE) for name in named)
        kept = tuple(
            (name, value)
            for name, value in self.headers
            if name.lower() not in named and not (other and name.lower().startswith(IMPERSONATE))
        )
        return replace(self, headers=(*kept, *headers))

    async def get(self, path: str, query: Query = (), *, timeout_s: float = TIMEOUT_S) -> Manifest:
        return await self.request("GET", path, query=query, timeout_s=timeout_s)

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: object = None,
        content: str = "application/json",
        timeout_s: float = TIMEOUT_S,
    ) -> Manifest:
        """One request, decoded. Raises KubeError.

        A server that asks for patience (429 with Retry-After, and reads it cannot serve now) is asked again, a few
        times: it has done nothing yet. An eviction's 429 means a disruption budget, and is not. A read whose connection
        broke is sent once more.
        """
        for number in range(TRIES):
            try:
                return await self._once(method, path, query, body, content, timeout_s)
            except KubeError as error:
                wait = _patience(error, method, path, number)
                if wait is None:
                    raise
                await asyncio.sleep(wait)
        raise AssertionError("the last try raises")

    async def items(self, path: str, query: Query = (), *, most: int = 100_000) -> list[Manifest]:
        """All items of a collection, page by page; at most `most`. A list that expires half-way is begun again."""
        for number in range(2):
            try:
                return await self._pages(path, query, most)
            except KubeError as error:
                if error.status != 410 or number:
                    raise
        raise AssertionError("the second try raises")

    async def text(self, path: str, query: Query = (), *, most: int) -> tuple[str, bool]:
        """A text such as a log: its first `most` bytes, and whether there was more."""
        async with self.stream(path, query) as response:
            data = bytearray()
            async for piece in response.content.iter_chunked(1 << 16):
                data += piece
                if len(data) > most:
                    return data[:most].decode(errors="replace"), True
            return data.decode(errors="replace"), False

    @asynccontextmanager
    async def stream(
        self, path: str, query: Query = (), *, timeout_s: float = 3600.0
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An open response, for logs and watches. Raises KubeError."""
        response = await self._send("GET", path, query, None, "application/json", timeout_s)
        try:
            if response.status >= 400:
                text = (await response.content.read(1 << 16)).decode(errors="replace")
                raise from_response(response.status, text, response.headers.get("Retry-After"))
            yield response
        except (TimeoutError, OSError) as error:
            raise unreachable(error) from error
        except Exception as error:
            raise _translated(error) from error
        finally:
            response.close()

    async def _pages(self, path: str, query: Query, most: int) -> list[Manifest]:
        found: list[Manifest] = []
        going = [*query, ("limit", str(min(PAGE, most)))]
        while True:
            page = await self.get(path, going)
            found += _items(page)
            token = (page.get("metadata") or {}).get("continue")
            if not token or len(found) >= most:
                return found[:most]
            going = [*query, ("limit", str(PAGE)), ("continue", str(token))]

    async def _once(
        self, method: str, path: str, query: Query, body: object, content: str, timeout_s: float
    ) -> Manifest:
        response = await self._send(method, path, query, body, content, timeout_s)
        try:
            text = await response.text(errors="replace")
        except (TimeoutError, OSError) as error:
            raise unreachable(error) from error
        except Exception as error:
            raise _translated(error) from error
        finally:
            response.release()
        if response.status >= 400:
            raise from_response(response.status, text, response.headers.get("Retry-After"))
        try:
            decoded = json.loads(text) if text else {}
        except ValueError:
            raise KubeError(response.status, "BadAnswer", "the API server's answer is no JSON", {}, None) from None
        return decoded if isinstance(decoded, dict) else {"value": decoded}

    async def _send(
        self, method: str, path: str, query: Query, body: object, content: str, timeout_s: float
    ) -> aiohttp.ClientResponse:
        pairs = list(query)
        try:
            headers = await self.signed(method, path, body, content)
            url = self.client.configuration.host + path + (f"?{urlencode(pairs)}" if pairs else "")
            found = await self.client.rest_client.request(
                method, url, headers=headers, body=body, _request_timeout=timeout_s
            )
        except (TimeoutError, OSError) as error:
            raise unreachable(error) from error
        except Exception as error:
            raise _translated(error) from error
        response: aiohttp.ClientResponse = found.response
        return response

    async def signed(self, method: str, path: str, body: object, content: str) -> CIMultiDict[str]:
        """The headers of a request: the client's own, its credentials, and ours, which come before both."""
        from multidict import CIMultiDict

        plain = {**self.client.default_headers, "Accept": "application/json", "Content-Type": content}
        await self.client.update_params_for_auth(plain, [], ["BearerToken"], path, method, body)
        headers = CIMultiDict(plain)
        for name in {name for name, _ in self.headers}:
            headers.popall(name, None)
        headers.extend(self.headers)
        return headers

    def without_credentials(self) -> Api:
        """A connection of its own to the same server that presents nothing: no certificate, no token, no headers.

        A token of a caller must go over such a one. A server prefers a client's certificate to any token, so that over
        the device's own connection the caller would have the device's rights.
        """
        from kubernetes.aio.client import ApiClient, Configuration

        own, bare = self.client.configuration, Configuration()
        for name in _CONNECTION:
            setattr(bare, name, getattr(own, name))
        return Api(ApiClient(bare), (), self.namespace, self.server, self.context)

    async def close(self) -> None:
        await self.client.close()


async def connect(settings: KubeSettings) -> Api:
    """Read the configuration and make a client; nothing is sent yet. Raises ToolError(UNAVAILABLE) with a remedy."""
    try:
        from kubernetes.aio import config
        from kubernetes.aio.client import ApiClient, Configuration
        from yaml import YAMLError
    except ImportError:
        raise ToolError(
            ErrorCode.UNAVAILABLE, "the Kubernetes client is not installed: pip install 'asterism[k8s]'"
        ) from None
    target = Configuration()
    namespace = chosen = ""
    path = str(settings.kubeconfig) if settings.kubeconfig is not None else None
    try:
        if path is None and not _has_kubeconfig():
            config.load_incluster_config(client_configuration=target)
            namespace = _own_namespace()
        else:
            loader = await _loaded(path, settings.context, target)
            namespace = str((loader.current_context.get("context") or {}).get("namespace") or "")
            chosen = str(loader.current_context.get("name") or "")
    except config.ConfigException as error:
        raise ToolError(ErrorCode.UNAVAILABLE, f"no cluster to connect to: {error}; give --kubeconfig FILE") from None
    except (YAMLError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolError(
            ErrorCode.UNAVAILABLE,
            f"the kubeconfig cannot be read ({type(error).__name__}): give another with --kubeconfig",
        ) from None
    # Retrying is ours: whether a request may be sent again depends on what it does. (False would be a number of tries
    # to the client, and never reached: it would send reads, puts and deletions again for ever.)
    target.retries = None
    client = ApiClient(target)
    headers = impersonation(settings.as_user, settings.as_groups) if settings.as_user else ()
    return Api(client, headers, namespace, str(target.host), chosen)


def impersonation(user: str, groups: Iterable[str]) -> Headers:
    """Headers that make a request another user's; the API server checks the right to."""
    return (("Impersonate-User", user), *(("Impersonate-Group", group) for group in groups))


def meant(files: str, context: str) -> tuple[str, str]:
    """Which context kubeconfigs (several as in KUBECONFIG) choose, and its server; ("", "") where they choose none.

    Nothing is run or sent for it.
    """
    from kubernetes.aio.config import ConfigException
    from yaml import YAMLError

    try:
        loader = _loader(files, context)
        name, server = loader.current_context.get("name"), loader._cluster.safe_get("server")
    except (ConfigException, YAMLError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return "", ""
    return str(name or ""), str(server or "")


async def _loaded(path: str | None, context: str, target: object) -> Any:  # noqa: ANN401 - the client's own loader
    from kubernetes.aio.config import kube_config

    loader = _loader(path or kube_config.KUBE_CONFIG_DEFAULT_LOCATION, context)
    await loader.load_and_set(target)
    return loader


def _loader(files: str, context: str) -> Any:  # noqa: ANN401 - the client's own
    from kubernetes.aio.config import kube_config

    return kube_config._get_kube_config_loader_for_yaml_file(files, active_context=context or None)


def _has_kubeconfig() -> bool:
    import os
    from pathlib import Path

    named = os.environ.get("KUBECONFIG")
    return bool(named) or (Path.home() / ".kube" / "config").exists()


def _own_namespace() -> str:
    from pathlib import Path

    try:
        return Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace").read_text().strip()
    except OSError:
        return ""


def _items(page: Manifest) -> list[Manifest]:
    """The items with the kind and version that a list says once."""
    kind = str(page.get("kind", "List")).removesuffix("List")
    version = page.get("apiVersion")
    items = page.get("items") or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise KubeError(200, "BadAnswer", "the API server's answer is no list of objects", {}, None)
    for item in items:
        item.setdefault("kind", kind)
        item.setdefault("apiVersion", version)
    return items


def _patience(error: KubeError, method: str, path: str, number: int) -> float | None:
    """Seconds to wait before the same request is sent again; None where it must not be."""
    if number + 1 >= TRIES or path.endswith("/eviction"):
        return None
    if error.status == 429:
        return min(MAX_WAIT_S, error.retry_after_s if error.retry_after_s is not None else 0.5 * 2**number)
    if method == "GET" and error.reason == "Unreachable" and not number:
        return 0.1  # a connection that was kept open, to a server that began anew
    if method == "GET" and error.status in (500, 503, 504) and error.retry_after_s is not None:
        return min(MAX_WAIT_S, error.retry_after_s)
    return None


def _translated(error: Exception) -> Exception:
    """What the client's transport raised, as ours; anything else as it is."""
    import aiohttp
    from kubernetes.aio.client.exceptions import ApiException
    from kubernetes.aio.config import ConfigException

    if isinstance(error, ApiException):
        return from_response(int(error.status or 0), str(error.body or error.reason or ""), None)
    if isinstance(error, (aiohttp.ClientError, ConfigException)):
        return unreachable(error)
    return error
