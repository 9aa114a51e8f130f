"""The skill that downloads what a page offers: whole, hashed, within a size, or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import unquote, urlsplit

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Bytes, Output, Uri, WorkspacePath
from tools.browser.guard import origin_of
from tools.browser.reading import chosen
from tools.browser.session import NAVIGATE_S, Session
from tools.browser.tabs import Tab
from tools.browser.touching import ACT_S
from tools.browser.verbs import Selector, TabName, Words, address, verb
from tools.context import check_cancelled, living
from tools.errors import ToolError, printable
from tools.paths import NAME_BYTES
from tools.streams import digest_written
from tools.threads import in_thread

if TYPE_CHECKING:
    from playwright.async_api import Download, Response

BEGIN_S: Final = 30.0
STALL_S: Final = 60.0
LOOK_S: Final = 0.1
PAGE_BYTES: Final = 64 << 20
PIECE: Final = 1 << 20


class Downloaded(Output):
    """`path` is empty where it went into no file of the workspace."""

    artifact: str
    name: str
    url: str
    size_bytes: int
    sha256: str
    path: str


@verb(
    "browser.download",
    risk=Risk.WRITE,
    timeout_s=3600,
    examples=(
        "download the report with the browser",
        "click Download on the page and save the file as report.pdf",
        "download https://example.com/export.csv with the browser",
        "get the file behind the link Invoice in the browser",
    ),
)
async def download(
    session: Session,
    *,
    url: Uri | None = None,
    text: Words | None = None,
    selector: Selector | None = None,
    path: WorkspacePath | None = None,
    max_bytes: Bytes | None = None,
    tab: TabName | None = None,
) -> Downloaded:
    """Download a file with the browser, as whoever is signed in there, and make it an artifact for other devices.

    Args:
        url: Address of the file; this, or what to click on the open page.
        text: What the link or button on the open page says.
        selector: CSS selector of the link or button.
        path: File of the workspace to write it to as well; a folder takes it under its own name.
        max_bytes: Most bytes that it may have; the device's owner has set a limit too.
        tab: Which tab has the link or button; by default the one that was used last.
    """
    if sum(one is not None for one in (url, text, selector)) != 1:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say what to download: a url, or the text or selector of a link")
    context, browser = session.context, session.browser
    most = browser.settings.download_bytes
    limit = min(most if max_bytes is None else max_bytes, most, context.limits.file_bytes)
    async with browser.downloading, _fetched(session, url, text, selector, tab, limit) as (file, name, source):
        sha256, size = await in_thread(context, lambda: digest_written(context, file))
        shown = ""
        if path is not None:
            with context.workspace.replace(_target(session, path, name)) as (target, place):
                await in_thread(context, lambda: _copied(session, file, target))
                written, _ = await in_thread(context, lambda: digest_written(context, target))
                if written != sha256:
                    message = "what was written is not what came: try again"
                    raise ToolError(ErrorCode.HASH_MISMATCH, message, retryable=True)
                shown = place.path
        file.seek(0)
        artifact, _ = await context.artifacts.publish(Path(f"/proc/self/fd/{file.fileno()}"), name=name)
    return Downloaded(artifact=artifact, name=name, url=source, size_bytes=size, sha256=sha256, path=shown)


# --- getting it ----------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def _fetched(
    session: Session, url: str | None, text: str | None, selector: str | None, tab: str | None, limit: int
) -> AsyncIterator[tuple[BinaryIO, str, str]]:
    """The file, open, with its name and address. It has no name of its own in the workspace, and is gone in the end."""
    with tempfile.TemporaryFile(dir=session.context.workspace.root) as file:
        if url is not None:
            name, source = await _by_url(session, url, file, limit)
        else:
            name, source = await _by_click(session, text or "", selector or "", tab, file, limit)
        yield file, name, source


async def _by_click(
    session: Session, text: str, selector: str, tab: str | None, file: BinaryIO, limit: int
) -> tuple[str, str]:
    async with session.tab(tab) as found:
        one = await chosen(session, found, text=text, selector=selector)
        handle = await session.soon(one.handle())
        waiting = _expected(found)
        try:
            await session.act(handle.click(timeout=ACT_S * 1000, no_wait_after=True))
            session.acting = False  # what follows can be done again
            try:
                got = await asyncio.wait_for(asyncio.shield(waiting), session.seconds(BEGIN_S))
            except TimeoutError:
                message = "no download began: look at what the page shows now"
                raise ToolError(ErrorCode.TOOL_FAILED, message) from None
            return await _received(session, got, file, limit)
        finally:
            found.wanted = None


async def _by_url(session: Session, url: str, file: BinaryIO, limit: int) -> tuple[str, str]:
    """What an address gives: a download, or a page or picture that the browser shows."""
    origin_of(url)
    found = await session.fresh()
    async with found.lock:
        with session.translated(found):
            waiting = _expected(found)
            try:
                response = await session.navigate(
                    found, lambda: _gone_to(session, found, waiting, url), url, drawn=False
                )
                if waiting.done():
                    return await _received(session, waiting.result(), file, limit)
                if response is None:
                    raise ToolError(ErrorCode.TOOL_FAILED, "the address gives nothing")
                return await _shown(session, response, file, limit)
            finally:
                found.wanted = None
                await session.closed(found)


def _expected(tab: Tab) -> asyncio.Future[Download]:
    tab.wanted = asyncio.get_running_loop().create_future()
    return tab.wanted


async def _gone_to(session: Session, tab: Tab, waiting: asyncio.Future[Download], url: str) -> Response | None:
    """Go there; that a download begins instead of a page is no error here."""
    from playwright.async_api import Error

    try:
        return await session.goto(tab, url)
    except Error as error:
        if "Download is starting" not in error.message and "net::ERR_ABORTED" not in error.message:
            raise
        await asyncio.wait([waiting], timeout=session.seconds(BEGIN_S))
        if not waiting.done():
            raise ToolError(ErrorCode.TOOL_FAILED, "the address gives nothing to download") from None
        return None


async def _received(session: Session, got: Download, file: BinaryIO, limit: int) -> tuple[str, str]:
    """Wait for the end of a download, which may have none. Raises ToolError; then nothing of it is kept."""
    finishing = asyncio.ensure_future(got.path())
    try:
        await _watched(session, finishing, limit)
        why = await session.soon(got.failure())
        if why:
            raise ToolError(ErrorCode.TOOL_FAILED, f"the download broke off ({printable(why)[:200]})", retryable=True)
        kept = await finishing
        if kept.stat().st_size > limit:
            raise _too_large(limit)
        await in_thread(session.context, lambda: _moved(session, kept, file))
        return _name(got.suggested_filename, got.url), address(got.url)
    finally:
        await _given_up(session, got, finishing)


async def _watched(session: Session, finishing: asyncio.Future[Path], limit: int) -> None:
    """Until it has ended, is too large, or stands still."""
    loop = asyncio.get_running_loop()
    size, moved = 0, loop.time()
    with living(session.context) as alive:
        while not finishing.done():
            await asyncio.wait([finishing], timeout=LOOK_S)
            now = _bytes_in(session.browser.downloads)
            if now != size:
                size, moved = now, loop.time()
                alive.beat()
            if size > limit:
                raise _too_large(limit)
            if loop.time() - moved > STALL_S:
                message = f"the download stands still: nothing came for {STALL_S:g} s"
                raise ToolError(ErrorCode.TIMEOUT, message, retryable=True)
    if finishing.exception() is not None and not session.browser.running:
        await finishing


def _too_large(limit: int) -> ToolError:
    return ToolError(ErrorCode.OUTPUT_TOO_LARGE, f"the file is larger than the {limit:,} bytes that are allowed")


def _bytes_in(folder: Path) -> int:
    """Of all downloads on their way: there is one at a time."""
    total = 0
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for one in found:
            with contextlib.suppress(OSError):
                total += one.stat(follow_symlinks=False).st_size
    return total


async def _given_up(session: Session, got: Download, finishing: asyncio.Future[Path]) -> None:
    """Stop it where it still runs, and delete what it left in the browser's folder."""
    from playwright.async_api import Error

    async def end() -> None:
        with contextlib.suppress(Error, TimeoutError):
            async with asyncio.timeout(ACT_S):
                if not finishing.done():
                    await got.cancel()
                await got.delete()
        finishing.cancel()
        await asyncio.gather(finishing, return_exceptions=True)
        await _emptied(session.browser.downloads)

    ending = asyncio.ensure_future(end())
    try:
        await asyncio.shield(ending)
    except asyncio.CancelledError:
        await asyncio.wait([ending])
        raise


