"""The objects of a kind: which, how many, in which state, with which label, where."""

from __future__ import annotations

from agents.embedded.kube.inquiry.asks_objects import CONTAINING
from agents.embedded.kube.inquiry.asks_streams import WHY
from agents.embedded.kube.inquiry.intents import Calls, Intents, filled
from agents.embedded.kube.inquiry.script import Ask
from agents.embedded.kube.lexicon import CLUSTER_SCOPED
from agents.embedded.kube.tokens import Shape

LISTS = Intents()
_ASKS = (
    "get|show|display|print|list|give|tell|fetch|find|see|check|read|grab|pull|need|want|know|look|view|dump|"
    "output|retrieve|what|which|who|"
    "how many|how much|count|where|are|is|do|does|have|any|anything|there|all|every|overview|like|what's|"
    "number of|everything|name"
)
_STATES: tuple[tuple[str, str, str], ...] = (
    (
        "(?:not|isn't|aren't|non|un|never|wasn't) ?-?(?:yet )?(?:fully )?(?:ready|healthy|available|up|running)|"
        "(?:don't|doesn't|not) have (?:all|enough) (?:(?:of )?(?:their|its|the) )?(?:replicas|pods|copies)|"
        "not all (?:replicas|"
        "pods|copies)|(?:too few|missing|fewer) (?:replicas|pods|copies)|short of (?:replicas|pods)|incomplete|"
        "notready|not ready|unready|unhealthy|unavailable|broken|failing|down|stuck|not up|in trouble|sick",
        "not_ready",
        "",
    ),
    (
        "(?:not|isn't|aren't|un|never|didn't get|did not get|no|without|lacks?|"
        "wait(?:ing|s)? for)(?: \\w+){0,2} ?-?(?:bound|volumes?|storage|disks?)(?: yet)?|unbound|unclaimed|"
        "(?:nobody|no one)(?: has| ever)? claim\\w*|not claimed|free",
        "unbound",
        "persistentvolumeclaim persistentvolume",
    ),
    ("crash\\w*|crash ?loop\\w*|looping|crashloopbackoff", "crashing", "pod"),
    ("pending|waiting(?: to be scheduled)?|unscheduled", "pending", "pod persistentvolumeclaim"),
    ("evicted|kicked out", "evicted", "pod"),
    ("terminating|being deleted", "terminating", "pod namespace"),
    ("failed|errored|unsuccessful", "failed", "pod job"),
    (
        "suspended|switched off|turned off|paused|disabled|off|(?:put )?on (?:hold|ice|pause)|deactivated|halted|"
        "parked|"
        "asleep|sleeping|resting",
        "suspended",
        "cronjob job",
    ),
    ("succeeded|successful", "succeeded", "pod"),
    ("completed?|finished|done|ended", "complete", "job pod"),
    ("(?:still |currently )?(?:running|active|in progress|unfinished)", "active", "job cronjob"),
    ("bound|in use", "bound", "persistentvolumeclaim persistentvolume"),
    ("running", "running", "pod"),
    ("ready|healthy|available|up and running", "ready", "pod deployment statefulset daemonset replicaset node"),
)
_SHOWN: tuple[tuple[str, str], ...] = (
    ("images?|image versions?|tags?", "images"),
    ("labels?", "labels"),
    ("ips?|ip addresse?s?|addresses", "ip"),
    ("replicas?|replica counts?|how many replicas", "replicas"),
    ("ages?|how old", "age"),
    ("restarts|restart counts?", "restarts"),
    ("ports?", "ports"),
    ("owners?", "owner"),
    ("taints?", "taints"),
    ("annotations?", "annotations"),
    ("(?:which|what|their|the) nodes?|nodes? they|where they", "node"),
)


@LISTS.of("kube.list", strict=False)
def schedules(ask: Ask) -> Calls:
    """When cron jobs run, and which of them are off: the list says both."""
    if ask.things.asked_kinds() != ["cronjob"] or ask.things.named or ask.has(WHY):
        return None
    if not ask.has("when|schedules?|how often|what time") or not ask.things.placed():
        return None
    return [filled(kind="cronjob", namespace=ask.things.namespace)]


