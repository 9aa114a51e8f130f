"""What was written, what happened, what happens, what is used: logs, events, watching, consumption."""

from __future__ import annotations

import re

from agents.embedded.kube.inquiry.intents import Calls, Intents, filled
from agents.embedded.kube.inquiry.script import Ask
from agents.embedded.kube.tokens import Shape, Token

STREAMS = Intents()
_SPAN = (
    "(?:(?:in|over|during|for|from|of|within|since) )?(?:the )?(?:(?:last|past|previous) )?(?P<x>Dur)(?: ago| only)?"
)
_HALVES = {"half": 1800, "quarter": 900}


def span(ask: Ask) -> float | None:
    """Of how many of the last seconds: `the past 2 hours`, `the last half hour`."""
    half = ask.value("(?:(?:last|past|previous) )?(?P<x>half|quarter)(?: of)?(?: an?)? (?:hour|Dur)")
    if half is not None:
        return _HALVES[half.low]
    token = ask.value(_SPAN)
    return token.value if token is not None and isinstance(token.value, (int, float)) else None


_LOGS = (
    "(?:last|latest|final) (?:\\d+ )?lines|(?:any|which|what|the|all) lines? (?:with|that|containing|mentioning|about|"
    "saying)|logs?|log (?:lines?|file|output|entries)|"
    "logged(?! (?:in|out|into|on|off))|(?:what|anything) (?:did|does|"
    "has|have) (?:\\S+ ){1,9}(?:log|write|say|print|output)|stdout|stderr|console output|last words|tail|"
    "(?:what|anything|whatever|all that|everything) (?:\\w+ ){0,3}(?:Obj |\\w+ Obj )?(?:in Ns )?(?:last |just |"
    "already )?"
    "(?:write|writes|wrote|written|say|says|said|print|prints|printed|output|complained about|spit out|spat out)|"
    "(?:output|prints?|printout) of|printed"
)
_BEFORE = (
    "previous(?:ly)?(?: container| instance| run| pod)?|(?:shortly |right |just )?before (?:it|he|she|they|that|"
    "the \\w+|"
    "Obj|its|dying|crashing) ?(?:\\w+ )?(?:died|crashed|crash|restarted|restart|stopped|fell over|exited|was killed|"
    "went down|broke|death|end|got killed|bit the dust)?|before dying|before crashing|last run|--previous|-p|"
    "prior (?:container|instance|run)|crashed (?:container|instance)|last life|dead (?:container|instance)"
)
_GREPS = (
    "(?:the |any )?(?:word|string|text|phrase|term|keyword|pattern)s? (?P<x>Quote|Obj|[\\w.-]+)",
    "(?:grep|search|look|scan|filter|check|looking|searching|grepping)(?: \\w+){0,3} for (?:the |any )?(?P<x>Quote)",
    "grep(?: for)? (?P<x>Quote|[\\w.-]+)",
    "(?:lines?|entries|messages?|those|rows|anything)(?: that| which)? (?:with|contain|contains|containing|mention|"
    "mentions|mentioning|say|says|saying|matching|match|having|about|holding|hold|including|include) "
    "(?:the |any )?(?P<x>Quote|(?!(?:the|a|errors?|warnings?|it|in|of)\\b)[\\w.-]+)",
    "(?:for|with|contains?|containing|mentions?|mentioning|say|saying|matching|about|only|of|and|on) (?P<x>Quote)",
    "(?P<x>Quote)",
    "(?:that|which|lines?) (?:mentions?|mentioned|contains?|contained|says?|said|includes?|match(?:es)?) (?:the |an? )?"
    "(?P<x>Obj|(?!(?:it|they|he|she|we|you|i|this|that|what|something|anything|everything|all)\\b)[a-z][\\w.-]+)",
)


_BARRED = "(?:without|no|not|excluding|except|minus|but not) (?:the |any |all )?(?:\\w+ )?(?:lines?|entries|messages?)"
_LEVELS = frozenset({"ERROR", "WARN", "WARNING", "FATAL", "INFO", "DEBUG", "TRACE", "CRITICAL", "PANIC"})
_NARROWED = frozenset({"with", "containing", "contain", "contains", "say", "saying", "only", "for", "mentioning"})


def _level(ask: Ask) -> Token | None:
    """`only lines with ERROR`: a level as it stands in the log."""
    tokens = ask.tokens
    return next((t for at, t in enumerate(tokens) if t.text in _LEVELS and tokens[at - 1].low in _NARROWED), None)


