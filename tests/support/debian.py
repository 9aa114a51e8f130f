"""A Debian machine in a folder: nothing is installed, and its repository has packages that were made on the spot."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

FOLDERS = ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/trusted.gpg.d", "etc/apt/sources.list.d",
           "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/lib/dpkg/updates", "var/lib/dpkg/info",
           "var/log/apt", "usr/share", "usr/lib/apt", "tmp")  # fmt: skip


def package(
    folder: Path, name: str, version: str, depends: str = "", scripts: Mapping[str, str] = MappingProxyType({})
) -> bytes:
    """Build a package, with its maintainer's `scripts` by name; its paragraph of the repository's list."""
    tree = folder / f"{name}-{version}"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr/share" / name).mkdir(parents=True)
    (tree / "usr/share" / name / "hello").write_text(version)
    control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: nobody <n@example.org>\n"
    control += (f"Depends: {depends}\n" if depends else "") + f"Description: the {name} of a test\n"
    (tree / "DEBIAN/control").write_text(control)
    for called, text in scripts.items():
        (tree / "DEBIAN" / called).write_text(text)
        (tree / "DEBIAN" / called).chmod(0o755)
    file = folder / f"{name}_{version}_all.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, file], check=True, capture_output=True)
    data = file.read_bytes()
    facts = f"Filename: ./{file.name}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n\n"
    return control.encode() + facts.encode()


def furnish(root: Path, repository: Path) -> None:
    """The folders that dpkg and apt expect, and the repository as the machine's only source."""
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "var/lib/dpkg/status").touch()
    os.symlink("/usr/lib/apt/methods", root / "usr/lib/apt/methods")
    repository.mkdir()
    (root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:{repository} ./\n")


def with_shell(root: Path) -> None:
    """A shell in the machine, with its libraries: packages' own scripts run with the folder for their root."""
    shell = Path("/bin/sh").resolve()
    linked = subprocess.run(["ldd", shell], check=True, capture_output=True, text=True).stdout
    for place in ("/bin/sh", *re.findall(r"(/\S+)", linked)):
        target = root / place.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shell if place == "/bin/sh" else place, target)
