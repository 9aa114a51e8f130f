"""The pattern language of the tables, and what a pattern has met.

A pattern is words with spaces between them; `[x]` may be missing, `{a|b c}` is one of several, `<name>` a slot or a
class of words from `SLOTS`. `<V>`, `<Ved>` and `<Ving>` are the verbs of the table's entry in their forms. A pattern
must meet the whole line, but for politeness at its ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from agents.embedded.kube.deeds.line import Line
from agents.embedded.kube.lexicon import CLUSTER_SCOPED, KIND_NAMES, KINDS, forms
from agents.embedded.kube.names import DNS, Context
from agents.embedded.kube.slots import arguments
from agents.embedded.kube.tokens import PAIR, Shape, Token
from agents.embedded.wordset import words
from protocol.vocabulary import JsonObject

_NAME = r"(?:N\d+ |n\d+:\S+ )"
_NAMES = rf"(?:{_NAME}(?:(?:, and |, |and |& |\+ ){_NAME})*)"
_KIND = r"(?:K\w+\*? |G\S+ )"
_DET = (
    r"(?:(?:the|our|my|your|that|this|its|their|existing|both|these|those|said|poor|little|good|old|whole|entire|"
    r"live|"
    r"current|running|same|suspended|paused|held|halted|stopped|frozen|broken|crashing|failing|remaining|"
    r"(?:n\d+:)?(?:nightly|daily|weekly|hourly|monthly)) )*"
)
_WHICH = (
    r"(?:(?:, )?(?:that|which) (?:(?:we|i|they|you|somebody|someone) (?:have |had |has |just )?|(?:is|was|has "
    r"been|had been|are|were) )(?:just |"
    r"currently |once |earlier |recently |put )*(?:halted|paused|suspended|stopped|held|frozen|on hold|on ice|"
    r"stopped earlier|deployed|made|created|"
    r"switched off|turnoff) (?:(?:yesterday|earlier|today|before|recently|last week|on monday|on friday) )?(?:, )?)?"
)
_ONE = (
    rf"(?:{_DET}{_KIND}(?:called |named |: |by the name of |with the name )?{_NAMES}(?:(?:, and |, |and |& |\+ "
    rf")(?:the )?{_KIND}{_NAMES})*"
    rf"|{_DET}{_NAMES}(?:, (?:an? |the |it's an? |which is an? |that's an? ){_KIND}|\( (?:an? |the )?{_KIND}\) |"
    rf"{_KIND})?"
    r"|P\d+ (?:(?:, and |, |and |& )P\d+ )*)"
)
_BACK = (
    r"(?:it |them |its |their |this one |that one |this |that |these |those |they |both |both of them |all of them |"
    rf"(?:the |that |this |its |said |both |these )+{_KIND})"
)
_FROM = rf"(?:(?:(?:over |up |down )?(?:of|from|on|at|@|/|in|for) )(?:the |our |my )?(?P<from>{_NAME}))?"

SLOTS: dict[str, str] = {
    "o": rf"(?P<o>{_ONE}|{_BACK})(?:'s )?{_FROM}{_WHICH}",
    "named": rf"(?P<o>{_ONE}){_FROM}",
    "own": rf"(?P<o>{_ONE}|{_BACK})(?:'s )?{_WHICH}",
    "other": rf"(?P<other>{_ONE}|{_BACK})",
    "name": rf"(?P<name>{_NAME})",
    "kind": r"(?P<kind>K\w+\*? )",
    "many": r"(?P<kind>K\w+\* )",
    "n": r"(?P<n>#\d+ |(?:a |one )?single )",
    "m": r"(?P<m>#\d+ )",
    "low": r"(?P<low>#\d+ )",
    "high": r"(?P<high>#\d+ )",
    "q": r"(?P<q>Q\d+ )",
    "d": r"(?P<d>D\d+ )",
    "percent": r"(?P<percent>%\d+ )",
    "image": r"(?P<image>I\d+ |P\d+ )",
    "tag": r"(?P<tag>N\d+ |#\d+ |I\d+ |n\d+:\S+ )",
    "p": r"(?P<p>=\d+ (?:(?:, and |, |and |& |\+ )?=\d+ )*)",
    "key": r"(?P<key>U\d+(?::\S+)? |N\d+ |n\d+:\S+ |\"\d+ |P\d+ )",
    "keys": r"(?P<keys>(?:U\d+(?::\S+)? |N\d+ |n\d+:\S+ |\"\d+ |P\d+ )(?:(?:, and |, |and |& )"
    r"(?:U\d+(?::\S+)? |N\d+ |n\d+:\S+ |\"\d+ |P\d+ ))*)",
    "word": r"(?P<keys>(?!the |a |an |it |its |all |every |any |on |from |off )(?:[a-z][\w-]*|[nN]\d+(?::\S+)?|"
    r"U\d+(?::\S+)?|P\d+|X\d+|I\d+|=\d+) )",
    "value": r"(?P<value>(?:\"?[a-zA-Z0-9#%=@\"][^\s(),]*) )",
    "cron": r"(?P<cron>S\d+ )",
    "field": r"(?P<field>N\d+ |U\d+:\S+ )",
    "bad": r"(?P<bad>X\d+ )",
    # Words by class.
    "counted": r"(?:replicas? |copy |copies |instances? |Kpod\*? |times? )",
    "must": (
        r"(?:must |should |shall |ought to |has to |have to |had to |needs to |need to |is to |are to |had better |"
        r"would better |is supposed to |wants to |may |can |could )(?:please )?"
    ),
    "to": r"(?:to |at |on |=   |: |with |as |be )",
    "have": (
        r"(?:(?:(?:i |we |they |you |someone |somebody )?(?:want|need|would like|wish|would love)|i'd like|we'd "
        r"like|i'd love)"
        r" (?:to (?:have|see|get) )?|have |get |make |let |see to it that |make sure that |make sure |ensure that )"
    ),
    "the": r"(?:(?:the|its|their|a|an|our|that|this|some|any|his|your) )*",
    "of": r"(?:of |for |on |in |from )",
}
_LEAD = (
    r"(?:(?:and|then|also|so|but|please|kindly|just|now|next|first|finally|lastly|afterwards|after that|hey|hi|"
    r"hello|ok|"
    r"okay|well|morning|team|folks|guys|yo|thus|therefore|hence|anyhow|anyway|quickly|quick|simply|right|great|"
    r"good|thanks|"
    r"oh|alright|after which|go ahead and|be so kind and|be so good and|"
    r"(?:would|could|can|will) you(?: mind| be so (?:kind|good) as to| please| kindly)?|(?:may|can|could) i ask "
    r"you to|be so (?:kind|good) as to|"
    r"so (?:kind|good) as to|by hand|as a first step|do|k|kubectl|i should like to|i would ask you to|i ask you "
    r"to|you (?:can|could|may|should|must|have to|"
    r"need to)|i (?:want|need) you to|we (?:want|need) you to|(?:i'd|we'd|i would|we would) like (?:you )?to|"
    r"(?:we|i) (?:need|want) to|we (?:have to|should|must)|let us|let's|(?:it is |it's )?time to|(?:can|could) "
    r"(?:we|someone|"
    r"somebody|anyone)|someone|somebody|if you please|do me a favour and|(?:n\d+:)?step #\d+|,|:|-|\)|for me|for "
    r"us|there|"
    r"in there|over there|too|directly|in addition|additionally|furthermore|after this|as a next step|at the "
    r"same time|"
    r"meanwhile|what i want is|what we want is|todo|task|request) )*"
)
_TAIL = (
    r"(?:(?:please|now|again|today|asap|immediately|thanks|thank you|for me|for us|for now|for the moment|for "
    r"the time being|"
    r"ok|okay|(?:would|could|will|can) you(?: please)?|as well|too|then|at last|already|if you please|there|over "
    r"there|"
    r"in there|right|quickly|quick|soon|once more|from now on|first|directly|do you mind|,|:|-|altogether|kindly|"
    r"would be (?:great|nice|good|lovely|fine)|everyone|everybody|all|right after|after that|afterwards|if you "
    r"(?:would|could|can|please|like|"
    r"would be so (?:kind|good)|could be so (?:kind|good))|if i may|if possible|in the meantime|straight after|"
    r"directly after) )*"
)
POLITE = (re.compile(_LEAD), re.compile(rf"(?:^|(?<= )){_TAIL}$"))
"""What may stand before and behind an order, and says nothing."""
ASKED = re.compile(
    rf"(?P<may>can |could |may |might )(?P<own>{_ONE}|{_BACK}|(?:every |each |all |all the |all of the ){_KIND})"
    r"(?=be |have |get |go |run |use |take |carry |bear |wear |receive |accept |start |stop |rest |show )"
)
"""A question that is an order: `could web be restarted`."""
WISHED = re.compile(
    rf"(?P<have>(?:i'd like|we'd like|i would like|we would like|i should like|i want|we want|i need|we need|i'd "
    rf"want) )"
    rf"(?P<own>{_ONE}|{_BACK})to (?=[a-z])"
)
"""An order as a wish for another's doing: `I would like web to run with three replicas`."""
SEEN_TO = re.compile(
    rf"(?P<have>(?:see to it that|make sure that|make sure|ensure that|ensure|take care that) )(?P<own>{_ONE}|"
    rf"{_BACK})"
    r"(?:is|are|gets|get) (?=[a-z]+(?:ed|wn|en|set|put) )"
)
"""`see to it that web is restarted`."""
LEFT_OUT = re.compile(
    r"(?:can|may|must|should|has to|needs to|ought to) (?:now |therefore |also |safely )?(?:be|"
    r"go|have|get|run) "
)
"""An order that leaves out its subject: `and can be removed`."""
_PART = re.compile(r"\[|\]|\{|\}|\||<\w+>|[^\s\[\]{}|<>]+")
_IRREGULAR = {
    verb: (past, going)
    for verb, past, going in (
        row.split()
        for row in """
    put put putting; set set setting; run run running; cut cut cutting; bring brought bringing;
    take taken taking; give given giving; undo undone undoing; make made making; rollback rollback rollback;
    freeze frozen freezing; get got getting; hold held holding; shrink shrunk shrinking; grow grown growing;
    throw thrown throwing; relaunch relaunched relaunching; stop stopped stopping; turnoff turnoff turnoff;
    turnon turnon turnon;
    takeoff takeoff takeoff; drop dropped dropping; let let letting; start started starting; unset unset unsetting;
    rid rid rid; ramp ramped ramping; bump bumped bumping; step stepped stepping; bin binned binning;
    tag tagged tagging; cap capped capping; pin pinned pinning; trim trimmed trimming; rm rm rm;
    del del del; swap swapped swapping; move moved moving
""".strip().split(";")
    )
}


