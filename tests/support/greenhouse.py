"""A small greenhouse on a broker: `python -m tests.support.greenhouse PORT`, until it is ended.

Its temperature rises while its window is closed and falls while it is open; it says both on their topics, and the
window does what it is told.
"""

from __future__ import annotations

import sys
import threading

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

TICK_S = 0.02
STEP = 0.4


def main() -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2)
    window = "closed"
    temperature = 25.0
    told = threading.Event()

    def obey(client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        nonlocal window
        if message.payload in (b"open", b"closed"):
            window = message.payload.decode()
            client.publish("greenhouse/window/state", window, qos=1, retain=True)

    def again(*_: object) -> None:
        client.subscribe("greenhouse/window/set", qos=1)
        client.publish("greenhouse/window/state", window, qos=1, retain=True)

    client.on_message = obey
    client.on_connect = again
    client.reconnect_delay_set(1, 1)
    client.connect("127.0.0.1", int(sys.argv[1]))
    client.loop_start()
    while not told.wait(TICK_S):
        temperature = max(15.0, temperature - STEP) if window == "open" else min(40.0, temperature + STEP)
        client.publish("greenhouse/temp", f"{temperature:.1f}")


if __name__ == "__main__":
    main()
