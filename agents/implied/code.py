"""Python that only computes: from its inputs to its outputs, with the request's own names and numbers.

`python.run` works in a jail with copies of its inputs, so the question here is not what code could break but whether it
could be what was asked for. Code passes that imports and calls only what works values out, opens only files of the
call, and whose texts and numbers are the request's. Whether the sum itself is right cannot be read off it.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterator, Set

from agents.embedded.wordset import words

MODULES = words(
    "bisect collections csv datetime decimal functools heapq itertools json math os re statistics string sys textwrap "
    "zoneinfo"
)
# Of `os` and `sys`, what concerns the call's own files, arguments and output.
PARTS = {"os": {"makedirs", "path"}, "sys": {"argv", "stdout", "stderr"}}
FORBIDDEN = words(
    "eval exec compile globals locals vars setattr delattr getattr input breakpoint memoryview help __import__ "
    "__builtins__ __loader__ __spec__ exit quit"
)
BUILTINS = frozenset(dir(builtins)) - FORBIDDEN
FORMATTING = frozenset({"utf", "ascii", "strict", "newline", "true", "false", "all", "name", "rb", "wb"})
_WORD = re.compile(r"[A-Za-z]{2,}")
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")


def computes(
    code: str, *, reads: Set[str], writes: Set[str], said: Callable[[str], bool], counted: Callable[[float], bool]
) -> bool:
    """Whether the code does no more than that. `reads`, `writes`: paths of the call's inputs and outputs.

    `said` tells whether a word is the request's; `counted` whether a number is.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    made = frozenset(_names(tree))
    modules = {name for node in ast.walk(tree) for name in _imported(node)}
    places = {id(inner) for node in ast.walk(tree) for inner in _places(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            if id(node) not in places and not _constant(node.value, reads | writes, said, counted):
                return False
        elif not _plain(node, made, modules, reads, writes):
            return False
    return True


def _plain(node: ast.AST, made: Set[str], modules: Set[str], reads: Set[str], writes: Set[str]) -> bool:
    match node:
        case ast.Import(names=names):
            return all(one.name in MODULES and one.asname is None for one in names)
        case ast.ImportFrom(module=module, level=level):
            return level == 0 and module in MODULES - PARTS.keys()
        case ast.Name(id=name, ctx=ast.Load()):
            return name in made or name in modules or name in BUILTINS
        case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in PARTS:
            return attr in PARTS[name]
        case ast.Attribute(attr=attr):
            return not attr.startswith("_")
        case ast.Call(func=ast.Name(id="open")):
            return _opens(node, reads, writes)
        case ast.Name(id="open"):
            return True  # looked at where it is called; `map(open, ...)` has nothing to open but the call's own files
        case ast.AsyncFunctionDef() | ast.ClassDef() | ast.Global() | ast.Nonlocal() | ast.Await():
            return False
        case ast.Expr(value=value):
            return isinstance(value, (ast.Call, ast.Constant, ast.Yield))
    return True


def _opens(call: ast.Call, reads: Set[str], writes: Set[str]) -> bool:
    if not call.args or any(one.arg not in ("newline", "encoding", "mode") for one in call.keywords):
        return False
    given = (
        call.args[1] if len(call.args) > 1 else next((one.value for one in call.keywords if one.arg == "mode"), None)
    )
    mode = given.value if isinstance(given, ast.Constant) else "r" if given is None else ""
    path = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
    if not isinstance(mode, str) or not mode:
        return False
    if set(mode) & set("wax+"):
        return path in writes
    return path is None or path in reads | writes


def _constant(value: object, paths: Set[str], said: Callable[[str], bool], counted: Callable[[float], bool]) -> bool:
    if isinstance(value, bool) or value is None or value is Ellipsis:
        return True
    if isinstance(value, (int, float)):
        return value in (0, 1, -1) or counted(float(value))
    if not isinstance(value, str):
        return False
    folders = {path.rpartition("/")[0] for path in paths}
    if value in paths or value in folders:
        return True
    escaped = "\\" in value or "{" in value
    said_in = _WORD.findall(re.sub(r"\\[A-Za-z]", " ", value))
    return all(one.casefold() in FORMATTING or said(one) for one in said_in) and (
        escaped or all(counted(float(one)) for one in _NUMBER.findall(value))
    )


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (one.name.partition(".")[0] for one in node.names)


def _places(node: ast.AST) -> Iterator[ast.AST]:
    """Constants that say where in a list something stands, and modes of files: no content."""
    if isinstance(node, ast.Subscript):
        yield from (one for one in ast.walk(node.slice) if isinstance(one, ast.Constant) and isinstance(one.value, int))
    if isinstance(node, ast.Call):
        known = isinstance(node.func, ast.Name) and node.func.id == "open"
        yield from node.args[1:2] if known else ()
        yield from (one.value for one in node.keywords if one.arg in ("newline", "encoding", "mode", "delimiter"))


def _names(tree: ast.AST) -> Iterator[str]:
    """Every name that the code gives to something."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.FunctionDef(name=name):
                yield name
            case ast.arg(arg=name):
                yield name
            case ast.ImportFrom(names=names):
                yield from (one.asname or one.name for one in names)
            case ast.ExceptHandler(name=str(name)):
                yield name
