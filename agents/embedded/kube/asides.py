"""What of a request asks for nothing: statements, wishes for the form of an answer, and what is not to happen.

What is not to happen is no decoration. It is kept and held against the plan: a plan that deletes where the request says
"don't delete it", or touches what is to be left alone, is no plan for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from agents.embedded.kube.frames import asks, head_of
from agents.embedded.kube.lexicon import BASES, CHANGES, CONDITIONS, FILLERS, KINDS, NEGATIONS, VERB_LEMMAS, VERBS
from agents.embedded.kube.segments import Segment
from agents.embedded.kube.tokens import LITERAL, Shape, Token
from agents.embedded.wordset import words

_DATA = {Shape.PAIR, Shape.IMAGE, Shape.QUANTITY, Shape.SCHEDULE, Shape.PATH, Shape.FLAG, Shape.BAD, Shape.IDENTITY}
_STAYS = words(
    "stay stays keep keeps remain remains leave untouched unchanged alone running live fine hands "
    "only more else nothing rest "
    "same okay ok must should may safe is are correct"
)
_NEVER = words("if unless otherwise else except excluding instead rather provided depending whenever")
_TEMPORAL = words("when once after before until till while")
_TEMPLATE = frozenset(
    {"kube.set_image", "kube.set_env", "kube.set_resources", "kube.set_probe", "kube.restart", "kube.rollout_undo"}
)
_FORBIDS: dict[str, frozenset[str]] = {
    "delete": frozenset({"kube.delete", "kube.delete_collection"}),
    "remove": frozenset({"kube.delete", "kube.delete_collection"}),
    "recreate": frozenset({"kube.delete", "kube.replace"}),
    "drain": frozenset({"kube.drain"}),
    "restart": frozenset({"kube.restart", *_TEMPLATE}),
    "scale": frozenset({"kube.scale", "kube.autoscale"}),
    "rollback": frozenset({"kube.rollout_undo"}),
    "rollout": _TEMPLATE,
    "suspend": frozenset({"kube.suspend"}),
    "cordon": frozenset({"kube.cordon", "kube.drain"}),
    "create": frozenset({"kube.create"}),
}
_ANYTHING = words("anything everything it them em any nothing something stuff")
LATER = frozenset({"kube.scale", "kube.suspend", "kube.rollout_pause", "kube.cordon", "kube.taint"})
"""What is done now and taken back later, by somebody, even where the request says until when."""


_OBJECTS = words(
    "the a an my our your it that this them these those all every each any its to up down off on in of me us"
)


def stated(lows: list[str], at: int) -> bool:
    """`change freeze is over`: what looks like an order is a noun, with its verb behind it."""
    rest = lows[at + 1 :]
    if at == 1 and lows[0] in {"we", "i", "they", "he", "she"}:  # `we move the game server`: a plan of theirs
        return True
    if at and lows[at - 1] in {"the", "our", "their"} and rest[:1] in (["needs"], ["wants"], ["requires"], ["asks"]):
        return True  # `the audit needs it`
    if not rest or rest[0] in _OBJECTS or not rest[0].isalpha():
        return False
    return any(
        low in {"is", "are", "was", "were", "has", "have", "stays", "stay", "keeps", "remains", "must"}
        for low in rest[:4]
    )


@dataclass(frozen=True, slots=True)
class Aside:
    """`forbidden` are verbs that must not happen, `kept` names that must not be touched; `still` forbids any change.

    `shows`: it asks to be shown something, and fits only a plan that changes nothing; `place`: it says where all is.
    `rolling`: it fits only what replaces pods one by one anyway; `own`: only what changes an object and not its pods.
    """

    text: str
    forbidden: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    still: bool = False
    shows: bool = False
    until: bool = False
    label: str = ""
    place: str = ""
    words: frozenset[str] = frozenset()
    cost: float = 0.0
    rolling: bool = False
    own: bool = False


def aside(segment: Segment) -> Aside | None:
    """What the segment is where it demands nothing; None where it may demand something."""
    content = segment.content
    text = " ".join(t.text for t in content)
    if not content:
        return Aside("")
    lows = [t.low for t in content]
    pairs = [t.text for t in content if t.shape is Shape.PAIR]
    if (
        len(pairs) == 1
        and "label" in lows
        and set(lows) & {"all", "everything", "everywhere"}
        and lows[0] in {"use", "with"}
    ):
        return Aside(text, label=pairs[0])
    cost = 0.25 * sum(t.low not in FILLERS for t in content)
    negated = any(low in NEGATIONS for low in lows) or "hands" in lows
    if _nothing_else(content, lows):
        return Aside(text, cost=cost)
    only = "else" in lows and set(lows) & {"nothing", "nobody", "none"}
    if any(lows[at] in {"is", "are"} and lows[at + 1 : at + 3] == ["to", "be"] for at in range(len(lows))):
        return None  # `and it is to be restarted` is an order
    if story(segment, content, lows):
        kept = tuple(t.low for t in content if t.shape is Shape.NAME)
        return Aside(text, kept=kept if negated else (), cost=cost)
    if any(_data(t) for t in content) or (any(low in _NEVER for low in lows) and not only) or _wished(content, lows):
        return None
    if {"ignore", "disregard", "forget"} & set(lows) and {"instructions", "instruction", "prompt", "rules"} & set(lows):
        return None
    if lows[0] in {"until", "till"}:
        return Aside(text, until=True, cost=cost)
    asked = asks(segment.tokens)
    if (
        not asked
        and segment.lead not in {"because", "since", "cause", "coz", "cuz"}
        and lows[0] in _TEMPORAL
        and lows[0] != "while"
    ):
        return None
    kept = tuple(t.low for t in content if t.shape is Shape.NAME or t.shape is Shape.QUOTED)
    if any(t.lemma in {"container", "sidecar"} for t in content) and not _telling(lows):
        return None
    if negated and bars(lows):
        return None
    if negated and _reports(lows):
        return _statement(segment, content, text, cost)
    if negated or _kept_up(lows):
        return _prohibition(content, text, kept, cost)
    return _statement(segment, content, text, cost)


_TELLERS = words(
    "i we they he she it i'm we're they're he's she's it's i've we've they've that's there that which who "
    "everyone everybody nobody somebody someone"
)
_OPENERS = words("and but so because before since which who that until as well turns oh yes though although except")
_WISHED = words(
    "please pls plz must should need needs want wants like let ought shall you your can could would will may might if "
    "unless until only instead rather"
)
_PRESENT = words("is are has have 'm 's was were had did does am")
_PERSONS = words("my our his her their")


def story(segment: Segment, content: Sequence[Token], lows: list[str]) -> bool:
    """`before she went on leave`, `and I'm hoarse`: somebody's doings, with no wish and nothing of the cluster."""
    if segment.end == "?" or any(_data(t) and t.shape is not Shape.QUANTITY for t in content):
        return False
    if any(t.shape in {Shape.FLAG, Shape.KEY, Shape.NAME} or t.lemma in KINDS for t in content):
        return False
    first = 0
    while first < len(lows) - 1 and lows[first] in _OPENERS and lows[first + 1] in _TELLERS | _PERSONS | _OPENERS:
        first += 1
    rest = lows[first:]
    if not rest or rest[0] not in _TELLERS | _PERSONS or set(rest) & (_WISHED - {"will", "would", "could", "can"}):
        return False
    if lows[0] in {"until", "till"} and not set(rest) & {"use", "uses", "needs", "asks", "wants"}:
        return False
    counted = any(t.shape in {Shape.NUMBER, Shape.QUANTITY} for t in content)
    if rest[0] in {"it", "they", "that", "which", "there", "who"} and (counted or "to" in rest):
        return False
    if set(rest) & {"you", "your"} or (rest[0] in {"it", "that"} and set(rest) & {"will", "would", "could", "can"}):
        return False
    if rest[0] in _PERSONS:
        return any(_past(low) for low in rest[1:6])
    contracted = "'" in rest[0]
    present = lows[0] in {"before", "since", "because", "until", "though", "although"} and rest[0] in _TELLERS
    return contracted or present or any(low in _PRESENT or _past(low) for low in rest[1:4])


