"""Containers that end when they should run: crash loops, with what the log tells, and those out of memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tools.kube.analysers import telling
from tools.kube.analysers.findings import Evidence, Finding, Fix, Severity, command, evidence, shown
from tools.kube.analysers.hints import near
from tools.kube.analysers.pods import Container, containers, ended_s, finding, phase, target, template_owner, troubled
from tools.kube.analysers.snapshot import Snapshot
from tools.kube.objects import Manifest, namespace_of
from tools.kube.quantities import number, size

RECENT_S: Final = 3600.0
"""How long ago a container may have ended for it to be a fault of today."""
QUIET_S: Final = 600.0
CODES: Final = {
    1: "", 2: "", 126: "its command cannot be executed", 127: "its command was not found",
    134: "it aborted (SIGABRT)", 137: "it was killed (SIGKILL)", 139: "it crashed (SIGSEGV)",
    143: "it was told to end (SIGTERM)",
}  # fmt: skip
CANNOT_START: Final = ("RunContainerError", "CreateContainerError", "ContainerCannotRun", "StartError")


def crashes(snapshot: Snapshot) -> Iterator[Finding]:
    """Containers that end again and again, or cannot even be started."""
    for pod in troubled(snapshot):
        for container in containers(pod):
            if found := _found(snapshot, pod, container):
                yield found


def _found(snapshot: Snapshot, pod: Manifest, container: Container) -> Finding | None:
    ended = container.ended
    if ended.get("reason") == "OOMKilled" and _matters(snapshot, pod, container):
        return _oom(snapshot, pod, container)
    if container.waiting in CANNOT_START or ended.get("reason") in CANNOT_START:
        return _cannot_start(snapshot, pod, container)
    if not ended or not _matters(snapshot, pod, container) or _by_probe(snapshot, pod, container):
        return None
    return _crash(snapshot, pod, container)


def _matters(snapshot: Snapshot, pod: Manifest, container: Container) -> bool:
    """Whether that it ended is a fault, and of today: not that of a job's pod, which may end, nor of long ago."""
    if container.waiting == "CrashLoopBackOff":
        return True
    failed = int(container.ended.get("exitCode") or 0) != 0
    if snapshot.top(pod).kind in ("Job", "CronJob") or phase(pod) == "Failed":
        return False
    if container.init:
        return failed and not container.running
    return failed and ended_s(snapshot, container) < (RECENT_S if container.restarts > 2 else QUIET_S)


def _by_probe(snapshot: Snapshot, pod: Manifest, container: Container) -> bool:
    """Whether the kubelet killed it for its probe: that is the probe's finding."""
    killed = container.ended.get("exitCode") in (137, 143, 0, 2)
    return killed and any(
        str(event.get("message", "")).startswith(("Liveness", "Startup")) and _field(event) in ("", container.name)
        for event in snapshot.events(pod, "Unhealthy")
    )


def _field(event: Manifest) -> str:
    """The container that an event is about."""
    path = str((event.get("involvedObject") or {}).get("fieldPath", ""))
    return path.partition("{")[2].rstrip("}")


def _severity(container: Container) -> Severity:
    return "warning" if container.running and container.restarts <= 2 else "critical"


def _oom(snapshot: Snapshot, pod: Manifest, container: Container) -> Finding:
    resources = container.spec.get("resources") or {}
    limit = str((resources.get("limits") or {}).get("memory", ""))
    what = (
        f"it needs more memory than its limit of {limit} allows"
        if limit
        else "the node ran out of memory (it has no limit)"
    )
    cause = f"container {container.name} was killed for lack of memory (OOMKilled{_times(container)}): {what}"
    facts = [
        _state(pod, container),
        evidence(pod, f"container {container.name} resources.limits.memory", limit or "none"),
    ]
    owner = template_owner(snapshot, pod)
    fix = Fix("give it a memory limit that it can live with (kube.set_resources), or make it need less")
    if owner and limit and owner.kind not in ("Job", "CronJob") and number(limit) and not container.init:
        more = size(2 * number(limit))
        arguments = target(owner) | {"limits": {"memory": more}, "container": container.name}
        fix = Fix(f"raise the memory limit of {owner} from {limit} to {more}", "kube.set_resources", arguments)
    return finding(snapshot, pod, "out_of_memory", cause, *facts, severity=_severity(container), fix=fix)


