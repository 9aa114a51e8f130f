"""How much a namespace and its pods may use, and must keep: quotas, limit ranges, claims, disruption budgets."""

from __future__ import annotations

from agents.embedded.kube.amounts import hard_of, sides_of
from agents.embedded.kube.frames import Filled, Table, head_of
from agents.embedded.kube.making import drop_kinds, evident, makes, named, space
from agents.embedded.kube.names import Mention
from agents.embedded.kube.orders import ordered
from agents.embedded.kube.slots import arguments, pairs, take_kind
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View
from agents.embedded.wordset import words

LIMITS = Table()
_AT_MOST = words("no not never above over beyond exceed more than less at most below under fewer")


def _bounds(v: View) -> None:
    """`no more than 6`, `not above 6`: how a limit is said, and no denial."""
    for at, token in enumerate(v.tokens):
        if token.low in {"no", "not", "never", "without"}:
            near = [t.low for t in v.tokens[at + 1 : at + 4]]
            if set(near) & {"more", "above", "over", "beyond", "exceed", "less", "fewer", "below", "under"}:
                v.claim(*[n for n in range(at, min(at + 4, len(v.tokens))) if v.tokens[n].low in _AT_MOST])


@makes(
    LIMITS,
    "kube.create_quota",
    "resourcequota",
    "quota limit request cpu memory core hard named total at most both as pod ram max maximum up budget cap "
    "altogether "
    "each all together sum overall more than service secret configmap above over",
    heads="cap limit budget get may exceed",
    bonus=0.8,
)
def quota(v: View) -> Filled:
    """A quota; in words too, where a namespace is limited and no container is spoken of."""
    said = any(m.kind == "resourcequota" for m in v.mentions)
    spoken = v.seen("budget altogether") or _caps(v)
    if not (said or spoken) or not evident(v) or v.seen("poddisruptionbudget"):
        return None
    if not said and (v.seen("container default") or any(m.kind in _LIMITED for m in v.mentions if m.names)):
        return None
    if any(m.kind == "limitrange" for m in v.mentions) or _there(v):
        return None
    _bounds(v)
    hard = hard_of(v)
    name = named(v, "resourcequota", aliases="quota") if said else ""
    if not hard:
        return None
    v.take("budget cap")
    return arguments(name=name, hard=hard, namespace=space(v, "the quota", direct=True))


def _there(v: View) -> bool:
    """`set memory of the quota to 60Gi`: the one that is there is changed."""
    at = v.find("resourcequota")
    said = {t.low for t in v.tokens[max(0, at - 3) : at]}
    return at > 0 and bool(said & {"the", "its", "their"}) and v.seen("set") and not v.seen("create new make")


def _caps(v: View) -> bool:
    """`limit it to 10 pods`, `cap team-blue at 4 cpus`: the verb with a namespace as its object, and no container's."""
    at, head = head_of(v.tokens)
    if head not in {"limit", "cap", "restrict"} or at + 1 >= len(v.tokens):
        return False
    after = v.tokens[at + 1]
    placed = v.location is not None and at + 1 in v.location.at
    if after.low in {"it", "that"} and v.context.created.startswith("namespace/"):
        return ordered(v, head)
    return (placed or after.lemma == "namespace" or after.shape is Shape.NAME) and ordered(v, head)


_LIMITED = words("deployment statefulset daemonset pod job cronjob service persistentvolumeclaim")


@makes(
    LIMITS,
    "kube.create_limit_range",
    "limitrange",
    "limit request default container every cpu memory get by each pod and nothing say says themselves max maximum min "
    "minimum own none set anything itself end",
    heads="default get container",
    bonus=0.9,
)
def limit_range(v: View) -> Filled:
    """What containers get that say nothing themselves, and the bounds of what they may say."""
    silent = _silent(v)
    spoken = v.seen("container") and (v.seen("default") or silent) and v.seen("limit request")
    said = any(m.kind == "limitrange" for m in v.mentions)
    if not (said or spoken) or not evident(v) or any(m.names and m.kind in _LIMITED for m in v.mentions):
        return None
    v.claim(*silent)
    found = sides_of(v)
    if found is None:
        return None
    name = named(v, "limitrange") if said else ""
    drop_kinds(v, "pod")
    return arguments(name=name, **found, namespace=space(v, "the limit range"))


_SILENT = words("nothing none no without don't dont doesn't doesnt anything")


def _silent(v: View) -> list[int]:
    """`containers which say nothing`, `pods without limits of their own`: those that the defaults are for."""
    return [
        at
        for at, token in enumerate(v.tokens)
        if token.low in _SILENT and {"container", "containers", "pods"} & {t.low for t in v.tokens[max(0, at - 6) : at]}
    ]


_MODES = {
    "readwriteonce": "ReadWriteOnce",
    "readwritemany": "ReadWriteMany",
    "readonlymany": "ReadOnlyMany",
    "readwriteoncepod": "ReadWriteOncePod",
    "rwo": "ReadWriteOnce",
    "rwx": "ReadWriteMany",
    "rox": "ReadOnlyMany",
    "rwop": "ReadWriteOncePod",
}


