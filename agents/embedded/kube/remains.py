"""Pieces of an order that stand apart, and say how, when, where or on which: none of them may be lost.

The readings pass over what only tells. A piece without a verb of its own tells nothing: `in zebra`, `twice`, `with
force`. So, last of all, each piece of a request that changes something must order, or show in the plan, or be a
statement, a courtesy, a reason; else the request is declined.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from agents.embedded.kube.asides import LATER, Aside, aside, fits
from agents.embedded.kube.deeds.tales import tale
from agents.embedded.kube.inquiry.tables import IN
from agents.embedded.kube.lexicon import FILLERS, KINDS, NEGATIONS, VERBS
from agents.embedded.kube.moods import mood
from agents.embedded.kube.remarks import remark
from agents.embedded.kube.segments import Segment, segments
from agents.embedded.kube.tokens import LITERAL, Shape, Token
from agents.embedded.kube.vocabulary import VERB_WORDS
from agents.embedded.text import lemma
from agents.embedded.units import NUMBER_WORDS
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

Step = tuple[str, JsonObject]

_WAITS = words("when whenever once after as if unless")
_PRESENT = words("is are has have 's gets get comes goes looks seems can does do will finishes ends finished")
_PURPOSES = words(
    "the our my a an this that these those tonight tonight's tomorrow's today's black next new their his her now while"
)
_REASONS = words("because due since per re see ref via thanks owing cause cuz coz given while until till")
_NARROWING = words(
    "too starting also same likewise ditto other others another ones one each every twice thrice again "
    "first last slowly gradually carefully temporarily dry-run dry force forced forcefully without except but only"
)
_SAME = words("same image repo repository registry tag name namespace ns place everything container thing")
_TROUBLE = words(
    "oomkilled oom crashing crashlooping crashes broken slow down stuck dead hanging hangs failing weird error errors"
)
_ALONE = words("only just that this those these one ones it and nothing more else")
"""`only that one`: what the order says by itself."""
_OTHERS = words("the all its other others keys values entries labels annotations env variables settings rules fields")
_FIELDS = words(
    "the its both and port ports selector selectors image images schedule type name names labels annotations template "
    "command probe probes keys values env rest as is it they are same"
)
_SHOWN = words(
    "know when once if it's it is done finished how went worked that works out back me us please happens output result"
)
_LEFT = words(
    "alone as is be untouched unchanged running there in place peace on it they are was were where out of this"
)
_COURTESY = words(
    "thx ty cheers pls please go good bad great news oops sorry damn urgent asap fyi note hi hello hey completely "
    "entirely whatever no yes ok okay task todo job request reminder quick thing everyone team all a b c d e while "
    "though and so then that it now new right immediately straight away today soon at once"
)
_SUBJECTS = words(
    "the our my your his her its it's a an i we they he she it this that these those half some nobody everybody "
    "someone somebody people there shes its they're we're which who"
)
_SAID = {
    "kube.rollout_undo": "back previous earlier version release",
    "kube.set_env": "envfrom",
    "kube.suspend": "firing running",
    "kube.resume": "schedule run running",
    "kube.create_network_policy": "outside inside default",
}
"""More words of a skill than it says itself."""
_WISHES = words("should must need needs want wants please shall ought let may gets get")
_MEANS = words("for using via through on onto from with without as after before every tomorrow called named one")
_AGAIN = re.compile(r"\bsame (?:for|in|with|to)\b|\blikewise\b|\bditto\b")
_MODES = {"rwx": "readwritemany", "rwo": "readwriteonce", "rox": "readonlymany", "rwop": "readwriteoncepod"}
_TIMES = words("after before")
_APART = re.compile(r"one (?:at a time|by one|after (?:the |an)?other)\b")
_AUDIENCE = re.compile(
    r"for (?:the |all )?other (?:apps|applications|services|pods|workloads|teams)(?: in (?:the|this|our) cluster)?"
)
"""Whom a service within the cluster is for."""
_OTHER = words("other another")
_JOINTS = words("and but so then because since although though")


def stray(tokens: Sequence[Token], steps: Sequence[Step], writes: frozenset[str], *, sheet: bool = False) -> str:
    """The first piece that has no place in the plan; "" where there is none, or the plan changes nothing.

    Of a `sheet`, whose fields are read whole, only pieces that narrow and hold none of its values are looked at.
    """
    changing = tuple(dict.fromkeys(skill for skill, _ in steps if skill in writes))
    if not changing or changing == ("kube.fix",):  # what it is to find and mend is told in any words
        return ""
    plan = _Plan(
        frozenset(atom for _, call in steps for value in call.values() for atom in _atoms(value)),
        frozenset().union(*(_vocabulary(skill) for skill in changing)),
        changing,
        reads=len(changing) < len({skill for skill, _ in steps}),
        later=all(skill in LATER for skill in changing),
    )
    pieces = [piece for piece in segments(tokens) if piece.content]
    ordering = sum(mood(piece) == "change" for piece in pieces)
    if sheet:
        pieces = [piece for piece in pieces if {token.low for token in piece.content} & (_NARROWING | _MEANS)]
    for piece in pieces:
        if piece is pieces[0] and len(pieces) > 1 and _heading(piece):
            continue
        again = sheet and _AGAIN.search(" ".join(token.low for token in piece.content))
        if again or not plan.places(piece, more=ordering > len(steps)):
            return " ".join(token.text for token in piece.content)
        if not sheet and (left := plan.unplaced(piece)):
            return " ".join(token.text for token in left)
    return ""


def doubtful(text: str, steps: Sequence[Step]) -> str:
    """The name of `web + api, shop` that is an object or the place of all others; "" where there is none."""
    name, space = (str(steps[-1][1].get(key, "")) for key in ("name", "namespace")) if steps else ("", "")
    if len(steps) < 3 or not name or space:
        return ""
    joined = rf"(?:\+|&|\band\b)\s*[\w.-]+\s*,\s*{re.escape(name)}\s*[.!?]*\s*$"
    return name if re.search(joined, text, re.IGNORECASE) else ""


@lru_cache(maxsize=128)
def _vocabulary(skill: str) -> frozenset[str]:
    """The words in which a skill speaks of itself: a piece in them is about what it does."""
    from tools.kube.skills import specs

    spec = next((one for one in specs() if one.name == skill), None)
    if spec is None:
        return frozenset()
    said = [spec.name, spec.description, _SAID.get(skill, "")]
    for name, schema in spec.input_schema.get("properties", {}).items():
        said += [name, str(schema.get("description", "")), *map(str, schema.get("enum", ()))]
    found = {word for text in said for word in _parts(text)}
    # A word of one example may be a name; what several share is the skill's own.
    often = Counter(word for phrase in spec.examples for word in set(_parts(phrase)))
    found |= {word for word, count in often.items() if count > 1}
    return frozenset(lemma(word) for word in found if len(word) > 2) - FILLERS - words("namespace name other")


def _parts(text: str) -> list[str]:
    return re.split(r"[^a-z0-9]+", text.casefold())


def _atoms(value: Json) -> Iterator[str]:
    """The values of a plan, and their parts."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key.casefold()
            yield from _atoms(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _atoms(inner)
    elif value is not None and not isinstance(value, bool):
        text = str(value).casefold()
        yield text
        yield from re.split(r"[^a-z0-9.-]+", text)


class _Plan:
    """What a plan holds: its values, the words of its skills, whether it reads too, whether it is taken back later."""

    def __init__(
        self,
        atoms: frozenset[str],
        vocabulary: frozenset[str],
        skills: Sequence[str] = (),
        *,
        reads: bool,
        later: bool,
    ) -> None:
        self._atoms = atoms
        self._skills = skills
        self._vocabulary = vocabulary
        self._reads = reads
        self._later = later

    def places(self, piece: Segment, *, more: bool) -> bool:
        """Whether the piece orders, shows in the plan, or only tells. `more`: there are more orders than steps."""
        content = piece.content
        said_aside = remark(piece)
        if said_aside is not None:
            return self._fits(said_aside)
        lows = [token.low for token in content]
        said = {part for low in lows for part in low.split()}  # `right now` is one word
        if said <= FILLERS | _COURTESY | KINDS.keys() or self._anchored(content):
            return True
        if waits(lows):
            return False
        if lows[0] in {"until", "till"}:
            return self._later
        told = tale(piece)
        if told is not None:
            return not told.place or told.place in self._atoms
        if self._about(content) or _states(content, lows) or _assured(content, lows):
            return True
        match mood(piece):
            case "ask" | "wish" | "plan":
                return True
            case "change":
                return not more or (not set(lows) & _NARROWING and any(self._own(token) for token in content))
            case "stay":
                return False
            case "show":
                return self._reads or set(lows[1:]) <= _SHOWN | FILLERS
            case "name":
                return _reason(piece, content, lows)
            case _:
                return aside(piece) is not None

    def _fits(self, one: Aside) -> bool:
        if one.rolling or one.own:
            return not fits((one,), [(skill, {}) for skill in self._skills], frozenset(self._skills))
        return self._later if one.until else True

    def unplaced(self, piece: Segment) -> Sequence[Token]:
        """The first phrase of an order that says by what means, where, or on whose behalf, and that shows nowhere."""
        content = piece.content
        if mood(piece) != "change" and not self._anchored(content):
            return ()
        starts = [at for at, token in enumerate(content) if at and token.low in _MEANS]
        for start, end in pairwise([*starts, len(content)]):
            phrase = content[start:end]
            said = {token.low for token in phrase}
            if phrase[0].low == "one" and not _APART.match(" ".join(token.low for token in phrase)):
                continue
            if phrase[0].low == "for" and not said & _NARROWING:
                continue
            if "expose" in self._vocabulary and _AUDIENCE.fullmatch(" ".join(token.low for token in phrase)):
                continue
            if phrase[0].low in _TIMES and not (len(phrase) > 1 and phrase[1].low.endswith("ing")):
                continue  # `before it gets traffic` tells; `after asking bob` orders
            if said <= FILLERS | _COURTESY or (not said & _OTHER and self._known(phrase)):
                continue
            return phrase
        return ()

    def _known(self, phrase: Sequence[Token]) -> bool:
        if self._anchored(phrase):
            return True
        said = [token for token in phrase if token.low not in FILLERS | _MEANS]
        return all(self._own(token) or token.low in KINDS for token in said)

    def _anchored(self, content: Sequence[Token]) -> bool:
        for token in content:
            if token.shape in LITERAL and (token.low in self._atoms or str(token.value).casefold() in self._atoms):
                return True
            if token.word and token.low not in FILLERS and len(token.low) > 2 and token.low in self._atoms:
                return True
            if _MODES.get(token.low, "-") in self._atoms:
                return True
            if token.low in NUMBER_WORDS and str(NUMBER_WORDS[token.low]) in self._atoms:
                return True
            if token.shape in {Shape.PAIR, Shape.IMAGE, Shape.PATH, Shape.QUOTED, Shape.DURATION, Shape.SCHEDULE}:
                return bool(set(re.split(r"[=:/@\s\"'`]+", token.low)) & self._atoms)
        return False

    def _own(self, token: Token) -> bool:
        return bool({token.lemma, *map(lemma, _parts(token.text))} & self._vocabulary)

    def _about(self, content: Sequence[Token]) -> bool:
        """Half of its words are those of the skills, and no value or narrowing word is among the others."""
        said = [token for token in content if token.low not in FILLERS]
        if any(token.low in _NARROWING or token.shape in LITERAL for token in content):
            return False
        known = sum(self._own(token) for token in said)
        return known > 0 and 2 * known >= len(said)


def _heading(piece: Segment) -> bool:
    """`Pentest finding:`, `Annual stocktake tonight.`: a sentence of its own that says neither where nor how."""
    lows = {token.low for token in piece.content}
    plain = all(token.word for token in piece.content) and not lows & (_NARROWING | _MEANS | _WAITS | IN | NEGATIONS)
    return plain and piece.tokens[-1].text in {".", ":", "!"} and mood(piece) == "name"


def waits(lows: Sequence[str]) -> bool:
    """`when the load is low`: what waits for something; `when she left` tells, and `if you can` is polite."""
    rest = [low for low in lows if low not in {"and", "but", "so", "only"}]
    if not rest or rest[0] not in _WAITS or rest[1:2] in (["you"], ["possible"]):
        return False
    return rest[0] in {"if", "unless"} or bool(_PRESENT & set(rest))


def _states(content: Sequence[Token], lows: Sequence[str]) -> bool:
    """`the sale starts at noon`, `half of my riders see nothing`: a subject, and a verb behind it."""
    first = next((at for at, low in enumerate(lows) if low not in _JOINTS), 0)
    content, lows = content[first:], lows[first:]
    if lows[0] not in _SUBJECTS or any(token.shape in LITERAL - {Shape.NUMBER, Shape.DURATION} for token in content):
        return False
    if set(lows) & (_WISHES | {"same"}) and not {"i", "we", "they"} & set(lows[:1]):
        return False
    return any(
        (low in VERB_WORDS or low in VERBS or low in {"is", "are", "has", "have", "was", "were"})
        and lows[at - 1] not in _SUBJECTS - {"it", "they", "we", "i", "he", "she", "that", "nobody", "somebody"}
        for at, low in enumerate(lows)
        if at
    ) or lows[0] in {"its", "it's", "shes", "they're", "we're"}


def _assured(content: Sequence[Token], lows: Sequence[str]) -> bool:
    """What is not to happen, or is to stay as it is; nothing that is to be brought about."""
    if lows[0] == "same" and set(lows) - {"same"} <= _SAME | FILLERS | words("stays only changes new"):
        return True
    if set(lows) <= _ALONE | KINDS.keys() and set(lows) & {"that", "this", "those", "these", "it"}:
        return True
    if lows[0] == "keep" and len(lows) > 1 and set(lows[1:]) <= _FIELDS:
        return True
    if lows[0] in {"keep", "leave"} and set(lows[1:]) <= _OTHERS and set(lows) & {"other", "others"}:
        return True
    if set(lows) & {"untouched", "unchanged"} or lows in (["only", "that"], ["only", "this"], ["just", "that"]):
        return True
    if {"leave", "keep", "let"} & set(lows[:3]):
        at = next(at for at, low in enumerate(lows) if low in {"leave", "keep", "let"})
        rest = set(lows[at + 1 :])
        return (
            bool(rest & (_LEFT | words("whatever everything else rest")))
            and not rest & words("paused suspended stopped off closed")
            and not (rest & NUMBER_WORDS.keys() or any(low.isdigit() for low in rest))
        )
    at = next((at for at, low in enumerate(lows) if low in NEGATIONS), -1)
    if at < 0:
        return False
    verbs = [token.lemma for token in content[at + 1 :] if token.low in VERBS]
    return not verbs or verbs[0] != "apply"


def _reason(piece: Segment, content: Sequence[Token], lows: Sequence[str]) -> bool:
    counted = {Shape.NUMBER, Shape.DURATION} if "since" in lows[:2] else set()
    if set(lows) & _NARROWING - _TROUBLE or any(token.shape in LITERAL - counted for token in content):
        return bool(set(lows) <= _TROUBLE | FILLERS | {"again"})
    if piece.lead in {"because", "since", "cause", "coz", "cuz"}:
        return True
    first = next((low for low in lows if low not in {"and", "but", "just"}), "")
    if first == "for" or piece.lead == "for":
        return bool(set(lows[:2]) & _PURPOSES)
    return first in _REASONS
