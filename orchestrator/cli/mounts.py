"""The flags of `asterism device` that mount MCP servers."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from orchestrator.cli.exits import CommandError

if TYPE_CHECKING:
    from tools.mcp.settings import McpServer


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class McpFlags:
    """MCP servers whose tools become skills of the device."""

    mcp: Annotated[
        tuple[str, ...],
        Parameter(help="NAME=COMMAND or NAME=URL: mount an MCP server's tools; may be repeated.", negative=()),
    ] = ()
    mcp_risk: Annotated[
        tuple[str, ...],
        Parameter(help="NAME[.TOOL]=read|write|destructive: what they may do (default: write).", negative=()),
    ] = ()
    mcp_env: Annotated[
        tuple[str, ...],
        Parameter(help="NAME=VARIABLE: a variable to hand to its command; for a URL, its token.", negative=()),
    ] = ()

    def servers(self) -> tuple[McpServer, ...]:
        """Raises CommandError: `usage` for words that cannot be read, `missing_extra` without the MCP library."""
        from tools.mcp.settings import mounts

        try:
            found = mounts(self.mcp, self.mcp_risk, self.mcp_env)
        except ValueError as error:
            raise CommandError("usage", str(error)) from None
        if found:
            require_mcp()
        return found


def require_mcp() -> None:
    """Raises CommandError `missing_extra` where the MCP library is not installed."""
    missing = CommandError("missing_extra", "The MCP library is missing. Run `pip install 'asterism[mcp]'`.")
    try:
        if importlib.util.find_spec("mcp") is None:
            raise missing
    except ModuleNotFoundError:
        raise missing from None
