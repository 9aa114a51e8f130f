"""Python that nobody vouches for: it computes, and reaches nothing but copies of what it was given."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.tools.host.conftest import Call, Refused
from tools.context import ToolLimits
from tools.errors import ToolError
from tools.fake import FakeToolContext
from tools.isolation import namespaces
from tools.registry import Registry

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not namespaces(), reason="no namespaces can be made here"),
]


async def test_it_computes_with_copies(call: Call, workspace: Path) -> None:
    (workspace / "in").mkdir()
    (workspace / "in/data.csv").write_text("a,1\nb,2\n")
    code = """
import csv, json, sys
rows = list(csv.reader(open("in/data.csv")))
json.dump({"sum": sum(int(n) for _, n in rows), "argv": sys.argv[1:]}, open("out.json", "w"))
open("in/data.csv", "w").write("changed")
print("done")
"""
    ran = await call("python.run", code=code, inputs=["in/data.csv"], outputs=["out.json"], arguments=["x"])
    assert (ran["exit_code"], ran["stdout"], ran["stderr"]) == (0, "done\n", "")
    assert json.loads((workspace / "out.json").read_text()) == {"sum": 3, "argv": ["x"]}
    assert (workspace / "in/data.csv").read_text() == "a,1\nb,2\n"
    assert [one["path"] for one in ran["files"]] == ["out.json"]  # type: ignore


async def test_it_reaches_nothing_else(call: Call, workspace: Path, tmp_path: Path) -> None:
    (workspace / "secret.txt").write_text("secret")
    server = socket.create_server(("127.0.0.1", 0))
    code = f"""
import os, socket, json
found = {{}}
for path in ({str(workspace)!r}, {str(tmp_path)!r}, "/etc/passwd", "/root/.ssh", "/proc/1", "/home", "/sys", "/old"):
    try: found[path] = os.listdir(path) if os.path.isdir(path) else open(path).read()
    except OSError as error: found[path] = type(error).__name__
for path in ("/usr/x", "/lib/x", "/x", "/dev/x"):
    try: open(path, "w"); found[path] = "written"
    except OSError as error: found[path] = type(error).__name__
try: socket.create_connection(("127.0.0.1", {server.getsockname()[1]}), 2); found["net"] = "connected"
except OSError as error: found["net"] = type(error).__name__
found["uid"] = os.getuid()
found["variables"] = sorted(os.environ)
found["descriptors"] = [n for n in range(3, 200) if os.path.exists(f"/dev/fd/{{n}}")]
print(json.dumps(found))
"""
    with server:
        ran = await call("python.run", code=code)
    assert ran["exit_code"] == 0, ran["stderr"]
    found = json.loads(str(ran["stdout"]))
    assert {found.pop("net")} <= {"OSError", "ConnectionRefusedError"}
    assert found.pop("uid") != 0 or os.geteuid() != 0
    assert "ASTERISM_TOKEN" not in found.pop("variables")
    assert found.pop("descriptors") == []
    assert not [path for path, what in found.items() if what not in ("FileNotFoundError", "PermissionError", "OSError")]


async def test_what_it_leaves_is_no_way_out(refused: Refused, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("outside")
    link = f"import os; os.symlink({str(tmp_path / 'outside')!r}, 'out')"
    await refused(ErrorCode.BAD_ARGUMENTS, "python.run", code=link, outputs=["out"])
    await refused(ErrorCode.BAD_ARGUMENTS, "python.run", code="import os; os.mkfifo('out')", outputs=["out"])
    await refused(ErrorCode.NOT_FOUND, "python.run", code="1", outputs=["out"])
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "python.run", code="1", outputs=["../out"])
    await refused(ErrorCode.OUTSIDE_WORKSPACE, "python.run", code="1", inputs=["/etc/passwd"])
    assert not (workspace / "out").exists()


async def test_its_fault_is_its_own(call: Call, workspace: Path) -> None:
    ran = await call("python.run", code="open('out', 'w').write('half'); 1 / 0", outputs=["out"])
    assert ran["exit_code"] == 1
    assert "ZeroDivisionError" in str(ran["stderr"])
    assert not (workspace / "out").exists()


async def test_its_time_is_bounded(registry: Registry, workspace: Path) -> None:
    context = FakeToolContext(workspace, limits=ToolLimits(seconds=2))
    with pytest.raises(ToolError) as caught:
        await registry.call("python.run", {"code": "while True: pass"}, context)
    assert caught.value.code is ErrorCode.TIMEOUT
    assert context.cpu_seconds > 0


async def test_its_memory_is_bounded(registry: Registry, workspace: Path) -> None:
    """By its control group, which ends it, or by its own limit, of which Python tells."""
    context = FakeToolContext(workspace, limits=ToolLimits(memory_bytes=128 << 20))
    code = "x = bytearray(400 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1"
    with pytest.raises(ToolError) as caught:  # noqa: PT012 - either end is a good one
        ran = await registry.call("python.run", {"code": code}, context)
        assert isinstance(ran, dict)
        assert "MemoryError" in str(ran["stderr"])
        raise ToolError(ErrorCode.LIMIT_EXCEEDED, "as wanted")
    assert caught.value.code is ErrorCode.LIMIT_EXCEEDED


def mounts() -> int:
    return Path("/proc/self/mounts").read_text().count("\n")


async def test_it_leaves_no_mount_and_no_folder(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = mounts()
    await call("python.run", code="import os; os.makedirs('a/b'); open('a/b/c', 'w')")
    assert mounts() == before
    assert not [name for name in os.listdir(tmp_path) if name.startswith("asterism-jail-")]
