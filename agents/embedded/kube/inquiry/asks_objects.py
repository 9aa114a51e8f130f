"""One object: its manifest, history, rollout, endpoints and ports, a single fact, all of it."""

from __future__ import annotations

from agents.embedded.kube.inquiry.asks_streams import WHY
from agents.embedded.kube.inquiry.intents import Calls, Intents
from agents.embedded.kube.inquiry.nouns import Thing
from agents.embedded.kube.inquiry.script import Ask
from agents.embedded.outcome import decline
from agents.embedded.wordset import words

OBJECTS = Intents()
_ROLLING = words("deployment statefulset daemonset")
_TROUBLE = f"{WHY}|hangs?|hanging|stuck|fail\\w*|blocks?|blocking|holds?|holding|held|broken|stalled"


def rolling(ask: Ask) -> Thing | None:
    """A workload that rolls out, by its kind or of an open one."""
    thing = ask.things.one(prefer=_ROLLING)
    if thing is None or thing.kind not in _ROLLING | {"", "service", "pod"}:
        return None
    return thing if thing.kind in _ROLLING else ask.things.as_kind(thing, "")


@OBJECTS.of("kube.get")
def revealed(ask: Ask) -> Calls:
    """The value of a secret, which is never shown."""
    said = (
        "decode[ds]?|base64|(?:clear|plain) ?text|plaintext|in the clear|(?:actual |real )?values?|contents?|unmasked|"
        "(?:the|its|what) (?:\\w+ )?(?:password|token|api key|passphrase|credentials?)(?: that| which)? (?:is|in|"
        "of|from|for)"
    )
    if (
        not ask.has("secrets?")
        or ask.has(f"{WHY}|env|which (?:pods|deployments)|list|audit|logs?|names? of")
        or not ask.has(said)
    ):
        return None
    if ask.has("(?:no|not|without|never)(?: \\w+){0,2} (?:values?|contents?)|only (?:the )?keys?|key names"):
        return None
    secret = any(thing.kind == "secret" for thing in ask.things.named)
    if secret and ask.has("show|tell|give|print|display|read|see|get|what|decode|reveal|paste|need|want"):
        raise decline("the value of a secret is shown to nobody; its keys are")
    return None


@OBJECTS.of("kube.get", strict=False)
def manifest(ask: Ask) -> Calls:
    """The object as it is written down."""
    cue = (
        "(?:-o|--output|as|in|the|full|raw|whole|its)? ?(?:yaml|json|manifest|definition)(?: file| form| format|"
        " dump)?|-o=yaml|-o=json"
    )
    thing = ask.things.one()
    if thing is None or ask.has(WHY) or not ask.has("yaml|json|manifest|definition|-o=yaml|-o=json"):
        return None
    form = "json" if ask.has("json|-o=json") else "yaml"
    ask.said(cue)
    return ask.things.calls(thing, format=form)


@OBJECTS.of("kube.rollout_history", strict=False)
def history(ask: Ask) -> Calls:
    """The revisions of a workload, or one of them."""
    cue = (
        "(?:rollout |revision |deployment |version |release )?history|revisions?|change causes?|past (?:versions|"
        "rollouts)"
    )
    thing = rolling(ask)
    if thing is None or not ask.has(cue) or ask.has(f"{WHY}|events? history"):
        return None
    number = None
    if not ask.has("how many|all revisions|history|list"):
        number = ask.number("(?:revision|rev|version)(?: number| no)? (?P<x>\\d+)")
    ask.said(cue)
    return ask.things.calls(thing, revision=number)


@OBJECTS.of("kube.rollout_status", strict=False)
def status(ask: Ask) -> Calls:
    """How far a rollout is."""
    begun = "rollout|rolled out|rolling out|roll out|new version|deploy|release|update|upgrade|new image|deployment"
    ended = (
        "status|finished|finish|done|complete\\w*|through|progress\\w*|how far|over|landed|still (?:busy|going|"
        "running|rolling)|"
        "gone out|fully|everywhere|live yet|come through|ready yet|out yet"
    )
    thing = rolling(ask)
    if thing is None or ask.has(_TROUBLE):
        return None
    if not (ask.has(begun) and ask.has(ended)) and not ask.has(
        "rollout status|finished rolling|rolling out|rolled out"
    ):
        return None
    if not ask.has("rollout|rolled out|rolling|rolls out") and not (
        ask.has("new version|new image|release|update|upgrade") and ask.has("finished|done|through|complete\\w*")
    ):
        return None
    ask.said(f"{begun}|{ended}")
    return ask.things.calls(thing)


