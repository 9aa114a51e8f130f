"""What is told of one run where somebody asks for help with it: made from its log, with every secret taken out.

The redactor is a net, not a wall (orchestrator/core/redact.py): paths, host names, and what the request and the
results say stay, so whoever sends the file should look into it first.
"""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue, ValidationError

from orchestrator.core.events import Event
from orchestrator.core.project import graph_view, run_view
from orchestrator.core.records import ArtifactRecord, DeviceRecord
from orchestrator.core.redact import redact, secret_name
from orchestrator.core.state import fold
from orchestrator.core.timeline import timeline
from orchestrator.core.views import DeviceView, TaskLog
from orchestrator.replaying.recording import masked
from orchestrator.settings import SHORTEST_SECRET, Loaded, secret_texts
from protocol.messages import Hello

FORMAT = "asterism-support/1"
PACKAGES = ("asterism", "asyncpg", "fastapi", "langgraph", "openai", "pydantic", "sqlalchemy", "uvicorn", "websockets")
HIDDEN = "[redacted:password]"


@dataclass(frozen=True)
class Found:
    """What a source had of a run. `logs` is None where the source keeps none."""

    source: str
    events: Sequence[Event]
    devices: Sequence[dict[str, JsonValue]]
    artifacts: Sequence[ArtifactRecord] = ()
    logs: Mapping[str, TaskLog] | None = None
    problems: Sequence[str] = field(default=())


def dump(found: Found, loaded: Loaded, *, at: float) -> dict[str, JsonValue]:
    """The whole dump as JSON. `at` is Unix time. Raises InvariantError where the log does not fold."""
    run = found.events[0].run
    state = fold(run, found.events)
    told: dict[str, JsonValue] = {
        "format": FORMAT,
        "made": at,
        "source": found.source,
        "problems": list(found.problems),
        "versions": versions(),
        "settings": {name: {"shown": value, "from": source} for name, value, source in loaded.rows()},
        "run": run_view(state).model_dump(mode="json"),
        "graph": graph_view(state).model_dump(mode="json"),
        "attempts": timeline(run, found.events).model_dump(mode="json"),
        "events": [event.model_dump(mode="json") for event in found.events],
        "devices": list(found.devices),
        "artifacts": [record.model_dump(mode="json") for record in found.artifacts],
        "logs": None if found.logs is None else {id: log.model_dump(mode="json") for id, log in found.logs.items()},
    }
    taken: list[str] = []
    cleaned(told, taken)
    # What is known for a secret in one place goes from all others, too: an answer tells fields without their marks.
    known = [one for one in taken if len(one) >= SHORTEST_SECRET]
    clean = cleaned(masked(told, [*secret_texts(loaded.settings), *known]), [])
    assert isinstance(clean, dict)
    return clean


def cleaned(value: JsonValue, taken: list[str]) -> JsonValue:
    """Without secrets, in names of fields too, and in values beside a secret's name; adds them to `taken`."""
    if isinstance(value, str):
        return redact(value, taken)
    if isinstance(value, list):
        return [cleaned(item, taken) for item in value]
    if not isinstance(value, dict):
        return value
    name = value.get("name")
    named = isinstance(name, str) and secret_name(name)
    return {redact(key, taken): _field(key, item, named, taken) for key, item in value.items()}


def _field(key: str, item: JsonValue, named: bool, taken: list[str]) -> JsonValue:
    if not item or not (secret_name(key) or (named and key == "value")):
        return cleaned(item, taken)
    taken += _texts(item)
    return HIDDEN


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def versions() -> dict[str, JsonValue]:
    """Of Python, the platform, and those of our packages that are installed."""
    told: dict[str, JsonValue] = {"python": platform.python_version(), "platform": platform.platform()}
    for name in PACKAGES:
        try:
            told[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return told


def device_told(view: DeviceView) -> dict[str, JsonValue]:
    """A device as an orchestrator knows it, its skills by name."""
    told = view.model_dump(mode="json", exclude={"skills"})
    return {**told, "skills": [skill.name for skill in view.skills]}


def record_told(record: DeviceRecord) -> dict[str, JsonValue]:
    """A device as it last registered, its skills by name; nothing of its credentials."""
    told: dict[str, JsonValue] = record.model_dump(mode="json", include={"name", "kind", "epoch", "last_seen"})
    try:
        hello = Hello.model_validate_json(record.hello)
    except ValidationError:
        return {**told, "profile": None}
    told |= hello.model_dump(mode="json", include={"version", "profile", "labels", "slots", "withheld"})
    return {**told, "skills": [skill.name for skill in hello.skills]}
