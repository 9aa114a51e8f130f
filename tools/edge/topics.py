"""Names and filters of MQTT, as its section 4.7 has them. Pure."""

from __future__ import annotations

TOPIC_BYTES = 65_535


def problem(topic: str, *, filter: bool = False) -> str:
    """Why this is no topic (or, with `filter`, no topic filter); empty where it is one."""
    if not topic:
        return "it is empty"
    try:
        size = len(topic.encode())
    except UnicodeEncodeError:
        return "it is not valid text"
    if size > TOPIC_BYTES:
        return "it is too long"
    if any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in topic):
        return "it holds control characters"
    if not filter:
        return "it holds + or #, which stand for other names" if "+" in topic or "#" in topic else ""
    levels = topic.split("/")
    if any("#" in level and level != "#" for level in levels) or "#" in levels[:-1]:
        return "# stands alone, at the end"
    if any("+" in level and level != "+" for level in levels):
        return "+ stands for one whole level"
    return ""


def matches(filter: str, topic: str) -> bool:
    """Whether a filter means a topic. Names that begin with $ are not meant by a wildcard at the beginning."""
    if topic.startswith("$") and filter[:1] in ("+", "#"):
        return False
    wanted, levels = filter.split("/"), topic.split("/")
    for at, one in enumerate(wanted):
        if one == "#":
            return True
        if at >= len(levels) or (one != "+" and one != levels[at]):
            return False
    return len(wanted) == len(levels)
