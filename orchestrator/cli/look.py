"""Commands that look: devices, skills, runs, show, graph, timeline, events, explain, replay."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from orchestrator.cli.calls import call
from orchestrator.cli.client import Client
from orchestrator.cli.exits import CommandError
from orchestrator.cli.options import Common
from orchestrator.cli.output import ago, answer, dump, dump_line, dump_model, say, table
from orchestrator.cli.tries import tries
from orchestrator.core.describe import describe
from orchestrator.core.doubtful import lines as steps_of
from orchestrator.core.events import Event
from orchestrator.core.previews import shown
from orchestrator.core.project import run_view
from orchestrator.core.state import fold
from orchestrator.core.views import DeviceView, RunView
from protocol.vocabulary import SkillSpec

if TYPE_CHECKING:
    from orchestrator.replaying.findings import Verdict

RunId = Annotated[str, Parameter(help="The run's id.")]


def list_devices(*, common: Common | None = None) -> None:
    """List devices."""
    found = call(common, Client.devices)
    if common is not None and common.json:
        dump({"devices": [view.model_dump(mode="json") for view in found]})
        return
    if not found:
        say("No device has registered: start one with `asterism device server`.")
        return
    now = time.time()
    head = ("NAME", "KIND", "STATE", "RUNNING", "SKILLS", "LABELS", "SEEN")
    table(head, [device_row(view, now) for view in found])


def forget(name: Annotated[str, Parameter(help="The device's name.")], /, *, common: Common | None = None) -> None:
    """Forget a device that is away and has no work; it is known again once it connects."""
    call(common, lambda client: client.forget_device(name))
    if common is not None and common.json:
        dump({"forgotten": name})
    else:
        say(f"{name} is forgotten")


devices = App(
    name="devices", help="List devices, and forget one.", help_format="plaintext", result_action="return_value"
)
devices.default(list_devices)
devices.command(forget)


def device_row(view: DeviceView, now: float) -> tuple[str, ...]:
    """Its cells in the list of devices."""
    state = "online" if view.online and not view.draining else view.unavailable_because or "offline"
    labels = ",".join(f"{name}={value}" for name, value in sorted(view.labels.items()))
    seen = "now" if view.online else f"{ago(now - view.last_seen)} ago" if view.last_seen else "never"
    return (view.name, view.kind, state, f"{view.running}/{view.slots}", str(len(view.skills)), labels, seen)


def skills(*, common: Common | None = None) -> None:
    """List what devices can do, and what they cannot do now."""
    found, fleet = call(common, _offered)
    withheld = {view.name: view.withheld for view in fleet if view.withheld}
    if common is not None and common.json:
        dump({"skills": [spec.model_dump(mode="json") for spec in found], "withheld": withheld})
        return
    table(("SKILL", "RISK", "DOES"), [(spec.name, spec.risk, spec.description) for spec in found])
    for name, reasons in withheld.items():
        for why in dict.fromkeys(reasons.values()):
            gone = [skill for skill, reason in reasons.items() if reason == why]
            say(f"Not now on {name}: {', '.join(gone)}: {why}")


async def _offered(client: Client) -> tuple[list[SkillSpec], list[DeviceView]]:
    return await client.skills(), await client.devices()


def runs(
    *,
    status: Annotated[str | None, Parameter(help="Only runs in this state.")] = None,
    limit: Annotated[int, Parameter(help="At most so many (default: 20).")] = 20,
    common: Common | None = None,
) -> None:
    """List runs, newest first."""
    if not 1 <= limit <= 100_000:
        raise CommandError("usage", "--limit is a number from 1 to 100000.")
    found = call(common, lambda client: client.runs(status=status, limit=limit))
    if common is not None and common.json:
        dump({"runs": [item.model_dump(mode="json") for item in found]})
        return
    now = time.time()
    rows = [(item.run, item.state, f"{ago(now - item.created)} ago", item.text[:80]) for item in found]
    if rows:
        table(("RUN", "STATE", "AGE", "REQUEST"), rows)
    else:
        say("There are no runs.")


def show(
    run: RunId,
    /,
    *,
    egress: Annotated[bool, Parameter(help="What went out to models for it: when, to whom, why, how much.")] = False,
    common: Common | None = None,
) -> None:
    """Show a run: state, answer, tasks, and what it waits for."""
    if egress:
        from orchestrator.cli.ledger import show_egress

        found = call(common, lambda client: client.egress(run))
        show_egress(found, json=common is not None and common.json)
        return
    view = call(common, lambda client: client.run(run))
    if common is not None and common.json:
        dump_model(view)
    else:
        answer(_page(view))


listed = App(name="runs", help="List runs, and show one.", help_format="plaintext", result_action="return_value")
listed.default(runs)
listed.command(show, name="show")


def _page(view: RunView) -> str:
    rung = f", planned by {view.rung}" if view.rung else ""
    lines = [f"run {view.run}: {view.state}{rung}", f"request: {view.text or '(an explicit plan)'}"]
    if view.error is not None:
        lines.append(f"error: {view.error.message} [{view.error.code}]")
    lines += tries(view)
    if view.tasks:
        lines.append("tasks:")
    for task in view.tasks:
        where = f" on {task.device}" if task.device else ""
        why = task.waiting_for or (f"{task.error.message} [{task.error.code}]" if task.error else "")
        lines.append(f"  {task.status:<10} {task.id}: {task.skill}{where}{f' - {why}' if why else ''}")
    for approval in view.approvals:
        would = shown(approval.arguments)
        what = ", which would change" if would else f" {json.dumps(approval.arguments)}"
        lines.append(f"waits for approval {approval.id}: {approval.skill} on {approval.device}{what}")
        lines += [f"  {part}" for part in would]
    for question in view.questions:
        lines.append(f"asks ({question.id}): {question.clarification.question}")
        lines += [f"    {step}" for step in steps_of(question.clarification)]
        lines += [f"  {number}. {choice.label}" for number, choice in enumerate(question.clarification.choices, 1)]
    if view.answer:
        lines += ["", view.answer]
    return "\n".join(lines)


def graph(
    run: RunId,
    /,
    *,
    format: Annotated[
        Literal["text", "mermaid", "dot", "svg", "json"], Parameter(help="How to draw it (default: text).")
    ] = "text",
    common: Common | None = None,
) -> None:
    """Draw a run's task graph."""
    chosen = "json" if common is not None and common.json else format
    drawing = call(common, lambda client: client.drawing(run, chosen))
    if chosen == "json":
        dump(json.loads(drawing))
    else:
        answer(drawing)


