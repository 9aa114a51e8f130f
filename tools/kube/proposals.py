"""Writes that are found out, and not asked for by name: those of a diagnosis and of a written tool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools.errors import ToolError
from tools.kube import catalog
from tools.kube.change import Draft, Operation
from tools.kube.objects import listed
from tools.kube.session import Session


async def drafted(session: Session, skill: str, arguments: Mapping[str, Json]) -> Draft:
    """What a write skill would do, drafted by its own verb. Raises ToolError(DENIED) where it is none."""
    verb = catalog.verbs().get(skill)
    if verb is None or not verb.writes:
        raise ToolError(ErrorCode.DENIED, f"{skill} cannot be proposed: it is no write of this device")
    values = catalog.unbound().get(skill).checked({key: value for key, value in arguments.items() if key != "preview"})
    del values["preview"]
    draft: Draft = await verb.function(session, **values)
    if any(one.run is not None for one in draft.operations):
        raise ToolError(ErrorCode.DENIED, f"{skill} cannot be proposed: it is more than a request to the API")
    return draft


def refuse_twice(operations: Sequence[Operation], who: str) -> None:
    """The second write of an object would meet the first one's result, and not what was previewed."""
    seen = Counter(one.label for one in operations)
    twice = [label for label, count in seen.items() if count > 1]
    if twice:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{who} proposes several writes of {listed(twice)}: propose one each")
