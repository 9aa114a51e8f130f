"""How many there are of a workload, and which revision of it runs: scale, restart, roll back, pause, autoscale."""

from __future__ import annotations

import re

from agents.embedded.kube.frames import Filled, Table
from agents.embedded.kube.lexicon import SCALABLE
from agents.embedded.kube.orders import ordered, wished
from agents.embedded.kube.slots import number_after, own_pods, target, the_number
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View
from agents.embedded.wordset import words

ROLLOUT = Table(idle=True)
_ROLLED = SCALABLE | {"daemonset"}
_COUNTED = "replica instance copy"
_TO_SIZE = (
    "scale resize bump bring dial ramp park crank put take drop cut reduce shrink grow raise lower increase "
    "decrease get "
    "go spinup bringdown takeoff"
)
_MORE = words("more another additional extra")
_FEWER = words("fewer less")
_DOWN = words("down reduce lower drop fewer less remove shrink decrease cut")
_OTHER_AMOUNTS = (
    "port limit autoscale max revision quota double half resourcequota memory cpu min automatically "
    "horizontalpodautoscaler "
    "probe"
)


@ROLLOUT.writes(
    "kube.scale",
    heads=f"{_TO_SIZE} set give run make need replica want stop have turn pod instance down up should must add "
    "remove "
    "copy let use keep expect like",
    may=f"{_COUNTED} only single number howmany count total size than down up out back altogether",
)
def scale(v: View) -> Filled:
    """A number of replicas, or more or fewer of them."""
    labels = [at for at in v.free(Shape.PAIR) if not v.tokens[at].low.startswith("replicas=")]
    if labels or v.free(Shape.QUANTITY, Shape.PERCENT, Shape.IMAGE, Shape.KEY) or v.seen(_OTHER_AMOUNTS):
        return None
    if any(v.before(at) == "to" for at in v.free(Shape.NUMBER)) and v.seen("tag version rollback"):
        return None
    counted = (
        v.seen(f"{_COUNTED} scale")
        or any(t.low.startswith(("replicas=", "--replicas")) for t in v.tokens)
        or any(m.kind == "pod" and not m.names for m in v.mentions)
    )
    sized = _sized(v)
    verb = ordered(v, f"{_TO_SIZE} set give run make need want stop have turn add remove let use keep like")
    number = _goal(v)
    if number is None or not (counted or sized) or abs(number[0]) > 1000:
        return None
    wish = wished(v) and not any(t.low == "gets" for t in v.tokens)
    if not (verb or wish or ((counted or sized) and "state" not in v.moods)):
        return None
    value, by = number
    for at, lemma in enumerate(v.lemmas):
        if lemma in words(_COUNTED) | {"single"} or v.tokens[at].low in {"down", "up", "out", "back"}:
            v.claim(at)
    own_pods(v)
    for one in [m for m in v.mentions if m.kind == "pod" and not m.names]:
        v.claim(*one.at)
    aim = target(v, SCALABLE)
    if aim is None:
        return None
    return aim.calls(by=value) if by else aim.calls(replicas=value)


def _sized(v: View) -> bool:
    """`bring web to nine`, `web down to one`: a verb of size with a goal, where nothing else has a size."""
    moved = v.seen(_TO_SIZE) or any(t.low in {"down", "up"} for t in v.tokens)
    return moved and any(v.before(at) in {"to", "at", "by", "down", "up"} for at in v.free(Shape.NUMBER))


def _goal(v: View) -> tuple[int, bool] | None:
    """(number, relative). `from 2 to 4` is 4; `by two`, `two more`, `add two` are relative."""
    for at in v.free(Shape.NUMBER):
        if v.before(at) in {"from", "instead"} or (at and v.tokens[at - 1].low == "not"):
            v.claim(at, at - 1)
    pair = next((at for at in v.free(Shape.PAIR) if re.fullmatch(r"replicas=\d{1,4}", v.tokens[at].low)), None)
    if pair is not None:
        v.claim(pair)
        return int(v.tokens[pair].text.partition("=")[2]), False
    flag = v.flag_value("--replicas")
    if flag is not None and flag.isdigit():
        return int(flag), False
    found = v.free(Shape.NUMBER)
    if not found and v.seen("single"):
        return 1, False
    if len(found) != 1 or not isinstance(v.tokens[found[0]].value, int):
        return None
    at = found[0]
    if at and v.tokens[at - 1].low in {"up", "down"}:
        return None  # `scale web down 3`: to three, or by three
    value = int(v.tokens[at].value)
    v.claim(at)
    return _relative(v, at, value)


def _relative(v: View, at: int, value: int) -> tuple[int, bool] | None:
    lows = [t.low for t in v.tokens]
    near = lows[max(0, at - 1) : at] + lows[at + 1 : at + 3]
    before = lows[at - 1] if at else ""
    if before in {"least", "most", "than", "over", "under"}:
        return None
    more, fewer = bool(set(near) & _MORE), bool(set(near) & _FEWER)
    taken = (v.before(at) in {"take", "takeoff", "drop", "remove", "cut"} or before == "away") and "to" not in lows
    added = taken or v.before(at) == "add"
    if not (more or fewer or added or before == "by"):
        return value, False
    v.claim(*[n for n, low in enumerate(lows) if low in _MORE | _FEWER | {"by"}])
    down = bool(_DOWN & set(" ".join(lows).split())) or taken
    return (-value if fewer or (down and not more) else value), True


