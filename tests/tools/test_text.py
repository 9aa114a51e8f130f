"""text.report: JSON becomes Markdown that a person can read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tests.tools.conftest import Call, Refused
from tools.markdown import render, size


async def test_a_report(call: Call) -> None:
    sections: list[Json] = [
        {"heading": "By service", "content": [{"key": "checkout", "count": 2}, {"key": "pay|ments", "count": 1}]},
        {"heading": "Lines", "content": ["one", "two"]},
        {"heading": "Disk", "content": {"free_bytes": 5 << 30, "full": False, "mounts": ["/", "/home"]}},
        {"content": "Done."},
    ]
    found = await call("text.report", title="Errors", sections=sections)
    assert found["text"] == (
        "# Errors\n\n"
        "## By service\n\n| key | count |\n| --- | --- |\n| checkout | 2 |\n| pay\\|ments | 1 |\n\n"
        "## Lines\n\n- one\n- two\n\n"
        "## Disk\n\n- **free**: 5.0 GiB\n- **full**: no\n\n### mounts\n\n- /\n- /home\n\n"
        "Done.\n"
    )


async def test_a_fan_out_becomes_one_table(call: Call) -> None:
    content: list[Json] = [
        {"device": "alpha", "task": "t@alpha", "output": {"free_bytes": 1024, "mount": "/"}},
        {"device": "beta", "task": "t@beta", "output": {"free_bytes": 2048}},
    ]
    found = await call("text.report", title="Disks", sections=[{"heading": "", "content": content}])
    assert "| device | task | free | mount |" in str(found["text"])
    assert "| beta | t@beta | 2.0 KiB | - |" in str(found["text"])


async def test_an_empty_report(call: Call) -> None:
    assert (await call("text.report", title="Nothing"))["text"] == "# Nothing\n"


async def test_text_from_devices_stays_text(call: Call) -> None:
    found = await call(
        "text.report", title="a\n# b", sections=[{"heading": "x\ny", "content": ["\x1b[31mred\n# heading"]}]
    )
    assert found["text"] == "# a # b\n\n## x y\n\n- \\x1b[31mred # heading\n"


async def test_bad_input(refused: Refused) -> None:
    await refused(ErrorCode.BAD_ARGUMENTS, "text.report")
    await refused(ErrorCode.BAD_ARGUMENTS, "text.report", title="x", sections=["y"])
    await refused(ErrorCode.BAD_ARGUMENTS, "text.report", title="x", sections=[{"head": "y"}])


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 40, "5.0 TiB"), (5 << 50, "5120.0 TiB")],
)
def test_sizes(number: int, shown: str) -> None:
    assert size(number) == shown


jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(value=jsons)
def test_any_json_renders_without_control_characters(value: Json) -> None:
    assert render(value).replace("\n", "").isprintable()
