"""The first half of every write: exact objects, rights, limits, the server's own dry run, and the field diff.

Nothing is changed. What comes out is signed by the device: the second half (`commit.py`) takes nothing else.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject
from tools.arguments import Output
from tools.errors import ToolError, printable
from tools.kube import conditional, guard, ownership
from tools.kube.change import DEVICE, Draft, Operation
from tools.kube.contents import Contents, deleted_with
from tools.kube.diff import ABSENT, FieldChange, arrow, fields
from tools.kube.dropped import dropped
from tools.kube.errors import KubeError
from tools.kube.objects import Manifest, canonical, digest, listed, material
from tools.kube.secrecy import HIDDEN, arguments, masked, takes_p
from tools.kube.session import Session
from tools.kube.tier import tier
from tools.kube.undo import made as made_by
from tools.kube.undo import outlook

AT_ONCE: Final = 8
SHOWN_FIELDS: Final = 40


class Bound(Output):
    """What an approval binds of one object: `material` and `request` are keyed hashes, for bodies may hold secrets."""

    object: str
    action: str
    uid: str
    version: str
    material: str
    request: str


class ObjectChange(Output):
    verb: str
    object: str
    fields: tuple[FieldChange, ...]


class Preview(Output):
    """What a write would do, as the server's dry run says.

    `made` and `expires` are Unix seconds; `signature` is the device's own.

    `digest` is over everything that an approval binds: skill, arguments, caller, cluster, UIDs, resourceVersions,
    contents, diff and expiry.
    """

    skill: str
    arguments: str
    caller: str
    cluster: str
    summary: str
    tier: str
    why: str
    changes: tuple[ObjectChange, ...]
    bound: tuple[Bound, ...]
    warnings: tuple[str, ...]
    undo: str
    made: float
    expires: float
    digest: str = ""
    signature: str = ""
    text: str = Field(default="")

    @property
    def empty(self) -> bool:
        return not self.bound


@dataclass(frozen=True, slots=True)
class Trial:
    """An operation with what the server's dry run made of it; None where it could not be tried."""

    operation: Operation
    after: Manifest | None
    note: str = ""


async def make(
    session: Session,
    skill: str,
    arguments: JsonObject,
    draft: Draft,
    *,
    now: float,
    tentative: bool = False,
    untried: bool = False,
) -> Preview:
    """The preview of a draft. Raises ToolError with what stands in its way; nothing was changed.

    `now` is Unix seconds. `tentative`: what needs an object that is still to be created is shown untried. `untried`:
    the draft is empty because all of it does.
    """
    guard.check(draft, session.settings, await going(session, draft))
    await authorize(session, draft.operations)
    trials = await _try_all(session, draft.operations, tentative)
    for one in trials:
        guard.tried(one.operation, one.after, session.settings)
    changes = tuple(_change(one) for one in trials)
    _refuse_foreign(trials)
    grade, why = tier(draft)
    preview = Preview(
        skill=skill,
        arguments=sealed(session.cluster.key, arguments),
        caller=session.caller,
        cluster=session.api.server,
        summary=draft.summary,
        tier=grade,
        why=why,
        changes=changes,
        bound=tuple(bind(session.cluster.key, one.operation) for one in trials),
        warnings=(*draft.warnings, *(one.note for one in trials if one.note)),
        undo=outlook(draft, [one.fields for one in changes]),
        made=session.made,
        expires=round(now + session.settings.preview_s, 3),
    )
    text = f"{preview.summary}: untried" if untried else render(preview, draft.shown)
    preview = preview.model_copy(update={"text": text})
    preview = preview.model_copy(update={"digest": digest_of(preview)})
    return preview.model_copy(update={"signature": sign(session.cluster.key, preview)})


async def going(session: Session, draft: Draft) -> Contents | None:
    """What goes with what the draft deletes, where a limit of the owner counts that."""
    return await deleted_with(session, draft) if guard.counts_contents(session.settings) else None


def digest_of(preview: Preview) -> str:
    """SHA-256 over all but the digest and the signature."""
    return digest(preview.model_dump(mode="json", exclude={"digest", "signature"}))


def sign(key: bytes, preview: Preview) -> str:
    return hmac.new(key, preview.digest.encode(), hashlib.sha256).hexdigest()


def genuine(key: bytes, preview: Preview) -> bool:
    """Whether this device made the preview, and nobody changed it."""
    return preview.digest == digest_of(preview) and hmac.compare_digest(preview.signature, sign(key, preview))


