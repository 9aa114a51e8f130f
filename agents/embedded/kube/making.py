"""What all frames that make something share: the words that ask for it, its name, its namespace, its command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from agents.embedded.kube.frames import Fill, Table
from agents.embedded.kube.lexicon import CONDITIONS, FILLERS, KIND_NAMES, NEGATIONS
from agents.embedded.kube.names import BEHIND_NAME, NO_NAMES, Mention
from agents.embedded.kube.orders import ordered
from agents.embedded.kube.outcome import missing
from agents.embedded.kube.slots import literal, strict_name
from agents.embedded.kube.tokens import LITERAL, Shape, Token
from agents.embedded.kube.view import View
from agents.embedded.wordset import words

CREATE = (
    "create make add spinup provision need want set give put new deploy generate open get apply run launch start "
    "have "
    "install"
)
_OF_WHAT_IS = frozenset({"set", "put", "give"})
"""Verbs that make something only where they stand beside it: `set A=1 in x, namespace y` makes no namespace."""
_ASKING = "wanted require required should must shall please pls called named name set publish"
_WORDS = (
    "create make add spinup provision need want give put new get run start have wanted require required should must "
    "shall please called named name call in for with of and it there which that this use whose namespace exist"
)


def makes(
    table: Table, skill: str, kind: str, may: str = "", *, heads: str = "", bonus: float = 0.5
) -> Callable[[Fill], Fill]:
    """A frame that makes an object. The kind itself asks for one where all that it takes is said (`pdb x: ...`)."""
    asking = f"{CREATE} {_ASKING} {kind} {heads}"
    register = table.writes(skill, heads=asking, may=f"{_WORDS} {kind} {may}", bonus=bonus, talk=True)
    own = words(f"{kind} {heads}") & KIND_NAMES

    def made(fill: Fill) -> Fill:
        return register(lambda v: None if _makes_other(v, own) else fill(v))

    return made


def _makes_other(v: View, own: frozenset[str]) -> bool:
    """`create the namespace x and put a quota on it` asks for two things: each verb's object is of the kind made."""
    for at, token in enumerate(v.tokens):
        if token.lemma not in _MAKES:
            continue
        for step in range(at + 1, min(at + 5, len(v.tokens))):
            after = v.tokens[step]
            if after.shape is Shape.MARK or after.low in {"in", "for", "with", "on", "to", "from"}:
                break
            if after.lemma in KIND_NAMES and after.word:
                if after.lemma not in own:
                    return True
                break
    return False


_MAKES = words("create make add spinup provision new put deploy generate launch")


def making(v: View) -> bool:
    """Whether something is to be made: by a verb, or by `new ...`, `a ...` or `... please` without one."""
    return (
        (ordered(v, CREATE) and (v.seen(CREATE) or v.context.inherited not in _OF_WHAT_IS))
        or bool(v.take("spinup"))
        or _wanted(v)
        or v.context.inherited in set(CREATE.split()) - _OF_WHAT_IS
        or noun_first(v)
    )


def _wanted(v: View) -> bool:
    """`new ...`, `... required`, but not `the new developer of ...` in a statement."""
    return v.seen("wanted required require") or any(
        lemma == "new" and v.moods[at] != "state" for at, lemma in enumerate(v.lemmas)
    )


def noun_first(v: View) -> bool:
    """`a service account x in y`, `service account x in y please`, `... will do`: the thing alone asks for itself."""
    content = [t for t in v.tokens if t.shape is not Shape.MARK]
    polite = any(t.low in {"please", "pls", "plz", "ok", "do"} for t in content)
    named_first = any(t.lemma in KIND_NAMES for t in content[:2]) and v.moods[0] == "name"
    counted = bool(content) and content[0].shape is Shape.NUMBER and v.moods[0] == "name"
    return bool(content) and (content[0].low in {"a", "an", "one-off"} or (polite and named_first) or counted)


def evident(v: View) -> bool:
    """Whether clauses that say all that an object takes ask for it: they tell what is to be, not what is."""
    making(v)
    return not set(v.moods) <= {"state", "ask", "show"} or any(t.low in _MODAL for t in v.tokens)


_MODAL = words("should must shall need needs want wants please pls may can gets get")


# --- names ----------------------------------------------------------------------------------------------------------

_CALLED = words("called named name titled call")
_BETWEEN = words("it : = is them the should be will as just to")
_OWNERS = KIND_NAMES | words("key container host image user file port command class group label")


