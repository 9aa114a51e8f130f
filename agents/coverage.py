"""Coverage: whether a plan uses all that the request says, and does nothing that the request does not say.

Forward, every literal (path, glob, quoted text, URL, number, size, duration, percentage), every device mention, every
action word, every negation and every condition of the request must be used. Backward, every device, every literal
argument and every write or destructive skill of the plan must be explained by the request, by an answer of the person,
or by a default that a recipe documents. Works on any rung's plan; `strict` also wants every other content word placed.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import combinations, pairwise

from agents.embedded.devices import Directory, Place
from agents.embedded.doubt import namesakes
from agents.embedded.evidence import Evidence
from agents.embedded.incidental import incidental
from agents.embedded.kube.fleets import machines
from agents.embedded.outcome import Stop
from agents.embedded.reading import read, spelt
from agents.embedded.rephrase import rephrase
from agents.embedded.slots import FILE_NOUNS, FOLDER_NOUNS
from agents.embedded.text import normalise, stem
from agents.embedded.tokens import Kind, Token
from agents.embedded.words import FILLERS, LEADS, NEGATIONS, SAVES
from agents.embedded.wordset import words
from agents.implied.asides import amiss
from agents.implied.leeway import Leeway
from agents.scrutiny import Look, Told, doubts
from agents.scrutiny.words import alternatives, dialled
from orchestrator.core.conditions import WHOLE
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Declined, Plan, Selector, Step, StepDependency
from orchestrator.core.references import find
from orchestrator.core.tasks import PERSISTENT, On
from protocol.vocabulary import Json, Risk, SkillSpec

Answers = Sequence[tuple[str, str]]
LOOKS = frozenset({"file.search", "file.find", "file.list", "file.tail"})
NUMERIC = frozenset({Kind.NUMBER, Kind.SIZE, Kind.DURATION, Kind.PERCENT})
FREE_ARGUMENTS = words("by title sections items op value order sort algorithm interpreter format type")
IF_WORDS = frozenset({"if", "unless", "otherwise", "else"})
STRUCTURE = (
    words(
        "then after that afterwards next finally lastly first second third before if unless otherwise else "
        "and or but when while once done meanwhile parallel simultaneously same time each every all both any "
        "one two except excluding besides other than more less over under above below untouched older newer "
        "larger smaller bigger longer shorter higher lower least most between result output them those these "
        "vs versus plus original exceed exceeds exceeding "
        "last followed step also respectively together called named labelled labeled "
        "tagged to from with by "
        "into onto other off between across among throughout fails fail failed succeeds works so"
    )
    | FILE_NOUNS
    | FOLDER_NOUNS
)
# Words before "folder" that are no name of it.
_OWNED = words("the my our your his her their in")
_FOLDER_KINDS = FOLDER_NOUNS | words(
    "same whole new entire other first last second main current working home root top parent target source big bigger "
    "biggest largest smallest newest oldest latest empty extracted unpacked copied resulting right old zipped packed "
    "complete full given such said local single particular specific common shared workspace just itself and or of in "
    "on which what that this each every any all no its only"
)
CARRYING = words("put take bring collect give use leave go get want need belong list hold have add")
"""Verbs of a longer plan that any of its steps answers to: they say that something goes on."""
ASIDE = words("beside address up everything know number turn")
NOUNS = {
    "desktop.notify": words("notification notify alert message tell warn show"),
    "phone.sms": words("text sms message"),
    "phone.open_url": words("open visit page"),
}
"""What asks for a skill without its verb."""
SETS = frozenset({"edge.set"})
QUERIES = frozenset({"sql.query", "sql.export"})
SHOWN = frozenset({"columns", "text", "x", "y", "title", "find", "replace"})
"""What a change writes, beside where: a person who is shown the plan can tell."""
LEFT_OUT = frozenset({"unused_literal", "unused_device", "unused_word", "unused_condition", "misplaced"})
"""What is missing, or elsewhere: a person who is shown the plan can tell."""
EXCEPTIONS = re.compile(
    r"\b(?:where|which|that|those|whose|only)\b[^.;,]{0,40}\b"
    r"(?:differs?|another one|deviates?|wrong|damaged|broken|missing|gone|gone bad)\b",
    re.IGNORECASE,
)
CUT = re.compile(r"\b(?:truncat|cut|incomplete)", re.IGNORECASE)
PARTIAL = (WHOLE.model_copy(update={"op": "!="}), WHOLE.model_copy(update={"value": True}))
SQL_WORDS = words(
    "select from where and or not order by desc asc group having limit distinct sum count avg min max total as join "
    "left inner on using between in is null like cast integer real text round lower upper case when then else end"
)
KEPT_AS = ("as", "and", ",")
_MAKE_FILES = frozenset({"file.write", "file.append", "http.download"})
_NOTHING = Plan(steps=(Step(id="nothing", skill="no.skill"),))
DEFAULTS = (
    re.compile(r"reports/[a-z0-9-]+\.md"),
    re.compile(r"backups(/.*)?"),
    re.compile(r"\*(\.[A-Za-z0-9]+)?"),
    re.compile(r"\.{1,2}/?"),
    re.compile(r"\n?"),
)


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing unexplained. Codes: `unused_literal`, `unused_device`, `unused_word`, `unused_negation`,

    `unused_condition`;
    `unexplained_device`, `unexplained_argument`, `unexplained_skill`; `unreadable` where the devices cannot be told;
    `misplaced` where a part is used in the wrong place, `unexplained_place`
    where that is a change. What is not `grave` a person may say yes to: see `_Checker.graded`.
    """

    code: str
    message: str
    words: tuple[str, ...] = ()
    grave: bool = True
    mild: bool = False


