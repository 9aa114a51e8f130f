"""What kind of utterance a request is: how-to questions, hypotheticals and conversation are no requests."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from agents.embedded.naming import ENGINES, NO_NAME
from agents.embedded.outcome import decline
from agents.embedded.text import lemma
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words
from orchestrator.core.fleet import FleetView
from orchestrator.core.plan import Declined, Plan, Step
from orchestrator.core.references import find
from protocol.vocabulary import JsonObject

HOW_TO = (
    ("how", "do", "i"),
    ("how", "to"),
    ("how", "can", "i"),
    ("how", "would", "i"),
    ("how", "should", "i"),
    ("how", "could", "i"),
    ("how", "do", "you"),
    ("how", "does", "one"),
    ("what", "happens", "if"),
    ("what", "would", "happen"),
    ("what", "if"),
    ("should", "i"),
    ("would", "it", "be"),
    ("is", "it", "possible"),
    ("is", "it", "safe"),
    ("is", "it", "ok"),
    ("can", "i"),
    ("may", "i"),
    ("could", "i"),
    ("why",),
    ("explain",),
    ("what", "does", "it", "mean"),
    ("do", "you", "know", "how"),
    ("are", "you", "able"),
    ("how", "do", "we"),
    ("what", "is", "the", "best", "way"),
    ("suppose",),
    ("imagine",),
    ("hypothetically",),
    ("what", "happen", "if"),
    ("do", "you", "think"),
    ("have", "you"),
    ("did", "you"),
    ("what", "would"),
    ("how", "come"),
    ("teach",),
    ("pretend",),
    ("ignore",),
    ("what", "command"),
    ("which", "command"),
    ("is", "there", "a", "way"),
    ("can", "it"),
    ("should", "we"),
    ("would", "you", "recommend"),
)
ROWS = 100_000
"""Most rows of a table that are read to be counted; the skill says where there are more."""
ABOUT_DOING = "this asks about doing something; it does not ask for it to be done"
RECURRING = words(
    "whenever daily hourly weekly nightly monthly tomorrow tonight later always until every-hour cron "
    "schedule repeatedly continuously constantly"
)

PERIODS = words(
    "second minute hour day night morning evening afternoon week month weekday weekend monday tuesday wednesday "
    "thursday friday saturday sunday midnight noon"
)


def _recurs(low: Sequence[str], spoken: Sequence[Token], at: int) -> bool:
    """`every hour`, `each night`, `every 10 minutes`, but not `for each day`, which groups."""
    if low[at] not in {"every", "each"} or at + 1 >= len(low):
        return False
    after = spoken[at + 1]
    if after.kind is Kind.DURATION or (after.kind is Kind.NUMBER and at + 2 < len(low) and low[at + 2] in PERIODS):
        return True
    return low[at + 1] in PERIODS and not (at and low[at - 1] in {"for", "by", "per", "of", "in"})


# `a.txt, sorry, b.txt`: somebody takes back what was said, and what stays of it is anybody's guess.
_CORRECTED = re.compile(
    r" [@#9] (?:.* )?(?:[,.;–] )?(?:(?:oh|ah|uh|er|um|or|but) )*"
    r"(?:(?:i mean|i meant|make that|make it|scratch that|strike that|or rather|correction|no wait|wait no|wait ,|nope"
    r"|oops|sorry|just kidding|kidding|cancel that|forget that|forget it|never ?mind)"
    r"(?= (?:, |– |[a-z]+ |[@#9] )*[a-z@#9])"
    r"|(?:no|actually|rather|wait) (?=(?:, )?(?:(?:on|in|from|to|of|the|not) )?[@#9]))"
)


# `do what it says`: the orders would come from a file, and what a file says grants nothing.
_DELEGATED = re.compile(
    r" (?:and|then|just|please|,|\.|^) (?:do|follow|obey|carry out|act on) (?:what|whatever|as|everything|anything|so"
    r"|its|their|the (?:same|rest|instruction|instructions|order|orders|steps))(?= )"
)


# `how would you pack it`, `who can run it`, `do I need to stop it`: about a deed, whoever does it, and no wish for it.
_PERSON = "(?:i|you|u|we|one|they|people|he|she|someone|somebody|anyone|anybody)"
_ABOUT = re.compile(
    r"(?:^|[.;!?]) (?:(?:please|hey|hi|hello|ok|okay|so|and|but|well|now|then|asterism|,|;|–) )*(?:"
    rf"(?:how|why) (?:would|could|should|did|do|does|might|will|shall|can|had) {_PERSON}"
    rf"|when (?:(?:did|do|will|would|can|could) (?:you|u)|(?:should|may|must|can|could) {_PERSON})"
    r"|who (?:can|could|would|will|did|should|might|may|must|gets to|is able to|is allowed to)"
    r"(?! (?:tell|show|give|help))"
    rf"|(?:do|did|does|must|shall) {_PERSON} (?:(?:really|even|still|ever|just|also) )*"
    r"(?:need|have|want|dare|ought|get) to"
    rf"|(?:need|must|shall|ought|may|should|had) (?:i|we|they|he|she) (?!have )[a-z]+"
    r")(?= )"
)


def refuse_corrections(line: str) -> None:
    """Raises Stop where a request takes back a part of itself, leaves what is to be done to a file, or asks about it.

    `line` is written as chaff.py writes it.
    """
    if _DELEGATED.search(line) is not None:
        raise decline("what is to be done stands elsewhere; say it in the request")
    asked = _ABOUT.search(line)
    if asked is not None:
        raise decline(ABOUT_DOING, [asked[0].strip(" .;!?,")])
    found = _CORRECTED.search(line)
    if found is not None:
        raise decline("the request corrects itself; say only what is meant", [found[0].split()[-1]])


_TABLES: Final = words("job entry table line crontab tab")


def _planned(low: Sequence[str], at: int) -> bool:
    """`the cron jobs`: what is planned already, and no time to do something at."""
    return low[at] == "cron" and at + 1 < len(low) and low[at + 1] in _TABLES and "every" not in low


def refuse_kind(tokens: Sequence[Token], *, tables: bool = False) -> None:
    """Raises Stop for what asks about doing rather than for it, and for what is to happen at another time.

    `tables`: the fleet knows of the tables of cron, which may be asked for.
    """
    spoken = [token for token in tokens if token.kind is not Kind.PUNCT]
    low = [token.lemma if token.word else "" for token in spoken]
    start = 0
    while start < len(low) and low[start] in words("please hey hi hello ok okay so tell me show asterism and well"):
        start += 1
    for form in HOW_TO:
        for at in {0, start}:
            if tuple(low[at : at + len(form)]) == form:
                raise decline(
                    ABOUT_DOING,
                    [" ".join(t.text for t in spoken[at : at + len(form)])],
                )
    for at, token in enumerate(spoken):
        if _recurs(low, spoken, at):
            text = f"{token.text} {spoken[at + 1].text}"
            raise decline(f'"{text}": this planner makes plans for now only', [text])
        if token.word and token.lemma in RECURRING and not (tables and _planned(low, at)):
            raise decline(f'"{token.text}": this planner makes plans for now only', [token.text])
        if token.kind is Kind.TIME:
            raise decline("this planner makes plans for now only, not for a time of day", [token.text])


_ENDINGS: Final[dict[str, tuple[str, ...]]] = {
    "pdf.write": (".pdf",),
    "xlsx.write": (".xlsx", ".xlsm"),
    "html.write": (".html", ".htm"),
    "csv.write": (".csv", ".tsv", ".txt"),
}
_DOCUMENTS: Final = (
    ".pdf", ".xlsx", ".xlsm", ".docx", ".odt", ".ods", ".pptx", ".png", ".jpg", ".jpeg", ".gif", ".zip", ".gz", ".tgz",
)  # fmt: skip
_TEXTS: Final = (".csv", ".tsv", ".txt", ".log", ".md", ".json", ".html", ".xml", ".yaml", ".yml", ".toml", ".ini")


def swapped(plan: Plan, text: str) -> bool:
    """Whether a plan reads what is named behind `to`, and writes what is named behind `in` or `from`."""
    reads = _paths(plan, ("file.search", "file.read", "file.head", "file.tail", "file.hash"))
    return any(_named(one, "to|into", text) for one in reads) and any(
        _named(one, "in|of|from", text) for one in _paths(plan, ("file.write",))
    )


_BOTH: Final = re.compile(
    r"\bboth (?:of )?(?:(?:the|my|our) )?(?:servers|machines|hosts|computers|devices|desktops|phones|boxes)\b", re.I
)
_SERVERS: Final = ("service.", "container.", "package.", "user.", "backup.")


def both_of(plan: Plan, text: str) -> bool:
    """Whether a plan does for `both servers` the same on more than two."""
    if _BOTH.search(text) is None:
        return False
    where: dict[str, set[str]] = {}
    for step in plan.steps:
        where.setdefault(f"{step.skill} {step.arguments}", set()).update(step.devices.names)
    return any(len(names) > 2 for names in where.values())


def misread(plan: Plan) -> bool:
    """Whether a word that is no name became that of a service, a container, a package, an account or a folder."""
    for step in plan.steps:
        if not step.skill.startswith(_SERVERS):
            continue
        given = [step.arguments.get(key) for key in ("name", "names", "target")]
        names = [one for value in given for one in (value if isinstance(value, list) else [value])]
        none = NO_NAME | ENGINES if step.skill.startswith("container.") else NO_NAME
        if any(isinstance(one, str) and lemma(one) in none for one in names):
            return True
    return False


def text_lost(plan: Plan, text: str) -> bool:
    """Whether a plan makes an empty file where the request says what it is to hold."""
    writes = [one.arguments for one in plan.steps if one.skill == "file.write"]
    said = r"[\"'`]?\s*,?\s+(?:with|containing|(?:that|which) (?:has|holds|contains|says|reads))\s+"
    none = r"(?!no\b|nothing\b|an? empty\b|zero\b|empty\b)"
    return any(
        one["text"] == "" and re.search(re.escape(str(one["path"])) + said + none, text, re.IGNORECASE)
        for one in writes
    )


def another_format(steps: Collection[Step]) -> bool:
    """Whether a plan writes a document, or a text, under the name of another kind of file."""
    published = {one.id: str(one.arguments.get("path", "")) for one in steps if one.skill == "artifact.publish"}
    return any(_misnamed(one, published) for one in steps)


def _misnamed(step: Step, published: Mapping[str, str]) -> bool:
    path = str(step.arguments.get("path", "")).casefold()
    if step.skill == "file.write":
        return path.endswith(_DOCUMENTS)
    if step.skill == "artifact.save":
        sources = [published.get(one.task, "").casefold() for one in find(step.arguments)]
        return path.endswith(_DOCUMENTS) and any(one.endswith(_TEXTS) for one in sources)
    return not path.endswith(_ENDINGS.get(step.skill, ("",)))


def rows_counted(plan: Plan, text: str, fleet: FleetView) -> Plan | Declined:
    """The plan with tables read where their rows are counted, or the first of them shown: the first line of a table
    names its columns."""
    plan = _first_rows(plan, text, fleet)
    counted = [one for one in plan.steps if one.skill == "file.count" and _table(str(one.arguments.get("path", "")))]
    if not counted or "csv.read" not in fleet.skills or re.search(r"\b(?:rows?|records?)\b", text, re.I) is None:
        return plan
    used = {edge.step for one in plan.steps for edge in one.after}
    if used & {one.id for one in counted} or any(one.arguments.keys() != {"path"} for one in counted):
        return decline("the rows of a table are counted by reading it, and its first line may be a heading").result  # type: ignore[return-value]

    def read(step: Step) -> Step:
        arguments: JsonObject = {"path": step.arguments["path"], "limit": ROWS}
        return step.model_copy(update={"skill": "csv.read", "arguments": arguments}) if step in counted else step

    return plan.model_copy(update={"steps": tuple(read(step) for step in plan.steps)})


def _first_rows(plan: Plan, text: str, fleet: FleetView) -> Plan:
    """`the first 5 rows of a.csv`: five rows, beside the heading."""
    if "csv.read" not in fleet.skills or re.search(r"\bfirst (?:\w+ )?(?:rows?|records?)\b", text, re.I) is None:
        return plan
    used = {edge.step for one in plan.steps for edge in one.after}

    def read(step: Step) -> Step:
        path, lines = str(step.arguments.get("path", "")), step.arguments.get("lines", 1)
        if step.skill != "file.head" or step.id in used or not _table(path):
            return step
        return step.model_copy(update={"skill": "csv.read", "arguments": {"path": path, "limit": lines}})

    return plan.model_copy(update={"steps": tuple(read(step) for step in plan.steps)})


def _table(path: str) -> bool:
    return path.casefold().endswith((".csv", ".tsv"))


def _paths(plan: Plan, skills: Sequence[str]) -> list[str]:
    return [str(step.arguments["path"]) for step in plan.steps if step.skill in skills and "path" in step.arguments]


def _named(path: str, prepositions: str, text: str) -> bool:
    return re.search(rf"\b(?:{prepositions})\s+[\"'`]?{re.escape(path)}(?![\w/-])", text, re.IGNORECASE) is not None


def astray(plan: Plan, text: str) -> str | None:
    """Why a plan does something where, or to what, nobody said; None where it does not.

    A file goes into a folder that was just made on another device; a service is removed that nothing calls one.
    """
    made = {(step.devices.names, str(step.arguments.get("path"))) for step in plan.steps if step.skill == "file.mkdir"}
    for step in plan.steps:
        folder = str(step.arguments.get("target", "")).rpartition("/")[0]
        elsewhere = {names for names, path in made if path.rstrip("/") == folder}
        if step.skill in ("file.copy", "file.move") and elsewhere and step.devices.names not in elsewhere:
            return f"the folder {folder} is on another device"
        if step.skill == "service.remove" and not re.search(r"service|daemon|unit", text, re.IGNORECASE):
            return "it is not said what is removed: a file, or a service"
    return None
