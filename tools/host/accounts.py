"""Skills for the users and groups of the machine. What changed is read back from the machine's own lists."""

from __future__ import annotations

import grp
import pwd
from typing import Annotated, Final

import psutil
from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output
from tools.bounds import Budget, room
from tools.context import repeated
from tools.errors import ToolError, printable
from tools.host.machine import HostContext, ask, failed
from tools.paths import shown
from tools.skill import skill
from tools.trees import iso

FIRST_PERSON: Final = 1000
NOBODY: Final = 65_534

Name = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]
GroupNames = Annotated[list[Name], Field(max_length=32)]
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f:,]*$")]
Folder = Annotated[str, Field(max_length=500, pattern=r"^(/[^\x00-\x1f\x7f:]*)?$")]


class User(Output):
    """`system`: an account of a program's, not of a person's."""

    name: str
    uid: int
    group: str
    groups: list[str]
    full_name: str
    home: str
    shell: str
    system: bool


class Users(Output):
    users: list[User]
    count: int
    truncated: bool


class Group(Output):
    name: str
    gid: int
    members: list[str]


class Groups(Output):
    groups: list[Group]
    count: int
    truncated: bool


class Session(Output):
    user: str
    terminal: str
    host: str
    since: str


class Sessions(Output):
    sessions: list[Session]
    count: int


class Gone(Output):
    name: str
    removed: bool


@skill(
    "user.list",
    examples=(
        "list the users of the server",
        "which user accounts are there?",
        "which people have an account on this machine?",
        "who has an account here?",
    ),
)
def list_(context: HostContext, *, system: bool = False) -> Users:
    """List the user accounts of the machine.

    Args:
        system: Whether to tell of the accounts of programs, too.
    """
    found = [one for one in _users(context) if system or not one.system]
    budget = Budget(room(context))
    kept = [one for one in found if budget.take(one)]
    return Users(users=kept, count=len(found), truncated=len(kept) < len(found))


@skill(
    "user.info",
    examples=(
        "tell me about the user anna",
        "which groups is the user www-data in?",
        "what is the home folder of the user bob?",
        "does the user carol exist?",
    ),
)
def info(context: HostContext, *, name: Name) -> User:
    """Tell the number, groups, home folder and shell of a user.

    Args:
        name: The user.
    """
    return _user(context, name)


@skill(
    "user.sessions",
    examples=(
        "who is logged in?",
        "which users are logged in on the server?",
        "show the sessions of the machine",
        "is anybody logged in?",
    ),
)
def sessions(context: HostContext) -> Sessions:
    """Tell who is logged in, from where, and since when."""
    found = [
        Session(
            user=shown(one.name), terminal=shown(one.terminal or ""), host=shown(one.host or ""), since=iso(one.started)
        )
        for one in psutil.users()
    ]
    return Sessions(sessions=found, count=len(found))


@skill(
    "group.list",
    examples=(
        "list the groups of the server",
        "which user groups are there?",
        "who is in the group sudo?",
        "members of the group docker",
    ),
)
def groups(context: HostContext, *, name: Name | None = None) -> Groups:
    """List the user groups of the machine with their members.

    Args:
        name: Only this group.
    """
    found = [one for one in _groups(context) if name is None or one.name == name]
    if name is not None and not found:
        raise ToolError(ErrorCode.NOT_FOUND, f"this device has no group `{name}`")
    budget = Budget(room(context))
    kept = [one for one in found if budget.take(one)]
    return Groups(groups=kept, count=len(found), truncated=len(kept) < len(found))


