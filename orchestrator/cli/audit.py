"""`asterism audit`: who did what."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from orchestrator.cli.calls import call
from orchestrator.cli.exits import CommandError
from orchestrator.cli.options import Common
from orchestrator.cli.output import dump, say, table

if TYPE_CHECKING:
    from pydantic import JsonValue


def audit(
    *,
    actor: Annotated[str | None, Parameter(help="Only what this token's name did.")] = None,
    action: Annotated[str | None, Parameter(help="Only this action, such as run.submit.")] = None,
    object: Annotated[str | None, Parameter(help="Only what was done to this run, token, device ...")] = None,
    limit: Annotated[int, Parameter(help="At most so many (default: 50).")] = 50,
    verify: Annotated[bool, Parameter(help="Say instead whether an entry was changed or taken out.")] = False,
    common: Common | None = None,
) -> None:
    """List who did what, newest first. Needs a token with the role admin."""
    if not 1 <= limit <= 1000:
        raise CommandError("usage", "--limit is a number from 1 to 1000.")
    as_json = common is not None and common.json
    if verify:
        verdict = call(common, lambda client: client.verify_audit())
        if verdict.fault:
            raise CommandError("database_corrupt", f"The audit is not as it was written: {verdict.fault}.")
        if as_json:
            dump(verdict.model_dump(mode="json"))
        else:
            say(f"{verdict.entries} entries, none changed or missing; the last one's digest is {verdict.digest}")
        return
    found = call(common, lambda client: client.audit(actor=actor, action=action, object=object, limit=limit))
    if as_json:
        dump({"entries": [one.model_dump(mode="json") for one in found]})
        return
    if not found:
        say("There are no entries.")
        return
    rows = []
    for one in found:
        entry = one.entry
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.at))
        told = ", ".join(
            f"{name}={_told(value)}" for name, value in entry.detail.items() if value not in ("", {}, None)
        )
        rows.append((str(one.seq), at, f"{entry.actor} ({entry.role})", entry.action, entry.object, told[:80]))
    table(("NO", "AT", "WHO", "DID", "TO", "DETAIL"), rows)


def _told(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
