"""Lists as the server itself renders them: the columns that kubectl shows, for custom resources too, with the objects.

A server that renders nothing for a kind gives names and ages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube.api import PAGE, Api
from tools.kube.errors import KubeError
from tools.kube.kinds import Kind
from tools.kube.objects import Manifest, name_of
from tools.kube.session import Session
from tools.kube.wording import age, age_s, present

ACCEPT: Final = ("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")
# Columns that kubectl shows with `-o wide` only, and that people ask for all the same.
WIDE: Final = ("Images", "Node", "Selector")

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Row:
    """An object with its cells by column."""

    obj: Manifest
    cells: dict[str, str]


@dataclass
class Rows:
    """`seen`: how many objects there were before `keep` chose. `namespaces` that were looked at; [""] for all."""

    columns: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    seen: int = 0


async def fetch(
    session: Session, kind: Kind, namespace: str, query: Pairs = (), keep: Callable[[Manifest], bool] | None = None
) -> Rows:
    """The objects of a kind that `keep` chooses, page by page; an empty namespace means all that may be read."""
    if "list" not in kind.verbs:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{kind.qualified} cannot be listed")
    try:
        return await _of(session.api, kind, [namespace], query, keep)
    except KubeError as error:
        if error.status != 403 or namespace or not kind.namespaced:
            raise
        places = await session.find.namespaces()
        readable = [one for one in places if await _may(session.api, kind, one)]
        if not readable:
            raise
    return await _of(session.api, kind, readable, query, keep)


async def one(session: Session, kind: Kind, obj: Manifest) -> Row:
    """The row of one object."""
    namespace = str((obj.get("metadata") or {}).get("namespace", ""))
    answer = await session.api.with_headers((ACCEPT,)).get(kind.path(namespace, name_of(obj)))
    found = Rows()
    _take(answer, kind, found, None)
    return found.rows[0] if found.rows else Row(obj, {"Name": name_of(obj)})


async def _of(
    api: Api, kind: Kind, namespaces: Sequence[str], query: Pairs, keep: Callable[[Manifest], bool] | None
) -> Rows:
    found = Rows()
    for namespace in namespaces:
        for number in range(2):
            part = Rows(found.columns)
            try:
                async for page in _pages(api, kind.path(namespace), query):
                    _take(page, kind, part, keep)
                break
            except KubeError as error:
                # The list expired while it was read: begun again, once.
                if error.status != 410 or number:
                    raise
        found.columns = part.columns
        found.rows += part.rows
        found.seen += part.seen
    return found


async def _pages(api: Api, path: str, query: Pairs) -> AsyncIterator[Manifest]:
    rendered = api.with_headers((ACCEPT,))
    token = ""
    while True:
        more = [("continue", token)] if token else []
        page = await rendered.get(path, [*query, ("includeObject", "Object"), ("limit", str(PAGE)), *more])
        yield page
        token = str((page.get("metadata") or {}).get("continue") or "")
        if not token:
            return


async def _may(api: Api, kind: Kind, namespace: str) -> bool:
    try:
        await api.get(kind.path(namespace), [("limit", "1")])
    except KubeError as error:
        if error.status == 403:
            return False
        raise
    return True


def _take(page: Manifest, kind: Kind, found: Rows, keep: Callable[[Manifest], bool] | None) -> None:
    if page.get("kind") == "Table":
        defined = page.get("columnDefinitions") or []
        names = [str(one.get("name")) for one in defined]
        chosen = {n for n, one in zip(names, defined, strict=True) if not one.get("priority") or n in WIDE}
        found.columns = [name for name in names if name in chosen]
        rows = [
            (one.get("object") or {}, dict(zip(names, one.get("cells") or (), strict=False)))
            for one in page.get("rows") or ()
        ]
    else:
        found.columns = ["Name", "Age"]
        items = page.get("items", [page] if "metadata" in page and "items" not in page else []) or []
        rows = [(one, {"Name": name_of(one), "Age": age(age_s(one, present()))}) for one in items]
    for obj, cells in rows:
        found.seen += 1
        obj["kind"], obj["apiVersion"] = kind.kind, kind.api_version
        if keep is None or keep(obj):
            said = {name: _cell(cells.get(name)) for name in found.columns}
            found.rows.append(Row(obj, said))


def _cell(value: object) -> str:
    return "<none>" if value in (None, "") else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
