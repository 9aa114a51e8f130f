"""Rights that are given and taken back: no more than was asked for."""

from __future__ import annotations

from agents.embedded.kube.frames import Filled, Table, head_of
from agents.embedded.kube.making import CREATE, named, noun_first, place
from agents.embedded.kube.names import Mention
from agents.embedded.kube.orders import ordered
from agents.embedded.kube.outcome import missing
from agents.embedded.kube.people import bare_person, person
from agents.embedded.kube.rights import DEVELOPER, Rule, role_manifest, rules_of
from agents.embedded.kube.slots import arguments
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

GRANT = Table()
_WORDS = (
    "everything about access right permission read view get list watch create update patch delete "
    "manage edit to on in only just that this one may can needs need able allowed supposed "
    "allow let give grant full control right more else pod log their its minimal leastprivilege "
    "user group serviceaccount bot account able verb resource kind "
    "readonly role rolebinding binding both called role rolebinding bound namespace has must should and see "
    "our same samename name so with for new edit enough who which our support bot team pipeline "
    "tool app service job than bind"
)
_NEEDS = words("needs need should must has shall gets")
_DENYING = words("nothing no not none")
_MORE = words("else more beyond other further")


def _nothing_more(v: View) -> None:
    """`and nothing more`, `only that`: what a grant of least privilege is anyway."""
    for at, token in enumerate(v.tokens):
        behind = v.tokens[at + 1] if at + 1 < len(v.tokens) else None
        ends = behind is None or behind.shape is Shape.MARK
        if token.low in _DENYING and (ends or (behind is not None and behind.low in _MORE)):
            v.claim(at, at + 1)
        elif token.low in {"only", "just", "than"} | _MORE:
            v.claim(at)


def _refused(v: View) -> bool:
    """`must not`, `shouldn't`: what somebody is not to have."""
    lows = [t.low for t in v.tokens]
    return any(
        low in {"not", "never"} and at and lows[at - 1] in {"must", "should", "may", "can", "shall", "do"}
        for at, low in enumerate(lows)
    ) or bool({"shouldn't", "mustn't", "can't", "cannot", "shouldnt", "cant", "longer"} & set(lows))


def _qualified(who: dict[str, str], space: str) -> dict[str, str]:
    account = who.get("service_account")
    return {"service_account": f"{space}/{account}"} if account and "/" not in account else who


def _several(v: View) -> bool:
    """Whether somebody else is named too: `user bob and group devs`."""
    return any(token.lemma in {"user", "group"} and at not in v.used for at, token in enumerate(v.tokens))


def _known_account(v: View, who: dict[str, str]) -> dict[str, str]:
    """A bare name is the service account that was just made, where it is called so."""
    account = v.context.person.get("service_account", "")
    return dict(v.context.person) if account and account.rpartition("/")[2] == who.get("user") else who


def _where(v: View, what: str) -> str:
    place(v)
    space = v.namespace()
    if not space:
        raise missing(f"which namespace {what} for?")
    return space


def _made_too(v: View) -> bool:
    """Whether something else is to be made first: `new namespace x, ...`, `service account y, and allow y to ...`."""
    first, head = head_of(v.tokens)
    if v.seen("new") or (head in {"create", "make", "add", "spinup", "provision"} and v.moods[first] == "change"):
        return True
    names = [name for m in v.mentions for name in m.names]
    return len(names) != len(set(names)) or _listed_account(v)


def _listed_account(v: View) -> bool:
    """`SA deployer, role ...`: the account stands in a list of what is to be made."""
    one = next((m for m in v.mentions if m.kind == "serviceaccount" and m.names), None)
    if one is None or one.first > head_of(v.tokens)[0] or max(one.at) + 1 >= len(v.tokens):
        return False
    return v.tokens[max(one.at) + 1].text in {",", ";", "."}


