"""Skills that call and write to people, and read what came. Each call or message is approved by a person before.

Both go through intents: the phone's own apps do it, as if somebody had tapped there.
"""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal
from urllib.parse import quote

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output
from tools.bounds import Budget, room
from tools.errors import ToolError, printable
from tools.phone import dumps
from tools.phone.apps import launch, started
from tools.phone.facts import when
from tools.phone.reading import screen, until
from tools.phone.session import Session
from tools.phone.touching import touch
from tools.phone.verbs import PhoneNumber, verb
from tools.uitree import UiNode, matching

ROW_BYTES: Final = 4 << 20
_SEND_IDS: Final = ("send_message_button_icon", "send_message_button", "send_button", "send_button_sms", "send")
_KINDS = {"1": "incoming", "2": "outgoing", "3": "missed", "4": "voicemail", "5": "rejected", "6": "blocked"}
Count = Annotated[int, Field(ge=1, le=1000)]


class Calling(Output):
    number: str
    state: str


class HungUp(Output):
    state: str


class Sent(Output):
    number: str
    text: str
    sent: str | None


class Message(Output):
    number: str
    text: str
    direction: str
    at: str | None


class Messages(Output):
    messages: list[Message]
    truncated: bool


class LoggedCall(Output):
    number: str
    direction: str
    at: str | None
    seconds: int


class Calls(Output):
    calls: list[LoggedCall]
    truncated: bool


@verb(
    "phone.call",
    risk=Risk.DESTRUCTIVE,
    idempotent=False,
    examples=("call +49 30 123456 with my phone", "ring 030 123456", "phone the number 112233 from the phone"),
)
async def call(session: Session, *, number: PhoneNumber) -> Calling:
    """Call a number with the phone. It may cost money, and somebody's phone rings.

    Args:
        number: Whom to call.
    """
    digits = _digits(number)
    # Which app has the screen then is the phone's affair: what counts is that it calls.
    await launch(session, "-a", "android.intent.action.CALL", "-d", f"tel:{quote(digits, safe='+')}")
    if not await until(lambda: _off_hook(session)):
        raise ToolError(
            ErrorCode.TOOL_FAILED, "the phone does not call: it may ask something on its screen, or have no SIM"
        )
    return Calling(number=digits, state="calling")


@verb("phone.hang_up", risk=Risk.WRITE, examples=("hang up the phone", "end the call on my phone"))
async def hang_up(session: Session) -> HungUp:
    """End the phone's call."""
    await session.said("input", "keyevent", "KEYCODE_ENDCALL")
    if not await until(lambda: _idle(session)):
        raise ToolError(ErrorCode.TOOL_FAILED, "the phone is still calling: look at its screen")
    return HungUp(state="idle")


@verb(
    "phone.sms",
    risk=Risk.DESTRUCTIVE,
    idempotent=False,
    examples=(
        "text +49 151 5550001 that I am late",
        "send an SMS to 015155500 saying: see you at 7",
        "write a text message to Ann's number",
    ),
)
async def sms(
    session: Session, *, number: PhoneNumber, text: Annotated[str, Field(min_length=1, max_length=1600)]
) -> Sent:
    """Send a text message with the phone's own app, and see that it is among those sent. It may cost money.

    Args:
        number: To whom.
        text: What it says.
    """
    digits = _digits(number)
    if not text.replace("\n", "").isprintable():
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "a text message holds no control characters")
    before = len([one for one in await _messages(session, "sent") if _same(one, digits, text)])
    await started(
        session,
        "-a",
        "android.intent.action.SENDTO",
        "-d",
        f"smsto:{quote(digits, safe='+')}",
        "--es",
        "sms_body",
        text,
    )
    node = _send_button(await screen(session))
    if node is None:
        message = "the message is written on the phone and not sent: no button to send it was found on its screen"
        raise ToolError(ErrorCode.CONFLICT, message)
    await touch(session, *node.bounds.center)
    found: list[dict[str, str]] = []

    async def recorded() -> bool:
        found[:] = [one for one in await _messages(session, "sent") if _same(one, digits, text)]
        return len(found) > before

    if not await until(recorded):
        raise ToolError(
            ErrorCode.TOOL_FAILED, "the message is not among those sent: look at the phone before it is tried again"
        )
    return Sent(number=digits, text=text, sent=when(_number(found[0].get("date"))))


