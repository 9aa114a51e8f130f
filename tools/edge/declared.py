"""What the owner's file declares: the broker, sensors, actuators, and what else may be written.

[broker]
host = "192.168.1.5"
username = "box"
password_env = "BOX_PASSWORD"      # or password_file; a password is never in this file

[[sensor]]
name = "temperature"
topic = "greenhouse/temp"          # or path = "/sys/...", or serial = "/dev/ttyUSB0"
unit = "°C"
payload = "json:outside.value"     # or "number" (the default), or "text"
min = -40
max = 80

[[actuator]]
name = "window"
set = "greenhouse/window/set"
state = "greenhouse/window/state"
values = ["open", "closed"]
"""

from __future__ import annotations

import math
import os
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from protocol.errors import ErrorCode
from tools.edge import topics
from tools.errors import ToolError

FILE_BYTES = 1 << 20
SECRET_BYTES = 4096

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _./-]{0,99}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Line = Annotated[str, StringConstraints(pattern=r"^[^\r\n\x00]{0,500}$")]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


def _as_text(value: object) -> object:
    """TOML has numbers and truth values; what is written is text."""
    return str(value).lower() if isinstance(value, (bool, int, float)) else value


Setting = Annotated[Text, BeforeValidator(_as_text)]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Broker(_Declared):
    """Where MQTT is. `ca` is a file of the authorities to trust instead of the machine's; bytes and seconds."""

    host: Text
    port: Annotated[int, Field(ge=1, le=65_535)] = 0
    tls: bool = False
    ca: Path | None = None
    username: Text | None = None
    password_env: Text | None = None
    password_file: Path | None = None
    client_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = None
    max_payload_bytes: Annotated[int, Field(ge=1024, le=16 << 20)] = 256 << 10
    keepalive_s: Annotated[int, Field(ge=5, le=3600)] = 30

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.password_env and self.password_file:
            raise ValueError("give password_env or password_file, not both")
        if (self.password_env or self.password_file) and not self.username:
            raise ValueError("a password goes with a username")
        if self.ca is not None and not self.tls:
            raise ValueError("ca goes with tls = true")
        return self

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port or (8883 if self.tls else 1883)}"

    def password(self) -> str | None:
        """Read anew at every connection, for its owner may change it. Raises ToolError(DENIED), naming no secret."""
        if self.password_env is not None:
            found = os.environ.get(self.password_env)
            if found is None:
                raise ToolError(ErrorCode.DENIED, f"the environment variable {self.password_env} is not set")
            return found
        if self.password_file is None:
            return None
        try:
            with self.password_file.open("rb") as file:
                return file.read(SECRET_BYTES).decode().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            what = f"the password file {self.password_file} cannot be read: {type(error).__name__}"
            raise ToolError(ErrorCode.DENIED, what) from None


class _Serial(_Declared):
    serial: Path | None = None
    baud: Annotated[int, Field(ge=50, le=4_000_000)] = 9600


class Sensor(_Serial):
    """One thing that is measured. Just one of `topic`, `path` and `serial` says where.

    `ask` is the line that a serial device answers; without it the next line that it sends counts. `prefix` is what
    comes before the value in a line. `payload` says what the value is; `auto` takes a number for one, and all else for
    text. `scale` multiplies a number. `every_s` is how often a path or a serial device is looked at where it is
    followed; `silent_s` after how long without a word it counts as silent.
    """

    name: Name
    topic: Text | None = None
    path: Path | None = None
    ask: Line | None = None
    prefix: Line = ""
    unit: Annotated[str, StringConstraints(max_length=20)] = ""
    payload: Annotated[str, StringConstraints(pattern=r"^(number|text|auto|json(:[^\x00-\x1f]{1,200})?)$")] = "number"
    scale: float = 1.0
    min: float = -math.inf
    max: float = math.inf
    every_s: Seconds = 1.0
    silent_s: Seconds = 60.0

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if [self.topic, self.path, self.serial].count(None) != 2:
            raise ValueError("give one of topic, path and serial")
        if self.topic is not None and (why := topics.problem(self.topic)):
            raise ValueError(f"topic: {why}")
        if math.isnan(self.min) or math.isnan(self.max) or self.min > self.max or not math.isfinite(self.scale):
            raise ValueError("min is at most max, and scale is a number")
        return self

    @property
    def where(self) -> str:
        return self.topic or str(self.path or self.serial)