@LISTS.of("kube.list")
def listed(ask: Ask) -> Calls:
    """A list of a kind."""
    if ask.has(f"{WHY}|logs?|events?|can|may|allowed|history|audit|yaml|probes?|limits?") or not ask.has(
        _ASKS + "|(?:\\w+s)"
    ):
        return None
    image = _containing(ask)
    kinds = [kind for kind in ask.things.asked_kinds() if kind not in {"event"}]
    named = list(ask.things.named)
    node = ""
    for thing in list(named):
        if thing.kind == "node" or (
            not thing.kind and thing.prep == "on" and ask.has("on (?:node |the node |machine |worker )?Obj")
        ):
            node = thing.names[0] if len(thing.names) == 1 else ""
            named.remove(thing)
    if node and not [kind for kind in kinds if kind != "node"]:
        kinds = (
            ["pod"]
            if ask.said("running|runs|run|sits?|sitting|scheduled|lives?|living|everything|what|workloads")
            else []
        )
    if (
        set(kinds) <= {"node"}
        and not named
        and ask.things.namespace
        and ask.said(
            "what's running|what is running|what runs|everything (?:that's |that is )?running|what all runs|running"
        )
    ):
        kinds = ["pod"]
    if not kinds and not named and ask.things.namespace:
        if ask.said(
            "(?:list|show|get|see|what is|what's|what all is) (?:me )?(?:everything|all|all resources|"
            "all objects)(?: there is)?"
        ):
            kinds = ["all"]
        elif ask.has("images?"):
            kinds = ["pod"]
    if not kinds and ask.has("namespaces") and not ask.things.namespace:
        kinds = ["namespace"]
    if node and "node" in kinds:
        kinds.remove("node")
    if len(kinds) > 1 and "node" in kinds and "pod" in kinds and ask.has("(?:which|what|their|the) nodes?|nodes? they"):
        kinds.remove("node")
    if (
        len(named) == 1
        and not named[0].kind
        and not ask.things.namespace
        and (
            named[0].prep in {"of", "for", "from", "in"}
            or ask.has("Obj (?:contains?|have|has|holds?|includes?|offers?)")
        )
    ):
        ask.things.locate(named.pop())
        ask.write()
    if not kinds or len(kinds) > 3 or named:
        return None
    if len(kinds) > 1 and not ask.has(
        " (?:and|,|or|&|\\+) ".join(f"(?:the |all |our |any )?{_plural(kind)}" for kind in kinds)
    ):
        return None
    main = kinds[0]
    ask.said("(?:-o|--output) wide|-owide|-o=wide|--show-labels")
    bare = (
        next(thing for thing in ask.things.kinds if thing.kind == main)
        if any(thing.kind == main for thing in ask.things.kinds)
        else None
    )
    if (
        bare is not None
        and not bare.plural
        and not ask.has(
            "^"
            + main
            + " in Ns|(?:which|what|any|every|each|no|oldest|newest|youngest|latest|busiest) "
            + main
            + "|howmany|how many|get|list|"
            + main
            + " (?:list|names)"
        )
    ):
        return None
    for kind in kinds:
        ask.said(f"{_plural(kind)}|{kind}")
    if node:
        ask.said("on|node|nodes", cue=False)
    options = _options(ask, main, image)
    if options is None:
        return None
    space = "" if main in CLUSTER_SCOPED else ask.things.namespace
    if (
        main not in CLUSTER_SCOPED
        and not ask.things.placed()
        and not (node or ask.has("all|every|everywhere|cluster|whole|any|show|list|which|what|how many|get"))
    ):
        return None
    return [filled(kind=kind, namespace=space, node=node) | options for kind in kinds]


def _plural(kind: str) -> str:
    return (
        kind
        if kind.endswith("s") and kind != "ingress"
        else kind.removesuffix("y") + "(?:s|ys|ies)"
        if kind.endswith("y")
        else kind + "s?"
    )


