"""What may be asked of an edge box: its sensors and actuators by the names that their owner gave them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from agents.embedded.kinds.acts import Choice, Missing, Order, number_of, said, text_of
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import Slots
from agents.embedded.kinds.world import STATES, World, allowed, value_for
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

Filled = JsonObject | tuple[Choice, ...] | None
CLOSING: Final = words("close shut")
DAYS: Final = {
    form: day[:3]
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    for form in (day, f"{day}s", day[:3], day[:4], day[:5])
}
UNITS: Final = {"second": 1, "minute": 60, "hour": 3600}
WAIT_S: Final = 3600
SPANS: Final = {
    **dict.fromkeys(("weekday", "weekdays", "workday", "workdays"), ("mon", "tue", "wed", "thu", "fri")),
    **dict.fromkeys(("weekend", "weekends"), ("sat", "sun")),
}


def devices_of(piece: Piece) -> tuple[str, ...] | None:
    """The devices that a piece names; None where it names none."""
    names = tuple(name for _, mention in piece.places for name in mention.names)
    return names or None


def sensors(words: Sequence[str], piece: Piece, world: World, **more: Json) -> tuple[Choice, ...] | None:
    found = world.sensed(words, devices_of(piece))
    return tuple(Choice({"sensor": one.name, **more}, one.device) for one in found) or None


def read(slots: Slots, piece: Piece, world: World) -> Filled:
    words = said(slots, "sensor")
    return sensors(words, piece, world) if "sensors" not in words else None


def warmth(slots: Slots, piece: Piece, world: World) -> Filled:
    return sensors(["warm", *(said(slots, "sensor") if "sensor" in slots else ())], piece, world)


def topic(slots: Slots, piece: Piece, world: World) -> Filled:
    return {"sensor": text_of(slots, "topic", piece)}


def setting(words: Sequence[str], value: str, piece: Piece, world: World, name: str = "value") -> Filled:
    """The actuator that is meant with the declared value that is meant. Raises Missing for a value that it has not."""
    found = world.actuated(words, devices_of(piece))
    fitting = [(box, one, value_for(one, value)) for box, one in found]
    choices = tuple(
        Choice({"actuator": one.name, name: known}, box) for box, one, known in fitting if known is not None
    )
    if found and not choices:
        box, one = found[0]
        raise Missing(f"{one.name} of {box} takes {allowed(one)}, and no {value[:40]}")
    return choices or None


def put(slots: Slots, piece: Piece, world: World) -> Filled:
    return setting(said(slots, "actuator"), _value(slots, piece), piece, world)


def be(slots: Slots, piece: Piece, world: World) -> Filled:
    """A state that is wished for: `make sure that the window is shut`."""
    return put(slots, piece, world) if said(slots, "value")[0] in STATES else None


def _value(slots: Slots, piece: Piece) -> str:
    tokens = slots["value"]
    if len(tokens) == 1 and isinstance(tokens[0].value, (int, float)):
        return f"{tokens[0].value:g}"
    return text_of(slots, "value", piece)


def fixed(value: str) -> object:
    def fill(slots: Slots, piece: Piece, world: World) -> Filled:
        return setting(said(slots, "actuator"), value, piece, world)

    return fill


def summed(slots: Slots, piece: Piece, world: World) -> Filled:
    seconds = _seconds(slots)
    return sensors(said(slots, "sensor"), piece, world, seconds=seconds) if seconds else None


def watched(slots: Slots, piece: Piece, world: World) -> Filled:
    seconds = _seconds(slots)
    return sensors(said(slots, "sensor"), piece, world, seconds=seconds, stop=False) if seconds else None


def _seconds(slots: Slots) -> int | float | None:
    return UNITS.get(said(slots, "unit")[0]) if "unit" in slots else number_of(slots, "d")


def crossing(side: str) -> object:
    """Followed for an hour at most until it is above, or below, a number."""

    def fill(slots: Slots, piece: Piece, world: World) -> Filled:
        return sensors(said(slots, "sensor"), piece, world, seconds=WAIT_S, **{side: number_of(slots, "n")})

    return fill


def recorded(slots: Slots, piece: Piece, world: World) -> Filled:
    more: JsonObject = {"every_s": number_of(slots, "d")} if "d" in slots else {}
    if "unit" in slots:
        seconds = UNITS.get(said(slots, "unit")[0])
        if seconds is None:
            return None
        more = {"every_s": seconds}
    return sensors(said(slots, "sensor"), piece, world, **more)


def scheduled(slots: Slots, piece: Piece, world: World, value: str = "") -> Filled:
    found = setting(said(slots, "actuator"), value or _value(slots, piece), piece, world, "set")
    if not isinstance(found, tuple):
        return None
    when: JsonObject = {}
    if "t" in slots:
        clock = _clock(slots)
        if clock is None:
            return None
        when["daily"] = clock
        days = _days([word for one in ("days", "also") if one in slots for word in said(slots, one)])
        if days is None:
            return None
        if days:
            when["days"] = list(days)
    elif "every" in slots:
        when["every_s"] = number_of(slots, "every")
    elif "unit" in slots:
        seconds = UNITS.get(said(slots, "unit")[0])
        if seconds is None:
            return None
        when["every_s"] = seconds
    else:
        when["in_s"] = number_of(slots, "d")
    return tuple(Choice({**one.arguments, **when}, one.device) for one in found)


def _days(spoken: Sequence[str]) -> tuple[str, ...] | None:
    """Days of the week, each once; None where a word is no day."""
    found: list[str] = []
    for word in spoken:
        days = SPANS.get(word) or (DAYS.get(word) or "",) if word not in {"and", ","} else ()
        if "" in days:
            return None
        found += [day for day in days if day not in found]
    return tuple(found)


PARTS: Final = words("morning afternoon evening night")


def _clock(slots: Slots) -> str | None:
    """HH:MM of `8:00`, `20:15`, `8:00 pm`."""
    text = str(slots["t"][0].value).casefold().replace(" ", "")
    hour, _, minute = text.removesuffix("am").removesuffix("pm").partition(":")
    part = said(slots, "part")[0] if "part" in slots else ""
    if part and part not in PARTS:
        return None
    if part and not text.endswith("m"):
        noon = int(hour) >= 12
        if (part == "morning" and noon) or (part == "night" and 12 <= int(hour) < 18):
            return None
        after = part in {"afternoon", "evening"} or (part == "night" and int(hour) > 5)
        text += "pm" if after and not noon else ""
    late = 12 if text.endswith("pm") and int(hour) < 12 else -12 if text.endswith("am") and int(hour) == 12 else 0
    return f"{int(hour) + late:02d}:{minute}"


def scheduling(value: str = "") -> object:
    return lambda slots, piece, world: scheduled(slots, piece, world, value)


def named(slots: Slots, piece: Piece, world: World) -> Filled:
    return {"name": text_of(slots, "name", piece)}


NO_PAYLOADS: Final = words(
    "a the it this that message messages text value word payload something nothing anything result reading temperature "
    "humidity battery time date"
)


def published(slots: Slots, piece: Piece, world: World) -> Filled:
    if "topic" not in slots:
        raise Missing("a message needs the topic that it goes to")
    payload = slots["payload"]
    if payload[0].word and (len(payload) > 1 or payload[0].text.casefold() in NO_PAYLOADS):
        raise Missing("a message needs its text, in quotes")
    return {"topic": text_of(slots, "topic", piece), "payload": text_of(slots, "payload", piece)}


def exported(slots: Slots, piece: Piece, world: World) -> Filled:
    """Into a file of the box itself, where no other device is named."""
    return {"path": text_of(slots, "path", piece)}


def firmware(slots: Slots, piece: Piece, world: World) -> Filled:
    digest = text_of(slots, "hash", piece).casefold()
    return {"url": text_of(slots, "url", piece), "sha256": digest} if re.fullmatch(r"[0-9a-f]{64}", digest) else None


def kind_of(kind: str) -> JsonObject:
    return {"kind": kind}


_TIMES = (
    "(every day|daily|each day) at {t:time}",
    "at {t:time} (every day|daily|each day)",
    "(every|each) {part:word} at {t:time}",
    "at {t:time} (every|each) {part:word}",
    "at {t:time} in the {part:word} (every day|daily|each day)",
    "at {t:time} (on|every) {days:words} [and [on] {also:word}]",
    "(on|every|each) {days:words} [and [on] {also:word}] at {t:time}",
    "every {every:duration}",
    "(every|each) {unit:word}",
    "(in|after) {d:duration} [from now]",
    "{d:duration} from now",
)
_VERBS = (
    ("open [the] {actuator:words}", "open"),
    ("open up [the] {actuator:words}", "open"),
    ("(close|shut|close up|shut down) [the] {actuator:words}", "closed"),
    ("(turn|switch) on [the] {actuator:words}", "on"),
    ("(turn|switch) [the] {actuator:words} on", "on"),
    ("(turn|switch) off [the] {actuator:words}", "off"),
    ("(turn|switch) [the] {actuator:words} off", "off"),
    ("lock [the] {actuator:words}", "locked"),
    ("unlock [the] {actuator:words}", "unlocked"),
)
_BE_SO = (
    "(make sure|see to it|ensure|see) [that] [the] {actuator:words} (is|stays|gets) {value:word}",
    "[the] {actuator:words} (should|must|needs to|has to|ought to|is to) be {value:word} ~now",
    "(get|have|put|leave|i want|i need|i'd like|i would like) [to have] [the] {actuator:words} {value:word}",
)
_SET = (
    "(set|put|change|turn|adjust|move|switch|regulate|raise|lower|bring|turn up|turn down) [the] {actuator:words} "
    "[up|down|back] to {value:value} [degrees|percent]"
)
_READ = (
    "{sensor:words}",
    "[sensor] value of [the] {sensor:words}",
    "(state|status|position|reading|readings|measurement) of [the] {sensor:words}",
    "{sensor:words} (state|status|position)",
)
_ADJECTIVE = "(hot|warm|cold|cool|high|low|humid|damp|wet|moist|full|bright|dark|much|big|strong)"
_STATE = "(open|closed|shut|on|off|locked|unlocked)"
_WHETHER = "(check|see|find out|verify|tell me|let me know|show me|report) (whether|if)"
_OVER = (
    "(over|for|within|during|in) ([the next|the coming|the following|next] {d:duration}|(the next|the coming|a|one) "
    "{unit:word})"
)
_SUM = (
    "(average|mean|minimum|maximum|min|max|extremes|minimum and maximum|min and max|mean , min and max|rate of change|"
    "average , minimum and maximum|mean and maximum|lowest and highest [value|values]|"
    "highest and lowest [value|values])"
)


_ABOVE = (
    "(is above|is over|rises above|goes above|gets above|goes over|exceeds|is more than|climbs above|is higher than) "
    "{n:amount} [degrees|percent]"
)
_BELOW = (
    "(is below|is under|falls below|goes below|gets below|drops below|sinks below|is less than|is lower than|falls "
    "under|drops under) {n:amount} [degrees|percent]"
)
_BROKER = "(on|at|of|over) [the] [mqtt] broker"
_OLD = "(previous|old|last|former|earlier)"
_SUM_OF = "(sha256|sha-256|sha 256|checksum|hash|sha256 checksum|sha-256 checksum|sha256 sum|sha256 hash)"


def _by(verb: str, when: str) -> tuple[str, ...]:
    return (f"{verb} {when}", f"{when} [,] {verb}")


ORDERS: Final = (
    Order(
        "edge.read",
        asks=(
            f"how {_ADJECTIVE} [the] {{sensor:words}} is ~now",
            "(take|measure|sample|sense) [the|a] [reading of the|reading of] {sensor:words} ~now",
            f"{_WHETHER} [the] {{sensor:words}} is [still|currently] {_STATE} [or {_STATE}|or not] ~now",
            f"how {_ADJECTIVE} is [the] {{sensor:words}} ~now",
            "what does [the] {sensor:words} (say|read|show|measure|report) ~now",
            f"is [the] {{sensor:words}} [still|currently] {_STATE} ~now",
            "what [temperature|state|value] (is|does) [the] {sensor:words} [have|at|in] ~now",
            "what {sensor:words} (is there|do we have|have we got|is it|is measured) ~now",
            "(what|which) (state|position) is [the] {sensor:words} in ~now",
            f"(do you know|do we know) (whether|if) [the] {{sensor:words}} is [still|currently] {_STATE} [or "
            f"{_STATE}|or not] ~now",
        ),
        nouns=tuple(f"{one} ~now" for one in _READ),
        fill=read,
        measure="output.value",
    ),
    Order(
        "edge.read",
        asks=("how (hot|warm|cold|cool) (is it|it is) [in|at|inside] [the] [{sensor:words}] ~now",),
        fill=warmth,
        measure="output.value",
    ),
    Order(
        "edge.read",
        nouns=("[value|payload|message] [of|on|at] [the] [mqtt] topic {topic:topic}",),
        fill=topic,
        measure="output.value",
    ),
    *(Order("edge.set", asks=(pattern,), fill=fixed(value)) for pattern, value in _VERBS),  # type: ignore[arg-type]
    Order(
        "edge.set",
        asks=(
            _SET,
            "(set|put) [the] {actuator:words} (at|on|=) {value:value} [degrees|percent]",
            "set [the] {actuator:words} {value:value}",
        ),
        fill=put,
    ),
    Order("edge.set", asks=_BE_SO, fill=be),
    *(
        Order("edge.add_schedule", asks=_by(pattern, when), fill=scheduling(value))  # type: ignore[arg-type]
        for pattern, value in _VERBS
        for when in _TIMES
    ),
    *(Order("edge.add_schedule", asks=_by(_SET, when), fill=scheduling()) for when in _TIMES),  # type: ignore[arg-type]
    Order(
        "edge.aggregate",
        asks=(
            f"(work out|calculate|compute|measure|determine) [the] {_SUM} [of] [the] {{sensor:words}} {_OVER}",
            f"(aggregate|average|sum up|summarise|summarize) [the] {{sensor:words}} {_OVER}",
        ),
        nouns=(f"{_SUM} [of] [the] {{sensor:words}} {_OVER}", f"{{sensor:words}} (average|mean) {_OVER}"),
        fill=summed,
        measure="output.mean",
    ),
    Order(
        "edge.watch",
        asks=(f"(watch|follow|observe|monitor|listen to|keep an eye on|track) [the] {{sensor:words}} {_OVER}",),
        fill=watched,
    ),
    *(
        Order(
            "edge.watch",
            asks=(
                f"(watch|follow|monitor|observe|wait for) [the] {{sensor:words}} until it {way}",
                f"wait until [the] {{sensor:words}} {way}",
            ),
            fill=crossing(side),  # type: ignore[arg-type]
        )
        for side, way in (("above", _ABOVE), ("below", _BELOW))
    ),
    Order(
        "edge.record",
        asks=(
            "(record|log) [the] {sensor:words} every {d:duration}",
            "(start recording|record|keep recording) [the] {sensor:words}",
            "(record|log|keep recording|start recording) [the] [readings of the] {sensor:words} (every|each|once "
            "a|once "
            "every|once per) {unit:word}",
            "(record|log|start recording) [the] (readings|values) of [the] {sensor:words} [every {d:duration}]",
            "(start recording|record|log|keep recording|keep logging|start logging) [the] {sensor:words} every "
            "{d:duration}",
        ),
        fill=recorded,
    ),
    Order(
        "edge.stop_recording",
        asks=(
            "(stop|end|cancel|quit|finish) (recording|the recording of|logging|the logging of|keeping a record of) "
            "[the] "
            "{sensor:words}",
            "(stop|end|cancel) the {sensor:words} recording",
            "no longer (record|log) [the] {sensor:words}",
        ),
        fill=read,
    ),
    Order(
        "edge.rules",
        asks=("(what|which) (rules|automations) (are there|does [it] have|are|are there in|has)",),
        nouns=("(rules|automations)",),
    ),
    Order(
        "edge.schedules",
        asks=("what is scheduled", "(what|which) (schedules|timers) (are there|does [it] have|are|has)"),
        nouns=("(schedules|timers)",),
    ),
    Order(
        "edge.sensors",
        asks=(
            "(what|which) (sensors|actuators|switches|sensors and actuators) (are there|does [it] have|do "
            "we have|are|are connected|exist|has [it])",
            "what can be (measured|switched|set)",
            "is [the] [mqtt] broker (connected|there|online|up|reachable|alive)",
            "what can [i|it|you] (measure|switch|control|sense|set)",
            "(what|which) things can [i|you] (switch|control|set)",
        ),
        nouns=(
            "(sensors|actuators|switches) [that there are|that are connected]",
            "list of [all] [the] (sensors|actuators|switches)",
            "(sensors and actuators|sensors and switches)",
        ),
    ),
    Order(
        "edge.topics",
        asks=(
            f"(what|which) [mqtt] topics (are there|exist|are|are published|are in use|do we have) [{_BROKER}]",
            "(what|which) [mqtt] topics does [the] [mqtt] broker (have|know|carry|hold)",
            f"discover [the] [mqtt] topics [{_BROKER}]",
            f"what is (published|going on|sent) {_BROKER}",
        ),
        nouns=(f"[mqtt] topics [that there are] [{_BROKER}]", "[mqtt] broker's topics"),
    ),
    Order(
        "edge.history",
        asks=("what did [the] rules do", "what have [the] rules done"),
        nouns=("history of [the] rules", "rule history"),
        fixed=kind_of("rule"),
    ),
    Order(
        "edge.history",
        asks=("what (was|has been) recorded",),
        nouns=("recorded readings", "recordings"),
        fixed=kind_of("reading"),
    ),
    Order("edge.history", nouns=("(history|journal)",)),
    Order("edge.history", nouns=("history of [the] (schedules|timers)", "schedule history"), fixed=kind_of("schedule")),
    Order(
        "edge.history",
        asks=(
            "what (has happened|happened|was done|has been done|has it done|did it do) [lately|recently|so far|by "
            "itself]",
        ),
    ),
    Order(
        "edge.export_history",
        asks=("export [the] [whole|full] (history|journal) (to|as|into|in) [the|a] [file] [called|named] {path:file}",),
        fill=exported,
    ),
    Order(
        "edge.restore_firmware",
        asks=(
            f"(restore|put back|go back to|bring back|roll back to|revert to|return to|get back) [the] {_OLD} "
            "(firmware|image|firmware image|firmware version) [back]",
            "(undo|roll back|revert) [the] [last|latest] firmware [update|upgrade]",
            "(roll|take|bring|set) [the] firmware back [to [the] (previous|old|last) (version|one|image)]",
            "go back to the firmware before",
        ),
    ),
    Order(
        "edge.update_firmware",
        asks=(
            "(update|upgrade|install|flash|put) [the] [new] firmware [on] (from|with|to) {url:url} [,] "
            f"[and|with|whose|having] [the|its] {_SUM_OF} [is|of|:|being] {{hash:plain}}",
        ),
        fill=firmware,
    ),
    Order(
        "edge.remove_rule",
        asks=("(remove|delete|drop) [the] rule {name:thing}", "(remove|delete|drop) [the] {name:thing} rule"),
        fill=named,
    ),
    Order(
        "edge.remove_schedule",
        asks=(
            "(remove|delete|drop|cancel) [the] (schedule|timer) {name:thing}",
            "(remove|delete|drop|cancel) [the] {name:thing} (schedule|timer)",
        ),
        fill=named,
    ),
    Order(
        "edge.publish",
        asks=(
            "(publish|post) [the] [mqtt] [message|value|text|word|payload] {payload:value} (to|on|under|at) [the] "
            "[mqtt] "
            "[topic] {topic:topic}",
            "(send|write) [the|a] [mqtt] [message|value|text|word|payload] {payload:value} (to|on|under) [the] [mqtt] "
            "topic {topic:topic}",
            "(publish|send) (to|on|under) [the] [mqtt] topic {topic:topic} [the] [message|value|text|word|payload] "
            "{payload:value}",
            "publish {payload:quoted}",
        ),
        fill=published,
    ),
)