@ROLLOUT.writes(
    "kube.restart",
    heads="restart bounce recycle reload reboot",
    may="need rolling restart rollout downtime style bounce kick again once do perform trigger give",
    bonus=0.2,
)
def restart(v: View) -> Filled:
    """A rolling restart of a workload."""
    if not ordered(v, "restart bounce recycle reboot trigger") or not v.seen("restart bounce recycle reboot"):
        return None
    if v.seen("job cronjob container sidecar node"):
        return None
    v.take("restart give do trigger perform run bounce kick")
    own_pods(v)
    if v.context.names and not any(m.names for m in v.mentions):
        for one in [m for m in v.mentions if m.kind == "pod"]:
            v.claim(*one.at)
    aim = target(v, _ROLLED | {"pod"})
    return aim.calls() if aim else None


@ROLLOUT.writes(
    "kube.rollout_undo",
    heads="rollback undo revert revision rev put go return reset bring",
    bonus=0.4,
    may="previous last rollout revision rev version release working good before whatever ran go run one known prior "
    "earlier back deploy deployment older old change that to state image put one stable",
)
def rollback(v: View) -> Filled:
    """Back to the revision before, or to a given one."""
    sure = ordered(v, "rollback undo revert")
    back = v.seen("back") or any(t.low in {"back", "return", "reset"} for t in v.tokens)
    revision = v.seen("revision rev previous release") or any(t.low in {"rev", "previous"} for t in v.tokens)
    numbered = back and revision and any(v.moods[at] != "state" for at in v.free(Shape.NUMBER))
    if (
        not sure
        and not numbered
        and not (back and revision and ordered(v, "put bring take set go get switch move return reset roll"))
    ):
        return None
    if v.free(Shape.IMAGE, Shape.QUANTITY) or any(re.fullmatch(r"k\d+", n) for m in v.mentions for n in m.names):
        return None
    number = number_after(v, "revision rev version to")
    v.take("rollout")
    aim = target(v, _ROLLED)
    return aim.calls(to_revision=number) if aim else None


@ROLLOUT.writes(
    "kube.rollout_pause", heads="pause freeze hold suspend stop", may="rollout deploy deployment now", bonus=0.1
)
def pause(v: View) -> Filled:
    if v.seen("cronjob job") or not ordered(v, "pause freeze hold suspend stop"):
        return None
    said = any("rollout" in t.low for t in v.tokens)
    freezes = not v.seen("stop suspend")
    v.take("rollout")
    aim = target(v, _ROLLED)
    return aim.calls() if aim and (said or (aim.kind == "deployment" and freezes)) else None


@ROLLOUT.writes(
    "kube.rollout_resume",
    heads="resume unpause continue unfreeze go let",
    may="rollout deploy deployment paused left continue go on proceed",
    bonus=0.3,
)
def resume_rollout(v: View) -> Filled:
    if v.seen("cronjob job") or any(m.kind == "cronjob" for m in v.mentions):
        return None
    said = any("rollout" in t.low for t in v.tokens)
    if not ordered(v, "resume unpause continue unfreeze") and not (
        said and v.seen("continue proceed go") and ordered(v, "let go")
    ):
        return None
    v.take("rollout")
    aim = target(v, _ROLLED)
    return aim.calls() if aim else None


@ROLLOUT.writes(
    "kube.autoscale",
    heads="autoscale horizontalpodautoscaler scale automatically between",
    bonus=0.8,
    may="autoscale cpu target min max minimum maximum between automatically replica pod at create add percent "
    "utilization "
    "horizontalpodautoscaler percentage keep instance utilisation load when above deployment least most grow "
    "shrink around",
)
def autoscale(v: View) -> Filled:
    ranged = v.seen("between") and bool(v.free(Shape.PERCENT))
    if not (ranged or v.seen("autoscale horizontalpodautoscaler automatically")) or not (
        ordered(v, "autoscale create add put set give scale need want let grow make have")
        or v.seen("horizontalpodautoscaler between")
    ):
        return None
    low, high = _bounds(v)
    cpu = next((int(float(str(v.tokens[at].value))) for at in v.free(Shape.PERCENT)), None)
    v.claim(*v.free(Shape.PERCENT)[:1])
    for one in list(v.mentions):
        if one.kind in {"horizontalpodautoscaler", "pod"} and not one.names:
            v.claim(*one.at)
    named = [m for m in v.mentions if m.kind == "horizontalpodautoscaler" and m.names]
    aim = target(v, SCALABLE)
    if aim is None or high is None or len(aim.names) != 1 or any(m.names != aim.names for m in named):
        return None
    for other in named:
        v.claim(*other.at)
    for at, token in enumerate(v.tokens):
        if token.low in {"name", "named", "called"} and named:
            v.claim(at)
    return aim.calls(min=low, max=high, cpu_percent=cpu)


def _bounds(v: View) -> tuple[int | None, int | None]:
    low = number_after(v, "min minimum least from between")
    for at in v.free(Shape.NUMBER):
        if low is None and v.after(at) == "to" and isinstance(v.tokens[at].value, int):
            low = int(v.tokens[at].value)
            v.claim(at)
    high = number_after(v, "max maximum most to and up")
    if low is not None and high is None:
        high = the_number(v)
    if low is None and high is None:
        for at, token in enumerate(v.tokens):
            found = re.fullmatch(r"(\d+)-(\d+)", token.text)
            if found:
                v.claim(at)
                v.mentions = [m for m in v.mentions if at not in m.at]
                return int(found[1]), int(found[2])
    return low, high
