"""Whether a request is one for a cluster, for which one, and the plan for it.

A run that is bound to a cluster (`asterism kube`) is read by this grammar alone. In a fleet of other devices too, a
request is read by it where it speaks of Kubernetes or names the cluster; everything else goes the old way, unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from agents.embedded.kube.command.door import Commanded, commanded
from agents.embedded.kube.compose import WRITES, Reading, read
from agents.embedded.kube.deeds.door import orders
from agents.embedded.kube.exempt import spared
from agents.embedded.kube.files import Saved, saved
from agents.embedded.kube.inquiry.clauses import several
from agents.embedded.kube.inquiry.door import STORIES, Step, inquire, inquires, opens_with_a_question
from agents.embedded.kube.lexicon import STRONG
from agents.embedded.kube.names import Context
from agents.embedded.kube.neglected import neglected
from agents.embedded.kube.provisos import proviso
from agents.embedded.kube.rehearsal import forbids, rehearsed
from agents.embedded.kube.remains import doubtful, stray
from agents.embedded.kube.sheet.door import reveals
from agents.embedded.kube.sheet.guard import unsaid
from agents.embedded.kube.sheet.prose import whole
from agents.embedded.kube.story.clauses import unreferenced
from agents.embedded.kube.story.door import retold
from agents.embedded.kube.story.reading import astray, unclear, understood
from agents.embedded.kube.tokens import Shape, Token, tokenise
from agents.embedded.kube.turns import straight
from agents.embedded.outcome import Stop, ask, decline, lacking
from agents.embedded.text import TOKEN_LIMIT, normalise, refuse
from agents.embedded.wordset import words
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Clarification, Declined, Plan, Selector, StepDependency
from orchestrator.core.plan import Step as PlanStep
from protocol.vocabulary import DeviceKind, JsonObject

if TYPE_CHECKING:
    from orchestrator.core.ports import PlanningContext
    from orchestrator.core.requests import Request

WHICH = "On which cluster?"


def propose(request: Request, context: PlanningContext) -> Plan | Clarification | Declined | None:
    """The answer of this grammar; None where the request is none for a cluster."""
    clusters = tuple(device for device in context.fleet.devices.values() if is_cluster(device))
    allowed = request.policy.devices
    if allowed:
        clusters = tuple(device for device in clusters if device.name in allowed)
    if not clusters or refuse(request.text) is not None or context.problems:
        return None
    others = [d for d in context.fleet.devices.values() if not is_cluster(d) and (not allowed or d.name in allowed)]
    text, dry = rehearsed(normalise(request.text))
    text = unreferenced(text)
    tokens = tokenise(straight(text))
    named = [device for device in clusters if _names(text, device.name)]
    if others and not named and (not speaks(tokens) or _of_machine(text, tokens, others)):
        return None
    try:
        cluster = _one(named or clusters, context.answers)
        lines = _commanded(normalise(request.text), cluster, context.answers)
        if lines.steps:
            plan, dry = _steps(Reading(lines.steps, ()), cluster, None), lines.dry
        else:
            plan = _plan(text, tokens, cluster, others, request.client, context.answers)
        return _rehearsal(plan, normalise(request.text)) if dry else plan
    except Stop as stop:
        return stop.result


def is_cluster(device: DeviceInfo) -> bool:
    """Whether the device is a cluster with skills of this grammar."""
    return (
        device.kind is DeviceKind.KUBERNETES
        and device.available
        and any(name.startswith("kube.") for name in device.skills)
    )


def speaks(tokens: Sequence[Token]) -> bool:
    """Whether a word is one that only requests for clusters have, outside of quotes."""
    return any(
        (token.word and (token.low in STRONG or token.lemma in STRONG))
        or (token.shape is Shape.PATH and token.low.partition("/")[0] in STRONG)
        for token in tokens
    )


def _of_machine(text: str, tokens: Sequence[Token], others: Sequence[DeviceInfo]) -> bool:
    """`restart cron on alpha`: machines have cron, too, and one of them is named."""
    said = [token.low for token in tokens if token.word and (token.low in STRONG or token.lemma in STRONG)]
    return bool(said) and set(said) <= {"cron", "cron jobs", "cron job"} and any(_names(text, d.name) for d in others)


def _names(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", text, re.IGNORECASE) is not None


def _one(clusters: Sequence[DeviceInfo], answers: Sequence[tuple[str, str]]) -> DeviceInfo:
    if len(clusters) == 1:
        return clusters[0]
    chosen = ask(WHICH, [device.name for device in clusters], answers)
    return next(device for device in clusters if device.name == chosen)


def _rehearsal(plan: Plan, text: str) -> Plan:
    if not any(step.skill in WRITES for step in plan.steps):
        if forbids(text):
            return plan  # `why does it die? Don't change anything yet`
        raise decline("a dry run is of a change, and it is not clear which one")
    return plan.model_copy(update={"dry_run": True})


def _plan(
    text: str,
    tokens: list[Token],
    cluster: DeviceInfo,
    others: Sequence[DeviceInfo],
    client: str | None,
    answers: Sequence[tuple[str, str]],
) -> Plan:
    if len(tokens) > TOKEN_LIMIT:
        raise decline(f"the request has more than the {TOKEN_LIMIT} words that this planner reads")
    profile = cluster.profile.cluster
    kinds = lexicon(profile.kinds if profile else ())
    spaces = profile.namespaces if profile else ()
    bad = next((token for token in tokens if token.shape is Shape.BAD and _hostile(token.text)), None)
    if bad is not None:
        raise decline(f"{bad.text[:80]!r} is no name and no value that this planner reads", [bad.text])
    kept = _without_cluster(tokens, cluster.name)
    kept, file = saved(kept, others, client)
    known = Context(namespaces=frozenset(spaces), kinds=kinds)
    said = text if len(kept) == len(tokens) else ""
    steps = whole(said, WRITES) if said else ()
    if steps and neglected(kept, steps):
        steps = ()
    if not steps and reveals(text):
        raise decline("the value of a secret is not taken from a request, where it would stay on record")
    if steps:
        reading = Reading(steps, ())  # a sheet is read whole; what stands around an order may be anything
    else:
        reading = _heard(said if file is None else "", kept, known, cluster, spaces, answers)
    left = unsaid(text, reading.steps)
    if left:
        raise decline(f'"{left}" has no place in what would be made', [left])
    either = doubtful(text, reading.steps)
    if either:
        raise decline(f'"{either}" may be an object or the namespace of the others: say "in {either}"', [either])
    left = stray(kept, reading.steps, WRITES, sheet=True) if steps else ""
    if left:
        raise decline(f'"{left}" has no place in what would be done', [left])
    changing = {skill for skill, _ in reading.steps} & WRITES
    if changing == {"kube.fix"}:
        image = next((t.text for t in tokens if t.shape is Shape.IMAGE and "/" in t.text and ":" in t.text), "")
        if image:
            raise decline(f'a remedy is found and not told: say "set the image ... to {image}"', [image])
    left = proviso(straight(text), tokenise(straight(text)), changing) if changing else ""
    if left:
        raise decline(f'"{left}": what is done is done now, and nothing is waited for', [left])
    left = spared(straight(text), reading.steps, WRITES)
    if left:
        raise decline(f'"{left}" is named only as what is to be left out, and it would be changed', [left])
    story = retold(text, known) if any(skill in WRITES - {"kube.fix"} for skill, _ in reading.steps) else None
    left = astray(story, reading.steps) if story else ""
    if left:
        raise decline(f'"{left}" has no place in what would be done', [left])
    return _steps(reading, cluster, file)


def _understood(
    text: str, tokens: list[Token], known: Context, spaces: Sequence[str], answers: Sequence[tuple[str, str]]
) -> Reading:
    """The reading of a request in which everything has its place; `text` is "" where the tokens are not all of it."""
    steps = whole(text, WRITES) if text else ()
    if steps and neglected(tokens, steps):
        steps = ()
    reading = Reading(steps, ()) if steps else _read(tokens, known, spaces, answers)
    left = stray(tokens, reading.steps, WRITES, sheet=bool(steps))
    if left:
        raise decline(f'"{left}" has no place in what would be done', [left])
    return reading


def _heard(
    text: str,
    tokens: list[Token],
    known: Context,
    cluster: DeviceInfo,
    spaces: Sequence[str],
    answers: Sequence[tuple[str, str]],
) -> Reading:
    """The reading of a request as it stands, or as the order that several sentences leave; both must not disagree."""
    story = retold(text, known) if text else None
    if story is None:
        return _understood("", tokens, known, spaces, answers)

    def read_one(placed: str, said: str, context: Context) -> Sequence[Step]:
        return _understood(placed, _without_cluster(tokenise(straight(said)), cluster.name), context, (), answers).steps

    plain, stop = None, None
    try:
        plain = _understood("", tokens, known, spaces, answers)
    except Stop as problem:
        stop = problem
    if plain is not None and any(skill in {"kube.diagnose", "kube.fix"} for skill, _ in plain.steps):
        return plain  # a complaint is read with all that it tells
    steps = understood(story, known, WRITES, read_one, answers)
    found = Reading(steps, tuple(story.asides)) if steps else plain
    if found is None:
        raise stop or decline("it is not clear what of the cluster is asked for")
    if any(skill in WRITES for skill, _ in found.steps):
        if steps and plain is not None and steps != plain.steps:
            raise decline("what is ordered may mean either of two things: say it in one sentence")
        other = unclear(story, found.steps)
        if other and not answers:
            raise decline(f"it is not clear whether {other} is meant: say the name again in the order", [other])
    return found


_FORBIDDEN = re.compile(
    r"\b(?:don't|dont|do not|never|must not|mustn't) (?:ever |please |just )*(?:delete|remove|scale|restart|drain|"
    r"cordon|suspend|stop|kill|wipe|roll ?back|reboot|pause|expose|evict)\b"
)


def _forbids(tokens: Sequence[Token]) -> bool:
    return _FORBIDDEN.search(" ".join(token.low for token in tokens)) is not None


_SHOWN = words(
    "show tell list why what which how describe logs give check find diagnose explain status report see who where "
    "count investigate look troubleshoot debug"
)


def _shown(tokens: Sequence[Token]) -> bool:
    return any(token.low in _SHOWN or token.text == "?" for token in tokens)


def _read(tokens: list[Token], context: Context, spaces: Sequence[str], answers: Sequence[tuple[str, str]]) -> Reading:
    """The reading of a request; a namespace that is missing is asked for where the cluster's are known."""
    asked = inquire(tokens, context)
    if asked and _forbids(tokens) and not _shown(tokens):
        asked = ()  # `do not delete x, only its jobs`: nothing is asked, and what is ordered must be read whole
    if asked:
        return _ordered(tokens, context, asked) or Reading(several(tokens, context, asked), ())
    try:
        reading = read(tokens, context)
        changes = any(skill in WRITES for skill, _ in reading.steps)
        barred = _forbids(tokens) and not any(skill in STORIES for skill, _ in reading.steps) and not _shown(tokens)
        if not changes and (barred or len(reading.steps) == 1 or not inquires(tokens)):
            raise decline("it is not clear what of the cluster is asked for")
        return reading
    except Stop as stop:
        return read(tokens, replace(context, namespace=_asked_space(stop, spaces, answers)))


