"""From segments to calls: which neighbours together ask for something, in which order, and what they share.

Every way to group the segments is weighed by how many of the words the frames explain; a segment that no frame takes
must be an aside. So a comma or an `and` need not be understood before what stands on both sides of it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agents.embedded.kube.asides import Aside, fits
from agents.embedded.kube.chatter import talk
from agents.embedded.kube.deeds.door import cues, deed
from agents.embedded.kube.deeds.tales import quiet, tale
from agents.embedded.kube.frames import Frame, Match, head_of, matches
from agents.embedded.kube.frames_make import MAKE
from agents.embedded.kube.frames_write import WRITE
from agents.embedded.kube.inquiry.clauses import asked, goes_on
from agents.embedded.kube.lexicon import CLUSTER_SCOPED, FILLERS, VERB_LEMMAS
from agents.embedded.kube.moods import mood
from agents.embedded.kube.names import Context, Mention
from agents.embedded.kube.outcome import Missing
from agents.embedded.kube.segments import Segment, segments
from agents.embedded.kube.tokens import Shape, Token
from agents.embedded.kube.view import View
from agents.embedded.outcome import Stop, decline
from protocol.vocabulary import JsonObject

FRAMES: tuple[Frame, ...] = (*WRITE, *MAKE)
WRITES = (
    frozenset(frame.skill for frame in FRAMES)
    | (cues().keys() - {"kube.rollout_status"})
    | {"kube.create", "kube.bind_role", "kube.fix"}
)
LONGEST = 8
MOST = 26
_DEMAND = 0.6
_TALE = 50.0
"""What a reading of clauses that only tell weighs less than one that passes over them."""
_SURE = 2.0
"""What a clause that is read whole weighs more than one of which words were passed over."""

Step = tuple[str, JsonObject]


@dataclass
class Path:
    """One reading of the segments so far."""

    score: float
    context: Context
    steps: list[Step] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    spaces: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reading:
    """What a request asks of a cluster."""

    steps: tuple[Step, ...]
    asides: tuple[Aside, ...]


def read(tokens: Sequence[Token], context: Context) -> Reading:
    """The steps of a request. Raises Stop with what could not be placed, or what is missing."""
    about = _about(tokens)
    if about:
        raise decline(about)
    pieces = segments(tokens)
    if not pieces or len(pieces) > MOST:
        raise decline("the request is too long for this grammar" if pieces else "the request asks for nothing")
    moods = [mood(piece) for piece in pieces]
    # The best readings up to each cut, without and with a demand: a start of mere statements may be the right one.
    best: list[dict[bool, Path]] = [{False: Path(0.0, context)}, *({} for _ in pieces)]
    lacks: list[tuple[float, Stop]] = []
    for at in range(len(pieces)):
        for here in list(best[at].values()):
            for path, to in _onward(here, pieces, moods, at, lacks):
                known = best[to].get(bool(path.steps))
                if known is None or path.score > known.score:
                    best[to][bool(path.steps)] = path
    done = best[-1].get(True)
    if done is None:
        if lacks:
            raise max(lacks, key=lambda one: one[0])[1]
        raise _unplaced(pieces, best)
    against = fits(done.asides, done.steps, WRITES)
    if against:
        raise decline(against)
    steps = _spread(done)
    once = [one for at, one in enumerate(steps) if one not in steps[:at] or "by" in one[1]]
    return Reading(tuple(_merged(_again_running(_new(once)))), tuple(done.asides))


def _again_running(steps: Sequence[Step]) -> list[Step]:
    """`suspend cronjob a in x, resume b`: what is said behind cron jobs is of one of them."""
    out: list[Step] = []
    for skill, call in steps:
        paused = out[-1] if out else None
        if paused is not None and skill == "kube.rollout_resume" and paused[0] == "kube.suspend" and "kind" not in call:
            out.append(("kube.resume", {**call, "kind": str(paused[1].get("kind", "cronjob"))}))
        else:
            out.append((skill, call))
    return out


def _new(steps: Sequence[Step]) -> list[Step]:
    """`create ns x, quota of 5 pods in it`: what is in a new namespace is new too."""
    made = {call.get("name") for skill, call in steps if skill == "kube.create_namespace"}
    return [
        ("kube.create_quota", call) if skill == "kube.set_quota" and call.get("namespace") in made else (skill, call)
        for skill, call in steps
    ]


_GATHERED = frozenset(f"kube.{one}" for one in ("set_resources", "set_env", "set_config_map", "label", "annotate"))


def _merged(steps: Sequence[Step]) -> list[Step]:
    """`raise its cpu limit to 2 and its memory limit to 4Gi`: one change of one object."""
    out: list[Step] = []
    for skill, call in steps:
        known = out[-1] if out and out[-1][0] == skill and skill in _GATHERED else None
        same = known is not None and all(
            known[1].get(key) == call.get(key)
            for key in ("name", "kind", "namespace", "container", "selector", "every")
        )
        if known is None or not same:
            out.append((skill, call))
            continue
        both = dict(known[1])
        for key, value in call.items():
            before = both.get(key)
            if isinstance(value, dict) and isinstance(before, dict):
                both[key] = {**before, **value}
            elif isinstance(value, list) and isinstance(before, list):
                both[key] = [*before, *(one for one in value if one not in before)]
            else:
                both[key] = value
        out[-1] = (skill, both)
    return out


_ABOUT = (
    "how do i",
    "how do you",
    "how to",
    "how can i",
    "how would i",
    "how should i",
    "should i",
    "should we",
    "what if",
    "what happens if",
    "what would",
    "is it safe",
    "is it possible",
    "would it be",
    "do you think",
    "have you",
    "did you",
    "is there a way",
    "suppose",
    "imagine",
    "what command",
    "which command",
    "shall i",
    "shall we",
    "explain how",
    "teach me",
    "what does it mean",
    "pretend",
    "ignore all",
    "ignore previous",
)


_TALK = re.compile(rf"(?:\w+ )??(?:{'|'.join(map(re.escape, _ABOUT))})\b")


def _about(tokens: Sequence[Token]) -> str:
    """Why a request that talks about doing something is none to do it."""
    said = " ".join(token.low for token in tokens[:12] if token.shape is not Shape.MARK)
    if _TALK.match(said):
        return "this asks about doing something; it does not ask for it to be done"
    return ""


def _onward(
    here: Path, pieces: Sequence[Segment], moods: Sequence[str], at: int, lacks: list[tuple[float, Stop]]
) -> list[tuple[Path, int]]:
    found: list[tuple[Path, int]] = []
    one = quiet(pieces[at])
    if one is not None and not (one.shows and _writes(here)) and not (here.steps and goes_on(pieces[at])):
        found.append((_passed(here, pieces[at], one), at + 1))
    for to in range(at + 1, min(at + LONGEST, len(pieces)) + 1):
        tokens = [token for piece in pieces[at:to] for token in piece.tokens]
        place = _heading(tokens) if to < len(pieces) else ""
        if place:
            found.append((replace(here, context=replace(here.context, namespace=place, inherited="create")), to))
        view = View(tokens, _inheriting(here, pieces[at]), [moods[n] for n in range(at, to) for _ in pieces[n].tokens])
        tales = sum(_tells(piece) for piece in pieces[at:to])
        match = _done(view, lacks) or asked(view, moods[at:to], changed=bool(here.steps))
        match = match or _best(view, frozenset(moods[at:to]), lacks)
        if match is not None and tales:
            ends = to > at + 1 and _tells(pieces[to - 1])
            whole = _reads(match) and tales == to - at
            match = None if whole or ends else replace(match, weight=match.weight - _TALE)
        if match is None and to > at + 2:
            match = _without_statements(here, pieces, moods, at, to, lacks)
        if (
            match is not None
            and not _again(here, match)
            and (_reads(match) or not any(one.shows for one in here.asides))
        ):
            found.append((_taken(here, match), to))
    return found


def _tells(piece: Segment) -> bool:
    told = tale(piece)
    return told is not None and not told.place


def _reads(match: Match) -> bool:
    return not any(skill in WRITES for skill, _ in match.steps)


def _writes(here: Path) -> bool:
    return any(skill in WRITES for skill, _ in here.steps)


_ONCE = frozenset(
    f"kube.{one}"
    for one in (
        "drain",
        "delete",
        "restart",
        "rollout_undo",
        "scale",
        "expose",
        "autoscale",
        "cordon",
        "run_cron_job_now",
    )
)


def _again(here: Path, match: Match) -> bool:
    """`drain x, 45s grace`: more of what the clause before asks for, and no second demand."""
    if not here.steps or here.steps[-1][0] not in _ONCE or match.steps[0][0] != here.steps[-1][0]:
        return False
    known, more = here.steps[-1][1], match.steps[0][1]
    return known != more and all(known.get(key) == more.get(key) for key in ("name", "node"))


def _done(view: View, lacks: list[tuple[float, Stop]]) -> Match | None:
    """What the clauses order of objects that are there, read whole."""
    found = deed(view.tokens, view.context)
    if found is None or isinstance(found, Stop):
        if found is not None:
            lacks.append((_SURE, found))
        return None
    steps, place = found
    view = view.fork()
    view.used = set(range(len(view.tokens)))
    view.location = Mention("namespace", (place,), frozenset()) if place else None
    said = sum(token.shape is not Shape.MARK and token.low not in FILLERS for token in view.tokens)
    return Match(steps, said + _SURE, view)


def _goes_on(piece: Segment) -> bool:
    """`..., and of api in core`: more of what the clause before asked for."""
    lows = [token.low for token in piece.content]
    return lows[:1] == ["and"] and lows[1:2] in (["of"], ["in"], ["from"])


def _heading(tokens: Sequence[Token]) -> str:
    """`set up ci-apps for the new pipeline:`: the namespace that all behind it is for."""
    at, head = head_of(tokens)
    if tokens[-1].text != ":" or head != "create" or not tokens[at].low.startswith("set"):
        return ""
    view = View(tokens, Context(), ["change"] * len(tokens))
    bare = [m for m in view.mentions if not m.kind and len(m.names) == 1 and _shaped(view, m)]
    if len(bare) != 1 or bare[0].first != at + 1:
        return ""
    view.claim(at, *bare[0].at)
    told = all(talk(view, at) for at in view.left(()))
    return bare[0].names[0] if told else ""


def _without_statements(
    here: Path, pieces: Sequence[Segment], moods: Sequence[str], at: int, to: int, lacks: list[tuple[float, Stop]]
) -> Match | None:
    """The group without the statements between its first and its last piece: `I need x. It never talks. So y off.`"""
    kept = [n for n in range(at, to) if n in {at, to - 1} or moods[n] != "state" or quiet(pieces[n]) is None]
    if len(kept) == to - at or (moods[at] == "state" and quiet(pieces[at]) is not None):
        return None
    tokens = [token for n in kept for token in pieces[n].tokens]
    match = _best(
        View(tokens, _inheriting(here, pieces[at]), [moods[n] for n in kept for _ in pieces[n].tokens]),
        frozenset(moods[n] for n in kept),
        lacks,
    )
    return match


def _inheriting(here: Path, piece: Segment) -> Context:
    """`create a and b`: the verb of the clause before, where this one has none of its own."""
    at, head = head_of(piece.tokens)
    verbless = not (at < len(piece.tokens) and head in VERB_LEMMAS and piece.tokens[at].low == head)
    lone = piece.lead == "," and len(piece.content) == 1 and not here.context.namespace  # `suspend a, shop`
    if (
        verbless
        and not lone
        and tale(piece) is None
        and piece.lead in {",", "and", "with", "plus", "also", ":", "-", "then", ";", "+", "&"}
    ):
        return here.context
    return replace(here.context, inherited="")


_BY_HEAD: dict[str, list[Frame]] = {}
for _frame in FRAMES:
    for _head in _frame.heads:
        _BY_HEAD.setdefault(_head, []).append(_frame)


def _best(view: View, moods: frozenset[str], lacks: list[tuple[float, Stop]]) -> Match | None:
    if moods <= {"stay"} or "ask" in moods:
        return None
    found: list[Match] = []
    candidates: dict[int, Frame] = {}
    for lemma in {*view.lemmas, view.context.inherited, "*"}:
        for frame in _BY_HEAD.get(lemma, ()):
            candidates[id(frame)] = frame
    for frame in candidates.values():
        try:
            match = matches(frame, view)
        except Missing as stop:
            lacks.append((frame.bonus, stop.stop))
            continue
        if match is not None:
            found.append(match)
    if not found:
        return None
    top = max(found, key=lambda one: one.weight)
    rivals = [one for one in found if one.weight == top.weight and one.steps != top.steps]
    return None if rivals else top


def _passed(here: Path, piece: Segment, one: Aside) -> Path:
    context = here.context
    if one.place:
        context = replace(context, namespace=one.place)
    elif one.forbidden:  # `don't touch web in shop, scale api there`
        context = replace(context, namespace=_heard(context, piece).namespace)
    elif not one.forbidden and not one.still and not one.until:
        context = _heard(context, piece)
    spaces = here.spaces + ([context.namespace] if context.namespace else [])
    return Path(
        here.score - one.cost,
        replace(context, inherited=here.context.inherited if piece.aside else ""),
        here.steps,
        [*here.asides, one],
        spaces,
    )


def _heard(context: Context, piece: Segment) -> Context:
    """What a statement speaks of, later clauses may mean by `it`."""
    view = View(piece.tokens, context)
    named = [m for m in view.mentions if m.names and (m.kind or _shaped(view, m) or _placed(view, m))]
    space = view.location.names[0] if view.location else ""
    if (
        not space
        and len(named) == 1
        and not named[0].kind
        and piece.end == ":"
        and len(piece.content) <= 6
        and not tale(piece)
    ):
        return replace(context, namespace=named[0].names[0])
    if not space:
        spaces = [m for m in named if m.kind == "namespace"]
        space = spaces[0].names[0] if len(spaces) == 1 else ""
        named = [m for m in named if m.kind != "namespace"]
    lone = [m for m in named if not m.kind]
    place = lone[0].names[0] if len(lone) == 1 and lone[0].prep in {"of", "for", "on", "at"} else context.place
    changed = replace(context, namespace=space or context.namespace, place=place)
    if len(named) == 1 and not context.names:
        changed = replace(changed, names=named[0].names, kind=named[0].kind)
    return changed


def _placed(view: View, one: Mention) -> bool:
    """`mailer in crm leaks`: a plain word with its place behind it."""
    behind = max(one.at) + 1
    place = view.location
    return (
        place is not None
        and bool(place.at)
        and not one.prep
        and 0 < min(place.at) - behind + 1 <= 3
        and view.tokens[behind].low in {"in", "("}
    )


def _shaped(view: View, one: object) -> bool:
    return any(view.tokens[at].shape in {Shape.NAME, Shape.QUOTED, Shape.PATH} for at in one.at)  # type: ignore[attr-defined]


_KIND_OF = {
    "kube.set_config_map": "configmap",
    "kube.set_port": "service",
    "kube.set_selector": "service",
    "kube.run_cron_job_now": "cronjob",
}


def _taken(here: Path, match: Match) -> Path:
    context = here.context
    last = match.steps[-1][1]
    names = tuple(str(call["name"]) for _, call in match.steps if "name" in call)
    skill = match.steps[-1][0]
    manifest = last.get("manifest")
    if isinstance(manifest, dict) and isinstance(about := manifest.get("metadata"), dict):
        names = (str(about.get("name", "")),)
    space = str(last.get("namespace", ""))
    kind = str(last.get("kind", ""))
    created = ""
    if skill == "kube.create_namespace":
        space, kind, created = str(last["name"]), "namespace", f"namespace/{last['name']}"
    elif skill.startswith("kube.create_"):
        kind = {"config_map": "configmap", "service_account": "serviceaccount", "network_policy": "networkpolicy"}.get(
            skill.removeprefix("kube.create_"), skill.removeprefix("kube.create_").replace("_", "")
        )
        created = f"{kind}/{last.get('name', '')}"
    person = next((_person(call) for _, call in match.steps if _person(call)), context.person)
    if skill == "kube.create_service_account":
        person = {"service_account": f"{space}/{last.get('name', '')}"}
    kind = kind or _KIND_OF.get(skill, "")
    if "node" in last:
        names, kind = (str(last["node"]),), "node"
    said = match.view.location.names[0] if match.view.location is not None else space
    inherited = next(
        (match.view.lemmas[at] for at in sorted(match.view.used) if _verb(match.view, at)),
        "create" if created else context.inherited,
    )
    context = replace(
        context,
        namespace=space or said or context.namespace,
        names=(names or context.names)
        if skill
        not in {
            "kube.create_namespace",
            "kube.create_config_map",
            "kube.create_quota",
            "kube.create_limit_range",
            "kube.create_network_policy",
        }
        else (context.names or (() if skill != "kube.create_config_map" else names)),
        kind=kind if names and skill not in {"kube.create_namespace"} else context.kind,
        created=created or context.created,
        person=person,
        inherited=inherited,
        port=int(str(last["port"])) if skill == "kube.create_deployment" and "port" in last else None,
    )
    spaces = here.spaces + ([context.namespace] if context.namespace else [])
    return Path(here.score + match.weight - _DEMAND, context, [*here.steps, *match.steps], here.asides, spaces)


def _verb(view: View, at: int) -> bool:
    token = view.tokens[at]
    return token.word and (
        (token.lemma in VERB_LEMMAS and token.low == token.lemma)
        or token.lemma in {"spinup", "trigger"}
        or (" " in token.text and token.lemma == "create")
    )


def _person(call: JsonObject) -> dict[str, str]:
    return {key: str(call[key]) for key in ("user", "group", "service_account") if key in call}


def _spread(done: Path) -> list[Step]:
    """Where the whole request speaks of one namespace, it is that of every clause."""
    spaces = set(done.spaces)
    if len(spaces) != 1:
        return done.steps
    (space,) = spaces
    steps: list[Step] = []
    for skill, call in done.steps:
        takes = (
            "namespace" not in call
            and ("name" in call or isinstance(call.get("manifest"), str))
            and str(call.get("kind", "")) not in CLUSTER_SCOPED
        )
        if takes and (skill not in _UNSCOPED or isinstance(call.get("manifest"), str)):
            call = {**call, "namespace": space}
        steps.append((skill, call))
    return steps


_UNSCOPED = frozenset(
    {
        "kube.create_namespace",
        "kube.set_default_storage_class",
        "kube.approve_certificate",
        "kube.deny_certificate",
        "kube.create",
        "kube.diagnose",
    }
)


def _unplaced(pieces: Sequence[Segment], best: Sequence[dict[bool, Path]]) -> Stop:
    far = max(at for at, paths in enumerate(best) if paths)
    piece = pieces[min(far, len(pieces) - 1)]
    said = [token.text for token in piece.content]
    if far == len(pieces):
        return decline(
            "nothing in the request asks for something that the cluster's skills do",
            [t.text for p in pieces for t in p.content][:20],
        )
    return decline(f'"{" ".join(said)[:200]}" has no place in what the cluster\'s skills do', said[:20])
