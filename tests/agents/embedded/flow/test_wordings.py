"""The same flow in other words: passive, wishes, place ahead, joins; and words that must not be taken for these."""

from __future__ import annotations

import pytest

from orchestrator.core.plan import Declined
from tests.agents.embedded.flow.lab import asked, steps, told, why

COPY = [
    ("artifact.publish", "alpha", "etc/motd.conf"),
    ("artifact.save", "beta", "kept/motd.conf"),
]


@pytest.mark.parametrize(
    "text",
    [
        "Copy etc/motd.conf from alpha to beta as kept/motd.conf.",
        "etc/motd.conf on alpha should be copied to beta as kept/motd.conf.",
        "The file etc/motd.conf on alpha needs to be put on beta as kept/motd.conf.",
        "The file etc/motd.conf on alpha is wanted on beta as kept/motd.conf.",
        "I'd like etc/motd.conf from alpha stored on beta as kept/motd.conf.",
        "Stash etc/motd.conf from alpha on beta under the name kept/motd.conf.",
        "Have the file etc/motd.conf on alpha transferred to beta as kept/motd.conf.",
        "etc/motd.conf on alpha goes to beta as kept/motd.conf.",
        "There is a file etc/motd.conf on alpha. It should be copied to beta as kept/motd.conf.",
    ],
)
def test_a_copy_in_other_words(text: str) -> None:
    assert told(text) == COPY


@pytest.mark.parametrize(
    "text",
    [
        "etc/motd.conf on alpha is copied to beta as kept/motd.conf every night.",
        "etc/motd.conf on alpha should not be copied to beta as kept/motd.conf.",
        "etc/motd.conf on alpha should be copied to beta as kept/motd.conf only at night.",
        "etc/motd.conf on alpha may be copied to beta as kept/motd.conf.",
        "I would not like etc/motd.conf from alpha stored on beta as kept/motd.conf.",
    ],
)
def test_what_is_no_order_or_another_one_is_declined(text: str) -> None:
    assert isinstance(asked(text), Declined)


@pytest.mark.parametrize("join", ["Once that is done", "After that", "As soon as the copy is there", "After this"])
def test_what_comes_after_waits_for_what_was_before(join: str) -> None:
    text = f"Copy a.txt from alpha to beta as b.txt. {join}, delete a.txt on alpha."
    assert told(text) == [
        ("artifact.publish", "alpha", "a.txt"),
        ("artifact.save", "beta", "b.txt"),
        ("file.delete", "alpha", "a.txt"),
    ]
    [share, save, delete] = steps(text)
    assert {edge.step for edge in delete.after} == {save.id}
    assert {edge.step for edge in save.after} == {share.id}


def test_an_archive_that_was_copied_is_removed_where_it_was_made() -> None:
    text = (
        "The folder shots on gamma should be packed into shots.zip. Put the archive on beta as in/shots.zip. When both "
        "copies are there, remove the archive from gamma again."
    )
    assert told(text) == [
        ("archive.create", "gamma", "shots.zip"),
        ("artifact.publish", "gamma", "shots.zip"),
        ("artifact.save", "beta", "in/shots.zip"),
        ("file.delete", "gamma", "shots.zip"),
    ]
    save, delete = steps(text)[-2:]
    assert save.id in {edge.step for edge in delete.after}


@pytest.mark.parametrize(
    "text",
    [
        "Pack the folder shots on gamma into shots.zip and put the archive on beta as b.zip and delete the original.",
        "Copy a.txt from alpha to beta as b.txt and c.txt from gamma to beta as d.txt, then delete the original.",
        "Delete everything on alpha and copy a.txt from alpha to beta.",
        "Copy a.txt from alpha to beta as b.txt, then delete shots on alpha.",
    ],
)
def test_what_should_be_deleted_has_to_be_clear(text: str) -> None:
    assert isinstance(asked(text), Declined)


def test_each_device_packs_its_own() -> None:
    text = (
        "The folder logs on alpha and gamma must be zipped into logs.zip each, and the archives are to be sent to beta "
        "as in/alpha.zip and in/gamma.zip."
    )
    assert told(text) == [
        ("archive.create", "alpha", "logs.zip"),
        ("archive.create", "gamma", "logs.zip"),
        ("artifact.publish", "alpha", "logs.zip"),
        ("artifact.save", "beta", "in/alpha.zip"),
        ("artifact.publish", "gamma", "logs.zip"),
        ("artifact.save", "beta", "in/gamma.zip"),
    ]


def test_what_a_command_makes_goes_on_where_it_ended_well() -> None:
    text = (
        "In the folder site on beta, run `make all`. The file build/index.html that it produces should be put on alpha "
        "as www/index.html and on gamma as www/home.html."
    )
    assert told(text) == [
        ("shell.run", "beta", "make all"),
        ("artifact.publish", "beta", "site/build/index.html"),
        ("artifact.save", "alpha", "www/index.html"),
        ("artifact.save", "gamma", "www/home.html"),
    ]
    edge = steps(text)[1].after[0]
    assert edge.when is not None
    assert edge.when.model_dump()["path"] == "output.exit_code"


def test_the_server_with_a_gpu_runs_what_was_copied_there() -> None:
    text = (
        "Copy jobs/fit.py from desk to the server with the GPU as run/fit.py, run it there with python3, and bring the "
        "file run/fit.json that comes out of it back to desk as fit.json. Its "
        "checksum is to be noted in fit.sha on beta."
    )
    assert told(text)[1:] == [
        ("artifact.save", "forge", "run/fit.py"),
        ("shell.run", "forge", "python3 run/fit.py"),
        ("artifact.publish", "forge", "run/fit.json"),
        ("artifact.save", "desk", "fit.json"),
        ("file.hash", "desk", "fit.json"),
        ("file.write", "beta", "fit.sha"),
    ]


def test_two_readings_one_after_the_other() -> None:
    text = "Read the temperature and the soil moisture; save the first in a.txt on alpha, the second in b.txt on beta."
    found = steps(text)
    assert [(one.skill, one.devices.names) for one in found] == [
        ("edge.read", ("box",)),
        ("edge.read", ("box",)),
        ("file.write", ("alpha",)),
        ("file.write", ("beta",)),
    ]
    assert [one.after[0].step for one in found[2:]] == [one.id for one in found[:2]]


@pytest.mark.parametrize(
    "text",
    [
        "Copy jobs/fit.py from desk to forge as run/fit.py, run it on beta with python3.",
        "Copy a.py from desk to forge and beta as b.py, run it there with python3.",
        "Copy a.py from desk to forge as b.py, run it there with care.",
        "a.txt on alpha will be copied to beta as b.txt.",
        "Copy a.txt from alpha to beta as b.txt, c.txt from gamma to beta as d.txt; note its hash in s.txt on beta.",
        "Read the temperature; save the second in a.txt on alpha.",
        "Read the temperature and the soil moisture; save the third in a.txt on alpha.",
    ],
)
def test_what_is_not_clear_is_declined(text: str) -> None:
    assert isinstance(asked(text), Declined)


def test_a_clause_of_which_no_word_is_left_breaks_nothing() -> None:
    text = "Count the lines of a.txt on alpha, also, and write the number to n.txt on beta."
    assert "no place in a flow" in why(text)
