"""SIGKILLs of real processes under load: what was lost, doubled, run again, or ended otherwise than without faults.

    python -m benchmarks.kills --kills 2000 [--target orchestrator|device|both] [--db sqlite|postgresql] [--seed K]
                               [--round 250] [--json FILE]

Each round has a fresh database and fresh devices; its seed is the first one's plus its number. A round with PostgreSQL
uses Debian's server, on loopback, with fsync. Every program is forked by a launcher that has imported it already: a
process of its own, killed by SIGKILL, which starts in a tenth of a second. Exit code 1 where anything was wrong.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.support import postgres
from tests.support.kills import Plan, Report, campaign
from tests.support.zygote import zygote

WRONG = ("lost", "doubled", "rerun", "differing")


@contextmanager
def server(wanted: bool) -> Iterator[postgres.Server | None]:
    """A PostgreSQL, where one is wanted."""
    if not wanted:
        yield None
        return
    with contextmanager(postgres.serve)(durable=True) as made:
        yield made


def rounds(args: argparse.Namespace) -> Iterator[Report]:
    """Rounds until so many processes of the target have been killed."""
    with ExitStack() as stack:
        launcher = stack.enter_context(zygote())
        database = stack.enter_context(server(args.db == "postgresql"))
        done, number = 0, 0
        while done < args.kills:
            folder = Path(tempfile.mkdtemp(prefix="asterism-kills-"))
            url = ""
            if database is not None:
                postgres.execute(database.admin, f"CREATE DATABASE round_{number}")
                url = database.url(f"round_{number}")
            plan = Plan(
                kills=min(args.round, args.kills - done), target=args.target, database=url, seed=args.seed + number
            )
            report = campaign(plan, folder, launcher)
            if report.good:
                shutil.rmtree(folder)
            else:
                print(f"kept: {folder}", file=sys.stderr)
            done, number = done + killed(report), number + 1
            yield report


def killed(report: Report) -> int:
    return report.kills["orchestrator"] + report.kills["device"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--target", choices=["orchestrator", "device", "both"], default="orchestrator")
    parser.add_argument("--db", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--round", type=int, default=250, help="kills in a round")
    parser.add_argument("--json", type=Path, default=None, help="write the report there")
    args = parser.parse_args()
    print(f"{'seed':>6} {'kills':>6} {'of them at start':>17} {'runs':>6} {'effects':>8} {'unknown':>8}", end="")
    print("".join(f"{name:>10}" for name in (*WRONG, "other")), f"{'seconds':>9}", flush=True)
    told: list[dict[str, object]] = []
    total: Counter[str] = Counter()
    for report in rounds(args):
        seen, found = report.findings.looked_at, report.findings
        wrong = [len(getattr(found, name)) for name in WRONG]
        row = [seen["runs"], seen["effects"], seen["attempts unknown"]]
        print(f"{report.plan.seed:>6} {killed(report):>6} {report.kills['start']:>17}", end="")
        print(f" {row[0]:>6} {row[1]:>8} {row[2]:>8}", "".join(f"{count:>10}" for count in wrong)[1:], end="")
        print(f"{len(report.problems):>10} {report.seconds:>9.0f}", flush=True)
        for problem in (*report.problems, *found.problems)[:10]:
            print("   ", problem[:1_000], file=sys.stderr)
        total.update(kills=killed(report), start=report.kills["start"], wrong=sum(wrong) + len(report.problems))
        total.update({name: seen[name] for name in ("runs", "tasks", "effects", "attempts", "attempts unknown")})
        told.append(report.as_json())
    print(f"{total['kills']:,} kills, {total['runs']:,} runs, {total['effects']:,} effects: {total['wrong']} wrong")
    if args.json is not None:
        args.json.write_text(json.dumps({"total": dict(total), "rounds": told}, indent=1) + "\n")
    return 1 if total["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
