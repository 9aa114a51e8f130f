"""Secrets in environments: in plain text or by reference, and what only looks like one."""

from __future__ import annotations

import pytest

from tests.tools.kube.audits.worlds import container, deployment, found, world
from tools.kube.audits.checks import CHECKS
from tools.kube.audits.hits import Scope
from tools.kube.audits.secret_env import plain
from tools.kube.audits.telling import told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "hunter2"),
        ("PGPASSWORD", "123456"),
        ("MYSQL_PWD", "x1"),
        ("SMTP_PASS", "w"),
        ("smtpPass", "w"),
        ("API_KEY", "abc"),
        ("STRIPE_SECRET_KEY", "abc"),
        ("AWS_SECRET_ACCESS_KEY", "abc"),
        ("GITHUB_TOKEN", "abc"),
        ("TOKEN_2", "abc"),
        ("CLIENT_SECRET", "abc"),
        ("DB_CREDENTIALS", "a:b"),
        ("DATABASE_URL", "postgres://app:hunter2@db/shop"),
        ("JAVA_OPTS", "-Xmx1g -Ddb.password=hunter2"),
        ("CERT", "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"),
    ],
)
def test_plain(name: str, value: str) -> None:
    assert plain(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_HOST", "db"),
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD", "$(FROM_ELSEWHERE)"),
        ("DATABASE_URL", "postgres://$(DB_USER):$(DB_PASSWORD)@db/shop"),
        ("DATABASE_URL", "postgres://db/shop"),
        ("DB_PASSWORD_FILE", "/run/secrets/db"),
        ("PRIVATE_KEY", "/etc/tls/tls.key"),
        ("TOKEN_TTL", "3600"),
        ("MAX_TOKENS", "4096"),
        ("PASSWORD_MIN_LENGTH", "8"),
        ("SECRET_NAME", "db-login"),
        ("ALLOW_EMPTY_PASSWORD", "yes"),
        ("COMPASS", "north"),
        ("BYPASS", "everything"),
        ("PUBLIC_KEY", "abc"),
        ("CACHE_KEY", "v1"),
        ("TOKEN", "https://issuer.example/token"),
    ],
)
def test_not_plain(name: str, value: str) -> None:
    assert not plain(name, value)


def test_references_are_told_apart() -> None:
    reference = {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}
    other = {"name": "DB_PASSWORD", "valueFrom": {"configMapKeyRef": {"name": "db", "key": "password"}}}
    objects = [
        deployment("plain", container(env=[{"name": "DB_PASSWORD", "value": "hunter2"}])),
        deployment("by-key", container(env=[reference])),
        deployment("all-keys", container(envFrom=[{"secretRef": {"name": "db"}}])),
        deployment("fine", container(env=[other], envFrom=[{"configMapRef": {"name": "db"}}])),
        deployment("init", initContainers=[container("i", env=[{"name": "TOKEN", "value": "abc"}])]),
    ]
    both = {("plain", "plain"), ("by-key", "reference"), ("all-keys", "reference"), ("init", "plain")}
    assert found("secrets_in_env", *objects) == both
    assert found("plain_secrets", *objects) == {("plain", "plain"), ("init", "plain")}
    assert found("secret_references", *objects) == {("by-key", "reference"), ("all-keys", "reference")}


def test_no_value_is_told() -> None:
    web = deployment("web", container(env=[{"name": "DB_PASSWORD", "value": "hunter2"}]))
    hits = CHECKS["plain_secrets"].hits(world(web), Scope())
    text = told({"plain_secrets": hits}, CHECKS, Scope(), (), ())
    assert "DB_PASSWORD" in text
    assert "hunter2" not in f"{text}{hits}"
