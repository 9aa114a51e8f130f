"""Rights in words: what verbs and kinds a request speaks of, and the rules that they come to."""

from __future__ import annotations

from dataclasses import dataclass

from agents.embedded.kube.slots import arguments
from agents.embedded.kube.view import View
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

READING = ["get", "list", "watch"]
WRITING = ["create", "update", "patch", "delete"]
DEVELOPER = {
    "verbs": ["get", "list", "watch", "create", "update", "patch", "delete"],
    "kinds": [
        "pods",
        "pods/log",
        "deployments",
        "replicasets",
        "statefulsets",
        "services",
        "configmaps",
        "jobs",
        "cronjobs",
    ],
}
"""What "a developer role" is where the request does not say: everyday objects, no secrets, nothing of RBAC."""
VERBS = {
    "get": ["get"],
    "list": ["list"],
    "watch": ["watch"],
    "create": ["create"],
    "update": ["update"],
    "patch": ["patch"],
    "delete": ["delete"],
    "read": READING,
    "see": READING,
    "view": READING,
    "look": READING,
    "edit": ["get", "list", "watch", "update", "patch"],
    "modify": ["update", "patch"],
    "manage": READING + WRITING,
    "control": READING + WRITING,
    "deploy": ["create", "update", "patch"],
    "scale": ["update", "patch"],
    "restart": ["patch"],
    "exec": ["create"],
    "change": ["update", "patch"],
    "write": ["create", "update", "patch"],
    "readonly": READING,
    "inspect": READING,
    "maintain": READING + WRITING,
}
ONE_VERB = {
    "read": "get",
    "see": "get",
    "view": "get",
    "look": "get",
    "edit": "update",
    "modify": "update",
    "change": "update",
    "scale": "patch",
    "restart": "patch",
    "deploy": "create",
    "exec": "create",
    "write": "update",
    "remove": "delete",
    "drop": "delete",
    "inspect": "get",
}
_PLURALS = {
    "endpoints": "endpoints",
    "ingress": "ingresses",
    "networkpolicy": "networkpolicies",
    "storageclass": "storageclasses",
    "ingressclass": "ingressclasses",
    "priorityclass": "priorityclasses",
}


def plural(kind: str) -> str:
    # Kinds of the live cluster are known by their plurals.
    return _PLURALS.get(kind, kind if kind.endswith("s") else kind + "s")


@dataclass(frozen=True, slots=True)
class Rule:
    """Verbs of the API on kinds, or on single objects of a kind."""

    verbs: tuple[str, ...]
    kinds: tuple[str, ...]
    names: tuple[str, ...] = ()

    def arguments(self) -> JsonObject:
        """As the skills take it."""
        return arguments(verbs=list(self.verbs), kinds=list(self.kinds), resource_names=list(self.names))


_NOT_GRANTED = words("namespace role rolebinding serviceaccount clusterrole clusterrolebinding")


_SUBRESOURCES = words("pods/log pods/exec pods/portforward deployments/scale")


def _spoken(v: View) -> list[tuple[int, tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
    """(position, verbs, kinds, names) of each word that speaks of a right, in order; all of them are explained."""
    found: list[tuple[int, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = []
    v.mentions = [m for m in v.mentions if not any(v.tokens[at].low in _SUBRESOURCES for at in m.at)]
    for one in list(v.mentions):
        if one.kind and one.kind not in _NOT_GRANTED and not one.at & v.used:
            v.claim(*one.at)
            v.mentions.remove(one)
            found.append((one.first, (), (plural(one.kind),), one.names))
    for at, token in enumerate(v.tokens):
        if token.low in _SUBRESOURCES:
            v.mentions = [m for m in v.mentions if at not in m.at]
            v.location = None if v.location is not None and v.location.names[0] == "pods" else v.location
            found.append((at, (), (token.low,), ()))
            v.claim(at)
        elif token.lemma == "log" and at not in v.used:
            found.append((at, (), ("pods/log",), ()))
            v.claim(at)
        elif at not in v.used and token.lemma in VERBS and not any(at in m.at for m in v.mentions):
            if token.low == "control" and (not at or v.tokens[at - 1].low != "full"):
                continue
            found.append((at, tuple(VERBS[token.lemma]), (), ()))
            v.claim(at)
    return sorted(found)


def rules_of(v: View) -> list[Rule]:
    """What may be done to what: `full control of deployments, read pods and their logs` are two rules, not one.

    Each verb goes with the kinds behind it, or before it where the kinds come first. Nothing where one has no other.
    """
    said = _spoken(v)
    kinds_first = bool(said) and not said[0][1]
    found: list[Rule] = []
    verbs: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    for _, more, what, which in said:
        if verbs and kinds and bool(what if kinds_first else more):
            found.append(Rule(verbs, kinds, names))
            verbs, kinds, names = (), (), ()
        verbs += tuple(one for one in more if one not in verbs)
        kinds += tuple(one for one in what if one not in kinds)
        names += which
    if not verbs or not kinds:
        return []
    found.append(Rule(verbs, kinds, names))
    # A name limits every kind of its rule: with several kinds it cannot be told whose name it is.
    return [] if any(rule.names and len(rule.kinds) > 1 for rule in found) else found


_GROUPS = {
    "apps": words("deployments statefulsets daemonsets replicasets deployments/scale"),
    "batch": words("jobs cronjobs"),
    "networking.k8s.io": words("networkpolicies ingresses"),
    "autoscaling": words("horizontalpodautoscalers"),
    "policy": words("poddisruptionbudgets"),
    "": words(
        "pods pods/log pods/exec pods/portforward services configmaps secrets endpoints events persistentvolumeclaims"
    ),
}


def role_manifest(name: str, space: str, rules: list[Rule]) -> JsonObject | None:
    """A role of several rules; None where the group of a kind is not known."""
    made: list[JsonObject] = []
    for rule in rules:
        groups = {kind: next((group for group, kinds in _GROUPS.items() if kind in kinds), None) for kind in rule.kinds}
        if None in groups.values():
            return None
        for group in dict.fromkeys(groups.values()):
            of_group = [kind for kind in rule.kinds if groups[kind] == group]
            made.append({"apiGroups": [group], "resources": list(of_group), "verbs": list(rule.verbs)})
            if rule.names:
                made[-1]["resourceNames"] = list(rule.names)
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name, "namespace": space},
        "rules": list(made),
    }
