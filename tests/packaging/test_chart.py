"""The Helm chart, rendered by Helm itself: what it makes, what it refuses, and that its settings are Asterism's."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
import yaml

from orchestrator.cli.main import build
from orchestrator.settings import Settings
from tests.support import packaging_tools as tools
from tests.support.packaging_tools import HelmRefused, Values

pytestmark = [pytest.mark.heavy, pytest.mark.slow]

DEVICE: Values = {"device": {"enabled": True, "tokenSecret": "cluster-token"}}
EVERYTHING: Values = {
    **DEVICE,
    "config": {"log_level": "info", "policy": {"approve": "none"}, "retention_days": 30},
    "database": {"existingSecret": "record"},
    "extraEnv": [{"name": "MODEL_KEY", "valueFrom": {"secretKeyRef": {"name": "models", "key": "key"}}}],
    "ingress": {"enabled": True, "className": "nginx", "host": "stars.example", "tlsSecret": "tls"},
    "podAnnotations": {"example/one": "1"},
    "nodeSelector": {"disk": "fast"},
    "tolerations": [{"key": "stars", "operator": "Exists"}],
    "imagePullSecrets": [{"name": "registry"}],
}
SMALL: Values = {"persistence": {"enabled": False}}


@pytest.fixture(autouse=True)
def installed() -> None:
    tools.require()


def manifests(values: Values) -> Iterator[dict[str, object]]:
    for name, text in tools.render(values).items():
        if name.endswith(".yaml"):
            yield from filter(None, yaml.safe_load_all(text))


def pods(values: Values) -> list[dict[str, object]]:
    return [one["spec"]["template"]["spec"] for one in manifests(values) if one["kind"] == "Deployment"]  # type: ignore[index]


def settings_of(values: Values) -> Settings:
    (chart,) = (one for one in manifests(values) if one["kind"] == "ConfigMap")
    return Settings.model_validate(tomllib.loads(chart["data"]["config.toml"]))  # type: ignore[index]


@pytest.mark.parametrize("values", [{}, SMALL, DEVICE, EVERYTHING], ids=["defaults", "small", "device", "everything"])
def test_helm_finds_nothing_to_say(values: Values) -> None:
    assert tools.lint(values) == []


def test_the_defaults_make_one_orchestrator_with_its_volume() -> None:
    kinds = sorted(str(one["kind"]) for one in manifests({}))
    assert kinds == ["ConfigMap", "Deployment", "PersistentVolumeClaim", "Service", "ServiceAccount"]
    assert "PersistentVolumeClaim" not in {one["kind"] for one in manifests(SMALL)}


def test_pods_run_without_rights_and_without_the_variables_of_services() -> None:
    found = pods(EVERYTHING)
    assert len(found) == 2
    for pod in found:
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True  # type: ignore[index]
        (container,) = pod["containers"]  # type: ignore[misc]
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_only_the_device_holds_an_account_of_the_cluster() -> None:
    assert [pod["automountServiceAccountToken"] for pod in pods(DEVICE)] == [False, True]
    (bound,) = (one for one in manifests(DEVICE) if one["kind"] == "ClusterRoleBinding")
    assert bound["roleRef"]["name"] == "view"  # type: ignore[index]


def test_what_the_containers_start_are_commands_that_there_are() -> None:
    for pod in pods({"device": {**DEVICE["device"], "extraArgs": ["--protect", "payments"]}}):  # type: ignore[dict-item]
        words = [str(word) for word in pod["containers"][0]["args"]]  # type: ignore[index]
        command, bound, _ = build().parse_args(words, exit_on_error=False, print_error=False)
        assert command.__name__ == words[0]
        assert bound.arguments


def test_the_settings_of_the_values_are_those_of_asterism() -> None:
    found = settings_of(EVERYTHING)
    assert (found.log_level, found.policy.approve, found.retention_days) == ("info", "none", 30)
    assert settings_of({}).log_level == "warning"


def test_a_device_without_a_token_is_refused() -> None:
    with pytest.raises(HelmRefused, match=r"device\.tokenSecret"):
        tools.render({"device": {"enabled": True}})


@pytest.mark.parametrize(
    "values",
    [{"replicas": 3}, {"service": {"port": 0}}, {"device": {"name": "no spaces"}}, {"persistence": {"size": "much"}}],
    ids=str,
)
def test_values_that_the_chart_does_not_know_are_refused(values: Values) -> None:
    with pytest.raises(HelmRefused, match="schema"):
        tools.render(values)
