"""A kubernetes device without an orchestrator: its skills called as a device agent would call them.

async with kube_device.opened(cluster, tmp_path) as device:
    answer = await device.call("kube.list", kind="pods", namespace="shop")
    preview, written = await device.write("kube.scale", name="web", replicas=2)
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from devices.kubernetes import open_cluster
from tests.support.kube import Cluster
from tools.fake import FakeToolContext
from tools.kube import skills
from tools.kube.session import Cluster as Connection
from tools.kube.settings import KubeSettings
from tools.registry import Registry

Answer = dict[str, Any]
"""A skill's output as JSON."""


@dataclass
class Device:
    """`connection`: what the skills use; `context`: the attempt that they run in (caller, approval, workspace)."""

    connection: Connection
    registry: Registry
    context: FakeToolContext

    async def call(self, skill: str, /, **arguments: Any) -> Answer:  # noqa: ANN401 - JSON of any shape
        """One call, with the arguments as they come over the wire. Raises ToolError."""
        answer = await self.registry.call(skill, arguments, self.context)
        assert isinstance(answer, dict)
        return answer

    async def preview(self, skill: str, /, **arguments: Any) -> Answer:  # noqa: ANN401
        """What `kube.preview` says of a write."""
        return await self.call("kube.preview", skill=skill, arguments=arguments)

    async def write(self, skill: str, /, **arguments: Any) -> tuple[Answer, Answer]:  # noqa: ANN401
        """Previewed, approved and committed: the preview, and what was written."""
        preview = await self.preview(skill, **arguments)
        return preview, await self.call(skill, **arguments, preview=preview)


@asynccontextmanager
async def opened(
    cluster: Cluster, folder: Path, *, kubeconfig: Path | None = None, settings: KubeSettings | None = None
) -> AsyncIterator[Device]:
    """A device of this cluster, as administrator or as `kubeconfig` says.

    Its state is in `folder`/state, so that a device opened there again is the same one after a restart; its workspace
    is `folder`/workspace.
    """
    workspace = folder / "workspace"
    workspace.mkdir(parents=True, exist_ok=True)
    chosen = replace(settings or KubeSettings(), kubeconfig=kubeconfig or cluster.kubeconfig)
    connection = await open_cluster(chosen, folder / "state")
    try:
        context = FakeToolContext(workspace)
        context.approval = "approval-1"
        yield Device(connection, skills.registry(lambda: connection), context)
    finally:
        await connection.close()
