"""Contents go in by pieces, survive interruptions, and have their name only when they are whole."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.artifacts import ArtifactError, ArtifactFiles, Incoming

DATA = bytes(range(256)) * 5000
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def files(tmp_path: Path) -> ArtifactFiles:
    return ArtifactFiles(tmp_path / "artifacts")


def begin(files: ArtifactFiles, sha256: str = SHA256, size: int = len(DATA)) -> Incoming:
    incoming = files.begin(sha256, size)
    assert incoming is not None
    return incoming


def resumes_at(files: ArtifactFiles, sha256: str = SHA256, size: int = len(DATA)) -> int:
    incoming = begin(files, sha256, size)
    incoming.close()
    return incoming.offset


def store(files: ArtifactFiles, data: bytes = DATA) -> None:
    incoming = begin(files, hashlib.sha256(data).hexdigest(), len(data))
    incoming.write(data)
    incoming.finish()


def code(caught: pytest.ExceptionInfo[ArtifactError]) -> str:
    return caught.value.code


def test_a_content_goes_in_by_pieces_and_comes_out_whole(files: ArtifactFiles) -> None:
    incoming = begin(files)
    for start in range(0, len(DATA), 100_000):
        assert incoming.offset == start
        incoming.write(DATA[start : start + 100_000])
    assert not files.has(SHA256)
    incoming.finish()
    outgoing = files.open(SHA256)
    assert outgoing.size == len(DATA)
    assert b"".join(iter(lambda: outgoing.read(70_000), b"")) == DATA
    outgoing.close()


def test_reading_begins_at_an_offset(files: ArtifactFiles) -> None:
    store(files)
    outgoing = files.open(SHA256, len(DATA) - 10)
    assert outgoing.read_at(5, 3) == DATA[5:8]
    assert outgoing.read() == DATA[-10:]
    outgoing.close()
    end = files.open(SHA256, len(DATA))
    assert end.read() == b""
    end.close()
    with pytest.raises(ArtifactError) as caught:
        files.open(SHA256, len(DATA) + 1)
    assert code(caught) == "bad_offset"


def test_a_content_that_is_here_is_not_taken_again(files: ArtifactFiles) -> None:
    store(files)
    assert files.begin(SHA256, len(DATA)) is None


def test_an_empty_content_is_a_content(files: ArtifactFiles) -> None:
    store(files, b"")
    assert files.has(hashlib.sha256(b"").hexdigest())


def test_a_broken_transfer_goes_on_where_it_was(files: ArtifactFiles) -> None:
    incoming = begin(files)
    incoming.write(DATA[:300_000])
    incoming.close()
    incoming.close()
    again = begin(files)
    assert again.offset == 300_000
    again.write(DATA[300_000:])
    again.finish()
    assert files.has(SHA256)


def test_a_transfer_goes_on_after_its_receiver_was_killed(files: ArtifactFiles, tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from storage.artifacts import ArtifactFiles\n"
        f"incoming = ArtifactFiles(Path({str(tmp_path / 'artifacts')!r})).begin({SHA256!r}, {len(DATA)})\n"
        "incoming.write((bytes(range(256)) * 5000)[:123_456])\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], check=False)
    assert ended.returncode == -signal.SIGKILL
    again = begin(files)
    assert again.offset == 123_456
    again.write(DATA[123_456:])
    again.finish()


def test_a_wrong_hash_leaves_nothing(files: ArtifactFiles, tmp_path: Path) -> None:
    incoming = begin(files)
    incoming.write(DATA[:-1] + b"x")
    with pytest.raises(ArtifactError) as caught:
        incoming.finish()
    assert code(caught) == "hash_mismatch"
    assert [path for path in (tmp_path / "artifacts").rglob("*") if path.is_file()] == []
    assert resumes_at(files) == 0


def test_leftovers_that_are_too_long_are_thrown_away(files: ArtifactFiles) -> None:
    incoming = begin(files)
    incoming.write(DATA)
    incoming.close()
    assert resumes_at(files, SHA256, 1000) == 0


def test_more_than_was_announced_is_refused(files: ArtifactFiles) -> None:
    incoming = begin(files, SHA256, 10)
    with pytest.raises(ArtifactError) as caught:
        incoming.write(bytes(11))
    assert code(caught) == "artifact_too_large"
    assert incoming.offset == 0
    incoming.close()


def test_less_than_was_announced_is_not_finished(files: ArtifactFiles) -> None:
    incoming = begin(files)
    incoming.write(DATA[:10])
    with pytest.raises(ArtifactError) as caught:
        incoming.finish()
    assert code(caught) == "bad_offset"
    incoming.close()


@pytest.mark.parametrize("size", [101, -1])
def test_the_limit_holds(tmp_path: Path, size: int) -> None:
    with pytest.raises(ArtifactError) as caught:
        ArtifactFiles(tmp_path, limit_bytes=100).begin(SHA256, size)
    assert code(caught) == "artifact_too_large"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "/" * 64])
def test_only_a_hash_is_a_name(files: ArtifactFiles, name: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        files.begin(name, 1)
    assert code(caught) == "artifact_unknown"
    with pytest.raises(ArtifactError):
        files.open(name)


def test_an_unknown_content_is_not_opened(files: ArtifactFiles) -> None:
    with pytest.raises(ArtifactError) as caught:
        files.open(SHA256)
    assert code(caught) == "artifact_unknown"


def test_one_content_has_one_writer_at_a_time(files: ArtifactFiles) -> None:
    first = begin(files)
    with pytest.raises(ArtifactError) as caught:
        files.begin(SHA256, len(DATA))
    assert code(caught) == "artifact_busy"
    assert files.came(SHA256) == 0
    first.write(DATA)
    assert files.came(SHA256) == len(DATA)
    first.finish()
    assert files.came(SHA256) == 0
    assert files.begin(SHA256, len(DATA)) is None


def test_an_ended_transfer_takes_nothing(files: ArtifactFiles) -> None:
    incoming = begin(files)
    incoming.close()
    with pytest.raises(ArtifactError) as caught:
        incoming.write(b"x")
    assert code(caught) == "storage_unavailable"


def test_removing(files: ArtifactFiles) -> None:
    store(files)
    assert files.remove(SHA256)
    assert not files.has(SHA256)
    assert not files.remove(SHA256)
    incoming = begin(files)
    incoming.write(DATA[:10])
    incoming.close()
    assert not files.remove(SHA256)
    assert resumes_at(files) == 0


def test_sweeping_removes_old_parts_only(files: ArtifactFiles) -> None:
    store(files)
    for age, word in ((100.0, b"old"), (300.0, b"new")):
        incoming = begin(files, hashlib.sha256(word).hexdigest(), 10)
        incoming.write(word)
        incoming.close()
        part = files.path(hashlib.sha256(word).hexdigest())
        os.utime(part.with_name(part.name + ".part"), (age, age))
    assert files.sweep(before=200.0) == 1
    assert resumes_at(files, hashlib.sha256(b"new").hexdigest(), 10) == 3
    assert resumes_at(files, hashlib.sha256(b"old").hexdigest(), 10) == 0
    assert files.has(SHA256)


@pytest.fixture
def short_files() -> Iterator[None]:
    """Files of this process may have 100,000 bytes: a write beyond is cut short, then fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("short_files")
def test_a_write_that_fails_half_way_is_taken_back(files: ArtifactFiles) -> None:
    incoming = begin(files)
    incoming.write(DATA[:90_000])
    with pytest.raises(ArtifactError) as caught:
        incoming.write(DATA[90_000:200_000])
    assert code(caught) == "storage_unavailable"
    assert incoming.offset == 90_000
    incoming.close()
    again = begin(files)
    assert again.offset == 90_000
    again.close()


def test_a_folder_that_cannot_be_made_is_named_as_a_storage_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError) as caught:
        ArtifactFiles(tmp_path / "file").begin(SHA256, 10)
    assert code(caught) == "storage_unavailable"
