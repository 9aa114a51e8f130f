"""Command lines of kubectl: a table of them, the forms in which they are pasted, and what must decline."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import checks
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Declined, Plan
from tests.agents.embedded.kube.fleet import alone, bound
from tests.support.embedded_fleet import Context

PLANNER = EmbeddedPlanner()
TABLE = [json.loads(line) for line in (Path(__file__).parent / "commands.jsonl").read_text().splitlines()]
LINES = [row["line"] for row in TABLE]
WRITES = [
    line for line in LINES if line.split()[0] in {"scale", "label", "delete", "create", "set", "taint", "drain", "run"}
]


def _planned(text: str) -> list[list[object]]:
    result = PLANNER.propose(bound(text), Context(alone()))
    assert isinstance(result, Plan), result
    assert not checks.check(result, bound(text), alone())
    return [[step.skill, dict(step.arguments)] for step in result.steps]


def _declined(text: str) -> str:
    result = PLANNER.propose(bound(text), Context(alone()))
    assert isinstance(result, Declined), result
    return result.reason


@pytest.mark.parametrize("row", TABLE, ids=LINES)
def test_a_line_is_the_skills_that_do_the_same(row: dict[str, object]) -> None:
    assert _planned(f"kubectl {row['line']}") == row["steps"]


@pytest.mark.parametrize(
    "form",
    [
        "k {}",
        "$ kubectl {}",
        "`kubectl {}`",
        "Please run `kubectl {}` for me, thanks!",
        "can you run this: kubectl {}",
        "run kubectl {}",
        "```sh\nkubectl {}\n```",
        "# what follows is for the shop\nkubectl {}",
    ],
)
def test_the_form_of_a_line_changes_nothing(form: str) -> None:
    for row in TABLE:
        assert _planned(form.format(row["line"])) == row["steps"], row["line"]


@pytest.mark.parametrize("joint", [" && ", "; ", "\n", ", then "])
def test_several_lines_are_several_steps(joint: str) -> None:
    text = joint.join(["kubectl cordon n1", "kubectl drain n1 --ignore-daemonsets", "kubectl get pods -n shop"])
    assert _planned(text) == [
        ["kube.cordon", {"node": "n1"}],
        ["kube.drain", {"node": "n1"}],
        ["kube.list", {"kind": "pod", "namespace": "shop"}],
    ]


@pytest.mark.parametrize("line", LINES)
def test_a_flag_that_is_not_known_declines_by_its_name(line: str) -> None:
    before, dashes, behind = f"kubectl {line}".partition(" -- ")
    for flag in ("--frobnicate", "--as=bob" if "can-i" not in line else "--as-uid=1", "--context=other", "-Z"):
        assert flag.partition("=")[0] in _declined(f"{before} {flag}{dashes}{behind}")


@pytest.mark.parametrize("line", WRITES)
def test_a_dry_run_never_writes(line: str) -> None:
    before, dashes, behind = f"kubectl {line}".partition(" -- ")
    for flag in ("--dry-run=client", "--dry-run=server -o yaml", "--dry-run"):
        result = PLANNER.propose(bound(f"{before} {flag}{dashes}{behind}"), Context(alone()))
        assert isinstance(result, Plan), result
        assert result.dry_run
    result = PLANNER.propose(bound(f"{before} --dry-run=none{dashes}{behind}"), Context(alone()))
    assert isinstance(result, Plan)
    assert not result.dry_run


def test_a_dry_run_of_some_lines_declines() -> None:
    assert "--dry-run" in _declined("kubectl cordon n1 --dry-run=client && kubectl drain n1")


@pytest.mark.parametrize(
    "text",
    [
        "don't run `kubectl delete pod web-1 -n shop`",
        "should I run `kubectl delete pod web-1 -n shop`?",
        "what would `kubectl delete pod web-1 -n shop` do?",
        "what does `kubectl delete pod web-1 -n shop` print?",
        "never `kubectl drain n1`",
        "if web is down run `kubectl rollout restart deploy/web -n shop`",
        "run `kubectl cordon n1` tomorrow",
        "run `kubectl cordon n1` unless it is busy",
        "run `kubectl cordon n1` and then tell bob",
        "kubectl get pods -n shop | xargs kubectl delete pod",
        "kubectl get pods -n shop > pods.txt",
        "kubectl delete pod $(kubectl get pods -o name) -n shop",
        "kubectl delete pods --all -n shop",
        "kubectl delete all --all",
        "kubectl delete pod web-1 -l app=web -n shop",
        "kubectl scale deploy/web -n shop",
        "kubectl scale pod/web --replicas=2 -n shop",
        "kubectl scale deploy/web --replicas=two -n shop",
        "kubectl create secret generic db --from-literal=password=hunter2 -n shop",
        "kubectl exec web-1 -n shop -- sh",
        "kubectl exec web-1 -n shop ls",
        "kubectl get widgets -n shop",
        "kubectl frobnicate web -n shop",
        "kubectl edit deploy web -n shop",
        "kubectl get pods -n shop -o custom-columns=N:.metadata.name",
        "kubectl cp /etc/passwd web-1:/tmp/x -n shop",
        'kubectl patch secret db -n shop -p \'{"data": {"a": "eA=="}}\'',
        'kubectl patch deploy web -n shop --type=json -p \'[{"op": "remove", "path": "/spec"}]\'',
    ],
)
def test_what_no_skill_does_declines(text: str) -> None:
    _declined(text)


@pytest.mark.parametrize("line", ["create deploy web --image=nginx", "delete pods -l app=web", "label po --all a=b"])
def test_a_namespace_that_is_missing_is_asked_for(line: str) -> None:
    result = PLANNER.propose(bound(f"kubectl {line}"), Context(alone()))
    assert not isinstance(result, Plan)
    assert "which namespace" in str(getattr(result, "reason", getattr(result, "question", "")))


_NAME = st.from_regex(r"[a-z]([a-z0-9-]{0,12}[0-9])", fullmatch=True)
_VALUE = st.text("abcXYZ019 ._-/'\"&;|<>", min_size=1, max_size=12).filter(lambda one: one.strip() == one)


@given(name=_NAME, space=_NAME, replicas=st.integers(0, 999))
def test_what_is_scaled_comes_back(name: str, space: str, replicas: int) -> None:
    call = {"name": name, "kind": "deployment", "namespace": space, "replicas": replicas}
    assert _planned(f"kubectl scale deployment/{name} -n {space} --replicas={replicas}") == [["kube.scale", call]]


@given(name=_NAME, space=_NAME, data=st.dictionaries(_NAME, _VALUE, min_size=1, max_size=3))
def test_what_a_config_map_holds_comes_back(name: str, space: str, data: dict[str, str]) -> None:
    said = " ".join(shlex.quote(f"--from-literal={key}={value}") for key, value in data.items())
    call = {"name": name, "data": data, "namespace": space}
    assert _planned(f"kubectl create configmap {name} {said} -n {space}") == [["kube.create_config_map", call]]


@given(name=_NAME, space=_NAME, command=st.lists(_VALUE.filter(lambda one: "$" not in one), min_size=2, max_size=4))
def test_a_command_behind_the_dashes_comes_back(name: str, space: str, command: list[str]) -> None:
    text = f"kubectl exec {name} -n {space} -- {shlex.join(command)}"
    assert _planned(text) == [["kube.exec", {"name": name, "command": command, "namespace": space}]]


@given(st.text("kubectlgedpo -n=/'\"`$&;|<>\\\n{}[]*", max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    PLANNER.propose(bound(f"kubectl {text}"), Context(alone()))
