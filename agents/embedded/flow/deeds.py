"""Clauses to deeds: what a clause wants done; None where it is no clause of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import FunctionType
from typing import Final

from agents.embedded.flow.builder import Thing, Value
from agents.embedded.flow.canonical import variants
from agents.embedded.flow.doings import (
    Has,
    Mirrors,
    Move,
    Moves,
    Packs,
    Publishes,
    Reads,
    Runs,
    Senses,
    Tabulates,
    Texts,
)
from agents.embedded.flow.line import SEPARATORS, elements, part
from agents.embedded.flow.nouns import files, literal, mention
from agents.embedded.flow.order import Then
from agents.embedded.flow.parts import Part, PartReader
from agents.embedded.flow.phrases import thing
from agents.embedded.flow.places import targets
from agents.embedded.flow.puts import puts
from agents.embedded.flow.references import reference
from agents.embedded.flow.things import Before, FileAt, Files, Measure, Pages, Target
from agents.embedded.flow.values import as_number, value
from agents.embedded.kinds.line import Mention, Piece, kept
from agents.embedded.kinds.pattern import match
from agents.embedded.tokens import Kind, Token
from agents.embedded.wordset import words

_GIVE: Final = (
    "(copy|put|hand|give|send|take|bring|collect|gather|keep|get|save|store|place|transfer|leave|drop|"
    "fetch|download|write|file|i need|i want|we need|make|have|pull)"
)
_ASKING: Final = words("not no only except without if when unless first last all every each both but and or then than")
_PASSIVE: Final = (
    "(should|must|shall|has to|have to|is to|are to) (be (put|copied|sent|saved|kept|stored|written|placed)|end up)"
)
_FETCHED: Final = "(belongs|goes|should go|has to go)"


def _as_it_stands(piece: Piece, more: Sequence[PartReader]) -> Part | None:
    """What the whole piece wants; None where it is nothing of ours."""
    readers = (packs, texts, has, senses, runs, tabulates, publishes, mirrors, *more, moves, reads, puts)
    return next((found for read in readers if (found := _read_once(read, piece)) is not None), None)


def _read_once(read: Callable[[Piece], Part | None], piece: Piece) -> Part | None:
    """What a reader makes of the piece. A function knows nothing but the piece; others know the devices, which may be
    others when a request is read again."""
    return kept(read, piece) if isinstance(read, FunctionType) else read(piece)


def _in_other_words(piece: Piece, more: Sequence[PartReader]) -> Part | None:
    """What it wants in any of the wordings that come to the same; None where these are two things."""
    tries = [_as_it_stands(form, more) for form in variants(piece) if form.tokens]
    others = [one for one in tries if one is not None]
    return others[0] if others and all(one == others[0] for one in others) else None


def has(piece: Piece) -> Has | None:
    slots = match("{d:device} [each|all] (keep|keeps|have|has) (a|an|its|their) [file|own] {f:file}", piece)
    return None if slots is None else Has(Files((FileAt(literal(slots, "f"), mention(slots, "d", piece)),)))


def senses(piece: Piece) -> Senses | None:
    """`read the soil moisture in the greenhouse`, `average the temperature over one second`."""
    for pattern in (
        "(read|measure|take|get|check) {what:words}",
        "(read|measure|take|get|check) {what:words} of {d:device}",
    ):
        slots = match(pattern, piece)
        if slots is not None:
            return Senses(tuple(token.text for token in slots["what"]))
    slots = match(
        "(average|measure|take) [the (mean|average) of|the (mean|average)] {what:words} (over|for|during) {t:duration}",
        piece,
    )
    if slots is None or not isinstance(slots["t"][0].value, (int, float)):
        return None
    return Senses(tuple(token.text for token in slots["what"]), float(slots["t"][0].value))


def runs(piece: Piece) -> Runs | None:
    """`run make in the folder a on alpha and in b on beta`."""
    for pattern in (
        "run {c:quoted} in {places:any}",
        "run the [unit] tests in {places:any} {x:opened} {c:any} in (each|both) {y:closed}",
        "run the [unit] tests {x:opened} {c:any} {y:closed} in {places:any}",
    ):
        slots = match(pattern, piece)
        if slots is None:
            continue
        places = [_folder(one) for one in elements(Piece(piece.line, slots["places"]))]
        known = tuple(one for one in places if one is not None)
        command = literal(slots, "c") if len(slots["c"]) == 1 else piece.source(slots["c"])
        if known and len(known) == len(places):
            return Runs(command, known)
    return None


def _folder(piece: Piece) -> FileAt | None:
    slots = match("[in] [the] [folder|directory] {f:name} on {d:device}", piece)
    return None if slots is None else FileAt(literal(slots, "f"), mention(slots, "d", piece), folder=True)


def tabulates(piece: Piece) -> Tabulates | None:
    slots = match(
        f"{_GIVE} (a table|it|them|the result|the results|that) [with|in] [the] [columns] {{a:any}} and {{b:word}} "
        "{goal:any} [, (one|a) row (per|for each|for every|for) {unit:any}]",
        piece,
    )
    if slots is None:
        return None
    goals = targets(Piece(piece.line, slots["goal"]))
    if goals is None or len(slots["a"]) != 1 or len(slots.get("unit", (0,))) != 1:
        return None
    return Tabulates((piece.source(slots["a"]), piece.source(slots["b"])), goals)


def publishes(piece: Piece) -> Publishes | None:
    for pattern in (
        "(have|let) {d:device} publish (the|these|those) [{n:number}] (counts|numbers|values|results) to {topics:any} "
        "[, one each|, one to each]",
        "publish (the|these|those) [{n:number}] (counts|numbers|values|results) to {topics:any} [, one each]",
    ):
        slots = match(pattern, piece)
        if slots is None:
            continue
        names = [match("{f:topic}", one) for one in elements(Piece(piece.line, slots["topics"]))]
        known = [one for one in names if one is not None]
        if known and len(known) == len(names):
            place = mention(slots, "d", piece) if "d" in slots else None
            return Publishes(tuple(literal(one, "f") for one in known), place)
    return None


def mirrors(piece: Piece) -> Mirrors | None:
    for pattern in (
        "if (it's|it is|that's|that is) (gone|missing|away|not there) [from {x:device}] , {u:url} is the same file",
        "(if|when|should) (that|this|the first) (address|one|page|url) (doesn't work|does not work|fails|is down) , "
        "(take|use|fetch|get) {u:url} instead",
        "[if] (a|any|every|each) (server|machine|device|host|one) (that|which) (can't|cannot|can not|could not) (get|"
        "fetch|reach|download|load) it [from there] (is to|should|must|shall|may|has to) (take|use|fetch|get) {u:url} "
        "instead [, under the same (name|path)]",
        "(if|when) (it|that) (fails|doesn't work|does not work) , (take|use|fetch|get) {u:url} [instead]",
    ):
        slots = match(pattern, piece)
        if slots is not None:
            return Mirrors(literal(slots, "u"))
    return None


def packs(piece: Piece) -> Packs | None:
    slots = match(
        "(pack|zip|archive|compress|tar|bundle) {what:any} [up] (into|to|as|in) [the|a|an] [archive|file] {f:file} "
        "[each]",
        piece,
    )
    if slots is not None:
        found = files(Piece(piece.line, slots["what"]))
        if found is not None and len(found.files) == 1 and found.files[0].place is not None:
            return Packs(found.files[0], literal(slots, "f"))
    return None


def texts(piece: Piece) -> Texts | None:
    slots = match("(text|sms) (the number|the count|the result|it|that) to {n:call} [(from|with) {d:device}]", piece)
    if slots is None:
        return None
    number = piece.source(slots["n"]).replace(" ", "")
    return Texts(number, mention(slots, "d", piece) if "d" in slots else None)


def moves(piece: Piece) -> Moves | None:
    """`copy A to X as P and to Y`, `copy A from X as P, B from Z as Q and ... to W`, `U belongs on X, V on Y`."""
    passive = match(f"{{what:any}} {_PASSIVE} {{goal:any}}", piece)
    if passive is not None:
        what, goal = thing(Piece(piece.line, passive["what"])), targets(Piece(piece.line, passive["goal"]))
        apart = what is None or _apart(what) or isinstance(what, Value)
        return None if what is None or goal is None or apart else Moves((Move(what, goal),))
    single = _pair(piece, verb=False, goal=None)
    if single is not None:
        return Moves((single,))
    listed = match(f"{_GIVE} {{about:words}} (to|onto) {{d:device}} : {{rest:any}}", piece)
    if listed is not None and _describes(listed["about"]):
        return _onto(mention(listed, "d", piece), _pairs(Piece(piece.line, listed["rest"]), verb=True))
    head = match(f"{_GIVE} [{{about:words}} :] {{rest:any}}", piece)
    if head is not None and not _describes(head.get("about", ())):
        return None
    body = Piece(piece.line, head["rest"]) if head is not None else piece
    found = _each(body) if head is not None else None
    found = found or _pairs(body, verb=head is not None)
    return Moves(found) if found else None


def _onto(place: Mention, found: tuple[Move, ...] | None) -> Moves | None:
    """Moves to a device that was named ahead of them; None where one names another."""
    goals = [target for move in found or () for target in move.targets]
    if not found or any(goal.place is not None for goal in goals):
        return None
    return Moves(tuple(Move(one.thing, tuple(Target(goal.path, place) for goal in one.targets)) for one in found))


def _describes(tokens: Sequence[Token]) -> bool:
    """Whether the words before a list only say what it is a list of: nothing in them limits or asks."""
    return not any(token.text.casefold() in _ASKING or token.kind is not Kind.WORD for token in tokens)


def _each(body: Piece) -> tuple[Move, ...] | None:
    """One thing, and one or several targets; also with the target first: `put on desk ...`."""
    ways = dict.fromkeys(
        Move(found, goals)
        for cut in range(1, len(body.tokens))
        if (found := thing(_trimmed(part(body, 0, cut)))) is not None
        and not isinstance(found, Value)  # these are put by `puts`
        and not _apart(found)
        and (goals := targets(_trimmed(part(body, cut, len(body.tokens))))) is not None
    )
    return tuple(ways) if len(ways) == 1 else _first_of(ways)


def _apart(found: Thing) -> bool:
    """`a from alpha and b from beta onto desk`: whether `a` goes there, too, is open."""
    return isinstance(found, Files) and len({one.place for one in found.files}) > 1


def _first_of(ways: dict[Move, None]) -> tuple[Move, ...] | None:
    """Of several readings, the one in which the thing says where it is: `the list from alpha` before `to alpha`; else
    the one of what was made before: `keep the number in a.txt on desk`."""
    placed = [way for way in ways if isinstance(way.thing, Files) and all(one.place for one in way.thing.files)]
    if len(placed) == 1:
        return (placed[0],)
    back = [way for way in ways if isinstance(way.thing, Before)]
    return (back[0],) if len(back) == 1 and not placed else None


def _pairs(body: Piece, *, verb: bool) -> tuple[Move, ...] | None:
    """`U belongs on X, V on Y and W on Z`, with a target for all at the end (`, each as P`) or none."""
    goal: str | None = None
    tail = match("{rest:any} [,] (on each of them as|each as|all as|in each case as|on all of them as) {f:file}", body)
    if tail is not None:
        goal = literal(tail, "f")
        body = Piece(body.line, tail["rest"])
    found: list[Move] = []
    for one in elements(body):
        move = _pair(one, verb=verb or bool(found), goal=goal)
        if move is None:
            return None
        found.append(move)
    return tuple(found) if len(found) > 1 else None


def _pair(piece: Piece, *, verb: bool, goal: str | None) -> Move | None:
    between = _FETCHED if not verb else f"[{_FETCHED}]"
    for pattern in (
        f"{{u:url}} {between} (on|to|onto) {{d:device}}",
        f"{{u:url}} {between} (on|to|onto) {{d:device}} (as|to) {{f:file}}",
        f"{{u:url}} {between} (as|to) {{f:file}} (on|onto) {{d:device}}",
        "{d:device} {u:url} (as|to|into) {f:file}",
        "{d:device} from {u:url}",
        "[let|have] {d:device} (download|fetch|get) {u:url} (to|as|into|under) {f:file}",
        "{d:device} [each|both|all] (need|needs|get|gets|should get|should have|must have) {u:url} (as|under) {f:file}",
        "{d:device} (should|must|shall|have to) [each|both|all] (get|have|download|fetch) {u:url} (as|under) {f:file}",
    ):
        slots = match(pattern, piece)
        if slots is not None:
            path = literal(slots, "f") if "f" in slots else goal
            return Move(Pages((literal(slots, "u"),)), (Target(path, mention(slots, "d", piece)),))
    slots = match("{f:file} (from|on|of) {d:device} [becomes|as|to] {g:file} [on {e:device}]", piece)
    if slots is not None:
        source = Files((FileAt(literal(slots, "f"), mention(slots, "d", piece)),))
        place = mention(slots, "e", piece) if "e" in slots else None
        return Move(source, (Target(literal(slots, "g"), place),))
    return None


_READ: Final = (
    "(compute|determine|find|measure|work out|calculate|look up|get|take|read|check|find out|tell me|give me|report|"
    "what is|what's|what are|i want to know|i'd like to know|i need to know|show me|see|let me know|form|build)"
)


def reads(piece: Piece) -> Reads | None:
    """`count the ERROR lines in a.log on beta`, `what is the sum of the two`, `how many rows has b.csv on alpha`."""
    counted = match("(count|count up|tally) {what:any}", piece)
    if counted is not None:
        what = Piece(piece.line, counted["what"])
        number = value(as_number(what))
        found = thing(what) if number is None else number
        return Reads(found) if isinstance(found, (Value, Measure)) else None
    slots = match(f"{_READ} {{what:any}}", piece)
    asks = slots is not None or match("(how|how many|how often|how much) {what:any}", piece) is not None
    bare = Piece(piece.line, slots["what"]) if slots is not None else piece
    known = thing(bare)
    if isinstance(known, Measure):
        return Reads(known)
    one = (reference(bare) or value(bare)) if asks else None
    return Reads(one) if one is not None else None


def _trimmed(piece: Piece) -> Piece:
    """Without separators at its ends."""
    begin, end = 0, len(piece.tokens)
    while begin < end and piece.tokens[begin].text.casefold() in SEPARATORS:
        begin += 1
    while end > begin and piece.tokens[end - 1].text.casefold() in SEPARATORS:
        end -= 1
    return part(piece, begin, end)


def clauses(piece: Piece, more: Sequence[PartReader] = ()) -> list[tuple[Part, Piece]] | None:
    """The deeds of a sentence with their words: the whole of it, or parts at its separators that all are clauses; the
    fewest. `more` reads what is none of this module's. Other wordings count only where it is not read as it stands."""
    known: dict[tuple[int, int], Part | None] = {}

    def exact(clause: Piece) -> Part | None:
        # Both ways ask for the same parts; a token is in a line once, and a part is known by its ends.
        key = (clause.tokens[0].start, clause.tokens[-1].end)
        if key not in known:
            known[key] = _as_it_stands(clause, more)
        return known[key]

    def loose(clause: Piece) -> Part | None:
        found = exact(clause)
        return _in_other_words(clause, more) if found is None else found

    return _clauses(piece, exact) or _clauses(piece, loose)


