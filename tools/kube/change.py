"""What a write is before it is one: operations on objects as they were found, and what must hold afterwards. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from protocol.vocabulary import Json, JsonObject
from tools.kube import api
from tools.kube.kinds import Kind, Kinds
from tools.kube.objects import Manifest, at, name_of, namespace_of, said, uid_of, version_of

Action = Literal["create", "patch", "apply", "replace", "delete", "evict", "post", "put", "exec", "save"]
Patch = Literal["merge", "strategic", "json"]
_CONTENT: Final = {"merge": api.MERGE, "strategic": api.STRATEGIC, "json": api.JSON_PATCH}
MANAGER: Final = "asterism"
DEVICE: Final = Kind("", "", "Tool", "tools", "tool", False)
"""What is no object of the cluster, but kept by this device."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What must hold of the object afterwards. `holds(live)` gives "" once it does, else what is missing, in words.

    `live` is None when the object is gone. `text` says the intent: "2 replicas are ready". `why(live)` asks around for
    the reason where it does not hold, "" where none is known; its second part says that waiting longer is of no use.
    """

    text: str
    holds: Callable[[Manifest | None], str]
    why: Callable[[Manifest], Awaitable[tuple[str, bool]]] | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One request that changes one object.

    `live` is the object as it was resolved; None for one that is to be created. `body` is the manifest, the patch, or
    (post, put) what goes to the `subresource`. `irreversible` says what cannot be undone. `verb` is what RBAC calls
    it, where it is not what `action` implies. `dry_run`: whether the server can try it.

    `run`, of "exec" (a command in a pod) and "save" (into the device's workspace), is called instead of a request, when
    the object still is as previewed. What it gives is added to the draft's facts; its `text` is told to people.
    """

    action: Action
    kind: Kind
    namespace: str
    name: str
    live: Manifest | None = None
    body: Json | Manifest = None
    patch: Patch = "merge"
    subresource: str = ""
    intent: Intent | None = None
    irreversible: str = ""
    verb: str = ""
    dry_run: bool = True
    grace_s: int | None = None
    cascade: Literal["background", "foreground", "orphan"] = "background"
    run: Callable[[], Awaitable[JsonObject]] | None = None

    @property
    def label(self) -> str:
        return said(self.kind.kind, self.namespace, self.name)

    @property
    def uid(self) -> str:
        return uid_of(self.live) if self.live is not None else ""

    @property
    def version(self) -> str:
        return version_of(self.live) if self.live is not None else ""

    @property
    def rbac_verb(self) -> str:
        """The verb that the API server authorizes."""
        if self.verb:
            return self.verb
        return {
            "apply": "patch",
            "replace": "update",
            "put": "update",
            "evict": "create",
            "post": "create",
            "exec": "create",
            "save": "get",
        }.get(self.action, self.action)

    @property
    def rbac_subresource(self) -> str:
        return "eviction" if self.action == "evict" else self.subresource


def patched(
    kinds: Kinds,
    live: Manifest,
    body: Json | Manifest,
    *,
    patch: Patch = "merge",
    intent: Intent | None = None,
    irreversible: str = "",
) -> Operation:
    """A patch of an object as it was found."""
    kind = kinds.of_manifest(live)
    return Operation(
        "patch", kind, namespace_of(live), name_of(live), live, body, patch=patch, intent=intent,
        irreversible=irreversible,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """All that one write skill wants to do. Without operations: everything is as wished already, as `summary` says.

    `warnings` are told with the preview. `wait_s`: how long the intents may take. `undo` says how it is undone, or why
    it cannot be; empty: by the trail. `shown` is told with the preview, and so approved with it: a tool's code.
    """

    summary: str
    operations: tuple[Operation, ...] = ()
    warnings: tuple[str, ...] = ()
    wait_s: float = 60.0
    undo: str = ""
    facts: dict[str, Json] = field(default_factory=dict)
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """An operation as HTTP."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: object
    content: str


def call(operation: Operation, *, version: str = "", dry_run: bool = False) -> Call:
    """The request for an operation. It is conditional on the UID and, where given, the resourceVersion."""
    one = operation
    trial = (("dryRun", "All"),) if dry_run else ()
    manager = (("fieldManager", MANAGER),)
    target = one.kind.path(one.namespace, one.name, one.subresource)
    match one.action:
        case "create":
            return Call("POST", one.kind.path(one.namespace), (*trial, *manager), one.body, "application/json")
        case "patch":
            body = _conditional(one, version)
            return Call("PATCH", target, (*trial, *manager), body, _CONTENT[one.patch])
        case "apply":
            body = _with_metadata(one.body, one.uid, version)
            return Call("PATCH", target, (*trial, *manager, ("force", "false")), body, api.APPLY)
        case "replace":
            return Call(
                "PUT", target, (*trial, *manager), _with_metadata(one.body, one.uid, version), "application/json"
            )
        case "delete":
            return Call("DELETE", target, (), _delete_options(one, version, dry_run), "application/json")
        case "evict":
            return Call(
                "POST",
                one.kind.path(one.namespace, one.name, "eviction"),
                (),
                _eviction(one, dry_run),
                "application/json",
            )
        case "put" | "post":
            body = _with_metadata(one.body, one.uid, version) if one.action == "put" else one.body
            return Call(one.action.upper(), target, (*trial, *manager), body, "application/json")
        case "exec" | "save":
            raise AssertionError("what is run is no single request")


def _conditional(one: Operation, version: str) -> object:
    """A patch that only applies to the object as it was seen."""
    if one.patch == "json":
        tests: list[dict[str, object]] = [{"op": "test", "path": "/metadata/uid", "value": one.uid}] if one.uid else []
        if version:
            tests.append({"op": "test", "path": "/metadata/resourceVersion", "value": version})
        assert isinstance(one.body, list)
        return [*tests, *one.body]
    return _with_metadata(one.body, one.uid, version)


def _with_metadata(body: object, uid: str, version: str) -> Manifest:
    assert isinstance(body, dict)
    metadata = dict(body.get("metadata") or {})
    if uid:
        metadata["uid"] = uid
    if version:
        metadata["resourceVersion"] = version
    return {**body, "metadata": metadata} if metadata else dict(body)


def _delete_options(one: Operation, version: str, dry_run: bool) -> Manifest:
    preconditions = {"uid": one.uid} | ({"resourceVersion": version} if version else {})
    options: Manifest = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": preconditions,
        "propagationPolicy": one.cascade.capitalize(),
    }
    if one.grace_s is not None:
        options["gracePeriodSeconds"] = one.grace_s
    if dry_run:
        options["dryRun"] = ["All"]
    return options


def _eviction(one: Operation, dry_run: bool) -> Manifest:
    assert one.live is not None
    version = str(at(one.body, "apiVersion", "policy/v1beta1")) if isinstance(one.body, dict) else "policy/v1beta1"
    options: Manifest = {"preconditions": {"uid": one.uid}}
    if one.grace_s is not None:
        options["gracePeriodSeconds"] = one.grace_s
    if dry_run:
        options["dryRun"] = ["All"]
    metadata = {"name": name_of(one.live), "namespace": namespace_of(one.live)}
    return {"apiVersion": version, "kind": "Eviction", "metadata": metadata, "deleteOptions": options}
