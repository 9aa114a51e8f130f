"""Skills for the apps of a phone: which are there, open one, open an address, send an intent, stop one."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output, Uri
from tools.bounds import Budget, room
from tools.errors import ToolError
from tools.phone.reading import front, packages, until
from tools.phone.session import Ran, Session
from tools.phone.verbs import Package, Words, verb

WEB: Final = ("http", "https")
_CHOOSERS: Final = ("ResolverActivity", "ChooserActivity")
_NOT_STARTED = re.compile(r"(?m)^\s*(?:Error|Exception|java\.lang\.\w+|android\.\w+[\w.]*Exception)\b[^\n]*")
Action = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.]{0,254}$")]
Component = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{1,255}/[A-Za-z0-9_.$]{1,255}$")]
ExtraName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,200}$")]


class Apps(Output):
    packages: list[str]
    truncated: bool


class Opened(Output):
    """The app and the screen of it that are in front, as the phone says afterwards."""

    app: str
    activity: str


class Stopped(Output):
    app: str
    front: str


@verb(
    "phone.apps",
    examples=("which apps are on my phone", "list the installed packages of the phone", "is Firefox on the phone"),
)
async def apps(session: Session, *, installed: bool = False) -> Apps:
    """List the apps of the phone, by their packages' names.

    Args:
        installed: Only those that were installed on top of the system.
    """
    found = await packages(session, own=installed)
    budget = Budget(room(session.context))
    kept = [one for one in found if budget.take(one)]
    return Apps(packages=kept, truncated=len(kept) < len(found))


@verb(
    "phone.open_app",
    risk=Risk.WRITE,
    examples=(
        "open Settings on the phone",
        "start the app com.android.chrome",
        "launch Notes on my phone",
        "open the camera on the phone",
    ),
)
async def open_app(session: Session, *, app: Words) -> Opened:
    """Open an app of the phone, and see that it is in front.

    Args:
        app: Its package, or a word of the package's name, such as settings or chrome.
    """
    package = await resolved(session, app)
    text = await session.said(
        "cmd", "package", "resolve-activity", "--brief", "-a", "android.intent.action.MAIN", "-c",
        "android.intent.category.LAUNCHER", package,
    )  # fmt: skip
    component = next((line for line in reversed(text.split()) if line.startswith(f"{package}/")), None)
    if component is None:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{package} has no screen to open")
    _started(await session.say("am", "start", "-W", "-n", component), package)
    return await in_front(session, package)


@verb(
    "phone.stop_app",
    risk=Risk.WRITE,
    examples=("stop the app com.android.chrome", "close Notes on the phone", "force stop the browser of my phone"),
)
async def stop_app(session: Session, *, app: Words) -> Stopped:
    """Stop an app of the phone, with all that it does in the background.

    Args:
        app: Its package, or a word of the package's name.
    """
    package = await resolved(session, app)
    await session.said("am", "force-stop", package)
    if not await until(lambda: _behind(session, package)):
        raise ToolError(ErrorCode.TOOL_FAILED, f"{package} is still in front: the phone has started it again")
    return Stopped(app=package, front=(await front(session))[0])


@verb(
    "phone.open_url",
    risk=Risk.WRITE,
    examples=(
        "open https://example.org on the phone",
        "show that page on my phone",
        "go to example.org in the phone's browser",
    ),
)
async def open_url(session: Session, *, url: Uri) -> Opened:
    """Open a web address on the phone, in the app that shows such ones.

    Args:
        url: Address that begins with http:// or https://.
    """
    if urlsplit(url).scheme not in WEB or not urlsplit(url).hostname or not url.isprintable():
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "this is no web address: it begins with http:// or https://")
    return await started(session, "-a", "android.intent.action.VIEW", "-d", url)


@verb(
    "phone.intent",
    risk=Risk.DESTRUCTIVE,
    idempotent=False,
    examples=(
        "send the intent android.settings.WIFI_SETTINGS on the phone",
        "start the activity com.example/.Main with the extra mode=fast",
        "fire android.intent.action.VIEW with geo:52.5,13.4 on my phone",
    ),
)
async def intent(
    session: Session,
    *,
    action: Action | None = None,
    data: Uri | None = None,
    component: Component | None = None,
    package: Package | None = None,
    category: Action | None = None,
    extras: Annotated[dict[ExtraName, str | int | bool], Field(max_length=50)] = {},  # noqa: B006
) -> Opened:
    """Start an activity of the phone by an intent. What that does is up to the app: it can be anything.

    Args:
        action: What to do, such as android.intent.action.VIEW.
        data: What to do it with: an address of any scheme.
        component: The one activity that shall take it: PACKAGE/.CLASS.
        package: The app that shall take it.
        category: A category of the intent.
        extras: More values: texts, whole numbers, true or false.
    """
    if not (action or component):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "an intent needs an action or a component")
    given = (("-a", action), ("-d", data), ("-n", component), ("-c", category), ("-p", package))
    words = [word for flag, value in given if value is not None for word in (flag, value)]
    for name, value in extras.items():
        flag = "--ez" if isinstance(value, bool) else "--ei" if isinstance(value, int) else "--es"
        words += [flag, name, str(value).lower() if isinstance(value, bool) else str(value)]
    return await started(session, *words)


# --- what they share -----------------------------------------------------------------------------------------------


async def resolved(session: Session, app: str) -> str:
    """The package that is meant. Raises ToolError: NOT_FOUND, AMBIGUOUS."""
    known = await packages(session)
    if app in known:
        return app
    word = re.sub(r"[^a-z0-9]", "", app.lower())
    names = {one: one.lower().split(".") for one in known}
    found = [one for one, parts in names.items() if word and parts[-1].rstrip("0123456789") == word] or [
        one for one, parts in names.items() if word in parts
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise ToolError(ErrorCode.NOT_FOUND, f'no app of the phone is called "{app[:100]}": `phone.apps` lists them')
    message = f'"{app[:100]}" is several apps: {", ".join(found[:10])}'
    raise ToolError(ErrorCode.AMBIGUOUS, message, choices=[{"app": one} for one in found])


async def started(session: Session, *words: str) -> Opened:
    """Start an activity, and say what is in front then. Raises ToolError where nothing on the phone takes it.

    What was started may hand on to another app and end: then that one counts, once it stays.
    """
    before = last = seen = await front(session)
    package = await launch(session, *words)

    async def there() -> bool:
        nonlocal last, seen
        last, seen = seen, await front(session)
        return seen[0] == package or seen == last != before

    if not await until(there) and seen == before and package:
        raise ToolError(
            ErrorCode.TOOL_FAILED,
            f"{package} was started, and {seen[0]} stays in front: unlock the phone, or look at it",
        )
    if seen[1].endswith(_CHOOSERS):
        message = "the phone asks on its screen which app shall do it: choose there, or name the app"
        raise ToolError(ErrorCode.CONFLICT, message)
    return Opened(app=seen[0], activity=seen[1])


async def launch(session: Session, *words: str) -> str:
    """Start an activity; the package that took it, empty where the phone does not say. Raises ToolError."""
    ran = await session.say("am", "start", "-W", *words)
    _started(ran, "it")
    named = re.search(r"(?m)^Activity: ([\w.]+)/", ran.out)
    return named[1] if named else ""


async def in_front(session: Session, package: str) -> Opened:
    """Wait until an app has the screen. Raises ToolError(TOOL_FAILED) where another keeps it."""
    seen = ("", "")

    async def there() -> bool:
        nonlocal seen
        seen = await front(session)
        return seen[0] == package

    if not await until(there):
        message = f"{package} was started, and {seen[0]} is in front: unlock the phone, or look at its screen"
        raise ToolError(ErrorCode.TOOL_FAILED, message)
    return Opened(app=seen[0], activity=seen[1])


async def _behind(session: Session, package: str) -> bool:
    return (await front(session))[0] != package


def _started(ran: Ran, what: str) -> None:
    """`am` tells some failures by its words alone. Raises ToolError(NOT_FOUND) or (TOOL_FAILED)."""
    wrong = " ".join(_NOT_STARTED.findall(f"{ran.out}\n{ran.err}"))
    if not wrong and ran.code == 0:
        return
    said = " ".join((wrong or ran.said).split())[:300]
    if "unable to resolve Intent" in said or "does not exist" in said:
        raise ToolError(ErrorCode.NOT_FOUND, f"no app of the phone takes that: {said}")
    raise ToolError(ErrorCode.TOOL_FAILED, f"the phone did not start {what}: {said}")
