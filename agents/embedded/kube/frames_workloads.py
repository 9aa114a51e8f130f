"""Workloads that are made: deployments, pods, jobs, cron jobs."""

from __future__ import annotations

from agents.embedded.kube.frames import Filled, Table
from agents.embedded.kube.making import command, drop_kinds, evident, makes, making, named, space
from agents.embedded.kube.schedules import schedule
from agents.embedded.kube.slots import arguments, image, number_after, number_before, pairs
from agents.embedded.kube.tokens import Shape
from agents.embedded.kube.view import View
from protocol.vocabulary import JsonObject

WORKLOADS = Table()
_PARTS = (
    "image pull policy pullpolicy imagepullpolicy never command run just label env deployment app application pod "
    "using name use inside listening listen serve new at from ifnotpresent always latest single instance copy "
    "replica "
    "container port on deploy launch install"
)
_OTHERS = "job cronjob statefulset daemonset"


@makes(WORKLOADS, "kube.create_deployment", "deployment", _PARTS)
def deployment(v: View) -> Filled:
    """A deployment of an image; with a pull policy it is made from a manifest."""
    which = image(v)
    if which is None or v.seen(_OTHERS) or not making(v):
        return None
    if v.seen("update change switch rollback upgrade bump") or _new_image(v):
        return None
    if any(m.kind == "pod" and m.names for m in v.mentions):
        return None
    said = any(m.kind == "deployment" for m in v.mentions)
    if not said and not v.seen("deploy spinup launch run install create start new application"):
        return None
    if not said and v.seen("pod") and not number_words(v):
        return None
    run = command(v)
    replicas = number_before(v, "replica pod instance copy") or number_after(v, "replica")
    if replicas is None and v.seen("single"):
        replicas = 1
    policy = _pull(v)
    port = number_after(v, "port on")
    env = pairs(v)
    labels: dict[str, str] = {}
    if env and v.seen("label") and not v.seen("env"):
        env, labels = {}, env
    drop_kinds(v, "pod")
    name = named(v, "deployment", aliases="app application workload")
    if not name:
        return None
    where = space(v, f"the deployment {name}")
    given = arguments(name=name, image=which, replicas=replicas, port=port, env=env, command=run, labels=labels)
    if policy:
        return {"@skill": "kube.create", "manifest": _manifest(given, where, policy)}
    return given | arguments(namespace=where)


def _new_image(v: View) -> bool:
    """`put the new image ... on x`: a change of what is there."""
    return any(t.low == "new" and v.after(at) == "image" for at, t in enumerate(v.tokens))


def number_words(v: View) -> bool:
    """Whether pods are counted: `three pods of ...` are a deployment's."""
    return any(v.after(at) in {"pod", "replica"} for at in v.free(Shape.NUMBER))


def _pull(v: View) -> str:
    for low, policy in (("never", "Never"), ("ifnotpresent", "IfNotPresent"), ("always", "Always")):
        for at, token in enumerate(v.tokens):
            near = {t.low for t in v.tokens[max(0, at - 4) : at]} | {t.lemma for t in v.tokens[max(0, at - 4) : at]}
            if token.low == low and near & {"pullpolicy", "policy", "imagepullpolicy"}:
                v.claim(at)
                return policy
    return ""


def _manifest(given: JsonObject, where: str, policy: str) -> JsonObject:
    port, env = given.get("port"), given.get("env")
    box = arguments(
        name=given["name"],
        image=given["image"],
        imagePullPolicy=policy,
        command=given.get("command", []),
        ports=[{"containerPort": port}] if port else [],
        env=[{"name": key, "value": value} for key, value in env.items()] if isinstance(env, dict) else [],
    )
    own = given.get("labels") or {"app": given["name"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": given["name"], "namespace": where, "labels": own},
        "spec": {
            "replicas": given.get("replicas", 1),
            "selector": {"matchLabels": own},
            "template": {"metadata": {"labels": own}, "spec": {"containers": [box]}},
        },
    }


@makes(WORKLOADS, "kube.create_pod", "pod", "image command label single bare sleep throwaway test debug", bonus=0.7)
def pod(v: View) -> Filled:
    """A bare pod."""
    if v.seen("deployment replica", _OTHERS) or not v.seen("pod") or number_words(v):
        return None
    which = image(v)
    if which is None or not evident(v):
        return None
    run = command(v)
    labels = pairs(v)
    name = named(v, "pod")
    return (
        arguments(name=name, image=which, command=run, labels=labels, namespace=space(v, f"the pod {name}"))
        if name
        else None
    )


@makes(
    WORKLOADS,
    "kube.run_job",
    "job",
    "image command once one-off one-time run just off single trigger",
    heads="trigger",
    bonus=0.9,
)
def job(v: View) -> Filled:
    """A job that runs once."""
    if not v.seen("job") or v.seen("cronjob") or v.free(Shape.SCHEDULE) or schedule(v):
        return None
    which = image(v)
    if which is None or not evident(v):
        return None
    run = command(v)
    name = named(v, "job")
    if not name:
        return None
    return arguments(name=name, image=which, command=run, namespace=space(v, f"the job {name}"))


@makes(WORKLOADS, "kube.create_cron_job", "cronjob", "job image command run schedule at on", heads="job", bonus=1.0)
def cron_job(v: View) -> Filled:
    """A job with a schedule: in the five fields of cron, or in words."""
    times = schedule(v) if v.seen("cronjob job") else ""
    which = image(v) if times else None
    if which is None or not evident(v):
        return None
    run = command(v)
    name = named(v, "cronjob", "job")
    if not name:
        return None
    return arguments(name=name, schedule=times, image=which, command=run, namespace=space(v, f"the cron job {name}"))
