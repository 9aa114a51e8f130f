"""Services under systemd: what `systemctl` writes is understood. No systemd runs where the tests run.

Written as systemd 252 writes it; that one has been started, stopped or restarted through us is not tested here.
"""

from __future__ import annotations

import pytest

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.host import systemd

UNITS = """[
{"unit":"cron.service","load":"loaded","active":"active","sub":"running","description":"Regular background program"},
{"unit":"gone.service","load":"not-found","active":"inactive","sub":"dead","description":"gone.service"},
{"unit":"web.service","load":"loaded","active":"failed","sub":"failed","description":"The web"}]"""
FILES = """[{"unit_file":"cron.service","state":"enabled","preset":"enabled"},
{"unit_file":"dbus.service","state":"static","preset":null},
{"unit_file":"web.service","state":"disabled","preset":"enabled"}]"""
SHOW = """Id=web.service
LoadState=loaded
ActiveState=failed
SubState=failed
UnitFileState=disabled
MainPID=0
Description=The web, a = b
Result=exit-code
ExecMainStatus=203
"""


def test_a_list_of_units_and_of_their_files() -> None:
    found = [(one.name, one.state, one.enabled) for one in systemd.parse_list(UNITS, FILES)]
    assert found == [("cron", "running", True), ("dbus", "stopped", None), ("web", "failed", False)]


def test_the_properties_of_one() -> None:
    one = systemd.parse_show(SHOW)
    assert one is not None
    assert (one.name, one.state, one.enabled, one.pid) == ("web", "failed", False, None)
    assert (one.exit_code, one.description) == (203, "The web, a = b")
    assert systemd.parse_show(SHOW.replace("LoadState=loaded", "LoadState=not-found")) is None
    running = SHOW.replace("ActiveState=failed", "ActiveState=active").replace("MainPID=0", "MainPID=42")
    assert (one := systemd.parse_show(running)) is not None
    assert (one.state, one.pid, one.exit_code) == ("running", 42, None)


def test_what_is_no_list_is_told() -> None:
    for text in ("UNIT LOAD ACTIVE", "[1]", '[{"name": "x"}]'):
        with pytest.raises(ToolError) as caught:
            systemd.parse_list(text, "[]")
        assert caught.value.code is ErrorCode.TOOL_FAILED


def test_names_of_units() -> None:
    assert systemd.unit("nginx") == systemd.unit("nginx.service") == "nginx.service"
