"""The device of kind kubernetes: a cluster's API, offered as typed skills."""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from devices.config import DeviceSettings
from devices.errors import ConfigError
from devices.profile import probe
from devices.serving import serve
from protocol.vocabulary import ClusterProfile, DeviceProfile, JsonObject
from tools.errors import ToolError, printable
from tools.kube import skills
from tools.kube.api import Api, connect
from tools.kube.errors import KubeError, unreachable
from tools.kube.kinds import Kinds
from tools.kube.objects import listed
from tools.kube.resolve import Resolver
from tools.kube.session import Cluster
from tools.kube.settings import KubeSettings
from tools.kube.trail import Trail

MOST = 1000
RULES = 200
KEY_BYTES = 32
ANSWER_S: Final = 3.0
"""How long the server has to answer the question whether it is there."""
AWAY: Final = (0, 502, 503, 504)
"""What tells that no API server is there: no answer, or that of a proxy before it. Any other answer is one."""


async def run_device(settings: DeviceSettings, *, stop: asyncio.Event) -> None:
    """Connect to the cluster, register, and work until `stop` is set or the orchestrator has drained the device.

    While the cluster is away later on, the skills are withheld. Raises AgentError: ConfigError where the cluster cannot
    be reached at the start, or does not know this identity.
    """
    cluster, profile = await _connected(settings)
    registry = skills.registry(lambda: cluster)
    needing = tuple(one.name for one in registry.specs())

    async def withheld() -> Mapping[str, str]:
        if why := await away(cluster.api):
            # What comes back may have other kinds, or be another cluster.
            cluster.discovered = float("-inf")
        return dict.fromkeys(needing, why) if why else {}

    try:
        await serve(settings, registry, profile, stop=stop, probe=withheld)
    finally:
        await cluster.close()


async def away(api: Api) -> str:
    """Why nothing can be asked of the cluster now, with the next step; "" where its API server answers.

    A refusal is an answer: a call then tells what the identity lacks.
    """
    try:
        async with asyncio.timeout(ANSWER_S):
            await api.get("/version")
    except TimeoutError:
        error = unreachable(TimeoutError(f"no answer within {ANSWER_S:g} s"))
    except KubeError as raised:
        error = raised
    else:
        return ""
    if error.status not in AWAY:
        return ""
    return f"{error.message}; its skills come back with it: see whether it runs, and the network to it"


async def open_cluster(settings: KubeSettings, state: Path) -> Cluster:
    """The connection with its trail and its key. Raises ToolError where there is no cluster to connect to."""
    api = await connect(settings)
    trail = Trail(state / "trail.jsonl")
    await asyncio.to_thread(trail.open)
    cluster = Cluster(api, settings, trail, await asyncio.to_thread(preview_key, state / "preview.key"))
    try:
        await cluster.know(time.monotonic())
    except BaseException:
        await api.close()
        raise
    return cluster


async def _connected(settings: DeviceSettings) -> tuple[Cluster, DeviceProfile]:
    kube = settings.kube or KubeSettings()
    try:
        cluster = await open_cluster(kube, settings.state)
        base = await asyncio.to_thread(probe, settings.workspace)
        return cluster, base.model_copy(update={"cluster": await describe(cluster.api, cluster.kinds, kube)})
    except ToolError as error:
        raise ConfigError(error.message) from None


async def describe(api: Api, kinds: Kinds, settings: KubeSettings) -> ClusterProfile:
    """What this identity sees of the cluster, and what it may do there. Raises ToolError."""
    namespaces = await Resolver(api, kinds).namespaces()
    home = api.namespace or "default"
    review: JsonObject = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": home},
    }
    rules = await api.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", body=review)
    may = [
        f"{','.join(rule.get('verbs') or ())} {','.join(rule.get('resources') or ())}"
        + (f" ({listed(names)})" if (names := rule.get("resourceNames")) else "")
        for rule in (rules.get("status") or {}).get("resourceRules") or ()
    ]
    return ClusterProfile(
        version=kinds.version[:500],
        context=printable(api.context)[:500],
        namespace=api.namespace[:500],
        namespaces=tuple(namespaces[:MOST]),
        kinds=tuple("/".join((k.plural, k.singular, *k.short))[:500] for k in kinds.all[:MOST]),
        identity=printable(settings.as_user)[:500],
        may=tuple(printable(one)[:500] for one in may[:RULES]),
        read_only=settings.read_only,
    )


def preview_key(path: Path) -> bytes:
    """The device's own key, made once: it outlives a restart, as the previews that it signed do.

    What a crash left of a key is none: a new one is made, and the previews that were signed before are not good.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        key = b""
    return key if len(key) == KEY_BYTES else _made_key(path)


def _made_key(path: Path) -> bytes:
    made = secrets.token_bytes(KEY_BYTES)
    # mkstemp makes the file with mode 0600.
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return made
