"""What may be asked of a phone."""

from __future__ import annotations

from typing import Final

from agents.embedded.kinds.acts import Choice, Missing, Order, number_of, said, text_of
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import Slots
from agents.embedded.kinds.world import World
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

Filled = JsonObject | tuple[Choice, ...] | None

KEYS: Final = {
    "home": "HOME",
    "back": "BACK",
    "enter": "ENTER",
    "return": "ENTER",
    "tab": "TAB",
    "delete": "DEL",
    "backspace": "DEL",
    "menu": "MENU",
    "power": "POWER",
    "volume up": "VOLUME_UP",
    "volume down": "VOLUME_DOWN",
    "recents": "APP_SWITCH",
    "recent apps": "APP_SWITCH",
}
NO_APPS: Final = words(
    "it them this that file files folder door window page link url website app apps call connection something anything "
    "everything and or then text message notification notifications settings's screenshot picture again up down on off"
)
LEVELS: Final = {"errors": "error", "error": "error", "warnings": "warning", "warning": "warning", "fatal": "fatal"}
_OF_SCREEN: Final = "of [the] [phone|phone's] screen"
SHOT: Final = f"(screenshot|screen shot|screen capture|screengrab|screencap|(picture|photo|image|capture) {_OF_SCREEN})"
TEXTS: Final = "(text messages|texts|sms|sms messages|smses|messages|text message)"


def app(slots: Slots, piece: Piece, world: World) -> Filled:
    name = text_of(slots, "app", piece)
    if all(word in NO_APPS for word in name.casefold().split()):
        return None
    if world.actuated(said(slots, "app"), None) or world.sensed(said(slots, "app"), None):
        return None  # `open the window`: no app is called like what a box opens
    return {"app": name}


def key(slots: Slots, piece: Piece, world: World) -> Filled:
    name = KEYS.get(" ".join(said(slots, "key")))
    return {"keys": [name]} if name is not None else None


def sms(slots: Slots, piece: Piece, world: World) -> Filled:
    if "number" not in slots:
        raise Missing("a text message needs the number that it goes to")
    if "text" not in slots:
        raise Missing("a text message needs its text, in quotes")
    return {"number": text_of(slots, "number", piece), "text": text_of(slots, "text", piece)}


def call(slots: Slots, piece: Piece, world: World) -> Filled:
    return {"number": text_of(slots, "number", piece)}


def limited(slots: Slots, piece: Piece, world: World) -> Filled:
    return {"limit": int(number_of(slots, "n") or 0)}


def log(slots: Slots, piece: Piece, world: World) -> Filled:
    out: JsonObject = {}
    if "n" in slots:
        out["lines"] = int(number_of(slots, "n") or 0)
    if "level" in slots:
        out["level"] = LEVELS[" ".join(said(slots, "level"))]
    return out


def typed(slots: Slots, piece: Piece, world: World) -> Filled:
    out: JsonObject = {"text": text_of(slots, "text", piece)}
    if "into" in slots:
        out["into"] = text_of(slots, "into", piece)
    return out


def tapped(slots: Slots, piece: Piece, world: World) -> Filled:
    if "x" in slots:
        return {"x": int(number_of(slots, "x") or 0), "y": int(number_of(slots, "y") or 0)}
    label = text_of(slots, "text", piece)
    return {"text": label} if label.casefold() not in NO_APPS else None


def located(slots: Slots, piece: Piece, world: World) -> Filled:
    return {"latitude": number_of(slots, "a"), "longitude": number_of(slots, "b")}


def found(slots: Slots, piece: Piece, world: World) -> Filled:
    return {"text": text_of(slots, "text", piece)}


def folder(slots: Slots, piece: Piece, world: World) -> Filled:
    path = text_of(slots, "path", piece)
    if not path.startswith("/"):
        named = {"downloads": "/sdcard/Download", "download": "/sdcard/Download", "photos": "/sdcard/DCIM"}
        path = named.get(path.casefold(), "")
    return {"path": path} if path else None


def of_number(slots: Slots, piece: Piece, world: World) -> Filled:
    out: JsonObject = {"number": text_of(slots, "number", piece)}
    if "n" in slots:
        out["limit"] = int(number_of(slots, "n") or 0)
    return out


