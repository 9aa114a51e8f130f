"""Cron jobs held, let go on, run beside their schedule, and rescheduled."""

from __future__ import annotations

import re

from agents.embedded.kube.deeds.grammar import SLOTS, Deeds, Said
from agents.embedded.kube.names import Context
from agents.embedded.kube.schedules import schedule
from agents.embedded.kube.slots import arguments
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View
from protocol.vocabulary import JsonObject

JOBS = Deeds()
_HELD = frozenset({"cronjob", "job"})
_CRON = frozenset({"cronjob"})
_FIRING = "{running|firing|starting|being started|being scheduled|launching|kicking in|executing|ticking}"


@JOBS(
    "kube.suspend",
    "<V> <o>",
    "<V> [<the>] {schedule|runs|scheduling|execution|further runs} <of> <o>",
    "<V> <own> {schedule|runs|scheduling}",
    f"{{<V>|keep|prevent}} <o> from {_FIRING}",
    "{stop|quit} {scheduling|running|starting|firing} <o>",
    "<have> <o> <Ved>",
    "<o> <must> {be <Ved>|pause|stop|rest|stay quiet|stay silent|keep quiet|be quiet|stop running|stop firing|"
    "stay off|be off|take a break}",
    "<o> {must|should|may|shall} not {run|fire|start} [any] [new|more|further] [Kjob*|runs] [anymore|any more]",
    "{put|place|set} <o> on {hold|ice|pause}",
    "no {more|further} runs of <o>",
    verbs="suspend pause stop disable halt turnoff hold park freeze",
)
def suspend(said: Said) -> list[JsonObject] | None:
    """A cron job that starts nothing until it is let go on."""
    found = said.objects(_HELD)
    sure = said.says("suspend", "suspended") or (said.says("stop", "quit") and said.says("scheduling"))
    if not found or said.says("rollout") or not (sure or all(one.get("kind") for one in found)):
        return None
    return found


@JOBS(
    "kube.resume",
    "<V> <o>",
    "<V> [<the>] {schedule|runs|scheduling} <of> <o>",
    "<V> <own> {schedule|runs|scheduling}",
    "{lift|remove|end|undo|drop|cancel} [<the>] {suspension|pause|suspend} <of> <o>",
    "{lift|remove|end|undo|drop|cancel} <own> {suspension|pause|suspend}",
    "let <o> {run|go|start|fire|loose|go on|continue|tick|work|run on schedule|run on its schedule} [again]",
    "<have> <o> <Ved>",
    "<o> {<must>|is allowed to|is free to} [again] {be <Ved>|run|go|start|fire|resume|go on|continue|be let "
    "loose|be let go|be set loose|tick|wake up|"
    "go back to work|do its thing|start running|be back|be on|go back to its schedule|run on schedule|run on its "
    "schedule|run as usual} [again] [on schedule|on its schedule|as usual|as before]",
    "{put|switch|turn|take|bring} <o> back on [schedule|track]",
    "take <o> off {hold|ice|pause}",
    verbs="resume unsuspend enable reactivate unpause activate restart turnon continue unfreeze",
)
def resume(said: Said) -> list[JsonObject] | None:
    """A held cron job that goes on."""
    if said.says("now", "once", "not", "never", "restart", "restarted") or said.says("rollout"):
        return None
    found = said.objects(_HELD)
    sure = said.says("unsuspend", "unsuspended", "suspension")
    if not found or not (sure or all(one.get("kind") for one in found)):
        return None
    # `may run` without `again` may mean a single run.
    loose = said.says("run", "go", "start", "fire") and not said.told(
        "again", "schedule", "usual", "back", "on", "loose", "let"
    )
    return None if loose and not sure else found


_NOW = (
    "[now|once|manually|by hand|immediately|a single time|one time|out of schedule|outside [of] [its|the] "
    "schedule|beside its schedule|"
    "ahead of [its|the] schedule|off schedule|in between|just once|one extra time|an extra time|right away]"
)
_AS = (
    "[, |and] [{as|called|named|call it|name it|call the job|name the job|naming it|with the name} [job|Kjob|"
    "the job] [: ] <name>]"
)


