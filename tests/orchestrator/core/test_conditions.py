"""Conditions: what they mean, and that any number of save and load cycles changes nothing of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from orchestrator.core.conditions import Compare, Condition, describe, holds
from orchestrator.core.edits import AddTask, EditBatch
from orchestrator.core.events import BODY, GraphEdited
from orchestrator.core.tasks import Dependency, On, Task

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
RECORD = {
    "status": "succeeded",
    "device": "alpha",
    "output": {"n": 9, "f": 1.5, "name": "b", "flag": True, "none": None, "list": [1, "x", {"k": 2}], "empty": {}},
}


def said(text: str) -> Condition:
    path, op, *value = text.split(" ", 2)
    return Compare.model_validate({"path": path, "op": op, **({"value": json.loads(value[0])} if value else {})})


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("output.n == 9", True),
        ("output.n == 9.0", True),
        ('output.n == "9"', False),
        ('output.n != "9"', True),
        ("output.n > 8.5", True),
        ("output.n > 9", False),
        ("output.n >= 9", True),
        ('output.n < "10"', False),
        ('output.name < "c"', True),
        ("output.flag == true", True),
        ("output.flag == 1", False),
        ("output.flag > 0", False),
        ("output.none == null", True),
        ("output.none exists", True),
        ("output.none > 0", False),
        ("output.gone == null", False),
        ("output.gone != 1", False),
        ("output.gone exists", False),
        ("output.gone exists false", True),
        ("output.n exists false", False),
        ("output.list contains 1", True),
        ("output.list contains true", False),
        ('output.list contains {"k": 2}', True),
        ('output.name contains "b"', True),
        ('output contains "n"', True),
        ("output.n contains 9", False),
        ("output.list[2].k == 2", True),
        ("output.list[-1].k == 2", True),
        ("output.list[9] exists", False),
        ("output.list.0 exists", False),
        ("output..n exists", False),
        ('device matches "^al"', True),
        ('device matches "PHA$"', False),
        ('device matches "(?i)PHA$"', True),
        ('output.n matches "9"', False),
        ("output.empty == {}", True),
    ],
)
def test_what_a_comparison_means(text: str, true: bool) -> None:
    assert holds(said(text), RECORD) is true  # type: ignore[arg-type]


def test_conditions_combine() -> None:
    condition = CONDITION.validate_python(
        {"all": [{"path": "output.n", "op": ">", "value": 1}, {"any": [{"not": {"path": "device", "op": "exists"}}]}]}
    )
    assert not holds(condition, RECORD)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"path": "x"},
        {"path": "", "op": "=="},
        {"path": "x", "op": "~"},
        {"all": []},
        {"any": "x"},
        {"not": None},
        {"all": [{"path": "x", "op": "exists"}], "any": [{"path": "x", "op": "exists"}]},
        {"path": "x", "op": "==", "value": float("nan")},
        {"path": "x", "op": "==", "value": [float("inf")]},
        {"path": "x", "op": "matches", "value": "(?=a)"},
        {"path": "x", "op": "matches", "value": "(unclosed"},
        {"path": "x", "op": "matches", "value": 3},
    ],
)
def test_what_is_no_condition(wrong: object) -> None:
    with pytest.raises(ValidationError):
        CONDITION.validate_python(wrong)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)
found_paths = st.sampled_from(["output", "output.n", "output.list", "output.list[0]", "output.gone", "device", "a..b"])
compares = st.builds(
    lambda path, op, value: {"path": path, "op": op, "value": value},
    found_paths,
    st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "contains", "exists"]),
    json_values,
)
raw = st.recursive(
    compares,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=6,
)


@pytest.mark.slow
@given(
    raw, json_values, st.lists(st.sampled_from(["json", "alias json", "python", "python by name", "event"]), max_size=6)
)
def test_a_condition_means_the_same_after_any_number_of_saves_and_loads(
    data: dict[str, object], output: object, cycles: list[str]
) -> None:
    original = CONDITION.validate_python(data)
    records = [RECORD, {**RECORD, "output": output}, {**RECORD, "output": {"n": output, "list": [output]}}]
    meanings = [holds(original, record) for record in records]  # type: ignore[arg-type]
    condition = original
    for cycle in cycles:
        match cycle:
            case "json":
                condition = CONDITION.validate_json(CONDITION.dump_json(condition))
            case "alias json":
                condition = CONDITION.validate_json(CONDITION.dump_json(condition, by_alias=True))
            case "python":
                condition = CONDITION.validate_python(CONDITION.dump_python(condition))
            case "python by name":
                condition = CONDITION.validate_python(CONDITION.dump_python(condition, by_alias=False))
            case "event":
                condition = _through_the_log(condition)
        assert condition == original
        assert [holds(condition, record) for record in records] == meanings  # type: ignore[arg-type]
    assert describe(condition) == describe(original)


def _through_the_log(condition: Condition) -> Condition:
    edge = Dependency(task="a", on=On.CONDITION, when=condition)
    batch = EditBatch(base=0, edits=(AddTask(task=Task(id="b", skill="x.y", depends_on=(edge,))),))
    body = BODY.validate_json(BODY.dump_json(GraphEdited(batch=batch)))
    assert isinstance(body, GraphEdited)
    (edit,) = body.batch.edits
    assert isinstance(edit, AddTask)
    when = edit.task.depends_on[0].when
    assert when is not None
    return when


def test_the_saved_form_is_the_written_form() -> None:
    data = {"not": {"all": [{"path": "output.n", "op": ">", "value": 80}]}}
    edge = Dependency.model_validate({"task": "a", "on": "condition", "when": data})
    assert json.loads(edge.model_dump_json())["when"] == data


def test_a_condition_in_words() -> None:
    data = {
        "all": [
            {"path": "output.n", "op": ">", "value": 80},
            {"any": [{"path": "x", "op": "exists"}, {"path": "y", "op": "exists", "value": False}]},
            {"not": {"path": "device", "op": "==", "value": "ä"}},
        ]
    }
    assert describe(CONDITION.validate_python(data)) == (
        'output.n > 80 and (x exists or y is missing) and not device == "ä"'
    )