def property_of(slots: Slots, piece: Piece, world: World) -> Filled:
    return {"prefix": text_of(slots, "name", piece)}


def shell(slots: Slots, piece: Piece, world: World) -> Filled:
    return {"command": text_of(slots, "command", piece)}


def of_app(slots: Slots, piece: Piece, world: World) -> Filled:
    return {"app": text_of(slots, "app", piece)}


def url(slots: Slots, piece: Piece, world: World) -> Filled:
    address = text_of(slots, "url", piece)
    return {"url": address} if address.startswith(("http://", "https://")) else None


_OPEN = "(open|launch|start|run|open up|bring up|start up|fire up)"
_TAP = "(tap|tap on|press|touch|push|hit|click|click on)"
ORDERS: Final = (
    Order(
        "phone.battery",
        asks=(
            "how full is ~the battery ~now",
            "how (full|charged|empty|low) ~the battery is ~now",
            "how full is it",
            "how (charged|empty|low) is ~the battery ~now",
            "how much (battery|charge|power|juice) (is|does|has) [it|there] [have|got] [left] ~now",
            "how much (battery|charge|power|juice) [is] [left] ~now",
            "how is ~the battery [doing] ~now",
            "is ~the (battery|phone) (full|charged|low|empty) ~now",
            "is (charging|charged|plugged in|full) ~now",
            "is it (charging|charged|plugged in) ~now",
        ),
        nouns=(
            "(battery|charge) [level|status|state|charge|percentage|percent|capacity] ~now",
            "(level|state|status|charge|percentage) of ~the battery ~now",
        ),
        measure="output.percent",
        unit="percent",
    ),
    Order(
        "phone.battery",
        asks=(
            "how (warm|hot|cold) is ~the (phone|battery) ~now",
            "how (warm|hot) is it ~now",
            "how (warm|hot) is ~now",
        ),
        nouns=("battery temperature", "temperature of ~the battery"),
        measure="output.temperature_celsius",
        unit="°c",
    ),
    Order(
        "phone.screenshot",
        asks=(
            f"(take|make|capture|grab|snap|get|do|shoot|create) [me] [a|one|another|the] {SHOT} ~now",
            "(capture|screenshot|grab|snapshot|photograph) [what is on] [the] screen ~now",
            "screenshot [it] ~now",
        ),
        nouns=(SHOT,),
    ),
    Order(
        "phone.ui",
        asks=(
            "what is [shown|displayed|visible|there] on [the] screen ~now",
            "what does [the] (screen|display) (say|show|read) ~now",
            "what do you see on [the] screen",
            "(read|show|describe) [me] [what is on] [the] screen ~now",
        ),
        nouns=("[text|texts|content|contents|elements] (of|on) [the] screen", "screen (text|content|contents)"),
        measure="output.text",
    ),
    Order(
        "phone.notifications",
        asks=(
            "what notifications (are there|do i have|are showing|are open|are)",
            "(any|are there any|do i have any) [new] notifications",
        ),
        nouns=("[open|new|unread|pending] notifications [that are shown|that are showing|shown]",),
    ),
    Order("phone.notifications", nouns=("[new] notifications (of|from|by) {app:path}",), fill=of_app),
    Order(
        "phone.messages",
        asks=(f"what {TEXTS} (are there|do i have|are|came [in])", f"(any|are there any|do i have any) {TEXTS}"),
        nouns=(f"[last|newest|recent] {TEXTS} [that are]",),
    ),
    Order("phone.messages", nouns=(f"(sent|outgoing) {TEXTS}",), fixed={"box": "sent"}),
    Order("phone.messages", nouns=(f"(received|incoming) {TEXTS}", "[sms|message] inbox"), fixed={"box": "inbox"}),
    Order("phone.messages", nouns=(f"(last|newest|latest) {{n:number}} {TEXTS}",), fill=limited),
    Order(
        "phone.messages",
        nouns=(
            f"{TEXTS} (from|to|with|of) {{number:call}}",
            f"(last|newest|latest) {{n:number}} {TEXTS} (from|to|with) {{number:call}}",
        ),
        fill=of_number,
    ),
    Order(
        "phone.calls",
        asks=("who called [me|us] [lately|recently]", "who (has|have) (called|been calling) [me|us]"),
        nouns=("(call log|call history|call list|list of calls|calls|recent calls|phone calls|last calls)",),
    ),
    Order("phone.calls", nouns=("(last|newest|latest) {n:number} [phone] calls",), fill=limited),
    Order(
        "phone.apps",
        asks=(
            "(what|which) (apps|packages|applications) are there",
            "(what|which) (apps|packages|applications) (does it have|are)",
        ),
        nouns=(
            "(apps|packages|applications)",
            "list of [all] (apps|packages|applications)",
            "names of [all] [the] (apps|packages)",
        ),
    ),
    Order(
        "phone.apps",
        asks=("(what|which) (apps|packages|applications) (are|have been|did i|have i) (installed|install) [myself]",),
        nouns=("installed (apps|packages|applications)", "(apps|packages|applications) (that are|which are) installed"),
        fixed={"installed": True},
    ),
    Order(
        "phone.properties",
        asks=(
            "(what|which) (android version|version of android|android|model|device model) (is "
            "it|does it (run|have)|runs on it|is|runs)",
            "(what|which) version of android (is installed|is running|runs|is) ",
            "(what|which) model is it",
        ),
        nouns=("[system|device] properties", "(android version|version of android|model|model name|device model)"),
    ),
    Order(
        "phone.properties",
        nouns=(
            "[system] property {name:path}",
            "properties (that begin|beginning|starting) with {name:path}",
            "{name:path}",
        ),
        fill=property_of,
    ),
    Order(
        "phone.log",
        asks=("what does [the] (log|logcat) say",),
        nouns=(
            "(log|logcat|logs|system log|device log)",
            "(last|newest|latest) {n:number} lines of [the] (log|logcat|logs)",
            "{level:word} [in|from] [the] (log|logcat|logs)",
            "{level:word} of [the] (log|logcat)",
        ),
        fill=lambda s, p, w: log(s, p, w) if "level" not in s or " ".join(said(s, "level")) in LEVELS else None,
    ),
    Order(
        "phone.files",
        asks=("what is in [the folder] {path:path}", "what (files|names) are (there in|in) [the folder] {path:path}"),
        nouns=("(files|names|contents|content|listing) (in|of|under) [the] [folder] {path:path}", "folder {path:path}"),
        fill=folder,
    ),
    Order(
        "phone.files",
        asks=("what is in [the] {path:word} folder",),
        nouns=("(files|contents|content) (in|of) [the] {path:word} folder", "{path:word} folder", "{path:word}"),
        fill=lambda s, p, w: (
            folder(s, p, w) if " ".join(said(s, "path")) in ("download", "downloads", "photos") else None
        ),
    ),
    Order(
        "phone.find",
        asks=(
            "is there [a|an] (button|text|field|element|label) [called|named|labelled|that "
            "says|saying] {text:quoted} [on [the] screen]",
            "does [the] screen (show|say|contain) {text:quoted}",
            "where on [the] screen does it say {text:quoted}",
            "(find|look for|search for) {text:quoted} on [the] screen",
            "(find|look for) [the] (button|text|field|element|label) {text:quoted} [on [the] screen]",
        ),
        fill=found,
    ),
    Order(
        "phone.open_url",
        asks=(
            "(open|show|visit|go to|load|browse to|navigate to|bring up|display|open up) [the] "
            "[page|url|link|address|site|website|web page|webpage] [at] {url:url} [in [the] "
            "browser]",
        ),
        fill=url,
    ),
    Order(
        "phone.open_app",
        asks=(
            f"{_OPEN} [the] [app|application] {{app:app}} [app|application]",
            "(go to|switch to|bring up) [the] {app:app} app",
        ),
        fill=app,
    ),
    Order(
        "phone.stop_app",
        asks=(
            "(stop|close|quit|kill|end|force stop|terminate|exit) [the] app {app:app}",
            "(stop|close|quit|kill|end|force stop|terminate|exit) [the] {app:app} [app|application]",
        ),
        fill=app,
    ),
    Order("phone.press", asks=("(press|hit|push|tap) [the] {key:words} (button|key)", "press {key:words}"), fill=key),
    Order("phone.press", asks=("go back", "navigate back"), fixed={"keys": ["BACK"]}),
    Order("phone.press", asks=("go [to [the]] home [screen]",), fixed={"keys": ["HOME"]}),
    Order(
        "phone.press",
        asks=("wake [up]", "wake (it|up|the phone|the screen) [up]", "wake [the] screen [up]"),
        fixed={"keys": ["WAKEUP"]},
    ),
    Order(
        "phone.tap",
        asks=(
            f"{_TAP} [the] [button|element|text|item|entry|link] [that "
            f"says|called|named|labelled|saying] {{text:quoted}} "
            f"[button|element|text|item|entry|link]",
            f"{_TAP} [the] button {{text:word}}",
            "(tap|tap on|click|click on) [the] {text:word} button",
            f"{_TAP} [on] [the] [point|position|place|pixel] [at] {{x:number}} [,|x] {{y:number}}",
        ),
        fill=tapped,
    ),
    Order(
        "phone.type",
        asks=(
            "(type|enter|write|input|put|fill in) {text:quoted} (into|in|in to) [the] "
            "[field|input|text field|box] [called|named] {into:thing} [field|input]",
            "(type|enter|input) {text:quoted} [in|into it|there]",
            "(fill|fill in) [the] [field] {into:thing} [field] with {text:quoted}",
        ),
        fill=typed,
    ),
    Order(
        "phone.sms",
        asks=(
            "(send|write|text) [a|an] (sms|text|text message|message|short message) to [the "
            "number] {number:call} [,] [saying|that says|with [the] text|with [the] "
            "message|reading|:] {text:quoted}",
            "(send|write) {text:quoted} (as|by|via) [a|an] (sms|text|text message) to [the number] {number:call}",
            "(send|write) {text:quoted} to [the number] {number:call} (as|by|via) [a|an] (sms|text|text message)",
            "text {number:call} [,] [saying|that|:] {text:quoted}",
            "(text|sms) {text:quoted} to [the number] {number:call}",
            "(send|text) {number:call} [a|an|the] [sms|text|text message|message] [,] "
            "[saying|that says|with [the] text|:] {text:quoted}",
            "(send|write) [a|an] (sms|text|text message) [,] [saying|that says|with [the] text|:] "
            "{text:quoted} [to [the number] {number:call}]",
            "(send|write) [a|an] (sms|text|text message) to [the number] {number:call}",
            "(send|write) [a|an] (sms|text|text message)",
        ),
        fill=sms,
    ),
    Order(
        "phone.call",
        asks=(
            "(call|dial|ring|phone|ring up) [the number] {number:call}",
            "(make|place|start) [a] [phone] call to [the number] {number:call}",
        ),
        fill=call,
    ),
    Order("phone.hang_up", asks=("hang up [the] [call|phone]", "(end|finish|terminate) [the] [current|phone] call")),
    Order(
        "phone.set_location",
        asks=(
            "(set|mock|change|fake|put) [the] [gps] (location|position) to {a:number} [,] {b:number}",
            "(set|mock|change|fake) [the] [gps] (location|position) to [latitude] {a:number} [,] "
            "[and] [longitude] {b:number}",
        ),
        fill=located,
    ),
    Order(
        "phone.clear_location",
        asks=("(clear|remove|reset|stop|end|undo) [the] [mock|fake|mocked] (location|position|mock location)",),
    ),
    Order(
        "phone.uninstall",
        asks=("(uninstall|remove|delete) [the] app {app:app}", "uninstall [the] {app:app} [app]"),
        fill=app,
    ),
    Order("phone.shell", asks=("(run|execute) [the] [shell] [command] {command:quoted} [in [the] shell]",), fill=shell),
    Order(
        "phone.devices",
        asks=("(what|which) phones are (connected|there|plugged in|attached)", "is [my] phone (plugged in|connected)"),
        nouns=("connected phones", "adb devices", "android devices"),
    ),
)