def named(v: View, *kinds: str, aliases: str = "") -> str:
    """The name of what is made, of the first of the kinds; "" where none is said or it is none of Kubernetes.

    `called x` behind the kind or behind nothing that has a name of its own comes before `KIND x`, and that before a
    lone name. `aliases` are other words for the kind.
    """
    found = _called(v, {*kinds, *aliases.split()}) or _behind(v, kinds)
    if not found:
        one = next((m for m in v.mentions if m.kind in kinds and len(m.names) == 1 and not m.at & v.used), None)
        one = one or _lone(v)
        if one is not None:
            v.claim(*one.at)
            found = one.names[0]
    for one in v.mentions:
        if one.kind in kinds and (not one.names or one.names == (found,)):
            v.claim(*one.at)
    return found if found and strict_name(found) else ""


def _behind(v: View, kinds: tuple[str, ...]) -> str:
    """`a pod debug with ...`: a word of the language as a name, right behind the kind that has none."""
    for one in v.mentions:
        at = max(one.at) + 1
        if one.kind not in kinds or one.names or one.at & v.used or at + 1 >= len(v.tokens) or one.plural:
            continue
        token, after = v.tokens[at], v.tokens[at + 1]
        low = token.low
        plain = token.word and token.lemma == low and low not in FILLERS | NEGATIONS | CONDITIONS | NO_NAMES
        if plain and at not in v.used and after.low in BEHIND_NAME and not low.endswith(("ing", "ed")):
            v.claim(*one.at, at)
            release(v, at)
            return low
    return ""


def _called(v: View, owners: set[str]) -> str:
    for at, token in enumerate(v.tokens):
        if token.low not in _CALLED or _owner(v, at) not in owners | {""}:
            continue
        step = at + 1
        while step < len(v.tokens) and (v.tokens[step].low in _BETWEEN or v.lemmas[step] in owners):
            step += 1
        if step in v.used or not v._any_name(step) or v.tokens[step].lemma in KIND_NAMES:
            continue
        if step == at + 1 and v.tokens[step].low in {"after", "by", "from"}:
            continue
        if token.low == "name" and v.tokens[step].word and not _naming(v, at):
            continue
        v.claim(*range(at, step + 1))
        _release(v, step)
        return v.name_at(step)
    return ""


def _naming(v: View, at: int) -> bool:
    """`..., name shoot`, `with name shoot`; in `need name resolution` it is a part of what is needed."""
    before = v.tokens[at - 1] if at else None
    return (
        before is None
        or before.shape is Shape.MARK
        or before.lemma in KIND_NAMES
        or before.low in {"with", "its", "the", "and"}
    )


def _owner(v: View, at: int) -> str:
    """The nearest word before that can have a name and has none: what `called` speaks of."""
    for step in range(at - 1, -1, -1):
        if v.tokens[step].text in {".", ";"} or (step == at - 1 and v.tokens[step].text in {",", ":"}):
            return ""
        own = next((m for m in v.mentions if step in m.at), None)
        if own is not None and own.kind and (own.names or own.plural) and at not in own.at:
            continue
        value = next((t for t in v.tokens[step + 1 : step + 3] if t.text not in {":", "="}), None)
        if value is not None and value.shape in LITERAL - {Shape.NAME} and v.lemmas[step] not in KIND_NAMES:
            continue
        if v.lemmas[step] in _OWNERS and step not in v.used:
            return v.lemmas[step]
    return ""


def _release(v: View, at: int) -> None:
    """The token is no object and no place any more."""
    v.mentions = [m for m in v.mentions if at not in m.at]
    if v.location is not None and at in v.location.at:
        v.location = None


def release(v: View, *positions: int) -> None:
    """Explains tokens that are values, and no objects or places."""
    v.claim(*positions)
    for at in positions:
        _release(v, at)


def _lone(v: View) -> Mention | None:
    """`deploy IMAGE as x`: the only name that stands alone."""
    bare = [m for m in v.mentions if not m.kind and len(m.names) == 1 and not m.namespace and not m.at & v.used]
    bare = [m for m in bare if m.prep in {"", "as"} and (m.prep or _shaped(v, m) or _behind_verb(v, m))]
    marked = [m for m in bare if m.prep == "as"] or bare
    return marked[0] if len(marked) == 1 else None


def _shaped(v: View, one: Mention) -> bool:
    return any(v.tokens[at].shape in {Shape.NAME, Shape.QUOTED} for at in one.at)


def _behind_verb(v: View, one: Mention) -> bool:
    before = v.tokens[one.first - 1] if one.first else None
    return before is not None and before.lemma in CREATE.split()


# --- places ---------------------------------------------------------------------------------------------------------


def space(v: View, what: str, *, direct: bool = False) -> str:
    """The namespace of what is made; raises where nobody said one. `direct`: it may be the object of the verb."""
    place(v, direct=direct)
    found = v.namespace()
    if not found:
        raise missing(f"which namespace is {what} to be made in?")
    return found


_ONTO = words("in inside within on into onto")


