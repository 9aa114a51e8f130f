"""What a clause leaves that another grammar has planned: its steps taken over, its result as a typed value.

    text     quoted words: what a file, a page, a clipboard or a command says
    number   one value
    rows     a list of records, one for each service, user, container...
    lines    lines of a log
    record   facts of a device that belong together: its memory, its load

A step for several devices becomes one for each, where it only reads. What changes something is done before what comes
after it in the request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, cast

from agents.embedded.draft import step_name
from agents.embedded.flow.things import Entry
from agents.embedded.kinds.line import Mention
from agents.embedded.meaning.bridge import PROBE
from agents.embedded.meaning.state import FILE, Ent, Kind, State
from agents.embedded.meaning.things import Plain, Ref
from agents.embedded.outcome import decline
from agents.embedded.wordset import words
from orchestrator.core.plan import Plan, Selector, Step, StepDependency
from orchestrator.core.references import find
from orchestrator.core.tasks import On
from protocol.vocabulary import Json, JsonObject, Risk

_REFERENCE: Final = re.compile(r"(?<!\$)\$\{([A-Za-z0-9_-]+)(?=[.\[}])")
LISTED: Final[tuple[Kind, ...]] = ("rows", "record")
"""What is told in a text of its own."""
_IT: Final = words("it that this them these those result results list output answer")
_TEXTS: Final = words("text content contents words")
_VALUES: Final[Mapping[str, tuple[Kind, str, frozenset[str]]]] = {
    "shell.run": ("text", "stdout", words("output outputs")),
    "python.run": ("text", "stdout", words("output outputs")),
    "edge.read": ("number", "value", words("reading value number")),
    "edge.aggregate": ("number", "mean", words("mean average value number")),
    "file.hash": ("text", "hash", words("hash checksum")),
    "desktop.read_clipboard": ("text", "text", words("clipboard text content contents words")),
    "browser.table": ("rows", "items", words("table rows list")),
}
COMMANDS: Final = ("shell.run", "script.run", "python.run")
"""What has been run even where it ended badly: its exit code tells."""
_RECORDS: Final = ("system.", "phone.battery", "package.info", "service.status", "file.stat", "user.info", "file.usage")
_MEASURES: Final = {
    "system.memory": ("used_percent", words("memory usage use")),
    "system.disk": ("used_percent", words("disk usage use")),
    "system.cpu": ("used_percent", words("cpu usage use")),
    "system.load": ("load_1", words("load")),
    "phone.battery": ("percent", words("battery level charge")),
}
_OF_FILE: Final = ("file.hash", "file.stat", "file.search", "file.count", "file.read")
_FILES: Final = {
    "http.download": "path", "file.write": "path", "csv.write": "path", "xlsx.write": "path", "artifact.save": "path",
    "file.copy": "target", "file.move": "target", "archive.create": "target", "chart.make": "path", "pdf.write": "path",
    "html.write": "path", "table.join": "target",
}  # fmt: skip


def value(state: State, thing: Plain) -> Ent:
    """The result of a clause that reads. Raises Stop where it changes something, or leaves nothing to go on with."""
    plan = _planned(state, thing)
    if any(state.to.draft.specs[step.skill].risk is not Risk.READ for step in plan.steps) and not _commands(plan):
        raise decline(f"{thing.said} is no thing", [thing.said])
    return _left(state, _taken(state, plan), thing)


def _commands(plan: Plan) -> bool:
    return all(step.skill in COMMANDS for step in plan.steps)


def done(state: State, thing: Plain) -> None:
    """The steps of a clause, and what they leave."""
    plan = _planned(state, thing)
    changes = any(state.to.draft.specs[step.skill].risk is not Risk.READ for step in plan.steps)
    before = frozenset(state.to.draft.steps)
    steps = _taken(state, plan)
    if changes:
        state.to.sequence.append((frozenset(state.to.draft.steps) - before, before))
        if not _commands(plan):
            state.changed |= frozenset(state.to.draft.steps) - before
    else:
        (state.to.asked if len(plan.answer) else state.to.answers).extend(one.id for one in steps)
    if not changes or _commands(plan) or steps[-1].skill in _FILES:
        _left(state, steps, thing, value=not changes or _commands(plan))
    names = steps[-1].devices.names
    if names:
        state.goal = Mention(", ".join(names), names, many=len(names) > 1)


def gates(state: State, thing: Plain) -> tuple[StepDependency, ...]:
    """What a condition looks at, and the edge behind it."""
    plan = _planned(state, thing)
    *probes, last = plan.steps
    if last.skill != "shell.run" or last.arguments.get("command") != PROBE or not probes or len(last.after) != 1:
        raise decline(f"this condition is not read: {thing.said}", [thing.said])
    [edge] = last.after
    if any(state.to.draft.specs[step.skill].risk is not Risk.READ for step in probes) or edge.on is On.COMPLETION:
        raise decline(f"this condition is not read: {thing.said}", [thing.said])
    names: dict[str, str] = {}
    _added(state, probes, names)
    path = str(probes[0].arguments.get("path", ""))
    if path and probes[0].skill in _OF_FILE and probes[0].devices.names:
        # What is done then may be done with the file that was looked at.
        known = tuple(Entry(name, name, None, path) for name in probes[0].devices.names)
        state.keep(Ent("file", known, FILE, known=True))
    where = {step.devices.names for step in probes if step.devices.names}
    if len(where) == 1:
        [devices] = where
        state.goal = Mention(", ".join(devices), devices, many=len(devices) > 1)
    return (edge.model_copy(update={"step": names[edge.step]}),)


def _planned(state: State, thing: Plain) -> Plan:
    plan = state.bridge.plan(thing.text) if state.bridge is not None else None
    if plan is None:
        raise decline(f"these words are not read: {thing.said}", [thing.said])
    for step in plan.steps:
        family, _, verb = step.skill.partition(".")
        if verb == "remove" and family not in thing.text.casefold():
            raise decline(f"it is not said that {thing.said} is about a {family}", [thing.said])
    if thing.there and (state.goal is None or state.goal.names != (thing.there,)):
        raise decline("it is not clear where `there` is", ["there"])
    if thing.there and not _spoken_of(state, plan) <= {(thing.there,)}:
        raise decline("it is not clear where `there` is", ["there"])
    if thing.file[0]:
        meant = state.find(Ref("it"), "file").entries
        if [(one.value, one.device) for one in meant] != [thing.file]:
            raise decline("it is not clear which file is meant by `it`", ["it"])
    if thing.assumed and not _known_there(state, plan, thing.assumed):
        raise decline(f"it is not said on which device: {thing.said}", [thing.said])
    return plan


def _known_there(state: State, plan: Plan, name: str) -> bool:
    """Whether what a clause is about was spoken of on that device before, and on no other."""
    if state.lead is not None:
        return state.lead.names == (name,)
    return _spoken_of(state, plan) == {(name,)}


def _spoken_of(state: State, plan: Plan) -> set[tuple[str, ...]]:
    """Where services, packages or users of the names in a plan were spoken of before."""
    about = {(step.skill.partition(".")[0], str(step.arguments.get("name"))) for step in plan.steps}
    return {
        step.devices.names
        for step in state.to.draft.steps.values()
        if (step.skill.partition(".")[0], str(step.arguments.get("name"))) in about and "name" in step.arguments
    }


def _taken(state: State, plan: Plan) -> tuple[Step, ...]:
    """The steps in the draft, those that the plan ends with last."""
    draft = state.to.draft
    [*first, last] = plan.steps
    names: dict[str, str] = {}
    _added(state, first, names)
    where = _where(state, last.devices)
    if (
        (draft.specs[last.skill].risk is Risk.READ or _commands(plan))
        and len(where) > 1
        and last.devices.mode == "each"
    ):
        ids = [_add(state, last, names, Selector(names=(name,)), f"-{name}") for name in where]
    else:
        ids = [_add(state, last, names, last.devices)]
    return tuple(draft.steps[id] for id in ids)


def _added(state: State, steps: list[Step], names: dict[str, str]) -> None:
    for step in steps:
        names[step.id] = _add(state, step, names, step.devices)


def _add(state: State, step: Step, names: Mapping[str, str], devices: Selector, tail: str = "") -> str:
    if devices.same_as is not None:
        devices = devices.model_copy(update={"same_as": names[devices.same_as]})
    edges = [edge.model_copy(update={"step": names[edge.step]}) for edge in step.after]
    arguments = cast(JsonObject, _renamed(step.arguments, names))
    id = state.to.draft.add(step.id + tail, step.skill, arguments, devices, edges=edges, title=step.title)
    kept = {"retry": step.retry, "on_failure": step.on_failure, "join": step.join}
    state.to.draft.steps[id] = state.to.draft.steps[id].model_copy(update=kept)
    return id


def _renamed(value: Json, names: Mapping[str, str]) -> Json:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: f"${{{names.get(found[1], found[1])}", value)
    if isinstance(value, dict):
        return {key: _renamed(one, names) for key, one in value.items()}
    return [_renamed(one, names) for one in value] if isinstance(value, list) else value


def _where(state: State, selector: Selector) -> tuple[str, ...]:
    """The devices of a selector, in the order in which they are known; none where it is more than names or a kind."""
    if selector != Selector(mode=selector.mode, names=selector.names, kind=selector.kind):
        return ()
    if selector.names:
        return selector.names
    return state.to.world.of_kind(selector.kind) if selector.kind is not None else ()


# --- what is left ----------------------------------------------------------------------------------------------------


def _left(state: State, steps: tuple[Step, ...], thing: Plain, *, value: bool = True) -> Ent:
    last = steps[-1]
    if not value or last.skill in _FILES:
        return _file(state, last)
    found = _shape(state, last, thing)
    if found is None:
        raise decline(f"nothing is known of what comes of {thing.said}", [thing.said])
    kind, path, nouns = found
    if any(len(step.devices.names) > 1 or step.devices.mode == "each" for step in steps):
        raise decline(f"the results of several devices are not handed on: {thing.said}", [thing.said])
    entries = tuple(
        Entry(_label(step), (step.devices.names or ("",))[0], step.id, f"${{{step.id}.output{path}}}") for step in steps
    )
    if last.skill in ("shell.run", "python.run"):
        entries = tuple(
            Entry(one.label, one.device, one.step, f"{one.value}${{{one.step}.output.stderr}}") for one in entries
        )
    if kind in ("rows", "lines"):
        state.listed |= {one.id for one in steps}
    about = _about(last)
    columns = _selected(str(last.arguments.get("statement", ""))) if last.skill == "sql.query" else ()
    return state.keep(Ent(kind, entries, _IT | nouns | words(about), columns, about=about, alone=True))


_NAMED: Final = ("list", "read", "find", "table", "query", "info", "status", "logs")


def _about(step: Step) -> str:
    """What a report of it is headed: `service list` for a skill whose own name says nothing."""
    name = step_name(step.skill)
    return f"{step.skill.partition('.')[0]} {name}" if name in _NAMED else name


_SELECT: Final = re.compile(r"select\s+(?:distinct\s+)?(.+?)\s+from\s", re.IGNORECASE | re.DOTALL)
_COLUMN: Final = re.compile(r"(?:.*\sas\s+|(?:\w+\.)?)([A-Za-z_]\w*)", re.IGNORECASE | re.DOTALL)


def _selected(statement: str) -> tuple[str, ...]:
    """The columns that a query names; none where one of them has no name of its own."""
    found = _SELECT.match(statement.strip())
    parts = re.split(r",(?![^()]*\))", found[1]) if found is not None else []
    names = [_COLUMN.fullmatch(part.strip()) for part in parts]
    return tuple(one[1] for one in names if one is not None) if all(names) else ()


def _label(step: Step) -> str:
    return (step.devices.names or (step.id,))[0]


def _file(state: State, last: Step) -> Ent:
    key = _FILES.get(last.skill)
    if key is None or len(last.devices.names) != 1:
        return Ent("text", (), frozenset())
    [name] = last.devices.names
    path = str(last.arguments[key])
    state.written = (name, path)
    return state.keep(
        Ent("file", (Entry(name, name, last.id, path),), FILE | words("download chart archive table"), alone=True)
    )


def _shape(state: State, step: Step, thing: Plain) -> tuple[Kind, str, frozenset[str]] | None:
    """What kind of value a skill's output is, where it lies in there, and the words for it."""
    if step.skill in _VALUES:
        kind, path, nouns = _VALUES[step.skill]
        return kind, f".{path}", nouns
    if step.skill.startswith(_RECORDS):
        return (
            "record",
            "",
            words("facts values usage use status version information")
            | _MEASURES.get(step.skill, ("", frozenset[str]()))[1],
        )
    if step.skill == "file.count":
        said = [one for one in ("lines", "words", "bytes", "files") if one.removesuffix("s") in thing.said.casefold()]
        return ("number", f".{said[0]}", words("number count")) if len(said) == 1 else None
    known = state.to.draft.specs[step.skill].output_schema.get("properties")
    properties: Mapping[str, object] = known if isinstance(known, dict) else {}
    if _type(properties.get("text")) == "string":
        return "text", ".text", _TEXTS | words(step_name(step.skill))
    lists = [name for name, one in properties.items() if _type(one) == "array" and _type(one, "items") == "object"]
    if len(lists) == 1:
        nouns = words("rows records names table entries items data") | {lists[0], lists[0].removesuffix("s")}
        return "rows", f".{lists[0]}", nouns
    if _type(properties.get("lines")) == "array":
        return "lines", ".lines", words("lines log logs entries messages")
    return None


