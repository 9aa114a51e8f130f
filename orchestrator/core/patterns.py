"""Regular expressions in linear time, for patterns that a plan brings along.

Python's `re` backtracks: a pattern such as `(a+)+$` can hold its thread for longer than anybody waits, and plans are
not trusted. This is the part of its language that needs no backtracking: literals, `.`, classes, `\\d \\w \\s` and
their opposites, groups, `|`, `* + ? {m,n}` (lazy ones too: whether a match exists is the same), `^ $ \\b \\B`, and
`(?i)` at the beginning. No look-around, no back-references. An automaton is followed in all its states at once
(Thompson, "Regular Expression Search Algorithm", 1968); sets of states that came up before are remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

MAX_PATTERN: Final = 500  # characters
MAX_DEPTH: Final = 30  # groups within groups
MAX_STATES: Final = 400
MAX_STEPS: Final = 4_000_000  # states times characters: text beyond it is not looked at
MAX_KNOWN: Final = 5_000  # sets of states that are remembered

Test = Callable[[str], bool]
# ("one", test) ("all", parts) ("any", parts) ("many", part, least, most or None) ("where", kind)
Node = tuple[str, *tuple[object, ...]]
Place = tuple[bool, bool, bool]  # at the beginning, at the end, at a word's edge

_CLASSES: Final[dict[str, Test]] = {
    "d": str.isdecimal,
    "w": lambda char: char.isalnum() or char == "_",
    "s": str.isspace,
    "D": lambda char: not char.isdecimal(),
    "W": lambda char: not (char.isalnum() or char == "_"),
    "S": lambda char: not char.isspace(),
}
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_WHERE: Final = {"^": "begin", "$": "end", "b": "edge", "B": "inside"}


class PatternError(ValueError):
    """Not a pattern of this language, or too large a one."""


class _Parser:
    def __init__(self, text: str) -> None:
        self.fold = text.startswith("(?i)")
        self.text = text[4:] if self.fold else text
        self.at = 0
        self.depth = 0

    def parse(self) -> Node:
        node = self._alternatives()
        if self.at < len(self.text):
            raise PatternError(f"an unmatched `)` at character {self.at + 1}")
        return node

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self) -> str:
        if self.at >= len(self.text):
            raise PatternError("the pattern ends too early")
        self.at += 1
        return self.text[self.at - 1]

    def _alternatives(self) -> Node:
        parts = [self._sequence()]
        while self._peek() == "|":
            self.at += 1
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else ("any", parts)

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return ("all", parts)

    def _repeated(self, node: Node) -> Node:
        bounds = self._bounds()
        if bounds is None:
            return node
        if node[0] == "where":
            raise PatternError("nothing to repeat")
        if self._peek() == "?":  # lazy
            self.at += 1
        if self._bounds() is not None:
            raise PatternError("a repetition of a repetition needs a group")
        return ("many", node, *bounds)

    def _bounds(self) -> tuple[int, int | None] | None:
        char = self._peek()
        if char in ("*", "+", "?") and char:
            self.at += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[char]
        close = self.text.find("}", self.at)
        least, comma, most = self.text[self.at + 1 : close].partition(",")
        if (
            char != "{"
            or close < 0
            or not all(part.isdecimal() and part.isascii() for part in (least or "0", most or "0"))
        ):
            return None
        if not least and not most:
            return None
        self.at = close + 1
        low = int(least[:6] or 0)
        high = (int(most[:6]) if most else None) if comma else low
        if high is not None and high < low:
            raise PatternError("a repetition from more to less")
        return (low, high)

    def _atom(self) -> Node:
        char = self._take()
        if char == "(":
            if self._peek() == "?" and self.text[self.at : self.at + 2] != "?:":
                raise PatternError("only plain groups and (?:...) are allowed, and (?i) at the beginning")
            self.at += 2 if self._peek() == "?" else 0
            return self._group()
        if char == "[":
            return ("one", self._set())
        if char == ".":
            return ("one", lambda found: found != "\n")
        if char in "^$":
            return ("where", _WHERE[char])
        if char in "*+?":
            raise PatternError("nothing to repeat")
        if char != "\\":
            return ("one", self._literal(char))
        return ("where", _WHERE[self._take()]) if self._peek() in ("b", "B") else ("one", self._escaped())

    def _group(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise PatternError(f"more than {MAX_DEPTH} groups within one another")
        node = self._alternatives()
        if self._peek() != ")":
            raise PatternError("a `(` without its `)`")
        self.at += 1
        self.depth -= 1
        return node

    def _escaped(self) -> Test:
        char = self._take()
        if char in _CLASSES:
            return _CLASSES[char]
        return self._literal(self._escape(char))

    def _escape(self, char: str) -> str:
        if char.isalnum() and char not in _ESCAPES:
            raise PatternError(f"`\\{char}` is not of this language")
        return _ESCAPES.get(char, char)

    def _literal(self, char: str) -> Test:
        if self.fold and (char.lower() != char or char.upper() != char):
            both = (char.lower(), char.upper())
            return lambda found: found in both
        return lambda found: found == char

    def _set(self) -> Test:
        negated = self._peek() == "^"
        self.at += negated
        tests: list[Test] = []
        first = True
        while first or self._peek() != "]":
            first = False
            tests.append(self._member())
        self.at += 1
        if self.fold:
            plain, tests = tests, []
            tests.append(lambda found: any(test(found.lower()) or test(found.upper()) for test in plain))
        return lambda found: any(test(found) for test in tests) != negated

    def _member(self) -> Test:
        char = self._take()
        if char == "\\":
            char = self._take()
            if char in _CLASSES:
                return _CLASSES[char]
            char = self._escape(char)
        if self._peek() != "-" or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return lambda found: found == char
        self.at += 1
        last = self._take()
        if last == "\\":
            last = self._escape(self._take())
        if last < char:
            raise PatternError("a range from more to less")
        return lambda found: char <= found <= last


class Pattern:
    """A compiled pattern. Raises PatternError where `text` is none."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_PATTERN:
            raise PatternError(f"a pattern has at most {MAX_PATTERN} characters")
        # A state is ("one", test, next), ("fork", next, next), ("where", kind, next) or ("found",).
        self._code: list[tuple[object, ...]] = [("found",)]
        self._start = self._emit(_Parser(text).parse(), 0)
        self._wanders = any(state[0] == "where" for state in self._code)
        self._closed: dict[tuple[tuple[int, ...], Place], tuple[int, ...] | None] = {}
        self._moved: dict[tuple[tuple[int, ...], str], tuple[int, ...]] = {}

    def _new(self, *state: object) -> int:
        if len(self._code) >= MAX_STATES:
            raise PatternError("the pattern is too large")
        self._code.append(state)
        return len(self._code) - 1

    def _emit(self, node: Node, after: int) -> int:
        """The states of a node that goes on at `after`; where they begin."""
        kind, *rest = node
        if kind in ("one", "where"):
            return self._new(kind, rest[0], after)
        if kind == "all":
            for part in reversed(rest[0]):  # type: ignore[call-overload]
                after = self._emit(part, after)
            return after
        if kind == "any":
            first, *others = [self._emit(part, after) for part in rest[0]]  # type: ignore[attr-defined]
            for other in others:
                first = self._new("fork", first, other)
            return first
        part, least, most = rest
        return self._repeat(part, least, most, after)  # type: ignore[arg-type]

    def _repeat(self, part: Node, least: int, most: int | None, after: int) -> int:
        begin = after
        if most is None:
            begin = self._new("fork", after, after)
            self._code[begin] = ("fork", self._emit(part, begin), after)
        else:
            for _ in range(most - least):
                begin = self._new("fork", self._emit(part, begin), after)
        for _ in range(least):
            again = self._emit(part, begin)
            if again == begin:  # nothing, however often it is repeated
                break
            begin = again
        return begin

    def search(self, text: str) -> bool:
        """Whether the pattern matches somewhere. Only the first part of a very long text is looked at."""
        text = text[: MAX_STEPS // len(self._code)]
        states: tuple[int, ...] = ()
        place: Place = (False, False, False)
        for at in range(len(text) + 1):
            if self._wanders:
                place = _place(text, at)
            closed = self._close((*states, self._start), place)
            if closed is None:
                return True
            if at < len(text):
                states = self._move(closed, text[at])
        return False

    def _close(self, states: tuple[int, ...], place: Place) -> tuple[int, ...] | None:
        """The states that wait for a character; None where the pattern has matched."""
        key = (states, place)
        if key not in self._closed:
            if len(self._closed) > MAX_KNOWN:
                self._closed.clear()
            self._closed[key] = self._reach(states, place)
        return self._closed[key]

    def _reach(self, states: tuple[int, ...], place: Place) -> tuple[int, ...] | None:
        seen = dict.fromkeys(states)
        queue = list(seen)
        for number in queue:
            kind, *rest = self._code[number]
            if kind == "found":
                return None
            following = rest if kind == "fork" else rest[1:] if kind == "where" and _holds(str(rest[0]), place) else ()
            for other in following:
                if other not in seen:
                    seen[other] = None  # type: ignore[index]
                    queue.append(other)  # type: ignore[arg-type]
        return tuple(sorted(number for number in queue if self._code[number][0] == "one"))

    def _move(self, states: tuple[int, ...], char: str) -> tuple[int, ...]:
        key = (states, char)
        if key not in self._moved:
            if len(self._moved) > MAX_KNOWN:
                self._moved.clear()
            found = [self._code[number] for number in states]
            self._moved[key] = tuple(dict.fromkeys(state[2] for state in found if state[1](char)))  # type: ignore
        return self._moved[key]


def _place(text: str, at: int) -> Place:
    word = _CLASSES["w"]
    before, after = text[at - 1 : at] if at else "", text[at : at + 1]
    edge = bool(before and word(before)) != bool(after and word(after))
    return (at == 0, at == len(text) or (at == len(text) - 1 and after == "\n"), edge)


def _holds(kind: str, place: Place) -> bool:
    begin, end, edge = place
    return {"begin": begin, "end": end, "edge": edge, "inside": not edge}[kind]


@lru_cache(maxsize=256)
def compiled(text: str) -> Pattern:
    """The pattern, compiled once. Raises PatternError."""
    return Pattern(text)