def going(verb: str) -> str:
    """The form that ends in -ing."""
    return _forms(verb)[1]


def _forms(verb: str) -> tuple[str, str]:
    """(past participle, -ing form)."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    found = forms(verb)
    return found[2], found[3]


@cache
def _spoken(verbs: str) -> frozenset[str]:
    """Every word of the verbs in their forms."""
    said = [form for verb in verbs.split() for form in (verb, *_forms(verb))]
    return frozenset(word for form in said for word in form.split("_"))


@cache
def _needs_verb(pattern: str) -> bool:
    """Whether the pattern has a verb of its entry in each of its readings."""
    depth = 0
    for part in _PART.findall(pattern):
        depth += (part in "[{") - (part in "]}")
        if depth == 0 and part in {"<V>", "<Ved>", "<Ving>"}:
            return True
    return False


@cache
def compiled(pattern: str, verbs: str) -> re.Pattern[str]:
    """The pattern over a whole line."""
    said = verbs.split()
    own = {
        "<V>": _words(said),
        "<Ved>": _words([_forms(verb)[0] for verb in said]),
        "<Ving>": _words([_forms(verb)[1] for verb in said]),
    }
    out = []
    for part in _PART.findall(pattern):
        match part:
            case "[" | "{":
                out.append("(?:")
            case "]":
                out.append(")?")
            case "}":
                out.append(")")
            case "|":
                out.append("|")
            case _ if part.startswith("<"):
                out.append(own.get(part) or SLOTS[part[1:-1]])
            case _:
                out.append(_words([part]))
    return re.compile(_distinct("".join(out)))


def _distinct(text: str) -> str:
    """A slot that stands in several alternatives has a group in each of them: `o`, `o__2`."""
    seen: dict[str, int] = {}

    def renamed(found: re.Match[str]) -> str:
        seen[found[1]] = seen.get(found[1], 0) + 1
        return found[0] if seen[found[1]] == 1 else f"(?P<{found[1]}__{seen[found[1]]}>"

    return re.sub(r"\(\?P<(\w+)>", renamed, text)


def _words(said: Sequence[str]) -> str:
    """A word, also where it might be a name."""
    return rf"(?:[nU]\d+:)?(?:{'|'.join(re.escape(word.replace('_', ' ')) for word in said)}) "


@dataclass
class Said:
    """What a pattern has met: its groups as tokens and as objects, in the place of the clause or of those before."""

    line: Line
    hit: re.Match[str]
    context: Context
    place: str

    def tokens(self, group: str) -> list[Token]:
        """The tokens of a group; none where it met nothing."""
        for known in self.hit.re.groupindex:
            if known.partition("__")[0] == group and self.hit[known] is not None:
                return self.line.span(*self.hit.span(known))
        return []

    def token(self, group: str) -> Token | None:
        return next(iter(self.tokens(group)), None)

    def number(self, group: str = "n") -> int | None:
        """A whole number."""
        token = self.token(group)
        if token is not None and token.low in {"a", "one", "single"}:
            return 1
        return token.value if token is not None and isinstance(token.value, int) else None

    def text(self, group: str) -> str:
        """A value as it was written."""
        token = self.token(group)
        if token is None:
            return ""
        if token.shape in {Shape.QUOTED, Shape.QUANTITY, Shape.SCHEDULE}:
            return str(token.value)
        return str(token.value) if token.shape is Shape.NUMBER and token.text.isalpha() else token.text

    def texts(self, group: str) -> list[str]:
        """Several keys."""
        marks = {",", "and", "&", "+"}
        return [str(t.value) if t.shape is Shape.QUOTED else t.text for t in self.tokens(group) if t.low not in marks]

    def pairs(self, group: str = "p") -> dict[str, str]:
        """`a=b` and its like."""
        found: dict[str, str] = {}
        for token in self.tokens(group):
            match = PAIR.fullmatch(token.text) if token.shape is Shape.PAIR else None
            if match and match[2] == "=":
                found[match[1]] = match[3].rstrip(".,")
        return found

    def says(self, *words: str) -> bool:
        """Whether one of the words is in the line."""
        said = {sign.partition(":")[2] if sign[:1] in "nU" and ":" in sign else sign for sign in self.line.signs}
        return not said.isdisjoint(words)

    def told(self, *lows: str) -> bool:
        """Whether one of the words is anywhere in the clause, politeness and place included."""
        return any(token.low in lows for token in self.line.tokens)

    @property
    def namespace(self) -> str:
        """The namespace of the clause, or the one spoken of before."""
        behind = self.token("from")
        said = self.place or (_name(behind) if behind is not None else "") or self.context.namespace
        return said or (self.context.place if self.told("there") else "")

    def objects(
        self,
        kinds: frozenset[str] | None,
        *,
        group: str = "o",
        loose: frozenset[str] = frozenset({"service", "container"}),
    ) -> list[JsonObject] | None:
        """name, kind and namespace of the objects of a group; None where they are not of these kinds.

        `loose`: kinds that people say for something else ("the checkout service" that is to be scaled).
        """
        tokens = self.tokens(group)
        behind = self.token("from")
        if behind is not None and self.place and _name(behind) != self.place:
            return None
        paths = [_path(token, self.context) for token in tokens if token.shape is Shape.PATH]
        if paths:
            return _of_paths(paths, kinds, self.namespace)
        kind, plural = _kind(tokens, self.context)
        names = [_name(t) for t in tokens if _names(t, self.context, self.line)]
        if len(names) > 1:
            names = [name for name in names if name not in _OFTEN]  # `the nightly cron job stock-sync`
        if not names:
            return self._before(kind, plural=plural, kinds=kinds, loose=loose)
        if (
            not all(DNS.fullmatch(name) for name in names)
            or len({t.lemma for t in tokens if t.word and t.lemma in KIND_NAMES}) > 1
        ):
            return None
        if len(names) == 2 and not self.place and not plural and any(t.text == "," for t in tokens):
            return None  # `web, shop`: two objects, or one and its place
        if kind and kinds is not None and kind not in kinds:
            if kind not in loose and not (kind == "pod" and plural):
                return None
            kind = ""
        elif kind == "pod" and plural and kinds is not None:
            kind = ""
        space = "" if kind in CLUSTER_SCOPED else self.namespace
        return [arguments(name=name, kind=kind, namespace=space) for name in names]

    def _before(
        self, kind: str, *, plural: bool, kinds: frozenset[str] | None, loose: frozenset[str]
    ) -> list[JsonObject] | None:
        """The objects of the clauses before, by a pronoun or by their kind."""
        known = self.context.kind
        several = not _MANY.isdisjoint(token.low for token in self.tokens("o"))
        if several and len(self.context.names) < 2:
            return None  # `the finalizers hold it, remove them`
        if not self.context.names or (kind and known and kind not in {known, *loose, "pod"}):
            return None
        if kinds is None and kind and known and kind != known:
            return None  # `delete the pod` of a job that was spoken of: not the job
        if kind == "namespace" and self.context.kind != "namespace":
            # `the namespace`: the one that all the rest is in, and none by the name of what was spoken of last.
            return [arguments(name=self.namespace, kind=kind)] if self.namespace else None
        if plural and len(self.context.names) == 1 and kind != "pod":
            return None
        kind = known or kind
        if kinds is not None and kind and kind not in kinds:
            if known:
                return None
            kind = ""
        space = "" if kind in CLUSTER_SCOPED else self.namespace
        return [arguments(name=name, kind=kind, namespace=space) for name in self.context.names]


def _kind(tokens: Sequence[Token], context: Context) -> tuple[str, bool]:
    for token in tokens:
        if token.word and token.lemma in KIND_NAMES:
            return token.lemma, token.low.endswith("s")
        if token.low in context.kinds:
            return context.kinds[token.low], False
    return "", False


def _names(token: Token, context: Context, line: Line) -> bool:
    """Whether the token of an object is its name, not a word of its kind or an article."""
    signs = [line.signs[n] for n, at in enumerate(line.at) if line.tokens[at] is token]
    return any(sign[:1] in {"N", "n"} and sign[1:2].isdigit() for sign in signs)


def _name(token: Token) -> str:
    return str(token.value).casefold() if token.shape is Shape.QUOTED else token.low


def _path(token: Token, context: Context) -> tuple[str, str, str]:
    """(kind, namespace, name) of `deploy/web`, `shop/web` or `shop/deploy/web`."""
    *head, name = token.low.split("/")
    kind = space = ""
    for part in head:
        known = KINDS.get(part) or context.kinds.get(part)
        kind, space = (known, space) if known else (kind, part)
    return kind, space, name


def _of_paths(
    paths: Sequence[tuple[str, str, str]], kinds: frozenset[str] | None, namespace: str
) -> list[JsonObject] | None:
    out = []
    for kind, space, name in paths:
        if (kind and kinds is not None and kind not in kinds) or not DNS.fullmatch(name) or not (kind or space):
            return None
        if space and namespace and space != namespace:
            return None
        scoped = kind in CLUSTER_SCOPED
        out.append(arguments(name=name, kind=kind, namespace="" if scoped else space or namespace))
    return out


_OFTEN = words("nightly daily weekly hourly monthly")
_MANY = words("they them those these both")
Fill = Callable[[Said], "JsonObject | Sequence[JsonObject] | None"]


@dataclass(frozen=True, slots=True)
class Deed:
    """One skill and the clauses that ask for it.

    `cues` are words that stand for it, for the check of the plan; one of `near`, where there are any, is always said.
    """

    skill: str
    fill: Fill
    patterns: tuple[str, ...]
    verbs: str
    cues: frozenset[str]
    near: frozenset[str]

    def met(self, text: str) -> Iterator[re.Match[str]]:
        """The patterns that meet a whole line."""
        said = {word.rpartition(":")[2] for word in text.split()}
        if self.near and said.isdisjoint(self.near):
            return
        spoken = not said.isdisjoint(_spoken(self.verbs))
        for pattern in self.patterns:
            if not spoken and _needs_verb(pattern):
                continue
            hit = compiled(pattern, self.verbs).fullmatch(text)
            if hit is not None:
                yield hit


@dataclass
class Deeds:
    """A table in the making: `@table("kube.restart", "<V> <o>", verbs="restart bounce")` over what fills it."""

    all: list[Deed] = field(default_factory=list)

    def __call__(self, skill: str, *patterns: str, verbs: str = "", near: str = "") -> Callable[[Fill], Fill]:
        def made(fill: Fill) -> Fill:
            plain = set(re.findall(r"[a-z]+", re.sub(r"<\w+>", " ", " ".join(patterns)))) | set(verbs.split())
            self.all.append(Deed(skill, fill, patterns, verbs, frozenset(plain), words(near)))
            return fill

        return made
