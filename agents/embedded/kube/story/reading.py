"""What a story asks for: its order read in each of the ways that what was told before allows, which must agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from agents.embedded.kube.asides import fits
from agents.embedded.kube.inquiry.tables import ENGLISH
from agents.embedded.kube.lexicon import FILLERS, KINDS
from agents.embedded.kube.names import Context
from agents.embedded.kube.story.clauses import sentences
from agents.embedded.kube.story.door import Story
from agents.embedded.kube.tokens import Shape, tokenise
from agents.embedded.outcome import Stop, ask
from protocol.vocabulary import JsonObject

Step = tuple[str, JsonObject]
Read = Callable[[str, str, Context], Sequence[Step]]
"""The steps of an order: with its place said, as it stands, and with what it may mean by its pronouns."""

WHICH = "Which one is meant?"
_MOST = 8
_SPACED = re.compile(
    r"(?<![\w-])(?:namespace|ns|-n)\s+[a-z0-9]|\b(?:in|to|from|of|inside)\s+(?:the )?[a-z0-9]+-[a-z0-9-]+\b",
    re.IGNORECASE,
)
_KIND_WORDS = (
    "deployment|statefulset|daemonset|service account|account|service|cron ?job|job|pod|node|machine|claim|pvc"
    "|secret|config ?map|"
    "role|request|csr|app|workload|thing|ingress"
)
_MEANT = re.compile(
    rf"(?<![\w-])(?:(?P<its>its)\b|(?:that|this|the"
    rf"|said) (?P<kind>{_KIND_WORDS})\b(?!\s+(?:[a-z0-9]+-)+[a-z0-9]+)|(?P<one>th(?:at|is) one)|(?P<it>it|that"
    rf"|him|her|them)\b)",
    re.IGNORECASE,
)
_GENERIC = frozenset({"app", "workload", "thing", "machine", "account", "request", "claim"})
_FILED = re.compile(
    r"^(?P<before>\W*(?:please |just |now |so |then )*(?:create|apply|replace|upload|put|copy"
    r"|deploy)\s+)(?P<it>it|that|this|them|the file|that file|the files)\b",
    re.IGNORECASE,
)
_SHIPPED = re.compile(r"\b(?P<it>it|that|this)\b", re.IGNORECASE)


def understood(
    story: Story, known: Context, writes: frozenset[str], read: Read, answers: Sequence[tuple[str, str]]
) -> tuple[Step, ...]:
    """The steps of a story; () where it is not understood. Raises Stop with a question where it may mean two things."""
    found: list[tuple[str, tuple[Step, ...]]] = []
    tries = 0
    for context in story.memory.contexts(known):
        for placed, text in _wordings(story, context):
            tries += 1
            if tries > _MOST:
                break
            try:
                steps = tuple(read(placed, text, context))
            except Stop:
                continue
            if steps and _holds(story, context, steps, writes):
                if steps not in [one for _, one in found]:
                    found.append((context.names[0] if context.names else "", steps))
                break
    if len(found) > 1:
        names = [name for name, _ in found]
        if len(set(names)) < len(names) or not all(names):
            return ()
        chosen = ask(WHICH, names, answers)
        return next(steps for name, steps in found if name == chosen)
    return found[0][1] if found else ()


def unclear(story: Story, steps: Sequence[Step]) -> str:
    """Another name that a pronoun of the order may mean as well as the one of the plan; "" where there is none."""
    said = str([call for _, call in steps]).casefold()
    parts = sentences(story.text)
    bare = [part for part in parts if _MEANT.search(part) and not _own(part)]
    kinds = {str(call.get("kind", "")) for _, call in steps} | {"node" for _, call in steps if "node" in call} | {""}
    taken = {*story.memory.spaces, *story.memory.files, *(key.casefold() for _, key in story.memory.parts)}
    others = [name for kind, name in story.memory.things if kind in kinds]
    others += [name for part in parts for name in _own(part)]
    return next((name for name in others if name not in said and name not in taken), "") if bare else ""


def _own(text: str) -> list[str]:
    return [t.low for t in tokenise(text) if t.shape is Shape.NAME and not ENGLISH.fullmatch(t.low) and t.text == t.low]


def wordings(story: Story, known: Context) -> Iterator[str]:
    """Every way to say the order in one sentence, with its place."""
    for context in story.memory.contexts(known):
        for placed, _ in _wordings(story, context):
            yield placed


def _wordings(story: Story, context: Context) -> Iterator[tuple[str, str]]:
    """(the order with its place, the order) with its pronouns as they stand, and with what they mean."""
    text = _parts(story)
    for said in dict.fromkeys((text, _named(text, context) if context.names else text)):
        bare = not context.namespace or _SPACED.search(story.text)
        yield (said if bare else f"Namespace {context.namespace}: {said}"), said


def _parts(story: Story) -> str:
    """`that annotation`, `apply it`: by the name of the annotation, of the file, of the image."""
    text = story.text
    memory = story.memory
    for what, key in memory.parts:
        same = [one for one in memory.parts if one[0] == what]
        if len(same) == 1 and key not in text:
            text = re.sub(
                rf"\b(?:that|this|the) {what}\b(?! [a-z]+[-_/.])",
                f"the {what} {key}",
                text,
                count=1,
                flags=re.IGNORECASE,
            )
    if memory.files and not any(one in text for one in memory.files):
        files = " and ".join(memory.files[:3])
        text = _FILED.sub(lambda found: found["before"] + files, text, count=1)
    if len(memory.images) == 1 and memory.images[0] not in text:
        text = _SHIPPED.sub(memory.images[0], text, count=1)
    return text


def _named(text: str, context: Context) -> str:
    """The text with its first pronoun, or `that deployment`, by name."""
    (name,) = context.names
    kind = context.kind

    def put(found: re.Match[str]) -> str:
        said = (found["kind"] or "").casefold()
        own = KINDS.get(said.replace(" ", ""), KINDS.get(said, ""))
        if said and said not in _GENERIC and kind and own != kind:
            return found[0]
        whole = f"the {kind or own} {name}" if kind or own else name
        return f"{whole}'s" if found["its"] else whole

    return _MEANT.sub(put, text, count=1)


def _holds(story: Story, context: Context, steps: Sequence[Step], writes: frozenset[str]) -> bool:
    """Whether the plan has the place and the values that were told, and leaves alone what is to be."""
    said = str([call for _, call in steps]).casefold()
    changes = any(skill in writes for skill, _ in steps)
    if changes and not all(_has(said, value.casefold()) for value in story.values):
        return False
    if changes and astray(story, steps):
        return False
    spaces = any(
        skill == "kube.create_namespace" or call.get("kind") in {"namespace", "namespaces"} for skill, call in steps
    )
    if spaces and not re.search(r"\b(?:namespace|ns)s?\b", story.text, re.IGNORECASE) and context.kind != "namespace":
        return False  # where something is, is not what is changed
    if fits(story.asides, steps, writes):
        return False
    if context.namespace and not _SPACED.search(story.text):
        scoped = [call for _, call in steps if "node" not in call]
        if scoped and context.namespace not in said:
            return False
    if story.memory.doubtful and not any("namespace" in call or "node" in call for _, call in steps):
        return False
    named = [t for t in tokenise(story.text) if t.shape is Shape.NAME]
    return bool(named) or not context.names or context.names[0] in said or not _MEANT.search(story.text)


def astray(story: Story, steps: Sequence[Step]) -> str:
    """What of a story narrows or adds to an order, and does not show in the plan; "" where all does."""
    said = str([call for _, call in steps]).casefold()
    for piece in story.loose:
        if _FORBIDS.fullmatch(piece.strip(" .!,")):
            continue  # it stands in the text too, and is held against the plan
        words = [t.low for t in tokenise(piece) if t.low not in FILLERS and len(t.low) > 2]
        if not any(word in said for word in words):
            return piece
    missing = next((word for word in (*story.ends, *story.memory.sure) if word not in said), "")
    return missing or ("another order" if _imperatives(story.text) > len(steps) else "")


_FORBIDS = re.compile(
    r"\W*(?:so |and |but )*no (?:drain|restart|restarts|delete|deletion|eviction|rollback|reboot|scaling)(?: please)?",
    re.IGNORECASE,
)


def _imperatives(text: str) -> int:
    """How many of the sentences begin with an order that is one of its own."""
    return sum(bool(_OWN_ORDER.match(part)) for part in sentences(text))


_OWN_ORDER = re.compile(
    r"\W*(?:(?:and|then|also|please|pls|just|now|so|could you|can you|would you|after that|first|finally|next)\W+)*"
    r"(?:delete|remove|restart|scale|create|drain|cordon|uncordon|suspend|resume|deploy|apply|replace|label"
    r"|annotate|bounce|kill|"
    r"sign|approve|deny|reject|turn|roll|rollback|revert|revoke|expose|trigger|start|run|stop|pause|freeze"
    r"|empty|upload|fetch|copy|"
    r"patch|taint|untaint|drop|strip|set up|write|bind|grant|send|tell bob|undo|evict|wipe)\b",
    re.IGNORECASE,
)


def _has(said: str, value: str) -> bool:
    key, equal, part = value.partition("=")
    return value in said or bool(equal and part and f"'{key}': '{part}'" in said)
