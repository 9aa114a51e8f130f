"""The skills of a server, loaded when they are called, and which of them cannot be used on this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from tools.deferred import deferred
from tools.host.engines import engines
from tools.host.machine import HostSkill, Machine, program
from tools.registry import Registry

FILE: Final = Path(__file__).with_name("skills.json")
JOURNALS: Final = ("/var/log/journal", "/run/log/journal")


def registry(machine: Machine, *, besides: bool = True) -> Registry:
    """All of them, or without what other kinds of device can do `besides`; see `withheld`."""
    found = Registry()
    for one in deferred(FILE):
        if one.module.startswith("tools.host."):
            found.add(HostSkill(one.spec, one.module, machine))
        elif besides:
            found.add(one)
    return found


def withheld(machine: Machine) -> dict[str, str]:
    """What cannot be used now, by name, and why: a sentence with the next step. It looks at files, and is quick."""
    found: dict[str, str] = {}
    for prefix, why in _missing(machine):
        found.update({name: why for name in names() if name.startswith(prefix) and name not in found})
    return found


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """What is for the machine itself, by name."""
    return tuple(one.spec.name for one in deferred(FILE) if one.module.startswith("tools.host."))


def _missing(machine: Machine) -> Iterator[tuple[str, str]]:
    """Beginnings of names, and what this machine lacks for them."""
    if not services(machine):
        yield "service.", "this device has neither systemd nor init scripts, and its agent supervises nothing"
    if machine.supervisor is None:
        for name in ("service.create", "service.remove"):
            yield name, "this agent supervises no services of its own"
    if not (program("dpkg-query") and program("apt-get")):
        yield "package.", "this device has no dpkg and apt, and other package managers are not known here"
    if not program("useradd") or not program("userdel"):
        yield "user.add", "this device has no `useradd`: its owner installs it (on Debian, the package passwd)"
        yield "user.remove", "this device has no `userdel`: its owner installs it (on Debian, the package passwd)"
    if os.geteuid() != 0 and machine.root == Path("/"):
        why = "this agent is not root: its owner runs it as root, or does this by hand"
        for name in ("package.install", "package.remove", "user.add", "user.remove"):
            yield name, why
    if not program(machine.crontab[0]):
        yield "cron.", "this device has no `crontab`: its owner installs cron"
    if machine.journal is None and not (program("journalctl") and any(map(_filled, map(machine.path, JOURNALS)))):
        yield "journal.", "this device keeps no journal of systemd's: its logs are files, often below /var/log"
    if not engines():
        yield "container.", "this device has no container engine that its agent may speak to"
    from tools.isolation import namespaces

    if not namespaces():
        yield "python.", "this device can make no sandbox: its owner lets the agent's user make namespaces"


def services(machine: Machine) -> bool:
    """Whether anything manages services here."""
    systemd = machine.path("/run/systemd/system").is_dir() and program("systemctl") is not None
    return systemd or machine.supervisor is not None or _filled(machine.path("/etc/init.d"))


def _filled(folder: Path) -> bool:
    """Whether there is anything in a folder that we may look into."""
    try:
        with os.scandir(folder) as found:
            return any(True for _ in found)
    except OSError:
        return False
