"""Finds the device mentions in a token list and puts one DEVICE token in the place of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agents.embedded.devices import (
    EVERY,
    EXACT_KINDS,
    GENERIC,
    KINDS,
    PLURAL_WORDS,
    WHICH,
    Criteria,
    Directory,
    Place,
    device_token,
    named,
    place_of,
    single,
)
from agents.embedded.mention_parts import NOUNS, Parts
from agents.embedded.mention_words import (
    AFTER_ALONE,
    AMONG,
    BACK,
    EVERYTHING,
    HERE,
    LOOSE_MANY,
    OWN,
    PRONOUNS,
    STAGES,
    SUPERLATIVE,
    WHICH_OF,
)
from agents.embedded.outcome import ask, decline
from agents.embedded.tokens import Kind, Token
from agents.embedded.words import EXTENSIONS, FILLERS
from protocol.vocabulary import DeviceKind


class Finder(Parts):
    """Reads one token list from left to right; `at` is where it stands."""

    def run(self) -> tuple[list[Token], list[Place]]:
        out: list[Token] = []
        at = 0
        while at < len(self.tokens):
            found = self._mention(at)
            if found is None:
                out.append(self.tokens[at])
                at += 1
                continue
            place, end = found
            text = " ".join(token.text for token in self.tokens[at:end])
            self.places.append(replace(place, text=text))
            token = device_token(self.tokens, at, end, len(self.places) - 1)
            out.append(replace(token, text=f"which {text}") if place.which and self.phrase(at, AMONG) > at else token)
            at = end
        return out, self.places

    def _mention(self, at: int) -> tuple[Place, int] | None:
        return (
            self._among(at)
            or self._fixed(at)
            or self._counted_back(at)
            or self._list(at)
            or self._several(at)
            or self._quantified(at)
            or self._pronoun(at)
            or self._labelled_alone(at)
            or self._misspelt(at)
        )

    def _among(self, at: int) -> tuple[Place, int] | None:
        """`of the desktops, which ...`: the question which of them, with its devices first."""
        begin = self.phrase(at, AMONG)
        if begin == at or not (at == 0 or self.tokens[at - 1].kind is Kind.PUNCT):
            return None
        found = self._list(begin) or self._several(begin) or self._quantified(begin)
        if found is None or not found[0].many:
            return None
        comma = found[1]
        comma += comma < len(self.tokens) and self.tokens[comma].text in {",", ":", "-"}
        end = self.phrase(comma, WHICH_OF)
        if end == comma or self.low(end) in NOUNS:
            return None
        return replace(found[0], which=True), end

    def _counted_back(self, at: int) -> tuple[Place, int] | None:
        """`of the two`, `on both`: as many devices as were named before, where no pair of files is spoken of."""
        placing = {"of", "on", "from", "for", "across", "at", "between", "over", "to", "all", "onto"}
        if self.low(at - 1) not in placing or not self.places:
            return None
        end, count = at + (self.low(at) in OWN), 2
        if end < len(self.tokens) and self.low(at) in OWN and self.tokens[end].kind is Kind.NUMBER:
            count = int(self.tokens[end].value or 0)
        elif self.low(at) != "both":
            return None
        end = self.phrase(end + 1, ("of them", "of those", "of these"))
        while self.low(end) in GENERIC or (self.low(end) in KINDS and self._all_of(KINDS[self.low(end)])):
            end += 1
        follows = self.tokens[end] if end < len(self.tokens) else None
        ends = follows is None or follows.kind is Kind.PUNCT or self.low(end) in AFTER_ALONE
        named_so_far = list(dict.fromkeys(name for place in self.places for name in place.names))
        files = sum(token.kind is Kind.PATH for token in self.tokens[:at])
        if not ends or count != len(named_so_far) or files > 1:
            return None
        return named(self.directory, named_so_far, ""), end

    def _all_of(self, kind: DeviceKind) -> bool:
        named_so_far = [name for place in self.places for name in place.names]
        return all(self.directory.fleet.devices[name].kind is kind for name in named_so_far)

    def _several(self, at: int) -> tuple[Place, int] | None:
        """`prod and staging servers but not titan`: adjectives that share a noun are so many sets of devices."""
        start = at
        which = self.low(at) in WHICH
        at += which or self.low(at) in EVERY
        at = self._skip_own(self.phrase(at, ("of",)))
        kinds, noun = self._united(at)
        if not kinds:
            return None
        text = self.tokens[noun].text.casefold()
        wanted = [self._noun(self.low(noun), text, criteria) for criteria in kinds]
        kept, end = self._modifiers(noun + 1, Criteria())
        fitting = set(self.directory.matching(kept))
        names = {name for one in wanted if one is not None for name in self.directory.matching(one)} & fitting
        text = " ".join(token.text for token in self.tokens[start:end])
        if not names:
            raise decline(f'no device fits "{text}"; the known devices are {self.directory.known}', [text])
        ordered = [name for name in self.directory.fleet.devices if name in names]
        return replace(named(self.directory, ordered, text), many=True, which=which), end

    def _pronoun(self, at: int) -> tuple[Place, int] | None:
        """`anything with a GPU`, `whatever runs linux`, `everything in staging`."""
        end = self.phrase(at, PRONOUNS)
        if end == at:
            return None
        criteria, last = self._modifiers(end, Criteria(), bare=True)
        if (criteria.empty and not criteria.exclude) or any(label not in STAGES for label, _ in criteria.labels):
            return None
        return self._finish(criteria, at, last, many=True, which=False)

    def _labelled_alone(self, at: int) -> tuple[Place, int] | None:
        """`from staging`, `in production`: all devices with the label, where nothing follows that it could qualify."""
        before = self.tokens[at - 1] if at else None
        placed = self.low(at - 1) in {"from", "in", "on", "across", "to", "onto"}
        alone = before is not None and before.kind is Kind.PUNCT and before.text in {",", "(", "-", "–"}
        pair = self.directory.label(self.low(at)) if self.low(at) and (placed or alone) else None
        follows = self.tokens[at + 1] if at + 1 < len(self.tokens) else None
        ends = follows is None or follows.kind is Kind.PUNCT or (placed and self.low(at + 1) in AFTER_ALONE)
        ends = ends or self.low(at + 1) == "only"
        if pair is None or pair[0] not in {"env", "environment", "stage", "tier"} or not ends:
            return None
        return place_of(self.directory, Criteria(labels=(pair,)), self.low(at), many=True), at + 1

    def _misspelt(self, at: int) -> tuple[Place, int] | None:
        """An unknown word where a device name is due, one slip away from exactly one name."""
        token = self.tokens[at]
        if not token.word or self.low(at - 1) not in {"on", "from", "to", "onto", "of"} or len(token.text) < 4:
            return None
        if (
            self._everyday(token.lemma)
            or token.lemma in FILLERS
            or token.lemma in EXTENSIONS
            or self.low(at + 1) in {"folder", "directory", "file"}
        ):
            return None
        # Loaded for the first name that may be misspelt: most requests have none.
        from rapidfuzz.distance import OSA

        low = token.text.casefold()
        near = [
            name
            for plain, name in self.directory.names.items()
            if (plain[0] == low[0] or plain[:2] == low[1::-1]) and OSA.distance(low, plain, score_cutoff=1) <= 1
        ]
        if len(near) != 1 or len(near[0]) < 4:
            return None
        return replace(named(self.directory, near, ""), fuzzy=True), at + 1

    # --- the forms of a mention ---------------------------------------------------------------------------------

    def _fixed(self, at: int) -> tuple[Place, int] | None:
        end = self.phrase(at, BACK)
        if (
            end > at
            and not (self.low(at) == "there" and (self.low(at + 1) in {"is", "are", "be", "exist"} or self._is(at)))
            and not (self.low(at) == "there" and self.low(at - 1) in {"is", "are"})
        ):
            return Place("", back=True), end
        end = self.phrase(at, HERE)
        if end > at and self._fixed_ends(end):
            client = self.directory.client
            if client is None:
                able = [one.name for one in self.directory.fleet.devices.values() if one.available]
                client = ask("Which device are you at?", able, self.directory.answers) if able else None
            if client is None:
                raise decline("it is not known which device you are at, so name it", [self.tokens[at].text])
            return named(self.directory, [client], ""), end
        end = self.phrase(at, EVERYTHING)
        if end == at and self.low(at) in {"everything", "everywhere"}:
            end = at + 1
            if self.low(at) == "everywhere" and self.places:
                # Of devices named before it means these; of one device it means its files.
                return (Place("", back=True), end) if any(place.many for place in self.places) else None
            if self.low(at) == "everything" and self.low(at - 1) not in {"on", "from", "across"}:
                return None
        return self._finish(Criteria(), at, end, many=True, which=False) if end > at else None

    def _fixed_ends(self, end: int) -> bool:
        return self.low(end) not in {"name", "except"}

    def _apart(self, at: int) -> bool:
        """`..., the machine is desk`: the device in a part of its own."""
        before = at - 1 - (self.low(at - 1) == "the")
        return before >= 0 and self.tokens[before].kind is Kind.PUNCT

    def _is(self, at: int) -> bool:
        """`there's`, which says that something is, and not where."""
        return self.tokens[at].text.casefold().replace("’", "'") == "there's"

    def _list(self, at: int) -> tuple[Place, int] | None:
        start = at
        if self.low(at) == "both" or self.low(at) == "either":
            at += 1
        at = self._skip_own(at)
        first = self._name_with_noun(at)
        if first is None:
            return None
        names, end = [first[0]], first[1]
        while True:
            step = end
            while step < len(self.tokens) and (self.tokens[step].text in {",", "&", "+"} or self.low(step) == "and"):
                step += 1
            again = self._name_with_noun(self._skip_own(self.phrase(step, ("from", "on")))) if step > end else None
            if again is None:
                break
            names.append(again[0])
            end = again[1]
        end = self._not_these(end, names)
        if self.low(start) == "both" and len(set(names)) != 2:
            raise decline('"both" needs two devices', [self.tokens[start].text])
        return named(self.directory, names, ""), end

    def _not_these(self, end: int, names: Sequence[str]) -> int:
        """`alpha and beta (not titan)`: an exception that excepts nothing is a way to be clear."""
        step = end + (end < len(self.tokens) and self.tokens[end].text == "(")
        if step == end:
            return end
        after = self.phrase(step, ("not", "but not", "and not"))
        other = self._name_with_noun(self._skip_own(self.phrase(after, ("on",)))) if after > step else None
        if other is None or other[0] in names:
            return end
        close = other[1]
        return close + (close < len(self.tokens) and self.tokens[close].text == ")")

    def _skip_own(self, at: int) -> int:
        return at + 1 if self.low(at) in {"the", "my", "our", "your"} else at

    def _name_with_noun(self, at: int) -> tuple[str, int] | None:
        noun = at + 1 if self.low(at) in GENERIC or self.low(at) in EXACT_KINDS else at
        if noun > at and (self.low(noun) in {"named", "called"} or (self.low(noun) == "is" and self._apart(at))):
            noun += 1
        found = (self.name(noun) if noun > at else None) or self.name(at)
        if found is None:
            return None
        name, end = found
        kind = KINDS.get(self.low(end))
        if self.low(end) in GENERIC or (kind is not None and kind is self.directory.fleet.devices[name].kind):
            end += 1
        return name, end

    def _quantified(self, at: int) -> tuple[Place, int] | None:
        """[quantifier] [of] [the|my] [number] [adjectives] noun [modifiers]."""
        start, quantifier = at, ""
        if (
            self.low(at) in EVERY
            or self.low(at) in WHICH
            or self.low(at) in {"any", "either", "a", "an", "one", "some"}
        ):
            quantifier, at = self.low(at), at + 1
            at = self.phrase(at, ("single", "one of", "of", "one"))
            if quantifier == "which" and self.low(at - 1) == "of":
                listed = self._list(at)
                if listed is not None:
                    return replace(listed[0], which=True), listed[1]
        determined = self.low(at) in OWN
        at = self._skip_own(at)
        if not quantifier and determined and self.low(at) in EVERY:
            return None
        count = None
        ranked = self.low(start - 1) == "top"
        if (
            not ranked
            and at < len(self.tokens)
            and self.tokens[at].kind is Kind.NUMBER
            and quantifier in (EVERY | {""})
        ):
            count, at = self.tokens[at].value, at + 1
        criteria, at, adjectives = self._adjectives(at)
        noun = self.low(at)
        found = self._noun(noun, self.tokens[at].text.casefold() if at < len(self.tokens) else "", criteria)
        if found is None:
            if quantifier in {"each", "all"} and criteria.labels and adjectives:
                return None
            return None
        criteria = found
        plural = self.tokens[at].text.casefold() in PLURAL_WORDS | LOOSE_MANY
        if noun in GENERIC and not quantifier and not plural and criteria.empty:
            return self._plain_generic(start, at)
        if self.low(at + 1) in {"name", "file", "folder", "process"}:
            return None
        if quantifier == "each" and noun in GENERIC and criteria.empty and any(place.many for place in self.places):
            return Place("", back=True), at + 1  # each of those that were spoken of
        return self._close(start, at + 1, criteria, quantifier, plural, determined, count)

    def _plain_generic(self, start: int, at: int) -> tuple[Place, int] | None:
        """`the machine with the highest load`: a question which one; `the box in the garage`. Else no mention."""
        if self.low(start) not in {"the", "that"}:
            return None
        criteria, end = self._modifiers(at + 1, Criteria())
        if not criteria.empty:
            return single(self.directory, criteria, " ".join(token.text for token in self.tokens[start:end])), end
        if self.low(start) != "the" or not self._superlative(at + 1):
            return None
        return place_of(self.directory, Criteria(), "", many=True, which=True), self._which_end(at + 1)

    # --- what follows the noun ----------------------------------------------------------------------------------

    def _close(
        self, start: int, end: int, criteria: Criteria, quantifier: str, plural: bool, determined: bool, count: object
    ) -> tuple[Place, int] | None:
        criteria, end = self._modifiers(end, criteria)
        text = " ".join(token.text for token in self.tokens[start:end])
        if isinstance(count, int) and determined and not quantifier and self._superlative(end):
            place = place_of(self.directory, criteria, text, many=True, which=True)
            return replace(place, limit=count), self._which_end(end)
        if quantifier in {"both", "either"} or count is not None:
            wanted = count if count is not None else 2
            fitting = self.directory.matching(criteria)
            if len(fitting) != wanted:
                raise decline(
                    f'"{text}" speaks of {wanted} devices, but {len(fitting)} fit: {", ".join(fitting[:20]) or "none"}',
                    [text],
                )
        if quantifier in WHICH:
            if not (plural or determined or criteria != Criteria() or self._asks(end) or quantifier == "which"):
                return None
            return place_of(self.directory, criteria, text, many=True, which=True), end
        if quantifier == "each" and criteria.empty and not criteria.exclude and not plural:
            before = list(dict.fromkeys(name for place in self.places for name in place.names))
            if len(before) > 1:
                # `the facts of each machine`, behind `all servers`: each one of these.
                return named(self.directory, before, text), end
        if quantifier in EVERY or (not quantifier and plural):
            return place_of(self.directory, criteria, text, many=True), end
        if quantifier in {"any", "a", "an", "one", "some", "either"}:
            place = place_of(self.directory, criteria, text, many=False, any_of=True)
            return place, end
        if self.low(start - 1) in SUPERLATIVE | {"busiest", "fullest", "emptiest", "loaded"} and start == end - 1:
            return place_of(self.directory, criteria, text, many=True, which=True), end
        if determined and self.low(start) == "the" and self._superlative(end):
            return place_of(self.directory, criteria, text, many=True, which=True), self._which_end(end)
        return single(self.directory, criteria, text), end

    def _asks(self, end: int) -> bool:
        return self.low(end) in {"has", "have", "is", "are", "use", "uses", "contain", "run", "do", "does", "show"}

    def _finish(self, criteria: Criteria, start: int, end: int, *, many: bool, which: bool) -> tuple[Place, int]:
        criteria, end = self._modifiers(end, criteria)
        text = " ".join(token.text for token in self.tokens[start:end])
        return place_of(self.directory, criteria, text, many=many, which=which), end


def find_places(tokens: Sequence[Token], directory: Directory) -> tuple[list[Token], list[Place]]:
    """The tokens with DEVICE tokens in them, and the places that those name."""
    return Finder(tokens, directory).run()
