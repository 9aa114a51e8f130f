"""Saving results: as they are where they are text, as a Markdown report where they are not.

Defaults: a report without a path goes to `reports/<what it is about>.md`; a result is saved on the device that it came
from where that is one, else where the person is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.embedded.composer import Composer
from agents.embedded.devices import Place
from agents.embedded.draft import Result
from agents.embedded.frames import Match
from agents.embedded.outcome import Stop, ask, decline
from agents.embedded.places import Spot, capable
from agents.embedded.plain import frame_step
from agents.embedded.slots import FOLDER_NOUNS, clean, looks_like_file, path
from agents.embedded.tokens import LITERALS, Kind, Token
from agents.embedded.view import View
from agents.embedded.words import SAVES
from agents.embedded.wordset import words
from orchestrator.core.plan import Selector
from orchestrator.core.references import escape
from protocol.vocabulary import Json, Risk

KEEPS = words("save store put export dump keep drop")
"""`write a report` alone is an answer; these want a file, by default `reports/<what it is about>.md`."""
SUMS = frozenset({"summarize", "summarise", "report"})
REPORT = frozenset({"report", "summary", "overview", "writeup"})
MAKES = words("create make generate produce build prepare compile")
COUNTING = frozenset({"many", "number", "howmany", "count"})
COUNTABLE = words("file.search file.find file.count process.list")
"""What tells how many there are, beside what they are."""
SPEAKING = words("shell.run script.run")
"""Of all that changes something these alone have an output that is worth to be saved."""
VERBS = words("show display print give get tell list present")
RESULT = words(
    "it result output finding them these those that this count number line list answer everything all "
    "total ranking comparison figure table match content data text value response page information info "
    "copy detail body reply hit match row occurrence"
)
MAY = words(
    "file markdown short brief full complete final called named document with of on about result finding "
    "output everything all count number in as format formatted small little nice simple "
    "markdown-formatted single new one"
)
ABOUT = words("of about on with showing covering containing listing from for")
TO = "to in into as at under named called inside"


def save(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """`save a report on D`, `save the result to out.txt`, `write a report of X`, `summarize the results`."""
    if any(token.kind is Kind.URL for token in view.tokens):
        return False
    noun = _noun(view)
    if view.head in SUMS and composer.results:
        return _summarize(composer, view, found)
    if noun is not None and _form(view, noun):
        return _as_report(composer, view.fork(), found, noun)
    if view.head in {"append", "add"}:
        return _facts(composer, view, found)
    if view.head not in SAVES:
        return False
    if noun is not None and noun != view.head_at:
        return _report(composer, view.fork(), found, noun)
    if _facts(composer, view, found):
        return True
    if not composer.results or any(token.kind is Kind.QUOTED for token in view.tokens):
        return False
    if not _points_back(view) and not _only_target(view):
        return False
    return _result(composer, view.fork(), found)


def _only_target(view: View) -> bool:
    """`and save as versions.txt`: what is saved is what came before."""
    trial = view.fork()
    trial.claim(trial.head_at)
    return path("to into in as under at", want="file")(trial) is not None and not trial.left()


def _facts(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """`save the uptime of alpha to uptime.txt on desk`: facts that this clause names, into a file."""
    command = view.has("output") and any(t.kind is Kind.QUOTED for t in view.tokens)
    if view.head not in words("save write store put export dump log record append add") or any(
        t.kind is Kind.URL or (t.kind is Kind.QUOTED and not command) for t in view.tokens
    ):
        return False
    trial = view.fork()
    trial.claim(trial.head_at)
    target = path("to into in as", want="file")(trial)
    if target is None or len(found) > 2 or not found:
        return False
    base = View(trial.tokens, trial.claimed)
    base.assumed = "run" if command else "show"
    if command:
        base.take({"output", "of"})
        trial.claimed = set(base.claimed)
    if not isinstance(composer.understanding.read(base), Match):
        return False
    goes = _described(composer, trial, found)
    last = composer.results[-1]
    if view.head in {"append", "add"}:
        composer.results.append(_behind_file(composer, last, str(target), goes))
    elif COUNTING & {part for token in view.tokens if token.word for part in token.text.casefold().split()}:
        _number(composer, target, goes)
    else:
        _file(composer, last, target, goes)
    return True


def _behind_file(composer: Composer, last: Result, target: str, found: Sequence[Spot]) -> Result:
    """A result behind what is in a file: text as it is, anything else as JSON on a line of its own."""
    if not target.endswith((".txt", ".log", ".md", ".jsonl")):
        raise decline("a fact is added to text files only", [target])
    place = _where(composer, found)
    if place.many:
        raise decline("a result is saved on one device", [place.text])
    written = last.ref("output.iso") if last.skill == "system.time" and not last.many else _content(composer, last)
    text = text_of(composer, last) or written + "\n"
    step = composer.draft.add(
        "append",
        "file.append",
        {"path": target, "text": text},
        composer.selector(place),
        title=f"append to {target} on {place.text}",
    )
    composer.set_scope(place, None)
    return Result(step, "file.append", False, place, target, f"file {target}")


def _file(composer: Composer, last: Result, target: Json, found: Sequence[Spot]) -> None:
    """A result into a file: text as it is, data as JSON where the name says so, anything else as a report."""
    text = text_of(composer, last)
    if isinstance(target, str) and target.endswith(".md") and last.skill == "file.search":
        text = None
    if (
        text is None
        and isinstance(target, str)
        and target.endswith((".csv", ".xlsx", ".pdf", ".docx", ".html", ".xml", ".yaml", ".yml"))
    ):
        raise decline("results are saved as text, Markdown or JSON only", [target])
    if isinstance(target, str) and target.endswith(".json") and text is None:
        text = _content(composer, last) + "\n"
    if text is None:
        composer.results.append(_store(composer, _write_up(composer, [last]), target, found, last.title))
    else:
        composer.results.append(_write(composer, text, target, found, last))


def _points_back(view: View) -> bool:
    return any(t.word and t.lemma in RESULT and at != view.head_at for at, t in enumerate(view.tokens))


def _summarize(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    trial = view.fork()
    trial.claim(trial.head_at)
    target = path(TO, want="file")(trial)
    trial.take(RESULT | MAY | REPORT)
    if trial.left():
        return False
    written = _write_up(composer, _open(composer))
    if target is None and not found:
        composer.results.append(written)
    else:
        composer.results.append(_store(composer, written, target, found, f"{written.title}"))
    return True


def _report(composer: Composer, view: View, found: Sequence[Spot], noun: int) -> bool:
    """A report of what came before, or of what this same clause describes after `of` or `about`."""
    view.claim(view.head_at, noun)
    target = path(TO, want="file")(view)
    about = next(
        (at for at in range(noun + 1, len(view.tokens)) if view.lemma(at) in ABOUT and at not in view.claimed), None
    )
    trial = view.fork()
    trial.take(MAY | RESULT)
    if not trial.left():
        if not composer.results:
            return False
        last = composer.results[-1]
        written = last if last.skill == "text.report" else _write_up(composer, _open(composer))
    elif about is not None:
        view.claim(about)
        count = len(composer.results)
        found = _described(composer, view, found)
        written = _write_up(composer, composer.results[count:])
    else:
        return False
    if view.head in KEEPS or target is not None or found:
        composer.results.append(_store(composer, written, target, found, written.title))
    else:
        composer.results.append(written)
    return True


def _noun(view: View) -> int | None:
    """Where a report is spoken of; `the reports folder` is a folder."""
    for at, token in view.free(Kind.WORD):
        if token.lemma in REPORT and not token.text.casefold().endswith("s"):
            return None if view.lemma(at + 1) in FOLDER_NOUNS else at
    return None


def _form(view: View, noun: int) -> list[int]:
    """The words of `as a short report`, with nothing else between them; empty where the noun stands otherwise."""
    spots, at = [noun], noun - 1
    while view.lemma(at) in MAY | {"a", "an", "the", "nice"} and view.lemma(at) not in {"as", "in", "into"}:
        spots.append(at)
        at -= 1
    return [*spots, at] if view.lemma(at) in {"as", "in", "into"} and at > view.head_at else []


def _as_report(composer: Composer, view: View, found: Sequence[Spot], noun: int) -> bool:
    """`the load of all servers as a report`, `save the uptime of beta as a report on desk`."""
    view.claim(*_form(view, noun))
    saving = view.head in SAVES
    target = path(TO, want="file")(view) or _behind(view, noun)
    if saving:
        view.claim(view.head_at)
        if _finished(view):
            return False
    view.take({"format", "form", "style"})
    goes: Sequence[Spot] = ()
    count = len(composer.results)
    if saving or target is not None:
        goes = _described(composer, view, found)
    else:
        _facts_of(composer, view, found)
    written = _write_up(composer, composer.results[count:])
    stored = _store(composer, written, target, goes, written.title) if saving or target is not None else written
    composer.results.append(stored)
    return True


def _behind(view: View, noun: int) -> str | None:
    """`into a report, reports/health.md on nova`: the file that stands behind the noun is the report's."""
    files = [at for at, token in view.free(Kind.PATH) if at > noun and looks_like_file(str(token.value))]
    if len(files) != 1:
        return None
    view.claim(files[0])
    return clean(str(view.tokens[files[0]].value))


