"""Rights that do not work: denials in logs and events, roles that name what is not there, bindings to nobody. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from protocol.vocabulary import Json, JsonObject
from tools.kube.analysers.findings import Evidence, Finding, Fix, Ref, evidence, ref
from tools.kube.analysers.hints import near
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.objects import Manifest, at, listed, name_of, namespace_of

_DENIED: Final = re.compile(
    r'(?:[Uu]ser )?\\?"(?P<user>[\w:.@/-]+)\\?" cannot (?P<verb>[a-z*]+) resource \\?"(?P<resource>[\w./-]+)\\?"'
    r' in API group \\?"(?P<group>[\w.-]*)\\?"(?: in the namespace \\?"(?P<namespace>[\w-]+)\\?")?'
)
ACCOUNT: Final = "system:serviceaccount:"
VERBS: Final = frozenset(
    [
        "get",
        "list",
        "watch",
        "create",
        "update",
        "patch",
        "delete",
        "deletecollection",
        "use",
        "bind",
        "escalate",
        "impersonate",
        "approve",
        "sign",
        "proxy",
        "*",
    ]
)


def denials(snapshot: Snapshot) -> Iterator[Finding]:
    """What containers and controllers say that they may not do."""
    seen: set[tuple[str, ...]] = set()
    for said in _texts(snapshot):
        for match in _DENIED.finditer(said[1]):
            key = tuple(str(one) for one in match.groups())
            if key not in seen:
                seen.add(key)
                yield _denied(said[0], said[2], match)


def _texts(snapshot: Snapshot) -> Iterator[tuple[Ref, str, Evidence]]:
    """(subject, text, evidence) of the texts that a denial may stand in: those of pods first."""
    for (namespace, name, container), log in snapshot.logs.items():
        pod = snapshot.get("pods", namespace, name)
        for line in (*log.previous, *log.current):
            if pod is not None and "cannot" in line:
                yield snapshot.top(pod), line, evidence(pod, f"log {container}", line)
    for event in snapshot.all("events"):
        text = str(event.get("message", ""))
        if "forbidden" in text and "cannot" in text:
            about = event.get("involvedObject") or {}
            subject = Ref(str(about.get("kind", "")), str(about.get("namespace", "")), str(about.get("name", "")))
            yield subject, text, evidence(subject, f"event {event.get('reason')}", text)


def _denied(subject: Ref, fact: Evidence, match: re.Match[str]) -> Finding:
    user, verb, resource, group, namespace = (
        match[one] or "" for one in ("user", "verb", "resource", "group", "namespace")
    )
    who = (
        f"the service account {user.removeprefix(ACCOUNT).replace(':', '/')}"
        if user.startswith(ACCOUNT)
        else f"the user {user}"
    )
    what = f"{resource}.{group}" if group else resource
    where = f" in the namespace {namespace}" if namespace else " in the whole cluster"
    cause = f"{who} may not {verb} {what}{where} (RBAC: forbidden)"
    kinds: list[Json] = [what]
    verbs: list[Json] = [verb]
    arguments: JsonObject = {"verbs": verbs, "kinds": kinds}
    about: frozenset[Ref] = frozenset()
    if user.startswith(ACCOUNT):
        home, _, name = user.removeprefix(ACCOUNT).partition(":")
        arguments["service_account"] = f"{home}/{name}"
        about = frozenset({Ref("ServiceAccount", home, name)})
    else:
        arguments["user"] = user
    arguments |= {"namespace": namespace} if namespace else {"cluster_wide": True}
    fix = Fix(f"let it {verb} {what}{where}, if it is meant to: a role with just that", "kube.grant", arguments)
    return Finding("rbac_denied", subject, cause, (fact,), "warning", fix, about=about)


def roles(snapshot: Snapshot) -> Iterator[Finding]:
    """Rules that name a resource in a group where it is not; verbs that there are not."""
    groups: dict[str, set[str]] = {}
    for kind in snapshot.kinds.all:
        groups.setdefault(kind.plural, set()).add(kind.group)
    for role in (*snapshot.all("roles"), *snapshot.all("clusterroles")):
        if _is_core(role):
            continue
        for number, rule in enumerate(role.get("rules") or ()):
            yield from _rule(role, number, rule, groups)


def _is_core(obj: Manifest) -> bool:
    """Whether it comes with Kubernetes."""
    return bool(at(obj, 'metadata.labels["kubernetes.io/bootstrapping"]')) or name_of(obj).startswith("system:")


def _rule(role: Manifest, number: int, rule: Manifest, groups: dict[str, set[str]]) -> Iterator[Finding]:
    named = [str(one) for one in rule.get("apiGroups") or ()]
    for resource in [str(one) for one in rule.get("resources") or ()]:
        plural = resource.partition("/")[0]
        known = groups.get(plural)
        if "*" in named or plural == "*" or not groups or (known and known & set(named)):
            continue
        if known:
            yield _wrong_group(role, number, named, resource, known)
        elif close := near(plural, groups, 0.85):
            cause = f"it names the resource {resource}, which this cluster does not have: {close} is meant?"
            yield _role_finding(role, cause, evidence(role, f"rules[{number}].resources", resource), None)
    odd = [str(one) for one in rule.get("verbs") or () if str(one) not in VERBS]
    if odd and rule.get("resources"):
        cause = f"it names the verb {listed(odd)}, which no request has: its rule allows nothing by that"
        yield _role_finding(role, cause, evidence(role, f"rules[{number}].verbs", ", ".join(odd)), None)


def _wrong_group(role: Manifest, number: int, named: list[str], resource: str, known: set[str]) -> Finding:
    said = listed(sorted(f'"{one}"' + (" (the core group)" if not one else "") for one in named)) or "none"
    right = sorted(known, key=lambda one: ("." in one, one))
    meant = listed([f'"{one}"' for one in right], 2)
    cause = f"its rule for {resource} names the API group {said}, and {resource} are in the API group {meant}"
    cause += ": it allows nothing of them"
    fact = evidence(role, f"rules[{number}].apiGroups", ", ".join(f'"{one}"' for one in named))
    rules = list(role.get("rules") or ())
    only = all(
        str(one).partition("/")[0] in (resource, resource.partition("/")[0])
        for one in rules[number].get("resources") or ()
    )
    if not only:
        return _role_finding(role, cause, fact, None)
    groups: list[Json] = [right[0]]
    rules[number] = {**rules[number], "apiGroups": groups}
    patch: JsonObject = {"rules": rules}
    arguments: JsonObject = {
        "kind": str(role["kind"]),
        "name": name_of(role),
        "namespace": namespace_of(role),
        "patch": patch,
    }
    return _role_finding(role, cause, fact, Fix(f'make its API group "{right[0]}"', "kube.patch", arguments))


def _role_finding(role: Manifest, cause: str, fact: Evidence, fix: Fix | None) -> Finding:
    return Finding(
        "role_rule", ref(role), cause, (fact,), "warning", fix or Fix("correct the role's rule (kube.patch)")
    )


def bindings(snapshot: Snapshot) -> Iterator[Finding]:
    """Bindings to a role or of a service account that does not exist."""
    for binding in (*snapshot.all("rolebindings"), *snapshot.all("clusterrolebindings")):
        if _is_core(binding) or namespace_of(binding) == "kube-system":
            continue
        yield from _no_role(snapshot, binding)
        for subject in binding.get("subjects") or ():
            yield from _nobody(snapshot, binding, subject)


def _no_role(snapshot: Snapshot, binding: Manifest) -> Iterator[Finding]:
    kind, name = str(at(binding, "roleRef.kind", "")), str(at(binding, "roleRef.name", ""))
    # Roles that come with Kubernetes are not loaded.
    if kind != "Role" or not snapshot.known("roles"):
        return
    if snapshot.get("roles", namespace_of(binding), name) is None:
        close = near(name, snapshot.names("roles", namespace_of(binding)))
        cause = f"it binds the role {name}, which does not exist" + (f"; there is {close}" if close else "")
        fix = Fix(f"create the role {name} (kube.create_role), or bind another (kube.bind_role)")
        yield Finding("role_missing", ref(binding), cause, (evidence(binding, "roleRef.name", name),), "warning", fix)


def _nobody(snapshot: Snapshot, binding: Manifest, subject: Manifest) -> Iterator[Finding]:
    name, home = str(subject.get("name", "")), str(subject.get("namespace") or namespace_of(binding))
    if subject.get("kind") != "ServiceAccount" or not snapshot.covers("serviceaccounts", home):
        return
    if snapshot.get("serviceaccounts", home, name) is None:
        others = snapshot.names("serviceaccounts", home)
        elsewhere = [
            namespace_of(one) for one in snapshot.all("serviceaccounts") if name_of(one) == name and name != "default"
        ]
        close = near(name, others)
        cause = f"it binds the service account {home}/{name}, which does not exist"
        cause += f"; there is {close}" if close else f"; there is one in {listed(elsewhere, 3)}" if elsewhere else ""
        fix = Fix("bind the service account that is meant (kube.bind_role)")
        yield Finding(
            "subject_missing", ref(binding), cause, (evidence(binding, "subjects", f"{home}/{name}"),), "warning", fix
        )
