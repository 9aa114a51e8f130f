"""Schemas that devices claim: what is left of them is safe to read, and of ours nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.schemas import at_path, check_arguments, compatible, types
from orchestrator.core.vetting import MAX_SIZE, vetted
from protocol.vocabulary import SkillSpec
from tools.server import registry
from tools.testing import registry as others

DOUBLING = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(60)}


def spec(schema: dict[str, object], **output: object) -> SkillSpec:
    return SkillSpec(name="a.b", description="", input_schema=schema, output_schema=output)


@pytest.mark.parametrize("skill", [*registry().specs(), *others().specs()], ids=lambda skill: skill.name)
def test_our_own_skills_stay_as_they_are(skill: SkillSpec) -> None:
    assert vetted(skill) is skill


@pytest.mark.parametrize(
    ("schema", "left"),
    [
        ({"$ref": "http://169.254.169.254/latest"}, {}),
        ({"$ref": "file:///etc/passwd"}, {}),
        ({"$ref": "#"}, {}),
        ({"$id": "http://x/", "$dynamicRef": "#a", "not": {}, "if": {}, "patternProperties": {"(a+)+$": {}}}, {}),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, {"$defs": {"a": {}}}),
        (
            {"$defs": {"a": {"items": {"$ref": "#/$defs/b"}}, "b": {"items": {"$ref": "#/$defs/a"}}}},
            {"$defs": {"a": {"items": {}}, "b": {"items": {}}}},
        ),
        ({"$ref": "#/$defs/d0", "$defs": DOUBLING}, {}),
        ({"type": "sudo", "properties": [], "required": 5, "enum": 7, "anyOf": {}, "items": [1], "multipleOf": 0}, {}),
        ({"type": ["string", 7]}, {}),
        ({"properties": {"a": 5, "b": {"pattern": "(a+)+$"}}}, {"properties": {"a": {}, "b": {}}}),
        ({"pattern": "^[0-9a-f]{64}$"}, {"pattern": "^[0-9a-f]{64}$"}),
        ({"default": None, "const": None}, {"default": None, "const": None}),
        (
            {"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}},
            {"$ref": "#/$defs/a", "$defs": {"a": {"type": "null"}}},
        ),
        ({"properties": {f"p{n}": {} for n in range(MAX_SIZE)}}, {}),
    ],
)
def test_what_is_left(schema: dict[str, object], left: dict[str, object]) -> None:
    assert vetted(spec(schema)).input_schema == left
    assert vetted(spec(schema)).output_schema == {}


_KEYWORDS = st.sampled_from(
    [
        "type",
        "properties",
        "required",
        "items",
        "anyOf",
        "enum",
        "$defs",
        "$ref",
        "a",
        "additionalProperties",
        "pattern",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYWORDS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_KEYWORDS, JSON, max_size=5), st.dictionaries(st.sampled_from(["a", "b"]), JSON, max_size=2))
def test_whatever_a_device_claims_can_be_read(schema: dict[str, object], arguments: dict[str, object]) -> None:
    clean = vetted(spec(schema)).input_schema
    for problem in check_arguments(clean, arguments, lambda _: clean):  # type: ignore[arg-type]
        assert "cannot be used" not in problem
    at_path(clean, "a[0].b")
    compatible(clean, clean)
    types(clean)
    assert vetted(spec(clean)).input_schema == clean
