"""What the containers of a workload are: image, environment, resources, probes."""

from __future__ import annotations

import re

from agents.embedded.kube.entries import REMOVES, SETS, changed, entries
from agents.embedded.kube.frames import Filled, Table
from agents.embedded.kube.lexicon import CHANGES, WORKLOADS
from agents.embedded.kube.orders import CHANGING, ordered, wished
from agents.embedded.kube.resources import resources_of
from agents.embedded.kube.slots import container, image, number_after, own_pods, target, the_number
from agents.embedded.kube.tokens import PAIR, Shape
from agents.embedded.kube.view import View

TEMPLATE = Table(idle=True)
_VERSION = re.compile(r"v?\d+(\.\d+)+[\w.-]*|v\d+[\w.-]*")
_NEW = "create spinup job cronjob resourcequota limitrange"


@TEMPLATE.writes(
    "kube.set_image",
    heads=f"{CHANGING} image should must release rollout push tag version",
    bonus=0.6,
    may="image tag version deploy switch point release rollout",
)
def set_image(v: View) -> Filled:
    """Another image, or another tag of it, for a container."""
    fresh = v.find("new")
    if v.seen(_NEW) or v.context.inherited in {"create", "spinup"} or _made(v):
        return None
    verb = ordered(v, f"{CHANGING} rollout release push")
    renewed = fresh >= 0 and v.after(fresh) in {"image", "tag", "version", "release"}
    if not verb and not wished(v) and not renewed:
        return None
    if renewed:
        v.claim(fresh)
    for at in v.free(Shape.PAIR):  # kubectl set image deploy/x app=image:tag
        match = PAIR.fullmatch(v.tokens[at].text)
        if match and match[2] == "=" and (":" in match[3] or "/" in match[3]) and v.seen("image"):
            v.claim(at)
            one = target(v, WORKLOADS)
            return one.calls(image=match[3], container=match[1]) if one else None
    box = container(v)
    _old(v)
    which = image(v) or _tag(v)
    if which is None or (which.isalpha() and any(token.low == "to" for token in v.tokens)):
        return None  # `set image web to x`: which of both is the image
    one = target(v, WORKLOADS)
    return one.calls(image=which, container=box) if one else None


def _made(v: View) -> bool:
    """`a deployment web with image x` is to be made; one that has an article of its own is there."""
    return any(
        token.low in {"a", "an", "new"} and at + 1 < len(v.tokens) and v.after(at) in WORKLOADS | {"app", "service"}
        for at, token in enumerate(v.tokens)
    )


def _old(v: View) -> None:
    """`from 1.2 to 1.3`, `1.3 instead of 1.2`: what was before."""
    for at, token in enumerate(v.tokens):
        if token.shape in {Shape.IMAGE, Shape.NUMBER, Shape.NAME} and (
            v.before(at) == "from" and (token.shape is Shape.IMAGE or _VERSION.fullmatch(token.text))
        ):
            v.claim(at)
            v.mentions = [m for m in v.mentions if at not in m.at]
            if v.location is not None and at in v.location.at:
                v.location = None


def _tag(v: View) -> str | None:
    """`to tag 1.27`, `version 2.3.1`, `ship 4.18.2 of web`: a tag; the repository stays."""
    for at, token in enumerate(v.tokens):
        if at in v.used or token.shape not in {Shape.NAME, Shape.NUMBER, Shape.QUOTED}:
            continue
        text = str(token.value) if token.shape is Shape.QUOTED else token.text
        beside = v.before(at) in {"tag", "version"} or (v.before(at) == "to" and v.seen("tag version image"))
        if v.before(at) == "to" and token.shape is not Shape.NUMBER and not v.seen("tag version"):
            beside = False
        if not re.fullmatch(r"[\w][\w.-]*", text) or not (beside or _VERSION.fullmatch(text)):
            continue
        v.mentions = [m for m in v.mentions if at not in m.at]
        v.claim(at)
        v.take("tag version")
        return f":{text}"
    return None


