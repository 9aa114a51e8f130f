from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.answer import LIMIT, write_answer
from agents.checks import sound
from agents.scope import answer_tasks
from agents.scripted import ScriptedPlanner
from agents.shapes import _BY_SKILL, shape
from agents.supervisor import LeadingSupervisor
from agents.testing import FakeRunControl, failure
from orchestrator.cli.exits import Exit
from orchestrator.cli.run import _exit
from orchestrator.core.conditions import WHOLE, AllOf, Compare
from orchestrator.core.events import RunStatus
from orchestrator.core.exit_codes import cut_short, failed_commands
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Plan, Selector, Step, StepDependency
from orchestrator.core.requests import Request, RunPolicy
from orchestrator.core.tasks import Dependency, On, TaskStatus
from orchestrator.core.views import RunView, TaskView
from protocol.errors import ErrorCode
from protocol.messages import TaskError
from protocol.vocabulary import DeviceKind, DeviceProfile, Json, Risk
from tests.support.real_devices import RealDevices

LOG = "".join(
    f"2026-11-20T10:00:0{n}Z ERROR {service}: it broke\n" for n, service in enumerate(("checkout", "cart", "cart"))
)
EACH = Selector(mode="each", names=("alpha", "beta"))
ALPHA, WORKSTATION = Selector(names=("alpha",)), Selector(names=("workstation",))


def task(id: str, skill: str, output: Json = None, **more: object) -> TaskView:
    given = {"title": "", "risk": Risk.READ, "status": TaskStatus.SUCCEEDED, "device": "alpha", **more}
    return TaskView(id=id, skill=skill, output=output, **given)


def view(*tasks: TaskView, **more: object) -> RunView:
    return RunView(run="r", state=RunStatus.RUNNING, text="x", created=0, updated=0, tasks=tasks, **more)


def answer(*tasks: TaskView, **more: object) -> str:
    shown = view(*tasks, **more)
    return write_answer(shown, answer_tasks(shown))


# --- real skills ---------------------------------------------------------------------------------------------------


@pytest.fixture
def devices(tmp_path: Path) -> RealDevices:
    found = RealDevices(tmp_path, "alpha", "beta", "workstation")
    for name in ("alpha", "beta"):
        found.write(name, "logs/app.log", LOG)
        found.write(name, "notes.txt", f"hello from {name}\n\x1b[31mred\x1b[0m \u202etxt\n")
    return found


async def run(devices: RealDevices, *steps: Step, title: str = "") -> RunView:
    control = FakeRunControl(devices.fleet, devices.perform)
    control.submit(Request(text="do it", policy=RunPolicy(approve="all")))
    await control.drive(LeadingSupervisor([ScriptedPlanner(Plan(steps=steps))], check=sound))
    return control.run_view()


def ran(id: str, code: int, stderr: str = "", **more: object) -> TaskView:
    output: Json = {"exit_code": code, "stdout": "out\n", "stderr": stderr, "truncated": False}
    return task(id, "shell.run", output, arguments={"command": f"make {id}"}, risk=Risk.DESTRUCTIVE, **more)


def test_a_command_that_failed_comes_first() -> None:
    tasks = (ran("lint", 0), ran("test", 2, "1 of 3\nno rule to make test\n", device="beta"))
    first, *rest = answer(*tasks).splitlines()
    assert first == "beta: `make test` failed with exit code 2: no rule to make test [test]"
    assert "alpha: `make lint` ended well (exit code 0) [lint]" in rest


def test_a_command_that_failed_on_the_way_comes_first_too() -> None:
    after = task("after", "text.report", {"text": "done"}, depends_on=(Dependency(task="build"),))
    assert answer(ran("build", 1), after).startswith("alpha: `make build` failed with exit code 1 [build]")


def test_what_the_plan_looks_at_is_no_failure() -> None:
    when = Compare(path="output.exit_code", op="!=", value=0)
    edge = Dependency(task="build", on=On.CONDITION, when=when)
    log = task("log", "text.report", {"text": "the log"}, depends_on=(edge,))
    told = task("told", "text.report", {"text": "2"}, arguments={"text": "${other.output.exit_code}"})
    shown = view(ran("build", 1), ran("other", 2), ran("third", 3), log, told)
    assert [one.id for one in failed_commands(shown)] == ["third"]


