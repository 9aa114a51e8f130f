"""Which label is whose: many programs draw a label beside a field and do not say that they belong together. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tools.desktop.atspi import Raw
from tools.uitree import Bounds

BESIDE: Final = 400
ABOVE: Final = 30
_NAMED: Final = ("field", "choice", "slider", "switch")


def name_fields(root: Raw) -> None:
    """Give each field without a name the text that stands to its left in the same row, else the one just above.

    A label that is near to several belongs to the nearest, and names that one alone.
    """
    all_of_it = list(_walk(root))
    labels = [one for one in all_of_it if one.role == "text" and one.text and not one.bounds.empty]
    fields = [one for one in all_of_it if one.role in _NAMED]
    near = sorted(
        (gap, place, number)
        for place, field in enumerate(fields)
        for number, label in enumerate(labels)
        if (gap := _gap(field.bounds, label.bounds)) is not None
    )
    taken: set[int] = {place for place, one in enumerate(fields) if _has_name(one)}
    used: set[str] = {one.description for one in fields}
    for _, place, number in near:
        label = labels[number].text.rstrip(" :")
        if place not in taken and label not in used:
            fields[place].description = label
            taken.add(place)
            used.add(label)


def _has_name(one: Raw) -> bool:
    return bool(one.description or (one.role != "field" and one.text))


def _gap(field: Bounds, label: Bounds) -> int | None:
    """How far a label is; those above count as farther than all that stand beside. None where it is not near."""
    middle = (label.top + label.bottom) // 2
    if field.top <= middle <= field.bottom and -5 <= (gap := field.left - label.right) <= BESIDE:
        return gap
    if label.left < field.right and field.left - 20 <= label.left and -5 <= (gap := field.top - label.bottom) <= ABOVE:
        return BESIDE + 1 + gap
    return None


def _walk(root: Raw) -> Iterator[Raw]:
    todo = [root]
    while todo:
        one = todo.pop()
        yield one
        todo.extend(reversed(one.children))
