"""`asterism faults`: makes things go wrong on purpose, and shows what became of the work."""

from __future__ import annotations

import asyncio
import secrets
import signal
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from orchestrator.cli.exits import CommandError, Exit
from orchestrator.cli.options import Common
from orchestrator.cli.output import dump, say, table

if TYPE_CHECKING:
    from orchestrator.cli.faulting.profiles import Profile
    from orchestrator.cli.faulting.suite import Finding
    from orchestrator.cli.faulting.world import Running, Temporary

MAX_RUNS = 50


def faults(
    *,
    profile: Annotated[tuple[str, ...], Parameter(help="Only this profile; may be repeated.")] = (),
    list: Annotated[bool, Parameter(help="Say which profiles there are, and leave.")] = False,
    runs: Annotated[int, Parameter(help="Runs a profile (default: 4).")] = 4,
    seed: Annotated[int, Parameter(help="Decides numbers, victims and chances (default: 0).")] = 0,
    yes: Annotated[bool, Parameter(help="With --url: do it to that system, without asking again.")] = False,
    common: Common | None = None,
) -> int:
    """Inject faults and show what became of the work: in a system of its own, or with --url in a running one.

    Without --url, an orchestrator and three devices run as child processes on a temporary folder. With it, only what
    failpoints can do is done there: it disturbs that system for a while. Exit 1 where anything was lost or doubled.
    """
    common = common or Common()
    from orchestrator.cli.faulting.profiles import PROFILES, chosen
    from orchestrator.cli.faulting.report import as_json, ok, remarks

    if list:
        _list(PROFILES, json=common.json)
        return 0
    if not 1 <= runs <= MAX_RUNS or not 0 <= seed < 1 << 63:
        raise CommandError("usage", f"--runs is a number from 1 to {MAX_RUNS}, --seed one from 0.")
    temporary = common.url is None
    if not temporary and not yes:
        message = f"This makes {common.url} fail on purpose for a while. If that is what you want, add --yes."
        raise CommandError("denied", message)
    profiles = chosen(profile, temporary=temporary)
    findings = asyncio.run(_Command(common, profiles, runs, seed).until_interrupted())
    if findings is None:
        return Exit.CANCELLED
    if common.json:
        dump(as_json(findings, seed=seed, temporary=temporary))
    for finding in findings:
        for remark in remarks(finding):
            say(remark)
    return Exit.OK if ok(findings) else Exit.FAILED


def _list(profiles: tuple[Profile, ...], *, json: bool) -> None:
    if json:
        dump({"profiles": [{"name": one.name, "about": one.about, "remote": one.remote} for one in profiles]})
        return
    where = {True: "anywhere", False: "in a system of its own"}
    table(("PROFILE", "WHERE", "WHAT HAPPENS"), [(one.name, where[one.remote], one.about) for one in profiles])


class _Command:
    """One call: the world, the profiles, and a clean end however it comes."""

    def __init__(self, common: Common, profiles: list[Profile], runs: int, seed: int) -> None:
        self._common = common
        self._profiles = profiles
        self._runs = runs
        self._seed = seed

    async def until_interrupted(self) -> list[Finding] | None:
        """The findings; None after Ctrl-C or SIGTERM, with everything cleaned up."""
        work = asyncio.ensure_future(self._run())
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, work.cancel)
        try:
            return await work
        except asyncio.CancelledError:
            say("stopped; everything is as it was")
            return None

    async def _run(self) -> list[Finding]:
        from orchestrator.cli.faulting.report import HEAD, row
        from orchestrator.cli.faulting.suite import Suite

        findings: list[Finding] = []
        async with self._world() as world:
            suite = Suite(world, runs=self._runs, seed=self._seed)
            for profile in self._profiles:
                say(f"{profile.name}: {profile.about}")
                findings.append(await suite.profile(profile))
        if not self._common.json:
            table(HEAD, [row(finding) for finding in findings])
        return findings

    def _world(self) -> Temporary | Running:
        from orchestrator.cli.faulting.world import Running, Temporary

        if self._common.url is None:
            say("starting an orchestrator and three devices in a temporary folder")
            return Temporary()
        settings = self._common.load().settings
        return Running(settings, f"asterism-faults-{secrets.token_hex(4)}.txt")
