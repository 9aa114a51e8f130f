"""The world of a suite: an orchestrator and its machines as processes, and what stands around them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import psutil

from devices.simulated.adb.daemon import Adbd
from devices.simulated.phone.state import App, Notification, SimulatedPhone, Sms
from devices.simulated.start import simulated_phone
from orchestrator.cli.benching import greenhouse as greenhouses
from orchestrator.cli.benching import screen as screens
from orchestrator.cli.benching import seeds
from orchestrator.cli.benching.greenhouse import Greenhouse, greenhouse
from orchestrator.cli.benching.screen import Screen, screen
from orchestrator.cli.benching.site import Page, Site, website
from orchestrator.cli.benching.state import Given, GivenFile, GivenPage, GivenPhone, GivenProgram
from orchestrator.cli.benching.suite import BenchTask, Suite
from orchestrator.cli.exits import CommandError
from orchestrator.cli.leash import leashed
from orchestrator.cli.local import LocalDevice
from orchestrator.cli.owned import OwnSystem
from protocol.vocabulary import DeviceKind

T = TypeVar("T")
DAY_S = 86_400
HOME_FOLDERS = ("/sdcard/Download", "/sdcard/DCIM", "/sdcard/Documents", "/sdcard/Pictures")


@dataclass
class World:
    """The machines of a suite, at work. `phone`, `house` and `screen` are None where no machine is of that kind.

    What a task is given is put there by `set_up`, after all that was there is gone.
    """

    suite: Suite
    system: OwnSystem
    site: Site
    adbd: Adbd | None = None
    house: Greenhouse | None = None
    screen: Screen | None = None
    _hashes: dict[tuple[str, str], str] = field(default_factory=dict)
    _programs: list[subprocess.Popen[bytes]] = field(default_factory=list)

    # --- set up ------------------------------------------------------------------------------------------------

    def set_up(self, task: BenchTask) -> None:
        """Clear everything, and give what the task is given. Raises CommandError `bad_suite`."""
        self.clear()
        self.give(task, task.setup)
        self._hashes = {
            (name, str(path.relative_to(self.workspace(name)))): _digest(path)
            for name in self.system.known
            for path in sorted(self.workspace(name).rglob("*"))
            if path.is_file() and not path.is_symlink()
        }

    def clear(self) -> None:
        """Nothing of a task is left: files, programs, pages, forms, what the phone and the greenhouse were told."""
        self.end_programs()
        for name in self.system.known:
            _empty(self.workspace(name))
        self.site.show({})
        if self.adbd is not None:
            self.adbd.phone.__init__()  # type: ignore[misc]
            self.adbd.phone.mock_allowed = True
        if self.house is not None:
            self.house.reset({})
        if self.screen is not None:
            self.screen.reset()

    def give(self, task: BenchTask, given: Given) -> None:
        """Put all this there, on top of what is there."""
        for file in given.files:
            self._give_file(task, file)
        if given.pages:
            self.site.show({**self.site.pages, **{one.path: self._page(task, one) for one in given.pages}})
        self._give_phone(given.phone)
        if given.greenhouse:
            self._wanted(self.house, "an edge box").reset({**given.greenhouse})
        for form in given.forms:
            self._wanted(self.screen, "a desktop").form(form.title, form.fields)
        for program in given.programs:
            self._start(program)

    def _give_file(self, task: BenchTask, file: GivenFile) -> None:
        path = self._place(file.machine, file.path)
        if file.absent:
            _remove(path)
            return
        if file.folder:
            path.mkdir(parents=True, exist_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.make is not None and file.make.kind == "tree":
            for name, data in seeds.tree(file.make, self.suite.file.seed, task.id, f"{file.machine}:{file.path}"):
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_bytes(data)
        elif file.link is not None:
            path.symlink_to(file.link)
            return
        else:
            path.write_bytes(self._bytes(task, file))
        if file.mode is not None:
            path.chmod(int(file.mode, 8))
        if file.age_days is not None:
            when = time.time() - file.age_days * DAY_S
            os.utime(path, (when, when))

    def _bytes(self, task: BenchTask, file: GivenFile) -> bytes:
        if file.text is not None:
            return file.text.replace("{site}", self.site.url).encode()
        if file.make is not None:
            return seeds.made(file.make, self.suite.file.seed, task.id, f"{file.machine}:{file.path}")
        machine, _, path = (file.like or "").partition(":")
        source = self._place(machine, path)
        if not source.is_file():
            raise CommandError("bad_suite", f"The task {task.id} has a file like {file.like}, which is not there yet.")
        return source.read_bytes()

    def _page(self, task: BenchTask, page: GivenPage) -> Page:
        data = (page.text or "").replace("{site}", self.site.url).encode()
        if page.make is not None:
            data = seeds.made(page.make, self.suite.file.seed, task.id, f"site:{page.path}")
        return Page(data, page.type, page.delay_s, page.fails, page.fail_times or None)

    def _give_phone(self, given: GivenPhone) -> None:
        if given == GivenPhone():
            return
        phone = self.phone
        now = int(time.time() * 1000)
        for path, text in given.files.items():
            folder = path.rpartition("/")[0]
            if folder not in HOME_FOLDERS and phone.files.find(folder) is None:
                phone.files.make_folder(folder)
            phone.files.write(path, text.encode())
        phone.messages += [Sms(1, number, text, now) for number, text in given.sms]
        phone.messages += [Sms(2, number, text, now) for number, text in given.sent]
        phone.notifications += [
            Notification("org.example.app", title, text, now) for title, text in given.notifications
        ]
        phone.notes += given.notes
        phone.apps.update({name: App(name, name, ".Main", system=False) for name in given.apps})
        phone.battery.level = phone.battery.level if given.battery is None else given.battery
        phone.url = phone.url if given.url is None else given.url.replace("{site}", self.site.url)

    def _start(self, program: GivenProgram) -> None:
        words = [word.replace("{site}", self.site.url) for word in program.command]
        place = self.workspace(program.machine)
        if shutil.which(words[0], path=f"{place}{os.pathsep}{os.environ['PATH']}") is None:
            raise CommandError("bad_suite", f"There is no program {words[0]} on this machine.")
        quiet = subprocess.DEVNULL
        self._programs.append(
            subprocess.Popen(leashed(words), cwd=place, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
        )

    def end_programs(self) -> None:
        """Ours, and what the last task left at work in a workspace."""
        for one in self._programs:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()
        self._programs.clear()
        homes = tuple(f"{self.workspace(name)}" for name in self.system.known)
        for process in psutil.process_iter(["cwd"]):
            if (process.info["cwd"] or "").startswith(homes):
                with contextlib.suppress(psutil.Error):
                    process.kill()

    # --- looking -----------------------------------------------------------------------------------------------

    @property
    def phone(self) -> SimulatedPhone:
        return self._wanted(self.adbd, "a phone").phone

    def workspace(self, machine: str) -> Path:
        return self.system.known[machine].workspace

    def _place(self, machine: str, path: str) -> Path:
        """Raises CommandError for a machine that is none, and for a path that leads out of its workspace."""
        if machine not in self.system.known:
            raise CommandError("bad_suite", f"There is no machine {machine}.")
        found = self.workspace(machine) / path
        if not found.resolve().is_relative_to(self.workspace(machine).resolve()):
            raise CommandError("bad_suite", f"{path} leads out of the workspace of {machine}.")
        return found

    @staticmethod
    def _wanted(found: T | None, what: str) -> T:
        if found is None:
            raise CommandError("bad_suite", f"This task needs {what}, and the suite has none.")
        return found


@dataclass(frozen=True)
class Outcome:
    """A world after a run, as the checks see it (`checks.Scene`)."""

    world: World
    said: str
    state: str

    @property
    def site(self) -> str:
        return self.world.site.url

    @property
    def phone(self) -> SimulatedPhone:
        return self.world.phone

    @property
    def greenhouse(self) -> Mapping[str, str]:
        return {} if self.world.house is None else self.world.house.state

    @property
    def heard(self) -> list[tuple[str, str]]:
        return [] if self.world.house is None else list(self.world.house.heard)

    @property
    def notified(self) -> str:
        return "" if self.world.screen is None else self.world.screen.notified

    def path(self, machine: str, path: str) -> Path:
        return self.world.workspace(machine) / path

    def at_first(self, machine: str, path: str) -> str | None:
        return self.world._hashes.get((machine, path))


@contextlib.asynccontextmanager
async def world(
    suite: Suite, folder: Path, config: str, variables: Mapping[str, str] | None = None
) -> AsyncIterator[World]:
    """The suite's machines on `folder`, at work; all of it ends with the block. Raises CommandError.

    `config` and `variables` are the orchestrator's settings (see `OwnSystem`).
    """
    kinds = {machine.kind for machine in suite.file.machines.values()}
    async with contextlib.AsyncExitStack() as stack:
        site = stack.enter_context(website())
        shown = stack.enter_context(screen()) if DeviceKind.DESKTOP in kinds else None
        house, sensors = stack.enter_context(greenhouse(folder)) if DeviceKind.EDGE in kinds else (None, None)
        settings, adbd = (
            await stack.enter_async_context(simulated_phone()) if DeviceKind.PHONE in kinds else (None, None)
        )
        flags = {
            DeviceKind.PHONE: () if settings is None else _phone_flags(settings.serial, settings.adb_server),
            DeviceKind.EDGE: (f"--sensors={sensors}",),
        }
        session = () if shown is None else tuple(shown.variables.items())
        devices = [
            LocalDevice(
                name,
                machine.kind.value,
                folder / name,
                folder / name / "workspace",
                labels=tuple(f"{key}={value}" for key, value in machine.labels.items()),
                flags=(*flags.get(machine.kind, ()), "--private-network"),
                environment=session if machine.kind is DeviceKind.DESKTOP else (),
            )
            for name, machine in suite.file.machines.items()
        ]
        system = OwnSystem(folder, devices, config)
        system.variables.update(variables or {})
        stack.push_async_callback(system.close)
        await system.start()
        made = World(suite, system, site, adbd, house, shown)
        stack.callback(made.end_programs)
        yield made


def absent(suite: Suite) -> dict[str, str]:
    """The machines that cannot be had here, with why."""
    lacking = {
        DeviceKind.DESKTOP: screens.lacking(),
        DeviceKind.EDGE: greenhouses.lacking(),
        DeviceKind.PHONE: "" if shutil.which("adb") else "adb not installed: run `make system`",
    }
    return {name: why for name, one in suite.file.machines.items() if (why := lacking.get(one.kind, ""))}


def _phone_flags(serial: str, server: str) -> tuple[str, ...]:
    return f"--serial={serial}", f"--adb-server={server}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _empty(folder: Path) -> None:
    for path in folder.iterdir() if folder.is_dir() else ():
        _remove(path)
    folder.mkdir(parents=True, exist_ok=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
