"""The owner's file, topics, and what payloads say: all without a broker."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.edge.conftest import GREENHOUSE
from tools.edge import payload, topics
from tools.edge.declared import Sensor, load
from tools.edge.payload import Problem
from tools.errors import ToolError


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sensors.toml"
    path.write_text(GREENHOUSE.replace("{port}", "1883"))
    found = load(path)
    assert found.broker is not None
    assert found.broker.address == "127.0.0.1:1883"
    assert found.find_actuator("WINDOW").check("OPEN") == "open"
    assert found.writable("lab/a/b")
    assert not found.writable("lob/a")


BROKER = '[broker]\nhost = "h"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[broker\n", "no TOML"),
        ("[broker]\nport = 1\n", "broker.host"),
        (BROKER + 'password = "s3cret"\n', "password_env or password_file"),
        (BROKER + 'password_env = "X"\n', "username"),
        (BROKER + 'ca = "x"\n', "tls"),
        ('[[sensor]]\nname = "a"\ntopic = "a/b"\n', "no [broker]"),
        (BROKER + '[[sensor]]\nname = "a"\ntopic = "a/+"\n', "stand for other names"),
        (BROKER + '[[sensor]]\nname = "a"\n', "one of topic, path and serial"),
        (BROKER + '[[sensor]]\nname = "a"\ntopic = "a/b"\npath = "/x"\n', "one of topic, path and serial"),
        (BROKER + '[[sensor]]\nname = "a\x1b"\ntopic = "a/b"\n', "TOML"),
        (BROKER + '[[sensor]]\nname = "a"\ntopic = "a/b"\n[[sensor]]\nname = "A"\ntopic = "a/c"\n', "two are called a"),
        (BROKER + '[[actuator]]\nname = "a"\nset = "a/b"\n', "what is not declared cannot be set"),
        (BROKER + '[[actuator]]\nname = "a"\nset = "a/b"\nmin = 3\nmax = 1\n', "min is at most max"),
        ('[[actuator]]\nname = "a"\nserial = "/dev/x"\nvalues = ["1"]\n', "{value}"),
        ("[[sensors]]\n", "sensors"),
    ],
)
def test_a_file_that_cannot_be_is_told_without_what_it_holds(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "sensors.toml"
    path.write_text(text)
    with pytest.raises(ToolError) as caught:
        load(path)
    assert caught.value.code is ErrorCode.BAD_ARGUMENTS
    assert says in caught.value.message
    assert "s3cret" not in caught.value.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="cannot be read"):
        load(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(
    ("filter", "topic", "fits"),
    [
        ("a/b", "a/b", True),
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a/b", True),
        ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True),
        ("+/+", "/x", True),
        ("a", "a/b", False),
    ],
)
def test_filters(filter: str, topic: str, fits: bool) -> None:
    assert topics.matches(filter, topic) is fits


@pytest.mark.parametrize(
    ("data", "form", "value"),
    [
        (b" 21.5\n", "number", 21.5),
        (b"-3e2", "number", -300.0),
        (b"on", "text", "on"),
        (b"a\x1b[2J", "text", "a\\x1b[2J"),
        (b"7", "auto", 7.0),
        (b"seven", "auto", "seven"),
        (b'{"a": [1, {"b": 2}]}', "json:a[1].b", 2.0),
        (b'{"a": 1}', "json:$.a", 1.0),
        (b"true", "json", True),
        (b'"x"', "json", "x"),
    ],
)
def test_payloads_that_are_values(data: bytes, form: str, value: object) -> None:
    assert payload.value_of(data, form) == value


@pytest.mark.parametrize(
    ("data", "form"),
    [(b"", "number"), (b"inf", "number"), (b"1,5", "number"), (b"\xff", "text"), (b"NaN", "json"), (b"null", "json"),
     (b'{"a": 1}', "json:b"), (b"{}", "json")],
)  # fmt: skip
def test_payloads_that_are_none(data: bytes, form: str) -> None:
    assert isinstance(payload.value_of(data, form), Problem)


def test_scale_and_prefix() -> None:
    sensor = Sensor(name="cpu", path=Path("/x"), scale=0.001, prefix="T=")
    assert payload.read(sensor, b"T=42000\r\n", 1.0).value == 42.0
    assert payload.read(sensor, b"H=42000", 1.0).problem != ""