class Actuator(_Serial):
    """One thing that can be set, to one of `values` or to a number from `min` to `max`.

    By MQTT: `set` is its topic, `state` the one that it answers on, `tell` the message where it is not the bare value.
    By file: `path`, and `state_path` (the same by default). By serial line: `tell`, with `{value}` in it, and `ask` for
    the state. `retain` leaves the command with the broker. `confirm_s` is how long the state is waited for, in seconds.
    """

    name: Name
    set: Text | None = None
    state: Text | None = None
    path: Path | None = None
    state_path: Path | None = None
    tell: Line | None = None
    ask: Line | None = None
    prefix: Line = ""
    payload: Annotated[str, StringConstraints(pattern=r"^(text|json(:[^\x00-\x1f]{1,200})?)$")] = "text"
    values: Annotated[tuple[Setting, ...], Field(max_length=100)] = ()
    min: float | None = None
    max: float | None = None
    retain: bool = False
    confirm_s: Seconds = 5.0

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if [self.set, self.path, self.serial].count(None) != 2:
            raise ValueError("give one of set, path and serial")
        for topic in (self.set, self.state):
            if topic is not None and (why := topics.problem(topic)):
                raise ValueError(f"{topic}: {why}")
        if "{value}" not in (self.tell or ("" if self.serial is not None else "{value}")):
            raise ValueError("tell is what sets it, with {value} in it")
        if bool(self.values) == (self.min is not None and self.max is not None):
            raise ValueError("give values, or min and max: what is not declared cannot be set")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is at most max")
        return self

    @property
    def where(self) -> str:
        return self.set or str(self.path or self.serial)

    @property
    def allowed(self) -> str:
        return ", ".join(self.values) if self.values else f"{self.min:g} to {self.max:g}"

    def message(self, text: str) -> bytes:
        """What is sent to its topic to set it to a checked value."""
        return (self.tell or "{value}").replace("{value}", text).encode()

    def check(self, value: str | float) -> str:
        """The value as it is written. Raises ToolError(DENIED) for one that is not declared."""
        text = f"{value:g}" if isinstance(value, float) else str(value)
        if self.values:
            for one in self.values:
                if one == text or one.casefold() == text.casefold():
                    return one
        else:
            try:
                number = float(text)
            except ValueError:
                number = math.nan
            if self.min is not None and self.max is not None and self.min <= number <= self.max:
                return f"{number:.10g}"
        raise ToolError(ErrorCode.DENIED, f"{self.name} takes {self.allowed}; `{text[:80]}` is not declared")


class Allow(_Declared):
    """What else may be written: topics, `+` and `#` as MQTT has them."""

    publish: Annotated[tuple[Text, ...], Field(max_length=100)] = ()


class Declared(_Declared):
    """All that the file says."""

    broker: Broker | None = None
    sensor: Annotated[tuple[Sensor, ...], Field(max_length=1000)] = ()
    actuator: Annotated[tuple[Actuator, ...], Field(max_length=1000)] = ()
    allow: Allow = Allow()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for names in ([one.name.casefold() for one in self.sensor], [one.name.casefold() for one in self.actuator]):
            double = next((name for name in names if names.count(name) > 1), None)
            if double is not None:
                raise ValueError(f"two are called {double}")
        if self.broker is None and any(one.topic for one in self.sensor):
            raise ValueError("a sensor has a topic, and there is no [broker]")
        if self.broker is None and any(one.set for one in self.actuator):
            raise ValueError("an actuator has a topic, and there is no [broker]")
        return self

    @cached_property
    def sensors(self) -> dict[str, Sensor]:
        return {one.name.casefold(): one for one in self.sensor}

    @cached_property
    def actuators(self) -> dict[str, Actuator]:
        return {one.name.casefold(): one for one in self.actuator}

    def find_sensor(self, name: str) -> Sensor | None:
        """By its name or its topic."""
        return self.sensors.get(name.casefold()) or next((one for one in self.sensor if name == one.topic), None)

    def find_actuator(self, name: str) -> Actuator:
        """By its name or its topic. Raises ToolError(NOT_FOUND) with the names that there are."""
        found = self.actuators.get(name.casefold()) or next((one for one in self.actuator if name == one.set), None)
        if found is None:
            known = ", ".join(sorted(one.name for one in self.actuator)[:20]) or "none"
            raise ToolError(ErrorCode.NOT_FOUND, f"no actuator `{name[:100]}` is declared; there are: {known}")
        return found

    def writable(self, topic: str) -> bool:
        """Whether the owner lets anything be written to this topic. Those of actuators are set, not written."""
        return any(topics.matches(one, topic) for one in self.allow.publish)


def load(path: Path) -> Declared:
    """Read the owner's file. Raises ToolError(BAD_ARGUMENTS) with the place and what to change."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{path} cannot be read: {error.strerror}") from None
    if len(data) > FILE_BYTES:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{path} has more than {FILE_BYTES:,} bytes")
    try:
        return Declared.model_validate(tomllib.loads(data.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{path} is no TOML: {error}") from None
    except ValidationError as error:
        # The input itself is not repeated: somebody may have put a password there.
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        hint = " (use password_env or password_file)" if place == "broker.password" else ""
        raise ToolError(ErrorCode.BAD_ARGUMENTS, f"{path}: {place or 'the file'}: {first['msg']}{hint}") from None
