"""What breaks a rule of good practice: narrow checks for narrow questions, all of them for an audit."""

from __future__ import annotations

from agents.embedded.kube.inquiry.asks_objects import CONTAINING
from agents.embedded.kube.inquiry.asks_streams import WHY
from agents.embedded.kube.inquiry.gate import heading
from agents.embedded.kube.inquiry.intents import Calls, Intents, filled
from agents.embedded.kube.inquiry.script import Ask
from agents.embedded.outcome import decline
from agents.embedded.wordset import words

AUDIT = Intents()
_LACK = (
    "no|not|without|missing|lack|lacks|lacking|none|never|unset|zero|forgot|forgotten|don't|doesn't|aren't|isn't|"
    "haven't|hasn't|"
    "miss|absent|unlimited|unbounded|unprotected|nobody|nothing|empty|dead|nowhere|neither|nor|any|omit\\w*|"
    "skipped|free of|didn't"
)
_ENV = "env|environment|env vars?|environment variables?|envs|variables?|env values"
_SECRET = "passwords?|secrets?|credentials?|api keys?|tokens?|passphrases?|access keys?"
_PLAIN = (
    "plain|plaintext|plain text|clear text|cleartext|clear|hardcoded|hard-coded|hard coded|literal|literals|"
    "written|sitting|baked|typed|unencrypted|directly|inline|pasted"
)
_CHECKS: tuple[tuple[str, str], ...] = (
    ("privileged", "privileged(?: mode| containers?)?"),
    (
        "explicit_root",
        "(?:set|configured|told) (?:\\w+ )?to run as (?:root|uid 0|user 0)|explicitly (?:run )?(?:as )?root|"
        "runasuser 0|uid 0",
    ),
    (
        "root_user",
        "(?:as|with|the|under) (?:the )?root(?: user)?|root user|as root|rootuser|run as root|root (?:containers?|"
        "rights)|non-root|runasnonroot",
    ),
    (
        "host_network",
        "(?:host|node)(?:'s)? (?:(?:pids?|ipc|paths?|processes) (?:or|and|,) )?network(?:ing)?|hostnetwork|"
        "network of (?:the |their |its )?(?:host|node)s?|host-network",
    ),
    ("host_pid", "(?:host|node)(?:'s)? pids?|hostpid|(?:host|node)(?:'s)? process(?:es)?(?: namespace)?|host-pid"),
    ("host_ipc", "(?:host|node)(?:'s)? ipc|hostipc|host-ipc"),
    (
        "host_path",
        "(?:host|node)(?:'s)? (?:(?:network|pids?|ipc|ports?) (?:or|and|,) )?(?:paths?|files?|filesystem|"
        "file system|director\\w+|folders?|disks?)|hostpaths?|"
        "host-paths?|"
        "(?:paths?|files?|director\\w+|folders?) (?:of|from) (?:the |their |its )?(?:host|node|machine)s?",
    ),
    ("host_port", "(?:host|node)(?:'s)? ports? (?:taken|bound|used)|hostports?|host-ports?|host ports?"),
    ("host_access", "host access|access to (?:the |their )?(?:host|node)s?|hostaccess|host namespaces?"),
    (
        "latest_tag",
        "latest(?: tags?| images?)|:latest|tags? (?:of )?:?latest|latest|floating tags?|unpinned|without (?:a |"
        "any )?(?:\\w+ )?tags?|pinned|untagged|(?:no|"
        "without(?: a| any)?) tags?|not pinned|moving tags?",
    ),
    (
        "wildcard_rbac",
        "wildcards?|wild cards?|stars?|asterisks?|\\*|joker",
    ),
    ("cluster_admin", "cluster-admins?|cluster admins?|clusteradmins?|superusers?|full admin"),
    ("default_service_account", "default (?:serviceaccount|sa|account|identity)s?|serviceaccount default"),
    (
        "quota_headroom",
        "(?:resourcequotas?|namespaces?)(?: \\w+){0,4} (?:full|exhausted|headroom|nearly|almost|close to|tight|"
        "used up)|nearly used up",
    ),
    (
        "exposed_services",
        "(?:exposed|public|external\\w*|outside|internet|world|node ?ports?|nodeports?|load ?balancers?|"
        "loadbalancers?|reachable|open)",
    ),
)
_NEEDED: tuple[tuple[str, str], ...] = (
    ("no_memory_limits", "memory limits?|limits? (?:for|on|of) (?:the )?memory|memory (?:cap|ceiling|bound)s?"),
    ("no_cpu_limits", "cpu limits?|limits? (?:for|on|of) (?:the )?cpu|cpu (?:cap|ceiling)s?"),
    ("no_limits", "limits?|resource limits?|caps"),
    ("no_memory_requests", "memory requests?|requests? (?:for|on|of) (?:the )?memory"),
    ("no_cpu_requests", "cpu requests?|requests? (?:for|on|of) (?:the )?cpu"),
    ("no_requests", "requests?|resource requests?"),
    ("no_readiness_probe", "readiness(?: probes?| checks?)?|readinessprobes?"),
    ("no_liveness_probe", "liveness(?: probes?| checks?)?|livenessprobes?"),
    ("no_startup_probe", "startup probes?|startupprobes?"),
    ("no_probes", "(?:health ?)?probes?|health ?checks?|healthchecks?"),
    ("no_network_policy", "networkpolic(?:y|ies)|networkpolicys"),
    ("no_endpoints", "endpointss?|endpoint|pods? behind|backends?|behind(?: them| it)?|targets?"),
)
_PARTS = {
    "no_limits": ("no_memory_limits", "no_cpu_limits"),
    "no_requests": ("no_memory_requests", "no_cpu_requests"),
    "no_probes": ("no_readiness_probe", "no_liveness_probe", "no_startup_probe"),
}
_UNKNOWN = (
    "poddisruptionbudgets?|disruption budgets?|unused|nobody uses?|orphan\\w*|does nobody use|not used|expired|"
    "cves?|vulnerab\\w+|outdated|capabilit\\w+"
)
_ASKS = (
    "which|what|any|anything|list|find|audit|check|show|who|name|tell|review|give|report|how many|get|have|there|"
    "do|does|is|are|search|"
    "look|scan|see|everything|all|in Ns|hunt|spot|identify|want|need|without|missing|with|"
    "\\?|anywhere|w/o|of the|that|those|using|lacks?|lacking|without"
)
_KINDS = words("deployment statefulset daemonset cronjob job")
_FULL = (
    "(?:(?:full|complete|whole|general|total|entire|thorough|all|security|hygiene|best[- ]practices?|posture|"
    "compliance|config\\w*|and|quick|deep|proper|"
    "hardening|baseline|safety|overall) )*(?:audit\\w*|(?:security|hygiene|best[- ]practices?|posture|compliance|"
    "hardening|safety|baseline)"
    "(?: and \\w+)? (?:check\\w*|review|scan\\w*|sweep|report|inspection|assessment|overview|posture|findings|"
    "once-over)|"
    "(?:check\\w*|once-over|look|sweep)(?: \\w+){0,4} (?:security|best practices?|hygiene|posture))"
)


