"""Requests that are written like a sheet: a kind and its name first, the attributes after, in any order and dress."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import checks
from agents.embedded.kube.compose import WRITES
from agents.embedded.kube.sheet.attributes import TEMPLATES
from agents.embedded.kube.sheet.door import reveals, sheet
from agents.embedded.kube.sheet.shapes import amount, pattern
from agents.embedded.planner import EmbeddedPlanner
from orchestrator.core.plan import Declined, Plan
from tests.agents.embedded.kube.fleet import alone, bound
from tests.support.embedded_fleet import Context

PLANNER = EmbeddedPlanner()
TABLE = [
    json.loads(line)
    for line in (Path(__file__).parent / "sheets.jsonl").read_text(encoding="utf-8").splitlines()
    if line
]
NOT_READ = [
    "ConfigMap c1, ns n1: MODE missing",
    "ConfigMap c1, ns n1: MODE should be lowered",
    "ConfigMap c1, ns n1: app.yaml updated",
    "ResourceQuota q1: 10 pods in total",
    "Adjust HPA of Deployment door, namespace lobby: max 8",
    "ConfigMap x1, ns y1: A_B=1 if C_D is unset",
    "Deployment x1 (ns y1): 3 replicas except on weekends",
    "Delete Deployment a1, namespace b1, cascade=orphan, unless pods run",
    "Service x1 ns y1: port 53/UDP, selector app=dns",
    "Secret db-x, namespace x: password=hunter2",
    "HPA for web-x, ns x: min 2 max 5, memory 70%",
    "New CronJob a1, ns b1, image a/b:1, schedule 0 1 * * *, concurrencyPolicy Forbid",
    "Deployment x1 ns y1: 3 replicas, image foo/bar:1",
    "New Deployment x1 ns y1 image foo/bar:1, hostNetwork true",
    "New Deployment x1 ns y1 image foo/bar:1. It must run as non-root.",
    "New Deployment x1 ns y1 image foo/bar:1, priority class high",
    "New Deployment x1 ns y1 image foo/bar:1, volume data-x mounted at /data",
    "New Deployment x1, image foo/bar:1",
    "Deployments a1 and b1 (ns y1): 3 replicas",
    "Deployment a1 and b1 (ns y1): 3 replicas",
    "Role r1, ns n1: get pods, delete secrets",
    "Role r1, ns n1: get on pods, list and watch on secrets",
    "Service s1, ns n1: ports 80 and 443, selector app=x",
    "Service s1, ns n1: port 80, nodePort 30080, selector app=x",
    "PVC p1, ns n1: 10Gi, volume mode Block",
    "PDB p1, ns n1: app=x, minAvailable 1, maxUnavailable 1",
    "Ingress i1, ns n1: host a.example.org, service s1 port 80, TLS secret t1",
    "Ingress i1, ns n1: host a.example.org, path /api, service s1 port 80",
    "NetworkPolicy n1, ns n2: pods app=a, from namespace b",
    "Job j1, ns n1, image a/b:1, command run; 5 completions",
    "Token for SA a1 (ns b1), audience vault, file a.jwt",
    "Deployment a1, namespace b1: 3 replicas, namespace c1",
    "Deployment a1, namespace b1: replicas between 3 and 5",
    "Deployment a1 (ns b1): is it at 3 replicas?",
    "Service a1 (ns b1): port 80, which pods?",
    "HPA web-scaler for Deployment web, ns x1: max 5",
    "CronJob nightly (ns x1): schedule 0 1 * * *, timezone Europe/Berlin",
    "ConfigMap c1, ns n1: MODE fast or slow",
    "ConfigMap c1, ns n1: keep MODE, drop everything",
    "RoleBinding b1, ns n1: role r1, user a, user b",
    "RoleBinding b1, ns n1: role r1, users a and b",
    "Delete Pod p1, ns n1, --force --grace-period=0",
    "Delete Namespace n1, cascade=orphan",
    "ResourceQuota q1, ns n1: cpu 4, memory 8Gi for each team",
    "LimitRange l1, ns n1: max cpu 2 per pod",
    "Deployment a1, ns b1: env A=1, limits memory 1Gi",
    "don't create Deployment a1 in ns b1 with image a/b:1",
    "Patch Deployment a1 (ns b1): spec.template.spec.containers[0].image = x",
    "Deployment a1 (ns b1): 3 replicas, then restart",
    "Container c1, ns n1: limits memory 1Gi",
    "Pod p1, ns n1, image busybox:1.36",
    "New Pod p1, ns n1, image busybox:1.36, command echo hi && rm -rf /",
    "New Pod p1, ns n1, image busybox:1.36, command echo hi, restartPolicy Never",
]


@pytest.mark.parametrize("row", TABLE, ids=[row["text"][:60] for row in TABLE])
def test_a_sheet_means_this_step(row: dict[str, object]) -> None:
    text = str(row["text"])
    result = PLANNER.propose(bound(text), Context(alone()))
    assert isinstance(result, Plan), result
    assert [[step.skill, dict(step.arguments)] for step in result.steps] == row["steps"]
    assert not checks.check(result, bound(text), alone())


@pytest.mark.parametrize("text", NOT_READ)
def test_what_is_not_understood_whole_is_no_sheet(text: str) -> None:
    assert sheet(text, WRITES) == ()


@pytest.mark.parametrize("row", TABLE[:20], ids=[row["text"][:60] for row in TABLE[:20]])
@pytest.mark.parametrize("more", [" Only if nobody minds.", "; hostNetwork true", ", and delete it later", " unless 3"])
def test_a_rest_that_may_demand_something_ends_the_reading(row: dict[str, object], more: str) -> None:
    assert sheet(str(row["text"]).rstrip(".") + more, WRITES) == ()


def test_the_value_of_a_secret_is_not_taken() -> None:
    text = "Secret shop-db, namespace shop: password=hunter2"
    assert reveals(text)
    assert isinstance(PLANNER.propose(bound(text), Context(alone())), Declined)


@pytest.mark.parametrize("template", [template for row in TEMPLATES.values() for template in row])
def test_every_template_is_a_pattern(template: str) -> None:
    assert pattern(template).match("") is None


@pytest.mark.parametrize(
    ("said", "meant"), [("512 MiB", "512Mi"), ("2GB", "2G"), ("500m", "500m"), ("1gi", "1Gi"), ("4", "4")]
)
def test_an_amount_has_the_suffix_of_the_api(said: str, meant: str) -> None:
    assert amount(said) == meant


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab ,.:;=->()1`'\"\n", max_size=80))
def test_no_text_raises(rest: str) -> None:
    sheet(f"New Deployment a{rest}", WRITES)
