"""Config maps: made and changed, with a word on what does not notice."""

from __future__ import annotations

import asyncio

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.arguments import Labels, Name, Namespace, Words
from tools.kube.change import Draft, Operation
from tools.kube.creating import create, kind_of
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest, at, label, listed, name_of, namespace_of
from tools.kube.resolve import WORKLOADS
from tools.kube.session import Session
from tools.kube.verbs import writes


@writes(
    "kube.create_config_map",
    examples=(
        "create a config map app-config with LOG_LEVEL=debug",
        "make a configmap settings in shop: mode=fast, retries=3",
        "put REGION=eu-west into a new config map called env in team-a",
        "add an empty config map named flags",
    ),
)
async def create_config_map(
    session: Session, *, name: Name, data: Labels | None = None, namespace: Namespace = ""
) -> Draft:
    """Create a config map.

    Args:
        name: The config map.
        data: Its keys and values. Nothing secret: make a secret for that.
        namespace: Where it is made.
    """
    kind = kind_of(session, "configmaps")
    content: Manifest = {"data": data} if data else {}
    what = f"keys {listed(data)}" if data else "empty"
    return await create(session, kind, session.find.home(namespace), name, content, what=what)


@writes(
    "kube.set_config_map",
    examples=(
        "set LOG_LEVEL to info in config map app-config",
        "change retries to 5 in the configmap settings of shop",
        "remove the key DEBUG from config map env in team-a",
        "update FEATURE_X=on in the flags config map",
    ),
)
async def set_config_map(
    session: Session, *, name: Name, set: Labels | None = None, unset: Words | None = None, namespace: Namespace = ""
) -> Draft:
    """Change keys of a config map; those that are not named stay.

    Args:
        name: The config map.
        set: Keys and their new values.
        unset: Keys that go.
        namespace: Its namespace; found out where it is left open.
    """
    live = await session.find.one(name, "configmaps", namespace)
    changed = changes(live, set or {}, unset or [])
    if not changed:
        return Draft(f"{label(live)} is so already")
    if live.get("immutable"):
        raise ToolError(ErrorCode.CONFLICT, f"{label(live)} is immutable: make a new one, and have its users take that")
    said = listed(f"{key} {'removed' if value is None else 'set'}" for key, value in changed.items())
    kind, namespace = kind_of(session, "configmaps"), namespace_of(live)
    one = Operation("patch", kind, namespace, name_of(live), live, {"data": changed})
    return Draft(f"change {label(live)}: {said}", (one,), await _users(session, namespace, name))


def changes(live: Manifest, given: dict[str, str], gone: list[str]) -> dict[str, str | None]:
    """The keys that differ; None for one that goes. Pure. Raises ToolError: nothing to do, no such key."""
    data, binary = live.get("data") or {}, live.get("binaryData") or {}
    both = [key for key in gone if key in given]
    missing = [key for key in gone if key not in data and key not in given]
    if both:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{listed(both)} cannot be both set and removed")
    if not given and not gone:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say which keys are to change")
    if missing and not any(key in data for key in gone) and not given:
        there = listed([*data, *binary]) or "none"
        raise ToolError(ErrorCode.NOT_FOUND, f"{label(live)} has no key {listed(missing)}; its keys: {there}")
    if taken := [key for key in given if key in binary]:
        raise ToolError(
            ErrorCode.BAD_ARGUMENTS, f"{listed(taken)} of {label(live)} is binary: replace the whole object"
        )
    return {
        **{key: value for key, value in given.items() if data.get(key) != value},
        **{key: None for key in gone if key in data},
    }


async def _users(session: Session, namespace: str, name: str) -> tuple[str, ...]:
    """A warning about workloads that read the config map only when they start."""
    kinds = [one for plural in WORKLOADS if (one := session.kinds.get(plural, "apps")) is not None]
    lists = await asyncio.gather(*(session.api.items(k.path(namespace)) for k in kinds), return_exceptions=True)
    users: list[str] = []
    for kind, found in zip(kinds, lists, strict=True):
        if isinstance(found, KubeError):
            continue
        if isinstance(found, BaseException):
            raise found
        users += [f"{kind.kind} {name_of(one)}" for one in found if reads_at_start(one, name)]
    if not users:
        return ()
    return (f"{listed(users)} read it only when their pods start: restart them to take it over",)


def reads_at_start(workload: Manifest, name: str) -> bool:
    """Whether a workload's pods take the config map into their environment, or mount single files of it. Pure."""
    spec = at(workload, "spec.template.spec", {})
    volumes = {str(one.get("name")) for one in spec.get("volumes") or () if at(one, "configMap.name") == name}
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        if name in at(container, "envFrom[*].configMapRef.name"):
            return True
        if name in at(container, "env[*].valueFrom.configMapKeyRef.name"):
            return True
        if any(one.get("subPath") and one.get("name") in volumes for one in container.get("volumeMounts") or ()):
            return True
    return False
