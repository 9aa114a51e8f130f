"""What tells and asks for nothing: a clause with a subject and a finite verb of its own, an assurance, a courtesy.

A clause that could be the order itself is never one of these: nothing with a wish, a condition, an exception, a value,
or a verb in the form of an order at its head.
"""

from __future__ import annotations

import re
from functools import lru_cache

from agents.embedded.kube.asides import Aside, aside
from agents.embedded.kube.deeds.door import orders
from agents.embedded.kube.deeds.line import line_of
from agents.embedded.kube.deeds.places import places
from agents.embedded.kube.inquiry.tables import ENGLISH
from agents.embedded.kube.lexicon import BASES, CONDITIONS, FILLERS, KIND_NAMES, NEGATIONS, VERBS
from agents.embedded.kube.names import Context
from agents.embedded.kube.remarks import remark
from agents.embedded.kube.segments import Segment
from agents.embedded.kube.tokens import Shape, Token
from agents.embedded.kube.vocabulary import VERB_WORDS
from agents.embedded.wordset import words

_OPENERS = words(
    "and but so because since which who that as well turns oh yes no though although while after before where "
    "hence thus "
    "ok okay now then again anyway anyhow also coz cuz cause sadly luckily apparently obviously today yesterday "
    "meanwhile"
)
_WISHES = words(
    "please must should ought shall let let's want wants need needs like unless only instead rather except excluding "
    "besides otherwise else if until till whenever provided assuming gets goes becomes moves wanted required "
    "needed named called "
    "labelled labeled tagged titled new another"
)
_NAMING = words("name named called call title titled")
_NOT_YET = words("but not now yet today please later right just only until then")
_LEFT = words("emptydir emptydirs scratch grace")
_BE = words("is are was were am isn't aren't wasn't weren't it's that's he's she's they're we're i'm there's what's")
_HAVE = words("has have had hasn't haven't hadn't they've we've i've")
_DOES = words("does do did doesn't don't didn't can't couldn't won't wouldn't")
_PAST = words(
    "went came got told took made found lost said saw knew felt left kept met ran sat sent spent stood taught "
    "thought "
    "understood woke won wrote rang swore fell flew forgot fought froze gave grew heard held hit broke brought "
    "built bought "
    "chose began became ate drank drove spoke stole sang slept paid put read cut hurt let burst shot"
)
_ORDERED = re.compile(r"\b(?:is|are|was|were|has|have|had) (?:to|due)\b")
_DATA = frozenset(
    {Shape.PAIR, Shape.IMAGE, Shape.QUANTITY, Shape.SCHEDULE, Shape.FLAG, Shape.BAD, Shape.URL, Shape.KEY}
)
_COURTESY = words(
    "double quick small tiny favour favor one thing request question urgent asap please thanks thank you hi "
    "hello hey good "
    "morning evening afternoon everyone all team folks guys sorry cheers heads up fyi note reminder important as "
    "discussed "
    "agreed planned usual always ever promised right ok okay well so anyhow anyway don't ask long story short "
    "never mind in "
    "advance a an the for of my to just very much many it's that's fine no hurry rush worries wonder surprise "
    "kidding joke "
    "imagine you can hear me believe it or not"
)
_ASSURED = (
    r"(?:(?:but |and |so |, )*(?:please )?(?:just )?(?:leave|keep|let) (?:everything|anything|all|the) ?(?:else|"
    r"the rest|rest|others?|other \S+)?"
    r" (?:alone|as (?:it is|is|they are|it was)|untouched|unchanged|be|running|in peace|like it is|where it is|"
    r"the way it is) )",
    r"(?:(?:but |and |so |, )*(?:the rest|everything else|all else|the others?|anything else|all the others?|all "
    r"others?|"
    r"all other \S+|the other \S+|everything|nothing) (?:of \S+ |there |about it )?(?:stays?|remains?|keeps?|is "
    r"to stay|should stay|must stay|"
    r"can stay|may stay|changes|is fine|are fine|is okay|is ok|as before)(?: (?:as (?:it is|is|they are|it was)|"
    r"put|the same|untouched|"
    r"unchanged|alone|fine|there|where it is|where they are|the way it is|running|on|up))* )",
    r"(?:(?:but |and |, )*(?:nothing|no one|nobody|no \S+) (?:else|more|other)(?: (?:is|should be|must be|may be|"
    r"gets?|needs? to be|to be|changes|there|"
    r"please|than that|beyond that|to do|changed|touched|affected))* )",
    r"(?:(?:and |so )*(?:can|could|would|will) (?:you|someone|somebody) (?:please )?(?:see to|do|take care of|"
    r"arrange|look after|handle|help (?:me|us) with) "
    r"(?:that|it|this)(?: (?:for me|for us|please|today|now))* )",
    r"(?:(?:but |and |, |so )*(?:please )?(?:don't|do not|never) (?:touch|change|restart|delete|remove|modify|do|"
    r"edit|break|scale|alter) "
    r"(?:anything|any|a thing|the) ?(?:else|others?|other \S+|rest)(?: please| there| though)* )",
    r"(?:n\d+:|U\d+:)?step #\d+ ",
    r"(?:(?:and |, )*(?:all of (?:them|it)|no exceptions?|without (?:any )?exceptions?|every (?:single )?one of "
    r"them|n\d+:exceptions?|each of them) )*"
    r"(?:(?:no|without) n\d+:exceptions? )?",
    r"(?:(?:and )?if (?:you (?:would|could|can|please|may)|i may|we may|possible|that's ok(?:ay)?|you (?:would|"
    r"could) be so (?:kind|good))(?: please)? )",
    r"(?:(?:but |and |, )*(?:same image|same name|same namespace|same place|same everything)(?: (?:otherwise|as "
    r"before|of course|please))* )",
    r"(?:(?:but |and |, )*(?:that's|that is|that would be|this is) (?:all|it|everything)(?: (?:for now|i need|we "
    r"need|please|thanks|really|for today))* )",
    r"(?:(?:but |and |, )*(?:everything|all|the rest) else (?:is|are|looks|seems) (?:fine|ok|okay|good|healthy|"
    r"running|correct|right) )",
)
_RUNNING = re.compile(
    r"(?:(?:but |and |, |so )*(?:please )?(?:just )?(?:leave|keep|let) (?:the |those |what )?(?:running|already "
    r"running|existing|"
    r"current|old|others?) ?(?:ones?|Kpod\*|workloads|trainings|Kjob\*|there|on it|runs)?(?: (?:alone|run|"
    r"running|there|be|on it|as they are|in "
    r"peace|finish|where they are|stay|live))* "
    r"|(?:but |and |, )*(?:the |what )?(?:running|existing|already running|old|present)(?: \S+)?(?: on it| "
    r"there)? (?:must|should|may|can|shall|is to|are to|has to|"
    r"have to)? ?(?:stay|stays|survive|remain|run|keep running|finish|go on|be left alone|live)(?: (?:on|there|"
    r"as they are|put|up|running|where they are))* )"
)


