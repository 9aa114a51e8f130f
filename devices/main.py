"""`python -m devices.main KIND --name N --url U --workspace DIR`: one device agent, without the rest of the program.

Exit codes: 0 stopped or drained, 2 usage, 3 configuration, 5 refused by the gateway.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog

from devices.config import DEFAULT_URL, DeviceSettings, default_slots
from devices.errors import AgentError, RefusedError
from devices.loop import run
from devices.server import run_device
from protocol.vocabulary import DeviceKind


def main(arguments: Sequence[str] | None = None) -> int:
    """Run an agent until it is stopped, drained or refused; the exit code."""
    # The answer of a program goes to stdout; this one has none.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    parsed = _parser().parse_args(arguments)
    try:
        settings = _settings(parsed)
        run(_until_signalled(settings))
    except RefusedError as error:
        sys.stderr.write(f"The orchestrator refused this device ({error.code.value}): {error}\n")
        return 5
    except AgentError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


async def _until_signalled(settings: DeviceSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run_device(settings, stop=stop)


def _settings(parsed: argparse.Namespace) -> DeviceSettings:
    labels: dict[str, str] = {}
    for text in parsed.label:
        name, _, value = text.partition("=")
        labels[name] = value
    return DeviceSettings(
        name=parsed.name,
        kind=DeviceKind(parsed.kind),
        url=parsed.url,
        token=parsed.token,
        workspace=parsed.workspace,
        state_dir=parsed.state_dir,
        labels=labels,
        slots=parsed.slots,
        allow=tuple(parsed.allow),
        test_skills=parsed.test_skills,
        private_network=parsed.private_network,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devices.main", description="An Asterism device agent.")
    parser.add_argument("kind", choices=[kind.value for kind in DeviceKind])
    parser.add_argument("--name", required=True, help="what people call the device")
    parser.add_argument("--url", default=DEFAULT_URL, help="the orchestrator's base URL")
    parser.add_argument("--token", default=None, help="a device token, where the orchestrator asks for one")
    parser.add_argument("--workspace", type=Path, default=Path("."), help="the folder that tasks work in")
    parser.add_argument("--state-dir", type=Path, default=None, help="where identity and unsent results are kept")
    parser.add_argument("--label", action="append", default=[], metavar="K=V")
    parser.add_argument("--slots", type=int, default=default_slots(), help="attempts that run at once")
    parser.add_argument("--allow", action="append", default=[], metavar="DIR[:ro]", help="another folder for tasks")
    parser.add_argument("--private-network", action="store_true", help="let http skills speak to private addresses")
    parser.add_argument("--test-skills", action="store_true", help="mount the skills for tests and benchmarks")
    return parser


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):  # a Ctrl-C before the loop runs
        sys.exit(main())
    sys.exit(130)
