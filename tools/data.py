"""Skills that compute over earlier results: count, rank, merge, filter, statistics, compare. Pure."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import Literal

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools import loglines
from tools.arguments import Items, JsonPath, Limit, Order, Output
from tools.arguments import Regex as Pattern
from tools.context import ToolContext
from tools.errors import ToolError
from tools.jsonpath import Missing, canonical, flat, is_number, ranking, walk
from tools.regexes import Regex
from tools.skill import skill

Op = Literal["==", "!=", "<", "<=", ">", ">=", "contains", "matches"]
BATCH = 5_000


class KeyCount(Output):
    key: str
    count: int


class Counts(Output):
    counts: list[KeyCount]
    total: int
    other: int


class Ranked(Output):
    item: Json
    value: Json


class Ranking(Output):
    ranked: list[Ranked]
    best: Json
    worst: Json
    count: int


class Merged(Output):
    items: list[Json]
    count: int


class Filtered(Output):
    items: list[Json]
    count: int
    total: int


class Statistics(Output):
    count: int
    sum: float
    average: float | None
    minimum: float | None
    maximum: float | None
    median: float | None


class Group(Output):
    value: Json
    devices: list[str]
    count: int


class Comparison(Output):
    equal: bool
    groups: list[Group]
    count: int


@skill(
    "data.count_by",
    examples=(
        "count them by service",
        "how many errors per service?",
        "group the lines by hour",
        "number of log entries for each level",
        "tally the files by extension",
        "count the results per device",
        "break the errors down by day",
    ),
)
def count_by(
    context: ToolContext, *, items: Items, by: JsonPath = "line", pattern: Pattern | None = None, limit: Limit = 1000
) -> Counts:
    """Count lines or records by service, level, hour, day, file extension or any field.

    Args:
        items: Lines, records, or lists of them.
        by: What to count by: `service`, `level`, `hour`, `day`, `line`, `extension`, or a path into records.
        pattern: Instead of `by`: the key is what this regular expression's group matches.
        limit: Most keys to return, the most frequent first.
    """
    found = flat(items)
    keys = _matched(context, found, pattern) if pattern is not None else [_key(item, by) for item in found]
    counter = Counter(key for key in keys if key is not None)
    ordered = sorted(counter.items(), key=lambda one: (-one[1], one[0]))
    # What does not fit among the keys counts as other: the sum stays the total.
    kept = [KeyCount(key=key, count=number) for key, number in ordered[:limit]]
    return Counts(counts=kept, total=len(found), other=len(found) - sum(one.count for one in kept))


@skill(
    "data.rank",
    examples=(
        "which of them has the most free space?",
        "rank the devices by memory",
        "who has the highest load?",
        "sort the results by size, largest first",
        "which one is the oldest?",
        "the top 3 by CPU use",
        "order the servers from least to most used disk",
    ),
)
def rank(
    context: ToolContext, *, items: Items, by: JsonPath | None = None, order: Order = "desc", limit: Limit | None = None
) -> Ranking:
    """Put records in order of a value, and name the best and the worst.

    Args:
        items: Records or values, or lists of them.
        by: Path to the value in each record, such as `output.free_bytes`; without it, the item itself.
        order: `desc` puts the largest first.
        limit: Most entries to return.
    """
    found = [
        Ranked(item=item, value=value)
        for item in flat(items)
        if not isinstance(value := walk(item, by), Missing) and value is not None
    ]
    numbers = [one for one in found if is_number(one.value)]
    # Where most are numbers, a text among them is a value that is missing.
    found = numbers if len(numbers) * 2 >= len(found) else found
    found.sort(key=lambda one: ranking(one.value), reverse=order == "desc")
    return Ranking(
        ranked=found[:limit],
        best=found[0].item if found else None,
        worst=found[-1].item if found else None,
        count=len(found),
    )


@skill(
    "data.merge",
    examples=(
        "merge the lists",
        "combine the results of all servers",
        "put all lines together and drop duplicates",
        "join the findings into one sorted list",
        "collect everything in one place",
    ),
)
def merge(context: ToolContext, *, items: Items, unique: bool = False, sort: bool = False) -> Merged:
    """Join lists into one.

    Args:
        items: Lists, or single values.
        unique: Each value once.
        sort: In order.
    """
    found = flat(items)
    if unique:
        seen: dict[str, Json] = {}
        for item in found:
            seen.setdefault(canonical(item), item)
        found = list(seen.values())
    if sort:
        found.sort(key=ranking)
    return Merged(items=found, count=len(found))


@skill(
    "data.filter",
    examples=(
        "only those with less than 10 GB free",
        "keep the servers whose load is above 2",
        "which devices run Debian?",
        "just the lines that contain timeout",
        "drop everything smaller than 1 MB",
        "those where the status is not 200",
    ),
)
def filter_(
    context: ToolContext,
    *,
    items: Items,
    by: JsonPath | None = None,
    op: Op,
    value: Json,
) -> Filtered:
    """Keep the records whose value fits a condition.

    Args:
        items: Records or values, or lists of them.
        by: Path to the value in each record; without it, the item itself.
        op: How to compare; `matches` takes a regular expression.
        value: What to compare with.
    """
    found = flat(items)
    values = [walk(item, by) for item in found]
    by_pattern = op == "matches"
    keep = _matching(context, values, value) if by_pattern else [_holds(one, op, value) for one in values]
    kept = [item for item, good in zip(found, keep, strict=True) if good]
    return Filtered(items=kept, count=len(kept), total=len(found))


@skill(
    "data.stats",
    examples=(
        "what is the average load?",
        "the total size of all logs",
        "minimum and maximum of the values",
        "sum up the free space of all devices",
        "the median response time",
        "how much memory do they have together?",
    ),
)
def stats(context: ToolContext, *, items: Items, by: JsonPath | None = None) -> Statistics:
    """Compute count, sum, average, minimum, maximum and median of numbers.

    Args:
        items: Numbers or records, or lists of them; what has no number is left out.
        by: Path to the number in each record; without it, the item itself.
    """
    numbers = [
        float(value) for item in flat(items) if isinstance(value := walk(item, by), (int, float)) and is_number(value)
    ]
    if not numbers:
        return Statistics(count=0, sum=0.0, average=None, minimum=None, maximum=None, median=None)
    return Statistics(
        count=len(numbers),
        sum=_finite(sum(numbers)),
        average=_finite(sum(numbers) / len(numbers)),
        minimum=min(numbers),
        maximum=max(numbers),
        median=_finite(statistics.median(numbers)),
    )


@skill(
    "data.compare",
    examples=(
        "is the file the same on all devices?",
        "do all servers run the same kernel?",
        "compare the checksums",
        "which device differs from the others?",
        "are the versions equal everywhere?",
        "check that the config is identical",
    ),
)
def compare(context: ToolContext, *, items: Items, by: JsonPath | None = None) -> Comparison:
    """Tell whether a value is the same on all devices, and which devices share which value.

    Args:
        items: Records of a fan-out, each with `device` and `output`.
        by: Path to the value in each record, such as `output.hash`; without it, the whole output.
    """
    groups: dict[str, tuple[Json, list[str]]] = {}
    found = flat(items)
    for number, item in enumerate(found, 1):
        value, device = _compared(item, by)
        groups.setdefault(canonical(value), (value, []))[1].append(device or f"#{number}")
    ordered = sorted(
        (Group(value=value, devices=devices, count=len(devices)) for value, devices in groups.values()),
        key=lambda group: -group.count,
    )
    return Comparison(equal=len(ordered) <= 1, groups=ordered, count=len(found))


def _compared(item: Json, by: str | None) -> tuple[Json, str]:
    """The value that is compared (None where it is missing), and the device that it comes from, if any."""
    record = item if isinstance(item, dict) and "device" in item else None
    if by is None and record is not None and "output" in record:
        by = "output"
    value = walk(item, by)
    return None if isinstance(value, Missing) else value, str(record["device"]) if record is not None else ""


def _finite(number: float) -> float:
    if number in (float("inf"), float("-inf")):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the numbers are too large to add up")
    return number


def _line(item: Json) -> str | None:
    """The text of an item: itself, or what a search's match or a log's record carries."""
    if isinstance(item, str):
        return item
    if isinstance(item, dict):
        for key in ("text", "line", "message", "msg"):
            if isinstance(item.get(key), str):
                return str(item[key])
    return None


def _key(item: Json, by: str) -> str | None:
    """What the item counts under, or None where it says nothing of it."""
    if by == "line" and not isinstance(item, dict):
        return _written(item)
    if by == "extension":
        return _extension(item)
    if isinstance(item, dict):
        value = walk(item, by)
        if not isinstance(value, Missing) and value is not None:
            return _written(value)
        if by in loglines.FIELDS and (found := loglines.from_record(item, by)) is not None:
            return found
    line = _line(item)
    if line is None:
        return None
    return line if by == "line" else loglines.field(line, by)


def _written(value: Json) -> str:
    return value if isinstance(value, str) else canonical(value)


def _extension(item: Json) -> str | None:
    """Of a path or a file's entry: `.log`; of a name without one: `(none)`."""
    path = item if isinstance(item, str) else walk(item, "path") if isinstance(item, dict) else None
    if not isinstance(path, str):
        return None
    stem, dot, ending = path.rpartition("/")[2].rpartition(".")
    return f".{ending.lower()}" if stem and dot and ending else "(none)"


