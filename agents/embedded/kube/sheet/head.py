"""The head of a sheet: whether something new is meant, the kind, and what stands before the attributes."""

from __future__ import annotations

import re
from typing import NamedTuple

from agents.embedded.kube.lexicon import CONDITIONS, FILLERS, KINDS, NEGATIONS, PHRASES
from agents.embedded.kube.sheet.sheets import TABLE
from agents.embedded.wordset import words

_MOODS = {
    "make": "create add make need want provision define new spin build require request set up wanted needed required "
    "requested register",
    "set": "set update change adjust configure edit modify alter",
    "patch": "patch",
    "delete": "delete remove drop",
    "issue": "issue mint generate",
    "expose": "expose",
}
_MOOD = {word: mood for mood, said in _MOODS.items() for word in said.split()}
_OWN = {
    "container": "container",
    "token": "token",
    "serviceaccount token": "token",
    "service account token": "token",
    "sa token": "token",
    "autoscaling": "horizontalpodautoscaler",
    "taint": "taint",
    "workload": "workload",
    "permissions": "rights",
    "rights": "rights",
    "access rights": "rights",
    **{f"{which} probe": f"{which}probe" for which in ("readiness", "liveness", "startup")},
    **{f"{which}probe": f"{which}probe" for which in ("readiness", "liveness", "startup")},
}
_KNOWN = {kind for kind, _ in TABLE}
FORMS = {
    form: kind
    for form, kind in {**KINDS, **{" ".join(said): one for said, one in PHRASES.items()}, **_OWN}.items()
    if kind in _KNOWN and (not form.endswith("s") or form in {"ns", "sts", "ds", "ingress", *_OWN})
}
KIND = "|".join(sorted((re.escape(form).replace(r"\ ", r"[\s-]") for form in FORMS), key=len, reverse=True))
_PLACE = re.compile(
    r"(?:in |for )?(?:the )?(?:(?:namespace|ns)\s*[:=]?\s*[`'\"]?(?P<a>[a-z0-9][a-z0-9-]*)[`'\"]?|"
    r"in [`'\"]?(?P<b>[a-z0-9][a-z0-9-]*)[`'\"]?)\s*[:,;.\n-]\s*",
    re.IGNORECASE,
)
_BEHIND = words("up wanted needed required requested")
_VERB = "|".join(sorted(_MOOD.keys() - _BEHIND, key=len, reverse=True))
_HEAD = re.compile(
    rf"(?:(?:please|pls|kindly|hi|hello|todo|task|request|ticket)\b[\s,:]*)*"
    rf"(?:(?:i|we)(?:'d like| would like)?\s+)?(?:to\s+)?"
    rf"(?P<verb>(?:set up|{_VERB})\b[\s:]*)?"
    rf"(?:(?:please|for|on)\s+)?(?:(?:a|an|the|one|minimal)\s+)*(?P<new>(?:(?:new|fresh|another|one-off|"
    rf"additional|dedicated)\s+)*)"
    rf"(?P<kind>{KIND})(?![\w.-]|=)",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"(?P<spec>\s+(?:spec(?:ification)?|definition)\b)?"
    r"(?:\s+(?P<wish>(?:is\s+)?(?:wanted|needed|required|requested)|to be created|to create)\b)?",
    re.IGNORECASE,
)
NAME = re.compile(
    r"(?:\s+|\s*[:/]\s*)(?P<q>[`'\"]?)(?P<name>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?P=q)(?![\w@=/-]|[.:]\w)"
)
_NO_NAMES = words(
    "name named called namespace ns wanted needed required requested spec in for of on to at with from key keys new "
    "image replicas port ports type schedule command data user group subject role verbs host size min max minimum "
    "maximum default deny allow get list watch access pods selector service labels label limits requests cpu memory "
    "is are should must may can will shall has have gets not only each every all both and or"
)

_NEVER = _NO_NAMES | FILLERS | CONDITIONS | NEGATIONS | (KINDS.keys() - {"web"})


class Head(NamedTuple):
    """`end` is where the attributes begin."""

    mood: str
    kind: str
    end: int
    namespace: str


def kind_named(said: str) -> str:
    """The kind of a word that `KIND` matches."""
    return FORMS[re.sub(r"[\s-]+", " ", said.casefold())]


def head(text: str) -> Head | None:
    """The head of a sheet; None where the text has none."""
    place = _PLACE.match(text)
    if place and (place["a"] or place["b"]).casefold() in _NO_NAMES:
        place = None
    begin = place.end() if place else 0
    found = _HEAD.match(text, begin)
    if found is None:
        return None
    verb = (found["verb"] or "").strip(" :\n").casefold()
    mood = _MOOD.get(verb, "make" if verb == "set up" else "bare")
    if found["new"]:
        if mood not in {"bare", "make", "issue"}:
            return None
        mood = "make"
    end = found.end()
    wish = _WISH.match(text, end)
    if wish is not None and wish[0]:
        end = wish.end()
        mood = "make" if mood in {"bare", "make"} else ""
    kind = kind_named(found["kind"])
    space = (place["a"] or place["b"]) if place else ""
    return Head(mood, kind, end, space)


_PLAIN_END = re.compile(
    r"\s*(?:[,;:(/\n]|$|\.(?:\s|$))|\s+(?:in|of|for|ns|namespace|with|at|on|to|-n)(?![\w-])", re.IGNORECASE
)


def named(text: str, at: int) -> tuple[str, int]:
    """(name, end) of the name that stands right behind the kind; ("", at) where there is none.

    A plain word is a name only where something ends behind it: in `a namespace there is` nothing is called `there`.
    """
    found = NAME.match(text, at)
    if found is None:
        return "", at
    name = found["name"]
    if not found["q"] and (name in _NEVER or (name.isalpha() and _PLAIN_END.match(text, found.end()) is None)):
        return "", at
    return name, found.end()