@GRANT.writes(
    "kube.grant",
    heads="grant give allow let need should access must able has have want shall",
    bonus=1.2,
    may=_WORDS,
    talk=True,
)
def grant(v: View) -> Filled:
    """A role with just what is needed and its binding, in one change."""
    if v.seen("networkpolicy denyall quota clusteradmin label image create_role") or v.free(
        Shape.QUANTITY, Shape.PAIR, Shape.NUMBER
    ):
        return None
    if any(m.kind in {"role", "rolebinding"} for m in v.mentions) or _refused(v) or _made_too(v):
        return None
    if any(t.low == "been" for t in v.tokens):  # `nobody has been able to ...` tells of a trouble
        return None
    if not ordered(v, "grant give allow let") and not any(t.low in _NEEDS for t in v.tokens):
        return None
    who = person(v)
    rules = rules_of(v)
    # `X has to ...` tells of anything; that X is a person only a word for giving rights says.
    giving = v.seen("grant give allow let able access right permission") or bool(v.context.person)
    if len({kind for rule in rules for kind in rule.kinds}) < sum(len(rule.kinds) for rule in rules):
        return None  # of one kind it is said twice what may be done: the narrower is meant
    who = who or (bare_person(v) if giving else None) if rules else None
    if not who or _several(v):
        return None
    who = _known_account(v, who)
    _nothing_more(v)
    space = _where(v, "are the rights")
    return [rule.arguments() | arguments(namespace=space, **_qualified(who, space)) for rule in rules]


_ROLE_VERBS = "make add provision need want set put give spinup define"
"""Verbs that ask for a role and are none that it could hold."""


def making_now(v: View) -> bool:
    """`create a role ...`: the verb that asks, not one that the role is to hold."""
    made = CREATE.split()
    first = head_of(v.tokens)[0]
    role = next((min(m.at) for m in v.mentions if m.kind in {"role", "clusterrole"}), first)
    before = [at for at in range(role) if v.lemmas[at] in made and v.tokens[at].word]
    for at in [first, *before[-1:]]:
        if at < len(v.tokens) and v.lemmas[at] in made and v.tokens[at].word:
            v.claim(at)
            return True
    return v.seen("new wanted") or v.context.inherited in CREATE.split() or noun_first(v)


@GRANT.writes(
    "kube.create_role", heads=f"{CREATE} role clusterrole", bonus=1.4, may=_WORDS + " rule rules verb on", talk=True
)
def role(v: View) -> Filled:
    """A role, with its binding where the clause says whose it is."""
    made = [m for m in v.mentions if m.kind in {"role", "clusterrole"}]
    wanted = ordered(v, _ROLE_VERBS) or making_now(v) or any(t.low in _NEEDS | {"may", "can"} for t in v.tokens)
    if not made or not wanted or v.free(Shape.QUANTITY, Shape.PAIR, Shape.NUMBER) or _refused(v):
        return None
    if any(m.kind == "clusterrole" for m in made) or v.seen("clusteradmin existing") or _listed_account(v):
        return None
    who = person(v)
    if who and _several(v):
        return None
    name, bound = _role_names(v, who or v.context.person)
    developer = name == "developer" or any(t.low == "developer" for t in v.tokens)
    rules = rules_of(v) if name else []
    if not name or (not rules and not developer):
        return None
    if not rules:
        v.take("developer")
        rules = [Rule(tuple(DEVELOPER["verbs"]), tuple(DEVELOPER["kinds"]))]
    binds = any(t.lemma == "rolebinding" or t.low in {"bound", "for", "needs", "bind"} for t in v.tokens)
    if who is None and binds:
        who = bare_person(v) or dict(v.context.person)
    _nothing_more(v)
    space = _where(v, "is the role")
    calls: list[JsonObject] = [arguments(name=name, namespace=space) | rules[0].arguments()]
    if len(rules) > 1:
        manifest = role_manifest(name, space, rules)
        if manifest is None:
            return None
        calls = [{"@skill": "kube.create", "manifest": manifest}]
    if who:
        binding = arguments(role=name, namespace=space, name=bound, **_qualified(who, space))
        calls.append({"@skill": "kube.bind_role", **binding})
    return calls


def _role_names(v: View, who: dict[str, str]) -> tuple[str, str]:
    """(name of the role, name of the binding). `role and binding both called x`: x is both."""
    same = v.seen("samename") or any(t.low in {"both", "same"} for t in v.tokens)
    bound = named(v, "rolebinding") if any(m.kind == "rolebinding" and m.names for m in v.mentions) else ""
    if not bound and any(t.lemma == "rolebinding" and _names_next(v, at) for at, t in enumerate(v.tokens)):
        bound = named(v, "rolebinding")
    name = "" if same and bound and not _own(v) else named(v, "role")
    for one in v.mentions:
        if one.kind in {"role", "rolebinding"} and not one.at & v.used:
            v.claim(*one.at)
    if not name and any(t.low == "developer" for t in v.tokens):
        name = "developer"
        v.take("developer")
    if same and not (name or bound):
        name = who.get("service_account", "").rpartition("/")[2]
    return name or (bound if same else ""), bound or (name if same else "")


