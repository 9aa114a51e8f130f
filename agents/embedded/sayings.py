"""Set phrases of one meaning, joined into one word before anything else is read: `kick off` is `run`, `not changed` is
`unchanged`, `without duplicates` is `unique`. What such a phrase negates is part of what it says, not a limit to it.
"""

from __future__ import annotations

from itertools import product
from typing import Final

from agents.embedded.wordset import words


def _each(lead: str, middle: str, last: str, meaning: str) -> dict[tuple[str, ...], str]:
    """All phrases of one word of each kind; `-` in `middle` stands for none."""
    between = [() if word == "-" else (word,) for word in middle.split()]
    found = ((first, *inner, end) for first, inner, end in product(lead.split(), between, last.split()))
    return dict.fromkeys(found, meaning)


_NOT = "not haven't hasn't weren't wasn't isn't aren't hadn't never"
_TWICE = "duplicate dup dupe repeat repetition doublet double duplication"

SAYINGS: Final[dict[tuple[str, ...], str]] = {
    # What has not happened, which is no negation of the request.
    **_each(_NOT, "- been", "changed modified touched edited updated altered", "unchanged"),
    **_each("didn't don't doesn't", "-", "change", "unchanged"),
    **_each("without", "any -", "change modification edit", "unchanged"),
    **_each("nobody", "- has ever", "changed modified touched edited updated", "untouched"),
    **_each("no", "one", "changed modified touched edited updated", "untouched"),
    ("no", "one", "has", "touched"): "untouched",
    ("nobody", "has", "ever", "touched"): "untouched",
    **_each("without no minus sans", "any the -", _TWICE, "unique"),
    **_each("without not", "-", "unpacking extracting unzipping opening", "packed"),
    **_each("without", "a any -", "restart reboot interruption restarting rebooting", "uninterrupted"),
    **_each("removing dropping", "the any all -", _TWICE, "unique"),
    **_each("only just exactly", "-", "once", "once"),
    **_each("only just", "one a", "time", "once"),
    ("one", "time", "only"): "once",
    ("one", "time", "each"): "once",
    ("keep", "the", "same"): "same",
    **{(one, "for", one): "exactly" for one in ("byte", "bit", "word", "letter", "character")},
    **_each("including with and", "- all the its their any", "subfolder subdirectory", "recursively"),
    **_each("subfolder subdirectory", "-", "too included also", "recursively"),
    **_each("subfolder subdirectory", "as", "well", "recursively"),
    # Order.
    ("from", "a", "to", "z"): "alphabetical",
    ("a", "to", "z"): "alphabetical",
    ("a", "-", "z"): "alphabetical",
    ("from", "z", "to", "a"): "backwards",
    ("z", "to", "a"): "backwards",
    ("in", "reverse"): "backwards",
    # Running and ending.
    **_each("kick fire set", "-", "off", "run"),
    ("fire", "up"): "run",
    **_each("shoot put take kill", "-", "down off", "kill"),
    **_each("force hard", "-", "kill quit stop close end terminate", "forcekill"),
    **_each("forcibly forcefully", "-", "kill quit stop end terminate", "forcekill"),
    # Looking.
    **_each("take have", "a", "look peek", "show"),
    ("take", "a", "look", "into"): "show",
    ("take", "a", "look", "inside"): "show",
    ("have", "a", "look", "into"): "show",
    ("have", "a", "look", "inside"): "show",
    ("look", "inside"): "show",
    ("peek", "inside"): "show",
    ("peek", "into"): "show",
    ("peek", "at"): "show",
    ("hunt", "down"): "find",
    ("hunt", "for"): "find",
    ("track", "down"): "find",
    ("dig", "up"): "find",
    ("dig", "out"): "find",
    ("we", "keep"): "stored",
    ("i", "keep"): "stored",
    # Deleting and writing.
    ("jot", "down"): "write",
    ("put", "down"): "write",
    ("note", "down"): "write",
    ("tack", "on"): "append",
    ("tack", "onto"): "append",
    ("add", "on"): "append",
    ("add", "onto"): "append",
    ("blow", "away"): "delete",
    ("next", "to", "it"): "beside",
    ("right", "next", "to", "it"): "beside",
    # Facts.
    ("system", "version"): "os",
    **_each("start started boot booted power powered", "-", "up", "booted"),
    **_each("turned switched power powered", "-", "on", "booted"),
    **_each("belong belongs", "-", "to", "owner"),
    **_each("show shows turn turns pop pops showing crop crops come comes came", "-", "up", "occur"),
    **_each("come comes", "-", "back", "return"),
    **_each("access read write", "-", "right", "permission"),
    **_each(
        "take takes taking taken use uses using used eat eating eats chew chewing gobble gobbling", "-", "up", "eating"
    ),
    ("in", "use"): "used",
    ("full", "up"): "full",
    ("filled", "up"): "full",
    ("filling", "up"): "full",
    ("maxed", "out"): "busy",
    ("flat", "out"): "busy",
    **_each("running run", "-", "low short", "low"),
    **_each("running run", "low short out", "on of", "low"),
    **_each("low short", "-", "on", "low"),
    **_each("need want require", "a an another", "folder directory", "mkdir"),
    **{
        (want, article, state, noun): "mkdir"
        for want in ("need", "want", "require")
        for article in ("a", "an", "another")
        for state in ("new", "empty", "extra", "separate")
        for noun in ("folder", "directory")
    },
    ("line", "of", "code"): "loc",
    **{(fact, "wise"): fact for fact in ("memory", "ram", "cpu", "disk", "size", "space", "load")},
    **{
        ("make", "sure", "there", *verb, "a", noun): "mkdir"
        for verb in ((), ("is",))
        for noun in ("folder", "directory")
    },
    **_each("keep take leave", "a", "copy", "copy"),
    ("get", "rid", "of", "process"): "kill",
    ("get", "rid", "of", "the", "process"): "kill",
    # To whom something is offered.
    **{
        (*lead, *whom): "shared"
        for lead in (("available", "to"), ("available", "for"), ("accessible", "to"), ("accessible", "for"))
        for whom in (
            ("the", "other", "device"),
            ("other", "device"),
            ("all", "other", "device"),
            ("all", "the", "other", "device"),
            ("the", "other"),
            ("all", "the", "other"),
            ("the", "rest"),
            ("all", "device"),
            ("everyone",),
            ("everybody",),
            ("the", "other", "machine"),
            ("other", "machine"),
            ("the", "other", "computer"),
        )
    },
    **{
        ("what", kind, "of", noun): "specs"
        for kind in ("kind", "sort", "type")
        for noun in ("machine", "computer", "box", "rig", "device", "hardware", "pc", "gear")
    },
}

