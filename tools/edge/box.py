"""The box: its broker, its files and serial ports, as readings and settings."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from protocol.errors import ErrorCode
from tools.edge import payload
from tools.edge.broker import Broker
from tools.edge.declared import Actuator, Declared, Sensor
from tools.edge.lines import Serial, read_file, write_file
from tools.edge.listening import Subscription
from tools.edge.payload import Problem, Reading
from tools.errors import ToolError

LOCAL_S: Final = 5.0
LOOK_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a setting: the state that was read back (None: nothing was said), before and after, in `seconds`.

    `confirmed` None: the actuator has no state to read. `heard` False: the broker says that nobody listens.
    """

    value: str
    state: str | None
    confirmed: bool | None
    seconds: float
    heard: bool = True


class Box:
    """What the skills of one edge device work on."""

    def __init__(self, declared: Declared, broker: Broker | None) -> None:
        self.declared = declared
        self.broker = broker
        self._ports: dict[Path, Serial] = {}

    def mqtt(self) -> Broker:
        """Raises ToolError(UNAVAILABLE) where no broker is declared."""
        if self.broker is None:
            message = "this device has no broker: its owner declares one as [broker] in the sensors file"
            raise ToolError(ErrorCode.UNAVAILABLE, message)
        return self.broker

    def sensor(self, name: str) -> Sensor:
        """The declared one, or an undeclared topic, which may be read. Raises ToolError(NOT_FOUND, BAD_ARGUMENTS)."""
        found = self.declared.find_sensor(name)
        if found is None:
            found = next((_of_actuator(one) for one in self.declared.actuator if name in (one.name, one.state)), None)
        if found is not None:
            return found
        if self.broker is None or "/" not in name:
            known = ", ".join(sorted(one.name for one in self.declared.sensor)[:20]) or "none"
            message = f"no sensor `{name[:100]}` is declared; there are: {known}. A topic has a / in it"
            raise ToolError(ErrorCode.NOT_FOUND, message)
        try:
            return Sensor(name=_name(name), topic=name, payload="auto")
        except ValueError:
            raise ToolError(ErrorCode.BAD_ARGUMENTS, "this is no topic: it holds +, # or control characters") from None

    # --- reading ---------------------------------------------------------------------------------------------

    async def read(self, sensor: Sensor, timeout: float) -> Reading | None:
        """One reading, or None where a topic stays silent. Raises ToolError where the source cannot be reached."""
        if sensor.topic is None:
            return await self.look(sensor, timeout)
        async with self.mqtt().listen(sensor.topic, limit=1) as heard:
            message = await heard.next(timeout)
        if message is None:
            self.mqtt().require()
            return None
        return payload.read(sensor, message.payload, message.at, retained=message.retained)

    async def look(self, sensor: Sensor, timeout: float) -> Reading:
        if sensor.path is not None:
            data = await read_file(sensor.path, min(timeout, LOCAL_S))
        else:
            data = await self._port(sensor).converse(sensor.ask, timeout)
        return payload.read(sensor, data, time.time())

    def _port(self, one: Sensor | Actuator) -> Serial:
        assert one.serial is not None
        if one.serial not in self._ports:
            self._ports[one.serial] = Serial(one.serial, one.baud)
        return self._ports[one.serial]

    @asynccontextmanager
    async def follow(self, sensor: Sensor, *, lasting: bool = False) -> AsyncIterator[Feed]:
        """The readings of a sensor, as they come. `lasting` as `Broker.listen` has it."""
        if sensor.topic is None:
            yield Feed(self, sensor, None)
        else:
            async with self.mqtt().listen(sensor.topic, lasting=lasting) as heard:
                yield Feed(self, sensor, heard)

    # --- setting ---------------------------------------------------------------------------------------------

    async def set(self, actuator: Actuator, value: str | float, confirm_s: float) -> Outcome:
        """Set it, and read back what became of it, for `confirm_s` seconds at most.

        Raises ToolError: DENIED (not declared), UNAVAILABLE (nothing was done), LOST (it may have been done).
        """
        text = actuator.check(value)
        begun = time.monotonic()
        if actuator.set is not None:
            return await self._set_by_mqtt(actuator, actuator.set, text, confirm_s, begun)
        state: str | None
        if actuator.path is not None:
            await write_file(actuator.path, text, LOCAL_S)
        elif actuator.tell is not None:
            await self._port(actuator).converse(actuator.tell.replace("{value}", text), LOCAL_S, answer=False)
        if actuator.path is None and actuator.ask is None:
            return Outcome(text, None, None, time.monotonic() - begun)
        while True:
            state = await self._state(actuator, confirm_s)
            spent = time.monotonic() - begun
            if state is not None and same(state, text):
                return Outcome(text, state, True, spent)
            if spent >= confirm_s:
                return Outcome(text, state, False, spent)
            await asyncio.sleep(LOOK_S)

    async def _set_by_mqtt(self, actuator: Actuator, topic: str, text: str, confirm_s: float, begun: float) -> Outcome:
        broker = self.mqtt()
        if actuator.state is None:
            heard = await broker.publish(topic, actuator.message(text), retain=actuator.retain)
            return Outcome(text, None, None, time.monotonic() - begun, heard)
        async with broker.listen(actuator.state) as states:
            heard = await broker.publish(topic, actuator.message(text), retain=actuator.retain)
            state: str | None = None
            while (left := begun + confirm_s - time.monotonic()) > 0:
                message = await states.next(left)
                if message is None:
                    break
                found = payload.value_of(message.payload, actuator.payload, actuator.prefix)
                state = None if isinstance(found, Problem) else str(found)
                if state is not None and same(state, text):
                    return Outcome(text, state, True, time.monotonic() - begun, heard)
            return Outcome(text, state, False, time.monotonic() - begun, heard)

    async def _state(self, actuator: Actuator, timeout: float) -> str | None:
        """What a file or a serial device says of itself."""
        if actuator.path is not None:
            data = await read_file(actuator.state_path or actuator.path, LOCAL_S)
        else:
            data = await self._port(actuator).converse(actuator.ask, timeout)
        found = payload.value_of(data, actuator.payload, actuator.prefix)
        return None if isinstance(found, Problem) else str(found)


