"""`asterism doctor`: one line for each thing that can be wrong, with the remedy."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import socket
import stat
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from orchestrator.cli.cluster import kubeconfigs
from orchestrator.cli.exits import CommandError
from orchestrator.cli.options import Common
from orchestrator.cli.output import dump, line

if TYPE_CHECKING:
    from orchestrator.settings import ModelSettings, Settings

ORCHESTRATOR = ("sqlalchemy", "alembic", "fastapi", "uvicorn", "langgraph", "networkx", "prometheus_client")
SKEW_S = 5.0  # the orchestrator tells whole seconds, and the answer takes its time
FREE_BYTES = 500 << 20
MODEL_S = 3.0
CLUSTER_S = 5.0


@dataclass(frozen=True)
class Finding:
    """`bad` keeps something from working; `note` does not."""

    check: str
    state: Literal["ok", "note", "bad"]
    says: str
    remedy: str = ""


def doctor(*, common: Common | None = None) -> int:
    """Say what is wrong with this installation, and the remedy. Exit 3 where something is."""
    common = common or Common()
    findings = [_python(), _extras()]
    try:
        loaded = common.load()
        settings, file = loaded.settings, loaded.file
    except CommandError as error:
        findings.append(Finding("settings", "bad", error.message, "mend it; `asterism config show --sources` helps"))
    else:
        findings.append(Finding("settings", "ok", "can be read"))
        findings += [_data(settings), *_rights(settings, file), *asyncio.run(_live(settings))]
    if common.json:
        dump({"findings": [vars(finding) for finding in findings]})
    else:
        for finding in findings:
            mark = {"ok": "ok  ", "note": "note", "bad": "BAD "}[finding.state]
            remedy = f" -> {finding.remedy}" if finding.remedy else ""
            sys.stdout.write(f"{mark} {finding.check}: {line(finding.says)}{line(remedy)}\n")
    return 3 if any(finding.state == "bad" for finding in findings) else 0


def _python() -> Finding:
    # An older one cannot read this file.
    return Finding("python", "ok", ".".join(map(str, sys.version_info[:3])))


def _extras() -> Finding:
    missing = [name for name in ORCHESTRATOR if importlib.util.find_spec(name) is None]
    if not missing:
        return Finding("packages", "ok", "everything that an orchestrator needs is installed")
    says = f"{', '.join(missing)} missing: a device agent and the command line work, an orchestrator does not"
    return Finding("packages", "note", says, "pip install 'asterism[orchestrator]'")


def _data(settings: Settings) -> Finding:
    folder = settings.data_dir
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        return Finding(
            "data folder", "bad", f"{settings.data_dir} cannot be written", "mend its rights, or set data_dir"
        )
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES:
        says = f"{free >> 20} MB free at {settings.data_dir}"
        return Finding("data folder", "bad", says, "make room, or set data_dir to another disk")
    return Finding("data folder", "ok", f"{settings.data_dir}, {free >> 30} GB free")


def _rights(settings: Settings, file: Path | None) -> list[Finding]:
    """Files with secrets that others on this machine may read."""
    secret = {"the settings": file if file is not None and settings.token is not None else None}
    secret |= {"the TLS key": settings.tls_key, "the data folder": settings.data_dir}
    found = []
    for name, path in secret.items():
        if path is not None and _others_reach(path):
            rights = "700" if path.is_dir() else "600"
            says = f"{name}, {path}, can be reached by others on this machine"
            found.append(Finding("file rights", "note", says, f"chmod {rights} {path}"))
    return found


def _others_reach(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:  # not there, or not ours to look at: then another check says so
        return False


def clock_finding(theirs: float, ours: float) -> Finding:
    """`theirs` is the orchestrator's clock, in whole seconds; both in Unix time."""
    apart = theirs - ours
    if abs(apart) <= SKEW_S:
        return Finding("clock", "ok", "the orchestrator's agrees with this machine's")
    ahead = "ahead of" if apart > 0 else "behind"
    says = f"the orchestrator's is {abs(apart):.0f} s {ahead} this machine's: deadlines and expiries go by the former"
    return Finding("clock", "bad", says, "have both set their clocks over NTP, e.g. `timedatectl set-ntp true`")


async def _live(settings: Settings) -> list[Finding]:
    findings = await _orchestrator(settings)
    if not any(finding.check == "orchestrator" and finding.state != "note" for finding in findings):
        findings += [_port(settings), await _database(settings)]
    findings += await asyncio.gather(*(_model(model) for model in settings.models if settings.asks(model.name)))
    return findings + await cluster()


