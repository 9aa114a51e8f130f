"""Mounted servers, real and bad ones, over their streams and over HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, Risk
from tests.support import mcp_server
from tools.context import ToolLimits
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.mcp import connection as connecting
from tools.mcp.connection import Connection
from tools.mcp.settings import McpServer
from tools.mcp.skills import McpSkill, skills_of

ROOT = str(Path(__file__).parents[3])
LIAR = str(Path(mcp_server.__file__).with_name("mcp_liar.py"))
PATIENCE_S = 30.0


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried again at once."""
    monkeypatch.setattr(connecting, "BACKOFF_S", (0.01, 0.05))


def workshop(**more: object) -> McpServer:
    monkey = {
        "name": "shop",
        "command": (sys.executable, "-m", "tests.support.mcp_server"),
        "variables": ("PYTHONPATH",),
    }
    return McpServer(**{**monkey, **more})  # type: ignore[arg-type]


def liar(how: str) -> McpServer:
    return McpServer("liar", (sys.executable, LIAR, how), variables=("WORKSHOP_KEY",))


@asynccontextmanager
async def connected(server: McpServer, cwd: Path) -> AsyncIterator[Connection]:
    one = Connection(server, cwd)
    task = asyncio.create_task(one.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            await one.tried.wait()
        yield one
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", ROOT)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Connection]:
    async with connected(workshop(), tmp_path) as one:
        assert one.away == ""
        yield one


def named(connection: Connection) -> dict[str, McpSkill]:
    return {skill.spec.name: skill for skill in skills_of(connection)[0]}


async def use(connection: Connection, name: str, context: FakeToolContext, **arguments: Json) -> dict[str, Json]:
    output = await named(connection)[name].invoke(arguments, context)
    assert isinstance(output, dict)
    return output


async def failure(connection: Connection, name: str, context: FakeToolContext, **arguments: Json) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await named(connection)[name].invoke(arguments, context)
    return caught.value


# --- what a good server offers ---------------------------------------------------------------------------------------


async def test_tools_become_skills_with_the_owners_risk(shop: Connection) -> None:
    skills = named(shop)
    assert {"shop.add", "shop.list_parts", "shop.scrap"} <= skills.keys()
    risks = {name: skill.spec.risk for name, skill in skills.items()}
    assert risks["shop.add"] is Risk.WRITE
    assert risks["shop.list_parts"] is Risk.WRITE, "that it only reads is the server's word, not the owner's"
    assert risks["shop.scrap"] is Risk.DESTRUCTIVE, "what it warns of is taken"
    assert not skills["shop.add"].spec.idempotent
    assert set(skills["shop.add"].spec.input_schema["required"]) == {"a", "b"}


async def test_the_owner_may_trust_a_server_or_a_tool(tmp_path: Path) -> None:
    trusted = workshop(risk=Risk.READ, risks={"List-Parts": Risk.DESTRUCTIVE, "scrap": Risk.WRITE})
    async with connected(trusted, tmp_path) as one:
        risks = {name: skill.spec.risk for name, skill in named(one).items()}
        assert risks["shop.add"] is Risk.READ
        assert risks["shop.list_parts"] is Risk.DESTRUCTIVE
        assert risks["shop.scrap"] is Risk.WRITE


async def test_answers_have_text_and_data(shop: Connection, context: FakeToolContext) -> None:
    output = await use(shop, "shop.add", context, a=2, b=3)
    assert (output["text"], output["data"]) == ("5", {"result": 5})
    output = await use(shop, "shop.list_parts", context, prefix="n")
    assert output["data"] == {"result": ["nut"]}


async def test_files_travel_as_artifacts(shop: Connection, context: FakeToolContext) -> None:
    output = await use(shop, "shop.picture", context)
    sha256 = hashlib.sha256(mcp_server.PIXEL).hexdigest()
    assert output["text"] == "here"
    assert output["files"] == [
        {"artifact": sha256, "name": "image", "mime": "image/png", "size_bytes": len(mcp_server.PIXEL)}
    ]
    assert context.artifacts.content[sha256] == mcp_server.PIXEL


async def test_errors_of_a_tool_are_told(shop: Connection, context: FakeToolContext) -> None:
    error = await failure(shop, "shop.fail", context)
    assert error.code is ErrorCode.TOOL_FAILED
    assert "the lathe is broken" in error.message
    error = await failure(shop, "shop.add", context, a="two")
    assert error.code is ErrorCode.TOOL_FAILED
    assert "b" in error.message


async def test_a_server_gets_only_what_its_owner_named(
    tmp_path: Path, context: FakeToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKSHOP_KEY", "k3y-of-the-shop")
    monkeypatch.setenv("ASTERISM_TOKEN", "ast_secret")
    async with connected(workshop(variables=("PYTHONPATH", "WORKSHOP_KEY")), tmp_path) as one:
        found = (await use(one, "shop.environment", context))["data"]
    assert isinstance(found, dict)
    assert found["WORKSHOP_KEY"] == "k3y-of-the-shop"
    assert "ASTERISM_TOKEN" not in found


async def test_a_new_tool_is_noticed(shop: Connection, context: FakeToolContext) -> None:
    assert "shop.sing" not in named(shop)
    await use(shop, "shop.learn", context)
    await until(lambda: "shop.sing" in named(shop))
    assert (await use(shop, "shop.sing", context))["text"] == "la"


# --- time ------------------------------------------------------------------------------------------------------------


async def test_a_slow_tool_is_given_up_and_told_so(shop: Connection, workspace: Path) -> None:
    context = FakeToolContext(workspace, limits=ToolLimits(seconds=0.2))
    error = await failure(shop, "shop.wait", context, seconds=60.0)
    assert error.code is ErrorCode.TIMEOUT
    assert not error.retryable, "it may have had its effect"
    assert (await use(shop, "shop.add", context, a=1, b=1))["text"] == "2", "the server is still there"


async def test_a_cancelled_call_is_cancelled_at_the_server(
    shop: Connection, context: FakeToolContext, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    call = asyncio.create_task(use(shop, "shop.wait", context, seconds=60.0, mark=str(mark)))
    await asyncio.sleep(0)
    assert (await use(shop, "shop.add", context, a=1, b=1))["text"] == "2", "the first call is on its way by now"
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await until(mark.exists)


# --- ends ------------------------------------------------------------------------------------------------------------


async def test_a_server_that_dies_in_a_call_leaves_the_outcome_open_and_comes_back(
    shop: Connection, context: FakeToolContext
) -> None:
    with capture_logs() as logs:
        error = await failure(shop, "shop.die", context)
        assert error.code is ErrorCode.LOST
        assert not error.retryable
        await until(lambda: any(one["event"] == "the MCP server is back" for one in logs))
    assert [one["event"] for one in logs].count("the MCP server cannot be used") == 1
    assert (await use(shop, "shop.add", context, a=1, b=1))["text"] == "2"


async def test_nothing_of_a_server_stays(tmp_path: Path) -> None:
    async with connected(liar("orphan"), tmp_path) as one:
        assert one.away == ""
        assert [p for p in psutil.process_iter(["cmdline"]) if "orphan-of-a-liar" in (p.info["cmdline"] or ())]
    assert not [p for p in psutil.process_iter(["cmdline"]) if "orphan-of-a-liar" in (p.info["cmdline"] or ())]


# --- servers that behave badly ---------------------------------------------------------------------------------------


async def test_tools_that_cannot_be_skills_are_left_out(tmp_path: Path) -> None:
    async with connected(liar("schemas"), tmp_path) as one:
        skills, refused = skills_of(one)
    assert [skill.spec.name for skill in skills] == ["liar.fine", "liar.remote"]
    assert skills[0].spec.description.isprintable()
    assert len(refused) == 3
    assert "\x1b" not in " ".join(refused)


@pytest.mark.parametrize("how", ["many", "pages"])
async def test_a_list_has_an_end(how: str, tmp_path: Path) -> None:
    async with connected(liar(how), tmp_path) as one:
        assert 0 < len(one.tools) <= connecting.TOOLS


async def test_what_a_server_prints_besides_messages_is_passed_over(tmp_path: Path) -> None:
    async with connected(liar("chatty"), tmp_path) as one:
        assert one.away == ""
        assert len(one.tools) == 1


@pytest.mark.parametrize("how", ["exits", "silent", "endless", "array"])
async def test_a_server_that_never_answers_is_unavailable(
    how: str, tmp_path: Path, context: FakeToolContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "CONNECT_S", 1.0 if how == "silent" else 20.0)
    monkeypatch.setenv("WORKSHOP_KEY", "k3y-of-the-shop")
    with capture_logs() as logs:
        async with connected(liar(how), tmp_path) as one:
            assert one.tools == ()
            assert "liar cannot be used" in one.away
            if how == "exits":
                assert "starting with ***" in one.away, "its last words, without what it was given"
            with pytest.raises(ToolError) as caught:
                await one.call("fine", {}, 1.0, idempotent=True)
            assert caught.value.code is ErrorCode.UNAVAILABLE
            assert caught.value.retryable
    assert "k3y-of-the-shop" not in str(logs)


@pytest.mark.parametrize(
    ("how", "codes"),
    [("wrong", {ErrorCode.BAD_OUTPUT}), ("huge", {ErrorCode.LOST}), ("unfiled", {ErrorCode.BAD_OUTPUT})],
)
async def test_an_answer_that_is_none_is_an_error(
    how: str, codes: set[ErrorCode], tmp_path: Path, context: FakeToolContext
) -> None:
    async with connected(liar(how), tmp_path) as one:
        assert (await failure(one, "liar.fine", context)).code in codes


async def test_a_command_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    async with connected(McpServer("none", ("/no/such/program",)), tmp_path) as one:
        assert "none cannot be used" in one.away


# --- over HTTP -------------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def test_a_server_over_http_comes_and_goes(tmp_path: Path, context: FakeToolContext) -> None:
    port = free_port()

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.mcp_server", "http", str(port)),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": ROOT},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    server = await start()
    try:
        async with connected(McpServer("web", url=f"http://127.0.0.1:{port}/mcp"), tmp_path) as one:
            await until(lambda: not one.away)
            assert (await use(one, "web.add", context, a=20, b=22))["text"] == "42"
            server.kill()
            await server.wait()
            error = await failure(one, "web.add", context, a=1, b=1)
            assert error.code in (ErrorCode.LOST, ErrorCode.UNAVAILABLE)
            await until(lambda: bool(one.away))
            server = await start()
            await until(lambda: not one.away)
            assert (await use(one, "web.add", context, a=1, b=1))["text"] == "2"
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()
