"""`asterism device`: a device agent in this process. Loads nothing of the orchestrator's libraries."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from orchestrator.cli.exits import CommandError
from orchestrator.cli.local import machine_name
from orchestrator.cli.logs import configure
from orchestrator.cli.options import Common

if TYPE_CHECKING:
    from devices.config import DeviceSettings

Kind = Literal["desktop", "server", "phone", "edge", "kubernetes"]


def device(
    kind: Annotated[Kind, Parameter(help="What this machine is.")],
    /,
    *,
    name: Annotated[str | None, Parameter(help="What people call it (default: the machine's name).")] = None,
    workspace: Annotated[Path | None, Parameter(help="The folder that tasks work in (default: this one).")] = None,
    label: Annotated[tuple[str, ...], Parameter(help="key=value; may be repeated.")] = (),
    slots: Annotated[int | None, Parameter(help="Attempts at once (default: two a core, at least 8).")] = None,
    allow: Annotated[tuple[str, ...], Parameter(help="Another folder for tasks; DIR:ro is read-only.")] = (),
    state_dir: Annotated[Path | None, Parameter(help="Where identity and unsent results are kept.")] = None,
    private_network: Annotated[bool, Parameter(help="Let HTTP skills reach private addresses.")] = False,
    test_skills: Annotated[bool, Parameter(help="Mount the skills for tests and benchmarks.")] = False,
    common: Common | None = None,
) -> int:
    """Run a device agent until it is stopped, drained, or refused."""
    from devices.config import DeviceSettings, default_slots
    from devices.errors import AgentError, RefusedError
    from devices.loop import run
    from protocol.vocabulary import DeviceKind

    settings = (common or Common()).load(log_level=None if common and common.debug else "info").settings
    configure(settings.log_level)
    try:
        chosen = DeviceSettings(
            name=name or machine_name(),
            kind=DeviceKind(kind),
            url=settings.url,
            token=settings.token.get_secret_value() if settings.token is not None else None,
            workspace=(workspace or Path.cwd()).expanduser().absolute(),
            state_dir=state_dir,
            labels=dict(_label(text) for text in label),
            slots=slots if slots is not None else default_slots(),
            allow=allow,
            test_skills=test_skills,
            private_network=private_network,
        )
        run(_until_signalled(chosen))
    except RefusedError as error:
        message = f"The orchestrator refused this device ({error.code.value}): {error}"
        raise CommandError("denied", message) from None
    except AgentError as error:
        raise CommandError("bad_configuration", str(error)) from None
    return 0


async def _until_signalled(settings: DeviceSettings) -> None:
    from devices.server import run_device

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await run_device(settings, stop=stop)


def _label(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name:
        raise CommandError("usage", f"A label reads key=value; {text!r} does not.")
    return name, value
