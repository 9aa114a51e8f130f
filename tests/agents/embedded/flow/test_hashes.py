"""Checksums that are compared, listed and put into tables, and what commands leave."""

from __future__ import annotations

import pytest

from orchestrator.core.plan import Declined
from tests.agents.embedded.flow.lab import asked, steps, told

SAME = "The files lib/a.so on alpha, beta and gamma should all be the same."
BUILD = "The firmware is built on forge: run `make all` in the folder fw there, then"


def test_the_device_whose_file_differs_is_named_only_where_one_does() -> None:
    text = f"{SAME} One of them is not: compare their checksums and write the name of that server to odd.txt on desk."
    *_, compare, write = steps(text)
    assert compare.skill == "data.compare"
    assert write.arguments == {"path": "odd.txt", "text": f"${{{compare.id}.output.groups[-1].devices}}\n"}
    assert [edge.when.model_dump() for edge in write.after if edge.when] == [
        {"path": "output.groups[0].count", "op": "==", "value": 2}
    ]


def test_copies_are_listed_as_sha256sum_does() -> None:
    text = (
        "Copy the weekly dumps to the backup server beta: a.db from alpha as w/a.db and b.db from gamma as w/b.db. "
        "Compute the SHA-256 of the two copies there and list them in w/SUMS on beta the way sha256sum does; desk "
        "should get a copy of that list as SUMS."
    )
    found = steps(text)
    listed = next(step for step in found if step.skill == "file.write")
    assert listed.arguments["text"] == "${hash-beta.output.hash}  a.db\n${hash-beta-2.output.hash}  b.db\n"
    assert [(step.devices.names, step.arguments["path"]) for step in found if step.skill == "artifact.save"] == [
        (("beta",), "w/a.db"),
        (("beta",), "w/b.db"),
        (("desk",), "SUMS"),
    ]


def test_what_a_command_makes_goes_on_only_where_it_ended_well() -> None:
    text = (
        f"{BUILD} put the out/fw.bin it makes onto both servers labelled role=web as fw.bin, in place of the old one."
    )
    run, share, *saves = steps(text)
    assert (run.arguments["cwd"], run.devices.names, share.arguments["path"]) == ("fw", ("forge",), "fw/out/fw.bin")
    assert [edge.when.model_dump() for edge in share.after if edge.when] == [
        {"path": "output.exit_code", "op": "==", "value": 0}
    ]
    assert [step.devices.names for step in saves] == [("alpha",), ("gamma",)]


def test_a_release_and_the_checksums_of_its_copies() -> None:
    text = (
        "We ship Heron 3.1.0 tonight. Write 3.1.0 into h/VERSION on forge, run make in the folder h, and hand h/h.pack "
        "to alpha and beta as r/h-3.1.0.pack. Have the two of them compute the SHA-256 of their own copy and collect "
        "that on desk in sums.csv with the columns server and sha256."
    )
    assert told(text) == [
        ("file.write", "forge", "h/VERSION"),
        ("shell.run", "forge", "make"),
        ("artifact.publish", "forge", "h/h.pack"),
        ("artifact.save", "alpha", "r/h-3.1.0.pack"),
        ("artifact.save", "beta", "r/h-3.1.0.pack"),
        ("file.hash", "alpha", "r/h-3.1.0.pack"),
        ("file.hash", "beta", "r/h-3.1.0.pack"),
        ("csv.write", "desk", "sums.csv"),
    ]
    assert [edge.step for edge in steps(text)[1].after] == ["write-forge"]


@pytest.mark.parametrize(
    "text",
    [
        f"{SAME} Compare their checksums and write the name of the oldest server to odd.txt on desk.",
        f"{SAME} Two of them are not: compare their hashes and write the name of that server to odd.txt on desk.",
        f"{SAME} Compare their sizes and write the name of that server to odd.txt on desk.",
        "The files a.so on alpha and beta should be the same. Compare their hashes and write the name of that server "
        "to odd.txt on desk.",
        "Write the name of that server to odd.txt on desk.",
        "Copy the dumps to the backup server alpha: a.db from gamma as w/a.db and b.db from forge as w/b.db.",
        "Copy the dumps to beta: a.db from alpha as w/a.db and b.db from gamma as w/b.db. Compute the SHA-256 of the "
        "three copies there and list them in w/SUMS on beta the way sha256sum does.",
        "Copy the dumps to beta: a.db from alpha as w/a.db and b.db from gamma as w/b.db. Compute the SHA-256 of the "
        "copies there and list them in v/SUMS on beta the way sha256sum does.",
        f"{BUILD} put the out/fw.bin it makes onto alpha as fw.bin, beside the old one.",
        f"{BUILD} put the out/fw.bin it makes onto alpha as fw.bin if its tests pass.",
        "Put the out/fw.bin it makes onto alpha as fw.bin.",
        "We ship Heron 3.1.0 tonight. Write 3.2.0 into h/VERSION on forge.",
        "Run make in the folder h.",
    ],
)
def test_declined(text: str) -> None:
    assert isinstance(asked(text), Declined)