@OBJECTS.of("kube.rollout_status", strict=False)
def came_up(ask: Ask) -> Calls:
    """`then check that it came back up`: of what was changed just before."""
    thing = rolling(ask) if ask.things.meant_at else None
    cue = (
        "(?:came|comes|is|are|was|come|gets?|goes|went|back)(?: \\w+){0,2} (?:up|back|ready|healthy|done|"
        "through|fine|ok|okay|well|alive|live|again|running|finished)"
    )
    if thing is None or ask.has(_TROUBLE) or not ask.said(cue):
        return None
    return ask.things.calls(thing)


@OBJECTS.of("kube.endpoints", strict=False)
def endpoints(ask: Ask) -> Calls:
    """Which pods are behind a service."""
    cue = (
        "(?:stand|stands|standing|sit|sits|is|are|run|running|hide|lives?|what's|who's|hiding)?(?: \\w+)? ?behind|"
        "endpoints?|endpointss|"
        "backs?|backing|backends?|(?:send|sends|sending|route|routes|routing|forward|forwards|forwarding|direct|"
        "directs|pass|passes|"
        "balance|balances|deliver|delivers|point|points)(?: \\w+){0,3} (?:traffic|requests?|to)|gets? (?:the |"
        "its )?traffic|"
        "served by|serves? (?:the )?(?:traffic|requests)|receiv\\w+ (?:the )?(?:traffic|requests)|targets?|"
        "ends? up at|lands? on"
    )
    if not ask.has(cue) or ask.has(
        f"{WHY}|no endpoints?|without endpoints?|nothing|0 endpoints?|zero endpoints?|503s?|502s?|refused|"
        f"nothing behind|nobody behind|"
        f"(?:what's|is|lies|was) behind (?:that|this|it)|behind schedule"
    ):
        return None
    thing = ask.things.one(prefer=words("service endpoints"))
    if thing is not None and ask.things.meant_at and not thing.kind:
        thing = ask.things.as_kind(thing, "service")
    if thing is None or (thing.kind not in {"service", "endpoints"} and not ask.has("services?|endpoints?|svc")):
        return None
    ask.said(cue)
    return [{key: value for key, value in call.items() if key != "kind"} for call in ask.things.calls(thing)]


@OBJECTS.of("kube.port_check", strict=False)
def port_check(ask: Ask) -> Calls:
    """Whether something answers at a port."""
    cue = (
        "ports?|reach(?:es|able|ed)?|listen(?:s|ing)?|answers?|answering|open|connect(?:s|ions?|ing)?|respond\\w*|"
        "accept\\w*|"
        "talk to|tcp|telnet|knock"
    )
    thing = ask.things.one(prefer=words("service pod"))
    if (
        thing is None
        or thing.kind not in {"service", "pod"}
        or ask.has(f"{WHY}|outside|internet|which ports?|what ports?")
    ):
        return None
    if not ask.has("ports?(?: \\d+)?|\\d+(?:/tcp)? (?:on|of|open|at)|: \\d+") or not ask.has(
        "reach\\w*|listen\\w*|answer\\w*|open|connect\\w*|respond\\w*|accept\\w*|check|test|tcp|talk to|up|telnet"
    ):
        return None
    number = ask.number("ports? (?:number )?(?P<x>\\d+)") or ask.number("(?P<x>\\d+)")
    ask.said(cue)
    return ask.things.calls(thing, port=number)


@OBJECTS.of("kube.describe", strict=False)
def described(ask: Ask) -> Calls:
    """An object with its conditions and events."""
    cue = (
        "describe|description|(?:all |the |full |more |complete )*details?|(?:tell|know|show|find out|learn|"
        "give)(?: \\w+){0,3} "
        "(?:everything|all)(?: \\w+){0,4}|everything(?: \\w+){0,3} about|all (?:you|we|there is to) (?:know|have|"
        "can)(?: \\w+)*|more about|tell (?:me|us) about|"
        "in depth|full picture|inspect|info(?:rmation)? (?:about|on|for)"
    )
    thing = ask.things.one()
    if thing is None or ask.has(f"{WHY}|logs?|events?|yaml|rights?|allowed|may|can do") or not ask.said(cue):
        return None
    return ask.things.calls(thing)