def quiet(piece: Segment) -> Aside | None:
    """What the segment is where it demands nothing: an aside, or a tale that looks like a wish to see a thing."""
    said = remark(piece)
    if said is not None:
        return said
    one, told = aside(piece), tale(piece)
    if told is not None and (one is None or one.shows or told.place or told.until):
        return told
    # `nothing new may land on node-1`: a prohibition that is an order of its own.
    barred = one is not None and (one.forbidden or one.kept or one.still)
    if one is not None and told is None and not barred and not one.until and (_names(piece) or _says_value(piece)):
        return None
    if {token.low for token in piece.content} <= _NOT_YET and {"not", "later"} & {token.low for token in piece.content}:
        return None  # `but not now`
    return None if barred and orders(piece.tokens, Context()) else one


_UNTIL = re.compile(
    r"(?:until|till) (?:i|we) (?:say|tell|call|ask|decide|let|shout)[^#=]*|until further notice |till further notice "
)
_PLACED = re.compile(
    r"(?:(?:it|they|both|all|all of (?:it|this|them)|this|that|everything|these|which|you|will|find|them|"
    r"everyone|each|is|are|'s|lives?|"
    r"runs?|sits?|it's|that's|they're|always|as|of course|,|located|found|should be|happens|takes place|the|mean|"
    r"i|we) )*"
)
_NAMED_PLACE = re.compile(
    r"(?:and |, |\( )?(?:(?:the |its |our )?Knamespace (?:for (?:it|this|that|all of it|both) )?(?:is |: |= |"
    r"would be |being )"
    r"(?P<a>(?:N\d+|n\d+:\S+) )|(?P<b>(?:N\d+|n\d+:\S+) )(?:is |being )(?:the |its |our )?Knamespace )(?:\) "
    r")?(?:by the way |btw |please )*"
)


