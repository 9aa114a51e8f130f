"""Skills that install and uninstall apps."""

from __future__ import annotations

import re
from typing import Final

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Artifact, Output, WorkspacePath
from tools.errors import ToolError
from tools.phone.apk import read_apk
from tools.phone.copying import content, put
from tools.phone.reading import packages
from tools.phone.session import Ran, Session
from tools.phone.verbs import Package, verb
from tools.threads import in_thread

INSTALL_S: Final = 600.0
_FAILURE = re.compile(r"Failure \[([A-Z_0-9]+)(?:: ([^\]]{0,300}))?")
_HINTS = {
    "INSTALL_FAILED_ALREADY_EXISTS": "it is there already: allow replacing it",
    "INSTALL_FAILED_VERSION_DOWNGRADE": "a newer version is there: uninstall it first",
    "INSTALL_FAILED_UPDATE_INCOMPATIBLE": "the one that is there was signed by somebody else: uninstall it first",
    "INSTALL_FAILED_INSUFFICIENT_STORAGE": "the phone has no room for it",
    "INSTALL_FAILED_OLDER_SDK": "it needs a newer Android",
    "INSTALL_FAILED_USER_RESTRICTED": "the phone asks whether it may be installed, or forbids it: look at its screen",
    "DELETE_FAILED_INTERNAL_ERROR": "it belongs to the system, or to its administrator",
}


class Installed(Output):
    app: str
    version: str
    version_code: int
    replaced: bool
    sha256: str


class Uninstalled(Output):
    app: str


@verb(
    "phone.install",
    risk=Risk.DESTRUCTIVE,
    timeout_s=INSTALL_S + 60,
    examples=(
        "install app.apk on the phone",
        "put the APK build/app-debug.apk on my phone",
        "update the app on the phone with release.apk",
    ),
)
async def install(
    session: Session, *, path: WorkspacePath | None = None, artifact: Artifact | None = None, replace: bool = True
) -> Installed:
    """Install an Android package (APK) on the phone, and see that it is there.

    Args:
        path: File of the workspace; this or `artifact`.
        artifact: SHA-256 of what another device has published.
        replace: Whether a version that is there may be replaced; its data stays.
    """
    async with content(session, path, artifact) as (file, _):
        apk = await in_thread(session.context, lambda: read_apk(file))
        before = apk.package in await packages(session)
        file.seek(0)
        async with put(session, file, "/data/local/tmp", suffix=".apk") as (remote, sha256):
            flags = ("-r",) if replace else ()
            ran = await session.say("pm", "install", *flags, remote, seconds=INSTALL_S)
    _succeeded(ran, f"{apk.package} was not installed")
    if apk.package not in await packages(session):
        raise ToolError(ErrorCode.TOOL_FAILED, f"the phone says Success, and {apk.package} is not there")
    return Installed(
        app=apk.package, version=apk.version, version_code=apk.version_code, replaced=before, sha256=sha256
    )


@verb(
    "phone.uninstall",
    risk=Risk.DESTRUCTIVE,
    timeout_s=180.0,
    examples=("uninstall com.example.game from the phone", "remove the app org.example.notes from my phone"),
)
async def uninstall(session: Session, *, app: Package) -> Uninstalled:
    """Uninstall an app of the phone, with its data. It cannot be undone.

    Args:
        app: Its package, in full.
    """
    if app not in await packages(session):
        raise ToolError(ErrorCode.NOT_FOUND, f"{app} is not on the phone")
    _succeeded(await session.say("pm", "uninstall", app), f"{app} was not uninstalled")
    if app in await packages(session):
        raise ToolError(ErrorCode.TOOL_FAILED, f"the phone says Success, and {app} is still there: it is the system's")
    return Uninstalled(app=app)


def _succeeded(ran: Ran, what: str) -> None:
    """Raises ToolError(TOOL_FAILED) with Android's reason, and what it means."""
    if ran.code == 0 and "Success" in ran.out:
        return
    found = _FAILURE.search(ran.out + ran.err)
    if found is None:
        raise ToolError(ErrorCode.TOOL_FAILED, f"{what}: {ran.said}")
    hint = _HINTS.get(found[1]) or found[2] or "the phone does not say why"
    code = ErrorCode.ALREADY_EXISTS if found[1] == "INSTALL_FAILED_ALREADY_EXISTS" else ErrorCode.TOOL_FAILED
    raise ToolError(code, f"{what}: {hint} ({found[1]})")
