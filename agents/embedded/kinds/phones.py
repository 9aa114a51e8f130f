"""What may be asked of a phone."""

from __future__ import annotations

from typing import Final

from agents.embedded.kinds.acts import Choice, Missing, Order, number_of, point_of, said, text_of
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.names import address_of, label_of, name_of
from agents.embedded.kinds.pattern import Slots
from agents.embedded.kinds.world import World
from agents.embedded.tokens import Kind
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
COUNTING: Final = words("first second third fourth fifth last same other right left top bottom")
"""Words that point at a button, and are not what it says."""
LEVELS: Final = {"errors": "error", "error": "error", "warnings": "warning", "warning": "warning", "fatal": "fatal"}
_OF_SCREEN: Final = "of [the] [phone|phone's] screen"
SHOT: Final = f"(screenshot|screen shot|screen capture|screengrab|screencap|(picture|photo|image|capture) {_OF_SCREEN})"
TEXTS: Final = "(text messages|texts|sms|sms messages|smses|messages|text message)"


def app(slots: Slots, piece: Piece, world: World) -> Filled:
    name = text_of(slots, "app", piece)
    if piece.said.startswith(("run ", "execute ")) and slots["app"][0].kind is Kind.QUOTED:
        return None  # what is run in quotation marks is a command
    if all(word in NO_APPS for word in name.casefold().split()):
        return None
    if world.actuated(said(slots, "app"), None) or world.sensed(said(slots, "app"), None):
        return None  # `open the window`: no app is called like what a box opens
    return {"app": name}


def key(slots: Slots, piece: Piece, world: World) -> Filled:
    name = KEYS.get(" ".join(said(slots, "key")))
    often = times(slots)
    return {"keys": [name] * often} if name is not None and 1 <= often <= 20 else None


def sms(slots: Slots, piece: Piece, world: World) -> Filled:
    if "told" in slots:
        told = text_of(slots, "told", piece)
        if not told[:1].isalnum():
            return None
        # `text 112233 that temperature` names a value; a text says what somebody does, or what is so.
        value = world.sensed(said(slots, "told"), None) or not STATEMENT & set(said(slots, "told"))
        return {"number": text_of(slots, "number", piece), "text": told} if not value else None
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


def entered(slots: Slots, piece: Piece, world: World) -> Filled:
    """A text for a field: what is no literal has a capital."""
    (value,), into = slots["text"], name_of(slots, "into", piece)
    if into is None or value.kind is Kind.QUOTED or (value.word and not value.text[:1].isupper()):
        return None
    return {"text": text_of(slots, "text", piece), "into": into}


def tapped(slots: Slots, piece: Piece, world: World) -> Filled:
    if "at" in slots:
        place = point_of(slots, "at")
        return {"x": place[0], "y": place[1]} if place is not None else None
    label = text_of(slots, "text", piece)
    counted = label.casefold() in COUNTING and slots["text"][0].kind is not Kind.QUOTED
    return {"text": label} if label.casefold() not in NO_APPS and not counted else None


def labelled(slots: Slots, piece: Piece, world: World) -> Filled:
    label = label_of(slots, "text", piece)
    if label is None or (label.casefold() in KEYS and piece.said.startswith(("press", "push", "hit"))):
        return None
    return {"text": label}


def held(slots: Slots, piece: Piece, world: World) -> Filled:
    out = tapped(slots, piece, world) if "at" in slots else labelled(slots, piece, world)
    seconds = number_of(slots, "d") if "d" in slots else 1
    return {**out, "hold_ms": int(1000 * (seconds or 0))} if isinstance(out, dict) else None


def swiped(slots: Slots, piece: Piece, world: World) -> Filled:
    begin, end = point_of(slots, "begin"), point_of(slots, "end")
    if begin is None or end is None:
        return None
    return {"from_x": begin[0], "from_y": begin[1], "to_x": end[0], "to_y": end[1]}


def times(slots: Slots) -> int:
    """How often: `twice`, `three times`; 0 where it is not said in a way that is known."""
    if "n" in slots:
        return int(number_of(slots, "n") or 0)
    return {"once": 1, "twice": 2}.get(said(slots, "often")[0], 0) if "often" in slots else 1


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
    address = address_of(slots, "url", piece)
    return {"url": address} if address is not None else None


