"""The way out of webhooks: one POST to an address that was looked up once, checked, and connected to as checked.

No redirect is followed, no proxy or credential of the environment used, no connection kept: the next sending looks
the name up anew, and a connection to one name never serves another at the same address.
"""

from __future__ import annotations

import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from ipaddress import ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from orchestrator.core.application import Refusal
from orchestrator.core.webhook_settings import WebhookSettings
from orchestrator.core.webhooks import Sent
from tools import addresses

if TYPE_CHECKING:
    import ssl

    import httpx2

ANSWER_BYTES = 16_384
"""As much of an answer is read; what it says does not matter."""
LOOKUPS = 8
"""Names that are looked up at once, in threads of their own: a resolver that hangs holds up nothing else."""


class _Refused(Exception):
    """`code` as in `Sent`."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class HttpPoster:
    """See `orchestrator.runtime.webhooks.Poster`."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self._networks = [ip_network(one) for one in settings.networks]
        self._client: httpx2.AsyncClient | None = None
        self._lookups = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="webhook-lookup")

    def check(self, url: str) -> None:
        """Whether it can be seen already that an address will be refused. Raises Refusal `bad_request`."""
        parts = urlsplit(url)
        literal = addresses.parse(parts.hostname or "")
        try:
            if literal is not None:
                self._allowed(literal, parts.scheme)
            elif parts.scheme != "https" and not self._networks:
                raise _Refused("insecure", "outside the networks that the setting `webhooks.networks` lists, use https")
        except _Refused as refused:
            raise Refusal("bad_request", f"the webhook's address is refused: {refused}") from None

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Sent:
        import httpx2

        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                sent = await self._post(url, headers, body)
        except (TimeoutError, httpx2.TimeoutException):
            sent = Sent(code="timeout")
        except _Refused as refused:
            sent = Sent(code=refused.code)
        except (OSError, httpx2.HTTPError, httpx2.InvalidURL, UnicodeError):
            sent = Sent(code="unreachable")
        return sent.model_copy(update={"seconds": round(time.monotonic() - begun, 3)})

    async def close(self) -> None:
        self._lookups.shutdown(wait=False, cancel_futures=True)
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _post(self, url: str, headers: dict[str, str], body: bytes) -> Sent:
        import httpx2

        target = httpx2.URL(url)
        address = await self._address(target)
        client = self._made()
        request = client.build_request(
            "POST",
            target.copy_with(host=str(address)),
            content=body,
            headers={**headers, "host": target.netloc.decode("ascii"), "connection": "close"},
            extensions={"sni_hostname": target.host, "timeout": client.timeout.as_dict()},
        )
        response = await client.send(request, stream=True)
        try:
            size = 0
            async for piece in response.aiter_raw():
                size += len(piece)
                if size > ANSWER_BYTES:
                    break
        finally:
            await response.aclose()
        return _outcome(response)

    async def _address(self, url: httpx2.URL) -> addresses.Address:
        """The address to connect to: all of a host's must be allowed, for a name that mixes them is up to no good."""
        port = url.port or (443 if url.scheme == "https" else 80)
        look_up = partial(socket.getaddrinfo, url.host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._lookups, look_up)
        checked = [address for one in found if (address := addresses.parse(str(one[4][0]))) is not None]
        for address in checked:
            self._allowed(address, url.scheme)
        if not checked:
            raise OSError("the host has no address")
        # IPv4 first: a machine without an IPv6 route still resolves its names.
        return min(checked, key=lambda address: address.version)

    def _allowed(self, address: addresses.Address, scheme: str) -> None:
        """Raises _Refused."""
        why = addresses.refusal(address, private=False, loopback=False)
        listed = any(address in network for network in self._networks if network.version == address.version)
        if addresses.refusal(address, private=True, loopback=True) or (why and not listed):
            raise _Refused("address_refused", "it is not public, and the setting `webhooks.networks` does not list it")
        if scheme != "https" and not listed:
            raise _Refused("insecure", "outside the networks that the setting `webhooks.networks` lists, use https")

    def _made(self) -> httpx2.AsyncClient:
        import httpx2

        if self._client is None:
            timeout = httpx2.Timeout(self._settings.timeout_s)
            limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
            agent = {"user-agent": "asterism-webhooks", "accept-encoding": "identity"}
            self._client = httpx2.AsyncClient(
                timeout=timeout, limits=limits, trust_env=False, headers=agent, verify=_trusted()
            )
        return self._client


@cache
def _trusted() -> ssl.SSLContext:
    """The machine's own certificates (SSL_CERT_FILE) count; its proxies do not. Read once: it takes long."""
    import httpx2

    return httpx2.create_ssl_context(trust_env=True)


def _outcome(response: httpx2.Response) -> Sent:
    status = response.status_code
    if 200 <= status < 300:
        return Sent(status=status)
    asked = response.headers.get("retry-after", "")
    after = float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 8 else None
    return Sent(code="redirected" if 300 <= status < 400 else "status", status=status, retry_after_s=after)
