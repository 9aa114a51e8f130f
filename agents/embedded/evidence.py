"""Which words of a request speak for a skill: its verbs, and all words that its frames and phrases know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from agents.embedded.grammar import FRAMES
from agents.embedded.operators import ASC, AVERAGE, DESC, KEYS, SAME, TOTAL
from agents.embedded.paraphrases import PHRASES
from agents.embedded.retrieval import SYNONYMS
from agents.embedded.text import lemma, spoken, stem
from agents.embedded.transfer import BACKUPS, SENDS
from agents.embedded.words import MULTI, SAVES
from agents.embedded.wordset import words
from protocol.vocabulary import SkillSpec

DATA_WORDS: dict[str, frozenset[str]] = {
    "data.rank": DESC
    | ASC
    | words("rank sort order by ordered sorted ranked first high low best worst which recently"),
    "data.count_by": frozenset(KEYS) | words("count group grouped breakdown per tally howmany"),
    "data.compare": frozenset(SAME) | frozenset({"compare", "whether", "exactly"}),
    "data.stats": frozenset(TOTAL | AVERAGE | {"min", "max", "minimum", "maximum", "sum", "across", "altogether"}),
    "data.merge": words(
        "merge union merged combined joined collate unite ordered combine join concatenate remove drop "
        "dedupe unique duplicate together into list single sort sorted"
    ),
    "data.filter": words("have has more less than only with that whose keep filter list"),
    "csv.read": words("count howmany number row record entry first top show display see give print"),
    "text.report": words(
        "report summary overview summarize summarise produce generate prepare build compile make "
        "create markdown short brief file write-up"
    ),
    "file.write": SAVES | words("result output finding answer everything it"),
    "artifact.publish": SENDS | BACKUPS | frozenset(["file", "folder", "copy", "over"]),
    "artifact.save": SENDS | BACKUPS | frozenset(["file", "folder", "copy", "over"]),
}
MOVING = SENDS | BACKUPS


@dataclass(frozen=True, slots=True)
class Evidence:
    """`actions`: every verb that leads a frame or an example, of any skill."""

    verbs_of: Mapping[str, frozenset[str]]
    words_of: Mapping[str, frozenset[str]]
    actions: frozenset[str]
    sends: frozenset[str] = field(default=MOVING)

    @classmethod
    def of(cls, specs: Mapping[str, SkillSpec]) -> Evidence:
        return _build(tuple((name, spec.version, spec.description, spec.examples) for name, spec in specs.items()))

    def verbs(self, skill: str) -> frozenset[str]:
        return self.verbs_of.get(skill, frozenset())

    def words(self, skills: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*(self.words_of.get(skill, frozenset()) for skill in sorted(skills)), frozenset())


@lru_cache(maxsize=4)
def _build(specs: tuple[tuple[str, int, str, tuple[str, ...]], ...]) -> Evidence:
    verbs: dict[str, frozenset[str]] = {}
    known: dict[str, frozenset[str]] = {}
    for name, _, description, examples in specs:
        frames = [frame for frame in FRAMES if frame.skill == name]
        phrases = (description, *examples, *PHRASES.get(name, ()))
        leads = {lemma(found[0]) for found in (spoken(phrase) for phrase in phrases) if found}
        verbs[name] = frozenset(leads.union(*(frame.heads for frame in frames)) | _moving(name))
        said = {lemma(word) for phrase in phrases for word in spoken(phrase)} | set(name.replace("_", ".").split("."))
        for frame in frames:
            said |= frame.heads | frame.may | set().union(*frame.groups, set())
        known[name] = frozenset(said | DATA_WORDS.get(name, frozenset()) | _synonyms(said))
    actions = frozenset().union(*(frame.heads for frame in FRAMES if frame.strict)) | frozenset(MULTI.values())
    return Evidence(verbs, known, actions)


def _moving(skill: str) -> frozenset[str]:
    extra = frozenset({"move"}) if skill == "file.delete" else frozenset()
    if skill == "shell.run":
        return frozenset({"output"})
    if skill == "file.write":
        return SAVES
    if skill == "http.download":
        return frozenset({"need", "belong"})
    return MOVING if skill.startswith("artifact.") else extra


def _synonyms(said: set[str]) -> set[str]:
    stems = {stem(word) for word in said}
    return {form for form, canonical in SYNONYMS.items() if canonical in stems or form in stems}