def place(v: View, *, direct: bool = False) -> None:
    """Finds the namespace where none is named: the only name behind a preposition, or a plain word behind `in`."""
    if v.location is not None:
        return
    also = {""} if direct else set()
    free = [m for m in v.mentions if m.kind in {"", "namespace"} and len(m.names) == 1 and not m.at & v.used]
    free = [m for m in free if m.kind or m.prep in _ONTO | {"to", "at", "from", "of", "for"} | also]
    free = [m for m in free if m.kind or _shaped(v, m) or m.prep in _ONTO]
    if len(free) == 1:
        v._settle(free[0])
    elif not free and not v.context.namespace:
        plain_place(v)


def plain_place(v: View) -> None:
    """`in billing,`: a word of the language that ends its phrase."""
    for at, token in enumerate(v.tokens[:-1]):
        word = v.tokens[at + 1]
        if token.low not in {"in", "into", "inside", "within"} or not word.word or at + 1 in v.used:
            continue
        if word.low in FILLERS | NEGATIONS | NO_NAMES | _NO_PLACES or word.lemma in KIND_NAMES or " " in word.text:
            continue
        after = v.tokens[at + 2] if at + 2 < len(v.tokens) else None
        if after is None or after.shape is Shape.MARK or after.low in {"and", "with", "please", "pls", "that", "which"}:
            v._settle(Mention("", (word.low,), frozenset({at + 1}), token.low))
            return


_NO_PLACES = words(
    "time general full addition future advance memory total place case fact front behind there turn order parallel "
    "background common mind short use words other both it cluster kubernetes production"
)


def drop_kinds(v: View, *kinds: str) -> None:
    """Explains words for kinds without a name: `the pods`."""
    for one in [m for m in v.mentions if m.kind in kinds and not m.names]:
        v.claim(*one.at)
        v.mentions.remove(one)


# --- commands -------------------------------------------------------------------------------------------------------

_RUNS = words("command run execute cmd exec")
_UNTIL_COMMAND = words(": is the command just with = it should")


def command(v: View) -> list[str]:
    """`run "sleep 3600"`, `command sh -c "..."`, `that sleeps 60`, `running: du -sh /data`; empty without one."""
    for at, token in enumerate(v.tokens):
        if token.low in {"sleep", "sleeps"} and at + 1 < len(v.tokens) and at not in v.used:
            after = v.tokens[at + 1]
            seconds = str(after.value) if after.shape is Shape.DURATION else after.text
            if seconds.isdigit() or after.low in {"infinity", "forever"}:
                release(v, *[n for n in range(max(0, at - 2), at) if v.lemmas[n] in _RUNS], at, at + 1)
                return ["sleep", "infinity" if after.low == "forever" else seconds]
        if token.low == "with" and at + 1 < len(v.tokens) and _words_in_quotes(v.tokens[at + 1]):
            return _quoted(v, at, at + 1)
        if token.lemma not in _RUNS or not (token.word or token.shape is Shape.NAME):
            continue
        step = at + 1
        while step < len(v.tokens) and v.tokens[step].low in _UNTIL_COMMAND:
            step += 1
        found = _quoted(v, at, step) or (_raw(v, at, step) if v.tokens[step - 1].text in {":", "="} else [])
        if found:
            return found
    return []


def _words_in_quotes(token: Token) -> bool:
    """with `node seed.js`: several words in quotes are a command."""
    return token.shape is Shape.QUOTED and " " in str(token.value)


def _quoted(v: View, at: int, step: int) -> list[str]:
    if step >= len(v.tokens):
        return []
    shell = v.tokens[step].low in {"sh", "bash", "/bin/sh", "/bin/bash"}
    last = step + 2
    if shell and last < len(v.tokens) and v.tokens[step + 1].text == "-c" and v.tokens[last].shape is Shape.QUOTED:
        release(v, *range(at, last + 1))
        return [v.tokens[step].text, "-c", str(v.tokens[last].value)]
    if v.tokens[step].shape is Shape.QUOTED:
        release(v, *range(at, step + 1))
        return split_command(str(v.tokens[step].value))
    return []


def _raw(v: View, at: int, step: int) -> list[str]:
    """What stands behind a colon, up to the end of the clause."""
    end = step
    while end < len(v.tokens) and v.tokens[end].text not in {",", ".", "\n", ";", "(", ")", "?", "!"}:
        end += 1
    texts = [literal(v, n) for n in range(step, end)]
    release(v, *range(at, end))
    return texts


def split_command(text: str) -> list[str]:
    """A command in quotes as its arguments; what needs a shell goes to one."""
    if re.search(r"[;&|<>$`]", text):
        return ["sh", "-c", text]
    try:
        return shlex.split(text)
    except ValueError:
        return ["sh", "-c", text]
