"""Everyday verbs by the plain verb that frames and examples use: `jot "x" into a.txt` is `write "x" into a.txt`.

A verb is exchanged only at the head of a sentence or of a part of one, and only before the kind of object that gives it
this meaning there: `shoot process 4711` stops a process, `shoot the video` is left as it is. What deletes or stops
something asks for the file or the process right behind it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agents.embedded.text import lemma
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words as wordset

_DET = r"(?:the |my |our |a |an |that |this |all |every |of )*"
_OWN = r"(?:the |my |our |that |this |old |stale |obsolete |unused |leftover |whole |entire |complete )*"
_FILE_NOUN = r"(?:file|document|doc|script|config|log|note|text file|logfile)"
_FOLDER_NOUN = r"(?:folder|directory|dir|subfolder|subdirectory)"
# What must follow: `#` is a path, `"` a quoted text, `~` an address, `9` a number.
_OBJECTS: Final = {
    "path": rf"{_OWN}(?:{_FILE_NOUN} )?[#\"]",
    "archive": rf"{_OWN}(?:(?:archive|zip|tarball|zip file) )?#",
    "text": rf"{_DET}(?:line |text |word |words |entry |note |sentence |phrase |message |string |value )?\"",
    "content": rf"(?:me |us )?{_DET}(?:(?:contents?|text|body|wording) of )?{_OWN}(?:{_FILE_NOUN} )?#"
    r"(?!(?: [^.;]*)? (?:for|to|into|onto|over|across) )",
    "named": rf"{_OWN}(?:{_FILE_NOUN} |{_FOLDER_NOUN} )*#",
    "folder": rf"{_OWN}(?:{_FOLDER_NOUN} [a-z#]|[a-z]+ {_FOLDER_NOUN} |#)",
    "new folder": rf"(?:the |a |an |new |empty |fresh |another |extra |separate |blank |sub )*{_FOLDER_NOUN} ",
    "moved": rf"{_OWN}(?:{_FILE_NOUN} |{_FOLDER_NOUN} )*# (?:over |across |down |up )?(?:in|into|to|under|inside) "
    rf"(?:the |my )?(?:{_FOLDER_NOUN} )?(?:#|[a-z]+ {_FOLDER_NOUN} )(?![^.;]*(?:from|off|out of) )",
    "process": r"(?:(?:the|that|this|any|all|every|each) )*(?:(?:process|pid|program|job|service|daemon|proc) |9|"
    r"[a-z][\w.-]* (?:process|program|proc|processes) )",
    "script": r"(?:(?:the|my|our) )*(?:script |file |job )*#",
    "address": r"(?:(?:the|that) )*(?:url |page |endpoint |address |site |website )*~",
    "counted": r"(?:up )?(?:(?:the|all|every|of) )*(?:lines?|rows?|words?|files?|entries|characters?|bytes|errors?"
    r"|warnings?|hits|matches|occurrences)\b",
    "lines": rf"{_DET}(?:files?|documents?|folders?|contents?|entries|items|process|processes|interfaces) ",
    "whether": r"(?:whether|if) ",
    "two": rf"(?:the )?(?:{_FILE_NOUN} )?#(?: (?:on|from|at) [@a-z]+)? (?:and|with|to|against) ",
}

# plain verb | object | verbs of one meaning before it
_TABLE: Final = """
show | content | bring up, call up, put up, throw up, spit out, print out, read out, type out, reveal, echo, recite, \
quote, flash up, skim, page through, leaf through, look through, go through, run through, read through, look over, \
read me, feed me, hand me, display, let me have, pull out, whip out, fetch me, dump out, dish out, show off, cough up
list | lines | catalog, catalogue, itemize, itemise, inventory, rattle off, run through, reel off, list out, list off, \
name, tick off
count | counted | tally, tot, tot up, number, add up, sum up, reckon up, figure the number of, tally up
delete | path | junk, axe, destroy, eliminate, obliterate, annihilate, get shot of, do away with, dispose of, \
throw out, throw away, chuck out, chuck away, toss out, toss away, fling out, clear away, kill off, finish off, \
wipe out, wipe away, take away, nix, 86, kick out, bin off, sweep away, rub out
delete | named | get shot of, do away with, dispose of, throw out, chuck out, toss out, destroy, eliminate, \
obliterate, annihilate, wipe out, junk, axe
copy | named | replicate, xerox, clone, mirror off, make a duplicate of, make a clone of, make another copy of, \
make one more copy of, make a second copy of, make an extra copy of, make a spare copy of, create a copy of, \
produce a copy of, take a copy of, keep a copy of, store a copy of, save a duplicate of, create a duplicate of, \
create a clone of, do a copy of, place a copy of, leave a copy of, stash a copy of, store away a copy of
move | moved | shove, shift, stick, stash, tuck, pop, bung, chuck, drop, relocate, rehome, file, tidy, place, push, \
bump, slide, park, put away, shuffle, migrate, cart, drag, nudge, slip, file away, tuck away, plonk, dump
rename | path | relabel, retitle, rechristen, rebrand, re-name
create | new folder | establish, build, open, generate, prepare, lay out, put in place, whip up, spin up, provide, \
mkdir me, start, initialise, initialize, knock up, erect, get me, give me, throw together, make me, put up
write | text | jot, jot down, note, note down, record, enter, type, type in, scribble, scribble down, scrawl, log, \
write up, deposit, drop, stick, pop, put in
append | text | tack, tag, hang, glue, attach, add on, tack on, stick on, pin, affix, annex, adjoin
replace | text | alter, convert, modify, rewrite, amend, adapt, flip, transform, translate, bend, morph, rework, \
replace out, swap out, switch out, change out, trade, exchange
pack | folder | wrap, wrap up, stuff, roll, roll up, crunch, shrink, cram, box up, stow, parcel up, tar up, tar, \
jam, collapse
unpack | archive | explode, unbundle, unwrap, unroll, blow up, burst, unstuff, unbox, split open, crack open, open up, \
break open
kill | process | shoot, shoot down, take down, bring down, put down, finish, finish off, put an end to, knock out, \
get rid of, do in, end, slay, zap, stamp out, shut down, shut off, turn off, force quit, cut off, bump off
run | script | fire off, fire up, fire, kick off, kick, set off, spin up, crank up, spawn, set going, get going, \
let loose, let fly, launch off, boot up, initiate, activate, start up, play
fetch | address | hit, probe, query, curl, visit, poke, browse, browse to, knock on, knock at, go to, open, ping, \
call, try out, test, hit up, reach out to, have a go at
check | whether | test, ascertain, establish, make out, find out, confirm, verify, make sure, see, work out, examine, \
investigate, tell us, tell me, look up, discover, assess, gauge
compare | two | contrast, hold up, match up, put side by side, collate
"""


def _rows() -> dict[str, list[tuple[tuple[str, ...], str, str]]]:
    rows: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
    for line in _TABLE.strip().splitlines():
        plain, kind, verbs = (part.strip() for part in line.split("|"))
        for verb in verbs.split(","):
            words = tuple(verb.split())
            rows.setdefault(words[0], []).append((words, plain, kind))
    for found in rows.values():
        found.sort(key=lambda row: -len(row[0]))
    return rows


_ROWS: Final = _rows()
_OBJECT: Final = {kind: re.compile(pattern) for kind, pattern in _OBJECTS.items()}
# A verb leads behind these, or at the beginning of a sentence or a part of one.
_LEADS: Final = wordset(
    "and then please also now just to you kindly pls plz next first finally so let's lets afterwards quickly simply "
    "once thereafter maybe us"
)

_OPEN: Final = wordset("whether how when not never what where if or about")
# `whether to`, `how to`: nothing is asked for yet.


def plain_verbs(tokens: Sequence[Token], names: frozenset[str] = frozenset()) -> list[Token]:
    """The tokens with everyday verbs as the plain ones that they stand for before their objects."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        row = _row(tokens, at) if token.word and _leads(tokens, at, names) else None
        if row is None:
            out.append(replace(token, text="file", lemma="file") if _apposed(tokens, at) else token)
            at += 1
        else:
            words, plain = row
            end = at + len(words)
            out.append(replace(token, text=plain, lemma=lemma(plain), end=tokens[end - 1].end))
            at = end
    return out


