"""Lines of a log or of a command's output as they may be shown."""

from __future__ import annotations

import re
from typing import Final

from tools.errors import printable
from tools.kube.secrecy import HIDDEN, hidden

_BEGIN: Final = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_END: Final = re.compile(rb"-----END [A-Z ]*PRIVATE KEY-----")
KEY_LINE: Final = re.compile(r"^[A-Za-z0-9+/=]{16,}$")


class Concealer:
    """Hides credentials line by line. Private keys run over several: between their ends nothing is shown.

    `began_inside` is set where an end came without a beginning: the lines before it were a key's.
    """

    def __init__(self) -> None:
        self.inside = False
        self.began_inside = False

    def line(self, raw: bytes) -> str:
        """The line as it may be shown."""
        return HIDDEN if self.pass_by(raw) else printable(hidden(raw.decode(errors="replace")))

    def pass_by(self, raw: bytes) -> bool:
        """Take note of a line that is not shown; whether it was a key's."""
        inside = self.inside
        begins = ends = self.began_inside = False
        if b"PRIVATE KEY-----" in raw:
            begins, ends = bool(_BEGIN.search(raw)), bool(_END.search(raw))
            self.began_inside = ends and not inside and not begins
        self.inside = (inside or begins) and not ends
        return inside or self.began_inside