async def _emptied(folder: Path) -> None:
    """The browser deletes what it gave up a moment later; what it has not by then, we do."""
    for last in [*[False] * round(ACT_S / LOOK_S), True]:
        if not await asyncio.to_thread(_left_in, folder, last):
            return
        await asyncio.sleep(LOOK_S)


def _left_in(folder: Path, remove: bool) -> int:
    """How many files are there still."""
    found = list(folder.iterdir()) if folder.is_dir() else []
    for one in found if remove else ():
        one.unlink(missing_ok=True)
    return len(found)


async def _shown(session: Session, response: Response, file: BinaryIO, limit: int) -> tuple[str, str]:
    """The content of what the browser shows and does not download. Raises ToolError."""
    if response.status >= 400:
        code = ErrorCode.NOT_FOUND if response.status in (404, 410) else ErrorCode.TOOL_FAILED
        raise ToolError(code, f"the server answers with status {response.status}, not with a file")
    most = min(limit, PAGE_BYTES)
    announced = (await session.soon(response.all_headers())).get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise _too_large(most)
    await session.soon(response.finished(), NAVIGATE_S)
    sizes = await session.soon(response.request.sizes())
    if sizes["responseBodySize"] > most:
        raise _too_large(most)
    body = await session.soon(response.body())
    if len(body) > most:
        raise _too_large(most)
    await asyncio.to_thread(file.write, body)
    file.flush()
    return _name("", response.url), address(response.url)


# --- keeping it ----------------------------------------------------------------------------------------------------


def _moved(session: Session, source: Path, file: BinaryIO) -> None:
    with open(source, "rb") as opened:
        _copied(session, opened, file)


def _copied(session: Session, source: BinaryIO, target: BinaryIO) -> None:
    source.seek(0)
    while piece := source.read(PIECE):
        check_cancelled(session.context)
        target.write(piece)
    target.flush()


def _name(suggested: str, url: str) -> str:
    """A file's name that harms nobody."""
    name = printable(suggested or unquote(urlsplit(url).path.rpartition("/")[2]))
    name = name.replace("/", "_").replace("\\", "_").strip().lstrip(".")
    while len(name.encode()) > NAME_BYTES - 20:
        name = name[:-1]
    return name or "download"


def _target(session: Session, path: str, name: str) -> str:
    """Into a folder, it goes under its own name."""
    if not path.endswith("/"):
        with session.context.workspace.locate(path, write=True, parents=True) as place:
            if not place.is_folder():
                return path
    return f"{path.rstrip('/')}/{name}"
