"""Plans that held, by what they were made for: the same request over the same fleet needs no rung a second time.

The key is a hash over the request's text, client, device policy, answers and attachment, the fleet's facts and every
skill's specification. A plan that is found is compiled and checked again before anything runs; one whose run failed is
dropped. Nothing with a secret in it is kept, nor a request that means another time tomorrow. In memory the least used
go first; with a path what models planned survives a restart, in one file that is replaced as a whole.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Plan, Tier
from orchestrator.core.redact import redact
from orchestrator.core.requests import Request
from orchestrator.core.tasks import Model
from protocol.vocabulary import SkillSpec

SIZE = 512  # plans kept
PLAN_BYTES = 32_768  # of one plan's JSON
FORMAT = 1
_log = logging.getLogger("asterism.agents")
# What these words stand for is not in them: the plan for "yesterday" is another one tomorrow.
_PASSING = re.compile(
    r"(?i)\b(?:today|tonight|tomorrow|yesterday|ago|(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"(?:last|past|this|next)\s+(?:hour|day|night|morning|afternoon|evening|week|weekend|month|quarter|year))\b"
)


class Entry(Model):
    """A plan, the rung that made it, and when (Unix time)."""

    plan: Plan
    rung: str
    tier: Tier
    at: float

    @property
    def date(self) -> str:
        return datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%d")


class _File(Model):
    format: int
    plans: dict[str, Entry]


class PlanCache:
    """`path`: where plans outlive the process, None for memory alone. `now`: Unix time in seconds.

    `without`: rungs that are switched off. Their plans are kept, and not given.
    `load` and `write` touch the file, and may be called off the event loop; all else is quick.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        size: int = SIZE,
        now: Callable[[], float] = time.time,
        without: Sequence[str] = (),
    ) -> None:
        self._path = path
        self._without = tuple(without)
        self._size = size
        self._now = now
        self._entries: OrderedDict[str, Entry] | None = None if path is not None else OrderedDict()
        self._prints = _Prints()
        self.changed = False

    def key(self, request: Request, fleet: FleetView, answers: Sequence[tuple[str, str]]) -> str | None:
        """The key of a request's plan; None where it must not be kept."""
        if request.plan is not None or _secret(request.text) or any(_secret(answer) for _, answer in answers):
            return None
        attachment = hashlib.sha256(request.attachment.encode("utf-8", "surrogatepass")).hexdigest()
        parts = [
            _plain(request.text),
            request.client,
            sorted(request.policy.devices),
            [list(pair) for pair in answers],
            attachment if request.attachment else "",
            self._prints.fleet(fleet),
        ]
        return _digest(parts)

    def get(self, key: str) -> Entry | None:
        entries = self._loaded()
        entry = entries.get(key)
        if entry is None or entry.rung in self._without:
            return None
        entries.move_to_end(key)
        return entry

    def put(self, key: str, request: Request, plan: Plan, *, rung: str, tier: Tier) -> None:
        """Keep an accepted plan, where it may be kept."""
        text = plan.model_dump_json()
        dated = tier != "embedded" and _PASSING.search(request.text) is not None
        if len(text) > PLAN_BYTES or dated or _secret(text):
            return
        entries = self._loaded()
        entries[key] = Entry(plan=plan, rung=rung, tier=tier, at=self._now())
        entries.move_to_end(key)
        while len(entries) > self._size:
            entries.popitem(last=False)
        self.changed = True

    def drop(self, key: str) -> None:
        """Forget a plan: its run failed, or it holds no longer."""
        if self._loaded().pop(key, None) is not None:
            self.changed = True

    def __len__(self) -> int:
        return len(self._loaded())

    def pending(self) -> Mapping[str, Entry] | None:
        """All that is to be written, where there is something new and a file for it."""
        changed, self.changed = self.changed, False
        return _lasting(self._loaded()) if changed and self._path is not None else None

    def write(self, entries: Mapping[str, Entry]) -> None:
        """Replace the file. One that cannot be written costs the next start some time, and is only warned of."""
        assert self._path is not None
        held = _File(format=FORMAT, plans=dict(entries))
        beside = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(held.model_dump_json(exclude_unset=True).encode())
            beside.replace(self._path)
        except OSError as error:
            _log.warning("the plan cache cannot be written (%s)", error.strerror)

    def load(self) -> None:
        """Read the file ahead of the first use."""
        self._loaded()

    def _loaded(self) -> OrderedDict[str, Entry]:
        if self._entries is None:
            self._entries = OrderedDict(self._read())
            while len(self._entries) > self._size:
                self._entries.popitem(last=False)
        return self._entries

    def _read(self) -> Mapping[str, Entry]:
        """What the file holds; nothing where there is none, or it is of another version or damaged."""
        assert self._path is not None
        try:
            held = _File.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as error:
            _log.warning("the plan cache is not usable and is made anew (%s)", type(error).__name__)
            return {}
        return _lasting(held.plans) if held.format == FORMAT else {}


def _lasting(plans: Mapping[str, Entry]) -> dict[str, Entry]:
    """Plans that outlive the process: the embedded rung makes its own again at once, in a newer version better ones."""
    return {key: one for key, one in plans.items() if one.tier != "embedded"}


class _Prints:
    """Fingerprints of fleets. A device's skills are hashed once: they stay the same object while it is connected."""

    def __init__(self) -> None:
        self._skills: OrderedDict[int, tuple[Mapping[str, SkillSpec], str]] = OrderedDict()
        self._fleet: tuple[FleetView, str] | None = None

    def fleet(self, fleet: FleetView) -> str:
        if self._fleet is None or self._fleet[0] is not fleet:
            self._fleet = fleet, _digest([self._device(device) for device in fleet.devices.values()])
        return self._fleet[1]

    def _device(self, device: DeviceInfo) -> list[object]:
        return [
            device.name,
            device.kind.value,
            sorted(device.labels.items()),
            device.profile.os,
            bool(device.profile.gpus),
            device.available,
            self._of(device.skills),
        ]

    def _of(self, skills: Mapping[str, SkillSpec]) -> str:
        known = self._skills.get(id(skills))
        if known is None or known[0] is not skills or len(known[0]) != len(skills):
            known = skills, _digest([spec.model_dump(mode="json") for _, spec in sorted(skills.items())])
            self._skills[id(skills)] = known
            while len(self._skills) > 4096:
                self._skills.popitem(last=False)
        return known[1]


def _plain(text: str) -> str:
    """The text without what means nothing: the form of its characters, and blanks that no quotation holds."""
    text = unicodedata.normalize("NFC", text).strip()
    return text if re.search(r"[\"'`“”‘’]", text) else " ".join(text.split())


def _secret(text: str) -> bool:
    return redact(text) != text


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