def test_what_listens_is_told_by_address_and_process() -> None:
    ssh: Json = {"protocol": "tcp", "address": "::", "port": 22, "pid": 7, "process": "sshd"}
    dns: Json = {"protocol": "udp", "address": "127.0.0.1", "port": 53, "pid": None, "process": ""}
    output: Json = {"listeners": [ssh, dns], "count": 2, "truncated": False}
    assert answer(task("ports", "net.listening", output)).splitlines() == [
        "alpha: 2 listening sockets [ports]",
        "  tcp [::]:22 sshd (7)",
        "  udp 127.0.0.1:53",
    ]
    none: Json = {"listeners": [], "count": 0, "truncated": False}
    assert (
        answer(task("ports", "net.listening", none, arguments={"port": 22}))
        == "alpha: nothing listens on port 22 [ports]"
    )


def test_what_was_not_done_because_a_text_was_cut_short_is_a_failure_to_who_asked() -> None:
    found = Compare(path="output.count", op=">", value=0)
    short, whole, none = (
        task(id, "file.search", {"count": count, "truncated": cut})
        for id, count, cut in (("short", 3, True), ("whole", 3, False), ("none", 0, False))
    )

    def left(id: str, of: str, *more: Compare) -> TaskView:
        edge = Dependency(task=of, on=On.CONDITION, when=AllOf(all=(WHOLE, *more)) if more else WHOLE)
        return task(id, "file.write", None, status=TaskStatus.SKIPPED, depends_on=(edge,))

    skipped = (left("save", "short"), left("mail", "short", found), left("keep", "whole"), left("add", "none", found))
    assert [one.id for one in cut_short(view(short, whole, none, *skipped))] == ["save", "mail"]
    ended = {"state": RunStatus.SUCCEEDED}
    assert _exit(view(short, left("save", "short")).model_copy(update=ended)) is Exit.FAILED
    assert _exit(view(none, left("add", "none", found)).model_copy(update=ended)) is Exit.OK


async def test_a_ranking(devices: RealDevices) -> None:
    disk = Step(id="disk", skill="system.disk", devices=EACH)
    rank = Step(id="rank", skill="data.rank", arguments={"items": "${disk[*]}", "by": "output.free_bytes"})
    first, *rest = (await run(devices, disk, rank)).answer.splitlines()
    # Both are on one disk, which others write to between the two looks at it.
    who = "(alpha|beta|alpha and beta) (has|share)"
    pattern = rf"{who} the most free disk space: [\d.]+ GB free of [\d.]+ GB \(.* used\) \[rank\]"
    assert re.fullmatch(pattern, first)
    assert len(rest) <= 1


async def test_a_tie_for_the_largest_file_is_told(devices: RealDevices) -> None:
    for name, text in (("a.log", "12345"), ("b.log", "54321"), ("c.log", "1")):
        devices.write("alpha", f"same/{name}", text)
    largest = {"path": "same", "sort": "size", "order": "desc", "limit": 1, "type": "file"}
    find = Step(id="find", skill="file.find", arguments=largest, devices=ALPHA)
    keep = Step(
        id="keep",
        skill="file.copy",
        arguments={"source": "${find.output.entries[0].path}", "target": "largest.log"},
        devices=ALPHA,
    )
    told = "alpha: just as large as same/b.log: same/a.log [find]"
    assert told in (await run(devices, find)).answer.splitlines()
    assert told in (await run(devices, find, keep)).answer.splitlines()
    small = find.model_copy(update={"arguments": largest | {"order": "asc"}})
    assert "just as" not in (await run(devices, small)).answer


async def test_counts_and_the_report_of_them(devices: RealDevices) -> None:
    view = await run(
        devices,
        Step(id="collect", skill="file.search", arguments={"pattern": "ERROR", "path": "logs"}, devices=EACH),
        Step(id="count", skill="data.count_by", arguments={"items": "${collect[*].output.lines}", "by": "service"}),
        Step(
            id="report",
            skill="text.report",
            arguments={"title": "Errors", "sections": [{"heading": "h", "content": "${count.output.counts}"}]},
        ),
        Step(
            id="save",
            skill="file.write",
            arguments={"path": "reports/errors.md", "text": "${report.output.text}"},
            devices=WORKSTATION,
        ),
    )
    lines = view.answer.splitlines()
    assert lines[:3] == ["6 lines by service [count]", "  cart      4", "  checkout  2"]
    assert re.fullmatch(r"saved reports/errors\.md \(\d+ B\) on workstation \[save\]", lines[3])
    assert len(lines) == 4


