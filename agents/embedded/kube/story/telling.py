"""Whether a clause orders, tells, assures that something stays, or says where and what something is.

Told is what has a subject and a finite verb, and nothing that could be a wish; all that is doubtful orders.
"""

from __future__ import annotations

import re
from functools import lru_cache

from agents.embedded.kube.inquiry.gate import _ALSO, _ORDER, _SHOW
from agents.embedded.kube.lexicon import BASES, KIND_NAMES, VERBS
from agents.embedded.kube.story.clauses import Clause
from agents.embedded.kube.tokens import LITERAL, Shape, Token, tokenise
from agents.embedded.kube.vocabulary import VERB_WORDS
from agents.embedded.wordset import words

ORDER, TELL, ASSURE, PLACE, ASK, BARE = "order", "tell", "assure", "place", "ask", "bare"

_VERBS = frozenset(
    {word for word in re.split(r"[|\s]+", f"{_ORDER}|{_ALSO}|{_SHOW}") if word.isalpha() and len(word) > 2}
    | set(BASES)
    | words(
        "sign turn empty freeze stick upload call bounce do try rid name ignore disregard forget skip pretend"
        " act override bypass obey"
    )
) - words("to of off up down on the you your my me us all is away out run(?: back in me it test view") | words("run")
_OPENERS = words(
    "and so then but ok okay hi hey hello now just also please next finally first therefore thus hence again anyway "
    "well yes no oh still afterwards pls plz kindly quickly simply maybe perhaps stop"
)
_BE = words("is are was were am isn't aren't wasn't weren't")
_AUX = _BE | words(
    "has have had hasn't haven't hadn't does did doesn't don't didn't do will won't would wouldn't can't couldn't"
)
_PAST = words(
    "went came got told took made found lost said saw knew felt left kept met ran sat sent spent stood taught thought "
    "understood woke won wrote rang swore fell flew forgot fought froze gave grew heard held broke brought"
    " built bought "
    "chose began became ate drank drove spoke stole slept paid read hurt burst shot blew wore tore threw caught led "
    "shook hid rose meant dealt dreamt drew sank swam bit grew fed hung lay laid stuck"
)
_SUBJECTS = words(
    "i we they he she it this that these those who which what there somebody someone nobody everybody everyone people "
    "anyone anybody none half both one some"
)
_DETERMINERS = words("the a an our my your his her its their this that these those each every no some any two three")
_CONTRACTED = re.compile(r"\w+'(?:s|re|ve|m|d|ll)$")
_WISH = re.compile(
    r"(?<![\w'-])(?:please|pls|plz|kindly|shall|should|ought|must|has to|have to|need|needs|want|wants|wanted"
    r"|required?|"
    r"let|let's|lets|make sure|ensure|see to it|instead|rather|you|your|ya|u|gimme|is to|are to|to be|gets?"
    r"|goes|becomes?|"
    r"moves|can|may|might|could|if|unless|otherwise|except|excluding|whenever|provided|assuming|supposed|from now on|"
    r"from today|henceforth|as of|another|like to|love to|'d like|time to|to-?do|task|too|either|as well|"
    r"same|until|till|when)(?![\w'])",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"(?<![\w'-])(?:did you|have you|(?:in|since|last) may|you (?:did|made|know|see|were|had|changed|set|ran)"
    r"|thank you|as you"
    r"|tell you|told you|"
    r"believe me|(?:i|we|they|he|she|nobody|no one|anyone|anybody|everyone|everybody|people|who|that|someone"
    r"|somebody|it) "
    r"(?:can|may|might|could)(?= (?!be |go\b))|(?:must|should|may|can) (?:never|not) happen|never wants?|"
    r"(?:go|goes) (?:public|live|down|wrong|home|by|through|fine|well|on|unnoticed)|"
    r"(?:get|gets|got) (?:worse|slow|slower|killed|oomkilled|late|busy|full|traffic|\d+s|\w+ed|out)|"
    r"gets? hit|until now|up to now|until (?:then|today|tonight|tomorrow|\w+day)|when(?= )|as well as|the same time|"
    r"instead of (?=\d)|same (?:team|people|thing|day|hour|time|problem|issue)|too (?:early|late|much|many|slow"
    r"|long|small|big|little|often|"
    r"short|high|low|few)|gives? us until \w+|until (?:the|we|i|they|he|she|it)(?= )|till (?:the|we|\w+day)(?= ))",
    re.IGNORECASE,
)
_ANY_THIRD = re.compile(r"[a-z]{3,}s$")
_NO_THIRD = words(
    "this its his hers ours yours theirs pods jobs nodes services secrets volumes claims limits requests labels logs "
    "replicas copies always perhaps less plus minus status across does thanks as us yes ns sts ds rs ingress class "
    "access process business address users customers rights keys values ports names images files times minutes hours "
    "days weeks months people's others rules settings variables accounts groups teams quotas roles probes"
)
_PREPOSITIONS = words(
    "in on at since during until till before after with without for from by of about under over per as to into around "
    "while although though because besides despite every each last next"
)


