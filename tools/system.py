"""Skills that tell about the machine. Bytes, percent of 0 to 100, seconds."""

from __future__ import annotations

import os
import platform
import time
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import psutil

from tools.arguments import Output, WorkspacePath
from tools.context import ToolContext, check_cancelled
from tools.places import enter
from tools.skill import skill
from tools.trees import iso

# CPU use is measured over this time.
SAMPLE_S = 0.2


class Disk(Output):
    path: str
    mount: str
    total_bytes: int
    used_bytes: int
    free_bytes: int
    used_percent: float


class Memory(Output):
    total_bytes: int
    used_bytes: int
    available_bytes: int
    used_percent: float
    swap_total_bytes: int
    swap_used_bytes: int


class Cpu(Output):
    cores: int
    model: str
    used_percent: float


class Load(Output):
    load_1: float
    load_5: float
    load_15: float
    per_core: float


class Uptime(Output):
    seconds: float
    since: str


class OperatingSystem(Output):
    name: str
    version: str
    kernel: str
    architecture: str
    hostname: str


class Interface(Output):
    name: str
    up: bool
    addresses: list[str]


class Network(Output):
    hostname: str
    interfaces: list[Interface]


class Time(Output):
    iso: str
    unix: float
    timezone: str


class Facts(Output):
    os: OperatingSystem
    cpu: Cpu
    memory: Memory
    disk: Disk
    load: Load
    uptime: Uptime
    network: Network
    time: Time


@skill(
    "system.disk",
    examples=(
        "how much disk space is free?",
        "which of my devices has the most free disk space?",
        "is the disk full on the server?",
        "show disk usage on every machine",
        "df -h",
        "how many gigabytes are left?",
        "what percentage of the disk is used?",
    ),
)
def disk(context: ToolContext, *, path: WorkspacePath = ".") -> Disk:
    """Tell the total, used and free space of the disk that holds a path.

    Args:
        path: File or folder on the disk in question.
    """
    with context.workspace.locate(path) as place:
        found = place.stat()
        # A folder may be a mount of its own; a file lies where its folder does.
        with enter(place) if place.is_folder() else nullcontext(place.folder) as folder:
            space = os.fstatvfs(folder)
        total, free = space.f_blocks * space.f_frsize, space.f_bavail * space.f_frsize
        used = (space.f_blocks - space.f_bfree) * space.f_frsize
        return Disk(
            path=place.path,
            mount=_mount(found.st_dev),
            total_bytes=total,
            used_bytes=used,
            free_bytes=free,
            # As df counts it: of what users can use.
            used_percent=_percent(used, used + free),
        )


@skill(
    "system.memory",
    examples=(
        "how much memory is free?",
        "how much RAM does the server have?",
        "which device uses the most memory?",
        "is anything swapping?",
        "free -h on all machines",
        "show memory usage",
    ),
)
def memory(context: ToolContext) -> Memory:
    """Tell the total, used and available memory, and swap."""
    real, swap = psutil.virtual_memory(), psutil.swap_memory()
    return Memory(
        total_bytes=real.total,
        used_bytes=real.total - real.available,
        available_bytes=real.available,
        used_percent=_percent(real.total - real.available, real.total),
        swap_total_bytes=swap.total,
        swap_used_bytes=swap.used,
    )


@skill(
    "system.cpu",
    examples=(
        "how busy is the CPU?",
        "how many cores does the workstation have?",
        "what processor is in the edge box?",
        "show CPU usage on every server",
        "which machine has the highest CPU use?",
    ),
)
def cpu(context: ToolContext) -> Cpu:
    """Tell the processor's model, its number of cores and how busy it is."""
    before = psutil.cpu_times()
    context.cancelled.wait(SAMPLE_S)
    check_cancelled(context)
    after = psutil.cpu_times()
    total = sum(after) - sum(before)
    idle = (after.idle + getattr(after, "iowait", 0.0)) - (before.idle + getattr(before, "iowait", 0.0))
    return Cpu(cores=psutil.cpu_count() or 1, model=_model(), used_percent=_percent(total - idle, total))


