"""The pure parts of namespaces, config maps, network policies, services, secrets and certificates."""

from __future__ import annotations

import base64

import pytest

from tools.errors import ToolError
from tools.kube.certificates import answered, dangers, decided
from tools.kube.configs import changes, reads_at_start
from tools.kube.creating import contains
from tools.kube.keeping import generated
from tools.kube.namespaces import strained
from tools.kube.objects import Manifest
from tools.kube.pkcs10 import subject
from tools.kube.policies import enforces, named, policy
from tools.kube.services import ingress, moved
from tools.kube.storage import is_default

# openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/O=developers/O=qa/CN=dev-1"
REQUEST = b"""-----BEGIN CERTIFICATE REQUEST-----
MIHuMIGUAgEAMDIxEzARBgNVBAoMCmRldmVsb3BlcnMxCzAJBgNVBAoMAnFhMQ4w
DAYDVQQDDAVkZXYtMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGN+OokkTD+l
n4RvdpqL7p1h72gfVL7ri5g96SiLz96Mdy9jjg9S+2xLxLlkBsYQehpmtgzrx95g
3JzYNqZQCligADAKBggqhkjOPQQDAgNJADBGAiEAiiwdxex77AhnL/zWVR5Aw50R
8bgc014Oj4nKuFpUZSgCIQCIy+sEBbBGsfK9zASXv4/7YloI4tQCSs87EqobbZ3M
yw==
-----END CERTIFICATE REQUEST-----
"""


@pytest.mark.parametrize(
    ("live", "wanted", "holds"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": {"b": [1], "c": 2}}, {"a": {"b": [1]}}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({"a": [{"x": 1, "y": 2}]}, {"a": [{"x": 1}]}, True),
        ({"a": "1"}, {"a": "2"}, False),
    ],
)
def test_what_is_there_just_so(live: Manifest, wanted: Manifest, holds: bool) -> None:
    assert contains(live, wanted) is holds


# --- quotas -------------------------------------------------------------------------------------------------------


def pod(cpu: str = "", phase: str = "Running") -> Manifest:
    requests = {"requests": {"cpu": cpu}} if cpu else {}
    return {"status": {"phase": phase}, "spec": {"containers": [{"name": "a", "resources": requests}]}}


def test_a_quota_below_what_is_used_is_told() -> None:
    pods = [pod("500m"), pod("600m"), pod("2", "Succeeded")]
    ranges = [{"spec": {"limits": [{"type": "Container", "defaultRequest": {"cpu": "100m"}}]}}]
    assert strained("shop", {"cpu": "2"}, pods, ranges) == []
    (warning,) = strained("shop", {"cpu": "1"}, pods, ranges)
    assert "uses 1.1 of cpu already, more than 1" in warning
    (warning,) = strained("shop", {"pods": "1"}, pods, ranges)
    assert "uses 2 of pods already" in warning


def test_a_quota_that_stops_pods_without_requests_is_told() -> None:
    (warning,) = strained("shop", {"limits.memory": "1Gi"}, [], [])
    assert "set no limits for memory" in warning
    assert strained("shop", {"count/deployments.apps": "3", "services": "2"}, [], []) == []


# --- config maps --------------------------------------------------------------------------------------------------

CONFIG = {"kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"}, "data": {"A": "1", "B": "2"}}


def test_only_what_differs_is_changed() -> None:
    assert changes(CONFIG, {"A": "1", "B": "3", "C": "4"}, []) == {"B": "3", "C": "4"}
    assert changes(CONFIG, {}, ["A", "gone"]) == {"A": None}
    assert changes(CONFIG, {"A": "1"}, []) == {}


@pytest.mark.parametrize(
    ("given", "gone", "said"),
    [({}, [], "say which"), ({"A": "2"}, ["A"], "both"), ({}, ["Z"], "its keys: A, B")],
)
def test_changes_that_make_no_sense(given: dict[str, str], gone: list[str], said: str) -> None:
    with pytest.raises(ToolError, match=said):
        changes(CONFIG, given, gone)


def test_who_reads_a_config_map_only_at_its_start() -> None:
    def workload(container: Manifest, **spec: object) -> Manifest:
        return {"spec": {"template": {"spec": {"containers": [container], **spec}}}}

    volumes = [{"name": "v", "configMap": {"name": "c"}}]
    assert reads_at_start(workload({"envFrom": [{"configMapRef": {"name": "c"}}]}), "c")
    assert reads_at_start(workload({"env": [{"valueFrom": {"configMapKeyRef": {"name": "c"}}}]}), "c")
    assert reads_at_start(workload({"volumeMounts": [{"name": "v", "subPath": "a"}]}, volumes=volumes), "c")
    assert not reads_at_start(workload({"volumeMounts": [{"name": "v"}]}, volumes=volumes), "c")
    assert not reads_at_start(workload({"envFrom": [{"configMapRef": {"name": "other"}}]}), "c")


# --- network policies ---------------------------------------------------------------------------------------------

DB, WEB = {"app": "db"}, {"app": "web"}


def test_denials_select_and_allow_nothing() -> None:
    assert policy("deny_all", {}, {}, {}, []) == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert policy("deny_egress", DB, {}, {}, []) == {"podSelector": {"matchLabels": DB}, "policyTypes": ["Egress"]}


