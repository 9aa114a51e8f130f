"""Requests in free language over devices of all kinds, each with what must be so afterwards and was not before.

`given` sets sensors and actuators first. `verify` looks at files, at the phone's inside, at what the broker heard;
never at what a device or a plan says of itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.support import mcp_server
from tests.support.cross_device import PAGES, World

PNG: Final = b"\x89PNG"
NUMBER: Final = "+4930445566"


@dataclass(frozen=True)
class Row:
    """`{site}` in the text is the address of a small web site here. `before` brings a device into a state;
    `screen`: an X11 session is needed; `browser`: a browser.
    """

    text: str
    verify: Callable[[World], None]
    given: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[World], Awaitable[None]] | None = None
    screen: bool = False
    browser: bool = False


def _screenshot(device: str, path: str) -> Callable[[World], None]:
    def verify(world: World) -> None:
        assert world.data(device, path).startswith(PNG)

    return verify


def _text(device: str, path: str, text: str) -> Callable[[World], None]:
    def verify(world: World) -> None:
        assert world.text(device, path) == text

    return verify


def _pushed(path: str, device: str, original: str) -> Callable[[World], None]:
    def verify(world: World) -> None:
        assert world.on_phone(path) == world.data(device, original)

    return verify


def _stands(**states: str) -> Callable[[World], None]:
    def verify(world: World) -> None:
        for name, value in states.items():
            assert world.greenhouse.state[name] == value

    return verify


def _sms(number: str, text: str) -> Callable[[World], None]:
    def verify(world: World) -> None:
        sent = [(one.address.replace(" ", ""), one.body) for one in world.phone.messages if one.box == 2]
        assert (number, text) in sent, sent

    return verify


def _heard(topic: str, text: str) -> Callable[[World], None]:
    def verify(world: World) -> None:
        assert (topic, text) in world.greenhouse.heard

    return verify


def _all(*checks: Callable[[World], None]) -> Callable[[World], None]:
    def verify(world: World) -> None:
        for check in checks:
            check(world)

    return verify


def _menu(world: World) -> None:
    assert world.phone.url == f"{world.site}/menu.html"
    assert world.data("desk", "menu.png").startswith(PNG)


def _messages(world: World) -> None:
    found = world.json("beta", "sms.json")["messages"]
    assert isinstance(found, list)
    assert [one["text"] for one in found]


def _note(text: str) -> Callable[[World], None]:
    def verify(world: World) -> None:
        assert text in world.phone.notes, world.phone.notes

    return verify


def _workshop_parts(world: World) -> None:
    assert world.json("alpha", "parts.json")["text"] == "bolt\nnut\nwasher"


def _workshop_picture(world: World) -> None:
    assert world.on_phone("/sdcard/Pictures/workshop.png") == mcp_server.PIXEL
    assert world.data("alpha", "workshop.png") == mcp_server.PIXEL


def _archive(world: World) -> None:
    assert world.on_phone("/sdcard/Download/logs.tar.gz") == world.data("alpha", "logs.tar.gz")


def _prices(world: World) -> None:
    assert world.text("beta", "prices.csv") == PAGES["prices.csv"]
    assert world.on_phone("/sdcard/Download/prices.csv") == PAGES["prices.csv"].encode()


def _hosts_everywhere(world: World) -> None:
    assert world.text("beta", "hosts.txt") == world.text("alpha", "hosts.txt")
    assert world.on_phone("/sdcard/Documents/hosts.txt") == world.data("alpha", "hosts.txt")


def _mean(world: World) -> None:
    assert 20 <= float(world.text("beta", "mean.txt")) <= 23


def _installed(world: World) -> None:
    assert "com.example.app" in world.phone.apps


def _sensors(world: World) -> None:
    found = world.json("desk", "sensors.json")["sensors"]
    assert isinstance(found, list)
    assert "humidity" in [one["name"] for one in found]


def _settings_shown(world: World) -> None:
    assert world.phone.front == "com.android.settings"
    assert world.data("alpha", "pics/settings.png").startswith(PNG)
    assert world.data("beta", "pics/settings.png").startswith(PNG)


def _photo(world: World) -> None:
    assert world.data("desk", "photos/IMG_0001.jpg") == world.on_phone("/sdcard/DCIM/IMG_0001.jpg")


def _shopping(world: World) -> None:
    assert world.data("beta", "in/shopping.txt") == world.on_phone("/sdcard/Documents/shopping.txt")


async def _in_notes(world: World) -> None:
    world.phone.open("org.example.notes")
    world.phone.fields.clear()


def _form_sent(world: World) -> None:
    """The dialog has ended, and says what was filled in."""
    [form] = world.forms
    assert form.poll() == 0
    assert form.stdout is not None
    said = form.stdout.read()
    assert said == b"Ann||\n", said


def _desktop_on_phone(world: World) -> None:
    names = [name for name in world.phone.files.children("/sdcard/Download") if name.endswith(".png")]
    assert any(world.on_phone(f"/sdcard/Download/{name}").startswith(PNG) for name in names), names


def _table(world: World) -> None:
    lines = world.text("alpha", "prices-read.csv").split()
    assert lines == ["fruit,price", "apple,3", "pear,5"]


def _page_on_phone(world: World) -> None:
    assert world.on_phone("/sdcard/Pictures/page.png").startswith(PNG)


def _noticed(text: str) -> Callable[[World], None]:
    def verify(world: World) -> None:
        assert text in world.noticed()

    return verify


ROWS: Final = (
    Row("take a screenshot of the desktop and put it on the phone", _desktop_on_phone, screen=True),
    Row(
        "when the greenhouse is above 30 degrees open the window and tell my desktop",
        _all(_stands(window="open"), _noticed("the greenhouse is above 30 degrees")),
        {"temperature": "33", "window": "closed"},
        screen=True,
    ),
    Row(
        'put "Ann" into the field Name of the window "New person" on the desktop, then click the OK button in the '
        'window "New person" and put a screenshot of the desktop on beta as after.png',
        _all(_screenshot("beta", "after.png"), _form_sent),
        before=World.form,
        screen=True,
    ),
    Row(
        "read the page {site}/prices.html on the desktop and save its table as prices-read.csv on alpha",
        _table,
        browser=True,
    ),
    Row(
        "take a picture of {site}/menu.html in the browser and send it to the phone as /sdcard/Pictures/page.png",
        _page_on_phone,
        browser=True,
    ),
    Row("tell my desktop the temperature of the greenhouse", _noticed("temperature: 21.5 °C"), screen=True),
    Row(
        "take a screenshot on my phone and save it on alpha as shots/today.png", _screenshot("alpha", "shots/today.png")
    ),
    Row("How full is the battery of my phone? Put it into battery.txt on beta.", _text("beta", "battery.txt", "84\n")),
    Row(
        "send the file report.txt from the desktop to the phone",
        _pushed("/sdcard/Download/report.txt", "desk", "report.txt"),
    ),
    Row("copy /sdcard/Documents/shopping.txt from the phone to beta as in/shopping.txt", _shopping),
    Row(
        "what is the temperature in the greenhouse? Save it as temp.txt on alpha", _text("alpha", "temp.txt", "21.5\n")
    ),
    Row("close the valve if the humidity is above 80", _stands(valve="shut"), {"humidity": "85", "valve": "open"}),
    Row("open {site}/menu.html on the phone, then take a screenshot and store it on the desktop as menu.png", _menu),
    Row("pack the folder logs on alpha as logs.tar.gz and send it to the phone", _archive),
    Row("text +49 30 445566 the temperature of the greenhouse", _sms(NUMBER, "temperature: 21.5 °C")),
    Row(
        'if the door is open, send an SMS to 112233 saying "the door is open"',
        _sms("112233", "the door is open"),
        {"door": "open"},
    ),
    Row(
        "Could you please take a screenshot of the phone and put it on both servers as shot.png?",
        _all(_screenshot("alpha", "shot.png"), _screenshot("beta", "shot.png")),
    ),
    Row("save the text messages of my phone as sms.json on beta", _messages),
    Row(
        'open Notes on the phone, type "buy milk" into the note field and tap the Save button',
        _note("buy milk"),
        before=_in_notes,
    ),
    Row("get the photo /sdcard/DCIM/IMG_0001.jpg from my phone and put it on the desktop in photos/", _photo),
    Row("if the battery of the phone is below 90 percent, turn on the lamp", _stands(lamp="on"), {"lamp": "off"}),
    Row("list the parts of the workshop and save them as parts.json on alpha", _workshop_parts),
    Row(
        "take a picture of the workshop, save it on alpha as workshop.png and send it to the phone as "
        "/sdcard/Pictures/workshop.png",
        _workshop_picture,
    ),
    Row(
        "use the workshop to add 2 and 3, and save the result on the desktop as sum.txt",
        _text("desk", "sum.txt", "5\n"),
    ),
    Row("download {site}/prices.csv to prices.csv on beta and send it to the phone", _prices),
    Row(
        "copy hosts.txt from alpha to beta, then send it to the phone as /sdcard/Documents/hosts.txt", _hosts_everywhere
    ),
    Row("save the average temperature over 1 second as mean.txt on beta", _mean),
    Row(
        'set the heating to 21.5 degrees and text 112233 "heating is on"',
        _all(_stands(heating="21.5"), _sms("112233", "heating is on")),
        {"heating": "15"},
    ),
    Row("publish the battery level of the phone to lab/battery", _heard("lab/battery", "84 ")),
    Row("install app.apk from alpha on the phone", _installed),
    Row(
        "unless the door is closed, turn the lamp off and copy report.txt from the desktop to alpha",
        _all(_stands(lamp="off"), _text("alpha", "report.txt", "Quarterly report\n")),
        {"door": "open", "lamp": "on"},
    ),
    Row(
        "when the greenhouse gets warmer than 30 degrees, open the window and save a screenshot of the phone on alpha "
        "as hot.png",
        _all(_stands(window="open"), _screenshot("alpha", "hot.png")),
        {"temperature": "31", "window": "closed"},
    ),
    Row(
        "take the temperature of the greenhouse, type it into the note field on the phone and tap the Save button",
        _note("temperature: 31.5"),
        {"temperature": "31.5"},
        before=_in_notes,
    ),
    Row("store the list of sensors of the box on the desktop in sensors.json", _sensors),
    Row(
        "start Settings on my phone, grab a screenshot, and keep it on both servers as pics/settings.png",
        _settings_shown,
    ),
    Row(
        "when the temperature is above 30 degrees open the window, otherwise close it",
        _stands(window="open"),
        {"temperature": "32", "window": "closed"},
    ),
)
