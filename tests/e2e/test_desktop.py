"""Orchestrator, desktop agent, and a real GTK and a Tk program under Xvfb, each a process: a plan over all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from tests.support.desktops import Screen, needs_x11, session
from tests.support.plans import outputs, step_on
from tests.support.processes import Processes, eventually, processes

pytestmark = [pytest.mark.slow, needs_x11]

step = partial(step_on, "desk")


@pytest.fixture
def screen() -> Iterator[Screen]:
    with session() as found:
        yield found


@pytest.fixture
def world(tmp_path: Path, screen: Screen) -> Iterator[Processes]:
    with processes(tmp_path) as found:
        found.extra = screen.variables
        found.up()
        for name in ("desk", "alpha"):
            found.workspace(name).mkdir(parents=True)
        places = ["--workspace", str(found.workspace("desk")), "--state-dir", str(tmp_path / "state" / "desk")]
        found.start("device", "desktop", "--name", "desk", "--url", found.url, *places)
        found.device("alpha")
        found.online("desk", "alpha")
        yield found


def outputs_of(world: Processes, skill: str) -> dict[str, object]:
    """The output of one skill."""
    return outputs(world.wait(world.submit(step("one", skill))))["one"]


def readable(world: Processes, title: str) -> bool:
    """Whether a window of this title is there, with its tree."""
    view = world.wait(world.submit(step("look", "desktop.ui", window=title)))
    return view["state"] == "succeeded" and outputs(view)["look"]["accessible"] is True


def test_a_plan_over_a_screen_and_a_server(world: Processes, screen: Screen) -> None:
    form = screen.form()
    eventually(lambda: readable(world, "New person"), "the form did not come up")
    run = world.submit(
        step("read", "desktop.ui", window="New person"),
        step("name", "desktop.set_text", "read", window="New person", text="Name", value="Ann; $(reboot)"),
        step("shot", "desktop.screenshot", "name", window="New person"),
        step("keep", "artifact.save", "shot", device="alpha", artifact="${shot.output.artifact}", path="in/form.png"),
        step("send", "desktop.click", "keep", window="New person", text="OK", role="button"),
        step("note", "file.write", path="note.txt", text="a desktop has a workspace too\n"),
    )
    view = world.wait(run)
    assert view["state"] == "succeeded", view
    found = outputs(view)
    assert found["read"]["accessible"] is True
    assert found["name"]["verified"] is True
    assert found["send"]["gone"] is True
    assert form.wait(10) == 0
    assert form.stdout is not None
    assert form.stdout.read() == b"Ann; $(reboot)||\n"
    assert (world.workspace("alpha") / "in" / "form.png").read_bytes().startswith(b"\x89PNG")
    assert os.listdir(world.workspace("desk")) == ["note.txt"]


def test_a_program_without_a_tree_is_used_by_keys_and_places(world: Processes, screen: Screen) -> None:
    said = screen.tk()
    eventually(lambda: bool(outputs_of(world, "desktop.windows")["windows"]), "the window did not come up")
    [window] = outputs_of(world, "desktop.windows")["windows"]  # type: ignore[misc]
    run = world.submit(
        step("type", "desktop.type", text="milk; $(reboot)", window="Plain Tk"),
        step("copy", "desktop.press", "type", keys=["ctrl+slash", "ctrl+c"], window="Plain Tk"),
        step("read", "desktop.read_clipboard", "copy"),
        step("clear", "desktop.click", "read", x=window["x"] + 60, y=window["y"] + 80),  # type: ignore[index, call-overload]
        step("shot", "desktop.screenshot", "clear"),
        step("close", "desktop.close", "shot", window="Plain Tk"),
    )
    view = world.wait(run)
    assert view["state"] == "succeeded", view
    assert outputs(view)["read"]["text"] == "milk; $(reboot)"
    assert said.read_text() == ""
    assert outputs_of(world, "desktop.windows")["windows"] == []


def test_a_program_is_run_only_with_approval_and_ends_with_a_killed_agent(world: Processes, screen: Screen) -> None:
    asked = world.submit(
        step("run", "desktop.run_program", program="zenity", arguments=["--info", "--title", "Hi"]), approve="ask"
    )
    view = world.wait(asked)
    assert view["state"] == "waiting"
    assert screen.windows() == []
    [approval] = view["approvals"]  # type: ignore[misc]
    world.post(f"/v1/runs/{asked}/approvals/{approval['id']}", {"granted": True})  # type: ignore[index, call-overload]
    assert world.wait(asked)["state"] == "succeeded"
    assert world.wait(world.submit(step("copy", "desktop.write_clipboard", text="kept")))["state"] == "succeeded"
    [agent] = [one for one in world.programs if "desktop" in one.words]
    children = psutil.Process(agent.process.pid).children(recursive=True)
    assert {"zenity", "xclip"} <= {one.name() for one in children}
    agent.kill()
    eventually(lambda: not any(one.is_running() for one in children), "a program outlived its agent")
    assert screen.windows() == []


def test_up_brings_a_desktop_of_this_session(tmp_path: Path, screen: Screen) -> None:
    with processes(tmp_path) as found:
        found.extra = screen.variables
        found.up("--device", "desktop")
        found.online("desktop")
        [device] = found.get("/v1/devices")["devices"]  # type: ignore[misc]
        assert device["profile"]["desktop"]["screens"] == ["1280x800"]  # type: ignore[index, call-overload]
        assert "desktop.windows" in str(found.get("/v1/skills"))


def test_a_display_that_is_none_ends_the_start(tmp_path: Path) -> None:
    with processes(tmp_path) as found:
        wrong = found.start("device", "desktop", "--display", "example.org:0", "--url", found.url)
        assert wrong.ended() == 2
        assert "no display of this machine" in wrong.said
        other = found.start("device", "server", "--display", ":0", "--url", found.url)
        assert other.ended() == 2
        assert "--display is for the kind desktop" in other.said
