"""Files that become files of another kind, by the name of that kind: a web page, workbooks, a PDF."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from agents.embedded.flow.builder import Builder
from agents.embedded.flow.deliver import put
from agents.embedded.flow.line import elements
from agents.embedded.flow.nouns import files, literal, mention
from agents.embedded.flow.parts import Part
from agents.embedded.flow.places import targets
from agents.embedded.flow.things import Before, Files, Target
from agents.embedded.kinds.line import Mention, Piece
from agents.embedded.kinds.pattern import match
from agents.embedded.outcome import decline

_FORMS: Final = {
    "page": "html",
    "website": "html",
    "html": "html",
    "pdf": "pdf",
    "workbook": "xlsx",
    "spreadsheet": "xlsx",
    "csv": "csv",
}
_WAYS: Final = frozenset({("md", "html"), ("md", "pdf"), ("csv", "xlsx"), ("xlsx", "csv")})
_FORM: Final = "[web|html|excel] {form:word} [file|files|page|document|documents]"
_BOTH: Final = "[, with the same (columns and rows|columns|rows|rows and columns|contents|content)]"


@dataclass(frozen=True)
class Turns(Part):
    """Files that are to be of another kind; a later clause says where they go."""

    files: Files
    form: str

    def build(self, to: Builder) -> None:
        made = to.realised(self.files)
        if any((_ending(entry.value), self.form) not in _WAYS for entry in made.entries):
            raise decline(f"this cannot become a file of the kind {self.form}")
        to.made[-1] = replace(made, nouns=made.nouns | {"page", "result"}, form=self.form)


@dataclass(frozen=True)
class Goes(Part):
    """Where what was named before belongs, perhaps with a title of its own."""

    target: Target
    title: str

    def build(self, to: Builder) -> None:
        made = to.before(Before("it"))
        count = len(to.draft.steps)
        put(to, made, made.entries, self.target)
        if not self.title:
            return
        for id, step in list(to.draft.steps.items())[count:]:
            if step.skill in ("html.write", "pdf.write"):
                to.draft.steps[id] = step.model_copy(update={"arguments": {**step.arguments, "title": self.title}})


@dataclass(frozen=True)
class Becomes(Part):
    """What was named before, as files of another kind under names of their own on one device."""

    form: str
    place: Mention
    paths: tuple[str, ...]

    def build(self, to: Builder) -> None:
        made = to.before(Before("files", several=True))
        wrong = [path for path in self.paths if _ending(path) != self.form]
        if made.kind != "file" or len(made.entries) != len(self.paths) or wrong:
            raise decline("it is not clear which file becomes which")
        ways = {(_ending(entry.value), self.form) for entry in made.entries}
        if not ways <= _WAYS:
            raise decline(f"these cannot become files of the kind {self.form}")
        paths = self._matched([entry.label for entry in made.entries])
        for entry, path in zip(made.entries, paths, strict=True):
            put(to, made, (entry,), Target(path, self.place))

    def _matched(self, labels: list[str]) -> tuple[str, ...]:
        """The path with each label in its name; the paths in their order where none has any."""
        named = [[path for path in self.paths if label.casefold() in path.casefold()] for label in labels]
        if not any(named):
            return self.paths
        if any(len(one) != 1 for one in named) or len({one[0] for one in named}) < len(labels):
            raise decline("it is not clear which file becomes which")
        return tuple(one[0] for one in named)


def conversions(piece: Piece) -> Part | None:
    """The clauses of this module, each from its first word to its last."""
    return _turns(piece) or _goes(piece) or _becomes(piece)


def _turns(piece: Piece) -> Part | None:
    slots = match(f"(turn|convert|render|make) {{what:any}} (into|to) (a|an) [proper|nice|real|plain] {_FORM}", piece)
    if slots is None:
        return None
    form = _form(slots["form"][0].text)
    what = Piece(piece.line, slots["what"])
    bare = match("the (markdown|text|contents|content|table|data|rows) (in|of|from) {files:any}", what)
    found = files(Piece(piece.line, bare["files"]) if bare is not None else what)
    return Turns(found, form) if form and found is not None else None


def _goes(piece: Piece) -> Part | None:
    slots = match(
        "(it|that|the page|the result) (belongs|goes|should go|has to go) {goal:any} "
        "[,] (titled|with the title|under the title) {t:quoted}",
        piece,
    ) or match("(it|that|the page|the result) (belongs|goes|should go|has to go) {goal:any}", piece)
    if slots is None:
        return None
    found = targets(Piece(piece.line, slots["goal"]))
    if found is None or len(found) != 1:
        return None
    return Goes(found[0], literal(slots, "t") if "t" in slots else "")


def _becomes(piece: Piece) -> Part | None:
    slots = match(
        "[for {why:word} ,|for {why2:word}] (i|we) (need|want) (them|these|those|the files) as "
        f"{_FORM} on {{d:device}} [:] {{names:any}} {_BOTH}",
        piece,
    ) or match(
        f"(convert|turn) (them|these|those|the files) (to|into) {_FORM} on {{d:device}} [:] {{names:any}} {_BOTH}",
        piece,
    )
    if slots is None:
        return None
    names = [match("[as] {f:file}", one) for one in elements(Piece(piece.line, slots["names"]))]
    known = [one for one in names if one is not None]
    form = _form(slots["form"][0].text)
    place = mention(slots, "d", piece)
    if not form or not known or len(known) < len(names) or len(place.names) != 1:
        return None
    return Becomes(form, place, tuple(literal(one, "f") for one in known))


def _form(word: str) -> str:
    low = word.casefold()
    return _FORMS.get(low) or _FORMS.get(low.removesuffix("s"), "")


def _ending(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[2].casefold()
