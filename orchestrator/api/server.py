"""The one port: REST, and the devices' gateway behind `/v1/agent`, served by uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import importlib.util
import logging
import socket
import ssl
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp

from orchestrator.api.gate import Gate, GatewayApp
from orchestrator.api.rates import Rates
from orchestrator.core.application import Application
from orchestrator.settings import Settings

WS_BYTES = 4 << 20
"""Longest WebSocket message that uvicorn takes. Above the protocol's own limit, whose fault says more."""
GRACE_S = 3
BACKLOG = 2048


class ServerProblem(Exception):
    """The port cannot be served. Codes: `port_in_use`, `bad_address`, `bad_certificate`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def build_asgi(app: Application, gateway_asgi: GatewayApp, settings: Settings, *, eager: bool = False) -> Gate:
    """The ASGI application of one orchestrator.

    FastAPI takes a third of a second to import, and a device needs none of it: without `eager` that is put off to the
    first HTTP request.
    """
    stopping = asyncio.Event()

    def rest() -> ASGIApp:
        from orchestrator.api.rest import build_rest

        made = build_rest(app)
        made.state.stopping = stopping
        return made

    rates = Rates(settings.rate_limit, settings.rate_burst) if settings.rate_limit is not None else None
    gate = Gate(app, gateway_asgi, rest, stopping, rates)
    if eager:
        gate.rest  # noqa: B018 - made for its effect
    return gate


def bind(host: str, port: int) -> socket.socket:
    """A bound TCP socket; port 0 takes a free one. Raises ServerProblem."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise ServerProblem("bad_address", f"{host} is no address of this machine: choose another --host.") from None
    bound = socket.socket(family, kind, number)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted connections inherit it: without it, small frames wait for delayed acknowledgements.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bound.bind(address)
        bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        raise _bind_problem(error, host, port) from None
    bound.setblocking(False)
    return bound


def _bind_problem(error: OSError, host: str, port: int) -> ServerProblem:
    if error.errno == errno.EADDRINUSE:
        message = (
            f"Port {port} on {host} is in use, perhaps by another orchestrator: stop it, or choose another --port."
        )
        return ServerProblem("port_in_use", message)
    if error.errno == errno.EACCES:
        return ServerProblem("bad_address", f"Port {port} needs more rights: choose one above 1023.")
    return ServerProblem("bad_address", f"{host}:{port} cannot be served: {error.strerror}. Choose another --host.")


def base_url(bound: socket.socket, host: str, *, tls: bool) -> str:
    """The address to give to `--url`. A wildcard address is told as the loopback one."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    port = bound.getsockname()[1]
    return f"{'https' if tls else 'http'}://{f'[{name}]' if ':' in name else name}:{port}"


class _Server(uvicorn.Server):
    """Without uvicorn's signal handlers: who started it stops it. `begun` is set once connections are accepted."""

    def __init__(self, config: uvicorn.Config, stop: asyncio.Event) -> None:
        super().__init__(config)
        self.begun = asyncio.Event()
        self._stop = stop

    async def main_loop(self) -> None:
        """Wakes once a second, for the date header, where uvicorn's own does ten times."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._stop.wait()
                    self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.begun.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes up no more connections, some turns before it closes: asyncio forgets one that it has accepted, and not

        yet handed on, when its server closes. Nobody would close that socket, and its peer would wait.
        """
        loop = asyncio.get_running_loop()
        if isinstance(loop, asyncio.SelectorEventLoop):
            for server in self.servers:
                for listening in server.sockets:
                    loop.remove_reader(listening.fileno())
            for _ in range(3):  # the task that takes it up, its transport, its protocol
                await asyncio.sleep(0)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    gate: Gate,
    settings: Settings,
    *,
    stop: asyncio.Event,
    ready: Callable[[str], None] | None = None,
    bound: socket.socket | None = None,
) -> None:
    """Serve until `stop` is set; `ready` is told the base URL. Raises ServerProblem.

    Requests under way get GRACE_S seconds at the end; event streams end at once.
    """
    config = _config(gate, settings)
    bound = bound or bind(settings.host, settings.port)
    server = _Server(config, stop)
    serving = asyncio.ensure_future(server.serve(sockets=[bound]))
    begun = asyncio.ensure_future(server.begun.wait())
    ending = asyncio.ensure_future(_announce(stop, gate.stopping))
    try:
        await asyncio.wait({serving, begun}, return_when=asyncio.FIRST_COMPLETED)
        if ready is not None and not serving.done():
            ready(base_url(bound, settings.host, tls=settings.tls_cert is not None))
        await asyncio.shield(serving)
    finally:
        # Also where we are cancelled: connections are closed in any case.
        stop.set()
        gate.stopping.set()
        begun.cancel()
        ending.cancel()
        await serving
        bound.close()


async def _announce(stop: asyncio.Event, stopping: asyncio.Event) -> None:
    """Tell the event streams that it is over: uvicorn waits for them."""
    await stop.wait()
    stopping.set()


def _config(gate: Gate, settings: Settings) -> uvicorn.Config:
    logging.getLogger("uvicorn.error").setLevel(logging.DEBUG if settings.log_level == "debug" else logging.ERROR)
    config = uvicorn.Config(
        gate,
        http=_http(),
        ws=_websocket(),
        ws_max_size=WS_BYTES,
        ws_ping_interval=None,
        ws_ping_timeout=None,
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        interface="asgi3",
        backlog=BACKLOG,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE_S,
        h11_max_incomplete_event_size=64 << 10,
        ssl_certfile=str(settings.tls_cert) if settings.tls_cert else None,
        ssl_keyfile=str(settings.tls_key) if settings.tls_key else None,
    )
    try:
        config.load()
    except (ssl.SSLError, OSError) as error:
        raise ServerProblem("bad_certificate", f"The TLS certificate or key cannot be used: {error}.") from None
    return config


def _websocket() -> type[asyncio.Protocol]:
    from orchestrator.api.websocket import BoundedWebSocket

    return BoundedWebSocket


def _http() -> type[asyncio.Protocol] | str:
    if importlib.util.find_spec("httptools") is None:
        return "h11"
    from orchestrator.api.http import BoundedHttp

    return BoundedHttp
