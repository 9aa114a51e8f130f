"""What a plan is composed with: the draft, what came before, and where a step runs. Recipes build with this."""

from __future__ import annotations

from collections.abc import Sequence

from agents.embedded.devices import Directory, Place, named
from agents.embedded.draft import Draft, Result, step_name
from agents.embedded.frames import Match
from agents.embedded.outcome import ask, decline, lacking
from agents.embedded.places import Spot, capable, joined
from agents.embedded.slots import looks_like_file
from agents.embedded.tokens import Kind
from agents.embedded.understand import Failure, Understanding
from agents.embedded.view import View
from agents.embedded.words import NEGATIONS
from agents.embedded.wordset import words
from orchestrator.core.plan import Selector
from orchestrator.core.references import find
from protocol.vocabulary import JsonObject, Risk


class Composer:
    """Builds one draft. `scope` is the place that later clauses inherit; `lost` says why there is none to inherit."""

    def __init__(self, understanding: Understanding, directory: Directory, places: Sequence[Place]) -> None:
        self.understanding = understanding
        self.directory = directory
        self.places = places
        self.draft = Draft(understanding.specs)
        self.results: list[Result] = []
        self.scope: Place | None = None
        self.scope_step: str | None = None
        self.lost = ""
        self.tails: list[str] = []
        self.answers: list[str] = []
        self.ahead: Place | None = None
        self.branched = False
        self.negated = False
        self.last_count = 1
        self.opened = ""

    def read(self, view: View, *, lenient: bool = False, skills: frozenset[str] | None = None) -> Match:
        """The clause's match with references filled in; raises Stop where there is none."""
        found = self.understanding.read(view, skills, lenient=lenient)
        if isinstance(found, Match):
            return found
        raise self.unplaced(view, found)

    def no_negation(self, view: View) -> None:
        for at, token in enumerate(view.tokens):
            if token.word and token.lemma in NEGATIONS and at not in view.claimed:
                raise decline(
                    f'"{token.text}" limits the request in a way that this planner does not read', [token.text]
                )

    # --- places -------------------------------------------------------------------------------------------------

    def place_for(self, match: Match, found: Sequence[Spot]) -> Place:
        risk = self.draft.specs[match.frame.skill].risk
        explicit = [spot.place for spot in found]
        if explicit:
            place = joined(explicit, "")
            return self.inherited() if place.back else place
        return self.default_place(match.frame.skill, risk)

    def inherited(self) -> Place:
        if self.scope is None:
            raise decline(self.lost or "no device was named before", ["there"])
        return self.scope

    def default_place(self, skill: str, risk: Risk) -> Place:
        """Where a step runs whose clause names no device: as before, as the rest of the sentence, here, or asked."""
        if self.lost:
            raise decline(self.lost, [])
        if self.scope is not None:
            return self.scope
        if self.ahead is not None and not self.ahead.back:
            if risk is Risk.READ:
                return self.ahead
            raise decline(
                "it is not clear whether both parts are meant for the device named at the end", [self.ahead.text]
            )
        able = [d.name for d in self.directory.fleet.devices.values() if d.available and skill in d.skills]
        if not able:
            raise lacking(self.directory.fleet, skill)
        if len(able) == 1:
            return named(self.directory, able, "")
        client = self.directory.client
        if client in able and risk is not Risk.DESTRUCTIVE:
            return named(self.directory, [client], "")
        every = ["every device"] if risk is Risk.READ else []
        chosen = ask("On which device?", [*able[: 20 - len(every)], *every], self.directory.answers)
        if chosen == "every device":
            return Place("every device", tuple(able), Selector(mode="each"), many=True)
        return named(self.directory, [chosen], chosen)

    def set_scope(self, place: Place, step: str | None) -> None:
        if not place.back:
            self.scope, self.scope_step, self.lost = place, step, ""

    def selector(self, place: Place, *, records: bool = False) -> Selector:
        """The selector of a step at `place`; pairwise with the step that fanned out over the same place before."""
        if place.many and self.scope_step is not None and place == self.scope:
            return Selector(mode="same", same_as=self.scope_step)
        if records and not place.many:
            return place.selector.model_copy(update={"mode": "each"})
        return place.selector

    def _known(self, match: Match, selector: Selector) -> str | None:
        """The step that reads just this already, where nothing was changed since: two questions, one answer."""
        for id in reversed(self.draft.steps):
            step = self.draft.steps[id]
            if self.draft.specs[step.skill].risk is not Risk.READ:
                return None
            same = selector in (step.devices, Selector(mode="same", same_as=id))
            if same and (step.skill, step.arguments) == (match.frame.skill, match.arguments):
                self.draft.fresh.append(id)
                return id
        return None

    def _side_by_side(self, match: Match) -> bool:
        """Two reads that "and" joins need no order, so that the second is not bound to the first."""
        if self.draft.before or self.draft.gates or self.scope_step is None:
            return False
        skills = (match.frame.skill, self.draft.steps[self.scope_step].skill)
        reads = all(self.draft.specs[skill].risk is Risk.READ for skill in skills)
        return reads and all(reference.task != self.scope_step for reference in find(match.arguments))

    def add_match(self, match: Match, place: Place, *, records: bool = False, name: str | None = None) -> Result:
        skill = match.frame.skill
        place = self._checked(match, place)
        apart = self._side_by_side(match)
        selector = place.selector if apart and place.many else self.selector(place, records=records)
        known = None if self.draft.gates else self._known(match, selector)
        step = known or self.draft.add(
            name or step_name(skill), skill, match.arguments, selector, title=title_of(match, place)
        )
        many = place.many or records
        result = self._result(match, step, many, place)
        if place.which:
            self.lost = "the device is known only once the results are there"
            self.scope, self.scope_step = None, None
        elif selector.mode != "same":
            self.set_scope(place, step if place.many else None)
        return result

    def _checked(self, match: Match, place: Place) -> Place:
        risk = self.draft.specs[match.frame.skill].risk
        if place.fuzzy and risk is not Risk.READ:
            name = place.names[0]
            if ask(f"Did you mean the device {name}?", ["yes", "no"], self.directory.answers) != "yes":
                raise decline("the device is not known", [place.text])
        if place.which and risk is not Risk.READ:
            raise decline("a question cannot change anything", [place.text])
        able = capable(self.directory, place, match.frame.skill)
        if place.any and risk is Risk.DESTRUCTIVE and not match.frame.skill.startswith(("shell.", "script.")):
            # "a server" may be any for work, but not for what is lost there.
            return named(self.directory, [ask("On which device?", able.names, self.directory.answers)], place.text)
        return place if able.names == place.names else able

    def _result(self, match: Match, step: str, many: bool, place: Place) -> Result:
        measure = match.measure()
        return Result(
            step,
            match.frame.skill,
            many,
            place,
            file_of(match, step),
            title_of(match, None),
            measure.path if measure else "",
            measure.unit if measure else "",
            folder_of(match),
        )

    # --- failures -----------------------------------------------------------------------------------------------

    def unplaced(self, view: View, failure: Failure) -> Exception:
        unknown = self._unknown_device(view, failure)
        if unknown is not None:
            return decline(f'there is no device "{unknown}"; the known devices are {self.directory.known}', [unknown])
        bare = next((t.text for t in view.tokens if t.kind is Kind.PATH and t.text in failure.words), "")
        if bare.startswith("/") and failure.words == (bare,) and "." not in bare.rsplit("/", 1)[-1]:
            raise decline(f"it is not clear whether {bare} is a file or a folder: say which", [bare])
        words = ", ".join(failure.words)
        return decline(f"{failure.reason}: {words}" if words else failure.reason, failure.words)

    def _unknown_device(self, view: View, failure: Failure) -> str | None:
        """The word that stands where a device is due, and is none."""
        leads = {"on", "from", "to", "onto", "device", "server", "machine"}
        for at, token in enumerate(view.tokens):
            if token.text not in failure.words or view.before(at) not in leads or view.head_at == at:
                continue
            name_like = token.kind in (Kind.WORD, Kind.HOST) or (token.kind is Kind.PATH and "/" not in token.text)
            if name_like and token.lemma not in {"port"} and (token.kind is not Kind.PATH or view.before(at) == "on"):
                return token.text
        return None


