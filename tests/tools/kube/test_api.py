"""Whose request it is."""

from __future__ import annotations

from typing import cast

from kubernetes.aio.client import ApiClient

from tools.kube.api import Api, impersonation

DEVICE = (*impersonation("device", ["system:masters"]), ("Impersonate-Uid", "1"), ("Impersonate-Extra-Scope", "all"))


def test_another_identity_leaves_nothing_of_the_one_before() -> None:
    api = Api(cast("ApiClient", None), (*DEVICE, ("User-Agent", "asterism")))
    assert api.with_headers(impersonation("ann", [])).headers == (
        ("User-Agent", "asterism"),
        ("Impersonate-User", "ann"),
    )


def test_other_headers_leave_the_identity() -> None:
    api = Api(cast("ApiClient", None), DEVICE)
    assert api.with_headers((("User-Agent", "asterism"),)).headers == (*DEVICE, ("User-Agent", "asterism"))
