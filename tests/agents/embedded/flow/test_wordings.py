"""The same flow in other words: passive, wishes, place ahead, joins; and words that must not be taken for these."""

from __future__ import annotations

import pytest

from orchestrator.core.plan import Declined
from tests.agents.embedded.flow.lab import asked, steps, told

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
