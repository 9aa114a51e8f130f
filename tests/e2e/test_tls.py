"""TLS with a certificate of one's own: REST, the command line and a device, and whoever does not trust it."""

from __future__ import annotations

import json
import ssl
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.support.processes import eventually, processes

pytestmark = pytest.mark.slow


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that signs itself, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", *curve, "-days", "2", *names, "-keyout", str(key), "-out", str(cert)]
    subprocess.run(made, check=True, capture_output=True)
    return cert, key


def test_all_speak_tls_with_a_certificate_of_ones_own(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    with processes(tmp_path) as system:
        system.extra |= {"ASTERISM_TLS_CERT": str(cert), "ASTERISM_TLS_KEY": str(key)}
        system.up()
        url = f"https://localhost:{system.port}"
        stranger = system.start("devices", "--url", url)
        assert stranger.ended() == 3
        assert "is not trusted" in stranger.said
        assert "[bad_certificate]" in stranger.said
        system.extra["SSL_CERT_FILE"] = str(cert)
        (tmp_path / "work").mkdir()
        places = ["--workspace", str(tmp_path / "work"), "--state-dir", str(tmp_path / "state")]
        system.start("device", "server", "--name", "alpha", "--url", url, *places)
        with httpx2.Client(base_url=url, verify=ssl.create_default_context(cafile=str(cert))) as client:
            eventually(lambda: bool(client.get("/v1/devices").json()["devices"]), "alpha is not there")
        found = system.start("devices", "--url", url, "--json")
        assert found.ended() == 0, found.said
        assert [one["name"] for one in json.loads(found.answered)["devices"]] == ["alpha"]
        with pytest.raises(httpx2.HTTPError):
            httpx2.get(f"http://localhost:{system.port}/livez")