@AUDIT.of("kube.audit", strict=False)
def audit(ask: Ask) -> Calls:
    """Exact sets of what breaks a rule of good practice."""
    if ask.has(f"{WHY}|audit (?:trail|log)s?|who can|who may|able to|allowed to|can-i|quota of") or not (
        ask.has(_ASKS) or heading(ask)
    ):
        return None
    lone = ask.things.one()
    if lone is not None and not lone.kind and len(lone.names) == 1 and not ask.things.namespace and lone.prep != "with":
        ask.things.locate(lone)
        ask.write()
    if ask.things.named:
        return None
    checks = _chosen(ask)
    full = ask.has(_FULL)
    if ask.has(_UNKNOWN) and (checks or not (full or ask.has(CONTAINING))):
        raise decline("the audits have no check for that")
    if not (checks or full) or (full and not checks and not _whole(ask)):
        return None
    ask.said(_FULL)
    ask.used |= {at for at, token in enumerate(ask.tokens) if token.low == ":latest" and "latest_tag" in checks}
    kinds = [kind for kind in ask.things.asked_kinds() if kind in _KINDS]
    others = [kind for kind in ask.things.asked_kinds() if kind in {"pod"}]
    kind = kinds[0] if len(kinds) == 1 and not others and len(checks) == 1 else ""
    system = ask.said(
        "(?:incl\\w*|also|and|plus|with|even)(?: also)?(?: the)? (?:system|built-?in|cluster's own|kubernetes'?s? own)"
        "(?: \\w+)?|system (?:\\w+ )?(?:too|included|as well)|kube-system (?:too|included|as well)"
    )
    return [filled(checks=checks, namespace=ask.things.namespace, kind=kind, system=system)]


