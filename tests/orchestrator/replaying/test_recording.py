"""The file of a recorded run: read, written, refused where it is not whole, and without secrets."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

import pytest

from orchestrator.core.redact import redact
from orchestrator.replaying.lines import ChunkLine, FrameLine, Header, PresenceLine
from orchestrator.replaying.recording import Recording, RecordingProblem, read, write
from orchestrator.replaying.tap import MAX_BYTES, RunTap
from protocol.codec import Chunk
from protocol.messages import ArtifactOffer, Dispatch, LogLine, Progress
from tests.support.canaries import Canaries

FOLDER = Path(__file__).parents[2] / "replay"
PLAIN = FOLDER / "plain.jsonl.gz"
RUN = "r1"


def rewritten(tmp_path: Path, lines: list[str]) -> Path:
    path = tmp_path / "one.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


def lines_of(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode().splitlines()


@pytest.mark.parametrize("name", ["one.jsonl", "one.jsonl.gz"])
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    was = read(FOLDER / "data-flow-with-artifacts.jsonl.gz")
    write(was, tmp_path / name)
    now = read(tmp_path / name)
    assert now == was
    assert (tmp_path / name).stat().st_mode & 0o077 == 0, "it is its owner's alone"


def test_the_same_recording_is_the_same_file(tmp_path: Path) -> None:
    for name in ("one.jsonl.gz", "two.jsonl.gz"):
        write(read(PLAIN), tmp_path / name)
    assert (tmp_path / "one.jsonl.gz").read_bytes() == (tmp_path / "two.jsonl.gz").read_bytes()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: lines[:-1], "breaks off"),
        (lambda lines: lines[1:], "does not begin with its header"),
        (lambda lines: [*lines[:5], *lines[6:]], "lines and should have"),
        (lambda lines: [lines[0], lines[0], *lines[1:]], "two headers"),
        (lambda lines: [lines[0].replace('"version": 1', '"version": 2'), *lines[1:]], "has the format 2"),
        (lambda lines: [lines[0].replace('"seed"', '"sown"'), *lines[1:]], "line 1 of"),
        (lambda lines: ["no json", *lines[1:]], "line 1 of"),
        (lambda lines: [one.replace('"seq": 2,', '"seq": 3,') for one in lines], "are missing"),
    ],
)
def test_what_is_no_whole_recording_is_refused(tmp_path: Path, change: object, says: str) -> None:
    assert callable(change)
    with pytest.raises(RecordingProblem, match=says):
        read(rewritten(tmp_path, change(lines_of(PLAIN))))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordingProblem, match=r"none\.jsonl cannot be read: No such file or directory$"):
        read(tmp_path / "none.jsonl")
    (tmp_path / "bad.gz").write_bytes(b"\x1f\x8bnothing of the kind")
    with pytest.raises(RecordingProblem, match="cannot be read"):
        read(tmp_path / "bad.gz")


# --- secrets -------------------------------------------------------------------------------------------------------


def test_no_secret_stands_in_a_file(tmp_path: Path) -> None:
    """In the request, in frames, in events, in model exchanges, in an artifact; known by form, by name or by value."""
    canaries = Canaries(7)
    # Those that the redactor knows alone: what only a sentence or its randomness tells is looked for before a model.
    made = [
        one for one in (canaries.next() for _ in range(60)) if not any(it in redact(one.text) for it in one.secrets)
    ]
    assert len({canary.kind for canary in made}) > 10
    one = read(FOLDER / "planned-by-a-model.jsonl.gz")
    text = "\n".join(canary.text for canary in made) + "\nthe setting's own: swordfish-of-mine"
    one.header = one.header.model_copy(update={"request": one.header.request.model_copy(update={"text": text})})
    message = {
        "type": "log",
        "run": one.header.run,
        "task": "read",
        "attempt": 1,
        "text": text,
        "password": "hunter2hunter2",
    }
    one.frames.append(FrameLine(at=1.0, device="alpha", direction="up", message=message))
    content = base64.b64encode(text.encode()).decode()
    one.frames.append(_chunk(content))
    exchange = one.exchanges[-1]
    one.exchanges.append(
        exchange.model_copy(update={"exchange": {**exchange.exchange, "body": json.dumps({"say": text})}})
    )
    write(one, tmp_path / "one.jsonl", ["swordfish-of-mine"])
    written = (tmp_path / "one.jsonl").read_text()
    secrets = [secret for canary in made for secret in canary.secrets]
    assert [secret for secret in (*secrets, "swordfish-of-mine", "hunter2hunter2", content) if secret in written] == []


def _chunk(data: str) -> ChunkLine:
    return ChunkLine(
        at=1.0, device="alpha", direction="up", transfer="0" * 32, offset=0, size=1, sha256="0" * 64, data=data
    )


def test_what_skills_and_servers_are_called_is_no_secret() -> None:
    one = read(FOLDER / "planned-by-a-model.jsonl.gz")
    assert "[redacted" not in json.dumps(one.header.capabilities)
    assert all("[redacted" not in table.model_dump_json() for table in one.tables.values())


def test_the_recordings_here_name_no_machine_of_ours() -> None:
    # One in two parts, so that this file holds none of what it looks for.
    folders = ("/root/", "/home/", "/wo" + "rk/", "/tmp/")
    for path in sorted(FOLDER.glob("*.jsonl.gz")):
        text = gzip.decompress(path.read_bytes()).decode()
        assert len(path.read_bytes()) < 100_000, path.name
        assert [word for word in folders if f'"{word}' in text] == [], path.name


# --- collecting ----------------------------------------------------------------------------------------------------


def tap() -> RunTap:
    def never(hello: object) -> None:
        raise AssertionError("nobody comes")

    return RunTap(lambda: 100.0, never)  # type: ignore[arg-type]  # it is not called here


def test_only_what_concerns_the_run_is_collected() -> None:
    listening = tap()
    collected = listening.begin(RUN)
    listening.received("alpha", [Progress(run=RUN, task="t", attempt=1), Progress(run="other", task="t", attempt=1)])
    listening.sent("alpha", Dispatch(run=RUN, task="t", attempt=1, epoch=1, skill="x"))  # type: ignore[arg-type]
    listening.sent("alpha", b'{"type":"recorded","run":"other","task":"t","attempt":1}')
    kinds = [line.message["type"] for line in collected.frames if isinstance(line, FrameLine)]
    assert kinds == ["progress", "dispatch"]
    assert listening.end(RUN) is collected
    listening.received("alpha", [Progress(run=RUN, task="t", attempt=1)])
    assert len(collected.frames) == 2


def test_an_artifact_is_kept_whole_where_it_is_small_and_by_its_hash_where_not() -> None:
    listening = tap()
    collected = listening.begin(RUN)
    for transfer, size in (("1" * 32, 5), ("2" * 32, 100_000)):
        offer = ArtifactOffer(transfer=transfer, sha256="0" * 64, size=size, run=RUN, task="t", attempt=1)
        listening.received("alpha", [offer, Chunk(transfer, 0, b"x" * size)])
    chunks = [line for line in collected.frames if isinstance(line, ChunkLine)]
    assert [(line.size, line.data is None) for line in chunks] == [(5, False), (100_000, True)]


def test_a_recording_is_bounded_and_says_what_it_left_out() -> None:
    listening = tap()
    collected = listening.begin(RUN)
    line = LogLine(run=RUN, task="t", attempt=1, text="x" * 7_000)
    for _ in range(MAX_BYTES // 7_000):
        listening.received("alpha", [line])
    assert collected.bytes <= MAX_BYTES // 2
    assert collected.left_out > 0
    listening.sent("alpha", b'{"type":"dispatch","run":"r1","task":"t","attempt":1}')
    assert isinstance(collected.frames[-1], FrameLine)
    assert collected.frames[-1].message["type"] == "dispatch", "what a replay needs has room still"


def test_a_header_alone_is_a_recording_of_nothing() -> None:
    header = Header(asterism="1", run=RUN, at=0.0, request={"text": "x"})  # type: ignore[arg-type]
    empty = Recording(header, presences=[PresenceLine(at=0.0, name="alpha", what="left")])
    assert Recording.of(empty.lines()) == empty
    assert empty.seconds == 0.0
