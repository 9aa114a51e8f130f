"""Where no cluster can be had its tests are left out loudly; where `make test` was to build one they fail."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import kube
from tests.support.cluster import build
from tests.support.llama_build import CannotBuild

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def nothing_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTERISM_TEST_CACHE", str(tmp_path))
    for name in (kube.GIVEN, "ASTERISM_TEST_HEAVY"):
        monkeypatch.delenv(name, raising=False)


def run_tests() -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "pytest", "tests/kube/test_kube_snapshot.py"]
    return subprocess.run(words, cwd=kube.ROOT, capture_output=True, text=True, check=False, env=os.environ)


def test_the_summary_says_why_they_did_not_run() -> None:
    ran = run_tests()
    assert ran.returncode == 0
    assert "3 skipped" in ran.stdout
    assert "THE CLUSTER TESTS DID NOT RUN: " in ran.stdout


@pytest.mark.skipif(bool(build.why_not()), reason="no cluster can be had on this machine")
def test_they_fail_where_it_should_have_been_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTERISM_TEST_HEAVY", "1")
    ran = run_tests()
    assert ran.returncode == 1
    assert "Kubernetes is not built: `make heavy` builds it" in ran.stdout


def test_starting_says_what_is_missing() -> None:
    with pytest.raises(kube.CannotStart), kube.start():
        raise AssertionError("it started")


def test_without_the_tools_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "why_not", str)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CannotBuild, match=r"missing: go dpkg-source etcd"):
        build.build(io.StringIO())


def test_other_systems_are_told_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "needs Linux" in build.missing()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "needs root" in build.missing()
