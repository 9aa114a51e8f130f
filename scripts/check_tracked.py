"""Looks at what git tracks: no file over 1 MB, no package registry's address, no path of one machine.

    python scripts/check_tracked.py [ROOT]      exit 0 when clean, 1 with one line a finding

The patterns are written so that this file does not match itself.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

MAX_BYTES = 1_000_000

PATTERNS = {
    "a package registry's address": re.compile(
        r"p[y]pi\.org|python[h]osted\.org|registry\.n[p]mjs|deb\.d[e]bian\.org"
        r"|--(?:extra-)?inde[x]-url|^\s*regis[t]ry\s*=\s*[\"']?http|\"re[s]olved\": *\"http",
        re.MULTILINE,
    ),
    "a path of one machine": re.compile(r"(?<![\w.~:*}-])/w[o]rk/|/tmp/v[e]nv|/root/\.p[y]env|/home/[\w.-]+/\.venv"),
}


def main(root: Path) -> int:
    findings = [finding for path in tracked(root) for finding in examine(path, root)]
    for finding in findings:
        sys.stdout.write(f"{finding}\n")
    sys.stdout.write(f"Tracked files: {len(findings)} findings.\n")
    return 1 if findings else 0


def tracked(root: Path) -> list[Path]:
    """The files that git tracks and that are there. Raises CalledProcessError outside a git checkout."""
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], check=True, capture_output=True).stdout
    paths = (root / name for name in listed.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def examine(path: Path, root: Path) -> Iterator[str]:
    """One sentence for each thing that is wrong with this file."""
    content = path.read_bytes()
    name = path.relative_to(root)
    if len(content) > MAX_BYTES:
        yield f"{name}: {len(content)} bytes; the limit is {MAX_BYTES}"
    text = content.decode("utf-8", errors="replace")
    for what, pattern in PATTERNS.items():
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield f"{name}:{line}: {what}: {match[0].strip()}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
