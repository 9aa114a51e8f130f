from __future__ import annotations

import contextlib
import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.reply import ReplyError, read_reply, reply_schema
from orchestrator.core.plan import Clarification, Declined, Plan
from protocol.vocabulary import CallLimits

STEPS = '{"steps": [{"id": "a", "skill": "file.read", "arguments": {"path": "x"}, "devices": {"mode": "one"}}]}'
PLAN = f'{{"plan": {STEPS}}}'


@pytest.mark.parametrize(
    "text",
    [
        PLAN,
        STEPS,
        f"```json\n{PLAN}\n```",
        f"```\n{PLAN}",
        f"Sure, here it is:\n{PLAN}\nI hope it helps {{}}",
        f"<think>a {{plan}} would be</think>{PLAN}",
        PLAN[:-1] + ', "question": null}',
    ],
)
def test_a_plan_is_found(text: str) -> None:
    plan = read_reply(text)
    assert isinstance(plan, Plan)
    assert plan.steps[0].skill == "file.read"


def test_a_plan_may_declare_limits() -> None:
    """What is sent is under the policy's cap; see test_machine_attempts.py."""
    plan = read_reply(
        '{"steps": [{"id": "a", "skill": "shell.run", "limits": {"memory_bytes": 9000000, "cpu_seconds": 5}}]}'
    )
    assert isinstance(plan, Plan)
    assert plan.steps[0].limits == CallLimits(memory_bytes=9_000_000, cpu_seconds=5.0)
    with pytest.raises(ReplyError, match="processes"):
        read_reply('{"steps": [{"id": "a", "skill": "shell.run", "limits": {"processes": -1}}]}')


def test_questions_and_refusals() -> None:
    question = read_reply('{"question": {"question": "Which\\u001b[31m one?", "choices": []}}')
    assert question == Clarification(question="Which one?")
    declined = read_reply('{"declined": {"reason": "no skill", "code": "skipped", "unplaced": ["x\\u0007"]}}')
    assert declined == Declined(reason="no skill", unplaced=("x",), code="not_understood")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "no JSON"),
        ("I would first list the files.", "no JSON"),
        (PLAN[:40], "cannot be read"),
        ("{", "cannot be read"),
        ('{"plan": NaN}', "NaN"),
        ("{}", "exactly one"),
        (PLAN[:-1] + ', "declined": {"reason": "x"}}', "exactly one"),
        ('{"plan": {"steps": []}}', "steps"),
        ('{"plan": {"steps": [{"id": "a"}]}}', "skill"),
        ('{"plan": "file.read"}', "plan"),
        (PLAN[:-1] + ', "run": true}', "run"),
        (PLAN.replace('"one"', '"every"'), "mode"),
        (PLAN.replace('"x"', '"[redacted:token]"'), "secret"),
        ("{" * 100_000, "cannot be read"),
        ('{"a":' * 20_000 + "1" + "}" * 20_000, "deep"),
        ('{"plan": {"steps": [' + '{"id":"a","skill":"b"},' * 999 + '{"id":"a","skill":"b"}]}}', "1000 steps"),
        ("x" * 500_000, "too long"),
    ],
)
def test_what_cannot_be_used(text: str, word: str) -> None:
    with pytest.raises(ReplyError, match=word):
        read_reply(text)


@given(st.text(max_size=300) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_text_raises_anything_else(text: str) -> None:
    for body in (text, '{"plan": ' + text + "}", '{"steps": ' + text + "}"):
        with contextlib.suppress(ReplyError):
            assert isinstance(read_reply(body), (Plan, Clarification, Declined))


def test_the_schema_takes_what_the_reader_takes() -> None:
    schema = reply_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(PLAN), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"plan": {"steps": [{"id": "a"}]}}, schema)


def test_the_schema_names_the_skills_that_exist() -> None:
    schema = reply_schema(["file.read"])
    jsonschema.validate(json.loads(PLAN), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(PLAN.replace("file.read", "file.eat")), schema)


@pytest.mark.parametrize(
    "said",
    [
        {"question": ""},
        {"question": "`"},
        {"question": "}}}}"},
        {"question": "Which?", "choices": [{"label": " ", "value": "a"}]},
    ],
)
def test_a_question_without_words_is_none(said: dict[str, object]) -> None:
    with pytest.raises(ReplyError, match="in words"):
        read_reply(json.dumps({"question": said}))


def test_a_wrong_step_is_not_said_to_be_missing_too() -> None:
    with pytest.raises(ReplyError) as caught:
        read_reply('{"plan": {"steps": [{"id": "a", "skill": 7}]}}')
    assert str(caught.value) == "plan.steps.0.skill: Input should be a valid string"
