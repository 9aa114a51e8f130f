"""Forward: all that the request says is used by the plan."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from agents.covering.asking import ASIDE, CARRYING
from agents.covering.case import Case
from agents.covering.gap import Gap
from agents.embedded.devices import Place
from agents.embedded.incidental import incidental
from agents.embedded.slots import FILE_NOUNS, FOLDER_NOUNS
from agents.embedded.text import stem
from agents.embedded.tokens import Kind, Token
from agents.embedded.words import FILLERS, LEADS, NEGATIONS
from agents.embedded.wordset import words
from orchestrator.core.conditions import WHOLE
from orchestrator.core.plan import StepDependency
from orchestrator.core.tasks import On
from protocol.vocabulary import Risk

LOOKS = frozenset({"file.search", "file.find", "file.list", "file.tail"})
NUMERIC = frozenset({Kind.NUMBER, Kind.SIZE, Kind.DURATION, Kind.PERCENT})
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
EXCEPTIONS = re.compile(
    r"\b(?:where|which|that|those|whose|only)\b[^.;,]{0,40}\b"
    r"(?:differs?|another one|deviates?|wrong|damaged|broken|missing|gone|gone bad)\b",
    re.IGNORECASE,
)
CUT = re.compile(r"\b(?:truncat|cut|incomplete)", re.IGNORECASE)
PARTIAL = (WHOLE.model_copy(update={"op": "!="}), WHOLE.model_copy(update={"value": True}))
KEPT_AS = ("as", "and", ",")
ACCOUNTS = re.compile(r"\b(?:as|with|using) (root|admin|administrator|sudo|superuser)\b", re.IGNORECASE)
_MAKE_FILES = frozenset({"file.write", "file.append", "http.download"})


def forward(case: Case) -> Iterator[Gap]:
    """What of the request the plan leaves out; strictly, every other content word, too."""
    yield from _literals(case)
    yield from _mentions(case)
    yield from _negations(case)
    yield from _words(case)
    yield from _days(case)
    yield from _accounts(case)
    if case.strict:
        yield from _folders(case)


def _accounts(case: Case) -> Iterator[Gap]:
    """Whose rights something runs with is not ours to choose; whose processes are listed is."""
    found = ACCOUNTS.search(case.heard.text)
    if found and not any(found[1].casefold() in text.casefold() for text in case.texts()):
        yield Gap("unused_word", f'nothing in the plan answers to "{found[0]}"', (found[0],))


def _folders(case: Case) -> Iterator[Gap]:
    """`the documents folder` is called "documents", whatever else that word may mean."""
    texts = [text.casefold() for text in case.texts()]
    for before, token, after in zip(case.heard.said, case.heard.said[1:], case.heard.said[2:], strict=False):
        named = token.word and after.word and after.lemma in FOLDER_NOUNS and before.lemma in _OWNED
        low = token.text.casefold()
        if not named or low in _FOLDER_KINDS or token.lemma in _OWNED:
            continue
        if not any(low in text for text in texts):
            yield Gap("unused_word", f'no step looks into the folder "{token.text}"', (token.text,))
        for step in case.plan.steps:
            if step.skill in _MAKE_FILES and str(step.arguments.get("path", "")).casefold().rstrip("/") == low:
                yield Gap("unused_word", f'"{token.text}" is a folder, and step {step.id} makes a file', (token.text,))


def _days(case: Case) -> Iterator[Gap]:
    """A day limits what is looked for; of what a machine is like now it says nothing."""
    day = re.search(r"\b(today|yesterday|tonight)\b", case.heard.text, re.IGNORECASE)
    looks = [step for step in case.plan.steps if step.skill in LOOKS]
    if day and looks and not any("newer_than_s" in step.arguments for step in looks):
        yield Gap("unused_word", f'nothing in the plan answers to "{day[0]}"', (day[0],))


def _literals(case: Case) -> Iterator[Gap]:
    texts, numbers = list(case.texts()), list(case.numbers())
    joined = "\n".join(texts)
    for token in case.heard.tokens:
        if token.kind in (Kind.QUOTED, Kind.PATH, Kind.GLOB, Kind.URL, Kind.HOST, Kind.LABEL):
            if not _text_used(case, str(token.value), texts, joined):
                yield Gap("unused_literal", f"{token.text} is not used by the plan", (token.text,))
        elif token.kind in NUMERIC and not _number_used(case, token, numbers, joined):
            yield Gap("unused_literal", f"{token.text} is not used by the plan", (token.text,))


def _text_used(case: Case, value: str, texts: Sequence[str], joined: str) -> bool:
    plain = value.rstrip("/")
    if plain in joined or plain in _label_texts(case):
        return True
    folder, _, name = plain.rpartition("/")
    if folder and any(text.rstrip("/") == folder for text in texts) and name in texts:
        return True
    if value.startswith(".") and f"*{value}" in texts:
        return True
    if case.leeway is not None and case.leeway.filled(value):
        return True
    # `"N shops down"`: a word in capitals stands for what is found out.
    parts = re.split(r"\b[A-Z]+\b", value)
    filled = re.compile(r"\$\{[^}]+\}".join(re.escape(part) for part in parts))
    return len(parts) > 1 and any(part.strip() for part in parts) and any(map(filled.search, texts))


def _label_texts(case: Case) -> set[str]:
    pairs = {f"{key}={value}" for step in case.plan.steps for key, value in step.devices.labels.items()}
    return pairs | {value for step in case.plan.steps for value in step.devices.labels.values()}


def _number_used(case: Case, token: Token, numbers: Sequence[float], joined: str) -> bool:
    value = float(token.value) if isinstance(token.value, (int, float)) else 0.0
    wanted = {value, 100 - value} if token.kind is Kind.PERCENT else {value}
    if any(abs(number - option) < 1e-6 for number in numbers for option in wanted):
        return True
    if re.search(rf"(?<![\d.]){re.escape(token.text)}(?![\d.])", joined):
        return True
    if any(len(names) == value for names in case.selected.values()):
        return True
    if (
        token.text.isdigit()
        and len(token.text) > 1
        and any(re.fullmatch(rf"\+\d*{token.text}\d*", text) for text in case.texts())
    ):
        return True  # a telephone number, written in groups
    if token.text.isalpha() and value in case.counts:
        return True
    if case.leeway is not None and case.leeway.number(token):
        return True
    return incidental(token, {step.skill for step in case.plan.steps})


def _mentions(case: Case) -> Iterator[Gap]:
    used = frozenset().union(*(names for id, names in case.selected.items() if not case.anywhere(id)), frozenset())
    for place in case.heard.places:
        missing = [name for name in place.names if name not in used and not _unable(case, place, name)]
        if missing and not (place.any and set(place.names) & used):
            yield Gap("unused_device", f"the plan leaves out {', '.join(missing)} of {place.text!r}", (place.text,))


def _unable(case: Case, place: Place, name: str) -> bool:
    """Of `all my devices`, one that offers nothing of what is only looked at: a phone has no disk to tell of."""
    named = place.selector.names or place.selector.kind or place.selector.labels or place.selector.os
    skills = {step.skill for step in case.plan.steps}
    reads = all(case.heard.specs[skill].risk is Risk.READ for skill in skills if skill in case.heard.specs)
    return not named and reads and not skills & case.fleet.devices[name].skills.keys()


def _negations(case: Case) -> Iterator[Gap]:
    changing = [
        s.skill for s in case.plan.steps if s.skill in case.heard.specs and case.heard.specs[s.skill].risk != Risk.READ
    ]
    if case.heard.unchanging and changing:
        told = f"the request forbids a change, and the plan makes one with {changing[0]}"
        yield Gap("unused_negation", told, (changing[0],))
    edges = [edge for step in case.plan.steps for edge in step.after if edge.on is not On.SUCCESS]
    conditions = [edge for edge in edges if edge.when != WHOLE]
    if any(edge.when in PARTIAL for edge in conditions) and not CUT.search(case.heard.text):
        yield Gap("unexplained_argument", "the plan does something only where an output was cut off")
    yield from _exceptions(case, conditions)
    moved = case.heard.idle
    for at, token in enumerate(case.heard.said):
        if case.leeway is not None and token.word and case.leeway.negation(at):
            continue
        if token.lemma in {"leave", "keep"} and token.start in moved:
            continue  # `leave it on desk` puts something there
        if token.lemma == "keep" and _kept_as(case, token):
            continue
        if token.word and token.lemma in NEGATIONS and not conditions and not _shown(case):
            yield Gap("unused_negation", f'"{token.text}" is not reflected in the plan', (token.text,))
        if token.word and token.lemma in IF_WORDS and not conditions and not _asks_whether(case, token):
            yield Gap("unused_condition", f'"{token.text}" is not reflected in the plan', (token.text,))


def _exceptions(case: Case, conditions: Sequence[StepDependency]) -> Iterator[Gap]:
    """`where it is another one` is a condition, too."""
    found = EXCEPTIONS.search(case.heard.text)
    filters = {"data.filter", "data.compare", "data.rank"} & {step.skill for step in case.plan.steps}
    if found and case.leeway is not None and not conditions and not filters and not case.leeway.computing:
        yield Gap("unused_condition", f'"{found[0]}" is not reflected in the plan', (found[0],))


def _kept_as(case: Case, keep: Token) -> bool:
    """`keep the list as a/b.txt` writes that file: a step of the plan does, by that name."""
    written = {
        str(value).casefold()
        for step in case.plan.steps
        if step.skill in case.heard.specs and case.heard.specs[step.skill].risk is Risk.WRITE
        for name, value in step.arguments.items()
        if name in ("path", "target")
    }
    after = [token for token in case.heard.tokens if token.start > keep.start]
    return any(
        token.kind is Kind.PATH and before.lemma in KEPT_AS and str(token.value or token.text).casefold() in written
        for before, token in pairwise(after)
    )


def _shown(case: Case) -> bool:
    """A word such as `without duplicates` that some argument stands for."""
    return any(
        step.arguments.get("unique") or (step.skill == "data.filter" and step.arguments.get("op") in ("==", "!="))
        for step in case.plan.steps
    )


def _asks_whether(case: Case, token: Token) -> bool:
    at = case.heard.said.index(token)
    return any(
        t.word and t.lemma in {"check", "see", "tell", "know", "verify", "find", "determine", "report", "test", "say"}
        for t in case.heard.said[max(0, at - 3) : at]
    )


def _words(case: Case) -> Iterator[Gap]:
    skills = {step.skill for step in case.plan.steps}
    known = case.evidence.words(skills) | STRUCTURE
    if not case.strict and len(case.plan.steps) > 1:
        known |= CARRYING | ASIDE
    if case.leeway is not None:
        known |= case.leeway.words
    texts = {text.casefold().rstrip("/") for text in case.texts()}
    texts |= {part for text in texts for part in text.split() if part.startswith("-")}  # options of a command
    stems = _stems(known) | {stem(word) for text in case.texts() for word in re.findall(r"[^\W_]+", text)}
    idle = case.heard.idle
    for at, token in enumerate(case.heard.said):
        if case.leeway is not None and case.leeway.word(at):
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
        if case.strict or token.lemma in case.evidence.actions:
            yield Gap("unused_word", f'nothing in the plan answers to "{token.text}"', (token.text,))


@lru_cache(maxsize=256)
def _stems(known: frozenset[str]) -> frozenset[str]:
    return frozenset(stem(word) for word in known)
