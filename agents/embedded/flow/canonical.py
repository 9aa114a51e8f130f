"""One form for many wordings: what is tried of a clause that is not read as it stands.

joins       what only says that one thing comes after another becomes `then`
LOCAL       words inside a clause: names of files, places, nouns
WHOLE       its shape: passive, wishes, place ahead, relative clauses
variants    these, and with another verb at its head
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from agents.embedded.flow.lexicon import HEADS, NOUNS, verbs_of
from agents.embedded.flow.line import SEPARATORS
from agents.embedded.flow.rewriting import Rule, Slots, rewritten
from agents.embedded.kinds.line import Piece
from agents.embedded.text import lemma
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words

_DONE: Final = "(done|finished|complete|completed|ready|through|in place|there|over|written|saved|stored|copied|in)"
_THEY: Final = (
    "(that|this|it|they|all that|all this|all of that|everything|they all|all of them|both|both of them|both [of the] "
    "(copies|files)|all [the] (copies|files)|the (copy|file|copies|files|archive|table|list|download|work|job)|"
    "all of it)"
)
_AFTER: Final = (
    f"(once|when|after|as soon as) {_THEY} (is|are|has been|have been|was|were) [all|both|safely] {_DONE} [there]",
    f"(once|when|after|as soon as) {_THEY} (has|have) [all|both|safely] (arrived|finished|completed|ended|landed)",
    "(when|once) [you are|you're] done [with (that|this|it)]",
    "with (that|this) (done|finished|in place)",
    "(after that|after this|after which|afterwards|thereafter|thereupon|subsequently|following that|"
    "after that 's done|in the next step|as a next step|as a second step|in a second step|as a last step)",
    "(and|but|,) (finally|lastly|at last|in the end|at the end|to finish|last of all|to end with)",
)
JOINS: Final = tuple(Rule(f"{one} [,]", "then") for one in _AFTER)
_OPENINGS: Final = (
    "(finally|lastly|at last|in the end|at the end|to finish|last of all|to end with|first of all|first|firstly|"
    "as a first step|to begin with|to start with|in a first step|before anything else|now|secondly|thirdly|just|simply|"
    "please|kindly|also|so) [,]"
)

_KIND: Final = (
    "[new|single|plain|small|short|proper|real|common] [csv|text|markdown|json|html|pdf|excel|web|png|md|xlsx|zip|txt] "
    "(file|table|workbook|document|sheet|picture|image|list|log|page|report|chart|archive)"
)
_NAMED: Final = "[that is|which is|to be] [called|named|by the name of|with the name]"
_NOMINAL: Final = words("the its their a an that both all")
_BEFORE: Final = (*SEPARATORS, "then", ":", ".", ";", "?", "!", "please", "you", "to", "just")
_IFS: Final = words("if unless otherwise else whenever")
_VERBAL: Final = words("should must shall is are has to gets get will be needs")
LOCAL: Final = (
    # `in a new file called a.txt`: the file is enough, its ending says of what kind it is.
    Rule(f"(as|in|into|to|under) (a|an|one|the) {_KIND} {_NAMED} {{f:file}}", "as {f}"),
    Rule(f"(a|an|one) {_KIND} (called|named|by the name of|with the name) {{f:file}}", "{f}"),
    Rule("under the [file] name [of] {f:file}", "as {f}", ("name",)),
    Rule("(called|named) {f:file}", "as {f}", ("called", "named")),
    Rule("the (file|log|table|page|document) (called|named|by the name of) {f:file}", "{f}", ("called", "named")),
    # Where it is.
    Rule("(which|that) (is|are|lies|lie|sits|sit|lives|live|resides) (on|at) {d:device}", "on {d}", ("which", "that")),
    Rule("(lying|sitting|stored|kept|found|located|residing|living) on {d:device}", "on {d}"),
    Rule("back (to|onto) {d:device}", "to {d}", ("back",)),
    Rule("(over|across|out) to {d:device}", "to {d}", ("over", "across", "out")),
    Rule("over (on|at) {d:device}", "on {d}", ("over",)),
    Rule("(on|at) each [one] of {d:device}", "on {d}", ("each",)),
    Rule("{d:device} [,] (each|all|both) ,", "{d}", ("each", "all", "both")),
    Rule("(in the same folder|in that folder|in the same place|alongside it|alongside|next to (that|them)|beside (that|"
         "them|the others))", "beside it", ("same", "that", "alongside", "next", "beside")),
    Rule("(which|that) (it|this) (leaves|makes|produces|writes|creates|generates|builds|puts) [there]", "it makes"),
    Rule("(it|this|that) (leaves|produces|generates|creates|builds) [there]", "it makes"),
    Rule("(that|which) (comes|came) out of (it|this|that)", "it makes", ("out",)),
    Rule("(using|by means of|by way of) {d:device}", "with {d}", ("using", "means", "way")),
    # What says nothing.
    Rule("(also|too|as well|likewise|please|kindly)", "", ("also", "too", "well", "likewise", "please", "kindly")),
    *(Rule(f"({'|'.join(others)})", noun) for noun, others in NOUNS.items()),
)  # fmt: skip

_MODAL: Final = "(should|must|shall|has to|have to|is to|are to|needs to|need to|ought to)"
_GOES: Final = "(goes|go|belongs|belong|lands|land|comes|come|ends up|end up)"
_WISH: Final = (
    "(i'd like|i would like|i want|i need|we'd like|we would like|we want|we need|i'd love|i wish|i'd like to have|"
    "i would like to have|i want to have|i'd want|we'd like to have|have|get|let me have)"
)


def _named(slots: Slots) -> bool:
    """Whether the phrase has one place ahead of what it is about, and that names no other place."""
    return not any(one.kind is Kind.DEVICE for one in slots["x"])


_IT: Final = "(it|them|that|those|these|the result|the results|the outcome|that table|the table|the counts|the numbers)"
CHARTS: Final = (
    Rule(f"(draw|plot|make|create) a {{kind:word}} chart of {_IT} [,] [in|as|to|into|on] {{y:any}}",
         "draw them as a {kind} chart in {y}", ("chart",)),
    Rule("(draw|plot|make|create) a {kind:word} chart {f:file} [of (it|them)] (beside|next to) it",
         "draw them as a {kind} chart in {f} beside it", ("chart",)),
    Rule(f"(draw|plot|show) {_IT} as a {{kind:word}} chart {{f:file}} {{y:any}}",
         "draw them as a {kind} chart in {f} {y}", ("chart",)),
    Rule(f"(draw|plot|show) {_IT} as a {{kind:word}} chart (in|as|to|into) {{y:any}}",
         "draw them as a {kind} chart in {y}", ("chart",)),
)  # fmt: skip
WHOLE: Final = (
    *CHARTS,
    Rule(f"{_OPENINGS} {{x:any}}", "{x}"),
    Rule(", {x:any}", "{x}"),
    Rule(f"{{x:any}} {_MODAL} [then|also|now|all|both|each] be {{p:word}} {{y:any}}", "{p} {x} {y}", ("be",)),
    Rule(f"{{x:any}} {_MODAL} [then|also|now|all|both|each] be {{p:word}}", "{p} {x}", ("be",)),
    Rule(f"{{x:any}} {_MODAL} [then|also|all|both|each] (go|end up|land|arrive|belong|be) {{y:any}}", "put {x} {y}"),
    *(
        Rule(f"{{x:any}} {_GOES} {prep} {{y:any}}", f"put {{x}} {prep} {{y}}")
        for prep in ("to", "into", "in", "on", "onto", "as", "under")
    ),
    Rule("{x:any} (gets|get) [then|also|all|both|each] {p:word} {y:any}", "{p} {x} {y}"),
    Rule("{x:any} (is|are) (wanted|needed|required) {y:any}", "put {x} {y}"),
    Rule(f"{_WISH} {{x:any}} {{p:word}} {{y:any}}", "{p} {x} {y}"),
    Rule(f"{_WISH} {{x:any}} {{p:word}}", "{p} {x}"),
    Rule("(i'd like|i would like|i want|i need|we'd like|we want|we need|could you|can you|would you|you should) "
         "[you] to {x:any}", "{x}"),
    Rule("(i'd like|i would like|we'd like|we would like|i'd like to have) {x:any}", "i want {x}"),
    Rule("(let|have) {d:device} {x:any}", "{x} on {d}", ("let", "have"), where=_named),
    Rule("(on|at) {d:device} [,] {x:any}", "{x} on {d}", ("on", "at"), where=_named),
    Rule("(from|out of) {d:device} [,] {x:any}", "{x} from {d}", ("from", "of"), where=_named),
    Rule("(in|inside|within) [the] folder {f:name} (on|of) {d:device} [,] {x:any}", "{x} in the folder {f} on {d}",
         ("folder",), where=_named),
)  # fmt: skip


def joined(piece: Piece) -> Piece:
    """A sentence with `then` for what only says that something comes after what stands before it."""
    return rewritten(_ahead(piece), (), JOINS)


def _ahead(piece: Piece) -> Piece:
    """`it should then be sent` with `then` where the clause begins."""
    tokens = list(piece.tokens)
    for at, token in enumerate(tokens):
        if at and token.text.casefold() == "then" and tokens[at - 1].text.casefold() in _VERBAL:
            begin = next((one + 1 for one in range(at, -1, -1) if tokens[one].text.casefold() in SEPARATORS), 0)
            moved = replace(tokens.pop(at), start=tokens[begin].start, end=tokens[begin].start)
            if tokens[at - 1].text.casefold() in ("is", "are"):
                # `it is then written to` is asked for; `it is written to` may be how things are.
                tokens[at:at] = [replace(token, text=one, lemma=one) for one in ("to", "be")]
            tokens.insert(begin, moved)
    return Piece(piece.line, tuple(tokens))


def canonical(piece: Piece) -> Piece:
    """The clause in its canonical form; itself where it is in it already."""
    return rewritten(piece, WHOLE, LOCAL)


def variants(piece: Piece) -> Iterator[Piece]:
    """Other forms of a clause, each to be read where those before were not; none of a clause with a condition."""
    if any(token.text.casefold() in _IFS for token in piece.tokens):
        return
    form = canonical(piece)
    if form.said != piece.said:
        yield form
    shared = _shared(piece)
    if shared is not None:
        yield Piece(form.line, (shared, *form.tokens), form.places)
    for verb, size in verbs_of(form.said):
        first, last = form.tokens[0], form.tokens[size - 1]
        tokens = tuple(replace(first, kind=Kind.WORD, text=one, lemma=lemma(one)) for one in verb.split())
        tokens = (*tokens[:-1], replace(tokens[-1], end=last.end))
        yield Piece(form.line, (*tokens, *form.tokens[size:]), form.places)


def _shared(piece: Piece) -> Token | None:
    """The verb of the clause before, where this one has none: `write the first to a.txt, the second to b.txt`."""
    first = piece.tokens[0]
    if first.word and first.text.casefold() not in _NOMINAL:
        return None
    tokens = piece.line.tokens
    for at in range(len(tokens) - 1, -1, -1):
        token = tokens[at]
        if token.start >= first.start:
            continue
        if token.text in (".", "?", "!", ";"):
            return None
        if token.word and token.text.casefold() in HEADS and (at == 0 or tokens[at - 1].text.casefold() in _BEFORE):
            return replace(token, start=first.start, end=first.start)
    return None
