"""The tree of a screen: what is found in it, and how it is told."""

from __future__ import annotations

from tools.uitree import Bounds, UiNode, cleaned, focused, matching, outline

SCREEN = Bounds(left=0, top=0, right=100, bottom=200)


def node(role: str, text: str = "", *, bounds: Bounds = SCREEN, **more: object) -> UiNode:
    return UiNode(role=role, text=text, bounds=bounds, **more)  # type: ignore[arg-type]


TREE = node(
    "frame",
    children=(
        node("button", "Send", id="com.x:id/send", states=("clickable",)),
        node("button", "Send later", description="Sends it tomorrow", states=("clickable",)),
        node("field", "hello", id="com.x:id/body", states=("editable", "focused")),
        node("button", "Sent", bounds=Bounds(left=5, top=5, right=5, bottom=9)),
    ),
)


def test_a_whole_text_goes_before_a_part_of_one() -> None:
    assert [one.text for one in matching(TREE, text="send")] == ["Send"]
    assert [one.text for one in matching(TREE, text="SEND L")] == ["Send later"]
    assert [one.text for one in matching(TREE, text="tomorrow")] == ["Send later"]


def test_an_id_goes_with_and_without_its_program() -> None:
    assert matching(TREE, id="send") == matching(TREE, id="com.x:id/send") == [TREE.children[0]]
    assert matching(TREE, id="end") == []


def test_what_has_no_area_is_not_there() -> None:
    assert matching(TREE, text="Sent") == []
    assert "Sent" not in outline(TREE)


def test_conditions_hold_together() -> None:
    assert matching(TREE, text="send", role="field") == []
    assert [one.text for one in matching(TREE, role="field")] == ["hello"]


def test_the_field_that_is_typed_into() -> None:
    assert focused(TREE) is TREE.children[2]
    assert focused(TREE.children[0]) is None


def test_an_outline_has_a_line_for_what_says_something() -> None:
    assert outline(TREE).splitlines() == [
        'button "Send" (com.x:id/send) [clickable] at 50,100',
        'button "Send later" [clickable] at 50,100',
        'field "hello" (com.x:id/body) [editable, focused] at 50,100',
    ]


def test_a_text_of_a_screen_cannot_write_to_a_terminal() -> None:
    assert cleaned("a\x1b[2J\n b\u202e") == "a\\x1b[2J b\\u202e"
    assert len(cleaned("x" * 10_000)) == 2_000
