"""The skills that a device offers, by name."""

from __future__ import annotations

from collections.abc import Mapping
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
        self._withheld: dict[str, str] = {}
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

    def remove(self, name: str) -> None:
        """Take a skill away for good; one that is not there is no error."""
        self._skills.pop(name, None)
        self._withheld.pop(name, None)

    def withhold(self, reasons: Mapping[str, str]) -> None:
        """From now on these skills, and no others, cannot be used: by name, why, as a sentence with the next step.

        They are not offered; a call that comes all the same fails as `unavailable`, and may be repeated.
        """
        self._withheld = dict(reasons)

    @property
    def withheld(self) -> Mapping[str, str]:
        """What cannot be used now, and why."""
        return self._withheld

    def specs(self) -> tuple[SkillSpec, ...]:
        """What is offered, in name order."""
        return tuple(self._skills[name].spec for name in sorted(self._skills) if name not in self._withheld)

    def get(self, name: str) -> AnySkill:
        """Raises ToolError(UNKNOWN_SKILL), naming the closest one."""
        found = self._skills.get(name)
        if found is None:
            import difflib  # only who gets a name wrong needs it

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
        if name in self._withheld:
            raise ToolError(ErrorCode.UNAVAILABLE, self._withheld[name], retryable=True)
        return await self.get(name).invoke(arguments, context)