def _asked_space(stop: Stop, spaces: Sequence[str], answers: Sequence[tuple[str, str]]) -> str:
    """The namespace that the person says where just that is missing; the stop again where it is another."""
    result = stop.result
    if not isinstance(result, Declined) or not result.reason.startswith("which namespace") or not spaces:
        raise stop
    return ask(result.reason, sorted(spaces)[:20], answers)


def _commanded(text: str, cluster: DeviceInfo, answers: Sequence[tuple[str, str]]) -> Commanded:
    """The steps of command lines; none where the request is in words."""
    profile = cluster.profile.cluster
    kinds = lexicon(profile.kinds if profile else ())
    try:
        return commanded(text, WRITES, kinds)
    except Stop as stop:
        space = _asked_space(stop, profile.namespaces if profile else (), answers)
        return commanded(text, WRITES, kinds, space)


def _ordered(tokens: list[Token], context: Context, asked: Sequence[Step]) -> Reading | None:
    """What sounds like a question and is an order in every word: `group x: give them read on pods in y`."""
    doubtful = opens_with_a_question(tokens) or any(skill in STORIES for skill, _ in asked)
    if doubtful and not orders(tokens, context):
        return None
    try:
        reading = read(tokens, context)
    except Stop:
        return None
    return reading if reading.steps and all(skill in WRITES for skill, _ in reading.steps) else None


