"""The Helm chart, as Helm renders it, is taken by a real API server: by server-side apply, as a dry run."""

from __future__ import annotations

import pytest
import yaml

from tests.support import packaging_tools as tools
from tests.support.kube_api import APPLY, MANAGER, Api, ApiError, Object
from tests.support.packaging_tools import Values

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

EVERYTHING: Values = {
    "device": {"enabled": True, "tokenSecret": "cluster-token"},
    "config": {"log_level": "info"},
    "database": {"existingSecret": "record"},
    "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "tls"},
    "podAnnotations": {"example/one": "1"},
    "nodeSelector": {"disk": "fast"},
    "tolerations": [{"key": "stars", "operator": "Exists"}],
}


@pytest.fixture(autouse=True)
def installed() -> None:
    tools.require()


def manifests(values: Values, namespace: str) -> list[Object]:
    rendered = tools.render(values, namespace=namespace)
    return [one for name, text in rendered.items() if name.endswith(".yaml") for one in yaml.safe_load_all(text) if one]


async def dry_run(api: Api, manifest: Object, namespace: str) -> Object:
    """What the server would make of it. Unknown fields are refused: server-side apply knows the schema."""
    kind = await api.kind(manifest["kind"], manifest["apiVersion"])
    path = kind.path(namespace, manifest["metadata"]["name"])
    return await api.request("PATCH", path, manifest, content_type=APPLY, fieldManager=MANAGER, dryRun="All")


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "everything"])
async def test_the_server_takes_every_manifest(values: Values, api: Api, namespace: str) -> None:
    made = [await dry_run(api, manifest, namespace) for manifest in manifests(values, namespace)]
    assert {"Deployment", "Service", "ConfigMap", "PersistentVolumeClaim"} <= {one["kind"] for one in made}
    assert all(one["metadata"]["uid"] for one in made)
    assert await api.list("Deployment", namespace) == []


async def test_a_field_that_there_is_not_would_be_noticed(api: Api, namespace: str) -> None:
    manifest = next(one for one in manifests({}, namespace) if one["kind"] == "Deployment")
    manifest["spec"]["template"]["spec"]["enableServiceLink"] = False
    with pytest.raises(ApiError, match="enableServiceLink"):
        await dry_run(api, manifest, namespace)
