"""A request of several sentences as the order that is in it, with what the others tell of its objects.

Never a guess: what may be a wish stays, what is told with a value must show in the plan, what is to be left alone is
held against it, and where an order may mean either of two things it is asked which.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from agents.embedded.kube.asides import Aside
from agents.embedded.kube.lexicon import KIND_NAMES
from agents.embedded.kube.names import Context
from agents.embedded.kube.remarks import in_use
from agents.embedded.kube.story.carried import carried
from agents.embedded.kube.story.clauses import Clause, clauses, sentences, unbracketed
from agents.embedded.kube.story.fixed import assures
from agents.embedded.kube.story.memory import IMAGE_TEXT, Memory
from agents.embedded.kube.story.telling import ASK, ASSURE, BARE, ORDER, PLACE, TELL, manner
from agents.embedded.kube.tokens import LITERAL, Shape, tokenise
from agents.embedded.kube.vocabulary import known

MOST = 40
_SMILEY = re.compile(r"\s*[;:]-?[)(P](?=\s|$)")
_REST = re.compile(
    r"\b(?:only|each|every|all|both|except|twice|once|same|with|without|for|until|as|to|in|on|by)\b", re.I
)
_OPEN = re.compile(
    r"\W*(?:and |so )?(?:but|then|also|in|to|with|without|for|by|from|at|under|after|before|when|slowly|\w+ly"
    r"|leave|keep|let|not|no|don't"
    r"|the same|named|called)\b",
    re.I,
)
_END = re.compile(r"\b(?:in|to|from|into|onto|named|as|by|with)\s+(?:the )?(?P<word>[a-z0-9][a-z0-9-]*)$", re.I)
_HISTORY = re.compile(r"\b(?:was|were|had|did|\w+ed|came|went|got|last|yesterday|ago|since|before|used to)\b", re.I)


@dataclass
class Story:
    """`text` is what is left to be read; `values` were told, and must show in the plan."""

    text: str
    asides: list[Aside] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)
    told: list[str] = field(default_factory=list)
    carried: list[str] = field(default_factory=list)
    begun: bool = False
    ends: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)


def retold(text: str, context: Context) -> Story | None:
    """The story of a text; None where no sentence of it only tells or assures."""
    plain = unbracketed(_SMILEY.sub(".", text))
    parts = sentences(plain)
    if not 1 < len(parts) <= MOST:
        return None
    story = Story("")
    kept: list[str] = []
    for sentence in parts:
        said = _sentence(sentence, story, context, first=not kept)
        if said:
            kept.append(said)
            story.begun = True
    if (not story.told and not story.asides and not story.carried) or not kept:
        return None
    if story.carried:
        kept[0] = ", ".join([kept[0].rstrip(". "), *story.carried]) + "."
    story.text = _POLITE.sub("please ", " ".join(kept))
    return story


_POLITE = re.compile(
    r"(?:^|(?<=[.!?] ))(?:so |and |now |then )*you (?:can|may|could|should) (?:now |then |already "
    r"|also )*(?=\w+)(?!\w+ \?)",
    re.I,
)


def _sentence(sentence: str, story: Story, context: Context, *, first: bool) -> str:
    """What of a sentence is left to be read."""
    pieces = clauses(sentence)
    manners = _manners(pieces)
    story.loose += _loose(pieces, manners, begun=story.begun)
    demanding = [at for at, one in enumerate(manners) if one in {ORDER, ASK}]
    if not demanding:
        if (
            {TELL, ASSURE, PLACE} & set(manners)
            and not (story.begun and BARE in manners)
            and all(_drops(p, m, manners) for p, m in zip(pieces, manners, strict=True))
        ):
            for piece, one in zip(pieces, manners, strict=True):
                _tell(piece, one, story, context)
            return ""
        return sentence
    start = demanding[0]
    while start and manners[start - 1] in {BARE, PLACE}:
        start -= 1
    if not any(one in {TELL, ASSURE} for one in manners[:start]):
        start = 0 if not first or not _heading(pieces[: demanding[0]], manners) else demanding[0]
    for piece, one in zip(pieces[:start], manners[:start], strict=True):
        _tell(piece, one, story, context)
    out = _SO.sub("", pieces[start].text)
    for at in range(start + 1, len(pieces)):
        piece, one = pieces[at], manners[at]
        if one == ASSURE or (one == PLACE and _identity(piece.text)) or (one == TELL and _apart(piece)):
            _tell(piece, one, story, context)
        else:
            out += (piece.lead if out.strip() else "") + piece.text
    end = pieces[-1].end or "."
    return out.strip(" ,") + ("?" if "?" in end and ASK in manners else ".")


_SO = re.compile(r"^\s*so\s*$", re.I)


def _manners(pieces: Sequence[Clause]) -> list[str]:
    out: list[str] = []
    for piece in pieces:
        out.append(manner(piece, after=out[-1] if out else ""))
    for at, piece in enumerate(pieces):
        # `when the load is low: ...`, `..., after the backup has finished`: what is to be waited for.
        ahead = at + 1 < len(pieces) and pieces[at + 1].lead.startswith(":")
        if out[at] in {TELL, BARE} and _WAITS.match(piece.text) and (ahead or (at and at == len(pieces) - 1)):
            out[at] = ORDER
    for at in range(len(pieces) - 1, 0, -1):
        # `volumes and pods stay`: the subject of the assurance was cut in two.
        joined = pieces[at - 1].text + pieces[at].lead + pieces[at].text
        halved = out[at] == ASSURE and out[at - 1] == BARE and pieces[at].lead.strip() in {"and", ",", "or"}
        if halved and assures(joined):
            out[at - 1] = ASSURE
    if pieces[-1].end.startswith("?"):
        begins = next((at for at, piece in enumerate(pieces) if _QUESTION.match(piece.text)), len(pieces) - 1)
        if out[-1] != TELL or begins < len(pieces) - 1 or _QUESTION.match(pieces[-1].text):
            out = [*out[:begins], *(ASK if one in {TELL, BARE, ORDER, ASK} else one for one in out[begins:])]
    return out


def _loose(pieces: Sequence[Clause], manners: Sequence[str], *, begun: bool) -> list[str]:
    """Clauses that may narrow an order, in whatever sentence they stand: `in zebra:`, `..., but leave it paused`."""
    out = []
    for at, (piece, one) in enumerate(zip(pieces, manners, strict=True)):
        ahead = at + 1 < len(pieces) and pieces[at + 1].lead.startswith(":") and TELL in manners[at + 1 :]
        behind = begun and at == len(pieces) - 1 and at > 0
        if (
            (ahead or behind)
            and one in {BARE, ORDER}
            and (_OPEN.match(piece.text) or _WAITS.match(piece.text) or ahead)
        ):
            if not _heading(pieces[: at + 1], manners):
                out.append(piece.text)
        elif one == ASSURE and _WAITING.search(piece.text):
            out.append(piece.text)
    return out


_WAITING = re.compile(r"\b(?:after|when|once|unless|as soon as)\b (?!they\b)", re.I)
_WAITS = re.compile(
    r"\W*(?:and |but |only )*(?:when|whenever|after|once|if|unless|until|till|before"
    r"|as soon as)\b",
    re.I,
)
_QUESTION = re.compile(
    r"\W*(?:and |but |so |hi |hey |ok )*(?:what|which|who|whose|why|how|where|is|are|was|were|does|do|did|has"
    r"|have|can|could|may|will|"
    r"would|any|anything|anybody)\b",
    re.I,
)


def _drops(piece: Clause, one: str, manners: Sequence[str]) -> bool:
    if one in {TELL, ASSURE, PLACE}:
        return True
    if carried(piece.text):
        return True
    return TELL in manners and not _REST.search(piece.text) and not _OPEN.match(piece.text) and not _says(piece.text)


def _says(text: str) -> bool:
    """Whether a name, a value or a kind is among the words: what has no verb, and one of these, may be ordered."""
    return any(token.shape in LITERAL or (token.word and token.lemma in KIND_NAMES) for token in tokenise(text))


def _heading(pieces: Sequence[Clause], manners: Sequence[str]) -> bool:
    """`from the platform guild:`, `yearly ISO check, question 14b:`: what a request is about, and no more."""
    if not pieces:
        return False
    said = " ".join(piece.text for piece in pieces)
    return (
        set(manners[: len(pieces)]) <= {BARE}
        and re.match(
            r"(?:the ticket|from (?:the )?[\w ]+|[\w ]*(?:call|check|finding|meeting|review|audit|ticket"
            r"|request|sync|standup|stand-up|retro)\b[\w .:,]*)$",
            said.strip(),
            re.I,
        )
        is not None
        and not re.search(r"\b(?:dry|force|same|twice|only|tomorrow|until|after|when|all)\b", said, re.I)
    )


def _identity(text: str) -> bool:
    return re.match(r"\W*(?:and )?(?:it|that|this)(?:'s| is)\b", text, re.I) is not None


def _apart(piece: Clause) -> bool:
    """A clause behind an order that only tells why or what else happens: no value, and not of what is made."""
    if any(token.shape in LITERAL - {Shape.NAME, Shape.NUMBER} for token in tokenise(piece.text)) or re.search(
        r"\d", piece.text
    ):
        return False
    if "because" in piece.lead:
        return True
    return (
        re.match(
            r"\W*(?:the|our|his|her|their|its|my|i|we|he|she|someone|somebody|nobody|people|this)\b", piece.text, re.I
        )
        is not None
    )


def _tell(piece: Clause, one: str, story: Story, context: Context) -> None:
    """Keeps what a clause tells, and the attributes that it says of what is to be made."""
    used = in_use(piece.text.strip(" .!,()"))
    if used is not None and one == TELL:
        story.asides.append(used)
        return
    end = _END.search(piece.text.strip(" .!,")) if one != PLACE and story.begun else None
    if end and (_strange(end["word"]) or end["word"] == "force"):
        story.ends.append(end["word"].casefold())
    if one == ASSURE:
        story.asides.append(_assured(piece.text))
        return
    story.memory.hear(piece.text, context, sure=one == PLACE)
    said = carried(piece.text)
    if said:
        story.carried.append(said)
        return
    story.told.append(piece.text)
    if one == TELL:
        story.values += _values(piece.text, behind=story.begun)


def _strange(word: str) -> bool:
    """Whether a word at the end of a clause may be a name: `... to zebra`."""
    (token, *_) = tokenise(word)
    return token.shape is Shape.NAME or (word.isalpha() and word.islower() and not known(token))


_VERBS = {
    "delete": "delete remove wipe kill drop",
    "restart": "restart reboot redeploy recreate",
    "scale": "scale",
    "drain": "drain evict",
    "rollback": "rollback rollbacks",
    "rollout": "rollout rollouts",
}


def _assured(text: str) -> Aside:
    lows = frozenset(token.low for token in tokenise(text))
    negated = bool(lows & {"don't", "dont", "not", "never", "no", "nothing"})
    named = tuple(token.low for token in tokenise(text) if token.shape is Shape.NAME)
    verbs = tuple(verb for verb, said in _VERBS.items() if negated and lows & set(said.split()))
    if lows & {"else", "other", "others", "either"}:
        verbs = ()
    still = (
        bool(negated and lows & {"touch", "change", "do", "fix", "intervention", "anything"} and not named)
        and bool(lows & {"anything", "nothing"})
        and not lows & {"else", "other", "more", "inside", "force", "paste"}
    )
    still = still or bool(
        re.match(
            r"\W*(?:read[- ]only|just (?:look|tell me|asking|reading)|only (?:asking|looking|reading)|change nothing)",
            text,
            re.I,
        )
    )
    return Aside(text, forbidden=verbs, kept=named, still=still, words=lows)


_DECIDED = re.compile(
    r"\b(?:agreed|asked|decided|promised|planned|wants?|wanted|approved|settled|requested|ordered|allowed"
    r"|wished|suggested|"
    r"recommended|voted|needs?|enough|suffices?|fine|max|maximum|limit is)\b",
    re.I,
)
_COUNTED = frozenset({"port", "replicas", "copies", "instances", "limit", "is", "are", "be"})


def _values(text: str, *, behind: bool) -> list[str]:
    """The literals of a clause that may be values of the order, and not of what has happened. `behind`: the order."""
    shapes = {Shape.PAIR, Shape.IMAGE, Shape.SCHEDULE, Shape.FLAG}
    tokens = [token for token in tokenise(text) if not re.fullmatch(r"\d\d?[:.]\d\d", token.text)]
    decided = _DECIDED.search(text)
    if decided:
        shapes |= {Shape.QUANTITY, Shape.DURATION, Shape.NUMBER, Shape.PERCENT}
    elif behind and not _HISTORY.search(text):
        shapes |= {Shape.QUANTITY, Shape.DURATION, Shape.PERCENT}
    elif not _HISTORY.search(text):
        shapes |= {Shape.QUANTITY} if not re.search(r"\b(?:is at|shows?|uses?|eats?|peaks?)\b", text, re.I) else set()
    out = []
    for at, token in enumerate(tokens):
        near = {one.low for one in tokens[max(0, at - 2) : at]} | {one.low for one in tokens[at + 1 : at + 2]}
        counted = token.shape is Shape.NUMBER and token.text.isdigit() and not _HISTORY.search(text) and near & _COUNTED
        named = token.shape is not Shape.IMAGE or IMAGE_TEXT.search(token.text)
        if (token.shape in shapes or counted) and named:
            out.append(token.text)
    return out