def _finished(view: View) -> bool:
    trial = view.fork()
    trial.take(RESULT | MAY)
    return not trial.left()


def _described(composer: Composer, view: View, found: Sequence[Spot]) -> list[Spot]:
    """Builds what the report is about; the spots that remain say where the report goes."""
    goes = [spot for spot in found if spot.role == "target"]
    rest = [spot for spot in found if spot.role != "target"]
    if not goes and len(rest) > 1:
        goes, rest = [max(rest, key=lambda spot: spot.at)], sorted(rest, key=lambda spot: spot.at)[:-1]
    elif not goes and len(rest) == 1 and not rest[0].place.many:
        raise decline(
            "it is not clear whether the device is where the facts come from or where the report goes",
            [rest[0].place.text],
        )
    _facts_of(composer, view, rest)
    return goes


def _facts_of(composer: Composer, view: View, found: Sequence[Spot]) -> None:
    """Builds the step, or the computation, whose result is to be written up."""
    from agents.embedded import joins

    base = View(view.tokens, view.claimed)
    if base.head in VERBS and base.head_at not in base.claimed:
        base.claim(base.head_at)
    base.assumed = "run" if any(token.kind is Kind.QUOTED for token in view.tokens) else "show"
    base.take(words("about showing covering listing report summary markdown short brief"))
    if joins.measured(composer, base, found):
        return
    try:
        composer.results.append(frame_step(composer, base, found, lenient=False))
    except Stop:
        several = _several(base)
        if len(several) < 2:
            raise
        for one in several:
            composer.results.append(frame_step(composer, one, found))


