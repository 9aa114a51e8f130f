"""Every view of the dashboard as people get it: on a phone, by keyboard, light and dark, live by its streams alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from agents.scripted_server import say
from orchestrator.core.doubtful import digest
from orchestrator.core.plan import Declined, Plan
from tests.support.browsers import needs_browser
from tests.support.dashboards import DEAF_TO_THE_CLOCK, Screen, chromium, screen
from tests.support.looks import NAMELESS, SEEN_IN_FOCUS, faint
from tests.support.plans import step_on
from tests.support.rungs import Servers, World, servers, world

pytestmark = [pytest.mark.slow, needs_browser]
HOME = "a-server-with-a-name-of-forty-characters"
TEXT = "Count the lines with ERROR in app.log and in other.log, and write both counts into n.txt."
LONG = "very-long-words-without-a-space/" * 6
PHONE = {"width": 380, "height": 740}
DESK = {"width": 1280, "height": 800}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def step(id: str, skill: str, *after: str, **arguments: object) -> dict[str, Any]:
    return step_on(HOME, id, skill, *after, **arguments)


NOTE = step("note", "file.write", "of-app", path="n.txt", text="${of-app.output.count}")
# Nothing looks into the other log: that is left out, and a person can tell.
DOUBTFUL = Plan.model_validate({"steps": [step("of-app", "file.search", path="app.log", pattern="ERROR"), NOTE]})


@pytest.fixture(scope="module")
def models() -> Iterator[Servers]:
    with servers("local") as found:
        yield found


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory, models: Servers) -> Iterator[World]:
    rung = models.rung("local", timeout_s=60.0)
    with world(tmp_path_factory.mktemp("views"), rung, ASTERISM_RUNGS='["local"]') as found:
        found.up()
        found.device(HOME)
        found.online(HOME)
        (found.workspace(HOME) / "app.log").write_text("ERROR one\nall is well\nERROR two\n")
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


# --- a plan that the checks are not sure of -------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["yes", "no"])
def test_a_doubtful_plan_is_shown_as_it_would_run_and_nothing_runs_before_a_yes(
    there: World, models: Servers, browser: Browser, word: str
) -> None:
    models.script("local", say(DOUBTFUL), say(DOUBTFUL), say(Declined(reason="no other plan", code="not_understood")))
    note = there.workspace(HOME) / "n.txt"
    note.unlink(missing_ok=True)
    with screen(browser, there.url, viewport=PHONE) as shown:
        run = shown.submit(TEXT, changes="all")
        card = shown.page.locator("[data-question]")
        expect(card.get_by_role("heading", level=3)).to_contain_text("Not sure that this is what you meant")
        expect(card.get_by_role("heading", level=3)).to_contain_text(digest(DOUBTFUL))
        expect(card.get_by_role("heading", level=3)).to_contain_text("other.log")
        steps = card.locator("ol > li")
        expect(steps).to_have_count(2)
        expect(steps.nth(0)).to_contain_text(f"of-app: file.search on {HOME}")
        expect(steps.nth(1)).to_contain_text(f"note: file.write on {HOME}, after of-app")
        expect(card.get_by_label("Arguments of of-app")).to_have_text('{ "path": "app.log", "pattern": "ERROR" }')
        expect(card.get_by_label("Arguments of note")).to_have_text(
            '{ "path": "n.txt", "text": "${of-app.output.count}" }'
        )
        expect(card.get_by_role("button")).to_have_text(["yes, run this plan", "no", "Answer"])
        assert sideways(shown.page) == 0
        assert there.dispatched(run) == []
        card.get_by_role("button", name=re.compile(f"^{word}")).click()
        expect(card).to_have_count(0)
        there.wait(run)
        if word == "yes":
            shown.reaches("succeeded")
            assert note.read_text() == "2"
            assert there.dispatched(run)[:2] == ["of-app", "note"]
        else:
            expect(shown.page.locator("[data-link]")).to_have_attribute("data-link", "ended")
            assert there.dispatched(run) == []
            assert not note.exists()


# --- how it looks ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(there: World, models: Servers) -> list[tuple[str, str]]:
    """All views with something in them, each with what is there when it is."""
    models.script("local", say(DOUBTFUL))
    asked = str(there.post("/v1/runs", {"text": f"{TEXT} {LONG}", "policy": {"confirm": True}})["run"])
    steps = [
        step("talk", "shell.run", command=f"echo {LONG}; echo trouble >&2"),
        {**step("keep", "artifact.publish", "talk", path="app.log"), "title": f"keep {LONG}"},
        step("drop", "file.delete", "keep", path=LONG),
    ]
    run = there.submit(*steps, approve="ask")
    failed = there.submit(step("bad", "test.fail", retryable=False, message=LONG))
    there.wait(run)
    approval = there.get(f"/v1/runs/{run}")["approvals"][0]["id"]  # type: ignore[index]
    there.post(f"/v1/runs/{run}/approvals/{approval}", {"granted": True})
    for one in (asked, failed, run):
        there.wait(one)
    return [
        ("runs", ".runs tbody tr"),
        ("inbox", "[data-question], [data-approval]"),
        ("devices", "tr[data-device]"),
        (f"devices/{HOME}", ".skills li"),
        ("ladder", "dl.numbers"),
        (f"run/{asked}", "[data-question] .plan"),
        (f"run/{failed}", "[aria-label=Error]"),
        (f"run/{run}/graph", ".node"),
        (f"run/{run}/tasks", ".tasks tbody tr"),
        (f"run/{run}/timeline", ".trow"),
        (f"run/{run}/events", "li[data-seq]"),
        (f"run/{run}/planning", "#panel pre"),
        (f"run/{run}/artifacts", "#panel .artifacts, #panel .empty"),
    ]


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than what shows it."""
    found: int = page.evaluate("Math.max(0, document.scrollingElement.scrollWidth - innerWidth)")
    return found