def _names_next(v: View, at: int) -> bool:
    """`binding name y`, `rolebinding is called y`, right behind the word."""
    return any(t.low in {"name", "named", "called"} for t in v.tokens[at + 1 : at + 3])


def _own(v: View) -> bool:
    """Whether the role has a name of its own."""
    return any(m.kind == "role" and m.names for m in v.mentions)


_STOCK = words("view edit admin")


@GRANT.writes(
    "kube.bind_role",
    heads="bind assign give grant rolebinding add create make role hand get need",
    bonus=1.3,
    may="role rolebinding clusterrole bind to user group serviceaccount called named assign with name existing "
    "member holder make give create add already there exist",
    talk=True,
)
def bind(v: View) -> Filled:
    """The rights of a role that there is, given to somebody."""
    roles = [m for m in v.mentions if m.kind in {"role", "clusterrole"} and len(m.names) == 1]
    kind, _, created = v.context.created.partition("/")
    if not roles and kind == "role" and any(t.low in {"it", "that"} for t in v.tokens):
        v.claim(*[at for at, t in enumerate(v.tokens) if t.low in {"it", "that"}])
        roles = [Mention("role", (created,), frozenset())]
    if not roles:
        roles = _stock(v)
    wished = ordered(v, "bind assign give grant create add make hand") or any(t.low in _NEEDS for t in v.tokens)
    if len(roles) != 1 or not wished or v.seen("clusteradmin new"):
        return None
    v.claim(*roles[0].at)
    for one in v.mentions:
        if one.kind in {"role", "clusterrole"} and not one.names:
            v.claim(*one.at)
    bound = ""
    if v.seen("rolebinding"):
        who = person(v)
        bound = named(v, "rolebinding") if not who or _rest(v) else ""
    else:
        who = person(v)
    who = who or bare_person(v)
    if not who or _refused(v) or _several(v):
        return None
    who = _known_account(v, who)
    space = _where(v, "is the binding")
    more = {"cluster_role": True} if roles[0].kind == "clusterrole" else {}
    return arguments(role=roles[0].names[0], namespace=space, name=bound, **_qualified(who, space), **more)


def _rest(v: View) -> bool:
    """Whether a name is left for the binding."""
    return any(m.names and m.kind in {"", "rolebinding"} and not m.at & v.used for m in v.mentions) or any(
        t.low in {"called", "named", "name"} and at not in v.used for at, t in enumerate(v.tokens)
    )


def _stock(v: View) -> list[Mention]:
    """`the edit role`, `role view`: the roles that every cluster has."""
    for one in v.mentions:
        if one.kind in {"role", "clusterrole"} and not one.names:
            for at in (min(one.at) - 1, max(one.at) + 1):
                if 0 <= at < len(v.tokens) and v.tokens[at].low in _STOCK:
                    v.claim(at)
                    return [Mention(one.kind, (v.tokens[at].low,), one.at)]
    return []


_TAKEN = words("revoke remove takeoff delete withdraw strip take lose drop cut")


@GRANT.writes(
    "kube.revoke",
    heads="revoke remove takeoff delete withdraw strip take lose right access permission",
    bonus=0.8,
    may="access right permission rolebinding from of user serviceaccount group all any every take away withdraw "
    "strip "
    "lose have anything remaining",
    talk=True,
)
def revoke(v: View) -> Filled:
    """A binding, or all rights of somebody in a namespace."""
    bindings = [m for m in v.mentions if m.kind == "rolebinding" and len(m.names) == 1]
    if bindings and v.seen("revoke") and ordered(v, "revoke"):
        v.claim(*bindings[0].at)
        return arguments(name=bindings[0].names[0], namespace=v.namespace())
    if not v.seen("access right permission revoke") or any(
        m.kind and m.kind not in {"serviceaccount", "namespace"} for m in v.mentions
    ):
        return None
    if _refused(v) and v.seen("have keep hold right access permission"):
        v.claim(*[at for at, t in enumerate(v.tokens) if t.low in _DENIED])
    elif not ordered(v, *sorted(_TAKEN)) and not any(t.lemma == "lose" for t in v.tokens):
        return None
    who = person(v) or bare_person(v)
    place(v)
    space = v.namespace()
    v.claim(*[at for at, t in enumerate(v.tokens) if t.low in {"all", "every", "everything"}])
    return arguments(namespace=space, **_qualified(who, space)) if who and space else None


_DENIED = words("not never no shouldn't mustn't can't cannot shouldnt cant longer anymore")
