from __future__ import annotations

from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tools import rehearsal
from tools.errors import ToolError
from tools.fake import FakeToolContext

CALL: JsonObject = {"name": "web", "text": "blue"}


@pytest.fixture
def context(tmp_path: Path) -> FakeToolContext:
    for namespace in ("shop", "test"):
        (tmp_path / namespace).mkdir()
    (tmp_path / "shop" / "web").write_text("red")
    return FakeToolContext(tmp_path)


async def call(context: FakeToolContext, name: str, arguments: JsonObject) -> JsonObject:
    found = await rehearsal.registry().call(name, arguments, context)
    assert isinstance(found, dict)
    return found


async def previewed(context: FakeToolContext, **more: object) -> JsonObject:
    return await call(context, "test.preview", {"skill": "test.change", "arguments": CALL, **more})  # type: ignore[dict-item]


async def test_a_change_goes_by_preview_and_approval(context: FakeToolContext) -> None:
    seen = await previewed(context)
    assert "red -> blue" in str(seen["text"])
    with pytest.raises(ToolError, match="approval"):
        await call(context, "test.change", {**CALL, "preview": seen})
    context.approval, context.caller = "a1", "ann"
    assert (await call(context, "test.change", {**CALL, "preview": seen}))["namespace"] == "shop"
    assert (context.workspace.root / "shop" / "web").read_text() == "blue"
    assert (context.workspace.root / "shop" / "web.log").read_text() == "blue by ann under a1\n"


async def test_what_changed_since_is_stale(context: FakeToolContext) -> None:
    seen, context.approval = await previewed(context), "a1"
    (context.workspace.root / "shop" / "web").write_text("green")
    with pytest.raises(ToolError) as caught:
        await call(context, "test.change", {**CALL, "preview": seen})
    assert caught.value.code is ErrorCode.STALE_PREVIEW


async def test_a_name_of_two_things_is_ambiguous(context: FakeToolContext) -> None:
    (context.workspace.root / "test" / "web").write_text("red")
    with pytest.raises(ToolError) as caught:
        await previewed(context)
    assert caught.value.code is ErrorCode.AMBIGUOUS
    assert caught.value.choices == ({"namespace": "shop"}, {"namespace": "test"})


async def test_only_a_tentative_preview_takes_what_is_not_there(context: FakeToolContext) -> None:
    (context.workspace.root / "shop" / "web").unlink()
    assert (await previewed(context, tentative=True))["summary"] == "change web in default"
    with pytest.raises(ToolError) as caught:
        await previewed(context)
    assert caught.value.code is ErrorCode.NOT_FOUND
