"""The dashboard's graph: how long dagre and our own layers take to place tasks, in a real browser; and its pictures.

    python -m benchmarks.dashboard                             one JSON line a size, milliseconds, the best of five
    python -m benchmarks.dashboard --pictures docs/pictures    the screenshots of docs/dashboard.md

Needs Playwright and a Chromium (extra `browser`). It all happens on loopback, over the demonstration's sample data.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from orchestrator.cli.demo import TEXT, Demonstration
from orchestrator.cli.samples import WORKSTATION
from tools.browser.finding import find_program

SIZES = (50, 100, 150, 200, 300, 500, 1000)
DAGRE_MOST = 500  # tasks: it takes several seconds beyond that
PATIENCE_MS = 60_000

# Ten layers; each task needs two of the layer before.
MEASURE = """async ([size, dagre]) => {
  const { Graph, layout } = await import("/static/vendor/dagre.js");
  const own = await import("/static/layout.js");
  const wide = Math.floor(size / 10);
  const before = (i) => (Math.floor(i / wide) - 1) * wide;
  const upstreams = (i) => i < wide ? [] : [i % wide, (i * 7 + 3) % wide].map((one) => before(i) + one);
  const tasks = Array.from({ length: size }, (_, i) => (
    { id: `t${i}`, depends_on: [...new Set(upstreams(i))].map((one) => ({ task: `t${one}`, on: "success" })) }));
  const edges = tasks.flatMap((task) => task.depends_on.map((one) => [one.task, task.id]));
  const timed = (work) => {
    const once = () => { const began = performance.now(); work(); return performance.now() - began; };
    return Math.round(Math.min(...[1, 2, 3, 4, 5].map(once)) * 10) / 10;
  };
  const byDagre = () => {
    const graph = new Graph();
    graph.setGraph({ rankdir: "LR" });
    graph.setDefaultEdgeLabel(() => ({}));
    for (const task of tasks) graph.setNode(task.id, { width: own.WIDTH, height: own.HEIGHT });
    for (const [from, to] of edges) graph.setEdge(from, to);
    layout(graph);
  };
  const chosen = own.layout(tasks).by;
  const layers = own.byLayers(tasks);
  return { tasks: size, edges: edges.length, dagre_ms: dagre ? timed(byDagre) : null,
    layers_ms: timed(() => own.byLayers(tasks)), chosen, placed: layers.places.size };
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, help="write the screenshots into this folder instead")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="asterism-dashboard-") as folder, sync_playwright() as playwright:
        demonstration = Demonstration(Path(folder))
        # As root Chromium refuses to start with its sandbox, and the page is our own.
        browser = playwright.chromium.launch(executable_path=find_program(), chromium_sandbox=False)
        try:
            url = demonstration.start()
            if given.pictures:
                demonstration.await_devices(url)
                take(browser, url, given.pictures)
            else:
                measure(browser, url)
        finally:
            browser.close()
            demonstration.stop()


def measure(browser: Browser, url: str) -> None:
    page = browser.new_page()
    page.goto(f"{url}/#/devices")
    for size in SIZES:
        print(json.dumps(page.evaluate(MEASURE, [size, size <= DAGRE_MOST])))


def take(browser: Browser, url: str, folder: Path) -> None:
    """Three screenshots: a run that asks, the same one when it is done with a task open, in the dark, and devices."""
    folder.mkdir(parents=True, exist_ok=True)
    page = _page(browser, dark=False)
    page.goto(f"{url}/#/runs")
    page.get_by_label("What should happen?").fill(TEXT)
    page.get_by_role("button", name="Submit").click()
    card = page.locator("[data-approval]")
    expect(card).to_have_count(1, timeout=PATIENCE_MS)
    expect(page.locator(".node[data-state=waiting]")).to_have_count(1)
    page.screenshot(path=folder / "dashboard-approval.png", full_page=True)
    card.get_by_role("button", name="Approve once").click()
    expect(page.locator(".head .state").first).to_have_text("succeeded", timeout=PATIENCE_MS)
    dark = _page(browser, dark=True)
    dark.goto(page.url)
    dark.locator(".node").last.click()
    expect(dark.locator("aside .attempts li")).to_have_count(1)
    dark.screenshot(path=folder / "dashboard-task.png")
    page.goto(f"{url}/#/devices/{WORKSTATION}")
    expect(page.locator(".skills")).to_be_visible()
    page.screenshot(path=folder / "dashboard-devices.png")


def _page(browser: Browser, *, dark: bool) -> Page:
    scheme: Literal["dark", "light"] = "dark" if dark else "light"
    return browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 860}).new_page()


if __name__ == "__main__":
    main()
