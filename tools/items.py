"""What one item of earlier results says: its key, its text, whether it fits a condition. The grammar of `data.*`."""

from __future__ import annotations

from typing import Literal

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools import loglines
from tools.context import ToolContext
from tools.errors import ToolError
from tools.jsonpath import Missing, canonical, is_number, ranking, walk
from tools.regexes import Regex

Op = Literal["==", "!=", "<", "<=", ">", ">=", "contains", "matches"]
# Lines that go to the regular expression at once.
BATCH = 5_000


def compared(item: Json, by: str | None) -> tuple[Json, str]:
    """The value that is compared (None where it is missing), and the device that it comes from, if any."""
    record = item if isinstance(item, dict) and "device" in item else None
    if by is None and record is not None and "output" in record:
        by = "output"
    value = walk(item, by)
    return None if isinstance(value, Missing) else value, str(record["device"]) if record is not None else ""


def finite(number: float) -> float:
    if number in (float("inf"), float("-inf")):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the numbers are too large to add up")
    return number


def line_of(item: Json) -> str | None:
    """The text of an item: itself, or what a search's match or a log's record carries."""
    if isinstance(item, str):
        return item
    if isinstance(item, dict):
        for key in ("text", "line", "message", "msg"):
            if isinstance(item.get(key), str):
                return str(item[key])
    return None


def opened(items: list[Json]) -> list[Json]:
    """The lines of what are whole results of a search, or a fan-out's records of such; all else as it is."""
    found: list[Json] = []
    for item in items:
        inner = item.get("output", item) if isinstance(item, dict) else item
        lines = inner.get("lines") if isinstance(inner, dict) else None
        found += lines if isinstance(lines, list) else [item]
    return found


def key_of(item: Json, by: str) -> str | None:
    """What the item counts under, or None where it says nothing of it."""
    if by == "line" and not isinstance(item, dict):
        return written(item)
    if by == "extension":
        return extension(item)
    if isinstance(item, dict):
        value = walk(item, by)
        if not isinstance(value, Missing) and value is not None:
            return written(value)
        if by in loglines.FIELDS and (found := loglines.from_record(item, by)) is not None:
            return found
    line = line_of(item)
    if line is None:
        return None
    return line if by == "line" else loglines.field(line, by)


def written(value: Json) -> str:
    return value if isinstance(value, str) else canonical(value)


def extension(item: Json) -> str | None:
    """Of a path or a file's entry: `.log`; of a name without one: `(none)`."""
    path = item if isinstance(item, str) else walk(item, "path") if isinstance(item, dict) else None
    if not isinstance(path, str):
        return None
    stem, dot, ending = path.rpartition("/")[2].rpartition(".")
    return f".{ending.lower()}" if stem and dot and ending else "(none)"


def matched(context: ToolContext, items: list[Json], pattern: str) -> list[str | None]:
    lines = [line_of(item) or "" for item in items]
    with Regex(context, pattern) as regex:
        return [key for start in range(0, len(lines), BATCH) for key in regex.groups(lines[start : start + BATCH])]


def matching(context: ToolContext, values: list[Json | Missing], pattern: Json) -> list[bool]:
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


def holds(found: Json | Missing, op: Op, value: Json) -> bool:
    """As conditions on edges hold: what is missing, or cannot be compared, does not."""
    if isinstance(found, Missing):
        return False
    if op in ("==", "!="):
        return (canonical(found) == canonical(value)) == (op == "==")
    if op == "contains":
        return contains(found, value)
    if is_number(found) != is_number(value) or isinstance(found, str) != isinstance(value, str):
        return False
    if not is_number(found) and not isinstance(found, str):
        return False
    left, right = ranking(found), ranking(value)
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op]


def contains(found: Json, value: Json) -> bool:
    if isinstance(found, str):
        return isinstance(value, str) and value in found
    if isinstance(found, list):
        return any(canonical(one) == canonical(value) for one in found)
    return isinstance(found, dict) and isinstance(value, str) and value in found