def _matched(context: ToolContext, items: list[Json], pattern: str) -> list[str | None]:
    lines = [_line(item) or "" for item in items]
    with Regex(context, pattern) as regex:
        return [key for start in range(0, len(lines), BATCH) for key in regex.groups(lines[start : start + BATCH])]


def _matching(context: ToolContext, values: list[Json | Missing], pattern: Json) -> list[bool]:
    if not isinstance(pattern, str) or not pattern:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "`value` must be a regular expression (text) where `op` is matches")
    keep = [False] * len(values)
    texts = [(index, value) for index, value in enumerate(values) if isinstance(value, str)]
    with Regex(context, pattern) as regex:
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            for found in regex.search([text for _, text in batch]):
                keep[batch[found][0]] = True
    return keep


def _holds(found: Json | Missing, op: Op, value: Json) -> bool:
    """As conditions on edges hold: what is missing, or cannot be compared, does not."""
    if isinstance(found, Missing):
        return False
    if op in ("==", "!="):
        return (canonical(found) == canonical(value)) == (op == "==")
    if op == "contains":
        return _contains(found, value)
    if is_number(found) != is_number(value) or isinstance(found, str) != isinstance(value, str):
        return False
    if not is_number(found) and not isinstance(found, str):
        return False
    left, right = ranking(found), ranking(value)
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]


def _contains(found: Json, value: Json) -> bool:
    if isinstance(found, str):
        return isinstance(value, str) and value in found
    if isinstance(found, list):
        return any(canonical(one) == canonical(value) for one in found)
    return isinstance(found, dict) and isinstance(value, str) and value in found
