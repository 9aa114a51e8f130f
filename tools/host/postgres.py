"""PostgreSQL for `sql.*`, through asyncpg: queries in a READ ONLY transaction, with the server's own time limit."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from protocol.errors import ErrorCode
from protocol.vocabulary import Json
from tools import addresses
from tools.context import ToolContext
from tools.errors import ToolError, printable
from tools.host.declared import Database
from tools.host.statements import Take

if TYPE_CHECKING:
    import asyncpg  # type: ignore[import-untyped]

CONNECT_S: Final = 10.0
CLOSE_S: Final = 5.0
PREFETCH: Final = 200


@asynccontextmanager
async def _connected(context: ToolContext, database: Database) -> AsyncIterator[asyncpg.Connection]:
    try:
        import asyncpg
    except ImportError:
        raise ToolError(
            ErrorCode.UNAVAILABLE, "this agent lacks the PostgreSQL driver: its owner installs `asterism[server]`"
        ) from None
    host = database.host if database.ours else await _resolved(context, database)
    password = await asyncio.to_thread(database.password)
    limit = str(int(max(1.0, context.limits.seconds - 1) * 1000))
    try:
        connection = await asyncpg.connect(
            host=host, port=database.port, user=database.user, database=database.name, timeout=CONNECT_S,
            # Not left out: the driver would then take a password of the agent's own environment.
            password=password,
            server_settings={"application_name": "asterism", "statement_timeout": limit},
        )  # fmt: skip
    except (OSError, TimeoutError) as error:
        why = type(error).__name__ if isinstance(error, TimeoutError) else (error.strerror or "no connection")
        raise ToolError(
            ErrorCode.UNAVAILABLE, f"the database `{database.label}` cannot be reached: {why}", retryable=True
        ) from None
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError):
        raise ToolError(
            ErrorCode.DENIED, f"the database `{database.label}` refuses the user or the password: its owner mends that"
        ) from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise ToolError(ErrorCode.TOOL_FAILED, f"PostgreSQL says: {_said(error)}") from None
    try:
        yield connection
    finally:
        await asyncio.shield(_close(connection))


async def _close(connection: asyncpg.Connection) -> None:
    """End it; of a statement that was cut off, the driver tells the server first, which would else go on with it."""
    try:
        await connection.close(timeout=CLOSE_S)
    except (OSError, TimeoutError):
        connection.terminate()


async def _resolved(context: ToolContext, database: Database) -> str:
    """An address that the owner's rules for `http.*` allow, too. Raises ToolError(DENIED), UNAVAILABLE."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(database.host, database.port, type=socket.SOCK_STREAM)
    except OSError:
        raise ToolError(ErrorCode.UNAVAILABLE, f"the host of `{database.label}` is not known", retryable=True) from None
    reason = ""
    for *_, where in found:
        address = addresses.parse(str(where[0]))
        assert address is not None
        reason = addresses.refusal(
            address, private=context.limits.private_network, loopback=addresses.names_loopback(database.host)
        )
        if not reason:
            return str(where[0])
    raise ToolError(
        ErrorCode.DENIED, f"`{database.label}` is not spoken to: {reason}; its owner may declare the database"
    )


async def run(
    context: ToolContext, database: Database, statement: str, parameters: Sequence[Json], take: Take, *, write: bool
) -> int:
    """Run one statement; how many rows it changed. Rows go to `take`. All or nothing."""
    async with _connected(context, database) as connection:
        import asyncpg

        committing = False
        try:
            transaction = connection.transaction(readonly=not write)
            await transaction.start()
            prepared = await connection.prepare(statement)
            names = [one.name for one in prepared.get_attributes() or ()]
            changed = 0
            if write:
                for row in await prepared.fetch(*parameters):
                    take(names, tuple(row))
                changed = _count(prepared.get_statusmsg())
            else:
                async for row in prepared.cursor(*parameters, prefetch=PREFETCH):
                    if not take(names, tuple(row)):
                        break
            committing = write
            await (transaction.commit() if write else transaction.rollback())
            return changed
        except asyncpg.QueryCanceledError:
            raise ToolError(ErrorCode.TIMEOUT, "the statement took longer than the task may: narrow it") from None
        except asyncpg.ReadOnlySQLTransactionError:
            raise ToolError(ErrorCode.DENIED, "queries are read only: `sql.execute` changes data") from None
        except asyncpg.InsufficientPrivilegeError as error:
            raise ToolError(ErrorCode.DENIED, f"PostgreSQL says: {_said(error)}") from None
        except (asyncpg.PostgresConnectionError, OSError, asyncpg.InterfaceError) as error:
            if committing:
                raise ToolError(
                    ErrorCode.LOST, "the database was lost while it committed: look whether the change is there"
                ) from None
            lost = connection.is_closed()
            raise ToolError(
                ErrorCode.UNAVAILABLE if lost else ErrorCode.BAD_ARGUMENTS,
                "the connection to the database was lost; nothing was changed" if lost else _said(error),
                retryable=lost,
            ) from None
        except asyncpg.PostgresError as error:
            raise ToolError(ErrorCode.TOOL_FAILED, f"PostgreSQL says: {_said(error)}") from None


def _count(status: str) -> int:
    """`UPDATE 3` is 3, `INSERT 0 2` is 2, `CREATE TABLE` is 0."""
    last = (status or "").rpartition(" ")[2]
    return int(last) if last.isdigit() else 0


def _said(error: BaseException) -> str:
    return printable(str(error).replace("\n", " "))[:500] or type(error).__name__
