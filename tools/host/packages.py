"""Skills for the software that is installed: Debian's packages, through dpkg and apt. Nothing asks anybody anything."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Limit, Output
from tools.bounds import Budget, room
from tools.context import repeated
from tools.errors import ToolError, printable
from tools.host.machine import HostContext, ask, failed, told
from tools.programs import Said
from tools.skill import skill

SECONDS: Final = 1800.0
LOCK_S: Final = 60
_FORMAT: Final = "${Package}\\t${Version}\\t${Architecture}\\t${db:Status-Abbrev}\\t${binary:Summary}\\n"
# `Inst libc6 [2.36-9] (2.36-10 Debian:12 [amd64])`: the first version is missing for what is new.
_PLANNED = re.compile(r"^(Inst|Remv) (\S+)(?: \[([^\]]+)\])?(?: \((\S+))?", re.MULTILINE)

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9+.-]{0,99}(:[a-z0-9-]{1,20})?$")]
Names = Annotated[list[Name], Field(min_length=1, max_length=50)]


class Package(Output):
    name: str
    version: str
    architecture: str = ""
    summary: str = ""


class Listed(Output):
    packages: list[Package]
    count: int
    truncated: bool


class Info(Output):
    """`candidate` is what would be installed now; empty where there is none."""

    name: str
    installed: bool
    version: str
    candidate: str
    summary: str
    depends: list[str]
    installed_bytes: int


class Change(Output):
    name: str
    before: str
    after: str


class Upgradable(Output):
    packages: list[Change]
    count: int
    truncated: bool


class Changed(Output):
    """What became of every package that the call changed, as dpkg tells afterwards; empty: not installed."""

    changes: list[Change]
    count: int


@skill(
    "package.list",
    examples=(
        "list the installed packages",
        "which packages are installed on the server?",
        "which python packages of Debian are installed?",
        "dpkg -l",
    ),
)
async def list_(context: HostContext, *, name: str | None = None, limit: Limit = 1000) -> Listed:
    """List the installed packages.

    Args:
        name: Only packages whose name holds this text.
        limit: Most packages to return.
    """
    found = [one for one in await _installed(context) if name is None or name.lower() in one.name]
    budget = Budget(room(context))
    kept = [one for one in found[:limit] if budget.take(one)]
    return Listed(packages=kept, count=len(found), truncated=len(kept) < len(found))


@skill(
    "package.info",
    examples=(
        "is the package nginx installed?",
        "which version of openssl is installed?",
        "tell me about the package postgresql",
        "what does the package curl depend on?",
    ),
)
async def info(context: HostContext, *, name: Name) -> Info:
    """Tell whether a package is installed, its version, and the one that could be.

    Args:
        name: The package.
    """
    there = {one.name: one for one in await _installed(context)}.get(name.partition(":")[0])
    policy = (await ask(context, "apt-cache", *_options(context), "policy", "--", name)).text
    found = re.search(r"^  Candidate: (\S+)", policy, re.MULTILINE)
    candidate = found[1] if found and found[1] != "(none)" else ""
    if there is None and not candidate:
        raise ToolError(ErrorCode.NOT_FOUND, f"there is no package `{name}` in the lists of this device")
    said = await ask(context, "dpkg-query", *_admin(context), "-s", "--", name) if there else None
    if said is None or said.code:
        said = await ask(context, "apt-cache", *_options(context), "show", "--no-all-versions", "--", name)
    fields = _fields(said.text)
    return Info(
        name=name,
        installed=there is not None,
        version=there.version if there else "",
        candidate=candidate,
        summary=printable((there.summary if there else fields.get("Description", ""))[:500]),
        depends=[part.strip() for part in fields.get("Depends", "").split(",") if part.strip()],
        installed_bytes=1024 * int(size) if (size := fields.get("Installed-Size", "0")).isdigit() else 0,
    )


@skill(
    "package.upgradable",
    timeout_s=300,
    examples=(
        "which packages can be upgraded?",
        "are there updates for the server?",
        "list the pending package upgrades",
        "what would apt upgrade change?",
    ),
)
async def upgradable(context: HostContext) -> Upgradable:
    """Tell which installed packages have a newer version, as the lists on this device know it."""
    planned = parse_plan(await told(context, "apt-get", *_options(context), "-qq", "--simulate", "upgrade"))
    budget = Budget(room(context))
    kept = [one for one in planned if budget.take(one)]
    return Upgradable(packages=kept, count=len(planned), truncated=len(kept) < len(planned))


@skill(
    "package.install",
    risk=Risk.WRITE,
    timeout_s=SECONDS,
    examples=(
        "install the package nginx",
        "apt install htop on the server",
        "upgrade the package openssl",
        "install postgresql with apt",
    ),
)
async def install(context: HostContext, *, names: Names, refresh: bool = False) -> Changed:
    """Install packages with what they need, or upgrade them; no configuration file of the owner's is replaced.

    Args:
        names: The packages.
        refresh: Whether to fetch the lists of packages first.
    """
    if refresh:
        await _apt(context, "update")
    before = {one.name: one.version for one in await _installed(context)}
    await _apt(context, "install", "--no-install-recommends", "--", *names)
    after = {one.name: one.version for one in await _installed(context)}
    if (missing := _missing(names, after)) and repeated(context):
        # Cut off before its files were there: apt takes it for installed.
        await _apt(context, "install", "--reinstall", "--no-install-recommends", "--", *missing)
        after = {one.name: one.version for one in await _installed(context)}
    if missing := _missing(names, after):
        raise ToolError(ErrorCode.TOOL_FAILED, f"apt ended well, and dpkg does not know {', '.join(missing)}")
    return _changed(before, after)


@skill(
    "package.remove",
    risk=Risk.DESTRUCTIVE,
    timeout_s=SECONDS,
    examples=(
        "remove the package nginx",
        "uninstall htop from the server",
        "apt remove apache2",
        "purge the package mysql-server",
    ),
)
async def remove(context: HostContext, *, names: Names, purge: bool = False) -> Changed:
    """Remove packages, with those that cannot be without them.

    Args:
        names: The packages.
        purge: Whether their configuration files go, too.
    """
    before = {one.name: one.version for one in await _installed(context)}
    await _apt(context, "purge" if purge else "remove", "--", *names)
    after = {one.name: one.version for one in await _installed(context)}
    left = [name for name in names if name.partition(":")[0] in after]
    if left:
        raise ToolError(ErrorCode.TOOL_FAILED, f"apt ended well, and dpkg still knows {', '.join(left)}")
    return _changed(before, after)


async def _apt(context: HostContext, *arguments: str) -> None:
    """Change something. What the packages' own scripts start goes on, as it is meant to.

    A repeated attempt first ends what the one before left half done: it was this very change that was cut off. What
    somebody else left is theirs to look at.
    """
    said = await _changing(context, *arguments)
    if said.code and _interrupted(said) and repeated(context):
        kept = ("--force-confdef", "--force-confold")
        await ask(context, "dpkg", *_folder(context), *kept, "--configure", "-a", seconds=SECONDS, system=True)
        said = await _changing(context, *arguments)
    if said.code:
        raise _refused(said)


async def _changing(context: HostContext, *arguments: str) -> Said:
    return await ask(
        context, "apt-get", *_options(context), "-q", "-y", f"-oDPkg::Lock::Timeout={LOCK_S}",
        "-oDpkg::Options::=--force-confdef", "-oDpkg::Options::=--force-confold", "-oDpkg::Use-Pty=0", *arguments,
        seconds=SECONDS, system=True,
    )  # fmt: skip


def _interrupted(said: Said) -> bool:
    return "dpkg was interrupted" in said.complaint.lower()


def _missing(names: list[str], installed: dict[str, str]) -> list[str]:
    return [name for name in names if name.partition(":")[0] not in installed]


def _refused(said: Said) -> ToolError:
    lower = said.complaint.lower()
    if "unable to locate package" in lower or "has no installation candidate" in lower:
        return ToolError(
            ErrorCode.NOT_FOUND,
            "apt knows no such package: look for its name, or have the lists fetched with `refresh`",
        )
    if "could not get lock" in lower or "is held by process" in lower:
        return ToolError(ErrorCode.UNAVAILABLE, "another program is installing: try again later", retryable=True)
    if _interrupted(said):
        return ToolError(ErrorCode.CONFLICT, "an earlier installation was cut off: run `dpkg --configure -a` first")
    return failed("apt-get", said)


async def _installed(context: HostContext) -> list[Package]:
    text = await told(context, "dpkg-query", *_admin(context), "-W", f"-f={_FORMAT}", good=(0, 1))
    return parse_installed(text)


def parse_installed(text: str) -> list[Package]:
    """Packages from dpkg-query's lines; those that were removed and left files behind are not among them."""
    found = []
    for line in text.splitlines():
        name, version, architecture, status, summary = (*line.split("\t", 4), "", "", "", "")[:5]
        if status.startswith("ii"):
            found.append(Package(name=name, version=version, architecture=architecture, summary=printable(summary)))
    return found


def parse_plan(text: str) -> list[Change]:
    """What a simulation of apt's would install, or remove (`after` is empty)."""
    return [
        Change(name=name, before=before or "", after=(after or "") if verb == "Inst" else "")
        for verb, name, before, after in _PLANNED.findall(text)
    ]


def _changed(before: dict[str, str], after: dict[str, str]) -> Changed:
    changes = [
        Change(name=name, before=before.get(name, ""), after=after.get(name, ""))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]
    return Changed(changes=changes, count=len(changes))


def _fields(text: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line and not line.startswith(" "))


def _admin(context: HostContext) -> tuple[str, ...]:
    root = context.machine.root
    return () if str(root) == "/" else (f"--admindir={root}/var/lib/dpkg",)


def _folder(context: HostContext) -> tuple[str, ...]:
    root = context.machine.root
    return () if str(root) == "/" else (f"--root={root}",)


def _options(context: HostContext) -> tuple[str, ...]:
    """For apt, where the machine's files are in another folder."""
    root = context.machine.root
    if str(root) == "/":
        return ()
    own = [f"-oDPkg::Options::={one}" for one in _folder(context)]
    return (f"-oDir={root}", f"-oDir::State::status={root}/var/lib/dpkg/status", *own)