@STREAMS.of("kube.logs", strict=False)
def logs(ask: Ask) -> Calls:
    """What a pod, or the pods of a workload, wrote."""
    if ask.has("not (?:the |its )?logs?|no logs?|audit logs?") or not ask.has(_LOGS) or ask.has(_RIGHTS):
        return None
    if ask.has(WHY):
        return (
            []
            if ask.has("(?:show|get|give|fetch|print|see|tail|need|want|pull|read|collect|grab)(?: \\w+){0,4} logs?")
            else None
        )
    if ask.has(_BARRED):
        return []  # lines that are to be left out
    ask.said(_LOGS)
    grep = next((token for token in map(ask.value, _GREPS) if token is not None), None) or _level(ask)
    text = "" if grep is None else str(grep.value) if grep.shape is Shape.QUOTED else grep.text
    lines = None
    for pattern in (
        "(?:the )?(?:(?:last|latest|final|newest|recent) )?(?P<x>\\d+) (?:(?:last|latest|newest|most recent) )?"
        "(?:log )?(?:lines?|rows?|entries)",
        "(?P<x>\\d+) (?:last|latest|newest)",
        "(?:tail|last|latest) (?P<x>\\d+)",
    ):
        lines = lines if lines is not None else ask.number(pattern)
    flag = next((t for t in ask.tokens if t.low.startswith(("--tail=", "--since="))), None)
    if flag is not None and flag.low.startswith("--tail=") and flag.low[7:].isdigit():
        lines = int(flag.low[7:])
    elif flag is not None:
        return None
    ask.used |= {at for at, t in enumerate(ask.tokens) if t is flag}
    live = ask.has("-f|--follow|follow|live|stream\\w*")
    since = span(ask)
    follow = 10 if live else None
    if live and since is not None and not ask.has("last|past|previous|since|ago"):
        follow, since = int(since), None
    thing = ask.things.one()
    selector = ask.selector() if thing is None else ""
    if thing is None and not selector and not _listed(ask):
        return None
    more = filled(
        container=ask.things.container,
        grep=text,
        since_s=since,
        tail=lines,
        previous=ask.said(_BEFORE),
        follow_s=follow,
    )
    if thing is None and not selector:
        return [call | more for one in ask.things.named for call in ask.things.calls(one)]
    if thing is None:
        return [filled(selector=selector, namespace=ask.things.namespace) | more]
    if thing.kind in {"pod", "service"} or thing.plural:
        thing = ask.things.as_kind(thing, "")
    if thing.kind not in {"", "job", "cronjob", "deployment", "statefulset", "daemonset", "replicaset"}:
        return None
    return ask.things.calls(thing, **more)


def _listed(ask: Ask) -> bool:
    """`logs of web and of api`."""
    named = ask.things.named
    alike = all(one.kind == named[0].kind and len(one.names) == 1 for one in named)
    return len(named) > 1 and alike and ask.has("Obj (?:and|,|&)(?: and)?(?: also)?(?: of| from| for)? (?:the )?Obj")


@STREAMS.of("kube.events", strict=False)
def events(ask: Ask) -> Calls:
    """What happened, to an object or in a namespace."""
    cue = (
        "events?(?: history| log| list)?|warnings?(?: events?)?|what (?:\\w+ ){0,3}(?:happened|been happening|"
        "been going on|went on|been up)|(?:anything|something) (?:\\w+ )?happened|what's happened|happened"
    )
    if (
        not ask.has(cue)
        or ask.has(f"{WHY}|logs? of|description|describe")
        or (not ask.has("events?|warnings?") and ask.has("fail\\w*|crash\\w*|ran into|errors?|dead|died|broken|broke"))
    ):
        return None
    warns = ask.has(
        "warnings?|(?:only|just) (?:the )?(?:bad|wrong|problems?|errors?)(?: ones| things)?"
    ) and not ask.has("(?:normal|all) (?:and|events)")
    since = span(ask)
    limit = ask.number("(?:last|latest|newest) (?P<x>\\d+)(?: events?| warnings?)?")
    ask.said(cue)
    ask.said("lately|recently|history|not (?:the |its )?logs?|to|with|around")
    more = filled(type="Warning" if warns else "", since_s=since, limit=limit)
    thing = ask.things.one()
    if thing is not None and not thing.kind and not ask.things.namespace and thing.prep in {"from", "across", "at"}:
        ask.things.locate(thing)
        thing = None
    if thing is not None:
        return ask.things.calls(thing, **more)
    if ask.things.named:
        return None
    return [more | filled(namespace=ask.things.namespace)] if ask.things.placed() else None


