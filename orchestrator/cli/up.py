"""`asterism up`: an orchestrator on one port, with local device agents that live and die with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from orchestrator.cli.exits import CommandError
from orchestrator.cli.local import Child, LocalDevice, ended, make_folder, spawn, stop
from orchestrator.cli.logs import configure
from orchestrator.cli.options import Common
from orchestrator.cli.output import answer, dump, say

if TYPE_CHECKING:
    from orchestrator.api.gate import Gate
    from orchestrator.app import Asterism
    from orchestrator.settings import Settings

KINDS = ("desktop", "server", "phone", "edge", "kubernetes")
CONNECT_S = 20.0
POLL_S = 0.02
BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
REFUSED = 5
MISCONFIGURED = (2, 3)


def up(
    *,
    port: Annotated[int | None, Parameter(help="The port; 0 takes a free one (default: 8460).")] = None,
    host: Annotated[str | None, Parameter(help="The address to serve (default: 127.0.0.1).")] = None,
    db: Annotated[str | None, Parameter(help="sqlite:///PATH or postgresql://USER@HOST/NAME.")] = None,
    device: Annotated[tuple[str, ...], Parameter(help="KIND[:NAME], a local device; may be repeated.")] = (),
    simulated: Annotated[
        bool, Parameter(help="Local phones are simulated: programs, for tests and demonstrations.", negative=())
    ] = False,
    sensors: Annotated[Path | None, Parameter(help="Local edge boxes have the sensors of this TOML file.")] = None,
    ready_file: Annotated[Path | None, Parameter(help="Write the base URL there once all is ready.")] = None,
    record_runs: Annotated[
        Path | None, Parameter(help="Keep each run that ends in this folder, for `asterism bench replay`.")
    ] = None,
    faults: Annotated[bool, Parameter(help="For tests alone: who may call may make it fail, and crash.")] = False,
    common: Common | None = None,
) -> int:
    """Serve an orchestrator until it is stopped (Ctrl-C, SIGTERM)."""
    common = common or Common()
    given = {"faults": "open" if faults else None, "record_runs": record_runs}
    settings = common.load(port=port, host=host, database=db, **given).settings
    devices = local_devices(device, settings.data_dir, simulated=simulated, sensors=sensors)
    if sensors is not None:
        require_sensors(sensors.expanduser().absolute())
    configure(settings.log_level)
    if make_folder(settings.data_dir):
        say(f"made the folder {settings.data_dir} for the record and local devices' files")
    if ready_file is not None:
        ready_file.unlink(missing_ok=True)

    def ready(url: str, names: list[str]) -> None:
        if common.json:
            dump({"url": url, "pid": os.getpid(), "devices": names})
        else:
            answer(f"asterism at {url}" + (f" with {', '.join(names)}" if names else ""))
        if ready_file is not None:
            _write(ready_file, url)

    from devices.loop import run

    run(_Up(settings, devices, ready).serve())
    return 0


def require_sensors(file: Path) -> None:
    """Raises CommandError where no edge box could start with this file: none of them would ever be there."""
    from orchestrator.cli.device import require_mqtt
    from tools.edge.declared import load
    from tools.errors import ToolError

    require_mqtt("edge")
    try:
        load(file)
    except ToolError as error:
        raise CommandError("bad_configuration", f"--sensors: {error.message}") from None


def local_devices(
    wanted: tuple[str, ...], data_dir: Path, *, simulated: bool = False, sensors: Path | None = None
) -> list[LocalDevice]:
    """What `--device` asks for: KIND or KIND:NAME; phones that are `simulated`, edge boxes with these `sensors`.

    Raises CommandError `usage`.
    """
    import re

    from protocol.vocabulary import NAME

    found: dict[str, LocalDevice] = {}
    for text in wanted:
        kind, _, name = text.partition(":")
        if kind not in KINDS:
            raise CommandError("usage", f"--device {text!r}: a kind is one of {', '.join(KINDS)}.")
        unreal = simulated and kind == "phone"
        name = name or next(n for n in _names("simulated-phone" if unreal else kind) if n not in found)
        if not re.fullmatch(NAME, name):
            raise CommandError("usage", f"--device {text!r}: a name has letters, digits, '.', '_' and '-', at most 64.")
        if name in found:
            raise CommandError("usage", f"--device {text!r}: two devices cannot both be called {name}.")
        folder = data_dir / "devices" / name
        flags = ("--simulated",) if unreal else ()
        if sensors is not None and kind == "edge":
            flags = (f"--sensors={sensors.expanduser().absolute()}",)
        found[name] = LocalDevice(name, kind, folder, folder / "workspace", flags=flags)
    if sensors is not None and not any(one.kind == "edge" for one in found.values()):
        raise CommandError("usage", "--sensors is for edge boxes: add --device edge.")
    if simulated and not any(one.kind == "phone" for one in found.values()):
        raise CommandError("usage", "--simulated is for phones: add --device phone.")
    return list(found.values())


def _names(kind: str) -> list[str]:
    return [kind, *(f"{kind}-{number}" for number in range(2, 1002))]


def _write(file: Path, url: str) -> None:
    """All of it or nothing: who waits for the file never reads half an address."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as new:
            new.write(url + "\n")
        os.replace(new.name, file)
    except OSError as error:
        raise CommandError("bad_configuration", f"{file} cannot be written: {error.strerror}.") from None


