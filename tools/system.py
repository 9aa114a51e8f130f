"""Skills that tell about the machine. Bytes, percent of 0 to 100, seconds."""

from __future__ import annotations

from tools.arguments import Output, WorkspacePath
from tools.context import ToolContext
from tools.skill import skill


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
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError


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
    raise NotImplementedError
