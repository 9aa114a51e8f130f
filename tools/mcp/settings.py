"""Which MCP servers an owner mounts, and what their tools may do."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from protocol.vocabulary import Risk

MOUNT = re.compile(r"[a-z][a-z0-9_]{0,30}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class McpServer:
    """One server: a `command` that speaks MCP over its standard streams, or the `url` of one over HTTP.

    Its tools become the skills `name.tool`. `risk` is that of all of them, `risks` that of single ones, by the tool's
    own name: the owner's word. What a server says of its tools only ever raises it. `variables` names what the command
    gets of the agent's environment, besides the search path and who the user is; for a URL, the first is the one with
    the bearer token.
    """

    name: str
    command: tuple[str, ...] = ()
    url: str = ""
    risk: Risk = Risk.WRITE
    risks: Mapping[str, Risk] = field(default_factory=dict)
    variables: tuple[str, ...] = ()

    def environment(self) -> dict[str, str]:
        """The variables that are set, by name."""
        return {name: os.environ[name] for name in self.variables if name in os.environ}


def mounts(servers: Sequence[str], risks: Sequence[str] = (), variables: Sequence[str] = ()) -> tuple[McpServer, ...]:
    """Servers from an owner's words: `NAME=COMMAND` or `NAME=URL`, `NAME[.TOOL]=RISK`, `NAME=VARIABLE`.

    Raises ValueError, as a sentence, for what does not read like that or names a server that is not mounted.
    """
    found: dict[str, McpServer] = {}
    for text in servers:
        one = _server(text)
        if one.name in found:
            raise ValueError(f"There are two MCP servers named {one.name}: give each a name of its own.")
        found[one.name] = one
    overall: dict[str, Risk] = {}
    single: dict[str, dict[str, Risk]] = {name: {} for name in found}
    for text in risks:
        target, _, value = text.partition("=")
        name, _, tool = target.partition(".")
        if name not in found or value not in Risk.__members__.values():
            words = " or ".join(risk.value for risk in Risk)
            raise ValueError(
                f"A risk reads NAME=RISK or NAME.TOOL=RISK, of a mounted server, with {words}: not {text!r}."
            )
        if tool:
            single[name][tool] = Risk(value)
        else:
            overall[name] = Risk(value)
    given: dict[str, list[str]] = {name: [] for name in found}
    for text in variables:
        name, _, variable = text.partition("=")
        if name not in found or not _VARIABLE.fullmatch(variable):
            raise ValueError(f"A variable reads NAME=VARIABLE, of a mounted server, without its value: not {name!r}.")
        given[name].append(variable)
    return tuple(
        McpServer(name, one.command, one.url, overall.get(name, one.risk), single[name], tuple(given[name]))
        for name, one in found.items()
    )


def _server(text: str) -> McpServer:
    name, _, what = text.partition("=")
    if not MOUNT.fullmatch(name) or not what.strip():
        raise ValueError(f"An MCP server reads NAME=COMMAND or NAME=URL, with a short lower-case name: not {name!r}.")
    if what.startswith(("http://", "https://")):
        parts = urlsplit(what)
        if not parts.hostname or parts.username is not None or parts.fragment:
            raise ValueError(f"The URL of {name} is no address of a server; a token goes into a variable, not into it.")
        return McpServer(name, url=what)
    try:
        command = tuple(shlex.split(what))
    except ValueError as error:
        raise ValueError(f"The command of {name} cannot be read: {error}.") from None
    return McpServer(name, command=command)
