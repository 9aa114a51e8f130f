"""Things to what they are on the devices: each value is read or computed by steps, each path is a file."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from agents.embedded.flow.pages import label
from agents.embedded.flow.relation import DATABASES, PLAIN, column, ending, read
from agents.embedded.flow.things import ROWS, Entry
from agents.embedded.meaning import plain
from agents.embedded.meaning.state import BACK, FILE, Ent, Kind, State
from agents.embedded.meaning.things import (
    Count,
    Fact,
    Field,
    Files,
    Found,
    Group,
    Lines,
    Measured,
    Messages,
    Pages,
    PageTable,
    Part,
    Plain,
    Reading,
    Ref,
    Rows,
    Sheet,
    Statuses,
    Text,
    Thing,
    Titles,
    Together,
    Total,
    Totals,
    Union,
    Where,
)
from agents.embedded.outcome import decline
from agents.embedded.wordset import words
from orchestrator.core.references import escape, find, whole
from protocol.vocabulary import Json, JsonObject

NUMBER: Final = words("number numbers count counts value values result results it them that answer")
ROWSET: Final = words("table tables rows row records list result results it them those that outcome data lines")
_STAT: Final = {"sum": "sum", "mean": "average", "median": "median", "maximum": "maximum", "minimum": "minimum"}
_AGAIN: Final = {"sum": "sum", "count": "sum", "maximum": "maximum", "minimum": "minimum"}
_WORDS: Final = {
    "sum": "sum total", "mean": "mean average", "median": "median", "maximum": "maximum highest",
    "minimum": "minimum lowest",
}  # fmt: skip
_TABULAR: Final = (*PLAIN, *DATABASES, "xlsx")


def value(state: State, thing: Thing) -> Ent:
    """What a thing is. Raises Stop where it cannot be read or computed."""
    if isinstance(thing, Ref):
        return state.find(thing)
    if isinstance(thing, Files):
        entries = state.files(thing.files)
        state.spoken(thing)
        return state.keep(Ent("file", entries, FILE | _called(thing), known=True))
    if isinstance(thing, Union):
        return _union(state, thing)
    if isinstance(thing, Plain):
        return plain.value(state, thing)
    if isinstance(thing, Text):
        return Ent("text", (Entry("", "", None, escape(thing.text)),), words("text words it"))
    if isinstance(thing, Lines):
        return _lines(state, thing)
    if isinstance(thing, Part):
        return _part(state, thing)
    if isinstance(thing, Count):
        return _count(state, thing)
    if isinstance(thing, Fact):
        return _fact(state, thing)
    if isinstance(thing, Rows):
        return rows(state, thing.of, thing.where, thing.noun)
    if isinstance(thing, Group):
        return _group(state, thing)
    if isinstance(thing, Total):
        return _total(state, thing)
    if isinstance(thing, Sheet):
        return _sheet(state, thing)
    if isinstance(thing, PageTable):
        return _page_table(state, thing)
    if isinstance(thing, Field):
        return _field(state, thing)
    if isinstance(thing, Reading):
        return _reading(state, thing)
    if isinstance(thing, Messages):
        return _messages(state, thing)
    if isinstance(thing, Found):
        return _found(state, thing)
    if isinstance(thing, Measured):
        return _measured(state, thing)
    if isinstance(thing, Statuses):
        return _statuses(state, thing)
    if isinstance(thing, Together):
        return _together(state, thing)
    if isinstance(thing, Totals):
        return _totals(state, thing)
    if isinstance(thing, Titles):
        return _titles(state, thing)
    assert isinstance(thing, Pages), thing
    names = [state.names(place)[0] if place is not None else "" for place in thing.places] or [""] * len(thing.urls)
    entries = tuple(Entry(label(url), name, None, url) for url, name in zip(thing.urls, names, strict=True))
    return Ent("pages", entries, words("page pages address addresses them it"))


def _called(thing: Files) -> frozenset[str]:
    nouns = {one.noun for one in thing.files}
    for one in thing.files:
        kind = ending(one.path)
        nouns |= {"xlsx": {"workbook", "table"}, "csv": {"table", "list"}, "db": {"database"}, "log": {"log"}}.get(
            kind, set()
        )
        nouns |= {"archive", "backup"} if one.path.endswith((".tar.gz", ".zip", ".tgz", ".tar")) else set()
        nouns |= {"chart", "picture"} if kind == "png" else set()
    return frozenset(nouns)


def source(state: State, of: Thing | None) -> tuple[Entry, ...]:
    """Files that something is read from: those named, those of the phrase ahead, or those spoken of."""
    if of is None and state.leads:
        return state.files(state.leads)
    found = value(state, of) if of is not None else state.find(Ref("them"), "file")
    if found.kind != "file":
        raise decline("this is no file")
    return found.entries


def one(ent: Ent) -> Entry:
    if len(ent.entries) != 1:
        raise decline("it is not clear which of several is meant")
    return ent.entries[0]


# --- of files --------------------------------------------------------------------------------------------------------


def _lines(state: State, thing: Lines) -> Ent:
    if isinstance(thing.of, Ref) and thing.of.noun == "output":
        raise decline("what commands print is counted in a file")
    entries = []
    for file in source(state, thing.of):
        arguments: JsonObject = {"path": file.value, "pattern": thing.text}
        step = state.to.step("search", "file.search", arguments, file.device, file.step)
        entries.append(Entry(file.label, file.device, step, f"${{{step}.output.lines}}"))
    return state.keep(Ent("lines", tuple(entries), words("lines line entries them those it"), about=thing.text))


def _part(state: State, thing: Part) -> Ent:
    entries = []
    skills = {"last": ("tail", "file.tail"), "first": ("head", "file.head"), "word": ("read", "file.head")}
    name, skill = skills[thing.which]
    for file in source(state, thing.of):
        more: JsonObject = {"lines": thing.number or 1}
        step = state.to.step(name, skill, {"path": file.value, **more}, file.device, file.step)
        path = "output.lines[0]" if thing.which == "word" else "output.text"
        entries.append(Entry(file.label, file.device, step, f"${{{step}.{path}}}"))
    nouns = words("number value word it them that text lines content") | set(thing.called)
    return state.keep(Ent("text", tuple(entries), nouns))


def _count(state: State, thing: Count) -> Ent:
    if isinstance(thing.of, Ref):
        # How many of them there are is no question about a number that was made of them since.
        known = any(ent.kind in ("lines", "rows") for ent in state.ents)
        kinds: tuple[Kind, ...] = ("lines", "rows") if known else ("number",)
        found = state.find(thing.of, *kinds) if thing.of.noun in BACK else value(state, thing.of)
    else:
        found = value(state, thing.of)
    if thing.noun and thing.noun.rstrip("s") not in {
        found.about.rstrip("s"),
        "row",
        "line",
        "record",
        "one",
        "message",
    }:
        raise decline(f"it is not clear which {thing.noun} are counted", [thing.noun])
    if found.kind == "number":
        return found
    if found.kind not in ("lines", "rows"):
        raise decline("it is not clear what is counted")
    if found.kind == "rows" or (isinstance(thing.of, Ref) and len(found.entries) > 1):
        merged = _merged(state, [entry.value for entry in found.entries], sort=False, always=True)
        number = Entry("number", "", whole_step(merged), merged.replace(".items}", ".count}"))
        entries: tuple[Entry, ...] = (number,)
    else:
        entries = tuple(
            Entry(entry.label, entry.device, entry.step, str(entry.value).replace("output.lines}", "output.count}"))
            for entry in found.entries
        )
    state.to.answers += [entry.step for entry in entries if entry.step]
    return state.keep(Ent("number", entries, NUMBER | {found.about}, about=found.about))


def whole_step(reference: str) -> str:
    found = whole(reference)
    assert found is not None
    return found.task


def _merged(state: State, items: list[str], *, sort: bool, always: bool = False) -> str:
    if len(items) == 1 and not sort and not always:
        return items[0]
    arguments: JsonObject = {"items": list(items), **({"sort": True} if sort else {})}
    for id, step in state.to.draft.steps.items():
        if step.skill == "data.merge" and step.arguments in (arguments, {**arguments, "sort": True}):
            return f"${{{id}.output.items}}"
    return f"${{{state.to.anywhere('merge', 'data.merge', arguments)}.output.items}}"


def merged(state: State, ent: Ent, *, sort: bool = False) -> str:
    """All its lists as one."""
    return _merged(state, [str(entry.value) for entry in ent.entries], sort=sort)


def _fact(state: State, thing: Fact) -> Ent:
    if thing.what == "files":
        made = [id for id, step in state.to.draft.steps.items() if step.skill in _FILES]
        if not made:
            raise decline("it is not clear whose files are counted")
        step = state.to.draft.steps[made[-1]]
        entry = Entry("files", step.devices.names[0], step.id, f"${{{step.id}.output.files}}")
        return state.keep(Ent("number", (entry,), NUMBER | {"files"}, about="files"))
    found = state.find(thing.of, "file") if isinstance(thing.of, Ref) else value(state, thing.of)
    skill, path = {"hash": ("file.hash", "hash"), "size": ("file.stat", "size_bytes")}[thing.what]
    entries = []
    # Copies of one file are the same.
    copies = found.entries[:1] if len({file.label for file in found.entries}) == 1 else found.entries
    for file in copies:
        id = state.to.step(thing.what, skill, {"path": file.value}, file.device, file.step, once=True)
        entries.append(Entry(file.label, file.device, id, f"${{{id}.output.{path}}}"))
    state.to.answers += [entry.step for entry in entries if entry.step]
    if thing.what == "hash":
        return state.keep(Ent("text", tuple(entries), words("hash checksum it that result"), about="hash"))
    return state.keep(Ent("number", tuple(entries), NUMBER | {"size", "sizes"}, about="bytes"))


_FILES: Final = ("archive.extract", "backup.restore", "archive.create", "backup.create")


def _union(state: State, thing: Union) -> Ent:
    files = source(state, thing.of)
    if len(files) < 2:
        raise decline("there is nothing to merge it with")
    if any(ending(one.value) in (*_TABULAR, "json", "md", "html") for one in files):
        raise decline("only the lines of text files are merged so")
    if not thing.sort:
        raise decline("it is not said in which order the lines are merged")
    items: list[Json] = []
    for file in files:
        more: JsonObject = {"unique": True} if thing.unique else {}
        step = state.to.step("lines", "file.sort", {"path": file.value, **more}, file.device, file.step)
        items.append(f"${{{step}.output.lines}}")
    asked: JsonObject = {"items": items, "sort": True, **({"unique": True} if thing.unique else {})}
    step = state.to.anywhere("merge", "data.merge", asked)
    entry = Entry("list", "", step, f"${{{step}.output.items}}")
    return state.keep(Ent("lines", (entry,), words("lines list names entries it them result")))


def _found(state: State, thing: Found) -> Ent:
    raise decline("files that are looked for are packed or listed")


# --- tables ----------------------------------------------------------------------------------------------------------


def tables(state: State, of: Thing | None) -> Ent:
    """The table that is meant: files of rows, or rows that were made. Of copies of one file, one."""
    ent = _tables(state, of)
    single = {entry.label: entry for entry in reversed(ent.entries)}
    return replace(ent, entries=tuple(entry for entry in ent.entries if single[entry.label] is entry))


def _tables(state: State, of: Thing | None) -> Ent:
    if of is None and state.leads:
        return Ent("file", state.files(state.leads), FILE)
    if isinstance(of, Ref):
        if of.noun in NUMBER | ROWSET | FILE:
            return _last_tables(state, Ref("them", of.number, of.place))
        return state.find(of, "rows", "file")
    if of is None:
        return _last_tables(state, Ref("them"))
    return value(state, of)


def _last_tables(state: State, ref: Ref) -> Ent:
    for ent in reversed(state.ents):
        if ent.kind == "rows" or (ent.kind == "file" and all(ending(one.value) in _TABULAR for one in ent.entries)):
            if ref.number and len(ent.entries) != ref.number:
                continue
            if ref.place is not None and set(state.names(ref.place)) != {entry.device for entry in ent.entries}:
                raise decline("it is not clear which tables are meant")
            if not set(ent.guard) <= set(state.to.draft.gates):
                raise decline("the table may not be there")
            return ent
    raise decline("it is not clear which table is meant")


def rows(state: State, of: Thing | None, where: tuple[Where, ...] = (), noun: str = "") -> Ent:
    """Rows that fit, of all tables that are meant together."""
    ent = tables(state, of)
    if ent.kind == "file" and any(ending(one.value) not in (*_TABULAR, "json") for one in ent.entries):
        raise decline("only a table has rows")
    known = ent.columns if ent.kind == "rows" else state.columns(ent.entries)
    tests = tuple((column(one.column, known, exact=True), one.op, one.value) for one in where)
    items: list[str] = []
    for entry in ent.entries:
        if ent.kind == "file":
            items.append(str(read(state.to, entry, tests)))
            continue
        kept = str(entry.value)
        for name, op, wanted in tests:
            arguments: JsonObject = {"items": kept, "by": name, "op": op}
            arguments["value"] = escape(wanted) if isinstance(wanted, str) else wanted
            kept = f"${{{state.to.somewhere('kept', 'data.filter', arguments, entry.device)}.output.items}}"
        items.append(kept)
    place = {entry.device for entry in ent.entries}
    device = place.pop() if len(place) == 1 and len(items) == 1 else ""
    all_ = items[0] if len(items) == 1 else _merged(state, items, sort=False)
    entry = Entry("table", device, None, all_)
    return state.keep(Ent("rows", (entry,), ROWSET | {noun}, known, ent.value, noun))


def _group(state: State, thing: Group) -> Ent:
    ent = tables(state, thing.of)
    known = ent.columns if ent.kind == "rows" else state.columns(ent.entries)
    if not thing.by:
        raise decline("it is not said by which column it is counted")
    by = column(thing.by, known, exact=True)
    of = column(thing.column, known) if thing.column and thing.measure != "count" else ""
    if not of and thing.measure != "count":
        raise decline("it is not said of which column")
    name = of or "count"
    if name == by:
        raise decline("what is computed for each is another column", [by])
    asked: JsonObject = {"by": [by], "measure": thing.measure, "name": name, **({"of": of} if of else {})}
    parts: list[Json] = []
    for entry in ent.entries:
        if ent.kind == "file" and ending(entry.value) in PLAIN and thing.measure in _AGAIN:
            step = state.to.step("group", "table.group", {"path": entry.value, **asked}, entry.device, entry.step)
            parts.append(f"${{{step}.output.items}}")
        else:
            parts.append(str(entry.value) if ent.kind == "rows" else read(state.to, entry))
    if len(parts) == 1 and "group" in str(parts[0]) and ent.kind == "file":
        grouped = whole_step(str(parts[0]))
    elif (
        ent.kind == "rows" or thing.measure not in _AGAIN or any(ending(one.value) not in PLAIN for one in ent.entries)
    ):
        if ent.kind == "file" and any(ending(one.value) in PLAIN for one in ent.entries) and thing.measure in _AGAIN:
            parts = [read(state.to, entry) for entry in ent.entries]
        grouped = state.to.anywhere("group", "data.group", {"items": parts, **asked})
    else:
        again: JsonObject = {"by": [by], "measure": _AGAIN[thing.measure], "of": name, "name": name}
        grouped = state.to.anywhere("group", "data.group", {"items": parts, **again})
    items = f"${{{grouped}.output.items}}"
    entry = Entry("table", "", grouped, items)
    return state.keep(Ent("rows", (entry,), ROWSET | words("sums totals counts sum numbers"), (by, name), name))


def _together(state: State, thing: Together) -> Ent:
    if thing.one is None or thing.other is None:
        both = _last_tables(state, Ref("them"))
        if both.kind != "file" or len(both.entries) != 2:
            raise decline("it is not clear which two tables are joined")
        sides = list(both.entries)
    else:
        sides = [one(value(state, side)) for side in (thing.one, thing.other)]
    known = [state.columns((side,)) for side in sides]
    keys = [column(key, names, exact=True) for key, names in zip((thing.left, thing.right), known, strict=True)]
    left, right = (read(state.to, side) for side in sides)
    asked: JsonObject = {"left": left, "right": right, "on": keys[0], "right_on": keys[1]}
    place = state.names(state.lead)[0] if state.lead is not None else ""
    step = state.to.somewhere("join", "data.join", asked, place)
    return state.keep(Ent("rows", (Entry("table", "", None, f"${{{step}.output.items}}"),), ROWSET))


def _total(state: State, thing: Total) -> Ent:
    if not thing.column:
        return _reduced(state, thing)
    if thing.noun.startswith("each"):
        return _each_total(state, thing)
    ent = rows(state, thing.of)
    by = column(thing.column, ent.columns)
    if ent.value and by != ent.value:
        raise decline(f"{by} holds no numbers", [by])
    entry = one(ent)
    return _number(state, _stats(state, "total", {"items": entry.value, "by": by}, entry.device), thing.measure)


def _each_total(state: State, thing: Total) -> Ent:
    """The sum of a column of each of several tables."""
    entries = []
    for file in source(state, thing.of):
        by = column(thing.column, state.columns((file,)), exact=thing.noun == "each column")
        items = read(state.to, file)
        step = state.to.step("sum", "data.stats", {"items": items, "by": by}, file.device)
        entries.append(Entry(file.label, file.device, step, f"${{{step}.output.{_STAT[thing.measure]}}}"))
    nouns = words("number numbers value values result results it them that sum sums total totals")
    return state.keep(Ent("number", tuple(entries), nouns, about=thing.column))


def _reduced(state: State, thing: Total) -> Ent:
    """Of several numbers, or of the column with numbers of the last table."""
    of = thing.of if thing.of is not None else Ref("them")
    if isinstance(of, Rows):
        ent = value(state, of)
    elif isinstance(of, Ref):
        fitting = [ent for ent in reversed(state.ents) if ent.kind in ("number", "text", "rows")]
        ent = next((one for one in fitting if one.kind == "rows" or len(one.entries) > 1), None) or state.find(
            Ref("them", 2), "number", "text"
        )
        if of.number and ent.kind != "rows" and len(ent.entries) != of.number:
            raise decline(f"it is not clear which {of.number} are meant")
        if not set(ent.guard) <= set(state.to.draft.gates):
            raise decline("they may not be there")
    else:
        raise decline("it is not clear what is added up")
    if ent.kind == "rows":
        if not ent.value:
            raise decline("it is not said of which column")
        step = _stats(state, "total", {"items": one(ent).value, "by": ent.value}, one(ent).device)
        return _number(state, step, thing.measure)
    items: list[Json] = [entry.value for entry in ent.entries]
    step = _stats(state, thing.measure, {"items": items})
    return _number(state, step, thing.measure, ent.about)


def _stats(state: State, name: str, arguments: JsonObject, device: str = "") -> str:
    """The step that computes them; once, where it is asked for again."""
    for id, step in state.to.draft.steps.items():
        known = set(state.to.draft.guards[id]) <= set(state.to.draft.gates)
        if known and (step.skill, step.arguments) == ("data.stats", arguments):
            return id
    return state.to.somewhere(name, "data.stats", arguments, device)


def _number(state: State, step: str, measure: str, about: str = "") -> Ent:
    entry = Entry(measure, "", step, f"${{{step}.output.{_STAT[measure]}}}")
    state.to.answers.append(step)
    nouns = words(f"number value result it that {_WORDS[measure]}")
    return state.keep(Ent("number", (entry,), nouns, about=about))


def _totals(state: State, thing: Totals) -> Ent:
    """Several measures of a column, each a row."""
    ent = rows(state, thing.of)
    entry = one(ent)
    by = column(thing.column, ent.columns)
    step = _stats(state, "total", {"items": entry.value, "by": by}, entry.device)
    entries = tuple(
        Entry(said, "", step, f"${{{step}.output.{_STAT[measure]}}}")
        for measure, said in zip(thing.measures, _said(thing), strict=True)
    )
    return state.keep(Ent("number", entries, NUMBER, about="value"))


def _said(thing: Totals) -> tuple[str, ...]:
    return tuple(_STAT[measure] for measure in thing.measures)


def _statuses(state: State, thing: Statuses) -> Ent:
    """How many pages answer with a status; each is fetched, from where that is said."""
    pages = state.find(Ref("them"), "pages")
    items: list[Json] = []
    for page in pages.entries:
        step = state.to.somewhere(page.label, "http.fetch", {"url": page.value}, page.device)
        items.append(f"${{{step}.output.status}}")
    asked: JsonObject = {"items": items, "op": "!=" if thing.other else "==", "value": thing.status}
    step = state.to.anywhere("answered", "data.filter", asked)
    state.to.answers.append(step)
    return state.keep(Ent("number", (Entry("number", "", step, f"${{{step}.output.count}}"),), NUMBER, about="page"))


def _sheet(state: State, thing: Sheet) -> Ent:
    file = one(value(state, thing.of))
    arguments: JsonObject = {"path": file.value, "sheet": thing.name, "limit": ROWS}
    step = state.to.step("sheet", "xlsx.read", arguments, file.device, file.step)
    return state.keep(
        Ent("rows", (Entry("table", file.device, step, f"${{{step}.output.items}}"),), ROWSET | {"sheet"})
    )


def _page_table(state: State, thing: PageTable) -> Ent:
    url = thing.url
    if not url:
        pages = state.find(Ref("page"), "pages")
        url = one(pages).value
    able = state.to.world.able("browser.table")
    if len(able) != 1:
        raise decline("it is not said with the browser of which device")
    step = state.to.step("table", "browser.table", {"url": url, "text": thing.caption}, able[0])
    return state.keep(Ent("rows", (Entry("table", able[0], step, f"${{{step}.output.items}}"),), ROWSET))


# --- pages, sensors, phones, machines --------------------------------------------------------------------------------


def _field(state: State, thing: Field) -> Ent:
    [name] = thing.names
    if not re.fullmatch(r"[A-Za-z_]\w*", name):
        raise decline(f"{name} is no field", [name])
    entries = []
    known = {entry.value: entry.device for ent in state.ents if ent.kind == "pages" for entry in ent.entries}
    for url in thing.urls:
        device = state.names(state.lead)[0] if state.lead is not None else known.get(url, "")
        step = state.to.somewhere(label(url), "http.fetch", {"url": url}, device)
        entries.append(Entry(label(url), device, step, f"${{{step}.output.data.{name}}}"))
    return state.keep(Ent("number", tuple(entries), NUMBER | {name}, about=name))


def _reading(state: State, thing: Reading) -> Ent:
    found = state.to.world.sensed(thing.words, None)
    if len(found) != 1:
        raise decline(f"no sensor is called {' '.join(thing.words)}", [" ".join(thing.words)])
    [sensor] = found
    more: JsonObject = {"seconds": thing.seconds} if thing.seconds else {}
    skill, path = ("edge.aggregate", "mean") if thing.seconds else ("edge.read", "value")
    step = state.to.step("read", skill, {"sensor": sensor.name, **more}, sensor.device, once=True)
    entry = Entry(sensor.name, sensor.device, step, f"${{{step}.output.{path}}}")
    nouns = words("mean average") if thing.seconds else words("now")
    nouns |= words("number value reading it that answer") | {sensor.name, *sensor.name.split("_"), *thing.words}
    return state.keep(Ent("number", (entry,), nouns, about=sensor.name))


def _messages(state: State, thing: Messages) -> Ent:
    [name] = state.names(thing.place)
    arguments: JsonObject = {"box": "inbox", "number": thing.number, "limit": 1000}
    step = state.to.step("messages", "phone.messages", arguments, name)
    entry = Entry(name, "", step, f"${{{step}.output.messages}}")
    nouns = ROWSET | words("messages texts message text")
    return state.keep(Ent("rows", (entry,), nouns, about="message"))


_MEASURES: Final = {
    "disk": ("system.disk", "used_percent", "disk_percent"),
    "memory": ("system.memory", "available_bytes", "available_bytes"),
}


def _measured(state: State, thing: Measured) -> Ent:
    entries = []
    for name in state.names(thing.place):
        steps = {what: state.to.step(what, _MEASURES[what][0], {}, name) for what in thing.what}
        row = {_MEASURES[what][2]: f"${{{id}.output.{_MEASURES[what][1]}}}" for what, id in steps.items()}
        entries.append(Entry(name, name, None, "\n".join(row.values())))
    return state.keep(
        Ent("measured", tuple(entries), words("that it them those"), columns=tuple(_MEASURES[w][2] for w in thing.what))
    )


def _titles(state: State, thing: Titles) -> Ent:
    [browser] = state.to.world.able("browser.open") or ("",)
    entries = []
    for url in thing.urls:
        step = state.to.step("open", "browser.open", {"url": url}, browser)
        entries.append(Entry(url, browser, step, f"${{{step}.output.title}}"))
    return state.keep(Ent("text", tuple(entries), words("titles title them"), about="title"))


__all__ = ["find"]
