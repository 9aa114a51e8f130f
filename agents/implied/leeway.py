"""What the coverage check may excuse in a plan of several steps: one object for a request and a plan for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from agents.embedded.text import stem
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words
from agents.implied.asides import idle_negation, idle_word
from agents.implied.code import computes
from agents.implied.commands import interpreted, parts, verbatim
from agents.implied.files import between, made
from agents.scrutiny.look import texts
from orchestrator.core.plan import Plan, Step
from orchestrator.core.references import find
from protocol.vocabulary import Risk, SkillSpec

COUNTED = ("count", "files", "entries", "total", "lines", "matches")
ANYWHERE = frozenset({"http.fetch"})
"""Skills that read the same wherever they run: where is not the request's to say."""
COLUMNS = frozenset({"columns", "x", "y"})
_COMPUTING = words(
    "count how many sum total add join combine merge average mean highest lowest sort group per together "
    "work compute calculate only longest shortest cheapest most first write save keep order"
)
_ANSWERS = {
    "artifact.save": words("replace swap substitute update"),
    "edge.read": words("measure sample"),
    "edge.aggregate": words("measure sample"),
    "chart.make": words("chart graph plot diagram bar line pie draw"),
    "pdf.write": words("pdf report"),
    "xlsx.write": words("workbook spreadsheet xlsx"),
    "csv.write": words("combine column table"),
    "html.write": words("html page"),
    "backup.create": words("backup back"),
    "data.filter": words("combine match"),
}
# Verbs that ask for something else as often as for this: they must say it in these words.
_REMOVES = re.compile(
    r"\b(?:delet\w*|remov\w*|eras\w*|rm|del|unlink|trash|bin|purge|discard|wip(?:e|ed|ing)|scrap|ditch|nuke|zap|toss"
    r"|chuck|clear(?:ed|ing)? (?:away|out|up|the)|get(?:ting)? rid|throw(?:ing|n)? (?:\w+ ){0,3}(?:away|out)"
    r"|mov(?:e|es|ed|ing))\b",
    re.IGNORECASE,
)
_MOVES = re.compile(r"\b(?:mov(?:e|es|ed|ing)|mv|relocat\w*|renam\w*|shift\w*|archive)\b", re.IGNORECASE)
TRANSFERS = frozenset({"artifact.publish", "file.copy"})
GRAVE = {"file.delete": _REMOVES, "file.move": _MOVES}
PRODUCTS = frozenset({"file.write", "csv.write", "xlsx.write", "pdf.write", "html.write", "chart.make", "text.report"})
_WRITES_FILES = words("leave keep put file note record go")


