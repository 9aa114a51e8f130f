"""Nothing gets out of the workspace: by name, by link, by a link that comes while we look, or by what is opened."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.places import Root
from tools.workspace import Workspace


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_text("secret")
    return folder


@pytest.fixture
def ws(workspace: Path) -> Workspace:
    return Workspace(workspace)


def read(ws: Workspace, path: str) -> bytes:
    with ws.open_read(path) as (file, _):
        return file.read()


def write(ws: Workspace, path: str, data: bytes = b"new", *, overwrite: bool = True) -> None:
    with ws.replace(path, overwrite=overwrite) as (file, _):
        file.write(data)


def code(ws: Workspace, path: str) -> ErrorCode:
    """With what reading is refused; writing must be refused too."""
    with pytest.raises(ToolError):
        write(ws, path)
    with pytest.raises(ToolError) as caught:
        read(ws, path)
    return caught.value.code


def test_reading_and_writing_inside(ws: Workspace, workspace: Path) -> None:
    write(ws, "deep/er/file.txt", b"data")
    assert (workspace / "deep/er/file.txt").read_bytes() == b"data"
    assert read(ws, "./deep/../deep/er/file.txt") == b"data"
    assert read(ws, str(workspace / "deep/er/file.txt")) == b"data"


@pytest.mark.parametrize(
    "path", ["../outside/secret", "/etc/passwd", "/proc/self/root/etc/passwd", "~/x", "~", "a/../../outside/secret"]
)
def test_names_that_lead_out(ws: Workspace, outside: Path, path: str) -> None:
    assert code(ws, path) is ErrorCode.OUTSIDE_WORKSPACE


@pytest.mark.parametrize("path", ["a\0b", "a\nb", "\udcff", "x" * 300, ""])
def test_names_that_are_none(ws: Workspace, path: str) -> None:
    assert code(ws, path) is ErrorCode.BAD_ARGUMENTS


@pytest.mark.parametrize(
    "target",
    ["../outside", "{outside}", "/", "/proc/self/root", "../workspace/../outside", "sub/../../outside", "loop"],
)
def test_links_that_lead_out(ws: Workspace, workspace: Path, outside: Path, target: str) -> None:
    (workspace / "sub").mkdir()
    (workspace / "link").symlink_to(target.format(outside=outside))
    (workspace / "loop").symlink_to("loop")
    assert code(ws, "link/secret") is ErrorCode.OUTSIDE_WORKSPACE
    assert code(ws, "sub/../link/secret") is ErrorCode.OUTSIDE_WORKSPACE
    assert (outside / "secret").read_text() == "secret"


def test_a_link_as_the_last_component(ws: Workspace, workspace: Path, outside: Path) -> None:
    (workspace / "link").symlink_to(outside / "secret")
    assert code(ws, "link") is ErrorCode.OUTSIDE_WORKSPACE
    (workspace / "dangling").symlink_to(outside / "new")
    assert code(ws, "dangling") is ErrorCode.OUTSIDE_WORKSPACE
    assert not (outside / "new").exists()


def test_links_that_stay_inside_are_followed(ws: Workspace, workspace: Path) -> None:
    (workspace / "releases/3").mkdir(parents=True)
    (workspace / "releases/3/app.log").write_text("three")
    (workspace / "current").symlink_to("releases/3")
    (workspace / "absolute").symlink_to(workspace / "releases")
    (workspace / "releases/3/up").symlink_to("../../releases/3/app.log")
    assert read(ws, "current/app.log") == b"three"
    assert read(ws, "absolute/3/app.log") == b"three"
    assert read(ws, "current/up") == b"three"
    write(ws, "current/up", b"four")
    assert (workspace / "releases/3/app.log").read_text() == "four"
    with ws.locate("current/app.log") as place:
        assert place.path == "releases/3/app.log"


def test_too_many_links(ws: Workspace, workspace: Path) -> None:
    (workspace / "link0").write_text("end")
    for number in range(1, 60):
        (workspace / f"link{number}").symlink_to(f"link{number - 1}")
    assert read(ws, "link10") == b"end"
    with pytest.raises(ToolError, match="too many"):
        read(ws, "link59")


def test_what_is_no_file_is_not_opened(ws: Workspace, workspace: Path) -> None:
    os.mkfifo(workspace / "fifo")
    (workspace / "folder").mkdir()
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(workspace / "socket"))
        for name in ("fifo", "folder", "socket"):
            with pytest.raises(ToolError) as caught:
                read(ws, name)
            assert caught.value.code is ErrorCode.BAD_ARGUMENTS
            with pytest.raises(ToolError):
                write(ws, name)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a device")
def test_devices_are_not_opened(ws: Workspace, workspace: Path) -> None:
    try:
        os.mknod(workspace / "zero", 0o20666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this container cannot make devices")
    assert code(ws, "zero") is ErrorCode.BAD_ARGUMENTS


def test_a_fifo_that_replaces_a_file_does_not_block(ws: Workspace, workspace: Path) -> None:
    (workspace / "file").write_text("x")
    with ws.locate("file") as place:
        (workspace / "file").unlink()
        os.mkfifo(workspace / "file")
        os.close(place.open(os.O_RDONLY))


def test_a_folder_swapped_for_a_link_after_the_walk(ws: Workspace, workspace: Path, outside: Path) -> None:
    """What was located stays what it was: the open folder, not its name."""
    (workspace / "sub").mkdir()
    (workspace / "sub/secret").write_text("mine")
    with ws.locate("sub/secret") as place:
        (workspace / "sub").rename(workspace / "moved")
        (workspace / "sub").symlink_to(outside)
        with os.fdopen(place.open(os.O_RDONLY)) as file:
            assert file.read() == "mine"


def test_a_file_swapped_for_a_link_after_the_walk(ws: Workspace, workspace: Path, outside: Path) -> None:
    (workspace / "file").write_text("mine")
    with ws.locate("file") as place:
        (workspace / "file").unlink()
        (workspace / "file").symlink_to(outside / "secret")
        with pytest.raises(ToolError) as caught:
            place.open(os.O_RDONLY)
        assert caught.value.code is ErrorCode.OUTSIDE_WORKSPACE


def test_swapping_links_all_the_time(ws: Workspace, workspace: Path, outside: Path) -> None:
    """One thread swaps a folder for a link to outside as fast as it can; no read or write ever gets there."""
    (workspace / "real").mkdir()
    (workspace / "real/secret").write_text("mine")
    stop = threading.Event()

    def swap() -> None:
        targets = [str(outside), "real"]
        while not stop.is_set():
            os.symlink(targets[0], workspace / "new")
            os.replace(workspace / "new", workspace / "sub")
            targets.reverse()

    os.symlink("real", workspace / "sub")
    swapper = threading.Thread(target=swap)
    swapper.start()
    seen = set()
    try:
        for turn in range(1500):
            try:
                seen.add(read(ws, "sub/secret"))
                if turn % 10 == 0:
                    write(ws, "sub/secret", b"mine")
            except ToolError as error:
                seen.add(error.code.value.encode())
    finally:
        stop.set()
        swapper.join()
    assert b"secret" not in seen
    assert (outside / "secret").read_text() == "secret"
    assert sorted(path.name for path in outside.iterdir()) == ["secret"]


def test_extra_roots(workspace: Path, outside: Path, tmp_path: Path) -> None:
    writable = tmp_path / "shared"
    writable.mkdir()
    (workspace / "link").symlink_to(outside)
    ws = Workspace(workspace, [Root.of(outside), Root.of(writable, writable=True)])
    assert read(ws, str(outside / "secret")) == b"secret"
    # A link into an allowed folder is as good as the folder.
    assert read(ws, "link/secret") == b"secret"
    write(ws, str(writable / "x"))
    assert (writable / "x").read_text() == "new"
    for path in (str(outside / "x"), "link/x", str(outside / "secret"), str(outside / "sub/x")):
        with pytest.raises(ToolError) as caught:
            write(ws, path)
        assert caught.value.code in (ErrorCode.DENIED, ErrorCode.NOT_FOUND)
    assert [path.name for path in outside.iterdir()] == ["secret"]
    with pytest.raises(ToolError) as caught:
        read(ws, f"{outside}/../workspace/../../x")
    assert caught.value.code is ErrorCode.OUTSIDE_WORKSPACE
    with ws.locate(str(outside / "secret")) as place:
        assert place.path == str(outside / "secret")


def test_a_sibling_whose_name_begins_alike_is_outside(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "workshop").mkdir()
    ws = Workspace(tmp_path / "work")
    with pytest.raises(ToolError) as caught:
        read(ws, str(tmp_path / "workshop/x"))
    assert caught.value.code is ErrorCode.OUTSIDE_WORKSPACE


def test_writing_is_all_or_nothing(ws: Workspace, workspace: Path) -> None:
    (workspace / "file").write_text("old")

    def broken() -> None:
        with ws.replace("file") as (file, _):
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert (workspace / "file").read_text() == "old"
    assert [path.name for path in workspace.iterdir()] == ["file"]


def test_not_overwriting(ws: Workspace, workspace: Path) -> None:
    write(ws, "file", b"first", overwrite=False)
    with pytest.raises(ToolError) as caught:
        write(ws, "file", b"second", overwrite=False)
    assert caught.value.code is ErrorCode.ALREADY_EXISTS
    assert (workspace / "file").read_text() == "first"


def test_not_overwriting_what_came_meanwhile(ws: Workspace, workspace: Path) -> None:
    def late() -> None:
        with ws.replace("file", overwrite=False) as (file, _):
            file.write(b"ours")
            (workspace / "file").write_text("theirs")

    with pytest.raises(ToolError) as caught:
        late()
    assert caught.value.code is ErrorCode.ALREADY_EXISTS
    assert (workspace / "file").read_text() == "theirs"


def test_a_folder_is_not_written_to(ws: Workspace, workspace: Path) -> None:
    (workspace / "folder").mkdir()
    for path in ("folder", "folder/", "new/", ".", "folder/.."):
        with pytest.raises(ToolError) as caught:
            write(ws, path)
        assert caught.value.code in (ErrorCode.ALREADY_EXISTS, ErrorCode.BAD_ARGUMENTS)
    assert os.listdir(workspace) == ["folder"]


def test_permissions_of_a_replaced_file_stay(ws: Workspace, workspace: Path) -> None:
    (workspace / "run.sh").write_text("old")
    (workspace / "run.sh").chmod(0o750)
    write(ws, "run.sh")
    assert (workspace / "run.sh").stat().st_mode & 0o777 == 0o750


def test_descriptors_are_closed(ws: Workspace, workspace: Path) -> None:
    (workspace / "a/b/c").mkdir(parents=True)
    (workspace / "link").symlink_to("a/b")
    before = len(os.listdir("/proc/self/fd"))
    for path in ("a/b/c/x", "link/c", "a/../link", "nothing/x", "../x"):
        with suppress(ToolError), ws.locate(path):
            pass
        with suppress(ToolError):
            read(ws, path)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_workspace_that_is_gone(ws: Workspace, workspace: Path) -> None:
    workspace.rmdir()
    with pytest.raises(ToolError) as caught:
        read(ws, "x")
    assert caught.value.code is ErrorCode.NOT_FOUND


names = st.sampled_from(
    ["a", "b", "..", ".", "", "up", "root", "abs", "self", "proc", "secret", "workspace", "outside"]
)


@pytest.fixture(scope="module")
def maze(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Path]:
    """A workspace full of links, some of which lead out."""
    base = tmp_path_factory.mktemp("maze")
    home = base / "workspace"
    for folder in (home, home / "a", home / "a/b"):
        folder.mkdir()
        (folder / "up").symlink_to("..")
        (folder / "root").symlink_to("/")
        (folder / "abs").symlink_to(home / "a")
        (folder / "self").symlink_to("self/self")
        (folder / "proc").symlink_to(f"/proc/{os.getpid()}/cwd")
        (folder / "outside").symlink_to("../" * 3 + "outside")
        (folder / "workspace").symlink_to("./a/../b")
    (base / "outside").mkdir()
    (base / "secret").write_text("secret")
    (base / "outside/secret").write_text("secret")
    return Workspace(home), home


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
@given(steps=st.lists(names, min_size=1, max_size=8), absolute=st.booleans())
def test_no_path_ever_escapes(maze: tuple[Workspace, Path], steps: list[str], absolute: bool) -> None:
    ws, home = maze
    path = ("/" if absolute else "") + "/".join(steps) or "."
    with suppress(ToolError), ws.locate(path, write=True) as place:
        folder = Path(os.readlink(f"/proc/self/fd/{place.folder}"))
        assert folder == home or home in folder.parents
        assert "/" not in place.name
        assert place.name != ".."


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(path=st.text(max_size=40) | st.text(alphabet="./\\~\0a", max_size=20))
def test_no_text_raises_anything_else(maze: tuple[Workspace, Path], path: str) -> None:
    ws, home = maze
    with suppress(ToolError), ws.locate(path) as place:
        folder = Path(os.readlink(f"/proc/self/fd/{place.folder}"))
        assert folder == home or home in folder.parents
