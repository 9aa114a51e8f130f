"""Wishes in the passive, as the order that they stand for: `the folder site on alpha needs zipping into site.zip` is
`zip the folder site on alpha into site.zip`, `I need nginx stopped on beta` is `stop nginx on beta`.

A bare `nginx stopped on beta` is a story, and `should it be deleted?` a question: neither is an order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agents.embedded.chaff import line_of
from agents.embedded.tokens import Kind, Token

# verb = its participle and its gerund. What only reads or makes a copy:
_MILD: Final = """
read = read reading; list = listed listing; show = shown showing; display = displayed displaying
print = printed printing; count = counted counting; compare = compared comparing; check = checked checking
sort = sorted sorting; search = searched searching; copy = copied copying
duplicate = duplicated duplicating; send = sent sending
transfer = transferred transferring; ship = shipped shipping; fetch = fetched fetching
download = downloaded downloading; zip = zipped zipping; pack = packed packing; archive = archived archiving
compress = compressed compressing; bundle = bundled bundling; unpack = unpacked unpacking
extract = extracted extracting; unzip = unzipped unzipping; untar = untarred untarring
"""
# What changes or ends what is there:
_HARSH: Final = """
delete = deleted deleting; remove = removed removing; erase = erased erasing; move = moved moving
rename = renamed renaming; create = created creating; stop = stopped stopping; kill = killed killing
terminate = terminated terminating; run = run running; execute = executed executing; run = started starting
append = appended appending; replace = replaced replacing; change = changed changing
"""


def _forms(table: str) -> tuple[dict[str, str], dict[str, str]]:
    """({participle: verb}, {gerund: verb}) of a table."""
    entries = [entry.split() for line in table.strip().splitlines() for entry in line.split(";")]
    return {entry[2]: entry[0] for entry in entries}, {entry[3]: entry[0] for entry in entries}


def _one(forms: dict[str, str]) -> str:
    return "|".join(sorted(forms))


_MILD_PARTICIPLES, _MILD_GERUNDS = _forms(_MILD)
_HARSH_PARTICIPLES, _HARSH_GERUNDS = _forms(_HARSH)
_VERBS: Final = _MILD_PARTICIPLES | _MILD_GERUNDS | _HARSH_PARTICIPLES | _HARSH_GERUNDS
_BEGIN = r"(?:(?<=^ )|(?<=[.;!?:–] ))(?:(?:please|so|and|also|then|now|hi|hey) )*"
_I = r"(?:i|we)"
_WISH = (
    rf"(?:{_I}(?:'d| would|'ll| will)?(?: (?:really|also|now|just|still|urgently|kindly))* (?:need|want|like|love"
    r"|prefer|wish|must have|have to have)(?: to (?:have|see|get))?"
    r"|(?:(?:can|could|would|will) you (?:please )?)?(?:have|get)|need|want)"
)
# No verb, no question and no negation belongs to what is spoken of.
_NOT = (
    r"(?!(?:to|how|what|which|who|whose|whether|if|unless|when|where|why|that|know|not|no|never|nothing|nobody|none"
    r"|don't|doesn't|is|are|was|were|be|been|has|have|had|need|needs|should|must|can|could|would|will|i|we|you|list"
    r"|lists|names|number|any|do|does|did) )"
)
_PART = rf"{_NOT}[^ .,;:!?–]+ "
_SUBJECT = rf"(?P<what>(?:{_PART}){{1,9}}?)"
_KIND = r"(?:process|service|daemon|file|folder|directory|script|archive|program|app|job|zip|tool|command|document)"
_NAMED = (
    rf"(?P<what>(?:(?:the|my|our|this|that) )?(?:{_KIND} )?{_NOT}(?:#|9|[a-z][a-z0-9_.-]*) (?:{_KIND} )?"
    r"(?:(?:in|under|inside|below) (?:the )?(?:folder )?(?:#|[a-z][a-z0-9_-]*) )?"
    r"(?:(?:on|from|at|in|of|off) (?:the |my |our )?(?:@|[a-z]+) )?)"
)
_MUST = (
    r"(?:needs? to|has to|have to|ha(?:s|ve) got to|ought to|is to|are to|should|must|shall|is supposed to"
    r"|wants? to)"
)
_BY = r"(?= (?!by |yesterday |last |today |since |before |after ))"
_HARSH_TAILS = rf"(?P<verb>{_one(_HARSH_PARTICIPLES)}){_BY}"
_PATTERNS: Final = (
    # I need / want / would like X listed; have X copied.
    re.compile(rf"{_BEGIN}(?P<lead>{_WISH} ){_SUBJECT}(?P<verb>{_one(_MILD_PARTICIPLES)}){_BY}"),
    re.compile(rf"{_BEGIN}(?P<lead>{_WISH} ){_NAMED}(?:to (?:be |get )?)?{_HARSH_TAILS}"),
    # X needs listing; X has to be listed.
    re.compile(
        rf"{_BEGIN}{_SUBJECT}(?P<lead>(?:needs?|wants?|requires?|could do with) )"
        rf"(?P<verb>{_one(_MILD_GERUNDS | _HARSH_GERUNDS)})(?= )"
    ),
    re.compile(
        rf"{_BEGIN}{_SUBJECT}(?P<lead>{_MUST} (?:now |please |also )?(?:be|get) )"
        rf"(?P<verb>{_one(_MILD_PARTICIPLES | _HARSH_PARTICIPLES)}){_BY}"
    ),
    # Can X be listed?
    re.compile(
        rf"{_BEGIN}(?P<lead>(?:can|could|may|might) ){_SUBJECT}(?:please )?(?P<be>be )"
        rf"(?P<verb>{_one(_MILD_PARTICIPLES)}){_BY}"
    ),
)
_ASKED = re.compile(r"(?:^| )(?:have|get) $")


def active(tokens: Sequence[Token], names: frozenset[str] = frozenset()) -> list[Token]:
    """The tokens with each passive wish as an order. `names` are words that name devices."""
    out = list(tokens)
    for pattern in _PATTERNS:
        line, starts, ends = line_of(out, names)
        for found in reversed(list(pattern.finditer(line))):
            if found.start("what") in starts and found.end("verb") in ends and not _asks(found, line):
                out = _ordered(out, found, starts, ends)
    return out


def _asks(found: re.Match[str], line: str) -> bool:
    """`have the files been copied?`, `get ...?`: a question after the fact, where nobody is asked to do it."""
    lead = found["lead"]
    bare = lead.startswith(("have ", "get "))
    first = found["what"].split()[0]
    return first in {"it's", "there"} or (bare and bool(re.match(r"[^.;!]*\?", line[found.end() :])))


def _ordered(tokens: list[Token], found: re.Match[str], starts: dict[int, int], ends: dict[int, int]) -> list[Token]:
    """The verb, then what it is done to, then the rest."""
    at = ends[found.end("verb")] - 1
    verb = _VERBS[found["verb"]]
    first = starts[found.start("lead")] if found.start("lead") < found.start("what") else starts[found.start("what")]
    subject = tokens[starts[found.start("what")] : starts[found.start("what")] + len(found["what"].split())]
    order = replace(tokens[at], kind=Kind.WORD, text=verb, lemma=verb, value=None)
    return [*tokens[:first], order, *subject, *tokens[at + 1 :]]
