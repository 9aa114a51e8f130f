"""Reads a skill's docstring: its first paragraph, and the `Args:` section."""

from __future__ import annotations

import inspect
import re

_ARGUMENT = re.compile(r"^ {4}(?P<name>\w+): (?P<text>.+)$")
_MORE = re.compile(r"^ {8}(?P<text>\S.*)$")


def first_paragraph(docstring: str) -> str:
    """The first paragraph on one line."""
    return " ".join(inspect.cleandoc(docstring).split("\n\n")[0].split())


def argument_descriptions(docstring: str) -> dict[str, str]:
    """What the `Args:` section says, by argument."""
    _, _, section = inspect.cleandoc(docstring).partition("\nArgs:\n")
    found: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if begins := _ARGUMENT.match(line):
            name = begins["name"]
            found[name] = begins["text"]
        elif name and (more := _MORE.match(line)):
            found[name] += " " + more["text"]
        else:
            break
    return found
