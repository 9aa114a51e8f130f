"""The skills for documents, as far as this machine has their libraries; their code is loaded when they are called."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Final

from tools.deferred import deferred
from tools.registry import Registry

FILE: Final = Path(__file__).with_name("skills.json")
NEEDS: Final[dict[str, tuple[str, ...]]] = {
    "chart.make": ("matplotlib",),
    "html.read": ("markdownify", "bs4"),
    "html.write": ("markdown_it",),
    "pdf.read": ("pypdf",),
    "pdf.write": ("fpdf", "matplotlib", "pypdf"),
    "xlsx.read": ("openpyxl", "defusedxml"),
    "xlsx.write": ("openpyxl",),
}


def registry() -> Registry:
    """Every skill whose libraries are installed. They are not loaded."""
    return Registry(*(one for one in deferred(FILE) if all(_has(library) for library in NEEDS.get(one.spec.name, ()))))


@cache
def _has(library: str) -> bool:
    return importlib.util.find_spec(library) is not None
