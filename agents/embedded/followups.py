"""Second steps that take up what the first one left: its text behind another file, a copy held against its original."""

from __future__ import annotations

from collections.abc import Sequence

from agents.embedded import operators
from agents.embedded.composer import Composer
from agents.embedded.devices import named
from agents.embedded.draft import Result
from agents.embedded.joints import data_step
from agents.embedded.places import Spot, joined
from agents.embedded.reports import text_of
from agents.embedded.slots import looks_like_file, path
from agents.embedded.view import View
from agents.embedded.wordset import words
from orchestrator.core.references import find
from protocol.vocabulary import Risk

TAKEN_UP = words(
    "it that this them those these result output content text line list end everything all bottom whole file of"
)
POINTING = words("it that this them those these result output content text line list everything")
SIDES = words(
    "both they them copy version file the two of original source it identical hash checksum one and each with other"
)


def appended(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """`and append it to story.md on desk`: the text that the step before read or found, behind what is in a file."""
    last = composer.results[-1] if composer.results else None
    if view.head not in {"append", "add"} or last is None or len(found) > 1 or not _reads(composer, last):
        return False
    trial = view.fork()
    trial.claim(trial.head_at)
    target = path("to in into onto of", want="file")(trial)
    said = set(trial.take(TAKEN_UP))
    text = text_of(composer, last)
    if not isinstance(target, str) or trial.left() or not said & POINTING or text is None:
        return False
    place = joined([spot.place for spot in found], "") if found else last.place
    if place is None or place.many or place.which or place.any or place.fuzzy:
        return False
    place = composer.inherited() if place.back else place
    step = composer.draft.add(
        "append",
        "file.append",
        {"path": target, "text": text},
        place.selector,
        after=[last.step],
        title=f"append to {target} on {place.text}",
    )
    composer.set_scope(place, None)
    composer.results.append(Result(step, "file.append", False, place, target, f"file {target}"))
    return True


def _reads(composer: Composer, last: Result) -> bool:
    return composer.draft.specs[last.skill].risk is Risk.READ


def held_against(composer: Composer, view: View, found: Sequence[Spot]) -> bool:
    """`... and check that both are identical`, after a file went from one device to another under its own path."""
    last = composer.results[-1] if composer.results else None
    operator = operators.sameness(view)
    if last is None or operator is None or found or last.skill != "artifact.save" or last.many or last.place is None:
        return False
    source = published(composer, last)
    trial = View(view.tokens, view.claimed)
    trial.claim(*operator.spots)
    if trial.head in words("check verify confirm make see compare test tell"):
        trial.claim(trial.head_at)
    trial.take(SIDES | words("that if whether are is do be sure"))
    if source is None or source[1] != last.file or not looks_like_file(source[1]) or trial.left():
        return False
    place = named(composer.directory, [source[0], *last.place.names], "both")
    hashed = composer.draft.add(
        "hash", "file.hash", {"path": source[1]}, place.selector, after=[last.step], title=f"hash of {source[1]}"
    )
    step = data_step(composer, "data.compare", f"${{{hashed}[*]}}", {"by": "output.hash"}, f"comparison of {source[1]}")
    composer.results.append(Result(step, "data.compare", title=f"comparison of {source[1]}"))
    return True


def published(composer: Composer, saved: Result) -> tuple[str, str] | None:
    """(device, path) of what a saved artifact was made of, where that is one file of one device."""
    step = composer.draft.steps[saved.step]
    sent = next((reference.task for reference in find(step.arguments)), None)
    origin = composer.draft.steps.get(sent) if sent is not None else None
    if origin is None or origin.skill != "artifact.publish" or len(origin.devices.names) != 1:
        return None
    return origin.devices.names[0], str(origin.arguments["path"])
