"""What an analyser finds: a cause, its evidence, and the smallest fix. Text from the cluster is data, and bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from protocol.vocabulary import Json
from tools.errors import printable
from tools.kube.objects import Manifest, name_of, namespace_of, said
from tools.kube.secrecy import HIDDEN, NAMES, hidden

Severity = Literal["critical", "warning", "notice"]
SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "warning", "notice")
READ: Final = 4000
"""Characters of a text that are looked at at all."""
TEXT: Final = 300
"""Characters of one piece of text that came from the cluster."""


class Ref(NamedTuple):
    """Which object. `namespace` is empty for those of the whole cluster."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return said(self.kind, self.namespace, self.name)


def ref(obj: Manifest) -> Ref:
    return Ref(str(obj.get("kind", "")), namespace_of(obj), name_of(obj))


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where it was read: a field of an object, an event (`event REASON`) or a line of a log (`log CONTAINER`)."""

    of: Ref
    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.of} {self.field}: {self.text}"


@dataclass(frozen=True, slots=True)
class Fix:
    """`text` says what to do. `skill` and `arguments` name the write that does it; empty where none is safe to name."""

    text: str
    skill: str = ""
    arguments: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with `subject`. `problem` is a code; `cause` one sentence, without the names of single pods.

    critical: something does not work; warning: it soon will not, or works in part; notice: worth knowing, and maybe
    meant. `pods` are those that have the problem. `about` are other objects that it concerns. Where one of
    `explained_by` has a finding of its own, this one is its consequence: it then stands among its `effects`.
    """

    problem: str
    subject: Ref
    cause: str
    evidence: tuple[Evidence, ...] = ()
    severity: Severity = "critical"
    fix: Fix | None = None
    pods: tuple[str, ...] = ()
    about: frozenset[Ref] = frozenset()
    explained_by: frozenset[Ref] = frozenset()
    effects: tuple[Finding, ...] = ()


def shown(text: object, most: int = TEXT) -> str:
    """A piece of text from the cluster on one line: no secret, no control character, no more than `most` characters."""
    line = printable(hidden(" ".join(str(text)[:READ].split())))
    return line if len(line) <= most else f"{line[: most - 1]}…"


def command(words: Sequence[object]) -> str:
    """A command line without the values of flags that name a secret, or that are written to one letter."""
    said: list[str] = []
    for word in (str(one) for one in words):
        after = bool(said) and said[-1].startswith("-") and bool(NAMES.search(said[-1])) and "=" not in said[-1]
        short = len(word) > 4 and word.startswith(("-p", "-P", "-a")) and not word.startswith("--")
        said.append(HIDDEN if after else f"{word[:2]}{HIDDEN}" if short else word)
    return shown(" ".join(said), 160)


def evidence(obj: Manifest | Ref, field: str, text: object) -> Evidence:
    return Evidence(obj if isinstance(obj, Ref) else ref(obj), field, shown(text))
