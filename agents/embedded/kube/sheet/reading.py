"""What the readings of a sheet and of prose share: attributes that are found, put together, and held to be whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agents.embedded.kube.lexicon import CLUSTER_SCOPED
from agents.embedded.kube.sheet.attributes import Attribute
from agents.embedded.kube.sheet.shapes import pattern, values
from agents.embedded.kube.sheet.sheets import Sheet
from protocol.vocabulary import JsonObject

Step = tuple[str, JsonObject]
_ADDED = frozenset({"unset", "ports", "generate"})
"""Lists that may be said in parts; verbs and kinds of two rules are never put together."""


def attribute_at(
    known: Sequence[Attribute],
    text: str,
    at: int,
    doubtful: Callable[[dict[str, object], str], bool] = lambda said, text: False,
) -> tuple[dict[str, object] | None, int]:
    """What is said at a position by the attribute that takes the most of the text, and is not doubtful."""
    best: tuple[dict[str, object] | None, int] = (None, at)
    for attribute in known:
        found = pattern(attribute.template).match(text, at)
        if found is None or found.end() <= best[1]:
            continue
        said = values(found)
        if said is not None and not doubtful(said, found[0]):
            best = ({**said, **dict(attribute.fixed)}, found.end())
    return best


def merged(call: dict[str, object], said: dict[str, object]) -> bool:
    """Adds what was said; False where it goes against what was said before."""
    for key, value in said.items():
        known = call.get(key)
        if known is None:
            call[key] = value
        elif isinstance(known, dict) and isinstance(value, dict):
            inner = dict(known)
            if not merged(inner, value):
                return False
            call[key] = inner
        elif isinstance(known, list) and isinstance(value, list) and key in _ADDED:
            call[key] = [*known, *(part for part in value if part not in known)]
        elif known != value:
            return False
    return True


def finished(one: Sheet, call: dict[str, object]) -> JsonObject | None:
    """The arguments; None where one is missing, or where two of them do not go together."""
    needs = [part.split("|") for part in one.needs.split()]
    if not all(any(call.get(key) not in (None, "", {}, []) for key in keys) for keys in needs):
        return None
    if one.scoped and not call.get("namespace") and call.get("kind") not in CLUSTER_SCOPED:
        return None
    call.pop("everywhere", None)
    own = call.pop("own", None)
    if own is not None and own not in {call.get("name"), None}:
        return None
    account = call.get("service_account")
    if one.skill in {"kube.bind_role", "kube.grant", "kube.revoke"} and isinstance(account, str) and "/" not in account:
        if not call.get("namespace"):
            return None
        call["service_account"] = f"{call['namespace']}/{account}"
    elif one.skill == "kube.create_token" and isinstance(account, str) and "/" in account:
        space, _, call["service_account"] = account.partition("/")
        if space != call["namespace"]:
            return None
    exclusive = (("user", "group", "service_account"), ("min_available", "max_unavailable"), ("http_path", "command"))
    if any(sum(key in call for key in keys) > 1 for keys in exclusive):
        return None
    return call  # type: ignore[return-value]
