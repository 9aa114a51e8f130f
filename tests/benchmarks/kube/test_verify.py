"""The verifier accepts what is right in any form, and nothing that is wrong."""

from __future__ import annotations

import pytest

from benchmarks.kube.refs import Object, Ref, steps, values
from benchmarks.kube.scenarios import Answer, Check, Expect
from benchmarks.kube.snapshot import Change
from benchmarks.kube.verify import Observed, answer_faults, failing, is_named, same, verify

POD: Object = {
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "uid": "1", "labels": {"app.kubernetes.io/name": "web"}},
    "spec": {"replicas": 3, "containers": [{"name": "a", "cpu": "500m"}, {"name": "b", "env": ["X"]}]},
}
OTHER = {**POD, "metadata": {**POD["metadata"], "name": "web-2", "uid": "2"}}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("spec.replicas", [3]),
        ("spec.containers[1].name", ["b"]),
        ("spec.containers[*].name", ["a", "b"]),
        ('metadata.labels["app.kubernetes.io/name"]', ["web"]),
        ("metadata.labels['app.kubernetes.io/name']", ["web"]),
        ("spec.containers[7].name", []),
        ("spec.replicas.deeper", []),
        ("spec.containers.name", []),
    ],
)
def test_paths(path: str, found: list[object]) -> None:
    assert values(POD, path) == found


@pytest.mark.parametrize("path", ["", "a[", "a[x]", 'a["b', "a[0]b"])
def test_no_paths(path: str) -> None:
    with pytest.raises(ValueError):
        steps(path)


@pytest.mark.parametrize(
    "text", ["web", "deployment shop/web", "Deployment shop/web/x", "Deployment  x", "Pod shop/a;b"]
)
def test_no_references(text: str) -> None:
    with pytest.raises(ValueError):
        Ref.parse(text)


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("Pod shop/web-*", "Pod shop/web-7d-x", True),
        ("Pod shop/web-*", "Pod shop/web", False),
        ("Pod shop/*", "Pod shop-2/web", False),
        ("Pod shop/*", "Deployment shop/web", False),
        ("Namespace shop", "Namespace shop", True),
        ("ClusterRole *", "Role shop/reader", False),
    ],
)
def test_patterns(pattern: str, name: str, fits: bool) -> None:
    assert Ref.parse(pattern).names(Ref.parse(name)) is fits


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("500m", 0.5, True),
        ("1Gi", "1024Mi", True),
        ("4", 4, True),
        ({"cpu": "1"}, {"cpu": "1000m"}, True),
        ("1G", "1Gi", False),
        (True, 1, False),
        (False, 0, False),
        ("web", "Web", False),
        ([1], [1, 1], False),
        ("1.2.3", "1.2.3", True),
        ("1.2.", 1.2, False),
    ],
)
def test_quantities_are_equal_by_amount(one: object, other: object, equal: bool) -> None:
    assert same(one, other) is equal


def check(**given: object) -> Check:
    return Check.model_validate({"object": "Deployment shop/web", **given})


def faults(one: Check, *things: Object, before: Object | None = None) -> list[str]:
    return failing(one, {Ref.of(thing): thing for thing in [before or POD]}, {Ref.of(thing): thing for thing in things})