def check(
    text: str,
    plan: Plan,
    fleet: FleetView,
    *,
    client: str | None = None,
    answers: Sequence[tuple[str, str]] = (),
    attachment: str = "",
    strict: bool = False,
    hidden: frozenset[str] | None = None,
) -> tuple[Gap, ...]:
    """Every gap between a request and a plan for it; none where the plan covers the request exactly.

    `hidden` are devices that no word of the request names; without it the request is read with devices that are named
    like everyday words and without them, and a plan that covers one of these readings covers the request.
    """

    whole = fleet
    if any(step.skill.startswith("kube.") for step in plan.steps):
        # Imported here: the words of a cluster are needed for plans of a cluster alone.
        from agents.embedded.kube import coverage as kube

        found = tuple(Gap(*gap) for gap in kube.gaps(text, plan, fleet, answers, attachment))
        others = [step for step in plan.steps if not step.skill.startswith("kube.")]
        if found or not others or _flows(text, plan, fleet, client, answers):
            return found
        checker = _Checker.of(
            text, plan, machines(fleet), client=client, answers=answers, attachment=attachment
        )  # what is done beside the cluster must be asked for, as in any plan
        return tuple(checker.backward(others))
    fleet = machines(fleet)

    def gaps(hidden: frozenset[str]) -> tuple[Gap, ...]:
        checker = _Checker.of(
            text, plan, fleet, client=client, answers=answers, attachment=attachment, hidden=hidden, strict=strict
        )
        told = (*checker.forward(strict), *checker.backward())
        # A rung's own strict gate looks at words alone; what is in the wrong place is looked for in any rung's plan.
        return told if strict else checker.graded(told or checker.misplaced(), more=bool(told))

    found = gaps(hidden or frozenset())
    if found and (_of_devices(text, plan, fleet, client, answers) or _flows(text, plan, whole, client, answers)):
        return ()
    doubtful = namesakes(text, fleet) if found and hidden is None else ()
    readings = (frozenset(some) for count in range(len(doubtful)) for some in combinations(doubtful, count + 1))
    return () if any(not gaps(reading) for reading in readings) else found


def _of_devices(text: str, plan: Plan, fleet: FleetView, client: str | None, answers: Answers) -> bool:
    """Whether the plan is what the grammar of phones, edge boxes and mounted servers reads in the request.

    Every word has its place there, and every literal and device of the request is in its plan: see `kinds.remains`.
    """
    # Imported here: only plans for such devices need it.
    from agents.embedded.kinds.remains import concerns
    from agents.embedded.planner import reads_of_devices

    return concerns(plan) and reads_of_devices(text, plan, fleet, client, tuple(answers))


