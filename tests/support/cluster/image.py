"""Image archives made of the machine's own static busybox, so that no registry is needed.

The archive has the form of `docker save`: one layer, its configuration, and a manifest that names both by digest.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import shutil
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def write(path: Path, images: dict[str, Sequence[str]]) -> None:
    """One archive with an image for each reference; the value is its entrypoint. Raises FileNotFoundError."""
    layer = _layer()
    layer_name = f"{_digest(layer)}.tar"
    manifest = []
    files = {layer_name: layer}
    for reference, entrypoint in images.items():
        configuration = _configuration(layer, entrypoint)
        name = f"{_digest(configuration)}.json"
        files[name] = configuration
        manifest.append({"Config": name, "RepoTags": [reference], "Layers": [layer_name]})
    files["manifest.json"] = json.dumps(manifest).encode()
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            _add_file(archive, name, content, 0o644)


def _layer() -> bytes:
    program = shutil.which("busybox")
    if program is None:
        raise FileNotFoundError("busybox is not installed (Debian: busybox-static)")
    applets = subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout.split()
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for folder in ("bin", "etc", "home", "tmp", "var"):
            _add_folder(archive, folder, 0o1777 if folder == "tmp" else 0o755)
        _add_file(archive, "bin/busybox", Path(program).read_bytes(), 0o755)
        _add_file(
            archive, "etc/passwd", b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/sh\n", 0o644
        )
        for applet in sorted(set(applets) - {"busybox"}):
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
    return written.getvalue()


def _configuration(layer: bytes, entrypoint: Sequence[str]) -> bytes:
    machine = platform.machine()
    content = {
        "architecture": _ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "config": {"Cmd": list(entrypoint), "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_digest(layer)}"]},
        "history": [],
    }
    return json.dumps(content).encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _add_file(archive: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


def _add_folder(archive: tarfile.TarFile, name: str, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    archive.addfile(entry)
