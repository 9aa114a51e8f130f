"""Whether a plan of cluster skills uses what the request says, and names nothing that it does not say.

The same for every rung. Forward: every name, label, quantity, image, quoted text and number of the request stands in an
argument, unless it stands in a part of the request that asks for nothing (a statement, a thing to be left alone), and
what is to be left alone is left alone. Backward: every identifying argument (names, namespaces, images, labels, people)
is in the request, and a change is asked for by a word that stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache

from agents.embedded.kube.asides import Aside, fits
from agents.embedded.kube.command.door import commanded
from agents.embedded.kube.compose import FRAMES, WRITES
from agents.embedded.kube.deeds.door import cues, orders
from agents.embedded.kube.deeds.tales import quiet
from agents.embedded.kube.door import escaped, lexicon
from agents.embedded.kube.frames import asks
from agents.embedded.kube.guards import against, uncalled
from agents.embedded.kube.lexicon import CHANGES, FILLERS, KINDS, VERBS
from agents.embedded.kube.names import Context
from agents.embedded.kube.polarity import turned
from agents.embedded.kube.rehearsal import rehearsed
from agents.embedded.kube.segments import Segment, segments
from agents.embedded.kube.sheet.prose import whole
from agents.embedded.kube.story.clauses import unreferenced
from agents.embedded.kube.story.door import Story, retold
from agents.embedded.kube.story.reading import wordings
from agents.embedded.kube.tokens import LITERAL, Shape, Token, one_slip, tokenise
from agents.embedded.kube.turns import straight
from agents.embedded.kube.vocabulary import VERB_WORDS
from agents.embedded.outcome import Stop
from agents.embedded.text import normalise
from agents.embedded.wordset import words
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Plan, Step
from orchestrator.core.references import find
from protocol.vocabulary import Json, JsonObject, Risk

_IDENTIFYING = words(
    "name namespace image user group service_account node host container key value service role "
    "schedule path selector "
    "grep set unset remove labels hard data pods from_pods env cluster_role storage_class "
    "job_name service_name secret"
)
_READS_ONLY = words(
    "kube.diagnose kube.fix kube.logs kube.events kube.describe kube.audit kube.quota kube.get kube.endpoints "
    "kube.rollout_status kube.who_can kube.can_i kube.rights kube.cluster_info kube.api_resources kube.tools"
)
"""What has no number that could be left out."""
_WRITTEN = words("kube.run_tool kube.use_tool")
_SKILL = re.compile(r"kube\.[a-z_]+")
_FREE_VALUES = words(
    "default requests limits cpu memory pods services true false app images labels annotations node age ip ports "
    "restarts taints spec.replicas spec.schedule"
)


def gaps(
    text: str, plan: Plan, fleet: FleetView, answers: Sequence[tuple[str, str]] = (), attachment: str = ""
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(code, message, words) of every gap; codes as in `agents.covering.gap.Gap`."""
    raw = normalise(text)
    text, dry = rehearsed(raw)
    if dry and not plan.dry_run and any(step.skill in WRITES for step in plan.steps):
        yield "unused_negation", "the request wants a dry run", ()
    text = unreferenced(text)
    story = retold(text, Context())
    pieces, demands, rest = _heard(straight(story.text if story else text))
    rest = (*rest, *(story.asides if story else ()))
    spoken = (
        text.casefold() + "\n" + "\n".join(answer.casefold() for _, answer in answers) + "\n" + attachment.casefold()
    )
    steps = [(step.skill, dict(step.arguments)) for step in plan.steps]
    wholes = [whole(said, WRITES) for said in (text, *(wordings(story, Context()) if story else ()))]
    if steps and steps == _lines(raw, fleet, answers):
        return  # every word of the request was read
    risky = (
        frozenset(
            name for name, spec in fleet.skills.items() if spec.risk is not Risk.READ and name.startswith("kube.")
        )
        | WRITES
    )
    changing = [step for step in plan.steps if any(skill in risky for skill in _called(step))]
    yield from turned(text, plan)
    alone = all(step.skill.startswith("kube.") for step in plan.steps)
    yield from uncalled(spoken, plan)
    yield from against(straight(text), plan, changing, whole=alone)
    if steps and any(list(read) == steps for read in wholes if read):
        return  # as above
    yield from _untold(story, plan)
    yield from _unused(demands, plan, fleet, rest)
    yield from _unexplained(spoken, plan)
    listed = {skill for read in wholes for skill, _ in read}
    yield from _unasked(pieces, plan, fleet, listed)
    told = fits(rest, steps, risky) if len(demands) else ""
    if told:
        yield "unused_negation", told, ()


def _lines(text: str, fleet: FleetView, answers: Sequence[tuple[str, str]]) -> list[tuple[str, JsonObject]]:
    """The steps of a request of command lines; [] where it is in words, or they come to nothing."""
    kinds = [kind for one in fleet.devices.values() if one.profile.cluster for kind in one.profile.cluster.kinds]
    spaces = ["", *(answer for _, answer in answers)]
    for space in spaces:
        try:
            return [(skill, escaped(call)) for skill, call in commanded(text, WRITES, lexicon(kinds), space).steps]
        except Stop:
            continue
    return []


