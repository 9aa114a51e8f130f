"""The one place that draws a task graph: as text, Mermaid, DOT and SVG, from a `GraphView`.

Tasks stand in layers: a task's layer is the longest way to it. Everything that a plan, a person or a device wrote is
sanitised, and escaped for the form that it goes into, so that it can only ever be read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from orchestrator.core import conditions
from orchestrator.core import svg as shared
from orchestrator.core.sanitize import sanitize
from orchestrator.core.tasks import Dependency, On, Task, TaskStatus
from orchestrator.core.views import GraphView, TaskView

S = TaskStatus
_Members = Counter[str | None]  # how many tasks each fan-out has
TITLE_LIMIT: Final = 60  # characters
EDGE_LIMIT: Final = 40
MAX_EDGES: Final = 4  # upstreams that a line of text names before it counts the rest

# status: (mark, plain mark, fill, line)
_LOOKS: Final[dict[TaskStatus, tuple[str, str, str, str]]] = {
    S.PENDING: ("·", ".", "#f4f4f5", "#a1a1aa"),
    S.READY: ("○", "o", "#f4f4f5", "#52525b"),
    S.WAITING: ("⏸", "w", "#fef3c7", "#d97706"),
    S.RUNNING: ("▶", ">", "#dbeafe", "#2563eb"),
    S.CANCELLING: ("◼", "c", "#ffedd5", "#ea580c"),
    S.UNKNOWN: ("?", "?", "#fef3c7", "#b45309"),
    S.SUCCEEDED: ("✓", "+", "#dcfce7", "#16a34a"),
    S.FAILED: ("✗", "!", "#fee2e2", "#dc2626"),
    S.SKIPPED: ("–", "-", "#fafafa", "#d4d4d8"),
    S.CANCELLED: ("⊘", "x", "#fafafa", "#71717a"),
}

_INK: Final = "#18181b"  # the fills above are light, whatever the page is


@dataclass(frozen=True, slots=True)
class _Node:
    task: Task
    number: int
    status: TaskStatus
    device: str
    note: str

    @property
    def label(self) -> str:
        title = _clean(self.task.title, TITLE_LIMIT)
        return f"{self.task.id}: {title}" if title and title != self.task.id else self.task.id

    @property
    def place(self) -> str:
        skill = _clean(self.task.skill, TITLE_LIMIT)
        return f"{skill} on {_clean(self.device, TITLE_LIMIT)}" if self.device else skill


# --- text ------------------------------------------------------------------------------------------------------


def text(graph: GraphView, tasks: Iterable[TaskView] = (), *, ascii: bool = False) -> str:
    """A line a task, layer by layer: mark, id and title, skill and device, and what it depends on.

    `tasks` adds what each waits for or why it failed. `ascii` keeps to ASCII, for terminals that know no more.
    """
    nodes = _nodes(graph, tasks)
    members: _Members = Counter(node.task.group for node in nodes.values())
    lines = [_summary(graph, nodes)]
    for number, layer in enumerate(_layers(nodes), 1):
        width = max(len(node.label) for node in layer)
        for index, node in enumerate(layer):
            lead = f"{number:>3}" if index == 0 else "   "
            lines.append(f"{lead} {_line(node, nodes, members, min(width, 48), ascii)}".rstrip())
    drawing = "\n".join(lines) + "\n"
    return drawing.encode("ascii", "replace").decode() if ascii else drawing


def _summary(graph: GraphView, nodes: dict[str, _Node]) -> str:
    if not nodes:
        return f"{_clean(graph.run, TITLE_LIMIT)}: no tasks yet"
    counts = Counter(node.status for node in nodes.values())
    parts = ", ".join(f"{counts[status]} {status.value}" for status in S if counts[status])
    size = f"{len(nodes)} task" if len(nodes) == 1 else f"{len(nodes)} tasks"
    return f"{_clean(graph.run, TITLE_LIMIT)}: version {graph.version}, {size}: {parts}"


def _line(node: _Node, nodes: dict[str, _Node], members: _Members, width: int, ascii: bool) -> str:
    mark = _LOOKS[node.status][1 if ascii else 0]
    arrow = " <- " if ascii else " ← "
    upstreams = _upstreams(node.task, nodes, members)
    after = arrow + upstreams if upstreams else ""
    note = f"  ({node.note})" if node.note else ""
    return f"{mark} {node.label:<{width}}  {node.place}{after}{note}"


def _upstreams(task: Task, nodes: dict[str, _Node], members: _Members) -> str:
    """What a task depends on; a whole fan-out, all on the same terms, is named once."""
    groups = Counter(_fan(dependency, nodes) for dependency in task.depends_on)
    found: dict[tuple[str, str], int] = {}
    for dependency in task.depends_on:
        fan = group, terms = _fan(dependency, nodes)
        whole = group is not None and groups[fan] == members[group] > 1
        found[f"{group}[*]" if whole else dependency.task, terms] = groups[fan] if whole else 1
    parts = []
    for (name, terms), count in list(found.items())[:MAX_EDGES]:
        counted = f"{name} ({count})" if count > 1 else name
        parts.append(f"{counted} [{terms}]" if terms else counted)
    rest = len(found) - MAX_EDGES
    parts += [f"{rest} more"] if rest > 0 else []
    return (" or " if task.join == "any" else ", ").join(parts)


def _fan(dependency: Dependency, nodes: dict[str, _Node]) -> tuple[str | None, str]:
    upstream = nodes.get(dependency.task)
    return (upstream.task.group if upstream else None), _terms(dependency)


# --- Mermaid and DOT -------------------------------------------------------------------------------------------


def mermaid(graph: GraphView, tasks: Iterable[TaskView] = ()) -> str:
    """A Mermaid flowchart, left to right. Nodes are named t0, t1 ...: no id can be taken for a keyword."""
    nodes = _nodes(graph, tasks)
    lines = ["flowchart LR"]
    for node in nodes.values():
        label = "<br/>".join(_mermaid(part) for part in _parts(node))
        lines.append(f'    t{node.number}["{label}"]')
    for node in nodes.values():
        for dependency, upstream in _edges(node, nodes):
            terms = _terms(dependency)
            arrow = f'-- "{_mermaid(terms)}" -->' if terms else "-->"
            lines.append(f"    t{upstream.number} {arrow} t{node.number}")
    for status in S:
        named = ",".join(f"t{node.number}" for node in nodes.values() if node.status is status)
        if named:
            _, _, fill, line = _LOOKS[status]
            lines += [
                f"    classDef {status.value} fill:{fill},stroke:{line},color:{_INK}",
                f"    class {named} {status.value}",
            ]
    return "\n".join(lines) + "\n"


def _mermaid(text: str) -> str:
    """Every character that Mermaid, its Markdown or HTML could act on, as a numbered entity."""
    return "".join(char if char.isalnum() or char in " .,_-@/+=()" else f"#{ord(char)};" for char in text)


def dot(graph: GraphView, tasks: Iterable[TaskView] = ()) -> str:
    """A Graphviz digraph, left to right."""
    nodes = _nodes(graph, tasks)
    lines = ["digraph run {", "  rankdir=LR;", '  node [shape=box, style="rounded,filled", fontname="sans-serif"];']
    for node in nodes.values():
        _, _, fill, line = _LOOKS[node.status]
        label = r"\n".join(_dot(part) for part in _parts(node))
        lines.append(f'  t{node.number} [label="{label}", fillcolor="{fill}", color="{line}"];')
    for node in nodes.values():
        for dependency, upstream in _edges(node, nodes):
            terms = _terms(dependency)
            label = f' [label="{_dot(terms)}"]' if terms else ""
            lines.append(f"  t{upstream.number} -> t{node.number}{label};")
    return "\n".join([*lines, "}"]) + "\n"


def _dot(text: str) -> str:
    # Graphviz reads HTML entities in labels too.
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")


# --- SVG -------------------------------------------------------------------------------------------------------

_WIDTH: Final = 250
_HEIGHT: Final = 46
_GAP_X: Final = 80
_GAP_TERMS: Final = 150  # where edges have words
_GAP_Y: Final = 18
_MARGIN: Final = 20
_DETOUR: Final = 80


def svg(graph: GraphView, tasks: Iterable[TaskView] = ()) -> str:
    """A self-contained SVG, layers from left to right; within a layer tasks stand near what they depend on."""
    nodes = _nodes(graph, tasks)
    places = _places(nodes)
    width = max((x for x, _ in places.values()), default=0) + _WIDTH + _MARGIN
    height = max((y for _, y in places.values()), default=0) + _HEIGHT + _MARGIN
    edges = [(edge, node.task.id) for node in nodes.values() for edge, _ in _edges(node, nodes)]
    height += _DETOUR // 2 if any(_hidden(*_ends(places, edge, task)) for edge, task in edges) else 0
    lines = shared.head(_summary(graph, nodes), width, height)
    lines.append(
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>'
    )
    lines += [_svg_edge(places, edge, task) for edge, task in edges]
    lines += [_svg_node(node, *places[id]) for id, node in nodes.items()]
    # Last, so that neither a line nor a task lies over them.
    lines += [_svg_terms(places, edge, task) for edge, task in edges if _terms(edge)]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _places(nodes: dict[str, _Node]) -> dict[str, tuple[int, int]]:
    """Left top corners in pixels. Each layer is sorted by the mean height of its upstreams, in one sweep."""
    places: dict[str, tuple[int, int]] = {}
    layers = _layers(nodes)
    worded = any(_terms(edge) for node in nodes.values() for edge, _ in _edges(node, nodes))
    step = _WIDTH + (_GAP_TERMS if worded else _GAP_X)
    tallest = max(map(len, layers), default=0)
    for column, layer in enumerate(layers):
        top = _MARGIN + (tallest - len(layer)) * (_HEIGHT + _GAP_Y) // 2
        wanted = {node.number: _mean_height(node, nodes, places) for node in layer}
        for row, node in enumerate(sorted(layer, key=lambda node: (wanted[node.number], node.number))):
            places[node.task.id] = (_MARGIN + column * step, top + row * (_HEIGHT + _GAP_Y))
    return places


def _mean_height(node: _Node, nodes: dict[str, _Node], places: dict[str, tuple[int, int]]) -> float:
    heights = [places[upstream.task.id][1] for _, upstream in _edges(node, nodes)]
    return sum(heights) / len(heights) if heights else 0.0


def _svg_edge(places: dict[str, tuple[int, int]], dependency: Dependency, task: str) -> str:
    x1, y1, x2, y2 = _ends(places, dependency, task)
    bend = max(30, (x2 - x1) // 2)
    loose = "" if dependency.on is On.SUCCESS else " loose"
    dip = _DETOUR if _hidden(x1, y1, x2, y2) else 0
    curve = f"M{x1} {y1}C{x1 + bend} {y1 + dip} {x2 - bend} {y2 + dip} {x2} {y2}"
    return f'<path class="edge{loose}" d="{curve}" marker-end="url(#tip)"/>'


def _svg_terms(places: dict[str, tuple[int, int]], dependency: Dependency, task: str) -> str:
    """What an edge asks for, beside its end: there, edges that part at one task stand apart."""
    x1, y1, x2, y2 = _ends(places, dependency, task)
    words = shared.escape(shared.cut(_terms(dependency), 24))
    if _hidden(x1, y1, x2, y2):  # below the lowest point of its detour
        at = f'x="{(x1 + x2) // 2}" y="{(y1 + y2) // 2 + 3 * _DETOUR // 4 + 14}" text-anchor="middle"'
    else:
        at = f'x="{x2 - 14}" y="{(y1 + 7 * y2) // 8 - 6}" text-anchor="end"'
    return f'<text class="dim over small" {at}>{words}</text>'


def _hidden(x1: int, y1: int, x2: int, y2: int) -> bool:
    """Whether a straight way would lie behind the tasks of a layer between: such an edge makes a detour below."""
    return x2 - x1 > _GAP_TERMS + _WIDTH // 2 and abs(y2 - y1) < _HEIGHT


def _ends(places: dict[str, tuple[int, int]], dependency: Dependency, task: str) -> tuple[int, int, int, int]:
    (left, top), (right, bottom) = places[dependency.task], places[task]
    return left + _WIDTH, top + _HEIGHT // 2, right, bottom + _HEIGHT // 2


def _svg_node(node: _Node, x: int, y: int) -> str:
    about = ", ".join((node.label, node.place, node.status.value, *([node.note] if node.note else [])))
    tone = shared.TONES[node.status]
    return (
        f'<g class="task {node.status.value}"><title>{shared.escape(about)}</title>'
        f'<rect class="box {tone}" x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="7"/>'
        f"{shared.shape(node.status, x + 9, y + 8)}"
        f'<text class="strong" x="{x + 29}" y="{y + 19}">{shared.escape(shared.cut(node.label, 27))}</text>'
        f'<text class="dim" x="{x + 10}" y="{y + 36}">{shared.escape(shared.cut(node.place, 36))}</text></g>'
    )


# --- what all forms share --------------------------------------------------------------------------------------


def _nodes(graph: GraphView, tasks: Iterable[TaskView]) -> dict[str, _Node]:
    views = {view.id: view for view in tasks}
    nodes = {}
    for number, task in enumerate(graph.tasks):
        view = views.get(task.id)
        status = view.status if view else graph.status.get(task.id, S.PENDING)
        device = (view.device if view else None) or graph.device.get(task.id) or task.requirements.device or ""
        nodes[task.id] = _Node(task, number, status, device, _note(view) if view else "")
    return nodes


def _note(view: TaskView) -> str:
    if view.error is not None and view.status is not S.SUCCEEDED:
        return _clean(f"{view.error.code.value}: {view.error.message}", 2 * TITLE_LIMIT)
    if view.waiting_for and view.status is not S.PENDING:  # what is pending waits for its edges, which are drawn
        return _clean(f"waits for {view.waiting_for}", 2 * TITLE_LIMIT)
    return _clean(view.why, 2 * TITLE_LIMIT) if view.status is S.SKIPPED else ""


def _layers(nodes: dict[str, _Node]) -> list[list[_Node]]:
    """Tasks by the length of the longest way to them, in the graph's order. Kahn's algorithm: linear in the edges."""
    waits = {id: sum(1 for _ in _edges(node, nodes)) for id, node in nodes.items()}
    following: dict[str, list[str]] = {}
    for id, node in nodes.items():
        for _, upstream in _edges(node, nodes):
            following.setdefault(upstream.task.id, []).append(id)
    layers: list[list[_Node]] = []
    current = [id for id, count in waits.items() if count == 0]
    while current:
        layers.append(sorted((nodes[id] for id in current), key=lambda node: node.number))
        upcoming = []
        for id in current:
            for next_id in following.get(id, ()):
                waits[next_id] -= 1
                if waits[next_id] == 0:
                    upcoming.append(next_id)
        current = upcoming
    return layers


def _edges(node: _Node, nodes: dict[str, _Node]) -> Iterable[tuple[Dependency, _Node]]:
    for dependency in node.task.depends_on:
        upstream = nodes.get(dependency.task)
        if upstream is not None:
            yield dependency, upstream


def _parts(node: _Node) -> list[str]:
    """The lines inside a node."""
    first = f"{_LOOKS[node.status][0]} {node.label}"
    return [first, node.place, *([node.note] if node.note else [])]


def _terms(dependency: Dependency) -> str:
    """What an edge asks of its upstream's end; empty for success, which goes without saying."""
    match dependency.on:
        case On.SUCCESS:
            return ""
        case On.FAILURE:
            return "if it fails"
        case On.COMPLETION:
            return "however it ends"
        case On.CONDITION:
            assert dependency.when is not None
            return _clean(f"if {conditions.describe(dependency.when)}", EDGE_LIMIT)


def _clean(text: str, limit: int) -> str:
    return sanitize(text, multiline=False, limit=limit)
