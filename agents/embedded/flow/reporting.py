"""Reports as PDF of the table that was computed last: with the table, a chart of it, the sum of a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.line import elements
from agents.embedded.flow.nouns import literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.relation import column, said
from agents.embedded.flow.saving import STATS, chart, current, devices, named, rows_counted, total
from agents.embedded.flow.sums import beside
from agents.embedded.flow.things import Entry, Made, Relation, Target
from agents.embedded.kinds.line import Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline
from protocol.vocabulary import Json, JsonObject

_MAKE: Final = "(make|write|create|build|produce|generate|prepare|put|i want|i need)"
_TITLED: Final = "[,] (titled|entitled|with the title|headed|with the heading|called) {q:quoted}"
_BY: Final = "(beside|next to) (it|that|them|the table|the workbook|the file)"


@dataclass(frozen=True)
class Reports(Part):
    """A PDF with these parts in order: `table`, a kind of chart, `rows`, or a statistic with its column."""

    target: Target
    near: bool
    title: str
    parts: tuple[tuple[str, str], ...]

    def build(self, to: Builder) -> None:
        relation = current(to)
        path = beside(to, str(self.target.path)) if self.near else str(self.target.path)
        for name in devices(to, Target(path, self.target.place)):
            sections: list[Json] = [
                {"heading": self._heading(one), **_section(to, relation, one, name, path)} for one in self.parts
            ]
            title = self.title or path.rpartition("/")[2].removesuffix(".pdf")
            arguments: JsonObject = {"path": path, "title": title, "sections": sections}
            step = to.step("report", "pdf.write", arguments, name)
            for id, other in list(to.draft.steps.items()):
                if other.skill == "chart.make" and any(
                    one.get("image") == other.arguments["path"] for one in sections if isinstance(one, dict)
                ):
                    to.after(step, id)
            to.made.append(Made("file", (Entry(name, name, step, path),), frozenset({"report", "pdf", "it", "file"})))

    def _heading(self, one: tuple[str, str]) -> str:
        return {"table": "Table", "rows": "Rows"}.get(
            one[0], f"{one[0].capitalize()} {one[1]}".strip() if one[0] in STATS else "Chart"
        )


def _section(to: Builder, relation: Relation, one: tuple[str, str], device: str, path: str) -> JsonObject:
    what, of = one
    if what == "table":
        return {"content": relation.items}
    if what == "rows":
        return {"content": rows_counted(to).value}
    if what in STATS:
        return {"content": total(to, what, column(of, relation.columns) if of else "").value}
    if to.picture is None:
        stem = path.removesuffix(".pdf")
        picture = Target(f"{stem}.png")
    else:
        picture = to.picture
    there = to.goals(picture) if picture.place is not None else (device,)
    if there != (device,) or not relation.value or not relation.by:
        raise decline("the chart of a report is on the same device")
    made = [
        one for one in to.draft.steps.values() if one.skill == "chart.make" and one.arguments["path"] == picture.path
    ]
    if not made:
        chart(to, relation, what, relation.by[0], relation.value, str(picture.path), device)
    return {"image": str(picture.path)}


@dataclass(frozen=True)
class KeepsChart(Part):
    """Where the chart of a report is kept as a file."""

    target: Target

    def foresee(self, to: Builder) -> None:
        to.picture = self.target

    def build(self, to: Builder) -> None:
        if not any(
            step.skill == "chart.make" and step.arguments["path"] == self.target.path
            for step in to.draft.steps.values()
        ):
            raise decline("there is no chart that could be kept", [str(self.target.path)])


def reporting(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    if not named(piece, ".pdf", ".png"):
        return None
    kept = match(
        "(keep|save|store|leave|put) the (chart|picture|graph) [as|in|under|to] {f:file} [on {d:device}] [as "
        "well|too|also]",
        piece,
    )
    if kept is not None and literal(kept, "f").casefold().endswith(".png"):
        return KeepsChart(Target(literal(kept, "f"), mention(kept, "d", piece) if "d" in kept else None))
    report = "[a|the] [pdf] [report] [called|named|as|in|into]"
    for place in ("on {d:device}", _BY, "{there:device}", ""):
        for title in (_TITLED, ""):
            for order in (f"{place} {title}", f"{title} {place}"):
                slots = match(
                    f"{_MAKE} [me] {report} {{f:file}} {order} [,] (with|containing|that has|that shows|from|of) "
                    f"{{parts:any}}",
                    piece,
                )
                if slots is None or not literal(slots, "f").casefold().endswith(".pdf"):
                    continue
                parts = [_part(one) for one in elements(Piece(piece.line, slots["parts"]))]
                known = tuple(one for one in parts if one is not None)
                name = "d" if "d" in slots else "there" if "there" in slots else ""
                where = mention(slots, name, piece) if name else None
                if len(known) < len(parts) or (name == "there" and where is not None and not where.there):
                    continue
                title_ = literal(slots, "q") if "q" in slots else ""
                return Reports(Target(literal(slots, "f"), where), place == _BY, title_, known)
    return None


def _part(piece: Piece) -> tuple[str, str] | None:
    if match("(that|the|this) [whole|full] (table|list|result) [in it]", piece) is not None:
        return "table", ""
    slots = match("(a|the|that) {kind:word} (chart|graph) [of (it|that|them|the totals|the sums)]", piece)
    if slots is not None:
        kind = slots["kind"][0].text.casefold()
        return (kind, "") if kind in ("bar", "pie", "line") else None
    slots = match("the {m:word} of [the] [column] {c:plain}", piece)
    if slots is not None and slots["m"][0].text.casefold() in STATS:
        return slots["m"][0].text.casefold(), said(slots["c"][0])
    return ("rows", "") if match("the number of (rows|records|them)", piece) is not None else None