def sealed(key: bytes, value: object) -> str:
    """A keyed hash: equal values have equal ones, and nobody can guess a value from it."""
    return hmac.new(key, canonical(value).encode(), hashlib.sha256).hexdigest()


def bind(key: bytes, one: Operation) -> Bound:
    return Bound(
        object=one.label,
        action=one.action if not one.subresource else f"{one.action} {one.subresource}",
        uid=one.uid,
        version=one.version,
        material=sealed(key, material(one.live)) if one.live is not None else "",
        request=sealed(
            key,
            [
                one.action,
                one.kind.qualified,
                one.namespace,
                one.name,
                one.subresource,
                one.body,
                one.patch,
                one.grace_s,
                one.cascade,
            ],
        ),
    )


# --- rights --------------------------------------------------------------------------------------------------------


async def authorize(session: Session, operations: Sequence[Operation]) -> None:
    """Ask the server, as the caller, whether each operation is allowed. Raises ToolError(DENIED) saying what is not."""
    wanted = {
        (one.rbac_verb, one.kind.group, one.kind.plural, one.rbac_subresource, one.namespace,
         "" if one.action == "create" else one.name): one
        for one in operations
        if one.kind is not DEVICE
    }  # fmt: skip
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(key: tuple[str, str, str, str, str, str]) -> str:
        verb, group, resource, subresource, namespace, name = key
        attributes = {"verb": verb, "group": group, "resource": resource, "namespace": namespace, "name": name}
        if subresource:
            attributes["subresource"] = subresource
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        async with gate:
            found = await session.api.request(
                "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body=review
            )
        if (found.get("status") or {}).get("allowed"):
            return ""
        what = f"{resource}{f'/{subresource}' if subresource else ''}{f'.{group}' if group else ''}"
        return f"{verb} {what}{f' in {namespace}' if namespace else ''}"

    refused = [one for one in await asyncio.gather(*(ask(key) for key in wanted)) if one]
    if refused:
        raise ToolError(
            ErrorCode.DENIED,
            f"{session.caller} may not {', '.join(dict.fromkeys(refused))} in this cluster: ask for that right",
        )


# --- the dry run ---------------------------------------------------------------------------------------------------


async def _try_all(session: Session, operations: Sequence[Operation], tentative: bool) -> list[Trial]:
    gate = asyncio.Semaphore(AT_ONCE)
    made = {(one.kind.plural, one.name) for one in operations if made_by(one)}

    async def trial(one: Operation) -> Trial:
        if one.action == "save":
            return Trial(one, None)
        if not one.dry_run or one.run is not None:
            return Trial(one, None, f"{one.label}: the server cannot try this without doing it")
        async with gate:
            try:
                after, seen = await conditional.send(session, one, dry_run=True)
                return Trial(seen, after, _ignored(seen, after))
            except KubeError as error:
                if _waits_for(error, one, made, tentative):
                    return Trial(
                        one,
                        one.body if isinstance(one.body, dict) else None,
                        f"{one.label}: untried, for what it needs is yet to be made",
                    )
                raise explained(error, one) from error

    return list(await asyncio.gather(*(trial(one) for one in operations)))


def _ignored(one: Operation, after: Manifest) -> str:
    """What the server would not do of what was asked for."""
    if one.action not in ("create", "apply", "replace", "patch") or one.subresource:
        return ""
    if one.live is not None and not fields(one.live, after):
        return f"{one.label}: the server would change nothing"
    lost = dropped(one.body, after) if isinstance(one.body, dict) else []
    return f"{one.label}: the server does not know {listed(lost)}, and would leave it out" if lost else ""


def _waits_for(error: KubeError, one: Operation, made: set[tuple[str, str]], tentative: bool) -> bool:
    """Whether the dry run failed only for want of what this very draft, or an earlier step, is to create."""
    if error.status != 404:
        return False
    details = error.body.get("details") or {}
    missing = (str(details.get("kind", "")), str(details.get("name", "")))
    return missing in made or (tentative and missing[0] == "namespaces" and one.action in ("create", "apply"))


