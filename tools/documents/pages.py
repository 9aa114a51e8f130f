"""Skills that turn Markdown into HTML, and HTML into Markdown."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from protocol.vocabulary import Json, Risk
from tools.arguments import Bytes, Output, WorkspacePath
from tools.bounds import fit, room
from tools.context import ToolContext
from tools.documents.working import work
from tools.files import Written
from tools.skill import skill
from tools.streams import digest_written
from tools.threads import in_thread

HTML_BYTES: Final = 4 << 20


class HtmlText(Output):
    path: str
    title: str
    text: str
    truncated: bool


@skill(
    "html.read",
    examples=(
        "read the HTML file page.html as Markdown",
        "turn page.html into Markdown",
        "what does the saved web page article.html say",
    ),
)
async def read(context: ToolContext, *, path: WorkspacePath, max_bytes: Bytes = 131_072) -> HtmlText:
    """Read an HTML file as Markdown, without its scripts and styles.

    Args:
        path: File to read; the first 4 MiB of it.
        max_bytes: Most bytes of text to return; more is cut off and flagged.
    """
    limit = min(max_bytes, room(context))
    with context.workspace.open_read(path) as (file, place):
        said = await work(context, "html.read", {"characters": limit, "most": HTML_BYTES}, source=file)
    text, cut = fit(said["text"], limit)
    return HtmlText(path=place.path, title=said["title"], text=text, truncated=cut or bool(said["truncated"]))


@skill(
    "html.write",
    risk=Risk.WRITE,
    examples=(
        "save the report as a web page report.html",
        "turn the Markdown into HTML",
        "write the summary as an HTML file",
    ),
)
async def write(
    context: ToolContext,
    *,
    path: WorkspacePath,
    markdown: Annotated[str, Field(max_length=4_000_000)],
    title: Annotated[str, Field(max_length=500)] = "",
    overwrite: bool = True,
) -> Written:
    """Write Markdown as an HTML page. HTML within it is shown as text, and nothing in the page runs.

    Args:
        path: File to write.
        markdown: The text.
        title: The page's title.
        overwrite: Whether a file of this name may be replaced.
    """
    given: dict[str, Json] = {"markdown": markdown, "title": title}
    with context.workspace.replace(path, overwrite=overwrite) as (file, place):
        await work(context, "html.write", given, target=file)
        sha256, size = await in_thread(context, lambda: digest_written(context, file))
        return Written(path=place.path, size_bytes=size, sha256=sha256)
