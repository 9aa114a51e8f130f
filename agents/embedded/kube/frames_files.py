"""Files and commands: manifests of the workspace, copies into and out of containers, commands that run in them."""

from __future__ import annotations

from agents.embedded.kube.filenames import is_absolute
from agents.embedded.kube.frames import Filled, Table
from agents.embedded.kube.making import command, place, release, split_command
from agents.embedded.kube.orders import ordered
from agents.embedded.kube.paths import absolute_path, file_path
from agents.embedded.kube.slots import arguments, container, literal, target
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View
from agents.embedded.wordset import words

FILES = Table()
_IN_PODS = frozenset({"pod", "deployment", "statefulset", "daemonset", "replicaset", "job"})
_GENERIC = "file manifest yaml of from in into to onto workspace with folder the that resource definition all object"


def _yaml(v: View) -> str:
    """The YAML file of the workspace, explained."""
    v.flag("-f", "--filename")
    found = [at for at in v.free(Shape.PATH, Shape.NAME, Shape.QUOTED) if literal(v, at).endswith((".yaml", ".yml"))]
    if len(found) != 1 or is_absolute(literal(v, found[0])):
        return ""
    release(v, found[0])
    return literal(v, found[0])


def _place(v: View) -> str:
    """The namespace; "" where the objects say it themselves."""
    place(v)
    return v.namespace()


@FILES.writes("kube.apply", "apply rollout install push deploy put", _GENERIC + " out", bonus=0.6, talk=True)
def apply(v: View) -> Filled:
    """A manifest file as the cluster is to be."""
    if not ordered(v, "apply rollout install push deploy put"):
        return None
    path = _yaml(v)
    return arguments(manifest=path, namespace=_place(v)) if path else None


@FILES.writes("kube.create", "create make", _GENERIC + " described defined what", bonus=0.6, talk=True)
def create(v: View) -> Filled:
    """What a manifest file holds, as new objects."""
    if not ordered(v, "create make") or v.seen("configmap secret"):
        return None
    path = _yaml(v)
    return arguments(manifest=path, namespace=_place(v)) if path else None


_COPY_WORDS = (
    "file container pod copy upload put place must be at as in into to from inside workspace save get under of"
)


@FILES.writes(
    "kube.copy_to", "copy upload put push place transfer send", _COPY_WORDS + " push place send", bonus=0.7, talk=True
)
def copy_to(v: View) -> Filled:
    """A file of the workspace into a container."""
    if v.seen("download from") or not any(t.lemma in _UP or t.low in _UP for t in v.tokens):
        return None
    goal, source = absolute_path(v), file_path(v)
    if not goal or not source:
        return None
    return _copied(v, source, goal)


_UP = words("copy upload put push place transfer send")
_DOWN = words("copy download fetch get pull need want grab save bring")


@FILES.writes(
    "kube.copy_from",
    "copy download fetch get pull need want grab save bring",
    _COPY_WORDS + " out download fetch pull grab bring",
    bonus=0.7,
    talk=True,
)
def copy_from(v: View) -> Filled:
    """A file of a container into the workspace."""
    lows = [t.low for t in v.tokens]
    if not ("from" in lows or "out" in lows or v.seen("download")) or not any(t.lemma in _DOWN for t in v.tokens):
        return None
    source, goal = absolute_path(v), file_path(v)
    if not source or not goal or v.seen("upload"):
        return None
    return _copied(v, source, goal)


def _copied(v: View, source: str, goal: str) -> Filled:
    box = container(v)
    if v.seen("container") and not box:
        return None
    one = target(v, _IN_PODS)
    if one is None or len(one.names) != 1:
        return None
    where = one.namespace or _place(v)
    return arguments(name=one.names[0], source=source, target=goal, namespace=where, container=box)


@FILES.writes(
    "kube.exec",
    "exec execute run",
    "command container pod in inside of the exec execute run shell",
    bonus=0.6,
    talk=True,
)
def run(v: View) -> Filled:
    """A command in a container: in quotes, behind a colon, or behind `--`."""
    if v.seen("job cronjob image create") or v.free(Shape.IMAGE) or not v.seen("exec execute run"):
        return None
    said = _dashed(v) or _first_quoted(v) or command(v)
    if not said:
        return None
    box = container(v)
    one = target(v, _IN_PODS)
    if one is None or len(one.names) != 1:
        return None
    return arguments(name=one.names[0], command=said, namespace=one.namespace or _place(v), container=box)


def _dashed(v: View) -> list[str]:
    """`exec POD -- ls -l /data`: all that follows."""
    at = next((n for n, t in enumerate(v.tokens) if t.text == "--"), -1)
    if at < 0:
        return []
    behind = range(at + 1, len(v.tokens))
    said = [literal(v, n) for n in behind]
    release(v, at, *behind)
    return said


def _first_quoted(v: View) -> list[str]:
    """`run "df -h" in pod x`: what stands in quotes and is no name."""
    found = [at for at in v.free(Shape.QUOTED) if v.before(at) in {"run", "exec", "execute", "command"}]
    if len(found) != 1:
        return []
    release(v, found[0])
    return split_command(str(v.tokens[found[0]].value))
