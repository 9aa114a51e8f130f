"""Skills for the clipboard. X keeps none: who copied last holds it, so a child of the agent holds what we put in."""

from __future__ import annotations

import os
from typing import Annotated, Final

from pydantic import Field

from protocol.errors import ErrorCode
from protocol.vocabulary import Risk
from tools.arguments import Output
from tools.bounds import fit, room
from tools.desktop.desktop import CLIPBOARD, DISPLAY
from tools.desktop.session import Session, until
from tools.desktop.verbs import verb
from tools.errors import ToolError
from tools.lasting import Lasting

TEXT: Final = "UTF8_STRING"
# What password managers put beside a password, so that nobody keeps it.
SECRET: Final = "x-kde-passwordManagerHint"
CLIPBOARD_BYTES: Final = 16 << 20
_XCLIP: Final = ("xclip", "-selection", "clipboard")


class Clipboard(Output):
    """`kind`: text, empty, or other, which is not read: pictures, files."""

    kind: str
    text: str
    truncated: bool


class Copied(Output):
    characters: int
    verified: bool


@verb(
    "desktop.read_clipboard",
    needs=(DISPLAY, CLIPBOARD),
    examples=("what is in my desktop's clipboard", "read the clipboard", "get what I copied on the desktop"),
)
async def read_clipboard(session: Session) -> Clipboard:
    """Read the text in the desktop's clipboard. What a password manager put there is not read."""
    offered = (await _out(session, "TARGETS") or "").split()
    if SECRET in offered:
        message = "a password manager put a password into the clipboard, which is not read"
        raise ToolError(ErrorCode.DENIED, message)
    text = await _out(session, TEXT) if TEXT in offered else None
    if text is None:
        return Clipboard(kind="other" if offered else "empty", text="", truncated=False)
    shown, cut = fit(text, room(session.context))
    return Clipboard(kind="text", text=shown, truncated=cut)


@verb(
    "desktop.write_clipboard",
    risk=Risk.WRITE,
    needs=(DISPLAY, CLIPBOARD),
    examples=("copy hello to my desktop's clipboard", "put the address into the clipboard", "clear the clipboard"),
)
async def write_clipboard(session: Session, *, text: Annotated[str, Field(max_length=1_000_000)]) -> Copied:
    """Put a text into the desktop's clipboard, and read back that it is there. It stays while the agent runs.

    Args:
        text: What to put in; empty clears it.
    """
    if "\0" in text:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the clipboard takes no zero character")
    descriptor = os.memfd_create("clipboard")  # in no command line, and in no file
    try:
        os.write(descriptor, text.encode("utf-8"))
        words = (*_XCLIP, "-quiet", "-in", f"/proc/self/fd/{descriptor}")
        with session.context.workspace.open_folder(".") as (folder, _):
            holder = await Lasting.start(words, session.desktop.variables, folder, (descriptor,))
    except UnicodeEncodeError:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "the text holds half a character, which no clipboard takes") from None
    finally:
        os.close(descriptor)

    async def there() -> bool:
        return (await _out(session, TEXT) or "") == text

    try:
        good = await until(there, 5.0)
    except BaseException:
        await holder.close()
        raise
    if not good:
        await holder.close()
        message = "the clipboard does not hold the text: another program took it at once; try again"
        raise ToolError(ErrorCode.CONFLICT, message, retryable=True)
    session.desktop.keep(holder)
    return Copied(characters=len(text), verified=True)


async def _out(session: Session, target: str) -> str | None:
    """What the clipboard holds in this form; None where it is empty, or has no such form."""
    said = await session.try_run(*_XCLIP, "-out", "-target", target, keep=CLIPBOARD_BYTES)
    return said.text if said.code == 0 else None