def _flows(text: str, plan: Plan, fleet: FleetView, client: str | None, answers: Answers) -> bool:
    """Whether the plan is what the grammar of flows reads in the request: there, too, every word has its place."""
    # Imported here, as above.
    from agents.embedded.planner import reads_as_flow

    alone = len(plan.steps) == 1 and not plan.steps[0].skill.startswith(("phone.", "edge.", "desktop.", "browser."))
    return not alone and reads_as_flow(text, plan, fleet, client, tuple(answers))


def explained_devices(
    text: str, fleet: FleetView, *, client: str | None = None, answers: Sequence[tuple[str, str]] = ()
) -> frozenset[str]:
    """The devices that a request speaks of, by name, kind, label or as the client."""
    checker = _Checker.of(text, _NOTHING, fleet, client=client, answers=answers, attachment="")
    return checker._explained_devices()


class _Heard:
    """A request as it was read over one fleet, without the plan: a rung, its repair and the next rung share it."""

    def __init__(self, text: str, directory: Directory) -> None:
        self.specs = directory.fleet.skills
        self.text = normalise(text)
        self.tokens = spelt(self.text, directory)
        self.said, self.places = self.tokens, list[Place]()
        self.unreadable, self.unchanging = "", False
        try:
            reading = read(self.tokens, directory)
            self.tokens, self.said, self.places = list(reading.tokens), list(reading.said), list(reading.places)
            self.unchanging = reading.unchanging
        except Stop as stop:
            # A model may have resolved what the grammar of mentions cannot: then devices are checked by name alone.
            self.unreadable = stop.result.reason if isinstance(stop.result, Declined) else stop.result.question
            self.tokens, self.places = _by_name(self.tokens, directory.fleet)

    @cached_property
    def idle(self) -> frozenset[int]:
        """Where words begin that an idiom stands for."""
        kept = {id(token) for token in self.rephrased}
        return frozenset(token.start for token in self.said if token.word and id(token) not in kept)

    @cached_property
    def rephrased(self) -> list[Token]:
        """What carries a demand, as idioms put it."""
        return rephrase(self.said)

    @cached_property
    def spoken(self) -> frozenset[str]:
        """Every word, as it is compared, as it is written, and as idioms put it."""
        tokens = [token for at, token in enumerate(self.tokens) if token.word and not amiss(self.tokens, at, self.text)]
        written = {part for token in tokens for part in re.findall(r"[^\W_]+", token.text.casefold())}
        faults = {token.start for at, token in enumerate(self.said) if amiss(self.said, at, self.text)}
        return frozenset(written | {one.lemma for one in self.rephrased if one.word and one.start not in faults})


def _by_name(tokens: Sequence[Token], fleet: FleetView) -> tuple[list[Token], list[Place]]:
    """The devices that are named as they are called, where the other mentions cannot be told."""
    names = {name.casefold(): name for name in fleet.devices}
    found, places = list[Token](), list[Place]()
    for token in tokens:
        name = names.get(token.text.casefold()) if token.word else None
        if name is not None:
            found.append(replace(token, kind=Kind.DEVICE, lemma="<device>", value=len(places)))
            places.append(Place(token.text, (name,), Selector(names=(name,))))
        else:
            found.append(token)
    return found, places


_READINGS = 64
_heard: OrderedDict[tuple[object, ...], tuple[FleetView, _Heard]] = OrderedDict()


def _hear(text: str, fleet: FleetView, client: str | None, answers: Answers, hidden: frozenset[str]) -> _Heard:
    """The request's reading; the last few are kept. A fleet is a value that never changes, known by its identity."""
    key = (text, id(fleet), client, tuple(answers), hidden)
    known = _heard.get(key)
    if known is None or known[0] is not fleet:
        known = fleet, _Heard(text, Directory(fleet, client, answers, hidden))
    _heard[key] = known
    _heard.move_to_end(key)
    while len(_heard) > _READINGS:
        _heard.popitem(last=False)
    return known[1]


