"""References: what is one, what it resolves to, and that text from outside never becomes one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from orchestrator.core import references
from orchestrator.core.paths import MISSING, Missing, split, walk
from orchestrator.core.references import Reference, UnresolvedReference

VALUES: dict[str, JsonValue] = {"output.s": "text", "output.n": 3, "output.l": ["a", "b"], "output.o": {"k": None}}


def look(reference: Reference) -> JsonValue | Missing:
    return [1, 2] if reference.many else VALUES.get(reference.path, MISSING)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${a.output.s}", "text"),
        ("${a.output.n}", 3),
        ("${a.output.o}", {"k": None}),
        ("${a.output.n|text}", "3"),
        ("${a.output.s|text}", "text"),
        ("${a.output.o|text}", {"k": None}),
        ("n is ${a.output.n}", "n is 3"),
        ("n is ${a.output.n|text}", "n is 3"),
        ("${a.output.s}${a.output.s}", "texttext"),
        ("lines:\n${a.output.l}", "lines:\na\nb"),
        ("as ${a.output.o}", 'as {"k": null}'),
        ("${a[*].output.x}", [1, 2]),
        ("${a[*]}", [1, 2]),
        ("${a@web-1.output.n}", 3),
        ("$${a.output.s}", "${a.output.s}"),
        ("${HOME}/x", "${HOME}/x"),
        ("${a}", "${a}"),
        ("${a.outputs}", "${a.outputs}"),
        ("${a.status.x}", None),
        ("$5 {x}", "$5 {x}"),
        ("${", "${"),
    ],
)
def test_what_a_text_resolves_to(text: str, value: JsonValue) -> None:
    if value is None:
        with pytest.raises(UnresolvedReference, match=r"a\.status\.x"):
            references.resolve(text, look)
    else:
        assert references.resolve(text, look) == value


def test_references_are_found_and_resolved_anywhere_in_a_value() -> None:
    value: JsonValue = {"x": ["${a.output.n}", {"y": "and ${b[*].device}"}], "z": 1, "${c.output}": True}
    assert [str(reference) for reference in references.find(value)] == ["${a.output.n}", "${b[*].device}"]
    assert references.resolve(value, look) == {"x": [3, {"y": "and [1, 2]"}], "z": 1, "${c.output}": True}


def test_a_number_is_written_out_and_stays_so_under_another_name() -> None:
    said = references.as_text("${a.output.n}")
    assert said == "${a.output.n|text}"
    assert [str(one) for one in references.find(said)] == ["${a.output.n}"]
    assert references.rename(said, lambda r: Reference("b", r.path, r.many)) == "${b.output.n|text}"
    assert references.as_text("is ${a.output.n}") == "is ${a.output.n}"


def test_renaming_keeps_everything_else() -> None:
    renamed = references.rename(
        ["${a.output[0].x} $${a.output} ${HOME}", {"k": "${a[*]}"}, 4],
        lambda r: Reference(r.task + "2", r.path, r.many),
    )
    assert renamed == ["${a2.output[0].x} $${a.output} ${HOME}", {"k": "${a2[*]}"}, 4]


@given(st.text(alphabet="${}a.output[*]@ \n", max_size=40) | st.text(max_size=20))
def test_text_from_outside_never_becomes_a_reference(text: str) -> None:
    escaped = references.escape(text)
    assert list(references.find(escaped)) == []
    assert references.whole(escaped) is None
    assert references.resolve(escaped, lambda _: "!") == text


@given(st.text(alphabet="${}a.output[*]", max_size=30))
def test_what_a_device_said_is_not_resolved_again(said: str) -> None:
    assert references.resolve("${a.output}", lambda _: said) == said
    assert references.resolve("> ${a.output}", lambda _: said) == f"> {said}"


@pytest.mark.slow
@given(
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_@:-]{0,10}", fullmatch=True), st.sampled_from(["", "output", "output.a[0].b"])
)
def test_a_reference_reads_as_it_is_written(task: str, path: str) -> None:
    for reference in (Reference(task, path, many=True), Reference(task, path or "output")):
        assert references.whole(str(reference)) == reference


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("output.a", ["output", "a"]),
        ("output[0][-1].x", ["output", 0, -1, "x"]),
        ("output.with space.ä", ["output", "with space", "ä"]),
        ("", []),
    ],
)
def test_paths(path: str, steps: list[str | int]) -> None:
    assert split(path) == steps


@pytest.mark.parametrize("path", ["a..b", "a.", "a[", "a[x]", "a]", "a[1", "[]"])
def test_what_is_no_path_leads_nowhere(path: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        split(path)
    assert walk({"a": {"": 1}}, path) is MISSING


@given(st.text(max_size=30))
def test_no_path_raises_anything_else(path: str) -> None:
    walk({"a": [1, {"b": 2}]}, path)


def test_none_is_a_value_and_missing_is_not() -> None:
    assert walk({"a": None}, "a") is None
    assert walk({"a": None}, "a.b") is MISSING
    assert walk({"a": [1]}, "a[1]") is MISSING
    assert walk({"a": {"0": 5}}, "a.0") == 5
    assert walk({"a": [5]}, "a." + "9" * 5000) is MISSING
    assert walk({"a": [5]}, "a[" + "9" * 5000 + "]") is MISSING


def test_a_task_that_took_anothers_place_is_a_reference_too() -> None:
    """What followed a moved task got the text of the reference instead of its value."""
    assert list(references.find("${read@b.12.device}")) == [Reference("read@b.12", "device")]
    assert list(references.find("${read.2.output.text}")) == [Reference("read.2", "output.text")]
    assert references.rename("x ${read.output.a}", lambda one: Reference("read.2", one.path)) == "x ${read.2.output.a}"
    assert list(references.find("${read.x.output.text} ${read.0.device}")) == []
