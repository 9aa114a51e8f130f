"""How people type: contractions without an apostrophe, chat spellings, and slips of one letter, set right.

Only words are touched: never a path, a quoted text, a number, nor a word in the place of a name. A slip is set right
only towards a word that the grammar knows, only where exactly one is near, and never when it is a word of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from agents.embedded.clauses import VERBS
from agents.embedded.confusable import WORDS_OF_THEIR_OWN
from agents.embedded.text import lemma, stem
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words

SHORTEST = 5
"""Fewest letters of a word that is taken for a slip; where two letters have changed places, one less."""

# Written as people write them = what they stand for.
_CHAT = """
dont = don't; doesnt = doesn't; didnt = didn't; isnt = isn't; arent = aren't; wasnt = wasn't; werent = weren't
cant = can't; wont = won't; couldnt = couldn't; shouldnt = shouldn't; wouldnt = wouldn't; havent = haven't
hasnt = hasn't; hadnt = hadn't; mustnt = mustn't; whats = what's; whos = who's; wheres = where's; hows = how's
whens = when's; thats = that's; theres = there's; heres = here's; lets = let's; im = i'm; ive = i've
youre = you're; youve = you've; theyre = they're; weve = we've; itll = it'll; youd = you'd; somethings = something's
someones = someone's; everyones = everyone's; tomorrows = tomorrow's; todays = today's
pls = please; plz = please; plese = please; pleas = please; plx = please; thx = thanks; tnx = thanks; thnx = thanks
ty = thanks; tysm = thanks; thankyou = thank you; u = you; ur = your; em = them; 'em = them; ya = you; yall = you
y'all = you; cuz = because; coz = because; bc = because; b/c = because; tho = though; thru = through
w/o = without; w/out = without; w/ = with; btwn = between; abt = about; rly = really; ppl = people
gonna = going to; wanna = want to; gotta = have to; gimme = give me; lemme = let me; dunno = don't know
kinda = kind of; sorta = sort of; outta = out of; n't = not; alot = a lot; aswell = as well; incase = in case
howmuch = how much; howmany = how many; wich = which; wat = what; wut = what; tmrw = tomorrow
wordcount = word count; linecount = line count; nr = number
wats = what's; wots = what's; realy = really; recieve = receive; seperate = separate; untill = until
teh = the; hte = the; adn = and; nad = and; fo = of; ot = to; taht = that; thsi = this; waht = what
"""
_ENTRIES = (entry.partition("=") for line in _CHAT.strip().splitlines() for entry in line.split(";"))
CHAT: dict[str, str] = {short.strip(): full.strip() for short, _, full in _ENTRIES}
# Behind and before these stands a name that somebody gave, which is spelt as it is spelt.
NAMERS = words(
    "called named name titled labelled labeled tagged containing contains contain mentioning mention mentions saying "
    "says folder directory dir subfolder process service daemon user container pod program app user host word phrase "
    "text string deployment namespace command"
)
NAMED = words("folder directory dir process service daemon container pod user program app deployment")


def spell(tokens: Sequence[Token], known: frozenset[str], names: frozenset[str]) -> list[Token]:
    """The tokens as they were meant. `known` are the grammar's words, `names` those of devices and labels."""
    out: list[Token] = []
    for at, token in enumerate(tokens):
        if token.kind is Kind.PUNCT and token.text in {"-", "="} and _arrow(tokens, at):
            continue
        if token.kind is Kind.SIGN and token.text == ">" and at and _arrow(tokens, at - 1):
            out.append(_arrowed(replace(token, start=tokens[at - 1].start), tokens[at + 1 : at + 2]))
        elif _places(token, names):
            out.extend(_split(token))
        elif token.text in {"→", "⇒", "@"}:
            out.append(_word(token, "on" if token.text == "@" else "to"))
        elif token.text.casefold() in CHAT and token.kind in (Kind.WORD, Kind.PATH):
            out.extend(_word(token, part) for part in CHAT[token.text.casefold()].split())
        elif token.word and not _name_due(tokens, at):
            out.append(_corrected(token, known, names))
        else:
            out.append(token)
    return out


def _places(token: Token, names: frozenset[str]) -> bool:
    """`@beta`, `alpha/beta`: devices with a mark before or between them."""
    parts = token.text.casefold().strip("@").split("/")
    marked = token.text.startswith("@") or (token.kind is Kind.PATH and len(parts) > 1)
    return marked and names.issuperset(parts)


def _split(token: Token) -> list[Token]:
    said = [_word(token, "on")] if token.text.startswith("@") else []
    for number, part in enumerate(token.text.strip("@").split("/")):
        said += [_word(token, "and")] if number else []
        said.append(_word(token, part))
    return said


def _arrow(tokens: Sequence[Token], at: int) -> bool:
    """`->` and `=>` stand for "to"; the tokeniser reads two marks side by side."""
    if at + 1 >= len(tokens) or tokens[at].text not in {"-", "="}:
        return False
    return tokens[at + 1].text == ">" and tokens[at].end == tokens[at + 1].start


def _arrowed(token: Token, after: Sequence[Token]) -> Token:
    """`a -> b` is "a to b"; before a verb the arrow only parts the subject from what is to be done with it."""
    if after and after[0].word and after[0].lemma in VERBS:
        return replace(token, kind=Kind.PUNCT, text=",", lemma=",", value=None)
    return _word(token, "to")


def _word(token: Token, text: str) -> Token:
    return replace(token, kind=Kind.WORD, text=text, lemma=lemma(text), value=None)


def _name_due(tokens: Sequence[Token], at: int) -> bool:
    before = tokens[at - 1].lemma if at else ""
    after = tokens[at + 1].lemma if at + 1 < len(tokens) else ""
    return before in NAMERS or after in NAMED


def _corrected(token: Token, known: frozenset[str], names: frozenset[str]) -> Token:
    low = token.text.casefold()
    if len(low) < SHORTEST - 1 or not (low.isascii() and low.isalpha()) or token.text.isupper():
        return token
    if low in names or token.lemma in names or low in WORDS_OF_THEIR_OWN:
        return token
    meant = _nearest(low, known)
    # A device's misspelt name is left to the reader of mentions, which lets no change rest on it.
    return token if meant is None or meant in names else _word(token, meant)


@lru_cache(maxsize=4096)
def _nearest(low: str, known: frozenset[str]) -> str | None:
    """The one known word a slip away: a letter too many, too few, wrong, or two in the wrong order; never the first."""
    if low in known or lemma(low) in known or stem(low) in _stems(known):
        return None
    # Loaded for the first word that may be a slip: most requests have none.
    from rapidfuzz.distance import OSA

    swapped = {low[:at] + low[at + 1] + low[at] + low[at + 2 :] for at in range(len(low) - 1)} & known
    doubled = {low[:at] + low[at] + low[at:] for at in range(len(low))} & known
    near = (
        swapped
        or doubled
        or {
            word
            for word in known
            if len(low) >= SHORTEST <= len(word) and word[0] == low[0] and abs(len(word) - len(low)) <= 1
            if OSA.distance(low, word, score_cutoff=1) <= 1
        }
    )
    lemmas = {lemma(word) for word in near}
    return min(near, key=lambda word: (word[-2:] != low[-2:], word)) if len(lemmas) == 1 else None


@lru_cache(maxsize=2)
def _stems(known: frozenset[str]) -> frozenset[str]:
    return frozenset(stem(word) for word in known if len(word) >= 4)