@dataclass
class _Checker:
    heard: _Heard
    text: str
    plan: Plan
    fleet: FleetView
    specs: Mapping[str, SkillSpec]
    tokens: list[Token]
    said: list[Token]
    places: list[Place]
    evidence: Evidence
    client: str | None
    answers: Sequence[tuple[str, str]]
    attachment: str
    selected: dict[str, frozenset[str]] = field(default_factory=dict)
    unreadable: str = ""
    unchanging: bool = False
    strict: bool = False

    @classmethod
    def of(
        cls,
        text: str,
        plan: Plan,
        fleet: FleetView,
        *,
        client: str | None,
        answers: Sequence[tuple[str, str]],
        attachment: str,
        hidden: frozenset[str] = frozenset(),
        strict: bool = False,
    ) -> _Checker:
        heard = _hear(text, fleet, client, answers, hidden)
        specs = heard.specs
        self = cls(
            heard,
            heard.text,
            plan,
            fleet,
            specs,
            heard.tokens,
            heard.said,
            heard.places,
            Evidence.of(specs),
            client,
            answers,
            attachment,
            unreadable=heard.unreadable,
            unchanging=heard.unchanging,
            strict=strict,
        )
        for step in plan.steps:
            self.selected[step.id] = self._devices(step)
        return self

    def _devices(self, step: Step) -> frozenset[str]:
        if step.devices.same_as is not None:
            return self.selected.get(step.devices.same_as, frozenset())
        return frozenset(
            name
            for name, device in self.fleet.devices.items()
            if fits(step.devices, name, self.fleet) and (step.skill in device.skills or name in step.devices.names)
        )

    @cached_property
    def leeway(self) -> Leeway | None:
        """What is excused in a longer plan; a rung's own strict gate excuses nothing."""
        if self.strict or len(self.plan.steps) < 2:
            return None
        labels = {name: one.labels for name, one in self.fleet.devices.items()}
        return Leeway(self.text, self.tokens, self.said, self.plan, self.specs, self.selected, self._explained, labels)

    def graded(self, gaps: Sequence[Gap], *, more: bool) -> tuple[Gap, ...]:
        """The gaps, and which of them a person may overrule who has seen the plan.

        Never what the plan does without being asked: a change, a command, a device or an argument of one. Nor what it
        leaves out or puts in the wrong place, where it destroys or sends something or the request forbids a change.
        """
        known = [self.specs[step.skill].risk for step in self.plan.steps if step.skill in self.specs]
        destroys = len(known) < len(self.plan.steps) or Risk.DESTRUCTIVE in known
        graded = [replace(gap, grave=destroys or not (gap.mild or gap.code in LEFT_OUT)) for gap in gaps]
        ids = {step.id for step in self.plan.steps}
        whole = all(edge.step in ids for step in self.plan.steps for edge in step.after)
        if more and whole and len(ids) > 1 and not any(gap.grave for gap in graded):
            # What is only left out says nothing about the rest: a plan that is shown has been looked at as a whole.
            graded += [replace(gap, grave=destroys or gap.code not in LEFT_OUT) for gap in self.misplaced()]
        return tuple(graded)

    def misplaced(self) -> tuple[Gap, ...]:
        """What the plan uses, but not where the request has it."""
        implied = self.leeway.implied if self.leeway is not None else frozenset()
        told = Told(self.text, self.tokens, self.places, self.answers, self.attachment, implied)
        look = Look(told, self.plan, self.specs, self.selected)
        codes = {True: "unexplained_place", False: "misplaced"}
        return tuple(Gap(codes[doubt.grave], doubt.message) for doubt in doubts(look))

    # --- forward: all that the request says is used -------------------------------------------------------------

    def forward(self, strict: bool) -> Iterator[Gap]:
        yield from self._literals()
        yield from self._mentions()
        yield from self._negations()
        yield from self._words(strict)
        yield from self._days()
        yield from self._accounts()
        if strict:
            yield from self._folders()

    def _accounts(self) -> Iterator[Gap]:
        """Whose rights something runs with is not ours to choose; whose processes are listed is."""
        found = re.search(r"\b(?:as|with|using) (root|admin|administrator|sudo|superuser)\b", self.text, re.IGNORECASE)
        if found and not any(found[1].casefold() in text.casefold() for text in self._texts()):
            yield Gap("unused_word", f'nothing in the plan answers to "{found[0]}"', (found[0],))

    def _folders(self) -> Iterator[Gap]:
        """`the documents folder` is called "documents", whatever else that word may mean."""
        texts = [text.casefold() for text in self._texts()]
        for before, token, after in zip(self.said, self.said[1:], self.said[2:], strict=False):
            named = token.word and after.word and after.lemma in FOLDER_NOUNS and before.lemma in _OWNED
            low = token.text.casefold()
            if not named or low in _FOLDER_KINDS or token.lemma in _OWNED:
                continue
            if not any(low in text for text in texts):
                yield Gap("unused_word", f'no step looks into the folder "{token.text}"', (token.text,))
            for step in self.plan.steps:
                if step.skill in _MAKE_FILES and str(step.arguments.get("path", "")).casefold().rstrip("/") == low:
                    yield Gap(
                        "unused_word", f'"{token.text}" is a folder, and step {step.id} makes a file', (token.text,)
                    )

    def _days(self) -> Iterator[Gap]:
        """A day limits what is looked for; of what a machine is like now it says nothing."""
        day = re.search(r"\b(today|yesterday|tonight)\b", self.text, re.IGNORECASE)
        looks = [step for step in self.plan.steps if step.skill in LOOKS]
        if day and looks and not any("newer_than_s" in step.arguments for step in looks):
            yield Gap("unused_word", f'nothing in the plan answers to "{day[0]}"', (day[0],))

    def _literals(self) -> Iterator[Gap]:
        texts, numbers = list(self._texts()), list(self._numbers())
        joined = "\n".join(texts)
        for token in self.tokens:
            if token.kind in (Kind.QUOTED, Kind.PATH, Kind.GLOB, Kind.URL, Kind.HOST, Kind.LABEL):
                if not self._text_used(str(token.value), texts, joined):
                    yield Gap("unused_literal", f"{token.text} is not used by the plan", (token.text,))
            elif token.kind in NUMERIC and not self._number_used(token, numbers, joined):
                yield Gap("unused_literal", f"{token.text} is not used by the plan", (token.text,))

    def _text_used(self, value: str, texts: Sequence[str], joined: str) -> bool:
        plain = value.rstrip("/")
        if plain in joined or plain in self._label_texts():
            return True
        folder, _, name = plain.rpartition("/")
        if folder and any(text.rstrip("/") == folder for text in texts) and name in texts:
            return True
        if value.startswith(".") and f"*{value}" in texts:
            return True
        if self.leeway is not None and self.leeway.filled(value):
            return True
        # `"N shops down"`: a word in capitals stands for what is found out.
        parts = re.split(r"\b[A-Z]+\b", value)
        filled = re.compile(r"\$\{[^}]+\}".join(re.escape(part) for part in parts))
        return len(parts) > 1 and any(part.strip() for part in parts) and any(map(filled.search, texts))

    def _label_texts(self) -> set[str]:
        pairs = {f"{key}={value}" for step in self.plan.steps for key, value in step.devices.labels.items()}
        return pairs | {value for step in self.plan.steps for value in step.devices.labels.values()}

    def _number_used(self, token: Token, numbers: Sequence[float], joined: str) -> bool:
        value = float(token.value) if isinstance(token.value, (int, float)) else 0.0
        wanted = {value, 100 - value} if token.kind is Kind.PERCENT else {value}
        if any(abs(number - option) < 1e-6 for number in numbers for option in wanted):
            return True
        if re.search(rf"(?<![\d.]){re.escape(token.text)}(?![\d.])", joined):
            return True
        if any(len(names) == value for names in self.selected.values()):
            return True
        if (
            token.text.isdigit()
            and len(token.text) > 1
            and any(re.fullmatch(rf"\+\d*{token.text}\d*", text) for text in self._texts())
        ):
            return True  # a telephone number, written in groups
        if token.text.isalpha() and value in self._counts:
            return True
        if self.leeway is not None and self.leeway.number(token):
            return True
        return incidental(token, {step.skill for step in self.plan.steps})

    def _mentions(self) -> Iterator[Gap]:
        used = frozenset().union(*(names for id, names in self.selected.items() if not self._anywhere(id)), frozenset())
        for place in self.places:
            missing = [name for name in place.names if name not in used and not self._unable(place, name)]
            if missing and not (place.any and set(place.names) & used):
                yield Gap("unused_device", f"the plan leaves out {', '.join(missing)} of {place.text!r}", (place.text,))

    def _unable(self, place: Place, name: str) -> bool:
        """Of `all my devices`, one that offers nothing of what is only looked at: a phone has no disk to tell of."""
        named = place.selector.names or place.selector.kind or place.selector.labels or place.selector.os
        skills = {step.skill for step in self.plan.steps}
        reads = all(self.specs[skill].risk is Risk.READ for skill in skills if skill in self.specs)
        return not named and reads and not skills & self.fleet.devices[name].skills.keys()

    def _anywhere(self, id: str) -> bool:
        return next(step for step in self.plan.steps if step.id == id).devices == Selector()

    def _negations(self) -> Iterator[Gap]:
        changing = [s.skill for s in self.plan.steps if s.skill in self.specs and self.specs[s.skill].risk != Risk.READ]
        if self.unchanging and changing:
            told = f"the request forbids a change, and the plan makes one with {changing[0]}"
            yield Gap("unused_negation", told, (changing[0],))
        edges = [edge for step in self.plan.steps for edge in step.after if edge.on is not On.SUCCESS]
        conditions = [edge for edge in edges if edge.when != WHOLE]
        if any(edge.when in PARTIAL for edge in conditions) and not CUT.search(self.text):
            yield Gap("unexplained_argument", "the plan does something only where an output was cut off")
        yield from self._exceptions(conditions)
        moved = self.heard.idle
        for at, token in enumerate(self.said):
            if self.leeway is not None and token.word and self.leeway.negation(at):
                continue
            if token.lemma in {"leave", "keep"} and token.start in moved:
                continue  # `leave it on desk` puts something there
            if token.lemma == "keep" and self._kept_as(token):
                continue
            if token.word and token.lemma in NEGATIONS and not conditions and not self._shown(token):
                yield Gap("unused_negation", f'"{token.text}" is not reflected in the plan', (token.text,))
            if token.word and token.lemma in IF_WORDS and not conditions and not self._asks_whether(token):
                yield Gap("unused_condition", f'"{token.text}" is not reflected in the plan', (token.text,))

    def _exceptions(self, conditions: Sequence[StepDependency]) -> Iterator[Gap]:
        """`where it is another one` is a condition, too."""
        found = EXCEPTIONS.search(self.text)
        filters = {"data.filter", "data.compare", "data.rank"} & {step.skill for step in self.plan.steps}
        if found and self.leeway is not None and not conditions and not filters and not self.leeway.computing:
            yield Gap("unused_condition", f'"{found[0]}" is not reflected in the plan', (found[0],))

    def _kept_as(self, keep: Token) -> bool:
        """`keep the list as a/b.txt` writes that file: a step of the plan does, by that name."""
        written = {
            str(value).casefold()
            for step in self.plan.steps
            if step.skill in self.specs and self.specs[step.skill].risk is Risk.WRITE
            for name, value in step.arguments.items()
            if name in ("path", "target")
        }
        after = [token for token in self.tokens if token.start > keep.start]
        return any(
            token.kind is Kind.PATH and before.lemma in KEPT_AS and str(token.value or token.text).casefold() in written
            for before, token in pairwise(after)
        )

    def _shown(self, token: Token) -> bool:
        """A word such as `without duplicates` that some argument stands for."""
        return any(
            step.arguments.get("unique") or (step.skill == "data.filter" and step.arguments.get("op") in ("==", "!="))
            for step in self.plan.steps
        )

    def _asks_whether(self, token: Token) -> bool:
        at = self.said.index(token)
        return any(
            t.word
            and t.lemma in {"check", "see", "tell", "know", "verify", "find", "determine", "report", "test", "say"}
            for t in self.said[max(0, at - 3) : at]
        )

    @cached_property
    def _counts(self) -> frozenset[int]:
        """How many devices, steps of a skill, and members of a list there are: `all three servers`, `both counts`."""
        devices = frozenset().union(*self.selected.values(), frozenset())
        skills = Counter(step.skill for step in self.plan.steps)
        lists = {len(value) for value in self._values() if isinstance(value, list)}
        return frozenset({len(devices), *skills.values(), *lists})

    def _words(self, strict: bool) -> Iterator[Gap]:
        skills = {step.skill for step in self.plan.steps}
        known = self.evidence.words(skills) | STRUCTURE
        if not strict and len(self.plan.steps) > 1:
            known |= CARRYING | ASIDE
        if self.leeway is not None:
            known |= self.leeway.words
        texts = {text.casefold().rstrip("/") for text in self._texts()}
        texts |= {part for text in texts for part in text.split() if part.startswith("-")}  # options of a command
        stems = _stems(known) | {stem(word) for text in self._texts() for word in re.findall(r"[^\W_]+", text)}
        idle = self.heard.idle
        for at, token in enumerate(self.said):
            if self.leeway is not None and self.leeway.word(at):
                continue
            if (
                not token.word
                or token.start in idle
                or token.lemma in FILLERS
                or token.lemma in LEADS
                or token.lemma in NEGATIONS
                or token.lemma in known
                or incidental(token, skills)
            ):
                continue
            if (
                token.text.casefold() in texts
                or stem(token.lemma) in stems
                or any(stem(part) in stems for part in token.text.split() if " " in token.text)
            ):
                continue
            if strict or token.lemma in self.evidence.actions:
                yield Gap("unused_word", f'nothing in the plan answers to "{token.text}"', (token.text,))

    # --- backward: nothing that the request does not say --------------------------------------------------------

    def backward(self, steps: Sequence[Step] | None = None) -> Iterator[Gap]:
        """Of every step of the plan, or of some."""
        spoken = self.heard.spoken
        explained = self._explained_devices()
        for step in self.plan.steps if steps is None else steps:
            yield from self._device_gap(step, explained)
            yield from self._argument_gaps(step)
            yield from self._skill_gap(step, spoken)

    def _explained_devices(self) -> frozenset[str]:
        named = {name for place in self.places for name in place.names}
        if self.unreadable:
            low = self.text.casefold()
            named |= {
                name
                for name in self.fleet.devices
                if re.search(rf"(?<![\w-]){re.escape(name.casefold())}(?![\w-])", low)
            }
        if self.client is not None:
            named.add(self.client)
        for _, answer in self.answers:
            named |= {name for name in self.fleet.devices if name.casefold() == answer.strip().casefold()}
            if answer.strip().casefold() in {"every device", "all", "every one"}:
                named |= set(self.fleet.devices)
        return frozenset(named)

    def _device_gap(self, step: Step, explained: frozenset[str]) -> Iterator[Gap]:
        if self.leeway is not None and self.leeway.device(step):
            return
        if self._anywhere(step.id) or (self.unreadable and not step.devices.names):
            return
        able = [name for name, device in self.fleet.devices.items() if step.skill in device.skills and device.available]
        extra = sorted(self.selected[step.id] - explained)
        if extra and len(able) > 1:
            yield Gap(
                "unexplained_device",
                f"step {step.id} runs on {', '.join(extra[:10])}, which the request does not name",
                tuple(extra[:10]),
                mild=self._reads(step),
            )

    def _argument_gaps(self, step: Step) -> Iterator[Gap]:
        for name, value in step.arguments.items():
            if name in FREE_ARGUMENTS and not (name == "value" and step.skill in SETS):
                continue
            for text in _strings(value):
                parts = alternatives(text.strip()) if name == "pattern" else [text]
                if not (
                    all(self._explained(one) for one in parts)
                    or (step.skill in QUERIES and name == "statement" and self._selects(text))
                    or (self.leeway is not None and self.leeway.argument(step, name, text))
                ):
                    yield Gap(
                        "unexplained_argument",
                        f"step {step.id}: {name} {text[:80]!r} is not in the request",
                        (text[:80],),
                        mild=self._reads(step) or name in SHOWN or (name == "code" and self._jailed(step)),
                    )

    def _jailed(self, step: Step) -> bool:
        return step.skill == "python.run" and self.leeway is not None and self.leeway.jailed(step)

    def _reads(self, step: Step) -> bool:
        return step.skill in self.specs and self.specs[step.skill].risk is Risk.READ

    def _selects(self, statement: str) -> bool:
        """A query that only reads, and whose own values the request has."""
        if not re.match(r"\s*select\b", statement, re.IGNORECASE) or ";" in statement.rstrip().rstrip(";"):
            return False
        values = re.findall(r"'([^']*)'|\b(\d+(?:\.\d+)?)\b", statement)
        bare = re.sub(r"'[^']*'|\bas\s+\w+", " ", statement, flags=re.IGNORECASE)
        names = [one for one in re.findall(r"[A-Za-z_]\w*", bare) if one.casefold() not in SQL_WORDS]
        said = {stem(word) for word in re.findall(r"[a-z]+", self.text.casefold())}
        known = all(stem(part) in said for one in names for part in one.casefold().split("_") if part)
        return known and all(self._explained(text or number) for text, number in values)

    def _explained(self, text: str) -> bool:
        plain = text.replace("$${", "${")
        if any(True for _ in find(text)):
            return True
        # A line's end, and how a database file is addressed, are no content.
        low, spoken = plain.casefold().strip().removeprefix("sqlite:").rstrip("/"), self.text.casefold()
        if low in spoken or plain in self.attachment or any(pattern.fullmatch(plain) for pattern in DEFAULTS):
            return True
        if any(low == answer.strip().casefold() for _, answer in self.answers):
            return True
        if dialled(low, spoken):
            return True
        parts = [part for part in re.split(r"/|\.tar\.gz$|\.zip$", low) if part]
        return bool(parts) and all(part in spoken or part == "backups" for part in parts)

    def _skill_gap(self, step: Step, spoken: frozenset[str]) -> Iterator[Gap]:
        spec = self.specs.get(step.skill)
        if spec is None or spec.risk is Risk.READ or self._serves(step):
            return
        more = _asking(step.skill) if len(self.plan.steps) > 1 else frozenset()
        if self.leeway is not None and self.leeway.skill(step):
            return
        if self.leeway is not None and step.skill == "shell.run":
            told = f"step {step.id}: the request does not say the command {str(step.arguments.get('command'))[:80]!r}"
            yield Gap("unexplained_skill", told, (step.skill,))
            return
        if self.leeway is not None and self.leeway.unasked(step):
            yield Gap("unexplained_skill", f"step {step.id}: no word asks for {step.skill}", (step.skill,))
            return
        if not (self.evidence.verbs(step.skill) | more) & spoken:
            yield Gap(
                "unexplained_skill",
                f"step {step.id}: the request has no verb that asks for {step.skill}",
                (step.skill,),
                mild=self._jailed(step),
            )

    def _serves(self, step: Step) -> bool:
        """Packing and unpacking around a transfer belong to the transfer, whose own verb is checked."""
        if step.skill not in {"archive.create", "archive.extract"}:
            return False
        return any(other.skill == "artifact.publish" for other in self.plan.steps) and bool(
            self.evidence.sends & {token.lemma for token in self.tokens if token.word}
        )

    # --- the plan's values --------------------------------------------------------------------------------------

    def _values(self) -> Iterator[Json]:
        for step in self.plan.steps:
            yield from step.arguments.values()
            for edge in step.after:
                if edge.when is not None:
                    yield edge.when.model_dump(mode="json")

    def _texts(self) -> Iterator[str]:
        for value in self._values():
            yield from (text.replace("$${", "${") for text in _strings(value))

    def _numbers(self) -> Iterator[float]:
        yield from (float(step.retry.max_attempts) for step in self.plan.steps if step.retry != PERSISTENT)
        for value in self._values():
            yield from _floats(value)


