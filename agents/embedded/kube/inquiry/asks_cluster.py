"""The cluster itself: what it is, what kinds it knows, what this device changed, which tools it keeps, quotas."""

from __future__ import annotations

from agents.embedded.kube.inquiry.asks_streams import WHY
from agents.embedded.kube.inquiry.intents import Calls, Intents, filled
from agents.embedded.kube.inquiry.script import Ask

CLUSTER = Intents()


@CLUSTER.of("kube.trail", strict=False)
def trail(ask: Ask) -> Calls:
    """What was changed through this device."""
    changed = "chang\\w+|alter\\w*|modif\\w+|did|done|touched|actions?|edits?|operations?|writes?|writing"
    cue = (
        f"(?:you|your|yours|asterism|this device|we|ourselves|yourself)(?: \\w+){{0,5}} (?:{changed})|"
        f"your own (?:{changed})|"
        f"(?:last|latest|newest|recent|previous) (?:\\d+ )?(?:changes|edits|modifications|writes|actions|operations)|"
        f"audit trail|audit log|change log|changelog|change history|trail|"
        f"(?:{changed})(?: \\w+){{0,3}} (?:by|through|from|via) (?:you|yourself|asterism|this device)|"
        f"(?:changes|edits|actions|operations|writes) (?:that )?you (?:\\w+ )?(?:made|did|applied|carried out|"
        f"performed)"
    )
    if ask.things.named or ask.things.asked_kinds() or not ask.has(cue) or ask.has(f"{WHY}|revisions?|can you"):
        return None
    if not ask.has(
        "trail|log|changelog|last|recent\\w*|lately|history|so far|list|what|today|yesterday|everything|all|latest"
    ):
        return None
    number = ask.number("(?:last|latest|newest|recent|past) (?P<x>\\d+)") or ask.number(
        "(?P<x>\\d+) (?:last|latest|newest|most|recent|changes|things|actions)"
    )
    ask.said(cue)
    return None if ask.things.namespace else [filled(last=number)]


@CLUSTER.of("kube.use_tool")
def use_tool(ask: Ask) -> Calls:
    """A kept tool that only reads is used; what one may write is proposed by another skill."""
    token = ask.value(
        "(?:use|run|call|execute|invoke)(?: \\w+){0,3} tool (?:called |named )?(?P<x>Obj|[a-z]\\w+)(?: please)?"
    )
    if token is None or ask.things.namespace or ask.has("writes?|proposes?|chang\\w+|labels?|goal|function"):
        return None
    ask.said("read-only|readonly|only reads?|reading|once|again")
    return [{"name": token.low}]


@CLUSTER.of("kube.tools", strict=False)
def tools(ask: Ask) -> Calls:
    """The kept tools."""
    cue = (
        "(?:self-written|kept|stored|saved|own|written|custom|generated|home-made|approved|"
        "your)(?: \\w+){0,2} tools?|tools?(?: \\w+){0,4} (?:kept|stored|saved|written|have|around|approved|there)"
    )
    return [{}] if not ask.things.named and ask.said(cue) else None


@CLUSTER.of("kube.api_resources", strict=False)
def api_resources(ask: Ask) -> Calls:
    """The kinds of objects that the cluster knows."""
    cue = (
        "api-resources?|api resources?|(?:object|resource) (?:kinds?|types?)|(?:kinds?|types?) of (?:objects?|"
        "resources?|things)|what (?:\\w+ )?(?:can|does) (?:this|the|our) cluster (?:store|hold|know|support)|"
        "customresourcedefinitions?|(?:kinds?|types?|resources)(?: \\w+){0,4} (?:api )?group|"
        "(?:what|which)(?: \\w+){0,3} api group"
    )
    if not ask.has(cue) or ask.has(WHY):
        return None
    group = ""
    token = (
        ask.value("(?:in|of|for|from) (?:the )?(?:api )?group (?P<x>\\S+)|(?:api )?group (?P<y>Obj|Ns)")
        if ask.has("group")
        else None
    )
    if token is None and ask.has("group"):
        token = ask.value("(?P<x>Obj|Ns|[a-z.]+) (?:api )?group")
    if token is not None:
        group = token.low
    if not ask.has("api|group|kinds?|types?|know|knows|support\\w*") and ask.has("customresourcedefinitions?"):
        return None
    ask.said(cue)
    ask.said("(?:api )?groups?|Ns|Obj")
    if not group and (ask.things.named or ask.things.namespace):
        return None
    return [filled(group=group)]


@CLUSTER.of("kube.cluster_info", strict=False)
def info(ask: Ask) -> Calls:
    """What cluster this is."""
    cue = (
        "(?:what|which) (?:\\w+ ){0,3}version|version (?:of|is|are)|kubernetes version|k8s version|cluster version|"
        "server version|"
        "cluster info(?:rmation)?|about (?:this|the|our) cluster|what (?:kind of )?cluster|which cluster|"
        "kubernetes release|what release"
    )
    if ask.things.named or ask.things.namespace or not ask.has(cue) or ask.has("images?"):
        return None
    if not ask.has("kubernetes|k8s|kube|cluster|server|control plane|api server|this"):
        return None
    ask.said(cue)
    return [{}] if not ask.has("nodes?") or ask.has("how many nodes?") else None


@CLUSTER.of("kube.quota", strict=False)
def quota(ask: Ask) -> Calls:
    """Quotas with what is used of them."""
    cue = (
        "resourcequotas?|headroom|limitranges?|quota left|(?:limits?|defaults?) (?:apply|"
        "applies|hold|are in force|for new)"
    )
    if not ask.has(cue) or ask.has(f"{WHY}|audit|less than|nearly full|almost full|close to|named"):
        return None
    lone = ask.things.one()
    if lone is not None and not lone.kind and not ask.things.namespace and lone.prep in {"of", "for", "in", "on"}:
        ask.things.locate(lone)
        ask.write()
    if ask.things.named:
        return None
    if ask.has("(?:which|what) namespaces|without|no resourcequotas?|resourcequotas?(?: \\w+){0,2} missing"):
        return None
    ask.said(cue)
    return [filled(namespace=ask.things.namespace)]
