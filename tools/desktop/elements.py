"""Which element of a window is meant."""

from __future__ import annotations

from protocol.errors import ErrorCode
from tools.desktop.atspi import Handle
from tools.desktop.session import Reading
from tools.errors import ToolError
from tools.uitree import UiNode, matching, named

NO_TREE = (
    'the window "{title}" tells nothing of what is in it: take a screenshot, and use `desktop.click` with x and y, '
    "`desktop.type` and `desktop.press`"
)


def one_of(read: Reading, text: str | None, id: str | None, role: str | None, state: str = "") -> tuple[UiNode, Handle]:
    """The one element that is meant; of several, the one that has `state`.

    Raises ToolError: BAD_ARGUMENTS, NOT_FOUND, AMBIGUOUS.
    """
    if not (text or id or role):
        raise ToolError(ErrorCode.BAD_ARGUMENTS, "say which element: by its text or label, its id, or its role")
    if not read.accessible:
        raise ToolError(ErrorCode.NOT_FOUND, NO_TREE.format(title=read.window.title[:100]))
    found = matching(read.root, text=text or "", id=id or "", role=role or "")
    what = " ".join(part for part in (role, text and f'"{text}"', id and f"with the id {id}") if part)
    if not found:
        message = f'nothing in the window "{read.window.title[:100]}" is {what}: `desktop.ui` shows what is there'
        raise ToolError(ErrorCode.NOT_FOUND, message)
    # A label and the field or button that it names are one thing.
    usable = [node for node in found if state in node.states] if state else []
    kept = usable if usable else found
    if len(kept) > 1:
        places = "; ".join(f"{named(node)} at {node.bounds.center[0]},{node.bounds.center[1]}" for node in kept[:10])
        roles = [node.role for node in kept]
        choices = [{"role": one} for one in roles] if len(set(roles)) == len(roles) else []
        message = f"{len(kept)} elements of the window are {what}; say its role or id as well: {places}"
        raise ToolError(ErrorCode.AMBIGUOUS, message, choices=choices)
    return kept[0], read.handle(kept[0])
