"""`asterism bench report` and `asterism bench compare`: what files of results say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from orchestrator.cli.exits import CommandError, Exit
from orchestrator.cli.files import write_text
from orchestrator.cli.options import Common
from orchestrator.cli.output import answer, dump, dump_model, say


def report(
    *files: Annotated[Path, Parameter(help="Files that `asterism bench run --out` wrote.")],
    html: Annotated[Path | None, Parameter(help="Write a page there, which needs nothing but itself.")] = None,
    common: Common | None = None,
) -> int:
    """Show what files of results say: tasks done, with intervals, times, faults, and why tasks were not done."""
    from orchestrator.cli.benching import report as text
    from orchestrator.cli.benching.results import read
    from orchestrator.cli.benching.summary import summarized

    if not files:
        raise CommandError("usage", "Name one file of results at least: `asterism bench report FILE`.")
    found = [read(file) for file in files]
    summaries = [summarized(one) for one in found]
    if html is not None:
        from orchestrator.cli.benching.html import page

        write_text(html, page(list(zip(found, summaries, strict=True))))
    if common is not None and common.json:
        headers = [one.model_dump(mode="json", exclude={"results"}) for one in found]
        told = [one.model_dump(mode="json") for one in summaries]
        dump({"files": [{"file": str(f), **h, **s} for f, h, s in zip(files, headers, told, strict=True)]})
        return Exit.OK
    if len(found) > 1:
        text.overview(summaries)
    for number, (one, summary) in enumerate(zip(found, summaries, strict=True)):
        if number or len(found) > 1:
            answer("")
        text.show(one, summary)
    if html is not None:
        say(f"wrote {html}")
    return Exit.OK


def compare(
    old: Annotated[Path, Parameter(help="The file of results to compare with.")],
    new: Annotated[Path, Parameter(help="The file that may be better or worse.")],
    *,
    common: Common | None = None,
) -> int:
    """Compare two files of results, pair by pair. Exit 1 where tasks or times became significantly worse."""
    from orchestrator.cli.benching.comparing import compared
    from orchestrator.cli.benching.report import show_comparison
    from orchestrator.cli.benching.results import read

    found = compared(read(old), read(new))
    if common is not None and common.json:
        dump_model(found)
    else:
        show_comparison(found)
    return Exit.FAILED if found.regressions else Exit.OK