@STREAMS.of("kube.watch", strict=False)
def watch(ask: Ask) -> Calls:
    """What moves for some time."""
    cue = "watch|watching|monitor|monitoring|observe|keep (?:an|your) eyes? on|keep watching|keep track of|follow"
    if not ask.said(cue) or ask.has(_RIGHTS):
        return None
    seconds = ask.value("(?:for )?(?:the )?(?:(?:next|coming|following) )?(?P<x>Dur)")
    minute = ask.said("(?:for )?(?:the )?(?:next|coming|one) minute") and seconds is None
    said = filled(seconds=60 if minute else seconds.value if seconds else None, selector=ask.selector())
    thing = ask.things.one()
    if thing is not None:
        if not thing.kind:
            return None
        return [call | said for call in ask.things.calls(thing)]
    kinds = ask.things.asked_kinds()
    if len(kinds) != 1 or not ask.things.placed():
        return None
    return [filled(kind=kinds[0], namespace=ask.things.namespace) | said]


_MACHINE = re.compile(r"(?:node|worker|master|control-plane)-?[\w.-]*")
"""A name that says by itself that it is a node's."""


@STREAMS.of("kube.top", strict=False)
def top(ask: Ask) -> Calls:
    """What pods or nodes use now."""
    eats = (
        "eats?|eating|uses?|using|consum\\w+|hogs?|hogging|burns?|burning|takes?|taking|swallow\\w*|needs?|hungr\\w+|"
        "drains?|draining|gobbl\\w+|devour\\w*|chew\\w*"
    )
    cue = (
        f"top (?:pods?|nodes?|no|po|\\d+)|(?:cpu|memory)(?: and (?:cpu|memory))? (?:usage|use|hogs?|hog|load|pressure|"
        f"eaters?|"
        f"figures?|numbers?|footprint)|(?:{eats})(?: \\w+){{0,4}} (?:cpu|memory|resources)|(?:cpu|"
        f"memory)(?: \\w+){{0,3}} (?:{eats}|"
        "used|in use|consumed)|usage|busy|busiest|hungriest|heaviest|(?:sorted )?by (?:cpu|memory)|most (?:cpu|memory)|"
        "how much (?:cpu|memory)|how(?:'s| is| are) (?:the )?(?:cpu|memory)(?: and (?:cpu|memory))?|resource usage|load"
    )
    if not ask.has(cue) or not ask.has("cpu|memory|top|usage|busy|busiest|resources|load"):
        return None
    if ask.has(f"quotas?|resourcequotas?|limitranges?|limits?|requests?|{WHY}|oom\\w*|storage|disk|ask for|asked for"):
        return None
    ask.said(cue)
    memory, cpu = ask.said("memory"), ask.said("cpu")
    ask.said(
        f"{eats}|the most|most|biggest|largest|highest|sorted|sort(?: it)? by|first|on top|at the top|heaviest|"
        f"of every|per|each|have left|has left|is left|left|free|headroom|spare|available|"
        "how much|much|very|consumers?|offenders?|memory|cpu|resources|machines?|right|now|top"
    )
    sort = "memory" if memory and not cpu else "cpu" if cpu else ""
    nodes = ask.has("nodes?|machines?|no|workers?|servers?")
    ask.said("nodes?|machines?|pods?|no|po|containers?|apps?")
    thing = ask.things.one()
    machine = thing is not None and not thing.kind and all(_MACHINE.fullmatch(name) for name in thing.names)
    if ask.things.named and (thing is None or not (machine or thing.kind in {"pod", "node"})):
        return None
    name = thing.names[0] if thing is not None else ""
    kind = "nodes" if nodes or machine or (thing is not None and thing.kind == "node") else "pods"
    if kind == "pods" and not ask.things.placed():
        return None
    limit = (
        ask.number("(?:top|first|worst) (?P<x>\\d+)|(?P<y>\\d+) (?:biggest|worst|largest|top|heaviest|hungriest)")
        if not name
        else None
    )
    if ask.said(
        "just the (?:worst|biggest|top|first)(?: one| offender)?|only the (?:worst|biggest|top|first)(?: one)?"
    ):
        limit = 1
    space = "" if kind == "nodes" else ask.things.namespace
    if limit and sort:
        return [filled(kind=kind.rstrip("s"), namespace=space, sort=sort, limit=limit) | {"@skill": "kube.list"}]
    return [filled(kind=kind, namespace=space, name=name, sort=sort)] if not limit else None


WHY = (
    "what(?:'s| is) (?:blocking|holding|stopping|preventing|missing|the (?:problem|cause|issue))|what (?:holds|"
    "kills|prevents) (?:it|this|that|them|its|the|Obj)|"
    "why|how come|reason|what's wrong|what is wrong|what went wrong|cause|root cause|what stops|what blocks|what's up|"
    "whats up|diagnose|debug|troubleshoot|investigate|what gives|what's the matter|what is the matter"
)
_RIGHTS = (
    "can i|who can|who may|may|allowed|permitted|entitled|able to (?:read|see|view|get|list)|access|rights|"
    "right to|permissions?"
)
