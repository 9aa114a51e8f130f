"""What may be told to a model, and under which name. Pure.

A `Screen` stands between the record and one rung. What passes it is without secrets (`[redacted:...]` stands there),
without what the owner keeps on its device, and, where the rung is not trusted with it, with personal data replaced by
placeholders (`PRIVATE_EMAIL_1`), the same for the same text. A plan that comes back has them replaced again, and only
those that this screen gave out. Placeholders are words of letters, digits and underscores, so that they may stand
wherever the text stood: in a path, in a name, in a pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from pydantic import JsonValue

from orchestrator.core.detect import MARK, Span, disjoint, hide_secrets, personal
from orchestrator.core.egress import Label
from orchestrator.core.fleet import DeviceInfo, FleetView
from orchestrator.core.owner import PrivacySettings as PrivacySettings
from orchestrator.core.redact import redacted
from protocol.vocabulary import DeviceProfile, SkillSpec

SHORTEST, LONG, MOST_WORDS = 4, 8, 8
"""Characters of the shortest part of a secret that is looked for again, and of one that is found within words too;

words of the longest secret that is taken apart."""
KEPT = "[kept on its device]"

_PLACEHOLDER = re.compile(r"PRIVATE_[A-Z]{2,10}_[0-9]{1,6}(?![0-9])")
_PATH = re.compile(r"(?<![\w./-])(?:[A-Za-z]:[\\/]|~?/|\.{1,2}/)?[^\s\"'`<>|,;:*?(){}\[\]]{1,4096}")


DEFAULT = PrivacySettings()


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings, made ready for use. `secret` are exact texts that must never pass, such as keys of this process."""

    settings: PrivacySettings = DEFAULT
    secret: tuple[str, ...] = ()

    def terms(self) -> re.Pattern[str] | None:
        return _words(self.settings.terms)

    def secret_terms(self) -> re.Pattern[str] | None:
        return _words(term.get_secret_value() for term in self.settings.secret_terms)

    def local_device(self, name: str) -> bool:
        return any(fnmatchcase(name, glob) for glob in self.settings.local_only.devices)

    def local_skill(self, name: str) -> bool:
        return any(fnmatchcase(name, glob) for glob in self.settings.local_only.skills)

    def local_path(self, path: str) -> bool:
        return any(
            fnmatchcase(path, glob) or fnmatchcase(path, f"{glob.rstrip('/')}/*")
            for glob in self.settings.local_only.paths
        )


def _words(terms: Iterable[str]) -> re.Pattern[str] | None:
    """The terms as whole words, the longest first."""
    parts = sorted({term.strip() for term in terms if term.strip()}, key=lambda term: (-len(term), term))
    return re.compile(rf"(?i)(?<![^\W_])(?:{'|'.join(map(re.escape, parts))})(?![^\W_])") if parts else None


