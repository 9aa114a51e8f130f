"""Models that answer wrongly, or not at all: every run ends in a clear state, and nothing of it runs on a device.

One `asterism up` with a local and a cloud rung, both scripted servers over HTTP, and one device; policy `approve: all`,
so that nothing but the ladder's checks stands between a plan and the device.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import openai
import pytest

from agents.scripted_server import Behaviour, Broken, Drip, Hang, Raw, Say, Status, Truncated
from tests.support.processes import Json
from tests.support.rungs import Servers, World, asks, reads, servers, step, steps, world

pytestmark = pytest.mark.slow
numbers = count(1)
NUMBER = 7
ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""What a terminal would act on, or a reader would not see."""


@dataclass
class Ladder:
    world: World
    servers: Servers

    def works(self) -> None:
        """Both rungs answer, and a right plan runs: no failure counts against a server any longer."""
        for name in ("local", "cloud"):
            number = f"-works-{next(numbers)}"
            (self.world.workspace("alpha") / f"notes{number}.txt").write_text("milk")
            self.servers.script("local", reads(number))
            self.servers.script("cloud", reads(number))
            if name == "cloud":
                self.servers.script("local", Say('{"declined": {"reason": "no"}}'))
            view = self.world.ask(asks(number))
            assert (view["state"], view["rung"]) == ("succeeded", name), view
            assert "milk" in str(view["answer"])


@pytest.fixture(scope="module")
def ladder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ladder]:
    with servers("local", "cloud") as models:
        rungs = [models.rung("local"), models.rung("cloud")]
        with world(tmp_path_factory.mktemp("ladder"), *rungs) as found:
            found.up()
            found.device("alpha")
            found.online("alpha")
            (found.workspace("alpha") / "notes7.txt").write_text("do not touch")
            yield Ladder(found, models)


@dataclass(frozen=True)
class Case:
    """What a server does, how often it is asked then, and what the record says about it."""

    behaviour: Behaviour
    asked: int
    says: str
    code: str = ""


def plan(*given: Json, **more: object) -> str:
    return steps(*given, **more).text


READ = step(NUMBER)
DELETE = {**READ, "id": "gone", "skill": "file.delete"}


def nested(depth: int) -> str:
    return plan({**READ, "arguments": {"path": "@"}}).replace('"@"', "[" * depth + "]" * depth)


NAN = plan({**READ, "skill": "file.head", "arguments": {"path": "notes7.txt", "lines": 0}}).replace(": 0}", ": NaN}")
HUGE = plan({**READ, "skill": "file.head", "arguments": {"path": "notes7.txt", "lines": 0}}).replace(
    ": 0}", ": 1" + "0" * 4_000 + "}"
)
INFINITE = HUGE.replace("1" + "0" * 4_000, "1e999")

