"""Every route of REST, asked by schemathesis what its description allows and what it forbids.

    python -m benchmarks.fuzz [--examples N] [--seed K] [--phases stateful] [--report FILE]

A real orchestrator on loopback with a device, runs in several states, and an admin's token. N requests a route and kind
(about 40 routes, with and without faults in what is sent), after all cases of schemathesis's own coverage. Bar: no
answer of 500 or above, and nothing that the description does not promise. Ends with 1 where there is.
`--phases stateful` asks N chains of requests instead, in which one takes what another answered.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.support.schema_fuzz import ADDRESSES, SHARP, WEBHOOKS, Findings, fuzz
from tests.support.background import Behind, behind
from tests.support.guards import NetworkGuard


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", default="examples,coverage,fuzzing")
    parser.add_argument("--report", type=Path, help="write schemathesis's own report here")
    given = parser.parse_args()
    # What a made-up plan might reach, it does not: skills of a device may ask the network.
    sys.addaudithook(NetworkGuard())
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="asterism-fuzz-") as folder:
        found = _ask(Path(folder), given.examples, given.seed, given.phases)
    if given.report:
        given.report.write_text("\n".join(one.output for one in found))
    cases, failures, errors = (
        sum(getattr(one, name) for one in found) for name in ("cases", "failures", "server_errors")
    )
    print(f"{cases} cases, {failures} failures, {errors} server errors, {time.monotonic() - began:.0f} s", flush=True)
    return 1 if failures else 0


def _ask(folder: Path, examples: int, seed: int, phases: str) -> list[Findings]:
    with behind(folder, webhooks=WEBHOOKS) as system:
        token = system.client.post("/v1/tokens", json={"role": "admin"}).json()["token"]
        shown = {"Authorization": f"Bearer {token}"}
        device = system.client.post("/v1/tokens", json={"role": "device"}, headers=shown).json()["token"]
        system.do(lambda one: one.device("alpha", token=device))
        known = _known(system) | {"id": _told(system, shown)}
        return [
            fuzz(folder, system.url, token, known, examples=examples, seed=seed, phases=phases, without=SHARP),
            fuzz(folder, system.url, token, known, examples=examples, seed=seed, phases=phases, only=SHARP),
        ]


def _known(system: Behind) -> dict[str, list[str]]:
    """Runs that have ended and one that waits; what addresses below them need."""
    ended = system.run({"id": "a", "skill": "file.write", "arguments": {"path": "a.txt", "text": "x"}})
    failed = system.run({"id": "a", "skill": "file.read", "arguments": {"path": "nothing.txt"}})
    waits = system.run({"id": "a", "skill": "file.delete", "arguments": {"path": "a.txt"}}, approve="ask")
    return {
        "run": [ended.run, failed.run, waits.run],
        "approval": [approval.id for approval in waits.approvals],
        "task": ["a"],
        "name": ["alpha"],
        "rung": ["embedded"],
    }


def _told(system: Behind, shown: dict[str, str]) -> list[str]:
    """Deliveries of a run's webhook."""
    plan = {"steps": [{"id": "a", "skill": "system.uptime"}]}
    body = {"plan": plan, "webhook": {"url": ADDRESSES[0]}}
    run = system.client.post("/v1/runs?wait=30", json=body, headers=shown).json()["run"]
    page = system.client.get(f"/v1/webhooks/deliveries?run={run}", headers=shown).json()
    return [delivery["id"] for delivery in page["deliveries"]]


if __name__ == "__main__":
    sys.exit(main())
