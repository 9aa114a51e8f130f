"""Where the pods of a workload are described, and which of their containers is meant. Pure."""

from __future__ import annotations

from typing import Final

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.objects import Manifest, label, listed

TEMPLATED: Final = ("deployments", "statefulsets", "daemonsets", "cronjobs", "replicasets", "pods")
LISTS: Final = ("containers", "initContainers")
_PATHS: Final = {"Pod": (), "CronJob": ("spec", "jobTemplate", "spec", "template")}
_TEMPLATE: Final = ("spec", "template")


def template_path(live: Manifest) -> tuple[str, ...]:
    """The keys that lead to what has the pods' `metadata` and `spec`: () for a pod itself."""
    return _PATHS.get(str(live.get("kind")), _TEMPLATE)


def pod_spec(live: Manifest) -> Manifest:
    """The pods' spec. Raises ToolError(BAD_ARGUMENTS) for a kind that describes no pods."""
    found: object = live
    for key in (*template_path(live), "spec"):
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("containers"), list):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{label(live)} describes no pods")
    return found


def nested(live: Manifest, template: Manifest) -> Manifest:
    """A patch of the pods' template as a patch of the whole object."""
    patch = template
    for key in reversed(template_path(live)):
        patch = {key: patch}
    return patch


def container_of(live: Manifest, name: str) -> tuple[str, Manifest]:
    """The list that a container is in, and the container. Without a name there must be but one.

    Raises ToolError: NOT_FOUND naming those there are, AMBIGUOUS with choices.
    """
    spec = pod_spec(live)
    found = [(part, one) for part in LISTS for one in spec.get(part) or () if not name or one.get("name") == name]
    main = [one for one in found if one[0] == "containers"]
    if name and found:
        return found[0]
    if len(main) == 1:
        return main[0]
    if name:
        there = listed(str(one.get("name")) for part in LISTS for one in spec.get(part) or ())
        raise ToolError(ErrorCode.NOT_FOUND, f"{label(live)} has no container {name}: it has {there}")
    names = [str(one.get("name")) for _, one in main]
    raise ToolError(
        ErrorCode.AMBIGUOUS,
        f"{label(live)} has {len(main)} containers: {listed(names)}; say which",
        choices=[{"container": one} for one in names],
    )


def container_patch(live: Manifest, part: str, container: Manifest) -> Manifest:
    """A strategic merge patch of one container, which its `name` names."""
    return nested(live, {"spec": {part: [container]}})


def with_tag(image: str, wanted: str) -> str:
    """`wanted` as a whole image: a bare tag (":1.2") keeps the repository of `image`."""
    if not wanted.startswith(":"):
        return wanted
    return f"{repository(image)}{wanted}"


def repository(image: str) -> str:
    """An image without tag and digest; a registry's port is no tag."""
    plain = image.partition("@")[0]
    head, colon, tail = plain.rpartition(":")
    return head if colon and "/" not in tail else plain
