"""What the engine knows of devices: who they are, whether they are here, and which attempts they have."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypedDict

from pydantic import ValidationError

from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.records import DeviceRecord
from orchestrator.core.sanitize import sanitize
from orchestrator.core.scheduler import Scheduler
from orchestrator.core.vetting import vetted
from protocol.messages import Hello, SkillsChanged
from protocol.vocabulary import SkillSpec

MAX_TABLES = 256
MAX_REASON = 300
DAY_S = 86_400.0
UNSEEN = "not connected since the start"
AttemptTable = dict[tuple[str, str], int]


class _Offer(TypedDict):
    skills: dict[str, SkillSpec]
    latent: dict[str, SkillSpec]
    withheld: dict[str, str]


@dataclass(slots=True)
class Known:
    """One device. `attempts` are live ones by (run, task); `away_because` is empty while it is here.

    `device` is its lasting identity, `fence` the epoch at which its session began: every reconnect raises `epoch`, and
    one that resumes goes on obeying what was sent since `fence`. `has` is the inventory that this session began with,
    and what it was sent again since. `ahead`: it had obeyed a higher epoch than the record knew of when its session
    began, because the record was restored from a backup.
    """

    info: DeviceInfo
    epoch: int
    last_seen: float
    device: str = ""
    fence: int = 0
    load: float = 0.0
    away_because: str = ""
    attempts: AttemptTable = field(default_factory=dict)
    has: AttemptTable = field(default_factory=dict)
    ahead: bool = False

    def absence(self, now: float) -> str:
        """What keeps it from work, in words that stay the same while it does: "away since 14:05:09 (stopped)"."""
        if self.info.online:
            return "draining"
        form = "%H:%M:%S" if now - self.last_seen < DAY_S else "%Y-%m-%d %H:%M"
        # The record of before the start knows when the device was last there, and not why it left.
        why = "" if self.away_because in ("", UNSEEN) else f" ({self.away_because})"
        return f"away since {time.strftime(form, time.localtime(self.last_seen))}{why}"

    def lacks(self, run: str, task: str, attempt: int, epoch: int) -> bool:
        """Whether the device is here and came without an attempt that was dispatched before its session."""
        return self.info.online and epoch < self.fence and self.has.get((run, task)) != attempt


class Roster:
    """Devices by name."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}
        self._view: FleetView | None = None
        self._skills: dict[bytes, dict[str, SkillSpec]] = {}

    def __iter__(self) -> Iterator[Known]:
        return iter(self._known.values())

    def get(self, name: str) -> Known | None:
        return self._known.get(name)

    @property
    def fleet(self) -> FleetView:
        """The fleet as planners see it, devices that are away included."""
        if self._view is None:
            self._view = FleetView.of(*(known.info for known in self._known.values()))
        return self._view

    def traces(self, name: str) -> bool:
        """Whether a device goes on with a trace that its dispatch names."""
        known = self._known.get(name)
        return known is not None and known.info.profile.traces is True

    def remember(self, record: DeviceRecord) -> DeviceInfo | None:
        """A device from the registry, away until it connects; None where its record is not readable any more."""
        try:
            hello = Hello.model_validate_json(record.hello)
        except ValidationError:
            return None
        info = replace(self._info(hello), online=False)
        self._set(Known(info, record.epoch, record.last_seen, record.device, away_because=UNSEEN))
        return info

    def joined(self, hello: Hello, epoch: int, now: float, *, resumed: bool = False) -> DeviceInfo:
        before = self._known.get(hello.name)
        attempts = before.attempts if before is not None else {}
        fence = before.fence if before is not None and resumed else epoch
        has = {(ref.run, ref.task): ref.attempt for ref in (*hello.running, *hello.held)}
        ahead = before is not None and hello.epoch > before.epoch
        if before is not None and resumed:
            has, ahead = before.has, before.ahead
        self._set(Known(self._info(hello), epoch, now, hello.device, fence, attempts=attempts, has=has, ahead=ahead))
        return self._known[hello.name].info

    def left(self, name: str, reason: str, now: float) -> DeviceInfo | None:
        known = self._known.get(name)
        if known is None:
            return None
        known.info, known.last_seen, known.away_because = replace(known.info, online=False), now, reason
        self._view = None
        return known.info

    def skills_changed(self, name: str, message: SkillsChanged) -> DeviceInfo | None:
        known = self._known.get(name)
        if known is None:
            return None
        known.info = replace(known.info, **self._offer(message))
        self._view = None
        return known.info

    def drain(self, name: str) -> DeviceInfo | None:
        known = self._known.get(name)
        if known is None:
            return None
        known.info = replace(known.info, draining=True)
        self._view = None
        return known.info

    def forget(self, name: str) -> DeviceInfo | None:
        """What is left of a device that is away and has no work: its name and kind."""
        known = self._known.get(name)
        if known is None or known.info.online or known.attempts:
            return None
        del self._known[name]
        self._view = None
        return DeviceInfo(name=name, kind=known.info.kind, skills={}, online=False)

    def _info(self, hello: Hello) -> DeviceInfo:
        return DeviceInfo(
            name=hello.name,
            kind=hello.kind,
            **self._offer(hello),
            labels=dict(hello.labels),
            profile=hello.profile,
            slots=hello.slots,
        )

    def _offer(self, message: Hello | SkillsChanged) -> _Offer:
        """What a device can do, and what it cannot do now and why, fit to be shown."""
        return {
            "skills": self._shared(message.skills),
            "latent": self._shared(tuple(one.skill for one in message.withheld)),
            "withheld": {
                one.skill.name: sanitize(one.why, multiline=False, limit=MAX_REASON).strip() for one in message.withheld
            },
        }

    def _shared(self, skills: tuple[SkillSpec, ...]) -> dict[str, SkillSpec]:
        """The skills by name. Devices with the same ones share one table: each would have 100 KiB of its own."""
        digest = hashlib.sha256()
        for skill in skills:
            digest.update(skill.model_dump_json().encode())
        if len(self._skills) > MAX_TABLES:
            self._skills.clear()
        key = digest.digest()
        if key not in self._skills:
            self._skills[key] = {skill.name: vetted(skill) for skill in skills}
        return self._skills[key]

    def _set(self, known: Known) -> None:
        self._known[known.info.name] = known
        self._view = None

    def online(self, name: str) -> bool:
        return name in self._known and self._known[name].info.online

    def epoch(self, name: str) -> int:
        """The device's session epoch, 0 where it was never here."""
        return self._known[name].epoch if name in self._known else 0

    def obeys(self, name: str, epoch: int) -> bool:
        """Whether the device's session obeys a command of that epoch."""
        return name in self._known and epoch >= self._known[name].fence > 0

    def supplants(self, hello: Hello) -> bool:
        """Whether another device, by its identity, had this one's name until now."""
        before = self._known.get(hello.name)
        return before is not None and before.device not in ("", hello.device)

    # --- attempts ----------------------------------------------------------------------------------------------

    def begun(self, name: str, run: str, task: str, attempt: int) -> bool:
        """A live attempt is on the device's account; False where the device is not known."""
        known = self._known.get(name)
        if known is None:
            return False
        known.attempts[run, task] = attempt
        return True

    def over(self, name: str, run: str, task: str) -> None:
        if name in self._known:
            self._known[name].attempts.pop((run, task), None)

    def attempts(self, name: str) -> AttemptTable:
        return self._known[name].attempts if name in self._known else {}

    def busy(self) -> list[str]:
        """Devices with live attempts."""
        return [known.info.name for known in self._known.values() if known.attempts]

    def forget_run(self, run: str, scheduler: Scheduler) -> None:
        """The run's machine is void; what is live will be read back from its log."""
        for known in self._known.values():
            for key in [key for key in known.attempts if key[0] == run]:
                del known.attempts[key]
                scheduler.released(known.info.name, "", False, 0.0, learn=False)
