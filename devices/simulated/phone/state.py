"""What a simulated phone remembers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from devices.simulated.phone.files import Files

HOME = "com.android.launcher3"
NOTES = "org.example.notes"
BROWSER = "com.android.browser"
MESSAGES = "com.android.messaging"
DIALER = "com.android.dialer"
SETTINGS = "com.android.settings"


@dataclass(frozen=True)
class App:
    package: str
    label: str
    activity: str
    version: str = "1.0"
    system: bool = True


@dataclass
class Battery:
    """Percent, tenths of a degree, and whether a charger is there."""

    level: int = 84
    temperature: int = 271
    plugged: bool = True


@dataclass(frozen=True)
class Notification:
    package: str
    title: str
    text: str
    posted_ms: int


@dataclass(frozen=True)
class Sms:
    """`box`: 1 came in, 2 was sent."""

    box: Literal[1, 2]
    address: str
    body: str
    date_ms: int


@dataclass(frozen=True)
class Call:
    """`kind`: 1 came in, 2 went out, 3 was missed."""

    kind: Literal[1, 2, 3]
    number: str
    seconds: int
    date_ms: int


@dataclass
class Location:
    latitude: float
    longitude: float
    accuracy: float


PROPERTIES = {
    "ro.product.manufacturer": "Asterism",
    "ro.product.brand": "simulated",
    "ro.product.model": "Simulated Phone",
    "ro.product.name": "asterism_simulated",
    "ro.product.device": "simulated",
    "ro.build.version.release": "13",
    "ro.build.version.sdk": "33",
    "ro.build.fingerprint": "asterism/simulated/simulated:13/SIM1/1:userdebug/test-keys",
    "ro.product.cpu.abi": "arm64-v8a",
    "ro.serialno": "SIMULATED0001",
    "ro.kernel.qemu": "0",
    "sys.boot_completed": "1",
    "persist.sys.timezone": "UTC",
    "persist.sys.locale": "en-US",
}
APPS = (
    App(HOME, "Launcher", ".Launcher"),
    App(SETTINGS, "Settings", ".Settings"),
    App(BROWSER, "Browser", ".BrowserActivity"),
    App(MESSAGES, "Messages", ".ui.ConversationListActivity"),
    App(DIALER, "Phone", ".DialtactsActivity"),
    App(NOTES, "Notes", ".MainActivity", version="2.3", system=False),
)


@dataclass
class SimulatedPhone:
    """The whole of it. `front` is the app on the screen; `fields` what was typed, by element id."""

    properties: dict[str, str] = field(default_factory=lambda: dict(PROPERTIES))
    battery: Battery = field(default_factory=Battery)
    files: Files = field(default_factory=Files)
    apps: dict[str, App] = field(default_factory=lambda: {app.package: app for app in APPS})
    width: int = 1080
    height: int = 1920
    awake: bool = True
    front: str = HOME
    fields: dict[str, str] = field(default_factory=dict)
    focus: str = ""
    notes: list[str] = field(default_factory=list)
    url: str = ""
    wifi: bool = True
    draft_to: str = ""
    scrolled: int = 0
    notifications: list[Notification] = field(default_factory=list)
    messages: list[Sms] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    calling: str = ""
    mock_allowed: bool = False
    providers: set[str] = field(default_factory=set)
    location: Location | None = None
    log: list[str] = field(default_factory=list)
    lose_keys: bool = False
    """Keys get lost on their way to the field."""
    locked: bool = False
    """The lock screen stays in front of whatever is started."""
    send_button: bool = True
    hands_on: bool = False
    """What takes an intent hands it on to another app, and ends."""
    asks_which_app: bool = False
    """Web addresses have several apps, and the phone asks which."""
    lines: list[str] = field(default_factory=list)
    """Every command line that came, as it came."""

    def __post_init__(self) -> None:
        now = int(time.time() * 1000)
        self.files.write("/sdcard/Documents/shopping.txt", b"milk\nbread\n")
        self.files.write("/sdcard/DCIM/IMG_0001.jpg", b"\xff\xd8\xff\xe0 not a photo, simulated \xff\xd9")
        self.notifications += [
            Notification(MESSAGES, "Ann", "Are you coming at 7?", now - 600_000),
            Notification("android", "USB debugging connected", "Tap to turn off USB debugging", now - 900_000),
        ]
        self.messages.append(Sms(1, "+4915550001", "Are you coming at 7?", now - 600_000))
        self.calls.append(Call(3, "+4915550002", 0, now - 3_600_000))
        self.say("I", "ActivityManager", "Simulated phone booted")

    def say(self, level: str, tag: str, text: str) -> None:
        """Add a line to the phone's log, in logcat's format `threadtime`."""
        stamp = time.strftime("%m-%d %H:%M:%S.000")
        self.log.append(f"{stamp}  1000  1000 {level} {tag}: {text}")

    def open(self, package: str) -> None:
        """Bring an app to the front; what was typed into another stays there."""
        self.front, self.focus, self.scrolled = package, "", 0
        self.say("I", "ActivityTaskManager", f"START u0 {{cmp={package}/{self.apps[package].activity}}}")

    def begin_call(self, number: str) -> None:
        self.calling = number
        self.open(DIALER)

    def end_call(self) -> None:
        if self.calling:
            self.calls.append(Call(2, self.calling, 3, int(time.time() * 1000)))
            self.calling = ""

    def send_draft(self) -> None:
        """Send what stands in the message's field, to whom it is addressed."""
        body = self.fields.pop("compose_message_text", "")
        if body and self.draft_to:
            self.messages.append(Sms(2, self.draft_to, body, int(time.time() * 1000)))
        self.focus = ""
