"""What the words of flows may mean: one table for verbs, one for participles, one for nouns.

Each line has the word that the patterns of clauses know, and those that mean the same to a flow. A word that means
several things, or the same only in some clauses, is in no line.
"""

from __future__ import annotations

from typing import Final

VERBS: Final = {
    "put": (
        "stick", "deposit", "deliver", "lay", "stash", "file away", "hand over", "pass on", "pass", "hand", "ship",
        "ship over", "upload", "push", "push out", "carry over", "mirror", "replicate", "duplicate",
        "distribute", "forward", "transmit", "bring over", "bring back", "bring", "send back", "send over",
        "copy over", "copy back", "take over", "spread", "transfer", "leave", "drop", "place", "store", "keep",
        "save", "write", "send", "copy", "note", "note down", "write down", "write out", "record", "jot down",
        "output", "export", "log", "get",  "deploy", "roll out", "enter", "list",
    ),
    "collect": ("gather", "grab", "pull", "pull together", "pull in", "fetch", "bring together", "gather up"),
    "count": ("tally", "count up", "establish the number of", "count the number of", "work out the number of"),
    "compute": ("calculate", "work out", "determine", "figure out", "find out", "establish"),
    "sum": ("total up", "tot up", "add together", "add up", "total"),
    "pack": ("zip", "zip up", "archive", "compress", "tar", "tar up", "bundle", "bundle up", "pack up"),
    "unpack": ("extract", "unzip", "untar", "decompress", "expand", "inflate"),
    "delete": ("remove", "get rid of", "erase", "throw away", "wipe", "discard"),
    "download": ("fetch", "get", "pull", "grab", "pull down", "load", "retrieve"),
    "run": ("execute", "start", "invoke", "launch"),
    "draw": ("plot", "chart", "graph", "render", "make", "produce", "create"),
    "show": ("display", "pop up", "put up", "flash", "raise", "bring up", "present", "post", "give"),
    "merge": ("combine", "join", "unite", "concatenate", "put together", "join together", "consolidate"),
    "convert": ("turn", "render", "transform", "make"),
    "read": ("take", "get", "fetch", "look up", "extract", "pick"),
    "check": ("verify", "confirm", "test"),
    "text": ("message", "sms"),
    "look at": ("inspect", "examine", "have a look at", "take a look at", "look into"),
}  # fmt: skip
"""Verbs at the head of a clause. A word may be in several lines: each is tried, and a clause that two of them make
different deeds of is not read."""

PARTICIPLES: Final = {
    "copied": "copy", "sent": "send", "put": "put", "written": "write", "saved": "save", "stored": "store",
    "kept": "keep", "placed": "place", "left": "leave", "dropped": "drop", "packed": "pack", "zipped": "pack",
    "compressed": "pack", "archived": "pack", "bundled": "pack", "unpacked": "unpack", "extracted": "unpack",
    "unzipped": "unpack", "downloaded": "download", "fetched": "fetch", "collected": "collect", "gathered": "gather",
    "pulled": "collect", "merged": "merge", "combined": "combine", "joined": "join", "sorted": "sort",
    "counted": "count", "deleted": "delete", "removed": "delete", "erased": "delete", "moved": "move",
    "renamed": "rename", "turned": "turn", "converted": "convert", "rendered": "render", "published": "publish",
    "shown": "show", "displayed": "show", "listed": "list", "drawn": "draw", "plotted": "draw", "charted": "draw",
    "set": "set", "opened": "open", "closed": "close", "restored": "restore", "verified": "verify",
    "checked": "check", "compared": "compare", "run": "run", "executed": "run", "texted": "text", "added": "add",
    "added up": "add up", "summed": "sum", "summed up": "sum up", "computed": "compute", "calculated": "compute",
    "worked out": "compute", "determined": "compute", "read": "read", "taken": "take", "transferred": "copy",
    "pushed": "send", "shipped": "send", "delivered": "send", "handed": "send", "brought": "bring",
    "recorded": "write", "noted": "write", "noted down": "write", "written down": "write", "exported": "export",
    "installed": "install", "restarted": "restart", "started": "start", "stopped": "stop", "replaced": "replace",
    "made": "make", "created": "make", "averaged": "average", "measured": "measure", "backed up": "back up",
    "mirrored": "copy", "distributed": "copy", "made available": "put", "uploaded": "copy", "appended": "append",
    "recreated": "restore", "printed": "print", "filed": "put", "deployed": "copy", "created as": "make",
}  # fmt: skip
"""Participles of the passive, with the verb of the same clause in the active."""

NOUNS: Final = {
    "workbook": ("spreadsheet", "excel file", "excel workbook", "excel sheet", "excel spreadsheet", "xlsx file"),
    "notification": (
        "notice", "alert", "pop-up", "popup", "desktop notification", "desktop alert", "banner", "toast",
        "pop-up message", "popup message", "pop-up notification",
    ),
    "text message": ("sms message", "sms text", "short message"),
    "bar chart": ("bar graph", "bar plot", "bar diagram", "column chart"),
    "line chart": ("line graph", "line plot", "line diagram"),
    "pie chart": ("pie graph", "pie diagram"),
    "sha-256": (
        "sha256 checksum", "sha-256 checksum", "sha256 hash", "sha-256 hash", "sha256 digest", "sha-256 digest",
        "sha256 sum", "sha-256 sum", "fingerprint", "sha256sum", "sha-256 fingerprint", "sha256 fingerprint",
    ),
    "folder": ("directory", "subfolder", "subdirectory", "dir"),
    "average": ("mean value", "average value", "arithmetic mean"),
    "minimum": ("lowest value", "smallest value"),
    "maximum": ("highest value", "largest value", "peak value"),
    "lines": ("log lines", "logged lines", "log entries", "log messages"),
}  # fmt: skip
"""Nouns. The first of each line is the one that patterns know."""


def verbs_of(said: str) -> tuple[tuple[str, int], ...]:
    """The verbs that the head of a clause may stand for, each with the number of its words there; longest first."""
    found: dict[str, int] = {}
    for form, heads in _HEADS:
        if said.startswith(f"{form} "):
            for head in heads:
                found.setdefault(head, len(form.split()))
    return tuple(found.items())


def _heads() -> tuple[tuple[str, tuple[str, ...]], ...]:
    known: dict[str, list[str]] = {}
    for verb, others in VERBS.items():
        for other in others:
            known.setdefault(other, []).append(verb)
    return tuple(
        (form, tuple(verbs)) for form, verbs in sorted(known.items(), key=lambda one: (-len(one[0].split()), one[0]))
    )


_HEADS: Final = _heads()
HEADS: Final = frozenset(form for form, _ in _HEADS if " " not in form) | frozenset(VERBS)
