"""Jobs that failed or are stuck, and cron jobs that do not run. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tools.kube.analysers import telling
from tools.kube.analysers.findings import Evidence, Finding, Fix, Ref, Severity, evidence, ref, shown
from tools.kube.analysers.pods import condition, containers, target
from tools.kube.analysers.snapshot import Snapshot, going
from tools.kube.objects import Manifest, at, name_of, namespace_of

DAY_S: Final = 86_400.0
LONG_S: Final = 3600.0
MISSED: Final = (
    "TooManyMissedTimes",
    "MissSchedule",
    "InvalidSchedule",
    "UnparseableSchedule",
    "FailedNeedsStart",
    "FailedCreate",
    "UnparseableCronJobSchedule",
    "UnknownTimeZone",
)


def jobs(snapshot: Snapshot) -> Iterator[Finding]:
    """Jobs that failed within a day, unless a later one of the same cron job succeeded; and suspended ones."""
    for job in snapshot.all("jobs"):
        if going(job):
            continue
        failed = condition(job, "Failed")
        if failed.get("status") == "True" and snapshot.age_s(failed.get("lastTransitionTime")) < DAY_S:
            if not _overtaken(snapshot, job):
                yield _failed(snapshot, job, failed)
        elif at(job, "spec.suspend"):
            fix = Fix(f"resume {ref(job)}", "kube.resume", target(ref(job)))
            yield Finding(
                "suspended", ref(job), "it is suspended", (evidence(job, "spec.suspend", "true"),), "notice", fix
            )
        elif int(at(job, "status.failed", 0)) and not condition(job, "Complete") and not failed:
            yield _failing(snapshot, job)


def _overtaken(snapshot: Snapshot, job: Manifest) -> bool:
    """Whether a later job of the same cron job succeeded."""
    top = snapshot.top(job)
    age = snapshot.age_s(job)
    return top.kind == "CronJob" and any(
        snapshot.top(other) == top
        and snapshot.age_s(other) < age
        and condition(other, "Complete").get("status") == "True"
        for other in snapshot.inside("jobs", namespace_of(job))
    )


def _failed(snapshot: Snapshot, job: Manifest, failed: Manifest) -> Finding:
    reason = str(failed.get("reason", ""))
    facts = [evidence(job, "condition Failed", f"{reason}: {failed.get('message', '')}")]
    if reason == "DeadlineExceeded":
        cause = f"its job took longer than the {at(job, 'spec.activeDeadlineSeconds')} s that it may take"
        fix = Fix("give it more time (spec.activeDeadlineSeconds), or see what it waits for (kube.logs)")
    else:
        told, more = _why(snapshot, job)
        cause = f"its job failed after {at(job, 'status.failed', 0)} tries{told}"
        facts += more
        fix = Fix("correct what its log says, and run it again (kube.run_job; kube.run_cron_job_now for a cron job)")
    return Finding("job_failed", snapshot.top(job), cause, tuple(facts), "critical", fix, about=frozenset({ref(job)}))


def _failing(snapshot: Snapshot, job: Manifest) -> Finding:
    told, facts = _why(snapshot, job)
    cause = f"its job has failed {at(job, 'status.failed', 0)} times and tries again{told}"
    fix = Fix("correct what its log says (kube.logs)")
    found = (evidence(job, "status.failed", at(job, "status.failed", 0)), *facts)
    return Finding("job_failing", snapshot.top(job), cause, found, "warning", fix, about=frozenset({ref(job)}))


def _why(snapshot: Snapshot, job: Manifest) -> tuple[str, list[Evidence]]:
    """How the last of its pods ended."""
    ended = [(pod, one) for pod in snapshot.pods_of(ref(job)) for one in containers(pod) if one.ended.get("exitCode")]
    if not ended:
        return "", []
    pod, one = max(ended, key=lambda pair: str(pair[1].ended.get("finishedAt", "")))
    read = next((log for p, c in ended if (log := snapshot.log(p, c.name)).lines), snapshot.log(pod, one.name))
    lines = telling.telling(read.lines)
    text = f": container {one.name} ends with exit code {one.ended['exitCode']}"
    if one.ended.get("reason") == "OOMKilled":
        text += f" (OOMKilled: its memory limit is {at(one.spec, 'resources.limits.memory', 'none')})"
    if meant := telling.meaning(lines):
        text += f": the environment variable {meant.what} is not set" if meant.code == "environment" else ""
    text += f"; its log says \u201c{shown(lines[-1])}\u201d" if lines else ""
    return text, [evidence(pod, f"log {one.name}", line) for line in lines]


def cron_jobs(snapshot: Snapshot) -> Iterator[Finding]:
    """Cron jobs that are suspended, wait for their last job, or cannot start one."""
    for one in snapshot.all("cronjobs"):
        if going(one):
            continue
        if at(one, "spec.suspend"):
            last = at(one, "status.lastScheduleTime", "")
            cause = "it is suspended, so it starts no jobs" + (f" (the last one: {last})" if last else "")
            fix = Fix(f"resume {ref(one)}", "kube.resume", target(ref(one)))
            yield Finding("suspended", ref(one), cause, (evidence(one, "spec.suspend", "true"),), "notice", fix)
            continue
        yield from _events(snapshot, one)
        yield from _waits(snapshot, one)


def _events(snapshot: Snapshot, one: Manifest) -> Iterator[Finding]:
    for event in snapshot.events(one, *MISSED)[:1]:
        text = str(event.get("message", ""))
        fact = evidence(one, f"event {event.get('reason')}", text)
        severity: Severity = "critical" if event.get("reason") != "MissSchedule" else "warning"
        cause = f"it does not start its jobs: {shown(text)}"
        fix = Fix("correct its schedule or what the event names")
        yield Finding(
            "cron_job",
            ref(one),
            cause,
            (fact, evidence(one, "spec.schedule", at(one, "spec.schedule", ""))),
            severity,
            fix,
        )


def _waits(snapshot: Snapshot, one: Manifest) -> Iterator[Finding]:
    """Concurrency is forbidden and an old job still runs."""
    active = [str(job.get("name")) for job in at(one, "status.active", [])]
    if at(one, "spec.concurrencyPolicy") != "Forbid" or not active:
        return
    job = snapshot.get("jobs", namespace_of(one), active[0])
    if job is not None and snapshot.age_s(job) > LONG_S:
        cause = f"its job {name_of(job)} runs since {at(job, 'metadata.creationTimestamp')}"
        cause += ", and concurrencyPolicy Forbid lets no other start"
        fact = evidence(one, "spec.concurrencyPolicy", "Forbid")
        fix = Fix(f"see what {name_of(job)} does (kube.logs); delete it if it hangs (kube.delete)")
        yield Finding(
            "cron_job_blocked",
            ref(one),
            cause,
            (fact,),
            "warning",
            fix,
            about=frozenset({ref(job), Ref("Job", namespace_of(job), name_of(job))}),
        )