def _options(ask: Ask, kind: str, image: str) -> dict[str, object] | None:
    """The filters, the order and the columns; None where a number or a value has no place."""
    found: dict[str, object] = {}
    restarts = _restarts(ask) if kind == "pod" else {}
    times = _times(ask)
    order = _order(ask, kind)
    selector = ask.selector()
    image = image or _image(ask)
    if kind == "node":
        ask.said("(?:un)?cordoned|(?:un)?schedulable|drained|tainted|scheduling(?: disabled)?|taking no new pods")
    if kind == "ingress":
        ask.said("(?:with|and|plus)?(?: also)?(?: their| its| the)? ?(?:hosts?|hostnames?|rules|paths|backends?)")
    if kind == "service" and ask.said("(?:of )?types? \\w+|loadbalancers?|nodeports?|clusterips?"):
        found["show"] = "spec.type"
    status = "" if restarts else _status(ask, kind)
    count = False
    if ask.has("how many|count|number of|amount of") and not ask.has(
        "replicas?|restarts|which|what|list|names?|and (?:are|is|do|does|how|their|the)|are they|all ready"
    ):
        count = ask.said("how many|count|the number of|number of|amount of")
    found |= filled(selector=selector, status=status, image=image, count=count) | times | restarts | order
    if not count:
        shown = [
            word
            for cue, word in _SHOWN
            if word != kind
            and not (word == "labels" and selector)
            and ask.said(f"(?:with|and|plus|incl|including|show|add|put|by)?(?: also)?(?: their| the| its)? ?(?:{cue})")
        ]
        if kind == "node" and ask.said("(?:kubelet )?versions?"):
            shown.append("version")
        if len(shown) == 1 and not image and "min_restarts" not in found and found.get("sort") != "-restarts":
            found["show"] = shown[0]
        elif image:
            found["show"] = "images"
        elif restarts:
            found["show"] = "restarts"
    if ask.has("without|missing|lacking|no(?! matter| more| longer| rush| hurry| need)|lacks?|lack") and not status:
        token = ask.value(
            "(?:without|missing|lacking|with no|having no|have no|no|lacks?|that miss) (?:a |an |the |any )?(?P<x>Obj|"
            "Key|Quote|[\\w./-]+) labels?"
        )
        token = token or ask.value(
            "(?:without|missing|lacking|with no|lacks?) (?:a |the |any )?labels? (?:called |named )?(?P<x>[\\w./-]+)"
        )
        if token is None:
            return None
        found["missing"] = token.text
    return found


def _restarts(ask: Ask) -> dict[str, object]:
    """`restarted 5 times or more`, `more than 3 restarts`, `at least 2 restarts`."""
    if not ask.has("restarts?|restarted|restarting|bounced"):
        return {}
    times = "(?:times|x|restarts?)"
    if (spoken := ask.value("(?:more (?:often )?than|over) (?P<x>once|twice)")) is not None:
        ask.said("restarts?|restarted|having|have|with|that|since")
        return {"min_restarts": {"once": 2, "twice": 3}[spoken.low]}
    if (number := ask.number(f"(?:more than|over|above|>) (?P<x>\\d+) ?{times}?")) is not None:
        ask.said("restarts?|restarted|having|have|with")
        return {"min_restarts": number + 1}
    for pattern in (
        f"(?:at least|minimum|no less than) (?P<x>\\d+) ?{times}?",
        f"(?P<x>\\d+) ?{times}? (?:or|and) (?:more|above|up|oftener|greater)",
        f"(?P<x>\\d+) ?\\+ ?{times}?",
    ):
        if (number := ask.number(pattern)) is not None:
            ask.said("restarts?|restarted|having|have|with|that")
            return {"min_restarts": number}
    if ask.has("most|often|highest|worst|top|sort\\w*|by restarts?|ordered"):
        return {}
    if ask.has("restarted|restarting|any restarts|with restarts|have restarts"):
        ask.said("restarts?|restarted|restarting|having|have|with|that|any|ever|at all")
        return {"min_restarts": 1}
    return {}


def _times(ask: Ask) -> dict[str, object]:
    """`older than a week`, `born in the last 15 minutes`."""
    younger = (
        "(?:younger|newer|less) than (?P<x>Dur)(?: old| ago)?",
        "(?:created|born|started|launched|made|appeared|new|deployed|came up|popped up|added)?(?: \\w+)? ?(?:in|"
        "within|during|over|since) (?:the )?(?:last|past)? ?(?P<x>Dur)(?: ago)?",
        "(?:in|within|during|over|from) (?:the )?(?:last|past) (?P<x>Dur)",
    )
    older = (
        "(?:older|more) than (?P<x>Dur)(?: old| ago)?|over (?P<y>Dur) old|(?:at least|"
        "for more than) (?P<z>Dur)(?: old)?"
    )
    old = ask.value(older)
    if old is not None:
        return {"older_than_s": old.value}
    for pattern in younger:
        young = ask.value(pattern)
        if young is not None:
            ask.said("created|born|started|launched|made|appeared|new|deployed|were|younger|newer")
            return {"younger_than_s": young.value}
    return {}


