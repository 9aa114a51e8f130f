"""Looks for circles among the modules: those that import each other can only be understood, moved and tested together.

    python scripts/check_circles.py [ROOT]      exit 0 when there is none, 1 with one line a circle

An import inside a function, or for type checkers alone, counts, too. The packages are those of the import contracts.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import grimp
import networkx as nx


def main(root: Path) -> int:
    found = list(circles(imports(root)))
    for circle in found:
        sys.stdout.write(f"{circle}\n")
    sys.stdout.write(f"Circles of imports: {len(found)} findings.\n")
    return 1 if found else 0


def imports(root: Path) -> Iterator[tuple[str, str]]:
    """Every import of one module by another: (importer, imported)."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    sys.path.insert(0, str(root))
    graph = grimp.build_graph(*settings["root_packages"], cache_dir=str(root / ".cache" / "grimp"))
    for module in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(module)):
            yield module, imported


def circles(edges: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A sentence for each set of modules that reach each other, with one way round."""
    graph = nx.DiGraph(edges)
    for members in sorted(map(sorted, nx.strongly_connected_components(graph))):
        if len(members) > 1:
            way = nx.find_cycle(graph.subgraph(members))
            names = " -> ".join([*(importer for importer, _ in way), way[-1][1]])
            yield f"{len(members)} modules import each other: {names}"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()))