_PLAIN_PLACE = re.compile(
    r"(?:\( )?(?:the )?(?:Knamespace (?P<a>(?:N\d+|n\d+:\S+) )|(?P<b>(?:N\d+|n\d+:\S+) )Knamespace )(?:\) "
    r")?(?:please )*"
)


def _where(piece: Segment) -> str:
    """`both in shop`, `it lives in shop`, `shop is the namespace`: where all of it is."""
    line = line_of(piece.tokens, Context())
    hit = _NAMED_PLACE.fullmatch(line.text)
    if hit is None and piece.lead in {",", "-", "(", ":", ".", ";"}:
        hit = _PLAIN_PLACE.fullmatch(line.text)
    if hit:
        return line.span(*hit.span("a" if hit["a"] else "b"))[0].low
    return next((place for left, place in places(line) if place and _PLACED.fullmatch(left.text)), "")


def _says_value(piece: Segment) -> bool:
    """`the port is 8080`: a number that may be one of the order's."""
    content = piece.content
    if {token.low for token in content} & {
        "still",
        "currently",
        "was",
        "were",
        "had",
        "before",
        "ran",
        "crashed",
        "exit",
    }:
        return False  # what it is, and is not to stay
    return any(t.shape is Shape.NUMBER and _valued(content, at) and at > 1 for at, t in enumerate(content))


def _names(piece: Segment) -> bool:
    """Whether the segment only names something: a name, or what an order may leave behind, is no chatter."""
    content = piece.content
    if any(token.low in _LEFT for token in content):
        return True
    bare = all(t.shape is Shape.NAME or t.low in FILLERS | _NAMING or t.lemma in KIND_NAMES for t in content)
    shaped = any(token.shape is Shape.NAME and not ENGLISH.fullmatch(token.low) for token in content)
    opening = piece.lead in {"", ":"} and piece.end in {".", ":", ";", "\n"}  # `web in shop: restart it`
    head = next((t for t in content if t.low not in FILLERS), content[0])
    return shaped and ((bare and not opening) or (head.word and head.low in BASES | _NAMING))


@lru_cache(maxsize=512)
def tale(piece: Segment) -> Aside | None:
    """The segment as something that is only told; None where it may demand something."""
    content = piece.content
    if not content:
        return Aside("")
    text = " ".join(token.text for token in content)
    line = line_of(piece.tokens, Context()).text
    if any(re.fullmatch(pattern, line) for pattern in _ASSURED):
        return Aside(text)
    if _RUNNING.fullmatch(line):
        return Aside(text, forbidden=("drain",))
    if _UNTIL.fullmatch(line):
        return Aside(text, until=True)
    where = _where(piece)
    if where:
        return Aside(text, place=where)
    if _courteous(content) or (_tells(piece, content) and not _asks(piece)):
        cost = 0.25 * sum(token.low not in FILLERS for token in content)
        return Aside(text, cost=cost)
    return None


