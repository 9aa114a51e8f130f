"""Moving content between devices: published by one, saved by the other, never through a prompt.

Defaults: a file keeps its path; a folder travels as `<name>.tar.gz` and is unpacked beside where it came from; a backup
lies under `backups/<source device>/` on the target, and the answer shows the checksum of what was saved there. The plan
compares no checksums: whoever saves an artifact verifies its content against the hash that it was published under.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.embedded import anaphora
from agents.embedded.composer import Composer
from agents.embedded.devices import Place
from agents.embedded.draft import Result
from agents.embedded.frames import Match
from agents.embedded.outcome import ask, decline
from agents.embedded.places import Spot, capable, joined
from agents.embedded.slots import Found, bareword, clean, looks_like_file, path, role
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.wordset import words
from orchestrator.core.plan import Selector
from protocol.vocabulary import JsonObject, Risk

SENDS = words(
    "copy send transfer move push upload ship fetch pull download get bring put share deliver distribute "
    "forward relay beam hand pass sync replicate clone mirror duplicate place transport"
)
PUTS = words("put save store drop place keep leave copy stash stick")
MAKES = words("archive.create artifact.save http.download file.copy file.move file.find file.list file.write")
BACKUPS = frozenset({"backup", "sync", "mirror", "replicate"})
MAY = words(
    "file folder directory copy content its entire whole document archive same name version report backup logfile"
)
# What they tell is some of a file's lines, or all in another order: not the file.
SOME_LINES = frozenset({"file.head", "file.tail", "file.sort", "file.search"})
TO = "to into as at in inside under named called onto"


def backup(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """`back up the folder data from alpha to beta`: pack, publish, save, and show the checksum of the copy."""
    if view.head not in BACKUPS or not _target(found, view):
        return False
    view = view.fork()
    source, target = _ends(composer, view, found)
    _claim_words(view)
    what = _what(view)
    if what is None:
        return False
    text, folder = what
    where = path(TO, want="any")(view)
    _finish(view)
    name = text.rstrip("/").rsplit("/", 1)[-1]
    home = str(where).rstrip("/") if isinstance(where, str) else f"backups/{source.names[0]}"
    if not folder and not looks_like_file(text):
        folder = _is_folder(composer, text)
    syncing = view.head != "backup"
    if syncing and not folder:
        return False
    packed = _pack(composer, source, text.rstrip("/"), f"backups/{name}.tar.gz") if folder else None
    file = f"backups/{name}.tar.gz" if folder else text
    saved = f"{home}/{name}.tar.gz" if folder else f"{home}/{name}"
    if isinstance(where, str) and looks_like_file(where):  # the copy's own name, and no folder for it
        if folder and not where.casefold().endswith((".tar.gz", ".tgz")):
            raise decline("a folder is backed up as a .tar.gz", [where])
        saved = where
    sent = _publish(composer, source, file, packed)
    stored = _save(composer, target, sent, saved)
    verify = composer.draft.add(
        "verify",
        "file.hash",
        {"path": saved},
        _again(composer, target, stored),
        after=[stored],
        title="checksum of the copy",
    )
    steps = [stored, verify]
    if syncing:
        parent = text.rstrip("/").rpartition("/")[0] or "."
        steps.append(
            composer.draft.add(
                "unpack",
                "archive.extract",
                {"archive_path": saved, "target": parent},
                _again(composer, target, stored),
                after=[verify],
            )
        )
    composer.results.append(Result(stored, "artifact.save", target.many, target, saved, f"backup of {text}"))
    composer.answers.append(verify)
    composer.set_scope(target, stored if target.many else None)
    return True


def send(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """`copy a.txt from alpha to beta [as b.txt]`, `send it to my workstation`; `move` deletes the source at the end."""
    if any(token.kind is Kind.URL for token in view.tokens) or not _target(found, view):
        keeps = _keeps(composer, view, found) or _brings(composer, view, found)
        if not keeps:
            return False
        found = keeps
    elif view.head not in SENDS:
        return False
    view = view.fork()
    _claim_words(view)
    what = _what(view)
    if what is None:
        what = _found_file(composer, view, found) or _earlier(composer, view)
        if what is None:
            return False
    more = _more(view)
    where = path(TO, want="any", bare=True)(view)
    if where is None and not _finished(view):
        return False
    _finish(view)
    if more and isinstance(where, str) and looks_like_file(where):
        raise decline("several files cannot have one name", [where])
    source, target = _others(*_ends(composer, view, found))
    for text, folder in (what, *((text, False) for text in more)):
        _send(composer, view.head, source, target, text, folder, where if isinstance(where, str) else None)
    composer.set_scope(target, composer.results[-1].step if target.many else None)
    return True


def _others(source: Place, target: Place) -> tuple[Place, Place]:
    """Source and target; "to all web servers" from one of them means the others."""
    if set(source.names) & set(target.names):
        if source.names == target.names:
            raise decline("source and target are the same device", [source.text])
        if not target.many:
            raise decline("a device is both source and target", [source.text, target.text])
        exclude = tuple(sorted({*target.selector.exclude, *source.names}))
        rest = tuple(name for name in target.names if name not in source.names)
        selector = target.selector.model_copy(update={"names": rest} if target.selector.names else {"exclude": exclude})
        target = replace(target, names=rest, selector=selector)
    return source, target


def _send(
    composer: Composer, verb: str, source: Place, target: Place, text: str, folder: bool, where: str | None
) -> None:
    if not folder and not looks_like_file(text) and "${" not in text:
        folder = _is_folder(composer, text)
    goal = _goal(text, where, folder)
    stored = _folder(composer, source, target, text, goal) if folder else _file(composer, source, target, text, goal)
    if verb == "move":
        arguments: JsonObject = {"path": text.rstrip("/")}
        if folder:
            arguments["recursive"] = True
        composer.draft.add(
            "delete", "file.delete", arguments, source.selector, after=[stored], title=f"delete {text} at its source"
        )
    composer.results.append(Result(stored, "artifact.save", target.many, target, goal, f"{text} on {target.text}"))


# --- reading the clause ----------------------------------------------------------------------------------------------


def _target(found: Sequence[Spot], view: View) -> bool:
    if any(spot.role == "target" for spot in found):
        return True
    return any(spot.role == "source" for spot in found) and any(
        spot.role == "place" and not spot.place.back for spot in found
    )


def _keeps(composer: Composer, view: View, found: Sequence[Spot]) -> list[Spot]:
    """`put it on nova`, `save the archive on beta`: the file that the step before made, on another device."""
    if view.head not in PUTS or len(found) != 1 or found[0].role != "place" or not composer.results:
        return []
    last, place = composer.results[-1], found[0].place
    if last.file is None or last.place is None or place.back or last.skill not in MAKES or last.many:
        return []
    return [replace(found[0], role="target")] if not set(place.names) & set(last.place.names) else []


def _brings(composer: Composer, view: View, found: Sequence[Spot]) -> list[Spot]:
    """`if a.txt is not on desk, copy it from nova`: to where it was found to be missing."""
    scope = composer.scope
    if view.head not in SENDS or len(found) != 1 or found[0].role != "source" or not composer.draft.gates:
        return []
    if scope is None or scope.many or not view.has("it") or set(scope.names) & set(found[0].place.names):
        return []
    return [found[0], Spot(found[0].at, scope, "target")]


def _claim_words(view: View) -> None:
    view.claim(view.head_at)


def _what(view: View) -> tuple[str, bool] | None:
    """(path, is a folder) of what is to be sent: the first path that no preposition of a target precedes."""
    for at, token in view.free(Kind.PATH, Kind.QUOTED):
        found = role(view, at)
        if found.prep in {"", "of", "from"}:
            view.claim(*found.span)
            text = str(token.value)
            return clean(text), _folder_marked(found, text)
    word = bareword(view, "folder", " of from")
    return (word, True) if word is not None else None


def _more(view: View) -> list[str]:
    """The other files of `a.txt, b.txt and c.txt`, behind the one that is explained already."""
    out = []
    for at, token in view.free(Kind.PATH, Kind.QUOTED):
        step, joined_by = at - 1, False
        while (
            step >= 0 and step not in view.claimed and view.tokens[step].lemma in {"and", ",", "&", "+", "the", "file"}
        ):
            joined_by = joined_by or view.tokens[step].lemma in {"and", ",", "&", "+"}
            step -= 1
        if joined_by and step >= 0 and view.tokens[step].kind in (Kind.PATH, Kind.QUOTED) and step in view.claimed:
            view.claim(*range(step + 1, at + 1))
            out.append(clean(str(token.value)))
    return out


def _folder_marked(found: Found, text: str) -> bool:
    return found.folder or text.endswith("/")


def _is_folder(composer: Composer, text: str) -> bool:
    return ask(f'Is "{text}" a file or a folder?', ["file", "folder"], composer.directory.answers) == "folder"


def _earlier(composer: Composer, view: View) -> tuple[str, bool] | None:
    """The file that the last result is about, where the clause points back to it."""
    if not (anaphora.points_back(view) or view.has("them")) or not composer.results:
        return None
    last = next((result for result in reversed(composer.results[-2:]) if result.file is not None), None)
    view.take({"them"} if last is not None and last.skill == "archive.create" else frozenset())
    if last is None or last.file is None or last.many:
        return None
    if last.skill in SOME_LINES and not any(token.lemma in {"file", "log"} for token in view.tokens):
        raise decline("it is not clear whether the file or the lines of it that were read are to be sent", ["it"])
    for at, token in enumerate(view.tokens):
        if token.word and token.lemma in words(
            "file archive result copy backup it one report document tarball zip output log"
        ):
            view.claim(at)
    if last.place is not None:
        composer.set_scope(last.place, None)
    return last.file, False


def _found_file(composer: Composer, view: View, found: Sequence[Spot]) -> tuple[str, bool] | None:
    """`copy the newest file in backups on beta to desk`: the one file that a search names, at the source."""
    base = View(view.tokens, view.claimed)
    base.assumed = "find"
    match = composer.understanding.read(base, frozenset({"file.find"}), lenient=True)
    sources = [spot for spot in found if spot.role != "target"]
    if not isinstance(match, Match) or match.arguments.get("limit") != 1 or len(sources) != 1:
        return None
    result = composer.add_match(match, composer.place_for(match, sources))
    view.claim(*range(len(view.tokens)))
    return (result.file, False) if result.file is not None and not result.many else None


def _finished(view: View) -> bool:
    trial = view.fork()
    trial.take(MAY)
    return not trial.left()


def _finish(view: View) -> None:
    view.take(MAY)
    left = view.left()
    if left:
        words = [token.text for token in left]
        raise decline(f"these words have no place in a transfer: {', '.join(words)}", words)


def _ends(composer: Composer, view: View, found: Sequence[Spot]) -> tuple[Place, Place]:
    """(source, target) of a transfer."""
    targets = [spot.place for spot in found if spot.role == "target"]
    sources = [spot.place for spot in found if spot.role == "source"]
    others = [spot.place for spot in found if spot.role == "place"]
    if not targets:
        targets, others = others, []
    if not sources:
        sources, others = others, []
    if others:
        raise decline("it is not clear which of the devices is the source", [place.text for place in others])
    target = joined(targets, "")
    target = composer.inherited() if target.back else target
    if sources:
        source = joined(sources, "")
        source = composer.inherited() if source.back else source
    else:
        source = composer.default_place("artifact.publish", Risk.WRITE)
    if source.many or source.which or source.any or target.which or target.any:
        raise decline("a transfer needs one source device and named targets", [source.text, target.text])
    if source.fuzzy or target.fuzzy:
        raise decline("a device name is misspelt; nothing is sent on a guess", [source.text, target.text])
    return capable(composer.directory, source, "artifact.publish"), capable(composer.directory, target, "artifact.save")


def _goal(text: str, where: str | None, folder: bool) -> str:
    """The path on the target: as given; inside it where it is a folder; else as on the source."""
    name = text.rstrip("/").rsplit("/", 1)[-1]
    if where is None:
        return text.rstrip("/") if "${" not in text else text
    if folder or looks_like_file(where):
        return where.rstrip("/")
    if "${" in text:
        raise decline("a name for the copy is needed", [where])
    return f"{where.rstrip('/')}/{name}"


# --- building --------------------------------------------------------------------------------------------------------


def _pack(composer: Composer, source: Place, text: str, file: str) -> str:
    return composer.draft.add(
        "pack", "archive.create", {"source": text, "target": file}, source.selector, title=f"pack {text}"
    )


def _publish(composer: Composer, source: Place, file: str, after: str | None = None) -> str:
    return composer.draft.add(
        "publish",
        "artifact.publish",
        {"path": file},
        source.selector,
        after=[after] if after else [],
        title=f"publish {file} of {source.text}",
    )


def _save(composer: Composer, target: Place, published: str, goal: str) -> str:
    arguments: JsonObject = {"artifact": f"${{{published}.output.artifact}}", "path": goal}
    return composer.draft.add(
        "save", "artifact.save", arguments, target.selector, title=f"save {goal} on {target.text}"
    )


def _again(composer: Composer, place: Place, step: str) -> Selector:
    return Selector(mode="same", same_as=step) if place.many else place.selector


def _file(composer: Composer, source: Place, target: Place, text: str, goal: str) -> str:
    return _save(composer, target, _publish(composer, source, text), goal)


def _folder(composer: Composer, source: Place, target: Place, text: str, goal: str) -> str:
    """A folder keeps its name when it is unpacked; another name than its own would need a move that can collide."""
    folder = text.rstrip("/")
    if goal != folder and goal.rsplit("/", 1)[-1] != folder.rsplit("/", 1)[-1]:
        goal = f"{goal}/{folder.rsplit('/', 1)[-1]}"
    file = f"{folder}.tar.gz"
    stored = _save(
        composer, target, _publish(composer, source, file, _pack(composer, source, folder, file)), f"{goal}.tar.gz"
    )
    return composer.draft.add(
        "unpack",
        "archive.extract",
        {"archive_path": f"{goal}.tar.gz", "target": goal.rpartition("/")[0] or "."},
        _again(composer, target, stored),
        after=[stored],
        title=f"unpack {goal}",
    )
