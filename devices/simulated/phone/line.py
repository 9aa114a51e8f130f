"""Reads a command line as the phone's shell (mksh) does, as far as matters: quotes, expansions, operators.

What is not quoted acts: that is the point. A name that reaches the simulated phone without quotes does here what it
would do there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

OPERATORS: Final = ("&&", "||", "2>&1", ">&2", "2>", ">>", ">", "<", ";", "|", "&", "\n")
REDIRECTIONS: Final = frozenset({"2>", ">", ">>", "<"})
_BLANK: Final = " \t"


class SyntaxProblem(Exception):
    """The shell cannot read the line."""


@dataclass(frozen=True)
class Part:
    """A piece of a word: text, the name of a variable, or a line whose output it is."""

    kind: str
    text: str
    quoted: bool


@dataclass
class Simple:
    """One command: its words, and where its streams go: (operator, target)."""

    words: list[list[Part]] = field(default_factory=list)
    redirections: list[tuple[str, list[Part]]] = field(default_factory=list)


@dataclass
class Pipeline:
    """Commands one into the other. `joint`: the operator before it."""

    joint: str
    commands: list[Simple]


def parse(line: str) -> list[Pipeline]:
    """Raises SyntaxProblem."""
    found: list[Pipeline] = [Pipeline(";", [Simple()])]
    pending = ""
    for kind, word in _tokens(line):
        current = found[-1].commands[-1]
        if kind == "word":
            if pending:
                current.redirections.append((pending, word))
                pending = ""
            else:
                current.words.append(word)
            continue
        operator = word[0].text
        if pending:
            raise SyntaxProblem(f"syntax error: unexpected '{operator}'")
        if operator in REDIRECTIONS:
            pending = operator
        elif operator in ("2>&1", ">&2"):
            current.redirections.append((operator, []))
        elif operator == "|":
            found[-1].commands.append(Simple())
        else:
            found.append(Pipeline(";" if operator in ("&", "\n") else operator, [Simple()]))
    if pending:
        raise SyntaxProblem("syntax error: unexpected 'newline'")
    return [one for one in found if any(command.words or command.redirections for command in one.commands)]


def _tokens(line: str) -> list[tuple[str, list[Part]]]:
    found: list[tuple[str, list[Part]]] = []
    at = 0
    while at < len(line):
        if line[at] in _BLANK:
            at += 1
        elif line[at] in "()":
            raise SyntaxProblem(f"syntax error: unexpected '{line[at]}'")
        elif line[at] == "#":
            at = len(line)
        elif operator := next((one for one in OPERATORS if line.startswith(one, at)), ""):
            found.append(("operator", [Part("text", operator, False)]))
            at += len(operator)
        else:
            at, word = _word(line, at)
            found.append(("word", word))
    return found


def _word(line: str, at: int) -> tuple[int, list[Part]]:
    parts: list[Part] = []
    while at < len(line) and line[at] not in " \t\n;&|<>()":
        letter = line[at]
        if letter == "'":
            end = line.find("'", at + 1)
            if end < 0:
                raise SyntaxProblem("no closing quote")
            parts.append(Part("text", line[at + 1 : end], True))
            at = end + 1
        elif letter == '"':
            at, more = _double(line, at + 1)
            parts += more
        elif letter == "\\":
            parts.append(Part("text", line[at + 1 : at + 2], True))
            at += 2
        elif letter in "$`":
            at, part = _expansion(line, at, quoted=False)
            parts.append(part)
        else:
            parts.append(Part("text", letter, False))
            at += 1
    return at, parts


def _double(line: str, at: int) -> tuple[int, list[Part]]:
    parts = [Part("text", "", True)]
    while at < len(line) and line[at] != '"':
        if line[at] == "\\" and line[at + 1 : at + 2] in ('"', "\\", "$", "`"):
            parts.append(Part("text", line[at + 1], True))
            at += 2
        elif line[at] in "$`":
            at, part = _expansion(line, at, quoted=True)
            parts.append(part)
        else:
            parts.append(Part("text", line[at], True))
            at += 1
    if at >= len(line):
        raise SyntaxProblem("no closing quote")
    return at + 1, parts


def _expansion(line: str, at: int, *, quoted: bool) -> tuple[int, Part]:
    """`$name`, `$?`, `$(...)` or a line in backticks."""
    if line[at] == "`" or line.startswith("$(", at):
        begin = at + (1 if line[at] == "`" else 2)
        end = line.find("`" if line[at] == "`" else ")", begin)
        if end < 0:
            raise SyntaxProblem("no closing quote")
        return end + 1, Part("output", line[begin:end], quoted)
    end = at + 1
    if line[end : end + 1] in ("?", "$"):
        end += 1
    else:
        while end < len(line) and (line[end].isalnum() or line[end] == "_"):
            end += 1
    if end == at + 1:
        return end, Part("text", "$", quoted)
    return end, Part("variable", line[at + 1 : end], quoted)