def _whole(ask: Ask) -> bool:
    """`a full audit of shop`, with no word for a single rule: of the place, or of the cluster."""
    return ask.things.placed() or ask.has("cluster|everything|all|everywhere|kubernetes|k8s|full|complete|whole")


def _chosen(ask: Ask) -> list[str]:
    found = [name for name, cue in _CHECKS if name != "exposed_services" and ask.said(cue)]
    found = _single(ask) + [name for name in found if _meant(ask, name, found)]
    if ask.has(_SECRET) and ask.has(
        f"{_ENV}|hardcoded|hard-coded|hard coded|plaintext|plain text|clear text|cleartext|code|specs?|manifests?"
    ):
        plain = ask.has(f"{_PLAIN}|passwords?|credentials?")
        found.append("plain_secrets" if plain and not ask.has("references?|from secrets?") else "secrets_in_env")
        ask.said(f"{_SECRET}|{_PLAIN}|{_ENV}")
    if ask.has(
        "exposed|expose|public|publicly|external\\w*|outside|internet|nodeports?|loadbalancers?|outer world"
    ) and not ask.has("logs?|ports? of"):
        found += _outside(ask)
    found += [name for name in _lacking(ask) if name not in found]
    if (
        ask.has("services?(?: \\S+){0,6} (?:nowhere|point\\w* (?:at|to) nothing|dead ends?)")
        and "no_endpoints" not in found
    ):
        found.append("no_endpoints")
    return list(dict.fromkeys(found))


def _lacking(ask: Ask) -> list[str]:
    """What is not set: the narrow check where the request names a part, the wide one where it names several."""
    if not ask.has(_LACK) or ask.has("resourcequotas?|limitranges?"):
        return []
    found = [name for name, cue in _NEEDED if ask.has(cue)]
    if ask.has("persistentvolumeclaims?|storage requests?"):
        found = [name for name in found if "request" not in name]
    if "no_endpoints" in found and not ask.has("services?|endpoints?"):
        found.remove("no_endpoints")
    both = ask.has("cpu (?:or|and|nor|/) memory|memory (?:or|and|nor|/) cpu")
    for whole, parts in _PARTS.items():
        said = {part for part in parts if part in found}
        if whole in found and said:
            found = [name for name in found if name not in (said if both and whole != "no_probes" else {whole})]
    if found:
        ask.said("|".join(cue for _, cue in _NEEDED))
        ask.said(_LACK)
    return found


def _meant(ask: Ask, name: str, found: list[str]) -> bool:
    if name == "root_user":
        return "explicit_root" not in found
    if name == "latest_tag":
        return ask.has(
            "images?|tags?|:latest|tagged|untagged|unpinned|pinned|(?:on|use|uses|using|run|runs|running) latest"
        )
    if name == "wildcard_rbac":
        return ask.has("roles?|clusterroles?|rbac|rights?|permissions?|verbs?|rules?")
    if name == "default_service_account":
        return True
    return not (name == "host_access" and any(one.startswith("host_") and one != "host_access" for one in found))


def _single(ask: Ask) -> list[str]:
    cue = (
        "(?:single|one|1|lone|sole|only one|just one|only 1|just 1)(?: \\w+)? (?:replica|replicas|pod|pods|instance|"
        "copy|copies)|one replica|1 replica|"
        "not redundant|no redundancy|non-redundant|without redundancy|single points? of failure|single-replica|"
        "(?:replicas?) (?:of |= ?|set to |at )?(?:1|one)|"
        "only (?:a |have |has |got )?(?:single|one|1)(?: replica| pod| copy)?"
    )
    return (
        ["single_replica"]
        if ask.has("replicas?|redundan\\w+|single|lone|copy|copies|instance") and ask.said(cue)
        else []
    )


def _outside(ask: Ask) -> list[str]:
    if ask.has("(?:of )?type"):
        return []
    services, ingresses = ask.has("services?"), ask.has("ingress(?:es)?")
    ask.said("exposed|expose|public|publicly|external\\w*|outside|internet|nodeports?|loadbalancers?")
    if services and not ingresses:
        return ["exposed_services"]
    return ["exposed_ingresses"] if ingresses and not services else ["exposed"]
