"""`kube.list`: the objects of a kind, filtered, sorted, as a table with a count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from tools.arguments import Output
from tools.errors import ToolError
from tools.kube import facts, tables, traits
from tools.kube.arguments import Count, KindWord, MaybeName, Namespace, Selector
from tools.kube.kinds import Kind
from tools.kube.metrics import sizes
from tools.kube.objects import Manifest, listed, name_of, namespace_of
from tools.kube.session import Session
from tools.kube.tables import Row, Rows
from tools.kube.verbs import reads
from tools.kube.wording import TEXT_CHARACTERS, age_s, bounded, clean, counted, plural_of, present, table

EVERYTHING: Final = (
    "pods", "services", "deployments", "statefulsets", "daemonsets", "replicasets", "jobs", "cronjobs",
)  # fmt: skip
MOST_ROWS: Final = 1000
Status = Literal[
    "", "ready", "not_ready", "running", "pending", "failed", "succeeded", "crashing", "evicted", "terminating",
    "bound", "unbound", "active", "suspended", "complete",
]  # fmt: skip
Sort = Literal["name", "age", "-age", "restarts", "-restarts", "cpu", "memory"]
Word = Annotated[str, Field(max_length=200)]
Age = Annotated[float | None, Field(ge=0, json_schema_extra={"format": "seconds"})]


class Item(Output):
    """`cells`: what the table shows of the object, by column."""

    name: str
    namespace: str
    cells: dict[str, str]


class Listed(Output):
    """`count`: how many match; `items` are at most `limit` of them."""

    text: str
    kind: str
    count: int
    items: tuple[Item, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """What of a kind is wanted. Pure."""

    status: str = ""
    image: str = ""
    node: str = ""
    min_restarts: int = 0
    older_than_s: float | None = None
    younger_than_s: float | None = None
    missing: str = ""

    def keeps(self, obj: Manifest) -> bool:
        old = age_s(obj, present())
        return (
            (not self.status or traits.has_status(obj, self.status))
            and (not self.image or any(self.image in one for one in traits.images(obj)))
            and (not self.node or traits.pod_spec(obj).get("nodeName") == self.node)
            and (not self.min_restarts or traits.restarts(obj) >= self.min_restarts)
            and (self.older_than_s is None or old > self.older_than_s)
            and (self.younger_than_s is None or old < self.younger_than_s)
            and (not self.missing or traits.lacks(obj, self.missing))
        )

    @property
    def words(self) -> str:
        """The filter as people say it; empty where there is none."""
        old = f"older than {self.older_than_s:g} s" if self.older_than_s is not None else ""
        young = f"younger than {self.younger_than_s:g} s" if self.younger_than_s is not None else ""
        said = [
            self.status.replace("_", " "), f"with image {self.image}" if self.image else "",
            f"on node {self.node}" if self.node else "",
            f"with {self.min_restarts} or more restarts" if self.min_restarts else "", old, young,
            f"without {self.missing}" if self.missing else "",
        ]  # fmt: skip
        return ", ".join(one for one in said if one)


@reads(
    "kube.list",
    examples=(
        "list the pods in shop",
        "which pods are not running?",
        "how many deployments are there in payments?",
        "show all services with their ports",
        "which containers have no memory limits?",
        "pods with the most restarts",
        "get nodes",
    ),
)
async def list_(
    session: Session,
    *,
    kind: KindWord,
    namespace: Namespace = "",
    selector: Selector = "",
    field_selector: Selector = "",
    status: Status = "",
    image: Word = "",
    node: MaybeName = "",
    min_restarts: Count = 0,
    older_than_s: Age = None,
    younger_than_s: Age = None,
    missing: Word = "",
    sort: Sort = "name",
    limit: Count = 200,
    count: bool = False,
    show: Word = "",
) -> Listed:
    """List the objects of a kind as a table, or count them.

    Args:
        kind: Kind of objects, such as pods or deployments; `all` for workloads, pods, services and jobs.
        namespace: Namespace; all of them where it is left open.
        selector: Label selector, such as app=web,tier!=cache.
        field_selector: Field selector, such as status.phase=Running.
        status: Only those of this status.
        image: Only those that run an image with this in its name.
        node: Only pods on this node.
        min_restarts: Only pods that restarted at least so often.
        older_than_s: Only those older than so many seconds.
        younger_than_s: Only those younger than so many seconds.
        missing: Only those that lack this: limits, requests, probes, labels, or a label's key.
        sort: Order of the rows; `-` puts the largest first, cpu and memory always do.
        limit: How many rows to show.
        count: Only say how many there are.
        show: A further column: a word such as images, labels, node, or a path such as spec.replicas.
    """
    wanted = Filter(status, image, node, min_restarts, older_than_s, younger_than_s, missing)
    query = [(key, value) for key, value in (("labelSelector", selector), ("fieldSelector", field_selector)) if value]
    kinds = _kinds(session, kind, wanted)
    parts = [await _one(session, one, namespace, query, wanted, sort, show, min(limit, MOST_ROWS)) for one in kinds]
    if not any(rows.seen for _, rows, _ in parts):
        await known(session, namespace)
    parts = [part for part in parts if part[1].rows] or parts[:1]
    words = ", ".join(one for one in (wanted.words, f"matching {selector or field_selector}" if query else "") if one)
    shown: list[str] = []
    items: list[Item] = []
    for found, rows, columns in parts:
        cut = [] if count else rows.rows[: min(limit, MOST_ROWS)]
        if cut:
            rendered = table(columns, [[row.cells[name] for name in columns] for row in cut])
            shown += [bounded(rendered, TEXT_CHARACTERS // len(parts)), ""]
        items += [_item(row) for row in cut]
        shown += [_counted(found, rows, namespace, words, len(cut) if not count else None, spread=count), ""]
    total = sum(len(rows.rows) for _, rows, _ in parts)
    names = "all" if len(kinds) > 1 else kinds[0].kind
    return Listed(text="\n".join(shown[:-1]), kind=names, count=total, items=tuple(items),
                  truncated=not count and len(items) < total)  # fmt: skip


def _kinds(session: Session, kind: str, wanted: Filter) -> list[Kind]:
    word = kind.strip().lower()
    if word in ("", "all", "everything"):
        return [found for one in EVERYTHING if (found := session.kinds.get(one, "*")) is not None]
    found = session.kinds.find(kind)
    pods = found.plural == "pods"
    if not pods and (wanted.status in traits.POD_STATUSES or wanted.min_restarts):
        what = f"status {wanted.status}" if wanted.status in traits.POD_STATUSES else "min_restarts"
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{what} is said of pods, not of {found.plural}")
    return [found]


async def _one(
    session: Session, kind: Kind, namespace: str, query: list[tuple[str, str]], wanted: Filter, sort: str, show: str,
    limit: int,
) -> tuple[Kind, Rows, list[str]]:  # fmt: skip
    """A kind's rows in order, and the columns to show."""
    rows = await tables.fetch(session, kind, namespace, query, wanted.keeps)
    measured = await sizes(session, kind, namespace, [row.obj for row in rows.rows], sort) if rows.rows else {}
    rows.rows.sort(key=_order(sort, measured))
    columns = list(rows.columns)
    if kind.namespaced and not namespace:
        columns.insert(0, "Namespace")
        for row in rows.rows:
            row.cells["Namespace"] = namespace_of(row.obj)
    if show and (title := _title(show)).lower() not in {one.lower() for one in columns}:
        columns.append(title)
        for row in rows.rows[:limit]:
            row.cells[title] = clean(fact if (fact := facts.fact(row.obj, show)) else facts.shown_at(row.obj, show))
    if sort in ("cpu", "memory"):
        columns.append(sort)
        for row in rows.rows:
            row.cells[sort] = measured[_key(row.obj)][1]
    return kind, rows, columns


