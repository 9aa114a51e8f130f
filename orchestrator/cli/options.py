"""Options that every command takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from orchestrator.settings import Loaded


FLAG = Parameter(negative=(), show_default=False)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Common:
    """What all commands share."""

    url: Annotated[str | None, Parameter(help="The orchestrator's base URL (ASTERISM_URL).")] = None
    token: Annotated[str | None, Parameter(help="The token to show there (better: ASTERISM_TOKEN).")] = None
    config: Annotated[Path | None, Parameter(help="Another configuration file (ASTERISM_CONFIG).")] = None
    json: Annotated[bool, Parameter(help="One JSON object on stdout.", negative=(), show_default=False)] = False
    debug: Annotated[
        bool, Parameter(help="Show where an unexpected error came from.", negative=(), show_default=False)
    ] = False

    def load(self, **overrides: object) -> Loaded:
        """The settings under these options. Raises CommandError `bad_configuration`."""
        from orchestrator.cli.exits import CommandError
        from orchestrator.settings import SettingsProblem, load

        level = "debug" if self.debug else None
        try:
            given = {"url": self.url, "token": self.token, "log_level": level, **overrides}
            return load(self.config, given)
        except SettingsProblem as error:
            raise CommandError(error.code, error.message) from None
