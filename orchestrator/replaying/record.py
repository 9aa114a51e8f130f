"""A recording of a run that is on the record already: its events, and a fleet of a later time; no frames."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from orchestrator.core.events import Event, RunSubmitted
from orchestrator.core.records import DeviceRecord
from orchestrator.core.views import DeviceView
from orchestrator.replaying.lines import DeviceLine, Header, SkillTable
from orchestrator.replaying.recorder import program_version
from orchestrator.replaying.recording import Recording, RecordingProblem, table_of
from protocol.messages import Hello
from protocol.vocabulary import DeviceKind, SkillSpec

NO_FRAMES = "it is made from the run's record: without frames, and with the fleet of a later time"


def of_record(events: Sequence[Event], devices: Sequence[DeviceView], *, lease_s: float = 25.0) -> Recording:
    """Raises RecordingProblem where there is no run in the events."""
    if not events or not isinstance(events[0].body, RunSubmitted):
        raise RecordingProblem("the run's record does not begin with its submission")
    header = Header(
        asterism=program_version(),
        run=events[0].run,
        at=events[0].at,
        request=events[0].body.request,
        lease_s=lease_s,
        heartbeat_s=min(10.0, lease_s),
        frames=False,
        fleet="later",
        notes=(NO_FRAMES,),
    )
    tables: dict[str, SkillTable] = {}
    lines = [_line(view, tables) for view in devices]
    return Recording(header=header, tables=tables, devices=lines, events=list(events))


def _line(view: DeviceView, tables: dict[str, SkillTable]) -> DeviceLine:
    table = table_of(view.skills)
    tables[table.id] = table
    # Whoever is away now may have been there then: a run that could not use it would have had to wait for it.
    return DeviceLine(
        name=view.name,
        kind=view.kind,
        profile=view.profile,
        labels=view.labels,
        slots=view.slots,
        skills=table.id,
        withheld=view.withheld,
    )


def views_of(records: Sequence[DeviceRecord]) -> list[DeviceView]:
    """The devices of a record, without those whose registration is not readable any more."""
    found = []
    for record in records:
        try:
            hello = Hello.model_validate_json(record.hello)
        except ValidationError:
            continue
        found.append(_view(hello.name, hello.kind, hello, hello.skills, record))
    return found


def _view(name: str, kind: DeviceKind, hello: Hello, skills: tuple[SkillSpec, ...], record: DeviceRecord) -> DeviceView:
    return DeviceView(
        name=name,
        kind=kind,
        online=False,
        draining=False,
        labels=hello.labels,
        profile=hello.profile,
        skills=skills,
        slots=hello.slots,
        running=0,
        load=0.0,
        epoch=record.epoch,
        last_seen=record.last_seen,
        unavailable_because="",
    )