def _past(low: str) -> bool:
    return low in _PAST_FORMS or (low.endswith("ed") and len(low) > 4)


_PAST_FORMS = words(
    "was were had did went came got told took made found lost said saw knew felt left kept met ran sat sent spent "
    "stood taught thought understood woke won wrote rang swore fell flew forgot fought froze gave grew heard held hit "
    "broke brought built bought chose began became ate drank drove spoke stole sang slept paid put read cut hurt let "
    "is are has have isn't wasn't weren't haven't hasn't"
)
_UNTOUCHED = words("stay stays leave keep keeps untouched unchanged alone")


def _kept_up(lows: Sequence[str]) -> bool:
    """`the sidecar stays`, but not `it keeps crashing`."""
    goes_on = any(
        low in {"keep", "keeps"} and after.endswith("ing") and after != "running" for low, after in pairwise(lows)
    )
    return bool(_UNTOUCHED & set(lows)) and not goes_on


_SENDS = words("send schedule place put land start let run come go get")


def bars(lows: Sequence[str]) -> bool:
    """`do not send new pods there`: a negation that is an order of its own."""
    return bool(
        _SENDS & set(lows) and words("new more further") & set(lows) and words("pod pods work workloads") & set(lows)
    )


_OWN = words("look check inspect debug watch test finish wait compare think")


