"""Who may do what: of one identity, of everybody, and all that one may do."""

from __future__ import annotations

from agents.embedded.kube.inquiry.asks_streams import WHY
from agents.embedded.kube.inquiry.intents import Calls, Intents, filled
from agents.embedded.kube.inquiry.script import Ask
from agents.embedded.kube.rights import ONE_VERB, plural
from agents.embedded.wordset import words

ACCESS = Intents()
_VERBS = (
    "get|list|watch|create|update|patch|delete|read|see|view|look at|edit|modify|manage|deploy|scale|restart|"
    "exec|change|"
    "write|inspect|remove|drop|evict|bind|impersonate|kill|make|touch|alter|destroy|access|fetch|open"
)
_FORMS = {
    "reading": "read", "creating": "create", "deleting": "delete", "listing": "list", "changing": "update",
    "editing": "update", "updating": "update", "patching": "patch", "removing": "delete",
    "seeing": "read", "see": "read", "view": "read", "look": "read",
    "kill": "delete", "make": "create", "touch": "update", "alter": "update", "destroy": "delete", "access": "read",
    "fetch": "get", "open": "read", "look at": "read", "watching": "watch", "viewing": "read", "scaling": "patch",
    "manage": "update", "evict": "delete",
}  # fmt: skip
_MAY = (
    "can|may|might|could|able to|allowed to|permitted to|authori[sz]ed to|entitled to|rights? to|permissions? to|"
    "privileges? to|"
    "permission for|access to|is allowed|are allowed|is permitted|power to|have access|has access|entitled"
)
_COLLEAGUES = "coworker|co-worker|colleague|teammate|mate|trainee|intern|contractor|developer|engineer"
_SCOPES = words("namespace role rolebinding clusterrole clusterrolebinding serviceaccount")


def _verb(ask: Ask) -> str:
    """The verb of the API behind `may`, as the skills take it."""
    token = ask.value(
        f"(?:{_MAY})(?: (?:\\w+ )?(?:Who|serviceaccount Obj|Obj|i|we|he|she|they|it|also|still|in Ns|of Ns|"
        f"from Ns|Ns))* (?P<x>{_VERBS}|exec|{'|'.join(_FORMS)})"
    )
    if token is None:
        token = ask.value(
            f"(?P<x>{_VERBS}|{'|'.join(form for form in _FORMS if form.endswith('ing'))})(?: \\w+){{0,4}} (?:allowed|"
            f"permitted|possible|forbidden)"
        )
    if token is None:
        token = ask.value(f"(?:can|could|may|might) [a-z]+ (?P<x>{_VERBS})")
    if token is None:
        return "read" if ask.said("access to|have access|has access") else ""
    return _spoken(token.low)


def _spoken(low: str) -> str:
    """A verb as the skills take it: those of the API, and the words for several of them."""
    return _FORMS.get(low) or (low if low in {"read", "write"} else ONE_VERB.get(low, low))


def _target(ask: Ask) -> tuple[str, str, str]:
    """(kind, name, subresource) of what may be done something to."""
    if ask.said("pods? logs?|logs? of (?:the )?pods?|logs?|pods/log"):
        return "pods", "", "log"
    if ask.said("exec(?: \\w+){0,2} pods?|pods/exec|shell(?: \\w+){0,3} pods?"):
        return "pods", "", "exec"
    things = [thing for thing in ask.things.named if thing.kind and thing.kind not in _SCOPES]
    kinds = [kind for kind in ask.things.asked_kinds() if kind not in _SCOPES]
    if not things and not kinds:
        kinds = [kind for kind in ask.things.asked_kinds() if kind in _SCOPES - {"namespace", "serviceaccount"}]
    if not things and not kinds and not ask.things.namespace and ask.has("namespaces?"):
        kinds = ["namespace"]
    found = list(dict.fromkeys([*(thing.kind for thing in things), *kinds]))
    if len(found) != 1 or len(things) > 1 or (things and len(things[0].names) != 1):
        return "", "", ""
    ask.said(f"{found[0]}s?")
    return plural(found[0]), things[0].names[0] if things else "", ""


def _identity(ask: Ask) -> dict[str, object] | None:
    """Whose rights: a person, a service account, a lone name; {} of this identity itself; None of nobody."""
    if ask.things.person:
        return dict(ask.things.person)
    accounts = [thing for thing in ask.things.named if thing.kind == "serviceaccount"]
    if len(accounts) == 1 and len(accounts[0].names) == 1:
        space = ask.things.namespace
        return {"service_account": f"{space}/{accounts[0].names[0]}"} if space else None
    lone = [thing for thing in ask.things.named if not thing.kind]
    if not lone and (token := ask.value(f"(?:{_COLLEAGUES}) (?P<x>[a-z]{{3,}}) (?:{_MAY}|{_VERBS})")) is not None:
        return {"user": token.text}
    said = ask.value(
        f"(?:^|whether |if |, )(?:can|could|may|might|is|does|has) (?P<x>[a-z]{{2,}}) (?:{_VERBS}|{_MAY}|have|able)"
    )
    if not lone and said is not None and ask.things.plain(ask.tokens.index(said)):
        return {"user": said.text}
    if len(lone) == 1 and len(lone[0].names) == 1:
        at = max(lone[0].at)
        return {"user": ask.tokens[at].text if ask.things.shaped_text(at) else str(ask.tokens[at].value)}
    if lone:
        return None
    return {} if ask.has("i|we|my|our|myself|me|you|your") else None


