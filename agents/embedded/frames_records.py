"""Frames for what a server records: the journal, cron's tables, databases, backups."""

from __future__ import annotations

import re
from typing import Final

from agents.embedded.frames import Frame
from agents.embedded.frames_system import ASKS
from agents.embedded.naming import SERVICE, USER, beside, last_lines, named_thing
from agents.embedded.slots import choice, clean, folder_or_word, literal
from agents.embedded.tokens import Kind
from agents.embedded.view import View
from agents.embedded.words import DELETES
from agents.embedded.wordset import words
from protocol.vocabulary import Json, JsonObject

_JOURNAL: Final = words("journal journalctl")
_CRON: Final = words("cron crontab cronjob")
_ENTRY: Final = words("entry job cronjob line")
_DATABASES: Final = (".db", ".sqlite", ".sqlite3", ".db3")
_TABLE: Final = words("table schema")
_READING: Final = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)
_ARCHIVES: Final = (".tar.gz", ".tgz")
_GRAVE: Final = {
    "warning": "warning",
    "error": "err",
    "critical": "crit",
}


def _since(view: View) -> Json:
    """`since yesterday`, `from today`, `since 2026-11-20`."""
    for at, token in enumerate(view.tokens):
        if (token.word and token.lemma in {"today", "yesterday"}) or re.fullmatch(r"\d{4}-\d\d-\d\d", token.text):
            lead = view.before(at) in {"since", "from", "of"}
            if not lead and token.lemma != "today":
                continue  # `of yesterday` alone ends where today begins
            if view.before(at) in {"of", "from"} and token.lemma != "today":
                continue
            view.claim(at, *([at - 1] if lead else []))
            return clean(token.text.casefold())
    return None


def _unit(view: View) -> Json:
    """`of the service sshd`, `the journal of sshd`, `journal entries for ssh`: the unit."""
    unit = beside(SERVICE | {"unit"})(view)
    if unit is not None:
        return unit
    for at in range(1, len(view.tokens)):
        if view.before(at) in {"of", "for", "from", "about"} and view.before(at, 2) not in {"warning", "error"}:
            name = named_thing(view, at)
            if name is not None:
                return name
    return None


def _graver(view: View) -> Json:
    found = choice(_GRAVE)(view)
    if found is not None:
        view.take(words("worse above graver higher severe more only level priority severity and or with"))
    return found


def _database(view: View) -> Json:
    """A database that is a file."""
    path = literal(Kind.PATH, test=lambda f: str(f.token.value).casefold().endswith(_DATABASES))(view)
    return f"sqlite:{path}" if isinstance(path, str) else None


def _statement(view: View) -> Json:
    for at, token in view.free(Kind.QUOTED):
        if _READING.match(str(token.value)):
            view.claim(at)
            return clean(str(token.value))
    return None


def _restored(arguments: JsonObject, view: View) -> JsonObject | None:
    target = str(arguments.get("target", ""))
    return None if target.endswith(_ARCHIVES) else arguments


FRAMES: Final[tuple[Frame, ...]] = (
    Frame(
        "journal.read",
        ASKS | words("is are does read search tail"),
        (_JOURNAL,),
        _JOURNAL
        | SERVICE
        | words(
            "systemd unit entry line log logline message latest last newest recent most say says from worse above "
            "graver higher severe only level priority severity or with and"
        ),
        slots=(("priority", _graver), ("lines", last_lines), ("since", _since), ("unit", _unit)),
        sure=True,
        bonus=3,
    ),
    Frame(
        "cron.list",
        ASKS | words("does run"),
        (_CRON,),
        _CRON | _ENTRY | USER | words("there exist table all planned have run runs set setup are overview"),
        slots=(("user", beside(USER)),),
        sure=True,
    ),
    Frame(
        "cron.remove",
        DELETES | words("drop"),
        (_CRON,),
        _CRON | _ENTRY | words("table from"),
        slots=(("id", beside(_ENTRY | _CRON)),),
        needs=frozenset({"id"}),
        strict=True,
        sure=True,
        bonus=2,
    ),
    Frame(
        "sql.tables",
        ASKS | words("has does schema"),
        (_TABLE,),
        words("table schema column sqlite database db file sql there exist inside contain structure hold"),
        slots=(("database", _database),),
        needs=frozenset({"database"}),
        final=lambda a, v: a if not v.has("row", "record", "howmany") else None,
        sure=True,
        bonus=3,
    ),
    Frame(
        "sql.query",
        words("run execute query show ask do read give get send what put"),
        (),
        words("query sql sqlite statement database db file select against row result output with following"),
        slots=(("statement", _statement), ("database", _database)),
        needs=frozenset({"statement", "database"}),
        strict=True,
        sure=True,
        bonus=5,
    ),
    Frame(
        "sql.export",
        words("export save write dump store put"),
        (),
        words("query result row output sql sqlite database db file csv there statement select data"),
        slots=(
            ("statement", _statement),
            ("database", _database),
            ("path", literal(Kind.PATH, preps="to into as in", test=lambda f: str(f.token.value).endswith(".csv"))),
        ),
        needs=frozenset({"statement", "database", "path"}),
        strict=True,
        sure=True,
        bonus=2,
    ),
    Frame(
        "backup.restore",
        words("restore recover"),
        (),
        words("backup archive file folder directory content contents everything from into to back new"),
        slots=(
            ("backup_path", literal(Kind.PATH, test=lambda f: str(f.token.value).casefold().endswith(_ARCHIVES))),
            ("target", folder_or_word("into to in under")),
        ),
        needs=frozenset({"backup_path", "target"}),
        strict=True,
        final=_restored,
        sure=True,
        bonus=2,
    ),
)
