"""What a request bars, spares, puts off or makes depend on something, held against any plan, whoever made it.

The embedded grammar reads a request whole, and declines what it has no reading for. A model's plan was not read out of
the words: it may do what was asked *not* to be done, or do now what was to be done later, and still use every name of
the request. So these look at the request's words alone, and refuse; they never excuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set

from agents.embedded.kube.exempt import spared, spares_more
from agents.embedded.kube.lexicon import CHANGES, KINDS, VERBS
from agents.embedded.kube.moods import mood
from agents.embedded.kube.neglected import able_of, neglected
from agents.embedded.kube.provisos import proviso, put_off
from agents.embedded.kube.remains import waits
from agents.embedded.kube.segments import Segment, segments
from agents.embedded.kube.tokens import Token, tokenise
from agents.embedded.wordset import words
from orchestrator.core.plan import Plan, Step
from orchestrator.core.references import find
from orchestrator.core.tasks import On
from protocol.vocabulary import Json

Gap = tuple[str, str, tuple[str, ...]]
ANYTHING = words(
    "kube.create kube.apply kube.replace kube.patch kube.fix kube.undo kube.run_tool kube.use_tool kube.exec"
)
"""Skills that may be what any verb asks for."""
_GIVES = words("kube.grant kube.create_role kube.bind_role kube.revoke")
"""Skills whose rights are verbs themselves: `may restart and scale, but not delete`."""
_DEEDS = words(
    "scale restart delete drain cordon uncordon pause suspend resume unpause unsuspend rollback revoke untaint "
    "evict expose"
)
"""Verbs that are never a noun, a part of what is made, or another word for what some other skill does."""
_QUOTED = re.compile(r"\"[^\"\n]*\"|`[^`\n]*`|(?<!\w)'[^'\n]*'(?!\w)")
_IF = re.compile(
    r"\b(?:if|unless|provided|assuming|whenever|otherwise|only when|only once|in case|as long as|so long as|else)\b",
    re.IGNORECASE,
)
_POLITE_IF = re.compile(
    r"\bif (?:you (?:can|could|may|don't mind|would|please|like|want|have (?:a|the) (?:minute|moment|time))|possible"
    r"|needed|need be|necessary|that's ok(?:ay)?|that is ok(?:ay)?|i may|i'm not mistaken|i remember)\b"
    r"|\b(?:as|even|what) if\b|\bin case you\b|\bjust in case\b|\b(?:or|nothing|anything|something|everything|somewhere"
    r"|anywhere|who|what|someone|anyone|nobody) else\b",
    re.IGNORECASE,
)
_WHETHER = re.compile(
    r"\b(?:check|see|tell(?: me| us)?|know|verify|find out|look|wonder(?:ing)?|ask(?:ed|ing)?|say|report|test|confirm"
    r"|show(?: me| us)?|sure|clear|determine|let (?:me|us) know|make sure|curious|inform(?: me| us)?|warn(?: me| us)?)"
    r",? if\b",
    re.IGNORECASE,
)
_WAITS = re.compile(r"\b(?:once|after|when|as soon as|until|till)\b", re.IGNORECASE)
_BARRED = re.compile(
    r"\b(?:don't|dont|do not|never|must not|mustn't|should not|shouldn't|may not|not to|no need to|instead of"
    r"|rather than|without|avoid|refrain from|hold off(?: on| with)?|stop short of|nobody should|before)\s+"
    r"(?:(?:ever|please|just|really|actually|be|being|to|yet|now|even|the|a|any|it|them) )*(?P<verb>[a-z]+)",
    re.IGNORECASE,
)
_ORDERLY = frozenset({"before"})
_SHOWN_ONLY = re.compile(
    r"\b(?:what|how|which \w+) (?:would|will|could)\b[^.;]{0,80}"
    r"\b(?:do|happen|change|affect|mean|be affected|look like)\b"
    r"|\bwhat \w+ing\b[^.;]{0,80}\b(?:would|will) (?:do|change|mean)\b"
    r"|\b(?:i|we) (?:might|may) (?:want|need|have)\b"
    r"|\b(?:change|apply|do|touch|modify|write) nothing\b|\bnothing (?:is to|may|must|shall|should) (?:be )?change\w*",
    re.IGNORECASE,
)
_MOMENTS = words("when once")
_STATES = words(
    "failed failing completed complete finished succeeded evicted pending crashing crashed crashlooping unused stale "
    "orphaned unbound released suspended empty old older oldest new newer newest latest stuck terminating expired idle "
    "unhealthy broken dead done"
)
_SAME_STATE = {
    **dict.fromkeys(("completed", "complete", "finished", "done", "succeeded"), "succeeded complete completed"),
    **dict.fromkeys(("failing", "evicted", "dead"), "failed"),
}  # fmt: skip
_ALL = words("all every each any everything whole entire both those these")


def against(text: str, plan: Plan, changing: Sequence[Step], *, whole: bool) -> Iterator[Gap]:
    """(code, message, words) of everything in the text that `changing`, the plan's steps that change something, ignore.

    `whole`: the plan has nothing but steps of a cluster, so that every order of the text is one for them.
    """
    if not changing:
        return
    said = _QUOTED.sub(lambda found: " " * len(found[0]), text)
    tokens = tokenise(said)
    pieces = [piece for piece in segments(tokens) if piece.content]
    skills = {step.skill for step in changing}
    calls = [(step.skill, dict(step.arguments)) for step in plan.steps]
    names = {step.skill for step in changing}
    yield from _timed(said, tokens, pieces, plan, changing)
    yield from _conditioned(said, plan, changing)
    left = spared(text, calls, names) or spares_more(text, calls, names)
    if left:
        yield "unused_negation", f'"{left}" is named only as what is to be left out, and it would be changed', (left,)
    yield from _barred(said, tokens, skills)
    yield from _mere(said, pieces, plan, skills)
    yield from _wider(tokens, changing)
    if whole and not skills & (ANYTHING | _GIVES) and neglected(tokens, calls, _DEEDS):
        yield "unused_word", "the request orders more than the plan does", ()


def uncalled(spoken: str, plan: Plan) -> Iterator[Gap]:
    """Commands for containers that the request does not hold: a page, a log or an object may have said them.

    `spoken`: what the person said and attached. A few commands that only look may be a model's own words for it.
    """
    for step in plan.steps:
        command = step.arguments.get("command")
        if not step.skill.startswith("kube.") or not isinstance(command, (list, str)):
            continue
        parts = [part for part in ([command] if isinstance(command, str) else command) if isinstance(part, str)]
        if any(True for _ in find(command)):
            yield "misplaced", f"step {step.id}: what another step found is no command", ()
            continue
        said = [part for part in parts if part not in _SHELL]
        strange = next((part for part in said if not _repeated(part, spoken)), "")
        rest = all(part.startswith("-") or _repeated(part, spoken) for part in parts[1:])
        if strange and not (parts[0] in _LOOKING and rest):
            told = f"step {step.id}: command {strange[:80]!r} is not in the request"
            yield "unexplained_argument", told, (strange[:80],)


_SHELL = words("sh bash ash /bin/sh /bin/bash -c -ec -lc -e -l")
_LOOKING = words("df du env printenv date ls ps id whoami hostname uname free uptime pwd nproc mount nslookup getent")


def _repeated(part: str, spoken: str) -> bool:
    """Whether an argument stands in the request, in its own spacing and quotes or in others."""
    low = part.casefold()
    plain = "".join(low.split())
    return low in spoken or plain in re.sub(r"[\s\"'`]+", "", spoken)


def _conditional(plan: Plan, changing: Sequence[Step]) -> bool:
    """Whether some change, or what it follows, runs only under a condition."""
    steps = {step.id: step for step in plan.steps}

    def has(step: Step, seen: frozenset[str] = frozenset()) -> bool:
        if any(edge.on in (On.CONDITION, On.FAILURE) for edge in step.after):
            return True
        ups = [edge.step for edge in step.after if edge.step in steps and edge.step not in seen]
        return any(has(steps[up], seen | {step.id}) for up in ups)

    return any(has(step) for step in changing)


def _follows(plan: Plan, changing: Sequence[Step]) -> bool:
    """Whether the plan has one thing done after another that does or waits for something."""
    deeds = {step.id for step in changing} | {
        step.id for step in plan.steps if step.skill in {"kube.rollout_status", "kube.watch"}
    }
    return any(edge.step in deeds for step in plan.steps for edge in step.after) or _conditional(plan, changing)


def _timed(
    said: str, tokens: Sequence[Token], pieces: Sequence[Segment], plan: Plan, changing: Sequence[Step]
) -> Iterator[Gap]:
    skills = {step.skill for step in changing}
    left = proviso(said, tokens, skills)
    if left and _WAITS.match(left) and _follows(plan, changing):
        left = ""
    if left and _IF.search(left) and _conditional(plan, changing):
        left = ""
    left = left or put_off(said, pieces, skills)
    left = left or ("" if _follows(plan, changing) else _awaited(pieces))
    if left:
        yield "unused_condition", f'"{left}": what is done is done now, and nothing is waited for', (left,)


def _awaited(pieces: Sequence[Segment]) -> str:
    """`once the job is finished, scale it`: what an order waits for, before it or within it; "" where it does not."""
    for piece in pieces:
        content = piece.content
        starts = [
            0,
            *(at for at, token in enumerate(content) if at and token.low in _MOMENTS and mood(piece) == "change"),
        ]
        for at in starts:
            if waits([token.low for token in content[at:]]):
                return " ".join(token.text for token in content[at:])
    return ""


def _conditioned(said: str, plan: Plan, changing: Sequence[Step]) -> Iterator[Gap]:
    plain = _WHETHER.sub(" ", _POLITE_IF.sub(" ", said))
    found = _IF.search(plain)
    if found and not _conditional(plan, changing):
        yield "unused_condition", f'"{found[0]}" is not reflected in the plan', (found[0],)


def _barred(said: str, tokens: Sequence[Token], skills: Set[str]) -> Iterator[Gap]:
    """`never delete it, scale it`: a verb that is barred, and said nowhere else, is no order."""
    barred: set[int] = set()
    verbs: dict[str, str] = {}
    for found in _BARRED.finditer(said):
        verb = VERBS.get(found["verb"].casefold(), found["verb"].casefold())
        if verb in CHANGES and found[0].split()[0].casefold() not in _ORDERLY:
            verbs[verb] = found[0]
            barred.update(at for at, token in enumerate(tokens) if token.start == found.start("verb"))
    if not verbs:
        return
    ordered = {token.lemma or token.low for at, token in enumerate(tokens) if at not in barred} - verbs.keys()
    again = {token.lemma for at, token in enumerate(tokens) if at not in barred}
    for skill in sorted(skills - ANYTHING):
        own = able_of(skill) & CHANGES
        for verb in verbs.keys() & own - again:
            if not own & (ordered & CHANGES) or skill.rpartition(".")[2].split("_")[0] == verb:
                yield "unused_negation", f'"{verbs[verb]}" forbids {skill}', (verbs[verb],)


def _mere(said: str, pieces: Sequence[Segment], plan: Plan, skills: Set[str]) -> Iterator[Gap]:
    """What is only asked, told or wondered about orders nothing."""
    found = _SHOWN_ONLY.search(said)
    if found and not plan.dry_run:
        told = f'"{found[0]}": the request wants to know, and the plan changes something'
        yield "unused_negation", told, (found[0],)
        return
    if skills & {"kube.fix", "kube.undo"} or any(_polite_order(piece) for piece in pieces):
        return
    if all(mood(piece) in {"ask", "plan", "stay"} for piece in pieces):
        yield "unexplained_skill", "nothing is ordered, and the plan changes something", ()


def _polite_order(piece: Segment) -> bool:
    lows = [token.low for token in piece.content]
    return any(low in {"can", "could", "would", "will", "may", "should", "please", "must"} for low in lows[:4])


def _wider(tokens: Sequence[Token], changing: Sequence[Step]) -> Iterator[Gap]:
    """Of many at once only where the request speaks of many, and of those alone that it describes."""
    lows = {token.low for token in tokens}
    for step in changing:
        if step.skill != "kube.delete_collection" and not step.arguments.get("every"):
            continue
        kind = str(step.arguments.get("kind", ""))
        plural = any(token.low.endswith("s") and (token.low in KINDS or token.low in _GROUPS) for token in tokens)
        if not (lows & _ALL or plural):
            yield "misplaced", f"step {step.id} takes every {kind}, and the request does not", ()
        if step.skill == "kube.delete_collection":
            yield from _described(tokens, step)


_GROUPS = words("apps workloads things ones objects resources")


def _described(tokens: Sequence[Token], step: Step) -> Iterator[Gap]:
    """`the failed pods`: what they are like must show in the step that deletes them."""
    has = {part for value in step.arguments.values() for part in _parts(value)}
    kind = KINDS.get(str(step.arguments.get("kind", "")), str(step.arguments.get("kind", "")))
    for at, token in enumerate(tokens):
        if token.low not in _STATES:
            continue
        near = [one.low for one in tokens[at + 1 : at + 3]]
        if not any(KINDS.get(low) == kind or low in _GROUPS for low in near):
            continue
        if not {token.low, *_SAME_STATE.get(token.low, "").split()} & has:
            yield "unused_word", f'"{token.text}" is not reflected in step {step.id}', (token.text,)


def _parts(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield key.casefold()
            yield from _parts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _parts(one)
    elif value is not None:
        yield from re.split(r"[^a-z0-9]+", str(value).casefold())
