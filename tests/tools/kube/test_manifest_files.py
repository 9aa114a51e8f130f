"""Manifests as they are given: several in a file, lists, and what is wrong with them in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.kube.dropped import dropped
from tools.kube.manifest_files import given, parsed

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


async def read(folder: Path, text: str) -> list[dict[str, Any]]:
    (folder / "all.yaml").write_text(text)
    return await given(FakeToolContext(folder), "all.yaml")


async def test_documents_and_lists_are_opened(tmp_path: Path) -> None:
    text = f"---\n{MAP}---\n---\napiVersion: v1\nkind: List\n"
    text += "items:\n- {apiVersion: v1, kind: Pod, metadata: {name: b}}\n"
    assert [one["metadata"]["name"] for one in await read(tmp_path, text)] == ["a", "b"]


async def test_what_only_the_server_says_is_left_out(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, uid: u, resourceVersion: '1'}\nstatus: {phase: Running}\n"
    assert await read(tmp_path, text) == [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "line"),
        ("- 1", "object"),
        ("kind: Pod", "apiVersion"),
        ("apiVersion: v1", "kind"),
        ("apiVersion: v1\nkind: Pod", "metadata.name"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}", "metadata.name"),
        ("# nothing", "no manifest"),
        ("a: !!python/object/apply:os.system [id]", "YAML"),
    ],
)
async def test_what_is_no_manifest_is_told(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ToolError) as caught:
        await read(tmp_path, text)
    assert caught.value.code is ErrorCode.BAD_ARGUMENTS
    assert said in caught.value.message


def test_a_bomb_of_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ToolError) as caught:
        parsed("\n".join(lines), "bomb.yaml")
    assert caught.value.code is ErrorCode.BAD_ARGUMENTS


def test_dates_stay_text() -> None:
    assert parsed("day: 2001-01-01", "x") == [{"day": "2001-01-01"}]


async def test_files_outside_the_workspace_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out.yaml").write_text(MAP)
    with pytest.raises(ToolError) as caught:
        await given(FakeToolContext(tmp_path / "in"), "../out.yaml")
    assert caught.value.code is ErrorCode.OUTSIDE_WORKSPACE


def test_fields_that_the_server_did_not_take_are_named() -> None:
    wanted = {"spec": {"replicas": 1, "nope": 2, "empty": {}, "ports": [{"name": "a", "odd": 1}, {"name": "b"}]}}
    after = {"spec": {"replicas": 1, "ports": [{"name": "b"}, {"name": "a", "protocol": "TCP"}]}}
    assert dropped(wanted, after) == ["spec.nope", "spec.ports[0].odd"]


def test_what_a_patch_removes_is_not_missed() -> None:
    patch = {"spec": {"gone": None, "env": [{"name": "A", "$patch": "delete"}, {"name": "B", "value": "x"}]}}
    assert dropped(patch, {"spec": {"env": [{"name": "B", "value": "x"}]}}) == []
