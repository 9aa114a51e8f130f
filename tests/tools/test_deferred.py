"""Skills that are loaded when they are first called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tools import filetext, text
from tools.deferred import deferred, written
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.registry import Registry

ROOT = Path(__file__).parents[2]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    path = tmp_path / "skills.json"
    path.write_bytes(written((text, filetext)))
    return Registry(*deferred(path))


def test_they_say_of_themselves_what_the_skills_say(registry: Registry) -> None:
    assert registry.specs() == Registry.of_modules(text, filetext).specs()


async def test_a_call_is_the_skills_own(registry: Registry, tmp_path: Path) -> None:
    context = FakeToolContext(tmp_path / "work")
    assert await registry.call("text.report", {"title": "Hello"}, context) == {"text": "# Hello\n"}
    with pytest.raises(ToolError) as caught:
        await registry.call("text.report", {"titel": "x"}, context)
    assert caught.value.code is ErrorCode.BAD_ARGUMENTS


def test_nothing_is_loaded_before_a_call(tmp_path: Path) -> None:
    path = tmp_path / "skills.json"
    path.write_bytes(written((filetext,)))
    code = f"""
import sys
from pathlib import Path
from tools.deferred import deferred
found = deferred(Path({str(path)!r}))
assert "tools.filetext" not in sys.modules
found[0].load()
assert "tools.filetext" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
