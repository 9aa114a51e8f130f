"""`kubectl delete`: of named objects, and of those that a selector chooses in one namespace."""

from __future__ import annotations

from agents.embedded.kube.command.flags import Call, Step, command
from agents.embedded.kube.command.reads import selector
from agents.embedded.kube.slots import arguments

_CASCADES = {"": "", "true": "", "background": "", "foreground": "foreground", "orphan": "orphan", "false": "orphan"}


@command("delete", "l|selector= grace-period= force now cascade? wait")
def _delete(call: Call) -> list[Step]:
    chosen = selector(call)
    found = call.objects()
    if any(kind == "all" for kind, _ in found):
        raise call.no("everything at once is not deleted: say which kind", "all")
    if chosen and any(name for _, name in found):
        raise call.no("names or a selector, not both", chosen)
    if chosen:
        if not call.flags.keys() <= {"selector", "namespace", "dry-run", "output"}:
            raise call.no("with a selector only -n has a place")
        return [
            ("kube.delete_collection", arguments(kind=kind, namespace=call.where(kind), selector=chosen))
            for kind, _ in found
        ]
    if call.flag("cascade") not in _CASCADES:
        raise call.no("--cascade is background, foreground or orphan", call.flag("cascade"))
    return [
        (
            "kube.delete",
            arguments(
                kind=kind,
                name=name,
                namespace=call.place(kind),
                grace_s=_grace(call, kind),
                cascade=_CASCADES[call.flag("cascade")],
                wait_s=0 if call.flag("wait") == "false" else None,
            ),
        )
        for kind, name in call.named()
    ]


def _grace(call: Call, kind: str) -> int | None:
    """The seconds that a pod has: none with --force, one with --now."""
    said = call.number("grace-period")
    forced, now = call.on("force"), call.on("now")
    if kind != "pod" and (said is not None or forced or now):
        raise call.no("--force, --now and --grace-period are for pods", kind)
    if (forced and said not in {None, 0}) or (now and (forced or said is not None)):
        raise call.no("--force, --now and --grace-period contradict each other")
    return 0 if forced else 1 if now else said
