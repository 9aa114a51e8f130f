"""Makes skills of verbs: `@reads` answers, `@writes` drafts a change that goes the one way of every write.

    @writes("kube.scale", examples=(...))
    async def scale(session: Session, *, name: Name, replicas: Count, kind: KindWord = "", ...) -> Draft:

A verb knows nothing of previews, approvals or dry runs. The skill made of it takes one more argument, `preview`, which
only the compiler gives.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, get_type_hints

from pydantic import Field, ValidationError

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject, Risk
from tools.context import ToolContext
from tools.errors import ToolError
from tools.kube import commit as committing
from tools.kube import preview as previewing
from tools.kube.change import Draft
from tools.kube.commit import Written
from tools.kube.preview import Preview
from tools.kube.resolve import Resolver
from tools.kube.session import Cluster, Session
from tools.registry import AnySkill, Registry
from tools.skill import skill

PREVIEW: Final = "kube.preview"
TRIES: Final = 4
Given = Annotated[JsonObject, Field(description="The preview that was approved; the compiler gives it.")]


@dataclass(frozen=True, slots=True)
class Verb:
    """A function over a session, with what its skill says of itself. `writes`: it returns a Draft."""

    name: str
    function: Callable[..., Awaitable[Any]]
    writes: bool
    risk: Risk
    examples: tuple[str, ...]
    timeout_s: float
    idempotent: bool = True


def reads(
    name: str, *, examples: tuple[str, ...] = (), timeout_s: float = 120.0
) -> Callable[[Callable[..., Awaitable[Any]]], Verb]:
    """A verb that changes nothing."""
    return lambda function: Verb(name, function, False, Risk.READ, examples, timeout_s)


def writes(
    name: str,
    *,
    risk: Risk = Risk.WRITE,
    examples: tuple[str, ...] = (),
    timeout_s: float = 300.0,
    idempotent: bool = True,
) -> Callable[[Callable[..., Awaitable[Draft]]], Verb]:
    """A verb that drafts a change. Not `idempotent`: an attempt of which nobody knows how it ended is not repeated."""
    return lambda function: Verb(name, function, True, risk, examples, timeout_s, idempotent)


def registry(verbs: Iterable[Verb], cluster: Callable[[], Cluster]) -> Registry:
    """The skills of the verbs, and `kube.preview` for those that write. `cluster` is asked when one is called."""
    known = {verb.name: verb for verb in verbs}
    skills = {name: _skill(verb, cluster) for name, verb in known.items()}
    preview = _preview_skill(known, skills, cluster)
    return Registry(*skills.values(), preview)


def _skill(verb: Verb, cluster: Callable[[], Cluster]) -> AnySkill:
    async def read(context: ToolContext, **values: object) -> object:
        return await verb.function(await _session(cluster, context), **values)

    async def write(context: ToolContext, *, preview: JsonObject | None = None, **values: object) -> object:
        return await _committed(verb, await _session(cluster, context), values, preview)

    function = write if verb.writes else read
    _dress(function, verb)
    made: AnySkill = skill(
        verb.name, risk=verb.risk, idempotent=verb.idempotent, timeout_s=verb.timeout_s, examples=verb.examples,
        preview=PREVIEW if verb.writes else None,
    )(function)  # fmt: skip
    return made


def _dress(function: Callable[..., Awaitable[object]], verb: Verb) -> None:
    """Give the function the verb's own signature, with a context in the session's place."""
    hints = get_type_hints(verb.function, include_extras=True)
    _, *parameters = inspect.signature(verb.function).parameters.values()
    first = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    extra = [inspect.Parameter("preview", inspect.Parameter.KEYWORD_ONLY, default=None)] if verb.writes else []
    function.__signature__ = inspect.Signature([first, *parameters, *extra])  # type: ignore[attr-defined]
    own = {one.name: hints[one.name] for one in parameters}
    returned = Written if verb.writes else hints["return"]
    function.__annotations__ = {"context": ToolContext, **own, "return": returned}
    if verb.writes:
        function.__annotations__["preview"] = Given | None
    function.__doc__ = verb.function.__doc__


async def _session(cluster: Callable[[], Cluster], context: ToolContext) -> Session:
    return await cluster().session(context, time.monotonic())


async def _committed(verb: Verb, session: Session, values: dict[str, object], preview: JsonObject | None) -> Written:
    if preview is None:
        raise ToolError(
            ErrorCode.DENIED, f"{verb.name} writes: it takes the preview that was approved, and there is none"
        )
    try:
        approved = Preview.model_validate(preview)
    except ValidationError:
        raise ToolError(ErrorCode.DENIED, "this is no preview of this device") from None
    now = time.time()
    committing.check(session, verb.name, _given(values), approved, now)
    session = replace(session, made=approved.made)
    done = session.cluster.trail.ended(approved.digest)
    draft = await _again(verb, session, values, approved) if done is None else Draft("")
    return await committing.commit(session, draft, approved, now=now)


async def _again(verb: Verb, session: Session, values: dict[str, object], approved: Preview) -> Draft:
    """The draft for the commit. What a crashed attempt has done already may be in its way: that is then told apart."""
    try:
        return await _draft(verb, session, values)
    except ToolError as error:
        if error.retryable or session.cluster.trail.begun(approved.digest) is None:
            raise
        return Draft(approved.summary)


async def _tried(verb: Verb, session: Session, values: dict[str, object], tentative: bool) -> tuple[Draft, bool]:
    """The draft, and whether it is empty for want of what an earlier step is to make."""
    try:
        return await _draft(verb, session, values), False
    except ToolError as error:
        if not tentative or error.code is not ErrorCode.NOT_FOUND:
            raise
        return Draft(f"{verb.name}: {error.message}, unless an earlier step makes it"), True


async def _draft(verb: Verb, session: Session, values: dict[str, object]) -> Draft:
    certain = replace(session, find=Resolver(session.api, session.kinds, strict=True))
    draft: Draft = await verb.function(certain, **values)
    return draft


def _given(values: dict[str, object]) -> JsonObject:
    """The arguments as JSON, defaults filled in."""
    from pydantic_core import to_jsonable_python

    found: JsonObject = to_jsonable_python(values)
    return found


def _preview_skill(known: dict[str, Verb], skills: dict[str, AnySkill], cluster: Callable[[], Cluster]) -> AnySkill:
    @skill(
        PREVIEW,
        examples=(
            "show what scaling checkout to 4 would change",
            "preview the deletion of pod web-1",
            "what would change if I restart checkout",
            "dry run of setting the image of web to nginx:1.25",
        ),
    )
    async def preview(context: ToolContext, *, skill: str, arguments: JsonObject, tentative: bool = False) -> Preview:
        """Show exactly what a write would change, by the server's own dry run. Changes nothing.

        Args:
            skill: The write skill, such as kube.scale.
            arguments: Its arguments.
            tentative: Show what needs an object that is still to be made, untried.
        """
        verb = known.get(skill)
        if verb is None or not verb.writes:
            raise ToolError(ErrorCode.UNKNOWN_SKILL, f"{skill[:80]} is no skill of this device that writes")
        values = skills[skill].checked({key: value for key, value in arguments.items() if key != "preview"})
        values.pop("preview", None)
        session = replace(await _session(cluster, context), made=round(time.time(), 3))
        for number in range(TRIES):
            draft, untried = await _tried(verb, session, values, tentative)
            try:
                return await previewing.make(
                    session, skill, _given(values), draft, now=time.time(), tentative=tentative, untried=untried
                )
            except ToolError as error:
                # What was read for the draft changed while it was tried: read it again.
                if error.code is not ErrorCode.STALE_PREVIEW or number + 1 == TRIES:
                    raise
        raise AssertionError("the last try raises")

    made: AnySkill = preview
    return made