def _type(schema: object, of: str = "") -> object:
    if not isinstance(schema, dict):
        return None
    return _type(schema.get(of)) if of else schema.get("type")


def whole_lists(state: State) -> None:
    """Lists that were cut short are handed on nowhere as if they were whole."""
    draft = state.to.draft
    for id, step in draft.steps.items():
        used = {one.task for one in find(step.arguments)} & state.listed
        if step.join == "all" and used:
            after = tuple(draft.uncut(edge) if edge.step in used else edge for edge in step.after)
            draft.steps[id] = step.model_copy(update={"after": after})


def measured(ent: Ent, state: State) -> Ent:
    """The number of facts that one number stands for: how much of the memory is used."""
    entries = []
    for entry in ent.entries:
        skill = state.to.draft.steps[str(entry.step)].skill
        if skill not in _MEASURES:
            raise decline("it is not clear which of the values is meant")
        entries.append(Entry(entry.label, entry.device, entry.step, entry.value[:-1] + f".{_MEASURES[skill][0]}}}"))
    return Ent("number", tuple(entries), ent.nouns, about=ent.about, guard=ent.guard)


def reported(state: State, ent: Ent) -> str:
    """A reference to a text that tells a list or facts, a section for each device. The text is one for people."""
    title = ent.about.replace("-", " ").capitalize()
    sections: list[Json] = [
        {"heading": entry.label if len(ent.entries) > 1 else title, "content": entry.value} for entry in ent.entries
    ]
    for id, step in state.to.draft.steps.items():
        if step.skill == "text.report" and step.arguments == {"title": title, "sections": sections}:
            return f"${{{id}.output.text}}"
    return f"${{{state.to.anywhere('report', 'text.report', {'title': title, 'sections': sections})}.output.text}}"
