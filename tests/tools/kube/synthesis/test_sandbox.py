"""What a written tool can do while it runs: ask, and nothing else."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path

import psutil
import pytest

from protocol.errors import ErrorCode
from protocol.vocabulary import Json, JsonObject
from tools.errors import ToolError
from tools.kube.synthesis import sandbox
from tools.kube.synthesis.check import Checked, check


async def answer(method: str, asked: JsonObject) -> Json:
    if method == "get":
        raise ToolError(ErrorCode.NOT_FOUND, "there is none")
    return {"method": method, **asked}


def tool(body: str) -> Checked:
    return check(f"def tool(client, arguments):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n")


def unchecked(code: str) -> Checked:
    """As if the check had a hole: the process must hold by itself."""
    return Checked(code, "0" * 64, (), False)


async def test_it_asks_and_returns() -> None:
    ran = await sandbox.run(tool("return [client.list('pods', selector='a=b'), arguments['n']]"), {"n": 3}, answer)
    assert ran.value == [{"method": "list", "kind": "pods", "namespace": "", "selector": "a=b"}, 3]
    assert ran.asked == 1


async def test_a_refusal_is_an_error_that_it_may_catch() -> None:
    body = """
        try:
            return client.get("pod", "x")
        except RuntimeError as error:
            return str(error)
    """
    assert (await sandbox.run(tool(body), {}, answer)).value == "there is none"


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("return client.get('pod', 'x')", ErrorCode.TOOL_FAILED, "there is none"),
        ("return {1: {2}}", ErrorCode.TOOL_FAILED, "TypeError"),
        ("return float('nan')", ErrorCode.TOOL_FAILED, "ValueError"),
        ("return 'x' * 1000000", ErrorCode.OUTPUT_TOO_LARGE, "return less"),
        ("return 'x' * 100000000", ErrorCode.OUTPUT_TOO_LARGE, "more than it may"),
        ("x = []\nwhile True:\n    x.append('a' * 1000000 + str(len(x)))", ErrorCode.TOOL_FAILED, "memory"),
        ("def f(n):\n    return f(n + 1)\nreturn f(0)", ErrorCode.TOOL_FAILED, "deeply"),
        ("while True:\n    client.list('pods')", ErrorCode.TOOL_FAILED, "more than 200 times"),
    ],
)
async def test_it_is_bounded(body: str, code: ErrorCode, said: str) -> None:
    with pytest.raises(ToolError, match=said) as caught:
        await sandbox.run(tool(body), {}, answer)
    assert caught.value.code is code


async def test_an_endless_loop_ends_with_its_whole_process_group() -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with pytest.raises(ToolError) as caught:
        await sandbox.run(tool("while True:\n    pass"), {}, answer, seconds=1.0)
    assert caught.value.code is ErrorCode.TIMEOUT
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


ESCAPES = {
    "a file": "open('/etc/hostname').read()",
    "a file to write": "open('escaped', 'w').write('x')",
    "a process": "__import__('os').fork()",
    "a program": "__import__('subprocess').run(['true'])",
    "the network": "__import__('socket').socket().connect(('127.0.0.1', 9))",
    "the environment": "str(dict(__import__('os').environ))[:0] + ['x'][len(__import__('os').environ)]",
}


@pytest.mark.parametrize("expression", ESCAPES.values(), ids=ESCAPES.keys())
async def test_the_process_holds_where_the_check_would_not(expression: str, tmp_path: Path) -> None:
    """The builtins are given back to the tool on purpose: limits and namespaces are what is left."""
    code = f"""
def tool(client, arguments):
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "BuiltinImporter":
            builtins = kind.load_module("builtins")
    open, __import__ = builtins.open, builtins.__import__
    return {expression}
"""
    with pytest.raises(ToolError):
        await sandbox.run(unchecked(code), {}, answer)
    assert not (Path.cwd() / "escaped").exists()


async def test_nothing_of_the_device_is_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_CANARY", "c4n4ry")
    code = """
def tool(client, arguments):
    for kind in ().__class__.__base__.__subclasses__():
        if kind.__name__ == "BuiltinImporter":
            os = kind.load_module("posix")
    return [str(os.environ), os.getcwd()]
"""
    ran = await sandbox.run(unchecked(code), {}, answer)
    assert "c4n4ry" not in str(ran.value)
    assert os.getcwd() not in str(ran.value)
