"""The shell of a simulated phone acts as a shell does: what is not quoted acts, what is quoted is data."""

from __future__ import annotations

import pytest

from devices.simulated.phone.calls import Memory
from devices.simulated.phone.files import File
from devices.simulated.phone.shell import Shell
from devices.simulated.phone.state import SimulatedPhone


async def run(phone: SimulatedPhone, line: str) -> tuple[int, str, str]:
    terminal = Memory()
    code = await Shell(phone).run(line, terminal)
    return code, terminal.out.decode(), terminal.err.decode()


@pytest.mark.parametrize(
    ("line", "code", "out"),
    [
        ("echo a  b", 0, "a b\n"),
        ("echo 'a  b' \"c d\" e\\ f", 0, "a  b c d e f\n"),
        ("echo '$(id)' \"\\$HOME\" \\`", 0, "$(id) $HOME `\n"),
        ('echo $(whoami) `whoami` "$USER"', 0, "shell shell shell\n"),
        ("false; echo $?", 0, "1\n"),
        ("false && echo a || echo b", 0, "b\n"),
        ("exit 3", 3, ""),
        ("sh -c 'exit 4'; echo $?", 0, "4\n"),
        ("echo a | cat | cat", 0, "a\n"),
        ("echo a > /sdcard/x; echo b >> /sdcard/x; cat < /sdcard/x", 0, "a\nb\n"),
        ("echo a > /dev/null", 0, ""),
        ("nothing 2>&1 | grep -c found", 0, "/system/bin/sh: nothing: inaccessible or not found\n"),
        ("ls /sdcard/Doc*", 0, "shopping.txt\n"),
        ("echo # a comment", 0, "\n"),
        ("echo a\necho b", 0, "a\nb\n"),
        ("[ -f /sdcard/Documents/shopping.txt ] && echo there", 0, "there\n"),
    ],
)
async def test_lines_do_what_they_do_in_a_shell(line: str, code: int, out: str) -> None:
    assert (await run(SimulatedPhone(), line))[:2] == (code, out)


@pytest.mark.parametrize("line", ["echo 'a", 'echo "a', "echo (a)", "echo a >", "echo $(a"])
async def test_what_cannot_be_read_fails(line: str) -> None:
    code, out, err = await run(SimulatedPhone(), line)
    assert (code, out) == (1, "")
    assert err


async def test_a_name_without_quotes_does_harm() -> None:
    """So that a test which finds none proves that it was quoted."""
    phone = SimulatedPhone()
    await run(phone, "cat x; rm -rf /sdcard/Documents; echo")
    assert phone.files.find("/sdcard/Documents/shopping.txt") is None


async def test_only_its_own_files_can_be_changed() -> None:
    phone = SimulatedPhone()
    for line in ("echo a > /etc/passwd", "rm -rf /", "mkdir /system/x", "mv /sdcard/Documents/shopping.txt /proc/x"):
        assert (await run(phone, line))[0] == 1
    assert isinstance(phone.files.find("/storage/emulated/0/Documents/shopping.txt"), File)