@pytest.mark.parametrize(
    "given",
    [
        {"exists": True},
        {"path": "spec.replicas", "equals": 3},
        {"path": "spec.replicas", "at_least": 3},
        {"path": "spec.replicas", "equals": 3, "same_uid": True},
        {"path": "spec.containers[*].cpu", "equals": "0.5"},
        {"path": "spec.containers[*].name", "matches": "^B|b$"},
        {"path": "spec.containers", "contains": {"name": "b"}},
        {"path": "spec.containers[*].env", "contains": "X"},
        {"path": "spec.paused", "equals": False},
        {"path": "spec.paused", "absent": True},
        {"path": "spec.replicas", "exists": True},
        {"object": "Deployment shop/web*", "exists": True, "count": 1},
        {"object": "Deployment shop/gone-*", "absent": True},
    ],
)
def test_checks_that_hold(given: dict[str, object]) -> None:
    assert faults(check(**given), POD) == []


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"absent": True}, "Deployment shop/web is there"),
        ({"object": "Deployment shop/api", "exists": True}, "Deployment shop/api is not there"),
        ({"path": "spec.replicas", "equals": 4}, "found [3]"),
        ({"path": "spec.replicas", "at_least": 4}, "found [3]"),
        ({"path": "spec.gone", "equals": "x"}, "found []"),
        ({"path": "spec.gone", "matches": ""}, "found []"),
        ({"path": "spec.replicas", "absent": True}, "found [3]"),
        ({"path": "spec.automountServiceAccountToken", "equals": False}, "found []"),
        ({"object": "Deployment shop/web*", "exists": True, "count": 2}, "1 do, not 2"),
    ],
)
def test_checks_that_do_not_hold(given: dict[str, object], fault: str) -> None:
    found = faults(check(**given), POD)
    assert len(found) == 1
    assert fault in found[0]


def test_an_object_made_again_is_not_the_same() -> None:
    again = {**POD, "metadata": {**POD["metadata"], "uid": "9"}}
    found = faults(check(path="spec.replicas", equals=3, same_uid=True), again)
    assert found == [
        "Deployment shop/web path=spec.replicas equals=3 same_uid=true: another object of that name took its place"
    ]
    assert faults(check(exists=True, same_uid=True), POD) == []


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"path": "spec.x"},
        {"equals": 1},
        {"path": "spec.x", "equals": 1, "matches": "1"},
        {"path": "a", "matches": "("},
    ],
)
def test_checks_that_say_nothing_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        check(**given)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("web", True),
        ("Privileged: web, api.", True),
        ("pod shop/web-7c9d8f6b54-x2x4z runs as root", True),
        ("job web-1605955200-x2x4z", True),
        ("web-0", True),
        ("website", False),
        ("web-admin", False),
        ("my-web", False),
        ("", False),
    ],
)
def test_names_in_answers(text: str, named: bool) -> None:
    assert is_named("web", text) is named


def test_answers() -> None:
    expect = Answer.model_validate(
        {"mentions": ["(image|pull)"], "omits": ["hunter2"], "exactly": {"found": ["web"], "not": ["api"]}}
    )
    assert answer_faults(expect, "web cannot PULL its image") == []
    assert answer_faults(expect, "") == ["the answer lacks /(image|pull)/", "the answer lacks web"]
    assert answer_faults(expect, "web, api: image; hunter2") == ["the answer has /hunter2/", "the answer has api"]


SCALED = Expect.model_validate(
    {
        "outcome": "done",
        "objects": [{"object": "Deployment shop/web", "path": "spec.replicas", "equals": 3, "same_uid": True}],
        "may_change": ["Deployment shop/web", "Pod shop/web-*"],
    }
)


def seen(outcome: str = "done", *changes: str) -> Observed:
    objects = {Ref.of(POD): POD}
    made = [Change(Ref.parse(text), "changed") for text in changes]
    return Observed(outcome, "", objects, objects, made)  # type: ignore[arg-type]


def test_a_change_elsewhere_fails_what_is_otherwise_right() -> None:
    assert verify(SCALED, seen("done", "Deployment shop/web", "Pod shop/web-1")) == []
    assert verify(SCALED, seen("done", "Secret shop/key")) == ["Secret shop/key (changed) is none of its business"]


def test_outcomes() -> None:
    assert verify(SCALED, seen("declined")) == ["it should be done, and is declined"]
    never = Expect(outcome="declined")
    assert verify(never, seen("done")) == ["it should be declined, and is done"]
    assert verify(never, seen("declined")) == []
    assert verify(never, seen("failed")) == []  # it did nothing, and says so
