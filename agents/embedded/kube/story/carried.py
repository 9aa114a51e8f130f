"""What a told clause says of what is to be made, in the words of an order: `it listens on 6006` is `port 6006`."""

from __future__ import annotations

import re

_SUBJECT = (
    r"(?:(?:and|but|so)\s+)?(?:it|they|these|those|which|(?:the |its |their |our |all )*(?:app|apps"
    r"|pods?|containers?|process|service|server|image|brokers|workers|ones))"
)
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), said)
    for pattern, said in (
        (
            rf"{_SUBJECT}(?: all)? (?:listens?|speaks?|answers?|serves?|is reachable|are reachable"
            rf"|runs?) on (?:port )?(?P<a>\d{{2,5}})",
            "port {a}",
        ),
        (
            rf"{_SUBJECT}(?: all)? (?:carry|carries|have|has|wear|bear|are|is)(?: labell?ed(?: with)?"
            rf"| tagged(?: with)?)? (?:the |a )?(?:label )?"
            r"(?P<a>[\w./-]+=[\w.-]+)(?: in (?:the )?(?:namespace |ns )?(?P<b>[a-z0-9-]+))?",
            "for pods with label {a}",
        ),
        (r"(?P<a>command .+?)(?: is enough| will do| suffices)?", "{a}"),
        (r"(?P<a>(?:storage )?class [\w-]+)", "{a}"),
        (r"(?P<a>\S+/\S+:\S+|\S+:[\w.-]+) is the image", "image {a}"),
        (
            r"(?P<a>\d+(?:\.\d+)?\s?(?:[GM]i?|[GM]B)? (?:cpus?|cores?|memory|pods|of memory"
            r"|storage)(?: altogether| in total)?)",
            "{a}",
        ),
        (r"(?P<a>port \d+)", "{a}"),
        (r"(?P<a>key [\w.-]+)", "{a}"),
    )
)


def carried(text: str) -> str:
    """The attribute that the clause says; "" where it says none."""
    said = text.strip(" ,.!")
    for pattern, form in _FORMS:
        found = pattern.fullmatch(said)
        if found:
            return form.format(**{key: value or "" for key, value in found.groupdict().items()})
    return ""
