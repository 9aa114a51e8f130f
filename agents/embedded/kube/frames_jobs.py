"""Cron jobs held, let go on, and run beside their schedule."""

from __future__ import annotations

from agents.embedded.kube.frames import Filled, Table
from agents.embedded.kube.orders import ordered, wished
from agents.embedded.kube.slots import arguments, target
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View
from agents.embedded.wordset import words

JOBS = Table(idle=True)
_HELD = frozenset({"cronjob", "job"})
_ONCE = words("once manually immediately now time trigger asap straight single one-off")


def _again(v: View) -> bool:
    """`may start again`, `can go on with its schedule`, `back on`: a held one that goes on."""
    lows = {t.low for t in v.tokens}
    return bool(lows & {"again", "back", "continue", "on", "resume"}) and not lows & {"now", "once"}


@JOBS.writes(
    "kube.suspend",
    heads="suspend pause stop disable turnoff hold park freeze",
    may="cronjob job schedule scheduled from fire firing run running now further new",
    bonus=0.3,
)
def suspend(v: View) -> Filled:
    sure = v.seen("suspend")
    if v.seen("rollout") or not ordered(v, "suspend pause stop disable turnoff hold freeze park"):
        return None
    v.take("schedule scheduled fire run")
    one = target(v, _HELD)
    if one is None or not (one.kind or sure):
        return None
    return one.calls() if one.kind else [arguments(name=n, namespace=one.namespace) for n in one.names]


@JOBS.writes(
    "kube.resume",
    heads="resume unsuspend enable turnon unpause reactivate activate continue go start run put let take",
    may="cronjob job schedule again back on with continue go start run may held stopped suspended now reactivate "
    "activate",
    bonus=0.7,
)
def resume(v: View) -> Filled:
    sure = ordered(v, "resume unsuspend enable turnon unpause reactivate activate")
    if v.free(Shape.IMAGE, Shape.SCHEDULE) or v.seen("rollout"):
        return None
    goes = (
        v.seen("go start run continue fire put turn")
        and _again(v)
        and (wished(v) or _can(v) or ordered(v, "let put start"))
    )
    if not sure and not (goes and (v.seen("cronjob schedule") or v.context.kind == "cronjob")):
        return None
    v.take("schedule go start run continue fire put turn let")
    one = target(v, _HELD)
    if one is None or not (one.kind or v.seen("unsuspend") or goes):
        return None
    return one.calls() if one.kind else [arguments(name=n, namespace=one.namespace) for n in one.names]


def _can(v: View) -> bool:
    return any(t.low in {"can", "could"} for t in v.tokens)


@JOBS.writes(
    "kube.run_cron_job_now",
    heads="trigger run start launch fire execute kick",
    bonus=0.6,
    may="cronjob job now once immediately manually manual run schedule as one-off oneoff right trigger off time "
    "single again "
    "tonight let extra one hand outside",
)
def run_now(v: View) -> Filled:
    """A job out of a cron job, beside its schedule."""
    if v.free(Shape.IMAGE, Shape.SCHEDULE) or not ordered(v, "trigger run start launch fire execute kick let"):
        return None
    once = bool({t.low for t in v.tokens} & _ONCE) or bool(set(v.lemmas) & _ONCE)
    if not once and _again(v):
        return None
    if not (v.seen("cronjob job trigger") or (once and v.seen("run start launch fire"))):
        return None
    ones = [at for at in v.free(Shape.NUMBER) if v.tokens[at].value == 1 and v.after(at) in {"time", "off"}]
    v.claim(*ones)
    v.take("trigger run start launch fire execute kick let time")
    job = _job_name(v)
    aim = target(v, frozenset({"cronjob"}), loose_kinds=frozenset({"job"}))
    if aim is None or (job and len(aim.names) != 1):
        return None
    return [arguments(name=name, namespace=aim.namespace, job_name=job) for name in aim.names]


def _job_name(v: View) -> str:
    """`as job reorder-manual`, `as reorder-manual`, `call the job reorder-manual`."""
    for one in v.mentions:
        called = v.tokens[one.first - 1].low in {"call", "name"} if one.first else False
        if len(one.names) == 1 and one.kind in {"", "job"} and (one.prep == "as" or called):
            v.claim(*one.at, *([one.first - 1] if called else []))
            v.mentions.remove(one)
            v.take("as")
            return one.names[0]
    return ""
