"""How a task's output reads, by its shape: one line, and details under it. Values only; no model, no clock.

Everything that comes from a device passes the sanitizer here and is bounded. A shape that is not known is written field
by field; an output is never guessed at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agents.fields import fields
from agents.units import counted, duration, number, percent, size
from agents.wording import LINE, TEXT, TOLD, TOLD_LINES, Shape, bounded, one_line, text_lines, words
from orchestrator.core.sanitize import sanitize
from orchestrator.core.views import TaskView
from protocol.vocabulary import Json, JsonObject


def shape(task: TaskView) -> Shape:
    """The shape of a succeeded task's output."""
    output = task.output
    if isinstance(output, dict):
        known = _BY_SKILL.get(task.skill)
        if known is not None:
            try:
                return known(output, task.arguments)
            except (KeyError, TypeError, ValueError, AttributeError):
                pass  # not the output that this skill promises: written field by field below
        return _told(output, task) or fields(output, task.skill)
    return Shape("fact", words(output)) if output is not None else Shape("action", f"did {task.skill}")


def _told(output: JsonObject, task: TaskView) -> Shape | None:
    """What a cluster's skills and previews say of themselves: they write their own answer, as `text`."""
    text = output.get("text")
    preview = "digest" in output and "changes" in output
    if not isinstance(text, str) or not text.strip() or not (preview or task.skill.startswith("kube.")):
        return None
    clean = sanitize(text[: TOLD * 4], limit=TOLD).strip("\n").split("\n")
    lines = bounded([line.rstrip()[: LINE * 2] for line in clean], limit=TOLD_LINES)
    # The columns of a table stand under its head: nothing may stand before that on its line.
    first, *rest = ["", *lines] if "  " in lines[0].strip() and len(lines) > 1 else lines
    return Shape("fact", first, tuple(rest))


# --- pieces -----------------------------------------------------------------------------------------------------------


def _path(output: Mapping[str, Json], key: str = "path") -> str:
    return one_line(output[key], 300)


def _folder(path: Json) -> str:
    """A folder's path; the workspace itself by its name."""
    return "the workspace" if path in (None, "", ".") else one_line(path, 300)


