"""Commands that read: get, describe, logs, events, top, rollout status and history, and what the cluster is."""

from __future__ import annotations

import re

from agents.embedded.kube.command.flags import Call, Step, command
from agents.embedded.kube.lexicon import CLUSTER_SCOPED
from agents.embedded.kube.slots import arguments

_ROLLED = frozenset({"deployment", "statefulset", "daemonset"})
_SORTS = {
    ".metadata.name": "name",
    ".metadata.creationTimestamp": "-age",
    ".status.startTime": "-age",
    ".status.containerStatuses[0].restartCount": "restarts",
}
_SHORT = {"", "wide", "name"}
_NEWEST_LAST = {"", ".lastTimestamp", ".metadata.creationTimestamp", ".eventTime", ".firstTimestamp"}
_ASIDE = {"deployment": "images", "daemonset": "images", "statefulset": "images", "pod": "node"}
_FIELD = re.compile(r"[\w./-]+!?==?[\w./:-]*")
_SELECTOR = re.compile(r"[A-Za-z0-9_./, ()!=-]+")
_PATH = re.compile(r"\{?\$?\.?([A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*)\}?")
_IMAGES = re.compile(r"\{?\.spec\.(?:template\.spec\.)?containers\[(?:\*|0)\]\.image\}?")
_PER_ITEM = re.compile(r"\{(?:range )?\.items\[\*\]\.metadata\.name\}")


def selector(call: Call) -> str:
    said = call.flag("selector")
    if said and not _SELECTOR.fullmatch(said):
        raise call.no(f"{said!r} is no label selector", said)
    return said


def space(call: Call, kind: str = "") -> str:
    """The namespace of a list; "" with -A."""
    everywhere = call.on("all-namespaces")
    if everywhere and "namespace" in call.flags:
        raise call.no("-A and -n contradict each other", "-A")
    return "" if everywhere or kind in CLUSTER_SCOPED else call.namespace


@command(
    "get",
    "A|all-namespaces l|selector= o|output= w|watch field-selector= sort-by= show-labels no-headers",
    writes=False,
)
def _get(call: Call) -> list[Step]:
    found = call.objects()
    if any(kind == "event" for kind, _ in found):
        return _events_of(call, found)
    named = [name for _, name in found if name]
    if named and (call.on("all-namespaces") or not call.flags.keys() <= {"namespace", "output", "watch", "no-headers"}):
        raise call.no("with names only -n, -o and -w have a place")
    if call.on("watch"):
        return [_watched(call, kind, name) for kind, name in found]
    return [_object(call, kind, name) if name else _list(call, kind) for kind, name in found]


def _object(call: Call, kind: str, name: str) -> Step:
    output = call.flag("output")
    form, path = (output if output in {"yaml", "json"} else ""), ""
    if output.startswith("jsonpath="):
        path = _path(call, output.removeprefix("jsonpath="))
    elif not form and output not in _SHORT:
        raise call.no(f"-o {output} has no place in what is done here", output)
    return "kube.get", arguments(name=name, kind=kind, namespace=call.place(kind), path=path, format=form)


def _path(call: Call, said: str) -> str:
    if _IMAGES.fullmatch(said):
        return "images"
    found = _PATH.fullmatch(said)
    if found is None:
        raise call.no(f"only one plain path such as {{.spec.replicas}} is read, not {said!r}", said)
    return found[1]


def _list(call: Call, kind: str) -> Step:
    output, order = call.flag("output"), call.flag("sort-by")
    if output.startswith("jsonpath=") and _PER_ITEM.search(output):
        output = "name"
    if output not in _SHORT:
        raise call.no(f"-o {output} is for one object here: name it", output)
    if order and f".{order.strip('{}').removeprefix('.')}" not in _SORTS:
        raise call.no(f"--sort-by {order} has no place in what is done here", order)
    fields = call.flag("field-selector")
    if fields and not all(_FIELD.fullmatch(one) for one in fields.split(",")):
        raise call.no(f"{fields!r} is no field selector", fields)
    show = "labels" if call.on("show-labels") else _ASIDE.get(kind, "") if output == "wide" else ""
    sort = _SORTS[f".{order.strip('{}').removeprefix('.')}"] if order else ""
    return "kube.list", arguments(
        kind=kind,
        namespace=space(call, kind),
        selector=selector(call),
        field_selector=fields,
        sort="" if sort == "name" else sort,
        show=show,
    )


def _watched(call: Call, kind: str, name: str) -> Step:
    if not call.flags.keys() <= {"namespace", "all-namespaces", "selector", "watch", "no-headers"}:
        raise call.no("-w has no place beside -o and the like", "-w")
    return "kube.watch", arguments(kind=kind, namespace=space(call, kind), name=name, selector=selector(call))


