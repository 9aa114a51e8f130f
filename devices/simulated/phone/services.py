"""What the services of a simulated phone tell: dumpsys, content, logcat, getprop, and the mock location."""

from __future__ import annotations

from collections.abc import Callable

from devices.simulated.phone.calls import Call, Command
from devices.simulated.phone.state import Location, SimulatedPhone


async def getprop(call: Call) -> int:
    if call.arguments:
        await call.say(call.phone.properties.get(call.arguments[0], "") + "\n")
        return 0
    await call.say("".join(f"[{name}]: [{value}]\n" for name, value in sorted(call.phone.properties.items())))
    return 0


async def dumpsys(call: Call) -> int:
    make = _DUMPS.get(call.arguments[0] if call.arguments else "")
    if make is None:
        return await call.fail(f"Can't find service: {' '.join(call.arguments)}")
    await call.say(make(call.phone))
    return 0


def _battery(phone: SimulatedPhone) -> str:
    battery = phone.battery
    return (
        "Current Battery Service state:\n"
        f"  AC powered: {str(battery.plugged).lower()}\n  USB powered: false\n  Wireless powered: false\n"
        f"  status: {2 if battery.plugged else 3}\n  health: 2\n  present: true\n  level: {battery.level}\n"
        f"  scale: 100\n  voltage: 4200\n  temperature: {battery.temperature}\n  technology: Li-ion\n"
    )


def _activity(phone: SimulatedPhone) -> str:
    front = phone.apps["com.android.launcher3"] if phone.locked else phone.apps[phone.front]
    activity = f"{front.package}/{front.activity}"
    if phone.asks_which_app and phone.front == "com.android.browser":
        activity = "android/com.android.internal.app.ResolverActivity"
    if phone.calling:
        activity = "com.android.dialer/com.android.incallui.InCallActivity"
    record = f"ActivityRecord{{1a2b3c u0 {activity} t7}}"
    return (
        "ACTIVITY MANAGER ACTIVITIES (dumpsys activity activities)\n"
        f"Display #0 (activities from top to bottom):\n  topResumedActivity={record}\n  ResumedActivity: {record}\n"
    )


def _window(phone: SimulatedPhone) -> str:
    app = phone.apps[phone.front]
    return f"  mCurrentFocus=Window{{5d6e u0 {app.package}/{app.package}{app.activity}}}\n"


def _power(phone: SimulatedPhone) -> str:
    return f"POWER MANAGER (dumpsys power)\n  mWakefulness={'Awake' if phone.awake else 'Asleep'}\n"


def _notification(phone: SimulatedPhone) -> str:
    records = [
        f"    NotificationRecord(0x0{number}: pkg={one.package} user=UserHandle{{0}} id={number} tag=null importance=3 "
        f"key=0|{one.package}|{number}|null|1000)\n"
        f"      uid=1000 userId=0\n      when={one.posted_ms}\n      extras={{\n"
        f"          android.title=String ({one.title})\n"
        f"          android.text=String ({one.text})\n      }}\n"
        for number, one in enumerate(phone.notifications)
    ]
    return "Current Notification Manager state:\n  Notification List:\n" + "".join(records) + "  \n"


def _location(phone: SimulatedPhone) -> str:
    place = phone.location
    if place is None:
        return "Location Manager State:\n  gps provider:\n    last location=null\n"
    return (
        f"Location Manager State:\n  gps provider [mock]:\n    last location=Location[gps {place.latitude:.6f},"
        f"{place.longitude:.6f} hAcc={place.accuracy:g} et=+1d2h mock]\n"
    )


def _telephony(phone: SimulatedPhone) -> str:
    number = f"  mCallIncomingNumber={phone.calling}\n" if phone.calling else ""
    return f"last known state:\n  Phone Id=0\n  mCallState={2 if phone.calling else 0}\n{number}"


async def content(call: Call) -> int:
    """`content query --uri URI [--projection A:B] ...`, newest first."""
    words = call.arguments
    if words[:1] != ["query"] or "--uri" not in words:
        return await call.fail("Error while accessing provider")
    uri = words[words.index("--uri") + 1]
    rows = _rows(call.phone, uri)
    if rows is None:
        return await call.fail(f"Error while accessing provider: unknown URI {uri}")
    names = words[words.index("--projection") + 1].split(":") if "--projection" in words else []
    for number, row in enumerate(rows):
        said = ", ".join(f"{name}={row.get(name, 'NULL')}" for name in names or row)
        await call.say(f"Row: {number} {said}\n")
    if not rows:
        await call.say("No result found.\n")
    return 0


def _rows(phone: SimulatedPhone, uri: str) -> list[dict[str, str]] | None:
    if uri.startswith("content://sms"):
        box = {"inbox": 1, "sent": 2}.get(uri.rpartition("/")[2])
        return [
            {"address": one.address, "date": str(one.date_ms), "type": str(one.box), "body": one.body}
            for one in reversed(phone.messages)
            if box is None or one.box == box
        ]
    if uri == "content://call_log/calls":
        return [
            {"number": one.number, "type": str(one.kind), "date": str(one.date_ms), "duration": str(one.seconds)}
            for one in reversed(phone.calls)
        ]
    return None


async def logcat(call: Call) -> int:
    words = call.arguments
    lines = call.phone.log
    wanted = [word for word in words if ":" in word and not word.startswith("-")]
    for one in wanted:
        tag, _, level = one.partition(":")
        lowest = "VDIWEF".find(level[:1])
        if level != "S":
            lines = [line for line in lines if (tag == "*" or f" {tag}:" in line) and _level(line) >= lowest]
    if "-t" in words:
        lines = lines[-int(words[words.index("-t") + 1]) :]
    await call.say("--------- beginning of main\n")
    for at in range(0, len(lines), 500):
        await call.say("".join(f"{line}\n" for line in lines[at : at + 500]))
    return 0


def _level(line: str) -> int:
    return "VDIWEF".find(line.split()[4])


async def appops(call: Call) -> int:
    if call.arguments[:1] == ["set"] and call.arguments[-2] == "android:mock_location":
        call.phone.mock_allowed = call.arguments[-1] == "allow"
        return 0
    return await call.fail("Error: Unknown command")


async def providers(call: Call, words: list[str]) -> int:
    """`cmd location providers ...`, as of Android 12."""
    phone = call.phone
    if not phone.mock_allowed:
        return await call.fail("java.lang.SecurityException: com.android.shell from uid 2000 not allowed", 255)
    match words:
        case ["add-test-provider", name, *_]:
            phone.providers.add(name)
        case ["remove-test-provider", name]:
            phone.providers.discard(name)
            phone.location = None
        case ["set-test-provider-enabled", name, "true"] if name in phone.providers:
            return 0
        case ["set-test-provider-location", name, "--location", place, *more] if name in phone.providers:
            latitude, _, longitude = place.partition(",")
            accuracy = float(more[1]) if more[:1] == ["--accuracy"] else 100.0
            phone.location = Location(float(latitude), float(longitude), accuracy)
        case _:
            return await call.fail("java.lang.IllegalArgumentException: provider unknown", 255)
    return 0


_DUMPS: dict[str, Callable[[SimulatedPhone], str]] = {
    "battery": _battery,
    "activity": _activity,
    "window": _window,
    "power": _power,
    "notification": _notification,
    "location": _location,
    "telephony.registry": _telephony,
}
COMMANDS: dict[str, Command] = {
    "getprop": getprop, "dumpsys": dumpsys, "content": content, "logcat": logcat, "appops": appops,
}  # fmt: skip
