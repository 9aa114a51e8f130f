"""What is filled, clicked, chosen is read back; what is a secret is not. With a real browser."""

from __future__ import annotations

import pytest

from protocol.errors import ErrorCode
from tests.support.browsers import Bench, Site, needs_browser

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"), needs_browser]
FORM = """<title>Form</title><form action=/sent method=post><label>Name <input name=who value=old></label>
<label for=p>Password</label><input id=p name=secret type=password><textarea name=note placeholder=Note></textarea>
<label>Country <select name=land><option>Germany<option value=fr>France<option>South Africa<option>South Korea</select>
</label><label><input type=checkbox name=ok> I agree</label><input name=fixed value=no readonly><button>Send</button>
</form><p contenteditable aria-label=Draft></p>"""


async def test_a_form_is_filled_and_sent(browser: Bench, site: Site) -> None:
    site.pages |= {"/": FORM, "/sent": "<title>Sent</title><p>thank you"}
    await browser.call("browser.open", url=site.url())
    assert (await browser.call("browser.fill", field="Name", text="Änn"))["verified"] is True
    assert (await browser.call("browser.fill", field="note", text="two\nlines"))["verified"] is True
    assert (await browser.call("browser.fill", field="Draft", text="free text"))["verified"] is True
    assert (await browser.call("browser.select", field="Country", option="france"))["option"] == "France"
    clicked = await browser.call("browser.click", text="I agree")
    assert (clicked["changed"], clicked["element"]["states"]) == (True, ["clickable"])  # type: ignore[index,call-overload]
    found = await browser.call("browser.find", role="checkbox")
    assert found["elements"][0]["states"] == ["clickable", "checked", "focused"]  # type: ignore[index,call-overload]
    sent = await browser.call("browser.click", text="Send", role="button")
    assert (sent["changed"], sent["title"], sent["url"], sent["status"]) == (True, "Sent", site.url("/sent"), None)


async def test_a_password_is_filled_and_never_read(browser: Bench, site: Site) -> None:
    site.pages["/"] = FORM + "<button onclick=\"document.getElementById('p').type='text'\">Show</button>"
    await browser.call("browser.open", url=site.url())
    filled = await browser.call("browser.fill", field="Password", text="hunter2")
    assert (filled["field"], filled["verified"]) == ("Password", None)
    # Not even where the page shows it in plain text now.
    clicked = await browser.call("browser.click", text="Show")
    seen = [filled, clicked] + [await browser.call(f"browser.{name}") for name in ("read", "find", "tabs")]
    assert "hunter2" not in str(seen)
    page = browser.browser.tabs.all()[-1].page
    assert await page.evaluate("document.getElementById('p').value") == "hunter2"


async def test_what_is_not_one_element_is_not_touched(browser: Bench, site: Site) -> None:
    site.pages["/"] = (
        "<button id=a onclick='this.remove()'>Go</button><button onclick='this.remove()'>Go</button>" + FORM
    )
    await browser.call("browser.open", url=site.url())
    error = await browser.refused(ErrorCode.AMBIGUOUS, "browser.click", text="Go")
    assert error.choices == ({"selector": "#a"}, {"selector": "body > button:nth-of-type(2)"})
    await browser.refused(ErrorCode.NOT_FOUND, "browser.click", text="Nowhere")
    await browser.refused(ErrorCode.NOT_FOUND, "browser.fill", field="Nowhere", text="x")
    await browser.refused(ErrorCode.BAD_ARGUMENTS, "browser.fill", field="fixed", text="x")
    await browser.refused(ErrorCode.BAD_ARGUMENTS, "browser.fill", field="I agree", text="x")
    await browser.refused(ErrorCode.BAD_ARGUMENTS, "browser.click", selector="p:(")
    await browser.refused(ErrorCode.BAD_ARGUMENTS, "browser.click")
    await browser.refused(ErrorCode.AMBIGUOUS, "browser.select", field="Country", option="south")
    error = await browser.refused(ErrorCode.NOT_FOUND, "browser.select", field="Country", option="Spain")
    assert "Germany, France" in error.message
    clicked = await browser.call("browser.click", selector="#a")
    assert clicked["changed"] is True
    assert len((await browser.call("browser.find", text="Go"))["elements"]) == 1  # type: ignore[arg-type]


async def test_a_field_that_changes_what_is_written_is_an_error(browser: Bench, site: Site) -> None:
    site.pages["/"] = "<label>Code <input oninput='this.value=this.value.toUpperCase()'></label>"
    await browser.call("browser.open", url=site.url())
    error = await browser.refused(ErrorCode.TOOL_FAILED, "browser.fill", field="Code", text="abc")
    assert 'holds "ABC"' in error.message


async def test_a_click_tells_what_came_of_it(browser: Bench, site: Site) -> None:
    site.pages |= {
        "/": """<button>Nothing</button><button onclick="if (confirm('Sure?')) document.title = 'yes'">Ask</button>
        <a href=/two target=_blank>Elsewhere</a>""",
        "/two": "<title>two</title>",
    }
    await browser.call("browser.open", url=site.url())
    assert (await browser.call("browser.click", text="Nothing"))["changed"] is False
    clicked = await browser.call("browser.click", text="Ask")
    assert (clicked["asked"], clicked["changed"], clicked["title"]) == ("Sure?", False, "")
    clicked = await browser.call("browser.click", text="Ask", accept=True)
    assert (clicked["asked"], clicked["changed"], clicked["title"]) == ("Sure?", True, "yes")
    clicked = await browser.call("browser.click", text="Elsewhere")
    assert clicked["opened"]
    assert (await browser.call("browser.read", tab=clicked["opened"]))["title"] == "two"


async def test_keys(browser: Bench, site: Site) -> None:
    site.pages |= {"/": "<form action=/find><input name=q aria-label=Search></form>", "/find": "<title>found</title>"}
    await browser.call("browser.open", url=site.url())
    await browser.call("browser.fill", field="Search", text="moon")
    assert (await browser.call("browser.press", field="Search", keys="Enter"))["title"] == "found"
    assert site.seen[-1] != "/" and "/find?q=moon" in site.seen  # noqa: PT018
    await browser.refused(ErrorCode.BAD_ARGUMENTS, "browser.press", keys="Enter\x1b")
