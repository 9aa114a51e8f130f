"""Changes of the pods that a workload makes: image, environment, resources, probes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from protocol.errors import ErrorCode
from tools.errors import ToolError
from tools.kube import podspec, rollout
from tools.kube.arguments import Amounts, Argv, Image, KindWord, MaybeName, Name, Namespace, Port, WaitSeconds, Words
from tools.kube.change import Draft, patched
from tools.kube.objects import Manifest, label
from tools.kube.rollouts import manual
from tools.kube.secrecy import NAMES
from tools.kube.session import Session
from tools.kube.verbs import writes

ContainerName = Annotated[str, Field(pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$", max_length=63)]
Variable = Annotated[str, Field(pattern=r"^[-._a-zA-Z][-._a-zA-Z0-9]*$", max_length=253)]
Variables = Annotated[dict[Variable, Annotated[str, Field(max_length=100_000)]], Field(max_length=200)]
HttpPath = Annotated[str, Field(pattern=r"^(/[!-~]*)?$", max_length=500)]


@writes(
    "kube.set_image",
    examples=(
        "set the image of checkout to registry.local/checkout:1.4",
        "update web in shop to version 2.1",
        "use busybox:1.36 for the container sidecar of api",
        "deploy nginx:1.25 on the frontend",
    ),
)
async def set_image(
    session: Session,
    *,
    name: Name,
    image: Image,
    kind: KindWord = "",
    namespace: Namespace = "",
    container: ContainerName = "",
    wait_s: WaitSeconds = 120.0,
) -> Draft:
    """Set the image of a container of a workload or pod; the workload rolls it out.

    Args:
        name: The workload or pod.
        image: The image; a bare tag such as ":1.2" keeps the repository.
        kind: Its kind; found out where it is left open.
        namespace: Its namespace; found out where it is left open.
        container: Which container; needed where there are several.
        wait_s: How long to wait until the new pods are ready.
    """
    live = await _templated(session, name, kind, namespace)
    part, found = podspec.container_of(live, container)
    before, after = str(found.get("image", "")), podspec.with_tag(str(found.get("image", "")), image)
    what = f"the image of {label(live)} ({found['name']})"
    if before == after:
        return Draft(f"{what} is {after} already")
    return _draft(session, live, part, {"name": found["name"], "image": after}, f"set {what} to {after}", wait_s)


@writes(
    "kube.set_env",
    examples=(
        "set LOG_LEVEL=debug on checkout",
        "add the environment variable REGION=eu to api in shop",
        "remove the variable DEBUG from web",
        "take worker's environment from the config map worker-settings",
    ),
)
async def set_env(
    session: Session,
    *,
    name: Name,
    set: Variables | None = None,
    unset: Words | None = None,
    from_config_map: MaybeName = "",
    from_secret: MaybeName = "",
    kind: KindWord = "",
    namespace: Namespace = "",
    container: ContainerName = "",
    wait_s: WaitSeconds = 120.0,
) -> Draft:
    """Set or remove environment variables of a container of a workload; the workload rolls it out.

    Args:
        name: The workload.
        set: Variables and their values.
        unset: Variables to remove.
        from_config_map: A config map of which every key becomes a variable.
        from_secret: A secret of which every key becomes a variable.
        kind: Its kind; found out where it is left open.
        namespace: Its namespace; found out where it is left open.
        container: Which container; needed where there are several.
        wait_s: How long to wait until the new pods are ready.
    """
    live = await _templated(session, name, kind, namespace)
    _no_pod(live, "environment")
    part, found = podspec.container_of(live, container)
    patch: Manifest = {"name": found["name"]}
    if env := _env_patch(found, set or {}, unset or []):
        patch["env"] = env
    if sources := _sources(found, from_config_map, from_secret):
        patch["envFrom"] = sources
    if len(patch) == 1:
        if not (set or unset or from_config_map or from_secret):
            raise ToolError(ErrorCode.BAD_ARGUMENTS, "say what to set or to remove")
        return Draft(f"the environment of {label(live)} is that already")
    names = [*(set or {}), *(f"-{one}" for one in unset or []), *(one for one in (from_config_map, from_secret) if one)]
    summary = f"change the environment of {label(live)} ({found['name']}): {', '.join(names)}"
    return _draft(session, live, part, patch, summary, wait_s, literal_secrets(set or {}))


@writes(
    "kube.set_resources",
    examples=(
        "give checkout a memory limit of 512Mi",
        "set the cpu request of api in shop to 250m",
        "limit worker to one cpu and 1Gi",
        "raise web's memory limit to 1Gi",
    ),
)
async def set_resources(
    session: Session,
    *,
    name: Name,
    requests: Amounts | None = None,
    limits: Amounts | None = None,
    kind: KindWord = "",
    namespace: Namespace = "",
    container: ContainerName = "",
    wait_s: WaitSeconds = 120.0,
) -> Draft:
    """Set resource requests and limits of a container of a workload; the workload rolls it out.

    Args:
        name: The workload.
        requests: What is set aside for it, such as {"cpu": "250m", "memory": "128Mi"}.
        limits: What it may use at most.
        kind: Its kind; found out where it is left open.
        namespace: Its namespace; found out where it is left open.
        container: Which container; needed where there are several.
        wait_s: How long to wait until the new pods are ready.
    """
    if not requests and not limits:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say which requests or limits to set")
    live = await _templated(session, name, kind, namespace)
    _no_pod(live, "resources")
    part, found = podspec.container_of(live, container)
    wanted = {key: dict(value) for key, value in (("requests", requests), ("limits", limits)) if value}
    there = found.get("resources") or {}
    what = f"the resources of {label(live)} ({found['name']})"
    if all((there.get(key) or {}).get(one) == value for key, part_ in wanted.items() for one, value in part_.items()):
        return Draft(f"{what} are that already")
    told = "; ".join(f"{key} {', '.join(f'{k}={v}' for k, v in value.items())}" for key, value in wanted.items())
    patch: Manifest = {"name": found["name"], "resources": wanted}
    return _draft(session, live, part, patch, f"set {what}: {told}", wait_s)


@writes(
    "kube.set_probe",
    examples=(
        "add a readiness probe on /healthz port 8080 to checkout",
        "give api a liveness probe that runs cat /tmp/alive",
        "remove the startup probe of web",
        "check the readiness of worker on port 9000",
    ),
)
async def set_probe(
    session: Session,
    *,
    name: Name,
    which: Literal["readiness", "liveness", "startup"] = "readiness",
    http_path: HttpPath = "",
    port: Port = 0,
    command: Argv | None = None,
    kind: KindWord = "",
    namespace: Namespace = "",
    container: ContainerName = "",
    remove: bool = False,
    wait_s: WaitSeconds = 120.0,
) -> Draft:
    """Set or remove a probe of a container of a workload; the workload rolls it out.

    Args:
        name: The workload.
        which: Readiness, liveness or startup.
        http_path: The path that must answer; needs a port.
        port: The port that is asked, by HTTP with a path, else by connecting.
        command: A command in the container that must succeed, instead of a port.
        kind: Its kind; found out where it is left open.
        namespace: Its namespace; found out where it is left open.
        container: Which container; needed where there are several.
        remove: Take the probe away.
        wait_s: How long to wait until the new pods are ready.
    """
    live = await _templated(session, name, kind, namespace)
    _no_pod(live, "probes")
    part, found = podspec.container_of(live, container)
    key, what = f"{which}Probe", f"the {which} probe of {label(live)} ({found['name']})"
    there = found.get(key)
    if remove:
        if there is None:
            return Draft(f"{label(live)} has no {which} probe")
        patch: Manifest = {"name": found["name"], key: None}
        return _draft(session, live, part, patch, f"remove {what}", wait_s)
    action, told = _probe(http_path, port, command or [])
    if there is not None and all(
        (there.get(one) or {}).get(k) == v for one, value in action.items() for k, v in value.items()
    ):
        return Draft(f"{what} is that already")
    others: Manifest = dict.fromkeys(("httpGet", "tcpSocket", "exec", "grpc"))
    cleared = {one: None for one in others if there is not None and one in there and one not in action}
    patch = {"name": found["name"], key: {**action, **cleared}}
    return _draft(session, live, part, patch, f"set {what} to {told}", wait_s)


def _probe(http_path: str, port: int, command: list[str]) -> tuple[dict[str, Manifest], str]:
    if command and (port or http_path):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "a probe asks a port or runs a command, not both")
    if command:
        return {"exec": {"command": command}}, f"the command {' '.join(command)}"
    if not port:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say which port the probe asks, or which command it runs")
    if http_path:
        return {"httpGet": {"path": http_path, "port": port, "scheme": "HTTP"}}, f"GET {http_path} on port {port}"
    return {"tcpSocket": {"port": port}}, f"a connection to port {port}"


async def _templated(session: Session, name: str, kind: str, namespace: str) -> Manifest:
    """The workload; a pod, Job or ReplicaSet that a workload made is not changed behind its back."""
    found = await session.find.one(name, kind, namespace, ("deployments", "statefulsets", "daemonsets", "cronjobs"))
    owner = next((one for one in found.get("metadata", {}).get("ownerReferences") or () if one.get("controller")), None)
    if owner is not None:
        raise ToolError(
            ErrorCode.BAD_ARGUMENTS,
            f"{label(found)} is made by {owner.get('kind')} {owner.get('name')}: change the workload above it",
        )
    if found["kind"] == "Job":
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{label(found)}: a Job's pods cannot be changed; run a new one")
    return found


def _no_pod(live: Manifest, what: str) -> None:
    if live["kind"] == "Pod":
        raise ToolError(
            ErrorCode.BAD_ARGUMENTS, f"{label(live)}: the {what} of a running pod cannot be changed; create it again"
        )


def _draft(
    session: Session,
    live: Manifest,
    part: str,
    container: Manifest,
    summary: str,
    wait_s: float,
    warnings: tuple[str, ...] = (),
) -> Draft:
    intent = rollout.complete(session) if live["kind"] in rollout.ROLLED else None
    body = podspec.container_patch(live, part, container)
    operation = patched(session.kinds, live, body, patch="strategic", intent=intent)
    return Draft(summary, (operation,), (*warnings, *manual(live)), wait_s=wait_s)


def _env_patch(container: Manifest, wanted: Mapping[str, str], unset: list[str]) -> list[Manifest]:
    """The entries of a strategic merge of `env`: only what differs."""
    there = {str(one.get("name")): one for one in container.get("env") or ()}
    patch: list[Manifest] = []
    for key, value in wanted.items():
        now = there.get(key) or {}
        if now.get("value") == value and "valueFrom" not in now:
            continue
        patch.append({"name": key, "value": value} | ({"valueFrom": None} if "valueFrom" in now else {}))
    missing = [key for key in unset if key not in there]
    if missing:
        has = ", ".join(there) or "none"
        raise ToolError(ErrorCode.NOT_FOUND, f"there is no variable {', '.join(missing)[:300]}: it has {has[:500]}")
    return [*patch, *({"name": key, "$patch": "delete"} for key in unset)]


def _sources(container: Manifest, config_map: str, secret: str) -> list[Manifest]:
    """The whole of `envFrom`, which cannot be merged; [] where nothing is new."""
    there = list(container.get("envFrom") or ())
    wanted = [{"configMapRef": {"name": config_map}}] if config_map else []
    wanted += [{"secretRef": {"name": secret}}] if secret else []
    new = [one for one in wanted if one not in there]
    return [*there, *new] if new else []


def literal_secrets(wanted: Mapping[str, str]) -> tuple[str, ...]:
    """A warning about variables whose names say that their values are secret."""
    names = [key for key in wanted if NAMES.search(key)]
    if not names:
        return ()
    said = ", ".join(names)
    return (f"{said}: whoever may read the workload can read its value there; a Secret (from_secret) keeps it apart",)
