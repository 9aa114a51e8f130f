"""Whether a written tool consists of nothing but what is allowed. Pure: nothing of it is run.

The tool is a module of imports from a short list and of plain functions, of which one is `tool(client, arguments)`.
The check is an allow-list over syntax: what is not known to be harmless is refused. Names are compared as Python's
parser normalises them (NFKC), so that look-alikes gain nothing.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.synthesis.names import ATTRIBUTES, BUILTINS, CLIENT, MODULES

# Small enough for an approval to show all of it: what is cut off there would be approved unseen.
MOST_CHARACTERS: Final = 8_000
MOST_LINES: Final = 90
LONGEST_LINE: Final = 300
MOST_NODES: Final = 5_000
DEPTH: Final = 60
MOST_DIGITS: Final = 18

_ALLOWED: Final = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AugAssign, ast.For, ast.While,
    ast.If, ast.Expr, ast.Pass, ast.Break, ast.Continue, ast.Raise, ast.Try, ast.ExceptHandler, ast.Assert, ast.Delete,
    ast.BoolOp, ast.NamedExpr, ast.BinOp, ast.UnaryOp, ast.Lambda, ast.IfExp, ast.Dict, ast.Set, ast.ListComp,
    ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.Compare, ast.Call, ast.keyword,
    ast.FormattedValue, ast.JoinedStr, ast.Constant, ast.Attribute, ast.Subscript, ast.Starred, ast.Name, ast.List,
    ast.Tuple, ast.Slice, ast.Import, ast.ImportFrom, ast.alias, ast.expr_context, ast.boolop, ast.operator,
    ast.unaryop, ast.cmpop,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checked:
    """A tool that passed. `reads`: the client's methods that it uses; `writes`: whether it proposes writes."""

    code: str
    sha256: str
    reads: tuple[str, ...]
    writes: bool


def check(code: str) -> Checked:
    """The tool, or ToolError(BAD_ARGUMENTS) with every reason against it, by line."""
    problems = list(_problems(code))
    if problems:
        shown = "; ".join(problems[:8])
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"the tool is not allowed to run: {shown}")
    used = {node.attr for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)}
    reads = tuple(sorted(name for name in CLIENT if name in used and name != "propose"))
    return Checked(code, hashlib.sha256(code.encode()).hexdigest(), reads, "propose" in used)


def _problems(code: str) -> Iterator[str]:
    if len(code) > MOST_CHARACTERS:
        yield f"it has {len(code)} characters, and {MOST_CHARACTERS} are allowed"
        return
    lines = code.splitlines()
    if len(lines) > MOST_LINES or max(map(len, lines), default=0) > LONGEST_LINE:
        yield f"it has {len(lines)} lines; {MOST_LINES} are allowed, none longer than {LONGEST_LINE} characters"
        return
    if not all(line.replace("\t", " ").isprintable() for line in lines):
        yield "it has characters that nobody sees"
        return
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        yield f"it is no Python: {type(error).__name__}"
        return
    nodes = list(ast.walk(tree))
    if len(nodes) > MOST_NODES or _deeper(tree, DEPTH):
        yield "it is too large or too deeply nested"
        return
    yield from _shape(tree)
    for node in nodes:
        if not isinstance(node, _ALLOWED):
            yield f"line {getattr(node, 'lineno', 1)}: {type(node).__name__} is not allowed"
        for reason in _of(node):
            yield f"line {getattr(node, 'lineno', 1)}: {reason}"
    yield from _unknown(tree)


def _deeper(tree: ast.AST, limit: int) -> bool:
    level = [tree]
    for _ in range(limit):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True


def _shape(tree: ast.Module) -> Iterator[str]:
    """Imports and functions at the top; one of them the entry."""
    for at, node in enumerate(tree.body):
        docstring = at == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if not docstring and not isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef)):
            yield f"line {node.lineno}: only imports and functions stand at the top"
    entry = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "tool"]
    names = [argument.arg for argument in entry[0].args.args] if entry else []
    if len(entry) != 1 or names != ["client", "arguments"] or entry[0].args.vararg or entry[0].args.kwarg:
        yield "it has one function `tool(client, arguments)`"


def _of(node: ast.AST) -> Iterator[str]:
    """What is wrong with one node of an allowed kind."""
    match node:
        case ast.FunctionDef(decorator_list=[_, *_]):
            yield "decorators are not allowed"
        case ast.Attribute(attr=name) if name not in ATTRIBUTES:
            yield f"`.{name[:40]}` is not allowed"
        case ast.Attribute(ctx=ast.Store() | ast.Del()):
            yield "attributes are not assigned to"
        case ast.Import(names=aliases):
            for alias in aliases:
                if alias.name not in MODULES:
                    yield f"`import {alias.name[:40]}` is not allowed"
        case ast.ImportFrom(module=module, names=aliases, level=level):
            known = MODULES.get(module or "", frozenset()) if not level else frozenset()
            for alias in aliases:
                if alias.name not in known:
                    yield f"`from {str(module)[:40]} import {alias.name[:40]}` is not allowed"
        case ast.Constant(value=bool() | str() | float() | None):
            pass
        case ast.Constant(value=int() as number):
            if len(str(abs(number))) > MOST_DIGITS:
                yield "so large a number is not allowed"
        case ast.Constant():
            yield "a literal of this kind is not allowed"
        case ast.BinOp(op=ast.Pow()):
            yield "`**` is not allowed"
        case ast.BinOp(op=ast.LShift()) | ast.AugAssign(op=ast.LShift() | ast.Pow()):
            yield "`<<` and `**=` are not allowed"
        case ast.ExceptHandler(type=None):
            yield "`except` names what it catches"
        case ast.FormattedValue(format_spec=ast.JoinedStr(values=values)):
            if not all(isinstance(value, ast.Constant) for value in values):
                yield "a computed format is not allowed"


def _unknown(tree: ast.Module) -> Iterator[str]:
    """Names that are neither bound in the tool nor among the builtins, and names that are nobody's to bind."""
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                bound.add(name)
            case ast.FunctionDef(name=name):
                bound.add(name)
            case ast.arg(arg=name):
                bound.add(name)
            case ast.alias(name=name, asname=other):
                bound.add(other or name)
            case ast.ExceptHandler(name=str() as name):
                bound.add(name)
            case ast.keyword(arg=str() as name) if name.startswith("_"):
                yield f"the name `{name[:40]}` is not allowed"
    for name in sorted(bound):
        if (name.startswith("_") and name != "_") or name in BUILTINS:
            yield f"the name `{name[:40]}` is not for binding"
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in bound | BUILTINS:
            yield f"line {node.lineno}: the name `{node.id[:40]}` is not known"
