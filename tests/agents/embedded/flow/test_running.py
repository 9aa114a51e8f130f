"""Commands in folders: what they leave, and what is done where they ended well or did not."""

from __future__ import annotations

import pytest

from tests.agents.embedded.flow.lab import steps, told, why

CHECK = "Run `make check` in the folder api on alpha, in web on gamma and in jobs on forge. "


def test_what_a_command_leaves_goes_on_only_where_it_ended_well() -> None:
    text = (
        "In the folder book on gamma, please run `make pdf`; the file out/book.pdf which it leaves there is to "
        "be put on "
        "alpha as shelf/book.pdf and on beta as copies/book.pdf."
    )
    run, share, one, two = steps(text)
    assert (run.arguments["cwd"], share.arguments["path"]) == ("book", "book/out/book.pdf")
    assert share.after[0].when is not None
    assert [(step.devices.names, step.arguments["path"]) for step in (one, two)] == [
        (("alpha",), "shelf/book.pdf"), (("beta",), "copies/book.pdf"),
    ]  # fmt: skip


def test_each_command_leaves_the_file_that_is_named_after_its_folder() -> None:
    text = (
        "Build the parts with `sh build.sh`: in the folder api on alpha and in web on gamma. Gather dist/web.json and "
        "dist/api.json that they leave in the folder parts on desk."
    )
    assert told(text) == [
        ("shell.run", "alpha", "sh build.sh"),
        ("shell.run", "gamma", "sh build.sh"),
        ("artifact.publish", "gamma", "web/dist/web.json"),
        ("artifact.save", "desk", "parts/web.json"),
        ("artifact.publish", "alpha", "api/dist/api.json"),
        ("artifact.save", "desk", "parts/api.json"),
    ]


@pytest.mark.slow
def test_something_else_where_one_of_them_failed() -> None:
    text = (
        CHECK + "If all three pass, copy conf/app.ini from forge to alpha as live/app.ini. If any of them fails, leave "
        "live alone, put the output of what failed into bad.txt on desk, and show the notification \"stopped\" on desk."
    )  # fmt: skip
    found = steps(text)
    gate = next(step for step in found if step.skill == "data.filter")
    share = next(step for step in found if step.skill == "artifact.publish")
    assert [(edge.step, edge.when is not None) for edge in share.after] == [(gate.id, True)]
    failed = [step for step in found if step.skill == "file.append"]
    assert len(failed) == 3
    assert all(len([edge for edge in step.after if edge.when]) == 2 for step in failed)


@pytest.mark.parametrize(
    "text",
    [
        CHECK + "If all four pass, copy conf/app.ini from forge to alpha as live/app.ini.",
        CHECK + "Gather dist/out.json that they leave in the folder parts on desk.",
        "If all of them pass, copy conf/app.ini from forge to alpha as live/app.ini.",
        "Run `make check` in the folder api on alpha, and leave live alone.",
    ],
)
def test_what_is_not_clear_is_declined(text: str) -> None:
    assert why(text) != ""


def test_a_machine_by_what_it_has() -> None:
    text = "On the server with the GPU, run `python3 train.py` in the folder model."
    assert told(text) == [("shell.run", "forge", "python3 train.py")]
    assert why(text.replace("GPU", "laser")) != ""
