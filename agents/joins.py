"""How results that were computed from several devices read: rankings, counts, comparisons, statistics."""

from __future__ import annotations

from agents.shapes import shape
from agents.units import counted, number
from agents.wording import Shape, bounded, one_line, table, words
from orchestrator.core.references import find
from orchestrator.core.views import RunView, TaskView
from protocol.vocabulary import Json, JsonObject

# Field (and skill, where the field alone does not say) to: what it measures, the word for most of it, and for least.
_METRICS: dict[str, tuple[str, str, str]] = {
    "system.disk.total_bytes": ("disk space", "most", "least"),
    "system.disk.used_bytes": ("used disk space", "most", "least"),
    "system.disk.used_percent": ("disk use", "highest", "lowest"),
    "system.memory.total_bytes": ("memory", "most", "least"),
    "system.memory.used_bytes": ("used memory", "most", "least"),
    "system.memory.used_percent": ("memory use", "highest", "lowest"),
    "system.cpu.used_percent": ("CPU use", "highest", "lowest"),
    "system.uptime.seconds": ("uptime", "longest", "shortest"),
    "file.search.count": ("matches", "most", "fewest"),
    "process.list.count": ("processes", "most", "fewest"),
    "free_bytes": ("free disk space", "most", "least"),
    "available_bytes": ("available memory", "most", "least"),
    "swap_used_bytes": ("used swap", "most", "least"),
    "cores": ("CPU cores", "most", "fewest"),
    "load_1": ("load", "highest", "lowest"),
    "load_5": ("load over 5 minutes", "highest", "lowest"),
    "load_15": ("load over 15 minutes", "highest", "lowest"),
    "per_core": ("load per core", "highest", "lowest"),
    "size_bytes": ("size", "largest", "smallest"),
    "total_bytes": ("data", "most", "least"),
    "bytes": ("data", "most", "least"),
    "count": ("entries", "most", "fewest"),
    "files": ("files", "most", "fewest"),
    "lines": ("lines", "most", "fewest"),
    "cpu_percent": ("CPU use", "highest", "lowest"),
    "memory_bytes": ("memory use", "highest", "lowest"),
}


def joined(view: RunView, task: TaskView) -> Shape:
    """The shape of a succeeded task's output; of what was computed from others, with what they were."""
    render = {
        "data.rank": _ranked,
        "data.count_by": _counts,
        "data.compare": _compared,
        "data.stats": _statistics,
        "data.merge": _items,
        "data.filter": _items,
    }.get(task.skill)
    if render is not None and isinstance(task.output, dict):
        try:
            return render(view, task, task.output)
        except (KeyError, TypeError, ValueError, AttributeError):
            pass  # not the output that this skill promises: written field by field
    return shape(task)


def behind(view: RunView, task: TaskView) -> list[TaskView]:
    """What a saved text was computed from: the data that went into it, directly or by way of a report."""
    found: dict[str, TaskView] = {}
    named = [task]
    for _ in range(2):
        ids = {reference.task for one in named for reference in find(one.arguments)}
        named = [one for one in view.tasks if one.id in ids]
        found |= {one.id: one for one in named if one.skill.startswith("data.")}
        named = [one for one in named if one.skill == "text.report"]
    return list(found.values())


def _source(view: RunView, task: TaskView) -> TaskView | None:
    """A task whose output went into this one."""
    named = [reference.task for reference in find(task.arguments)]
    return next((one for one in view.tasks if one.id in named or one.group in named), None)


def _by(task: TaskView) -> str:
    """The last step of the path that items were ordered or compared by."""
    by = task.arguments.get("by")
    return one_line(by, 100).split(".")[-1].split("[")[0] if isinstance(by, str) else ""


def _label(item: Json) -> str:
    """What a record is called."""
    if isinstance(item, dict):
        for key in ("device", "path", "name", "key", "pid"):
            if isinstance(item.get(key), (str, int)):
                return one_line(item[key], 200)
    return one_line(item, 200)


def _ranked(view: RunView, task: TaskView, output: JsonObject) -> Shape:
    ranked = [one for one in output["ranked"] if isinstance(one, dict)]  # type: ignore[union-attr]
    if not ranked:
        return Shape("plain", "there was nothing to put in order")
    field, source = _by(task), _source(view, task)
    skill = source.skill if source else ""
    ascending = task.arguments.get("order") == "asc"
    noun, most, least = _metric(skill, field)
    top = [one for one in ranked if one["value"] == ranked[0]["value"]]
    names = _together([_label(one["item"]) for one in top])
    has = "has" if len(top) == 1 else "share"
    line = f"{names} {has} the {least if ascending else most} {noun}: {_measured(ranked[0], field, source)}"
    if len(ranked) == 1:
        return Shape("plain", line)
    rest = [f"{place}. {_label(one['item'])}: {_measured(one, field, source)}" for place, one in enumerate(ranked, 1)]
    return Shape("plain", line, bounded(rest[len(top) :] if len(top) < len(ranked) else []))


