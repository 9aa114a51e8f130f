"""The second signal: which skills' descriptions and example phrases are nearest to a clause. Lexical, no model.

Literals are masked by their kind on both sides, so that `logs/app.log` in a request meets `app.log` in an example.
A skill's score is that of its best phrase: the share of idf weight that query and phrase have in common (cosine).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agents.embedded.text import stem
from agents.embedded.tokens import Kind, Token, tokenise
from agents.embedded.wordset import words
from protocol.vocabulary import SkillSpec

STOP = frozenset(
    stem(word)
    for word in words(
        "a an the my our your please me i you can could would to of on at for and is are be it its "
        "this that all every each there any some in from with do does have has will just want need like by us we so s"
    )
)
MASKS = {
    Kind.QUOTED: "<quoted>",
    Kind.PATH: "<path>",
    Kind.GLOB: "<path>",
    Kind.URL: "<url>",
    Kind.NUMBER: "<number>",
    Kind.SIZE: "<size>",
    Kind.DURATION: "<duration>",
    Kind.PERCENT: "<percent>",
    Kind.DEVICE: "",
    Kind.PUNCT: "",
    Kind.HOST: "<host>",
    Kind.TIME: "<time>",
    Kind.LABEL: "",
    Kind.SIGN: "",
}
SYNONYMS = {
    stem(word): stem(canonical)
    for canonical, forms in {
        "show": "display print give get tell see view output present report",
        "delete": "remove erase trash rm unlink bin ditch chuck toss scrap nuke discard del wipe zap purge",
        "find": "locate hunt track",
        "search": "grep scan look",
        "make": "create add mkdir new produce generate build",
        "folder": "directory dir subfolder",
        "memory": "ram mem",
        "disk": "storage drive filesystem",
        "processor": "cpu chip",
        "archive": "tarball",
        "pack": "compress zip tar bundle gzip squeeze",
        "unpack": "extract unzip untar decompress expand uncompress inflate",
        "checksum": "sha256sum md5sum sha1sum sha512sum sha-256 sha-1 sha-512 hash sha256 md5 sha1 digest fingerprint",
        "run": "execute launch trigger invoke",
        "stop": "kill terminate forcekill killall end quit",
        "operating": "os",
        "big": "large size biggest largest fat heavy weigh weight hefty huge footprint bulky",
        "many": "howmany count number tally",
        "much": "howmuch",
        "long": "howlong longest",
        "fetch": "retrieve request curl reach",
        "copy": "duplicate clone",
        "newest": "latest recent closing",
        "overview": "summary rundown vital spec description info information specification",
        "permission": "mode right chmod",
        "modified": "changed touched edited updated mtime age old",
        "interface": "nic",
        "gigabyte": "megabyte kilobyte terabyte gb mb kb tb",
        "overloaded": "swamped struggling strained overworked hammered sweating slammed overburdened overwhelmed",
        "first": "opening header top",
        "replace": "substitute swap switch exchange turn bump correct",
        "order": "alphabetical alphabetically alphabetize alphabetise alphabet",
        "log": "logfile logline",
    }.items()
    for word in forms.split()
}


@dataclass(frozen=True, slots=True)
class Scored:
    skill: str
    score: float


class Index:
    """An inverted index over the phrases of some skills. Built once for a set of specs; safe to share."""

    def __init__(self, specs: Iterable[SkillSpec], more: dict[str, tuple[str, ...]] | None = None) -> None:
        self.phrases: list[tuple[str, dict[str, float]]] = []
        counted: list[tuple[str, Counter[str]]] = []
        seen: Counter[str] = Counter()
        for spec in specs:
            extra = (more or {}).get(spec.name, ())
            for phrase in (spec.description, spec.name.replace(".", " ").replace("_", " "), *spec.examples, *extra):
                terms = Counter(terms_of(tokenise(phrase)))
                counted.append((spec.name, terms))
                seen.update(terms.keys())
        total = max(1, len(counted))
        self.idf = {term: math.log(1 + total / count) for term, count in seen.items()}
        self.unseen = math.log(1 + total) / 2
        self.postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self.skills: list[str] = []
        for number, (skill, terms) in enumerate(counted):
            weights = self._weights(terms)
            norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
            self.skills.append(skill)
            for term, weight in weights.items():
                self.postings[term].append((number, weight / norm))

    def _weights(self, terms: Counter[str]) -> dict[str, float]:
        return {term: self.idf.get(term, self.unseen) * (1 + math.log(count)) for term, count in terms.items()}

    def query(self, tokens: Sequence[Token]) -> list[Scored]:
        """Skills by their best phrase, best first; scores lie between 0 and 1. Ties are in name order."""
        weights = self._weights(Counter(terms_of(tokens)))
        norm = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        scores: dict[int, float] = defaultdict(float)
        for term, weight in weights.items():
            for number, part in self.postings.get(term, ()):
                scores[number] += part * weight / norm
        best: dict[str, float] = {}
        for number, score in scores.items():
            skill = self.skills[number]
            best[skill] = max(best.get(skill, 0.0), score)
        return sorted((Scored(skill, score) for skill, score in best.items()), key=lambda s: (-s.score, s.skill))


def terms_of(tokens: Sequence[Token]) -> list[str]:
    """The terms of a phrase: stems of its words, one canonical form for synonyms, masks for literals."""
    terms = []
    for token in tokens:
        if token.word:
            base = stem(token.lemma)
            base = SYNONYMS.get(base, base)
            if base not in STOP:
                terms.append(base)
        elif MASKS.get(token.kind):
            terms.append(MASKS[token.kind])
    return terms


def rank_of(skill: str, scored: Sequence[Scored]) -> tuple[float, float]:
    """(score of `skill`, best score of any other)."""
    own = next((s.score for s in scored if s.skill == skill), 0.0)
    other = max((s.score for s in scored if s.skill != skill), default=0.0)
    return own, other