@ACCESS.of("kube.who_can", strict=False)
def who_can(ask: Ask) -> Calls:
    """Everybody who may do something."""
    who = (
        "who(?: all| else)?|whom|(?:everybody|everyone|anybody|anyone|all|people|users?)(?: \\w+)? (?:able|allowed|"
        "permitted|"
        "entitled) to|(?:which|what)(?: \\w+){0,2} (?:people|users?|accounts?|persons?|serviceaccounts?|"
        "groups?|identit\\w+|subjects?|"
        "colleagues|teams?|bots?)|everybody who|everyone who|anybody who|all (?:users|people|accounts)(?: \\w+)? who|"
        "list of (?:users|people) who|"
        "(?:users?|people|accounts?|identities|everyone|everybody) (?:who|that)|who can|who may"
    )
    if not ask.has(who) or not ask.has(f"{_MAY}|who can|who may|allowed") or ask.has(WHY) or ask.things.person:
        return None
    if ask.has("cluster-admin|cluster admin"):
        return None
    verb = _verb(ask)
    if not verb:
        hit = ask.value(
            f"(?:who can|who may|who is able to|who is allowed to|who all can|who else can|"
            f"who has access to) (?P<x>{_VERBS})"
        )
        verb = _spoken(hit.low) if hit is not None else ""
    if not verb and ask.has("who has access to"):
        verb = "read"
    ask.said(who)
    kind, name, sub = _target(ask)
    if not verb or not kind or any(not thing.kind for thing in ask.things.named):
        return None
    return [filled(verb=verb, kind=f"{kind}/{sub}" if sub else kind, namespace=ask.things.namespace, name=name)]


@ACCESS.of("kube.can_i", strict=False)
def can_i(ask: Ask) -> Calls:
    """Whether somebody may do something."""
    if not ask.has(f"{_MAY}|allowed|permitted|entitled|can-i") or ask.has(
        f"who|{WHY}|{_WHAT}|can you|could you|would you"
    ):
        return None
    if not ask.has(
        "(?:^|[.,;:!?(-] )(?:can|may|might|is|are|am|does|do|has|have|could|would)|\\?|"
        "(?:whether|if|know|check|me|please|say) (?:\\w+ ){0,5}?(?:can|may|might|is|are|am|does|do|has|have|could)"
    ):
        return None
    verb = _verb(ask)
    who = _identity(ask)
    kind, name, sub = _target(ask)
    if not verb or not kind or who is None:
        return None
    if not who and ask.has(_COLLEAGUES):
        return None
    if who.get("group"):
        who = {"groups": [who["group"]]}
    return [filled(verb=verb, kind=kind, namespace=ask.things.namespace, name=name, subresource=sub, **who)]


_WHAT = (
    "what all|what(?: \\w+){0,3} (?:can|may|rights?|permissions?|privileges?|allowed|access)|which (?:rights?|"
    "permissions?|privileges?|things)"
)


@ACCESS.of("kube.rights", strict=False)
def rights(ask: Ask) -> Calls:
    """All that an identity may do."""
    cue = (
        "(?:what|which|everything|anything|all|list|show|tell|whatever)(?: \\S+){0,8} (?:(?:can|"
        "may)(?: \\S+){0,5} do|allowed|permitted|entitled|"
        "rights|right to|the right|permissions?|privileges?|access|powers?)|(?:rights?|permissions?|privileges?|"
        "access) (?:of|"
        "for|has|have|does|do)|(?:my|our|his|her|your) (?:own )?"
        "(?:rights?|permissions?|privileges?|access)|may do|can do|allowed to do"
    )
    if not ask.has(cue) or ask.has(f"who can|who may|{WHY}|who has|cluster-admin"):
        return None
    if not ask.has(
        "(?:can|may)(?: \\S+){0,5} do|allowed|permitted|entitled|rights|right to|the right|permissions?|privileges?|"
        "access|"
        "powers?"
    ):
        return None
    kinds = [kind for kind in ask.things.asked_kinds() if kind not in {"serviceaccount", "namespace"}]
    if kinds or any(thing.kind not in {"", "serviceaccount"} for thing in ask.things.named):
        return None
    who = _identity(ask)
    if who is None or "group" in who:
        return None
    if not who and not ask.has("i|we|my|our|own|you|your"):
        return None
    ask.said(cue)
    return [filled(namespace=ask.things.namespace, **who)]
