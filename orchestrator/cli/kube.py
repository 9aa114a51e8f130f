"""`asterism kube`: `run`, bound to a cluster."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from orchestrator.cli import run
from orchestrator.cli.attach import Attachment
from orchestrator.cli.cluster import kubeconfigs, require_client, require_kubeconfig
from orchestrator.cli.exits import CommandError, Exit
from orchestrator.cli.local import LocalDevice, machine_name
from orchestrator.cli.options import Common
from orchestrator.cli.output import say

if TYPE_CHECKING:
    from orchestrator.cli.embedded import Begun
    from orchestrator.core.views import DeviceView
    from orchestrator.settings import Settings

NAME = "cluster"


def kube(
    *text: Annotated[str, Parameter(help="The request, in plain language.")],
    context: Annotated[str, Parameter(help="Which context of the kubeconfig.", show_default=False)] = "",
    kubeconfig: Annotated[
        Path | None, Parameter(help="Which kubeconfig (default: KUBECONFIG, ~/.kube/config).")
    ] = None,
    device: Annotated[str, Parameter(help="Which device, where several are clusters.", show_default=False)] = "",
    with_: Annotated[
        tuple[str, ...], Parameter(name="--with", help="Another device that it may use; may be repeated.")
    ] = (),
    dry_run: Annotated[bool, Parameter(help="Show what would change, and change nothing.")] = False,
    approve: Annotated[
        Literal["ask", "all", "none"] | None,
        Parameter(help="What was previewed: ask here, allow all, or deny (default: ask)."),
    ] = None,
    jsonl: Annotated[bool, Parameter(help="The run's events as JSON lines on stdout.")] = False,
    timeout: Annotated[float | None, Parameter(help="Seconds after which the run is ended.")] = None,
    common: Common | None = None,
) -> int:
    """Ask a cluster in plain language, or change it: every write is previewed, and made once it is approved.

    Uses the Kubernetes device of the orchestrator at --url; where none is reachable, an orchestrator of its own with
    the cluster of the kubeconfig.
    """
    common = common or Common()
    words = " ".join(text).strip()
    if not words:
        raise CommandError("usage", 'Say what should happen: asterism kube "why is checkout down?"')
    if len(words) > run.TEXT_LIMIT:
        raise CommandError("bad_request", f"A request takes at most {run.TEXT_LIMIT} characters.")
    if common.json and jsonl:
        raise CommandError("usage", "--json is one object, --jsonl is the events: choose one.")
    attachment = Attachment(wait=False)
    settings = common.load().settings
    wish = run.Wish(
        words,
        None,
        attachment,
        approve or settings.policy.approve,
        timeout if timeout is not None else settings.policy.deadline_s,
        (),
        False,
        common.json,
        jsonl,
        preview_only=dry_run,
    )
    wish = run.limited(wish, settings, None, local_only=False)
    try:
        if not run.reachable(settings):
            return _embedded(wish, settings, device or NAME, kubeconfig, context, with_)
        if kubeconfig is not None:
            message = f"The orchestrator at {settings.url} has its own kubeconfig: leave --kubeconfig out"
            raise CommandError("usage", f"{message}, or name another with --url.")

        def choose(devices: Sequence[DeviceView]) -> tuple[str, ...]:
            cluster = chosen(devices, device, context, settings.url)
            say(whose(devices, cluster, settings.url))
            return cluster, *with_

        return asyncio.run(run.remotely(wish, settings, choose))
    except asyncio.CancelledError:
        return Exit.CANCELLED


def chosen(devices: Sequence[DeviceView], name: str, context: str, url: str) -> str:
    """The device that is the cluster. Raises CommandError: `no_capable_device` for none, `usage` for several."""
    clusters = [one for one in devices if one.kind == "kubernetes"]
    if not clusters:
        start = f"`asterism device kubernetes --kubeconfig FILE --url {url}`"
        raise CommandError("no_capable_device", f"No device at {url} is a cluster: start one with {start}.")
    known = ", ".join(one.name for one in clusters)
    if name:
        clusters = [one for one in clusters if one.name == name]
        if not clusters:
            raise CommandError("no_capable_device", f"No cluster at {url} is called {name}; there are: {known}.")
    if context:
        clusters = [
            one for one in clusters if one.profile.cluster is not None and one.profile.cluster.context == context
        ]
        if not clusters:
            raise CommandError(
                "no_capable_device", f"No cluster at {url} has the context {context}; there are: {known}."
            )
    online = [one for one in clusters if one.online] or clusters
    if len(online) > 1:
        names = ", ".join(one.name for one in online)
        raise CommandError("usage", f"There are several clusters: name one with --device ({names}).")
    return online[0].name


def whose(devices: Sequence[DeviceView], name: str, url: str) -> str:
    """Which cluster is asked, and that it is not the one of the caller's own kubeconfig."""
    cluster = next(one.profile.cluster for one in devices if one.name == name)
    context = f" (context {cluster.context})" if cluster is not None and cluster.context else ""
    unused = "; KUBECONFIG is not used" if os.environ.get("KUBECONFIG") else ""
    return f"the cluster is {name}{context}, a device of {url}{unused}"


def _embedded(
    wish: run.Wish, settings: Settings, name: str, kubeconfig: Path | None, context: str, others: tuple[str, ...]
) -> int:
    """An orchestrator of our own, with the cluster as its device, and this machine where it was named."""
    from dataclasses import replace

    from orchestrator.cli.embedded import begin, end, this_machine

    require_client()
    require_kubeconfig(kubeconfig)
    unknown = [one for one in others if one != machine_name()]
    if unknown:
        message = f"There is no device {unknown[0]}: without an orchestrator there is this machine, {machine_name()}"
        raise CommandError("no_capable_device", f"{message}. Start one with `asterism up`.")
    devices = [cluster_device(settings, name, kubeconfig, context)]
    devices += [this_machine(settings)] if others else []
    begun: Begun = begin(settings, devices)
    try:
        wish = replace(wish, devices=tuple(one.name for one in devices))
        return asyncio.run(run.embedded(wish, settings, begun))
    finally:
        end(begun)


def cluster_device(settings: Settings, name: str, kubeconfig: Path | None, context: str) -> LocalDevice:
    """The cluster of a kubeconfig as a device; its trail is kept for each cluster by itself."""
    flags = [f"--kubeconfig={kubeconfig.expanduser().absolute()}"] if kubeconfig is not None else []
    flags += [f"--context={context}"] if context else []
    which = hashlib.sha256("\0".join(_cluster_of(kubeconfig, context)).encode()).hexdigest()[:12]
    folder = settings.data_dir / "embedded" / f"{name}-{which}"
    return LocalDevice(name, "kubernetes", folder, Path.cwd(), flags=tuple(flags))


def _cluster_of(kubeconfig: Path | None, context: str) -> tuple[str, ...]:
    """What tells clusters apart: the files, the context that they choose by now, and its server."""
    from tools.kube.api import meant

    files = [path.expanduser() for path in ([kubeconfig] if kubeconfig is not None else kubeconfigs())]
    found = [str(path.resolve()) for path in files if path.is_file()]
    name, server = meant(os.pathsep.join(found), context)
    return (*found, name or context, server)
