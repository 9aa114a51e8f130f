"""Keeps results within the size that a device may send."""

from __future__ import annotations

from pydantic_core import to_json

from tools.context import ToolContext

# Room for a result's own braces, names and numbers.
FRAME = 2048


def json_size(value: object) -> int:
    """Bytes of a value as JSON."""
    return len(to_json(value))


def room(context: ToolContext) -> int:
    """Bytes of JSON that a result's variable part may take."""
    return max(0, context.limits.output_bytes - FRAME)


class Budget:
    """Bytes to spend. Once something does not fit, nothing more does: what is returned has no holes."""

    def __init__(self, limit: int) -> None:
        self.left = limit
        self.spent = False

    def take(self, value: object, times: int = 1) -> bool:
        """Whether `value` as JSON (`times` of it) still fits; pays for it if so."""
        cost = (json_size(value) + 1) * times
        self.spent = self.spent or cost > self.left
        if not self.spent:
            self.left -= cost
        return not self.spent


def fit(text: str, limit: int) -> tuple[str, bool]:
    """The longest beginning of `text` that takes at most `limit` bytes as JSON, and whether that cut it."""
    if json_size(text) <= limit:
        return text, False
    low, high = 0, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if json_size(text[:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return text[:low], True


def fit_ends(text: str, limit: int) -> tuple[str, bool]:
    """As `fit`, keeping the beginning and the end: a command's last words tell how it went."""
    if json_size(text) <= limit:
        return text, False
    mark = "\n[...]\n"
    half = max(0, (limit - len(mark) - 2) // 2)
    begin, _ = fit(text, half)
    end, _ = fit(text[::-1][:half], half)
    return (begin + mark + end[::-1] if half else ""), True
