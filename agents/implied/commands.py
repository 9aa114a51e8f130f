"""Commands of the request with what keeps their output: `make check 2>&1`, `sh build.sh > build.log 2>&1`."""

from __future__ import annotations

import re

_BOTH = r"2>&1|2>\s*/dev/null"
_TAIL = re.compile(rf"^(?P<core>.*?\S)(?:\s*(?:>\s*(?P<file>[\w][\w./-]*)|{_BOTH}))+\s*$", re.DOTALL)


def parts(command: str) -> tuple[str, str]:
    """The command itself, and the file that it is told to write its output to; empty where it is told none."""
    found = _TAIL.match(command.strip())
    if found is None or command.count(">") > 2:
        return command.strip(), ""
    return found["core"], found["file"] or ""


def interpreted(core: str, text: str) -> bool:
    """`run job/report.py with python3`: an interpreter and a file, both of them named, and nothing else."""
    found = re.fullmatch(r"(python3?|sh|bash|node|perl|ruby) ([\w./-]+\.\w+)", core)
    if found is None or not re.search(r"\b(?:run|runs|execute)\b", text, re.IGNORECASE):
        return False
    return all(re.search(rf"(?<![\w/.-]){re.escape(one)}(?![\w/-])", text) for one in found.groups())


def verbatim(core: str, text: str) -> bool:
    """Whether the request has the command word for word, as one: in quotes, behind `run`, or of several words."""
    edge = r"[\s`\"'“”‘’(),;:]"
    before = rf"(?:^|{edge})" if len(core.split()) > 1 else r"(?:[`\"'“‘(]|\b(?:run|runs|execute|call|command)\s+)"
    return re.search(rf"{before}{re.escape(core)}(?=$|{edge}|[.?!](?:\s|$))", text, re.IGNORECASE) is not None
