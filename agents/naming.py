"""What an ambiguous name could mean, in the orchestrator's own words.

A device's choices are argument overrides. Only the arguments that name an object count, only with what could be a name;
a label is made of these values, never of a text of the device.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from orchestrator.core.sanitize import sanitize
from protocol.errors import ErrorCode
from protocol.messages import TaskError
from protocol.vocabulary import JsonObject

MOST = 12
_NAMING = ("kind", "namespace", "name", "container")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,251}[A-Za-z0-9])?")


def labelled(arguments: Mapping[str, object], error: TaskError | None) -> dict[str, JsonObject]:
    """The choices of an ambiguous error by what they are called, as far as they only name an object."""
    found: dict[str, JsonObject] = {}
    if error is None or error.code is not ErrorCode.AMBIGUOUS:
        return found
    for choice in error.choices[:MOST]:
        if choice and all(key in _NAMING and _NAME.fullmatch(value) for key, value in choice.items()):
            found.setdefault(label({**arguments, **choice}), dict(choice))
    return found


def label(arguments: Mapping[str, object]) -> str:
    """`Deployment checkout in shop`, `container web of Pod web-1 in shop`."""
    kind, name, namespace, container = (str(arguments.get(key) or "") for key in _ORDER)
    told = " ".join(one for one in (kind, name) if one)
    if container:
        told = f"container {container}" + (f" of {told}" if told else "")
    return sanitize(told + (f" in {namespace}" if namespace else ""), multiline=False, limit=200).strip()


_ORDER = ("kind", "name", "namespace", "container")
