"""Schedules in words: `every 5 minutes`, `weekdays at 5:30`, `nightly at 2`, as the five fields of cron."""

from __future__ import annotations

import re

from agents.embedded.kube.making import release
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View

_DAYS = {
    "sunday": "0",
    "monday": "1",
    "tuesday": "2",
    "wednesday": "3",
    "thursday": "4",
    "friday": "5",
    "saturday": "6",
    "weekday": "1-5",
    "weekend": "0,6",
    "day": "*",
    "night": "*",
    "morning": "*",
    "evening": "*",
}
_WORDS = {"daily": "*", "nightly": "*"}
_PLAIN = {"hourly": "0 * * * *", "weekly": "0 0 * * 0", "monthly": "0 0 1 * *"}
_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?(am|pm)?", re.IGNORECASE)


def schedule(v: View) -> str:
    """The schedule that the clause says, explained; "" where it says none, or one that cannot be told for sure."""
    times = v.free(Shape.SCHEDULE)
    if times:
        v.claim(*times)
        return str(v.tokens[times[0]].value) if len(times) == 1 else ""
    found = _interval(v) or _daily(v) or _plain(v)
    rest = [at for at, t in enumerate(v.tokens) if t.low.removesuffix("s") in _DAYS and at not in v.used and t.word]
    return "" if any(t.low in {"every", "each", "and"} for at in rest for t in v.tokens[max(0, at - 1) : at]) else found


def _interval(v: View) -> str:
    lows = [t.low for t in v.tokens]
    for at in v.free(Shape.DURATION):
        value = v.tokens[at].value
        if not at or lows[at - 1] not in {"every", "each"} or not isinstance(value, (int, float)) or value % 60:
            continue
        minutes, hours = int(value // 60), int(value // 3600)
        if minutes < 60 and 60 % minutes == 0:
            release(v, at - 1, at)
            return f"*/{minutes} * * * *" if minutes > 1 else "* * * * *"
        if value % 3600 == 0 and hours < 24 and 24 % hours == 0:
            release(v, at - 1, at)
            return f"0 */{hours} * * *" if hours > 1 else "0 * * * *"
    for at in range(len(lows) - 1):
        if lows[at] in {"every", "each"} and lows[at + 1] in {"minute", "hour"}:
            v.claim(at, at + 1)
            return "* * * * *" if lows[at + 1] == "minute" else "0 * * * *"
    return ""


def _daily(v: View) -> str:
    """A day of the week or each day, with a time: both must be there."""
    lows = [t.low.removesuffix("s") for t in v.tokens]
    day = next((at for at, low in enumerate(lows) if low in _DAYS and at not in v.used and _each(v, at)), -1)
    word = next((at for at, t in enumerate(v.tokens) if t.low in _WORDS and at not in v.used), -1)
    if day < 0 and word < 0:
        return ""
    at = next((n for n in range(1, len(lows)) if v.tokens[n - 1].low == "at" and _TIME.fullmatch(v.tokens[n].low)), -1)
    if at < 0:
        if lows[max(day, word)] == "daily":
            v.claim(word)
            return "0 0 * * *"
        return ""
    found = _TIME.fullmatch(v.tokens[at].low)
    after = v.tokens[at + 1].low if at + 1 < len(v.tokens) else ""
    half = (found[3] or (after if after in {"am", "pm"} else "")).lower() if found else ""
    if found is None or int(found[1]) > 23 or (half and int(found[1]) > 12):
        return ""
    hour = int(found[1]) % 12 + 12 * (half == "pm") if half else int(found[1])
    release(v, at - 1, at, *([at + 1] if after in {"am", "pm"} else []))
    if day >= 0:
        release(v, *([day - 1] if v.tokens[day - 1].low in {"every", "each", "on"} else []), day)
    for n, token in enumerate(v.tokens):
        if n == word or (
            token.low in {"morning", "night", "evening"} and v.before(n) in {"in", "at", v.tokens[at].low}
        ):
            v.claim(n)
    return f"{int(found[2] or 0)} {hour} * * {_DAYS[lows[day]] if day >= 0 else '*'}"


def _each(v: View, at: int) -> bool:
    """`every Monday`, `on weekdays`: not the one of this week."""
    before = v.tokens[at - 1].low if at else ""
    return before in {"every", "each"} or (v.tokens[at].low.endswith("s") and before in {"on", "", "at"})


def _plain(v: View) -> str:
    for at, token in enumerate(v.tokens):
        if token.low in _PLAIN and at not in v.used:
            v.claim(at)
            return _PLAIN[token.low]
    return ""