ALIASES: Final = {
    "incl": "including",
    **{f"{fact}-wise": fact for fact in ("memory", "ram", "cpu", "disk", "size", "space", "load")},
    "hdd": "disk",
    "ssd": "disk",
    "harddisk": "disk",
    "harddrive": "disk",
    "nvme": "disk",
    "gig": "gigabyte",
    "meg": "megabyte",
    "megs": "megabyte",
    "quantity": "number",
    "quantities": "number",
    **dict.fromkeys(("chunkiest", "bulkiest", "hugest", "meatiest", "beefiest", "weightiest", "plumpest"), "biggest"),
    **dict.fromkeys(("tiniest", "littlest", "slimmest", "skinniest", "titchiest", "teeniest"), "smallest"),
    **dict.fromkeys(("freshest", "youngest", "hottest-off-the-press"), "newest"),
    **dict.fromkeys(("stalest", "most-ancient", "dustiest"), "oldest"),
    "gigs": "gigabyte",
    "gbs": "gb",
    "tz": "timezone",
    "perms": "permission",
    "perm": "permission",
    "chksum": "checksum",
    "cksum": "checksum",
    "checksums": "checksum",
    "procs": "process",
    "proc": "process",
    "nics": "nic",
    "distro": "distribution",
    "loadavg": "load",
    "dups": "duplicate",
    "dupes": "duplicate",
    "subdir": "subdirectory",
    "subdirs": "subdirectory",
    "pics": "picture",
    "sysinfo": "info",
    "uniq": "unique",
    "deduplicated": "unique",
    "deduped": "unique",
    "dedup": "dedupe",
    "alphabetized": "alphabetical",
    "alphabetised": "alphabetical",
    "alphabetize": "alphabetize",
    "alphabetise": "alphabetize",
}
"""Short and technical forms by the word that frames and examples use."""

DELETING: Final = words("bin trash ditch chuck toss scrap nuke discard del wipe zap purge")
"""Slang for deleting: only ever of a file or folder that is named."""
