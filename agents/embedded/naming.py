"""Names of services, containers, packages and accounts: they stand beside the noun that says what they name.

`the service nginx`, `a container called web`, `the htop package`, `nginx as a service`.
"""

from __future__ import annotations

import re
from typing import Final

from agents.embedded.slots import PREPOSITIONS, Reader, clean
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.words import ADJECTIVES, FILLERS, LEADS
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

SERVICE: Final = words("service daemon")
CONTAINER: Final = words("container")
PACKAGE: Final = words("package")
USER: Final = words("user account login")
LOGS: Final = words("log logs logline logging logfile output")
LAST: Final = words("last latest newest recent most tail final past")
LINES: Final = words("line entry message logline row")
NAMING: Final = words("called named name titled")
_NAMES: Final = frozenset({Kind.WORD, Kind.PATH, Kind.QUOTED, Kind.HOST})
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]{0,100}")
_STATES: Final = words(
    "run running up down active alive started stopped start starting stop enabled disabled working healthy ok fine "
    "dead failed failing doing state status health still whether if not crashed alright well good currently"
)
NO_NAME: Final = (
    FILLERS
    | ADJECTIVES
    | LEADS
    | PREPOSITIONS
    | _STATES
    | LOGS
    | LINES
    | LAST
    | NAMING
    | SERVICE
    | CONTAINER
    | PACKAGE
    | USER
    | words(
        "systemd debian linux system stats statistics list version details detail info information group home "
        "shell folder directory boot restart reboot needs need should must may might shall because since so but or "
        "no none without while until again once upon about after before if unless whose who when where why how "
        "installed available there exist exists existing failed unused two three four five several many few more "
        "process program app application tool tools software library update updates upgrade upgrades patch patches "
        "everything nothing something anything thing things stuff latest config configuration settings setting file "
        "files machine server host device job entry image database db backup memory cpu usage load says say said "
        "data session cache preference profile content upload input permission right password key quota mail mailbox "
        "manual guide story interface survey form page report experience documentation handbook agreement base "
        "manager repository repo source index dependency level registry network volume space activity history test "
        "kernel os ubuntu debian android windows bios firmware unit agent asterism team member owner name id "
        "mysterious certain same own dedicated separate normal regular ordinary fresh actual specific login"
    )
)


ENGINES: Final = words("docker podman")
"""What runs containers, and no container's name; a service's it is."""


def fits(view: View, at: int) -> bool:
    token = view.tokens[at] if 0 <= at < len(view.tokens) else None
    if token is None or at in view.claimed or at == view.head_at or token.kind not in _NAMES:
        return False
    said = str(token.value or token.text)
    plain = token.kind is Kind.QUOTED or not {token.lemma, token.text.casefold()} & NO_NAME
    return plain and _NAME.fullmatch(said) is not None


def taken(view: View, at: int, *others: int) -> str:
    view.claim(at, *others)
    return clean(str(view.tokens[at].value or view.tokens[at].text))


def named_thing(view: View, at: int) -> str | None:
    """The name at `at`, explained; None where that word is none."""
    return taken(view, at) if fits(view, at) else None


def beside(nouns: frozenset[str]) -> Reader:
    """`the service nginx`, `the nginx service`, `nginx as a service`: the name beside the noun."""

    def read(view: View) -> Json:
        for at, token in enumerate(view.tokens):
            if not token.word or token.lemma not in nouns:
                continue
            after = at + 1
            while view.lemma(after) in NAMING | nouns or colon(view, after) or (nouns is USER and _for(view, after)):
                after += 1
            before = at - 1
            while view.lemma(before) in nouns | words("a an new the as"):
                before -= 1
            joined = before == at - 1 or view.lemma(before + 1) == "as"
            if fits(view, after):
                return taken(view, after, *range(at, after))
            if joined and fits(view, before) and not (nouns is CONTAINER and view.lemma(before) in ENGINES):
                return taken(view, before, *range(before, at + 1))
        return None

    return read


def _for(view: View, at: int) -> bool:
    """`an account for lena`, `the account of tim`"""
    return view.lemma(at) in {"for", "of"} and view.lemma(at - 1) in {"account", "login"}


def colon(view: View, at: int) -> bool:
    token = view.tokens[at] if at < len(view.tokens) else None
    return token is not None and token.kind is Kind.PUNCT and token.text == ":"


def listed(view: View, at: int) -> list[str]:
    """The names of `tree, jq and htop`, claimed with what joins them."""
    found: list[str] = []
    while fits(view, at) and view.tokens[at].kind in (Kind.WORD, Kind.QUOTED):
        found.append(taken(view, at))
        step = at + 1
        while step < len(view.tokens) and (view.tokens[step].text in {",", "&", "+"} or view.lemma(step) == "and"):
            step += 1
        if step == at + 1 or not fits(view, step):
            break
        view.claim(*range(at, step))
        at = step
    return found


def last_lines(view: View) -> Json:
    """`the last 30 log lines`, `80 lines`, `newest 20 entries`: how many."""
    for at, token in view.free(Kind.NUMBER):
        ahead = view.lemma(at + 2) if view.lemma(at + 1) in LOGS | CONTAINER | SERVICE else view.lemma(at + 1)
        if isinstance(token.value, int) and token.value > 0 and (ahead in LINES | LOGS or view.before(at) in LAST):
            view.claim(at)
            return token.value
    return None


def one_meant(arguments: JsonObject, view: View) -> JsonObject | None:
    """One thing is meant: `all`, and a plural, mean more."""
    plural = any(t.word and t.text.casefold() in {"services", "containers", "users", "accounts"} for t in view.tokens)
    return None if plural or view.has("all", "every", "each") else arguments


def plural(plurals: str) -> Reader:
    wanted = words(plurals)
    quantified = words("every each any")
    return lambda view: (
        True if any(t.word and (t.text.casefold() in wanted or t.lemma in quantified) for t in view.tokens) else None
    )