def _clauses(piece: Piece, deed: Callable[[Piece], Part | None]) -> list[tuple[Part, Piece]] | None:
    known: dict[int, list[tuple[Part, Piece]] | None] = {}

    def read(begin: int) -> list[tuple[Part, Piece]] | None:
        if begin in known:
            return known[begin]
        known[begin] = None
        best: list[tuple[Part, Piece]] | None = None
        for end in _ends(piece, begin):
            clause = _trimmed(part(piece, begin, end))
            first = deed(clause) if clause.tokens else None
            if first is None:
                continue
            rest = [] if end == len(piece.tokens) else read(_after(piece, end))
            if rest and _closing(first) and not rest[0][1].said.startswith(("if ", "otherwise ")):
                continue
            if rest is not None and (best is None or _size(rest) + 1 < _size(best)):
                best = [(first, clause), *_then(piece, end, rest)]
        known[begin] = best
        return best

    return read(0)


def _ends(piece: Piece, begin: int) -> Iterator[int]:
    yield len(piece.tokens)
    for at in range(len(piece.tokens) - 1, begin, -1):
        token = piece.tokens[at]
        if token.kind in (Kind.WORD, Kind.PUNCT) and token.text.casefold() in (*SEPARATORS, "then", ":"):
            yield at


def _closing(first: Part) -> bool:
    return first.closing


def _then(piece: Piece, end: int, rest: list[tuple[Part, Piece]]) -> list[tuple[Part, Piece]]:
    """What comes behind a clause, in order where `then` stands between."""
    between = piece.tokens[end : _after(piece, end)]
    return [(Then(), part(piece, end, end)), *rest] if any(one.text.casefold() == "then" for one in between) else rest


def _size(found: list[tuple[Part, Piece]]) -> int:
    return sum(not isinstance(deed, Then) for deed, _ in found)


def _after(piece: Piece, at: int) -> int:
    while at < len(piece.tokens) and piece.tokens[at].text.casefold() in (*SEPARATORS, "then", ":"):
        at += 1
    return at