async def test_texts_are_shown_clean(devices: RealDevices) -> None:
    read = Step(id="read", skill="file.read", arguments={"path": "notes.txt"}, devices=EACH)
    assert (await run(devices, read)).answer.splitlines() == [
        "alpha: notes.txt (37 B) [read@alpha]",
        "  hello from alpha",
        "  red txt",
        "beta: notes.txt (36 B) [read@beta]",
        "  hello from beta",
        "  red txt",
    ]


async def test_what_was_changed_on_the_way_is_told(devices: RealDevices) -> None:
    view = await run(
        devices,
        Step(id="pack", skill="archive.create", arguments={"source": "logs", "target": "l.tar.gz"}, devices=ALPHA),
        Step(
            id="send",
            skill="artifact.publish",
            arguments={"path": "${pack.output.path}"},
            devices=Selector(mode="same", same_as="pack"),
        ),
        Step(
            id="get",
            skill="artifact.save",
            arguments={"artifact": "${send.output.artifact}", "path": "in/l.tar.gz"},
            devices=WORKSTATION,
        ),
    )
    saved, packed = view.answer.splitlines()
    assert re.fullmatch(r"saved in/l\.tar\.gz \(\d+ B\) on workstation \[get\]", saved)
    assert re.fullmatch(r"also: packed l\.tar\.gz \(1 file, \d+ B\) on alpha \[pack\]", packed)


async def test_a_condition_that_does_not_hold(devices: RealDevices) -> None:
    full = Compare(path="output.used_percent", op=">", value=101)
    edge = StepDependency(step="disk", on="condition", when=full)
    clean = Step(
        id="clean", skill="file.delete", title="clean up", arguments={"path": "logs"}, devices=ALPHA, after=(edge,)
    )
    view = await run(devices, Step(id="disk", skill="system.disk", devices=ALPHA), clean)
    told, first, second = view.answer.splitlines()
    assert told == "Nothing was done: the condition on disk does not hold [clean]"
    assert first.startswith("alpha: ")
    assert first.endswith("[disk]")
    assert second == "not done: clean up: the condition on disk does not hold [clean]"


async def test_an_answer_from_a_part_of_the_tasks(devices: RealDevices) -> None:
    edge = StepDependency(step="disk", on="failure")
    rescue = Step(id="rescue", skill="file.list", arguments={"path": "."}, devices=ALPHA, after=(edge,))
    view = await run(devices, Step(id="disk", skill="system.disk", devices=ALPHA), rescue)
    part = view.model_copy(update={"tasks": tuple(task for task in view.tasks if task.id == "rescue")})
    assert write_answer(part, ["rescue"]) == "not done: file.list: disk did not fail [rescue]"


async def test_a_condition_that_keeps_a_whole_chain_from_being_done(devices: RealDevices) -> None:
    full = Compare(path="output.used_percent", op=">", value=101)
    edge = StepDependency(step="disk", on="condition", when=full)
    note = Step(id="note", skill="file.write", arguments={"path": "n", "text": "x"}, devices=ALPHA, after=(edge,))
    read = Step(
        id="read", skill="file.read", arguments={"path": "n"}, devices=ALPHA, after=(StepDependency(step="note"),)
    )
    view = await run(devices, Step(id="disk", skill="system.disk", devices=ALPHA), note, read)
    assert view.state is RunStatus.SUCCEEDED
    told, looked, *rest = view.answer.splitlines()
    assert told == "Nothing was done: the condition on disk does not hold [note]"
    assert looked.endswith("[disk]")
    assert all(one.startswith("not done: ") for one in rest)
    # What was done before the gate is not nothing.
    first = Step(id="first", skill="file.write", arguments={"path": "f", "text": "x"}, devices=ALPHA)
    view = await run(devices, first, Step(id="disk", skill="system.disk", devices=ALPHA), note)
    assert "Nothing was done" not in view.answer


