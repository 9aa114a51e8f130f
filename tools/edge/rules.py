"""What a rule does: `decide(rule, state, value, now) -> (state, what to set)`. Pure; `now` is monotonic seconds.

A rule is at rest until its condition holds (for `for_s` seconds); then it acts, and is active until the value has come
back by `hysteresis`; then it may set the actuator to `otherwise`, and is at rest again. Between two of its actions lie
at least `min_interval_s` seconds: what would come sooner comes then, if it still holds.

After a restart a rule is `unsure`: a crash may have come between an action and its record, and the actuator may have
lost its power too. It then sets the actuator once to what the value asks for, also where it thinks that it has done so.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.edge.payload import Value
from tools.jsonpath import is_number

Op = Literal[">", ">=", "<", "<=", "==", "!="]
RETRY_S: Final = 10.0
NEVER: Final = math.inf


class Rule(BaseModel):
    """`sensor` and `actuator` by name or topic; `value` is compared with, `set` is what the actuator is set to."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    sensor: str
    op: Op
    value: float | str
    actuator: str
    set: str
    otherwise: str | None = None
    hysteresis: Annotated[float, Field(ge=0)] = 0.0
    for_s: Annotated[float, Field(ge=0)] = 0.0
    min_interval_s: Annotated[float, Field(ge=0)] = 0.0

    @property
    def text(self) -> str:
        """The rule as people say it."""
        band = f" (back by {self.hysteresis:g})" if self.hysteresis else ""
        held = f" for {self.for_s:g} s" if self.for_s else ""
        back = f", otherwise {self.otherwise}" if self.otherwise is not None else ""
        value = f"{self.value:g}" if isinstance(self.value, float) else self.value
        return f"when {self.sensor} {self.op} {value}{held}{band} set {self.actuator} {self.set}{back}"


class State(BaseModel):
    """`acted` and `since` in monotonic seconds: when it last acted, and since when its condition holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    active: bool = False
    acted: float = -math.inf
    since: float | None = None
    retry: float = -math.inf
    unsure: bool = False


def decide(rule: Rule, state: State, value: Value, now: float) -> tuple[State, str | None]:
    """What a value, or the time that passed, makes of the rule; and what the actuator is to be set to, if anything."""
    holds = _holds(rule, value)
    early = now < state.acted + rule.min_interval_s or now < state.retry
    if state.unsure:
        back = _is_back(rule, value)
        if not (holds or back):
            return state, None  # within the band: either may be right
        # As if it had done the opposite, so that it does this.
        state = state.model_copy(update={"active": back, "unsure": early})
    if not state.active:
        since = (now if state.since is None else state.since) if holds else None
        state = state.model_copy(update={"since": since})
        if since is None or now < since + rule.for_s or early:
            return state, None
        return state.model_copy(update={"active": True, "acted": now, "since": None}), rule.set
    if not _is_back(rule, value):
        return state, None
    if rule.otherwise is None:
        return state.model_copy(update={"active": False}), None
    if early:
        return state, None
    return state.model_copy(update={"active": False, "acted": now}), rule.otherwise


def failed(state: State, before: State, now: float) -> State:
    """What was to be set could not be: it is tried again, a little later."""
    return before.model_copy(update={"retry": now + RETRY_S, "since": state.since or before.since})


def wake(rule: Rule, state: State, now: float) -> float:
    """When to look again though no reading has come."""
    times = [state.acted + rule.min_interval_s, state.retry]
    if state.since is not None:
        times.append(state.since + rule.for_s)
    return min((time for time in times if time > now), default=NEVER)


def _holds(rule: Rule, value: Value) -> bool:
    if rule.op in ("==", "!="):
        return _equal(value, rule.value) == (rule.op == "==")
    if not (is_number(value) and isinstance(rule.value, float)):
        return False
    number = float(value)
    return {
        ">": number > rule.value,
        ">=": number >= rule.value,
        "<": number < rule.value,
        "<=": number <= rule.value,
    }[rule.op]


def _is_back(rule: Rule, value: Value) -> bool:
    """Whether the value is beyond the other side of the band; what cannot be compared is not."""
    if rule.op in ("==", "!=") or not rule.hysteresis:
        return not _holds(rule, value) and (rule.op in ("==", "!=") or is_number(value))
    if not (is_number(value) and isinstance(rule.value, float)):
        return False
    number = float(value)
    above = rule.op in (">", ">=")
    return number < rule.value - rule.hysteresis if above else number > rule.value + rule.hysteresis


def _equal(value: Value, wanted: float | str) -> bool:
    if is_number(value) and isinstance(wanted, float):
        return float(value) == wanted
    return str(value).casefold() == str(wanted).casefold()
