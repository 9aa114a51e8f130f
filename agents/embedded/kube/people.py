"""Takers of people: who something is granted to, or asked about."""

from __future__ import annotations

import re

from agents.embedded.kube.slots import literal, sure
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View


def person(v: View) -> dict[str, str] | None:
    """Who something is granted to, or asked about: {"user": ..}, {"group": ..} or {"service_account": "ns/name"}."""
    for at in v.free(Shape.IDENTITY):
        text = v.tokens[at].text
        v.claim(at)
        if at and v.tokens[at - 1].lemma in {"user", "serviceaccount", "group"}:
            v.claim(at - 1)
        account = re.fullmatch(r"system:serviceaccount:([^:]+):([^:]+)", text)
        if account:
            return {"service_account": f"{account[1]}/{account[2]}"}
        return {"group": text} if text.startswith("system:") and "masters" in text else {"user": text}
    for at, token in enumerate(v.tokens[:-1]):
        beside = v.tokens[at + 1]
        if token.lemma == "serviceaccount" and beside.shape is Shape.PATH and at + 1 not in v.used:
            v.claim(at, at + 1)
            v.mentions = [m for m in v.mentions if not m.at & {at, at + 1}]
            v.location = None if v.location is not None and not v.location.at else v.location
            return {"service_account": beside.text}
    alone = [m for m in v.mentions if m.kind == "serviceaccount" and not m.names and not m.at & v.used]
    bare = [m for m in v.mentions if not m.kind and len(m.names) == 1 and sure(v, m) and not m.at & v.used]
    if (
        alone
        and bare
        and min(alone[0].at) - max(bare[0].at) in {1, 2}
        and v.tokens[max(bare[0].at) + 1].text in {"(", ","}
    ):
        v.claim(*alone[0].at, *bare[0].at)
        space = v.namespace()
        return {"service_account": f"{space}/{bare[0].names[0]}" if space else bare[0].names[0]}
    for one in v.mentions:
        if one.kind == "serviceaccount" and len(one.names) == 1 and not one.at & v.used:
            v.claim(*one.at)
            behind = max(one.at) + 1
            own = next(
                (m for m in v.mentions if behind + 1 in m.at and m.prep == "in" and len(m.names) == 1 and not m.kind),
                None,
            )
            if own is not None and v.location is not None:
                v.claim(*own.at)
                v.mentions = [m for m in v.mentions if m is not own]
                return {"service_account": f"{own.names[0]}/{one.names[0]}"}
            space = one.namespace or v.namespace()
            return {"service_account": f"{space}/{one.names[0]}" if space else one.names[0]}
    for at, token in enumerate(v.tokens):
        if token.lemma in {"user", "group"} and at not in v.used:
            step = at + 1
            while step < len(v.tokens) and v.tokens[step].low in {"called", "named"}:
                step += 1
            if step < len(v.tokens) and v._any_name(step) and v.tokens[step].low not in {"to", "can", "is", "for"}:
                v.claim(*range(at, step + 1))
                return {token.lemma: literal(v, step)}
    return None


def bare_person(v: View) -> dict[str, str] | None:
    """A name with nothing beside it that says who it is: taken for a user."""
    found = person(v)
    if found:
        return found
    bare = [m for m in v.mentions if m.kind == "" and len(m.names) == 1 and not m.at & v.used]
    for one in [m for m in bare if sure(v, m)] or bare:
        if not one.at & v.used:
            token = v.tokens[max(one.at)]
            v.claim(*one.at)
            v.claim(*(max(m.at) for m in bare if max(m.at) == one.first - 1))  # `contractor j.doe`
            return {"user": token.text if token.shape is not Shape.QUOTED else str(token.value)}
    if v.context.person and any(t.low in {"him", "her", "them", "he", "she", "they", "it"} for t in v.tokens):
        return dict(v.context.person)
    return None
