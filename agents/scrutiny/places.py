"""Rules about where: each file and folder on the device that the request has it on, through all of a long plan."""

from __future__ import annotations

from collections.abc import Iterator

from agents.embedded.tokens import Kind
from agents.embedded.wordset import words
from agents.implied.commands import parts
from agents.scrutiny.graph import MAKES
from agents.scrutiny.look import Doubt, Look, Told, named_at, texts
from orchestrator.core.plan import Selector, Step
from orchestrator.core.references import find, whole

PURE = ("data.", "text.report", "http.fetch")
"""What comes out the same wherever it runs."""
SLOTS = ("path", "cwd", "source", "target", "archive_path", "database")
FILES = {**MAKES, "csv.write": "path", "xlsx.write": "path", "chart.make": "path", "pdf.write": "path"}
FILES |= {"html.write": "path"}
WRITES = frozenset({"file.write", "file.append", "csv.write", "xlsx.write", "pdf.write", "html.write"})
READS = words(
    "file.search file.read file.hash file.head file.tail file.count file.sort csv.read xlsx.read pdf.read html.read "
    "artifact.publish archive.list"
)
BETWEEN = words("the my our your a each both all of server servers every machine machines desktop backup box")
LITERAL = frozenset({Kind.PATH, Kind.GLOB, Kind.QUOTED})
ANAPHORA = words("there it its them same beside each every both all next that this these those here together")
AGAIN = words("name path folder place file it")


def doubts(look: Look) -> Iterator[Doubt]:
    """Everything that runs elsewhere than the request has it."""
    yield from _anyone(look)
    yield from _bound(look)
    yield from _crossed(look)
    yield from _left(look)
    yield from _packed_early(look)
    yield from _unused(look)
    yield from _wider(look)
    yield from _overwritten(look)


def _anyone(look: Look) -> Iterator[Doubt]:
    """Where the request names devices, nothing that depends on where it runs may run on just any of several."""
    if not any(place.names for place in look.told.places):
        return
    for step in look.plan.steps:
        if step.devices == Selector() and not step.skill.startswith(PURE) and len(look.devices[step.id]) > 1:
            yield Doubt(
                f"step {step.id} ({step.skill}) may run on any device, and the request says where", look.risky(step)
            )


def attached(told: Told, at: int) -> frozenset[str]:
    """The devices that a literal is said to be on: `a.csv (columns x and y) on desk`, `on desk, as b.csv and a.csv`."""
    return _behind(told, at, 4) or _before(told, at, 4)


def _behind(told: Told, at: int, more: int) -> frozenset[str]:
    after = at + 1
    if after < len(told.tokens) and told.tokens[after].text == "(":
        close = next((to for to in range(after, min(len(told.tokens), after + 14)) if told.tokens[to].text == ")"), 0)
        after = close + 1 if close else after
    if told.word(after) in ("on", "at"):
        return _listed(told, after + 1)
    if told.word(after) == "beside" or (told.word(after), told.word(after + 1)) == ("next", "to"):
        beside = next((to for to in range(at - 1, -1, -1) if told.tokens[to].kind is Kind.PATH), None)
        return attached(told, beside) if beside is not None else frozenset()
    other = _next(told, at, 1)
    return _behind(told, other, more - 1) if other is not None and more else frozenset()


def _before(told: Told, at: int, more: int) -> frozenset[str]:
    if told.word(at - 1) not in ("as", "into") and told.tokens[at - 1 : at] and told.tokens[at - 1].text != ":":
        other = _next(told, at, -1)
        return _before(told, other, more - 1) if other is not None and more else frozenset()
    marks = ("on", "onto") if told.tokens[at - 1 : at] and told.tokens[at - 1].text == ":" else ("on", "onto", "to")
    before = at - 2
    if before > 0 and told.tokens[before].text == ",":
        before -= 1
    names: frozenset[str] = frozenset()
    while before >= 0 and (named_at(told, before) or (names and _joins(told, before))):
        names |= named_at(told, before)
        again = told.word(before - 1) in ("on", "to") and before > 2 and _joins(told, before - 2)
        again = again and bool(named_at(told, before - 3))
        before -= 2 if again else 1
    while told.word(before) in BETWEEN:
        before -= 1
    return names if told.word(before) in marks else frozenset()


def _joins(told: Told, at: int) -> bool:
    return told.tokens[at].text == "," or told.word(at) in ("and", "or")


def _next(told: Told, at: int, way: int) -> int | None:
    """The other literal of a list, `a.txt, b.txt and c.txt`."""
    other = at + way
    while 0 <= other < len(told.tokens) and _joins(told, other):
        other += way
    listed = abs(other - at) > 1 and 0 <= other < len(told.tokens) and told.tokens[other].kind in LITERAL
    if listed and way > 0 and told.word(other - 1) not in ("and", "or"):
        # `a, b and c` is a list; `a, b` may be two clauses.
        listed = other + 1 < len(told.tokens) and _joins(told, other + 1)
    return other if listed else None


