"""Skills whose code is loaded when they are first called: what they say of themselves lies in a file beside them.

A small device thereby starts sooner and in less memory: the models behind sixty skills take half a second and 8 MB.
The file is written by `python -m tools.docs`, and a test fails where it is out of date.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import TypeAdapter

from protocol.vocabulary import Json, JsonObject, SkillSpec
from tools.context import ToolContext
from tools.registry import AnySkill, Registry
from tools.skill import Skill


class Deferred(Skill[..., Any]):
    """Stands for a skill of `module`, and becomes it at the first call."""

    def __init__(self, spec: SkillSpec, module: str) -> None:
        self.spec = spec
        self.module = module
        self._found: AnySkill | None = None

    def load(self) -> AnySkill:
        """The skill itself."""
        if self._found is None:
            module = importlib.import_module(self.module)
            self._found = Registry.of_modules(module).get(self.spec.name)
        return self._found

    def checked(self, arguments: JsonObject) -> dict[str, object]:
        return self.load().checked(arguments)

    async def invoke(self, arguments: JsonObject, context: ToolContext) -> Json:
        if self._found is None:
            await asyncio.to_thread(self.load)  # it takes a while, and the event loop has other work
        return await self.load().invoke(arguments, context)


_FILE = TypeAdapter(dict[str, tuple[SkillSpec, ...]])


def written(modules: Iterable[ModuleType]) -> bytes:
    """The file for these modules."""
    found = {module.__name__: Registry.of_modules(module).specs() for module in modules}
    return _FILE.dump_json(found, exclude_defaults=True, indent=1) + b"\n"


def deferred(path: Path) -> list[Deferred]:
    """The skills that a file tells of."""
    found = _FILE.validate_json(path.read_bytes())
    return [Deferred(spec, module) for module, specs in found.items() for spec in specs]