@skill(
    "system.load",
    examples=(
        "what is the load average?",
        "which server has the highest load?",
        "is the machine overloaded?",
        "show the load of all devices",
        "how loaded is beta right now?",
    ),
)
def load(context: ToolContext) -> Load:
    """Tell the load averages over 1, 5 and 15 minutes."""
    one, five, fifteen = (round(value, 2) for value in os.getloadavg())
    return Load(load_1=one, load_5=five, load_15=fifteen, per_core=round(one / (psutil.cpu_count() or 1), 3))


@skill(
    "system.uptime",
    examples=(
        "how long has the server been up?",
        "uptime of every device",
        "when was the workstation last rebooted?",
        "which machine has been running the longest?",
        "since when is it up?",
    ),
)
def uptime(context: ToolContext) -> Uptime:
    """Tell how long the machine has been running, and since when."""
    booted = psutil.boot_time()
    return Uptime(seconds=round(max(0.0, time.time() - booted), 1), since=iso(booted))


@skill(
    "system.os",
    examples=(
        "which operating system runs there?",
        "what kernel version is on the server?",
        "is it Debian or Ubuntu?",
        "uname -a",
        "list the OS version of each device",
        "what is the hostname?",
    ),
)
def os_(context: ToolContext) -> OperatingSystem:
    """Tell the operating system, its version, the kernel, the architecture and the host name."""
    name, version = _distribution()
    machine = platform.uname()
    return OperatingSystem(
        name=name, version=version, kernel=machine.release, architecture=machine.machine, hostname=machine.node
    )


@skill(
    "system.network",
    examples=(
        "what is the IP address of the server?",
        "list the network interfaces",
        "which addresses do my devices have?",
        "is eth0 up?",
        "show the network configuration",
        "ip addr",
    ),
)
def network(context: ToolContext) -> Network:
    """Tell the network interfaces and their addresses."""
    status = psutil.net_if_stats()
    return Network(
        hostname=platform.node(),
        interfaces=[
            Interface(
                name=name,
                up=name in status and status[name].isup,
                addresses=[
                    one.address.partition("%")[0] for one in addresses if one.family.name in ("AF_INET", "AF_INET6")
                ],
            )
            for name, addresses in sorted(psutil.net_if_addrs().items())
        ],
    )


@skill(
    "system.time",
    examples=(
        "what time is it on the server?",
        "show the date on each device",
        "which time zone is the laptop in?",
        "are the clocks of my machines the same?",
        "current time",
    ),
)
def time_(context: ToolContext) -> Time:
    """Tell the device's date, time and time zone."""
    now = datetime.now().astimezone()
    return Time(iso=now.isoformat(timespec="seconds"), unix=round(now.timestamp(), 3), timezone=_zone(now))


@skill(
    "system.info",
    examples=(
        "tell me about this machine",
        "give me an overview of every device",
        "what are the specs of the server?",
        "system information please",
        "describe the hardware of the workstation",
        "how is the server doing?",
    ),
)
def info(context: ToolContext) -> Facts:
    """Tell the main facts of the machine: system, processor, memory, disk, load, uptime, network, time."""
    return Facts(
        os=os_(context),
        cpu=cpu(context),
        memory=memory(context),
        disk=disk(context),
        load=load(context),
        uptime=uptime(context),
        network=network(context),
        time=time_(context),
    )


def _percent(part: float, whole: float) -> float:
    return round(min(100.0, max(0.0, 100 * part / whole)), 1) if whole > 0 else 0.0


def _mount(device: int) -> str:
    """Where the file system with this device number is mounted; empty where that is not told."""
    for one in psutil.disk_partitions(all=True):
        try:
            if os.lstat(one.mountpoint).st_dev == device:
                return one.mountpoint
        except OSError:
            continue  # a mount that we may not look at is not ours
    return ""


def _model() -> str:
    for line in (
        Path("/proc/cpuinfo").read_text(errors="replace").splitlines() if Path("/proc/cpuinfo").exists() else ()
    ):
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Model", "Hardware"):
            return value.strip()
    return platform.processor() or platform.machine()


def _distribution() -> tuple[str, str]:
    """Name and version, as the distribution gives them; the kernel's where there is none."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return platform.system(), platform.release()
    return release.get("NAME", platform.system()), release.get("VERSION_ID", "")


def _zone(now: datetime) -> str:
    """The zone's name, such as Europe/Vienna, where the machine knows it; else its abbreviation."""
    target = os.path.realpath("/etc/localtime")
    _, found, name = target.partition("/zoneinfo/")
    return name if found else now.tzname() or "UTC"
