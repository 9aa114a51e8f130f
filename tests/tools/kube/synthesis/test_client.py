"""What the device answers to a written tool's process: questions with names in them, and nothing else."""

from __future__ import annotations

from typing import cast

import pytest

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tools.errors import ToolError
from tools.kube.session import Session
from tools.kube.synthesis.client import MOST_PROPOSALS, Client
from tools.kube.synthesis.names import CLIENT

NOBODY = cast(Session, None)
"""A cluster that would fail at the first thing that it is asked."""


@pytest.mark.parametrize(
    ("method", "asked"),
    [
        ("get", {"kind": "secret", "name": "", "namespace": "shop"}),
        ("get", {"kind": "pod", "name": "..", "namespace": "shop"}),
        ("get", {"kind": "pod", "name": "web/log", "namespace": "shop"}),
        ("get", {"kind": "pod", "name": "web?watch=1", "namespace": "shop"}),
        ("get", {"kind": "pod", "name": "web", "namespace": "../.."}),
        ("get", {"kind": "../api", "name": "web"}),
        ("get", {"kind": "pod"}),
        ("get", {"kind": "pod", "name": ["web"]}),
        ("get", {"kind": "pod", "name": "web", "server": "https://elsewhere.example"}),
        ("list", {"kind": "pods", "selector": "a=b&limit=1"}),
        ("list", {"kind": "pods", "namespace": "shop/pods"}),
        ("events", {"name": "web,reason!=x"}),
        ("logs", {"pod": "web", "namespace": ""}),
        ("logs", {"pod": "..", "namespace": "shop"}),
        ("logs", {"pod": "web", "namespace": "shop", "tail": 10**9}),
        ("logs", {"pod": "web", "namespace": "shop", "tail": "5"}),
        ("logs", {"pod": "web", "namespace": "shop", "previous": "yes"}),
        ("propose", {"skill": "kube.scale", "arguments": "replicas=1"}),
        ("propose", {"skill": 1, "arguments": {}}),
        ("delete", {"kind": "pod", "name": "web"}),
        ("__class__", {}),
    ],
)
async def test_refused(method: str, asked: JsonObject) -> None:
    with pytest.raises(ToolError) as caught:
        await Client(NOBODY).answer(method, asked)
    assert caught.value.code is ErrorCode.BAD_ARGUMENTS


async def test_proposals_are_bounded() -> None:
    client = Client(NOBODY)
    for _ in range(MOST_PROPOSALS):
        await client.answer("propose", {"skill": "kube.scale", "arguments": {}})
    with pytest.raises(ToolError, match="at most"):
        await client.answer("propose", {"skill": "kube.scale", "arguments": {}})


def test_every_method_is_told_of() -> None:
    assert set(CLIENT) == {"get", "list", "events", "logs", "propose"}
