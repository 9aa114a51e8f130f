"""Commands that change what is there: scale, rollout, set, label, annotate, autoscale, expose, exec, cp, patch."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from agents.embedded.kube.command.flags import Call, Step, command
from agents.embedded.kube.command.reads import selector
from agents.embedded.kube.slots import arguments
from agents.embedded.kube.tokens import IMAGE
from protocol.vocabulary import JsonObject

_SCALED = frozenset({"deployment", "statefulset", "replicaset"})
_ROLLED = frozenset({"deployment", "statefulset", "daemonset"})
_TEMPLATED = _ROLLED | {"replicaset", "pod"}
_SHELLS = re.compile(r"(?:/bin/|/usr/bin/)?(?:ba|a|z|da)?sh")


def _each(call: Call, skill: str, kinds: frozenset[str], **more: object) -> list[Step]:
    return [
        (skill, arguments(name=name, kind=kind, namespace=call.place(kind), **more)) for kind, name in call.named(kinds)
    ]


@command("scale", "replicas=")
def _scale(call: Call) -> list[Step]:
    wanted = call.number("replicas")
    if wanted is None:
        raise call.no("to how many? Say --replicas=N")
    return _each(call, "kube.scale", _SCALED, replicas=wanted)


@command("rollout restart")
def _restart(call: Call) -> list[Step]:
    return _each(call, "kube.restart", _ROLLED)


@command("rollout undo", "to-revision=")
def _undo(call: Call) -> list[Step]:
    return _each(call, "kube.rollout_undo", _ROLLED, to_revision=call.number("to-revision") or None)


@command("rollout pause")
def _pause(call: Call) -> list[Step]:
    return _each(call, "kube.rollout_pause", frozenset({"deployment"}))


@command("rollout resume")
def _resume(call: Call) -> list[Step]:
    return _each(call, "kube.rollout_resume", frozenset({"deployment"}))


def _object_and_pairs(call: Call) -> tuple[Call, list[str]]:
    """The line with its object alone, and the `KEY=VALUE` and `KEY-` behind it."""
    args = list(call.args)
    first = next((n for n, one in enumerate(args) if "=" in one or one.endswith("-")), len(args))
    bare = Call(call.path, tuple(args[:first]), call.flags, call.rest, call.kinds, call.home)
    return bare, args[first:]


@command("set image")
def _image(call: Call) -> list[Step]:
    call, said = _object_and_pairs(call)
    images = call.paired(said)
    if not images or not all(IMAGE.fullmatch(image) for image in images.values()):
        raise call.no("which image? Say CONTAINER=IMAGE", *said)
    if "*" in images and len(images) > 1:
        raise call.no("'*' stands for all containers, and none beside it", "*")
    return [
        step
        for container, image in images.items()
        for step in _each(
            call, "kube.set_image", _TEMPLATED, image=image, container="" if container == "*" else call.name(container)
        )
    ]


@command("set env", "c|containers= from= overwrite")
def _env(call: Call) -> list[Step]:
    call, said = _object_and_pairs(call)
    kind, _, source = call.flag("from").partition("/")
    whole = call.kind(kind) if kind else ""
    if whole not in {"", "configmap", "secret"} or (kind and not source) or not (said or kind):
        raise call.no("say KEY=VALUE, KEY-, or --from=configmap/NAME")
    return _each(
        call,
        "kube.set_env",
        _ROLLED,
        set=call.paired([one for one in said if not one.endswith("-") or "=" in one]),
        unset=[one[:-1] for one in said if one.endswith("-") and "=" not in one],
        from_config_map=call.name(source) if whole == "configmap" else "",
        from_secret=call.name(source) if whole == "secret" else "",
        container=call.flag("containers"),
    )


@command("set resources", "c|containers= limits= requests=", also="resource")
def _resources(call: Call) -> list[Step]:
    limits, requests = call.pairs("limits"), call.pairs("requests")
    if not limits and not requests:
        raise call.no("say --limits or --requests, such as --limits=cpu=500m,memory=256Mi")
    return _each(
        call, "kube.set_resources", _ROLLED, requests=requests, limits=limits, container=call.flag("containers")
    )


@command("set serviceaccount", also="sa")
def _account(call: Call) -> list[Step]:
    *target, account = call.args
    bare = Call(call.path, tuple(target), call.flags, call.rest, call.kinds, call.home)
    patch = {"spec": {"template": {"spec": {"serviceAccountName": call.name(account)}}}}
    return [
        ("kube.patch", arguments(kind=kind, name=name, namespace=call.namespace, patch=patch))
        for kind, name in bare.named(_ROLLED)
    ]


@command("set selector")
def _selector(call: Call) -> list[Step]:
    call, said = _object_and_pairs(call)
    chosen = call.paired([pair for one in said for pair in one.split(",")])
    if not chosen:
        raise call.no("which labels? Say KEY=VALUE")
    return [
        ("kube.set_selector", arguments(name=name, namespace=call.namespace, selector=chosen))
        for _, name in call.named(frozenset({"service"}))
    ]


def _marked(call: Call, skill: str) -> list[Step]:
    call, said = _object_and_pairs(call)
    given = call.paired([one for one in said if "=" in one])
    gone = [one[:-1] for one in said if "=" not in one]
    if (not given and not gone) or any(not key for key in gone):
        raise call.no("which? Say KEY=VALUE to set one and KEY- to remove one")
    chosen, every = selector(call), call.on("all")
    found = call.objects()
    if sum((bool(chosen), every, all(name for _, name in found))) != 1:
        raise call.no("which objects: names, -l SELECTOR, or --all?")
    return [
        (
            skill,
            arguments(
                kind=kind,
                name=name,
                namespace=call.place(kind) if name else _within(call, kind),
                selector=chosen,
                every=every or None,
                set=given,
                remove=gone,
            ),
        )
        for kind, name in found
    ]


def _within(call: Call, kind: str) -> str:
    return "" if call.on("all-namespaces") and "selector" in call.flags else call.where(kind)


@command("label", "overwrite all l|selector= A|all-namespaces")
def _label(call: Call) -> list[Step]:
    return _marked(call, "kube.label")


@command("annotate", "overwrite all l|selector= A|all-namespaces")
def _annotate(call: Call) -> list[Step]:
    return _marked(call, "kube.annotate")


@command("autoscale", "min= max= cpu-percent= cpu=")
def _autoscale(call: Call) -> list[Step]:
    most = call.number("max")
    if most is None:
        raise call.no("to how many at most? Say --max=N")
    share = call.flag("cpu").removesuffix("%")
    if share and not re.fullmatch(r"\d{1,3}", share):
        raise call.no(f"--cpu is a percentage, not {share!r}", share)
    cpu = call.number("cpu-percent") or (int(share) if share else None)
    return _each(call, "kube.autoscale", _SCALED, max=most, min=call.number("min"), cpu_percent=cpu)


@command("expose", "port= target-port= type= name= protocol=")
def _expose(call: Call) -> list[Step]:
    port, type_ = call.number("port"), call.flag("type")
    if port is None:
        raise call.no("on which port? Say --port=N")
    if type_ not in {"", "ClusterIP", "NodePort", "LoadBalancer"} or call.flag("protocol", "TCP") != "TCP":
        raise call.no("it is ClusterIP, NodePort or LoadBalancer, over TCP", type_)
    return _each(
        call,
        "kube.expose",
        _TEMPLATED,
        port=port,
        target_port=call.number("target-port"),
        type=type_,
        service_name=call.name(call.flag("name")) if "name" in call.flags else "",
    )


@command("exec", "c|container= i|stdin t|tty", writes=False)
def _exec(call: Call) -> list[Step]:
    if call.rest is None or not call.rest or len(call.args) != 1:
        raise call.no("say the pod, then -- and the command", *call.args[1:])
    if len(call.rest) == 1 and _SHELLS.fullmatch(call.rest[0]):
        raise call.no("there is no terminal here: say the command that the shell is to run", call.rest[0])
    kind, slash, name = call.args[0].partition("/")
    if slash:
        call.kind(kind)
    return [
        (
            "kube.exec",
            arguments(
                name=call.name(name if slash else kind),
                command=list(call.rest),
                namespace=call.namespace,
                container=call.flag("container"),
            ),
        )
    ]


@command("cp", "c|container=", writes=False)
def _copy(call: Call) -> list[Step]:
    if len(call.args) != 2:
        raise call.no("from where to where?", *call.args)
    there = [bool(re.fullmatch(r"(?:[a-z0-9-]+/)?[a-z0-9.-]+:.+", one)) for one in call.args]
    if sum(there) != 1:
        raise call.no("one of the two is POD:PATH, the other a file of the workspace", *call.args)
    pod, _, path = call.args[there.index(True)].partition(":")
    local = call.args[there.index(False)].removeprefix("./")
    if local.startswith(("/", "~", "..")) or not local or not path.startswith("/"):
        raise call.no("the file here is one of the workspace, the path in the container is whole", *call.args)
    space, _, name = pod.rpartition("/")
    if space and call.namespace not in {"", space}:
        raise call.no("-n says another namespace than the pod's", space)
    source, target = (path, local) if there[0] else (local, path)
    skill = "kube.copy_from" if there[0] else "kube.copy_to"
    return [
        (
            skill,
            arguments(
                name=call.name(name),
                source=source,
                target=target,
                namespace=space or call.namespace,
                container=call.flag("container"),
            ),
        )
    ]


@command("patch", "p|patch= type=")
def _patch(call: Call) -> list[Step]:
    if call.flag("type", "strategic") not in {"strategic", "merge"}:
        raise call.no("a patch is a merge of fields here, no list of operations", call.flag("type"))
    try:
        patch = json.loads(call.flag("patch"))
    except ValueError:
        raise call.no("the patch is no JSON object", call.flag("patch")[:80]) from None
    if not isinstance(patch, dict) or not patch or any(_replaced(patch, call.flag("type"))):
        raise call.no("the patch has to be an object whose lists are containers by name", call.flag("patch")[:80])
    return [_patched(call, kind, name, patch) for kind, name in call.named()]


def _replaced(value: object, type_: str, key: str = "") -> Sequence[object]:
    """The lists of a patch that are not merged by the names of their items."""
    if isinstance(value, dict):
        return [found for inner, one in value.items() for found in _replaced(one, type_, inner)]
    if not isinstance(value, list):
        return []
    merged = key == "containers" and type_ != "merge" and all(isinstance(one, dict) and "name" in one for one in value)
    return [found for one in value for found in _replaced(one, type_)] if merged else [value]


def _patched(call: Call, kind: str, name: str, patch: JsonObject) -> Step:
    """The skill that a patch of one simple field is, or the patch itself."""
    space = call.place(kind)
    if kind == "secret":
        raise call.no("the value of a secret is not taken from a request, where it would stay on record", kind)
    match patch:
        case {"spec": {"replicas": int(n), **more}, **rest} if not more and not rest and kind in _SCALED:
            return "kube.scale", arguments(name=name, kind=kind, namespace=space, replicas=n)
        case {"spec": {"suspend": bool(held), **more}, **rest} if not more and not rest and kind == "cronjob":
            return ("kube.suspend" if held else "kube.resume"), arguments(name=name, namespace=space)
        case {"spec": {"unschedulable": bool(held), **more}, **rest} if not more and not rest and kind == "node":
            return ("kube.cordon" if held else "kube.uncordon"), {"node": name}
    return "kube.patch", arguments(kind=kind, name=name, namespace=space, patch=patch)
