"""Commands about rights: create role and its bindings, service accounts, tokens; auth can-i."""

from __future__ import annotations

from agents.embedded.kube.command.flags import Call, Step, command
from agents.embedded.kube.rights import plural
from agents.embedded.kube.slots import arguments

_ACCOUNT = "system:serviceaccount:"
_SUBRESOURCES = frozenset({"log", "exec", "scale", "portforward", "attach", "status", "eviction", "proxy"})


def _rule(call: Call, **more: object) -> list[Step]:
    verbs, kinds = call.listed("verb"), [_resource(call, one) for one in call.listed("resource")]
    if not verbs or not kinds:
        raise call.no("which rights? Say --verb and --resource")
    if "*" in verbs or "*" in kinds:
        more["wildcard"] = True
    return [
        (
            "kube.create_role",
            arguments(name=call.one(), verbs=verbs, kinds=kinds, resource_names=call.listed("resource-name"), **more),
        )
    ]


def _resource(call: Call, said: str) -> str:
    if said == "*":
        return said
    word, slash, sub = said.partition("/")
    return plural(call.kind(word)) + slash + sub


@command("create role", "verb= resource= resource-name=")
def _role(call: Call) -> list[Step]:
    return _rule(call, namespace=call.where("role"))


@command("create clusterrole", "verb= resource= resource-name=")
def _cluster_role(call: Call) -> list[Step]:
    return _rule(call, cluster_wide=True)


def _subject(call: Call) -> dict[str, str]:
    """The one to whom the rights are given."""
    users, groups, accounts = (call.flags.get(one, ()) for one in ("user", "group", "serviceaccount"))
    if len(users) + len(groups) + len(accounts) != 1:
        raise call.no("to whom? One --user, --group or --serviceaccount=NAMESPACE:NAME")
    if not accounts:
        return {"user": users[0]} if users else {"group": groups[0]}
    space, colon, name = accounts[0].partition(":")
    if not colon:
        raise call.no("--serviceaccount takes NAMESPACE:NAME", accounts[0])
    return {"service_account": f"{call.name(space)}/{call.name(name)}"}


@command("create rolebinding", "role= clusterrole= user= group= serviceaccount=")
def _binding(call: Call) -> list[Step]:
    role, wide = call.flag("role"), call.flag("clusterrole")
    if bool(role) == bool(wide):
        raise call.no("either --role or --clusterrole")
    return [
        (
            "kube.bind_role",
            arguments(
                role=call.name(role or wide),
                cluster_role=bool(wide) or None,
                name=call.one(),
                namespace=call.where("rolebinding"),
                **_subject(call),
            ),
        )
    ]


@command("create clusterrolebinding", "clusterrole= user= group= serviceaccount=")
def _cluster_binding(call: Call) -> list[Step]:
    role = call.flag("clusterrole")
    if not role:
        raise call.no("which role? Say --clusterrole")
    return [
        (
            "kube.bind_role",
            arguments(role=call.name(role), cluster_role=True, cluster_wide=True, name=call.one(), **_subject(call)),
        )
    ]


@command("create serviceaccount", also="sa")
def _account(call: Call) -> list[Step]:
    return [("kube.create_service_account", arguments(name=call.one(), namespace=call.where("serviceaccount")))]


@command("create token", "duration=")
def _token(call: Call) -> list[Step]:
    raise call.no("a token is only written to a new file: say which, in words")


@command("auth can-i", "as= as-group= subresource= A|all-namespaces list", writes=False)
def _can_i(call: Call) -> list[Step]:
    who = call.flag("as")
    account = who.removeprefix(_ACCOUNT).replace(":", "/") if who.startswith(_ACCOUNT) else ""
    person = arguments(user="" if account else who, service_account=account, groups=call.listed("as-group"))
    space = "" if call.on("all-namespaces") else call.namespace
    if call.on("list"):
        if call.args or "groups" in person or "subresource" in call.flags:
            raise call.no("--list is asked of one, and of nothing else", *call.args)
        return [("kube.rights", arguments(namespace=space, **person))]
    if len(call.args) != 2 or "*" in call.args:
        raise call.no("which verb, and which kind?", *call.args)
    word, slash, name = call.args[1].partition("/")
    if name in _SUBRESOURCES:
        raise call.no(f"behind the slash stands an object's name; for the part of it say --subresource={name}", name)
    kind = call.kind(word)
    return [
        (
            "kube.can_i",
            arguments(
                verb=call.args[0],
                kind=kind,
                namespace=space if call.place(kind) else "",
                name=call.name(name) if slash else "",
                subresource=call.flag("subresource"),
                **person,
            ),
        )
    ]
