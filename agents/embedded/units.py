"""Units and number words. KB, MB, GB are decimal and KiB, MiB, GiB binary, as the standards have it."""

from __future__ import annotations

SIZES: dict[str, int] = {"b": 1, "byte": 1, "bytes": 1}
for _power, (_letter, _name) in enumerate((("k", "kilo"), ("m", "mega"), ("g", "giga"), ("t", "tera")), start=1):
    for _form in (f"{_letter}b", f"{_name}byte", f"{_name}bytes", f"{_letter}bs"):
        SIZES[_form] = 1000**_power
    for _form in (f"{_letter}ib", f"{_name[:2]}bibyte", f"{_name[:2]}bibytes", f"{_letter}ibs"):
        SIZES[_form] = 1024**_power
SIZES |= {"gigs": 1000**3, "gig": 1000**3, "megs": 1000**2, "meg": 1000**2, "k": 1000, "g": 1000**3}

DURATIONS: dict[str, int] = {}
for _seconds, _forms in (
    (1, "s sec secs second seconds"),
    (60, "min mins minute minutes"),
    (3600, "h hr hrs hour hours"),
    (86_400, "d day days"),
    (604_800, "w week weeks"),
    (2_592_000, "month months"),
    (31_536_000, "y yr year years"),
):
    for _form in _forms.split():
        DURATIONS[_form] = _seconds

_NUMBERS = (
    "one two three four five six seven eight nine ten eleven twelve "
    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
)
NUMBER_WORDS = {word: value for value, word in enumerate(_NUMBERS.split(), start=1)} | {
    "thirty": 30,
    "forty": 40,
    "fourty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "hundred": 100,
}