def own_plan(lows: Sequence[str]) -> bool:
    """`I want to look at it first`: what somebody means to do without us."""
    return any(
        low in {"i", "we", "i'll", "we'll"} and set(lows[at + 1 : at + 4]) & words("want need have will must like")
        for at, low in enumerate(lows)
    ) and bool(_OWN & set(lows))


def _nothing_else(content: Sequence[Token], lows: list[str]) -> bool:
    """`restart nothing else`, `and nothing more`: demands nothing, where it names nothing."""
    said = any(lows[at : at + 2] in (["nothing", "else"], ["nothing", "more"]) for at in range(len(lows)))
    said = said or (lows[0] in {"that", "that's", "thats"} and lows[1:2] == ["all"])
    return said and all(t.word for t in content)


def _wished(content: Sequence[Token], lows: list[str]) -> bool:
    """`I need a limit range`: a thing to be made has its place in the plan, or there is no plan."""
    if not {"need", "want", "like"} & set(lows[:4]):
        return False
    made = next((at for at, t in enumerate(content) if t.word and t.lemma in _MADE), -1)
    return bool({"a", "an", "another", "new"} & set(lows[max(0, made - 3) : made])) if made > 0 else False


def _data(token: Token) -> bool:
    """What an order is made of; `blue/green` is none of it."""
    plain = re.fullmatch(r"([a-z]+)/[a-z]+", token.low)
    return token.shape in _DATA and not (plain and plain[1] not in KINDS)


_REPORTS = words(
    "isn't isnt aren't arent wasn't weren't doesn't doesnt didn't didnt won't wont can't cant "
    "cannot hasn't haven't couldn't never"
)
_ORDERS = words("don't dont do no not without nothing must should hands leave keep keeps stay stays stop")


def _reports(lows: Sequence[str]) -> bool:
    """`the sidecar isn't ready` tells how something is; `don't touch the sidecar` says what must not be."""
    if {"don't", "dont", "nolonger", "not"} & set(lows) and {"need", "needs", "use", "want", "know", "run"} & set(lows):
        return bool({"we", "i", "they", "he", "she", "you", "must", "should", "nobody"} & set(lows[:-1])) and lows[
            0
        ] not in {
            "don't",
            "dont",
            "do",
        }
    return any(low in _REPORTS for low in lows) and not any(low in _ORDERS for low in lows)


