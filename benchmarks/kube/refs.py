"""How scenarios name objects, `Kind namespace/name` or `Kind name`, and places in them, `spec.containers[0].image`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

# Objects come from the API server and manifests from files: JSON of any shape, walked by paths.
Object = dict[str, Any]

_REF = re.compile(r"^(?P<kind>[A-Z][A-Za-z0-9]*) (?:(?P<namespace>[a-z0-9*?\[\]-]+)/)?(?P<name>[A-Za-z0-9.:*?\[\]-]+)$")
_STEP = re.compile(
    r"""\.?(?P<key>[^.\[\]]+)|\[(?P<index>\d+)\]|\[(?P<any>\*)\]|\["(?P<double>[^"]+)"\]|\['(?P<single>[^']+)'\]"""
)
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True, order=True)
class Ref:
    """An object, or by `*` and `?` in its names a pattern of objects. `namespace` is empty for cluster-scoped kinds."""

    kind: str
    name: str
    namespace: str = ""

    @classmethod
    def parse(cls, text: str) -> Ref:
        """Raises ValueError where the text is no reference."""
        found = _REF.match(text)
        if found is None:
            raise ValueError(f"{text!r} is no reference: write `Kind namespace/name`, or `Kind name`")
        return cls(found["kind"], found["name"], found["namespace"] or "")

    @classmethod
    def of(cls, thing: Object) -> Ref:
        metadata = thing["metadata"]
        return cls(str(thing["kind"]), metadata["name"], metadata.get("namespace", ""))

    @property
    def is_pattern(self) -> bool:
        return bool(_PATTERN.search(self.name)) or self.is_pattern_of_namespaces

    @property
    def is_pattern_of_namespaces(self) -> bool:
        return bool(_PATTERN.search(self.namespace))

    def names(self, other: Ref) -> bool:
        """Whether `other`, an object, is this one or fits this pattern."""
        return (
            fnmatchcase(other.kind, self.kind)
            and fnmatchcase(other.namespace, self.namespace)
            and fnmatchcase(other.name, self.name)
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


def steps(path: str) -> list[str | int]:
    """A path's keys and indices, `*` for any element. Raises ValueError where it is none."""
    found: list[str | int] = []
    position = 0
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None or (step["key"] and position and path[position] != "."):
            raise ValueError(f"{path!r} is no path: at {path[position:]!r}")
        if step["index"] is not None:
            found.append(int(step["index"]))
        else:
            found.append(step["key"] or step["any"] or step["double"] or step["single"])
        position = step.end()
    if not found:
        raise ValueError("the path is empty")
    return found


def values(thing: object, path: str) -> list[object]:
    """Everything that a path leads to: nothing where it leads nowhere, several things behind `[*]`."""
    reached = [thing]
    for step in steps(path):
        reached = [value for one in reached for value in _next(one, step)]
    return reached


def _next(thing: object, step: str | int) -> list[object]:
    if isinstance(thing, list):
        if step == "*":
            return list(thing)
        return [thing[step]] if isinstance(step, int) and step < len(thing) else []
    if isinstance(thing, dict):
        if step == "*":
            return list(thing.values())
        return [thing[step]] if step in thing else []
    return []