@makes(
    LIMITS,
    "kube.create_claim",
    "persistentvolumeclaim",
    "size of storage storageclass volume disk persistent gig big large access mode accessmode space class",
    heads="storageclass disk volume storage could",
    bonus=0.7,
)
def claim(v: View) -> Filled:
    """Storage that pods can mount."""
    said = any(m.kind == "persistentvolumeclaim" for m in v.mentions)
    if not (said or v.seen("disk storage volume storageclass")) or not evident(v):
        return None
    sizes = v.free(Shape.QUANTITY)
    if not sizes or len({_bytes(str(v.tokens[at].value)) for at in sizes}) != 1:
        return None
    size = next((at for at in sizes if str(v.tokens[at].value).endswith("i")), sizes[0])
    v.claim(*sizes)
    if any(m.names and m.kind not in {"persistentvolumeclaim", "storageclass", "", "namespace"} for m in v.mentions):
        return None
    access = _mode(v)
    v.mentions = [m for m in v.mentions if not m.at & v.used or m.kind == "persistentvolumeclaim"]
    chosen = take_kind(v, "storageclass") or _class(v)
    name = named(v, "persistentvolumeclaim", aliases="disk storage volume storageclass")
    if not name:
        return None
    return arguments(
        name=name,
        size=str(v.tokens[size].value),
        access=access,
        storage_class=chosen.names[0] if chosen and chosen.names else "",
        namespace=space(v, f"the claim {name}"),
    )


def _class(v: View) -> Mention | None:
    """`class nfs-fast`: of storage, where nothing else has one."""
    found = next((m for m in v.mentions if not m.kind and m.names and v.lemmas[m.first - 1] == "class"), None)
    if found is not None and found.first:
        v.claim(*found.at, found.first - 1)
        v.mentions.remove(found)
        return found
    return None


def _bytes(size: str) -> str:
    """`50G (50Gi)`: one size, said twice."""
    return size.rstrip("i")


def _mode(v: View) -> str:
    """The access mode: by its name or abbreviation, or as `several nodes must be able to write to it`."""
    for at, token in enumerate(v.tokens):
        if token.low in _MODES:
            v.claim(at)
            return _MODES[token.low]
    lows = {t.low for t in v.tokens}
    several = lows & {"several", "many", "multiple", "different", "all", "more"} and v.seen("node pod")
    if several and v.seen("write mount share"):
        writes = [
            at for at, lemma in enumerate(v.lemmas) if lemma in {"node", "pod", "write", "mount", "share", "read"}
        ]
        v.claim(*writes, *[at for at, t in enumerate(v.tokens) if t.low in {"all", "more"}])
        v.mentions = [m for m in v.mentions if not m.at & set(writes)]
        return "ReadWriteMany"
    return ""


@makes(
    LIMITS,
    "kube.create_disruption_budget",
    "poddisruptionbudget",
    "min minavailable available least most minimum at pod stay up that so for unavailable maxunavailable always keep "
    "max maximum remain replica be label selector less fewer than down away more alive running same time evicted "
    "once",
    bonus=0.9,
)
def disruption_budget(v: View) -> Filled:
    """How many pods evictions must leave, or may take."""
    if not any(m.kind == "poddisruptionbudget" for m in v.mentions) or not evident(v):
        return None
    chosen = pairs(v)
    spoken = chosen.pop("minAvailable", None), chosen.pop("maxUnavailable", None)
    numbers = v.free(Shape.NUMBER, Shape.PERCENT)
    most = _most(v) or spoken[1] is not None
    _bounds(v)
    drop_kinds(v, "pod")
    name = named(v, "poddisruptionbudget")
    said = [_amount(v, at) for at in numbers] + [_plain(text) for text in spoken if text]
    if not name or len(said) != 1:
        return None
    v.claim(*numbers)
    for one in [m for m in v.mentions if m.names and not m.at & v.used and m.kind in {"", "deployment"}]:
        if one.names[0] == name or one.names[0] in chosen.values():
            v.claim(*one.at)
    if not chosen and name not in v.context.names:
        return None
    limits = {"max_unavailable" if most else "min_available": said[0]}
    return arguments(name=name, selector=chosen or {"app": name}, namespace=space(v, f"the budget {name}"), **limits)


def _plain(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _amount(v: View, at: int) -> int | str:
    value = v.tokens[at].value
    return f"{value}%" if v.tokens[at].shape is Shape.PERCENT else int(str(value))


def _most(v: View) -> bool:
    """Whether the number is how many may be away, not how many must stay."""
    lows = [t.low for t in v.tokens]
    if any(low in {"maxunavailable", "unavailable"} for low in lows):
        return True
    away = any(low in {"down", "away", "evicted", "missing", "gone", "offline", "disrupted"} for low in lows)
    return away and not any(low in {"stay", "remain", "up", "available", "running", "alive"} for low in lows)