@lru_cache(maxsize=512)
def manner(clause: Clause, *, after: str = "") -> str:
    """How the clause speaks; `after` is how the one before it in the sentence does, "" at its start."""
    from agents.embedded.kube.story.fixed import assures, places  # the tables are long

    tokens = [token for token in tokenise(clause.text) if token.shape is not Shape.MARK or token.text in {"(", ")"}]
    content = [token for token in tokens if token.shape is not Shape.MARK]
    if not content:
        return BARE
    if places(clause.text):
        return PLACE
    if assures(clause.text):
        return ASSURE
    if _remembers(clause.text):
        return TELL
    if _imperative(content):
        return ORDER
    if clause.end.startswith("?"):
        return ASK
    if _wishes(clause.text, content):
        return ORDER
    if _finite(content) or _TOLD.search(clause.text):
        return TELL
    if after == TELL and _goes_on(content):
        return TELL
    return BARE


_TOLD = re.compile(
    r"^(?:(?:and|but|so|so far|or|well|also)\s+)*(?:(?:it|that|there|here|what|he|she|who)['’]s|(?:i|we|you"
    r"|they|there)['’](?:re|ve|m|ll))\s"
    r"|^[\w ]{3,30}['’]s (?:through|done|gone|over|fine|ready|down|up|back|late|out)\b"
    r"|^(?:hence|thus|no wonder|so much for|was|used to)\b|^(?:someone|somebody) used to\b",
    re.IGNORECASE,
)


def _remembers(text: str) -> bool:
    return re.match(r"(?:do you )?(?:remember|you know|you remember|recall)\b", text, re.IGNORECASE) is not None


def _imperative(content: list[Token]) -> bool:
    """Whether an order stands at the head, or behind a place at the head: `in shop create a ...`."""
    first = next((at for at, token in enumerate(content) if token.low not in _OPENERS), len(content))
    for at in range(first, len(content)):
        token = content[at]
        verb = token.low.split(" ")[0]
        before = content[at - 1] if at else None
        heads = at == first or (
            before is not None and before.shape is not Shape.WORD and content[first].low in _PREPOSITIONS
        )
        if not token.word or verb not in _VERBS:
            continue
        after = content[at + 1 :]
        if heads:
            return not _noun(content, at)
        # A verb in its plain form with its object behind it: `... then delete the pod`.
        plain = before is not None and before.low in {"then", "and", "please", "just", "also", "now", "so"}
        if plain and after and (after[0].low in _DETERMINERS | words("it them all") or after[0].shape in LITERAL):
            return True
    return False


def _noun(content: list[Token], at: int) -> bool:
    """`change board meets`, `release 4.2 needs`: no order, but a subject with its verb behind it."""
    after = content[at + 1 :]
    if not after or after[0].low in _DETERMINERS | words("it them me us all every each everything"):
        return False
    return any(
        token.low in _AUX
        or (_third(token) and token.lemma not in KIND_NAMES and token.low in VERBS.keys() | VERB_WORDS)
        or (token.low in _PAST)
        for token in after[:4]
        if token.word and token.low not in {"does", "do"}
    )