@TEMPLATE.writes(
    "kube.set_env",
    heads=f"{SETS} {REMOVES} env load hook inject should must from",
    bonus=0.5,
    may="env variable value key load hook all as via envfrom config configuration have deploy level log "
    "environment nolonger",
)
def set_env(v: View) -> Filled:
    """Environment variables of a workload."""
    if v.seen("label annotate annotation taint create cronjob networkpolicy role finalizer") and not v.seen("env"):
        return None
    source = _source(v)
    box = container(v)
    if source:
        one = (
            target(v, WORKLOADS) if ordered(v, "set add load hook inject make have use take give get let put") else None
        )
        return one.calls(container=box, **source) if one else None
    given, gone = entries(v, "env variable var")
    if not (given or gone) or not changed(v, given, gone, wished(v) or _plainly(v)):
        return None
    said = v.seen("env variable") or all(re.fullmatch(r"[A-Z_][A-Z0-9_]*", key) for key in (*given, *gone))
    if not said or (gone and not given and not v.seen("env variable") and not all("_" in key for key in gone)):
        return None
    one = target(v, WORKLOADS)
    return one.calls(set=given, unset=gone, container=box) if one else None


def _plainly(v: View) -> bool:
    """`web -n shop: env A=1 please`: no verb, and no statement either."""
    return v.seen("env") and "state" not in v.moods and not set(v.lemmas) & CHANGES


def _source(v: View) -> dict[str, str]:
    """`load all of configmap x as env`, `via envFrom`."""
    if not v.seen("env envfrom environment"):
        return {}
    for one in v.mentions:
        if one.kind in {"configmap", "secret"} and one.names:
            v.claim(*one.at)
            return {"from_config_map" if one.kind == "configmap" else "from_secret": one.names[0]}
    kind, _, name = v.context.created.partition("/")
    pronouns = [at for at, token in enumerate(v.tokens) if token.low in {"it", "that"}]
    if kind in {"configmap", "secret"} and (pronouns or any(t.low == "them" for t in v.tokens)):
        v.claim(*pronouns)
        return {"from_config_map" if kind == "configmap" else "from_secret": name}
    return {}


@TEMPLATE.writes(
    "kube.set_resources",
    heads=f"{CHANGING} limit cap request reserve allow should must memory cpu cut shrink grow drop ask",
    bonus=0.6,
    may="only resource limit request cpu memory proper ram mem core reserve cap",
)
def set_resources(v: View) -> Filled:
    if not v.free(Shape.QUANTITY, Shape.NUMBER) or v.seen(
        "resourcequota limitrange persistentvolumeclaim create spinup autoscale horizontalpodautoscaler replica "
        "port probe "
        "revision default namespace"
    ):
        return None
    verb = ordered(v, f"{CHANGING} limit cap request reserve allow cut shrink grow drop")
    if not verb and not wished(v) and (not v.seen("request limit") or {"state", "ask"} & set(v.moods)):
        return None
    box = container(v)
    found = resources_of(v)
    if found is None or not any(found):
        return None
    own_pods(v)
    one = target(v, WORKLOADS)
    return one.calls(requests=found[0], limits=found[1], container=box) if one else None


_PROBES = {
    "readiness": "readiness", "ready": "readiness", "liveness": "liveness", "living": "liveness", "alive": "liveness",
    "startup": "startup",
}  # fmt: skip


@TEMPLATE.writes(
    "kube.set_probe",
    heads="probe healthcheck readiness liveness check ask",
    bonus=0.6,
    may="probe http get path port check readiness liveness startup health healthcheck tcp ask add connect on at",
)
def set_probe(v: View) -> Filled:
    said = list(dict.fromkeys(_PROBES[t.low] for t in v.tokens if t.low in _PROBES))
    exact = [which for which in said if v.seen(which)] or said
    if not v.seen("probe healthcheck readiness liveness") or len(exact) != 1:
        return None
    for at, token in enumerate(v.tokens):
        if token.low in _PROBES:
            v.claim(at)
    remove = ordered(v, "remove delete drop takeoff takeaway strip clear")
    if not remove and not ordered(v, f"{CHANGING} create ask"):
        return None
    box = container(v)
    path = next((at for at in v.free(Shape.PATH, Shape.BAD) if v.tokens[at].text.startswith("/")), None)
    http = v.tokens[path].text if path is not None else ""
    if path is not None:
        v.claim(path)
    number = None if remove else (number_after(v, "port on at tcp") or the_number(v))
    own_pods(v)
    one = target(v, WORKLOADS)
    if one is None or not (remove or number):
        return None
    if remove:
        return None if http else one.calls(which=exact[0], container=box, remove=True)
    return one.calls(which=exact[0], http_path=http, port=number, container=box)