async def cluster() -> list[Finding]:
    """Whether the kubeconfig of this machine leads to a cluster; nothing where there is none. Tells nothing of it."""
    if not any(path.is_file() for path in kubeconfigs()):
        return []
    if importlib.util.find_spec("kubernetes") is None:
        says = "there is a kubeconfig, and no client for it"
        return [Finding("kubernetes", "note", says, "pip install 'asterism[k8s]'")]
    from tools.errors import ToolError
    from tools.kube.api import connect
    from tools.kube.settings import KubeSettings

    try:
        async with asyncio.timeout(CLUSTER_S):
            api = await connect(KubeSettings())
            try:
                found = await api.request("GET", "/version")
            finally:
                await api.close()
    except ToolError as error:
        return [Finding("kubernetes", "note", error.message, "`kubectl version` shows whether it is the network")]
    except TimeoutError:
        says = f"the cluster of the kubeconfig did not answer in {CLUSTER_S:g} s"
        return [Finding("kubernetes", "note", says, "is it up, and is its address right?")]
    version = found.get("gitVersion") if isinstance(found, dict) else None
    return [Finding("kubernetes", "ok", f"the kubeconfig's cluster answers ({version or 'its version is not told'})")]


async def _orchestrator(settings: Settings) -> list[Finding]:
    """The orchestrator at --url and its devices; a note where there is none."""
    from orchestrator.cli.client import Client

    async with Client(settings) as client:
        try:
            health = await client.ready()
        except CommandError as error:
            if error.code != "unreachable":
                return [Finding("orchestrator", "bad", error.message, "check --url, and who uses that port")]
            says = f"none at {settings.url}: `asterism run` will start an embedded one"
            return [Finding("orchestrator", "note", says, "`asterism up` starts one that stays")]
        state: Literal["ok", "bad"] = "ok" if health.ready else "bad"
        problems = health.problems
        says = f"answers at {settings.url}" + (f", but has problems: {', '.join(problems)}" if problems else "")
        found = [Finding("orchestrator", state, says, "" if health.ready else _remedy(problems))]
        theirs = await client.clock()
        if theirs is not None:
            found.append(clock_finding(theirs, time.time()))
        try:
            devices = await client.devices()
        except CommandError as error:
            return [*found, Finding("token", "bad", error.message, "set ASTERISM_TOKEN to a token that is valid there")]
    online = [view.name for view in devices if view.online and not view.draining]
    if online:
        found.append(Finding("devices", "ok", f"{len(online)} of {len(devices)} take work: {', '.join(online[:10])}"))
    else:
        found.append(Finding("devices", "bad", "none is connected", "start one with `asterism device server`"))
    for view in devices:
        if view.name not in online:
            why = view.unavailable_because or "offline"
            found.append(Finding(f"device {view.name}", "note", why, "look at its agent, or forget it"))
    return found


def _remedy(problems: Sequence[str]) -> str:
    """What to do about an orchestrator's problems, which are codes of the store or its own states."""
    try:
        from storage.faults import REMEDIES
    except ModuleNotFoundError:
        REMEDIES = {}
    known = [REMEDIES[problem] for problem in problems if problem in REMEDIES]
    return " ".join(known) or "see docs/errors.md for the codes"


def _port(settings: Settings) -> Finding:
    try:
        with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as bound:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((settings.host, settings.port))
    except OSError as error:
        says = f"{settings.host}:{settings.port} cannot be served: {error.strerror}"
        return Finding("port", "bad", says, "stop what uses it, or choose another with --port")
    return Finding("port", "ok", f"{settings.host}:{settings.port} is free")


async def _database(settings: Settings) -> Finding:
    """Open the database as an orchestrator would. One that does not exist yet is left alone."""
    from orchestrator.settings import shown

    name = shown("database", settings.database)
    if settings.database.startswith("sqlite") and not os.path.exists(settings.database.partition(":///")[2]):  # noqa: ASYNC240
        return Finding("database", "ok", f"{name} will be made at the first start")
    try:
        from orchestrator.core.ports import StoreError
        from storage import make_store
    except ModuleNotFoundError as error:
        return Finding("database", "note", f"cannot be checked: {error.name} is missing")
    try:
        store = make_store(settings.database)
        await store.open()
        await store.close()
    except StoreError as error:
        return Finding("database", "bad", f"{error.message} [{error.code}]", error.remedy)
    except ModuleNotFoundError as error:
        return Finding("database", "bad", f"{error.name} is missing", "pip install 'asterism[postgres]'")
    return Finding("database", "ok", name)


async def _model(model: ModelSettings) -> Finding:
    """Whether a model's server answers at all; nothing is sent but a question for its list of models."""
    import httpx2

    check = f"model {model.name}"
    where = urlsplit(model.base_url).netloc
    key = os.environ.get(model.api_key_env, "") if model.api_key_env else ""
    if model.api_key_env and not key:
        return Finding(check, "bad", f"{model.api_key_env} is not set", "set it to the key of that server")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        async with httpx2.AsyncClient(timeout=MODEL_S) as http:
            response = await http.get(f"{model.base_url.rstrip('/')}/models", headers=headers)
    except (httpx2.HTTPError, OSError) as error:
        return Finding(check, "bad", f"{where} does not answer ({type(error).__name__})", "start it, or check base_url")
    if response.status_code in (401, 403):
        return Finding(check, "bad", f"{where} refuses the key", f"check {model.api_key_env or 'api_key_env'}")
    if response.status_code >= 400:
        return Finding(check, "note", f"{where} answers {response.status_code} to /models", "check base_url")
    return Finding(check, "ok", f"{where} answers")