def _wishes(text: str, content: list[Token]) -> bool:
    kept = _HARMLESS.sub(" ~ ", text)
    kept = (
        kept
        if not _motive(kept, content)
        else re.sub(r"\b(?:needs?|wants?|wanted|would like|'d like|has to|have to)\b", "~", kept)
    )
    return _WISH.search(kept) is not None


_MOTIVE = re.compile(
    r"^(?:\W|and |but |so )*(?!it\b|they\b|this\b|that\b|these\b|you\b)(?:(?:i|we) (?:need|want)(?= to\b"
    r"|.*\bfor\b)|(?:i|we)'d like(?= to\b)|(?!i\b|we\b)"
    r"(?:(?:[\w' .]{2,60}?\b)?(?:wants?|needs?|would like|wanted)\b))(?: to (?!be\b))?",
    re.IGNORECASE,
)
_DOMAIN = words(
    "access right rights permission permissions role quota limit limits replica replicas copy copies instance"
    " instances "
    "image tag port cpu memory storage label annotation env variable schedule probe ingress network policy account "
    "namespace restart rollback traffic host url more less fewer another new own extra additional delete deleted gone"
)


def _motive(text: str, content: list[Token]) -> bool:
    """`the vendor wants the core dump`: whose wish it is, in words that no skill has."""
    if re.match(r"(?:for [\w ]+)?(?:we|i)(?:'ll| will)? (?:need|want) something\b", text, re.IGNORECASE):
        return True
    found = _MOTIVE.match(text)
    if found is None:
        return False
    if any(token.low in _DOMAIN or (token.word and token.lemma in KIND_NAMES) for token in content):
        return False
    behind = re.match(r"\s*(?:to )?([a-z]+)", text[found.end() :], re.IGNORECASE)
    verb = behind[1].casefold() if behind else ""
    done = found[0].rstrip().endswith(" to") and verb in _VERBS - words(
        "see call look show check know read watch understand"
    )
    return not done and not any(
        token.shape in {Shape.PAIR, Shape.IMAGE, Shape.QUANTITY, Shape.SCHEDULE} for token in content
    )


def _third(token: Token) -> bool:
    low = token.low
    return (
        token.word
        and bool(_ANY_THIRD.fullmatch(low))
        and not low.endswith(("ss", "ous", "us", "is"))
        and low not in _NO_THIRD
    )


def _finite(content: list[Token]) -> bool:
    """Whether a subject has its finite verb behind it."""
    lows = [token.low for token in content]
    for at, token in enumerate(content):
        low = token.low
        if token.shape is not Shape.WORD and low not in _AUX and not _CONTRACTED.fullmatch(low):
            continue
        before = lows[at - 1] if at else ""
        if _CONTRACTED.fullmatch(low) and low.split("'")[0] in _SUBJECTS | {"what", "here", "how"}:
            return True
        if at == 0:
            continue
        if low in _AUX or low.endswith("n't") or (low in _PAST and before != "to"):
            return True
        if before in _SUBJECTS - {"one", "some", "that", "this"} and (
            low in VERB_WORDS or low in _VERBS or _third(token)
        ):
            return True
        if (
            low.endswith("ed")
            and len(low) > 4
            and before not in _DETERMINERS | _BE | {"to", "be", "been", "and"} | _PREPOSITIONS
        ):
            return True
        if (
            _third(token)
            and before not in _DETERMINERS | _PREPOSITIONS | {"and", "'s"}
            and (low in VERB_WORDS or content[at - 1].shape in {Shape.NAME, Shape.WORD})
            and (at + 1 < len(content) or content[at - 1].shape is Shape.NAME)
        ):
            return True
        if low in {
            "say",
            "said",
            "think",
            "complain",
            "claim",
            "talk",
            "report",
            "see",
            "get",
            "keep",
            "seem",
            "lose",
            "hold",
        } and (content[at - 1].word and before.endswith("s")):
            return True
    return False


def _goes_on(content: list[Token]) -> bool:
    """`... and confuses everyone`: more of what the clause before tells, without its subject."""
    head = next((token for token in content if token.low not in _OPENERS), None)
    if head is None or not head.word:
        return False
    low = head.low
    return low in _AUX | _PAST or low.endswith("ed") or (_third(head) and len(content) > 1) or low in {"just", "simply"}
