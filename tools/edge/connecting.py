"""How a connection to a broker begins and ends, and why it may not begin."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from protocol.errors import ErrorCode
from tools.edge.declared import Broker as Settings
from tools.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from paho.mqtt.client import Client

T = TypeVar("T")
TCP_S: Final = 5.0
ROOM: Final = 4096  # bytes of a packet beside its payload
IN_FLIGHT: Final = 64
_SAID: Final = {
    132: ("does not speak MQTT 5", "use one that does (Mosquitto from 1.6 on)"),
    133: ("does not accept this client_id", "give another one in [broker]"),
    134: ("does not accept the user name or password", "check username and password_env or password_file in [broker]"),
    135: ("does not let this device in", "check username and password_env or password_file in [broker]"),
    138: ("has banned this device", "ask its owner"),
    140: ("asks for another way to log in", "ask its owner"),
}


class Refusal(ToolError):
    """The broker will not have this device. `person`: and it will not until somebody changes something."""

    def __init__(self, code: ErrorCode, message: str, *, person: bool) -> None:
        super().__init__(code, message, retryable=not person)
        self.person = person

    @classmethod
    def of(cls, code: int, address: str) -> Refusal:
        """What the broker's CONNACK says."""
        if code in _SAID:
            what, remedy = _SAID[code]
            return cls(ErrorCode.DENIED, f"the broker {address} {what}: {remedy}", person=True)
        return cls(ErrorCode.UNAVAILABLE, f"the broker {address} is not ready (code {code})", person=False)


async def open_client(settings: Settings, client_id: str) -> Client:
    """A client whose CONNECT is on its way, read and written by this event loop.

    Raises Refusal where a person must do something, ToolError(UNAVAILABLE) where the broker cannot be reached.
    """
    loop = asyncio.get_running_loop()
    try:
        password = settings.password()
    except ToolError as error:
        raise Refusal(error.code, error.message, person=True) from None
    try:
        client = await _in_thread(lambda: _connect(settings, client_id, password))
    except ssl.SSLCertVerificationError as error:
        message = (
            f"the certificate of the broker {settings.address} is not trusted ({error.verify_message}): "
            "give its authority as ca in [broker]"
        )
        raise Refusal(ErrorCode.DENIED, message, person=True) from None
    except ssl.SSLError as error:
        reason = error.reason or "no TLS"
        message = (
            f"the broker {settings.address} does not speak TLS as we do ({reason}): check port and tls in [broker]"
        )
        raise Refusal(ErrorCode.UNAVAILABLE, message, person=False) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        hint = " (does it speak TLS on this port?)" if settings.tls and isinstance(error, ConnectionResetError) else ""
        message = f"the broker {settings.address} cannot be reached: {why.lower()}{hint}"
        raise ToolError(ErrorCode.UNAVAILABLE, message, retryable=True) from None
    _attach(client, loop)
    return client


def _connect(settings: Settings, client_id: str, password: str | None) -> Client:
    """In a thread: names are looked up, TLS shakes hands."""
    from paho.mqtt.client import Client, MQTTv5
    from paho.mqtt.enums import CallbackAPIVersion
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv5, reconnect_on_failure=False)
    client.connect_timeout = TCP_S
    if settings.username is not None:
        client.username_pw_set(settings.username, password)
    if settings.tls:
        client.tls_set_context(_trust(settings))
    asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    # The broker then keeps back what is larger: a payload of megabytes never reaches a box of 40.
    asked.MaximumPacketSize = settings.max_payload_bytes + ROOM
    asked.ReceiveMaximum = IN_FLIGHT
    host, _, port = settings.address.rpartition(":")
    client.connect(host, int(port), settings.keepalive_s, clean_start=True, properties=asked)
    return client


def _trust(settings: Settings) -> ssl.SSLContext:
    if settings.ca is not None and not settings.ca.is_file():
        raise ValueError(f"there is no file {settings.ca} (ca in [broker])")
    context = ssl.create_default_context(cafile=None if settings.ca is None else str(settings.ca))
    context.sslsocket_class = _Closing
    return context


class _Closing(ssl.SSLSocket):
    """paho leaves the socket of a handshake that failed open."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def _attach(client: Client, loop: asyncio.AbstractEventLoop) -> None:
    """Have the event loop read and write the client's socket."""
    own = client.socket()
    if own is None:
        raise ToolError(ErrorCode.UNAVAILABLE, "the broker ended the connection at once", retryable=True)

    def read() -> None:
        # Bytes that TLS has decoded already do not wake the loop again.
        while client.loop_read() == 0 and (sock := client.socket()) is not None:
            pending = getattr(sock, "pending", None)
            if pending is None or not pending():
                _at_once(sock)
                return

    def write() -> None:
        client.loop_write()

    def register(client: Client, userdata: object, sock: object) -> None:
        loop.add_writer(own, write)

    def unregister(client: Client, userdata: object, sock: object) -> None:
        loop.remove_writer(own)

    def closing(client: Client, userdata: object, sock: object) -> None:
        with suppress(ValueError, OSError):
            loop.remove_reader(own)
            loop.remove_writer(own)

    _at_once(own)
    client.on_socket_register_write = register
    client.on_socket_unregister_write = unregister
    client.on_socket_close = closing
    loop.add_reader(own, read)


def _at_once(sock: object) -> None:
    """Neither side waits for more to send: small messages each way would else take 40 ms. The kernel forgets it."""
    assert isinstance(sock, socket.socket)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_QUICKACK"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def close(client: Client, loop: asyncio.AbstractEventLoop) -> None:
    """Say goodbye, where anybody hears it, and close the socket. Nothing is called back any more."""
    client.on_disconnect = None
    client.on_message = None
    sock = client.socket()
    if sock is not None:
        with suppress(ValueError, OSError):
            loop.remove_reader(sock)
            loop.remove_writer(sock)
        client.on_socket_register_write = None
        with suppress(OSError, ValueError):
            client.disconnect()
            client.loop_write()
        with suppress(OSError, AttributeError):
            sock.shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]
        with suppress(OSError):
            sock.close()


async def _in_thread(work: Callable[[], T]) -> T:
    """In a thread that nobody waits for at the end: a broker that says nothing does not keep the program alive."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(value: T | None, error: BaseException | None) -> None:
        if done.done():
            if value is not None:
                close(value, loop)  # type: ignore[arg-type]
        elif error is not None:
            done.set_exception(error)
        else:
            done.set_result(value)  # type: ignore[arg-type]

    def run() -> None:
        value: T | None = None
        failure: BaseException | None = None
        try:
            value = work()
        except BaseException as error:  # noqa: BLE001 - told to who waits
            failure = error
        with suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(tell, value, failure)

    threading.Thread(target=run, name="asterism-mqtt", daemon=True).start()
    return await done
