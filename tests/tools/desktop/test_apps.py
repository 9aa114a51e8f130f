"""Applications that are opened and stay, and a clipboard that keeps what was put in."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from protocol.errors import ErrorCode
from tests.support.desktops import Bench, needs_x11
from tests.support.processes import eventually
from tools.desktop import entries
from tools.desktop.session import Session, until

pytestmark = [pytest.mark.slow, needs_x11]
NASTY = 'it\'s $(reboot) "q" ★\nand a second line\n'


def install(desktop: Bench, id: str, *lines: str) -> None:
    """An application of the user's own."""
    folder = Path(desktop.screen.variables["HOME"]) / ".local/share/applications"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{id}.desktop").write_text("\n".join(("[Desktop Entry]", "Type=Application", *lines, "")))


def below(desktop: Bench) -> list[psutil.Process]:
    return [one for one in psutil.Process().children(recursive=True) if one.name() in ("zenity", "xclip")]


async def test_an_application_is_opened_with_a_file_and_stays(desktop: Bench) -> None:
    install(
        desktop, "org.example.Reader", "Name=The Reader", 'Exec=zenity --text-info --title "A Reader" --filename %f'
    )
    (desktop.workspace / "it's $(id).txt").write_text("some words\n")
    listed = await desktop.call("desktop.apps", text="reader")
    assert listed["apps"] == [{"app": "org.example.Reader", "name": "The Reader"}]
    opened = await desktop.call("desktop.open_app", app="reader", file="it's $(id).txt")
    assert opened["app"] == "org.example.Reader"
    assert opened["window"]["title"] == "A Reader"  # type: ignore[index, call-overload]
    await desktop.shown("A Reader")
    assert "some words" in str(await desktop.call("desktop.ui", window="A Reader"))
    assert len(below(desktop)) == 1
    await desktop.desktop.close()
    assert below(desktop) == []


async def test_what_does_not_open_is_told_with_why_and_leaves_nothing(desktop: Bench) -> None:
    install(desktop, "broken", "Name=Broken", "Exec=zenity --no-such-option")
    error = await desktop.refused(ErrorCode.TOOL_FAILED, "desktop.open_app", app="Broken")
    assert "did not open" in error.message
    await desktop.refused(ErrorCode.NOT_FOUND, "desktop.open_app", app="no such thing")
    await desktop.refused(ErrorCode.BAD_ARGUMENTS, "desktop.open_app", app="Broken", file="x")
    assert below(desktop) == []


async def test_a_file_outside_of_the_workspace_is_not_opened(desktop: Bench) -> None:
    install(desktop, "org.example.Reader", "Name=The Reader", "Exec=zenity --text-info --filename %f")
    (desktop.workspace / "out").symlink_to("/etc/passwd")
    for file in ("/etc/passwd", "../x", "out"):
        await desktop.refused(ErrorCode.OUTSIDE_WORKSPACE, "desktop.open_app", app="reader", file=file)


async def test_a_program_is_run_by_name_and_no_shell_reads_its_words(desktop: Bench) -> None:
    opened = await desktop.call(
        "desktop.run_program", program="zenity", arguments=["--info", "--title", "$(id); `id`", "--text", "x"]
    )
    assert opened["window"]["title"] == "$(id); `id`"  # type: ignore[index, call-overload]
    await desktop.refused(ErrorCode.NOT_FOUND, "desktop.run_program", program="no-such-program")
    await desktop.refused(ErrorCode.BAD_ARGUMENTS, "desktop.run_program", program="zenity", arguments=["a\0"])


async def test_a_call_that_is_cancelled_leaves_no_program(desktop: Bench) -> None:
    call = asyncio.ensure_future(desktop.call("desktop.run_program", program="sleep", arguments=["600"]))

    def started() -> bool:
        return any(one.name() == "sleep" for one in psutil.Process().children(recursive=True))

    while not started():
        await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert not started()


@pytest.mark.parametrize("text", [NASTY, "", "x" * 300_000])
async def test_the_clipboard_holds_what_was_put_in(desktop: Bench, text: str) -> None:
    copied = await desktop.call("desktop.write_clipboard", text=text)
    assert copied == {"characters": len(text), "verified": True}
    read = await desktop.call("desktop.read_clipboard")
    assert (read["kind"], read["text"], read["truncated"]) == ("text", text, False)


async def test_what_was_copied_is_in_no_command_line_and_goes_with_the_agent(desktop: Bench) -> None:
    await desktop.call("desktop.write_clipboard", text="first")
    await desktop.call("desktop.write_clipboard", text="hunter2")
    eventually(lambda: len(below(desktop)) == 1, "the one before holds on")
    [holder] = below(desktop)
    assert "hunter2" not in " ".join(holder.cmdline())
    await desktop.desktop.close()
    assert below(desktop) == []
    assert (await desktop.call("desktop.read_clipboard"))["kind"] == "empty"


async def test_a_password_manager_s_password_is_not_read(desktop: Bench) -> None:
    secret = desktop.workspace / "secret"
    secret.write_text("secret")
    desktop.screen.start("xclip", "-quiet", "-selection", "clipboard", "-t", "x-kde-passwordManagerHint", str(secret))

    async def held() -> bool:
        offered = await Session(desktop.desktop, desktop.context).try_run("xclip", "-o", "-sel", "c", "-t", "TARGETS")
        return offered.code == 0

    assert await until(held)
    await desktop.refused(ErrorCode.DENIED, "desktop.read_clipboard")


def test_entries_are_read_as_their_specification_says(tmp_path: Path) -> None:
    folder = tmp_path / "applications"
    (folder / "sub").mkdir(parents=True)
    head = "[Desktop Entry]\nType=Application\nName=A\n"
    files = {
        "a": head + 'Exec=env "a b" "\\\\$x" %i --file=%% %U\nName[de]=B\n[Other]\nExec=rm\n',
        "sub/b": head + "Exec=sh\nTerminal=true\n",
        "hidden": head + "Exec=sh\nNoDisplay=true\n",
        "gone": head + "Exec=no-such-program-here\n",
        "link": "[Desktop Entry]\nType=Link\nURL=x\n",
        "quote": head + 'Exec=sh "open\n',
        "bell\a": head + "Exec=sh\n",
    }
    for name, text in files.items():
        (folder / f"{name}.desktop").write_text(text)
    found = {one.id: one for one in entries.entries({"PATH": os.environ["PATH"], "XDG_DATA_HOME": str(tmp_path)})}
    own = {id: one for id, one in found.items() if one.name == "A"}
    assert set(own) == {"a", "sub-b", "bell\\x07"}
    assert own["a"].words("/x y") == ["env", "a b", "$x", "--file=%", "file:///x%20y"]
    assert own["a"].words() == ["env", "a b", "$x", "--file=%"]
    assert own["sub-b"].terminal


async def test_programs_get_no_token(desktop: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTERISM_TOKEN", "hunter2")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    await desktop.call("desktop.run_program", program="zenity", arguments=["--info", "--title", "Hi"])
    [program] = below(desktop)
    found = program.environ()
    assert found["DISPLAY"] == desktop.screen.display
    assert "hunter2" not in str(found)
