"""Secrets, service accounts and tokens: what is secret goes between files and the cluster, never into an answer."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
from dataclasses import replace
from typing import Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tools.arguments import WorkspacePath
from tools.context import ToolContext, repeated
from tools.errors import ToolError
from tools.kube.arguments import MaybeName, Name, Namespace, Words
from tools.kube.change import Draft, Intent, Operation
from tools.kube.creating import create, existing, kind_of
from tools.kube.objects import Manifest, at, label, listed, name_of, namespace_of, said
from tools.kube.session import Session
from tools.kube.verbs import writes

MOST_BYTES: Final = 1 << 20
KEY: Final = r"^[-._a-zA-Z0-9]+$"
Key = Annotated[str, Field(pattern=KEY, max_length=253)]
Files = Annotated[dict[Key, WorkspacePath], Field(max_length=64)]
SecretType = Annotated[str, Field(pattern=r"^[A-Za-z0-9./_-]*$", max_length=253)]
Lifetime = Annotated[int, Field(ge=600, le=86_400, json_schema_extra={"format": "seconds"})]


@writes(
    "kube.create_secret",
    examples=(
        "create a secret db-login in shop with a generated password",
        "make a TLS secret web-tls from the files tls.crt and tls.key",
        "generate a random api-key in a new secret called ingest in team-a",
        "put the file license.txt into a secret named license",
    ),
)
async def create_secret(
    session: Session,
    *,
    name: Name,
    generate: Words | None = None,
    files: Files | None = None,
    namespace: Namespace = "",
    type: SecretType = "Opaque",
) -> Draft:
    """Create a secret of generated values or of files. Values are not given in words: they would be on record.

    Args:
        name: The secret.
        generate: Keys that get a random value of 43 letters and digits (256 bits).
        files: Files of the workspace by key.
        namespace: Where it is made.
        type: Opaque, or a type of Kubernetes such as kubernetes.io/tls.
    """
    generate, files = generate or [], files or {}
    if not generate and not files:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say which keys are to be generated, or from which files they come")
    if both := [key for key in generate if key in files]:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{listed(both)} cannot be both generated and from a file")
    namespace = session.find.home(namespace)
    content = await asyncio.to_thread(_contents, session.context, files)
    values = content | {key: generated(session.cluster.key, session.made, namespace, name, key) for key in generate}
    data = {key: base64.b64encode(value).decode() for key, value in values.items()}
    told = [*(f"{key} generated" for key in generate), *(f"{key} from a file" for key in files)]
    kind = kind_of(session, "secrets")
    return await create(session, kind, namespace, name, {"type": type or "Opaque", "data": data}, what=listed(told))


def generated(key: bytes, made: float, *names: str) -> bytes:
    """A value that nobody can guess, the same for the preview and for what is then written. Pure.

    The device's key is the randomness; `made`, when the preview was made, is another each time.
    """
    digest = hmac.new(key, "\0".join(["generated", repr(made), *names]).encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").replace(b"-", b"x").replace(b"_", b"y")


def _contents(context: ToolContext, files: dict[str, str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = MOST_BYTES
    for key, path in files.items():
        with context.workspace.open_read(path) as (file, place):
            found[key] = file.read(left + 1)
            left -= len(found[key])
            if left < 0:
                raise ToolError(ErrorCode.BAD_ARGUMENTS, f"`{place.path}`: a secret holds at most 1 MiB in all")
    return found


@writes(
    "kube.save_secret",
    examples=(
        "save the password of secret db-login to the file db.txt",
        "write key tls.crt of the secret web-tls in shop into cert.pem",
        "store the api-key from secret ingest as a file",
        "get the value of token in secret ci, into a file",
    ),
)
async def save_secret(
    session: Session, *, name: Name, key: Key, path: WorkspacePath, namespace: Namespace = ""
) -> Draft:
    """Write one value of a secret into a new file of the device's workspace that only its owner can read.

    Args:
        name: The secret.
        key: The key whose value is saved.
        path: The file; it must not be there yet.
        namespace: The secret's namespace; found out where it is left open.
    """
    live = await session.find.one(name, "secrets", namespace)
    data = live.get("data") or {}
    if key not in data:
        raise ToolError(ErrorCode.NOT_FOUND, f"{label(live)} has no key {key}; its keys: {listed(data) or 'none'}")
    await asyncio.to_thread(_free, session.context, path)

    async def run() -> JsonObject:
        return await asyncio.to_thread(_saved, session.context, path, base64.b64decode(data[key]))

    one = _save(session, "secrets", live, {"key": key, "path": path}, run)
    return Draft(f"save {key} of {label(live)} into {path}", (one,), undo="the file stays until you delete it")


@writes(
    "kube.create_service_account",
    examples=(
        "create a service account ci in shop",
        "add service account builder to team-a with the pull secret registry",
        "make a new service account named reporter",
        "I need an account for the backup job in namespace ops",
    ),
)
async def create_service_account(
    session: Session, *, name: Name, namespace: Namespace = "", image_pull_secret: MaybeName = ""
) -> Draft:
    """Create a service account. It may do nothing until rights are granted to it.

    Args:
        name: The service account.
        namespace: Where it is made.
        image_pull_secret: A secret with which its pods pull images.
    """
    namespace = session.find.home(namespace)
    content: Manifest = {}
    warnings: tuple[str, ...] = ()
    if image_pull_secret:
        content["imagePullSecrets"] = [{"name": image_pull_secret}]
        if await existing(session, kind_of(session, "secrets"), namespace, image_pull_secret) is None:
            warnings = (f"there is no {said('Secret', namespace, image_pull_secret)} yet, or it may not be seen",)
    kind = kind_of(session, "serviceaccounts")
    default = await existing(session, kind, namespace, "default")
    # Servers before 1.24 give every account a token of its own, which changes the account right after it was made.
    intent = Intent("it has its token", _settled) if default and default.get("secrets") else None
    draft = await create(session, kind, namespace, name, content, intent=intent, warnings=warnings)
    return replace(draft, wait_s=10.0)


def _settled(live: Manifest | None) -> str:
    return "" if live and live.get("secrets") else "its token is not made yet"


@writes(
    "kube.create_token",
    examples=(
        "make a token for service account shop/ci and save it to ci.token",
        "I need a login token for the account builder valid for one hour",
        "issue a token for service account reporter in team-a, 10 minutes",
        "write a fresh token of service account ci into a file",
    ),
)
async def create_token(
    session: Session, *, service_account: Name, path: WorkspacePath, namespace: Namespace = "", seconds: Lifetime = 3600
) -> Draft:
    """Have a token made for a service account, into a new file of the workspace that only its owner can read.

    Args:
        service_account: The service account.
        path: The file; it must not be there yet.
        namespace: The account's namespace; found out where it is left open.
        seconds: How long the token is good.
    """
    live = await session.find.one(service_account, "serviceaccounts", namespace)
    await asyncio.to_thread(_free, session.context, path)
    target = kind_of(session, "serviceaccounts").path(namespace_of(live), name_of(live), "token")
    request = {
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": seconds},
    }  # fmt: skip

    async def run() -> JsonObject:
        answer = await session.api.request("POST", target, body=request)
        token = str(at(answer, "status.token", "")).encode()
        facts = await asyncio.to_thread(_saved, session.context, path, token)
        until = str(at(answer, "status.expirationTimestamp", ""))
        return {**facts, "expires": until, "text": f"  the token is good until {until}"}

    body: Manifest = {"path": path, "seconds": seconds}
    one = _save(session, "serviceaccounts", live, body, run, subresource="token", verb="create")
    undo = f"the token cannot be taken back: it is good for {seconds} s, or until the account is deleted"
    return Draft(f"make a token of {label(live)} for {seconds} s, into {path}", (one,), undo=undo)


def _save(session: Session, plural: str, live: Manifest, body: Manifest, run: object, **more: str) -> Operation:
    kind = kind_of(session, plural)
    return Operation("save", kind, namespace_of(live), name_of(live), live, body, run=run, **more)  # type: ignore[arg-type]


def _free(context: ToolContext, path: str) -> None:
    """Refuses, in the preview already, a path that leads elsewhere or to something that is there."""
    try:
        with context.workspace.locate(path, write=True) as place:
            taken = place.kind() is not None and not repeated(context)
    except ToolError as error:
        # A folder that is missing on the way is made with the file.
        if error.code is not ErrorCode.NOT_FOUND:
            raise
        return
    if taken:
        raise ToolError(ErrorCode.ALREADY_EXISTS, f"`{place.path}` exists already: name another file")


def _saved(context: ToolContext, path: str, value: bytes) -> JsonObject:
    with context.workspace.replace(path, overwrite=repeated(context)) as (file, place):
        os.fchmod(file.fileno(), 0o600)
        file.write(value)
        return {"path": place.path, "bytes": len(value)}
