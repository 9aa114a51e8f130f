"""What of a text may be passed over, beside what was found in it: reasons, thanks, assurances, somebody's story.

A word that could change what is asked for is never passed over: a setting of Kubernetes, a kind, a literal, a
condition, a denial, another order. How much else may be, depends on where it stands: in the clause of the order itself
only words that say nothing, in a clause beside it a reason or a statement, in another sentence whatever is told there.
"""

from __future__ import annotations

import re
from itertools import pairwise

from agents.embedded.kube.asides import Aside, aside
from agents.embedded.kube.lexicon import BASES, CHANGES, CONDITIONS, FILLERS, KIND_NAMES, NEGATIONS
from agents.embedded.kube.segments import segments
from agents.embedded.kube.tokens import Shape, Token, tokenise
from agents.embedded.wordset import words

GAP = re.compile(r"(?:[\s,;()•|*{}\[\]]|[.:!?](?=\s|$|\))|(?:-+|–|—|->|=>|→|/|&|\+|:)(?=\s))+")
WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?(?![\w@=/.-]*[\w@=/])(?!:\S)", re.IGNORECASE)
SILENT = (
    FILLERS
    | words(
        "and with plus also has having gets get that which it its they please should must shall may can thanks cheers "
        "containing holding carrying using named as follows only just both need needs want wants like given being "
        "but okay purpose use there it'll it's they'll whose hi tia whenever then else's kubectl k thx ty pls way"
    )
) - words(
    "like any some each every all both per than more less least most nothing anything everything whole full entire two "
    "except own existing same whenever"
)
"""Words that say nothing beside an attribute."""
PHRASE = re.compile(
    r"(?:in total|in all|all in all|altogether|overall|in sum|all told|as follows|consisting of|at once|right away|"
    r"straight away|by default|as soon as possible|if possible|if you can|when you can|for now|no more|nothing more|"
    r"nothing else|and that's (?:it|all)|that's (?:it|all)|that is all|thank you|many thanks|thanks a lot|two things|"
    r"if i may|from now on|from here on|as of now|of course|one-off|it's urgent|whenever you (?:can|have time)|"
    r"(?:please )?(?:make sure|ensure|see to it)(?: that)?|no (?:other|more|further) (?:rights|permissions|"
    r"access)|will not go away|no rights(?: at all)?(?: for now| yet| so far)"
    r"?|without (?:any )?rights|"
    r"(?:is|are|was|isn't)(?: not)? (?:ours|theirs|mine|known|unknown|legit|legitimate|expected|fine|ok|"
    r"okay|good|missing|genuine|trusted|valid)|"
    r"except(?= (?:they|we|it|he|she|that|i)\b)|#\d+|(?-i:[A-Z]{2,8}-\d+)(?=[:,. )]|$)|in that same namespace|"
    r"in (?:that|this|the same) namespace|doesn't "
    r"exist yet|does not exist yet|"
    r"there(?:'s| is| are)(?: still)? (?:no|none)(?: \w+){0,2}(?: there| in it)? (?:yet|so far)|infront|"
    r"(?:i|we|they)(?:'d| would)(?: really)? (?:like|love)(?: to (?:have|see))?|in the first place|to "
    r"start with|to begin with|no rush|no hurry|by hand|instead of me)(?![\w-])",
    re.IGNORECASE,
)
_PART = re.compile(r"(?:[^,;\n.!?:()]|[.:?](?=\S)|,(?=\S))*")
_SENTENCE = re.compile(r"(?:[^;\n.!?]|[.?:](?=\S))*[.!?;]*")
_TURNING = words(
    "tls ssl https headless immutable privileged readonly sidecar init volume volumes mount mounted mounts "
    "disk storage "
    "probe readiness liveness startup affinity toleration selector sticky session sessions externally rewrite path "
    "prefix wildcard parallel parallelism completion completions backoff retries ttl timezone concurrency finalizer "
    "finalizers annotation annotations label labels labelled priority ephemeral gpu gpus cpu core memory ram request "
    "requests limit limits quota cap port ports env command args entrypoint image images tag container containers "
    "schedule hourly daily weekly monthly nightly cron maximum minimum max min replica replicas copies clone clones "
    "identical ingress egress incoming outgoing inbound outbound traffic dns tcp udp allow deny block group "
    "admin root token certificate key keys values value random everything every each both everywhere clusterwide "
    "tomorrow later twice thrice overwrite existing filesystem default reclaim expand retain audience dry-run dry "
    "listen listens listening serve serves preview simulate another other others backup recursive recursively "
    "namespace namespaces cluster-wide globally"
)
"""Words that may change what is meant: they are part of an attribute, or the request is not understood."""
_REASONS = words("for because since as so due before while that to by cause coz who")
_MODALS = words("should must needs need shall may can could ought has have want wants")
_PEOPLE = words("i we they he she you people nobody somebody someone everybody everyone one who that i'll we'll")
_FINITE = words(
    "is are was were be been has have had i we they he she it you who which that's it's he's she's they're we're i'm "
    "i've we've i'd i'll we'll nobody somebody someone people shes hes its theyre im ive there's thats "
    "did does do will "
    "would said says asked wants told"
)
_PLAIN = frozenset({Shape.WORD, Shape.MARK})
_PLACES = words("namespace ns called named")
_COUNT = re.compile(r"\d+(?:[.,:]\d+)?(?:st|nd|rd|th|%|am|pm)?(?=\s+([a-z]+))", re.IGNORECASE)


