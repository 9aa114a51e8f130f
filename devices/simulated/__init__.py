"""Stand-ins for hardware that a machine does not have, for demonstrations and tests.

    adb      the phone's end of the ADB protocol, over TCP, so that the real `adb` program connects to it
    phone    a small phone behind it: apps, screen, files, notifications, battery, messages, calls

Whatever uses one says so: the device's profile, its label `simulated`, its log and its screenshots.
"""