def explained(error: KubeError, one: Operation) -> ToolError:
    """A refusal of the server about one operation, with the next step in it."""
    message = error.message
    if error.status == 409 and error.reason == "AlreadyExists":
        return ToolError(ErrorCode.ALREADY_EXISTS, f"{one.label} is there already: change it, or choose another name")
    if error.status == 409:
        owners = [f"{field.lstrip('.')}: {text}" if field else text for field, text in error.causes]
        tail = f": {'; '.join(owners)}; change it where that owner keeps it" if owners and one.action == "apply" else ""
        return ToolError(ErrorCode.CONFLICT, f"{one.label}: {tail.lstrip(': ') or message}")
    if error.status == 403 and "exceeded quota" in message:
        return ToolError(ErrorCode.DENIED, f"{one.label}: the namespace's quota does not allow it: {message}")
    if error.status == 429 and one.action == "evict":
        return ToolError(
            ErrorCode.CONFLICT, f"{one.label}: a disruption budget does not allow it now: {message}", retryable=True
        )
    return ToolError(error.code, f"{one.label}: {message}", retryable=error.retryable)


def unanswered(error: KubeError, one: Operation) -> ToolError:
    """A write that was sent and has no answer."""
    message = f"{one.label}: {error.message}; whether it was written is not known: try again, or look"
    return ToolError(error.code, message, retryable=True)


# --- what it shows -------------------------------------------------------------------------------------------------


def _change(trial: Trial) -> ObjectChange:
    one = trial.operation
    if one.action in ("delete", "evict", "exec", "save"):
        return ObjectChange(verb=one.action, object=one.label, fields=())
    if one.action == "post" or (one.subresource and trial.after is None):
        return ObjectChange(verb=one.action, object=one.label, fields=())
    return ObjectChange(verb=one.action, object=one.label, fields=tuple(hide(fields(one.live, trial.after), one)))


def hide(changes: Iterable[FieldChange], one: Operation) -> list[FieldChange]:
    """The changes without secret values: that one changed is shown, what it is is not."""
    return [_hidden(change, one) for change in changes]


def _hidden(change: FieldChange, one: Operation) -> FieldChange:
    if one.kind.plural == "secrets" and change.path.startswith(("data", "stringData")):
        return FieldChange(
            path=change.path,
            before=change.before if change.before == ABSENT else HIDDEN,
            after=change.after if change.after == ABSENT else HIDDEN,
        )
    key = change.path.rpartition(".")[2]
    # `env[DB_PASSWORD].value` has its name in the path: masked as a pair of name and value.
    name = change.path.rpartition("[")[2].partition("]")[0] if key == "value" else key

    def safe(value: Json) -> Json:
        if value == ABSENT:
            return value
        if key in ("command", "args") and isinstance(value, list):
            line: Json = arguments(value, client=takes_p((one.live, one.body)))  # type: ignore[assignment]
            return line
        pair = masked(
            {"pair": {"name": name, "value": value}} if isinstance(value, str) and key == "value" else {name: value}
        )
        found: Json = (
            pair["pair"]["value"] if "pair" in pair and key == "value" and isinstance(value, str) else pair[name]
        )
        return found

    return FieldChange(path=change.path, before=safe(change.before), after=safe(change.after))


def _refuse_foreign(trials: Sequence[Trial]) -> None:
    for one in trials:
        if one.operation.live is None or one.after is None or one.operation.action not in ("patch", "replace"):
            continue
        taken = ownership.foreign(one.operation.live, fields(one.operation.live, one.after))
        if taken:
            path, manager = taken[0]
            raise ToolError(
                ErrorCode.CONFLICT,
                f"{one.operation.label}: {path} is kept by {manager} (server-side apply), which would set it back: "
                f"change it there",
            )


def render(preview: Preview, shown_too: str = "") -> str:
    """The preview for people: summary, a line a field, warnings, and what can be undone."""
    told = "".join(f"\n  | {line}" for line in shown_too.splitlines())
    if preview.empty:
        return f"{preview.summary}: nothing to change{told}"
    lines = [f"{printable(preview.summary)} [{preview.tier} risk: {preview.why}]"]
    for change in preview.changes:
        lines.append(f"  {_SIGN.get(change.verb, '~')} {change.verb} {change.object}")
        for one in change.fields[:SHOWN_FIELDS]:
            first, *rest = arrow(one.before, one.after)
            lines += [f"      {printable(one.path)}: {first}".rstrip(), *(f"        {line}" for line in rest)]
        if len(change.fields) > SHOWN_FIELDS:
            lines.append(f"      ... and {len(change.fields) - SHOWN_FIELDS} more fields")
    lines += [f"  ! {printable(warning)}" for warning in preview.warnings]
    lines += [f"  undo: {preview.undo}", f"  cluster: {preview.cluster}"]
    return "\n".join(lines) + told


_SIGN: Final = {"create": "+", "delete": "-", "evict": "-", "exec": ">", "save": ">"}
