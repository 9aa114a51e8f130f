"""The dashboard in a real browser: tabs of one Chromium, which tell what they asked for and what went wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tools.browser.finding import find_program

PATIENCE_MS = 30_000

# Whatever asks by the clock never does: the page lives by what it is told.
DEAF_TO_THE_CLOCK = """
  const after = globalThis.setTimeout;
  globalThis.setTimeout = (work, ms, ...more) => ms === 3000 || ms >= 10000 ? 0 : after(work, ms, ...more);
  globalThis.setInterval = () => 0;
"""


@dataclass
class Screen:
    """One tab, with a session of its own. `asked` are the addresses of its requests, `wrong` its errors."""

    url: str
    context: BrowserContext
    page: Page
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def go(self, view: str) -> None:
        """Show a view by its address, such as `run/r1/events`."""
        self.page.goto(f"{self.url}/#/{view}")

    def submit(self, text: str, changes: str = "ask") -> str:
        """Type a request, submit it, and be on its run's page. Its id."""
        self.go("runs")
        self.page.get_by_label("What should happen?").fill(text)
        self.page.get_by_label("Changes").select_option(changes)
        self.page.get_by_role("button", name="Submit").click()
        self.page.wait_for_url("**/#/run/*")
        return self.page.url.rpartition("/")[2]

    def reaches(self, state: str) -> None:
        """Wait until the run's page says that it is there."""
        expect(self.page.locator(".head .state").first).to_have_text(state)

    def entries(self) -> list[tuple[int, str]]:
        """Number and type of each entry that the page of events shows."""
        rows = self.page.locator("li[data-seq]")
        return [
            (int(seq), kind) for seq, kind in rows.evaluate_all("all => all.map(e => [e.dataset.seq, e.dataset.type])")
        ]

    def hide(self, hidden: bool) -> None:
        """As when another tab is looked at, or this one again."""
        told = "Object.defineProperty(document, 'hidden', {value: hidden, configurable: true})"
        self.page.evaluate(f"hidden => {{ {told}; document.dispatchEvent(new Event('visibilitychange')); }}", hidden)

    @property
    def hosts(self) -> set[str]:
        return {urlsplit(address).netloc for address in self.asked if not address.startswith(("data:", "blob:"))}


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        # The pages are our own, and as root Chromium refuses to start with its sandbox.
        browser = playwright.chromium.launch(executable_path=find_program(), chromium_sandbox=False)
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def screen(browser: Browser, url: str, **options: object) -> Iterator[Screen]:
    """A tab whose page has thrown nothing, broken no policy and spoken with nobody but `url` at the end."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    found = Screen(url, context, page)
    page.on("request", lambda request: found.asked.append(request.url))
    page.on("pageerror", lambda error: found.wrong.append(str(error)))
    page.on("console", lambda said: found.wrong.append(said.text) if _is_wrong(said.text) else None)
    try:
        yield found
    finally:
        context.close()
    assert found.wrong == []
    assert found.hosts <= {urlsplit(url).netloc}


def _is_wrong(said: str) -> bool:
    return "Content Security Policy" in said or "TrustedScript" in said or "Uncaught" in said
