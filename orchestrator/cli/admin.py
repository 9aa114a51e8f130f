"""`asterism config` and `asterism token`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from orchestrator.cli.options import Common
from orchestrator.cli.output import ago, answer, dump, say, table

if TYPE_CHECKING:
    from orchestrator.api.bodies import TokenView

config = App(name="config", help="Show the settings.", help_format="plaintext", result_action="return_value")
token = App(name="token", help="Create, list and revoke tokens.", help_format="plaintext", result_action="return_value")


@config.command
def show(
    *,
    sources: Annotated[
        bool, Parameter(help="Also where each value came from.", negative=(), show_default=False)
    ] = False,
    common: Common | None = None,
) -> None:
    """Show every setting, secrets masked."""
    common = common or Common()
    loaded = common.load()
    rows = loaded.rows()
    if common.json:
        dump({name: {"value": value, "source": source} if sources else value for name, value, source in rows})
        return
    if sources:
        table(("SETTING", "VALUE", "FROM"), rows)
    else:
        table(("SETTING", "VALUE"), [row[:2] for row in rows])


@token.command
def create(
    *,
    role: Annotated[Literal["admin", "operator", "viewer", "device"], Parameter(help="What it may do.")],
    name: Annotated[str, Parameter(help="Whose it is, for the record.", show_default=False)] = "",
    expires: Annotated[float | None, Parameter(help="Days until it expires (default: never).")] = None,
    db: Annotated[str | None, Parameter(help="Write it to this database, which no orchestrator uses now.")] = None,
    common: Common | None = None,
) -> None:
    """Create a token. It is shown this once: only its hash is kept.

    With --db no token is needed, but the right to write the database: for an admin's token that was lost.
    """
    from orchestrator.cli.calls import call

    seconds = None if expires is None else expires * 86_400
    if db is not None:
        from orchestrator.cli.minting import mint

        made = mint(common or Common(), db, role, name, seconds)
    else:
        made = call(common, lambda client: client.create_token(role, name=name, expires_in_s=seconds))
    if common is not None and common.json:
        dump(made.model_dump(mode="json"))
        return
    answer(made.token)
    say("Keep it well, it is not shown again. Set ASTERISM_TOKEN to use it.")


@token.command(name="list")
def list_tokens(*, common: Common | None = None) -> None:
    """List tokens, without their secrets."""
    from orchestrator.cli.calls import call
    from orchestrator.cli.client import Client

    found = call(common, Client.tokens)
    if common is not None and common.json:
        dump({"tokens": [one.model_dump(mode="json") for one in found]})
        return
    now = time.time()
    rows = [(one.id, one.role, one.name, one.device or "", _state(one, now)) for one in found]
    table(("ID", "ROLE", "NAME", "DEVICE", "STATE"), rows)


def _state(one: TokenView, now: float) -> str:
    if one.revoked is not None:
        return "revoked"
    if one.expires is None:
        return "valid"
    return f"valid for {ago(one.expires - now)}" if one.expires > now else "expired"


@token.command
def revoke(id: Annotated[str, Parameter(help="The token's id.")], /, *, common: Common | None = None) -> None:
    """Revoke a token: from now on it opens nothing."""
    from orchestrator.cli.calls import call

    call(common, lambda client: client.revoke_token(id))
    if common is not None and common.json:
        dump({"revoked": id})
    else:
        say(f"token {id} is revoked")
