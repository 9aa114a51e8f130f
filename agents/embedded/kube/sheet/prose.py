"""What sentences ask for: the sheet of its kind, with the head and the attributes wherever they stand.

`In payments we need a quota, please: 10 pods at most` says the same as the sheet `ResourceQuota, ns payments: 10 pods`.
All that is said must be an attribute, a word that says nothing, or a clause that demands nothing: else there is no
reading, and the other grammars have their turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agents.embedded.kube.asides import Aside, fits
from agents.embedded.kube.lexicon import CONDITIONS, FILLERS, NEGATIONS
from agents.embedded.kube.rights import Rule, role_manifest
from agents.embedded.kube.sheet.attributes import Attribute, attributes
from agents.embedded.kube.sheet.cues import CUES, Cue
from agents.embedded.kube.sheet.door import sheet
from agents.embedded.kube.sheet.opening import no_place, openings, shaped
from agents.embedded.kube.sheet.reading import Step, attribute_at, finished, merged
from agents.embedded.kube.sheet.shapes import pattern, values
from agents.embedded.kube.sheet.sheets import ACCOUNT, BARE, MAKE, TABLE, Sheet
from agents.embedded.kube.sheet.zones import GAP, PHRASE, SILENT, WORD, passes, told
from agents.embedded.kube.turns import straight
from agents.embedded.kube.vocabulary import COMMON_NAMES
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

_CONDITION = re.compile(
    r"(?<![\w-])(?:(?<!best )(?<!nice )(?<!great )(?<!good )if(?! i may| possible| you (?:can|please|would|"
    r"could))|unless|"
    r"except(?! (?:they|we|it|he|she|that|i)\b)|excluding|otherwise|provided|assuming|"
    r"suppose|pretend|whether)(?![\w-])",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\s*(?:hi|hey|hello|so|and|but)?[\s,]*(?:why|how|what|which|who|whose|where|when|did|does|do i|do "
    r"we|should (?:i|we)|"
    r"is (?:it|there|the|this)|are (?:there|the|we)|was|were|has|have you|shall|can i|can we (?:see|know)"
    r"|may i (?:see|know))"
    r"\b",
    re.IGNORECASE,
)
_LIMITED = words("resourcequota limitrange networkpolicy")
_PLACED = _LIMITED | words("serviceaccount configmap secret role persistentvolumeclaim")
_WITHIN = "~"
"""Stands for what was found right before, in the words before a word: a clause does not begin there."""
_MAKES = ("kube.create", "kube.run_job", "kube.bind_role", "kube.autoscale", "kube.grant")
_NEVER = FILLERS | NEGATIONS | CONDITIONS | words("namespace ns or and nor but only")
_KINDLY = re.compile(
    r"(?:role|user|group|account|sa|pod|secret|service|svc|claim|pvc|ingress|class|sc|deployment|deploy|request|csr)"
    r"(?:\s+|\s*[:=/]\s*)[`'\"]?$",
    re.IGNORECASE,
)
"""A kind right before a word makes a name of it."""
_UNMADE = re.compile(
    r"(?:doesn't|does not) exist yet|isn't there yet|, granted|, and (?:bind|let|give|allow|grant)\b", re.IGNORECASE
)
_RULED = frozenset({"kube.create_role", "kube.grant"})
_PLACES = attributes("place")
_BRACKETED = attributes("bracketed")
_MARKED = re.compile(r"(?:\bnamespace|\bns|(?<!\w)-n|\bcalled|\bnamed|\bname|['\"`])\b", re.IGNORECASE)
_NAMES = frozenset(
    {"name", "namespace", "service_account", "role", "service", "image_pull_secret", "service_name", "image", "target"}
)


def prose(text: str, writes: frozenset[str]) -> tuple[Step, ...]:
    """The step that a request in sentences asks for; () where it asks for more, or for something not understood."""
    if _CONDITION.search(text):
        return ()
    found: list[tuple[Step, ...]] = []
    for top in _tops(text):
        steps = _read(top, text, writes)
        if steps and steps not in found:
            found.append(steps)
    found = [steps for steps in found if len(steps) > 1] or found
    return found[0] if len(found) == 1 else ()


def whole(text: str, writes: frozenset[str]) -> tuple[Step, ...]:
    """The steps of a request that is read whole, as a sheet or as prose; () where it is not."""
    return sheet(text, writes) or prose(text, writes) or prose(straight(text), writes)


class _Top:
    """Where an order stands, the sheet that it is read by, and what it says itself."""

    def __init__(
        self,
        one: Sheet,
        start: int,
        end: int,
        call: dict[str, object],
        *,
        kind: str = "",
        subject: str = "",
        sure: bool = True,
    ) -> None:
        self.one, self.start, self.end, self.call = one, start, end, call
        self.kind, self.subject, self.sure = kind, subject, sure
        self.known: tuple[Attribute, ...] = (*one.attributes, *_BRACKETED, *(_PLACES if kind in _PLACED else ()))

    def doubtful(self, said: dict[str, object], text: str) -> bool:
        """Whether what stands where a name would may be a word of the language: `in parallel`, `for the interns`."""
        for key in _NAMES & said.keys():
            name = str(said[key])
            if name.isalpha() and name not in _NEVER and _KINDLY.search(text[: text.casefold().rfind(name)]):
                continue
            if (
                name.isdigit()
                or name in _NEVER
                or (name.isalpha() and not _MARKED.search(text) and self._plain(key, name, text))
            ):
                return True
        return False

    def _plain(self, key: str, name: str, text: str) -> bool:
        if key != "namespace":
            return not shaped(name) and name not in COMMON_NAMES
        if re.match(r"in\b|inside\b|within\b|into\b|\(", text, re.IGNORECASE):
            return no_place(name)
        article = re.match(r"\w+\s+(?:the|our|my)\b", text, re.IGNORECASE)
        return self.kind not in _LIMITED or not shaped(name) or bool(article)


def _tops(text: str) -> Iterator[_Top]:
    for top in openings(text):
        for one in TABLE.get((top.kind, BARE if top.bare else MAKE), ()):
            if not one.skill.startswith(_MAKES):
                continue
            if one.named == ACCOUNT and top.bare and not _UNMADE.search(text):
                continue
            call: dict[str, object] = {one.named: top.name} if top.name and one.named else {}
            yield _Top(one, top.start, top.end, call, kind=top.kind, subject=top.subject, sure=top.sure)
    for cue in CUES:
        yield from _cued(cue, text)


def _cued(cue: Cue, text: str) -> Iterator[_Top]:
    for template in cue.templates:
        for found in pattern(template).finditer(text):
            said = values(found)
            sentence = max((text.rfind(mark, 0, found.start() + 1) for mark in (". ", "! ", "? ", "\n")), default=-1)
            if said is not None and not _ASKING.match(text, sentence + 1):
                yield _Top(cue.sheet, found.start(), found.end(), {**said}, kind=cue.kind)


def _read(top: _Top, text: str, writes: frozenset[str]) -> tuple[Step, ...]:
    call: dict[str, object] = {**dict(top.one.fixed), **top.call}
    asides: list[Aside] = []
    rules: list[Rule] = []
    lead: list[str] = []
    begun, at, first = False, 0, _sentence(text, top.start)
    last = _sentence_end(text, top.end)
    while at < len(text):
        if at == top.start and not begun:
            at, lead, begun = top.end, [_WITHIN], True
            continue
        end = len(text) if begun else top.start
        gap = None if text[at] == "(" else GAP.match(text, at, end)
        if gap:
            at, lead = gap.end(), lead if gap[0].isspace() else []
            continue
        said, to = attribute_at(top.known, text[:end], at, top.doubtful)
        if said is not None:
            if "verbs" in call and {"verbs", "kinds"} <= said.keys() and top.one.skill in _RULED:
                rules.append(Rule(tuple(said["verbs"]), tuple(said["kinds"])))  # type: ignore[arg-type]
            elif not merged(call, said):
                return ()
            at, lead = to, [_WITHIN]
            continue
        phrase = PHRASE.match(text, at, end) or GAP.match(text, at, end)
        if phrase:
            at = phrase.end()
            continue
        apart = at < first or at >= last
        heard = told(text, at, end, lead, apart=apart, before=not begun) if top.sure else None
        if heard is not None and _says(top, text, at, heard[1], before=not begun):
            heard = None
        word = WORD.match(text, at, end)
        if heard is not None:
            asides += heard[0]
            at, lead = heard[1], []
        elif word and word[0].casefold() in SILENT:
            at, lead = word.end(), [*lead, word[0].casefold()]
        elif apart and top.sure and passes(text, at, end, before=not begun) > at:
            at = passes(text, at, end, before=not begun)
        else:
            return ()
    _settle(top, call)
    if call.get("type") == "ClusterIP":
        del call["type"]  # as it is without a word
    ready = finished(top.one, call)
    steps = _steps(top.one, ready, rules) if ready is not None else ()
    return () if fits(asides, steps, writes) else steps


def _says(top: _Top, text: str, at: int, end: int, *, before: bool) -> bool:
    """Whether a clause that seems only to tell says an attribute: `it listens on 3000`."""
    for word in re.finditer(r"(?<![\w./-])[\w'\"`-]", text[at:end]):
        said, _ = attribute_at(top.known, text[:end], at + word.start(), top.doubtful)
        if said and not (before and said.keys() <= {"namespace", "schedule", "name"}):
            return True
    return False


def _ruled(one: Sheet, ready: JsonObject, more: list[Rule]) -> tuple[Step, ...]:
    """Several rules: of a role in one manifest, of a grant one by one. What is said twice of a kind has no reading."""
    first = Rule(tuple(map(str, ready.pop("verbs"))), tuple(map(str, ready.pop("kinds"))))  # type: ignore[arg-type]
    rules = [first, *more]
    kinds = [kind for rule in rules for kind in rule.kinds]
    if len(set(kinds)) < len(kinds) or ready.get("resource_names"):
        return ()
    if one.skill == "kube.grant":
        return tuple((one.skill, {**rule.arguments(), **ready}) for rule in rules)
    manifest = role_manifest(str(ready["name"]), str(ready["namespace"]), rules)
    return (("kube.create", {"manifest": manifest}),) if manifest is not None else ()


def _steps(one: Sheet, ready: JsonObject, more: list[Rule]) -> tuple[Step, ...]:
    """The calls of a reading; an account that is to be made with its rights is two."""
    if more:
        return _ruled(one, ready, more) if one.named != ACCOUNT else ()
    if one.named != ACCOUNT:
        return ((one.skill, ready),)
    name, space = str(ready.pop(ACCOUNT)), str(ready["namespace"])
    made: JsonObject = {"name": name, "namespace": space}
    return ("kube.create_service_account", made), (one.skill, {**ready, "service_account": f"{space}/{name}"})


_STOP = re.compile(r"[.!?;](?=\s|$)|\n|:\s|,\s+(?=(?:and )?(?:so|therefore|thus|hence)\b)", re.IGNORECASE)


def _sentence(text: str, at: int) -> int:
    return max((found.end() for found in _STOP.finditer(text, 0, at)), default=0)


def _sentence_end(text: str, at: int) -> int:
    found = re.compile(r"[.!?;](?=\s|$)|\n").search(text, at)
    return found.end() if found else len(text)


def _settle(top: _Top, call: dict[str, object]) -> None:
    """Whoever is to get it, where that is a namespace: `kiln-lab needs a quota`."""
    subject = top.subject
    own = not subject.isalpha() or (top.kind in _LIMITED and shaped(subject))
    if subject and top.kind in _PLACED and own and call.setdefault("namespace", subject) != subject:
        del call["namespace"]
