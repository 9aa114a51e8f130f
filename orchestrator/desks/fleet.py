"""Devices: how they are, and what becomes of them."""

from __future__ import annotations

import structlog

from orchestrator.core.application import Refusal
from orchestrator.core.views import DeviceView
from orchestrator.desks.desk import Desk
from orchestrator.runtime.roster import Known
from protocol.vocabulary import SkillSpec

log = structlog.get_logger("asterism.app")


class Fleet(Desk):
    """What their agents do by themselves comes in through `orchestrator.runtime.reception`."""

    async def devices(self) -> list[DeviceView]:
        return [self._device(known) for known in sorted(self.engine.roster, key=lambda known: known.info.name)]

    async def device(self, name: str) -> DeviceView:
        known = self.engine.roster.get(name)
        if known is None:
            raise Refusal("not_found", f"there is no device {name}")
        return self._device(known)

    def _device(self, known: Known) -> DeviceView:
        info = known.info
        return DeviceView(
            name=info.name,
            kind=info.kind,
            online=info.online,
            draining=info.draining,
            labels=info.labels,
            profile=info.profile,
            skills=tuple(info.skills.values()),
            slots=info.slots,
            running=len(known.attempts),
            load=known.load,
            epoch=known.epoch,
            last_seen=known.last_seen,
            unavailable_because=known.away_because or ("draining" if info.draining else ""),
            withheld=info.withheld if info.online else {},
        )

    async def drain(self, name: str, *, reason: str = "") -> None:
        if not self.engine.drain(name, reason):
            raise Refusal("not_found", f"there is no device {name}")

    async def forget_device(self, name: str, *, by: str = "") -> None:
        self._check_ready()
        known = self.engine.roster.get(name)
        if known is None:
            raise Refusal("not_found", f"there is no device {name}")
        if known.info.online or known.attempts:
            why = "is connected: drain it, or stop it" if known.info.online else "has work that may still come back"
            raise Refusal("conflict", f"{name} {why}")
        await self._stored(self.store.forget_device(name))
        self.engine.forget(name)
        log.info("a device is forgotten", device=name, by=by)

    async def skills(self) -> list[SkillSpec]:
        return list(self.engine.roster.fleet.skills.values())
