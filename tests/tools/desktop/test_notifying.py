"""Notifications over a real bus, shown by a real program."""

from __future__ import annotations

import pytest

from protocol.errors import ErrorCode
from tests.support.desktops import Bench, needs_dunst, needs_x11
from tools.desktop.desktop import NOTICES
from tools.desktop.notices import NAME, PATH
from tools.desktop.session import until

pytestmark = [pytest.mark.slow, needs_x11]


async def test_without_a_program_that_shows_them_there_are_none(desktop: Bench) -> None:
    assert "apt-get install dunst" in (await desktop.desktop.missing())[NOTICES]


@needs_dunst
async def test_a_notification_is_shown_and_heard(desktop: Bench) -> None:
    await shown(desktop)
    told = await desktop.call("desktop.notify", title="Backup", text="<b>done</b> & well\nsee log", level="low")
    assert told["shown_by"] == "dunst"
    sent = ("Mail\x1b[2J", 0, "", "New mail", "<i>from</i> Ann", [], {}, -1)
    await desktop.desktop.session.call(NAME, PATH, NAME, "Notify", "susssasa{sv}i", *sent)
    found = (await desktop.call("desktop.notifications"))["notifications"]
    said = [(one["app"], one["title"], one["text"]) for one in found]  # type: ignore[union-attr, index, call-overload]
    assert said == [
        ("Mail\\x1b[2J", "New mail", "from Ann"),
        ("Asterism", "Backup", "<b>done</b> & well see log"),
    ]
    only = await desktop.call("desktop.notifications", app="mail")
    assert len(only["notifications"]) == 1  # type: ignore[arg-type]


@needs_dunst
async def test_control_characters_are_shown_to_nobody(desktop: Bench) -> None:
    await shown(desktop)
    await desktop.refused(ErrorCode.BAD_ARGUMENTS, "desktop.notify", title="bell\a")
    await desktop.refused(ErrorCode.BAD_ARGUMENTS, "desktop.notify", title="x", text="\x1b[2J")
    assert (await desktop.call("desktop.notifications"))["notifications"] == []


async def shown(desktop: Bench) -> None:
    """Wait until somebody shows notifications."""
    desktop.screen.start("dunst")

    async def there() -> bool:
        return NOTICES not in await desktop.desktop.missing()

    assert await until(there)
