"""One attempt's view of the cluster: requests as its caller, stamped with the run, the task and the approval."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from protocol.errors import ErrorCode
from protocol.vocabulary import JsonObject
from tools.context import ToolContext
from tools.errors import ToolError
from tools.kube import kinds as discovery
from tools.kube.api import Api, Headers, impersonation
from tools.kube.errors import KubeError
from tools.kube.kinds import Kinds
from tools.kube.objects import uid_of
from tools.kube.resolve import Resolver
from tools.kube.settings import KubeSettings
from tools.kube.trail import Trail

AGENT: Final = "asterism"
REFRESH_S: Final = 300.0


@dataclass
class Cluster:
    """The connection of a device. `key` signs previews: what this device did not preview, it does not write.

    `uid`: of the namespace kube-system, which tells clusters apart; "" where it may not be read.
    """

    api: Api
    settings: KubeSettings
    trail: Trail
    key: bytes
    kinds: Kinds = field(default_factory=lambda: Kinds(()))
    discovered: float = float("-inf")
    bare: Api | None = None
    uid: str = ""

    async def close(self) -> None:
        """Close the connections."""
        await self.api.close()
        if self.bare is not None:
            await self.bare.close()

    async def session(self, context: ToolContext, now: float) -> Session:
        """For one attempt. `now` is monotonic seconds. Raises ToolError for a caller that has no identity here."""
        await self.know(now)
        stamp = (("User-Agent", _agent(context)),)
        base, identity = self._identity(context.caller)
        api = base.with_headers((*stamp, *identity))
        return Session(self, context, api, Resolver(api, self.kinds))

    @property
    def identity(self) -> JsonObject:
        """Which cluster it is, for the record."""
        return {"server": self.api.server, "uid": self.uid}

    async def _recognize(self) -> None:
        """Find out which cluster it is. Raises KubeError where the server does not answer."""
        try:
            self.uid = uid_of(await self.api.get("/api/v1/namespaces/kube-system"))
        except KubeError as error:
            if error.status not in (401, 403, 404):
                raise

    async def know(self, now: float, *, again: bool = False) -> Kinds:
        """The server's kinds, asked for again now and then: custom resources come and go."""
        if again or now - self.discovered > REFRESH_S:
            self.kinds = await discovery.discover(self.api)
            await self._recognize()
            self.discovered = now
        return self.kinds

    def _identity(self, caller: str) -> tuple[Api, Headers]:
        """Who a caller is in the cluster, and over which connection. Only the owner's file says so, never a request."""
        path = self.settings.callers
        if path is None:
            return self.api, ()
        known = _callers(path)
        if caller not in known:
            who = caller or "the local person"
            raise ToolError(
                ErrorCode.DENIED, f"{who} has no identity in this cluster: the device's callers file names none"
            )
        entry = known[caller]
        if isinstance(token := entry.get("token_file"), str):
            return self._bare(), (("Authorization", f"Bearer {_token(Path(token))}"),)
        groups = entry.get("groups")
        if not isinstance(user := entry.get("user"), str) or not user:
            raise ToolError(ErrorCode.DENIED, f"the callers file gives {caller} neither a user nor a token_file")
        return self.api, impersonation(user, [str(one) for one in groups] if isinstance(groups, list) else [])

    def _bare(self) -> Api:
        if self.bare is None:
            self.bare = self.api.without_credentials()
        return self.bare


@dataclass(frozen=True)
class Session:
    """What a verb gets: the API as the caller, discovery, the resolver, and the attempt's surroundings.

    `made`: when the preview was made, in Unix seconds. A draft is made twice and must come out the same: what it writes
    of the time (a restart's) or makes up (a job's name) it derives from this.
    """

    cluster: Cluster
    context: ToolContext
    api: Api
    find: Resolver
    made: float = 0.0

    @property
    def kinds(self) -> Kinds:
        return self.cluster.kinds

    @property
    def settings(self) -> KubeSettings:
        return self.cluster.settings

    @property
    def caller(self) -> str:
        """Part of what an approval is bound to: who asks, and as whom."""
        who = next((value for name, value in self.api.headers if name == "Impersonate-User"), "")
        return f"{self.context.caller or 'local'}{f' as {who}' if who else ''}"

    def owns(self, entry: JsonObject) -> bool:
        """Whether an entry of the trail is this caller's to see. Without a callers file all callers are one."""
        return self.settings.callers is None or entry.get("caller") == self.caller


def _agent(context: ToolContext) -> str:
    """The User-Agent: the server's own audit log thereby names the run and the approval of every request."""
    attempt = context.attempt
    approval = f" approval={context.approval}" if context.approval else ""
    return f"{AGENT}/1 run={attempt.run} task={attempt.task} attempt={attempt.attempt}{approval}"


def _token(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise ToolError(ErrorCode.DENIED, f"the caller's token file cannot be read: {type(error).__name__}") from None


def _callers(path: Path) -> dict[str, dict[str, object]]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ToolError(ErrorCode.DENIED, f"the callers file cannot be read: {type(error).__name__}") from None
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise ToolError(ErrorCode.DENIED, "the callers file maps names to identities, and this one does not")
    return found
