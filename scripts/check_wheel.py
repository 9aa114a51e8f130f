"""Looks into a wheel: our six packages with every file that they have, the licence, the command, and nothing else.

python scripts/check_wheel.py WHEEL [ROOT]      exit 0 when it is whole, 1 with one line a finding
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

OURS = ("agents", "devices", "orchestrator", "protocol", "storage", "tools")
COMMAND = "asterism = orchestrator.cli.main:main"


def main(wheel: Path, root: Path) -> int:
    with zipfile.ZipFile(wheel) as archive:
        findings = list(examine(archive, root))
    for finding in findings:
        sys.stdout.write(f"{wheel.name}: {finding}\n")
    return 1 if findings else 0


def examine(archive: zipfile.ZipFile, root: Path) -> Iterator[str]:
    """One sentence for each thing that is missing or too much."""
    names = set(archive.namelist())
    for name in sorted(sources(root) - names):
        yield f"{name} is missing: is its kind of file in package-data (pyproject.toml)?"
    for name in sorted(names - sources(root)):
        if not PurePosixPath(name).parts[0].endswith(".dist-info"):
            yield f"{name} is none of ours"
    for end in ("licenses/LICENSE", "METADATA", "entry_points.txt"):
        if not any(name.endswith(f".dist-info/{end}") for name in names):
            yield f"{end} is missing"
    if COMMAND not in "".join(archive.read(name).decode() for name in names if name.endswith("entry_points.txt")):
        yield f"the command is missing: {COMMAND}"


def sources(root: Path) -> set[str]:
    """The files of our packages, by their path from the root."""
    files = (path for package in OURS for path in (root / package).rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix() for path in files if "__pycache__" not in path.parts}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else ".").resolve()))