async def test_a_device_that_is_missing_is_told(devices: RealDevices) -> None:
    devices.broken["beta"] = failure(ErrorCode.UNAVAILABLE, "the device \x1b[2Jwent away")
    view = await run(
        devices,
        Step(id="collect", skill="file.search", arguments={"pattern": "ERROR", "path": "logs"}, devices=EACH),
        Step(
            id="count",
            skill="data.count_by",
            arguments={"items": "${collect[*].output.lines}", "by": "service"},
            devices=WORKSTATION,
        ),
    )
    assert view.answer.splitlines()[0] == "3 lines by service [count]"
    assert view.answer.splitlines()[-1] == "failed on beta: file.search: the device went away [collect@beta]"


async def test_every_skill_that_a_device_has_reads_well(devices: RealDevices) -> None:
    arguments: dict[str, dict[str, Json]] = {
        "file.read": {"path": "notes.txt"},
        "file.stat": {"path": "notes.txt"},
        "file.hash": {"path": "notes.txt"},
        "file.head": {"path": "notes.txt"},
        "file.count": {"path": "logs"},
        "file.search": {"pattern": "ERROR"},
        "shell.run": {"command": "echo hi"},
        "process.list": {"limit": 2},
    }
    plain = ["file.list", "file.find", "file.usage", "system.disk", "system.memory", "system.cpu", "system.load"]
    plain += ["system.uptime", "system.os", "system.network", "system.time", "system.info"]
    for skill in (*arguments, *plain):
        output = devices.perform("alpha", skill, arguments.get(skill, {}))
        assert not isinstance(output, TaskError), skill
        assert isinstance(output, dict)
        # The renderer of this skill took the output: its fields were not just listed.
        assert _BY_SKILL[skill](output, arguments.get(skill, {})) == shape(
            task("t", skill, output, arguments=arguments.get(skill, {}))
        )


# --- claims --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (TaskStatus.FAILED, "failed on alpha: file.write: it broke [w]"),
        (TaskStatus.SKIPPED, "not done on alpha: file.write: x failed [w]"),
        (TaskStatus.CANCELLED, "stopped on alpha: file.write: x failed [w]"),
        (TaskStatus.RUNNING, "not finished on alpha: file.write: x failed [w]"),
    ],
)
def test_what_did_not_succeed_is_never_claimed(status: TaskStatus, words: str) -> None:
    output: Json = {"path": "a", "size_bytes": 1, "sha256": "0"}
    one = task("w", "file.write", output, status=status, risk=Risk.WRITE, error=failure(), why="x failed")
    assert answer(one) == words


def test_a_denial() -> None:
    denied = failure(ErrorCode.DENIED, "the approval was denied by ann")
    one = task("w", "file.delete", status=TaskStatus.FAILED, error=denied, device=None, title="remove it")
    assert answer(one) == "denied: remove it: the approval was denied by ann [w]"


def test_a_replaced_task_is_not_told() -> None:
    text: Json = {"path": "p", "text": "hello", "size_bytes": 5, "truncated": False}
    old = task("read", "file.read", status=TaskStatus.FAILED, error=failure())
    new = task("read.2", "file.read", text, device="beta")
    assert write_answer(view(old, new), ["read"]) == "beta: p (5 B) [read.2]\n  hello"


def test_nothing_at_all() -> None:
    assert write_answer(view(), []) == "There is nothing to report: no task of this run has a result."


def test_many_failures_are_counted() -> None:
    tasks = [task(f"t{n}", "system.disk", status=TaskStatus.FAILED, error=failure()) for n in range(50)]
    lines = answer(*tasks).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "... and 30 more like these"


def test_a_table_stands_below_its_device() -> None:
    listed = task("list", "kube.list", {"text": "NAME  STATUS\nweb   Ready\n\n1 pod"}, device="staging")
    assert answer(listed) == "staging: [list]\n  NAME  STATUS\n  web   Ready\n  \n  1 pod"
    said = task("scale", "kube.scale", {"text": "scaled\n  undo: no"}, device="staging")
    assert answer(said) == "staging: scaled [scale]\n    undo: no"


