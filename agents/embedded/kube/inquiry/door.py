"""The reading of a request that only asks: its gate, the intents in their order, and what may be left over."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.embedded.kube.inquiry.asks_access import ACCESS
from agents.embedded.kube.inquiry.asks_audit import AUDIT
from agents.embedded.kube.inquiry.asks_cluster import CLUSTER
from agents.embedded.kube.inquiry.asks_lists import LISTS
from agents.embedded.kube.inquiry.asks_objects import OBJECTS, fact, manifest
from agents.embedded.kube.inquiry.asks_streams import STREAMS
from agents.embedded.kube.inquiry.asks_trouble import TROUBLE
from agents.embedded.kube.inquiry.gate import asking, conditional, fixes, heading, opens, orders, supposing, wishing
from agents.embedded.kube.inquiry.intents import Intent, json
from agents.embedded.kube.inquiry.script import Ask
from agents.embedded.kube.inquiry.tables import ENGLISH
from agents.embedded.kube.inquiry.things import Things
from agents.embedded.kube.lexicon import COMMANDS, CONDITIONS, FILLERS, NEGATIONS
from agents.embedded.kube.names import Context
from agents.embedded.kube.tokens import Shape, Token
from agents.embedded.kube.vocabulary import COMMON_NAMES
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

Step = tuple[str, JsonObject]
_FACT = next(one for one in OBJECTS.all if one.read is fact)
_INTENTS: tuple[Intent, ...] = (
    *ACCESS.all,
    *CLUSTER.all,
    *(one for one in STREAMS.all if one.skill != "kube.top"),
    *(one for one in OBJECTS.all if one is not _FACT and one.skill != "kube.describe"),
    *AUDIT.all,
    *TROUBLE.all,
    *(one for one in STREAMS.all if one.skill == "kube.top"),
    *(one for one in OBJECTS.all if one.skill == "kube.describe"),
    _FACT,
    *LISTS.all,
)
_TELLING = words(
    "all every each any everything lying around floating hanging sitting everywhere anywhere whatsoever mean "
    "both whole entire back up "
    "namespace namespaces cluster compare used use uses using set collect gather wanna would like one ones these "
    "those single "
    "exist exists live lives living sit sits sitting stay belong belongs placed deployed defined configured "
    "found know knows list table column "
    "names offenders ones culprits see please only just name nothing else short overview summary report answer "
    "yes no or and "
    "but new existing moment now currently today right present there here located hosted kept have has got "
    "running runs run installed registered available around people folks list "
    "contain contains offer offers appreciate grateful glad thankful remaining rest other others as version versions "
    "type types kind kinds where each per across number total altogether together still yet already also too out me us"
)
_DATA = frozenset(
    {
        Shape.NAME,
        Shape.PATH,
        Shape.PAIR,
        Shape.IMAGE,
        Shape.URL,
        Shape.FLAG,
        Shape.BAD,
        Shape.IDENTITY,
        Shape.QUOTED,
        Shape.KEY,
        Shape.QUANTITY,
        Shape.PERCENT,
        Shape.SCHEDULE,
    }
)
_LOOSE = frozenset({"kube.diagnose", "kube.fix"})
STORIES = _LOOSE | {"kube.audit"}
"""What is asked with a story, in which something should be otherwise than it is."""


def opens_with_a_question(tokens: Sequence[Token]) -> bool:
    """Whether the request begins by asking; what sounds like an order behind it is the reason."""
    return opens(Ask(tokens, Things(tokens, Context())))


def inquires(tokens: Sequence[Token]) -> bool:
    """Whether the request asks for something to be shown, and for nothing to be changed."""
    ask = Ask(tokens, Things(tokens, Context()))
    return asking(ask) and not wishing(ask) and not orders(ask)


def inquire(tokens: Sequence[Token], context: Context) -> tuple[Step, ...]:
    """The steps that words ask for; () where they may ask for more than this reading is sure of.

    In a clause, `it` and `there` are what the context says that the clauses before spoke of.
    """
    things = Things(tokens, context)
    if things.ambiguous or supposing(Ask(tokens, things)):
        return ()
    if orders(Ask(tokens, things)):
        return ()
    mending = fixes(Ask(tokens, things))
    plain = not asking(Ask(tokens, things))
    wished = wishing(Ask(tokens, things))
    questioned = not plain and (opens(Ask(tokens, things)) or any(token.text == "?" for token in tokens))
    if plain and wished:
        return ()
    for intent in _INTENTS:
        ask = Ask(tokens, things.fork())
        orders(ask)  # explains the assurances
        calls = intent.read(ask)
        if calls is None:
            continue
        steps = tuple((str(call.pop("@skill", intent.skill)), json(call)) for call in map(dict, calls))
        if wished and not questioned and intent.skill not in STORIES:
            return ()
        if (mending and intent.skill not in _LOOSE) or not steps or not _explained(ask, intent, plain=plain):
            return ()
        return steps
    return ()


def _explained(ask: Ask, intent: Intent, *, plain: bool = False) -> bool:
    """Whether nothing is left that could narrow down, or add to, what is asked for."""
    loose = intent.skill in _LOOSE
    plain = plain and intent.skill != "kube.audit"
    headed = plain and heading(ask)
    if conditional(ask, exceptions=not loose) or _elsewhere(ask, intent) or _left_out(ask):
        return False
    around = ask.clause_of(ask.cues)
    for at, token in enumerate(ask.tokens):
        if at in ask.used or token.shape is Shape.MARK:
            continue
        near = ask.clauses[at] in around
        if token.shape in _DATA and not _telling(token, loose=loose):
            return False
        if loose:
            continue
        if (near or plain) and token.shape is not Shape.WORD and not _spelled(token):
            return False
        if ((near and intent.strict) or (plain and not headed)) and not _idle(token):
            return False
    return True


def _elsewhere(ask: Ask, intent: Intent) -> bool:
    """Whether an unknown word stands where a place would, and no place was found."""
    if ask.things.namespace or ask.things.everywhere or intent in CLUSTER.all:
        return False
    places = {"in", "of", "for", "on", "from", "at", "across", "within"}
    free = (at for at in range(1, len(ask.tokens)) if at not in ask.used and ask.tokens[at - 1].low in places)
    return any(ask.tokens[at].shape is Shape.WORD and ask.things.plain(at) for at in free)


def _left_out(ask: Ask) -> bool:
    """`logs of web and api`: a name joined to one that was found, and itself not found."""
    found = {at for thing in ask.things.named for at in thing.at}
    return any(
        at + 2 in found
        and at not in ask.used | found
        and ask.tokens[at + 1].low in {"and", "&", "+"}
        and (ask.things.plain(at) or ask.tokens[at].low in COMMON_NAMES)
        for at in range(len(ask.tokens) - 2)
    )


def _telling(token: Token, *, loose: bool) -> bool:
    """Data that only describe: `0/1`, `cluster-level`; in a complaint also messages and addresses."""
    if token.shape is Shape.NAME:
        return ENGLISH.fullmatch(token.low) is not None or token.text.isupper()
    if token.shape is Shape.PATH:
        return re.fullmatch(r"\d+/\d+|[a-z]{2,5}/[a-z]{2,5}", token.low) is not None
    return loose and token.shape not in {Shape.PAIR, Shape.FLAG}


def _spelled(token: Token) -> bool:
    """`quick one`, `zero endpoints`: no number that could narrow down."""
    return token.shape is Shape.NUMBER and token.value in {0, 1} and token.text.isalpha()


def _idle(token: Token) -> bool:
    low = token.low
    if low in NEGATIONS | CONDITIONS:
        return False
    return low in FILLERS | COMMANDS | _TELLING or token.lemma in _TELLING or not low.isalpha()


_ = manifest
