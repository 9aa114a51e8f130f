"""What may be the name of an object and what never is, by shape and by table; what a clause mentions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from agents.embedded.wordset import words

LOCATIVE = words("in inside within across under from into @")
LOOSE = words("on of for at to by")
ARTICLES = words("the a an my our your that this its their all every each any some new just only both")
CALLED = words("called named name titled")
PREPOSITIONS = LOCATIVE | LOOSE | words("with as behind against via about onto off")
DNS = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
STRICT_DNS = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
MADE = words("create make add delete remove drop label annotate describe new spinup provision need want set tag")
SINGULAR_S = words("ds rs sts ns pods/log ingress endpoints storageclass ingressclass priorityclass")
NO_NAMES = words(
    "worked works succeeded says say shows show looks seems goes comes gets keeps stays remains sits hangs fails "
    "crashes dies "
    "status statuses image images replica replicas yaml yml json manifest log logs event events "
    "history rollout revision revisions label labels "
    "annotation annotations limit limits request requests resource resources port ports selector "
    "selectors name names key keys value values "
    "spec owner owners age restarts restart env list access right rights permission permissions "
    "usage cpu memory detail details count update "
    "change pending failed failing ready crashing terminating evicted available unavailable down "
    "stuck healthy unhealthy broken error errors "
    "type types object objects itself only alone again instead right token tokens probe probes "
    "schedule version versions container containers "
    "problem problems issue issues trouble called named please pls here there today now yet ago "
    "already still too also ingress traffic read write "
    "one ones two three more most time times side thing part half definition pod pods strategy "
    "class size storage kind kinds rule rules left remaining used free installed present active open closed live "
)
BEHIND_NAME = words(
    "in on of from with to for by at is has does have and as should needs need running image "
    "every behind into via which that exists please pls using"
)
MODALS = words("must may can could will would shall only now again isn't doesn't gets had was were are")
NO_PLACES = words(
    "place time times order parallel general total detail case full short particular sync turn front advance "
    "line charge "
    "use view sight doubt trouble question person practice progress action effect range future past morning "
    "afternoon "
    "evening night minutes minute hours hour days day week weeks month background touch need peace service "
    "common reverse "
    "theory step"
)
NODE = re.compile(r"(?:node|worker|master|control-plane)-?\d+")
POLITE = words(
    "please pls plz kindly can could would will you u i we want need like to let's lets just now "
    "hey hi hello ok okay so "
    "then also and go ahead me us ya quickly quick"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """An object or several: `kind` is "" where the request leaves it open. `at` are positions of tokens."""

    kind: str
    names: tuple[str, ...]
    at: frozenset[int]
    prep: str = ""
    plural: bool = False
    namespace: str = ""

    @property
    def first(self) -> int:
        return min(self.at)


@dataclass
class Context:
    """What earlier clauses spoke of. `namespaces` and `kinds` are those of the live cluster, where they are known."""

    namespace: str = ""
    kind: str = ""
    names: tuple[str, ...] = ()
    person: dict[str, str] = field(default_factory=dict)
    created: str = ""
    namespaces: frozenset[str] = frozenset()
    kinds: dict[str, str] = field(default_factory=dict)
    device: str = ""
    inherited: str = ""
    port: int | None = None
    place: str = ""
