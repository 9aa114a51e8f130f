"""RBAC rules from verbs and kinds in people's words: the least that says it, and which of it leads to more. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.kinds import Kind, Kinds
from tools.kube.objects import Manifest, canonical, listed

READ: Final = ("get", "list", "watch")
WRITE: Final = ("create", "update", "patch", "delete")
WORDS: Final = {
    "read": READ, "view": READ, "see": READ, "look": READ, "write": WRITE, "edit": WRITE, "change": ("update", "patch"),
    "modify": ("update", "patch"), "manage": (*READ, *WRITE), "remove": ("delete",), "make": ("create",),
    "scale": ("update", "patch"), "restart": ("patch",),
}  # fmt: skip
SPECIAL: Final = ("bind", "escalate", "impersonate", "approve", "sign", "use", "proxy")
VERBS: Final = (*READ, *WRITE, "deletecollection", *SPECIAL)
SUBRESOURCES: Final = {
    "logs": "pods/log", "log": "pods/log", "pod logs": "pods/log", "exec": "pods/exec", "shell": "pods/exec",
    "port-forward": "pods/portforward", "evictions": "pods/eviction", "tokens": "serviceaccounts/token",
}  # fmt: skip
# What a subresource can be asked, where discovery does not say it.
NARROW: Final = {"pods/log": ("get",), "pods/exec": ("create", "get"), "pods/portforward": ("create", "get")}
Rule = dict[str, list[str]]


def rules(
    kinds: Kinds, verbs: Sequence[str], words: Sequence[str], names: Sequence[str], *, wildcard: bool, everywhere: bool
) -> list[Rule]:
    """PolicyRules for these verbs on these kinds, one for each group and set of verbs.

    `everywhere`: for a ClusterRole. Raises ToolError(BAD_ARGUMENTS): unknown verbs or kinds, wildcards that nobody
    asked for, kinds that are in no namespace, and names where Kubernetes cannot restrict by name.
    """
    if not verbs or not words:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say which verbs on which kinds, such as get and list on pods")
    wanted = expanded(verbs, wildcard=wildcard)
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for word in words:
        group, resource, may = _resource(kinds, word, wildcard=wildcard, everywhere=everywhere)
        allowed = tuple(one for one in wanted if not may or one in may or one in ("*", *SPECIAL))
        if not allowed:
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{resource} knows no {listed(wanted)}: it knows {listed(may)}")
        found.setdefault((group, allowed), []).append(resource)
    made: list[Rule] = []
    for (group, allowed), resources in found.items():
        rule: Rule = {"apiGroups": [group], "resources": list(dict.fromkeys(resources)), "verbs": list(allowed)}
        made += _named(rule, names) if names else [rule]
    return made


def expanded(verbs: Iterable[str], *, wildcard: bool = False) -> tuple[str, ...]:
    """RBAC's verbs for people's; in a fixed order. Raises ToolError for unknown ones, and for "*" unasked."""
    wanted: list[str] = []
    for verb in (one.strip().lower() for one in verbs):
        if verb in ("*", "all"):
            if not wildcard:
                raise _wild("verbs", "get, list, watch, create, update, patch, delete")
            return ("*",)
        if verb not in VERBS and verb not in WORDS:
            raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{verb[:40]}` is no verb of Kubernetes: {', '.join(VERBS)}")
        wanted += WORDS.get(verb, (verb,))
    return tuple(one for one in VERBS if one in wanted)


def _wild(what: str, such: str) -> ToolError:
    return ToolError(
        ErrorCode.BAD_ARGUMENTS,
        f"`*` would give all {what}, also those yet to come: name them ({such}), or say wildcard=true if that is meant",
    )


def _resource(kinds: Kinds, word: str, *, wildcard: bool, everywhere: bool) -> tuple[str, str, tuple[str, ...]]:
    """Group, resource, and the verbs that it knows (empty: not said)."""
    key = " ".join(word.lower().split())
    if key in ("*", "all"):
        if not wildcard:
            raise _wild("kinds", "pods, services, deployments")
        return "*", "*", ()
    base, _, below = SUBRESOURCES.get(key, key).partition("/")
    kind = kinds.find(base)
    if not kind.namespaced and not everywhere:
        raise ToolError(
            ErrorCode.BAD_ARGUMENTS,
            f"{kind.plural} are in no namespace: rights to them are cluster-wide (cluster_wide)",
        )
    if below and below not in kind.subresources:
        known = listed(sorted(f"{kind.plural}/{one}" for one in kind.subresources)) or "none"
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"there is no {kind.plural}/{below[:40]}; there is: {known}")
    resource = f"{kind.plural}/{below}" if below else kind.plural
    return kind.group, resource, NARROW.get(resource, () if below else _verbs(kind))


def _verbs(kind: Kind) -> tuple[str, ...]:
    return tuple(one for one in VERBS if one in kind.verbs)


def _named(rule: Rule, names: Sequence[str]) -> list[Rule]:
    """A rule for single objects. What cannot be restricted by name is refused rather than given for all."""
    unnamed = [one for one in rule["verbs"] if one in ("create", "deletecollection")]
    resources = rule["resources"]
    if unnamed and not all("/" in one for one in resources):
        raise ToolError(
            ErrorCode.BAD_ARGUMENTS,
            f"Kubernetes cannot restrict {' and '.join(unnamed)} to single names: leave it out, or leave the names out",
        )
    return [{**rule, "resourceNames": list(names)}]


def normal(found: Iterable[Manifest]) -> str:
    """Rules in one form: equal rights that are written alike give equal texts."""
    parts = ("apiGroups", "resources", "verbs", "resourceNames", "nonResourceURLs")
    return canonical(
        sorted(canonical({part: sorted(rule[part]) for part in parts if rule.get(part)}) for rule in found)
    )


def spoken(found: Iterable[Manifest]) -> str:
    """`get, list, watch pods, pods/log; patch deployments`: all of it, for it is approved by this."""
    said = []
    for rule in found:
        names = f" ({', '.join(rule['resourceNames'])})" if rule.get("resourceNames") else ""
        what = ", ".join(rule.get("resources") or rule.get("nonResourceURLs") or ())
        said.append(f"{', '.join(rule.get('verbs') or ())} {what}{names}")
    return "; ".join(said)


def role_name(who: str, found: Sequence[Rule]) -> str:
    """A name that says who and what: `dev-1-get-list-watch-pods`."""
    verbs = dict.fromkeys(verb for rule in found for verb in rule["verbs"])
    kinds = dict.fromkeys(one.replace("/", "-") for rule in found for one in rule["resources"])
    words = ["read" if tuple(verbs) == READ else "-".join(verbs), *kinds]
    text = re.sub(r"[^a-z0-9.-]+", "-", "-".join([who.lower(), *words]).replace("*", "all"))
    return text.strip("-.")[:63].strip("-.")


def risks(found: Iterable[Manifest]) -> list[str]:
    """What these rights lead to beyond what they say: one sentence each."""
    said: list[str] = []
    for rule in found:
        verbs, resources = set(rule.get("verbs") or ()), set(rule.get("resources") or ())
        said += [text for verb, kind, text in _RISKS if (not verb or verb & verbs) and (not kind or kind & resources)]
    return list(dict.fromkeys(said))


_CHANGES: Final = frozenset({"create", "update", "patch", "*"})
_READS: Final = frozenset({"get", "list", "watch", "*"})
_WORKLOADS: Final = frozenset(
    {"pods", "deployments", "statefulsets", "daemonsets", "replicasets", "jobs", "cronjobs", "replicationcontrollers"}
)
_RISKS: Final[tuple[tuple[frozenset[str], frozenset[str], str], ...]] = (
    (frozenset("*"), frozenset(), "`*` verbs: every verb, also those yet to come"),
    (frozenset(), frozenset("*"), "`*` kinds: every kind, secrets and roles too"),
    (_READS, frozenset({"secrets"}), "reading secrets shows their values, service account tokens among them"),
    (_CHANGES, frozenset({"secrets"}), "writing secrets can replace what others trust"),
    (_CHANGES, frozenset({"pods/exec", "pods/attach", "pods/ephemeralcontainers"}),
     "pods/exec runs commands as the pod's service account, with the secrets mounted there"),
    (_CHANGES, frozenset({"serviceaccounts/token"}), "making tokens allows to act as those service accounts"),
    (_CHANGES, _WORKLOADS, "who makes pods can use any service account and any secret of the namespace"),
    (_CHANGES, frozenset({"roles", "clusterroles", "rolebindings", "clusterrolebindings"}),
     "writing roles and bindings gives rights"),
    (frozenset({"bind"}), frozenset(), "bind gives away any role, also with rights that one does not have"),
    (frozenset({"escalate"}), frozenset(), "escalate puts any right into a role"),
    (frozenset({"impersonate"}), frozenset(), "impersonate allows to act as somebody else"),
    (_CHANGES | {"approve", "sign"}, frozenset({"certificatesigningrequests/approval", "signers"}),
     "approving certificates can make a login of any name"),
    (_CHANGES | {"proxy"}, frozenset({"nodes/proxy"}), "nodes/proxy reaches every pod of a node, unchecked"),
    (_CHANGES, frozenset({"validatingwebhookconfigurations", "mutatingwebhookconfigurations"}),
     "webhooks see and change everything that is written"),
)  # fmt: skip