def _prohibition(content: Sequence[Token], text: str, kept: tuple[str, ...], cost: float) -> Aside | None:
    lemmas = [t.lemma for t in content]
    verbs = tuple(lemma for lemma in lemmas if lemma in _FORBIDS)
    generic = any(lemma in {"change", "touch", "edit", "fix", "write", "break"} for lemma in lemmas) or any(
        t.low in {"touch", "changes", "hands"} for t in content
    )
    still = (generic and any(t.low in _ANYTHING for t in content)) or any(t.low == "changes" for t in content)
    if {"else", "other", "others"} & {t.low for t in content}:
        still = False
    _, head = head_of(content)
    first = next((t for t in content if t.low not in FILLERS), content[0])
    if (
        (
            first.low not in NEGATIONS
            and head in CHANGES - {"keep", "leave"}
            and first.low == first.lemma
            and not verbs[1:]
        )
        and first.low not in {"hands", "run", "running"}
        and first.word
    ):
        return None
    return Aside(text, verbs, kept, still, cost=cost, words=frozenset(t.low for t in content))


def _statement(segment: Segment, content: Sequence[Token], text: str, cost: float) -> Aside | None:
    lows = [t.low for t in content]
    asked = segment.lead != "for" and (asks(segment.tokens) or segment.end == "?")
    at, head = head_of(content)
    ordered = at < len(content) and head in VERB_LEMMAS | {"spinup"}
    ordered = ordered and (content[at].low in BASES or " " in content[at].text)
    ordered = ordered and not stated([t.low for t in content], at)
    if ordered and head in CHANGES:
        return None
    if any(_field(t) for t in content):
        return None
    wishes = any(low in {"should", "must", "need", "needs", "want", "wants", "please", "pls"} for low in lows)
    changes = any(t.lemma in CHANGES and t.low == t.lemma for t in content)
    if wishes and changes and not asked:
        return None
    if segment.lead in _MORE and not asked and _verbless(content):
        return None
    if segment.lead in _MORE and set(lows) & {"everything", "all", "every"} and not set(lows) & _BEING:
        return None
    if asked and any(low in CONDITIONS for low in lows):
        return None
    counted = (
        any(t.shape is Shape.NUMBER for t in content)
        and not set(lows) & _FINITE
        and not any(low.endswith("s") and low in VERBS for low in lows)
    )
    shows = (
        (counted and not segment.aside)
        or asked
        or ordered
        or (wishes and len(content) > 3 and not own_plan(lows) and not _reports(lows))
        or (not segment.aside and (_demanding(segment, content) or _continues(segment, content)))
    )
    return Aside(text, shows=shows, cost=cost + 0.8 * shows)


def _telling(lows: Sequence[str]) -> bool:
    """Whether the words tell something; `the container app in web` only names what the order is about."""
    return bool((_FINITE | _BEING | NEGATIONS) & (set(lows) - {"but", "instead"})) or any(
        low.endswith("s") and low in VERBS for low in lows
    )


def _verbless(content: Sequence[Token]) -> bool:
    """`and api in shop`: what only has a meaning with the verb before it."""
    telling = any(t.low in _BEING | _FINITE or t.low in VERBS or t.low.endswith(("s", "ed", "ing")) for t in content)
    return not telling and any(t.low not in FILLERS and not t.low.endswith("ly") for t in content)


_BEING = words("is are was were has have stays stay keeps can will should must which what how where who why")
_MORE = words("and plus with also then")
_FINITE = words(
    "is are was were has have had i we they it he she will must should keeps needs wants can can't won't isn't doesn't"
)


def _demanding(segment: Segment, content: Sequence[Token]) -> bool:
    """`a role for user x`, `and a default deny`: what names something to be made, without a verb, is no chatter."""
    lows = [t.low for t in content]
    if "only" in lows or "the" in lows[:3]:
        return False
    if (
        {"user", "group"} & {t.lemma for t in content}
        and not set(lows) & _FINITE
        and any(t.shape in LITERAL for t in content)
    ):
        return True
    made = any(t.word and t.lemma in _MADE for t in content)
    return (
        made and ("a" in lows[:3] or "an" in lows[:3] or segment.lead in _LISTED) and not set(lows) & _FINITE - {"it"}
    )


