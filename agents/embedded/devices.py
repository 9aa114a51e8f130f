"""Which devices a request speaks of: names, labels, kinds, operating systems, quantifiers, exceptions.

Every mention becomes one DEVICE token whose value is the index of a `Place`. What a mention means is decided from the
live fleet alone; a mention that fits nothing, or more than one thing, stops planning with a reason or a question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from agents.embedded.outcome import ask, decline
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.plan import Selector
from protocol.vocabulary import DeviceKind

GENERIC = words("device machine computer host box node endpoint gadget appliance rig contraption gizmo thingy")
KINDS = {
    "server": DeviceKind.SERVER,
    "desktop": DeviceKind.DESKTOP,
    "workstation": DeviceKind.DESKTOP,
    "laptop": DeviceKind.DESKTOP,
    "pc": DeviceKind.DESKTOP,
    "notebook": DeviceKind.DESKTOP,
    "phone": DeviceKind.PHONE,
    "smartphone": DeviceKind.PHONE,
    "mobile": DeviceKind.PHONE,
    "handset": DeviceKind.PHONE,
    "handheld": DeviceKind.PHONE,
    "cellphone": DeviceKind.PHONE,
    "edge": DeviceKind.EDGE,
    "kubernetes": DeviceKind.KUBERNETES,
    "k8s": DeviceKind.KUBERNETES,
    "cluster": DeviceKind.KUBERNETES,
}
EXACT_KINDS = frozenset({"server", "desktop", "phone", "edge", "kubernetes"})
OS_NAMES = {
    "linux": ("linux",),
    "windows": ("windows",),
    "mac": ("darwin", "macos"),
    "macos": ("darwin", "macos"),
    "android": ("android",),
    "ios": ("ios",),
}
LABEL_ALIASES = {
    "production": "prod",
    "prod": "production",
    "stage": "staging",
    "staging": "stage",
    "development": "dev",
    "dev": "development",
    "db": "database",
    "database": "db",
}
EVERY = frozenset({"every", "each", "all", "both"})
WHICH = frozenset({"which", "what"})
EXCEPT = (
    "except for",
    "except on",
    "except",
    "excluding",
    "besides",
    "but not",
    "but",
    "other than",
    "apart from",
    "aside from",
    "not counting",
    "save for",
    "minus",
    "and not",
    "not",
    "with the exception of",
    "with exception of",
    "not including",
    "without",
    "leaving out",
    "leaving aside",
    "bar",
    "barring",
    "bar for",
    "excl",
    "sans",
    "omitting",
    "that aren't",
    "that are not",
    "which aren't",
    "which are not",
    "that isn't",
    "that isn't a",
    "that is not a",
    "that not",
    "that not a",
    "which is not a",
    "which isn't a",
    "that is not",
    "other then",
    "skip",
    "skipping",
)
PLURAL_WORDS = words(
    "devices machines computers hosts boxes nodes servers desktops laptops workstations pcs phones "
    "smartphones mobiles clusters endpoints notebooks gadgets appliances rigs contraptions gizmos "
    "handsets handhelds cellphones"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A set of devices as the request names it. `names` are the devices of the live fleet that it stands for now.

    `many`: a fan-out. `which`: the request asks which of them. `back`: the devices of an earlier clause. `any`: one
    of them in an action, at least one of them in a condition. `fuzzy`: the name was misspelt; no write may rest on it.
    """

    text: str
    names: tuple[str, ...] = ()
    selector: Selector = field(default_factory=Selector)
    many: bool = False
    which: bool = False
    back: bool = False
    any: bool = False
    fuzzy: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a device must be; everything that is given must hold."""

    names: tuple[str, ...] = ()
    kind: DeviceKind | None = None
    os: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    exclude: tuple[str, ...] = ()
    gpu: bool = False

    def fits(self, device: DeviceInfo) -> bool:
        return (
            (not self.names or device.name in self.names)
            and (self.kind is None or device.kind is self.kind)
            and (self.os is None or device.profile.os.casefold() == self.os.casefold())
            and all(device.labels.get(key) == value for key, value in self.labels)
            and device.name not in self.exclude
            and (not self.gpu or bool(device.profile.gpus))
        )

    @property
    def empty(self) -> bool:
        return self == Criteria(exclude=self.exclude)


class Directory:
    """The names, labels and kinds of a fleet, indexed once for a request. `hidden` are devices that no name finds."""

    def __init__(
        self,
        fleet: FleetView,
        client: str | None,
        answers: Sequence[tuple[str, str]],
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        self.fleet = fleet
        self.client = client if client in fleet.devices else None
        self.answers = answers
        self.hidden = hidden
        self.names = {key(name): name for name in fleet.devices if name not in hidden}
        self.label_values: dict[str, list[tuple[str, str]]] = {}
        self.os_values = {device.profile.os.casefold(): device.profile.os for device in fleet.devices.values()}
        self.longest = max((name.count(" ") + 1 for name in self.names), default=1)
        for pair in sorted({pair for device in fleet.devices.values() for pair in device.labels.items()}):
            self.label_values.setdefault(pair[1].casefold(), []).append(pair)

    def matching(self, criteria: Criteria) -> tuple[str, ...]:
        return tuple(name for name, device in self.fleet.devices.items() if criteria.fits(device))

    def label(self, word: str) -> tuple[str, str] | None:
        """The one label whose value the word is; `production` finds `env=prod`. None where there are two."""
        for form in (word, LABEL_ALIASES.get(word, word)):
            pairs = self.label_values.get(form, [])
            if len(pairs) == 1 and form not in {"true", "false", "yes", "no", "1", "0"}:
                return pairs[0]
        flags = [pair for value in ("true", "yes") for pair in self.label_values.get(value, []) if pair[0] == word]
        return flags[0] if len(flags) == 1 else None

    def os(self, word: str) -> str | None:
        for form in OS_NAMES.get(word, ()):
            if form in self.os_values:
                return self.os_values[form]
        return None

    @property
    def known(self) -> str:
        names = list(self.fleet.devices)
        more = f" and {len(names) - 12} more" if len(names) > 12 else ""
        return (", ".join(names[:12]) + more) if names else "none is registered"


def key(name: str) -> str:
    return name.casefold().replace("-", " ").replace("_", " ")


def place_of(
    directory: Directory, criteria: Criteria, text: str, *, many: bool, which: bool = False, any_of: bool = False
) -> Place:
    """The Place for criteria; raises Stop where no device of the fleet fits."""
    names = directory.matching(criteria)
    if not names:
        raise decline(f'no device fits "{text}"; the known devices are {directory.known}', [text])
    selector = Selector(
        mode="each" if many else "one",
        names=criteria.names,
        kind=criteria.kind,
        os=criteria.os,
        labels=dict(criteria.labels),
        exclude=criteria.exclude,
        gpu=criteria.gpu,
    )
    return Place(text, names, selector, many=many, which=which, any=any_of)


def named(directory: Directory, names: Sequence[str], text: str) -> Place:
    """The Place of devices given by name: a fan-out where there is more than one."""
    unique = tuple(dict.fromkeys(names))
    many = len(unique) > 1
    return Place(text, unique, Selector(mode="each" if many else "one", names=unique), many=many)


def single(directory: Directory, criteria: Criteria, text: str) -> Place:
    """The one device that fits; asks where there are more."""
    names = directory.matching(criteria)
    if len(names) > 1:
        chosen = ask(f'Which device do you mean by "{text}"?', names, directory.answers)
        return named(directory, [chosen], text)
    if not names:
        raise decline(f'no device fits "{text}"; the known devices are {directory.known}', [text])
    return named(directory, names, text)


def device_token(tokens: Sequence[Token], start: int, end: int, index: int) -> Token:
    """The token that stands for tokens[start:end]."""
    text = " ".join(token.text for token in tokens[start:end])
    return replace(tokens[start], kind=Kind.DEVICE, text=text, lemma="<device>", end=tokens[end - 1].end, value=index)