def _asks(piece: Segment) -> bool:
    return piece.end == "?"


def _courteous(content: list[Token]) -> bool:
    return all(token.word and token.low in _COURTESY for token in content)


def _tells(piece: Segment, content: list[Token]) -> bool:
    if any(token.shape in _DATA for token in content) or piece.lead in {"with", "for"}:
        return False
    if any(token.shape is Shape.NUMBER and _valued(content, at) for at, token in enumerate(content)):
        return False
    lows = [token.low for token in content]
    first = 0
    while first < len(lows) - 1 and lows[first] in _OPENERS:
        first += 1
    rest, tokens = lows[first:], content[first:]
    for n, low in enumerate(rest[:-1]):
        if low == "gets" and rest[n + 1].endswith("ed"):
            rest = [*rest[:n], "is", *rest[n + 1 :]]  # `it gets killed` is no wish
    if {"nobody", "noone"} & set(rest):
        rest = [low for low in rest if low not in {"needs", "wants"}]
        tokens = [token for token in tokens if token.low not in {"needs", "wants"}]
    if set(rest) & (_WISHES | _LEFT | (CONDITIONS - {"when", "while", "case", "once"})) or _ORDERED.search(
        " ".join(rest)
    ):
        return False
    if any(low in NEGATIONS for low in rest) and not (
        set(rest) & (_BE | _HAVE | _DOES | words("nobody no never nothing"))
    ):
        return False
    if {"you", "your"} & set(rest[:2]) or rest[0] in {"don't", "do", "never", "no", "not", "nothing"}:
        return False
    return any(_finite(tokens, at) for at in range(1, len(rest)))


def _valued(content: list[Token], at: int) -> bool:
    """Whether a number may be a value of the order: `the app listens on 8080`, and not `it ran for 3 weeks`."""
    before = content[at - 1].low if at else ""
    counted = at + 1 < len(content) and content[at + 1].word
    return not counted or before in words("port on to at is are be")


_MODALS = words("can could may might will would")


def _finite(tokens: list[Token], at: int) -> bool:
    """Whether the word is the verb of a statement whose subject stands before it."""
    low, before = tokens[at].low, tokens[at - 1].low
    if not tokens[at].word or _imperative(tokens, at):
        return False
    if low in _BE | _HAVE | _DOES or (low in _PAST and before != "to"):
        return True
    person = before in words("i we they he she who nobody somebody someone everyone everybody people it which that")
    if (
        low.endswith("ed")
        and len(low) > 4
        and before not in words("be is are to a an the")
        and (low in VERBS or low in VERB_WORDS)
    ):
        return person or tokens[at - 1].shape in {Shape.NAME, Shape.WORD}
    if person and (low in VERB_WORDS or low in VERBS) and before not in {"it", "that", "which"}:
        return True
    third = low.endswith("s") and not low.endswith("ss") and (low in VERB_WORDS or VERBS.get(low, low) != low)
    told = any(t.low in _SUBJECTS or t.shape is Shape.NAME for t in tokens[:at]) and tokens[0].shape is not Shape.NUMBER
    return third and low not in _PLURALS and told and before not in words("the a an our its of")


_PLURALS = words(
    "limits requests labels restarts changes logs runs tags marks schedules deploys drops moves stops starts"
)
_SUBJECTS = words(
    "the a an our my your his her their its this that these those i we they he she it who there some all both"
)


def _imperative(tokens: list[Token], at: int) -> bool:
    """Whether an order stands at the head, so that what follows is its object: `delete what runs there`."""
    head = next((n for n, t in enumerate(tokens) if t.low not in FILLERS), 0)
    verb = tokens[head].low
    plain = tokens[head].word and (verb in BASES or (verb in VERB_WORDS and not verb.endswith(("s", "ed", "ing"))))
    return plain and head < at and not any(t.low in _SUBJECTS for t in tokens[:head])
