"""The dashboard's files: `orchestrator/web`, at `/` and below `/static/`, as they are, to anybody who may connect.

They hold nothing of a run: what the page shows it asks REST for, with the token that a person typed. Everything comes
from this port and nothing is inline, so that the strictest content security policy holds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from starlette.responses import Response

from orchestrator.api.problems import Problem

FOLDER: Final = Path(__file__).parents[1] / "web"
PREFIX: Final = "/static/"
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        # A browser that knows this one throws where a script would write markup.
        "require-trusted-types-for 'script'",
    )
)
_KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_HEADERS: Final = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    # Asked for anew each time, and mostly answered with 304: after an update no page mixes old modules with new ones.
    "cache-control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A file, as it is sent. `tag` is its entity tag, with the quotes."""

    content: bytes
    kind: str
    tag: str


def serves(path: str) -> bool:
    """Whether an address is the dashboard's, be there a file or not."""
    return path == "/" or path.startswith(PREFIX)


def answer(method: str, path: str, if_none_match: str = "") -> Response:
    """The answer to a request for one of our addresses. Raises Problem: `not_found`, `method_not_allowed`."""
    page = _pages().get(path)
    if page is None:
        raise Problem("not_found", "There is nothing at this address.")
    if method not in ("GET", "HEAD"):
        raise Problem("method_not_allowed", "This address does not take this method.", headers={"allow": "GET, HEAD"})
    headers = {**_HEADERS, "etag": page.tag}
    if page.tag in (tag.strip().removeprefix("W/") for tag in if_none_match.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(page.content, 200, headers, page.kind)


@cache
def _pages() -> dict[str, Page]:
    """Every file by its address, read once. An address never becomes a path: nothing else can be asked for."""
    files = (path for path in FOLDER.rglob("*") if path.suffix in _KINDS)
    found = {PREFIX + path.relative_to(FOLDER).as_posix(): _page(path) for path in files}
    return {"/": found.pop(f"{PREFIX}index.html"), **found}


def _page(path: Path) -> Page:
    content = path.read_bytes()
    return Page(content, _KINDS[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')