def _several(view: View) -> list[View]:
    """`the uptime and the memory of every server`: the facts one by one, each to be read as a phrase of its own."""
    parts: list[list[Token]] = [[]]
    for at, token in enumerate(view.tokens):
        if at not in view.claimed and (token.lemma == "and" or token.text in {",", "+", "&"}):
            parts.append([])
        elif at not in view.claimed:
            parts[-1].append(token)
    if any(token.kind in LITERALS for part in parts for token in part):
        return []
    views = [View(part) for part in parts if part]
    for one in views:
        one.assumed = "show"
    return views


def _result(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """The last result into a file: text as it is, lines a line each, anything else as a report."""
    if view.head in MAKES:
        return False
    last = composer.draft.steps[composer.results[-1].step].skill
    if composer.draft.specs[last].risk is not Risk.READ and last not in SPEAKING:
        # The file itself is meant, which no report of its making would be.
        raise decline("it is not clear whether the file or an account of it is to be saved", ["save"])
    view.claim(view.head_at)
    target = path(TO, want="any", bare=True)(view)
    view.take(RESULT | MAY)
    if view.left():
        return False
    low = {token.lemma for token in view.tokens if token.word}
    alone = low & {"number", "value"} or ("total" in low and composer.results[-1].skill in COUNTABLE)
    if alone and "line" not in low:
        _number(composer, target, found)
        return True
    used = composer.draft.used()
    latest = [result for result in composer.results[-composer.last_count :] if result.step not in used]
    sources = _open(composer) if low & {"everything", "all", "both"} else latest
    if len(sources) > 1:
        composer.results.append(_store(composer, _write_up(composer, sources), target, found, _title(sources)))
    else:
        _file(composer, composer.results[-1], target, found)
    return True


def _number(composer: Composer, target: Json, found: Sequence[Spot]) -> None:
    """How many the last result has, as all of a file. Raises Stop where it counts nothing, or more than one thing."""
    last = composer.results[-1]
    if last.many or "count" not in _outputs(composer, last):
        raise decline("it is not clear which number is meant", ["number"])
    composer.results.append(_write(composer, last.ref("output.count") + "\n", target, found, last))


def _open(composer: Composer) -> list[Result]:
    """The results that no other step has used up."""
    used = composer.draft.used()
    return [result for result in composer.results if result.step not in used] or composer.results[-1:]


def _outputs(composer: Composer, result: Result) -> frozenset[str]:
    schema = composer.draft.specs[result.skill].output_schema
    return frozenset(schema.get("properties", {}))


def text_of(composer: Composer, result: Result) -> str | None:
    """The argument that holds a result as text, where it is text."""
    names = _outputs(composer, result)
    if result.many:
        return None
    if result.skill == "data.merge":
        return result.ref("output.items") + "\n"
    for name in ("text", "stdout"):
        if name in names:
            return result.ref(f"output.{name}")
    return result.ref("output.lines") + "\n" if "lines" in names else None


def _content(composer: Composer, result: Result) -> str:
    """The argument that holds a result as data, for a report's section."""
    if result.many:
        return result.records
    names = _outputs(composer, result)
    if result.skill in ("file.count", "data.count_by"):
        return result.ref("output")  # its lines are a number beside others; its counts leave out what has no key
    for name in ("counts", "ranked", "items", "groups", "entries", "processes", "lines"):
        if name in names and not (name == "items" and result.skill == "data.stats"):
            return result.ref(f"output.{name}")
    return result.ref("output")


def _write_up(composer: Composer, results: Sequence[Result]) -> Result:
    title = _title(results)
    sections: list[Json] = [{"heading": escape(_capital(r.title)), "content": _content(composer, r)} for r in results]
    step = composer.draft.add(
        "report", "text.report", {"title": escape(title), "sections": sections}, Selector(), title=f"report: {title}"
    )
    return Result(step, "text.report", title=title)


def _title(results: Sequence[Result]) -> str:
    return _capital(" and ".join(dict.fromkeys(result.title for result in results if result.title))[:120] or "Report")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def slug(title: str) -> str:
    """A file name for a title: lower case, words joined by hyphens, at most 60 characters."""
    return re.sub(r"[^a-z0-9]+", "-", title.casefold()).strip("-")[:60].strip("-") or "report"


def _store(composer: Composer, written: Result, target: Json, found: Sequence[Spot], title: str) -> Result:
    file = target if isinstance(target, str) else f"reports/{slug(title)}.md"
    return _write(composer, written.ref("output.text"), file, found, written)


def _write(composer: Composer, text: str, target: Json, found: Sequence[Spot], source: Result) -> Result:
    place = _where(composer, found)
    if not isinstance(target, str) and source.skill == "text.report":
        target = f"reports/{slug(source.title)}.md"
    if not isinstance(target, str):
        raise decline("a file name for the result is needed, such as: save it to result.txt", ["save"])
    selector = composer.selector(place)
    if place.many:
        raise decline("a result is saved on one device", [place.text])
    step = composer.draft.add(
        "write", "file.write", {"path": target, "text": text}, selector, title=f"write {target} on {place.text}"
    )
    composer.set_scope(place, None)
    return Result(step, "file.write", False, place, target, f"file {target}")


def _where(composer: Composer, found: Sequence[Spot]) -> Place:
    places = [spot.place for spot in found]
    if len(places) > 1 or (places and (places[0].which or places[0].any)):
        raise decline("it is not clear on which device to save", [place.text for place in places])
    if places:
        place = composer.inherited() if places[0].back else places[0]
    elif composer.scope is not None and not composer.scope.many:
        place = composer.scope
    else:
        place = _here(composer)
    if (
        place.fuzzy
        and ask(f"Did you mean the device {place.names[0]}?", ["yes", "no"], composer.directory.answers) != "yes"
    ):
        raise decline("the device is not known", [place.text])
    return capable(composer.directory, place, "file.write")


def _here(composer: Composer) -> Place:
    from agents.embedded.devices import named

    directory = composer.directory
    if directory.client is not None and "file.write" in directory.fleet.devices[directory.client].skills:
        return named(directory, [directory.client], directory.client)
    able = [
        device.name for device in directory.fleet.devices.values() if device.available and "file.write" in device.skills
    ]
    return named(directory, [ask("On which device should the result be saved?", able, directory.answers)], "")
