"""What a written tool may consist of: a list of attempts to get out, each refused by the check."""

from __future__ import annotations

import textwrap

import pytest

from tools.errors import ToolError
from tools.kube.synthesis.check import MOST_CHARACTERS, check


def tool(body: str, before: str = "") -> str:
    return (
        f"{textwrap.dedent(before)}\ndef tool(client, arguments):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
    )


HARMLESS = {
    "counting": "return len(client.list('pods', namespace=arguments['namespace']))",
    "sorting": "return sorted(client.list('pods'), key=lambda pod: pod['metadata']['name'])[:5]",
    "grouping": """
        found = {}
        for pod in client.list("pods"):
            found.setdefault(pod["metadata"]["namespace"], []).append(pod["metadata"]["name"])
        return {name: len(pods) for name, pods in found.items()}
    """,
    "texts": 'return f\'{len(arguments):>5} of {"a-b".split("-")[0]!r}\'',
    "errors": """
        try:
            return client.get("pod", arguments["name"], "shop")["spec"]
        except (KeyError, TypeError) as error:
            raise ValueError(f"no spec: {error}")
    """,
    "proposing": "client.propose('kube.scale', {'name': 'web', 'replicas': 2})",
}

HOSTILE = {
    "the class of a value": "return ().__class__.__bases__[0].__subclasses__()",
    "a frame of a generator": "return (x for x in []).gi_frame.f_back.f_globals",
    "a traceback": """
        try:
            return 1 / 0
        except ZeroDivisionError as error:
            return error.__traceback__.tb_frame
    """,
    "an attribute without underscores": "return client.get.func_globals",
    "str.format": "return '{0.__class__}'.format(client)",
    "format_map": "return '{a.__class__}'.format_map(arguments)",
    "a computed format": "return f'{arguments!r:{arguments}}'",
    "getattr": "return getattr(client, 'get')",
    "setattr": "setattr(client, 'get', 1)",
    "eval": "return eval('1')",
    "exec": "exec('import os')",
    "compile": "return compile('1', '', 'eval')",
    "open": "return open('/etc/passwd').read()",
    "import": "return __import__('os').system('true')",
    "globals": "return globals()",
    "locals": "return locals()",
    "vars": "return vars(client)",
    "dir": "return dir(client)",
    "type": "return type(client)",
    "type with three arguments": "return type('X', (), {})",
    "super": "return super()",
    "object": "return object()",
    "input": "return input()",
    "breakpoint": "breakpoint()",
    "memoryview": "return memoryview(b'x')",
    "bytes": "return b'x'",
    "a complex number": "return 1j",
    "the ellipsis": "return ...",
    "a huge number": f"return {'9' * 30}",
    "a power": "return 9 ** 9 ** 9",
    "a shift": "return 1 << 100000000",
    "a shift in place": "x = 1\nx <<= 10 ** 9\nreturn x",
    "a bare except": "try:\n    return 1\nexcept:\n    return 2",
    "an assignment to an attribute": "client.get = 1",
    "the deletion of an attribute": "del client.get",
    "a name of the system's": "return __builtins__",
    "the name of the module": "return __name__",
    "a builtin bound anew": "len = 5\nreturn len",
    "an argument with underscores": "return (lambda __x: __x)(1)",
    "a keyword with underscores": "return dict(__class__=1)",
    "a global statement": "global found\nfound = 1",
    "a nonlocal statement": "x = 1\ndef f():\n    nonlocal x\n    x = 2\nreturn f()",
    "a with statement": "with client as c:\n    return c",
    "a generator function": "yield 1",
    "yield from": "yield from []",
    "await": "return await client",
    "a class": "class X:\n    pass\nreturn X",
    "a match statement": "match arguments:\n    case dict(x=1):\n        return 1",
    "an annotated assignment": "x: int = 1\nreturn x",
    "an import within": "import os\nreturn os.environ",
    "a submodule": "import collections.abc\nreturn collections.abc",
    "a name that is not on the module's list": "from datetime import sys\nreturn sys",
    "a relative import": "from . import check\nreturn check",
    "a star import": "from json import *\nreturn 1",
    "a module by another name": "import subprocess as json\nreturn json.loads('1')",
    "a walk through a module": "import re\nreturn re.enum.sys.modules",
    "a look-alike of a name": "return ｇｅｔａｔｔｒ(client, 'x')",
    "a look-alike of an attribute": "return client.＿_class__",
    "an except star": "try:\n    return 1\nexcept* ValueError:\n    pass",
    "a type alias of the future": "return lambda: (yield)",
}


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS.keys())
def test_harmless(body: str) -> None:
    checked = check(tool(body))
    assert len(checked.sha256) == 64
    assert checked.writes is ("propose" in body)


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile(body: str) -> None:
    with pytest.raises(ToolError, match="not allowed to run"):
        check(tool(body))


@pytest.mark.parametrize(
    "code",
    [
        "",
        "x = 1",
        "def other(client, arguments):\n    return 1",
        "def tool(client):\n    return 1",
        "def tool(client, arguments, *rest):\n    return 1",
        "def tool(client, arguments):\n    return 1\nprint(1)",
        "import json\n@json\ndef tool(client, arguments):\n    return 1",
        "async def tool(client, arguments):\n    return 1",
        "def tool(client, arguments):\n    return 1\ndef tool(client, arguments):\n    return 2",
        "def tool(client, arguments=open('x')):\n    return 1",
        "not python at all (",
        "def tool(client, arguments):\n    return 1\x00",
        "def tool(client, arguments):\n    return " + "(" * 300 + "1" + ")" * 300,
        "def tool(client, arguments):\n    return " + "-" * 3000 + "1",
        "#" + "x" * MOST_CHARACTERS,
    ],
)
def test_other_shapes(code: str) -> None:
    with pytest.raises(ToolError, match="not allowed to run"):
        check(code)


def test_every_reason_is_told_by_its_line() -> None:
    with pytest.raises(ToolError, match=r"line 3.*line 4") as caught:
        check(tool("a = client.__class__\nreturn eval('1')"))
    assert "__class__" in caught.value.message


def test_what_a_tool_reads() -> None:
    checked = check(tool("client.logs('p', 'n')\nreturn client.list('pods')"))
    assert checked.reads == ("list", "logs")
