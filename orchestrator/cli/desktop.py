"""How the command line says which screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from orchestrator.cli.exits import CommandError

if TYPE_CHECKING:
    from tools.desktop.settings import DesktopSettings


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class DesktopFlags:
    """What a device of the kind desktop takes; other kinds refuse it."""

    display: Annotated[
        str, Parameter(help="desktop: the X display, such as :0 (default: DISPLAY).", show_default=False)
    ] = ""

    def settings(self) -> DesktopSettings:
        """Raises CommandError `usage` for a display that is none of this machine."""
        from tools.desktop.settings import DesktopSettings

        found = DesktopSettings(display=self.display)
        if self.display:
            try:
                found.number  # noqa: B018 - it raises
            except ValueError as error:
                raise CommandError("usage", f"--display: {error}.") from None
        return found

    def refuse(self, kind: str) -> None:
        """Raises CommandError `usage` where a device of another kind is given a display."""
        if self.display:
            raise CommandError("usage", f"--display is for the kind desktop, not for {kind}.")
