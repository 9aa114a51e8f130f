"""The whole of a replay: played, compared, judged."""

from __future__ import annotations

import time

from orchestrator.replaying.comparison import compare
from orchestrator.replaying.findings import Finding, Verdict
from orchestrator.replaying.recording import Recording
from orchestrator.replaying.stage import Played, Speed, play


def judge(recording: Recording, speed: Speed = "fast") -> Verdict:
    """Play it again and compare. Raises RecordingProblem; not to be called on a running loop."""
    began = time.perf_counter()
    played = play(recording, speed)
    verdict = judged(recording, played)
    return verdict.model_copy(update={"seconds": round(time.perf_counter() - began, 3)})


def judged(recording: Recording, played: Played) -> Verdict:
    """The verdict over a replay."""
    run = recording.header.run
    if played.recording is None:
        message = f"the request was refused: {played.refused}"
        return Verdict(run=run, same=False, findings=(Finding(kind="refused", step=1, message=message),))
    verdict = compare(recording, played.recording, ended=played.ended)
    return verdict.model_copy(update={"notes": tuple(dict.fromkeys([*played.notes, *verdict.notes]))})