@verb(
    "phone.messages",
    examples=("read the text messages on my phone", "what SMS came today", "show the last 5 messages from +49151"),
)
async def messages(
    session: Session,
    *,
    box: Literal["all", "inbox", "sent"] = "all",
    number: PhoneNumber | None = None,
    limit: Count = 20,
) -> Messages:
    """Read the phone's text messages, the newest first.

    Args:
        box: Those that came, those that were sent, or all.
        number: Only from or to this number.
        limit: How many at most.
    """
    digits = None if number is None else _digits(number)
    found = [
        one for one in await _messages(session, box) if digits is None or one["address"].endswith(digits.lstrip("+0"))
    ]
    budget = Budget(room(session.context))
    shown = [
        Message(
            number=printable(one["address"]), text=one["body"], at=when(_number(one["date"])),
            direction="outgoing" if one["type"] == "2" else "incoming",
        )
        for one in found[:limit]
    ]  # fmt: skip
    kept = [one for one in shown if budget.take(one.model_dump())]
    return Messages(messages=kept, truncated=len(kept) < len(found))


@verb("phone.calls", examples=("who called my phone", "show the phone's call log", "list missed calls"))
async def calls(session: Session, *, limit: Count = 20) -> Calls:
    """Read the phone's list of calls, the newest first.

    Args:
        limit: How many at most.
    """
    text = await session.said(
        "content", "query", "--uri", "content://call_log/calls", "--projection", "type:date:duration:number", "--sort",
        "date DESC", keep=ROW_BYTES,
    )  # fmt: skip
    found = dumps.rows(text, "type", "date", "duration", "number")
    shown = [
        LoggedCall(
            number=printable(one["number"]), direction=_KINDS.get(one["type"], "other"), at=when(_number(one["date"])),
            seconds=_number(one["duration"]) or 0,
        )
        for one in found[:limit]
    ]  # fmt: skip
    budget = Budget(room(session.context))
    kept = [one for one in shown if budget.take(one.model_dump())]
    return Calls(calls=kept, truncated=len(kept) < len(found))


async def _messages(session: Session, box: str) -> list[dict[str, str]]:
    uri = "content://sms" + ("" if box == "all" else f"/{box}")
    text = await session.said(
        "content",
        "query",
        "--uri",
        uri,
        "--projection",
        "address:date:type:body",
        "--sort",
        "date DESC",
        keep=ROW_BYTES,
    )
    return dumps.rows(text, "address", "date", "type", "body")


def _send_button(root: UiNode) -> UiNode | None:
    """The one button that sends, by its id, else by what it is called."""
    for id in _SEND_IDS:
        if len(found := matching(root, id=id)) == 1:
            return found[0]
    found = [
        node for node in matching(root, text="send") if node.role in ("button", "image") or "clickable" in node.states
    ]
    return found[0] if len(found) == 1 else None


async def _off_hook(session: Session) -> bool:
    return await _call_state(session) == "2"


async def _idle(session: Session) -> bool:
    return await _call_state(session) == "0"


async def _call_state(session: Session) -> str:
    """0 idle, 1 ringing, 2 calling; the busiest of the phone's SIMs."""
    return max(re.findall(r"mCallState=(\d)", await session.said("dumpsys", "telephony.registry")), default="")


def _digits(number: str) -> str:
    """A number without what only separates. Raises ToolError(BAD_ARGUMENTS)."""
    digits = re.sub(r"[ ()./-]", "", number)
    if not re.fullmatch(r"\+?[0-9]{2,20}", digits):
        # `*` and `#` make codes, some of which change the phone's settings.
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{number} is no telephone number: digits, with a + in front at most")
    return digits


def _same(row: dict[str, str], digits: str, text: str) -> bool:
    return _digits_of(row["address"]).endswith(digits.lstrip("+0")) and row["body"] == text


def _digits_of(text: str) -> str:
    return re.sub(r"[^0-9+]", "", text)


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,16}", text) else None
