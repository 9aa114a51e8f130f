"""Turns Markdown into HTML with markdown-it, and HTML into Markdown with markdownify."""

from __future__ import annotations

import html
from typing import BinaryIO

from tools.documents.work.jobs import WorkError, printable

DEEP = 800
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 50rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 sans-serif; }}
table {{ border-collapse: collapse; }} th, td {{ border: 1px solid #999; padding: .2rem .6rem; text-align: left; }}
pre {{ overflow-x: auto; background: #f4f4f4; padding: .6rem; }}
</style>
</head>
<body>
{body}</body>
</html>
"""


def write(target: BinaryIO, *, markdown: str, title: str) -> dict[str, object]:
    """A page of its own. HTML within the Markdown is shown as text: nothing in it runs."""
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).render(printable(markdown))
    target.write(_PAGE.format(title=html.escape(printable(title)), body=body).encode())
    target.flush()
    return {}


def read(source: BinaryIO, *, characters: int, most: int) -> dict[str, object]:
    """The Markdown of a page, without scripts and styles."""
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    data = source.read(most + 1)
    soup = BeautifulSoup(data[:most], "html.parser")
    for one in soup(["script", "style", "noscript", "template", "head", "svg", "iframe", "object", "textarea"]):
        if one.name != "head":
            one.decompose()
    title = " ".join((soup.title.get_text() if soup.title else "").split())[:500]
    body = soup.body or soup
    if soup.head is not None:
        soup.head.decompose()
    try:
        text = MarkdownConverter(heading_style="atx", bullets="-").convert_soup(body)
    except RecursionError:
        raise WorkError("bad_arguments", "the page is nested too deeply") from None
    text = printable(text).strip()
    return {
        "text": text[:characters],
        "title": printable(title),
        "truncated": len(text) > characters or len(data) > most,
    }