def _hostile(text: str) -> bool:
    if re.fullmatch(r"<[a-z]+>(?:/\d+%?)?", text):
        return False  # `<unknown>/70%`, `<none>`: as kubectl prints them
    return bool(re.search(r"\$\(|\$\{|[;|<>`]|&&|\.\./", text))


def lexicon(kinds: Sequence[str]) -> dict[str, str]:
    """Words for the kinds of the live cluster that the grammar does not know by itself, each as its plural.

    `no` is kubectl's short name of nodes, and a word of the language: such are left to the language.
    """
    from agents.embedded.kube.lexicon import COMMANDS, CONDITIONS, FILLERS, KINDS, NEGATIONS, VERBS

    common = FILLERS | NEGATIONS | CONDITIONS | COMMANDS | VERBS.keys()
    found: dict[str, str] = {}
    for line in kinds:
        forms = [form.casefold() for form in line.split("/") if form]
        for form in forms:
            if form not in KINDS and (form == forms[0] or form not in common):
                found.setdefault(form, forms[0])
    return found


def _without_cluster(tokens: list[Token], name: str) -> list[Token]:
    """Without `on the prod cluster`, which the choice of the device has answered."""
    out: list[Token] = []
    for _at, token in enumerate(tokens):
        if (
            token.low == name.casefold()
            and out
            and out[-1].low in {"on", "in", "at", "the", "to", "cluster", "from", "of"}
        ):
            while out and out[-1].low in {"on", "the", "cluster", "in", "at", "my", "our"}:
                out.pop()
            continue
        out.append(token)
    return out


