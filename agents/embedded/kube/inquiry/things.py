"""The objects, the namespace and the person of a request, found by shape, position and the words beside them."""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass, replace

from agents.embedded.kube.inquiry.nouns import Thing
from agents.embedded.kube.inquiry.owners import Owners
from agents.embedded.kube.inquiry.tables import ARTICLES, IN, PRONOUNS, SUBJECT_OF
from agents.embedded.kube.lexicon import CLUSTER_SCOPED, KINDS
from agents.embedded.kube.names import DNS
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.vocabulary import COMMON_NAMES
from agents.embedded.wordset import words

_NAMED_BEHIND = words("of for is does has are why did was about with behind from diagnose debug troubleshoot inspect")
_LOOKS = words(
    "go goes went gone get gets turn turns turned stay stays a an "
    "look looks feel feels smell smells seem seems acts is are anything something everything"
)
_REACHED = words("resolve reach reaching connect call calling find contact access talk use see")
"""Behind these stands what somebody else does not get to."""
_PLURALS = words("keep are were have need want ask do")
_NODE = re.compile(r"(?:node|worker|master|control-plane)-?\d+")


@dataclass
class Things(Owners):
    """All that a request names, each token taken once."""

    def __post_init__(self) -> None:
        self._cased = any(token.text != token.text.upper() for token in self.tokens)
        self._wide()
        self._flags()
        self._people()
        self._spaces()
        self._containers()
        self._paths()
        self._objects()
        self._places()
        self._enclosed()
        self._bare()
        self._loose()
        self._meant()

    def _paths(self) -> None:
        for at, token in enumerate(self.tokens):
            if token.shape is not Shape.PATH or at in self._taken:
                continue
            head, _, name = token.low.partition("/")
            kind = KINDS.get(head) or self.context.kinds.get(head)
            if "/" in name or not DNS.fullmatch(name) or not DNS.fullmatch(head) or head.isdigit() or name.isdigit():
                continue
            if kind:
                self._object(kind, (name,), {at}, self.prep(at))
            elif head.isalpha() and name.isalpha() and (len(head) + len(name) < 9 or self._told_elsewhere(head, at)):
                continue  # `and/or`, `blue/green`
            else:
                self._settle(head, set())
                self._object(self.kind(at - 1) or "", (name,), {at} | ({at - 1} if self.kind(at - 1) else set()), "")

    def _told_elsewhere(self, head: str, at: int) -> bool:
        """Whether a place is said by itself, so that `blue/green` says none."""
        if self.namespace:
            return self.namespace != head
        return any(step != at and self.shaped(step) and self.low(step - 1) in IN for step in range(len(self.tokens)))

    def _objects(self) -> None:
        for at in range(len(self.tokens)):
            kind = self.kind(at)
            if kind is None or at in self._taken or kind == "namespace":
                continue
            behind = at + 1
            while self.low(behind) in {"called", "named", ":", "="} or (
                self.low(behind) == "is" and self.low(behind + 1) in {"called", "named"}
            ):
                behind += 1
            called = behind > at + 1 and (self.low(behind - 1) in {"called", "named"} or not self._known(behind))
            right = (
                self.shaped(behind)
                or (called and self._word(behind))
                or (self.plain(behind) and not self.is_plural(at) and self._closes(behind) and not self._counted(at))
                or (behind == at + 1 and not self.is_plural(at) and self._everyday(behind))
            )
            left = self._left(at, kind)
            if left and not right and kind == "serviceaccount" and self.low(at - 1) == "default":
                left = False  # that of a namespace, and none that is named
            if right and left and self.shaped(at - 1) and not self.shaped(behind):
                right = False
            if right:
                names, where = self._row(behind, alone=not self.is_plural(at))
                self._object(
                    kind, names, where | set(range(at, behind)), self.prep(at), self.is_plural(at) and len(names) == 1
                )
            elif left:
                names, where = self._row_back(at - 1)
                self._object(kind, names, where | {at}, self.prep(min(where)), self.is_plural(at))
            else:
                self.kinds.append(Thing(kind, (), frozenset({at}), self.prep(at), self.is_plural(at)))

    def _left(self, at: int, kind: str) -> bool:
        before = self.low(at - 2)
        if self.shaped(at - 1):
            return not (before in IN and self.is_plural(at))
        if at == 1 and self._cut(2) and not self.is_plural(1) and (self.plain(0) or self.low(0) in COMMON_NAMES):
            return True  # `croissant deploy, ns bakery: broken`
        if self.low(at - 1) in COMMON_NAMES and self._word(at - 1) and kind and not self.is_plural(at):
            return before in {"the", "our", "my"}
        if not self.plain(at - 1) or self.low(at - 1).endswith(("ing", "ed")):
            return False
        return before in ARTICLES - {"a", "an", "all", "every", "each", "any", "some"} | {
            "of",
            "for",
            "is",
            "does",
            "why",
        }

    def _bare(self) -> None:
        """Names without a kind: by their shape, else a plain word where names stand."""
        for at in range(len(self.tokens)):
            if self.shaped(at):
                names, where = self._row(at)
                self._object("", names, where, self.prep(at))
        if any(thing.kind or thing.prep not in _REACHED for thing in self.named):
            return
        found = [at for at in range(len(self.tokens)) if self._subject(at)]
        if len({self.name(at) for at in found}) > 1:
            found = [at for at in found if self._located(at)]
        if len({self.name(at) for at in found}) == 1:
            self._object("", (self.name(found[0]),), set(found[:1]), self.prep(found[0]))

    def _subject(self, at: int) -> bool:
        simple = self._word(at) and self.low(at) in COMMON_NAMES and self._located(at)
        if not (self.plain(at) or simple):
            return False
        if self.low(at - 2) in {"how many", "how much"}:
            return self.plain(at) and self.low(at + 1) in {"has", "have", "had", "runs", "uses"}
        if self.plain(at) and self._located(at) and self.low(at - 1) not in _LOOKS:
            return True
        step = at - 1
        while self.low(step) in {"the", "our", "my"}:
            step -= 1
        before, after = self.low(step), self.low(at + 1)
        if self.low(at).endswith("s") and after in _PLURALS:
            return False
        if before in {"a", "an"} or (self.tokens[at].word and self.low(at).endswith(("ing", "ed", "ly"))):
            return False
        opens = step < 0 or self.tokens[step].shape is Shape.MARK
        ends = self._closed(at) or after in IN | {"please", "that", "on", "at", "over"}
        return (before in _NAMED_BEHIND and ends) or (opens and (after in SUBJECT_OF or self._located(at))) or simple

    def _loose(self) -> None:
        """`the pods of shop`, `jobs from batch`: a lone name behind a kind in the plural is where they are."""
        lone = [thing for thing in self.named if not thing.kind and len(thing.names) == 1]
        if self.namespace or len(lone) != 1:
            return
        others = [thing for thing in self.named if thing is not lone[0] and thing.kind != "node"]
        listing = any(thing.plural and thing.kind != "node" for thing in self.kinds) or any(
            self.low(max(thing.at) + 1) == "list" for thing in self.kinds
        )
        source = (lone[0].prep == "from" and len(others) == 1) or self._within(lone[0], others)
        if source or (
            listing
            and not others
            and lone[0].prep in {"of", "for", "from", "at", "on"}
            and not _NODE.fullmatch(lone[0].names[0])
        ):
            if lone[0].prep == "on" and self.low(lone[0].first - 1) == "on" and not source:
                return
            self.locate(lone[0])

    def _meant(self) -> None:
        """What the clauses before spoke of, by pronoun or by silence."""
        if not self.everywhere:
            self.namespace = self.namespace or self.context.namespace
        kind = self.context.kind
        if kind and not self.context.names and not self.kinds and self._pronouns():
            self.kinds.append(Thing(kind, (), frozenset(self._pronouns()[:1]), plural=True))
        if (
            self.named
            or not self.context.names
            or any(one.kind not in {"", kind, "endpoints", "event"} for one in self.kinds if not one.plural)
        ):
            return
        told = self._pronouns()
        if told or not self.kinds:
            self.meant_at = set(told[:1] or [0])
            self.named.append(Thing(kind, self.context.names, frozenset(self.meant_at)))

    def _pronouns(self) -> list[int]:
        return [at for at in range(len(self.tokens)) if self.low(at) in PRONOUNS]

    def _within(self, lone: Thing, others: list[Thing]) -> bool:
        """`pod web-0 of shop`: right behind the one object that is named."""
        return len(others) == 1 and self.low(lone.first - 1) == "of" and lone.first - 2 in others[0].at

    def fork(self) -> Things:
        """The same finds for another intent, which may take a name for the place."""
        other = copy(self)
        other.named, other.kinds, other.space_at = list(self.named), list(self.kinds), set(self.space_at)
        return other

    def locate(self, thing: Thing) -> None:
        """What was taken for an object is the namespace."""
        self.named = [one for one in self.named if one is not thing]
        self.namespace = thing.names[0]
        self.space_at |= thing.at

    def _located(self, at: int) -> bool:
        """Right before its namespace: `checkout in shop`, `checkout (shop)`."""
        step = at + 1
        while self.low(step) in IN | {"(", "the", ",", "over"} and step <= at + 4:
            step += 1
        return step > at + 1 and step in self.space_at

    def one(self, *, prefer: frozenset[str] = frozenset()) -> Thing | None:
        """The object that the request is about; None where there is none, or several of the same standing."""
        pool = [thing for thing in self.named if thing.kind in prefer] or self.named
        told = [thing for thing in pool if thing.kind] or pool
        names = {thing.names for thing in told}
        if len(names) != 1:
            return None
        best = next((thing for thing in told if thing.kind), told[0])
        return best

    def calls(self, thing: Thing, **more: object) -> list[dict[str, object]]:
        """The arguments that name each of the objects."""
        space = "" if thing.kind in CLUSTER_SCOPED else self.namespace
        kept = {key: value for key, value in more.items() if value not in ("", None, [], False)}
        base = {"kind": thing.kind, "namespace": space}
        return [{"name": name} | {key: value for key, value in base.items() if value} | kept for name in thing.names]

    @staticmethod
    def as_kind(thing: Thing, kind: str) -> Thing:
        """The same object, of another kind or of an open one."""
        return replace(thing, kind=kind)

    def placed(self) -> bool:
        """Whether it is said where: a namespace, or the whole cluster."""
        return bool(self.namespace) or self.everywhere

    def asked_kinds(self) -> list[str]:
        """The kinds that stand without a name, each once."""
        return list(dict.fromkeys(thing.kind for thing in self.kinds if thing.kind))

    def shaped_text(self, at: int) -> bool:
        """Whether a name was written without quotes."""
        return self.tokens[at].shape is not Shape.QUOTED
