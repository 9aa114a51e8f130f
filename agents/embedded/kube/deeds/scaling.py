"""How many there are of a workload: a number of replicas, more or fewer of them, or as many as the load wants."""

from __future__ import annotations

import re
from itertools import product

from agents.embedded.kube.deeds.grammar import Deeds, Said
from agents.embedded.kube.lexicon import SCALABLE
from agents.embedded.kube.outcome import missing
from protocol.vocabulary import JsonObject

SCALING = Deeds()
MOST = 1000
_SIZE = (
    "scale resize set bring dial ramp crank put take drop cut reduce shrink grow raise bump lower increase "
    "decrease park "
    "move get turn change upscale downscale adjust push pull"
)
_WAY = "[up|down|back|out|in|back up|back down]"
_GOAL = f"{_WAY} <to> [only|just|exactly|a total of] <n> [<counted>] [in total|total|each|in all|apiece]"
_COUNT = "[only|just|exactly|a total of] <n> <counted> [in total|total|each|in all|apiece|running]"
_OWN = "[<the>] [howmany] <counted> [count|number]"
_DOWN = (
    "down",
    "reduce",
    "lower",
    "drop",
    "remove",
    "shrink",
    "decrease",
    "cut",
    "fewer",
    "less",
    "take",
    "downscale",
    "kill",
)


@SCALING(
    "kube.scale",
    f"<V> <o> {_GOAL}",
    f"<V> <o> {_WAY} {_COUNT}",
    f"<V> {_OWN} <of> <o> {_GOAL}",
    f"<V> <own> <counted> [count|number] {_GOAL}",
    "<V> {up|down} <o> <to> <n> [<counted>]",
    f"<have> <o> {_GOAL}",
    f"<have> <o> {{run|running|have|scaled|scale|go|be|use}} {_WAY} [<to>] [only|just|exactly] <n> [<counted>]",
    f"{{give|grant|hand|run|keep|start|<have>}} <o> [with|at|on|to] {_COUNT}",
    "[{run|start|keep|give|<have>|<V>}] [only|just|exactly|a total of] <n> <counted> <of> <o>",
    f"<o> <must> [be] {{run|running|scaled|scale|go|come|resized|brought|set|dialed|dialled|grow|shrink|drop}} {_GOAL}",
    f"<o> <must> [be] {{run|have|get|be|use|consist of|run with|have a total of|receive|go to}} [on|to|at|with] "
    f"{_COUNT}",
    "make it [only|just] <n> [<counted>] {for|of|in} <o>",
    f"[<counted> <of>] <o> [: |, |- ] {_WAY} {{to|=}} <n> [<counted>]",
    f"<o> [: |, |- |with] {_WAY} {_COUNT}",
    "<o> [: |, |- ] {replicas|scale} [: |= |<to>] <n>",
    verbs=_SIZE,
)
def scale(said: Said) -> list[JsonObject] | None:
    """A number of replicas."""
    if _either(said):
        raise missing('whether the number is a goal or a step: say "to" or "by"')
    return _scaled(said, "replicas", said.number())


@SCALING(
    "kube.scale",
    "<V> <o> [all the way] {down to|to} {nothing|none}",
    "<V> {down} <o> to {nothing|none}",
    verbs=_SIZE,
)
def nothing(said: Said) -> list[JsonObject] | None:
    """`take web down to nothing`: no replicas."""
    return _scaled(said, "replicas", 0)


@SCALING(
    "kube.scale",
    f"<V> <o> {_WAY} by [another|only|just] {{<n>|one}} [more] [<counted>]",
    "<V> {up|down} <o> by {<n>|one} [<counted>]",
    "[{give|add|<have>}] [another|an extra|an additional|<n>|one] [more|extra|additional|further|fewer|less] "
    "<counted> "
    "[more|less|fewer] {of|for|to|on} <o> [{on top of|than|beside|besides} {what [is|'s] [there]|what's there|what "
    "it has|the {present|existing} ones|it has|now}]",
    "{give|grant} <o> {another|an extra|an additional|<n>|one} [more|extra|additional|further] <counted> [more] "
    "[than {it|they} {has|have}]",
    "{remove|take|drop|cut|kill|take away} {<n>|one|a} [more|of the|of its] <counted> [away] {from|of|off} <o>",
    "{remove|take|drop|cut|kill|take away} {<n>|one} [more|of the] <counted> [that] <o> {has|have|runs}",
    "[{remove|take|drop|cut|kill}] {<n>|one|a} <counted> {fewer|less} {from|of|for|on} <o>",
    "<o> {<must>|needs|wants|gets|could use} [get|have|run|use|to get|to have] {another|an extra|an additional|"
    "<n>|one} "
    "[more|extra|additional|further|fewer|less] <counted> [more|less|fewer] [than {it|they} {has|have}]",
    f"<o> {_WAY} by {{<n>|one}} [<counted>]",
    verbs=_SIZE,
)
def more(said: Said) -> list[JsonObject] | None:
    """More replicas than there are, or fewer."""
    number = said.number() if said.token("n") is not None else 1
    added = said.says("more", "another", "extra", "additional", "further", "up", "add")
    fewer = said.says("fewer", "less")
    down = said.says(*_DOWN)
    if not (added or fewer or down or said.says("by")) or (added and fewer):
        return None
    sinks = fewer or (down and not said.says("more", "another", "extra", "additional", "add"))
    return _scaled(said, "by", None if number is None else -number if sinks else number)


