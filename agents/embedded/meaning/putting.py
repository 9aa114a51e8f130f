"""Where things go: phrases to targets, and the steps that bring something there by what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from agents.embedded.flow.deliver import delivered
from agents.embedded.flow.headings import check_columns
from agents.embedded.flow.relation import column, ending
from agents.embedded.flow.things import Entry, Made
from agents.embedded.kinds.line import Mention
from agents.embedded.meaning import plain
from agents.embedded.meaning.state import BACK, FILE, Ent, State
from agents.embedded.meaning.things import FileAt, Files, Give, Lines, Pages, Ref, Rows, To
from agents.embedded.meaning.values import merged, one, value
from agents.embedded.outcome import decline
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

_TABLES: Final = {"csv": "csv.write", "xlsx": "xlsx.write"}
_ORDINALS: Final = ("first", "second", "third", "fourth")
_NO_TEXTS: Final = ("xlsx", "png", "pdf", "zip", "gz", "tgz", "tar", "db", "sqlite", "jpg", "docx", "bin")


@dataclass(frozen=True)
class Target:
    path: str | None = None
    place: Mention | None = None
    of: str = ""


@dataclass(frozen=True)
class Look:
    """How rows are written."""

    columns: tuple[str, ...] = ()
    by: str = ""
    order: str = ""
    rows: tuple[str, ...] = ()


def targets(state: State, phrases: Sequence[To]) -> list[Target]:
    """The paths and places of the phrases behind a verb, each path with the place beside it. Raises Stop."""
    found: list[Target] = []
    open_ = Target()
    near = same = False
    for to in phrases:
        if to.path:
            if open_.path is not None:
                found.append(open_)
                open_ = Target()
            open_ = replace(open_, path=to.path, of=to.of)
        elif to.place is not None and to.prep == "on":
            if open_.place is not None:
                found.append(open_)
                open_ = Target()
            place = to.place
            if place.there:
                state.names(place)
                place = state.goal or place
            open_ = replace(open_, place=place)
        elif to.near:
            near = True
        elif to.same:
            same = True
        elif to.prep in ("from", "with") and state.lead is None:
            state.lead = to.place
    found.append(open_)
    if near:
        found = [_beside(state, one_) for one_ in found]
    if same:
        device, path = state.written
        if not path or any(one_.path is not None for one_ in found):
            raise decline("it is not clear which path is meant")
        found = [Target(path, one_.place or Mention(device, (device,))) for one_ in found]
    # `as a.txt on alpha and on beta`: one path for both; `a.csv and b.csv on desk`: one place for both.
    paths, places = [one_.path for one_ in found if one_.path], [one_.place for one_ in found if one_.place]
    if len(found) > 1 and len(paths) == 1:
        found = [replace(one_, path=paths[0]) for one_ in found]
    if len(found) > 1 and len(places) == 1:
        found = [replace(one_, place=places[0]) for one_ in found]
    if len(found) > 1 and any((one_.path is None) != (found[0].path is None) for one_ in found):
        raise decline("it is not clear which path goes with which device")
    return [_placed(state, one_) for one_ in found]


def _beside(state: State, target: Target) -> Target:
    device, path = state.written
    if (
        not device
        or target.path is None
        or ("/" in target.path and not path.startswith(target.path.rpartition("/")[0]))
    ):
        raise decline("it is not clear what it is beside")
    folder = path.rpartition("/")[0]
    new = target.path if "/" in target.path or not folder else f"{folder}/{target.path}"
    return Target(new, target.place or Mention(device, (device,)))


def _placed(state: State, target: Target) -> Target:
    if target.place is None and target.path is not None and state.lead is not None:
        return replace(target, place=state.lead)
    return target


def look(phrases: Sequence[To]) -> Look:
    columns: tuple[str, ...] = ()
    by = order = ""
    for to in phrases:
        if (columns and to.columns) or (order and to.order):
            raise decline("the columns or the order are said twice")
        columns, by, order = to.columns or columns, to.by or by, to.order or order
    return Look(columns, by, order, next((to.rows for to in phrases if to.rows), ()))


def give(state: State, deed: Give) -> None:
    """Bring a thing where it should be. Raises Stop."""
    _, lead = None, state.lead
    if any(to.times or to.title for to in deed.to):
        raise decline("how often it is tried is not read here")
    if isinstance(deed.thing, Files):
        state.spoken(deed.thing)
    goals = targets(state, deed.to)
    if isinstance(deed.thing, Pages):
        _download(state, deed.thing, goals)
    else:
        ent = _thing(state, deed, goals)
        if deed.moved and _moved_there(state, ent, goals):
            state.lead = lead
            return
        goals = _filled(state, deed, goals)
        put(state, ent, goals, look(deed.to))
        if deed.moved:
            if ent.kind != "file":
                raise decline("only a file is moved")
            for entry in ent.entries:
                step = state.to.step("delete", "file.delete", {"path": entry.value}, entry.device)
                state.to.sequence.append((frozenset({step}), frozenset(state.to.draft.steps) - {step}))
    if deed.more and len(state.ents) > 1:
        last = [ent for ent in state.ents if ent.kind == state.ents[-1].kind][-2:]
        both = tuple(dict.fromkeys(entry for ent in last for entry in ent.entries))
        state.keep(replace(last[-1], entries=both))  # `it` is none of the two
    state.lead = lead
    placed = [goal.place for goal in goals if goal.place is not None]
    if len(placed) >= 1 and len(set(placed)) == 1:
        state.goal = state.home = placed[0]


def _moved_there(state: State, ent: Ent, goals: list[Target]) -> bool:
    """A file that stays on its device is moved in one step."""
    path = goals[0].path or ""
    if ent.kind != "file" or len(ent.entries) != 1 or len(goals) != 1 or not path or path.endswith("/"):
        return False
    [entry], [goal] = ent.entries, goals
    if goal.place is not None and state.names(goal.place) != (entry.device,):
        return False
    arguments: JsonObject = {"source": entry.value, "target": path}
    step = state.to.step("move", "file.move", arguments, entry.device, entry.step)
    state.keep(Ent("file", (Entry(entry.label, entry.device, step, path),), FILE | ent.nouns))
    state.written = (entry.device, path)
    return True


def _thing(state: State, deed: Give, goals: list[Target]) -> Ent:
    thing = deed.thing
    sources = [to.place for to in deed.to if to.place is not None and to.prep == "from"]
    if isinstance(thing, Ref) and thing.place is None and len(sources) == 1:
        thing = replace(thing, place=sources[0])
    wanted = {ending(goal.path) for goal in goals if goal.path}
    if isinstance(thing, Ref) and wanted & {"csv", "xlsx"}:
        return _table(state, thing, wanted)
    if isinstance(thing, Ref) and thing.noun in BACK and wanted & {"txt"}:
        return state.find(thing, "number", "text", "lines", "file")
    if isinstance(thing, Files):
        files = tuple(_from_run(state, file) for file in thing.files)
        if len({file.place for file in files}) > 1 and len(goals) != len(files):
            raise decline("it is not clear which of the files go there")
        return value(state, Files(files))
    return value(state, thing)


def _from_run(state: State, file: FileAt) -> FileAt:
    """A file that a command left in its folder."""
    known = any(entry.value == file.path for ent in state.ents for entry in ent.entries)
    if file.place is not None or known or len(state.folders) != 1:
        return file
    [(device, folder)] = state.folders.items()
    path = file.path if not folder or file.path.startswith(f"{folder}/") else f"{folder}/{file.path}"
    return FileAt(path, Mention(device, (device,)))


def _table(state: State, ref: Ref, wanted: set[str]) -> Ent:
    """What a table file is made of: rows, or values that were measured on several devices, whichever came last."""
    for ent in reversed(state.ents):
        if ent.guard and not set(ent.guard) <= set(state.to.draft.gates):
            continue
        several = ent.kind in ("number", "text") and len(ent.entries) > 1
        if ent.kind in ("rows", "measured") or several:
            if ref.number and ref.number != len(ent.entries):
                continue
            if ref.noun in BACK or ref.noun in ent.nouns or ref.noun in ("table", "list", "result", "results"):
                return ent
        if ent.kind == "file" and ref.noun in ent.nouns and ending(ent.entries[0].value) in (*wanted, "xlsx", "csv"):
            return ent
    raise decline(f"it is not clear what is meant by {ref.noun!r}", [ref.noun])


def _filled(state: State, deed: Give, goals: list[Target]) -> list[Target]:
    for to in deed.to:
        if not to.fill:
            continue
        if to.value != Ref("name") or not state.each:
            raise decline("what is filled in is not clear")
        if not any(goal.path and to.fill in goal.path for goal in goals):
            raise decline(f"{to.fill} is no part of a path", [to.fill])
        for goal in goals:
            state.to.filled.add(str(goal.path))
        goals = [replace(goal, path=goal.path.replace(to.fill, state.each) if goal.path else None) for goal in goals]
    return goals


def put(state: State, ent: Ent, goals: Sequence[Target], how: Look = Look()) -> None:
    """What was made, where it goes: files copied, values written, rows as tables. Raises Stop."""
    if ent.kind == "pages":
        raise decline("a page is fetched")
    if ent.kind in plain.LISTED and all(ending(goal.path or "") in ("md", "txt") for goal in goals):
        if how != Look():
            raise decline("a text has no columns")
        told = Entry("text", "", None, plain.reported(state, ent))
        _put_each(state, Ent("text", (told,), ent.nouns), goals)
        return
    if ent.kind == "record":
        raise decline("it is not clear how these facts are written")
    if ent.kind in ("rows", "measured") or (len(ent.entries) > 1 and ent.kind in ("number", "text") and how.columns):
        _put_rows(state, ent, goals, how)
    elif ent.kind == "lines":
        _put_lines(state, ent, goals, how)
    else:
        if how.columns or how.order:
            raise decline("only a table has columns")
        _put_each(state, ent, goals)


def _put_each(state: State, ent: Ent, goals: Sequence[Target]) -> None:
    named = [goal for goal in goals if goal.path is not None]
    if len(ent.entries) > 1 and len(named) == len(ent.entries) == len(goals):
        pairs = [([entry], goal) for entry, goal in zip(ent.entries, goals, strict=True)]
        for number, (entry, goal) in enumerate(zip(ent.entries, goals, strict=True)):
            if goal.of:
                if goal.of not in (_ORDINALS[number], entry.device):
                    raise decline("it is not clear which of them goes where")
                continue
            others = [one_.device for one_ in ent.entries if one_ is not entry]
            said = str(goal.path)
            if entry.device not in said and any(name in said for name in others):
                raise decline("it is not clear which of them goes where")
    elif len(ent.entries) > 1 and named and not all(str(goal.path).endswith("/") for goal in named):
        raise decline("several things cannot have one name")
    else:
        pairs = [(list(ent.entries), goal) for goal in goals]
    new: list[Entry] = []
    for entries, goal in pairs:
        for entry in entries:
            for name in state.names(goal.place) if goal.place is not None else (_home(state, entry, ent),):
                path = goal.path or (entry.value if ent.kind == "file" else "")
                if not path or any((one_.device, one_.value) == (name, path) for one_ in new):
                    raise decline("it is not said into which file")
                if path.endswith("/"):
                    path += entry.value.rpartition("/")[2]
                new.append(_delivered(state, ent, entry, name, path))
    state.to.made.append(Made("file", tuple(new), frozenset()))
    state.keep(Ent("file", tuple(new), FILE | (ent.nouns if ent.kind == "file" else frozenset())))
    if ent.kind != "file":
        state.ents.append(ent)  # what was written is still what `it` means
    state.written = (new[-1].device, new[-1].value)


def _home(state: State, entry: Entry, ent: Ent) -> str:
    if ent.kind == "file":
        return entry.device
    if state.home is not None and len(state.names(state.home)) == 1:
        return state.names(state.home)[0]
    raise decline("it is not said on which device it is written")


def _delivered(state: State, ent: Ent, entry: Entry, device: str, path: str) -> Entry:
    if ent.kind == "file":
        if entry.device == device and entry.value == path:
            raise decline("it is there already")
        return delivered(state.to, Made("file", (entry,), frozenset()), entry, device, path)
    if ending(path) in _NO_TEXTS:
        raise decline(f"{path} is no file for a text", [path])
    # A text of several lines has its own end.
    end = "" if entry.value.endswith((".output.text}", ".stdout}", ".stderr}")) else "\n"
    step = state.to.step("write", "file.write", {"path": path, "text": f"{entry.value}{end}"}, device)
    return Entry(entry.label, device, step, path)


def _put_lines(state: State, ent: Ent, goals: Sequence[Target], how: Look) -> None:
    if how.columns or how.order == "desc" or how.by not in ("", "time", "date"):
        raise decline("lines have no columns")
    text = merged(state, ent, sort=bool(how.by)) if len(ent.entries) > 1 or how.by else str(one(ent).value)
    for goal in goals:
        if goal.path is None or ending(goal.path) in _NO_TEXTS:
            raise decline("it is not said into which file the lines go")
        for name in state.names(goal.place or state.home):
            step = state.to.step("write", "file.write", {"path": goal.path, "text": f"{text}\n"}, name)
            state.keep(Ent("file", (Entry(name, name, step, goal.path),), FILE | {"log"}))
            state.written = (name, goal.path)
    state.ents.append(ent)


def _put_rows(state: State, ent: Ent, goals: Sequence[Target], how: Look) -> None:
    items, columns, by_value = _arranged(state, ent, how)
    for goal in goals:
        kind = ending(goal.path or "")
        if goal.path is None or kind not in (*_TABLES, "json"):
            raise decline("it is not said into which table it goes")
        for name in state.names(goal.place or state.home):
            if kind == "json":
                step = state.to.step("write", "file.write", {"path": goal.path, "text": f"{items}\n"}, name)
            else:
                arguments: JsonObject = {
                    "path": goal.path,
                    "items": items,
                    **({"columns": list(columns)} if columns else {}),
                }
                step = state.to.step("table", _TABLES[kind], arguments, name)
            state.keep(Ent("file", (Entry(name, name, step, goal.path),), FILE | words("table workbook list")))
            state.written = (name, goal.path)
    if ent.kind == "rows":
        entry = Entry("table", one(ent).device, None, str(items))
        state.keep(Ent("rows", (entry,), ent.nouns, columns, by_value, ent.about))


_LISTED: Final = words("name names measure measures what")


def _arranged(state: State, ent: Ent, how: Look) -> tuple[Json, tuple[str, ...], str]:
    """The rows as they are written: items, columns, and the column with numbers."""
    columns, number = how.columns or ent.columns, ent.value
    if ent.kind in ("number", "text"):
        first, second = how.columns if len(how.columns) == 2 else ("", "")
        if not first or (how.rows and how.rows != tuple(entry.label for entry in ent.entries)):
            raise decline("it is not clear what the columns and rows hold")
        if first not in _LISTED or not how.rows:
            check_columns(Made("number", ent.entries, ent.nouns, about=ent.about), first, second)
        items: Json = [{first: entry.label, second: entry.value} for entry in ent.entries]
        number = second
    elif ent.kind == "measured":
        if len(how.columns) != len(ent.columns) + 1 or how.columns[1:] != ent.columns:
            raise decline("it is not clear what the columns hold")
        items = [dict(zip(how.columns, (entry.label, *entry.value.split("\n")), strict=True)) for entry in ent.entries]
    else:
        items = one(ent).value
        if columns != ent.columns and ent.columns:
            items, number = _renamed(state, ent, columns)
        elif columns != ent.columns:
            picked: JsonObject = {"items": items, "columns": list(columns)}
            items = f"${{{state.to.somewhere('columns', 'data.select', picked, one(ent).device)}.output.items}}"
    if how.order:
        if not how.by and not number:
            raise decline("it is not said by which column the table is ordered")
        by = column(how.by, columns) if how.by and columns else how.by or number
        ranked: JsonObject = {"items": items, "by": by, "order": how.order, "keep_empty": True}
        device = one(ent).device if ent.kind == "rows" else ""
        items = f"${{{state.to.somewhere('sort', 'data.rank', ranked, device)}.output.items}}"
    return items, columns, number


def _renamed(state: State, ent: Ent, columns: tuple[str, ...]) -> tuple[Json, str]:
    """Fewer columns, or another name for the one with the numbers."""
    if set(columns) <= set(ent.columns):
        picked: JsonObject = {"items": one(ent).value, "columns": list(columns)}
        step = state.to.somewhere("columns", "data.select", picked, one(ent).device)
        return f"${{{step}.output.items}}", ent.value if ent.value in columns else ""
    kept = tuple(name for name in ent.columns if name != ent.value)
    if not ent.value or len(columns) != len(ent.columns) or columns[: len(kept)] != kept:
        raise decline(f"it is not clear what the columns {' and '.join(columns)} hold", list(columns))
    given: JsonObject = {"items": one(ent).value, "rename": {ent.value: columns[-1]}}
    step = state.to.somewhere("columns", "data.select", given, one(ent).device)
    return f"${{{step}.output.items}}", columns[-1]


def _download(state: State, pages: Pages, goals: Sequence[Target]) -> None:
    new: list[Entry] = []
    for url in pages.urls:
        for goal in goals:
            path = goal.path or ""
            if not path or path.endswith("/"):
                path += url.rstrip("/").rpartition("/")[2]
            for name in state.names(goal.place or state.lead):
                if any((one_.device, one_.value) == (name, path) for one_ in new):
                    raise decline(f"several pages would be {path} on {name}")
                step = state.to.step("download", "http.download", {"url": url, "path": path}, name)
                new.append(Entry(url, name, step, path))
    state.to.made.append(Made("file", tuple(new), frozenset()))
    state.keep(Ent("file", tuple(new), FILE | words("download downloads")))
    state.written = (new[-1].device, new[-1].value)


__all__ = ["Lines", "Rows"]
