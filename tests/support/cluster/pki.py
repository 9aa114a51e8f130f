"""Keys and certificates of a cluster, and kubeconfigs for any user and groups.

openssl's program makes them, on the curve P-256: a certificate takes about 10 ms. Everything is made anew with each
cluster and goes with it.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.cluster.layout import API_SERVICE, NODE, Layout

DAYS = "3650"
_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


@dataclass(frozen=True)
class Authority:
    """The certificate authority that lies in `folder` as ca.crt and ca.key."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Authority:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _openssl(folder, "req", "-x509", *_KEY, "-days", DAYS, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=ca")
        return cls(folder)

    def issue(self, name: str, subject: str, alternative: str = "") -> None:
        """Writes `name`.crt and `name`.key, good for both ends of a connection. `alternative` is a subjectAltName."""
        extensions = ["extendedKeyUsage=serverAuth,clientAuth", "basicConstraints=CA:FALSE"]
        if alternative:
            extensions.append(f"subjectAltName={alternative}")
        added = [word for extension in extensions for word in ("-addext", extension)]
        made = ["-keyout", f"{name}.key", "-out", f"{name}.crt", "-days", DAYS]
        authority = ["-CA", "ca.crt", "-CAkey", "ca.key"]
        _openssl(self.folder, "req", "-x509", *_KEY, *authority, *made, "-subj", subject, *added)

    def kubeconfig(self, name: str, server: str, *, namespace: str = "default") -> str:
        """The text of a kubeconfig that logs in with the certificate `name`; JSON, which is YAML as well."""
        user = {"client-certificate-data": self._data(f"{name}.crt"), "client-key-data": self._data(f"{name}.key")}
        cluster = {"server": server, "certificate-authority-data": self._data("ca.crt")}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": name, "namespace": namespace}}],
            "current-context": "test",
        }
        return json.dumps(content, indent=1)

    def _data(self, file: str) -> str:
        return base64.b64encode((self.folder / file).read_bytes()).decode()


def subject(user: str, groups: Sequence[str] = ()) -> str:
    """The certificate's subject that Kubernetes reads as this user in these groups."""
    parts = [*(f"O={_escaped(group)}" for group in groups), f"CN={_escaped(user)}"]
    return "/" + "/".join(parts)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("/", "\\/").replace("+", "\\+")


def make_all(layout: Layout) -> Authority:
    """What the components of a cluster need: its authority, a certificate each, their kubeconfigs."""
    authority = Authority.make(layout.pki)
    address = f"IP:{layout.node_address}"
    names = f"DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:{API_SERVICE},{address}"
    authority.issue("apiserver", subject("kube-apiserver"), names)
    authority.issue("kubelet-client", subject("kube-apiserver-kubelet-client", ["system:masters"]))
    authority.issue("admin", subject("admin", ["system:masters"]))
    authority.issue("controller-manager", subject("system:kube-controller-manager"))
    authority.issue("scheduler", subject("system:kube-scheduler"))
    authority.issue("kubelet", subject(f"system:node:{NODE}", ["system:nodes"]), f"DNS:{NODE},{address}")
    for name in ("admin", "controller-manager", "scheduler", "kubelet"):
        write_private(layout.kubeconfig(name), authority.kubeconfig(name, layout.server))
    _openssl(layout.pki, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "service-accounts.key")
    _openssl(layout.pki, "ec", "-in", "service-accounts.key", "-pubout", "-out", "service-accounts.pub")
    return authority


def write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _openssl(folder: Path, *arguments: str) -> None:
    made = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed: {made.stderr}")