@skill(
    "user.add",
    risk=Risk.DESTRUCTIVE,
    examples=(
        "add a user anna",
        "create the user account bob with the group developers",
        "make a system user called backup-agent",
        "new user carol on the server",
    ),
)
async def add(
    context: HostContext,
    *,
    name: Name,
    full_name: Text = "",
    groups: GroupNames = [],  # noqa: B006 - copied by pydantic
    shell: Folder = "/bin/bash",
    system: bool = False,
    home: bool = True,
) -> User:
    """Add a user account. It has no password, and nobody can log in with one until its owner sets it.

    Args:
        name: The user.
        full_name: The person's name.
        groups: Groups to be in besides its own; they must be there.
        shell: Program of a login.
        system: Whether it is the account of a program.
        home: Whether to make a home folder.
    """
    there = {one.name for one in _groups(context)}
    if missing := sorted(set(groups) - there):
        raise ToolError(ErrorCode.NOT_FOUND, f"this device has no group {', '.join(missing)}: leave it out or add it")
    if any(one.name == name for one in _users(context)):
        if repeated(context):
            return _user(context, name)
        raise ToolError(ErrorCode.ALREADY_EXISTS, f"this device has a user `{name}` already")
    options = ["--comment", full_name, "--shell", shell, "--create-home" if home else "--no-create-home"]
    options += ["--groups", ",".join(groups)] if groups else []
    options += ["--system"] if system else []
    await _run(context, "useradd", *options, "--", name)
    made = _user(context, name)
    if not set(groups) <= set(made.groups):
        raise ToolError(ErrorCode.TOOL_FAILED, f"the user `{name}` was added, and is not in all of the groups")
    return made


@skill(
    "user.remove",
    risk=Risk.DESTRUCTIVE,
    examples=(
        "remove the user anna",
        "delete the user account bob with its home folder",
        "drop the user carol from the server",
        "userdel backup-agent",
    ),
)
async def remove(context: HostContext, *, name: Name, home: bool = False) -> Gone:
    """Remove a user account.

    Args:
        name: The user.
        home: Whether its home folder and mail go, too.
    """
    found = [one for one in _users(context) if one.name == name]
    if not found:
        if repeated(context):
            return Gone(name=name, removed=False)
        raise ToolError(ErrorCode.NOT_FOUND, f"this device has no user `{name}`")
    if found[0].uid == 0 or (str(context.machine.root) == "/" and found[0].uid == psutil.Process().uids().real):
        raise ToolError(ErrorCode.DENIED, f"`{name}` is the system's first user, or the one that the agent works as")
    await _run(context, "userdel", *(["--remove"] if home else []), "--", name)
    if any(one.name == name for one in _users(context)):
        raise ToolError(ErrorCode.TOOL_FAILED, f"userdel ended well, and the user `{name}` is still there")
    return Gone(name=name, removed=True)


async def _run(context: HostContext, program: str, *arguments: str) -> None:
    root = str(context.machine.root)
    prefix = () if root == "/" else ("--prefix", root)
    said = await ask(context, program, *prefix, *arguments, system=True)
    # 12: the home folder, and nothing else, could not be removed or made.
    if said.code not in (0, 12):
        raise failed(program, said)


def _user(context: HostContext, name: str) -> User:
    for one in _users(context):
        if one.name == name:
            return one
    raise ToolError(ErrorCode.NOT_FOUND, f"this device has no user `{name}`: `user.list` names them")


def _users(context: HostContext) -> list[User]:
    listed = _groups(context)
    by_number = {one.gid: one.name for one in listed}
    found = []
    for one in _passwd(context):
        own = by_number.get(one.pw_gid, str(one.pw_gid))
        others = [group.name for group in listed if one.pw_name in group.members and group.name != own]
        person = FIRST_PERSON <= one.pw_uid < NOBODY or one.pw_uid == 0
        found.append(
            User(
                name=shown(one.pw_name),
                uid=one.pw_uid,
                group=own,
                groups=[own, *others],
                full_name=printable(shown(one.pw_gecos.split(",")[0])),
                home=shown(one.pw_dir),
                shell=shown(one.pw_shell),
                system=not person,
            )
        )
    return sorted(found, key=lambda one: one.uid)


def _passwd(context: HostContext) -> list[pwd.struct_passwd]:
    """The machine's users, directory services included; those of a file where the machine is another folder."""
    if str(context.machine.root) == "/":
        return pwd.getpwall()
    rows = [line.split(":") for line in context.machine.path("/etc/passwd").read_text().splitlines() if line]
    return [pwd.struct_passwd((row[0], row[1], int(row[2]), int(row[3]), *row[4:7])) for row in rows]


def _groups(context: HostContext) -> list[Group]:
    if str(context.machine.root) == "/":
        found = [Group(name=shown(one.gr_name), gid=one.gr_gid, members=one.gr_mem) for one in grp.getgrall()]
    else:
        rows = [line.split(":") for line in context.machine.path("/etc/group").read_text().splitlines() if line]
        found = [Group(name=row[0], gid=int(row[2]), members=[one for one in row[3].split(",") if one]) for row in rows]
    return sorted(found, key=lambda one: one.gid)
