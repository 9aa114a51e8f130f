"""A chart parser: rules of a typed grammar, and what each of its symbols can mean from a token on.

A rule is a pattern over words, terminals and symbols, and a function of what its named parts mean:

    [a] (b|c d) {name:symbol} %verbs      optional, either, a part, a set of words of its own

A chart keeps what a symbol means from each token on (all ends), so nothing is read twice. A rule is tried only where
the token can begin it. A symbol that begins with itself finds nothing: such rules are written with a tail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

Meaning = Hashable
Binds = tuple[tuple[str, Meaning], ...]
Terminal = Callable[["Chart", int], "tuple[int, Meaning] | None"]
Spans = Callable[["Chart", int], "tuple[tuple[int, Meaning], ...]"]
_PARTS: Final = re.compile(r"[\[\]()|]|\{[a-z]+:[a-z]+\}|%[a-z]+|[^\s\[\]()|{}]+")
LIMIT: Final = 60_000
"""How many parts of rules are tried for a sentence; one that takes more is not read."""


class TooMuch(Exception):
    """A sentence with more readings than anyone should look for."""


@dataclass(frozen=True)
class Node:
    """Part of a pattern. `kind`: word, part, seq, any, maybe."""

    kind: str
    word: str = ""
    name: str = ""
    parts: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Rule:
    node: Node
    mean: Callable[..., Meaning | None]


@dataclass
class Grammar:
    """Symbols with their rules, terminals with what they take, and named sets of words."""

    terminals: Mapping[str, tuple[Terminal, frozenset[str]]]
    sets: Mapping[str, str]
    spans: Mapping[str, tuple[Spans, frozenset[str]]] = field(default_factory=dict)
    """Terminals that may end in several places."""
    rules: dict[str, list[Rule]] = field(default_factory=dict)
    _first: dict[str, frozenset[str]] = field(default_factory=dict)

    def rule(
        self, symbol: str, *patterns: str
    ) -> Callable[[Callable[..., Meaning | None]], Callable[..., Meaning | None]]:
        def keep(mean: Callable[..., Meaning | None]) -> Callable[..., Meaning | None]:
            self.rules.setdefault(symbol, []).extend(Rule(self._compiled(one), mean) for one in patterns)
            return mean

        return keep

    def _compiled(self, pattern: str) -> Node:
        text = pattern
        while "%" in text:
            text = re.sub(r"%([a-z]+)", lambda found: f"({self.sets[found[1]]})", text)
        parts = _PARTS.findall(text)
        node, end = _either(parts, 0)
        if end != len(parts):
            raise ValueError(f"a bracket too many in {pattern!r}")
        return node

    def first(self, symbol: str) -> frozenset[str]:
        """What a token has to be for the symbol to begin with it."""
        if not self._first:
            known: dict[str, set[str]] = {name: set() for name in self.rules}
            grown = True
            while grown:
                grown = False
                for name, rules in self.rules.items():
                    new = set().union(*(self._begins(rule.node, known)[0] for rule in rules))
                    grown |= not new <= known[name]
                    known[name] |= new
            self._first = {name: frozenset(found) for name, found in known.items()}
            self._rules = {
                name: [(frozenset(self._begins(rule.node, known)[0]), rule) for rule in rules]
                for name, rules in self.rules.items()
            }
        return self._first[symbol]

    def starting(self, symbol: str) -> list[tuple[frozenset[str], Rule]]:
        self.first(symbol)
        return self._rules[symbol]

    def _begins(self, node: Node, known: Mapping[str, set[str]]) -> tuple[set[str], bool]:
        """What it can begin with, and whether it can be nothing."""
        if node.kind == "word":
            return {node.word}, False
        if node.kind == "part":
            terminal = self.terminals.get(node.word) or self.spans.get(node.word)
            return (set(terminal[1]) if terminal is not None else set(known[node.word])), False
        if node.kind == "maybe":
            return self._begins(node.parts[0], known)[0], True
        found: set[str] = set()
        if node.kind == "any":
            ways = [self._begins(one, known) for one in node.parts]
            return found.union(*(way for way, _ in ways)), any(nothing for _, nothing in ways)
        for one in node.parts:
            way, nothing = self._begins(one, known)
            found |= way
            if not nothing:
                return found, False
        return found, True


def _either(parts: Sequence[str], at: int) -> tuple[Node, int]:
    ways: list[Node] = []
    row: list[Node] = []
    while at < len(parts) and parts[at] not in ")]":
        one = parts[at]
        if one == "|":
            ways.append(Node("seq", parts=tuple(row)))
            row = []
        elif one in "([":
            inner, at = _either(parts, at + 1)
            if at == len(parts) or parts[at] != {"(": ")", "[": "]"}[one]:
                raise ValueError(f"a bracket is not closed in {' '.join(parts)!r}")
            row.append(inner if one == "(" else Node("maybe", parts=(inner,)))
        elif one[0] == "{":
            name, _, symbol = one[1:-1].partition(":")
            row.append(Node("part", symbol, name))
        else:
            row.append(Node("word", one))
        at += 1
    ways.append(Node("seq", parts=tuple(row)))
    return (ways[0] if len(ways) == 1 else Node("any", parts=tuple(ways))), at


@dataclass
class Chart:
    """What the symbols mean in a row of tokens. `keys` says of each what a rule can ask of it."""

    grammar: Grammar
    tokens: Sequence[object]
    words: Sequence[str]
    keys: Sequence[frozenset[str]]
    plans: Callable[[str, int, int], Meaning | None] | None = None
    """What another grammar makes of some of the tokens, as a clause, a thing or a condition; None: nobody is asked."""
    _known: dict[tuple[str, int], tuple[tuple[int, Meaning], ...]] = field(default_factory=dict)
    _tried: int = 0

    def parse(self, symbol: str, at: int) -> tuple[tuple[int, Meaning], ...]:
        """(end, meaning) of everything that the symbol can be from a token on."""
        if at >= len(self.words):
            return ()
        terminal = self.grammar.terminals.get(symbol)
        if terminal is not None:
            found = terminal[0](self, at) if self.keys[at] & terminal[1] else None
            return () if found is None else (found,)
        known = self._known.get((symbol, at))
        if known is not None:
            return known
        spans = self.grammar.spans.get(symbol)
        if spans is not None:
            asked = self.plans is not None and self.keys[at] & spans[1]
            self._known[symbol, at] = known = spans[0](self, at) if asked else ()
            return known
        self._known[symbol, at] = ()
        out: dict[tuple[int, Meaning], None] = {}
        if self.keys[at] & self.grammar.first(symbol):
            for first, rule in self.grammar.starting(symbol):
                if not self.keys[at] & first:
                    continue
                for end, binds in self._match(rule.node, at, ()):
                    meaning = rule.mean(**dict(binds))
                    if meaning is not None:
                        out[end, meaning] = None
        self._known[symbol, at] = found_all = tuple(out)
        return found_all

    def _match(self, node: Node, at: int, binds: Binds) -> Iterator[tuple[int, Binds]]:
        self._tried += 1
        if self._tried > LIMIT:
            raise TooMuch
        if node.kind == "word":
            if at < len(self.words) and self.words[at] == node.word:
                yield at + 1, binds
        elif node.kind == "part":
            for end, meaning in self.parse(node.word, at):
                yield end, (*binds, (node.name, meaning))
        elif node.kind == "maybe":
            yield from self._match(node.parts[0], at, binds)
            yield at, binds
        elif node.kind == "any":
            for one in node.parts:
                yield from self._match(one, at, binds)
        else:
            yield from self._row(node.parts, 0, at, binds)

    def _row(self, parts: Sequence[Node], number: int, at: int, binds: Binds) -> Iterator[tuple[int, Binds]]:
        if number == len(parts):
            yield at, binds
            return
        for end, more in self._match(parts[number], at, binds):
            yield from self._row(parts, number + 1, end, more)
