"""Commands for nodes: cordon, uncordon, drain, taint; and certificate requests."""

from __future__ import annotations

import re

from agents.embedded.kube.command.flags import Call, Step, command
from agents.embedded.kube.slots import arguments

_TAINT = re.compile(r"(?P<key>[A-Za-z0-9][\w./-]*?)(?:=(?P<value>[\w.-]*))?(?::(?P<effect>\w+))?(?P<gone>-)?")
_EFFECTS = {"NoSchedule", "PreferNoSchedule", "NoExecute"}


def _nodes(call: Call) -> list[str]:
    """The nodes of a line, which may say `node/` before each."""
    names = [call.name(re.sub(r"^nodes?/", "", one)) for one in call.args]
    if not names:
        raise call.no("which node?")
    return names


@command("cordon")
def _cordon(call: Call) -> list[Step]:
    return [("kube.cordon", {"node": name}) for name in _nodes(call)]


@command("uncordon")
def _uncordon(call: Call) -> list[Step]:
    return [("kube.uncordon", {"node": name}) for name in _nodes(call)]


@command("drain", "ignore-daemonsets delete-emptydir-data delete-local-data force grace-period= timeout=")
def _drain(call: Call) -> list[Step]:
    return [
        (
            "kube.drain",
            arguments(
                node=name,
                grace_s=call.number("grace-period"),
                delete_local_data=call.on("delete-emptydir-data") or call.on("delete-local-data") or None,
                force=call.on("force") or None,
                wait_s=call.seconds("timeout") or None,
            ),
        )
        for name in _nodes(call)
    ]


@command("taint", "overwrite")
def _taint(call: Call) -> list[Step]:
    args = list(call.args)
    if args and re.fullmatch("no|nodes?", args[0]):
        args.pop(0)
    first = next((n for n, one in enumerate(args) if "=" in one or ":" in one or one.endswith("-")), len(args))
    names = [call.name(re.sub(r"^nodes?/", "", one)) for one in args[:first]]
    taints = [_TAINT.fullmatch(one) for one in args[first:]]
    if not names or not taints or None in taints:
        raise call.no("say the node and KEY=VALUE:EFFECT, or KEY:EFFECT- to take it away", *args)
    return [_tainted(call, name, found) for name in names for found in taints if found is not None]


def _tainted(call: Call, node: str, found: re.Match[str]) -> Step:
    effect = found["effect"] or ""
    if effect not in _EFFECTS | {""} or (not effect and not found["gone"]):
        raise call.no("the effect is NoSchedule, PreferNoSchedule or NoExecute", found[0])
    return "kube.taint", arguments(
        node=node, key=found["key"], value=found["value"], effect=effect, remove=bool(found["gone"]) or None
    )


def _signed(call: Call, skill: str) -> list[Step]:
    names = [re.sub(r"^csr/", "", one) for one in call.args]
    if not names:
        raise call.no("which request?")
    return [(skill, {"name": call.name(name)}) for name in names]


@command("certificate approve")
def _approve(call: Call) -> list[Step]:
    return _signed(call, "kube.approve_certificate")


@command("certificate deny")
def _deny(call: Call) -> list[Step]:
    return _signed(call, "kube.deny_certificate")