# "the video trip.mp4": what kind of file it is says no more than that it is one.
_APPOSED: Final = wordset(
    "video movie film clip song track recording photo picture image screenshot drawing diagram presentation slideshow "
    "deck spreadsheet workbook book ebook novel thesis essay paper article letter invoice receipt contract manual "
    "guide playlist dataset settings recipe poem story transcript memo journal diary template certificate calendar "
    "draft "
    "proposal sketch map scan form policy quote episode podcast album poster flyer brochure handout syllabus cv resume"
)
_ARTICLES: Final = wordset("the my our this that your his her their")


def _apposed(tokens: Sequence[Token], at: int) -> bool:
    if not 0 < at < len(tokens) - 1 or not tokens[at].word or tokens[at].text.casefold() not in _APPOSED:
        return False
    return tokens[at + 1].kind is Kind.PATH and tokens[at - 1].text.casefold() in _ARTICLES


def _leads(tokens: Sequence[Token], at: int, names: frozenset[str]) -> bool:
    before = tokens[at - 1] if at else None
    if at > 1 and before is not None and before.lemma == "to" and tokens[at - 2].text.casefold() in _OPEN:
        return False
    return before is None or before.kind is Kind.PUNCT or before.text.casefold() in _LEADS | names


def _row(tokens: Sequence[Token], at: int) -> tuple[tuple[str, ...], str] | None:
    rest = ""
    for words, plain, kind in _ROWS.get(tokens[at].text.casefold(), ()):
        spoken = tuple(token.text.casefold() if token.word else "" for token in tokens[at : at + len(words)])
        if spoken != words:
            continue
        rest = "".join(_shown(token) + " " for token in tokens[at + len(words) : at + len(words) + 24])
        if _OBJECT[kind].match(rest) is not None:
            return words, plain
    return None


_MARKS: Final = {Kind.NUMBER: "9", Kind.QUOTED: '"', Kind.LABEL: '"', Kind.URL: "~", Kind.HOST: "~"}


def _shown(token: Token) -> str:
    if token.word:
        return token.text.casefold()
    if token.kind is Kind.PUNCT:
        return token.text
    return _MARKS.get(token.kind, "#")