def _events_of(call: Call, found: list[tuple[str, str]]) -> list[Step]:
    known = {"namespace", "all-namespaces", "field-selector", "sort-by", "no-headers", "output"}
    if len(found) != 1 or found[0][1] or not call.flags.keys() <= known or call.flag("output") not in _SHORT:
        raise call.no("events are read with -n, -A, --field-selector and --sort-by")
    if "." + call.flag("sort-by").strip("{}").removeprefix(".") not in {".", *_NEWEST_LAST}:
        raise call.no(f"events are told newest last, not by {call.flag('sort-by')}")
    about = call.paired(call.listed("field-selector"))
    words = {"involvedObject.name": "name", "involvedObject.kind": "kind", "type": "type"}
    told = {words[key]: value for key, value in about.items() if key in words}
    if len(told) != len(about) or told.get("type", "Normal") not in {"Warning", "Normal"}:
        raise call.no(f"--field-selector {call.flag('field-selector')} has no place in what is done here")
    if "kind" in told:
        told["kind"] = call.kind(told["kind"])
    return [("kube.events", arguments(namespace=space(call), **told))]


@command("events", "A|all-namespaces for= types= no-headers", writes=False)
def _events(call: Call) -> list[Step]:
    if call.args:
        raise call.no("events of one object are asked for with --for TYPE/NAME", *call.args)
    about = call.flag("for")
    kind, slash, name = about.partition("/")
    if about and not slash:
        raise call.no("--for takes TYPE/NAME", about)
    only = call.flag("types").capitalize()
    if only not in {"", "Warning", "Normal", "Warning,normal", "Normal,warning"}:
        raise call.no(f"--types is Warning or Normal, not {only}", only)
    return [
        (
            "kube.events",
            arguments(
                namespace=space(call),
                kind=call.kind(kind) if about else "",
                name=call.name(name) if about else "",
                type="" if "," in only else only,
            ),
        )
    ]


@command("describe", writes=False)
def _describe(call: Call) -> list[Step]:
    return [
        ("kube.describe", arguments(name=name, kind=kind, namespace=call.place(kind))) for kind, name in call.named()
    ]


@command(
    "logs",
    "c|container= all-containers p|previous f|follow tail= since= l|selector= prefix",
    writes=False,
)
def _logs(call: Call) -> list[Step]:
    chosen, container = selector(call), call.flag("container")
    args = list(call.args)
    if len(args) == 2 and not container:
        container = args.pop()
    if len(args) + bool(chosen) != 1:
        raise call.no("the logs of one pod, one TYPE/NAME or one selector", *args)
    kind, slash, name = args[0].partition("/") if args else ("", "", "")
    if args and not slash:
        kind, name = "", kind
    tail = "" if call.flag("tail") == "-1" else call.number("tail")
    return [
        (
            "kube.logs",
            arguments(
                name=call.name(name) if args else "",
                kind=call.kind(kind) if kind else "",
                namespace=call.namespace,
                container=call.name(container) if container else "",
                selector=chosen,
                previous=call.on("previous") or None,
                since_s=call.seconds("since"),
                tail=tail,
                follow_s=10 if call.on("follow") else None,
            ),
        )
    ]


def _top(call: Call, kind: str) -> list[Step]:
    sort = call.flag("sort-by")
    if sort not in {"", "cpu", "memory"} or len(call.args) > 1:
        raise call.no("it is sorted by cpu or memory, for all or for one", sort, *call.args[1:])
    return [
        (
            "kube.top",
            arguments(
                kind=kind,
                namespace="" if kind == "nodes" else space(call),
                name=call.one() if call.args else "",
                sort=sort,
            ),
        )
    ]


@command("top pods", "A|all-namespaces sort-by= no-headers", writes=False, also="pod po")
def _top_pods(call: Call) -> list[Step]:
    return _top(call, "pods")


@command("top nodes", "sort-by= no-headers", writes=False, also="node no")
def _top_nodes(call: Call) -> list[Step]:
    return _top(call, "nodes")


@command("rollout status", "w|watch", writes=False)
def _status(call: Call) -> list[Step]:
    return _rollout(call, "kube.rollout_status")


@command("rollout history", "revision=", writes=False)
def _history(call: Call) -> list[Step]:
    return _rollout(call, "kube.rollout_history", revision=call.number("revision"))


def _rollout(call: Call, skill: str, **more: object) -> list[Step]:
    return [
        (skill, arguments(name=name, kind=kind, namespace=call.namespace, **more)) for kind, name in call.named(_ROLLED)
    ]


@command("cluster-info", writes=False)
@command("version", "short client", writes=False)
def _cluster(call: Call) -> list[Step]:
    if call.args:
        raise call.no(f"{call.args[0]!r} has no place", *call.args)
    return [("kube.cluster_info", {})]


@command("api-resources", "api-group= no-headers", writes=False)
def _resources(call: Call) -> list[Step]:
    if call.args or "namespace" in call.flags:
        raise call.no("only --api-group has a place")
    group = call.flag("api-group")
    return [("kube.api_resources", arguments(group="core" if "api-group" in call.flags and not group else group))]
