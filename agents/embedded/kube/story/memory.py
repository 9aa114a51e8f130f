"""What the told clauses speak of, so that an order may mean it by `it`, `that deployment` or `there`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agents.embedded.kube.inquiry.tables import ENGLISH
from agents.embedded.kube.lexicon import CLUSTER_SCOPED, KINDS
from agents.embedded.kube.names import DNS, Context
from agents.embedded.kube.tokens import Shape, tokenise
from agents.embedded.kube.view import View
from agents.embedded.kube.vocabulary import known

_NAME = r"(?P<name>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)"
_KIND = (
    r"(?P<kind>deployment|deploy|statefulset|sts|daemonset|ds|pod|job|cron ?job|service(?! account)|svc"
    r"|config ?map|cm|secret|node|"
    r"ingress|role|service account|csr|pvc|claim|namespace)"
)
_IS = re.compile(
    rf"\b{_KIND}(?: (?:in front|for (?:that|it|this)|in question|concerned|behind it))? is (?:called "
    rf"|named )?{_NAME}\b(?! \w+ed\b)"
    r"|(?:\bit's|\bit is|\bthat's|\bwhich is) (?:called|named) (?P<called>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)",
    re.IGNORECASE,
)
_CLASSED = re.compile(
    rf"(?:^|\b(?:it's|it is|that's|that is|they're|they are|which is|as)\s+)(?:just "
    rf"|only )?(?:an? )?{_KIND}(?=\s+(?:in|from|of|without|with)\b|\s*$)",
    re.IGNORECASE,
)
_PART = re.compile(
    r"\b(?P<what>annotation|label|taint|variable|env var|key)\s+(?:called "
    r"|named )?['\"`]?(?P<key>[A-Za-z][\w./-]+)['\"`]?",
)
_SWITCH = re.compile(
    r"\b(?P<key>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b(?:\s+(?:switch|variable|flag|setting|option|env var))?"
)
_SPACE = re.compile(
    r"\b(?:namespace|ns)(?: is| called| named|:|=)? (?P<a>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\b"
    r"|\b(?P<b>[a-z0-9][a-z0-9-]*) is the (?:namespace|ns)\b"
    r"|^(?:it |they |both )?(?:lives?|belongs?|sits?|runs?) in (?P<c>[a-z0-9][a-z0-9-]*)",
    re.IGNORECASE,
)
_FILE = re.compile(
    r"(?<![\w/])(?P<file>(?:[\w.-]+/)*[\w-]+\.(?:ya?ml|json|html?|conf|cfg|txt|csv|sql|tar|gz|zip|env|ini|crt"
    r"|key|pem|toml|xml))\b"
)
IMAGE_TEXT = re.compile(r"[a-z][^:]*:[\w.-]+$", re.IGNORECASE)
_NO_SPACES = frozenset({"rack", "row", "december", "infra", "maintenance", "planning"})


@dataclass
class Memory:
    """Things by (kind, name), the namespaces, and the parts and files spoken of; each in the order of the text."""

    things: list[tuple[str, str]] = field(default_factory=list)
    spaces: list[str] = field(default_factory=list)
    parts: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    sure: list[str] = field(default_factory=list)

    def hear(self, text: str, context: Context, *, sure: bool = False) -> None:
        """Keeps what a clause names. `sure`: it says nothing but a place, which then is one in any word."""
        tokens = tokenise(text)
        files = [found["file"] for found in _FILE.finditer(text)]
        self.files += [one for one in files if one not in self.files]
        self.images += [
            t.text for t in tokens if t.shape is Shape.IMAGE and IMAGE_TEXT.search(t.text) and t.text not in self.images
        ]
        for found in _PART.finditer(text):
            if found["key"].casefold() not in KINDS and not known(tokenise(found["key"])[0]):
                self._part(found["what"], found["key"])
        for found in _SWITCH.finditer(text):
            self._part("variable", found["key"])
        parts = {key.casefold() for _, key in self.parts}
        view = View(tokens, context)
        said = view.location.names[0] if view.location is not None else ""
        if sure and not said and re.match(r"\W*(?:and |but )?(?:to|from|of)\b", text, re.IGNORECASE):
            said = tokens[-1].low
            self._space(said)
        self.sure += [said] if said and sure else []
        if said and not said.isalpha() and _spacious(said):
            self._space(said)
        elif said and view.location is not None and view.location.at:
            before = next((at for at, token in enumerate(tokens) if token.low == said), 0) - 2
            named = before >= 0 and (
                tokens[before].shape is Shape.NAME or any(before in m.at and m.kind for m in view.mentions)
            )
            if sure or (named and tokens[before + 1].low == "in" and said not in _NO_SPACES):
                self._space(said)
            elif said not in _NO_SPACES and not said.endswith(("ed", "en", "ing")):
                self.doubtful.append(said)
        for found in _SPACE.finditer(text):
            said = next(one for one in found.groups() if one)
            if _spacious(said):
                self._space(said.casefold())
        for found in _IS.finditer(text):
            kind, name = (found["kind"], found["name"]) if found["kind"] else ("", found["called"])
            if DNS.fullmatch(name) and not _common(name):
                self._thing(_kind(kind), name)
        classed = _CLASSED.search(text.strip(" .,!"))
        if classed:
            self._classify(_kind(classed["kind"]))
        for one in view.mentions:
            for name in one.names:
                shaped = tokenise(name)[0].shape is Shape.NAME and not ENGLISH.fullmatch(name)
                lower = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None
                if one.kind == "namespace":
                    if _spacious(name):
                        self._space(name)
                        self._thing("namespace", name)
                elif name in parts or name in self.spaces or name in files or re.fullmatch(r"[\d.:]+\w?", name):
                    continue
                elif (one.kind and lower and (shaped or not _common(name))) or (shaped and lower):
                    self._thing(one.kind, name)

    def _part(self, what: str, key: str) -> None:
        what = "variable" if what in {"env var"} else what
        if (what, key) not in self.parts:
            self.parts.append((what, key))

    def _space(self, name: str) -> None:
        if name not in self.spaces:
            self.spaces.append(name)

    def _thing(self, kind: str, name: str) -> None:
        for at, (other, same) in enumerate(self.things):
            if same == name:
                if kind and not other:
                    self.things[at] = (kind, name)
                return
        self.things.append((kind, name))

    def _classify(self, kind: str) -> None:
        """`it's a deployment`: of what was spoken of without a kind, where that is one thing."""
        open_ones = [at for at, (other, _) in enumerate(self.things) if not other]
        if len(open_ones) == 1:
            self.things[open_ones[0]] = (kind, self.things[open_ones[0]][1])

    def contexts(self, context: Context) -> list[Context]:
        """What an order may mean: one context for each thing, the surer ones alone where there are any."""
        spaces: list[str] = self.spaces or [""]
        named = [one for one in self.things if one[1] not in self.spaces]
        named = named or [one for one in self.things if one[0] == "namespace"]
        out = []
        for space in spaces[:3]:
            for kind, name in named[:4] or [("", "")]:
                out.append(
                    Context(
                        namespace="" if kind in CLUSTER_SCOPED and not space else space,
                        kind=kind,
                        names=(name,) if name else (),
                        namespaces=context.namespaces,
                        kinds=context.kinds,
                        person={"service_account": f"{space}/{name}"} if kind == "serviceaccount" else {},
                    )
                )
        return out


def _kind(said: str) -> str:
    low = re.sub(r"\s+", " ", said.casefold())
    return KINDS.get(low) or KINDS.get(low.replace(" ", "")) or low.replace(" ", "")


def _common(name: str) -> bool:
    return name.isalpha() and known(tokenise(name)[0])


def _spacious(name: str) -> bool:
    """Whether a word behind `in` is a namespace: by its shape, or since the language has no such word."""
    (token, *_) = tokenise(name)
    if (
        not name
        or name.endswith(("ed", "en"))
        or name in _NO_SPACES
        or ENGLISH.fullmatch(name)
        or re.fullmatch(r"[\d.:]+\w?", name)
    ):
        return False
    return token.shape is Shape.NAME or (name.isalpha() and name.islower() and not known(token))
