"""The screen and the apps on it: input, am, uiautomator, screencap, wm."""

from __future__ import annotations

from urllib.parse import unquote

from devices.simulated.phone import screens
from devices.simulated.phone.calls import Call, Command
from devices.simulated.phone.files import FilesError
from devices.simulated.phone.state import BROWSER, HOME, MESSAGES, SimulatedPhone

KEYS = frozenset(
    ("HOME", "BACK", "DEL", "ENTER", "SLEEP", "WAKEUP", "ENDCALL", "MOVE_END", "TAB", "SPACE", "POWER", "APP_SWITCH")
)


async def input_(call: Call) -> int:
    match call.arguments:
        case ["tap", x, y]:
            screens.tap(call.phone, int(x), int(y))
        case ["swipe", x1, y1, x2, y2, *_]:
            rows = (int(y1) - int(y2)) // screens.ROW
            most = max(0, len(screens.elements(call.phone)) - 5)
            call.phone.scrolled = min(max(0, call.phone.scrolled + rows), most)
            if int(x1) == int(x2) and int(y1) == int(y2):
                screens.tap(call.phone, int(x1), int(y1))
        case ["text", text]:
            if not text.isascii():
                return await call.fail(
                    "Exception occurred while executing 'text':\njava.lang.NullPointerException", 255
                )
            _type(call.phone, text.replace("%s", " "))
        case ["keyevent", *keys]:
            names = [key.removeprefix("KEYCODE_") for key in keys]
            if unknown := [key for key in names if key not in KEYS and not key.isdigit()]:
                return await call.fail(f"Error: Invalid key code {unknown[0]}", 255)
            for key in names:
                press(call.phone, key)
        case _:
            return await call.fail("Error: Unknown command", 255)
    return 0


def _type(phone: SimulatedPhone, text: str) -> None:
    if phone.focus and not phone.lose_keys:
        phone.fields[phone.focus] = phone.fields.get(phone.focus, "") + text


def press(phone: SimulatedPhone, key: str) -> None:
    """Press a key, named without KEYCODE_, or by its number."""
    if key in ("HOME", "3", "BACK", "4"):
        phone.open(HOME)
    elif key in ("DEL", "67") and phone.focus:
        phone.fields[phone.focus] = phone.fields.get(phone.focus, "")[:-1]
    elif key in ("ENTER", "66") and phone.focus == "url":
        phone.url = phone.fields.pop("url", "")
    elif key in ("ENTER", "66"):
        _type(phone, "\n")
    elif key in ("SLEEP", "223"):
        phone.awake = False
    elif key in ("WAKEUP", "224"):
        phone.awake = True
    elif key in ("ENDCALL", "6"):
        phone.end_call()


async def uiautomator(call: Call) -> int:
    match call.arguments:
        case ["dump", path]:
            try:
                call.phone.files.write(path, screens.dump(call.phone).encode())
            except FilesError as error:
                return await call.fail(f"ERROR: {error}")
            await call.say(f"UI hierchary dumped to: {path}\n")
            return 0
    return await call.fail("ERROR: usage: uiautomator dump [file]")


async def screencap(call: Call) -> int:
    await call.terminal.write(screens.picture(call.phone))
    return 0


async def wm(call: Call) -> int:
    await call.say(f"Physical size: {call.phone.width}x{call.phone.height}\n")
    return 0


async def am(call: Call) -> int:
    if call.arguments[:1] == ["force-stop"] and len(call.arguments) == 2:
        if call.phone.front == call.arguments[1]:
            call.phone.open(HOME)
        return 0
    if call.arguments[:1] not in (["start"], ["start-activity"], ["broadcast"]):
        return await call.fail("Error: unknown command", 255)
    intent = _intent(call.arguments[1:])
    if call.arguments[0] == "broadcast":
        await call.say(f"Broadcasting: Intent {{ act={intent.get('-a', '')} }}\nBroadcast completed: result=0\n")
        return 0
    await call.say(f"Starting: Intent {{ act={intent.get('-a', '')} dat={intent.get('-d', '')} }}\n")
    package = _started(call.phone, intent)
    if package is None:
        await call.fail("Error: Activity not started, unable to resolve Intent { act=... flg=0x10000000 }")
        return 1
    activity = call.phone.apps[package].activity
    taker = "com.example.trampoline" if call.phone.hands_on else package
    await call.say(f"Status: ok\nLaunchState: COLD\nActivity: {taker}/{activity}\nTotalTime: 12\nComplete\n")
    return 0


def _intent(words: list[str]) -> dict[str, str]:
    """The flags of `am start`; extras as `name` of theirs."""
    found: dict[str, str] = {}
    at = 0
    while at < len(words):
        word = words[at]
        if word in ("--es", "--ez", "--ei"):
            found[f"extra {words[at + 1]}"] = words[at + 2]
            at += 3
        elif word in ("-a", "-d", "-n", "-c", "-t", "-p", "-f"):
            found[word] = words[at + 1]
            at += 2
        else:
            at += 1
    return found


def _started(phone: SimulatedPhone, intent: dict[str, str]) -> str | None:
    """The package whose activity came to the front, None where there is none for it."""
    component, action, data = intent.get("-n", ""), intent.get("-a", ""), intent.get("-d", "")
    if component:
        package = component.partition("/")[0]
        if package not in phone.apps:
            return None
        phone.open(package)
        return package
    scheme, _, rest = data.partition(":")
    if action.endswith(".CALL") and scheme == "tel":
        phone.begin_call(unquote(rest))
    elif action.endswith((".DIAL", ".VIEW")) and scheme == "tel":
        phone.open("com.android.dialer")
    elif action.endswith((".SENDTO", ".VIEW")) and scheme in ("sms", "smsto"):
        phone.draft_to = unquote(rest)
        phone.open(MESSAGES)
        phone.fields["compose_message_text"] = intent.get("extra sms_body", "")
        phone.focus = "compose_message_text"
    elif action.endswith(".VIEW") and scheme in ("http", "https"):
        phone.url = data
        phone.open(BROWSER)
    elif action == "android.settings.SETTINGS":
        phone.open("com.android.settings")
    else:
        return None
    return phone.front


COMMANDS: dict[str, Command] = {
    "input": input_, "uiautomator": uiautomator, "screencap": screencap, "wm": wm, "am": am,
}  # fmt: skip
