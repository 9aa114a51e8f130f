"""Rules about the shape of a plan: where its steps run, in which order, and what flows between them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agents.embedded.tokens import Kind
from agents.embedded.wordset import words as word_set
from agents.rewire import canonical
from agents.scrutiny.look import Doubt, Look, Told, compares, named_at, paths
from orchestrator.core.plan import Selector, Step
from orchestrator.core.references import find, whole
from orchestrator.core.schemas import at_path
from orchestrator.core.tasks import On

# Which argument holds the path that a skill makes or changes, and which the path that it takes in.
MAKES = {
    "archive.create": "target",
    "archive.extract": "target",
    "artifact.save": "path",
    "file.append": "path",
    "file.copy": "target",
    "file.mkdir": "path",
    "file.move": "target",
    "file.replace": "path",
    "file.write": "path",
    "http.download": "path",
}
TAKES = {
    "archive.create": ("source",),
    "archive.extract": ("archive_path",),
    "archive.list": ("archive_path",),
    "artifact.publish": ("path",),
    "file.copy": ("source",),
    "file.delete": ("path",),
    "file.move": ("source",),
    "file.count": ("path",),
    "file.hash": ("path",),
    "file.head": ("path",),
    "file.read": ("path",),
    "file.sort": ("path",),
    "file.tail": ("path",),
    "script.run": ("path",),
}
REMOVES = {"file.delete": "path", "file.move": "source"}
SEARCHES = frozenset({"file.find", "file.list", "file.search", "file.usage"})
LOCAL = ("archive.", "artifact.", "file.", "http.download", "process.", "script.", "shell.", "system.")
EXISTS = word_set("does not doesn't doesnt exist exists is isn't isnt missing there present found absent")
PACKED = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
SEQUENCE = frozenset({"then", "afterwards", "finally", "next", "subsequently", "lastly"})
TURNS = frozenset({"before", "after", "once", "when", "until", "while", "if", "unless", "first", "otherwise", "else"})


def doubts(look: Look) -> Iterator[Doubt]:
    """Everything about the shape of the plan that does not go with the request."""
    yield from _twins(look)
    yield from _by(look)
    yield from _condition_paths(look)
    yield from _anywhere(look)
    yield from _directions(look)
    yield from _flows(look)
    yield from _races(look)
    yield from _sequence(look)
    yield from _containers(look)
    yield from _existence(look)
    yield from _tested(look)
    yield from _packed(look)
    yield from _moves(look)


def _twins(look: Look) -> Iterator[Doubt]:
    """A change that is made twice, or a file that is read twice, on the same device."""
    seen: dict[str, Step] = {}
    for step in look.plan.steps:
        reads = step.skill in TAKES and step.skill != "artifact.publish"
        if not look.risky(step) and not reads:
            continue
        call = f"{step.skill} {canonical(step.arguments)} {sorted(look.devices[step.id])}"
        other = seen.setdefault(call, step)
        branches = look.conditional(step) and look.conditional(other) and step.after != other.after
        if other is not step and not branches:
            yield Doubt(f"steps {other.id} and {step.id} do the same thing twice")


def _by(look: Look) -> Iterator[Doubt]:
    """What a step sorts, filters or counts by must be in its items."""
    for step in look.plan.steps:
        if not step.skill.startswith("data.") or step.skill == "data.merge":
            continue
        reference, by = whole(step.arguments.get("items")), step.arguments.get("by")
        upstream = look.steps.get(reference.task) if reference is not None else None
        if reference is None or upstream is None or upstream.skill not in look.specs:
            continue
        schema = look.specs[upstream.skill].output_schema
        if reference.many and not reference.path:
            if by is None:
                yield Doubt(f"step {step.id} does not say by which of the records' values")
            elif isinstance(by, str) and not _in_record(by, schema):
                yield Doubt(f"step {step.id}: {upstream.skill} has no {by}")
        elif isinstance(by, str) and not reference.many:
            items = at_path(schema, reference.path.removeprefix("output").removeprefix("."))
            inner = items.get("items") if isinstance(items, dict) else None
            derived = step.skill == "data.count_by"  # by the extension of a path, the hour of a line
            if not derived and isinstance(inner, dict) and inner.get("properties") and at_path(inner, by) is None:
                yield Doubt(f"step {step.id}: the items of {reference} have no {by}")


def _in_record(by: str, schema: dict[str, object]) -> bool:
    head, _, rest = by.partition(".")
    if head in ("device", "task"):
        return not rest
    return head == "output" and at_path(schema, rest) is not None


def _condition_paths(look: Look) -> Iterator[Doubt]:
    """What a condition looks at must be in the output of the step before it."""
    for step in look.plan.steps:
        for edge in step.after:
            upstream = look.steps.get(edge.step)
            if edge.when is None or upstream is None or upstream.skill not in look.specs:
                continue
            schema = look.specs[upstream.skill].output_schema
            for compare, _ in compares(edge.when):
                head, _, rest = compare.path.partition(".")
                if head == "output" and compare.op != "exists" and at_path(schema, rest) is None:
                    yield Doubt(f"step {step.id}: {upstream.skill} has no {compare.path}")


def _anywhere(look: Look) -> Iterator[Doubt]:
    """Where the request names devices, what happens on a device does not happen on any."""
    if not any(place.names for place in look.told.places):
        return
    for step in look.plan.steps:
        if step.devices == Selector() and step.skill.startswith(LOCAL):
            yield Doubt(f"step {step.id} ({step.skill}) may run on any device, and the request says where")


def _roles(told: Told) -> tuple[frozenset[str], frozenset[str]]:
    """The devices that the request has things come from, and those that it has them go to."""
    sources: set[str] = set()
    targets: set[str] = set()
    for at, token in enumerate(told.tokens):
        if token.kind is not Kind.DEVICE or not isinstance(token.value, int) or token.value >= len(told.places):
            continue
        before = at - 1
        while told.word(before) in ("the", "my", "our", "your", "this", "a", "an", "every", "each", "all", "both"):
            before -= 1
        names = told.places[token.value].names
        if told.word(before) in ("from", "off"):
            sources.update(names)
        elif told.word(before) in ("to", "onto", "into", "toward", "towards"):
            targets.update(names)
    return frozenset(sources - targets), frozenset(targets - sources)


def _directions(look: Look) -> Iterator[Doubt]:
    """A file goes from where it is said to be to where it is said to go."""
    sources, targets = _roles(look.told)
    for step in look.plan.steps:
        where = look.devices[step.id]
        if not where or step.devices == Selector():
            continue
        if step.skill == "artifact.publish" and where <= targets and not _made_here(look, step):
            yield Doubt(f"step {step.id} sends from {', '.join(sorted(where))}, where the request wants it to go")
        if step.skill == "artifact.save" and where <= sources:
            yield Doubt(f"step {step.id} saves on {', '.join(sorted(where))}, where the request has it come from")


def _made_here(look: Look, step: Step) -> bool:
    """Whether what is sent was itself brought or written there by the plan, and now goes on."""
    taken = paths(step, ("path",))
    refers = {reference.task for reference in find(step.arguments)}
    return any(
        look.together(up, step)
        and (
            up.skill in ("shell.run", "script.run", "python.run")
            or (up.skill in MAKES and (up.id in refers or set(paths(up, (MAKES[up.skill],))) & set(taken)))
        )
        for up in (look.steps[id] for id in sorted(look.above[step.id]))
    )


def _flows(look: Look) -> Iterator[Doubt]:
    """What is packed, fetched or saved first is taken up where it was put, and after that."""
    makers = [step for step in look.plan.steps if step.skill in ("archive.create", "http.download", "artifact.save")]
    for step in look.plan.steps:
        if step.skill not in ("artifact.publish", "archive.extract", "file.hash"):
            continue
        for path in paths(step, TAKES[step.skill]):
            if step.skill == "file.hash" and path.casefold() in look.told.spoken:
                continue  # the request may speak of a file that was there before
            late = [
                one
                for one in makers
                if (one.skill != "artifact.save" or step.skill == "file.hash")
                and path in paths(one, (MAKES[one.skill],))
                and step.id in look.above[one.id]
                and look.together(one, step)
            ]
            if late:
                yield Doubt(f"step {step.id} takes {path} before {late[0].id} has made it")
            made = [
                one
                for one in makers
                if one is not step and step.id not in look.above[one.id] and path in paths(one, (MAKES[one.skill],))
            ]
            if made and not any(look.together(one, step) for one in made) and not _there(look, step, path):
                yield Doubt(f"step {step.id} takes {path}, which {made[0].id} makes on another device")


def _there(look: Look, step: Step, path: str) -> bool:
    """Whether the plan has looked at the file on that device before: it was there already."""
    ups = [look.steps[id] for id in sorted(look.above[step.id])]
    return any(look.together(up, step) and path in paths(up, TAKES.get(up.skill, ())) for up in ups)


def _races(look: Look) -> Iterator[Doubt]:
    """Two steps that touch one file must come one after the other; what removes it comes last."""
    touched = [(step, _touches(step)) for step in look.plan.steps if step.skill in MAKES or step.skill in TAKES]
    for number, (one, mine) in enumerate(touched):
        for other, others in touched[number + 1 :]:
            shared = mine & others
            if not shared or not look.together(one, other) or not (look.risky(one) or look.risky(other)):
                continue
            if look.conditional(one) and look.conditional(other):
                continue  # branches of which only one runs
            path = sorted(shared)[0]
            if not look.ordered(one.id, other.id):
                yield Doubt(f"steps {one.id} and {other.id} both touch {path}, and nothing says which comes first")
    for step in look.plan.steps:
        for gone in paths(step, (REMOVES[step.skill],)) if step.skill in REMOVES else ():
            for other, _ in touched:
                late = step.id in look.above[other.id] and look.together(step, other)
                if late and gone in paths(other, TAKES.get(other.skill, ())):
                    yield Doubt(f"step {other.id} takes {gone}, which {step.id} has removed before")
        yield from _saved_first(look, step)


def _saved_first(look: Look, step: Step) -> Iterator[Doubt]:
    """What is moved to another device is removed once it is there."""
    if step.skill != "file.delete":
        return
    for sent in look.plan.steps:
        if sent.skill != "artifact.publish" or paths(sent, ("path",)) != paths(step, ("path",)):
            continue
        for saved in look.plan.steps:
            follows = saved.skill == "artifact.save" and sent.id in look.above[saved.id]
            if follows and saved.id not in look.above[step.id]:
                yield Doubt(f"step {step.id} removes the file before {saved.id} has saved it elsewhere")


def _touches(step: Step) -> frozenset[str]:
    names = (*TAKES.get(step.skill, ()), *((MAKES[step.skill],) if step.skill in MAKES else ()))
    return frozenset(paths(step, names))


def _sequence(look: Look) -> Iterator[Doubt]:
    """What the request puts one after the other is not done at once or the other way round, where that matters."""
    marks = [at for at, token in enumerate(look.told.tokens) if token.word and token.lemma in SEQUENCE]
    if not marks:
        return
    turned = look.told.has(*TURNS)
    placed = [(look.located[step.id], step) for step in look.plan.steps if step.id in look.located]
    for at, one in placed:
        for later, other in placed:
            if not any(at < mark < later for mark in marks) or not (look.risky(one) or look.risky(other)):
                continue
            if look.conditional(one) or look.conditional(other):
                continue
            if other.id in look.above[one.id] and not turned:
                yield Doubt(f"step {other.id} comes before {one.id}; the request has it the other way round")
            elif not look.ordered(one.id, other.id):
                yield Doubt(f"step {other.id} does not wait for {one.id}, which the request has first")


def _existence(look: Look) -> Iterator[Doubt]:
    """`if a.txt exists on alpha`: that is where it is looked for."""
    tokens = look.told.tokens
    tested = {edge.step for step in look.plan.steps for edge in step.after if edge.on is On.CONDITION}
    for at, token in enumerate(tokens):
        after = at + 1
        while look.told.word(after) in EXISTS:
            after += 1
        if token.kind not in (Kind.PATH, Kind.GLOB) or after < at + 2 or look.told.word(after) not in ("on", "at"):
            continue
        names = named_at(look.told, after + 1)
        path = str(canonical(str(token.value)))
        for id in sorted(tested & look.steps.keys()):
            step = look.steps[id]
            where = look.devices[id]
            if path in paths(step, list(step.arguments)) and where and names and not where & names:
                yield Doubt(f"step {id} looks for {path} on {', '.join(sorted(where)[:5])}")


def _tested(look: Look) -> Iterator[Doubt]:
    """A condition on whether something is there looks for that thing, not for anything."""
    for step in look.plan.steps:
        for edge in step.after:
            upstream = look.steps.get(edge.step)
            while upstream is not None and upstream.skill == "data.filter":
                reference = whole(upstream.arguments.get("items"))
                upstream = look.steps.get(reference.task) if reference is not None else None
            if edge.on is not On.CONDITION or upstream is None:
                continue
            if upstream.skill == "process.list" and not upstream.arguments.keys() & {"name", "user"}:
                yield Doubt(f"step {upstream.id} looks for any process, and step {step.id} depends on what it finds")
            if upstream.skill == "file.find" and not upstream.arguments.keys() & {"pattern", "contains", "path"}:
                yield Doubt(f"step {upstream.id} looks for any file, and step {step.id} depends on what it finds")


def _packed(look: Look) -> Iterator[Doubt]:
    """An archive is what comes out of packing."""
    for step in look.plan.steps:
        source, target = step.arguments.get("source"), step.arguments.get("target")
        if step.skill != "archive.create" or not isinstance(source, str) or not isinstance(target, str):
            continue
        if source.casefold().endswith(PACKED) and not target.casefold().endswith(PACKED):
            yield Doubt(f"step {step.id} packs an archive into a folder")


def _moves(look: Look) -> Iterator[Doubt]:
    """What is moved to another device does not stay where it was."""
    skills = {step.skill for step in look.plan.steps}
    asked = look.told.has("move", "moves", "relocate") and "artifact.publish" in skills
    if asked and not skills & {"file.delete", "file.move", "shell.run", "script.run"}:
        yield Doubt("nothing removes what the request wants moved")


def _containers(look: Look) -> Iterator[Doubt]:
    """What is searched for something to remove is not removed itself."""
    removed = [step for step in look.plan.steps if step.skill == "file.delete"]
    searched = {path for step in look.plan.steps if step.skill in SEARCHES for path in paths(step, ("path",))}
    for step in removed:
        for path in paths(step, ("path",)):
            named = len(re.findall(rf"(?<![\w./-]){re.escape(path.casefold())}(?![\w-])", look.told.spoken))
            deleted = rf"\b(?:delete|remove|erase|rm|trash)\s+(?:the\s+|file\s+)*{re.escape(path.casefold())}(?![\w/-])"
            if path in searched and named < 2 and re.search(deleted, look.told.spoken) is None:
                yield Doubt(f"step {step.id} removes {path}, which the request only looks into")
