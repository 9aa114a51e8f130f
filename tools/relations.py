"""Relations of records: grouped, joined, some of their columns. What `data.*` and `table.*` share. Pure.

An empty cell is no number, and neither is a text: both are left out of a sum and counted, never taken for 0.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.errors import ToolError
from tools.items import finite
from tools.jsonpath import MISSING, Missing, canonical, is_number, ranking, walk

Measure = Literal["count", "sum", "mean", "median", "minimum", "maximum"]
GroupOrder = Literal["key", "asc", "desc"]
Record = dict[str, Json]
SAMPLES: Final = 5
"""Values that are no numbers of which a result tells."""
MOST_GROUPS: Final = 100_000
MOST_JOINED: Final = 1_000_000


def column_of(item: Json, name: str) -> Json | Missing:
    """The cell of a column; `name` may be a path into records within the record."""
    if isinstance(item, dict) and name in item:
        return item[name]
    return walk(item, name) if isinstance(item, dict) else MISSING


def empty(value: Json | Missing) -> bool:
    return isinstance(value, Missing) or value is None or (isinstance(value, str) and not value.strip())


@dataclass
class Numbers:
    """Numbers of one group; what was no number is counted, with some of it as it was."""

    found: list[float | int] = field(default_factory=list)
    skipped: int = 0
    samples: list[str] = field(default_factory=list)

    def take(self, value: Json | Missing) -> None:
        if is_number(value):
            self.found.append(value)  # type: ignore[arg-type]
            return
        self.skipped += 1
        if not empty(value) and len(self.samples) < SAMPLES and not isinstance(value, Missing):
            self.samples.append((value if isinstance(value, str) else canonical(value))[:100])

    def value(self, measure: Measure) -> Json:
        """None where there are no numbers to compute it from. Whole numbers add up to a whole number."""
        if measure == "count":
            return len(self.found)
        if not self.found:
            return None
        if measure == "sum":
            return _sum(self.found)
        if measure == "mean":
            return finite(_sum(self.found) / len(self.found))
        if measure == "median":
            return statistics.median(self.found)
        return min(self.found) if measure == "minimum" else max(self.found)


def _sum(numbers: Sequence[float | int]) -> float | int:
    whole = [one for one in numbers if isinstance(one, int)]
    try:
        return sum(whole) if len(whole) == len(numbers) else finite(math.fsum(numbers))
    except OverflowError:
        return finite(math.inf)


@dataclass
class Groups:
    """Records by the values of some columns, and what is computed of another one (`of`) for each group."""

    by: Sequence[str]
    measure: Measure
    of: str | None
    name: str
    total: int = 0
    _rows: dict[str, tuple[list[Json], Numbers]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.of is None and self.measure != "count":
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`of` must name the column whose {self.measure} is wanted")
        if self.name in self.by:
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"the column `{self.name}` is one of `by`: give another `name`")

    def take(self, item: Json) -> None:
        self.total += 1
        cells = [column_of(item, one) for one in self.by]
        keys: list[Json] = [None if isinstance(one, Missing) else one for one in cells]
        known = self._rows.setdefault(canonical(keys), (keys, Numbers()))
        if self.of is None:
            known[1].found.append(1)
        elif self.measure == "count":
            self._count(known[1], column_of(item, self.of))
        else:
            known[1].take(column_of(item, self.of))
        if len(self._rows) > MOST_GROUPS:
            raise ToolError(ErrorCode.OUTPUT_TOO_LARGE, f"there are more than {MOST_GROUPS} groups")

    def _count(self, numbers: Numbers, value: Json | Missing) -> None:
        if empty(value):
            numbers.skipped += 1
        else:
            numbers.found.append(1)

    def records(self, order: GroupOrder) -> list[Record]:
        """A record a group: its keys, and the value under `name`. Groups without a value come last."""
        found: list[tuple[list[Json], Json]] = [(keys, one.value(self.measure)) for keys, one in self._rows.values()]
        found.sort(key=lambda one: [ranking(key) for key in one[0]])
        if order != "key":
            found.sort(key=lambda one: ranking(one[1]), reverse=order == "desc")
            found.sort(key=lambda one: one[1] is None)
        return [{**dict(zip(self.by, keys, strict=True)), self.name: value} for keys, value in found]

    @property
    def skipped(self) -> int:
        return sum(one.skipped for _, one in self._rows.values())

    @property
    def samples(self) -> list[str]:
        return [text for _, one in self._rows.values() for text in one.samples][:SAMPLES]


@dataclass(frozen=True)
class Joined:
    """`left` and `right`: records of each side that have no partner, and are left out of an inner join."""

    items: list[Record]
    left: int
    right: int


def join(left: Iterable[Json], right: Iterable[Json], on: str, right_on: str, *, keep: bool) -> Joined:
    """Each left record with each right one of the same key, the right one's columns behind the left one's.

    Keys are compared as they are written: 7 and "7" are the same, empty ones match nothing. A right column that the
    left record has, too, gets ` (right)` behind its name, but for the key. `keep`: left records without a partner stay.
    """
    index: dict[str, list[Record]] = {}
    lonely: dict[str, int] = {}
    for one in right:
        key = _key(column_of(one, right_on))
        if isinstance(one, dict) and key is not None:
            index.setdefault(key, []).append({name: cell for name, cell in one.items() if name != right_on})
        lonely[key or ""] = lonely.get(key or "", 0) + 1
    items: list[Record] = []
    alone = 0
    for one in left:
        key = _key(column_of(one, on))
        partners = index.get(key, []) if key is not None else []
        if key is not None and partners:
            lonely.pop(key, None)
        alone += not partners
        if isinstance(one, dict) and (partners or keep):
            items += [_beside(one, partner) for partner in partners] or [dict(one)]
            if len(items) > MOST_JOINED:
                raise ToolError(ErrorCode.OUTPUT_TOO_LARGE, f"the joined table has more than {MOST_JOINED} rows")
    return Joined(items, alone, sum(lonely.values()))


def _beside(left: Record, right: Record) -> Record:
    return {**left, **{(f"{name} (right)" if name in left else name): cell for name, cell in right.items()}}


def _key(value: Json | Missing) -> str | None:
    if isinstance(value, Missing) or empty(value):
        return None
    return value.strip() if isinstance(value, str) else canonical(value)


def select(items: Iterable[Json], columns: Sequence[str], rename: dict[str, str]) -> list[Record]:
    """The records with these columns only, in this order (all where none are named), some under another name.

    Raises ToolError(BAD_ARGUMENTS) where no record has a column, or two would have one name.
    """
    records = [one for one in items if isinstance(one, dict)]
    for name in (*columns, *rename):
        check_column(records, name)
    found: list[Record] = []
    for one in records:
        names = list(columns) or list(one)
        cells = {name: column_of(one, name) for name in names}
        new = [rename.get(name, name) for name in cells]
        if len(set(new)) < len(new):
            raise ToolError(ErrorCode.BAD_ARGUMENTS, "two columns would have the same name")
        found.append({name: None if isinstance(v, Missing) else v for name, v in zip(new, cells.values(), strict=True)})
    return found


def check_column(records: Sequence[Json], name: str) -> None:
    """Raises ToolError(BAD_ARGUMENTS) where there are records, and none has this column."""
    if records and all(isinstance(column_of(one, name), Missing) for one in records):
        first = next((one for one in records if isinstance(one, dict)), {})
        known = ", ".join(f"`{one}`" for one in list(first)[:20]) or "none"
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"no record has a column `{name}`; there are: {known}")
