from __future__ import annotations

import pytest

from protocol.vocabulary import Risk
from tools.mcp.settings import McpServer, mounts


def test_a_command_and_a_url() -> None:
    found = mounts(["fs=npx -y 'a server' /data", "web=https://tools.example/mcp"])
    assert found == (
        McpServer("fs", ("npx", "-y", "a server", "/data")),
        McpServer("web", url="https://tools.example/mcp"),
    )
    assert {one.risk for one in found} == {Risk.WRITE}, "unless the owner says otherwise"


def test_the_owner_says_what_they_may_do_and_what_they_get(monkeypatch: pytest.MonkeyPatch) -> None:
    [one] = mounts(["fs=x"], ["fs=read", "fs.Remove-All=destructive"], ["fs=KEY", "fs=MORE"])
    assert (one.risk, one.risks, one.variables) == (Risk.READ, {"Remove-All": Risk.DESTRUCTIVE}, ("KEY", "MORE"))
    monkeypatch.setenv("KEY", "k")
    monkeypatch.delenv("MORE", raising=False)
    assert one.environment() == {"KEY": "k"}


@pytest.mark.parametrize(
    ("servers", "risks", "variables"),
    [
        (["fs"], [], []),
        (["fs="], [], []),
        (["Fs=x"], [], []),
        (["a.b=x"], [], []),
        (["fs='x"], [], []),
        (["fs=x", "fs=y"], [], []),
        (["fs=http://"], [], []),
        (["fs=https://me:secret@host/mcp"], [], []),
        (["fs=x"], ["other=read"], []),
        (["fs=x"], ["fs=harmless"], []),
        (["fs=x"], ["fs"], []),
        (["fs=x"], [], ["fs=KEY=value"]),
        (["fs=x"], [], ["other=KEY"]),
        (["fs=x"], [], ["fs="]),
    ],
)
def test_what_cannot_be_read_is_refused(servers: list[str], risks: list[str], variables: list[str]) -> None:
    with pytest.raises(ValueError) as caught:
        mounts(servers, risks, variables)
    assert "secret" not in str(caught.value)
    assert "=value" not in str(caught.value)
