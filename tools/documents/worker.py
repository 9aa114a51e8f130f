"""A worker: reads one job from a descriptor, does it, says what came of it on stdout as JSON, and ends.

Run as `python -I worker.py DESCRIPTOR`. The job names descriptors, never paths: a worker opens no file of anybody's.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tools.documents.work.jobs import WorkError

DOES = {
    "xlsx.read": ("workbooks", "read"),
    "xlsx.write": ("workbooks", "write"),
    "pdf.read": ("portable", "read"),
    "pdf.write": ("portable", "write"),
    "chart.make": ("drawing", "draw"),
    "html.read": ("markup", "read"),
    "html.write": ("markup", "write"),
}
# What a library loads where it is there, and a job has no use for: loading it would take longer than the work.
UNUSED = {
    "xlsx.read": ("numpy",),
    "xlsx.write": ("numpy",),
    "pdf.write": ("numpy", "cryptography"),
}


def main() -> int:
    with os.fdopen(int(sys.argv[1]), "rb") as file:
        file.seek(0)
        job: dict[str, Any] = json.load(file)
    try:
        said: dict[str, object] = _done(job)
    except WorkError as error:
        said = {"error": error.code, "message": error.message}
    except MemoryError:
        said = {"error": "output_too_large", "message": "it takes more memory than is allowed"}
    sys.stdout.write(json.dumps(said))
    sys.stdout.flush()
    # Libraries of several threads have been seen to end slowly.
    os._exit(0)


def _done(job: dict[str, Any]) -> dict[str, object]:
    module, function = DOES[job["do"]]
    for name in UNUSED.get(job["do"], ()):
        sys.modules[name] = None  # type: ignore[assignment]  # which makes an import of it fail
    work = getattr(importlib.import_module(f"tools.documents.work.{module}"), function)
    streams = {}
    for name, mode in (("source", "rb"), ("target", "r+b")):
        if name in job:
            streams[name] = os.fdopen(job[name], mode)
    found: dict[str, object] = work(*streams.values(), **job["arguments"])
    return found


if __name__ == "__main__":
    sys.exit(main())
