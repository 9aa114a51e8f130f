"""What is built once: found when it is there, refused with the next step when it cannot be built, never built twice."""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support import llama_build, tiny_gguf


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTERISM_TEST_CACHE", str(tmp_path / "cache"))


def pretend() -> Path:
    (llama_build.folder() / "bin").mkdir(parents=True)
    (llama_build.folder() / "complete").touch()
    return llama_build.folder() / "bin" / "python"


def test_a_build_that_was_not_finished_is_none() -> None:
    assert llama_build.interpreter() is None
    (llama_build.folder() / "bin").mkdir(parents=True)
    assert llama_build.interpreter() is None


def test_what_is_built_is_not_built_again() -> None:
    python = pretend()
    said = io.StringIO()
    assert llama_build.build(said) == python
    assert said.getvalue() == ""


def test_without_a_compiler_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(llama_build.CannotBuild, match=r"apt-get install cmake g\+\+"):
        llama_build.build(io.StringIO())


def test_a_second_builder_waits_for_the_first() -> None:
    llama_build.cache().mkdir(parents=True)
    said, waits = io.StringIO(), threading.Event()

    class Telling(io.StringIO):
        def write(self, text: str) -> int:
            waits.set()
            return said.write(text)

    with (llama_build.cache() / "llama.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found: list[Path] = []
        second = threading.Thread(target=lambda: found.append(llama_build.build(Telling())))
        second.start()
        assert waits.wait(30)
        python = pretend()
    second.join(30)
    assert found == [python]
    assert "waiting for it" in said.getvalue()


def test_its_exit_code_says_whether_it_is_there() -> None:
    def built() -> bool:
        words = [sys.executable, "-m", "tests.support.llama_build", "--built"]
        return subprocess.run(words, check=False, env=os.environ).returncode == 0

    assert not built()
    pretend()
    assert built()


def test_the_tiny_model_is_the_same_at_every_call(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        tiny_gguf.make(tmp_path / name, seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()
    assert (tmp_path / "a").read_bytes().startswith(b"GGUF")
    assert (tmp_path / "a").stat().st_size < 200_000
