"""Skills that look at the phone and change nothing: which phones, properties, battery, notifications, log."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from tools.arguments import Output
from tools.bounds import Budget, fit_ends, room
from tools.errors import ToolError, printable
from tools.phone import dumps
from tools.phone.session import Session
from tools.phone.verbs import Package, verb

SERVICE_BYTES = 8 << 20
LOG_BYTES = 16 << 20


class AttachedPhone(Output):
    serial: str
    state: str
    model: str
    chosen: bool


class Phones(Output):
    phones: list[AttachedPhone]


class Properties(Output):
    properties: dict[str, str]
    truncated: bool


class Battery(Output):
    percent: int
    status: str
    charging: bool
    plugged: list[str]
    temperature_celsius: float | None
    health: str


class Posted(Output):
    app: str
    title: str
    text: str
    posted: str | None


class Notifications(Output):
    notifications: list[Posted]
    truncated: bool


class Log(Output):
    text: str
    lines: int
    truncated: bool


@verb(
    "phone.devices",
    alone=True,
    examples=("which phones are connected", "list the Android devices", "is my phone plugged in", "show adb devices"),
)
async def devices(session: Session) -> Phones:
    """List the phones that the ADB server knows, with their state."""
    found = await session.phone.attached()
    return Phones(
        phones=[
            AttachedPhone(
                serial=one.serial,
                state=one.state,
                model=one.details.get("model", "").replace("_", " "),
                chosen=one.serial == session.phone.serial,
            )
            for one in found
        ]
    )


@verb(
    "phone.properties",
    examples=(
        "which Android version does the phone run",
        "what model is my phone",
        "show the phone's system properties",
        "get ro.build.fingerprint of the phone",
    ),
)
async def properties(session: Session, *, prefix: Annotated[str, Field(max_length=200)] = "ro.") -> Properties:
    """Read the phone's system properties: model, Android version, build.

    Args:
        prefix: How their names begin; empty for all.
    """
    found = dumps.properties(await session.said("getprop", keep=SERVICE_BYTES))
    budget = Budget(room(session.context))
    wanted = {name: value for name, value in sorted(found.items()) if name.startswith(prefix)}
    kept = {name: value for name, value in wanted.items() if budget.take([name, value])}
    return Properties(properties=kept, truncated=len(kept) < len(wanted))


@verb(
    "phone.battery",
    examples=(
        "how full is the phone's battery",
        "battery level of my phone",
        "is the phone charging",
        "how warm is the phone",
    ),
)
async def battery(session: Session) -> Battery:
    """Read the phone's battery: percent, charging or not, temperature."""
    found = dumps.battery(await session.said("dumpsys", "battery"))
    if found is None:
        raise ToolError(ErrorCode.TOOL_FAILED, "the phone does not tell its battery's level")
    return Battery(
        percent=found.level,
        status=found.status,
        charging=found.charging,
        plugged=list(found.plugged),
        temperature_celsius=found.temperature,
        health=found.health,
    )


@verb(
    "phone.notifications",
    examples=(
        "what notifications are on my phone",
        "show the phone's notifications",
        "did anyone write to me on the phone",
        "read the notifications of com.whatsapp",
    ),
)
async def notifications(session: Session, *, app: Package | None = None) -> Notifications:
    """Read the notifications that the phone shows.

    Args:
        app: Package whose notifications are wanted; all by default.
    """
    text = await session.said("dumpsys", "notification", "--noredact", keep=SERVICE_BYTES)
    found = [one for one in dumps.notifications(text) if app is None or one[0] == app]
    budget = Budget(room(session.context))
    posted = [Posted(app=a, title=b, text=c, posted=when(at)) for a, b, c, at in found]
    kept = [one for one in posted if budget.take(one.model_dump())]
    return Notifications(notifications=kept, truncated=len(kept) < len(posted))


@verb(
    "phone.log",
    timeout_s=180.0,
    examples=(
        "show the phone's log",
        "last 200 lines of logcat",
        "errors in the phone's log",
        "what does ActivityManager say in logcat",
    ),
)
async def log(
    session: Session,
    *,
    lines: Annotated[int, Field(ge=1, le=100_000)] = 200,
    level: Literal["verbose", "debug", "info", "warning", "error", "fatal"] = "verbose",
    tag: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-$/]{1,100}$")] | None = None,
) -> Log:
    """Read the end of the phone's log (logcat).

    Args:
        lines: How many lines at most, the newest.
        level: The least level that is wanted.
        tag: Only what this tag says.
    """
    least = level[0].upper()
    wanted = [f"{tag}:{least}", "*:S"] if tag else [f"*:{least}"]
    text = await session.said("logcat", "-d", "-v", "threadtime", "-t", str(lines), *wanted, keep=LOG_BYTES)
    said = [printable(line) for line in text.splitlines() if not re.match(r"-{5,} beginning of ", line)]
    shown, cut = fit_ends("\n".join(said), room(session.context))
    return Log(text=shown, lines=len(said), truncated=cut)


def when(milliseconds: int | None) -> str | None:
    """A phone's time in ISO form; None for what is none."""
    if milliseconds is None or milliseconds > 253_402_300_799_000:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
