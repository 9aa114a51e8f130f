"""One HTTP request to an address that was checked: what is connected to is what was looked at, at every redirect."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING

from protocol.errors import ErrorCode
from tools import addresses
from tools.context import ToolContext
from tools.errors import ToolError
from tools.resolving import reachable

if TYPE_CHECKING:
    # At run time it is imported where it is used: it costs a tenth of a second that most agents never need.
    import httpx2

MAX_REDIRECTS = 5
# As httpx gives it: international names are decoded there, so letters may be any.
_HOST = re.compile(r"[\w.:-]{1,253}")
CONNECT_S = 10.0
READ_S = 30.0
_HEADERS = {"User-Agent": "asterism-device", "Accept": "*/*", "Accept-Encoding": "identity"}


@asynccontextmanager
async def get(context: ToolContext, url: str) -> AsyncIterator[tuple[httpx2.Response, str]]:
    """The response to a GET, its body not yet read, and the URL it came from, without credentials.

    No cookies, no proxy from the environment. Raises ToolError: BAD_ARGUMENTS (no such URL), DENIED (an address that
    may not be spoken to), UNAVAILABLE (no answer; may be tried again).
    """
    import httpx2

    timeout = httpx2.Timeout(READ_S, connect=CONNECT_S)
    try:
        async with httpx2.AsyncClient(timeout=timeout, trust_env=False, headers=_HEADERS, verify=_trusted()) as client:
            response, final = await _follow(context, client, _checked(httpx2.URL(url)))
            try:
                yield response, final
            finally:
                await response.aclose()
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError) as error:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"this is not a URL that can be fetched: {error}") from error
    except httpx2.TimeoutException as error:
        raise ToolError(ErrorCode.UNAVAILABLE, "the server does not answer in time", retryable=True) from error
    except httpx2.HTTPError as error:
        what = str(error) or type(error).__name__
        raise ToolError(ErrorCode.UNAVAILABLE, f"the server cannot be reached: {what}", retryable=True) from error


@cache
def _trusted() -> ssl.SSLContext:
    """The machine's own certificates (SSL_CERT_FILE) count; its proxies and netrc do not. Read once: it takes long."""
    import httpx2

    return httpx2.create_ssl_context(trust_env=True)


def _checked(url: httpx2.URL) -> httpx2.URL:
    if url.scheme not in ("http", "https") or not _HOST.fullmatch(url.host) or (url.port or 0) > 65_535:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "only http and https URLs with a proper host can be fetched")
    return url


async def _follow(context: ToolContext, client: httpx2.AsyncClient, url: httpx2.URL) -> tuple[httpx2.Response, str]:
    """Redirects are followed here and not by the client, for each one's address must be checked."""
    loopback = addresses.names_loopback(url.host)
    for _ in range(MAX_REDIRECTS + 1):
        response = await client.send(await _request(context, client, url, loopback), stream=True)
        if not response.has_redirect_location:
            return response, str(url.copy_with(username=None, password=None, fragment=None))
        await response.aclose()
        # Credentials of the first URL are for its host only, and are dropped for all.
        url = _checked(url.copy_with(username=None, password=None).join(response.headers["location"]))
        loopback = loopback and addresses.names_loopback(url.host)
    raise ToolError(ErrorCode.TOOL_FAILED, f"the server redirects more than {MAX_REDIRECTS} times")


async def _request(context: ToolContext, client: httpx2.AsyncClient, url: httpx2.URL, loopback: bool) -> httpx2.Request:
    """A request to the checked address itself; the name stays in the Host header and in TLS."""
    port = url.port or (443 if url.scheme == "https" else 80)
    address = await reachable(url.host, port, private=context.limits.private_network, loopback=loopback)
    return client.build_request(
        "GET",
        url.copy_with(host=str(address)),
        headers={"Host": url.netloc.decode("ascii")},
        extensions={"sni_hostname": url.host, "timeout": client.timeout.as_dict()},
    )