def _asking(skill: str) -> frozenset[str]:
    """More words that ask for a step among others."""
    if skill.startswith("artifact.") or (skill.endswith(".write") and skill != "file.write"):
        return CARRYING | SAVES
    return frozenset(NOUNS.get(skill, ()))


@lru_cache(maxsize=256)
def _stems(known: frozenset[str]) -> frozenset[str]:
    return frozenset(stem(word) for word in known)


def fits(selector: Selector, name: str, fleet: FleetView) -> bool:
    """Whether a selector takes a device of the fleet."""
    device = fleet.devices[name]
    return (
        (not selector.names or name in selector.names)
        and name not in selector.exclude
        and (selector.kind is None or device.kind is selector.kind)
        and (not selector.os or selector.os.lower() in device.profile.os.lower())
        and (not selector.gpu or bool(device.profile.gpus))
        and all(device.labels.get(key) == value for key, value in selector.labels.items())
    )


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        items: Iterable[Json] = value.values() if isinstance(value, dict) else value
        for item in items:
            yield from _strings(item)


def _floats(value: Json) -> Iterator[float]:
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield float(value)
    elif isinstance(value, (list, dict)):
        items: Iterable[Json] = value.values() if isinstance(value, dict) else value
        for item in items:
            yield from _floats(item)