_FACTS = (
    ("images?(?: tag| version)?s?|which version|what version|image version|tag", "images"),
    ("(?:how many|number of) (?:replicas|copies|instances|pods)|replica count|replicas", "spec.replicas"),
    ("schedules?|when (?:does|do|will|is)|what time|how often|next run|cron expression", "spec.schedule"),
    ("labels?", "labels"),
    ("annotations?", "annotations"),
    ("(?:which|what) nodes?|where (?:does|is)|on which", "node"),
    ("owners?|owned by|owns", ""),
    ("keys?", ""),
    ("when did", ""),
    ("how old|age|created|creation", "age"),
    ("(?:cluster ?)?ips?|addresse?s?", "ip"),
    ("ports?", "ports"),
    ("restarts|restarted|how often", "restarts"),
    ("taints?", "taints"),
    ("status|state|ready|ok|healthy|up|phase|bound|active|enabled|alive|in use", ""),
    ("limits?|requests?|resources?", ""),
    ("env|envs|environment(?: variables?| vars?)?|subjects?|binds?|rules?|selectors?|storageclass(?:es)?", ""),
    ("type|strategy|class|size|capacity|hosts?|suspended|paused", ""),
)


_OF_NAMESPACES = (
    "on-?call|contacts?|teams?|whose|responsible|maintain\\w*|belongs? to|labels?|annotations?|owners?|owned|owns|"
    "status|age|how old|created|yaml"
)


CONTAINING = (
    "images? (?:that |which )?(?:with|contain\\w*|having|has|have|called|named|like|of|mention\\w*) "
    "(?P<x>Obj|Quote|[a-z]\\w+) in (?:its|the|their) (?:name|tag|image)|"
    "(?P<y>Obj|Quote|[a-z]\\w+) in (?:its|the|their) images?(?: names?)?"
)
"""Part of an image's name, and no object."""


@OBJECTS.of("kube.get", strict=False)
def fact(ask: Ask) -> Calls:
    """One fact of an object, or a look at it."""
    thing = ask.things.one()
    about = None
    if thing is None and ask.spoken_namespace() and not ask.things.named and not ask.things.asked_kinds():
        about = ask.things.namespace
    if thing is not None and not thing.kind and ask.spoken_namespace() and not ask.things.namespace:
        thing, about = (None, thing.names[0]) if ask.has(_OF_NAMESPACES) else (thing, None)
    if (
        thing is not None
        and not thing.kind
        and thing.prep in {"of", "in"}
        and set(ask.things.asked_kinds()) - {"node", "pod"}
    ):
        return None  # `ingress rules of shop`: a list of what is in a place
    if thing is not None and thing.kind == "pod" and thing.plural:
        return None
    if thing is not None and not thing.kind and (ask.things.everywhere or ask.has(CONTAINING)):
        return None
    if (thing is None and not about) or ask.has(f"{WHY}|logs?|events?|history|audit"):
        return None
    if thing is not None and thing.kind == "node" and ask.has("running|runs?|pods?|lives?|sits?"):
        return None  # what is on it: a list
    if thing is not None and not thing.kind and thing.prep in {"before", "after", "than", "except", "since", "like"}:
        return None  # what others are compared with
    facts = [path for cue, path in _FACTS if ask.has(cue)]
    plainly = ask.has(
        "^(?:k |kubectl |please |can you |could you )*(?:get|show|look at|display|check|see|print|fetch|list)"
    )
    if about:
        return [{"name": about, "kind": "namespace"}] if ask.has(_OF_NAMESPACES) else None
    assert thing is not None
    if not facts and not (plainly and thing.kind):
        return None
    for cue, _ in _FACTS:
        ask.said(cue)
    facts = list(dict.fromkeys(facts))
    path = facts[0] if len(facts) == 1 and not ask.things.container else ""
    fits = {
        "images": thing.kind not in {"service", "node", "secret", "configmap", "namespace"},
        "spec.replicas": thing.kind in {"deployment", "statefulset", "replicaset", ""}
        and not ask.has("ready|up|actually|running|available"),
        "spec.schedule": thing.kind in {"cronjob", ""},
        "node": thing.kind in {"pod", ""},
    }
    if path in {"spec.schedule"} and thing.kind not in {"cronjob", ""}:
        return None
    if thing.kind in {"serviceaccount"} or (thing.kind == "" and path not in {"images", "spec.replicas"} and not facts):
        return None
    if thing.kind in {"role", "rolebinding", "networkpolicy"} and not (plainly or ask.has("subjects?|binds?|rules?")):
        return None
    return ask.things.calls(thing, path=path if fits.get(path) else "")
