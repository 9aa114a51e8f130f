"""What may be asked of an edge box: its sensors and actuators by the names that their owner gave them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.embedded.kinds.acts import Choice, Missing, Order, number_of, said, text_of
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import Slots
from agents.embedded.kinds.world import World, allowed, value_for
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

Filled = JsonObject | tuple[Choice, ...] | None
OPENING: Final = words("open")
CLOSING: Final = words("close shut")
DAYS: Final = {
    day[:3]: day[:3] for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
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
    return sensors(said(slots, "sensor"), piece, world, seconds=number_of(slots, "d"))


def watched(slots: Slots, piece: Piece, world: World) -> Filled:
    return sensors(said(slots, "sensor"), piece, world, seconds=number_of(slots, "d"), stop=False)


def recorded(slots: Slots, piece: Piece, world: World) -> Filled:
    more: JsonObject = {"every_s": number_of(slots, "d")} if "d" in slots else {}
    return sensors(said(slots, "sensor"), piece, world, **more)


def scheduled(slots: Slots, piece: Piece, world: World, value: str = "") -> Filled:
    found = setting(said(slots, "actuator"), value or _value(slots, piece), piece, world, "set")
    if not isinstance(found, tuple):
        return None
    when: JsonObject = {}
    if "t" in slots:
        when["daily"] = _clock(slots)
        days = [DAYS.get(word[:3]) for word in said(slots, "days") if word != "and"] if "days" in slots else []
        if any(day is None for day in days):
            return None
        if days:
            when["days"] = list(days)
    elif "every" in slots:
        when["every_s"] = number_of(slots, "every")
    elif "unit" in slots:
        seconds = {"minute": 60, "hour": 3600}.get(said(slots, "unit")[0])
        if seconds is None:
            return None
        when["every_s"] = seconds
    else:
        when["in_s"] = number_of(slots, "d")
    return tuple(Choice({**one.arguments, **when}, one.device) for one in found)


def _clock(slots: Slots) -> str:
    """HH:MM of `8:00`, `20:15`, `8:00 pm`."""
    text = str(slots["t"][0].value).casefold().replace(" ", "")
    hour, _, minute = text.removesuffix("am").removesuffix("pm").partition(":")
    late = 12 if text.endswith("pm") and int(hour) < 12 else -12 if text.endswith("am") and int(hour) == 12 else 0
    return f"{int(hour) + late:02d}:{minute}"


def scheduling(value: str = "") -> object:
    return lambda slots, piece, world: scheduled(slots, piece, world, value)


def named(slots: Slots, piece: Piece, world: World) -> Filled:
    return {"name": text_of(slots, "name", piece)}


def published(slots: Slots, piece: Piece, world: World) -> Filled:
    if "topic" not in slots:
        raise Missing("a message needs the topic that it goes to")
    return {"topic": text_of(slots, "topic", piece), "payload": text_of(slots, "payload", piece)}


def kind_of(kind: str) -> JsonObject:
    return {"kind": kind}


_TIMES = (
    "(every day|daily|each day) at {t:time}",
    "at {t:time} (every day|daily|each day)",
    "at {t:time} (on|every) {days:words}",
    "(every|each) {days:word} at {t:time}",
    "every {every:duration}",
    "(every|each) {unit:word}",
    "in {d:duration}",
)
_VERBS = (
    ("open [the] {actuator:words}", "open"),
    ("(close|shut) [the] {actuator:words}", "closed"),
    ("(turn|switch) on [the] {actuator:words}", "on"),
    ("(turn|switch) [the] {actuator:words} on", "on"),
    ("(turn|switch) off [the] {actuator:words}", "off"),
    ("(turn|switch) [the] {actuator:words} off", "off"),
    ("lock [the] {actuator:words}", "locked"),
    ("unlock [the] {actuator:words}", "unlocked"),
)
_SET = (
    "(set|put|change|turn|adjust|move|switch|regulate|raise|lower|bring) [the] {actuator:words} "
    "to {value:value} [degrees|percent]"
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
_OVER = "(over|for|within|during|in) [the next|the coming|the following] {d:duration}"
_SUM = (
    "(average|mean|minimum|maximum|min|max|extremes|minimum and maximum|min and max|mean , min and max|rate of change|"
    "average , minimum and maximum|mean and maximum|lowest and highest [value|values]|"
    "highest and lowest [value|values])"
)


def _by(verb: str, when: str) -> tuple[str, ...]:
    return (f"{verb} {when}", f"{when} [,] {verb}")


ORDERS: Final = (
    Order(
        "edge.read",
        asks=(
            f"how {_ADJECTIVE} [the] {{sensor:words}} is ~now",
            "(take|measure|sample|sense) [the|a] [reading of the|reading of] {sensor:words} ~now",
            f"{_WHETHER} [the] {{sensor:words}} is [still|currently] {_STATE} ~now",
            f"how {_ADJECTIVE} is [the] {{sensor:words}} ~now",
            "what does [the] {sensor:words} (say|read|show|measure|report) ~now",
            f"is [the] {{sensor:words}} [still|currently] {_STATE} ~now",
            "what [temperature|state|value] (is|does) [the] {sensor:words} [have|at|in] ~now",
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
    Order(
        "edge.record",
        asks=(
            "(record|log) [the] {sensor:words} every {d:duration}",
            "(start recording|record|keep recording) [the] {sensor:words}",
            "record [the] readings of [the] {sensor:words} [every {d:duration}]",
        ),
        fill=recorded,
    ),
    Order(
        "edge.stop_recording",
        asks=("(stop|end|cancel) (recording|the recording of|logging) [the] {sensor:words}",),
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
            "(what|which) (sensors|actuators|sensors and actuators) (are there|does [it] have|do "
            "we have|are|are connected|exist|has [it])",
            "what can be (measured|switched|set)",
            "is [the] [mqtt] broker (connected|there|online|up)",
        ),
        nouns=("(sensors|actuators|sensors and actuators)", "list of [all] sensors"),
    ),
    Order(
        "edge.topics",
        asks=("(what|which) [mqtt] topics (are there|exist|are)", "discover [the] [mqtt] topics"),
        nouns=("[mqtt] topics",),
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
            "publish {payload:quoted} (to|on|under) [the] [mqtt] [topic] {topic:topic}",
            "publish {payload:word} (to|on|under) [the] [mqtt] [topic] {topic:topic}",
            "(send|write) [the] [mqtt] [message] {payload:quoted} (to|on) [the] [mqtt] topic {topic:topic}",
            "publish {payload:quoted}",
        ),
        fill=published,
    ),
)
