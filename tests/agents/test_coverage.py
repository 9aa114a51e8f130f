"""Coverage: plans that leave something out, or bring something along, are told apart from those that fit."""

from __future__ import annotations

from agents.coverage import check, explained_devices
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan, Selector, Step, StepDependency
from protocol.vocabulary import JsonObject
from tests.support.embedded_fleet import twelve

ALPHA = Selector(names=("alpha",))


def plan(skill: str, arguments: JsonObject, devices: Selector = ALPHA) -> Plan:
    return Plan(steps=(Step(id="a", skill=skill, arguments=arguments, devices=devices),))


def codes(text: str, proposal: Plan, *, strict: bool = False) -> list[str]:
    return [gap.code for gap in check(text, proposal, twelve(), strict=strict)]


def test_a_plan_that_fits_has_no_gaps() -> None:
    text = "show the last 20 lines of logs/app.log on alpha"
    assert codes(text, plan("file.tail", {"path": "logs/app.log", "lines": 20}), strict=True) == []


def test_a_path_left_out() -> None:
    text = "show logs/app.log and logs/web.log on alpha"
    assert codes(text, plan("file.read", {"path": "logs/app.log"})) == ["unused_literal"]


def test_a_number_left_out() -> None:
    assert codes("show the last 20 lines of a.log on alpha", plan("file.tail", {"path": "a.log"})) == ["unused_literal"]


def test_free_percent_is_used_percent() -> None:
    text = "which servers have less than 15% free disk space"
    steps = (
        Step(id="a", skill="system.disk", devices=Selector(mode="each", kind="server")),
        Step(
            id="f",
            skill="data.filter",
            arguments={"items": "${a[*]}", "by": "output.used_percent", "op": ">", "value": 85},
        ),
    )
    assert codes(text, Plan(steps=steps)) == []


def test_a_device_left_out() -> None:
    assert codes("show the uptime of alpha and beta", plan("system.uptime", {})) == ["unused_device"]


def test_a_device_that_nobody_named() -> None:
    two = Selector(mode="each", names=("alpha", "beta"))
    assert codes("show the uptime of alpha", plan("system.uptime", {}, two)) == ["unexplained_device"]


def test_an_excluded_device_is_not_run_on() -> None:
    all_of_them = Selector(mode="each", kind="server")
    assert codes("show the load of every server except titan", plan("system.load", {}, all_of_them)) == [
        "unexplained_device"
    ]


def test_a_file_that_nobody_named() -> None:
    text = "delete a.txt on alpha"
    assert codes(text, plan("file.delete", {"path": "b.txt"})) == ["unused_literal", "unexplained_argument"]


def test_a_write_that_nobody_asked_for() -> None:
    steps = (
        Step(id="a", skill="file.read", arguments={"path": "a.txt"}, devices=ALPHA),
        Step(
            id="b", skill="file.delete", arguments={"path": "a.txt"}, devices=ALPHA, after=(StepDependency(step="a"),)
        ),
    )
    assert codes("show a.txt on alpha", Plan(steps=steps)) == ["unexplained_skill"]


def test_a_negation_and_a_condition_that_are_lost() -> None:
    assert "unused_negation" in codes("do not delete a.txt on alpha", plan("file.delete", {"path": "a.txt"}))
    text = "if the disk is full delete a.txt on alpha"
    assert "unused_condition" in codes(text, plan("file.delete", {"path": "a.txt"}))


def test_an_action_word_that_is_lost() -> None:
    text = "show a.txt on alpha and delete it"
    assert codes(text, plan("file.read", {"path": "a.txt"})) == ["unused_word"]


def test_strict_wants_every_word_placed() -> None:
    proposal = plan("system.uptime", {})
    assert codes("show the purple uptime of alpha", proposal) == []
    assert codes("show the purple uptime of alpha", proposal, strict=True) == ["unused_word"]


def test_answers_and_attachments_explain() -> None:
    asked = (("On which device?", "alpha"),)
    assert check("show disk usage", plan("system.disk", {}), twelve(), answers=asked) == ()
    attached = plan("file.write", {"path": "a.txt", "text": "from the pipe"})
    assert check("write this to a.txt on alpha", attached, twelve(), attachment="from the pipe\n") == ()


def test_a_reading_belongs_to_one_fleet_and_one_set_of_answers() -> None:
    """Readings are kept for the next check of the same request, never for another fleet's."""
    text = "show the uptime of every server"
    other = FleetView.of(*(device for name, device in twelve().devices.items() if name != "alpha"))
    assert "alpha" in explained_devices(text, twelve())
    assert "alpha" not in explained_devices(text, other)
    assert "alpha" in explained_devices(text, twelve())
    asked = "show the uptime"
    assert explained_devices(asked, twelve()) == frozenset()
    assert explained_devices(asked, twelve(), answers=(("On which device?", "alpha"),)) == {"alpha"}


def test_a_word_inside_a_path_asks_for_nothing() -> None:
    """`bin` is a word for deleting, and the end of many a file's name."""
    assert codes("how big is model.bin on alpha", plan("file.delete", {"path": "model.bin"}))[-1] == "unexplained_skill"


def test_what_is_used_in_the_wrong_place() -> None:
    text = "copy a.txt to b.txt on alpha"
    assert codes(text, plan("file.copy", {"source": "a.txt", "target": "b.txt"})) == []
    assert codes(text, plan("file.copy", {"source": "b.txt", "target": "a.txt"})) == ["misplaced"]
