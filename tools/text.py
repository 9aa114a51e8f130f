"""The skill that writes results up for people."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from protocol.vocabulary import Json
from tools.arguments import Output
from tools.context import ToolContext
from tools.errors import printable
from tools.markdown import render
from tools.skill import skill


class Section(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)
    heading: str = ""
    content: Json = None


class Report(Output):
    text: str


@skill(
    "text.report",
    examples=(
        "write a report",
        "make a summary of the results as Markdown",
        "turn the counts into a table",
        "save a report of the errors on my workstation",
        "put the findings into a readable document",
        "write up what you found",
    ),
)
def report(
    context: ToolContext,
    *,
    title: str,
    sections: Annotated[list[Section], Field(max_length=1000)] = [],  # noqa: B006
) -> Report:
    """Write results up as a Markdown report with headings, tables and lists.

    Args:
        title: Heading of the whole report.
        sections: Its parts: a heading, and any JSON as content.
    """
    parts = [f"# {printable(' '.join(title.split()))}"]
    for section in sections:
        if section.heading:
            parts.append(f"## {printable(' '.join(section.heading.split()))}")
        parts.append(render(section.content))
    return Report(text="\n\n".join(parts) + "\n")
