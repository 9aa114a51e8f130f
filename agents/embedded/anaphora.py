"""References to what an earlier clause was about: `it`, `that file`, `the archive`, `the folder`, `in there`.

A folder that is pointed at becomes the path that it stands for before the clause is read. A file is filled in where a
skill lacks one. A pronoun that stands for nothing stops planning: it would be dropped in silence otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.embedded.clauses import Clause
from agents.embedded.composer import Composer
from agents.embedded.draft import Result
from agents.embedded.frames import Match
from agents.embedded.outcome import decline
from agents.embedded.slots import FOLDER_NOUNS, NAMING
from agents.embedded.tokens import LITERALS, Kind, Token
from agents.embedded.view import View
from agents.embedded.words import LEADS
from agents.embedded.wordset import words
from orchestrator.core.references import find
from protocol.vocabulary import Risk

PATH_SLOTS = ("path", "source", "archive_path")
FILES = words("it file archive that this copy report one result log backup tarball zip document output")
ARCHIVES = (".zip", ".tar.gz", ".tgz", ".tar")
POINTING = words("that this the")
QUALITIES = words("same new fresh extracted unpacked resulting created target copied packed very whole entire unzipped")
INWARD = words("in inside into within under of")


def ground(composer: Composer, tokens: Sequence[Token]) -> tuple[Token, ...]:
    """The clause with what it points at put in: `list that folder`, `what is in there`, `show its contents`."""
    latest = composer.results[-2:][::-1]
    tokens = _of_process(composer, _anew(composer, tokens))
    folder = next((r.folder for r in latest if r.folder is not None), None)
    file = next((r.file for r in latest if r.file is not None and "${" not in r.file.replace("$${", "")), None)
    sole = _sole(latest, tokens)
    if sole is not None:
        return tuple(_path(token, sole) if token.word and token.lemma == "it" else token for token in tokens)
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        found = _phrase(tokens, at)
        source = _original(composer, tokens, at)
        if source is not None:
            out.append(_path(tokens[at], source))
            at += 2
            continue
        inner = _inner(latest, folder, file, tokens, at) if found is None else None
        if inner is not None:
            out.extend((tokens[at], _path(tokens[at + 1], inner)))
            at += 2
            continue
        if found is None:
            out.append(tokens[at])
            at += 1
            continue
        end, kind, kept = found
        about = folder if kind == "folder" else file
        if about == file and tokens[end - 1].lemma in MADE and not _made(latest, tokens[end - 1].lemma):
            about = None
        if about is not None:
            out.extend((_path(tokens[at], about), *tokens[end - kept : end]))
        elif kind == "folder" and tokens[at].lemma != "the":
            phrase = " ".join(token.text for token in tokens[at:end])
            raise decline(f'it is not clear which folder "{phrase}" is', [phrase])
        else:
            out.extend(tokens[at:end])
        at = end
    return tuple(out)


FILE_WORDS = words("file document copy duplicate tarball zip zipfile archive download")
STATES = words("exist exists existing bigger larger smaller empty contains contain holds hold")


def of_action(condition: Clause, action: Clause) -> Clause:
    """`delete a.log if it exists`: what a condition behind its action calls "it"."""
    files = [token for token in action.tokens if token.kind is Kind.PATH]
    if len(files) != 1 or not any(token.word and token.lemma in STATES for token in condition.tokens):
        return condition
    swapped = [files[0] if token.word and token.lemma == "it" else token for token in condition.tokens]
    return replace(condition, tokens=tuple(swapped))


SHOWING = words("show display print read cat open view output present")
LISTING = words("list ls show")
RUNNING = words("run execute start launch")
NEW = words("file.write file.append file.replace file.move http.download artifact.save file.find file.list")


def _sole(latest: Sequence[Result], tokens: Sequence[Token]) -> str | None:
    """`and show it`, `then run it`: the file or folder that the step before made or looked for."""
    said = [token for token in tokens if token.word and token.lemma not in LEADS | {"again", "please", "too"}]
    if len(said) != 2 or said[1].lemma != "it" or any(token.kind in LITERALS for token in tokens) or not latest:
        return None
    verb, last = said[0].lemma, latest[0]
    if verb in LISTING and last.skill == "file.mkdir":
        return last.folder
    if last.file is None or "${" in last.file.replace("$${", "") or last.skill not in NEW:
        return None
    script = last.file.endswith((".sh", ".py", ".bash"))
    return last.file if verb in SHOWING or (verb in RUNNING and script) else None


def _original(composer: Composer, tokens: Sequence[Token], at: int) -> str | None:
    """`in the original`, after a copy: the file that was copied."""
    words = [token.lemma if token.word else "" for token in tokens[at : at + 2]]
    step = composer.draft.steps.get(composer.results[-1].step) if composer.results else None
    if words != ["the", "original"] or step is None or step.skill != "file.copy":
        return None
    return str(step.arguments["source"])


def _anew(composer: Composer, tokens: Sequence[Token]) -> Sequence[Token]:
    """`delete the folder x, then create it again`: the folder that was deleted last, made anew."""
    said = [token.lemma for token in tokens]
    step = next((s for s in reversed(composer.draft.steps.values())), None)
    if step is None or step.skill != "file.delete" or not step.arguments.get("recursive"):
        return tokens
    if said[:1] != ["create"] or said[-1] != "again" or said[1:-1] not in (["it"], ["that"], ["the", "folder"]):
        return tokens
    verb = replace(tokens[0], text="mkdir", lemma="mkdir")
    return [verb, _path(tokens[1], str(step.arguments["path"]))]


def _of_process(composer: Composer, tokens: Sequence[Token]) -> Sequence[Token]:
    """`verify that it is still running`: the process that was stopped or looked for before."""
    step = composer.draft.steps.get(composer.results[-1].step) if composer.results else None
    name = step.arguments.get("name") if step is not None and step.skill.startswith("process.") else None
    states = {token.lemma for token in tokens if token.word} & {"running", "gone", "stopped", "dead", "alive"}
    if not isinstance(name, str) or not states or not any(t.word and t.lemma == "it" for t in tokens):
        return tokens
    tokens = [t for t in tokens if not (t.word and t.lemma in {"check", "verify", "confirm", "that", "sure"})]
    swap = {"it": name, **dict.fromkeys(states, "running")}
    return [
        replace(token, text=swap[token.lemma], lemma=swap[token.lemma]) if token.word and token.lemma in swap else token
        for token in tokens
        if token.lemma not in {"still", "really", "indeed"}
    ]


MADE = {
    "copy": ("file.copy", "artifact.save"),
    "duplicate": ("file.copy",),
    "tarball": ("archive.create", "artifact.save", "http.download"),
    "zip": ("archive.create", "artifact.save", "http.download"),
    "zipfile": ("archive.create", "artifact.save", "http.download"),
    "archive": ("archive.create", "artifact.save", "http.download"),
    "download": ("http.download",),
}


def _made(latest: Sequence[Result], noun: str) -> bool:
    """`the copy` is what a copy made, and nothing else."""
    source = next((result for result in latest if result.file is not None), None)
    return source is not None and source.skill in MADE[noun]


def _path(at: Token, folder: str) -> Token:
    plain = folder.replace("$${", "${")
    return replace(at, kind=Kind.PATH, text=plain, lemma=plain.casefold(), value=plain)


def _phrase(tokens: Sequence[Token], at: int) -> tuple[int, str, int] | None:
    """(end, `folder` or `file`, how many of the words stay) of `that folder`, `the file`, `its contents`."""
    first = tokens[at]
    if not first.word or first.lemma not in POINTING | {"its"}:
        return None
    end = at + 1
    while end < len(tokens) and tokens[end].word and tokens[end].lemma in QUALITIES:
        end += 1
    if end >= len(tokens) or not tokens[end].word:
        return None
    noun = tokens[end].lemma
    after = tokens[end + 1] if end + 1 < len(tokens) else None
    if noun in {"content", "text"} and first.lemma in {"its", "the"} and _bare(after, first):
        return (end + 1, "file", 1) if after is None or after.lemma != "of" else None
    if first.lemma == "its" or tokens[end].text.casefold().endswith("s"):
        return None
    fresh = noun == "one" and {token.lemma for token in tokens[at + 1 : end]} & {"new", "copied", "fresh"}
    if fresh:
        return (end + 1, "file", 0)
    kind = "folder" if noun in FOLDER_NOUNS else "file" if noun in FILE_WORDS else ""
    # The noun stays beside a folder's path: what is done to a folder is not what is done to a file.
    return (end + 1, kind, int(kind == "folder")) if kind and _bare(after, first) else None


def _bare(after: Token | None, first: Token) -> bool:
    """Whether no name follows the noun. Behind "that" and "this" only a literal would be one."""
    if after is None or _closes(after):
        return True
    return first.lemma in {"that", "this"} and after.word and after.lemma not in NAMING


def _closes(token: Token) -> bool:
    """What may follow `that folder` without being its name."""
    return token.kind in (Kind.DEVICE, Kind.PUNCT) or token.lemma in words(
        "on in at from to into as and or then there now is are has have be by with sorted recursively for onto also too"
    )


def _inner(
    latest: Sequence[Result], folder: str | None, file: str | None, tokens: Sequence[Token], at: int
) -> str | None:
    """What `in there`, `in it` and `to it` mean: the folder, or the file where that came last."""
    if not _in_there(tokens, at):
        return None
    newest = next((result for result in latest if result.folder is not None or result.file is not None), None)
    if newest is not None and newest.skill == "file.copy":
        return None
    if newest is not None and newest.file is not None and tokens[at + 1].text.casefold() == "it":
        return file
    return folder


def _in_there(tokens: Sequence[Token], at: int) -> bool:
    """`what is in there`, `what is in it`."""
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    return (
        tokens[at].word
        and tokens[at].lemma in INWARD - {"of"}
        and after is not None
        and after.text.casefold() in {"there", "it"}
    )


def refer(composer: Composer, view: View, *, lenient: bool) -> Match | None:
    """Fills a missing path from the last result that is about one file, or one folder."""
    if not points_back(view):
        return None
    source = next((r for r in reversed(composer.results[-2:]) if r.file is not None or r.folder is not None), None)
    if source is None:
        return None
    about = source.file if source.file is not None else source.folder
    open_to = composer.understanding.matches(_without(view))
    for one in sorted(open_to, key=lambda m: -m.score):
        slot = [name for name in one.missing if name in PATH_SLOTS]
        if one.left or len(slot) != 1 or len(one.missing) != 1:
            continue
        if not lenient and not composer.understanding.agrees(one, view, open_to):
            continue
        if slot == ["archive_path"] and not str(about).endswith(ARCHIVES):
            continue
        home = _sent_from(composer, source, one, view)
        if home is not None:
            about = home
        else:
            _clear(composer, source, one)
        filled = {**one.arguments, slot[0]: about}
        finished = one.frame.final(filled, view) if one.frame.final is not None else filled
        if finished is None:
            continue
        if source.place is not None and home is None:
            composer.set_scope(source.place, source.step if source.place.many else None)
        return replace(one, arguments=finished, missing=())
    return None


def _sent_from(composer: Composer, source: Result, one: Match, view: View) -> str | None:
    """`..., then delete it from alpha`, where alpha is the device that it was sent from: the path of the original."""
    if source.skill != "artifact.save" or one.frame.skill != "file.delete" or not composer.draft.before:
        return None  # only what is said to come after the transfer waits for it
    sent = next((reference.task for reference in find(composer.draft.steps[source.step].arguments)), None)
    origin = composer.draft.steps.get(sent) if sent is not None else None
    named = [composer.places[int(t.value or 0)].names for t in view.tokens if t.kind is Kind.DEVICE]
    if origin is None or origin.skill != "artifact.publish" or [origin.devices.names] != named:
        return None
    return str(origin.arguments["path"])


def _clear(composer: Composer, source: Result, one: Match) -> None:
    """Nothing is changed that only might be meant: of two copies, or of a folder that only "it" stands for."""
    if composer.draft.specs[one.frame.skill].risk is Risk.READ:
        return
    if source.skill == "archive.create" and one.frame.skill == "file.delete":
        raise decline("it is not clear whether the archive is meant, or what was packed", ["it"])
    if source.skill == "file.copy" or (source.skill == "artifact.save" and one.frame.skill == "file.delete"):
        raise decline("it is not clear which of the two copies is meant", ["it"])
    if source.file is None and one.frame.skill == "file.delete":
        raise decline("a folder to delete needs its name", ["it"])


def points_back(view: View) -> bool:
    for at, token in enumerate(view.tokens):
        if token.word and token.lemma in {"it", "its"}:
            return True
        if token.word and token.lemma in {"that", "this"} and view.lemma(at + 1) in {"to", "onto", "over", "as"}:
            return True
        if token.word and token.lemma in FILES and view.lemma(at - 1) in POINTING:
            return True
    return False


def _without(view: View) -> View:
    trial = view.fork()
    for at, token in enumerate(trial.tokens):
        if token.word and token.lemma in FILES and trial.lemma(at - 1) in POINTING:
            trial.claim(at, at - 1)
    return trial


def nothing_dangles(composer: Composer, view: View, match: Match) -> None:
    """A pronoun that nothing explains would be dropped in silence."""
    for at, token in view.free(Kind.WORD):
        if token.lemma == "it" and (
            match.frame.skill == "system.time" or view.lemma(at - 1) in {"is", "in", "with", "from"}
        ):
            continue
        if _device(composer, match, token.lemma):
            continue
        if token.lemma in {"them", "they"} or (token.lemma == "it" and composer.results):
            raise decline(f'it is not clear what "{token.text}" stands for', [token.text])


def _device(composer: Composer, match: Match, word: str) -> bool:
    """`and what load is on it`: a fact about a machine is asked of the device itself."""
    if composer.scope is None or not match.frame.skill.startswith(("system.", "process.list")):
        return False
    return word in ({"they", "them"} if composer.scope.many else {"it"})