def _metric(skill: str, field: str) -> tuple[str, str, str]:
    """What a field measures, and the words for most and least of it."""
    return _METRICS.get(f"{skill}.{field}") or _METRICS.get(field) or (_plain(field), "highest", "lowest")


def _together(names: list[str]) -> str:
    """`a, b and c`."""
    shown = [*names[:5], f"{len(names) - 5} more"] if len(names) > 6 else names
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _plain(field: str) -> str:
    return field.removesuffix("_bytes").removesuffix("_percent").replace("_", " ") or "value"


def _measured(ranked: JsonObject, field: str, source: TaskView | None) -> str:
    """The value, in the words of the skill that it came from where that says it."""
    value, item = ranked["value"], ranked["item"]
    plain = words(value, field)
    if source is not None and isinstance(item, dict) and isinstance(item.get("output"), dict):
        told = shape(source.model_copy(update={"output": item["output"]})).line
        if plain in told and len(told) < 100:
            return told
    return plain


def _counts(view: RunView, task: TaskView, output: JsonObject) -> Shape:
    rows = [
        (one_line(one["key"], 100) or "(none)", number(one["count"]))  # type: ignore[arg-type]
        for one in output["counts"]  # type: ignore[union-attr]
        if isinstance(one, dict)
    ]
    other, total = output.get("other"), output["total"]
    if isinstance(other, (int, float)) and other:
        rows.append(("(other)", number(other)))
    lines = any(reference.path.split(".")[-1] in ("lines", "matches") for reference in find(task.arguments))
    what = counted(total, "line" if lines else "item")  # type: ignore[arg-type]
    by = task.arguments.get("by", "line")
    return Shape("plain", f"{what} by {one_line(by, 100)}", bounded(table(rows)))


def _compared(view: RunView, task: TaskView, output: JsonObject) -> Shape:
    field = _by(task)
    groups = [one for one in output["groups"] if isinstance(one, dict)]  # type: ignore[union-attr]
    what = _plain(field) if field else "result"
    if output["equal"] and groups:
        many = counted(int(str(output["count"])), "device")
        return Shape("plain", f"the {what} is the same on {many}: {words(groups[0]['value'], field)}")
    lines = [f"{words(one['value'], field)}: {words(one['devices'])}" for one in groups]
    return Shape("plain", f"the {what} differs", bounded(lines))


def _statistics(view: RunView, task: TaskView, output: JsonObject) -> Shape:
    field, source = _by(task), _source(view, task)
    noun, _, _ = _metric(source.skill if source else "", field)
    names = {"sum": "sum", "average": "average", "minimum": "lowest", "maximum": "highest", "median": "median"}
    if field.endswith("percent"):
        del names["sum"]  # a sum of percentages says nothing
    shown = [f"{name} {words(output[key], field)}" for key, name in names.items()]
    return Shape("plain", f"{noun} over {counted(int(str(output['count'])), 'value')}: {', '.join(shown)}")


def _items(view: RunView, task: TaskView, output: JsonObject) -> Shape:
    items, count = output["items"], int(str(output["count"]))
    if not isinstance(items, list):
        raise TypeError("items")
    of = f" of {number(int(str(output['total'])))}" if "total" in output else ""
    source = _source(view, task)
    field = next((one.path.split(".")[-1] for one in find(task.arguments)), "")
    return Shape("plain", f"{counted(count, 'item')}{of}", bounded([_item(one, source, field) for one in items], count))


def _item(item: Json, source: TaskView | None, field: str) -> str:
    """One item of a list: a fan-out's record by its device, anything else as it is."""
    if isinstance(item, dict) and isinstance(item.get("device"), str) and "output" in item and source is not None:
        told = shape(source.model_copy(update={"output": item["output"]}))
        return f"{one_line(item['device'], 100)}: {told.line or words(item['output'])}"
    if isinstance(item, dict) and isinstance(item.get("path"), str):
        size = f" ({words(item['size_bytes'], 'size_bytes')})" if "size_bytes" in item else ""
        return one_line(item["path"], 300) + size
    return words(item, field)