def _num(output: Mapping[str, Json], key: str) -> float:
    value = output[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(key)
    return value


def _list(output: Mapping[str, Json], key: str) -> list[Json]:
    value = output[key]
    if not isinstance(value, list):
        raise TypeError(key)
    return value


def _objects(output: Mapping[str, Json], key: str) -> list[JsonObject]:
    return [one for one in _list(output, key) if isinstance(one, dict)]


def _object(output: Mapping[str, Json], key: str) -> JsonObject:
    value = output[key]
    if not isinstance(value, dict):
        raise TypeError(key)
    return value


def _more(output: Mapping[str, Json]) -> str:
    return " (cut short)" if output.get("truncated") is True else ""


# --- files ---------------------------------------------------------------------------------------------------------


def _saved(verb: str) -> Callable[[JsonObject, JsonObject], Shape]:
    return lambda output, _: Shape("action", f"{verb} {_path(output)} ({size(_num(output, 'size_bytes'))})")


def _listing(output: JsonObject, arguments: JsonObject) -> Shape:
    count = _num(output, "count")
    # Of a search, the pattern says more than the folder.
    where = _folder(output.get("path") or arguments.get("path") or arguments.get("archive_path"))
    pattern = arguments.get("pattern")
    wanted = f" matching {one_line(pattern, 100)}" if isinstance(pattern, str) and pattern != "*" else ""
    noun = counted(count, "entry", "entries")
    lines = [_entry(entry) for entry in _objects(output, "entries")]
    total = f", {size(_num(output, 'total_bytes'))}" if "total_bytes" in output and count else ""
    return Shape("fact", f"{noun}{wanted} in {where}{total}{_more(output)}", bounded(lines, int(count)))


def _entry(entry: JsonObject) -> str:
    path = _path(entry)
    kind = entry.get("type")
    if kind == "directory":
        return f"{path}/"
    modified = entry.get("modified")
    when = f", {one_line(modified, 40)}" if isinstance(modified, str) and modified else ""
    return f"{path} ({size(_num(entry, 'size_bytes'))}{when})"


def _matches(output: JsonObject, arguments: JsonObject) -> Shape:
    count, files = _num(output, "count"), _list(output, "files")
    wanted = f" for {one_line(arguments.get('pattern'), 100)}" if "pattern" in arguments else ""
    lines = [
        f"{_path(one)}:{number(_num(one, 'line'))}: {one_line(one['text'])}" for one in _objects(output, "matches")
    ]
    where = f" in {counted(len(files), 'file')}" if count else ""
    return Shape(
        "fact", f"{counted(count, 'match', 'matches')}{wanted}{where}{_more(output)}", bounded(lines, int(count))
    )


def _file_text(output: JsonObject, _: JsonObject) -> Shape:
    held = f" ({size(_num(output, 'size_bytes'))})" if "size_bytes" in output else ""
    text = output["text"]
    if not isinstance(text, str):
        raise TypeError("text")
    return Shape("fact", f"{_path(output)}{held}{_more(output)}", text_lines(text) or ("(empty)",))


def _text(output: JsonObject, _: JsonObject) -> Shape:
    return Shape("plain", "", text_lines(str(output["text"])))


def _deleted(output: JsonObject, _: JsonObject) -> Shape:
    count, freed = _num(output, "deleted"), size(_num(output, "freed_bytes"))
    what = "" if count == 1 else f"{counted(count, 'entry', 'entries')}, "
    return Shape("action", f"deleted {_path(output)} ({what}{freed} freed)")


def _transferred(verb: str) -> Callable[[JsonObject, JsonObject], Shape]:
    def described(output: JsonObject, _: JsonObject) -> Shape:
        moved = f"{verb} {_path(output, 'source')} to {_path(output)}"
        return Shape(
            "action", f"{moved} ({counted(_num(output, 'files'), 'file')}, {size(_num(output, 'size_bytes'))})"
        )

    return described


def _counted(output: JsonObject, _: JsonObject) -> Shape:
    parts = [
        counted(_num(output, "lines"), "line"),
        counted(_num(output, "words"), "word"),
        size(_num(output, "bytes")),
    ]
    return Shape("fact", f"{_folder(output['path'])}: {', '.join(parts)} in {counted(_num(output, 'files'), 'file')}")


def _usage(output: JsonObject, _: JsonObject) -> Shape:
    lines = [f"{_path(one)} ({size(_num(one, 'size_bytes'))})" for one in _objects(output, "largest")]
    held = f"{counted(_num(output, 'files'), 'file')}, {counted(_num(output, 'folders'), 'folder')}"
    return Shape("fact", f"{_folder(output['path'])} holds {size(_num(output, 'bytes'))} ({held})", bounded(lines))


def _stat(output: JsonObject, _: JsonObject) -> Shape:
    size_, kind = size(_num(output, "size_bytes")), one_line(output["type"], 20)
    owner, mode = one_line(output["owner"], 60), one_line(output["mode"], 20)
    changed = one_line(output["modified"], 40)
    return Shape("fact", f"{_path(output)}: {kind}, {size_}, changed {changed}, owner {owner}, mode {mode}")


def _hash(output: JsonObject, _: JsonObject) -> Shape:
    return Shape("fact", f"{one_line(output['algorithm'], 20)} of {_path(output)}: {one_line(output['hash'], 200)}")


def _packed(output: JsonObject, _: JsonObject) -> Shape:
    held = f"{counted(_num(output, 'files'), 'file')}, {size(_num(output, 'size_bytes'))}"
    return Shape("action", f"packed {_path(output)} ({held})")


def _unpacked(output: JsonObject, _: JsonObject) -> Shape:
    held = f"{counted(_num(output, 'files'), 'file')}, {size(_num(output, 'size_bytes'))}"
    return Shape("action", f"unpacked {held} into {_path(output)}")


def _made(output: JsonObject, _: JsonObject) -> Shape:
    return Shape(
        "action", f"made the folder {_path(output)}" if output["created"] else f"{_path(output)} was there already"
    )


def _replaced(output: JsonObject, _: JsonObject) -> Shape:
    return Shape("action", f"replaced {counted(_num(output, 'replacements'), 'occurrence')} in {_path(output)}")


def _published(output: JsonObject, _: JsonObject) -> Shape:
    return Shape(
        "action", f"made {_path(output, 'name')} ({size(_num(output, 'size_bytes'))}) available to other devices"
    )


# --- the machine ---------------------------------------------------------------------------------------------------


def disk(output: JsonObject, _: JsonObject) -> Shape:
    used = percent(_num(output, "used_percent"))
    free, total = size(_num(output, "free_bytes")), size(_num(output, "total_bytes"))
    return Shape("fact", f"{free} free of {total} ({used} used)")


def memory(output: JsonObject, _: JsonObject) -> Shape:
    used = percent(_num(output, "used_percent"))
    free, total = size(_num(output, "available_bytes")), size(_num(output, "total_bytes"))
    return Shape("fact", f"{free} of memory available of {total} ({used} used)")


def cpu(output: JsonObject, _: JsonObject) -> Shape:
    cores, used = counted(_num(output, "cores"), "core"), percent(_num(output, "used_percent"))
    model = one_line(output.get("model") or "", 100)
    return Shape("fact", f"CPU {used} used, {cores}" + (f" ({model})" if model else ""))


def load(output: JsonObject, _: JsonObject) -> Shape:
    three = ", ".join(f"{_num(output, key):.2f}" for key in ("load_1", "load_5", "load_15"))
    return Shape("fact", f"load {three} over 1, 5 and 15 minutes ({_num(output, 'per_core'):.2f} a core)")


def uptime(output: JsonObject, _: JsonObject) -> Shape:
    return Shape("fact", f"up for {duration(_num(output, 'seconds'))}, since {one_line(output['since'], 40)}")


def system(output: JsonObject, _: JsonObject) -> Shape:
    name, version = one_line(output["name"], 80), one_line(output["version"], 80)
    kernel, machine = one_line(output["kernel"], 80), one_line(output["architecture"], 40)
    return Shape("fact", f"{name} {version}".strip() + f" (kernel {kernel}, {machine})")


def network(output: JsonObject, _: JsonObject) -> Shape:
    lines = []
    for one in _objects(output, "interfaces"):
        state = "" if one.get("up") else " (down)"
        lines.append(f"{one_line(one['name'], 60)}{state}: {words(one.get('addresses'))}")
    return Shape("fact", f"host name {one_line(output['hostname'], 100)}", bounded(lines))


def _time(output: JsonObject, _: JsonObject) -> Shape:
    return Shape("fact", f"{one_line(output['iso'], 60)} ({one_line(output['timezone'], 60)})")


def _info(output: JsonObject, arguments: JsonObject) -> Shape:
    parts = (("os", system), ("cpu", cpu), ("memory", memory), ("disk", disk), ("load", load), ("uptime", uptime))
    return Shape("fact", "", tuple(described(_object(output, key), {}).line for key, described in parts))


def _processes(output: JsonObject, arguments: JsonObject) -> Shape:
    lines = [
        f"{int(_num(one, 'pid'))} {one_line(one['name'], 80)} ({one_line(one.get('user') or '?', 40)}): "
        f"{percent(_num(one, 'cpu_percent'))} CPU, {size(_num(one, 'memory_bytes'))}"
        for one in _objects(output, "processes")
    ]
    count = int(_num(output, "count"))
    name = arguments.get("name")
    # A name finds what was started with it, too: an editor that has "python.txt" open counts.
    held = f" with {one_line(name, 80)} in the name or command" if isinstance(name, str) else ""
    return Shape("fact", f"{counted(count, 'process', 'processes')}{held}{_more(output)}", bounded(lines, count))


def _listening_on(output: JsonObject, arguments: JsonObject) -> Shape:
    count, port = int(_num(output, "count")), arguments.get("port")
    lines = []
    for one in _objects(output, "listeners"):
        address = one_line(one["address"], 60)
        place = f"[{address}]" if ":" in address else address
        pid = one.get("pid")
        who = f" {one_line(one.get('process') or 'process', 80)} ({int(_num(one, 'pid'))})" if pid is not None else ""
        lines.append(f"{one_line(one['protocol'], 10)} {place}:{int(_num(one, 'port'))}{who}")
    on = f" on port {int(_num(arguments, 'port'))}" if isinstance(port, int) else ""
    if not count:
        return Shape("fact", f"nothing listens{on}")
    return Shape("fact", f"{counted(count, 'listening socket')}{on}{_more(output)}", bounded(lines, count))


def _stopped(output: JsonObject, _: JsonObject) -> Shape:
    pids, left = words(_list(output, "stopped")), output.get("remaining")
    still = f"; still running: {words(left)}" if left else ""
    return Shape("action", f"stopped {counted(_num(output, 'count'), 'process', 'processes')} ({pids}){still}")


def _ran(output: JsonObject, arguments: JsonObject) -> Shape:
    out, err = str(output["stdout"]), str(output["stderr"])
    lines = list(text_lines(out))
    if err.strip():
        lines += ["stderr:", *text_lines(err)]
    command = arguments.get("command") or arguments.get("path") or "the script"
    code = int(_num(output, "exit_code"))
    if code:
        return Shape("fact", f"`{one_line(command, 200)}` {_failed(code, err)}", bounded(lines))
    return Shape("fact", f"`{one_line(command, 200)}` ended well (exit code 0)", bounded(lines))


def _failed(code: int, stderr: str) -> str:
    said = [line for line in text_lines(stderr[-TEXT:]) if line.strip()]
    return f"failed with exit code {code}" + (f": {one_line(said[-1], 200)}" if said else "")


def _fetched(output: JsonObject, _: JsonObject) -> Shape:
    facts = f"{int(_num(output, 'status'))}, {one_line(output['content_type'], 80)}, {size(_num(output, 'size_bytes'))}"
    return Shape("fact", f"{_path(output, 'url')} ({facts}){_more(output)}", text_lines(str(output["text"])))


_BY_SKILL: dict[str, Callable[[JsonObject, JsonObject], Shape]] = {
    "file.list": _listing,
    "file.find": _listing,
    "archive.list": _listing,
    "file.search": _matches,
    "file.read": _file_text,
    "file.head": _file_text,
    "file.tail": _file_text,
    "file.sort": _file_text,
    "file.write": _saved("saved"),
    "file.append": _saved("added to"),
    "artifact.save": _saved("saved"),
    "http.download": _saved("downloaded"),
    "artifact.publish": _published,
    "file.delete": _deleted,
    "file.copy": _transferred("copied"),
    "file.move": _transferred("moved"),
    "file.mkdir": _made,
    "file.replace": _replaced,
    "file.count": _counted,
    "file.usage": _usage,
    "file.stat": _stat,
    "file.hash": _hash,
    "archive.create": _packed,
    "archive.extract": _unpacked,
    "system.disk": disk,
    "system.memory": memory,
    "system.cpu": cpu,
    "system.load": load,
    "system.uptime": uptime,
    "system.os": system,
    "system.network": network,
    "system.time": _time,
    "system.info": _info,
    "process.list": _processes,
    "process.stop": _stopped,
    "net.listening": _listening_on,
    "shell.run": _ran,
    "script.run": _ran,
    "phone.shell": _ran,
    "http.fetch": _fetched,
    "text.report": _text,
}
