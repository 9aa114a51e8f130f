"""What was written to a cluster, by whom, and whether it was a dry run: read from the API server's audit log.

The server of the tests' own cluster writes a record before it answers the request (audit-log-mode `blocking`), so that
whoever has an answer finds the record. Records of reads are left out. Kubernetes itself leaves some bodies out, of
evictions above all; the server of the tests' own cluster is built so as to record them (see `cluster/build.sh`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

WRITING = frozenset({"create", "update", "patch", "delete", "deletecollection"})
REVIEWS = frozenset({"selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews", "tokenreviews"})
"""Questions in the form of a created object: they store nothing."""


@dataclass(frozen=True)
class Write:
    """One request that writes, or would: a dry run is `dry_run`, one that was refused has a `status` of 400 or more.

    `namespace` and `name` are empty where the request has none (a created object's name is in `request`). `request` is
    the body: the object, the patch, or the options of a deletion; None where there was none.
    """

    user: str
    impersonated: str | None
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    dry_run: bool
    user_agent: str
    request: Any
    status: int
    time: datetime
    field_manager: str | None

    @property
    def actor(self) -> str:
        """Whose rights it used."""
        return self.impersonated or self.user

    @property
    def by_the_cluster(self) -> bool:
        """Whether Kubernetes' own parts did it: its servers, its node, its controllers."""
        user = self.user
        if user.startswith("system:serviceaccount:"):
            return user.startswith("system:serviceaccount:kube-system:")
        return user.startswith("system:") and user not in ("system:anonymous", "system:admin")

    @property
    def stored(self) -> bool:
        """Whether it changed something: no dry run, not refused, no question, no view of logs or the like."""
        asks = self.resource in REVIEWS or self.subresource in ("exec", "attach", "portforward", "proxy", "token")
        return not self.dry_run and self.status < 400 and not asks

    def __str__(self) -> str:
        what = "/".join(part for part in (self.resource, self.subresource) if part)
        where = "/".join(part for part in (self.namespace, self.name) if part)
        return f"{self.verb} {what} {where} by {self.actor}: {self.status}{' (dry run)' if self.dry_run else ''}"


class AuditLog:
    """The log file of a running cluster."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def mark(self) -> int:
        """A place in the log: `writes(since=mark)` gives what came after it."""
        return self._path.stat().st_size

    def writes(self, since: int = 0) -> list[Write]:
        """Every write since that place, in the order of their answers."""
        return list(self._read(since))

    def writes_by_others(self, since: int = 0) -> list[Write]:
        """The same without what Kubernetes' own parts did."""
        return self.matching(lambda write: not write.by_the_cluster, since)

    def stored_by_others(self, since: int = 0) -> list[Write]:
        """What changed the cluster, and was not Kubernetes' own doing."""
        return self.matching(lambda write: write.stored and not write.by_the_cluster, since)

    def matching(self, wanted: Callable[[Write], bool], since: int = 0) -> list[Write]:
        return [write for write in self._read(since) if wanted(write)]

    def _read(self, since: int) -> Iterator[Write]:
        with self._path.open("rb") as log:
            log.seek(since)
            for line in log:
                if not line.endswith(b"\n"):
                    return  # the server is at it: this request has no answer yet
                record = json.loads(line)
                if record["verb"] in WRITING and record["stage"] in ("ResponseComplete", "Panic"):
                    yield _write(record)


def _write(record: dict[str, Any]) -> Write:
    target = record.get("objectRef") or {}
    query = parse_qs(urlsplit(record["requestURI"]).query)
    request = record.get("requestObject")
    return Write(
        user=record["user"].get("username", ""),
        impersonated=(record.get("impersonatedUser") or {}).get("username"),
        verb=record["verb"],
        group=target.get("apiGroup", ""),
        resource=target.get("resource", ""),
        subresource=target.get("subresource", ""),
        namespace=target.get("namespace", ""),
        name=target.get("name", ""),
        dry_run="dryRun" in query or _asks_for_dry_run(target, record["verb"], request),
        user_agent=record.get("userAgent", ""),
        request=request,
        status=(record.get("responseStatus") or {}).get("code", 0),
        time=datetime.fromisoformat(record["stageTimestamp"]),
        field_manager=next(iter(query.get("fieldManager", ())), None),
    )


def _asks_for_dry_run(target: dict[str, Any], verb: str, request: object) -> bool:
    """Whether the body does: options of a deletion do so themselves, an eviction in the options that it carries."""
    if not isinstance(request, dict):
        return False
    if verb in ("delete", "deletecollection"):
        return bool(request.get("dryRun"))
    if target.get("subresource") == "eviction":
        # Recorded in the server's own spelling, not in the API's.
        options = request.get("DeleteOptions") or request.get("deleteOptions") or {}
        return bool(options.get("dryRun"))
    return False