def _cannot_start(snapshot: Snapshot, pod: Manifest, container: Container) -> Finding:
    text = container.message if container.waiting in CANNOT_START else str(container.ended.get("message", ""))
    words = container.spec.get("command") or ()
    cause = f"container {container.name} cannot be started: {shown(_core(text))}"
    facts = [evidence(pod, f"container {container.name} {container.waiting or 'terminated'}", text)]
    if words:
        facts.append(evidence(pod, f"container {container.name} command", command(words)))
    fix = Fix("correct the container's command, or use an image that has it (kube.set_image)")
    return finding(snapshot, pod, "cannot_start", cause, *facts, fix=fix)


def _core(text: str) -> str:
    """The end of a chain of errors says what happened."""
    for mark in ("exec: ", "starting container process caused: ", "failed to create containerd task: "):
        if mark in text:
            return text[text.index(mark) :]
    return text or "the container runtime refused"


def _crash(snapshot: Snapshot, pod: Manifest, container: Container) -> Finding:
    code = int(container.ended.get("exitCode") or 0)
    log = snapshot.log(pod, container.name)
    lines = telling.telling(log.lines) or telling.telling(str(container.ended.get("message") or "").splitlines())
    meant = telling.meaning(lines)
    cause = f"container {container.name} ends with exit code {code}{_times(container)}"
    explained, fix = _explain(snapshot, pod, container, code, meant)
    said = [explained] if explained else []
    if lines:
        said.append(f"its log says \u201c{shown(_line(lines, meant))}\u201d")
    elif not explained:
        said.append("its log says nothing")
    facts = [_state(pod, container), *(_log(pod, container, line) for line in lines)]
    cause += f": {'; '.join(said)}"
    return finding(snapshot, pod, "crash_loop", cause, *facts, severity=_severity(container), fix=fix)


def _line(lines: list[str], meant: telling.Meaning | None) -> str:
    return meant.line if meant else lines[-1]


def _explain(
    snapshot: Snapshot, pod: Manifest, container: Container, code: int, meant: telling.Meaning | None
) -> tuple[str, Fix]:
    read = Fix(
        f"correct what its log says; more of it: kube.logs of the pod, container {container.name}, previous=True"
    )
    match meant.code if meant else "":
        case "environment":
            assert meant is not None
            return _variable(snapshot, pod, container, meant.what)
        case "host":
            assert meant is not None
            close = near(meant.what.split(".")[0], snapshot.names("services", namespace_of(pod)))
            hint = f"; the service {close} has nearly that name" if close else ""
            return f"it cannot find the host {shown(meant.what)}{hint}", Fix(
                "correct the host's name where it is configured, or create that service"
            )
        case "refused":
            assert meant is not None
            return f"it is refused by {shown(meant.what) or 'what it connects to'}", Fix(
                "see whether that service runs and listens there (kube.port_check), or correct the address"
            )
        case "file":
            assert meant is not None
            return f"the file {shown(meant.what)} is not there", Fix(
                f"mount {shown(meant.what)} into the container, or correct the path"
            )
        case "permission":
            return "it is not permitted something that it needs", read
        case "port":
            return "its port is in use already", read
    if code == 0:
        return "its command is done and ends, and the pod's restart policy starts it again", Fix(
            "give it a command that keeps running, or make it a job"
        )
    return CODES.get(code, ""), read


def _variable(snapshot: Snapshot, pod: Manifest, container: Container, name: str) -> tuple[str, Fix]:
    """A missing environment variable: whether it is set at all, and what nearly is."""
    given = {str(one.get("name")): one for one in container.spec.get("env") or ()}
    text = f"the environment variable {name} is not set"
    if name in given:
        text = f"the environment variable {name} is wrong or empty"
    elif close := near(name, given):
        text += f" ({close} is)"
    owner = template_owner(snapshot, pod)
    where = f" of {owner}" if owner else ""
    return text, Fix(
        f"set {name} in the environment{where} (kube.set_env), to its value or from a config map or secret"
    )


def _times(container: Container) -> str:
    return f", {container.restarts} restart{'' if container.restarts == 1 else 's'}" if container.restarts else ""


def _state(pod: Manifest, container: Container) -> Evidence:
    ended = container.ended
    text = f"exit code {ended.get('exitCode')}, reason {ended.get('reason') or 'unknown'}"
    text += f", at {ended.get('finishedAt') or 'unknown'}"
    return evidence(pod, f"container {container.name} last state", text)


def _log(pod: Manifest, container: Container, line: str) -> Evidence:
    return evidence(pod, f"log {container.name}", line)
