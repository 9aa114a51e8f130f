"""The skills that a device offers, by name."""

from __future__ import annotations

import difflib
from types import ModuleType
from typing import Any

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject, SkillSpec
from tools.context import ToolContext
from tools.errors import ToolError
from tools.skill import Skill

# A registry holds skills of every signature; what they take and return is checked at run time.
AnySkill = Skill[..., Any]


class Registry:
    """Skills by name. Adding one twice is a programmer's error and raises ValueError."""

    def __init__(self, *skills: AnySkill) -> None:
        self._skills: dict[str, AnySkill] = {}
        for one in skills:
            self.add(one)

    @classmethod
    def of_modules(cls, *modules: ModuleType) -> Registry:
        """Every skill defined in the modules, in name order."""
        found = [value for module in modules for value in vars(module).values() if isinstance(value, Skill)]
        return cls(*sorted(dict.fromkeys(found), key=lambda one: one.spec.name))

    def add(self, skill: AnySkill) -> None:
        if skill.spec.name in self._skills:
            raise ValueError(f"there is a skill {skill.spec.name} already")
        self._skills[skill.spec.name] = skill

    def include(self, other: Registry) -> None:
        """Add all skills of another registry."""
        for one in other._skills.values():
            self.add(one)

    def specs(self) -> tuple[SkillSpec, ...]:
        """In name order."""
        return tuple(self._skills[name].spec for name in sorted(self._skills))

    def get(self, name: str) -> AnySkill:
        """Raises ToolError(UNKNOWN_SKILL), naming the closest one."""
        found = self._skills.get(name)
        if found is None:
            close = difflib.get_close_matches(name[:80], self._skills, n=1)
            hint = f"did you mean {close[0]}?" if close else "see `asterism devices` for what it offers"
            raise ToolError(ErrorCode.UNKNOWN_SKILL, f"this device has no skill {name[:80]}: {hint}")
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._skills

    def __len__(self) -> int:
        return len(self._skills)

    async def call(self, name: str, arguments: JsonObject, context: ToolContext) -> Json:
        """Run a skill; its output as JSON. Raises ToolError and nothing else, but for CancelledError."""
        return await self.get(name).invoke(arguments, context)