def timeline(
    run: RunId,
    /,
    *,
    format: Annotated[
        Literal["text", "mermaid", "svg", "json"], Parameter(help="How to draw it (default: text).")
    ] = "text",
    common: Common | None = None,
) -> None:
    """Draw when what happened: attempts and waits of every task, by device."""
    chosen = "json" if common is not None and common.json else format
    drawing = call(common, lambda client: client.drawing(run, chosen, of="timeline"))
    if chosen == "json":
        dump(json.loads(drawing))
    else:
        answer(drawing)


def events(
    run: RunId,
    /,
    *,
    follow: Annotated[bool, Parameter(help="Go on until the run has ended.")] = False,
    after: Annotated[int, Parameter(help="Begin after this entry.")] = 0,
    common: Common | None = None,
) -> None:
    """Print a run's event log; with --json one object a line."""

    def put(event: Event) -> None:
        if common is not None and common.json:
            dump_line(event)
        else:
            clock = time.strftime("%H:%M:%S", time.localtime(event.at))
            answer(f"{event.seq:>5} {clock} {event.body.type}: {describe(event.body)}")

    async def work(client: Client) -> None:
        if not follow:
            for event in await client.events(run, after=after):
                put(event)
            return
        async for event in client.follow(run, after=after):
            put(event)

    call(common, work)


def explain(
    run: RunId, task: Annotated[str, Parameter(help="The task's id.")], /, *, common: Common | None = None
) -> None:
    """Say why a task is where it is, or which device would take it."""
    lines = call(common, lambda client: client.explain(run, task))
    if common is not None and common.json:
        dump({"run": run, "task": task, "lines": lines})
    else:
        answer("\n".join(lines))


def replay(
    run: RunId,
    /,
    *,
    speed: Annotated[
        Literal["recorded", "fast"],
        Parameter(help="At the times of the record, or as fast as it goes (default: fast)."),
    ] = "fast",
    log_only: Annotated[bool, Parameter(help="Fold the log again, and leave it at that.")] = False,
    common: Common | None = None,
) -> int:
    """Play a run again, here, from its record, and compare. Exit 1 where it departs.

    First its log is folded again, and the outcome compared with the orchestrator's view. A run that has ended is then
    planned and run again without model and devices (docs/replay.md), with the fleet as it is now.
    """

    async def read(client: Client) -> tuple[list[Event], RunView, list[DeviceView]]:
        log = await client.events(run)
        for _ in range(20):
            view = await client.run(run)
            more = await client.events(run, after=log[-1].seq)
            if not more:
                return log, view, await client.devices()
            log += more
        raise CommandError("run_open", f"Run {run} moves too fast to be compared: wait until it has ended.")

    log, theirs, fleet = call(common, read)
    state = fold(run, log)
    state.validate()
    differing = _differences(run_view(state), theirs)
    verdict = _again(log, fleet, speed) if state.status.terminal and not log_only else None
    same = not differing and (verdict is None or verdict.same)
    if common is not None and common.json:
        found = {"run": run, "events": len(log), "digest": state.digest(), "same": same, "differing": differing}
        dump({**found, "replay": None if verdict is None else verdict.model_dump(mode="json")})
    else:
        told = f"differs from the orchestrator's view in {', '.join(differing)}" if differing else "the same"
        answer(f"{run}: {len(log)} events, digest {state.digest()[:16]}, {told}")
        if not log_only:
            _tell(verdict)
    return 0 if same else 1


def _again(log: list[Event], fleet: list[DeviceView], speed: Literal["recorded", "fast"]) -> Verdict:
    """What playing it again comes to."""
    from orchestrator.cli.logs import configure
    from orchestrator.cli.replays import judged
    from orchestrator.replaying.record import of_record

    configure("error")  # what the replay's own orchestrator has to say is in the verdict
    return judged(of_record(log, fleet), speed)


def _tell(verdict: Verdict | None) -> None:
    from orchestrator.cli.replays import lines

    if verdict is None:
        say("It has not ended: it is played again once it has.")
    else:
        answer("\n".join(lines(verdict, "played again")))


def _differences(ours: RunView, theirs: RunView) -> list[str]:
    """The fields in which two views differ, but for what no log holds: what a task waits for right now."""
    volatile = {"tasks": {"__all__": {"waiting_for"}}}
    left, right = ours.model_dump(mode="json", exclude=volatile), theirs.model_dump(mode="json", exclude=volatile)
    return [name for name in left if left[name] != right.get(name)]
