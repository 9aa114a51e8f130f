"""All skills of a desktop device's own: those of its screen, its windows, its keyboard and mouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType

from protocol.vocabulary import SkillSpec
from tools.desktop import acting, apps, clipboard, keys, looking, notifying, touching
from tools.desktop.desktop import Desktop
from tools.desktop.verbs import registry as make
from tools.registry import Registry
from tools.verbs import Verb, verbs_of

MODULES: tuple[ModuleType, ...] = (acting, apps, clipboard, keys, looking, notifying, touching)


def verbs() -> tuple[Verb, ...]:
    """In name order."""
    return verbs_of(*MODULES)


def registry(desktop: Callable[[], Desktop]) -> Registry:
    """Every one of them; `desktop` is asked at each call."""
    return make(verbs(), desktop)


def withheld(missing: Mapping[str, str]) -> dict[str, str]:
    """Which skills cannot be used, and why, while this is `missing` of the desktop."""
    found = {}
    for one in verbs():
        reasons = [missing[need] for need in one.needs if need in missing]
        if reasons:
            found[one.name] = reasons[0]
    return found


def specs() -> tuple[SkillSpec, ...]:
    """What the skills say of themselves, without a desktop."""

    def nothing() -> Desktop:
        raise AssertionError("these skills are not for calling")

    return registry(nothing).specs()
