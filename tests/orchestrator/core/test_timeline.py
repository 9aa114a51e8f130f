"""Timelines: which spans a log has, and that drawing them lets nothing act that somebody wrote."""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from orchestrator.core import render_timeline
from orchestrator.core.errors import InvariantError
from orchestrator.core.timeline import Span, TimelineRow, TimelineView, timeline
from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tests.support.runs import Run, task

FORMS: dict[str, Callable[[TimelineView], str]] = {
    "text": render_timeline.text,
    "mermaid": render_timeline.mermaid,
    "svg": render_timeline.draw,
}
SVG = "{http://www.w3.org/2000/svg}"


def seen(run: Run) -> dict[str, list[tuple[str, float, float | None]]]:
    """Each task's spans as (what, from, to), in seconds from the start."""
    view = timeline("r1", run.log)

    def told(span: Span) -> tuple[str, float, float | None]:
        what = " ".join(filter(None, [span.kind, span.device, span.outcome]))
        return what, span.start - view.start, None if span.end is None else span.end - view.start

    return {row.task: [told(span) for span in row.spans] for row in view.rows}


def after(run: Run, seconds: float) -> Run:
    run.now += seconds
    return run


def retried() -> Run:
    run = Run.of(task("a", title="first"), task("b", "a", title="second"))
    after(run, 2).place("a")
    after(run, 3).fail("a", ErrorCode.UNAVAILABLE, retryable=True)
    after(run, 10).place("a", on="beta")
    return after(run, 2).succeed("a")


def test_an_attempt_that_failed_a_back_off_and_the_next_attempt() -> None:
    spans = seen(retried())["a"]
    assert [what for what, _, _ in spans] == [
        "waiting",
        "attempt alpha failed",
        "backoff",
        "waiting",
        "attempt beta succeeded",
    ]
    assert spans[0][1:] == (0, 2)
    assert spans[1][1:] == (2, 5)
    assert spans[2][1] == 5
    assert spans[2][2] == spans[3][1]
    assert spans[4][1:] == (15, 17)


@pytest.mark.parametrize(("granted", "ends"), [(True, "approval granted"), (False, "approval denied")])
def test_an_approval_is_waited_for(granted: bool, ends: str) -> None:
    run = Run.of(task("a"), approve="ask").place("a", risk=Risk.WRITE)
    assert seen(run)["a"] == [("approval", 0, None)]
    after(run, 7).approve("a1", granted=granted)
    assert seen(run)["a"][0] == (ends, 0, 7)


def test_what_has_not_ended_is_open() -> None:
    run = after(Run.of(task("a"), task("b", "a")), 1).place("a")
    assert seen(run) == {"a": [("waiting", 0, 1), ("attempt alpha", 1, None)], "b": []}


def test_a_cancelled_task_ends_its_span() -> None:
    run = after(Run.of(task("a")).place("a"), 4).cancel()
    after(run, 1).confirm("a")
    assert seen(run)["a"] == [("attempt alpha cancelled", 0, 5)]


def test_rows_go_by_device_then_by_time_and_what_never_ran_comes_last() -> None:
    run = Run.of(task("z"), task("x"), task("y"), task("never", "z!"))
    run.place("x", on="beta")
    after(run, 1).place("z", on="alpha")
    after(run, 1).place("y", on="beta")
    rows = timeline("r1", run.log).rows
    assert [(row.device, row.task) for row in rows] == [("beta", "x"), ("beta", "y"), ("alpha", "z"), ("", "never")]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_beginning_of_a_log_has_a_timeline_too(count: int) -> None:
    run = retried()
    assert timeline("r1", run.log[:count]).end == run.log[count - 1].at


def test_no_log_is_no_timeline() -> None:
    with pytest.raises(InvariantError):
        timeline("r1", [])


def test_planning_is_the_runs_own() -> None:
    run = after(Run().submit(), 3)
    assert [(span.kind, span.end) for span in timeline("r1", run.log).spans] == [("planning", None)]


# --- drawings --------------------------------------------------------------------------------------------------


def test_text_has_a_bar_for_every_task_under_its_device() -> None:
    lines = render_timeline.text(timeline("r1", retried().log)).splitlines()
    assert lines[0] == "r1: running, 2 tasks, 17 s"
    bars = {line.split("|")[0].strip(): line.split("|")[1] for line in lines if "|" in line}
    assert re.fullmatch(r"\.+=+!:+\.+=+", bars["a: first"])
    assert bars["b: second"].strip() == "."
    assert len({len(bar) for bar in bars.values()}) == 1
    assert "5 s, 2 attempts" in "\n".join(lines)


def test_mermaid_has_a_bar_for_every_span() -> None:
    drawing = render_timeline.mermaid(timeline("r1", retried().log))
    assert drawing.startswith("gantt\n")
    assert "    section beta\n" in drawing
    assert "    a :crit, 2000, 5000\n" in drawing
    assert "    a - attempt 2 on beta succeeded :done, 15000, 17000\n" in drawing


def test_svg_has_a_bar_for_every_attempt_inside_the_picture() -> None:
    root = ElementTree.fromstring(render_timeline.draw(timeline("r1", retried().log)))
    bars = [rect.attrib for rect in root.iter(f"{SVG}rect")]
    legend = 2
    assert [bar["class"] for bar in bars[:-legend]] == ["box bad", "box good"]
    width, height = int(root.attrib["width"]), int(root.attrib["height"])
    assert all(float(bar["x"]) + float(bar["width"]) <= width and int(bar["y"]) + 18 <= height for bar in bars)
    assert float(bars[0]["x"]) + float(bars[0]["width"]) < float(bars[1]["x"])


@pytest.mark.parametrize("form", FORMS)
def test_a_run_of_an_instant_and_one_of_weeks(form: str) -> None:
    row = TimelineRow(task="a", title="", skill="x.y", status="running", spans=(Span(kind="attempt", start=5),))  # type: ignore[arg-type]
    for end in (5.0, 5.0 + 3e6):
        drawing = FORMS[form](TimelineView(run="r", state="running", start=5, end=end, rows=(row,)))  # type: ignore[arg-type]
        assert len(drawing) < 20_000


HOSTILE = [
    "\x1b[31mred\x1b[0m\x07",
    "</text><script>alert(1)</script>",
    "a :crit, 0, 1; click a href javascript:x %% #quot;",
    "\u202eevil\u200b",
    "line\none\r\ntwo\x00",
    "\ufffe\uffff",
    "]]> --> <!-- &lt;",
    "",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", FORMS)
def test_what_somebody_wrote_is_only_ever_read(form: str, text: str) -> None:
    def drawn(words: str) -> str:
        spans = (Span(kind="attempt", start=0, end=9, device=words, outcome=words), Span(kind="approval", start=9))
        row = TimelineRow(
            task="a",
            title=words,
            skill=words,
            status="running",
            device=words or "-",
            spans=spans,  # type: ignore[arg-type]
        )
        return FORMS[form](TimelineView(run=words, state="running", start=0, end=10, rows=(row,)))  # type: ignore[arg-type]

    drawing, safe = drawn(text), drawn("T")
    assert len(drawing.splitlines()) == len(safe.splitlines())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff]", drawing)
    if form == "svg":
        tags = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(drawing).iter()}
        assert tags <= {"svg", "title", "style", "path", "g", "rect", "text"}
    if form == "mermaid":
        assert [line.count(":") for line in drawing.splitlines()[3:]] == [0, 1, 1]
        assert not re.search(r"[;#%<>\"]", drawing.split("axisFormat %M:%S")[1])
