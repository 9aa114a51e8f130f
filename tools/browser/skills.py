"""All skills of a browser."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from protocol.vocabulary import SkillSpec
from tools.browser import downloading, grids, looking, opening, touching
from tools.browser.browser import Browser
from tools.browser.finding import lacking
from tools.browser.verbs import registry as make
from tools.registry import Registry
from tools.verbs import Verb, verbs_of

MODULES: tuple[ModuleType, ...] = (downloading, grids, looking, opening, touching)


def verbs() -> tuple[Verb, ...]:
    """In name order."""
    return verbs_of(*MODULES)


def registry(browser: Callable[[], Browser]) -> Registry:
    """Every skill of a browser, which is asked for at each call and started by the first one that needs it."""
    return make(verbs(), browser)


def withheld(program: str = "") -> dict[str, str]:
    """The skills that cannot be used now, and why: there is no browser, or no Playwright. `program` is a named one."""
    why = lacking(program)
    return dict.fromkeys((one.name for one in verbs()), why) if why else {}


def specs() -> tuple[SkillSpec, ...]:
    """What the skills say of themselves, without a browser."""

    def nothing() -> Browser:
        raise AssertionError("these skills are not for calling")

    return registry(nothing).specs()
