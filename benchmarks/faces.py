"""How soon the faces answer a person: help, the first event of a run, the dashboard with a run of a thousand tasks.

    python -m benchmarks.faces [--repeat N]

Bars: `asterism --help` 250 ms from a cold process; the first event of a run 300 ms after the request was sent, over
REST with the Python client; the dashboard 1 s from opening the address until the graph is drawn and a click on a task
shows it, in a real Chromium on loopback (extra `browser`). Medians.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks import cli
from benchmarks.support.rig import await_end, rig, submit
from orchestrator.client import AsyncClient, Request
from tools.browser.finding import find_program

TASKS = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    with tempfile.TemporaryDirectory() as folder:
        environment = cli._environment(Path(folder))
        cli._help(environment)  # compiles what is not compiled yet
        cli._tell("--help", [cli._help(environment) for _ in range(repeat)], 0.25)
    with rig() as made, made.client() as client:
        made.start_devices(4)
        cli._tell("first event", asyncio.run(_first_events(made.url, repeat)), 0.3)
        run = submit(client, {"steps": [_step(n) for n in range(TASKS)]})
        await_end(client, [run])
        with sync_playwright() as playwright:
            # As root Chromium refuses to start with its sandbox, and the page is our own.
            browser = playwright.chromium.launch(executable_path=find_program(), chromium_sandbox=False)
            with contextlib.closing(browser):
                opened = [_open(browser, f"{made.url}/#/run/{run}") for _ in range(repeat)]
    cli._tell("dashboard, drawn", [drawn for drawn, _ in opened], 1.0)
    cli._tell("dashboard, clicked", [clicked for _, clicked in opened], 1.0)


def _step(number: int) -> dict[str, object]:
    """Ten layers of a hundred."""
    after = [{"step": f"t{number - 100}"}] if number >= 100 else []
    return {"id": f"t{number}", "skill": "test.noop", "after": after}


async def _first_events(url: str, repeat: int) -> list[float]:
    """Seconds from the request to the first event, each with a client of its own."""
    found = []
    for _ in range(repeat + 1):
        async with AsyncClient(url) as asterism:
            began = time.perf_counter()
            request = Request.model_validate({"plan": {"steps": [{"id": "a", "skill": "test.noop"}]}})
            run = await asterism.submit(request)
            async for _ in asterism.follow(run.run):
                found.append(time.perf_counter() - began)
                break
    # The first one of all waits until REST's libraries are loaded.
    return found[1:]


def _open(browser: Browser, address: str) -> tuple[float, float]:
    """Seconds until all tasks are drawn, and until a click has shown one, in a browser that has nothing of it yet."""
    page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator(".node").nth(TASKS - 1).wait_for(state="attached")
    drawn = time.perf_counter() - began
    page.locator(".node").first.dispatch_event("click")
    page.locator("aside .attempts li").first.wait_for()
    clicked = time.perf_counter() - began
    page.context.close()
    return drawn, clicked


if __name__ == "__main__":
    main()
