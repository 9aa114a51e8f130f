"""`asterism bench record` and `asterism bench replay`: keep all of a run in a file, and play it again."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from orchestrator.cli.client import Client
from orchestrator.cli.exits import CommandError, Exit
from orchestrator.cli.options import Common
from orchestrator.cli.output import answer, dump, say

if TYPE_CHECKING:
    from orchestrator.core.events import Event
    from orchestrator.core.views import DeviceView
    from orchestrator.replaying.findings import Verdict
    from orchestrator.replaying.recording import Recording
    from orchestrator.settings import Settings

Speed = Annotated[
    Literal["recorded", "fast"], Parameter(help="At the times of the recording, or as fast as it goes (default: fast).")
]


def record(
    *text: Annotated[str, Parameter(help="The request, in plain language.")],
    out: Annotated[Path, Parameter(help="The file to write; .gz compresses it.")],
    run: Annotated[str | None, Parameter(help="A run that is on the record, instead of a new one.")] = None,
    approve: Annotated[
        Literal["ask", "all", "none"] | None, Parameter(help="As of `asterism run` (default: ask).")
    ] = None,
    timeout: Annotated[float | None, Parameter(help="Seconds after which the run is ended.")] = None,
    device: Annotated[tuple[str, ...], Parameter(help="Use only this device; may be repeated.")] = (),
    common: Common | None = None,
) -> int:
    """Run a request and keep all of it in a file: model exchanges, frames and events.

    Frames and exchanges are kept where the orchestrator is one of its own, started for this run; of a run of another
    orchestrator, and of one that is on the record already, only the events are to be had, and the file says so.
    """
    common = common or Common()
    words = " ".join(text).strip()
    if bool(words) == (run is not None):
        raise CommandError("usage", 'Either a request or --run: asterism bench record "which files ..." --out FILE')
    if run is not None:
        return _told(_of_record(run, common), out, Exit.OK, json=common.json)
    from orchestrator.cli import run as runs

    with tempfile.TemporaryDirectory(prefix="asterism-record-") as folder:
        settings = common.load(record_runs=Path(folder)).settings
        wish = runs.Wish(
            words,
            None,
            None,
            approve or settings.policy.approve,
            timeout,
            device,
            plan_only=False,
            json=False,
            jsonl=False,
        )
        code, id = runs.led(runs.limited(wish, settings, None, local_only=False), settings)
        made = Path(folder) / f"{id}.jsonl.gz"
        if made.exists():
            from orchestrator.replaying.recording import read

            return _told(read(made), out, code, json=common.json)
    return _told(_of_record(id, common), out, code, json=common.json)


def replay(
    *files: Annotated[Path, Parameter(help="Recordings, or folders of them.")],
    speed: Speed = "fast",
    common: Common | None = None,
) -> int:
    """Play recorded runs again, without model and devices, and compare step by step. Exit 1 where one departs."""
    from orchestrator.cli.logs import configure

    common = common or Common()
    configure(common.load().settings.log_level)
    if not files:
        raise CommandError("usage", "Name the recordings to replay.")
    verdicts = [_replayed(path, speed, json=common.json) for path in _found(files)]
    same = all(verdict.same for verdict in verdicts)
    if common.json:
        dump({"same": same, "runs": [verdict.model_dump(mode="json") for verdict in verdicts]})
    elif len(verdicts) > 1:
        departed = sum(not verdict.same for verdict in verdicts)
        answer(f"{len(verdicts)} runs, {departed} of them depart")
    return Exit.OK if same else Exit.FAILED


def _found(files: tuple[Path, ...]) -> list[Path]:
    """The files, and those in folders."""
    found: list[Path] = []
    for path in files:
        found += sorted([*path.glob("*.jsonl"), *path.glob("*.jsonl.gz")]) if path.is_dir() else [path]
    if not found:
        raise CommandError("not_found", f"There is no recording in {files[0]}.")
    return found


def _replayed(path: Path, speed: Literal["recorded", "fast"], *, json: bool) -> Verdict:
    from orchestrator.replaying.recording import RecordingProblem, read

    try:
        recording = read(path)
    except RecordingProblem as error:
        raise CommandError("bad_request", f"{error.message}.") from None
    verdict = judged(recording, speed)
    if not json:
        answer("\n".join(lines(verdict, path.name)))
    return verdict


def judged(recording: Recording, speed: Literal["recorded", "fast"]) -> Verdict:
    """What a replay of it comes to. Raises CommandError `bad_request`."""
    from orchestrator.replaying.recording import RecordingProblem
    from orchestrator.replaying.verdict import judge

    try:
        return judge(recording, speed)
    except RecordingProblem as error:
        raise CommandError("bad_request", f"{error.message}.") from None


def lines(verdict: Verdict, name: str) -> list[str]:
    """A verdict for people."""
    head = "the same" if verdict.same else f"departs in {len(verdict.findings)} places"
    found = [f"{name}: run {verdict.run}: {head} ({verdict.events} events, {verdict.seconds:.2f} s)"]
    found += [f"  event {one.step}: {one.message} [{one.kind}]" for one in verdict.findings]
    return found + [f"  note: {note}" for note in verdict.notes]


# --- recording what is on the record -------------------------------------------------------------------------------


def _told(recording: Recording, out: Path, code: int, *, json: bool) -> int:
    """Write the file, and say what it holds."""
    from orchestrator.replaying.recording import RecordingProblem, write

    try:
        size = write(recording, out)
    except RecordingProblem as error:
        raise CommandError("bad_configuration", f"{error.message}.") from None
    if json:
        header = recording.header
        counts = {name: len(getattr(recording, name)) for name in ("events", "frames", "exchanges")}
        dump({"run": header.run, "file": str(out), "bytes": size, **counts, "notes": list(header.notes)})
        return code
    held = f"{len(recording.events)} events, {len(recording.frames)} frames, {size} bytes"
    say(f"{out}: run {recording.header.run}, {held}")
    for note in recording.header.notes:
        say(f"note: {note}")
    return code


def _of_record(run: str, common: Common) -> Recording:
    from orchestrator.cli.run import reachable
    from orchestrator.replaying.record import of_record
    from orchestrator.replaying.recording import RecordingProblem

    settings = common.load().settings
    reading = _served if reachable(settings) else _stored
    events, devices = asyncio.run(reading(run, settings))
    try:
        return of_record(events, devices)
    except RecordingProblem as error:
        raise CommandError("bad_request", f"{error.message}.") from None


async def _served(run: str, settings: Settings) -> tuple[list[Event], list[DeviceView]]:
    async with Client(settings) as client:
        return await client.events(run), await client.devices()


async def _stored(run: str, settings: Settings) -> tuple[list[Event], list[DeviceView]]:
    """From the database itself, where no orchestrator serves it."""
    from orchestrator.replaying.record import views_of
    from storage import open_store

    store = await open_store(settings.database)
    try:
        events = await store.events(run)
        if not events:
            raise CommandError("not_found", f"There is no run {run} in {settings.data_dir}, and nothing serves --url.")
        return events, views_of(await store.device_records())
    finally:
        await store.close()
