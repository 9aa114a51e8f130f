"""What the device's owner forbids, whoever asks and whoever approves. Pure."""

from __future__ import annotations

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.change import Draft, Operation
from tools.kube.contents import WORKLOADS, Contents, runs
from tools.kube.objects import Manifest, at, listed
from tools.kube.settings import MAX_OBJECTS, KubeSettings


def check(draft: Draft, settings: KubeSettings, going: Contents | None = None) -> None:
    """Raises ToolError(DENIED) with the rule that forbids the draft. `going`: what goes with what it deletes."""
    if not draft.operations:
        return
    if settings.read_only:
        raise _denied("this device only reads (--read-only)")
    if settings.freeze:
        raise _denied(f"changes are frozen: {settings.freeze}")
    going = going or Contents()
    objects = {(one.kind.qualified, one.namespace, one.name) for one in draft.operations}
    number = len(objects) + (sum(going.counts.values()) if settings.max_objects != MAX_OBJECTS else 0)
    if number > settings.max_objects:
        limit = settings.max_objects
        raise _denied(f"it would change {number} objects, and one action may change {limit} (--max-objects)")
    for one in draft.operations:
        _namespace(one, settings)
        scaled(one, replicas_set(one), settings)
    _going(going, settings)


def counts_contents(settings: KubeSettings) -> bool:
    """Whether the owner set a limit for which it matters what goes with a deletion. The default ones do not."""
    return settings.max_objects != MAX_OBJECTS or settings.max_scale_down < 1


def tried(one: Operation, after: Manifest | None, settings: KubeSettings) -> None:
    """The same of what the server's dry run made of it: an apply may take replicas away without naming them."""
    scaled(one, at(after, "spec.replicas"), settings)


def scaled(one: Operation, after: object, settings: KubeSettings) -> None:
    """Whether so many replicas may be taken away. Raises ToolError(DENIED). `after` None: they stay."""
    before = runs(one.live)
    if not isinstance(after, int) or after >= before:
        return
    if (before - after) / before > settings.max_scale_down:
        allowed = int(settings.max_scale_down * 100)
        raise _denied(
            f"{one.label}: from {before} to {after} replicas takes more than {allowed} % away (--max-scale-down)"
        )


def replicas_set(one: Operation) -> int | None:
    """The replicas that an operation leaves; None where it does not touch them.

    Where the field is taken away there is one: the server's default.
    """
    if one.action == "delete":
        return 0 if one.cascade != "orphan" else None
    if isinstance(one.body, list):
        found: int | None = None
        for step in one.body:
            found = _step(step, found)
        return found
    spec = at(one.body, "spec")
    if isinstance(spec, dict) and "replicas" in spec:
        return _number(spec)
    return 1 if one.action == "replace" else None


def _step(step: object, before: int | None) -> int | None:
    """What a step of a JSON patch makes of them."""
    op, value = at(step, "op"), at(step, "value")
    match at(step, "path"):
        case "/spec/replicas":
            return 1 if op == "remove" else _number({"replicas": value}) if op in ("add", "replace") else before
        case "/spec" if op in ("add", "replace"):
            return _number(value)
        case "" if op in ("add", "replace"):
            return _number(at(value, "spec"))
        case _:
            return before


def _number(spec: object) -> int:
    found = at(spec, "replicas")
    return found if isinstance(found, int) else 1


def _namespace(one: Operation, settings: KubeSettings) -> None:
    if one.action == "evict":
        # A drain moves pods to other nodes; what is in the namespace stays as it is.
        return
    name = one.name if one.kind.plural == "namespaces" and not one.kind.group else one.namespace
    if name in settings.protected:
        raise _denied(f"{one.label}: the namespace {name} is protected (--protect)")


def _going(going: Contents, settings: KubeSettings) -> None:
    counted = settings.max_objects != MAX_OBJECTS
    if settings.max_scale_down < 1 and going.workloads:
        raise _denied(f"all replicas of {listed(going.workloads, 3)} would go with it (--max-scale-down)")
    if unread := [one for one in going.unread if counted or one in WORKLOADS]:
        limit = "--max-objects" if counted else "--max-scale-down"
        raise _denied(f"what would go with it may not be read ({listed(unread, 5)}), and is bounded ({limit})")


def _denied(message: str) -> ToolError:
    return ToolError(ErrorCode.DENIED, message)