@dataclass
class _Up:
    """One `up`: the orchestrator, its server, its local devices."""

    settings: Settings
    devices: list[LocalDevice]
    ready: Callable[[str, list[str]], None]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    children: dict[str, Child] = field(default_factory=dict)
    url: str = ""

    async def serve(self) -> None:
        from orchestrator.api.server import bind, build_asgi, serve
        from orchestrator.app import BREATH_S, Asterism

        self._install()
        app = Asterism(self.settings)
        bound = bind(self.settings.host, self.settings.port)
        try:
            await app.start()
            # Where work waits for devices, they come first, and REST is made once they are back.
            gate = build_asgi(app, app.gateway, self.settings, eager=not app.engine.open_runs)
            announced: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            closing = asyncio.Event()
            serving = asyncio.ensure_future(
                serve(gate, self.settings, stop=closing, ready=announced.set_result, bound=bound)
            )
            warming = asyncio.ensure_future(_warm(gate, BREATH_S))
            try:
                serving.add_done_callback(lambda _: announced.cancel())
                await asyncio.wait([announced])
                if serving.done():
                    serving.result()
                self.url = announced.result()
                await self._live(app)
            finally:
                warming.cancel()
                closing.set()
                await serving
        finally:
            bound.close()
            await app.stop()

    def _install(self) -> None:
        def signalled() -> None:
            if self.stopping.is_set():
                for child in self.children.values():
                    child.kill()
                os._exit(8)
            self.stopping.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, signalled)

    async def _live(self, app: Asterism) -> None:
        """Start the devices, say that all is there, wait for the end."""
        await self._warn(app)
        async with self._watched(app):
            waiting = asyncio.ensure_future(self._online(app))
            stopped = asyncio.ensure_future(self.stopping.wait())
            await asyncio.wait({waiting, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not self.stopping.is_set():
                self.ready(self.url, waiting.result())
            waiting.cancel()
            replaced = asyncio.ensure_future(app.replaced.wait())
            await asyncio.wait({stopped, replaced}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            replaced.cancel()
        if app.replaced.is_set() and not self.stopping.is_set():
            message = "Another orchestrator has taken over this database while this one was cut off from it."
            raise CommandError("database_taken", f"{message} Let one orchestrator at a time use a database.")

    async def _warn(self, app: Asterism) -> None:
        from orchestrator.api.callers import is_loopback

        if not is_loopback(self.settings.host) and not await app.tokens_configured():
            say("no token is configured, so only this machine is served: `asterism token create --role admin`")
        if self.settings.faults == "open":
            say("failpoints may be turned on here by every admin: for tests alone")
        for device in self.devices:
            if "--simulated" in device.flags:
                say(f"device {device.name} is SIMULATED: no phone is behind it")
        for problem in app.health().problems:
            say(f"not ready: {problem}")

    @contextlib.asynccontextmanager
    async def _watched(self, app: Asterism) -> AsyncIterator[None]:
        watching = [asyncio.ensure_future(self._watch(app, device)) for device in self.devices]
        try:
            yield
        finally:
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
            await stop(list(self.children.values()))

    async def _watch(self, app: Asterism, device: LocalDevice) -> None:
        """Keep one agent running; give up where only a person can mend it."""
        tries = 0
        while True:
            try:
                child = self.children[device.name] = spawn(device, self.url, await _token(app, device))
            except (CommandError, OSError) as error:
                say(f"device {device.name} cannot be started: {error}")
                return
            loop = asyncio.get_running_loop()
            began = loop.time()
            code = await ended(child)
            if code in MISCONFIGURED or (code == REFUSED and tries > 2):
                say(f"device {device.name} gave up: {child.last_words()} (see {child.log})")
                return
            tries = 0 if loop.time() - began > 60 else tries + 1
            pause = BACKOFF_S[min(tries, len(BACKOFF_S)) - 1]
            say(f"device {device.name} ended with {code}; again in {pause:g} s (see {child.log})")
            await asyncio.sleep(pause)

    async def _online(self, app: Asterism) -> list[str]:
        """The local devices that are there, once all are; those that come late are not waited for forever."""
        wanted = {device.name for device in self.devices}
        found: set[str] = set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_S):
                while wanted - found:
                    found = {view.name for view in await app.devices() if view.online} & wanted
                    await asyncio.sleep(POLL_S if wanted - found else 0)
        for name in sorted(wanted - found):
            child = self.children.get(name)
            say(f"device {name} is not there yet: {child.last_words() if child else 'it was not started'}")
        return sorted(found)


async def _warm(gate: Gate, seconds: float) -> None:
    """Make after a while what the first HTTP request would otherwise wait for."""
    await asyncio.sleep(seconds)
    await gate.prepare()


async def _token(app: Asterism, device: LocalDevice) -> str | None:
    """A token for a local device where devices need one: the one of before, or a new one, in a file of its own."""
    if not await app.tokens_configured():
        return None
    file = device.folder / "token"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        known = file.read_text().strip()
        if await app.authenticate(known) is not None:
            return known
    token, _ = await app.create_token("device", name=f"local {device.name}")
    _keep(file, token)
    return token


def _keep(file: Path, token: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(token + "\n")
