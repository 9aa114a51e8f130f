"""What all skills that create something share: a manifest, and whether it is there already."""

from __future__ import annotations

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.change import Draft, Intent, Operation
from tools.kube.errors import KubeError
from tools.kube.kinds import Kind
from tools.kube.objects import Manifest, listed, said
from tools.kube.session import Session


def kind_of(session: Session, plural: str, group: str = "") -> Kind:
    """A kind that the server must have for this. Raises ToolError(UNAVAILABLE) where it has none."""
    found = session.kinds.get(plural, group)
    if found is None:
        raise ToolError(ErrorCode.UNAVAILABLE, f"this cluster's API has no {plural}{f'.{group}' if group else ''}")
    return found


async def existing(session: Session, kind: Kind, namespace: str, name: str) -> Manifest | None:
    """The object, or None where there is none or it may not be seen: the server then says so when it is tried."""
    try:
        live = await session.api.get(kind.path(namespace, name))
    except KubeError as error:
        if error.status in (403, 404):
            return None
        raise
    live.setdefault("kind", kind.kind)
    live.setdefault("apiVersion", kind.api_version)
    return live


async def creation(
    session: Session, kind: Kind, namespace: str, name: str, content: Manifest, intent: Intent | None = None
) -> Operation | None:
    """The creation of an object of this content (all but its kind and name); None where it is there just so.

    Where another of the name is there, the server's dry run refuses.
    """
    live = await existing(session, kind, namespace, name)
    if live is not None and contains(live, content):
        return None
    metadata = {"name": name, **({"namespace": namespace} if kind.namespaced else {})}
    metadata |= content.get("metadata") or {}
    body = {"apiVersion": kind.api_version, "kind": kind.kind, **content, "metadata": metadata}
    return Operation("create", kind, namespace if kind.namespaced else "", name, None, body, intent=intent)


async def create(
    session: Session,
    kind: Kind,
    namespace: str,
    name: str,
    content: Manifest,
    *,
    what: str = "",
    intent: Intent | None = None,
    warnings: tuple[str, ...] = (),
) -> Draft:
    """The draft that creates one object; `what` adds to its summary."""
    one = await creation(session, kind, namespace, name, content, intent)
    label = said(kind.kind, namespace if kind.namespaced else "", name)
    if one is None:
        return Draft(f"{label} is there already, just so")
    return Draft(f"create {label}{f': {what}' if what else ''}", (one,), warnings)


def contains(live: object, wanted: object) -> bool:
    """Whether all that is wanted is there: dictionaries may hold more, lists may not."""
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(key in live and contains(live[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        return (
            isinstance(live, list)
            and len(live) == len(wanted)
            and all(contains(a, b) for a, b in zip(live, wanted, strict=True))
        )
    return live == wanted


def needed(values: dict[str, str], what: str) -> None:
    """Raises ToolError(BAD_ARGUMENTS) where nothing is given."""
    if not values:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"say {what}")


def pairs(values: dict[str, str]) -> str:
    """`cpu 4, memory 8Gi`, for summaries."""
    return listed(f"{key} {value}" for key, value in values.items())
