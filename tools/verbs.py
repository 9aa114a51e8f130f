"""Makes skills of functions over a session: an attempt's way to a phone, a screen or a browser.

@verb("phone.battery", examples=("how full is my phone's battery",))
async def battery(session: Session) -> Battery: ...
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import ModuleType
from typing import Any, get_type_hints

from protocol.vocabulary import Risk
from tools.context import ToolContext
from tools.registry import AnySkill, Registry
from tools.skill import skill


@dataclass(frozen=True, slots=True)
class Verb:
    """A function over a session, with what its skill says of itself. `alone`: it works without the other end, too.

    `needs`: by the other end's own words, what of it there has to be.
    """

    name: str
    function: Callable[..., Awaitable[Any]]
    risk: Risk
    idempotent: bool
    timeout_s: float
    examples: tuple[str, ...]
    alone: bool
    needs: tuple[str, ...]


Opened = Callable[[Verb, ToolContext], AbstractAsyncContextManager[Any]]
"""Gives the session that one call of a verb works in, and takes it back. Raises ToolError where there can be none."""


def verb(
    name: str,
    *,
    risk: Risk = Risk.READ,
    idempotent: bool = True,
    timeout_s: float = 120.0,
    examples: tuple[str, ...] = (),
    alone: bool = False,
    needs: tuple[str, ...] = (),
) -> Callable[[Callable[..., Awaitable[Any]]], Verb]:
    """Mark a function as a skill of such a device."""
    return lambda function: Verb(name, function, risk, idempotent, timeout_s, examples, alone, needs)


def verbs_of(*modules: ModuleType) -> tuple[Verb, ...]:
    """Every verb defined in the modules, in name order."""
    found = {one.name: one for module in modules for one in vars(module).values() if isinstance(one, Verb)}
    return tuple(found[name] for name in sorted(found))


def registry(verbs: Iterable[Verb], opened: Opened) -> Registry:
    """The skills of the verbs; each call works in a session of its own."""
    return Registry(*(_skill(one, opened) for one in verbs))


def _skill(one: Verb, opened: Opened) -> AnySkill:
    async def run(context: ToolContext, **values: object) -> object:
        async with opened(one, context) as session:
            return await one.function(session, **values)

    hints = get_type_hints(one.function, include_extras=True)
    _, *parameters = inspect.signature(one.function).parameters.values()
    first = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    run.__signature__ = inspect.Signature([first, *parameters])  # type: ignore[attr-defined]
    own = {parameter.name: hints[parameter.name] for parameter in parameters}
    run.__annotations__ = {"context": ToolContext, **own, "return": hints["return"]}
    run.__doc__ = one.function.__doc__
    made: AnySkill = skill(
        one.name, risk=one.risk, idempotent=one.idempotent, timeout_s=one.timeout_s, examples=one.examples
    )(run)
    return made
