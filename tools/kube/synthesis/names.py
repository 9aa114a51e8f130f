"""What a written tool may name. Everything else is refused: the lists say what is allowed, never what is not."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BUILTINS: Final = _words(
    "abs all any bool dict enumerate filter float frozenset int isinstance len list map max min range repr reversed "
    "round set sorted str sum tuple zip ArithmeticError Exception IndexError KeyError LookupError RuntimeError "
    "StopIteration TypeError ValueError ZeroDivisionError"
)
MODULES: Final = {
    "json": _words("dumps loads"),
    "math": _words("ceil floor sqrt log log2 log10 exp fsum isclose isfinite inf pi trunc"),
    "re": _words("search match fullmatch findall sub split escape I IGNORECASE M MULTILINE"),
    "statistics": _words("mean median pstdev stdev quantiles mode fmean"),
    "datetime": _words("datetime timedelta timezone"),
    "collections": _words("Counter OrderedDict defaultdict deque"),
    "itertools": _words("chain groupby islice accumulate pairwise product combinations"),
}
"""Modules that may be imported, with the names of theirs that there are."""
_OF_VALUES: Final = _words(
    "append extend insert pop remove clear index count sort reverse copy get items keys values update setdefault add "
    "discard union intersection difference symmetric_difference issubset issuperset split rsplit splitlines strip "
    "lstrip rstrip lower upper title capitalize casefold startswith endswith removeprefix removesuffix replace join "
    "find rfind partition rpartition zfill ljust rjust center isdigit isalpha isalnum isspace islower isupper "
    "isnumeric isdecimal encode decode hex most_common elements total appendleft popleft rotate group groups "
    "groupdict start end span fromkeys from_iterable fromisoformat isoformat strftime strptime timestamp "
    "fromtimestamp total_seconds now date time year month day hour minute second days seconds utc astimezone "
    "bit_length is_integer"
)
CLIENT: Final = {
    "get": "get(kind, name, namespace='') -> the object, or None",
    "list": "list(kind, namespace='', selector='') -> list of objects",
    "events": "events(namespace='', kind='', name='') -> list of events",
    "logs": "logs(pod, namespace, container='', tail=200, previous=False) -> text",
    "propose": "propose(skill, arguments): a write of this device's, such as kube.scale; it is previewed and approved",
}
"""The methods of the client that a tool is given. Secrets' values are hidden from it."""
ATTRIBUTES: Final = _OF_VALUES | CLIENT.keys() | frozenset().union(*MODULES.values())
"""Names that may follow a dot. `format` is not among them: its fields walk from attribute to attribute."""