def test_sources_of_one_rule_must_both_hold() -> None:
    found = policy("allow_from", DB, WEB, {"team": "a"}, [5432])
    (rule,) = found["ingress"]
    assert rule["from"] == [{"podSelector": {"matchLabels": WEB}, "namespaceSelector": {"matchLabels": {"team": "a"}}}]
    assert rule["ports"] == [{"port": 5432, "protocol": "TCP"}]


def test_name_lookups_go_over_both_protocols() -> None:
    (rule,) = policy("allow_dns", {}, {}, {}, [])["egress"]
    assert {(one["port"], one["protocol"]) for one in rule["ports"]} == {(53, "UDP"), (53, "TCP")}


def test_arguments_that_a_rule_does_not_take() -> None:
    with pytest.raises(ToolError, match="takes no sources"):
        policy("deny_all", {}, WEB, {}, [])
    with pytest.raises(ToolError, match="takes no ports"):
        policy("deny_ingress", {}, {}, {}, [80])
    with pytest.raises(ToolError, match="say from which"):
        policy("allow_from", DB, {}, {}, [])


def test_names_of_policies() -> None:
    assert named("deny_all", {}) == "default-deny"
    assert named("allow_dns", {}) == "allow-dns"
    assert named("allow_from", {"app": "My_DB"}) == "allow-from-my-db"


@pytest.mark.parametrize(
    ("name", "image", "holds"),
    [
        ("calico-node", "docker.io/calico/node:v3", True),
        ("net", "quay.io/cilium/cilium:v1", True),
        ("kube-flannel-ds", "docker.io/flannel/flannel:v0.2", False),
        ("kube-proxy", "registry.k8s.io/kube-proxy:v1", False),
    ],
)
def test_plugins_that_enforce_policies(name: str, image: str, holds: bool) -> None:
    found = {"metadata": {"name": name}, "spec": {"template": {"spec": {"containers": [{"image": image}]}}}}
    assert enforces(found) is holds


# --- services and storage -----------------------------------------------------------------------------------------


def service(*ports: Manifest) -> Manifest:
    return {"kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"ports": list(ports)}}


def test_ports_are_changed_one_at_a_time() -> None:
    http, https = {"name": "http", "port": 80, "targetPort": 8080}, {"name": "https", "port": 443, "targetPort": 8443}
    assert moved(service(http), 80, 9090) == [{**http, "targetPort": 9090}]
    assert moved(service(http), 8080, 0) == [{**http, "port": 8080}]
    assert moved(service(http, https), 443, 9443) == [http, {**https, "targetPort": 9443}]
    with pytest.raises(ToolError, match="say which") as caught:
        moved(service(http, https), 8080, 1)
    assert caught.value.choices == ({"port": "80"}, {"port": "443"})


def test_ingresses_of_old_and_new_servers() -> None:
    (rule,) = ingress("v1", "a.example", "web", 80, "")["rules"]
    assert rule["http"]["paths"][0]["backend"] == {"service": {"name": "web", "port": {"number": 80}}}
    (rule,) = ingress("v1beta1", "a.example", "web", 80, "")["rules"]
    assert rule["http"]["paths"][0]["backend"] == {"serviceName": "web", "servicePort": 80}
    assert ingress("v1", "a.example", "web", 80, "nginx")["ingressClassName"] == "nginx"


def test_default_storage_classes() -> None:
    for mark in ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"):
        assert is_default({"metadata": {"annotations": {mark: "true"}}})
        assert not is_default({"metadata": {"annotations": {mark: "false"}}})
    assert not is_default({"metadata": {}})


# --- secrets and certificates -------------------------------------------------------------------------------------


def test_generated_values_come_out_the_same_for_one_preview_only() -> None:
    value = generated(b"k" * 32, 1.5, "shop", "db", "password")
    assert value == generated(b"k" * 32, 1.5, "shop", "db", "password")
    assert len(value) == 43
    assert value.isalnum()
    others = [
        generated(b"k" * 32, 1.6, "shop", "db", "password"),
        generated(b"j" * 32, 1.5, "shop", "db", "password"),
        generated(b"k" * 32, 1.5, "shop", "db", "user"),
        generated(b"k" * 32, 1.5, "shop", "d", "bpassword"),
    ]
    assert len({value, *others}) == 5


def test_the_subject_of_a_request() -> None:
    assert subject(REQUEST) == [("O", "developers"), ("O", "qa"), ("CN", "dev-1")]


@pytest.mark.parametrize("data", [b"", b"hello", REQUEST[:200] + b"-----END", REQUEST.replace(b"MI", b"AA")])
def test_what_is_no_request(data: bytes) -> None:
    with pytest.raises(ValueError, match="certificate signing request"):
        subject(data)


def request(**spec: object) -> Manifest:
    return {"kind": "CertificateSigningRequest", "metadata": {"name": "r", "uid": "u"}, "spec": spec}


def test_decisions() -> None:
    live = request(signerName="kubernetes.io/kube-apiserver-client")
    assert decided(live) == ""
    approved = answered(live, "Approved")
    assert decided(approved) == "Approved"
    assert approved["spec"] == live["spec"]
    assert decided(answered(live, "Denied")) == "Denied"


def test_an_approval_says_as_whom_it_logs_in() -> None:
    live = request(signerName="kubernetes.io/kube-apiserver-client", request=base64.b64encode(REQUEST).decode())
    assert "O=developers, O=qa, CN=dev-1" in dangers(live)[0]
    assert dangers(request(signerName="example.com/other")) == []