def file_of(match: Match, step: str) -> str | None:
    """The path of the one file that a step is about or makes, as later arguments may use it."""
    arguments: JsonObject = match.arguments
    skill = match.frame.skill
    if skill in {"file.find", "file.list"}:
        return f"${{{step}.output.entries[0].path}}" if arguments.get("limit") == 1 else None
    for name in ("target",) if skill in {"file.copy", "file.move", "archive.create"} else ("path", "archive_path"):
        value = arguments.get(name)
        if isinstance(value, str) and skill not in words(
            "file.delete file.search file.usage system.disk archive.extract file.mkdir"
        ):
            return value
    return None


FOLDERS = {
    "archive.extract": "target",
    "archive.create": "source",
    "file.mkdir": "path",
    "file.usage": "path",
    "file.list": "path",
    "file.find": "path",
}


def folder_of(match: Match) -> str | None:
    """The folder that a step is about or makes, where the request gave one."""
    value = match.arguments.get(FOLDERS.get(match.frame.skill, ""))
    return value if isinstance(value, str) and value not in {".", ""} and not looks_like_file(value) else None


def title_of(match: Match, place: Place | None) -> str:
    """A step's title, in words: what it does, and where where that is given."""
    arguments = match.arguments
    subject = next(
        (str(arguments[name]) for name in ("pattern", "path", "source", "name", "url", "command") if name in arguments),
        "",
    )
    what = {
        "file.search": f"{subject} lines",
        "system.disk": "disk space",
        "system.memory": "memory",
        "system.load": "load",
        "system.cpu": "CPU",
        "system.uptime": "uptime",
    }.get(match.frame.skill, "")
    text = what or f"{match.frame.skill.replace('.', ' ').replace('_', ' ')} {subject}".strip()
    return f"{text} on {place.text}" if place is not None and place.text else text
