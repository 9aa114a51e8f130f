"""An edge box as a device's skills: sensors and actuators behind MQTT, files and serial lines.

    declared   what the owner's TOML file says         payload    what a message says: a number, a place in JSON
    broker     the one connection to MQTT              lines      files, and line protocols on a serial port
    box        all of it together: read, follow, set   store      what outlives the process: one SQLite file
    rules      what a rule does, without a clock       calendar   when a schedule is due, without a clock
    keeper     does what rules and schedules decide    sending    messages that wait for the broker
    reading, watching, acting, ruling, recording, firmware    the skills

`paho` is imported when a box connects to its broker, never before.
"""