WRONG: dict[str, Case] = {
    # What is no reply at all.
    "prose": Case(Say("Certainly! I would read the file notes7.txt for you."), 2, "no JSON object", "unusable"),
    "nothing": Case(Say(""), 2, "empty", "unusable"),
    "truncated JSON": Case(Say(plan(READ)[:60], finish_reason="length"), 2, "cut off", "unusable"),
    "JSON that stops": Case(Say(plan(READ)[:60]), 2, "cannot be read", "unusable"),
    "the wrong shape": Case(Say('{"plan": ["read notes7.txt"]}'), 2, "plan", "unusable"),
    "a list": Case(Say("[1, 2]"), 2, "no JSON object", "unusable"),
    "an empty object": Case(Say("{}"), 2, "exactly one of", "unusable"),
    "a plan and a question": Case(
        Say('{"plan": ' + json.dumps({"steps": [READ]}) + ', "question": {"question": "Really?"}}'), 2, "exactly one"
    ),
    "no steps": Case(Say('{"plan": {"steps": []}}'), 2, "steps", "unusable"),
    "deeply nested": Case(Say(nested(60)), 2, "deep", "unusable"),
    "nested without end": Case(Say(nested(50_000)), 2, "again and again", "unusable"),
    "not a number": Case(Say(NAN), 2, "NaN", "unusable"),
    "a huge number": Case(Say(HUGE), 2, "again and again", "unusable"),
    "an infinite number": Case(Say(INFINITE), 2, "finite", "unusable"),
    "ids twice": Case(steps(READ, READ), 2, "read"),
    "a thousand tasks": Case(
        Say(json.dumps({"plan": {"steps": [{"id": f"s{n}"} for n in range(1000)]}})), 2, "1000 steps", "unusable"
    ),
    "a lone surrogate": Case(Say(plan({**READ, "title": "@"}).replace("@", "\\ud800")), 2, "title", "unusable"),
    "a null byte": Case(Say(plan({**READ, "arguments": {"path": "notes7.txt\0"}})), 2, "not in the request"),
    # What is a plan in form.
    "a cycle": Case(
        steps({**READ, "after": [{"step": "b"}]}, {**READ, "id": "b", "after": [{"step": "read"}]}),
        2,
        "wait for one another",
    ),
    "an unknown skill": Case(steps({**READ, "skill": "world.domination"}), 2, "world.domination"),
    "a homoglyph skill": Case(steps({**READ, "skill": "file.r\u0435ad"}), 2, "no device has a skill"),
    "an unknown device": Case(steps({**READ, "devices": {"mode": "one", "names": ["omega"]}}), 2, "omega"),
    "a homoglyph device": Case(
        steps({**READ, "devices": {"mode": "one", "names": ["\u0430lpha"]}}), 2, "names", "unusable"
    ),
    "a homoglyph path": Case(steps({**READ, "arguments": {"path": "n\u043etes7.txt"}}), 2, "notes7.txt"),
    "an invisible path": Case(steps({**READ, "arguments": {"path": "notes7\u200b.txt"}}), 2, "notes7.txt"),
    "a reversed path": Case(steps({**READ, "arguments": {"path": "\u202etxt.7seton"}}), 2, "notes7.txt"),
    "arguments of the wrong type": Case(steps({**READ, "arguments": {"path": 7}}), 2, "path"),
    "an argument too many": Case(steps({**READ, "arguments": {"path": "notes7.txt", "sudo": True}}), 2, "sudo"),
    "no argument": Case(steps({**READ, "arguments": {}}), 2, "path"),
    "a path that climbs": Case(steps({**READ, "arguments": {"path": "../notes7.txt"}}), 2, "notes7.txt"),
    "a reference to nowhere": Case(steps({**READ, "arguments": {"path": "${zz.output.path}"}}), 2, "zz"),
    "a step after nothing": Case(steps({**READ, "after": [{"step": "zz"}]}), 2, "zz"),
    "a delete that nobody asked for": Case(steps(READ, {**DELETE, "after": [{"step": "read"}]}), 2, "file.delete"),
    "a delete in its place": Case(steps(DELETE), 2, "file.delete"),
    "a command in its place": Case(
        steps({**READ, "skill": "shell.run", "arguments": {"command": "cat notes7.txt; rm -rf ."}}), 2, "shell.run"
    ),
    "a write beside it": Case(
        steps(READ, {**READ, "id": "w", "skill": "file.write", "arguments": {"path": "x", "text": "y"}}),
        2,
        "file.write",
    ),
    "something else": Case(steps({**READ, "skill": "system.uptime", "arguments": {}}), 2, "notes7.txt"),
    # What is no answer of a server.
    "a body that is no JSON": Case(Raw(b"<html>502</html>", "text/html"), 1, "no chat completion", "unusable"),
    "a body of another shape": Case(Raw(b'{"choices": []}'), 2, "empty", "unusable"),
    "silence": Case(Hang(), 1, "did not answer within 5 s", "timed_out"),
    "a drip": Case(Drip(plan(READ), seconds=0.5, size=1), 1, "did not answer within 5 s", "timed_out"),
    "status 500": Case(Status(500, "boom \x1b[2J"), 1, "500", "unreachable"),
    "status 429": Case(Status(429, "slow down"), 1, "429", "unreachable"),
    "status 401": Case(Status(401, "who are you"), 1, "refused the key", "unreachable"),
    "status 404": Case(Status(404, "no such model"), 1, "404", "unreachable"),
    "cut in mid-answer": Case(Truncated(), 1, "broke off", "unreachable"),
    "cut in mid-stream": Case(Broken(plan(READ)), 1, "broke off", "unreachable"),
}


@pytest.mark.parametrize("name", WRONG)
def test_nothing_runs(ladder: Ladder, name: str) -> None:
    case = WRONG[name]
    before = ladder.world.files()
    for rung in ("local", "cloud"):
        ladder.servers.script(rung, case.behaviour)
    view = ladder.world.ask(asks(NUMBER))
    assert view["state"] == "failed"
    assert view["error"]["code"] == "no_plan"  # type: ignore[index]
    told = {one["rung"]: one for one in view["error"]["details"]["rungs"]}  # type: ignore[index]
    assert list(told) == ["embedded", "local", "cloud"]
    for rung in ("local", "cloud"):
        assert ladder.servers.asked(rung) == case.asked
        assert case.says in told[rung]["reason"]
        assert told[rung].get("code", "") == case.code or not case.code
    assert not ACTS.search(json.dumps(view, ensure_ascii=False))
    assert view["tasks"] == []
    assert ladder.world.dispatched(str(view["run"])) == []
    assert ladder.world.files() == before
    if case.asked == 1:  # a server that failed twice in a row would be left alone
        ladder.works()


def test_a_chat_client_is_told_the_tokens_that_planning_took(ladder: Ladder) -> None:
    number = f"-chat-{next(numbers)}"
    (ladder.world.workspace("alpha") / f"notes{number}.txt").write_text("milk")
    ladder.servers.script("local", reads(number))
    with openai.OpenAI(base_url=f"{ladder.world.url}/v1", api_key="none", timeout=30) as client:
        answer = client.chat.completions.create(model="asterism", messages=[{"role": "user", "content": asks(number)}])
    assert "milk" in (answer.choices[0].message.content or "")
    usage = ladder.world.get(f"/v1/runs/{answer.id.removeprefix('chatcmpl-')}")["usage"]
    assert isinstance(usage, dict)
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == usage["input_tokens"] > 0
    assert answer.usage.completion_tokens == usage["output_tokens"] > 0
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