STATEMENT: Final = words(
    "is are am was were be will would can could i'm i'll i've we're we'll we've it's that's have has had see come call "
    "bring arrived left done going coming"
)
_MESSAGE = "(sms|text|text message|message|short message)"
_OPEN = "(open|launch|start|run|open up|bring up|start up|fire up)"
_TAP = "(tap on|tap|press on|press|touch|push|hit|click on|click)"
_STOP = "(stop|close|quit|kill|end|force stop|force-stop|force close|force-close|terminate|exit|shut|close down)"
_ON_SCREEN = "[on [the] screen]"
_WHAT = "(button|text|field|element|label|entry|item|link|word|words)"
_LAST = "(last|newest|latest|most recent|recent)"
_AND_LEVEL = "(errors|warnings|error|warning|fatal)"
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
            "is ~the (battery|phone) (full|charged|low|empty) ~now",
            "is (charging|charged|plugged in|full) ~now",
            "how is ~the battery [doing|holding up] ~now",
            "what percentage is [the battery] [at] ~now",
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
        asks=(
            f"what (was|is) in [the|my] [last|newest|latest|recent] {TEXTS}",
            f"(what|which) {TEXTS} (are there|do i have|are|came [in]|have come [in]|did i get|have i got)",
            f"(any|are there any|do i have any|did i get any) [new] {TEXTS}",
        ),
        nouns=(f"[last|newest|recent|latest] {TEXTS} [that are|that came in|that have come in]",),
    ),
    Order("phone.messages", nouns=(f"(sent|outgoing) {TEXTS}",), fixed={"box": "sent"}),
    Order("phone.messages", nouns=(f"(received|incoming) {TEXTS}", "[sms|message] inbox"), fixed={"box": "inbox"}),
    Order(
        "phone.messages",
        asks=(f"what (was|is) in [the|my] {_LAST} {{n:number}} {TEXTS}",),
        nouns=(f"{_LAST} {{n:number}} {TEXTS} [that came in|received]",),
        fill=limited,
    ),
    Order(
        "phone.messages",
        nouns=(
            f"[last|newest|latest|recent] {TEXTS} (from|to|with|of) [the number] {{number:call}}",
            f"{_LAST} {{n:number}} {TEXTS} (from|to|with) [the number] {{number:call}}",
        ),
        fill=of_number,
    ),
    Order(
        "phone.calls",
        asks=(
            "who (called|rang|phoned) [me|us] [lately|recently|last]",
            "who (has|have) (called|been calling|rung|phoned) [me|us] [lately|recently]",
            "(what|which) calls (were there|are there|did i get|did i have|came [in]|have there been|did i miss|have "
            "i had|have i missed)",
            "(did i miss|have i missed|are there) any calls",
        ),
        nouns=("(call log|call history|call list|list of calls|[recent|last|latest|missed|phone] [phone] calls)",),
    ),
    Order(
        "phone.calls",
        asks=(f"who were [the] {_LAST} {{n:number}} callers", f"who made [the] {_LAST} {{n:number}} calls"),
        nouns=(
            f"{_LAST} {{n:number}} [missed] [phone] calls [in [the] (call log|call history)]",
            f"{_LAST} {{n:number}} (entries|items) (of|in|from) [the] (call log|call history|call list)",
        ),
        fill=limited,
    ),
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
        "phone.apps", asks=("is [the] [app] {app:words} installed",), fill=lambda s, p, w: {} if app(s, p, w) else None
    ),
    Order(
        "phone.properties",
        asks=(
            "(what|which) (android version|version of android|android|model|device model) (is it|does [it] "
            "(run|have)|runs "
            "on it|is|runs|is installed|is running)",
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
            f"{_LAST} {{n:number}} [log] (lines|entries|messages) (of|from|in) [the] [system] (log|logcat|logs)",
            f"{_LAST} {{n:number}} [log|logcat] (lines|entries)",
            f"{_LAST} {{n:number}} {{level:word}} (of|from|in) [the] [system] (log|logcat|logs)",
            "{level:word} [of|in|from] [the] [system] (log|logcat|logs)",
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
            f"(find|look for|locate) [the] {_WHAT} [called|named|labelled|that says] {{text:quoted}} {_ON_SCREEN}",
            f"is there [a|an|the] {_WHAT} [called|named|labelled|that says|saying] {{text:quoted}} {_ON_SCREEN}",
            "(is there|can you see) {text:quoted} on [the] screen",
            "is {text:quoted} (on|shown on|visible on|to be seen on) [the] screen ~now",
        ),
        fill=found,
    ),
    Order(
        "phone.find",
        asks=(
            f"is there [a|an|the] {_WHAT} [called|named|labelled|that says|saying] {{text:words}} {_ON_SCREEN}",
            f"is there [a|an|the] {{text:words}} (button|link|field) {_ON_SCREEN}",
            "does [the] screen (show|say|contain) {text:words}",
            "where [on [the] screen] does it say {text:words}",
            f"(find|look for|locate) [the] {_WHAT} [called|named|labelled|that says] {{text:words}} {_ON_SCREEN}",
        ),
        fill=labelled,
    ),
    Order(
        "phone.open_url",
        asks=(
            "(open|show|visit|go to|load|browse to|navigate to|bring up|display|open up|pull up) [me] [the] "
            "[page|url|link|address|site|website|web page|webpage] [at] {url:address} [in [the|its] "
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
            f"{_STOP} [the] (app|application) {{app:app}}",
            f"{_STOP} [the] {{app:app}} [app|application]",
        ),
        fill=app,
    ),
    Order(
        "phone.press",
        asks=tuple(
            f"{verb} {often}"
            for verb in ("(press|hit|push|tap) [the] {key:words} (button|key)", "press [on] {key:words}")
            for often in ("", "{n:number} times", "{often:word}")
        ),
        fill=key,
    ),
    Order("phone.press", asks=("go back", "navigate back"), fixed={"keys": ["BACK"]}),
    Order("phone.press", asks=("(go|return|get|go back) [to [the]] home [screen]",), fixed={"keys": ["HOME"]}),
    Order(
        "phone.press",
        asks=("wake [up]", "wake (it|up|the phone|the screen) [up]", "wake [the] screen [up]"),
        fixed={"keys": ["WAKEUP"]},
    ),
    Order(
        "phone.tap",
        asks=(
            f"{_TAP} [the] [button|element|text|item|entry|link] [that says|called|named|labelled|saying] "
            f"{{text:quoted}} [button|element|text|item|entry|link] {_ON_SCREEN}",
            f"{_TAP} [the] button {{text:word}} {_ON_SCREEN}",
            f"(tap on|tap|touch|click on|click) [the] {{text:word}} button {_ON_SCREEN}",
            f"{_TAP} [on] [the] [point|position|place|pixel|coordinates] [at] {{at:point}} {_ON_SCREEN}",
        ),
        fill=tapped,
    ),
    Order(
        "phone.tap",
        asks=(
            f"{_TAP} [the] [button|element|text|item|entry|link] [that says|called|named|"
            f"labelled|saying] {{text:words}} {_ON_SCREEN}",
            f"{_TAP} [the] (button|element|text|item|entry|link) [that says|called|named|labelled|saying] "
            f"{{text:words}} {_ON_SCREEN}",
            f"{_TAP} [the] {{text:words}} (button|link|entry|item) {_ON_SCREEN}",
        ),
        fill=labelled,
    ),
    Order(
        "phone.tap",
        asks=tuple(
            f"(long press|long-press|long tap|long-tap|hold|press long on) [on] [the] {what} {_ON_SCREEN} "
            "[for {d:duration}]"
            for what in (
                "[button|element|text|item|entry|link|icon] {text:quoted}",
                "[button|element|text|item|entry|link|icon] {text:words}",
                "[point|position|place] [at] {at:point}",
            )
        ),
        fill=held,
    ),
    Order(
        "phone.swipe",
        asks=("(swipe|drag|slide) from {begin:point} to {end:point}",),
        fill=swiped,
    ),
    Order(
        "phone.type",
        asks=(
            "(type|enter|write|input|put|fill in) {text:filling} (into|in|in to) [the] [field|input|text field|box] "
            "[called|named] {into:thing} [field|input|box]",
            "(fill in|fill) [the] [field] {into:thing} [field|box] with {text:filling}",
        ),
        fill=entered,
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
            "(text|sms) {number:call} (that|saying :|saying|:) {told:rest}",
            f"(send|write) [a|an] {_MESSAGE} to [the number] {{number:call}} (that says|that|saying :|saying|:) "
            "{told:rest}",
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
            "(set|mock|change|fake) [the] [gps] (location|position) (to|at|as) [latitude] {a:number} [,] "
            "[and] [longitude] {b:number}",
            "(pretend|let it think|make it think|make it look like) [that] [it] is (at|in) [latitude] {a:number} [,] "
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