def test_no_page_scrolls_sideways_on_a_phone(there: World, browser: Browser, pages: list[tuple[str, str]]) -> None:
    with screen(browser, there.url, viewport=PHONE) as shown:
        for path, sign in pages:
            shown.go(path)
            expect(shown.page.locator(sign).first).to_be_visible()
            assert sideways(shown.page) == 0, path
        shown.go(f"{pages[7][0]}")
        shown.page.locator(".node").first.click()
        expect(shown.page.get_by_label("Log")).to_contain_text("trouble")
        assert sideways(shown.page) == 0
        # The task covers the page: what is behind it takes no focus, until it is closed.
        expect(shown.page.locator("main > [inert]")).to_have_count(1)
        shown.page.keyboard.press("Escape")
        expect(shown.page.locator("main > [inert]")).to_have_count(0)
        expect(shown.page.locator(".node").first).to_be_focused()
        shown.page.evaluate(
            "import('/static/api.js').then(({session}) => session.dispatchEvent(new Event('signed-out')))"
        )
        expect(shown.page.get_by_label("Token")).to_be_visible()
        assert sideways(shown.page) == 0


def test_every_control_has_a_name_and_every_text_can_be_read(
    there: World, browser: Browser, pages: list[tuple[str, str]]
) -> None:
    with screen(browser, there.url, viewport=DESK) as shown:
        for path, sign in pages:
            shown.go(path)
            expect(shown.page.locator(sign).first).to_be_visible()
            assert NAMELESS.findall(shown.page.locator("body").aria_snapshot()) == [], path
            for scheme in SCHEMES:
                shown.page.emulate_media(color_scheme=scheme)
                assert faint(shown.page) == [], (path, scheme)
            shown.page.keyboard.press("Tab")
            assert shown.page.evaluate(SEEN_IN_FOCUS) == [], path


# --- what is told as it happens -------------------------------------------------------------------------------------


@pytest.fixture
def deaf(there: World, browser: Browser) -> Iterator[Screen]:
    with screen(browser, there.url) as found:
        found.context.add_init_script(DEAF_TO_THE_CLOCK)
        yield found


def test_what_a_task_says_and_a_retry_of_somebody_else_come_by_themselves(deaf: Screen, there: World) -> None:
    go = there.workspace(HOME) / "go"
    talk = step("talk", "shell.run", command="until [ -e go ]; do sleep 0.05; done; echo begun")
    run = there.submit(talk, step("bad", "test.fail", "talk", retryable=False))
    there.until_event(run, "task_dispatched")
    deaf.go(f"run/{run}")
    deaf.page.locator(".node[data-state=running]").click()
    expect(deaf.page.locator("[data-detail=talk]")).to_contain_text("Attempts")
    go.touch()
    expect(deaf.page.get_by_label("Log")).to_contain_text("begun")
    expect(deaf.page.locator("[data-link]")).to_have_attribute("data-link", "ended")
    deaf.reaches("failed")
    deaf.page.get_by_role("button", name="Close task").click()
    deaf.page.get_by_role("tab", name="Events").click()
    before = len(there.events(run))
    expect(deaf.page.locator("li[data-seq]")).to_have_count(before)
    there.post(f"/v1/runs/{run}/retry", {})
    there.wait(run)
    recorded = len(there.events(run))
    assert recorded > before
    expect(deaf.page.locator("li[data-seq]")).to_have_count(recorded)
    assert [seq for seq, _ in deaf.entries()] == list(range(1, recorded + 1))
