"""Which label is whose."""

from __future__ import annotations

from tools.desktop.atspi import Handle, Raw
from tools.desktop.fields import name_fields
from tools.uitree import Bounds


def raw(role: str, left: int, top: int, text: str = "", *children: Raw) -> Raw:
    return Raw(
        Handle("", ""), role, text=text, bounds=Bounds(left=left, top=top, right=left + 90, bottom=top + 20),
        children=list(children),
    )  # fmt: skip


def test_a_field_is_called_by_the_label_beside_it_else_by_the_one_above() -> None:
    beside, above, far = raw("field", 100, 0), raw("field", 0, 100), raw("field", 0, 900)
    root = raw("group", 0, 0, "", raw("text", 0, 2, "Name:"), beside, raw("text", 0, 78, "City"), above, far)
    name_fields(root)
    assert [one.description for one in (beside, above, far)] == ["Name", "City", ""]


def test_a_label_names_the_nearest_field_alone() -> None:
    first, second = raw("field", 100, 0), raw("choice", 200, 0)
    name_fields(raw("group", 0, 0, "", raw("text", 0, 0, "Secret"), second, first))
    assert (first.description, second.description) == ("Secret", "")


def test_a_name_that_its_program_gives_stays() -> None:
    named, button = raw("field", 100, 0), raw("switch", 200, 0, "Wi-Fi")
    named.description = "Given"
    name_fields(raw("group", 0, 0, "", raw("text", 0, 0, "Beside"), named, button))
    assert (named.description, button.description) == ("Given", "")