def _untold(story: Story | None, plan: Plan) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What was told with a value that the plan does not have."""
    texts = {part for step in plan.steps for text in _strings(step.arguments) for part in _parts(text)}
    texts |= {f"{number:g}" for step in plan.steps for number in _numbers(step.arguments)}
    reads = all(step.skill not in WRITES for step in plan.steps)
    for value in story.values if story and not reads else ():
        if not _parts(value) & texts:
            yield "unused_literal", f"{value} is not used by the plan", (value,)


@lru_cache(maxsize=64)
def _heard(text: str) -> tuple[tuple[Segment, ...], tuple[Segment, ...], tuple[Aside, ...]]:
    """(all segments, those that may demand something, the asides)."""
    pieces = tuple(segments(tokenise(text)))
    asides = [(piece, quiet(piece)) for piece in pieces]
    passive = [(piece, one) for piece, one in asides if one is not None and (one.forbidden or one.kept or one.still)]
    passed = {id(piece) for piece, one in asides if one is not None}
    demands = tuple(piece for piece in pieces if id(piece) not in passed) or pieces
    return pieces, demands, tuple(one for _, one in passive)


def _unused(
    demands: Sequence[Segment], plan: Plan, fleet: FleetView, rest: Sequence[Aside]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    texts = {part for step in plan.steps for text in _strings(step.arguments) for part in _parts(text)}
    numbers = {number for step in plan.steps for number in _numbers(step.arguments)}
    counts = {len(value) for step in plan.steps for value in step.arguments.values() if isinstance(value, (dict, list))}
    counts |= {0} if texts & {"no_endpoints", "root_user", "explicit_root"} else set()
    devices = {name.casefold() for name in fleet.devices}
    reads = all(step.skill in _READS_ONLY for step in plan.steps)
    specs = [fleet.skills.get(step.skill) for step in plan.steps]
    still = all(spec is not None and spec.risk is Risk.READ for spec in specs)
    for piece in demands:
        for at, token in enumerate(piece.tokens):
            if _idle(piece.tokens, at, counts) or (token.low == ":latest" and "latest_tag" in texts):
                continue
            if (
                token.shape not in LITERAL
                or token.shape is Shape.FLAG
                or (reads and token.shape not in {Shape.NAME, Shape.PATH, Shape.PAIR})
            ):
                continue
            if not _used(token, texts, numbers, still) and token.low not in devices and token.low not in KINDS:
                yield "unused_literal", f"{token.text} is not used by the plan", (token.text,)


def _used(token: Token, texts: set[str], numbers: set[float], still: bool) -> bool:
    value = str(token.value or token.text).casefold()
    if token.shape in {Shape.NUMBER, Shape.DURATION, Shape.PERCENT} and isinstance(token.value, (int, float)):
        said = re.match(r"\d+", token.text)
        return (
            float(token.value) in {abs(n) for n in numbers}
            or (still and float(token.value) + 1 in numbers)  # "more than 3" is at least 4
            or bool({str(token.value), token.low, said[0] if said else token.low} & texts)
        )
    dotted = re.fullmatch(r"((?:spec|metadata)(?:\.\w+)+)=(.+)", value)
    if dotted:  # the path of a field
        return set(dotted[1].split(".")) <= texts and (dotted[2] in texts or _counted(dotted[2], numbers))
    if token.shape is Shape.PAIR and re.fullmatch(r"[a-z]+=\d+", value):  # `replicas=3`
        return value in texts or float(value.partition("=")[2]) in numbers
    value = re.sub(r"^(?:requests|limits)\.(?=(?:cpu|memory)=)", "", value)
    account = re.fullmatch(r"system:serviceaccount:([^:]+):([^:]+)", value)
    if account:
        value = f"{account[1]}/{account[2]}"
    wanted = _parts(value)
    return (
        value in texts
        or token.low in texts
        or (
            bool(wanted) and all(part in texts or part in KINDS or _counted(part, numbers) for part in wanted - {value})
        )
    )


def _counted(part: str, numbers: set[float]) -> bool:
    """`8080` of `web:8080`: a number that the plan has apart from the name."""
    return part.isdigit() and float(part) in numbers


def _idle(tokens: Sequence[Token], at: int, counts: set[int]) -> bool:
    """A number that only tells: what it was before, how many others there are, how many things are listed."""
    token = tokens[at]
    if token.shape is Shape.IMAGE and at and tokens[at - 1].low == "from":  # `from a:1 to a:2`
        return any(later.low == "to" for later in tokens[at:])
    if token.shape is Shape.PATH:
        return bool(re.fullmatch(r"[a-z]+/[a-z]+|\d+/\d+", token.low))
    if token.shape is not Shape.NUMBER:
        return False
    before = {t.lemma or t.low for t in tokens[max(0, at - 4) : at]}
    return token.value in counts or bool(before & {"forward", "not", "from", "other", "was", "currently", "instead"})


def _parts(text: str) -> set[str]:
    """A value, and what it is made of: `app=web` is a label of two words, `deploy/web` a kind and a name."""
    low = text.casefold().rstrip(".,:")
    parts = {part for part in re.split(r"[=/:!\s,*]+", low) if part}
    return parts | {low}


def _unexplained(spoken: str, plan: Plan) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for step in plan.steps:
        if not step.skill.startswith("kube."):
            continue
        for name, value in step.arguments.items():
            # What a written tool is given is all that it is to know of the request.
            given = name == "arguments" and step.skill in _WRITTEN
            if not given and (name not in _IDENTIFYING or name == "manifest"):
                continue
            for text in _texts(value) if given else _said(value):
                if not _in(text, spoken) and not any(True for _ in find(text)):
                    yield (
                        "unexplained_argument",
                        f"step {step.id}: {name} {text[:80]!r} is not in the request",
                        (text[:80],),
                    )


def _texts(value: Json) -> Iterator[str]:
    """The strings of a value, without its keys."""
    if isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value


def _said(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _said(one)
    elif isinstance(value, list):
        for one in value:
            yield from _said(one)
    elif isinstance(value, str):
        yield value


def _in(text: str, spoken: str) -> bool:
    low = text.casefold()
    if low in spoken or low in _FREE_VALUES:
        return True
    return (
        all(part in spoken or part in _FREE_VALUES or part.isdigit() for part in re.split(r"[=/:!,.\s*]+", low) if part)
        or bool(re.fullmatch(r"[\d.]+[a-z]{0,2}", low))
        or bool(re.fullmatch(r"[\d*/ ,-]+", low))
    )


@lru_cache(maxsize=1)
def _verbs() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for frame in FRAMES:
        found[frame.skill] = found.get(frame.skill, frozenset()) | frame.heads
    for skill, said in cues().items():
        asking = frozenset(word for word in said if _asks(word, verb=skill in _DESTROYING))
        found[skill] = found.get(skill, frozenset()) | asking
    found["kube.create"] = found["kube.bind_role"] = (
        found["kube.create_deployment"] | found["kube.create_role"] | found["kube.grant"]
    )
    return found


def _unasked(
    pieces: Sequence[Segment], plan: Plan, fleet: FleetView, listed: Set[str]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    said = {token.lemma or token.low for piece in pieces for token in piece.tokens} | {
        t.low for p in pieces for t in p.tokens
    }
    specs = fleet.skills
    question = bool(pieces) and all(asks(piece.tokens) for piece in pieces) and not _ordering(pieces)
    for step, skill in [(one, skill) for one in plan.steps for skill in _called(one)]:
        spec = specs.get(skill)
        if spec is None or spec.risk is Risk.READ or not skill.startswith("kube."):
            continue
        if question:
            yield (
                "unexplained_skill",
                f"step {step.id}: the request is a question, and {skill} changes something",
                (skill,),
            )
        elif skill not in listed and skill in _verbs() and not _asked_for(skill, said):
            yield (
                "unexplained_skill",
                f"step {step.id}: the request has no word that asks for {skill}",
                (skill,),
            )


_DESTROYING = words("kube.delete kube.delete_collection kube.drain kube.remove_finalizers kube.exec")
_COMMON = words(
    "a an the and or but of to in on at for from by with without into onto as it its this that these those them they "
    "be is are was were been has have had do does did can could will would must should may might shall go goes get "
    "gets got need needs want wants make makes give gives leave let keep put take any all every each no not only also "
    "more less most least other same new old own good free now then again back out up down off over away both there "
    "here where when while than so too very just still yet one two three some such many much"
)


def _asks(word: str, *, verb: bool) -> bool:
    """Whether a word can be what asks for a skill; for one that destroys it must be a verb."""
    if word in _COMMON or word in FILLERS or len(word) < 2:
        return False
    return not verb or VERBS.get(word, "") in CHANGES or word in VERB_WORDS


def _asked_for(skill: str, said: Set[str]) -> bool:
    """Whether one of the skill's words is said, if with a letter wrong."""
    asking = _verbs()[skill]
    strange = [
        word for word in said if len(word) > 4 and word.isalpha() and word not in VERBS and word not in VERB_WORDS
    ]
    return bool(asking & said) or any(
        one_slip(word, verb) for word in strange for verb in asking if len(verb) > 4 and verb in VERBS
    )


def _ordering(pieces: Sequence[Segment]) -> bool:
    """Whether what has the form of a question is an order: `could web be restarted?`."""
    spans = [(at, to) for at in range(len(pieces)) for to in range(at + 1, min(at + 4, len(pieces)) + 1)]
    return any(orders([t for piece in pieces[at:to] for t in piece.tokens], Context()) for at, to in spans)


def _called(step: Step) -> Iterator[str]:
    """The skills that a step comes to: a written tool reads, and proposes the skills that its code names."""
    code = step.arguments.get("code")
    if step.skill != "kube.run_tool" or not isinstance(code, str):
        yield step.skill
    elif "propose" in code:
        found = dict.fromkeys(_SKILL.findall(code))
        yield from found or (step.skill,)


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value.replace("$${", "${")
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _strings(one)
            if isinstance(one, str):
                yield f"{key}={one}"
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


def _numbers(value: Json) -> Iterator[float]:
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield float(value)
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _numbers(one)
