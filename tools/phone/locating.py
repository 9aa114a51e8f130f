"""Skills that let the phone believe that it is elsewhere: the mock location of Android's test provider."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output
from tools.errors import ToolError
from tools.phone import dumps
from tools.phone.session import Session
from tools.phone.verbs import verb

OLDEST_SDK: Final = 31
NEAR: Final = 1e-4  # degrees: what the phone rounds
SERVICE_BYTES: Final = 4 << 20


class Mocked(Output):
    latitude: float
    longitude: float


class Unmocked(Output):
    mocked: bool


@verb(
    "phone.set_location",
    risk=Risk.WRITE,
    examples=(
        "let the phone think it is in Berlin at 52.52, 13.405",
        "set the phone's location to 48.8584, 2.2945",
        "mock the GPS position of my phone",
    ),
)
async def set_location(
    session: Session,
    *,
    latitude: Annotated[float, Field(ge=-90, le=90)],
    longitude: Annotated[float, Field(ge=-180, le=180)],
    accuracy_m: Annotated[float, Field(gt=0, le=100_000)] = 5.0,
) -> Mocked:
    """Set a mock location on the phone, until it is cleared. Needs Android 12.

    Args:
        latitude: Degrees, north positive.
        longitude: Degrees, east positive.
        accuracy_m: Metres.
    """
    await _modern(session)
    await session.said("appops", "set", "com.android.shell", "android:mock_location", "allow")
    ran = await session.say("cmd", "location", "providers", "add-test-provider", "gps")
    if ran.code != 0 and "already" not in ran.said:
        raise ToolError(ErrorCode.DENIED, f"the phone takes no mock location: {ran.said}")
    for words in (
        ("set-test-provider-enabled", "gps", "true"),
        (
            "set-test-provider-location",
            "gps",
            "--location",
            f"{latitude:.7f},{longitude:.7f}",
            "--accuracy",
            f"{accuracy_m:g}",
        ),
    ):
        await session.said("cmd", "location", "providers", *words)
    found = dumps.mocked(await session.said("dumpsys", "location", keep=SERVICE_BYTES))
    if found is None or abs(found[0] - latitude) > NEAR or abs(found[1] - longitude) > NEAR:
        raise ToolError(ErrorCode.TOOL_FAILED, "the phone does not say that it is there: is its location turned on?")
    return Mocked(latitude=found[0], longitude=found[1])


@verb(
    "phone.clear_location",
    risk=Risk.WRITE,
    examples=("clear the phone's mock location", "give the phone its real GPS position back"),
)
async def clear_location(session: Session) -> Unmocked:
    """Take the mock location away again: the phone's real one counts."""
    await _modern(session)
    await session.say("cmd", "location", "providers", "remove-test-provider", "gps")
    await session.said("appops", "set", "com.android.shell", "android:mock_location", "default")
    return Unmocked(mocked=False)


async def _modern(session: Session) -> None:
    sdk = (await session.said("getprop", "ro.build.version.sdk")).strip()
    if not sdk.isdigit() or int(sdk) < OLDEST_SDK:
        raise ToolError(
            ErrorCode.UNAVAILABLE, "mock locations over ADB need Android 12: install an app for them on this phone"
        )
