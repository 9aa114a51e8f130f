"""Skills that compute over earlier results: count, rank, merge, filter, statistics, compare. Pure."""

from __future__ import annotations

import statistics
from collections import Counter

from protocol.vocabulary import Json
from tools import loglines
from tools.arguments import Items, JsonPath, Limit, Order, Output
from tools.arguments import Regex as Pattern
from tools.context import ToolContext
from tools.items import Op, compared, finite, holds, key_of, matched, matching, opened
from tools.jsonpath import Missing, canonical, flat, is_number, ranking, walk
from tools.relations import empty
from tools.skill import skill


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
    """`skipped`: items without a value to go by, which are in none of the lists."""

    ranked: list[Ranked]
    items: list[Json]
    best: Json
    worst: Json
    count: int
    skipped: int = 0


class Merged(Output):
    items: list[Json]
    count: int


class Filtered(Output):
    items: list[Json]
    count: int
    total: int


class Statistics(Output):
    """`skipped`: items that are or have no number, as an empty cell or a text; they are in none of the values."""

    count: int
    sum: float
    average: float | None
    minimum: float | None
    maximum: float | None
    median: float | None
    skipped: int = 0


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
    if pattern is not None or by == "line" or by in loglines.FIELDS:
        found = opened(found)
    keys = matched(context, found, pattern) if pattern is not None else [key_of(item, by) for item in found]
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
    context: ToolContext,
    *,
    items: Items,
    by: JsonPath | None = None,
    order: Order = "desc",
    limit: Limit | None = None,
    keep_empty: bool = False,
) -> Ranking:
    """Put records in order of a value, and name the best and the worst.

    Args:
        items: Records or values, or lists of them.
        by: Path to the value in each record, such as `output.free_bytes`; without it, the item itself.
        order: `desc` puts the largest first.
        limit: Most entries to return.
        keep_empty: Put items without a value last in `items` instead of leaving them out.
    """
    everything = [(item, walk(item, by)) for item in flat(items)]
    found = [(item, value) for item, value in everything if not isinstance(value, Missing) and not empty(value)]
    numbers = [(item, value) for item, value in found if is_number(value)]
    # Where most are numbers, a text among them is a value that is missing.
    found = numbers if len(numbers) * 2 >= len(found) else found
    kept = {id(item) for item, _ in found}
    rest = [item for item, _ in everything if id(item) not in kept] if keep_empty else []
    found.sort(key=lambda one: ranking(one[1]), reverse=order == "desc")
    return Ranking(
        ranked=[Ranked(item=item, value=value) for item, value in found[:limit]],
        items=[*(item for item, _ in found), *rest][:limit],
        best=found[0][0] if found else None,
        worst=found[-1][0] if found else None,
        count=len(found),
        skipped=len(everything) - len(found),
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
    keep = matching(context, values, value) if by_pattern else [holds(one, op, value) for one in values]
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
        items: Numbers or records, or lists of them; what has no number is left out, and counted as skipped.
        by: Path to the number in each record; without it, the item itself.
    """
    found = flat(items)
    numbers = [float(value) for item in found if isinstance(value := walk(item, by), (int, float)) and is_number(value)]
    skipped = len(found) - len(numbers)
    if not numbers:
        return Statistics(count=0, sum=0.0, average=None, minimum=None, maximum=None, median=None, skipped=skipped)
    return Statistics(
        count=len(numbers),
        sum=finite(sum(numbers)),
        average=finite(sum(numbers) / len(numbers)),
        minimum=min(numbers),
        maximum=max(numbers),
        median=finite(statistics.median(numbers)),
        skipped=skipped,
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
        value, device = compared(item, by)
        groups.setdefault(canonical(value), (value, []))[1].append(device or f"#{number}")
    ordered = sorted(
        (Group(value=value, devices=devices, count=len(devices)) for value, devices in groups.values()),
        key=lambda group: -group.count,
    )
    return Comparison(equal=len(ordered) <= 1, groups=ordered, count=len(found))
