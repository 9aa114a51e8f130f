"""Lists page by page, whatever the server makes of them; and use where it is measured."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tools.errors import ToolError
from tools.kube import metrics, tables, top
from tools.kube.errors import KubeError, from_response
from tools.kube.kinds import Kind, Kinds
from tools.kube.objects import Manifest

PODS = Kind("", "v1", "Pod", "pods", "pod", True, frozenset({"list", "get"}))
MEASURED = Kind("metrics.k8s.io", "v1beta1", "PodMetrics", "pods", "pod", True, frozenset({"list"}))
NAMESPACES = {"items": [{"metadata": {"name": "shop"}}, {"metadata": {"name": "pay"}}]}
DENIED = from_response(403, "no", None)
EXPIRED = from_response(410, "expired", None)


def pod(name: str, namespace: str = "shop") -> Manifest:
    spec = {"containers": [{"resources": {"requests": {"cpu": "100m"}}}]}
    return {"kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": spec, "status": {}}


def table(*names: str, token: str = "", wide: bool = False) -> Manifest:
    columns = [{"name": "Name", "priority": 0}, {"name": "Nominated", "priority": 1}, {"name": "Node", "priority": 1}]
    rows = [{"cells": [name, None, "node1"], "object": pod(name)} for name in names]
    return {"kind": "Table", "metadata": {"continue": token}, "columnDefinitions": columns, "rows": rows}


class Scripted:
    """Answers by path, in order; `asked` are the queries."""

    def __init__(self, answers: dict[str, list[Manifest | KubeError]]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, str]]] = []

    def with_headers(self, headers: Any) -> Scripted:  # noqa: ANN401
        return self

    async def get(self, path: str, query: Any = ()) -> Manifest:  # noqa: ANN401
        self.asked.append((path, dict(query)))
        answer = self.answers[path].pop(0)
        if isinstance(answer, KubeError):
            raise answer
        return answer

    async def items(self, path: str, query: Any = (), *, most: int = 0) -> list[Manifest]:  # noqa: ANN401
        found: list[Manifest] = (await self.get(path, query))["items"]
        return found


def session(answers: dict[str, list[Manifest | KubeError]], *kinds: Kind) -> Any:  # noqa: ANN401 - a session's part
    api = Scripted(answers)

    async def namespaces() -> list[str]:
        return ["shop", "pay"]

    async def everywhere(kind: Kind) -> list[Manifest]:
        return await api.items(kind.path())

    return SimpleNamespace(
        api=api, kinds=Kinds.of([PODS, *kinds]), find=SimpleNamespace(namespaces=namespaces, everywhere=everywhere)
    )


async def test_pages_become_one_list() -> None:
    one = session({"/api/v1/pods": [table("a", "b", token="t"), table("c")]})
    found = await tables.fetch(one, PODS, "", keep=lambda obj: obj["metadata"]["name"] != "b")
    assert [row.cells["Name"] for row in found.rows] == ["a", "c"]
    assert (found.columns, found.seen) == (["Name", "Node"], 3)
    assert one.api.asked[1][1]["continue"] == "t"


async def test_a_list_that_expires_is_begun_again() -> None:
    one = session({"/api/v1/pods": [table("a", token="t"), EXPIRED, table("a", "b", token="u"), table("c")]})
    found = await tables.fetch(one, PODS, "")
    assert [row.cells["Name"] for row in found.rows] == ["a", "b", "c"]


async def test_a_server_without_tables_gives_names() -> None:
    one = session({"/api/v1/namespaces/shop/pods": [{"kind": "PodList", "items": [pod("a")]}]})
    found = await tables.fetch(one, PODS, "shop")
    assert (found.columns, found.rows[0].cells["Name"]) == (["Name", "Age"], "a")


async def test_where_not_all_may_be_listed_those_that_may_are() -> None:
    one = session(
        {
            "/api/v1/pods": [DENIED],
            "/api/v1/namespaces/shop/pods": [table("a"), table("a")],
            "/api/v1/namespaces/pay/pods": [DENIED],
        }
    )
    assert [row.cells["Name"] for row in (await tables.fetch(one, PODS, "")).rows] == ["a"]


async def test_where_none_may_be_listed_the_refusal_is_told() -> None:
    paths = ("/api/v1/pods", "/api/v1/namespaces/shop/pods", "/api/v1/namespaces/pay/pods")
    with pytest.raises(KubeError, match="does not allow"):
        await tables.fetch(session({path: [DENIED] for path in paths}), PODS, "")


async def test_what_cannot_be_listed_is_refused() -> None:
    review = Kind("authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", "", False)
    with pytest.raises(ToolError, match="cannot be listed"):
        await tables.fetch(session({}), review, "")


# --- Use ------------------------------------------------------------------------------------------------------------

METRICS = "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods"


def used(name: str, cpu: str, memory: str) -> Manifest:
    return {
        "metadata": {"name": name, "namespace": "shop"},
        "containers": [{"usage": {"cpu": cpu, "memory": memory}}] * 2,
    }


async def test_what_is_measured_is_summed_over_containers() -> None:
    one = session({METRICS: [{"items": [used("a", "250m", "1Mi")]}]}, MEASURED)
    assert await metrics.usage(one, "pods", "shop") == {("shop", "a"): {"cpu": 0.5, "memory": 2.0**21}}


async def test_metrics_that_do_not_answer_are_none() -> None:
    one = session({METRICS: [from_response(503, "down", None)]}, MEASURED)
    assert await metrics.usage(one, "pods", "shop") is None
    assert await metrics.usage(session({}), "pods", "shop") is None


async def test_top_puts_the_hungriest_first() -> None:
    answers: dict[str, list[Manifest | KubeError]] = {
        "/api/v1/namespaces/shop/pods": [{"items": [pod("a"), pod("b")]}],
        METRICS: [{"items": [used("a", "100m", "5Mi"), used("b", "200m", "1Mi")]}],
    }
    answer = await top.top.function(session(answers, MEASURED), namespace="shop")
    assert [(one.name, one.cpu) for one in answer.rows] == [("b", 0.4), ("a", 0.2)]
    assert answer.measured
    assert "CPU USED" in answer.text