def _title(show: str) -> str:
    return clean(facts.WORDS.get(show.lower(), show))


def _key(obj: Manifest) -> tuple[str, str]:
    return namespace_of(obj), name_of(obj)


def _order(sort: str, measured: dict[tuple[str, str], tuple[float, str]]) -> Callable[[Row], tuple[float, str, str]]:
    """Oldest first is `-age`: the largest age first."""
    sign = -1.0 if sort.startswith("-") or sort in ("cpu", "memory") else 1.0
    now = present()

    def key(row: Row) -> tuple[float, str, str]:
        value = 0.0
        if sort.endswith("age"):
            value = age_s(row.obj, now)
        elif sort.endswith("restarts"):
            value = traits.restarts(row.obj)
        elif sort in ("cpu", "memory"):
            value = measured[_key(row.obj)][0]
        return sign * value, namespace_of(row.obj), name_of(row.obj)

    return key


def _item(row: Row) -> Item:
    cells = {name: clean(cell, 500) for name, cell in row.cells.items()}
    return Item(name=name_of(row.obj), namespace=namespace_of(row.obj), cells=cells)


def _counted(kind: Kind, rows: Rows, namespace: str, words: str, shown: int | None, *, spread: bool) -> str:
    """`3 pods in shop (of 12): not ready`."""
    number = len(rows.rows)
    where = f" in {namespace}" if namespace and kind.namespaced else ""
    noun = spaced(kind.kind)
    if not number:
        of = f" ({counted(rows.seen, noun)} looked at)" if rows.seen else ""
        return clean(f"no {plural_of(noun)}{where}{f': {words}' if words else ''}{of}")
    parts = Counter(namespace_of(row.obj) for row in rows.rows)
    if not where and kind.namespaced and len(parts) > 1:
        where = f" in {len(parts)} namespaces"
        if spread:
            where += f" ({listed((f'{name}: {n}' for name, n in parts.most_common()), 20)})"
    elif not where and kind.namespaced:
        where = f" in {next(iter(parts))}"
    of = f" (of {rows.seen:,})" if number < rows.seen else ""
    cut = f"; the first {shown} are shown" if shown is not None and shown < number else ""
    return clean(f"{counted(number, noun)}{where}{of}{f': {words}' if words else ''}{cut}")


def spaced(kind: str) -> str:
    """`config map` of `ConfigMap`."""
    return "".join(
        f" {letter}" if letter.isupper() and i and not kind[i - 1].isupper() else letter
        for i, letter in enumerate(kind)
    ).lower()


async def known(session: Session, namespace: str) -> None:
    """Raises ToolError(NOT_FOUND), naming near ones, where there is no such namespace."""
    missing = await session.find.no_namespace(namespace) if namespace else None
    if missing is not None:
        raise missing
