"""Sends an operation on the condition that its object still is what it was read as.

A request carries the object's UID and resourceVersion. Where only the status moved on meanwhile, as that of a workload
does all the time, the object is read again and the request repeated under the new version; where anything else
changed, the operation is stale.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.change import Operation, call
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest, material, uid_of
from tools.kube.session import Session

TRIES: Final = 8


async def send(session: Session, one: Operation, *, dry_run: bool = False) -> tuple[Manifest, Operation]:
    """The server's answer, and the operation with the object as it was right before.

    Raises KubeError, or ToolError(STALE_PREVIEW) where the object is another one, is gone, or changed.
    """
    for number in range(TRIES):
        request = call(one, version=one.version, dry_run=dry_run)
        try:
            answer = await session.api.request(
                request.method, request.path, query=request.query, body=request.body, content=request.content
            )
            return answer, one
        except KubeError as error:
            if not _moved_on(error, one) or number + 1 == TRIES:
                raise
            seen = await read_again(session, one)
            if seen.version == one.version:
                # Nothing moved on: it was refused for what it is.
                raise
            one = seen
    raise AssertionError("the last try raises")


def _moved_on(error: KubeError, one: Operation) -> bool:
    """Whether it failed because the object is no longer of the version that was read."""
    if one.live is None:
        return False
    owned = any(
        cause.get("reason") == "FieldManagerConflict" for cause in (error.body.get("details") or {}).get("causes") or ()
    )
    # A JSON patch of which a test fails is refused like one that is wrong.
    tested = error.status == 422 and one.action == "patch" and one.patch == "json"
    return (error.status == 409 and not owned and error.reason != "AlreadyExists") or tested or error.status == 404


async def read_again(session: Session, one: Operation) -> Operation:
    """The operation with its object as it is now. Raises ToolError(STALE_PREVIEW) where it changed, or is gone."""
    assert one.live is not None
    try:
        live = await session.api.get(one.kind.path(one.namespace, one.name))
    except KubeError as error:
        if error.status == 404:
            raise ToolError(ErrorCode.STALE_PREVIEW, f"{one.label} is gone meanwhile") from error
        raise
    if uid_of(live) != one.uid:
        raise ToolError(ErrorCode.STALE_PREVIEW, f"{one.label} is another object by now")
    live.setdefault("kind", one.kind.kind)
    live.setdefault("apiVersion", one.kind.api_version)
    if material(live) != material(one.live):
        raise ToolError(ErrorCode.STALE_PREVIEW, f"{one.label} changed meanwhile")
    return replace(one, live=live)
