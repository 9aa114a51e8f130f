"""A device of your own: typed Python functions become skills (docs/devices.md).

from devices.own import Device

kitchen = Device("kitchen", kind="edge")

@kitchen.skill("lamp.set", risk="write", examples=("switch the lamp on",))
def set_lamp(state: Literal["on", "off"]) -> str:
    \"\"\"Switch the kitchen lamp.\"\"\"
    ...

if __name__ == "__main__":
    kitchen.main()
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Never, ParamSpec, TypeVar, get_origin, get_type_hints

from pydantic import BaseModel, create_model

from devices.config import DeviceSettings
from devices.main import add_options, run_agent
from devices.profile import probe
from devices.serving import serve
from protocol.vocabulary import DeviceKind, JsonObject, Risk
from tools import server, testing
from tools.context import ToolContext
from tools.registry import Registry
from tools.skill import skill

P = ParamSpec("P")
R = TypeVar("R")


class Device:
    """A device agent whose skills are functions. `await run(settings, stop=...)`, or `main()` as a program.

    `kind` is one of protocol.vocabulary.DeviceKind. With `server_skills` it offers those of a server, too: files, text,
    processes, transfers. Raises ValueError for a kind that there is not.
    """

    def __init__(self, name: str, kind: str = "server", *, server_skills: bool = False) -> None:
        self.name = name
        self.kind = DeviceKind(kind)
        self.registry = server.registry() if server_skills else Registry()

    def skill(
        self,
        name: str,
        *,
        risk: str = "read",
        idempotent: bool = True,
        timeout_s: float = 300.0,
        examples: Sequence[str] = (),
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Offer a function as the skill `name` (`noun.verb`), with the schema of its typed parameters.

        `risk`: `read`, `write` or `destructive`; what is not `read` is approved by a person first. `idempotent` says
        that doing it twice is the same as doing it once. `examples` are phrases that ask for it: the embedded planner
        knows it by them. A first parameter named `context` gets the attempt's `tools.context.ToolContext`. What it
        returns becomes the output: a pydantic model or a dictionary as it is, anything else as `value`. A function that
        is no coroutine runs in a thread. Raises TypeError or ValueError where the signature cannot be a skill's.
        """

        def offer(function: Callable[P, R]) -> Callable[P, R]:
            make = skill(name, risk=Risk(risk), idempotent=idempotent, timeout_s=timeout_s, examples=tuple(examples))
            self.registry.add(make(_adapted(function, name)))
            return function

        return offer

    async def run(self, settings: DeviceSettings, *, stop: asyncio.Event) -> None:
        """Register with the orchestrator of the settings, and work until `stop` is set. Raises AgentError."""
        if settings.test_skills:
            self.registry.include(testing.registry())
        await serve(settings, self.registry, probe(settings.workspace), stop=stop)

    def main(self, arguments: Sequence[str] | None = None) -> Never:
        """Run as a program, with the options of every agent (`--url`, `--workspace`, ...), and exit."""
        parser = argparse.ArgumentParser(description=f"The device {self.name}.")
        add_options(parser, self.name)
        parser.set_defaults(kind=self.kind.value)
        try:
            sys.exit(run_agent(parser.parse_args(arguments), self.run))
        except KeyboardInterrupt:  # before the loop runs
            sys.exit(130)


def _adapted(function: Callable[..., object], name: str) -> Callable[..., Any]:
    """The function as `tools.skill` wants it: a context first, everything else by keyword, an object returned."""
    hints = get_type_hints(function, include_extras=True)
    parameters = list(inspect.signature(function).parameters.values())
    wants_context = bool(parameters) and parameters[0].name == "context"
    if wants_context:
        parameters = parameters[1:]
    if any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in parameters):
        raise TypeError(f"skill {name}: every parameter has a name and a type")
    kind, wrap = _returned(hints.get("return", type(None)))

    def call(context: ToolContext, values: dict[str, object]) -> object:
        return function(context, **values) if wants_context else function(**values)

    async def awaited(context: ToolContext, **values: object) -> object:
        waiting = call(context, values)
        assert isinstance(waiting, Awaitable)
        return wrap(await waiting)

    def direct(context: ToolContext, **values: object) -> object:
        return wrap(call(context, values))

    found: Callable[..., Any] = awaited if inspect.iscoroutinefunction(function) else direct
    first = inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    rest = [one.replace(kind=one.KEYWORD_ONLY) for one in parameters]
    found.__signature__ = inspect.Signature([first, *rest])  # type: ignore[attr-defined]
    found.__annotations__ = {**hints, "context": ToolContext, "return": kind}
    found.__doc__ = function.__doc__ or f"{name.replace('.', ' ').replace('_', ' ').capitalize()}."
    return found


def _returned(hint: object) -> tuple[object, Callable[[object], object]]:
    """The type of the output for what a function returns, and how one becomes the other."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return hint, lambda value: value
    if hint == JsonObject or hint is dict or get_origin(hint) is dict:
        return JsonObject, lambda value: value
    model = create_model("Value", value=(hint, ...))  # type: ignore[arg-type]
    return model, lambda value: model(value=value)