def _listed(told: Told, at: int) -> frozenset[str]:
    """The devices of a list that begins here: `alpha, on beta and gamma`."""
    found: frozenset[str] = frozenset()
    while at < len(told.tokens):
        if told.word(at) in BETWEEN:
            at += 1
            continue
        names = named_at(told, at)
        if not names:
            break
        found |= names
        at += 1
        if told.tokens[at : at + 1] and (told.tokens[at].text == "," or told.word(at) in ("and", "or")):
            onward = at + 1
            if told.word(onward) in ("and", "or"):
                onward += 1
                ahead = " ".join(one.text.casefold() for one in told.tokens[onward : onward + 2])
                if ahead.startswith("on any"):
                    break  # a new clause: `on alpha and beta, and on any server where ...`
            if told.word(onward) in ("on", "at"):
                onward += 1
            if named_at(told, onward) or told.word(onward) in BETWEEN:
                at = onward
                continue
        break
    return found


def _mentions(told: Told, text: str) -> list[int]:
    low = text.casefold().removeprefix("./").removeprefix("sqlite:").rstrip("/")
    return [
        at
        for at, token in enumerate(told.tokens)
        if str(token.value if isinstance(token.value, str) else token.text).casefold().rstrip("/") == low
    ]


def _sentence(told: Told, at: int) -> range:
    """The tokens of the sentence that a token stands in."""
    ends = [place for place, token in enumerate(told.tokens) if token.kind is Kind.PUNCT and token.text in ".;!?"]
    first = max((end + 1 for end in ends if end < at), default=0)
    return range(first, min((end for end in ends if end > at), default=len(told.tokens)))


def _bound(look: Look) -> Iterator[Doubt]:
    """A file that the request puts on a device is neither made nor looked for elsewhere, and is there in the end."""
    sent = {str(step.arguments.get("path")) for step in look.plan.steps if step.skill == "artifact.publish"}
    used: dict[str, set[str]] = {}
    for step in look.plan.steps:
        where = look.devices[step.id]
        if step.devices == Selector() or not where:
            continue
        for said in (one for name, value in step.arguments.items() if name != "code" for one in texts(value)):
            used.setdefault(said.removeprefix("sqlite:").rstrip("/"), set()).update(where)
        for text in _literal_paths(step):
            copied = step.skill == "artifact.save" and text in sent
            bound, again = _on(look.told, text), _named_again(look.told, text)
            if _handed_on(look, step, text) or (copied and not again):
                continue
            if bound and not where <= bound | again and not _brought(look, step, text):
                yield Doubt(
                    f"step {step.id} uses {text} on {_some(where - bound)}; it is on {_some(bound)}", look.risky(step)
                )
            elif not bound and look.risky(step):
                near = _near(look.told, _mentions(look.told, text))
                if near and not where & (near | again):
                    yield Doubt(f"step {step.id} uses {text} on {_some(where)}, which is not named with it", grave=True)
    named = {str(token.value or token.text).rstrip("/") for token in look.told.tokens if token.kind is Kind.PATH}
    for text in sorted(named):
        least = _on(look.told, text, folders=False)
        within = any(other.startswith(text.rstrip("/") + "/") or text.startswith(other + "/") for other in used)
        if least - used.get(text, set()) and not (within and text not in used):
            yield Doubt(f"nothing uses {text} on {_some(least - used.get(text, set()))}")


def _on(told: Told, text: str, folders: bool = True) -> frozenset[str]:
    """The devices that the request puts a file on; where it says so of its folder alone, those."""
    while text:
        bound = frozenset[str]().union(*(attached(told, at) for at in _mentions(told, text)))
        if bound or not folders:
            return bound
        text = text.rpartition("/")[0]
    return frozenset()


def _named_again(told: Told, text: str) -> frozenset[str]:
    """The devices of the sentences that speak of `the same path`: what is named before is there, too."""
    found: frozenset[str] = frozenset()
    first = min(_mentions(told, text), default=len(told.tokens))
    for at in range(len(told.tokens) - 1):
        if first > _sentence(told, at).stop:
            continue
        if told.word(at) in ("same", "that", "this", "under") and told.word(at + 1) in AGAIN:
            found |= frozenset[str]().union(*(named_at(told, one) for one in _sentence(told, at)))
    return found


def _literal_paths(step: Step) -> list[str]:
    values = [step.arguments.get(name) for name in SLOTS]
    return [value for value in values if isinstance(value, str) and not any(find(value))]


def _some(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)[:5])


def _near(told: Told, places: list[int]) -> frozenset[str]:
    """The devices of the sentences in which something is named; none where one of them points back."""
    found: frozenset[str] = frozenset()
    for at in places:
        span = _sentence(told, at)
        if any(told.word(one) in ANAPHORA for one in span):
            return frozenset()
        found |= frozenset[str]().union(*(named_at(told, one) for one in span))
    return found


