"""The dashboard, in a real browser, over a real orchestrator with a real device."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from orchestrator.core.sanitize import sanitize
from tests.support.browsers import needs_browser
from tests.support.dashboards import DEAF_TO_THE_CLOCK, Screen, chromium, screen
from tests.support.plans import step_on
from tests.support.processes import Processes, processes

pytestmark = [pytest.mark.slow, needs_browser]
HOME = "alpha"
ASKED = "performance.getEntriesByType('resource').filter(one => one.name.includes('/v1/runs?')).length"
HOSTILE = '<img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=1</script>'


def step(id: str, skill: str, *after: str, **arguments: object) -> dict[str, object]:
    return step_on(HOME, id, skill, *after, **arguments)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    with processes(tmp_path_factory.mktemp("dashboard")) as found:
        found.up()
        found.device(HOME)
        found.device("beta")
        found.online(HOME, "beta")
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def shown(world: Processes, browser: Browser) -> Iterator[Screen]:
    with screen(browser, world.url) as found:
        yield found


def test_a_request_is_submitted_and_watched_to_its_end(shown: Screen, world: Processes) -> None:
    (world.workspace(HOME) / "poem.txt").write_text("one\ntwo\nthree\n")
    run = shown.submit("how many lines does poem.txt on alpha have?")
    shown.reaches("succeeded")
    view = world.get(f"/v1/runs/{run}")
    expect(shown.page.locator("[data-answer]")).to_contain_text("3")
    nodes = shown.page.locator(".node[data-state=succeeded]")
    expect(nodes).to_have_count(len(view["tasks"]))  # type: ignore[arg-type]
    expect(shown.page.locator("#said")).to_have_text("The run is succeeded.")
    shown.go("runs")
    expect(shown.page.get_by_role("link", name="how many lines does poem.txt on alpha have?")).to_be_visible()


def test_runs_are_found_by_state_and_by_words(shown: Screen, world: Processes) -> None:
    good = world.submit(step("one", "test.noop"))
    bad = world.submit(step("two", "test.fail", retryable=False))
    world.wait(good), world.wait(bad)
    shown.go("runs")
    rows = shown.page.locator(".runs tbody tr")
    shown.page.get_by_label("State").select_option("failed")
    expect(rows.filter(has_text=bad)).to_have_count(1)
    expect(rows.filter(has_text=good)).to_have_count(0)
    shown.page.get_by_label("State").select_option("")
    shown.page.get_by_label("Words").fill(good)
    expect(rows).to_have_count(1)


def test_an_approval_is_given_from_the_keyboard_and_another_denied(shown: Screen, world: Processes) -> None:
    for number, (button, state) in enumerate([("Approve once", "succeeded"), ("Deny", "failed")]):
        file = world.workspace(HOME) / f"old-{number}.txt"
        file.write_text("x")
        shown.submit(f"delete old-{number}.txt on alpha")
        card = shown.page.locator("[data-approval]")
        expect(card.get_by_label("Arguments")).to_contain_text(f'"path": "old-{number}.txt"')
        expect(shown.page.locator("#said")).to_have_text("The run waits for your answer.")
        assert file.exists()
        card.get_by_role("button", name=button).focus()
        shown.page.keyboard.press("Enter")
        shown.reaches(state)
        expect(card).to_have_count(0)
        assert file.exists() == (button == "Deny")


def test_arguments_are_changed_before_they_are_approved(shown: Screen, world: Processes) -> None:
    old, other = world.workspace(HOME) / "this-one.txt", world.workspace(HOME) / "that-one.txt"
    old.write_text("x")
    other.write_text("x")
    shown.submit("delete this-one.txt on alpha")
    card = shown.page.locator("[data-approval]")
    card.get_by_role("button", name="Change the arguments").click()
    box = card.get_by_label("Other arguments, as JSON")
    expect(box).to_have_value(re.compile("this-one.txt"))
    box.fill("this-one")
    card.get_by_role("button", name="Ask again with these").click()
    expect(card.get_by_role("alert")).to_contain_text("a JSON object is asked for")
    box.fill('{"path": "that-one.txt"}')
    card.get_by_role("button", name="Ask again with these").click()
    expect(card.get_by_label("Arguments", exact=True)).to_contain_text('"path": "that-one.txt"')
    card.get_by_role("button", name="Approve once").click()
    shown.reaches("succeeded")
    assert (old.exists(), other.exists()) == (True, False)


def test_a_request_that_is_too_long_is_refused_and_never_cut(shown: Screen, world: Processes) -> None:
    before = world.get("/v1/runs")
    shown.go("runs")
    shown.page.get_by_label("What should happen?").fill("x" * 20_001)
    shown.page.get_by_role("button", name="Submit").click()
    expect(shown.page.get_by_role("alert")).to_contain_text("at most 20000 characters")
    assert world.get("/v1/runs") == before


def test_a_question_is_answered_by_a_choice(shown: Screen) -> None:
    shown.submit("what is the load of the server?")
    card = shown.page.locator("[data-question]")
    card.get_by_role("button", name="beta").click()
    shown.reaches("succeeded")
    expect(shown.page.locator(".node")).to_contain_text("on beta")


def test_a_text_of_several_lines_is_approved_as_lines(shown: Screen, world: Processes) -> None:
    run = world.submit(step("save", "file.write", path="a.txt", text="one\ntwo\u202e\n"), approve="ask")
    world.wait(run)
    shown.go(f"run/{run}")
    card = shown.page.locator("[data-approval]")
    expect(card.get_by_label("Arguments")).to_contain_text('"path": "a.txt"')
    assert card.get_by_label("text").text_content() == "one\ntwo\\u202e\n"
    card.get_by_role("button", name="Deny").click()
    shown.reaches("failed")


def test_what_a_task_says_is_shown_while_it_runs(shown: Screen, world: Processes) -> None:
    command = "echo begun; echo trouble >&2; sleep 600"
    run = world.submit(step("talk", "shell.run", command=command))
    shown.go(f"run/{run}")
    shown.page.locator(".node").click()
    log = shown.page.get_by_label("Log")
    expect(log).to_contain_text("begun")
    expect(log).to_contain_text("trouble")
    expect(shown.page.locator(".node[data-state=running]")).to_have_count(1)
    shown.page.get_by_role("button", name="Close task").click()
    expect(shown.page.locator(".node")).to_be_focused()
    shown.page.get_by_role("button", name="Cancel run").click()
    shown.reaches("cancelled")


def test_what_waits_is_counted_and_settled_in_one_place(shown: Screen, world: Processes) -> None:
    run = world.submit(step("drop", "file.delete", path="nothing.txt"), approve="ask")
    world.wait(run)
    shown.go("inbox")
    expect(shown.page.get_by_role("link", name="Waiting for you")).to_contain_text("1")
    shown.page.get_by_role("button", name="Deny").click()
    expect(shown.page.get_by_text("Nothing waits for you.")).to_be_visible()
    assert world.wait(run)["state"] == "failed"


def test_a_run_is_cancelled(shown: Screen, world: Processes) -> None:
    run = world.submit(step("long", "test.sleep", seconds=600))
    shown.go(f"run/{run}")
    expect(shown.page.locator(".node[data-state=running]")).to_have_count(1)
    shown.page.get_by_role("button", name="Cancel run").click()
    shown.reaches("cancelled")
    shown.page.get_by_role("button", name="Retry what failed").click()
    shown.reaches("running")
    shown.page.get_by_role("button", name="Cancel run").click()
    shown.reaches("cancelled")


def test_after_a_restart_of_the_server_nothing_is_missed(browser: Browser, tmp_path: Path) -> None:
    with processes(tmp_path) as world:
        up = world.up()
        device = world.device(HOME)
        world.online(HOME)
        run = world.submit(
            step("first", "test.noop"), step("long", "test.sleep", "first", seconds=600), approve="all", deadline_s=3600
        )
        with (
            screen(browser, world.url) as shown,
            screen(browser, world.url) as line,
            screen(browser, world.url) as ladder,
        ):
            for one in (line, ladder):
                one.context.add_init_script(DEAF_TO_THE_CLOCK)
            shown.go(f"run/{run}/events")
            line.go(f"run/{run}/timeline")
            ladder.go("ladder")
            world.until_event(run, "task_dispatched", 2)
            expect(line.page.get_by_role("button", name=re.compile(r"running: .*under way"))).to_have_count(1)
            asked = ladder.page.locator("dl.numbers dd").first
            expect(asked).to_contain_text("0, of which")
            expect(shown.page.locator("[data-type=task_dispatched]")).to_have_count(2)
            up.kill()
            expect(shown.page.locator("[data-link]")).to_have_attribute("data-link", "lost")
            world.up()
            world.online(HOME)
            world.post(f"/v1/runs/{run}/cancel", {})
            world.wait(run)
            world.wait(str(world.post("/v1/runs", {"text": "do something that nobody can"})["run"]))
            # What is asked for when there is something new only is as it is now, too.
            expect(asked).to_contain_text("1, of which")
            expect(line.page.get_by_role("button", name=re.compile(r"cancelled: .*attempt"))).to_have_count(1)
            shown.reaches("cancelled")
            expect(shown.page.locator("[data-link]")).to_have_attribute("data-link", "ended")
            recorded = world.get(f"/v1/runs/{run}/events")["events"]
            assert shown.entries() == [(one["seq"], one["body"]["type"]) for one in recorded]  # type: ignore[attr-defined]
            # Nothing was asked for twice, either: it went on where it broke off.
            assert [seq for seq, _ in shown.entries()] == list(range(1, len(recorded) + 1))  # type: ignore[arg-type]
            # Lists follow too: what changes, over the drop, and what changed while the page was not seen.
            shown.go(f"devices/{HOME}")
            expect(shown.page.locator(f"tr[data-device={HOME}]")).to_contain_text("here")
            device.interrupt()
            expect(shown.page.locator(f"tr[data-device={HOME}]")).to_contain_text("away")
            shown.go("runs")
            rows = shown.page.locator(".runs tbody tr")
            expect(rows).to_have_count(2)
            shown.hide(True)
            world.submit(step("late", "test.noop"))
            shown.hide(False)
            expect(rows).to_have_count(3)


def test_a_tab_that_nobody_sees_gets_what_it_missed(shown: Screen, world: Processes) -> None:
    run = world.submit(step("long", "test.sleep", seconds=600))
    shown.go(f"run/{run}/events")
    expect(shown.page.locator("[data-type=task_dispatched]")).to_have_count(1)
    shown.hide(True)
    world.post(f"/v1/runs/{run}/cancel", {})
    world.wait(run)
    shown.hide(False)
    shown.reaches("cancelled")
    expect(shown.page.locator("[data-link]")).to_have_attribute("data-link", "ended")
    recorded = world.get(f"/v1/runs/{run}/events")["events"]
    assert [seq for seq, _ in shown.entries()] == list(range(1, len(recorded) + 1))  # type: ignore[arg-type]


def test_what_devices_and_requests_say_is_text(shown: Screen, world: Processes) -> None:
    (world.workspace(HOME) / "page.html").write_text(f"{HOSTILE}\u202eevil")
    read = {**step("read", "file.read", path="page.html"), "title": f"{HOSTILE} title"}
    run = world.submit(read)
    world.wait(run)
    shown.go(f"run/{run}")
    expect(shown.page.locator("[data-answer]")).to_contain_text("<img src=x onerror=")
    shown.page.locator(".node").click()
    detail = shown.page.locator("[data-detail=read]")
    expect(detail.get_by_role("heading", level=2)).to_contain_text("<img src=x onerror=")
    expect(detail.get_by_label("Result")).to_contain_text("<script>")
    for tab in ("Tasks", "Timeline", "Events", "Planning and cost", "Artifacts"):
        shown.page.get_by_role("tab", name=tab, exact=True).click()
        assert shown.page.locator("#panel script, #panel img, aside img, aside script").count() == 0
    assert shown.page.evaluate("globalThis.pwned") is None
    assert "\u202e" not in shown.page.locator("body").inner_text()


def test_hidden_characters_go_as_they_do_on_a_terminal(shown: Screen) -> None:
    samples = [
        "plain",
        "a\x1b[31mred\x1b[0m b",
        "\x1b]0;title\x07x",
        "\x1bPdcs\x1b\\y",
        "a\r\nb\rc\u2028d\x85e",
        "z\u200be\u202er\u2066o",
        "tag\U000e0041s",
        "\x9b1mC1",
        "soft\xadhyphen",
        "tab\tstays\nand line feeds",
        "\x1b]8;;http://x\nnext",
        "\ufe0f\u3164\u115f",
        "\x1b(B",
        "e\u0301 and 👍 stay",
    ]
    shown.go("devices")
    cleaned = shown.page.evaluate(
        "async (all) => { const {clean} = await import('/static/text.js'); return all.map(clean); }", samples
    )
    assert cleaned == [sanitize(one) for one in samples]


def test_arguments_to_approve_hide_nothing(shown: Screen, world: Processes) -> None:
    run = world.submit(step("drop", "file.delete", path="a\u202etxt.exe\u200b"), approve="ask")
    world.wait(run)
    shown.go(f"run/{run}")
    expect(shown.page.locator("[data-approval]").get_by_label("Arguments")).to_contain_text(r"a\u202etxt.exe\u200b")
    shown.page.get_by_role("button", name="Deny").click()
    shown.reaches("failed")


def test_a_thousand_tasks_are_shown_and_walked_by_keyboard(shown: Screen, world: Processes) -> None:
    steps = [step(f"t{n}", "test.noop", *([f"t{n - 100}"] if n >= 100 else []), value=n) for n in range(1000)]
    shown.go("runs")
    run = world.submit(*steps)
    expect(shown.page.locator(".runs tbody tr").filter(has_text=run)).to_contain_text("succeeded", timeout=60_000)
    # The list was asked for when the run's line changed, and not for each of its tasks.
    assert shown.page.evaluate(ASKED) < 40
    shown.go(f"run/{run}")
    shown.reaches("succeeded")
    expect(shown.page.locator(".node[data-state=succeeded]")).to_have_count(1000)
    assert shown.page.locator(".graph").get_attribute("data-layout") == "layers"
    places = shown.page.locator(".node").evaluate_all("all => all.map(e => e.getAttribute('transform'))")
    assert len(set(places)) == 1000
    shown.page.locator(".node[tabindex='0']").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Enter"):
        shown.page.keyboard.press(key)
    expect(shown.page.locator("aside h2")).to_be_focused()
    opened = shown.page.locator("aside").get_attribute("data-detail") or ""
    assert 200 <= int(opened.removeprefix("t")) < 300
    shown.page.keyboard.press("Escape")
    expect(shown.page.locator("aside")).to_have_count(0)
    shown.page.get_by_role("tab", name="Events").click()
    expect(shown.page.locator("[data-entries]")).to_have_attribute(
        "data-entries",
        str(len(world.get(f"/v1/runs/{run}/events?limit=10000")["events"])),  # type: ignore[arg-type]
    )


def test_devices_tell_what_they_are_and_can(shown: Screen) -> None:
    shown.go(f"devices/{HOME}")
    row = shown.page.locator(f"tr[data-device={HOME}]")
    expect(row).to_contain_text("here")
    card = shown.page.get_by_role("region", name=f"Device {HOME}")
    card.get_by_label("Find").fill("file.delete")
    expect(card.locator(".skills > li")).to_have_count(1)
    shown.go("ladder")
    expect(shown.page.get_by_role("cell", name="embedded").first).to_be_visible()


def test_with_a_token_configured_one_signs_in(browser: Browser, tmp_path: Path) -> None:
    with processes(tmp_path) as world:
        world.up()
        made = world.post("/v1/tokens", {"role": "admin"})
        secret = str(made["token"])
        with screen(browser, world.url) as shown:
            shown.go("runs")
            shown.page.get_by_label("Token").fill("ast_wrong")
            shown.page.get_by_role("button", name="Sign in").click()
            expect(shown.page.get_by_role("alert")).to_contain_text("wrong, expired or revoked")
            shown.page.get_by_label("Token").fill(secret)
            shown.page.get_by_role("button", name="Sign in").click()
            expect(shown.page.get_by_text("No runs yet.")).to_be_visible()
            run = shown.submit("do something that nobody can")
            shown.reaches("failed")
            shown.page.reload()
            shown.reaches("failed")
            assert not [address for address in shown.asked if secret in address or "token" in address]
            assert shown.page.evaluate("[localStorage.length, document.cookie, sessionStorage.length]") == [0, "", 1]
            assert re.fullmatch(r"r\w+", run)
            shown.page.get_by_role("button", name="Sign out").click()
            expect(shown.page.get_by_label("Token")).to_be_visible()


def test_a_viewer_is_shown_no_button_that_would_be_refused(browser: Browser, tmp_path: Path) -> None:
    with processes(tmp_path) as world:
        world.up()
        world.device(HOME)
        world.online(HOME)
        (world.workspace(HOME) / "old.txt").write_text("x")
        run = world.wait(str(world.post("/v1/runs", {"text": "delete old.txt on alpha"})["run"]))["run"]
        secret = world.post("/v1/tokens", {"role": "admin"})["token"]
        made = httpx2.post(
            f"{world.url}/v1/tokens", json={"role": "viewer"}, headers={"Authorization": f"Bearer {secret}"}
        )
        with screen(browser, world.url) as shown:
            shown.go(f"run/{run}")
            shown.page.get_by_label("Token").fill(made.json()["token"])
            shown.page.get_by_role("button", name="Sign in").click()
            card = shown.page.locator("[data-approval]")
            expect(card.get_by_label("Arguments")).to_contain_text("old.txt")
            expect(card.get_by_role("button")).to_have_count(0)
            expect(shown.page.get_by_role("button", name="Cancel run")).to_have_count(0)
            shown.go("runs")
            expect(shown.page.get_by_role("link", name="delete old.txt on alpha")).to_be_visible()
            expect(shown.page.get_by_label("What should happen?")).to_have_count(0)