@SCALING(
    "kube.scale",
    "{double|triple|halve|quadruple} [<the>] [howmany] [<counted> <of>] <o>",
    "<o> {times|twice|half|double} [as many] [<counted>]",
    verbs="double triple halve",
)
def factor(said: Said) -> list[JsonObject] | None:
    """What depends on how many there are now is no number."""
    raise missing("how many replicas there are to be: say the number")


@SCALING(
    "kube.scale",
    f"<V> <o> {_WAY} <to> {{<bad>|- <n>}} [<counted>]",
    "<V> <o> <to> {<bad>|- <n>}",
    verbs=_SIZE,
)
def below_zero(said: Said) -> list[JsonObject] | None:
    """`scale web to -1`."""
    token = said.token("bad")
    if token is None or re.fullmatch(r"-\d+", token.text):
        raise missing(f"a workload has from 0 to {MOST} replicas, not {token.text if token else 'fewer'}")
    return None


def _either(said: Said) -> bool:
    """`scale web down 3`: to three, or by three."""
    number = said.token("n")
    before = [token for token in said.line.tokens if number is not None and token.start < number.start]
    return bool(before) and before[-1].low in {"up", "down"}


def _scaled(said: Said, key: str, value: int | None) -> list[JsonObject] | None:
    found = said.objects(SCALABLE)
    if found is None or value is None or any(re.fullmatch(r"k\d+", str(one["name"])) for one in found):
        return None
    if abs(value) > MOST:
        raise missing(f"a workload has from 0 to {MOST} replicas, not {value}")
    return [{**one, key: value} for one in found]


_LOW = (
    "{min|minimum|minimum of|min of|a minimum of|at least|no fewer than|never fewer than|not fewer than|never "
    "below|not below|no less than}"
)
_HIGH = (
    "{max|maximum|maximum of|max of|a maximum of|at most|up to|to at most|no more than|never more than|not "
    "more than|not above|never above}"
)
_AND = "[, |and |but |, and |, but |/ ]"
_BOUNDS = (
    "[, |: |with] <low> {to|-|and} <high> [<counted>]",
    "{between|from|with|to|of|:|at} <low> [<counted>] {and|to|-|or|up to|..} <high> [<counted>]",
    f"[with|to|from|: |, |- ] {_LOW} [: |= ] <low> [<counted>] {_AND} {_HIGH} [: |= ] <high> [<counted>]",
    f"[with|to|from|: |, |- ] {_HIGH} [: |= ] <high> [<counted>] {_AND} {_LOW} [: |= ] <low> [<counted>]",
    f"[with|to|: |, |- ] <low> {{min|minimum}} {_AND} <high> {{max|maximum}}",
    f"[with|: |, |- ] {_HIGH} [: |= ] <high> [<counted>]",
)
_LOAD = (
    "[, |and |with ] [target|targeting|aim for|aiming at|aim at|at|on|by|around|when|for|if|once|hold|keep] "
    "[about|around|"
    "over|above|a|the] [{average|target}] [cpu] [usage|load|utilization|utilisation|goes|is|of|at|to|target|"
    "passes|exceeds|"
    "over|above|around|about|average] [<the>] [of|over|above|at|to|: |=] [<percent>|<n>] [average] [cpu] [usage|"
    "load|utilization|"
    "utilisation|target]"
)
_ITSELF = (
    "[itself|automatically|by itself|on its own|with {load|the load|traffic|demand}|by cpu|on cpu|by {load|the load}]"
)
_BY_LOAD = (
    "Khorizontalpodautoscaler autoscale autoscaled autoscaling itself automatically cpu load grow breathe own "
    "traffic demand "
)
_AUTO = (
    f"<V> <o> {_ITSELF}",
    f"<have> <o> [to] {{scale|autoscale|grow|shrink|grow and shrink|breathe|size|be autoscaled|autoscaled}} {_ITSELF}",
    f"<o> <must> [be] {{scale|autoscale|grow|shrink|grow and shrink|breathe|autoscaled}} {_ITSELF}",
    "[{create|add|put|set_up|make|give|<have>}] [<the>] [new] {Khorizontalpodautoscaler|autoscaling} {for|on|to|"
    "of|over} <o>",
    "{give|<have>} <o> [<the>] {Khorizontalpodautoscaler|autoscaling}",
)


@SCALING(
    "kube.autoscale",
    *(" ".join(parts) for parts in product(_AUTO, _BOUNDS, ("", _LOAD))),
    verbs="autoscale",
    near=_BY_LOAD,
)
def autoscale(said: Said) -> list[JsonObject] | None:
    """As many replicas as the load wants, between bounds."""
    found = said.objects(SCALABLE)
    low, high, percent = said.number("low"), said.number("high"), said.token("percent")
    if found is None or len(found) != 1 or high is None or (low is not None and low > high):
        return None
    if not said.says(*_BY_LOAD.split()):
        return None
    bounds: JsonObject = {"max": high}
    if low is not None:
        bounds["min"] = low
    if percent is None and said.says("cpu"):
        percent = said.token("n")
    if percent is not None:
        bounds["cpu_percent"] = int(float(str(percent.value)))
    elif said.token("n") is not None:
        return None
    return [{**found[0], **bounds}]
