"""What a rule decides, value by value: without a broker, without a clock."""

from __future__ import annotations

from tools.edge import rules
from tools.edge.payload import Value
from tools.edge.rules import Rule, State, decide, wake

WARM = Rule(name="warm", sensor="t", op=">", value=30.0, actuator="window", set="open")


def story(rule: Rule, *steps: tuple[float, Value]) -> list[tuple[float, str]]:
    """What was set, and when, by these values at these seconds."""
    state, acted = State(), []
    for now, value in steps:
        state, target = decide(rule, state, value, now)
        if target is not None:
            acted.append((now, target))
    return acted


def test_it_acts_once_while_its_condition_holds() -> None:
    assert story(WARM, (0, 29.0), (1, 31.0), (2, 35.0), (3, 29.0), (4, 31.0)) == [(1, "open"), (4, "open")]


def test_hysteresis_holds_it_until_the_value_is_well_back() -> None:
    rule = WARM.model_copy(update={"hysteresis": 2.0, "otherwise": "closed"})
    steps = ((0, 31.0), (1, 29.0), (2, 31.0), (3, 28.0), (4, 27.9), (5, 29.0), (6, 30.1))
    assert story(rule, *steps) == [(0, "open"), (4, "closed"), (6, "open")]


def test_hysteresis_below() -> None:
    rule = WARM.model_copy(update={"op": "<", "value": 5.0, "hysteresis": 1.0, "otherwise": "closed"})
    assert story(rule, (0, 4.0), (1, 5.5), (2, 6.1)) == [(0, "open"), (2, "closed")]


def test_an_interval_lies_between_two_actions() -> None:
    rule = WARM.model_copy(update={"min_interval_s": 10.0, "otherwise": "closed"})
    steps = ((0, 31.0), (1, 20.0), (5, 31.0), (6, 20.0), (11, 20.0), (12, 31.0), (21, 31.0))
    assert story(rule, *steps) == [(0, "open"), (11, "closed"), (21, "open")]


def test_a_condition_may_have_to_hold_for_a_while() -> None:
    rule = WARM.model_copy(update={"for_s": 10.0})
    assert story(rule, (0, 31.0), (5, 29.0), (6, 31.0), (15, 31.0), (16, 31.0)) == [(16, "open")]
    state, _ = decide(rule, State(), 31.0, 3.0)
    assert wake(rule, state, 3.0) == 13.0


def test_texts_are_compared_as_texts() -> None:
    rule = Rule(name="door", sensor="d", op="==", value="open", actuator="light", set="on", otherwise="off")
    assert story(rule, (0, "closed"), (1, "OPEN"), (2, "open"), (3, "closed")) == [(1, "on"), (3, "off")]


def test_what_is_no_number_fits_no_comparison_and_ends_none() -> None:
    assert story(WARM, (0, "hot"), (1, True), (2, 31.0), (3, "cold"), (4, 31.0)) == [(2, "open")]


def test_what_failed_is_tried_again_a_little_later() -> None:
    before = State()
    state, target = decide(WARM, before, 31.0, 0.0)
    assert target == "open"
    state = rules.failed(state, before, 0.0)
    assert decide(WARM, state, 31.0, 1.0)[1] is None
    assert wake(WARM, state, 1.0) == rules.RETRY_S
    assert decide(WARM, state, 31.0, rules.RETRY_S)[1] == "open"


def test_after_a_restart_it_makes_sure_once() -> None:
    """Whatever it thinks that it has done: the record of its last action may be missing."""
    rule = WARM.model_copy(update={"hysteresis": 2.0, "otherwise": "closed"})
    for active in (True, False):
        unsure = State(active=active, unsure=True)
        state, target = decide(rule, unsure, 35.0, 0.0)
        assert (target, state.active, state.unsure) == ("open", True, False)
        assert decide(rule, state, 35.0, 1.0)[1] is None
        state, target = decide(rule, unsure, 20.0, 0.0)
        assert (target, state.active, state.unsure) == ("closed", False, False)
        assert decide(rule, unsure, 29.0, 0.0) == (unsure, None)


def test_after_a_restart_it_keeps_its_interval() -> None:
    rule = WARM.model_copy(update={"min_interval_s": 10.0, "otherwise": "closed"})
    for value, wanted in ((35.0, "open"), (20.0, "closed")):
        state, target = decide(rule, State(active=True, acted=0.0, unsure=True), value, 5.0)
        assert target is None
        assert decide(rule, state, value, 10.0)[1] == wanted


def test_a_rule_reads_as_people_say_it() -> None:
    rule = WARM.model_copy(update={"for_s": 5.0, "hysteresis": 2.0, "otherwise": "closed"})
    assert rule.text == "when t > 30 for 5 s (back by 2) set window open, otherwise closed"