def turns(token: Token) -> bool:
    """Whether the word could change what is asked for."""
    return (
        token.low in CONDITIONS
        or token.low in _TURNING
        or token.lemma in _TURNING
        or token.lemma in KIND_NAMES
        or token.low in NEGATIONS
    )


def orders(tokens: list[Token]) -> bool:
    """Whether a clause orders something else."""
    said = [t for t in tokens if t.word and t.low not in FILLERS | {"and", "then", "also"}]
    if bool(said) and said[0].low in BASES and said[0].lemma in CHANGES - {"have", "let"}:
        return True
    lows = [t.low for t in tokens]
    modal = next((at for at, low in enumerate(lows) if low in _MODALS), -1)
    return modal >= 0 and not _PEOPLE & set(lows[:modal]) and any(t.lemma in CHANGES for t in tokens[modal + 1 :])


def told(text: str, at: int, end: int, lead: list[str], *, apart: bool, before: bool) -> tuple[list[Aside], int] | None:
    """The asides of a clause, or of a whole sentence that stands apart, and its end; None where it may demand."""
    if apart and not lead:
        whole = _heard(text, at, end, lead, _SENTENCE, apart=True, before=before)
        if whole is not None:
            return whole
    return _heard(text, at, end, lead, _PART, apart=apart, before=before)


def _heard(
    text: str, at: int, end: int, lead: list[str], reach: re.Pattern[str], *, apart: bool, before: bool
) -> tuple[list[Aside], int] | None:
    found = reach.match(text, at, end)
    tokens = tokenise(found[0]) if found else []
    if found is None or not tokens:
        return None
    heard = [aside(piece) for piece in segments(tokens)]
    quiet = [one for one in heard if one is not None and not one.shows]
    bare = not any(turns(t) and t.low not in NEGATIONS for t in tokens)
    counted = any(
        t.shape not in _PLAIN and not (before and _counts(t, after)) for t, after in pairwise([*tokens, _END])
    )
    kept = any(one.kept or one.forbidden for one in quiet)
    if len(quiet) == len(heard) and not lead and (not counted or (apart and kept)) and (apart or bare):
        return quiet, found.end()
    if counted or any(map(turns, tokens)) or orders(tokens):
        return None
    lows = {t.low for t in tokens}
    if (apart and not lead) or _REASONS & set(lead[-3:]) or (not lead and lows & _FINITE):
        return [], found.end()
    return None


_END = Token(Shape.MARK, "", "", 0, 0)


def _counts(token: Token, after: Token) -> bool:
    """`41 years`, `two million viewers`: how many of what has nothing to do with Kubernetes."""
    return (
        token.shape in {Shape.NUMBER, Shape.DURATION} and after.shape in {Shape.WORD, Shape.NUMBER} and not turns(after)
    )


def passes(text: str, at: int, end: int, *, before: bool) -> int:
    """The end of a word that is passed over in a sentence which stands apart and tells; `at` where it may not be."""
    count = _COUNT.match(text, at, end)
    if count is not None and before:
        return count.end() if not count[1] or not turns(tokenise(count[1])[0]) else at
    word = WORD.match(text, at, end)
    if word is None:
        return at
    (token, *_) = tokenise(word[0])
    named = re.search(r"([a-z]+)\s*$", text[:at], re.IGNORECASE)
    if turns(token) or (named is not None and named[1].casefold() in _PLACES and token.low not in FILLERS):
        return at
    if token.low in _MODALS - {"has", "have"}:
        found = _SENTENCE.match(text, at, end)
        return word.end() if before and found and not orders(tokenise(found[0])) else at
    return word.end()
