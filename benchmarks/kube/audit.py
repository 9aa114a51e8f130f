"""The product's writes as the API server recorded them, and whether approvals of their runs cover them.

The device names itself in every request's User-Agent: `asterism/... run=R task=T approval=A`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from tests.support.audit_log import REVIEWS, AuditLog, Write

OURS = "asterism/"
LONGEST = 1 << 21  # bytes of a record: requests are limited to 1.5 MB
_TAG = re.compile(r"\b(run|task|approval)=(\S+)")


class Audit:
    """The audit log of the cluster that the product works on."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def mark(self) -> int:
        """A place between two records: where the log ends now, or where the one begins that is being written."""
        with self._path.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            start = max(0, end - LONGEST)
            log.seek(start)
            return start + log.read(end - start).rfind(b"\n") + 1

    def of(self, run: str, since: int) -> list[Write]:
        """What was written since a mark in the name of a run, or by the product in the name of none."""
        return AuditLog(self._path).matching(lambda one: is_ours(one) and tags(one).get("run", run) == run, since)


def is_ours(write: Write) -> bool:
    """Whether the product carried it out. Commands in pods and tokens count, though they store nothing."""
    return (
        write.user_agent.startswith(OURS) and not write.dry_run and write.status < 400 and write.resource not in REVIEWS
    )


def tags(write: Write) -> dict[str, str]:
    return dict(_TAG.findall(write.user_agent))


def unbound(writes: Iterable[Write], approvals: set[str]) -> list[str]:
    """The writes that were carried out without one of these approvals."""
    return [str(write) for write in writes if tags(write).get("approval") not in approvals]
