"""Deeds to steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agents.embedded.flow.conditions import opposite
from agents.embedded.flow.doings import Mirrors
from agents.embedded.flow.relation import column, ending
from agents.embedded.flow.things import Entry, Made, Table
from agents.embedded.kinds.line import Mention
from agents.embedded.kinds.world import value_for
from agents.embedded.meaning import plain
from agents.embedded.meaning.putting import put, targets
from agents.embedded.meaning.state import FILE, Ent, Kind, State
from agents.embedded.meaning.testing import each_gate, gates
from agents.embedded.meaning.things import (
    Appended,
    Arranged,
    Comparison,
    Deed,
    Deleted,
    Done,
    Drawn,
    Each,
    Fact,
    Failed,
    Field,
    Files,
    Found,
    Give,
    If,
    Instead,
    Known,
    KnownColumns,
    KnownPages,
    Nothing,
    Other,
    Packed,
    Pages,
    PageTable,
    Read,
    Ref,
    Reported,
    Rows,
    Run,
    Same,
    Set,
    Text,
    To,
    Told,
    Unpacked,
    Verified,
)
from agents.embedded.meaning.values import ROWSET, one, rows, source, value
from agents.embedded.outcome import decline
from agents.embedded.wordset import words
from orchestrator.core.conditions import Compare
from orchestrator.core.plan import StepDependency
from orchestrator.core.references import whole
from orchestrator.core.tasks import On
from protocol.vocabulary import Json, JsonObject

_ARCHIVES: Final = (".tar.gz", ".tgz", ".zip", ".tar")
_TOLD: Final = {"notify": "desktop.notify", "sms": "phone.sms", "publish": "edge.publish"}


def do(state: State, deed: Deed) -> None:
    """The steps of one deed. Raises Stop where it cannot be done, or it is not clear how."""
    before = list(state.to.draft.steps)
    earlier = state.changed
    _DEEDS[type(deed)](state, deed)  # type: ignore[operator]
    if earlier:
        state.to.sequence.append((frozenset(state.to.draft.steps) - frozenset(before), earlier))
    state.last = tuple(id for id in state.to.draft.steps if id not in before) or state.last


def _append(state: State, deed: Appended) -> None:
    """A value behind what a file on one device holds."""
    goals = targets(state, deed.to)
    if len(goals) != 1 or goals[0].path is None or ending(goals[0].path) not in ("txt", "log", "md"):
        raise decline("it is not said to which file it is added")
    [name] = state.names(goals[0].place or state.home)
    text = _text(state, Told("", deed.of))
    end = "" if text.endswith((".text}", ".stdout}", ".stderr}")) else "\n"
    step = state.to.step("append", "file.append", {"path": goals[0].path, "text": f"{text}{end}"}, name)
    state.keep(Ent("file", (Entry(name, name, step, goals[0].path),), FILE))
    state.written = (name, goals[0].path)


def _done(state: State, deed: Done) -> None:
    plain.done(state, deed.of)


def _nothing(state: State, deed: Nothing) -> None:
    del state, deed


def _read(state: State, deed: Read) -> None:
    led = led_by = state.lead
    for to in deed.to:
        if to.place is not None and to.prep in ("from", "with"):
            state.lead = led_by = state.goal = to.place
        elif to != To() and not to.times:
            raise decline("a value that is only read goes nowhere")
    found = value(state, deed.thing)
    state.lead = led
    times = next((to.times for to in deed.to if to.times), 0)
    if isinstance(deed.thing, Pages):
        found = state.keep(found)
    if found.kind == "pages" and deed.to:
        _fetch(state, found, times, led_by)
    elif times:
        raise decline("only a page is fetched several times")
    elif isinstance(deed.thing, Pages):
        pass
    elif isinstance(deed.thing, Files) and found.kind == "file":
        state.owed |= {state.ents[-1]}
    elif isinstance(deed.thing, Files) or (isinstance(deed.thing, Ref) and found.kind not in ("file", "rows")):
        raise decline("a file is not only read")
    elif found.kind != "file":
        state.to.answers += [entry.step for entry in found.entries if entry.step]


def _fetch(state: State, pages: Ent, times: int, place: Mention | None) -> None:
    """What one page says, as a text; fetched again where that fails, up to so many times in all."""
    page = one(pages)
    name = state.names(place)[0] if place is not None else ""
    step = state.to.somewhere("fetch", "http.fetch", {"url": page.value}, name)
    if times:
        new = state.to.draft.steps[step]
        state.to.filled.add(str(times))
        retry = new.retry.model_copy(update={"max_attempts": times})
        state.to.draft.steps[step] = new.model_copy(update={"retry": retry})
    state.keep(
        Ent("text", (Entry(page.label, name, step, f"${{{step}.output.text}}"),), words("text page it answer that"))
    )


def _known(state: State, deed: Known) -> None:
    entries = state.files(deed.files.files)
    for entry in entries:
        state.to.tables[entry.device, entry.value] = Table(deed.table, deed.columns)
    value(state, deed.files)


def _known_columns(state: State, deed: KnownColumns) -> None:
    ent = state.find(Ref("them"), "file")
    for entry in ent.entries:
        known = state.to.tables.get((entry.device, entry.value), Table())
        state.to.tables[entry.device, entry.value] = replace(known, columns=deed.columns)


def _known_pages(state: State, deed: KnownPages) -> None:
    if deed.caption:
        value(state, PageTable(deed.caption, deed.urls[0]))
        return
    if len(deed.fields) != 1:
        raise decline("it is not clear which of the fields is meant")
    urls = deed.urls or tuple(entry.value for entry in state.find(Ref("them"), "pages").entries)
    value(state, Field(deed.fields, urls))


def _run(state: State, deed: Run) -> None:
    entries: list[Entry] = []
    for command, files in deed.commands:
        if isinstance(files, Ref) or (files is not None and command in _TOOLS):
            entries.append(_program(state, command, value(state, files)))
            continue
        places = state.files(files.files) if files is not None else ()
        if not places and state.leads:
            places = state.files(state.leads)
        if not places and state.lead is not None:
            places = tuple(Entry(name, name, None, "") for name in state.names(state.lead))
        if not places:
            raise decline("it is not said where the command runs")
        for place in places:
            more: JsonObject = {"cwd": place.value} if place.value else {}
            step = state.to.step("run", "shell.run", {"command": command, **more}, place.device)
            entries.append(
                Entry(place.value, place.device, step, f"${{{step}.output.stdout}}${{{step}.output.stderr}}")
            )
            state.folders[place.device] = place.value
    state.to.answers += [entry.step for entry in entries if entry.step]
    state.keep(Ent("text", tuple(entries), words("output outputs it them result results")))


_TOOLS: Final = words("python3 python sh bash node perl ruby")


def _program(state: State, tool: str, ent: Ent) -> Entry:
    file = one(ent)
    if ent.kind != "file":
        raise decline("it is not clear which program is run")
    step = state.to.step("run", "shell.run", {"command": f"{tool} {file.value}"}, file.device, file.step)
    state.folders[file.device] = ""
    return Entry(file.label, file.device, step, f"${{{step}.output.stdout}}${{{step}.output.stderr}}")


def _instead(state: State, deed: Instead) -> None:
    last = state.to.made[-1] if state.to.made else None
    if last is None or state.to.draft.gates or not {entry.step for entry in last.entries} <= set(state.last):
        raise decline("it is not said what else could be taken")
    Mirrors(deed.url).build(state.to)


# --- archives --------------------------------------------------------------------------------------------------------


def _pack(state: State, deed: Packed) -> None:
    goals = targets(state, deed.to)
    if len(goals) != 1 or goals[0].path is None or not goals[0].path.endswith(_ARCHIVES):
        raise decline("it is not said which archive is made")
    path = goals[0].path
    found = deed.of
    more: JsonObject = {}
    if isinstance(found, Found):
        if not found.ending:
            raise decline("it is not clear what is packed")
        entries = state.files((found.folder,))
        more = {"files": f"*{found.ending}"}
    elif isinstance(found, Files):
        if goals[0].place is not None and all(file.place is None for file in found.files):
            found = Files(tuple(replace(file, place=goals[0].place) for file in found.files))
            goals = [replace(goals[0], place=None)]
        entries = state.files(found.files)
    elif isinstance(found, Ref):
        entries = state.find(found, "file").entries
    else:
        raise decline("it is not clear what is packed")
    made: list[Entry] = []
    for device in dict.fromkeys(entry.device for entry in entries):
        paths = [entry.value for entry in entries if entry.device == device]
        if deed.backup:
            arguments: JsonObject = {"paths": list(paths), "target": path}
            step = state.to.step("backup", "backup.create", arguments, device)
        elif len(paths) != 1:
            raise decline("an archive is made of one folder")
        else:
            step = state.to.step("pack", "archive.create", {"source": paths[0], "target": path, **more}, device)
        made.append(Entry(device, device, step, path))
    nouns = FILE | words("archive archives backup backups it them that") if len(made) >= 1 else FILE
    ent = state.keep(Ent("file", tuple(made), nouns))
    if deed.checked:
        _verified(state, one(ent))
    if goals[0].place is not None and set(state.names(goals[0].place)) != {entry.device for entry in made}:
        put(state, ent, goals)


def _verify(state: State, deed: Verified) -> None:
    ent = value(state, deed.of) if isinstance(deed.of, Files) else state.find(deed.of, "file")  # type: ignore[arg-type]
    file = one(ent)
    if not file.value.endswith(_ARCHIVES):
        raise decline("it is not clear which backup is meant")
    _verified(state, file)


def _verified(state: State, file: Entry) -> None:
    step = state.to.step("verify", "backup.verify", {"backup_path": file.value}, file.device, file.step)
    state.to.verified = Entry(file.label, file.device, step, f"${{{step}.output.intact}}")
    state.to.asked.append(step)
    state.keep(Ent("file", (file,), FILE | words("backup archive")))


def _unpack(state: State, deed: Unpacked) -> None:
    ent = value(state, deed.of) if isinstance(deed.of, Files) else state.find(deed.of, "file")  # type: ignore[arg-type]
    file = one(ent)
    goals = targets(state, deed.to)
    if not file.value.endswith(_ARCHIVES) or len(goals) != 1 or goals[0].path is None:
        raise decline("it is not said which archive is unpacked, or into which folder")
    [name] = state.names(goals[0].place) if goals[0].place is not None else (file.device,)
    path, after = file.value, file.step
    if name != file.device:
        shared = state.to.step("share", "artifact.publish", {"path": path}, file.device, file.step, once=True)
        saved: JsonObject = {"path": path, "artifact": f"${{{shared}.output.artifact}}"}
        after = state.to.step("bring", "artifact.save", saved, name)
    checked = state.to.verified is not None and state.to.verified.label == file.label
    backup = deed.backup and (checked or ("backup" in ent.nouns and file.step is not None))
    skill, key = ("backup.restore", "backup_path") if backup else ("archive.extract", "archive_path")
    step = state.to.step(
        "restore" if backup else "unpack", skill, {key: path, "target": goals[0].path.rstrip("/")}, name, after
    )
    state.keep(Ent("file", (Entry(name, name, step, goals[0].path.rstrip("/")),), words("folder it files")))


def _compare(state: State, deed: Comparison) -> None:
    hashes = value(state, Fact("hash", deed.of)).entries
    if len(hashes) < 2:
        raise decline("there is nothing to compare it with")
    step = state.to.anywhere("compare", "data.compare", {"items": [entry.value for entry in hashes]})
    state.compared = Entry("compare", "", step, f"${{{step}.output.equal}}")
    state.to.asked.append(step)


def _same(state: State, deed: Same) -> None:
    hashes = [one(value(state, of)) for of in (deed.one, deed.other)]
    if hashes[0].step == hashes[1].step:
        raise decline("a file is compared with itself")
    items = [f"${{{entry.step}.output.hash}}" for entry in hashes]
    step = state.to.anywhere("compare", "data.compare", {"items": list(items)})
    when = Compare.model_validate({"path": "output.equal", "op": "==", "value": True})
    state.to.asked.append(step)
    # What comes after is done only where they are the same.
    state.to.draft.begin((), (*state.to.draft.gates, StepDependency(step=step, on=On.CONDITION, when=when)))


def _delete(state: State, deed: Deleted) -> None:
    if isinstance(deed.of, Ref):
        ent = state.find(deed.of, "file")
        copied = any(entry.step and state.to.draft.steps[entry.step].skill in _COPIES for entry in ent.entries)
        if (copied or ent.alone) and deed.of.place is None:
            raise decline("it is not clear whether the copy is deleted, or what was copied")
        found = ent.entries
        folders: set[str] = set()
    elif isinstance(deed.of, Files):
        found = state.files(deed.of.files)
        folders = {file.path for file in deed.of.files if file.noun == "folder"}
    else:
        raise decline("it is not clear what is deleted")
    for file in found:
        more: JsonObject = {"recursive": True} if file.value in folders else {}
        step = state.to.step("delete", "file.delete", {"path": file.value, **more}, file.device, file.step)
        _wait_for_all(state, step)


_COPIES: Final = ("artifact.save", "file.copy", "phone.push")


def _wait_for_all(state: State, id: str) -> None:
    """What is deleted goes last: all that was done before has to be done."""
    before = frozenset(state.to.draft.steps) - {id}
    state.to.sequence.append((frozenset({id}), before))


# --- tables ----------------------------------------------------------------------------------------------------------


def _arrange(state: State, deed: Arranged) -> None:
    where = deed.kept or tuple(replace(test, op=_TURNED[test.op]) for test in deed.dropped)
    ent = rows(state, None, where) if where else rows(state, None)
    for to in deed.to:
        ranked: JsonObject = {
            "items": one(ent).value,
            "by": column(to.by, ent.columns, exact=True),
            "order": to.order,
            "keep_empty": True,
        }
        step = state.to.somewhere("sort", "data.rank", ranked, one(ent).device)
        entry = Entry("table", one(ent).device, None, f"${{{step}.output.items}}")
        ent = state.keep(Ent("rows", (entry,), ROWSET, ent.columns, ent.value, ent.about))


_TURNED: Final = {"==": "!=", "!=": "==", ">": "<=", "<": ">=", ">=": "<", "<=": ">"}


def _draw(state: State, deed: Drawn) -> None:
    ent = rows(state, deed.of if deed.of is not None else Ref("them"))
    x = deed.x or next((name for name in ent.columns if name != ent.value), "")
    y = column(deed.column, ent.columns) if deed.column else ent.value
    if deed.kind == "histogram":
        x = y
    if not y and len(ent.columns) == 2:
        x, y = ent.columns
    goals = targets(state, deed.to)
    if len(goals) != 1 or goals[0].path is None or not goals[0].path.endswith(".png") or not x or not y:
        raise decline("it is not clear what should be drawn, and where")
    for name in state.names(goals[0].place or state.home):
        arguments: JsonObject = {"path": goals[0].path, "items": one(ent).value, "kind": deed.kind, "x": x, "y": [y]}
        step = state.to.step("draw", "chart.make", arguments, name)
        state.keep(Ent("file", (Entry(name, name, step, goals[0].path),), FILE | words("chart picture")))
        state.written = (name, goals[0].path)
    state.goal = state.home = goals[0].place or state.home


# --- telling, switching ----------------------------------------------------------------------------------------------


def _report(state: State, deed: Reported) -> None:
    """A PDF with the table that was spoken of, and what was computed of it."""
    title = next((to.title for to in deed.to if to.title), "")
    goals = targets(state, deed.to)
    ent = rows(state, Ref("table"))
    if len(goals) != 1 or goals[0].path is None or not title:
        raise decline("it is not clear which report is made")
    sections: list[Json] = [{"content": one(ent).value}]
    for thing in deed.values:
        found = one(value(state, thing))
        sections.append({"heading": found.label.capitalize(), "content": found.value})
    for name in state.names(goals[0].place or state.home):
        arguments: JsonObject = {"path": goals[0].path, "title": title, "sections": sections}
        step = state.to.step("report", "pdf.write", arguments, name)
        state.keep(Ent("file", (Entry(name, name, step, goals[0].path),), FILE | words("report pdf document")))
        state.written = (name, goals[0].path)
    state.goal = state.home = goals[0].place or state.home


def _tell(state: State, deed: Told) -> None:
    if "\n" in deed.goal:
        _tell_each(state, deed)
        return
    if deed.what == Ref("done"):
        if not state.to.draft.risky(state.to.draft.steps):
            raise decline("it is not clear what should be told")
        text = f"{state.written[1].rpartition('/')[2]} is there" if state.written[1] else "done"
    else:
        text = state.told if deed.what == Ref("same") else _text(state, deed)
    if not text:
        raise decline("it is not clear what should be told")
    state.told = text
    if isinstance(deed.what, Text):
        state.keep(Ent("text", (Entry("", "", None, text),), words("text message words notification")))
    skill = _TOLD[deed.how]
    places = [to.place for to in deed.to if to.place is not None]
    names = state.names(places[0]) if places else state.to.world.able(skill)
    if len(names) != 1 or len(places) > 1:
        raise decline("it is not said which device tells it")
    arguments: dict[str, JsonObject] = {
        "notify": _notice(state, text), "sms": {"number": deed.goal, "text": text},
        "publish": {"topic": deed.goal, "payload": text},
    }  # fmt: skip
    state.to.step(deed.how, skill, arguments[deed.how], names[0])
    if places and not places[0].there:
        state.goal = places[0]


def _notice(state: State, text: str) -> JsonObject:
    """A report stands below its heading."""
    found = whole(text)
    made = state.to.draft.steps.get(found.task) if found is not None else None
    if made is None or made.skill != "text.report":
        return {"title": text}
    return {"title": made.arguments["title"], "text": text}


def _tell_each(state: State, deed: Told) -> None:
    """One value to each topic, which is named after what the value is of."""
    topics = deed.goal.split("\n")
    made = state.find(deed.what, "number", "text")  # type: ignore[arg-type]
    boxes = state.names(deed.to[0].place) if deed.to else state.to.world.able("edge.publish")
    if len(boxes) != 1 or len(made.entries) != len(topics):
        raise decline("it is not clear what should be published to which topic")
    for entry, topic in zip(made.entries, topics, strict=True):
        if entry.label.casefold() not in topic.casefold():
            raise decline(f"it is not clear which value goes to {topic}", [topic])
        state.to.step("publish", "edge.publish", {"topic": topic, "payload": entry.value}, boxes[0])


def _text(state: State, deed: Told) -> str:
    told: tuple[Kind, ...] = ("number", "text", *plain.LISTED)
    ent = state.find(deed.what, *told) if isinstance(deed.what, Ref) else value(state, deed.what)
    text = plain.reported(state, ent) if ent.kind in plain.LISTED else str(one(ent).value)
    if ent.kind not in told:
        raise decline("it is not clear what should be told")
    for to in deed.to:
        if to == To() or to.place is not None:
            continue
        if not to.fill or to.value is None or not isinstance(deed.what, Text):
            raise decline("a message goes to no file")
        filled = filling(text, to.fill, str(one(value(state, to.value)).value))
        state.to.filled.add(deed.what.text)
        text = filled
    return text


def filling(text: str, mark: str, reference: str) -> str:
    import re

    new, times = re.subn(rf"(?<!\w){re.escape(mark)}(?!\w)", lambda _: reference, text)
    if not times:
        raise decline(f"{mark} is no part of the text", [mark])
    return new


def _set(state: State, deed: Set) -> None:
    found = state.to.world.actuated(deed.words, None)
    if len(found) != 1:
        raise decline(f"nothing that can be set is called {' '.join(deed.words)}", [" ".join(deed.words)])
    [(device, actuator)] = found
    if deed.of is not None:
        found_ = state.find(deed.of, "text", "number") if isinstance(deed.of, Ref) else value(state, deed.of)
        if bool(actuator.values) != ("state" in found_.nouns):
            raise decline(f"it is not clear what {actuator.name} should be set to")
        said = one(found_)
        state.to.step("set", "edge.set", {"actuator": actuator.name, "value": said.value}, device)
        return
    wanted = value_for(actuator, deed.value)
    if wanted is None:
        raise decline(f"{actuator.name} cannot be set to {deed.value}", [deed.value])
    state.to.step("set", "edge.set", {"actuator": actuator.name, "value": wanted}, device)


# --- conditions ------------------------------------------------------------------------------------------------------


def _if(state: State, deed: If) -> None:
    if state.to.draft.gates:
        raise decline("a condition within a condition is not read")
    if isinstance(deed.condition, Other):
        if not state.conditions:
            raise decline("there is no condition before", ["otherwise"])
        mine = opposite(state.conditions[-1])
        held, state.ents = state.ents, [ent for ent in state.ents if not ent.guard]
        _under(state, mine, deed.then)
        state.ents = [*held, *(ent for ent in state.ents if ent.guard)]
        return
    elif isinstance(deed.condition, Failed) and deed.then and isinstance(deed.then[0], Instead):
        # What is fetched instead is fetched just where the first address fails; the rest goes on with either.
        for one_ in deed.then:
            do(state, one_)
        return
    else:
        mine = gates(state, deed.condition)
        state.conditions.append(mine)
    if deed.then:
        _under(state, mine, deed.then)
    hidden = [ent for ent in state.ents if ent.guard]
    if deed.otherwise:
        state.ents = [ent for ent in state.ents if not ent.guard]
        _under(state, opposite(mine), deed.otherwise)
        state.ents = [*hidden, *state.ents]


def _under(state: State, guard: tuple[StepDependency, ...], deeds: Sequence[Deed]) -> None:
    for deed in deeds:
        state.to.draft.begin((), guard)
        do(state, deed)
    state.to.draft.begin((), ())


def _each(state: State, deed: Each) -> None:
    made = state.find(deed.condition.thing, "number")  # type: ignore[arg-type]
    if (
        deed.place is not None
        and deed.place.names
        and not {entry.device for entry in made.entries} <= set(deed.place.names)
    ):
        raise decline("it is not clear which devices are meant")
    for entry in made.entries:
        state.each = entry.device
        _under(state, (each_gate(entry, deed.condition),), deed.then)
    state.each = ""


def _give(state: State, deed: Give) -> None:
    from agents.embedded.meaning.putting import give

    give(state, deed)


_DEEDS: Final = {
    Nothing: _nothing, Done: _done, Appended: _append, Read: _read, Known: _known, KnownColumns: _known_columns,
    KnownPages: _known_pages, Run: _run, Instead: _instead, Packed: _pack, Verified: _verify, Unpacked: _unpack,
    Same: _same, Deleted: _delete, Arranged: _arrange, Drawn: _draw, Told: _tell, Reported: _report,
    Comparison: _compare, Set: _set, If: _if, Each: _each, Give: _give,
}  # fmt: skip
__all__ = ["Made", "Mention", "Rows", "do", "ending", "source"]
