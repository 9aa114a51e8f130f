"""Drawings: what they must hold, and that nothing that somebody wrote can act on what shows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from orchestrator.core import render
from orchestrator.core.conditions import Compare
from orchestrator.core.project import graph_view, run_view
from orchestrator.core.tasks import Dependency, On, Task
from orchestrator.core.views import GraphView, TaskView
from protocol.errors import ErrorCode
from tests.support.runs import Run, task

Draw = Callable[[GraphView, tuple[TaskView, ...]], str]
FORMS: dict[str, Draw] = {"text": render.text, "mermaid": render.mermaid, "dot": render.dot, "svg": render.svg}
SVG = "{http://www.w3.org/2000/svg}"


def views(run: Run) -> tuple[GraphView, tuple[TaskView, ...]]:
    return graph_view(run.state), run_view(run.state).tasks


def example() -> Run:
    when = Compare(path="output.percent", op=">", value=80)
    run = Run.of(
        task("disk", title="free space"),
        task("warn", Dependency(task="disk", on=On.CONDITION, when=when)),
        task("m@x", "disk", group="m"),
        task("m@y", "disk", group="m"),
        task("join", "m@x.", "m@y.", requirements={"device": "beta"}),
        task("other", "join!"),
    )
    return run.succeed("disk", output={"percent": 90}).place("m@x").fail("m@y", ErrorCode.NOT_FOUND)


def test_text_has_a_line_for_every_task_in_layers() -> None:
    lines = render.text(*views(example())).splitlines()
    assert lines[0] == "r1: version 1, 6 tasks: 2 pending, 1 ready, 1 running, 1 succeeded, 1 failed"
    assert [line[:3].strip() for line in lines[1:]] == ["1", "2", "", "", "3", "4"]
    assert lines[1].split() == ["1", "✓", "disk:", "free", "space", "test.echo", "on", "alpha"]
    assert lines[2].endswith("← disk [if output.percent > 80]  (waits for a free device)")
    assert "▶ m@x" in lines[3]
    assert lines[4].endswith("on alpha ← disk  (not_found: it broke)")
    assert lines[5].endswith("test.echo on beta ← m[*] (2) [however it ends]")
    assert lines[6].endswith("← join [if it fails]")


def test_text_in_ascii_is_ascii() -> None:
    run = Run.of(task("a", title="größe → ✓"), task("b", "a"))
    drawing = render.text(*views(run), ascii=True)
    assert drawing.isascii()
    assert "<- a" in drawing


def test_text_counts_what_would_not_fit() -> None:
    run = Run.of(*(task(f"t{i}") for i in range(9)), task("z", *(f"t{i}" for i in range(9))))
    assert "← t0, t1, t2, t3, 5 more" in render.text(graph_view(run.state))


def test_mermaid_has_nodes_edges_and_classes() -> None:
    drawing = render.mermaid(*views(example()))
    lines = [line.strip() for line in drawing.splitlines()]
    assert lines[0] == "flowchart LR"
    assert sum(re.match(r't\d+\["', line) is not None for line in lines) == 6
    assert 't0 -- "if output.percent #62; 80" --> t1' in lines
    assert "t0 --> t2" in lines
    assert "class t0 succeeded" in lines


def test_dot_has_nodes_and_edges() -> None:
    drawing = render.dot(*views(example()))
    assert drawing.startswith("digraph run {\n")
    assert len(re.findall(r"^  t\d+ \[label=", drawing, re.MULTILINE)) == 6
    assert len(re.findall(r"^  t\d+ -> t\d+", drawing, re.MULTILINE)) == 6
    assert '  t0 -> t1 [label="if output.percent > 80"];' in drawing


def boxes(drawing: str) -> list[tuple[int, int, int, int]]:
    found = ElementTree.fromstring(drawing).iter(f"{SVG}rect")
    return [tuple(int(rect.attrib[key]) for key in ("x", "y", "width", "height")) for rect in found]  # type: ignore[misc]


def test_svg_places_every_task_without_overlap_and_every_edge_from_left_to_right() -> None:
    graph, tasks = views(example())
    drawing = render.svg(graph, tasks)
    places = boxes(drawing)
    assert len(places) == 6
    for i, (x, y, width, height) in enumerate(places):
        for left, top, _, _ in places[i + 1 :]:
            assert abs(x - left) >= width or abs(y - top) >= height
    position = {task.id: place for task, place in zip(graph.tasks, places, strict=True)}
    for one in graph.tasks:
        for edge in one.depends_on:
            assert position[edge.task][0] + position[edge.task][2] < position[one.id][0]
    root = ElementTree.fromstring(drawing)
    assert len([path for path in root.iter(f"{SVG}path") if path.get("marker-end")]) == 6
    width, height = int(root.attrib["width"]), int(root.attrib["height"])
    assert all(x + w <= width and y + h <= height for x, y, w, h in places)


def test_svg_leads_a_long_edge_below_what_lies_between_inside_the_picture() -> None:
    run = Run.of(task("a"), task("b", "a"), task("c", "a.", "b"))
    root = ElementTree.fromstring(render.svg(*views(run)))
    edges = [path.attrib["d"] for path in root.iter(f"{SVG}path") if path.get("marker-end")]
    ends = [[int(number) for number in re.findall(r"-?\d+", edge)] for edge in edges]
    straight = [points[1] == points[3] for points in ends]
    assert sorted(straight) == [False, True, True]
    (words,) = (text for text in root.iter(f"{SVG}text") if text.text == "however it ends")
    assert int(words.attrib["y"]) < int(root.attrib["height"])
    assert int(words.attrib["y"]) > max(y + height for _, y, _, height in boxes(ElementTree.tostring(root, "unicode")))


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_graph_and_a_single_task(form: str) -> None:
    empty = GraphView(run="r", version=0, tasks=(), status={})
    assert FORMS[form](empty, ())
    assert "test.echo" in FORMS[form](*views(Run.of(task("only"))))


@pytest.mark.parametrize("form", FORMS)
def test_a_thousand_tasks_wide_and_deep(form: str) -> None:
    members = tuple(task(f"m{i}", group="m") for i in range(500))
    join = task("join", *(member.id for member in members))
    chain = tuple(task(f"c{i}", f"c{i - 1}" if i else "join") for i in range(499))
    graph = GraphView(run="r", version=1, tasks=(*members, join, *chain), status={})
    drawing = FORMS[form](graph, ())
    if form == "text":
        assert len(drawing.splitlines()) == 1001
        assert "← m[*] (500)" in drawing
    if form == "svg":
        assert len(boxes(drawing)) == 1000


HOSTILE = [
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "</text><script>alert(1)</script>",
    '"] click t0 "javascript:alert(1)" %% ',
    '"; t9 [URL="javascript:x"]; "',
    "\\",
    "\\N \\l",
    "&#60;script&#62; &lt;b&gt;",
    "`**bold**` #quot; style x fill:#f00;",
    "\u202eevil\u2066\u200b",
    "line\none\r\ntwo\x00\x85",
    "\ufffe\uffff",
    "]]> --> <!-- ",
]


def drawn_with(form: str, text: str) -> str:
    """Two tasks with `text` as title, skill, condition, device's name and what is waited for."""
    when = Compare(path="output.x", op="==", value=text)
    edge = Dependency(task="a", on=On.CONDITION, when=when)
    tasks = (task("a", title=text, skill=text), Task(id="b", title=text, skill="x.y", depends_on=(edge,)))
    graph = GraphView(run=text, version=1, tasks=tasks, status={}, device={"a": text})
    (view,) = run_view(Run.of(task("b", title=text)).state, volatile={"b": f"it {text}"}).tasks
    return FORMS[form](graph, (view,))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", FORMS)
def test_what_somebody_wrote_is_only_ever_read(form: str, text: str) -> None:
    drawing, safe = drawn_with(form, text), drawn_with(form, "T")
    assert len(drawing.splitlines()) == len(safe.splitlines())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff]", drawing)
    drawing.encode()
    if form == "svg":
        root = ElementTree.fromstring(drawing)
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
            *("svg", "title", "style", "defs", "marker", "path", "g", "rect", "text")
        }
        assert len(list(root.iter(f"{SVG}rect"))) == 2
    if form == "dot":
        unquoted = re.sub(r'"(?:\\.|[^"\\])*"', '""', drawing)
        assert '"' not in unquoted.replace('""', "")
        assert "URL" not in unquoted
    if form == "mermaid":
        inside = re.findall(r'"([^"]*)"', drawing)
        assert len(inside) == 3
        assert all(re.fullmatch(r"(?:[^\"`<>;#&:\\]|<br/>|#\d+;)*", label) for label in inside)
