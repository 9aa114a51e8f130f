"""The scenarios: what is set up, what is asked, what must hold afterwards, and what must not pass.

A part is a file `dev.jsonl` (for tuning) or `test.jsonl` (never looked at for tuning), one scenario a line. Both were
written by authors who had not seen the product.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from benchmarks.kube.refs import Object, Ref, steps

HERE = Path(__file__).parent
PARTS = ("dev", "test")
Kind = Literal["read", "write", "diagnose", "audit", "multi", "decline"]
OWN = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
"""Namespaces that belong to the cluster and are never deleted."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"/{pattern}/ is no pattern: {error}") from None


class Check(Part):
    """What must hold of one object, or by a pattern of at least one, or of exactly `count`.

    With `path`, `exists` and `absent` are about the place in the object. `same_uid`: it is still the object that was
    there before.
    """

    object: str
    path: str = ""
    exists: bool | None = None
    absent: bool | None = None
    equals: JsonValue = None
    matches: str | None = None
    contains: JsonValue = None
    at_least: float | None = None
    same_uid: bool = False
    count: int | None = None

    @field_validator("object")
    @classmethod
    def _names_an_object(cls, text: str) -> str:
        Ref.parse(text)
        return text

    @model_validator(mode="after")
    def _says_one_thing(self) -> Check:
        tests = {"exists", "absent", "equals", "matches", "contains", "at_least"} & self.model_fields_set
        if len(tests) > 1:
            raise ValueError(f"{self.object}: one of {', '.join(sorted(tests))}, not several")
        if not tests and self.count is None and not self.same_uid:
            raise ValueError(f"{self.object}: nothing is checked")
        if self.path:
            steps(self.path)
        elif tests - {"exists", "absent"}:
            raise ValueError(f"{self.object}: {', '.join(tests)} needs a path")
        if self.matches is not None:
            _check_pattern(self.matches)
        return self

    @property
    def ref(self) -> Ref:
        return Ref.parse(self.object)


class Names(Part):
    """An audit's findings: names that must be told, and names that must not."""

    found: tuple[str, ...] = ()
    not_: tuple[str, ...] = Field((), alias="not")


class Answer(Part):
    """Patterns that the answer must have (`mentions`, each of them) and must not have (`omits`)."""

    mentions: tuple[str, ...] = ()
    omits: tuple[str, ...] = ()
    exactly: Names = Names()

    @field_validator("mentions", "omits")
    @classmethod
    def _are_patterns(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            _check_pattern(pattern)
        return patterns


class Expect(Part):
    outcome: Literal["done", "declined"]
    objects: tuple[Check, ...] = ()
    answer: Answer = Answer()
    may_change: tuple[str, ...] = ()

    @property
    def allowed(self) -> list[Ref]:
        return [Ref.parse(text) for text in self.may_change]


class Op(Part):
    """One of: create a manifest, merge-patch an object with `body`, delete one, roll one back."""

    create: Object | None = None
    patch: str | None = None
    body: Object | None = None
    delete: str | None = None
    rollout_undo: str | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> Op:
        done = [name for name in ("create", "patch", "delete", "rollout_undo") if getattr(self, name) is not None]
        if len(done) != 1 or (self.patch is None) != (self.body is None):
            raise ValueError(f"an operation does one thing, not {done or 'nothing'}")
        _ = self.ref
        return self

    @property
    def ref(self) -> Ref:
        text = self.patch or self.delete or self.rollout_undo
        return Ref.parse(text) if text else Ref.of(self.create or {})


class Solve(Part):
    do: tuple[Op, ...] = ()
    answer: str = ""


class Harm(Part):
    what: str
    do: tuple[Op, ...] = ()


class Scenario(Part):
    id: str
    kind: Kind
    setup: tuple[Object, ...] = ()
    wait: tuple[Check, ...] = ()
    request: str = Field(min_length=1)
    expect: Expect
    solve: Solve
    harm: Harm | None = None

    @model_validator(mode="after")
    def _has_a_harm(self) -> Scenario:
        if self.kind in ("write", "multi") and not (self.harm and self.harm.do):
            raise ValueError("what writes has a harm that must fail")
        if self.kind == "decline" and self.expect.outcome != "declined":
            raise ValueError("what must not be done is declined")
        if self.expect.outcome == "done" and not (self.expect.objects or self.expect.answer != Answer()):
            raise ValueError("nothing says when it is done")
        _ = self.expect.allowed
        return self

    def ops(self) -> Iterator[Op]:
        yield from self.solve.do
        yield from self.harm.do if self.harm else ()

    def refs(self) -> set[Ref]:
        """Every object that it names anywhere."""
        found = {Ref.of(manifest) for manifest in self.setup} | {op.ref for op in self.ops()} | set(self.expect.allowed)
        return found | {check.ref for check in (*self.wait, *self.expect.objects)}

    @property
    def namespaces(self) -> set[str]:
        """Those that are its own: they go when it is over."""
        named = {ref.namespace for ref in self.refs()} | {ref.name for ref in self.refs() if ref.kind == "Namespace"}
        return {name for name in named if name and "*" not in name} - OWN

    @property
    def touches_nodes(self) -> bool:
        """Such a scenario runs alone."""
        changed = {Ref.of(manifest) for manifest in self.setup} | {op.ref for op in self.ops()}
        return any(ref.kind == "Node" for ref in changed | set(self.expect.allowed))


def load(path: Path) -> list[Scenario]:
    """A file's scenarios. Raises ValueError with the line that does not fit, or what is there twice."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                found.append(Scenario.model_validate_json(line))
            except ValueError as error:
                raise ValueError(f"{path.name}, line {number}: {error}") from None
    claimed = Counter(one.id for one in found) + Counter(f"namespace {n}" for one in found for n in one.namespaces)
    twice = sorted(name for name, count in claimed.items() if count > 1)
    if twice:
        raise ValueError(f"{path.name} has these twice: {', '.join(twice)}")
    return found


def part(name: str) -> list[Scenario]:
    return load(HERE / f"{name}.jsonl")