class Screen:
    """One conversation's screen. With `trusted`, personal data passes as it is; all else holds for every rung.

    `labels` are those of what passed, `withheld` those of what did not, or only under another name.
    """

    def __init__(self, rules: Rules, fleet: FleetView | None = None, *, trusted: bool = False) -> None:
        self._rules = rules
        self._trusted = trusted
        self._terms, self._secret_terms = rules.terms(), rules.secret_terms()
        local = [name for name in (fleet.devices if fleet else ()) if rules.local_device(name)]
        self._local_devices = frozenset(local)
        self._local_names = _words(local)
        self._given: dict[tuple[str, str], str] = {}
        self._stands_for: dict[str, str] = {}
        self._taken: dict[str, None] = {}
        self._seen: re.Pattern[str] | None = None
        self._numbers: dict[str, int] = {}
        self._passed: dict[Label, None] = {Label.PUBLIC: None}
        self._kept: dict[Label, None] = {}

    @property
    def labels(self) -> tuple[Label, ...]:
        return tuple(label for label in Label if label in self._passed)

    @property
    def withheld(self) -> tuple[Label, ...]:
        return tuple(label for label in Label if label in self._kept)

    # --- out -------------------------------------------------------------------------------------------------------

    def text(self, text: str, *, device: str | None = None) -> str:
        """`text` as it may be told. `device`: where it is from, if from a device."""
        if device in self._local_devices and text:
            self._kept[Label.DEVICE_LOCAL] = None
            return KEPT
        clean = self._without_secrets(text)
        spans = [*self._literal(clean), *self._local(clean), *self._personal(clean)]
        parts, end = [], 0
        for span in disjoint(spans):
            parts += [clean[end : span.start], self._placeholder(span.kind, clean[span.start : span.end])]
            end = span.end
        return "".join([*parts, clean[end:]])

    def json(self, value: JsonValue, *, device: str | None = None) -> JsonValue:
        """The same for every text in a JSON value, names of fields too."""
        if isinstance(value, str):
            return self.text(value, device=device)
        if isinstance(value, dict):
            return {self.text(key, device=device): self._field(key, item, device) for key, item in value.items()}
        if isinstance(value, list):
            return [self.json(item, device=device) for item in value]
        return value

    def _field(self, key: str, item: JsonValue, device: str | None) -> JsonValue:
        if isinstance(item, str) and item:
            # With its name before it, a value may be known for a secret that it does not look like.
            told = hide_secrets(f"{key}: {item}")
            if redacted(told) and not redacted(f"{key}: {hide_secrets(item)}"):
                self._kept[Label.SECRET] = None
                return MARK
        return self.json(item, device=device)

    def fleet(self, fleet: FleetView) -> FleetView:
        """The fleet as it may be told: names that are personal are placeholders, labels and skills are screened.

        Of a device that is `local_only` there is its kind and what it can do. A skill that only such devices offer,
        and one that is `local_only` itself, has no description. Example phrases are for the embedded planner: none is
        told, so what stands in them is not withheld either.
        """
        told = FleetView({n: device for n, device in fleet.devices.items() if n not in self._local_devices}).skills
        skills = {name: self._skill(spec, name in told) for name, spec in fleet.skills.items()}
        return FleetView({self.text(name): self._device(device, skills) for name, device in fleet.devices.items()})

    def _skill(self, spec: SkillSpec, told: bool) -> SkillSpec:
        if not told or self._rules.local_skill(spec.name):
            self._kept[Label.DEVICE_LOCAL] = None
            return spec.model_copy(update={"description": "", "examples": (), **self._schemas(spec)})
        update = {"description": self.text(spec.description), "examples": (), **self._schemas(spec)}
        return spec.model_copy(update=update)

    def _schemas(self, spec: SkillSpec) -> dict[str, JsonValue]:
        """Names and values in the schemas are the device's words, too; they come back restored."""
        return {name: self.json(getattr(spec, name)) for name in ("input_schema", "output_schema")}

    def _device(self, device: DeviceInfo, skills: dict[str, SkillSpec]) -> DeviceInfo:
        local = device.name in self._local_devices
        if local:
            self._kept[Label.DEVICE_LOCAL] = None
        labels = {} if local else {self.text(key): self.text(value) for key, value in device.labels.items()}
        profile = DeviceProfile(os=self.text(device.profile.os), gpus=("gpu",) if device.profile.gpus else ())
        offered = {name: skills[name] for name in device.skills if name in skills}
        return replace(device, name=self.text(device.name), skills=offered, labels=labels, profile=profile)

    def _without_secrets(self, text: str) -> str:
        clean = text
        for known in self._rules.secret:
            clean = clean.replace(known, MARK)
        if self._secret_terms is not None:
            clean = self._secret_terms.sub(MARK, clean)
        if self._seen is not None:
            clean = self._seen.sub(MARK, clean)
        taken: list[str] = []
        clean = hide_secrets(clean, taken)
        self._remember(taken)
        if clean != text:
            self._kept[Label.SECRET] = None
        return clean

    def _remember(self, taken: list[str]) -> None:
        """What was told for a secret once is one wherever it comes again, without the words that told it."""
        known = len(self._taken)
        for text in taken:
            words = re.findall(r"[^\s,;:\"'`]+", text)
            parts = [text.strip(), *words] if len(words) <= MOST_WORDS else [text.strip()]
            parts += [part.strip(".!?()") for part in parts]
            self._taken |= dict.fromkeys(part for part in parts if len(part) >= SHORTEST and "[redacted:" not in part)
        if len(self._taken) > known:
            parts = sorted(self._taken, key=lambda part: (-len(part), part))
            words = [rf"(?<![A-Za-z0-9]){re.escape(part)}(?![A-Za-z0-9])" for part in parts if len(part) < LONG]
            self._seen = re.compile("|".join([*(re.escape(part) for part in parts if len(part) >= LONG), *words]))

    def _literal(self, text: str) -> list[Span]:
        """What looks like a placeholder and was none: it must come back as it was."""
        return [Span(*one.span(), "WORD") for one in _PLACEHOLDER.finditer(text) if one[0] not in self._stands_for]

    def _local(self, text: str) -> list[Span]:
        found = self._local_paths(text) if self._rules.settings.local_only.paths else []
        if self._local_names is not None:
            found += [Span(*one.span(), "DEVICE") for one in self._local_names.finditer(text)]
        if found:
            self._kept[Label.DEVICE_LOCAL] = None
        return found

    def _local_paths(self, text: str) -> list[Span]:
        found = []
        for one in _PATH.finditer(text):
            path = one[0].rstrip(".!")
            if self._rules.local_path(path):
                found.append(Span(one.start(), one.start() + len(path), "PATH"))
        for glob in self._rules.settings.local_only.paths:
            found += _below(text, re.split(r"[*?\[]", glob, maxsplit=1)[0].rstrip("/"))
        return found

    def _personal(self, text: str) -> list[Span]:
        found = [Span(*one.span(), "TERM") for one in self._terms.finditer(text)] if self._terms else []
        found += personal(text)
        if not found:
            return []
        if self._trusted:
            self._passed[Label.PERSONAL] = None
            return []
        self._kept[Label.PERSONAL] = None
        return found

    def _placeholder(self, kind: str, text: str) -> str:
        key = (kind, text)
        if key not in self._given:
            number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
            name = f"PRIVATE_{kind}_{number}"
            self._given[key] = name
            self._stands_for[name] = text
        return self._given[key]

    # --- back ------------------------------------------------------------------------------------------------------

    def restored(self, value: JsonValue) -> JsonValue:
        """What a model said, with the placeholders that it was given replaced by what they stand for."""
        if isinstance(value, str):
            return _PLACEHOLDER.sub(lambda found: self._stands_for.get(found[0], found[0]), value)
        if isinstance(value, dict):
            return {str(self.restored(key)): self.restored(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.restored(item) for item in value]
        return value

    def texts(self, texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.text(text) for text in texts)


def _below(text: str, prefix: str) -> list[Span]:
    """Where a path begins with the literal part of a glob, to the end of the path; in quotes, to the quote."""
    if len(prefix) < 3:
        return []
    found, start = [], text.find(prefix)
    while start >= 0:
        quote = text[start - 1] if start and text[start - 1] in "\"'`" else ""
        rest = re.compile(rf"[^{quote}\n]*" if quote else r"[^\s\"'`<>|,;]*").match(text, start + len(prefix))
        end = rest.end() if rest else start + len(prefix)
        whole = end == start + len(prefix) or text[start + len(prefix)] in "/\\ " or not prefix[-1].isalnum()
        if whole:
            found.append(Span(start, end, "PATH"))
        start = text.find(prefix, end)
    return found