def _handed_on(look: Look, step: Step, path: str) -> bool:
    """Whether what a step exports under this name is saved under it elsewhere."""
    return step.skill.endswith(".export") and any(
        other.skill == "artifact.save"
        and other.arguments.get("path") == path
        and {reference.task for reference in find(other.arguments)} == {step.id}
        for other in look.plan.steps
    )


def _brought(look: Look, step: Step, path: str) -> bool:
    """Whether the plan itself has brought the file to where the step takes it."""
    return any(
        look.steps[up].skill in FILES and look.together(look.steps[up], step) and path in _made(look.steps[up])
        for up in sorted(look.above[step.id])
    )


def _made(step: Step) -> list[str]:
    value = step.arguments.get(FILES.get(step.skill, ""))
    return [value] if isinstance(value, str) else []


def _crossed(look: Look) -> Iterator[Doubt]:
    """A path that a step returned is one on its own device."""
    for step in look.plan.steps:
        for name in SLOTS:
            reference = whole(step.arguments.get(name))
            known = reference is not None and reference.task in look.steps and step.skill != "artifact.save"
            if reference is None or not known or not reference.path.endswith("path"):
                continue
            there, here = look.devices[reference.task], look.devices[step.id]
            if there and here and not there & here:
                yield Doubt(f"step {step.id} takes on {_some(here)} a file that {reference.task} has on {_some(there)}")


def _left(look: Look) -> Iterator[Doubt]:
    """What a command leaves in its folder is taken once it has run."""
    for run in look.plan.steps:
        _, file = parts(str(run.arguments.get("command", "")))
        folder = run.arguments.get("cwd")
        if run.skill != "shell.run" or not isinstance(folder, str) or folder in ("", "."):
            continue
        for step in look.plan.steps:
            path = step.arguments.get("path")
            if isinstance(path, str) and path.startswith(folder.rstrip("/") + "/") and look.together(run, step):
                left = path == f"{folder.rstrip('/')}/{file}"
                if not look.ordered(run.id, step.id) or (left and run.id not in look.above[step.id]):
                    yield Doubt(f"step {step.id} takes {path}, and nothing says that {run.id} comes first")


def _packed_early(look: Look) -> Iterator[Doubt]:
    """A folder is packed when all that the plan puts into it is there."""
    for pack in look.plan.steps:
        source = pack.arguments.get("source")
        if pack.skill != "archive.create" or not isinstance(source, str) or any(find(source)):
            continue
        for step in look.plan.steps:
            into = any(path.startswith(source.rstrip("/") + "/") for path in _made(step))
            late = step.id not in look.above[pack.id]
            apart = pack.id not in look.above[step.id] or step.skill == "artifact.save"
            if into and late and apart and look.together(pack, step):
                yield Doubt(f"step {pack.id} packs {source} before {step.id} has put its file there")


def _unused(look: Look) -> Iterator[Doubt]:
    """What is sent off arrives somewhere."""
    taken = {reference.task for step in look.plan.steps for reference in find(step.arguments)}
    for step in look.plan.steps:
        kept = step.id in taken or step.id in look.plan.answer or len(look.plan.steps) == 1
        if step.skill == "artifact.publish" and not kept:
            yield Doubt(f"nothing takes what step {step.id} sends")


def _wider(look: Look) -> Iterator[Doubt]:
    """A change on several devices is one on devices that the request names together."""
    told = look.told
    together = {frozenset(place.names) for place in told.places if len(place.names) > 1}
    run: frozenset[str] = frozenset()
    for at, token in enumerate(told.tokens):
        names = named_at(told, at)
        if names or not run or not (_joins(told, at) or told.word(at) in BETWEEN or token.lemma == "on"):
            run = run | names if names else frozenset()
        if run:
            together.add(run)
    for step in look.plan.steps:
        where = look.devices[step.id]
        wide = look.risky(step) and step.devices.mode == "each" and len(where) > 1
        if wide and told.places and not any(where <= names for names in together):
            yield Doubt(f"step {step.id} changes {_some(where)}, which the request does not name together", grave=True)


def _overwritten(look: Look) -> Iterator[Doubt]:
    """A file that is looked into, and that the request speaks of once, is not written anew."""
    if look.told.has("back", "place", "itself", "overwrite", "overwriting", "replace"):
        return
    for step in look.plan.steps:
        path = step.arguments.get("path")
        if step.skill not in WRITES or not isinstance(path, str) or len(_mentions(look.told, path)) > 1:
            continue
        for other in look.plan.steps:
            read = other.skill in READS and path in _literal_paths(other) and look.together(step, other)
            if read and step.id not in look.above[other.id]:
                yield Doubt(f"step {step.id} writes {path}, which {other.id} only reads", grave=True)
