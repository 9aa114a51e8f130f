"""Sample data for the demonstration: what small servers and a workstation have lying about. The same at every run."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

SERVERS = ("alpha", "beta", "gamma")
WORKSTATION = "workstation"
_START = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
_SERVICES = {
    "checkout": ("payment gateway timed out", "card declined by issuer", "cart total does not match"),
    "inventory": ("stock level below zero", "warehouse feed is late"),
    "auth": ("token signature is invalid", "too many attempts from one address"),
    "mailer": ("relay refused the message", "template not found: order-shipped"),
}
_CALM = ("request served", "cache refreshed", "session opened", "health check passed", "job finished")


def populate(folder: Path, name: str) -> None:
    """Fill a device's workspace; existing files are written anew."""
    random = Random(f"asterism-{name}")
    if name == WORKSTATION:
        _workstation(folder, random)
        return
    for service in _SERVICES:
        _write(folder / "logs" / f"{service}.log", _log(random, service))
    _write(folder / "etc" / "app.conf", f"host={name}\nworkers={random.randint(2, 8)}\nlog_level=info\n")
    _write(folder / "data" / "orders.csv", _orders(random, name))
    release = {"service": "shop", "version": f"1.{random.randint(3, 9)}.0", "host": name}
    _write(folder / "data" / "release.json", json.dumps(release, indent=2) + "\n")


def _log(random: Random, service: str) -> str:
    at, lines = _START, []
    for _ in range(random.randint(300, 500)):
        at += timedelta(seconds=random.randint(3, 90))
        kind = random.random()
        level = "ERROR" if kind < 0.05 else "WARN" if kind < 0.12 else "INFO"
        text = random.choice(_CALM if level == "INFO" else _SERVICES[service])
        lines.append(f"{at:%Y-%m-%dT%H:%M:%SZ} {level} {service}: {text} (request {random.randint(10_000, 99_999)})")
    return "\n".join(lines) + "\n"


def _orders(random: Random, name: str) -> str:
    rows = [
        f"{name}-{number:05},c{random.randint(1, 80):03},{random.randint(500, 25_000) / 100:.2f},EUR"
        for number in range(200)
    ]
    return "\n".join(["order,customer,amount,currency", *rows]) + "\n"


def _workstation(folder: Path, random: Random) -> None:
    _write(folder / "notes" / "todo.md", "# To do\n\n- read last night's errors\n- renew the certificate of beta\n")
    _write(folder / "notes" / "servers.md", "# Servers\n\nalpha, beta and gamma run the shop.\n")
    (folder / "reports").mkdir(parents=True, exist_ok=True)
    budget = "\n".join(f"{month},{random.randint(900, 1500)}" for month in ("sep", "oct", "nov"))
    _write(folder / "documents" / "budget.csv", f"month,eur\n{budget}\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
