"""How the command line says which phone."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from orchestrator.cli.exits import CommandError

if TYPE_CHECKING:
    from tools.phone.settings import PhoneSettings


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class PhoneFlags:
    """What a device of the kind phone takes; other kinds refuse it."""

    serial: Annotated[
        str, Parameter(help="phone: which one, as `adb devices` lists it, or HOST:PORT.", show_default=False)
    ] = ""
    adb_server: Annotated[
        str, Parameter(help="phone: [HOST:]PORT of the ADB server (default: 5037 here).", show_default=False)
    ] = ""
    simulated: Annotated[
        bool,
        Parameter(help="phone: none, but a program that behaves like one.", negative=(), show_default=False),
    ] = False

    def settings(self) -> PhoneSettings:
        """Raises CommandError `usage` for an address that is none."""
        from tools.phone.settings import PhoneSettings

        if self.simulated and (self.serial or self.adb_server):
            raise CommandError("usage", "--simulated brings its own phone and server: leave the other flags out.")
        found = PhoneSettings(serial=self.serial, adb_server=self.adb_server, simulated=self.simulated)
        try:
            found.address  # noqa: B018 - it raises
        except ValueError as error:
            raise CommandError("usage", f"--adb-server: {error}.") from None
        return found

    def refuse(self, kind: str) -> None:
        """Raises CommandError `usage` where a device of another kind is given any of these."""
        given = [one.name for one in fields(self) if getattr(self, one.name) != one.default]
        if given:
            raise CommandError("usage", f"--{given[0].replace('_', '-')} is for the kind phone, not for {kind}.")
