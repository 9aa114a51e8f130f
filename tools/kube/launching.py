"""Things that run, made anew: deployments, pods, jobs, cron jobs; and cron jobs held and let go on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube import rollout
from tools.kube.arguments import (
    Amounts,
    Argv,
    Count,
    Image,
    KindWord,
    Labels,
    MaybeName,
    Name,
    Namespace,
    Port,
    WaitSeconds,
)
from tools.kube.change import Draft, Intent, patched
from tools.kube.creating import create, kind_of
from tools.kube.objects import Manifest, at, label, name_of, namespace_of, uid_of
from tools.kube.secrecy import hidden
from tools.kube.session import Session
from tools.kube.templates import Variables, literal_secrets
from tools.kube.verbs import writes

Schedule = Annotated[str, Field(pattern=r"^(@[a-z]+|[0-9A-Za-z*/,?#-]+( +[0-9A-Za-z*/,?#-]+){4})$", max_length=100)]
MANUAL: Final = "cronjob.kubernetes.io/instantiate"
LABEL_MOST: Final = 63


@writes(
    "kube.create_deployment",
    examples=(
        "deploy nginx:1.25 as web with 2 replicas in shop",
        "create a deployment api from registry.local/api:3 on port 8080",
        "run three copies of busybox:1.36 called worker in batch",
        "create deployment cache with image redis:7 and a memory limit of 256Mi",
    ),
)
async def create_deployment(
    session: Session,
    *,
    name: Name,
    image: Image,
    replicas: Count = 1,
    port: Port = 0,
    env: Variables | None = None,
    command: Argv | None = None,
    namespace: Namespace = "",
    labels: Labels | None = None,
    requests: Amounts | None = None,
    limits: Amounts | None = None,
    service_account: MaybeName = "",
    wait_s: WaitSeconds = 120.0,
) -> Draft:
    """Create a Deployment of one container.

    Args:
        name: Its name; its pods get the label app with this value.
        image: The container's image.
        replicas: How many pods.
        port: The port that the container listens on; 0 for none.
        env: Environment variables.
        command: The command instead of the image's own.
        namespace: Where.
        labels: More labels, of the Deployment and its pods.
        requests: What is set aside for each pod, such as {"cpu": "100m"}.
        limits: What each pod may use at most.
        service_account: As which service account it runs.
        wait_s: How long to wait until the pods are ready.
    """
    mark = {"app": name[:LABEL_MOST]} | dict(labels or {})
    template = {
        "metadata": {"labels": mark},
        "spec": _pod(name, image, command, port=port, env=env, requests=requests, limits=limits)
        | ({"serviceAccountName": service_account} if service_account else {}),
    }
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": mark["app"]}}, "template": template}
    draft = await create(
        session, kind_of(session, "deployments", "apps"), session.find.home(namespace), name,
        {"metadata": {"labels": mark}, "spec": spec}, what=f"{replicas} x {image}",
        intent=rollout.complete(session), warnings=literal_secrets(env or {}),
    )  # fmt: skip
    return _waiting(draft, wait_s)


@writes(
    "kube.create_pod",
    examples=(
        "run a pod debug with busybox:1.36 in shop",
        "create a bare pod named probe from image curl:8",
        "start pod shell that sleeps for an hour in test",
        "create pod tester with image alpine:3.20 in qa",
    ),
)
async def create_pod(
    session: Session,
    *,
    name: Name,
    image: Image,
    command: Argv | None = None,
    namespace: Namespace = "",
    labels: Labels | None = None,
    wait_s: WaitSeconds = 60.0,
) -> Draft:
    """Create a pod of one container that no controller looks after.

    Args:
        name: Its name.
        image: The container's image.
        command: The command instead of the image's own.
        namespace: Where.
        labels: Its labels.
        wait_s: How long to wait until it runs.
    """
    content = {"metadata": {"labels": dict(labels or {})} if labels else {}, "spec": _pod(name, image, command)}
    intent = Intent("it runs", _runs, _pod_why)
    draft = await create(
        session, kind_of(session, "pods"), session.find.home(namespace), name, content, what=image, intent=intent
    )
    return _waiting(draft, wait_s)


@writes(
    "kube.run_job",
    timeout_s=3900.0,
    examples=(
        "run a job migrate with registry.local/app:2 and the command ./migrate up in shop",
        "start a one-off job in batch from busybox:1.36 that prints the date",
        "run job cleanup with image tools:1 running rm-old",
        "launch the job import in etl",
    ),
)
async def run_job(
    session: Session,
    *,
    name: Name,
    image: Image,
    command: Argv | None = None,
    namespace: Namespace = "",
    wait_s: WaitSeconds = 60.0,
) -> Draft:
    """Run a command once, as a Job, and wait until it has finished. It is not repeated when it fails.

    Args:
        name: The Job's name.
        image: The container's image.
        command: The command instead of the image's own.
        namespace: Where.
        wait_s: How long to wait until it has finished.
    """
    spec = {"backoffLimit": 0, "template": {"spec": {**_pod(name, image, command), "restartPolicy": "Never"}}}
    draft = await create(
        session, kind_of(session, "jobs", "batch"), session.find.home(namespace), name, {"spec": spec},
        what=image, intent=_finished(session),
    )  # fmt: skip
    return _waiting(draft, wait_s)


@writes(
    "kube.run_cron_job_now",
    timeout_s=3900.0,
    examples=(
        "run the cron job backup now",
        "trigger report in analytics right away",
        "start nightly-sync once by hand",
        "kick off the cronjob cleanup immediately",
    ),
)
async def run_cron_job_now(
    session: Session, *, name: Name, namespace: Namespace = "", job_name: MaybeName = "", wait_s: WaitSeconds = 60.0
) -> Draft:
    """Run a CronJob's job once, now, beside its schedule.

    Args:
        name: The CronJob.
        namespace: Its namespace; found out where it is left open.
        job_name: The Job's name; made of the CronJob's and the time where it is left open.
        wait_s: How long to wait until it has finished.
    """
    live = await session.find.one(name, "cronjobs", namespace)
    # The moment of the preview: the draft is made again for the commit, and must come out the same.
    stamp = datetime.fromtimestamp(session.made, UTC).strftime("%m%d%H%M%S")
    chosen = job_name or f"{name[:40].rstrip('-.')}-manual-{stamp}"
    template = at(live, "spec.jobTemplate", {})
    metadata = {key: value for key, value in (template.get("metadata") or {}).items() if key != "creationTimestamp"}
    metadata["annotations"] = {**metadata.get("annotations", {}), MANUAL: "manual"}
    metadata["ownerReferences"] = [
        {"apiVersion": live["apiVersion"], "kind": "CronJob", "name": name_of(live), "uid": uid_of(live)}
    ]
    content = {"metadata": metadata, "spec": template.get("spec") or {}}
    draft = await create(
        session, kind_of(session, "jobs", "batch"), namespace_of(live), chosen, content,
        what=f"from {label(live)}", intent=_finished(session),
    )  # fmt: skip
    return _waiting(draft, wait_s)


@writes(
    "kube.create_cron_job",
    examples=(
        "create a cron job backup that runs ./backup from tools:1 every night at 2",
        "schedule busybox:1.36 to print the date every five minutes in batch",
        "make a cronjob report at 0 6 * * 1 with image report:3",
        "every hour run cleanup with image tools:1 in shop",
    ),
)
async def create_cron_job(
    session: Session,
    *,
    name: Annotated[Name, Field(max_length=52)],
    schedule: Schedule,
    image: Image,
    command: Argv | None = None,
    namespace: Namespace = "",
) -> Draft:
    """Create a CronJob of one container.

    Args:
        name: Its name, at most 52 characters.
        schedule: When, as cron writes it, such as "0 2 * * *"; the cluster's own clock counts.
        image: The container's image.
        command: The command instead of the image's own.
        namespace: Where.
    """
    pod = {**_pod(name, image, command), "restartPolicy": "Never"}
    spec = {"schedule": schedule, "jobTemplate": {"spec": {"template": {"spec": pod}}}}
    kind = kind_of(session, "cronjobs", "batch")
    return await create(
        session, kind, session.find.home(namespace), name, {"spec": spec}, what=f"{image} at {schedule}"
    )


@writes(
    "kube.suspend",
    examples=(
        "suspend the cron job backup",
        "stop report from being scheduled",
        "hold cronjob cleanup in batch",
        "disable the nightly-sync schedule",
    ),
)
async def suspend(session: Session, *, name: Name, namespace: Namespace = "", kind: KindWord = "cronjob") -> Draft:
    """Hold a CronJob: no new jobs; those that run go on.

    Args:
        name: The CronJob.
        namespace: Its namespace; found out where it is left open.
        kind: CronJob, or another kind that has `spec.suspend`.
    """
    return await _suspend(session, name, namespace, kind, True)


@writes(
    "kube.resume",
    examples=(
        "resume the cron job backup",
        "let report be scheduled again",
        "enable cronjob cleanup in batch",
        "unsuspend nightly-sync",
    ),
)
async def resume(session: Session, *, name: Name, namespace: Namespace = "", kind: KindWord = "cronjob") -> Draft:
    """Let a suspended CronJob go on.

    Args:
        name: The CronJob.
        namespace: Its namespace; found out where it is left open.
        kind: CronJob, or another kind that has `spec.suspend`.
    """
    return await _suspend(session, name, namespace, kind, False)


async def _suspend(session: Session, name: str, namespace: str, kind: str, wanted: bool) -> Draft:
    live = await session.find.one(name, kind, namespace)
    if live["kind"] in rollout.ROLLED:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{label(live)} cannot be suspended: pause its rollout, or scale it")
    if bool(at(live, "spec.suspend")) == wanted:
        return Draft(f"{label(live)} is {'suspended already' if wanted else 'not suspended'}")
    operation = patched(session.kinds, live, {"spec": {"suspend": wanted}})
    warnings: tuple[str, ...] = ()
    if not wanted and at(live, "spec.startingDeadlineSeconds") is None and live["kind"] == "CronJob":
        warnings = ("a run that was missed meanwhile may start at once",)
    return Draft(f"{'suspend' if wanted else 'resume'} {label(live)}", (operation,), warnings)


def _pod(
    name: str,
    image: str,
    command: list[str] | None,
    *,
    port: int = 0,
    env: dict[str, str] | None = None,
    requests: dict[str, str] | None = None,
    limits: dict[str, str] | None = None,
) -> Manifest:
    """The spec of a pod of one container; what is not given is left to the server."""
    container: Manifest = {"name": name.replace(".", "-").replace(":", "-")[:LABEL_MOST].rstrip("-"), "image": image}
    if command:
        container["command"] = command
    if port:
        container["ports"] = [{"containerPort": port}]
    if env:
        container["env"] = [{"name": key, "value": value} for key, value in env.items()]
    resources = {key: value for key, value in (("requests", requests), ("limits", limits)) if value}
    return {"containers": [container | ({"resources": resources} if resources else {})]}


def _waiting(draft: Draft, wait_s: float) -> Draft:
    return Draft(draft.summary, draft.operations, draft.warnings, wait_s=wait_s, undo=draft.undo, facts=draft.facts)


def _runs(live: Manifest | None) -> str:
    phase = str(at(live, "status.phase", "")) if live is not None else "gone"
    if phase == "Succeeded":
        return ""
    ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in at(live, "status.conditions", []))
    return "" if phase == "Running" and ready else f"it is {phase.lower() or 'not there yet'}"


async def _pod_why(live: Manifest) -> tuple[str, bool]:
    if at(live, "status.phase") == "Failed":
        code = at(live, "status.containerStatuses[0].state.terminated.exitCode")
        return f"it failed{f' with exit code {code}' if code is not None else ''}", True
    return rollout.trouble(live)


def _finished(session: Session) -> Intent:
    """The Job is complete; where it failed, it says why."""

    def holds(live: Manifest | None) -> str:
        if live is None:
            return "it is gone"
        ended = {one.get("type"): one for one in at(live, "status.conditions") or () if one.get("status") == "True"}
        if "Complete" in ended:
            return ""
        failed = ended.get("Failed")
        if failed is not None:
            return f"it failed: {hidden(str(failed.get('message') or failed.get('reason')))[:200]}"
        return f"it has not finished: {at(live, 'status.active', 0)} pods run"

    async def why(live: Manifest) -> tuple[str, bool]:
        if any(one.get("type") == "Failed" for one in at(live, "status.conditions") or ()):
            return "", True
        chosen = (("labelSelector", f"job-name={name_of(live)}"),)
        pods = await session.api.items(kind_of(session, "pods").path(namespace_of(live)), chosen)
        found = [one for pod in pods if (one := rollout.trouble(pod))[0]]
        return (found[0][0], found[0][1]) if found else ("", False)

    return Intent("it has finished", holds, why)
