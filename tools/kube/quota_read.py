"""`kube.quota`: quotas with what is used and what is left, and limit ranges."""

from __future__ import annotations

from typing import Final

from tools.arguments import Output
from tools.kube import quantities
from tools.kube.arguments import Namespace
from tools.kube.listing import known
from tools.kube.objects import Manifest, at, label, name_of, namespace_of
from tools.kube.session import Session
from tools.kube.verbs import reads
from tools.kube.wording import bounded, clean, table

_PARTS: Final = ("default", "defaultRequest", "max", "min", "maxLimitRequestRatio")
TIGHT: Final = 0.9


class Use(Output):
    """One resource of one quota. `used` and `hard` as Kubernetes writes them; `share` of `hard` that is used."""

    namespace: str
    quota: str
    resource: str
    used: str
    hard: str
    left: str
    share: float


class Quota(Output):
    text: str
    uses: tuple[Use, ...]


@reads(
    "kube.quota",
    examples=(
        "how much of the quota in shop is used?",
        "show the quotas",
        "how many CPUs may team-a still use?",
        "which limits hold in payments?",
    ),
)
async def quota(session: Session, *, namespace: Namespace = "") -> Quota:
    """Show quotas with their use and headroom, and limit ranges.

    Args:
        namespace: Namespace; all of them where it is left open.
    """
    lines, uses = await told(session, namespace)
    if not uses:
        await known(session, namespace)
    return Quota(text=bounded([clean(one) for one in lines]), uses=tuple(uses))


async def told(session: Session, namespace: str) -> tuple[list[str], list[Use]]:
    """In lines, and each resource of each quota."""
    quotas = await _items(session, "resourcequotas", namespace)
    ranges = await _items(session, "limitranges", namespace)
    uses = [use for one in quotas for use in _uses(one)]
    where = f" in {namespace}" if namespace else ""
    lines: list[str] = []
    for one in quotas:
        own = [use for use in uses if (use.namespace, use.quota) == (namespace_of(one), name_of(one))]
        lines += [f"{label(one)}{_scopes(one)}:", *(f"  {row}" for row in _table(own))]
    for one in ranges:
        lines += [f"{label(one)}:", *(f"  {line}" for line in _range(one))]
    if not lines:
        return [f"no quotas and no limit ranges{where}: nothing is limited"], []
    return lines if quotas else [*lines, f"no quotas{where}"], uses


async def _items(session: Session, plural: str, namespace: str) -> list[Manifest]:
    kind = session.kinds.find(plural)
    return await (session.api.items(kind.path(namespace)) if namespace else session.find.everywhere(kind))


def _uses(one: Manifest) -> list[Use]:
    """Each resource of a quota. What its controller has not counted yet counts as nothing used."""
    hard = at(one, "status.hard") or at(one, "spec.hard", {})
    used = at(one, "status.used", {})
    found = []
    for name in sorted(hard):
        most, now = quantities.number(hard[name]), quantities.number(used.get(name, "0"))
        left = max(0.0, most - now)
        found.append(
            Use(
                namespace=namespace_of(one),
                quota=name_of(one),
                resource=name,
                used=str(used.get(name, "0")),
                hard=str(hard[name]),
                left=quantities.said(name, left),
                share=now / most if most else 1.0,
            )
        )
    return found


def _table(own: list[Use]) -> list[str]:
    rows = [[u.resource, u.used, u.hard, u.left, f"{u.share:.0%}{' !' if u.share >= TIGHT else ''}"] for u in own]
    return table(["resource", "used", "hard", "left", "share"], rows)


def _scopes(one: Manifest) -> str:
    scopes = at(one, "spec.scopes", [])
    return f" (only {', '.join(scopes)})" if scopes else ""


def _range(one: Manifest) -> list[str]:
    found = []
    for limit in at(one, "spec.limits", []):
        parts = [
            f"{part} {', '.join(f'{name} {value}' for name, value in limit[part].items())}"
            for part in _PARTS
            if limit.get(part)
        ]
        found.append(f"{limit.get('type')}: {'; '.join(parts)}")
    return found
