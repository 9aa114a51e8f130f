"""A page of results: well formed, escaped, and shown by a real browser without a request, a script or a complaint."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.cli.benching.html import page
from orchestrator.cli.benching.plots import bars, histogram, nice, scatter
from orchestrator.cli.benching.results import Results, Verdict
from orchestrator.cli.benching.summary import summarized
from tests.support.benchmarked import results_of, run_of
from tests.support.browsers import needs_browser
from tools.browser.finding import find_program

if TYPE_CHECKING:
    from playwright.sync_api import Page

EVIL = "</style></svg><script>document.title=1</script><img src=http://127.0.0.1:9/ onerror=alert(1)>\"'\u202e\x1b[2J"


def made(**fields: object) -> Results:
    wide = {"widest": 3, "width": 2.5, "parallelism": 2.0}
    return results_of(
        run_of("logs-a", seconds=1.0, sequential_s=2.0, **wide),
        run_of("logs-b", level=2, seconds=3.0, sequential_s=2.5, **wide),
        run_of("web-a", held=[True, False]),
        run_of("logs-a", fault="device-killed", injected={"kills": 1}, seconds=3.0),
        **fields,
    )


def hostile() -> Results:
    one = made().results[2]
    bad = dict.fromkeys(("task", "category", "part", "fault", "run", "state", "rung", "why", "answer"), EVIL)
    checks = (Verdict(name=EVIL, why=EVIL),)
    evil = one.model_copy(update={**bad, "checks": checks, "injected": {EVIL: 1}, "device_s": {EVIL: 1.0}})
    plain = evil.model_copy(update={"fault": ""})
    wide = plain.model_copy(update={"success": True, "widest": 2, "width": 2.0, "sequential_s": 2.0})
    fields = {"suite": EVIL, "ablation": EVIL, "asterism": EVIL, "python": EVIL}
    return made().model_copy(update={**fields, "results": (plain, wide, evil)})


def page_of(*results: Results) -> str:
    return page([(one, summarized(one)) for one in results])


@contextmanager
def opened(file: Path, told: list[str], **options: str) -> Iterator[Page]:
    """The page in a real browser; what it asks for and complains of is added to `told`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_program(), args=["--no-sandbox"])
        try:
            shown = browser.new_page(viewport={"width": 360, "height": 800}, **options)  # type: ignore[arg-type]
            shown.on("request", lambda one: told.append(one.url))
            shown.on("console", lambda one: told.append(one.text))
            shown.on("pageerror", lambda one: told.append(str(one)))
            shown.on("dialog", lambda one: told.append(one.message))
            shown.goto(file.as_uri())
            yield shown
        finally:
            browser.close()


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_it_and_asks_for_nothing(tmp_path: Path, scheme: str) -> None:
    file, told = tmp_path / "page.html", list[str]()
    file.write_text(page_of(made(), made(ablation="sequential")))
    with opened(file, told, color_scheme=scheme) as shown:
        assert shown.locator("svg[role=img]").count() == 8
        backs = {"light": "rgb(251, 251, 250)", "dark": "rgb(20, 23, 26)"}
        assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == backs[scheme]
        assert shown.evaluate("document.documentElement.scrollWidth") <= 360  # nothing stands out of a narrow page
        undone = shown.locator("details.undone").first
        assert not undone.locator(".checks").is_visible()
        undone.locator("summary").click()
        assert "check 2: it does not" in undone.locator(".checks").inner_text()
        shown.locator(".filter input").first.check()
        assert not shown.locator("details.done").first.is_visible()
        assert undone.is_visible()
    assert told == [file.as_uri()]


@pytest.mark.slow
@needs_browser
def test_hostile_strings_are_text(tmp_path: Path) -> None:
    file, told = tmp_path / "page.html", list[str]()
    file.write_text(page_of(hostile(), hostile()))
    with opened(file, told) as shown:
        assert shown.locator("script, img, iframe, a").count() == 0
        assert shown.title() != "1"
        assert "onerror=alert(1)" in shown.locator("h1").inner_text()
    assert told == [file.as_uri()]


def test_hostile_strings_do_not_act_on_readers() -> None:
    text = page_of(hostile())
    assert "<script" not in text
    assert "<img" not in text
    assert not {"\u202e", "\x1b"} & set(text)


def test_nothing_but_faults_has_a_page() -> None:
    text = page_of(results_of(run_of("a", fault="kill", injected={"kills": 1})))
    assert "<h3>Faults</h3>" in text
    assert "<svg" not in text


@pytest.mark.parametrize(
    "plot",
    [
        bars("a", "shares & more", [("one", 0.5, 0.2, 0.8, "1/2"), ("<b>", 1.0, 0.7, 1.0, "7/7")]),
        bars("a", "none", []),
        scatter("b", "times", "x", "y", [("one", 1.0, 2.0), ("<two>", 30.0, 2.0)]),
        scatter("b", "nothing", "x", "y", []),
        histogram("c", "widths", "x", [1.0, 1.2, 3.5, 40.0]),
        histogram("c", "nothing", "x", []),
    ],
)
def test_plots_are_well_formed_and_told(plot: str) -> None:
    root = ET.fromstring(plot)
    assert root.get("role") == "img"
    ids = (root.get("aria-labelledby") or "").split()
    assert [root[0].get("id"), root[1].get("id")] == ids
    assert (root[0].text or "") != ""


def test_whiskers_and_bars_are_where_their_shares_are() -> None:
    root = ET.fromstring(bars("a", "t", [("one", 0.5, 0.25, 0.75, "1/2")]))
    track, bar = root.findall("rect")
    whisker = root.find("path")
    assert whisker is not None
    assert float(bar.get("width") or 0) == float(track.get("width") or 0) / 2
    left, span = float(track.get("x") or 0), float(track.get("width") or 0)
    assert (whisker.get("d") or "").startswith(f"M{left + span / 4:.1f} ")


@pytest.mark.parametrize(("most", "end"), [(0.0, 1.0), (0.7, 1.0), (1.1, 2.0), (2.1, 4.0), (4.5, 5.0), (61.0, 100.0)])
def test_an_axis_ends_at_a_round_number(most: float, end: float) -> None:
    assert nice(most) == pytest.approx(end)
