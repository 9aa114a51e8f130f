"""How the command line says what a desktop's browser may do."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from orchestrator.cli.exits import CommandError

if TYPE_CHECKING:
    from tools.browser.settings import BrowserSettings


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class BrowserFlags:
    """What a device of the kind desktop takes; other kinds refuse it."""

    browser: Annotated[
        str, Parameter(help="desktop: the browser's program (default: the Chromium here).", show_default=False)
    ] = ""
    browser_host: Annotated[
        tuple[str, ...],
        Parameter(help="desktop: the browser opens this host only; may be repeated.", negative=(), show_default=False),
    ] = ()
    browser_window: Annotated[
        bool, Parameter(help="desktop: the browser has a window on the display.", negative=(), show_default=False)
    ] = False

    def settings(self) -> BrowserSettings | None:
        """Raises CommandError `usage` for a host that is none."""
        if not (self.browser or self.browser_host or self.browser_window):
            return None
        from tools.browser.settings import BrowserSettings

        try:
            return BrowserSettings(self.browser, self.browser_host, self.browser_window)
        except ValueError as error:
            raise CommandError("usage", f"--browser-host: {error}.") from None

    def refuse(self, kind: str) -> None:
        """Raises CommandError `usage` where a device of another kind is given any of these."""
        given = [one.name for one in fields(self) if getattr(self, one.name) != one.default]
        if given:
            raise CommandError("usage", f"--{given[0].replace('_', '-')} is for the kind desktop, not for {kind}.")