def test_the_length_is_bounded() -> None:
    text: Json = {"path": "p", "text": "line\n" * 100_000, "size_bytes": 5, "truncated": False}
    tasks = [task(f"t{n}", "file.read", text) for n in range(500)]
    written = answer(*tasks)
    assert len(written) < LIMIT + 100
    assert written.endswith("... the rest is in the record of the run")


@pytest.mark.parametrize(
    "skill", [*sorted(_BY_SKILL), "data.rank", "data.count_by", "data.compare", "data.stats", "x.y"]
)
@pytest.mark.parametrize(
    "output",
    [
        None,
        {},
        [],
        "text \x1b[31m\u202e",
        7,
        {"path": 5, "text": None, "ranked": 1, "counts": [1], "groups": "x"},
        {"ranked": [{}], "counts": [{"key": 1}], "items": 0, "groups": [{}], "entries": [{"path": {}}], "count": True},
        {"ranked": [], "best": None, "items": [], "count": 0, "counts": [], "total": 0, "groups": [], "equal": True},
    ],
)
def test_an_output_that_its_skill_never_promised(skill: str, output: Json) -> None:
    written = answer(task("t", skill, output))
    assert "[t]" in written
    assert "\x1b" not in written
    assert "\u202e" not in written


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=12,
)


@given(JSON, st.sampled_from(["system.disk", "file.list", "data.rank", "x.y", "process.list"]))
def test_any_output_makes_a_clean_answer(output: Json, skill: str) -> None:
    written = answer(task("t", skill, output))
    assert "[t]" in written
    assert not [c for c in written if (ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160]


def test_a_plan_that_is_only_shown() -> None:
    tasks = (
        task("a", "file.read", status=TaskStatus.SKIPPED),
        task("b", "file.write", risk=Risk.WRITE, title="save it"),
    )
    shown = answer(*tasks, policy=RunPolicy(plan_only=True)).splitlines()
    assert shown == [
        "This is the plan; nothing of it was run (2 tasks).",
        "1. file.read (file.read) [a]",
        "2. save it (file.write, write) [b]",
    ]


# --- outcomes that nobody reported ---------------------------------------------------------------------------------


def test_what_a_check_found_is_said_and_the_check_itself_is_no_answer() -> None:
    lost = task("add", "file.append", None, title="append the line", risk=Risk.WRITE)
    check = task("add.check1", "file.count", {"lines": 1}, checks="add")
    text = answer(lost, check)
    assert "not reported on alpha, and found to be done: append the line [add] [add.check1]" in text
    assert answer_tasks(view(lost, check)) == ("add",)


def test_a_check_that_was_not_needed_in_the_end_is_not_missed() -> None:
    told = task("add", "file.append", {"path": "x", "size_bytes": 3}, risk=Risk.WRITE)
    check = task("add.check1", "file.count", status=TaskStatus.CANCELLED, checks="add", why="known")
    assert "check1" not in answer(told, check)


def test_a_device_that_a_group_means_and_that_is_away_is_told() -> None:
    def device(name: str, kind: DeviceKind, *, available: bool = True) -> DeviceInfo:
        return DeviceInfo(name, kind, {}, {}, DeviceProfile(os="Linux"), online=available)

    fleet = FleetView.of(
        device("alpha", DeviceKind.SERVER),
        device("beta", DeviceKind.SERVER, available=False),
        device("pixel", DeviceKind.PHONE, available=False),
    )
    every = Selector(mode="each", kind=DeviceKind.SERVER)
    plan = Plan(steps=(Step(id="disk", skill="system.disk", devices=every),))
    shown = view(task("disk@alpha", "system.disk", {"free_bytes": 1}, group="disk"), plan=plan)
    told = write_answer(shown, answer_tasks(shown), fleet)
    assert "not asked: beta, which is away" in told
    assert "pixel" not in told


def test_a_look_at_what_was_done_is_no_answer() -> None:
    plan = Plan(steps=(Step(id="save", skill="file.write", devices=EACH),))
    done = task("save@alpha", "file.write", {"path": "a.txt"}, group="save", risk=Risk.WRITE)
    looked = task("save@alpha.check1", "file.stat", {"path": "a.txt"}, checks="save@alpha")
    assert answer_tasks(view(done, looked, plan=plan)) == ("save@alpha",)
