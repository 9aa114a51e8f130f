"""Who may turn failpoints on in this process, and when they end. All that it does is in the log, as a warning."""

from __future__ import annotations

import asyncio
from typing import Literal

import structlog

from orchestrator.core.application import FaultsView, Refusal
from protocol.failpoints import POINTS, Failpoints, Rule

log = structlog.get_logger("asterism.faults")

Permission = Literal["off", "token", "open"]
"""`off`: nobody. `token`: an admin's token, where tokens are asked for. `open`: who may call, and to the death."""

REMEDY = "start the orchestrator with `asterism up --faults`"


class FaultDesk:
    """The failpoints of one process behind their permission. For the event loop's thread."""

    def __init__(self, failpoints: Failpoints, permission: Permission) -> None:
        self.failpoints = failpoints
        self._permission = permission

    def view(self, *, guarded: bool) -> FaultsView:
        """What there is and what is on. `guarded`: whether callers must show tokens here."""
        self.expire()
        return FaultsView(
            allowed=self._permission == "open" or (self._permission == "token" and guarded),
            deadly=self._permission == "open",
            points=dict(POINTS),
            enabled=tuple(self.failpoints.enabled()),
            fired=self.failpoints.fired(),
        )

    def enable(self, point: str, rule: Rule, *, guarded: bool, by: str) -> None:
        """Turn one on. Raises Refusal: `faults_off`, `not_found`, `bad_request`."""
        if not self.view(guarded=guarded).allowed:
            why = "it is switched off here" if self._permission == "off" else "no token is configured"
            raise Refusal("faults_off", f"no failpoint can be turned on ({why}): {REMEDY}")
        if point not in POINTS:
            raise Refusal("not_found", f"there is no failpoint {point}; GET /v1/faults names them")
        if rule.mode.deadly and self._permission != "open":
            raise Refusal("faults_off", f"this would end the process: {REMEDY}")
        try:
            self.failpoints.enable(point, rule)
        except ValueError as error:
            raise Refusal("bad_request", str(error)) from None
        log.warning("failpoint on", point=point, by=by, **rule.model_dump(mode="json"))
        # A moment later than its own end, so that it is over then.
        asyncio.get_running_loop().call_later(rule.seconds + 0.01, self.expire)

    def disable(self, point: str | None = None, *, by: str) -> list[str]:
        """Turn one off, or all; the names of those that were on. Raises Refusal `not_found`."""
        if point is not None and point not in POINTS:
            raise Refusal("not_found", f"there is no failpoint {point}; GET /v1/faults names them")
        return self._told(self.failpoints.disable(point), f"turned off by {by}")

    def expire(self) -> None:
        """Turn off those whose bounds are reached."""
        self._told(self.failpoints.expire(), "its bounds are reached")

    def _told(self, points: list[str], why: str) -> list[str]:
        for point in points:
            log.warning("failpoint off", point=point, why=why)
        return points
