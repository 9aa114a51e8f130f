"""Rules about words: order, ends of files, options, names as wholes, facts that are asked about, branches."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agents.embedded.lexicon import known_words
from agents.embedded.text import stem
from agents.embedded.tokens import Kind
from agents.embedded.wordset import words as word_set
from agents.scrutiny.look import Doubt, Look, Told, texts
from agents.scrutiny.numbers import comparisons
from orchestrator.core.plan import Step
from orchestrator.core.references import Reference, find
from protocol.vocabulary import Json

MOST = word_set("most largest biggest highest newest latest greatest longest heaviest maximum busiest top")
RANKS = frozenset({"data.rank", "data.stats", "data.count_by", "file.usage", "file.head", "file.tail", "file.sort"})
LEAST = word_set("least smallest lowest oldest fewest shortest lightest minimum bottom")
# Texts whose value is not a literal of the request: fields, formats, and what is written for people.
FREE_TEXT = word_set("by title sections items op value order sort algorithm interpreter format type")
EXTENSIONS = {
    "py": "python",
    "log": "log logs error errors warn warning warnings fatal exception exceptions line lines entry entries",
    "txt": "text",
    "md": "markdown",
    "js": "javascript",
    "ts": "typescript",
    "sh": "shell script scripts bash",
    "jpg": "jpeg photo photos picture pictures image images",
    "png": "image images picture pictures",
    "conf": "config configuration",
    "tmp": "temporary temp",
    "yml": "yaml",
    "yaml": "yaml",
    "go": "golang",
    "rs": "rust",
}
# `the same` compares, unless it names a thing once more: `under the same path`.
_SAME = re.compile(
    r"(?<!do )\bthe same\b(?! (?:time|for|with|thing|on\b|path|name|place|folder|way|text|message|file\b|number|table))"
)
# Words of the request, and the skills of which one must answer to them.
TOPICS = (
    ("memory ram swap", "system.memory process.list process.stop"),
    ("disk storage", "system.disk file.usage"),
    ("cpu cores processor", "system.cpu process.list system.load"),
    ("uptime rebooted", "system.uptime"),
)
NO_NAMES = word_set(
    "on in of and to from with that which is are was for at by it its there here called named takes take has under "
    "inside into recursively if when then or but as structure tree size contents listing names name file files "
    "once after before while until again also too first next last now please do does did this that only all any each "
    "every so thanks afterwards right over off up down out back both same new whole"
)
# An option that is off unless it is asked for: the words that ask for it.
CUES = {
    "numeric": "numerically numeric number numbers",
    "reverse": "reverse reversed descending backwards highest largest biggest most latest newest longest greatest",
    "unique": "unique duplicate duplicates distinct dedupe deduplicate uniq once",
    "hidden": "hidden dotfiles",
}
# Of skills that change something, an option that goes further must be asked for.
ASKED = {
    "all": "all every each both any",
    "force": "force forcibly forcefully immediately hard -9 kill",
    "recursive": "folder folders directory directories recursive recursively tree everything contents dir whole",
    "overwrite": "overwrite replace replacing overwriting existing",
    "regex": "regex regular expression pattern matching",
}


def doubts(look: Look) -> Iterator[Doubt]:
    """Everything about the words of a request that the plan does not go with."""
    yield from _superlatives(look)
    yield from _ends(look)
    yield from _exchanged(look)
    yield from _options(look)
    yield from _whole_names(look)
    yield from _asked_of_all(look)
    yield from _topics(look)
    yield from _exits(look)
    yield from _keys(look)
    yield from _called(look)
    yield from _branches(look)


def _superlatives(look: Look) -> Iterator[Doubt]:
    """The largest comes first where the largest is asked for."""
    told = look.told
    words = [token.text.casefold() for at, token in enumerate(told.tokens) if token.word and told.word(at - 1) != "at"]
    parts = {part for word in words for part in word.split()}
    most, least = bool(parts & MOST), bool(parts & LEAST)
    if most == least or parts & {"recently", "recent"}:
        return
    wanted = "desc" if most else "asc"
    ranked = False
    for step in look.plan.steps:
        order = _order(step, look)
        if order is None:
            continue
        ranked = True
        if order != wanted:
            yield Doubt(f"step {step.id} sorts {order}; the request asks for the {'most' if most else 'least'}")
    ranks = any(step.skill in RANKS or step.skill == "python.run" for step in look.plan.steps)
    ends = parts & {"top", "bottom", "maximum", "minimum"}
    sorted_ = any("sort" in step.arguments or step.skill == "process.list" for step in look.plan.steps)
    if not ranked and not ranks and not sorted_ and not ends and not _listed(told):
        yield Doubt(f"nothing finds the {'most' if most else 'least'} that the request asks for")


def _listed(told: Told) -> bool:
    """`the newest dumps to beta: a.dump from alpha`: which these are, the request itself says after the colon."""
    for at, token in enumerate(told.tokens):
        if not token.word or token.text.casefold() not in MOST | LEAST or told.word(at - 1) != "the":
            continue
        colon = next((to for to in range(at + 2, min(len(told.tokens), at + 9)) if told.tokens[to].text == ":"), None)
        if colon is not None and colon + 1 < len(told.tokens) and told.tokens[colon + 1].kind in (Kind.PATH, Kind.URL):
            return True
    return False


def _order(step: Step, look: Look) -> str | None:
    """In which order a step puts things; None where it does not, or both ends are looked at."""
    worst = any(
        reference.task == step.id and "worst" in reference.path
        for other in look.plan.steps
        for reference in find(other.arguments)
    )
    if step.skill == "data.rank" and not worst:
        return str(step.arguments.get("order", "desc"))
    if step.skill in ("sql.query", "sql.export"):
        sorts = re.search(r"\border by \w+( desc\b)?", str(step.arguments.get("statement")), re.IGNORECASE)
        return None if sorts is None else "desc" if sorts[1] else "asc"
    if step.skill == "python.run":
        return "desc" if re.search(r"reverse\s*=\s*True|\.most_common\(", str(step.arguments.get("code"))) else None
    if step.skill == "file.sort":
        return "desc" if step.arguments.get("reverse") else None
    if step.skill in ("file.find", "file.list") and step.arguments.get("sort") in ("size", "modified"):
        return str(step.arguments.get("order", "asc"))
    return None


def _ends(look: Look) -> Iterator[Doubt]:
    """The first lines are at the head of a file, the last at its tail."""
    first = look.told.has("first", "top", "head", "beginning", "start", "begin", "opening")
    last = look.told.has("last", "tail", "end", "latest", "recent", "final", "bottom", "newest")
    for step in look.plan.steps:
        if step.skill == "file.head" and last and not first:
            yield Doubt(f"step {step.id} reads the head of a file; the request asks for its end")
        if step.skill == "file.tail" and first and not last:
            yield Doubt(f"step {step.id} reads the end of a file; the request asks for its head")
        if (
            step.skill == "file.append"
            and not _gathers(look, step)
            and not look.told.has(
                "append", "appends", "appended", "add", "adds", "end", "log", "extend", "attach", "tack", "appending"
            )
        ):
            yield Doubt(f"step {step.id} adds to a file; the request does not say so")


def _gathers(look: Look, step: Step) -> bool:
    """Whether several steps bring together in one file what each of them has to say."""
    mates = [one for one in look.plan.steps if one.skill == "file.append" and one.id != step.id]
    return any(
        one.arguments.get("path") == step.arguments.get("path")
        and look.together(one, step)
        and one.arguments.get("text") != step.arguments.get("text")
        for one in mates
    )


def _exchanged(look: Look) -> Iterator[Doubt]:
    """`copy A to B` does not copy B to A, nor does `replace A with B` replace B."""
    for step in look.plan.steps:
        for source, target, marks in (
            ("source", "target", ("to", "into", "as", "onto")),
            ("find", "replace", ("with", "by", "to")),
        ):
            one, other = step.arguments.get(source), step.arguments.get(target)
            if not isinstance(one, str) or not isinstance(other, str):
                continue
            if _marked(look.told, one, marks) and not _marked(look.told, other, marks):
                yield Doubt(f"step {step.id}: {source} and {target} are the wrong way round")


def _marked(told: Told, text: str, marks: tuple[str, ...]) -> bool:
    """Whether a literal stands behind one of these words, articles and nouns between them aside."""
    low = text.casefold().rstrip("/")
    for at, token in enumerate(told.tokens):
        if str(token.value if token.value is not None else token.text).casefold().rstrip("/") != low:
            continue
        before = at - 1
        while told.word(before) in ("the", "a", "folder", "directory", "file", "its", "new"):
            before -= 1
        if told.word(before) in marks:
            return True
    return False


# --- options and names -----------------------------------------------------------------------------------------------


def _options(look: Look) -> Iterator[Doubt]:
    """What the request asks of how a thing is done is done so, and a change goes no further than it says."""
    for name, cues in CUES.items():
        able = [step for step in look.plan.steps if name in _properties(look, step)]
        asked = look.told.has(*cues.split()) if name != "numeric" else look.told.has("numerically", "numeric")
        met = any(step.arguments.get(name) is True for step in able) or (name == "unique" and _counted(look))
        if asked and able and not met and name != "reverse":
            yield Doubt(f"the request asks for {name}, and no step is told so")
    for step in look.plan.steps:
        for name, value in step.arguments.items():
            if value is True and name in CUES and name != "hidden" and not look.told.has(*CUES[name].split()):
                yield Doubt(f"step {step.id}: {name} is not asked for")
            flagged = name == "recursive" and re.search(r"\brm\s+-\w*r", look.told.spoken) is not None
            asked = flagged or look.told.has(*ASKED.get(name, "").split())
            if value is True and name in ASKED and look.risky(step) and not asked:
                yield Doubt(f"step {step.id}: {name} is not asked for")
        if step.skill == "process.stop" and not step.arguments.keys() & {"name", "pid"}:
            yield Doubt(f"step {step.id} does not say which process to stop")
        if step.skill == "process.stop" and look.told.has("all", "every") and step.arguments.get("all") is not True:
            plural = re.search(r"\b(?:all|every|each)\b[^.;,]*\bprocess", look.told.spoken)
            if plural and "pid" not in step.arguments:
                yield Doubt(f"step {step.id} stops one process; the request asks for all")
        if (
            step.skill == "file.list"
            and look.told.has("recursively", "recursive")
            and not step.arguments.get("recursive")
        ):
            yield Doubt(f"step {step.id} does not look into folders; the request asks for that")


def _counted(look: Look) -> bool:
    return any(step.skill in ("data.count_by", "data.compare") for step in look.plan.steps)


def _properties(look: Look, step: Step) -> dict[str, object]:
    found = look.specs[step.skill].input_schema.get("properties", {}) if step.skill in look.specs else {}
    return dict(found)


def _whole_names(look: Look) -> Iterator[Doubt]:
    """A name in the plan is a whole one of the request, not a piece of it."""
    for step in look.plan.steps:
        for name, value in step.arguments.items():
            if name in FREE_TEXT or (name == "statement" and step.skill in ("sql.query", "sql.export")):
                continue
            for text in texts(value):
                if text in look.told.implied:
                    continue
                # Blanks around a pattern, a line's end, and `(A|B)` for either of two words.
                plain = text.replace("$${", "${").removesuffix("\n").removeprefix("sqlite:")
                parts = alternatives(plain.strip()) if name == "pattern" else [plain]
                if not any(find(text)) and not all(_whole(look.told, one) for one in parts):
                    yield Doubt(f"step {step.id}: {name} {text[:80]!r} is only a piece of what the request says")


def alternatives(pattern: str) -> list[str]:
    """`(WARN|ERROR)` as its words; any other pattern as it is."""
    either = re.fullmatch(r"\(?(\w+(?:\|\w+)+)\)?", pattern)
    return either[1].split("|") if either is not None else [pattern]


def dialled(number: str, spoken: str) -> bool:
    """Whether it is a whole telephone number of the request, where it may stand in groups of digits."""
    if re.fullmatch(r"\+\d+", number) is None:
        return False
    return re.search(re.escape(number) + r"(?!\d)", re.sub(r"(?<=[\d+])[ /-]+(?=\d)", "", spoken)) is not None


def _whole(told: Told, text: str) -> bool:
    low = text.casefold().rstrip("/")
    if low in ("", ".", "..", "*") or text in told.attachment or _in_words(told, low) or dialled(low, told.spoken):
        return True
    if any(low == answer.strip().casefold() for _, answer in told.answers):
        return True
    glob = re.fullmatch(r"\*?\.([a-z0-9]+)", low)
    if glob is not None:
        known = {glob[1], *EXTENSIONS.get(glob[1], "").split()}
        return bool(known & told.lemmas) or _in_words(told, f".{glob[1]}")
    if re.fullmatch(r"reports/[a-z0-9-]+\.md|backups(/.*)?", low):
        return True
    parts = [part for part in re.split(r"/|\.tar\.gz$|\.zip$|\.tgz$", low) if part]
    return bool(parts) and all(part in ("backups", "reports", ".", "..") or _in_words(told, part) for part in parts)


def _in_words(told: Told, low: str) -> bool:
    """Whether a text stands in the request as whole words, or is the compared form of one."""
    start = r"(?<![\w])" if low[:1].isalnum() or low[:1] == "_" else ""
    end = r"(?!\w)(?!\.\w)" if low[-1:].isalnum() or low[-1:] == "_" else r"(?!\w)"
    return re.search(start + re.escape(low) + end, told.spoken) is not None or low in told.lemmas


def _asked_of_all(look: Look) -> Iterator[Doubt]:
    """What is compared or averaged over devices is so in the plan."""
    skills = {step.skill for step in look.plan.steps}
    each = any(len(names) > 1 for names in look.devices.values())
    if (
        each
        and look.told.has("average", "mean", "median")
        and "data.stats" not in skills
        and "system.load" not in skills
    ):
        yield Doubt("nothing works out the average that the request asks for")
    same = each and _SAME.search(look.told.spoken) is not None
    if (same or look.told.has("compare", "identical", "differ", "differs")) and not skills & {
        "data.compare",
        "shell.run",
        "script.run",
        "data.rank",
    }:
        yield Doubt("nothing compares what the request wants compared")


def _topics(look: Look) -> Iterator[Doubt]:
    """A fact of the machine that the request asks about is looked at."""
    skills = {step.skill for step in look.plan.steps}
    for topic, able in TOPICS:
        asked = look.told.lemmas & set(topic.split())
        if asked and not skills & (set(able.split()) | {"system.info", "shell.run", "script.run"}):
            yield Doubt(f"nothing looks at the {sorted(asked)[0]} that the request asks about")
    if look.told.has("rank") and not skills & {"data.rank", "shell.run", "script.run"}:
        yield Doubt("nothing ranks what the request wants ranked")


def _exits(look: Look) -> Iterator[Doubt]:
    """A command that fails ends with something else than 0."""
    told = look.told
    fails = told.has("fail", "fails", "failed", "failing", "error", "errors", "breaks", "broke")
    works = told.has("succeed", "succeeds", "succeeded", "works", "worked", "pass", "passes", "passed", "ok", "fine")
    if fails == works or told.has("otherwise", "else", "unless", "not") or "n't" in told.spoken:
        return
    for test in comparisons(look):
        looks = test.path.endswith("exit_code") and test.value == 0 and test.op in ("==", "!=", ">")
        if looks and (test.op == "==") is fails:
            yield Doubt(f"step {test.step.id} runs when the command {'works' if fails else 'fails'}")


def _keys(look: Look) -> Iterator[Doubt]:
    """Lines are counted, rows summed and filtered by what the request says or the rows have."""
    for step in look.plan.steps:
        by = step.arguments.get("by")
        if not step.skill.startswith("data.") or step.skill == "data.merge":
            continue
        if by is None and _rows(look, step):
            yield Doubt(f"step {step.id} does not say which of the rows' values it looks at")
        if not isinstance(by, str) or "." in by or by in ("line", "device"):
            continue
        counts = step.skill == "data.count_by"
        items = step.arguments.get("items")
        known = {key for one in items if isinstance(one, dict) for key in one} if isinstance(items, list) else set()
        if (counts or _rows(look, step) or known) and by not in known and not _said(look.told, by):
            yield Doubt(f"step {step.id} {'counts' if counts else 'goes'} by {by}, which the request does not say")


def _said(told: Told, by: str) -> bool:
    return any(_in_words(told, form) for form in (by.casefold(), by.casefold() + "s")) or stem(by) in {
        stem(word) for word in told.lemmas
    }


def _rows(look: Look, step: Step) -> bool:
    """Whether it looks at rows of a table, as they were read."""
    items = step.arguments.get("items")
    return any(_table(look, reference, 4) for reference in find(items if items is not None else ""))


def _table(look: Look, reference: Reference, more: int) -> bool:
    up = look.steps.get(reference.task)
    if up is None or not more or not reference.path.endswith(("items", "rows")):
        return False
    if up.skill in ("data.filter", "data.merge"):
        return any(_table(look, one, more - 1) for one in find(up.arguments.get("items")))
    return up.skill in ("csv.read", "xlsx.read", "sql.query")


def _called(look: Look) -> Iterator[Doubt]:
    """A name that the request gives to a folder, a file or a process is used."""
    used = {part for step in look.plan.steps for value in step.arguments.values() for part in _parts(value)}
    for at, token in enumerate(look.told.tokens):
        if not token.word or token.text.casefold() in used or token.lemma in used:
            continue
        word, before, after = token.text.casefold(), look.told.word(at - 1), look.told.word(at + 1)
        if token.lemma == "column":
            continue
        named = before in ("folder", "directory", "called", "named") and word not in NO_NAMES
        known = word in known_words() or token.lemma in known_words()
        runs = not known and after in ("process", "processes", "running", "service", "daemon")
        unpacked = before == "into" and any(
            step.skill == "archive.extract" and "target" not in step.arguments for step in look.plan.steps
        )
        if named or runs or (unpacked and word not in NO_NAMES):
            yield Doubt(f"nothing in the plan uses {token.text!r}")


def _parts(value: Json) -> Iterator[str]:
    for text in texts(value):
        yield from re.findall(r"[\w-]+", text.casefold())
        yield text.casefold()


def _branches(look: Look) -> Iterator[Doubt]:
    """Of `if ... otherwise ...` both sides depend on the condition."""
    tokens = look.told.tokens
    other = next((at for at, token in enumerate(tokens) if token.word and token.lemma in ("otherwise", "else")), None)
    begin = next((at for at, token in enumerate(tokens) if token.word and token.lemma in ("if", "unless")), None)
    if other is None or begin is None or begin > other:
        return
    for step in look.plan.steps:
        at = look.located.get(step.id)
        if at is not None and at > begin and look.risky(step) and not look.conditional(step):
            yield Doubt(f"step {step.id} does not depend on the condition that the request makes")
