"""The skill that draws charts."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, Risk
from tools.arguments import Items, JsonPath, Output, WorkspacePath
from tools.context import ToolContext
from tools.documents.working import work
from tools.errors import ToolError
from tools.jsonpath import Missing, flat, is_number, walk
from tools.markdown import scalar
from tools.skill import skill
from tools.streams import digest_written
from tools.tabular import typed
from tools.threads import in_thread

MOST: Final = {"pie": 40, "bar": 400, "line": 200_000, "scatter": 200_000, "histogram": 200_000}
MAX_SERIES: Final = 20
Pixels = Annotated[int, Field(ge=100, le=4000)]
Kind = Literal["bar", "line", "pie", "scatter", "histogram"]


class Chart(Output):
    """`points`: values that were drawn."""

    path: str
    width: int
    height: int
    points: int
    series: list[str]
    size_bytes: int
    sha256: str


@skill(
    "chart.make",
    risk=Risk.WRITE,
    examples=(
        "make a bar chart of the totals and save it as totals.png",
        "draw a line chart of the temperatures",
        "plot the load over time into load.png",
        "make a pie chart of the disk use",
    ),
)
async def make(
    context: ToolContext,
    *,
    path: WorkspacePath,
    items: Items,
    kind: Kind = "bar",
    x: JsonPath | None = None,
    y: Annotated[list[JsonPath], Field(min_length=1, max_length=MAX_SERIES)] | None = None,
    title: Annotated[str, Field(max_length=300)] = "",
    width: Pixels = 1000,
    height: Pixels = 600,
    overwrite: bool = True,
) -> Chart:
    """Draw a chart of records or numbers as a PNG file.

    Args:
        path: File to write, ending in .png.
        items: Records, pairs of a label and a number, or numbers.
        kind: Kind of chart.
        x: Path to the label or the x value in each record; by default the first that is no number, else none.
        y: Paths to the numbers in each record, one line or set of bars each; by default all that are numbers.
        title: What stands above it.
        width: Pixels.
        height: Pixels.
        overwrite: Whether a file of this name may be replaced.
    """
    if not path.lower().endswith(".png"):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"a chart is a PNG file: `{path}` has to end in .png")
    found = [_record(item) for item in flat(items)] if not _pairs(items) else [_record(item) for item in items]
    label, series = _chosen(found, x, y, kind)
    labels = [scalar(_value(one, label)) if label else str(at + 1) for at, one in enumerate(found)]
    places = [_number(_value(one, label)) if label else None for one in found]
    numbers: list[Json] | None = list(places) if all(one is not None for one in places) else None
    values: dict[str, Json] = {name: [_number(_value(one, name)) for one in found] for name in series}
    given: dict[str, Json] = {
        "kind": kind, "title": title, "x_label": label or "", "labels": list(labels), "numbers": numbers,
        "series": values, "width": width, "height": height,
    }  # fmt: skip
    with context.workspace.replace(path, overwrite=overwrite) as (file, place):
        said = await work(context, "chart.make", given, target=file)
        sha256, size = await in_thread(context, lambda: digest_written(context, file))
        return Chart(
            path=place.path, width=said["width"], height=said["height"], points=said["points"], series=series,
            size_bytes=size, sha256=sha256,
        )  # fmt: skip


def _pairs(items: list[Json]) -> bool:
    return bool(items) and all(
        isinstance(one, list) and len(one) == 2 and not isinstance(one[0], (list, dict)) for one in items
    )


def _record(item: Json) -> dict[str, Json]:
    if isinstance(item, dict):
        return item
    return {"label": item[0], "value": item[1]} if isinstance(item, list) and len(item) == 2 else {"value": item}


def _chosen(
    found: list[dict[str, Json]], x: str | None, y: list[str] | None, kind: str
) -> tuple[str | None, list[str]]:
    """The path of the labels, if any, and those of the numbers. Raises ToolError(BAD_ARGUMENTS)."""
    if not found:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "there is nothing to draw: give at least one number")
    if len(found) > MOST[kind]:
        message = f"a {kind} chart shows at most {MOST[kind]:,} values: rank, filter or count them first"
        raise ToolError(ErrorCode.BAD_ARGUMENTS, message)
    keys = list(dict.fromkeys(key for one in found for key in one))
    numeric = [key for key in keys if _mostly(found, key)]
    label = x if x is not None else next((key for key in keys if key not in numeric), None)
    if label is None and kind in ("line", "scatter") and y is None and len(numeric) > 1:
        label = numeric[0]
    series = y if y is not None else [key for key in numeric if key != label]
    series = series[:1] if kind == "pie" else series[:MAX_SERIES]
    for name in series:
        if not any(_number(_value(one, name)) is not None for one in found):
            raise ToolError(
                ErrorCode.BAD_ARGUMENTS, f"`{name}` has no numbers; the records have: {', '.join(keys[:30])}"
            )
    if not series:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"the records have no numbers; they have: {', '.join(keys[:30])}")
    return label, series


def _mostly(found: list[dict[str, Json]], key: str) -> bool:
    numbers = sum(_number(one.get(key)) is not None for one in found)
    return numbers * 2 > sum(key in one for one in found)


def _value(record: dict[str, Json], path: str | None) -> Json:
    if path is not None and path in record:
        return record[path]
    value = walk(record, path)
    return None if isinstance(value, Missing) else value


def _number(value: Json) -> float | None:
    """Texts that can be nothing else are numbers, too."""
    value = typed(value) if isinstance(value, str) else value
    return float(value) if isinstance(value, (int, float)) and is_number(value) else None
