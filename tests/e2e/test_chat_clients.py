"""Chat clients over a whole Asterism: the real `openai` package, sync and async, and SSE read by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from orchestrator.core.events import RunStatus
from tests.support.system import System, running

pytestmark = pytest.mark.slow

COUNT: list[ChatCompletionMessageParam] = [
    {"role": "user", "content": "count the lines of the file logs/app.log on alpha"}
]


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    async with running(tmp_path, "alpha", "beta") as made:
        for name, lines in (("alpha", 3), ("beta", 5)):
            logs = made.workspace(name) / "logs"
            logs.mkdir()
            (logs / "app.log").write_text("line\n" * lines)
            (logs / "old.log").write_text("line\n" * 100)
        yield made


async def test_sync_streaming_and_not(system: System) -> None:
    def talk() -> tuple[str, str, int]:
        with openai.OpenAI(base_url=f"{system.url}/v1", api_key="none", timeout=30) as client:
            whole = client.chat.completions.create(model="asterism", messages=COUNT)
            assert whole.usage is not None
            stream = client.chat.completions.create(model="asterism", messages=COUNT, stream=True)
            pieces = [chunk.choices[0].delta.content or "" for chunk in stream]
            return whole.choices[0].message.content or "", "".join(pieces), whole.usage.total_tokens

    whole, streamed, tokens = await asyncio.to_thread(talk)
    assert "3" in whole
    assert streamed == whole
    assert tokens == 0  # no model was asked


async def test_a_conversation_and_an_approval(system: System) -> None:
    async with openai.AsyncOpenAI(base_url=f"{system.url}/v1", api_key="none", timeout=30) as client:
        messages = list(COUNT)
        first = await client.chat.completions.create(model="asterism", messages=messages)
        messages += [
            {"role": "assistant", "content": first.choices[0].message.content},
            {"role": "user", "content": "and on beta?"},
        ]
        second = await client.chat.completions.create(model="asterism", messages=messages)
        said = second.choices[0].message.content or ""
        assert "5" in said.splitlines()[-1], said
        messages += [{"role": "assistant", "content": said}, {"role": "user", "content": "delete it"}]
        third = await client.chat.completions.create(model="asterism", messages=messages)
        said = third.choices[0].message.content or ""
        assert "(understood: delete the file logs/app.log on beta)" in said
        assert "waits for an approval" in said
        file = system.workspace("beta") / "logs" / "app.log"
        assert file.exists()
        run = third.id.removeprefix("chatcmpl-")
        (approval,) = (await system.app.run(run)).approvals
        await system.app.approve(run, approval.id, granted=True)
        assert (await system.app.wait(run, 30)).state is RunStatus.SUCCEEDED
        assert not file.exists()
        assert (system.workspace("alpha") / "logs" / "app.log").exists()


async def test_a_token_and_its_role(system: System) -> None:
    await system.app.create_token("admin")
    viewer, _ = await system.app.create_token("viewer")
    operator, _ = await system.app.create_token("operator")
    device, _ = await system.app.create_token("device")
    await system.device("alpha", token=device)
    async with openai.AsyncOpenAI(base_url=f"{system.url}/v1", api_key=viewer, timeout=30) as client:
        assert [model.id async for model in client.models.list()] == ["asterism"]
        with pytest.raises(openai.PermissionDeniedError) as refused:
            await client.chat.completions.create(model="asterism", messages=COUNT)
        assert refused.value.code == "forbidden"
        with pytest.raises(openai.AuthenticationError):
            await client.with_options(api_key="wrong").models.list()
        allowed = client.with_options(api_key=operator)
        assert "3" in str((await allowed.chat.completions.create(model="asterism", messages=COUNT)).choices)


async def test_leaving_a_stream_cancels_on_the_device(system: System) -> None:
    """By hand, as a client without a library does it."""
    sent = {
        "model": "asterism",
        "messages": [{"role": "user", "content": "run `sleep 600` on alpha"}],
        "stream": True,
        "asterism": {"policy": {"approve": "all"}, "progress": True},
    }
    async with (
        httpx2.AsyncClient(base_url=system.url, timeout=30) as client,
        client.stream("POST", "/v1/chat/completions", json=sent) as response,
    ):
        run = response.headers["location"].rpartition("/")[2]
        async for entry in httpx2.EventSource(response):
            delta = json.loads(entry.data)["choices"][0]["delta"] if entry.data else {}
            if delta.get("reasoning_content", "").startswith("start: "):
                break
    view = await system.app.wait(run, 30)
    assert view.state is RunStatus.CANCELLED
    assert view.error is not None
    assert [task.status for task in view.tasks] == ["cancelled"]