def _order(ask: Ask, kind: str) -> dict[str, object]:
    """`with the most restarts`, `the 5 oldest`, `just the worst`."""
    limit = ask.number("(?:top|first|worst|oldest|newest|latest|youngest|biggest|last) (?P<x>\\d+)") or ask.number(
        "(?P<x>\\d+) (?:\\w+ )?(?:worst|oldest|newest|latest|youngest|biggest|most recent|with the (?:most|highest))"
    )
    sort = ""
    if ask.has("restarts?|restarted|bounc\\w+") and ask.said(
        "(?:the )?(?:most|highest|worst|top|most often)|(?:sorted|sort|ordered|"
        "order)(?: \\w+)? by|by restarts|restart(?:s|ed|ing)? "
        "(?:a lot|too (?:much|often|many)|all the time|constantly|again and again)"
    ):
        sort = "-restarts"
        ask.said("restarts?|restarted|often|count|number of")
    elif ask.said("oldest"):
        sort = "-age"
    elif ask.said("newest|latest|youngest|most recent(?:ly created)?"):
        sort = "age"
    elif ask.said("(?:sorted|sort|ordered|order)(?: \\w+){0,2} by (?:age|creation\\w*)|--sort-by=\\S*creation\\S*"):
        sort = "-age"
    elif ask.said("(?:sorted|sort|ordered|order)(?: \\w+){0,2} by memory"):
        sort = "memory"
    elif ask.said("(?:sorted|sort|ordered|order)(?: \\w+){0,2} by cpu"):
        sort = "cpu"
    elif ask.said("(?:sorted|sort|ordered|order)(?: \\w+){0,2} by name"):
        sort = "name"
    if ask.said(
        "(?:just|only|name|name just) (?:the )?(?:worst|top|first|oldest|newest)(?: one| offender| culprit)?|"
        "the (?:single )?(?:worst|top) (?:one|offender|culprit)|just one|only one"
    ):
        limit = limit or 1
    if (
        sort
        and not limit
        and ask.has(f"(?:which|what) {kind}(?! \\S*s) |the (?:oldest|newest|youngest|latest) {kind}(?!s)")
    ):
        limit = 1
    return filled(sort=sort, limit=limit)


def _containing(ask: Ask) -> str:
    """`an image with postgres in its name`: part of an image, and no object."""
    token = ask.value(CONTAINING)
    if token is None:
        return ""
    ask.things.named = [one for one in ask.things.named if token not in (ask.tokens[at] for at in one.at)]
    return str(token.value) if token.shape is Shape.QUOTED else token.low


def _image(ask: Ask) -> str:
    for at, token in enumerate(ask.tokens):
        if token.shape.value == "image" and at not in ask.used:
            ask.used.add(at)
            ask.cues.add(at)
            ask.said(
                "images?|running|run|runs|use|uses|using|with|in the|in its|based on|in|on|still|have|has", cue=False
            )
            return token.text
    for at, token in enumerate(ask.tokens[:-1]):
        if ask.things.plain(at) and ask.tokens[at + 1].lemma == "image" and at not in ask.used:
            ask.used |= {at, at + 1}
            ask.said("with|using|uses?|runs?|running|on|based on|from|an?|have|has|images?", cue=False)
            return token.low
    quoted = ask.value(
        "images? (?:with |containing |named |called |like |of )?(?P<x>Quote)|(?P<y>Quote) (?:in (?:the|its|"
        "their) )?images?"
    )
    return str(quoted.value) if quoted is not None else ""


def _status(ask: Ask, kind: str) -> str:
    if ask.has(
        "all (?:up|ready|ok|healthy|running|well)|everything (?:ready|up)|(?:the |their )?(?:status|state)(?:es|"
        "s)?(?: of)?"
    ):
        ask.said("all (?:up|ready|ok|healthy|running|well)|(?:the |their )?(?:status|state)(?:es|s)?")
        return ""
    for cue, status, kinds in _STATES:
        if kinds and kind not in kinds.split():
            continue
        if status == "running" and ask.has(
            "(?:what's|what is|everything|that's|anything)(?: \\w+)? running|running on"
        ):
            ask.said("running")
            continue
        if ask.said(cue):
            return status
    return ""