def _continues(segment: Segment, content: Sequence[Token]) -> bool:
    """`... and group devs`, `... and wipe shop-old`: one more of what was asked for, and no statement."""
    if segment.lead not in {"and", "plus", "also", "then", "&"} or {t.low for t in content} & (_FINITE - {"it"}):
        return False
    names = any(t.shape in {Shape.NAME, Shape.QUOTED} for t in content)
    return names or any(t.lemma in {"user", "group", "serviceaccount"} for t in content)


_LISTED = frozenset({",", "and", "plus", "with", ";", ":", "-", "\n", "•", "then", "also"})
_MADE = words(
    "resourcequota role rolebinding networkpolicy denyall limitrange serviceaccount "
    "poddisruptionbudget service configmap secret "
    "horizontalpodautoscaler deployment job cronjob ingress persistentvolumeclaim"
)


def _field(token: Token) -> bool:
    """`automountServiceAccountToken`: a field of a manifest is no chatter."""
    return bool(re.search(r"^[a-z]+[A-Z]", token.text)) and token.low not in {
        "crashloopbackoff",
        "imagepullbackoff",
        "clusterip",
        "limitrange",
    }


_CONTENTS = words("data volume volumes disk disks contents content storage pods")


def fits(asides: Sequence[Aside], steps: Sequence[tuple[str, Mapping[str, object]]], writes: frozenset[str]) -> str:
    """Why the steps go against what the asides say; "" where they do not. `writes` are skills that change things."""
    # A remedy that may change one kind only leaves all else alone by itself; what is told of it is the trouble.
    changing = [(skill, call) for skill, call in steps if skill in writes and not call.get("change")]
    touching = [call for skill, call in changing if skill != "kube.fix"]
    for one in asides:
        if one.shows and changing:
            return f'"{one.text[:120]}" has no place in a plan that changes something'
        running = one.words & {"pods", "pod", "running", "workloads", "survive"}
        if (one.kept or running) and any(skill == "kube.drain" for skill, _ in changing):
            return f'"{one.text[:120]}" speaks of what may be on the node that would be emptied'
        if one.words & _CONTENTS and any(skill == "kube.delete" for skill, _ in changing):
            return f'"{one.text[:120]}" speaks of what goes with what would be deleted'
        if one.rolling and not {skill for skill, _ in changing} <= _TEMPLATE:
            return f'"{one.text[:120]}" has no place in a plan that replaces no pods'
        if one.own and not {skill for skill, _ in changing} <= {"kube.label", "kube.annotate"}:
            return f'"{one.text[:120]}" is not sure to hold'
        if one.still and changing:
            return f'"{one.text[:120]}" forbids a change'
        if one.until and not all(skill in LATER for skill, _ in changing):
            return f'"{one.text[:120]}" cannot be waited for'
        key, _, value = one.label.partition("=")
        if one.label and not all(f"'{key}': '{value}'" in str(call) for _, call in changing):
            return f'"{one.text[:120]}" is not what the new objects would carry'
        for verb in one.forbidden:
            hit = next((skill for skill, _ in changing if skill in _FORBIDS[verb]), None)
            if hit and (not one.kept or any(_touches(call, one.words) for _, call in changing)):
                return f'"{one.text[:120]}" forbids {hit}'
        if not one.forbidden and any(_touches(call, one.words) for call in touching):
            return f'"{one.text[:120]}" speaks of what would be changed'
    return ""


def _touches(call: Mapping[str, object], names: Collection[str]) -> bool:
    kinds = {KINDS[name] for name in names if name in KINDS}
    if kinds and call.get("kind") and call["kind"] not in kinds and call.get("name") in names:
        return False  # `remove deploy x, its service x has to stay`
    return call.get("name") in names or call.get("node") in names
