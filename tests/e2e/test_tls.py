"""TLS with a certificate of one's own: REST, the command line and a device, and whoever does not trust it."""

from __future__ import annotations

import json
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.processes import eventually, processes

pytestmark = pytest.mark.slow


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    others = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(others, critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return files


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
