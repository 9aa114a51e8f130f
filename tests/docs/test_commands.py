"""Every command line of README and docs is one that the program takes; its requests in words are planned.

Pages whose blocks run as they stand have tests of their own: howto.md, client.md, devices.md, install.md (systemd).
"""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from collections.abc import Iterator

import pytest

from agents.embedded.planner import EmbeddedPlanner
from orchestrator.cli.main import _ordered, build
from orchestrator.core.plan import Clarification, Plan
from orchestrator.core.requests import Request
from tests.agents.embedded.flow.lab import lab
from tests.agents.embedded.kinds.fleet import estate
from tests.support.cli import ROOT
from tests.support.embedded_fleet import Context

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = r"(?:[A-Z_]+=\S* )*(?:asterism|make|python3?|pip|\.venv/bin/python)\b"
ENDS = {";", "&&", "||", "|", "(", ")", "<", ">", ">>", "<<", "&"}
TALK = ("what is in my desktop's clipboard", "...")
"""Asked of what the page has set up, or no request at all."""


def lines() -> Iterator[tuple[str, str]]:
    """(page, command line): of blocks for the shell, and of indented blocks that begin with a program."""
    for page in PAGES:
        text = page.read_text()
        blocks = []
        for kind, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            if kind == "sh":
                blocks.append(re.sub(r"<<'END'\n.*?^END$", "", block, flags=re.DOTALL | re.MULTILINE))
            elif kind == "console":
                blocks.append("\n".join(line[2:] for line in block.splitlines() if line.startswith("$ ")))
        rest = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        for block in re.findall(r"(?:^    .*\n)+", rest, re.MULTILINE):
            bare = re.sub(r"^    ", "", block, flags=re.MULTILINE)
            if re.match(PROGRAMS, bare):
                blocks.append(bare)
        for block in blocks:
            for line in re.sub(r"\\\n", " ", block).splitlines():
                yield page.name, line


def commands(program: str) -> list[tuple[str, list[str]]]:
    """(page, words behind the program), once each."""
    found: dict[tuple[str, tuple[str, ...]], None] = {}
    for page, line in lines():
        for inner in [line, *re.findall(r"\$\((.*?)\)", line)]:
            lexer = shlex.shlex(re.sub(r"\$\(.*?\)", "X", inner), posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            try:
                words = list(lexer)
            except ValueError:
                continue  # prose, or a script's part that no program is called in
            at = 0
            while at < len(words):
                end = next((n for n in range(at, len(words)) if words[n] in ENDS), len(words))
                piece = words[at:end]
                while piece and re.fullmatch(r"[A-Z_]+=.*", piece[0]):
                    piece = piece[1:]
                if piece and re.fullmatch(program, piece[0]):
                    found[page, tuple(piece[1:])] = None
                at = end + 1
    return [(page, list(words)) for page, words in found]


def test_the_program_takes_them() -> None:
    app = build()
    ours = commands("asterism")
    assert len(ours) > 80
    for page, words in ours:
        # `[RUN]` may be left out, `RUN` and `text|mermaid` stand for something.
        plain = [word.strip("[]").split("|")[0] for word in words]
        app.parse_args(_ordered(app, plain), exit_on_error=False, print_error=False), (page, words)


def test_make_has_these_targets() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {words[0] for _, words in commands("make") if words}
    assert asked
    assert asked <= targets


def test_these_modules_and_extras_are_there() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    modules = [words[1] for _, words in commands(r"(?:\.venv/bin/)?python3?") if words[:1] == ["-m"]]
    assert len(modules) >= 5
    assert [one for one in modules if one != "venv" and importlib.util.find_spec(one) is None] == []
    named = [extra for page in PAGES for found in re.findall(r"asterism\[([\w,]+)\]", page.read_text())
             for extra in found.split(",")]  # fmt: skip
    assert len(named) > 10
    assert set(named) <= set(extras)


def requests() -> list[str]:
    asked = {words[-1] for _, words in commands("asterism") if words[:1] == ["run"] and " " in words[-1]}
    return sorted(one for one in asked if one not in TALK)


@pytest.mark.parametrize("text", requests())
def test_a_request_of_the_pages_is_planned(text: str) -> None:
    results = [
        EmbeddedPlanner().propose(Request(text=text, client="desk"), Context(fleet)) for fleet in (estate(), lab())
    ]
    assert any(isinstance(one, (Plan, Clarification)) for one in results), results