def _steps(reading: Reading, cluster: DeviceInfo, file: Saved | None) -> Plan:
    steps: list[PlanStep] = []
    ids: set[str] = set()
    changing = False
    for skill, call in reading.steps:
        if skill not in cluster.skills:
            raise lacking(FleetView.of(cluster), skill, [cluster.name])
        writes = skill in WRITES
        id = _id(skill, ids)
        after = (StepDependency(step=steps[-1].id),) if steps and (writes or changing) else ()
        changing = changing or writes
        steps.append(
            PlanStep(id=id, skill=skill, arguments=escaped(call), devices=Selector(names=(cluster.name,)), after=after)
        )
    answer = tuple(step.id for step in steps)
    if file is not None:
        steps.append(file.step(steps[-1].id, _id("file.write", ids)))
        answer = (steps[-1].id,)
    return Plan(steps=tuple(steps), answer=answer, why=_why(reading))


def _why(reading: Reading) -> str:
    said = ["every word of the request has its place in the grammar of Kubernetes"]
    if any(skill == "kube.create_role" and call.get("name") == "developer" for skill, call in reading.steps):
        call = next(call for skill, call in reading.steps if skill == "kube.create_role")
        said.append(
            f"the role may {', '.join(map(str, _list(call, 'verbs')))} {', '.join(map(str, _list(call, 'kinds')))}: "
            "no secrets, no rights of others"
        )
    kept = [one.text for one in reading.asides if one.forbidden or one.kept or one.still]
    if kept:
        said.append("left alone as the request wants it: " + "; ".join(kept))
    later = [one.text for one in reading.asides if one.until]
    if later:
        said.append("nothing is taken back by itself: " + "; ".join(later))
    return ". ".join(said)[:2000]


def _list(call: JsonObject, key: str) -> list[object]:
    value = call.get(key)
    return list(value) if isinstance(value, list) else []


def _id(skill: str, ids: set[str]) -> str:
    base = skill.rpartition(".")[2].replace("_", "-")[:30]
    name, number = base, 2
    while name in ids:
        name, number = f"{base}-{number}", number + 1
    ids.add(name)
    return name


def escaped(call: JsonObject) -> JsonObject:
    """No text of a request can become a reference to another step's output."""

    def plain(value: object) -> object:
        if isinstance(value, str):
            return value.replace("${", "$${")
        if isinstance(value, dict):
            return {key: plain(one) for key, one in value.items()}
        return [plain(one) for one in value] if isinstance(value, list) else value

    return {key: plain(value) for key, value in call.items()}  # type: ignore[misc]
