"""Who asks: roles, loopback, hosts and origins."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from orchestrator.api.problems import Problem
from orchestrator.core.application import Application

Right = Literal["viewer", "operator", "admin"]

_RANK = {"device": 0, "viewer": 1, "operator": 2, "admin": 3}
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


@dataclass(frozen=True, slots=True)
class Caller:
    """`name` goes on the record as the one who asked; `token` is the id of the token that was shown, empty where

    none is configured.
    """

    name: str
    role: str
    token: str = ""

    def require(self, right: Right) -> None:
        """Raises Problem `forbidden` where the role does not include `right`."""
        if _RANK.get(self.role, 0) < _RANK[right]:
            raise Problem("forbidden", f"This needs a token with the role {right}; this one is {self.role}.")


LOCAL = Caller("local", "admin")


async def identify(app: Application, scope: Scope, headers: Headers) -> Caller:
    """The caller of an HTTP request. Raises Problem.

    Without a token configured, loopback alone is served, and only under a loopback name: a page on another site can
    make a browser resolve that site's name to this machine (DNS rebinding), and then sends that name as the host.
    """
    if not await app.tokens_configured():
        check_loopback(scope, headers)
        return LOCAL
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem("unauthenticated", "Show a token: `Authorization: Bearer ast_...` (ASTERISM_TOKEN, --token).")
    record = await app.authenticate(token.strip())
    if record is None:
        raise Problem("unauthenticated", "The token is wrong, expired or revoked.")
    return Caller(record.name or record.id, record.role, record.id)


def check_loopback(scope: Scope, headers: Headers) -> None:
    """Raises Problem where the client is not on this machine, or may not be."""
    client = scope.get("client")
    if client is None or not is_loopback(client[0]) or any(name in headers for name in _FORWARDED):
        message = "No token is configured, so only this machine is served: create one with `asterism token create`."
        raise Problem("loopback_only", message)
    if not is_loopback(_hostname(headers.get("host", ""))):
        raise Problem("host_not_allowed", "Without a token, use the address 127.0.0.1 or the name localhost.")


def check_origin(scope: Scope, headers: Headers) -> None:
    """Refuses what a page of another site sends. Raises Problem."""
    origin = headers.get("origin")
    if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise Problem("cross_site", "Requests from another site's page are refused.")
    if origin is None:
        return
    if urlsplit(origin).netloc.lower() != headers.get("host", "").lower() or not headers.get("host"):
        raise Problem("cross_site", "Requests from another site's page are refused.")


def is_loopback(host: str) -> bool:
    """Whether an address or name is this machine's own."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or (mapped is not None and mapped.is_loopback)


def _hostname(host: str) -> str:
    """The host header without its port and brackets; empty where it is not one."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