class Feed:
    """Readings of one sensor. `dropped` and `gaps` as a subscription has them."""

    def __init__(self, box: Box, sensor: Sensor, heard: Subscription | None) -> None:
        self._box = box
        self._sensor = sensor
        self._heard = heard
        self._due = 0.0  # when to look again, in monotonic seconds

    @property
    def dropped(self) -> int:
        return 0 if self._heard is None else self._heard.dropped

    @property
    def gaps(self) -> int:
        return 0 if self._heard is None else self._heard.gaps

    async def next(self, timeout: float | None) -> Reading | None:
        """The next reading; None where there is none within so many seconds (None: however long it takes)."""
        if self._heard is not None:
            message = await self._heard.next(timeout)
            if message is None:
                return None
            return payload.read(self._sensor, message.payload, message.at, retained=message.retained)
        pause = max(0.0, self._due - time.monotonic())
        if timeout is not None and timeout < pause:
            await asyncio.sleep(max(0.0, timeout))
            return None
        await asyncio.sleep(pause)
        self._due = time.monotonic() + self._sensor.every_s
        try:
            return await self._box.look(self._sensor, LOCAL_S)
        except ToolError as error:
            return Reading(time.time(), None, error.message)


def same(state: str, wanted: str) -> bool:
    """Whether a state is what was asked for: `OPEN` is `open`, 50.0 is 50."""
    if state.strip().casefold() == wanted.casefold():
        return True
    try:
        return float(state) == float(wanted)
    except ValueError:
        return False


def _of_actuator(one: Actuator) -> Sensor:
    """An actuator's state, read as a sensor's value."""
    if one.path is not None:
        return Sensor(name=one.name, path=one.state_path or one.path, payload=one.payload, prefix=one.prefix)
    if one.serial is not None and one.ask is not None:
        return Sensor(
            name=one.name, serial=one.serial, baud=one.baud, ask=one.ask, payload=one.payload, prefix=one.prefix
        )
    if one.state is None:
        raise ToolError(ErrorCode.NOT_FOUND, f"{one.name} has no state to read: its owner declared none")
    return Sensor(name=one.name, topic=one.state, payload=one.payload, prefix=one.prefix)


def _name(topic: str) -> str:
    """A topic as a name, for what reads only names."""
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in " _./-") else "_" for letter in topic)
    return ("t" + plain)[:100] if not plain[:1].isalnum() else plain[:100]