@dataclass(frozen=True)
class Leeway:
    """The request as it was read, the plan, and the devices that each step's selector takes."""

    text: str
    tokens: Sequence[Token]
    said: Sequence[Token]
    plan: Plan
    specs: Mapping[str, SkillSpec]
    devices: Mapping[str, frozenset[str]]
    explained: Callable[[str], bool]
    labels: Mapping[str, Mapping[str, str]]

    @cached_property
    def stems(self) -> frozenset[str]:
        low = self.text.casefold()
        return frozenset(stem(word) for word in re.findall(r"[a-z]+", low)) | frozenset(re.findall(r"[a-z]+", low))

    def spoken(self, word: str) -> bool:
        """Whether the request has the word, in one of its forms."""
        low = word.casefold()
        return low in self.stems or stem(low) in self.stems

    @cached_property
    def numbers(self) -> frozenset[float]:
        said = {float(token.value) for token in self.tokens if isinstance(token.value, (int, float))}
        return frozenset(said | {float(one) for one in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", self.text)})

    @cached_property
    def between(self) -> Mapping[str, frozenset[str]]:
        """By step, the files that it makes for others."""
        found: dict[str, set[str]] = {}
        for one in between(self.plan, self._together, self.spoken):
            found.setdefault(one.by, set()).add(one.path)
        return {id: frozenset(paths) for id, paths in found.items()}

    def _together(self, one: Step, other: Step) -> bool:
        return bool(self.devices[one.id] & self.devices[other.id])

    # --- what the plan holds ------------------------------------------------------------------------------------

    def argument(self, step: Step, name: str, text: str) -> bool:
        """Whether a text of an argument is implied."""
        if name == "command" and step.skill == "shell.run":
            return self._command(step)
        if name == "code" and step.skill == "python.run":
            return step.id in self.computing
        if name == "pattern" and step.arguments.get("regex") is True and self._anchored(text):
            return True
        if name in COLUMNS and re.fullmatch(r"\w+", text):
            return self._column(text)
        if name == "title" or self._chosen(step, name, text) or self._fills(text):
            return True
        return any(text in paths and self._at(step, maker) for maker, paths in self.between.items())

    def _at(self, step: Step, maker: str) -> bool:
        return maker == step.id or bool(self.devices[step.id] & self.devices[maker])

    def _command(self, step: Step) -> bool:
        core, file = parts(str(step.arguments.get("command", "")))
        if not verbatim(core, self.text) and not interpreted(core, self.text):
            return False
        return not file or all(self.explained(one) or one in self.between.get(step.id, ()) for one in made(step))

    @cached_property
    def computing(self) -> frozenset[str]:
        """The steps of code that only computes, and writes nothing but what is asked for."""
        return frozenset(step.id for step in self.plan.steps if step.skill == "python.run" and self._computes(step))

    def _computes(self, step: Step) -> bool:
        return self._confined(step) and self._only(step, self.spoken, self.numbers.__contains__)

    def jailed(self, step: Step) -> bool:
        """Whether the code only computes and changes nothing unnamed, whatever names and numbers it works with."""
        return self._confined(step) and self._only(step, lambda word: True, lambda number: True)

    def _only(self, step: Step, said: Callable[[str], bool], counted: Callable[[float], bool]) -> bool:
        reads = frozenset(_inputs(step) | self._upstream(step))
        code = str(step.arguments.get("code", ""))
        return computes(code, reads=reads, writes=frozenset(made(step)), said=said, counted=counted)

    def _confined(self, step: Step) -> bool:
        """Whether all that it writes are files that the request names, or that lie between two steps."""
        outputs = frozenset(made(step))
        low = self.text.casefold()
        # What it makes replaces nothing that was there to be read.
        taken = {text for one in self.plan.steps for text in _literals(one) if one.skill != "python.run"}
        named = all(one.casefold() in low or one in self.between.get(step.id, ()) for one in outputs)
        return named and not outputs & (_inputs(step) | (taken - self._upstream(step)))

    def _upstream(self, step: Step) -> set[str]:
        return {path for one in self.plan.steps if one.id != step.id for path in made(one)}

    def _anchored(self, pattern: str) -> bool:
        """`lines that begin with X` is `^X`."""
        begins = pattern.startswith("^") and any(map(self.spoken, ("begin", "start")))
        ends = pattern.endswith("$") and self.spoken("end")
        plain = pattern.removeprefix("^") if begins else pattern.removesuffix("$") if ends else ""
        return bool(plain) and any(str(token.value) == plain for token in self.tokens if token.kind is Kind.QUOTED)

    def _column(self, name: str) -> bool:
        """A heading of a table whose columns the request does not list, or one of those that it does."""
        listed = re.search(r"\bcolumns?\b", self.text, re.IGNORECASE) is not None
        return self.spoken(name) or not listed

    def _chosen(self, step: Step, name: str, text: str) -> bool:
        """One of a reading skill's own choices, unless the request says another one of them."""
        spec = self.specs.get(step.skill)
        schema = spec.input_schema.get("properties", {}) if spec is not None and spec.risk is Risk.READ else {}
        options = schema.get(name, {}).get("enum", []) if isinstance(schema, dict) else []
        return text in options and not any(self.spoken(one) for one in options if isinstance(one, str) and one != text)

    @cached_property
    def templates(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """`"Long queue: SERVICE"`: texts of the request with words in capitals that something else stands for."""
        found = []
        for token in self.tokens:
            value = str(token.value)
            pieces = re.split(r"\b[A-Z]{1,}\b", value)
            if token.kind is Kind.QUOTED and len(pieces) > 1 and any(one.strip(" :,.") for one in pieces):
                found.append((value, re.compile(r"(\$\{[^}]+\}|[\w.-]+)".join(map(re.escape, pieces)))))
        return tuple(found)

    def _fills(self, text: str) -> bool:
        for _, pattern in self.templates:
            filled = pattern.fullmatch(text)
            if filled and all(one.startswith("${") or self.spoken(one) for one in filled.groups()):
                return True
        return False

    def filled(self, value: str) -> bool:
        """Whether a template of the request is filled in by some step."""
        said = [text for step in self.plan.steps for text in texts(step.arguments)]
        return any(value == template and any(self._fills(one) for one in said) for template, _ in self.templates)

    def skill(self, step: Step) -> bool:
        """Whether a step that changes something serves what is asked for without a verb of its own."""
        if step.skill == "python.run":
            return step.id in self.computing
        if step.skill == "shell.run":
            return self._command(step)
        if step.skill in PRODUCTS and self._product(step):
            return True
        more = _ANSWERS.get(step.skill, frozenset())
        if step.skill == "file.write":
            more |= _WRITES_FILES
        return any(token.word and token.lemma in more for token in self.said)

    def _product(self, step: Step) -> bool:
        """Whether the request says that something becomes the file, `as a.csv`, `into a.csv`, and nothing reads it."""
        path = step.arguments.get("path")
        if not isinstance(path, str) or any(find(path)):
            return False
        taken = any(
            path in _literals(one)
            for one in self.plan.steps
            if one.skill not in PRODUCTS and one.skill not in TRANSFERS and self._together(one, step)
        )
        written = rf"\b(?:as|into|to|onto|called|named|belongs? in|in) (?:the file )?[`\"']?{re.escape(path)}(?![\w/-])"
        return not taken and re.search(written, self.text, re.IGNORECASE) is not None

    def unasked(self, step: Step) -> bool:
        """Whether what cannot be taken back is asked for by no word that means just that."""
        if step.skill not in GRAVE:
            return False
        spoken = " ".join(
            self.text[one.start : one.end] for at, one in enumerate(self.said) if one.word and not self.word(at)
        )
        # A file that is moved elsewhere is removed where it was: then something takes it there first.
        if step.skill == "file.delete" and not any(one.skill in TRANSFERS for one in self.plan.steps):
            spoken = re.sub(r"\bmov\w*", "", spoken)
        return GRAVE[step.skill].search(spoken) is None

    def device(self, step: Step) -> bool:
        """Whether it reads the same wherever it runs, and the request names no device with what it reads."""
        if self._described(self.devices[step.id]):
            return True
        url = step.arguments.get("url")
        if step.skill not in ANYWHERE or not isinstance(url, str):
            return False
        for at, token in enumerate(self.tokens):
            if token.kind is Kind.URL and str(token.value) == url:
                behind = any(one.lemma in ("on", "from", "at", "onto") for one in self.tokens[at + 1 : at + 2])
                near = [*self.tokens[max(0, at - 2) : at], *(self.tokens[at + 2 : at + 4] if behind else ())]
                if any(one.kind is Kind.DEVICE for one in near):
                    return False
        return True

    def _described(self, names: frozenset[str]) -> bool:
        """Whether these are just the devices of a label that the request calls them by: `the server with the GPU`."""
        labels = {(key, value) for _, one in self.labels.items() for key, value in one.items()}
        for key, value in sorted(labels):
            if names != frozenset(name for name, one in self.labels.items() if one.get(key) == value):
                continue
            for word in (key, value):
                what = r"(?:server|machine|box|host)s?"
                said = rf"\b{re.escape(word)} {what}\b|\b{what} (?:with|in|at|that has) (?:the |a )?{re.escape(word)}\b"
                if len(word) > 2 and re.search(said, self.text, re.IGNORECASE):
                    return True
        return False

    @cached_property
    def implied(self) -> frozenset[str]:
        """Every text of the plan that is implied: it need not stand in the request as a whole."""
        return frozenset(
            text
            for step in self.plan.steps
            for name, value in step.arguments.items()
            for text in texts(value)
            if self.argument(step, name, text)
        )

    # --- what the request says ----------------------------------------------------------------------------------

    @cached_property
    def words(self) -> frozenset[str]:
        """Words that the plan's skills answer to beside their own."""
        skills = {step.skill for step in self.plan.steps}
        found = frozenset().union(*(more for skill, more in _ANSWERS.items() if skill in skills), frozenset())
        if self.computing:
            found |= _COMPUTING
        if self.proving:
            found |= words("match matches")
        if any(one.path.endswith(COUNTED) for step in self.plan.steps for one in find(step.arguments)):
            found |= words("how many count number")
        return found

    @cached_property
    def proving(self) -> bool:
        """Whether a step proves what it fetches by its checksum, and has another place to fetch it from."""
        return any(step.arguments.get("sha256") and step.arguments.get("mirrors") for step in self.plan.steps)

    def number(self, token: Token) -> bool:
        """`the four numbers` are the results; `the other two` are all but one."""
        value = token.value
        if not token.text.isalpha() or not isinstance(value, (int, float)):
            return False
        before = next((one for one in reversed(self.tokens) if one.end <= token.start), None)
        if before is not None and before.lemma in ("other", "remaining"):
            return any(len(names) == value + 1 for names in self.devices.values())
        counted = [step for step in self.plan.steps if self._finds(step)]
        results = sum(max(1, len(self.devices[step.id])) if step.devices.mode == "each" else 1 for step in counted)
        return results == value

    def _finds(self, step: Step) -> bool:
        spec = self.specs.get(step.skill)
        return spec is not None and spec.risk is Risk.READ and step.skill not in ("data.filter", "artifact.publish")

    def negation(self, at: int) -> bool:
        """Whether a negation or an `if` of the request demands nothing, or is met without a condition."""
        token = self.said[at]
        if self.proving and token.lemma in ("if", "doesn't", "not", "isn't"):
            return True
        return idle_negation(self.said, at, self.plan, self.specs)

    def word(self, at: int) -> bool:
        """Whether a word that could ask for something does not."""
        return idle_word(self.said, at, self.text)


def _literals(step: Step) -> list[str]:
    return [text for text in texts(step.arguments) if not any(find(text))]


def _inputs(step: Step) -> set[str]:
    given = step.arguments.get("inputs")
    return {one for one in given if isinstance(one, str)} if isinstance(given, list) else set()
