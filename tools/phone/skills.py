"""All skills of a phone device."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from protocol.vocabulary import SkillSpec
from tools.phone import apps, copying, facts, installing, locating, looking, shelling, talking, touching
from tools.phone.phone import Phone
from tools.phone.verbs import registry as make
from tools.registry import Registry
from tools.verbs import Verb, verbs_of

MODULES: tuple[ModuleType, ...] = (apps, copying, facts, installing, locating, looking, shelling, talking, touching)


def verbs() -> tuple[Verb, ...]:
    """In name order."""
    return verbs_of(*MODULES)


def registry(phone: Callable[[], Phone]) -> Registry:
    """Every skill of a phone device; `phone` is asked at each call.

    Not `artifact.save` and the like, which would be about the files of the computer beside it: `phone.push` and
    `phone.pull` take and make artifacts themselves.
    """
    return make(verbs(), phone)


def needing() -> tuple[str, ...]:
    """The skills that cannot be used while the phone is not there."""
    return tuple(one.name for one in verbs() if not one.alone)


def specs() -> tuple[SkillSpec, ...]:
    """What the skills say of themselves, without a phone."""

    def nothing() -> Phone:
        raise AssertionError("these skills are not for calling")

    return registry(nothing).specs()
