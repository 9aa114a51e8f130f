"""Skills that fetch from the web."""

from __future__ import annotations

from protocol.vocabulary import Risk
from tools.arguments import Bytes, Output, Uri, WorkspacePath
from tools.context import ToolContext
from tools.skill import skill


class Page(Output):
    url: str
    status: int
    content_type: str
    text: str
    size_bytes: int
    truncated: bool


class Download(Output):
    url: str
    path: str
    size_bytes: int
    sha256: str
    status: int


@skill(
    "http.fetch",
    timeout_s=120,
    examples=(
        "fetch https://example.com/status.json",
        "get the page https://example.org",
        "is http://localhost:8080/health up?",
        "curl http://localhost:9090/metrics on the server",
        "what does https://api.example.com/version return?",
        "check the status code of https://example.net",
    ),
)
async def fetch(context: ToolContext, *, url: Uri, max_bytes: Bytes = 262_144) -> Page:
    """Fetch a URL and return its status and text.

    Args:
        url: Address to fetch, http or https.
        max_bytes: Most bytes to return; more is cut off and flagged.
    """
    raise NotImplementedError


@skill(
    "http.download",
    risk=Risk.WRITE,
    timeout_s=3600,
    examples=(
        "download https://example.com/data.csv to data.csv",
        "save https://example.org/logo.png as logo.png",
        "wget https://example.com/release.zip",
        "get the file at https://example.net/model.bin onto the edge box",
        "download the ISO from https://example.com/debian.iso into images/",
    ),
)
async def download(context: ToolContext, *, url: Uri, path: WorkspacePath) -> Download:
    """Download a URL into a file.

    Args:
        url: Address to fetch, http or https.
        path: File to write; an earlier one is replaced.
    """
    raise NotImplementedError