@JOBS(
    "kube.run_cron_job_now",
    f"<V> {_NOW} <o> {_NOW} {_AS}",
    f"<V> [<the>] [single|one-off|manual|extra|one|new|fresh] {{run|Kjob|execution}} {{of|from|out of|for|off}} "
    f"<o> {_NOW} {_AS}",
    f"{{create|make|do|launch|start|spawn|get}} [<the>] [single|one-off|manual|extra|new|fresh] {{run|Kjob|"
    f"execution}} [{{called|named}} <name>] "
    f"{{of|from|out of|for|off}} <o> {_NOW}",
    f"let <o> {{run|go|start|fire}} {_NOW} {_AS}",
    f"<have> <o> {{run|<Ved>}} {_NOW} {_AS}",
    f"<o> <must> {{run|fire|start|be <Ved>}} {_NOW} {_AS}",
    verbs="run trigger start launch fire execute kick spawn",
)
def run_now(said: Said) -> list[JsonObject] | None:
    """A job out of a cron job, beside its schedule."""
    found = said.objects(_CRON, loose=frozenset({"job"}))
    cron = said.says("Kcronjob") or (found and all(one.get("kind") == "cronjob" for one in found))
    once = said.says("once", "manually", "immediately", "now", "trigger", "single", "extra", "one-off") or said.says(
        "hand", "schedule"
    )
    if (
        not found
        or said.says("again", "not", "Kdeployment")
        or not (cron or (once and said.says("trigger", "Kjob", "schedule", "once")))
    ):
        return None
    plain = said.says("run", "start", "let") and not once and not said.says("Kjob")
    if plain and said.hit.string.startswith(("let ", "have ")):
        return None
    name = said.text("name").casefold()
    if name and len(found) != 1:
        return None
    return [arguments(name=one["name"], namespace=one.get("namespace", ""), job_name=name) for one in found]


_TIME_WORDS = (
    "every|each|at|on|the|of|in|and|daily|nightly|hourly|weekly|monthly|morning|night|evening|day|days|hour|"
    "hours|minute|minutes|weekday|weekdays|week|"
    "month|monday|tuesday|wednesday|thursday|friday|saturday|sunday|mondays|tuesdays|wednesdays|thursdays|"
    "fridays|saturdays|sundays|am|pm|midnight|"
    "noon|first|weekends|once|a|o'clock|nights|mornings|evenings"
)
SLOTS["times"] = (
    rf"(?P<times>S\d+ |(?:(?:D\d+|#\d+|N\d+|X\d+|I\d+|[\d:.]+(?:am|pm|h)?|(?:[nU]\d+:)?(?:{_TIME_WORDS})) )+)"
)
_RUN = "{run|fire|start|go|tick|be run|be started|be scheduled|execute|be executed}"
_INSTEAD = (
    "[[, ] {instead|from now on|instead of [<the>] [present|current|old|existing] {schedule|one}|not "
    "{<cron>|S}|in the future|in future|only}]"
)
_TO = "{to|=|:|at|on|as|with}"


@JOBS(
    "kube.patch",
    f"<V> [<the>] [cron] {{schedule|timing|cron schedule|time|times|Kcronjob schedule}} <of> <o> {_TO} <times>",
    f"<V> <own> [cron] {{schedule|timing|time}} {_TO} <times>",
    f"<V> <o> {{{_TO}|to run|so that it runs|so it runs}} <times>",
    f"[<the>] [cron|Kcronjob] schedule <of> <o> {{{_TO}|<must> be|<must> become}} <times>",
    f"<own> schedule {{{_TO}|<must> be}} <times>",
    f"<o> <must> {_RUN} [at|on] <times> {_INSTEAD}",
    f"<have> <o> {{run|fire|start|running}} [at|on] <times> {_INSTEAD}",
    f"<V> <o> {{run|fire|start}} [at|on] <times> {_INSTEAD}",
    "<o> [: |, |- ] {schedule|new schedule} [: |= |to] <times>",
    "{give} <o> [<the>] [new] schedule [: |of] <times>",
    "<o> [: ] {to} <times>",
    verbs="change set move put switch update reschedule adjust edit shift make let schedule alter modify bring",
    near="Kcronjob Kcronjob* Kjob schedule cron",
)
def reschedule(said: Said) -> list[JsonObject] | None:
    """Another schedule of a cron job."""
    found = said.objects(_CRON, loose=frozenset({"job"}))
    said_cron = said.says("Kcronjob", "schedule", "cron") or (
        found and all(one.get("kind") == "cronjob" for one in found)
    )
    when = _when(said)
    if not found or not when or not said_cron:
        return None
    return [
        arguments(
            kind="cronjob", name=one["name"], namespace=one.get("namespace", ""), patch={"spec": {"schedule": when}}
        )
        for one in found
    ]


def _when(said: Said) -> str:
    """The five fields of a time, in cron's words or in a person's; "" where not all of it is read."""
    tokens = said.tokens("times")
    if len(tokens) == 1 and tokens[0].shape is Shape.SCHEDULE:
        return str(tokens[0].value)
    view = View(tokens, Context())
    view.mentions, view.location = [], None
    found = schedule(view)
    left = [t.low for n, t in enumerate(tokens) if n not in view.used and t.shape is not Shape.MARK]
    return found if not [low for low in left if not re.fullmatch(r"the|on|at|of|in|a", low)] else ""
