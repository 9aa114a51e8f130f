"""No secret value leaves."""

from __future__ import annotations

import json

import pytest

from tools.kube.objects import Manifest
from tools.kube.secrecy import HIDDEN, LAST_APPLIED, hidden, masked

CANARY = "c4n4ry-Zx81qP"


@pytest.mark.parametrize(
    "manifest",
    [
        {"kind": "Secret", "data": {"password": CANARY}, "stringData": {"x": CANARY}},
        {"kind": "Secret", "type": "helm.sh/release.v1", "data": {"release": CANARY}},
        {"kind": "Pod", "spec": {"containers": [{"env": [{"name": "DB_PASSWORD", "value": CANARY}]}]}},
        {"kind": "Pod", "spec": {"containers": [{"env": [{"name": "apiKey", "value": CANARY}]}]}},
        {"kind": "ConfigMap", "metadata": {"annotations": {LAST_APPLIED: f'{{"data": "{CANARY}"}}'}}},
        {"kind": "ConfigMap", "data": {"password": CANARY}},
        {"kind": "ConfigMap", "data": {"app.conf": f"user = a\npassword = {CANARY}\n"}},
        {"kind": "ConfigMap", "data": {"url": f"postgres://me:{CANARY}@db/x"}},
        {"kind": "Pod", "spec": {"containers": [{"args": [f"--token={CANARY}"]}]}},
        {"kind": "Pod", "spec": {"containers": [{"args": ["--password", CANARY]}]}},
        {"kind": "Pod", "spec": {"containers": [{"command": ["run", "-api-key"], "args": [CANARY]}]}},
        {"kind": "Pod", "spec": {"containers": [{"command": ["mysql", f"-p{CANARY}"]}]}},
        {"kind": "Pod", "spec": {"containers": [{"command": ["/usr/bin/mysqldump"], "args": [f"-p{CANARY}"]}]}},
        {"kind": "Pod", "spec": {"containers": [{"image": "mariadb:11", "args": [f"-p{CANARY}"]}]}},
        {"kind": "Pod", "spec": {"containers": [{"command": ["sh", "-c", f"mysql -u root -p{CANARY} -e x"]}]}},
        {"kind": "Pod", "spec": {"containers": [{"command": ["sh", "-c", f"run --password {CANARY} --x"]}]}},
        {"kind": "Pod", "spec": {"livenessProbe": {"exec": {"command": ["redis", "--token", CANARY]}}}},
        {"kind": "Thing", "spec": {"passwords": [CANARY, CANARY]}},
        {"kind": "SecretList", "items": [{"data": {"x": CANARY}}]},
        {"kind": "List", "items": [{"kind": "Secret", "data": {"x": CANARY}}]},
        {"kind": "Thing", "spec": {"template": {"kind": "Secret", "stringData": {"x": CANARY}}}},
        {"kind": "Thing", "spec": {"auth": {"clientSecret": CANARY}}},
    ],
)
def test_secret_values_are_hidden(manifest: Manifest) -> None:
    text = json.dumps(masked(manifest))
    assert CANARY not in text
    assert HIDDEN in text


@pytest.mark.parametrize(
    "manifest",
    [
        {"kind": "Pod", "spec": {"volumes": [{"secret": {"secretName": "tls-cert"}}]}},
        {"kind": "Pod", "spec": {"imagePullSecrets": [{"name": "registry"}]}},
        {"kind": "Pod", "spec": {"env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]}},
        {"kind": "Pod", "spec": {"automountServiceAccountToken": False}},
        {"kind": "Deployment", "metadata": {"name": "token-service"}, "spec": {"replicas": 2}},
        {"kind": "Pod", "spec": {"containers": [{"args": ["--password-file", "/run/pw", "--token", "--verbose"]}]}},
        {"kind": "Pod", "spec": {"containers": [{"args": ["--password", "$(DB_PASSWORD)", "-p", "80", "-p8080"]}]}},
        {"kind": "Pod", "spec": {"containers": [{"command": ["sh", "-c", "run --secret-name tls --port 80"]}]}},
        {"kind": "Role", "rules": [{"resources": ["secrets"], "verbs": ["get"]}]},
    ],
)  # fmt: skip
def test_what_only_names_a_secret_stays(manifest: Manifest) -> None:
    assert masked(manifest) == manifest


def test_the_original_is_left_alone() -> None:
    manifest = {"kind": "Secret", "data": {"a": CANARY}}
    masked(manifest)
    assert manifest["data"] == {"a": CANARY}


@pytest.mark.parametrize(
    "line",
    [
        f"login with password={CANARY} failed",
        f'{{"token": "{CANARY}"}}',
        f"connecting to amqp://svc:{CANARY}@mq:5672",
        f"API_KEY: {CANARY}",
        f"the password is not-{CANARY}",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0." + CANARY,
        f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_log_lines(line: str) -> None:
    assert CANARY not in hidden(line)


@pytest.mark.parametrize(
    "line",
    [
        "GET /health 200",
        "secret db-creds not found",
        "token expired",
        "pulling image x:1",
        "DB_PASSWORD is not set",
        'secrets is forbidden: User "dev" cannot list resource "secrets"',
    ],
)
def test_ordinary_lines_stay(line: str) -> None:
    assert hidden(line) == line
